"""The format of a dataset's state: pure. What its files are called is in :mod:`aiospectrum.bulk.dataset.paths`.

::

    data/
        2026-11-18-w1-0001.parquet      all that readers see: period, writer, part
    state/
        w1-journal-000001.jsonl         what each run has done
        w1-spool-000001.arrow           finished rows that are in no data file yet, an Arrow IPC stream
        w1-staged-000001                a data file or journal that does not have its name yet
        w1-aside-000001                 a data file that was not as it had been written
        w1-claim.json                   what a writer is at work on, while it is
        w1-lock                         held by a writer while its run is active; in object stores, w1-lock-…
        lock                            held for a moment by who changes data files or claims; likewise

A period is a day or a month in UTC; which one is in the dataset's :class:`Header`. A window belongs to the period that
it begins in, so that a file may have rows of the next one.

A journal is a file of JSON lines. The first one is a :class:`Header`; each other one says what has been done:
:class:`Spooled`, :class:`DataFile`, :class:`Removed`, :class:`Noted` or :class:`Failed`. Journals of all writers are
read in the order of their numbers. The last line of one may lack its end, as the run was killed while writing it; it is
ignored.

A line takes those into account that its writer had read when it last had the dataset's lock: they stand in journals
with lower numbers, as a writer starts another journal when it finds one whose number is as high as its own. Lines that
contradict each other, as they are about the same data file or the same windows, are never written without that lock
in between. So the order of the numbers is as good as that of time.

A task is done when its rows are durable in a spool file and the line :class:`Spooled` is there. Later they are merged
into a data file: that is staged, its line :class:`DataFile` is written, it is renamed, and then the spool files are
deleted. A run that finds the data still under its first name renames it. Rows of a window that is there once more in a
later spool file do not count.

Nothing that is read here is believed: names match one pattern, and are the only ones that a store opens.

Version 1 of the format. Times are whole seconds since 1970 in UTC.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.paths import DATA_PATTERN, PERIOD_PATTERN, SPOOL_PATTERN, STAGED_PATTERN
from aiospectrum.bulk.dataset.periods import Period, bounds_of
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.plan import Plan
from aiospectrum.errors import InvalidArgumentError

__all__ = [
    "LONGEST_CLAIM",
    "LONGEST_JOURNAL",
    "LONGEST_LAG",
    "Claim",
    "DataFile",
    "Dropped",
    "Entry",
    "Failed",
    "Header",
    "Noted",
    "Removed",
    "SavedWindow",
    "Spooled",
    "check_size",
    "read_claim",
    "read_journal",
    "read_plan",
    "write_entry",
]

LONGEST_LAG: Final = 86_400.0
"""Seconds; what a report says beyond that is not believed."""

LONGEST_JOURNAL: Final = 1 << 29
"""Bytes of a journal that is read."""

LONGEST_CLAIM: Final = 1 << 26
"""Bytes of a claim that is read."""

_ZONE: Final = re.compile(r"[0-9a-f]{32}")

_Seconds: TypeAlias = Annotated[int, Meta(ge=-62_135_596_800, le=253_402_300_799)]
"""A moment of the years 1 to 9999."""

_Count: TypeAlias = Annotated[int, Meta(ge=0, le=1 << 53)]
_DataPath: TypeAlias = Annotated[str, Meta(pattern=rf"\A{DATA_PATTERN}\Z")]
_SpoolPath: TypeAlias = Annotated[str, Meta(pattern=rf"\A{SPOOL_PATTERN}\Z")]
_StagedPath: TypeAlias = Annotated[str, Meta(pattern=rf"\A{STAGED_PATTERN}\Z")]
_PeriodName: TypeAlias = Annotated[str, Meta(pattern=rf"\A{PERIOD_PATTERN}\Z")]
_Zone: TypeAlias = Annotated[str, Meta(min_length=32, max_length=32)]
_Name: TypeAlias = Annotated[str, Meta(max_length=200)]


class SavedWindow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A window of a zone that was fetched in full, however often it was cut."""

    since: _Seconds
    """The first second."""

    until: _Seconds
    """The second after the last one."""

    rows: _Count
    """Rows of the window."""

    asked: _Seconds
    """The moment before it was asked for."""

    data_lag: Annotated[float, Meta(ge=0, le=LONGEST_LAG)]
    """The longest ``data_lag`` of its reports, in seconds."""

    filling: bool
    """Whether rows may have been missing then."""


Windows: TypeAlias = dict[_Zone, list[SavedWindow]]
"""Windows by the id of the zone in lower case, each in the order of time."""


class Header(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="dataset"):
    """What a run saves."""

    format: Literal["aiospectrum.dataset"] = "aiospectrum.dataset"
    """Identifies the format."""

    version: Literal[1] = 1
    """Version of the format."""

    file_format: FileFormat
    """Format of the data files."""

    period: Period
    """What the data files of a dataset are divided by."""

    plan: dict[str, Any]
    """The plan, in the form of :meth:`aiospectrum.bulk.Plan.to_json`."""

    started: _Seconds
    """When the run started."""


class Spooled(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="spooled"):
    """A spool file that is there in full."""

    path: _SpoolPath
    """Where it is."""

    bytes: _Count
    """Its size."""

    period: _PeriodName
    """The period that its windows begin in."""

    windows: Windows
    """Its windows, each of which replaces all that it overlaps."""

    rounded: tuple[_Name, ...] = ()
    """Counts or bytes that the API gave with fractions, and that are whole numbers here."""


