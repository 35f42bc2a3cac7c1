"""The manifest of a dataset, as lines: pure.

A journal is a file of JSON lines. The first one is a :class:`Header`, with the plan; each other one is a
:class:`Partition`, which says that the data of a task has been written in full, or a :class:`Failed`. Journals are read
in the order of their numbers, and what a later line says of a partition counts.

The line of a partition is written when its data is safe under the name ``staged`` and before it gets the name ``path``.
So a partition with a line is never fetched again: whoever finds the data under the first name yet gives it the other
one. A line that a run was killed while writing, the last one of its file, has no end, and says nothing.

Version 1 of the format; times are RFC 3339 in UTC.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec

from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.plan import Plan
from aiospectrum.errors import InvalidArgumentError

__all__ = ["Entry", "Failed", "Header", "Partition", "read_journal", "read_plan", "write_entry"]


class Header(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="plan"):
    """What a run was asked to save."""

    format: Literal["aiospectrum.bulk.save"] = "aiospectrum.bulk.save"
    """Tells it from other files."""

    version: Literal[1] = 1
    """Version of the format."""

    file_format: FileFormat
    """What the files of the dataset are."""

    plan: dict[str, Any]
    """The plan, in the form of :meth:`aiospectrum.bulk.Plan.to_json`."""

    begun: datetime
    """When the run began."""


class Partition(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="done"):
    """A partition that is there in full."""

    zone_id: str
    """Identifier of the zone, in small letters."""

    since: datetime
    """The first second of the window."""

    until: datetime
    """The second after the last one of the window."""

    path: str
    """Where the file is in the dataset."""

    staged: str
    """Where it was before it became part of the dataset."""

    rows: int
    """Rows of the file."""

    bytes: int
    """Size of the file."""

    data_lag: float
    """The longest ``data_lag`` of the reports, in seconds."""

    asked: datetime
    """When the task was begun; data of ``data_lag`` seconds before that, and of all time after, may be missing."""

    parts: int = 1
    """Reports that the window was asked for in."""

    rounded: tuple[str, ...] = ()
    """Counts or bytes that the API gave with fractions, and that are whole numbers in the file."""


class Failed(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="failed"):
    """A task that failed; the partition is what it was before."""

    zone_id: str
    """Identifier of the zone, in small letters."""

    since: datetime
    """The first second of the window, or of the part of it that failed."""

    until: datetime
    """The second after the last one."""

    path: str
    """Where the file would be in the dataset."""

    error: str
    """Name of the error's class."""

    message: str
    """What the error says."""

    at: datetime
    """When it failed."""


Entry: TypeAlias = Header | Partition | Failed
"""One line of a journal."""

_READER: Final = msgspec.json.Decoder(Entry)


def write_entry(entry: Entry) -> bytes:
    """Write a line.

    Args:
        entry: What it says.

    Returns:
        The line with its end.
    """
    return msgspec.json.encode(entry) + b"\n"


def read_journal(path: str, content: bytes) -> Iterator[Entry]:
    """Read the lines of a journal.

    Args:
        path: Where it is, for errors.
        content: The whole file.

    Yields:
        What each line says, but for one without an end.

    Raises:
        ManifestError: A line cannot be read, or is of a later version of the format.
    """
    *lines, _ = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            yield _READER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ManifestError(
                f"{path}, line {number}: damaged, or not in version 1 of the manifest's format ({error})"
            ) from error


def read_plan(path: str, header: Header) -> Plan:
    """Read the plan of a header.

    Args:
        path: Where the journal is, for errors.
        header: Its first line.

    Returns:
        The plan.

    Raises:
        ManifestError: It is no plan.
    """
    try:
        return Plan.from_json(msgspec.json.encode(header.plan))
    except InvalidArgumentError as error:
        raise ManifestError(f"{path}: the plan cannot be read ({error})") from error
