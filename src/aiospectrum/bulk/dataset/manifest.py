"""The format of a dataset's manifest, and where files are in a dataset: pure.

::

    zone_id=023e105f4ecef8ad9ca31a8372d0c353/
        date=2026-11-18/
            20261118T000000Z.parquet        the window of the zone that begins then
    _manifest/
        journal-000001.jsonl                what each run has done
        staged/                             files that are not part of the dataset yet
        lock                                held while a run is active

A journal is a file of JSON lines. The first one is a :class:`Header`, with the plan; each other one is a
:class:`Partition`, which says that the data of a task has been written in full, or a :class:`Failed`. Journals are read
in the order of their numbers, and the latest line about a partition counts.

The line of a partition is written when its data is durable under the name ``staged`` and before it gets the name
``path``. So a partition with a line is never fetched again: a run that finds the data still under the first name
renames it. The last line of a file may lack its end, as the run was killed while writing it; it is ignored.

Version 1 of the format; times are RFC 3339 in UTC.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec

from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.errors import InvalidArgumentError

__all__ = [
    "LOCK",
    "MANIFEST",
    "PARTITIONS",
    "STAGED",
    "Entry",
    "Failed",
    "Header",
    "Partition",
    "journal_number",
    "journal_path",
    "partition_path",
    "read_journal",
    "read_plan",
    "staged_path",
    "write_entry",
]

MANIFEST: Final = "_manifest"
"""The folder of the journals; readers of datasets skip names with an underscore in front."""

STAGED: Final = f"{MANIFEST}/staged"
"""The folder of files that are not part of the dataset yet."""

LOCK: Final = f"{MANIFEST}/lock"
"""The file that a run locks."""

PARTITIONS: Final = "zone_id="
"""What the names of all folders with data begin with."""

_JOURNAL: Final = re.compile(rf"{MANIFEST}/journal-(\d{{6,}})\.jsonl")


class Header(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="plan"):
    """What a run saves."""

    format: Literal["aiospectrum.bulk.save"] = "aiospectrum.bulk.save"
    """Identifies the format."""

    version: Literal[1] = 1
    """Version of the format."""

    file_format: FileFormat
    """Format of the dataset's files."""

    plan: dict[str, Any]
    """The plan, in the form of :meth:`aiospectrum.bulk.Plan.to_json`."""

    started: datetime
    """When the run started."""


class Partition(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="done"):
    """A partition that is there in full."""

    zone_id: str
    """Identifier of the zone, in lower case."""

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

    started: datetime
    """When the task started; data of ``data_lag`` seconds before that, and of all time after, may be missing."""

    parts: int = 1
    """Reports that the window was fetched in."""

    rounded: tuple[str, ...] = ()
    """Counts or bytes that the API gave with fractions, and that are whole numbers in the file."""


class Failed(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="failed"):
    """A task that failed; the partition is what it was before."""

    zone_id: str
    """Identifier of the zone, in lower case."""

    since: datetime
    """The first second of the window, or of the part of it that failed."""

    until: datetime
    """The second after the last one."""

    path: str
    """Where the file would be in the dataset."""

    error: str
    """Name of the error's class."""

    message: str
    """Text of the error."""

    at: datetime
    """When it failed."""


Entry: TypeAlias = Header | Partition | Failed
"""One line of a journal."""

_DECODER: Final = msgspec.json.Decoder(Entry)


def write_entry(entry: Entry) -> bytes:
    """Write a line of a journal, with its end."""
    return msgspec.json.encode(entry) + b"\n"


def read_journal(path: str, content: bytes) -> Iterator[Entry]:
    """Read the lines of a journal, but for one without an end.

    Args:
        path: Where it is, for errors.
        content: The whole file.

    Yields:
        Each line.

    Raises:
        ManifestError: A line cannot be read, or is of another version of the format.
    """
    *lines, _ = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            yield _DECODER.decode(line)
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
        ManifestError: It is not a plan.
    """
    try:
        return Plan.from_json(msgspec.json.encode(header.plan))
    except InvalidArgumentError as error:
        raise ManifestError(f"{path}: the plan cannot be read ({error})") from error


def partition_path(task: Task, file_format: FileFormat) -> str:
    """Name the file of a task by the start of its window, so that a window that grows takes the place of a shorter one.

    Args:
        task: Zone and window.
        file_format: Format of the file.

    Returns:
        The path in the dataset, with slashes.
    """
    since = task.window.since
    return f"{PARTITIONS}{task.zone_id.lower()}/date={since:%Y-%m-%d}/{since:%Y%m%dT%H%M%SZ}.{file_format}"


def staged_path(journal: int, number: int) -> str:
    """Name a file that is not part of the dataset yet, with a suffix that no reader of datasets looks for.

    Args:
        journal: Number of the journal of the run, which no other run has.
        number: Number of the file, which no other file of the run has.

    Returns:
        The path.
    """
    return f"{STAGED}/{journal:06}-{number}.part"


def journal_path(number: int) -> str:
    """Name the journal with a number, 1 or more, with a suffix that no file of a dataset has."""
    return f"{MANIFEST}/journal-{number:06}.jsonl"


def journal_number(path: str) -> int | None:
    """The number of a journal; None for the path of another file."""
    match = _JOURNAL.fullmatch(path)
    return int(match[1]) if match else None