class DataFile(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="file"):
    """A data file that is there in full."""

    path: _DataPath
    """Where it is; one that was there is replaced."""

    staged: _StagedPath
    """Where it was before."""

    bytes: _Count
    """Its size."""

    rows: _Count
    """Its rows."""

    period: _PeriodName
    """The period that its windows begin in."""

    windows: Windows
    """All its windows."""

    merged: tuple[_SpoolPath, ...] = ()
    """Spool files that are needed no longer."""

    rounded: tuple[_Name, ...] = ()
    """Counts or bytes that the API gave with fractions, and that are whole numbers here."""


class Removed(msgspec.Struct, frozen=True, tag_field="entry", tag="removed"):
    """A data file or spool file whose windows are no longer part of the dataset; it is gone when the line is there."""

    path: Annotated[str, Meta(pattern=rf"\A(?:{DATA_PATTERN}|{SPOOL_PATTERN})\Z")]
    """Where it was."""


class Noted(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="filling"):
    """Filling windows whose rows were not wanted; they replace nothing."""

    windows: Windows
    """The windows."""


class Dropped(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="dropped"):
    """What failed or is noted without rows, and ended by some time, is no longer asked for."""

    before: _Seconds
    """The time."""


class Failed(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="failed"):
    """A task that failed; what was there before still is."""

    zone_id: _Zone
    """Identifier of the zone, in lower case."""

    since: _Seconds
    """The first second of the window, or of the part of it that failed."""

    until: _Seconds
    """The second after the last one."""

    error: _Name
    """Name of the error's class."""

    message: str
    """Text of the error."""

    at: _Seconds
    """When it failed."""


class Claim(msgspec.Struct, kw_only=True, frozen=True, tag_field="entry", tag="claim"):
    """What a writer is at work on."""

    header: Header
    """What its run saves."""

    windows: dict[_Zone, list[tuple[_Seconds, _Seconds]]]
    """Start and end of windows, by zone."""


Entry: TypeAlias = Header | Spooled | DataFile | Removed | Noted | Dropped | Failed
"""One line of a journal."""

_DECODER: Final = msgspec.json.Decoder(Entry)
_CLAIM_DECODER: Final = msgspec.json.Decoder(Claim)


def write_entry(entry: Entry | Claim) -> bytes:
    """Write a line of a journal, or a claim, with its end."""
    return msgspec.json.encode(entry) + b"\n"


def read_journal(path: str, content: bytes) -> Iterator[Entry]:
    """Read the lines of a journal, but for one without an end.

    Args:
        path: Where it is, for errors.
        content: The whole file.

    Yields:
        Each line.

    Raises:
        ManifestError: A line cannot be read, contradicts itself, or is of another version of the format.
    """
    *lines, _ = content.split(b"\n")
    zones: set[str] = set()
    for number, line in enumerate(lines, start=1):
        try:
            entry = _DECODER.decode(line)
            _check(entry, zones, is_first=number == 1)
        except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
            raise ManifestError(
                f"{path}, line {number}: damaged, or not in version 1 of the state's format ({error}); `aiospectrum"
                " dataset verify` shows what is left of the dataset"
            ) from error
        yield entry


def read_claim(path: str, content: bytes) -> Claim:
    """Read a claim.

    Args:
        path: Where it is, for errors.
        content: The whole file.

    Returns:
        The claim.

    Raises:
        ManifestError: It cannot be read.
    """
    try:
        return _CLAIM_DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ManifestError(f"{path}: damaged ({error}); it is made anew once that writer's run has ended") from error


def _check(entry: Entry, zones: set[str], *, is_first: bool) -> None:
    """Check what the types do not; zones are those that have been checked."""
    if isinstance(entry, Header) is not is_first:
        raise ValueError("the first line, and no other one, has the plan")
    match entry:
        case Spooled() | DataFile():
            start, end = bounds_of(entry.period)
            _check_windows(entry.windows, zones, start, end)
        case Noted():
            _check_windows(entry.windows, zones, -(1 << 63), 1 << 63)
        case Failed():
            _check_zones({entry.zone_id})
            if entry.since >= entry.until:
                raise ValueError(f"a window ends before it begins, at {entry.since}")
        case _:
            pass


def _check_windows(windows: Windows, zones: set[str], start: int, end: int) -> None:
    if not windows.keys() <= zones:
        _check_zones(windows.keys() - zones)
        zones.update(windows)
    for of_zone in windows.values():
        before = start
        for window in of_zone:
            if not before <= window.since < end or window.since >= window.until:
                raise ValueError(f"the window from {window.since} to {window.until} is out of place")
            before = window.until


def _check_zones(zones: set[str]) -> None:
    for zone_id in zones:
        if not _ZONE.fullmatch(zone_id):
            raise ValueError("the id of a zone has 32 hexadecimal characters in lower case")


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
    except (InvalidArgumentError, UnicodeError, RecursionError) as error:
        raise ManifestError(f"{path}: the plan cannot be read ({error})") from error


def check_size(path: str, size: int, most: int | None) -> None:
    """Check the size of a file before it is read.

    Args:
        path: Where it is, for errors.
        size: Bytes that it has.
        most: Bytes that it may have; None for any number.

    Raises:
        ManifestError: It has more.
    """
    if most is not None and size > most:
        raise ManifestError(f"{path}: has {size:,} bytes, and was not read, as it should have {most:,} at most")
