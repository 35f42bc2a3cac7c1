"""The format of a dataset's state, and what its files are called: pure.

::

    data/
        2026-11-18-w1-0001.parquet      all that readers see: period, writer, part
    state/
        w1-journal-000001.jsonl         what each run has done
        w1-spool-000001.arrow           finished rows that are in no data file yet, an Arrow IPC stream
        w1-staged-000001                a data file or journal that does not have its name yet
        w1-aside-000001                 a data file that was not as it had been written
        lock                            held while a run is active; in object stores, lock-… for each one that is

A period is a day or a month in UTC; which one is in the dataset's :class:`Header`. A window belongs to the period that
it begins in, so that a file may have rows of the next one.

A journal is a file of JSON lines. The first one is a :class:`Header`; each other one says what has been done:
:class:`Spooled`, :class:`DataFile`, :class:`Removed`, :class:`Noted` or :class:`Failed`. Journals are read in the order
of their numbers. The last line of one may lack its end, as the run was killed while writing it; it is ignored.

A task is done when its rows are durable in a spool file and the line :class:`Spooled` is there. Later they are merged
into a data file: that is staged, its line :class:`DataFile` is written, it is renamed, and then the spool files are
deleted. A run that finds the data still under its first name renames it. Rows of a window that is there once more in a
later spool file do not count.

Nothing that is read here is believed: names match one pattern, and are the only ones that a store opens.

Version 1 of the format. Times are whole seconds since 1970 in UTC.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.periods import Period, bounds_of
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.plan import Plan
from aiospectrum.errors import InvalidArgumentError

__all__ = [
    "FOLDERS",
    "LOCK",
    "LONGEST_JOURNAL",
    "LONGEST_LAG",
    "DataFile",
    "DataName",
    "Dropped",
    "Entry",
    "Failed",
    "Header",
    "Noted",
    "Removed",
    "SavedWindow",
    "Spooled",
    "aside_path",
    "check_path",
    "check_size",
    "data_path",
    "is_path",
    "journal_number",
    "journal_path",
    "read_data_name",
    "read_journal",
    "read_plan",
    "spool_path",
    "staged_path",
    "state_kind",
    "state_number",
    "write_entry",
]

WRITER: Final = "w1"
"""The one that writes; several come later."""

FOLDERS: Final = ("data", "state")
"""All folders of a dataset."""

LOCK: Final = "state/lock"
"""The file that a run locks."""

LONGEST_LAG: Final = 86_400.0
"""Seconds; what a report says beyond that is not believed."""

LONGEST_JOURNAL: Final = 1 << 29
"""Bytes of a journal that is read."""

_PERIOD: Final = r"[0-9]{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?"
_NUMBER: Final = r"(?:[0-9]{6}|[1-9][0-9]{6,8})"
_STATE: Final = rf"state/w[1-9][0-9]{{0,3}}-(journal|spool|staged|aside)-({_NUMBER})(\.[a-z]+)?"
_SPOOL: Final = rf"state/w[1-9][0-9]{{0,3}}-spool-{_NUMBER}\.arrow"
_DATA: Final = rf"data/({_PERIOD})-(w[1-9][0-9]{{0,3}})-([0-9]{{4}}|[1-9][0-9]{{4,8}})\.(parquet|csv|ndjson)"

_ENDINGS: Final[Mapping[str, str | None]] = {"journal": ".jsonl", "spool": ".arrow", "staged": None, "aside": None}
_IS_STATE: Final = re.compile(_STATE)
_IS_DATA: Final = re.compile(_DATA)
_ZONE: Final = re.compile(r"[0-9a-f]{32}")

_Seconds: TypeAlias = Annotated[int, Meta(ge=-62_135_596_800, le=253_402_300_799)]
"""A moment of the years 1 to 9999."""

_Count: TypeAlias = Annotated[int, Meta(ge=0, le=1 << 53)]
_DataPath: TypeAlias = Annotated[str, Meta(pattern=rf"\A{_DATA}\Z")]
_SpoolPath: TypeAlias = Annotated[str, Meta(pattern=rf"\A{_SPOOL}\Z")]
_StagedPath: TypeAlias = Annotated[str, Meta(pattern=rf"\Astate/w[1-9][0-9]{{0,3}}-staged-{_NUMBER}\Z")]
_PeriodName: TypeAlias = Annotated[str, Meta(pattern=rf"\A{_PERIOD}\Z")]
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

    path: Annotated[str, Meta(pattern=rf"\A(?:{_DATA}|{_SPOOL})\Z")]
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


Entry: TypeAlias = Header | Spooled | DataFile | Removed | Noted | Dropped | Failed
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


class DataName(msgspec.Struct, frozen=True):
    """What the name of a data file says."""

    period: str
    """The period."""

    writer: str
    """Who wrote it."""

    part: int
    """Its number."""

    file_format: str
    """Its format."""


def data_path(period: str, part: int, file_format: FileFormat) -> str:
    """Name a data file; parts count from 1."""
    return f"data/{period}-{WRITER}-{part:04}.{file_format}"


def read_data_name(path: str) -> DataName | None:
    """Read the name of a data file; None for the path of another file."""
    match = _IS_DATA.fullmatch(path)
    return DataName(match[1], match[2], int(match[3]), match[4]) if match else None


def journal_path(number: int) -> str:
    """Name the journal with a number, 1 or more."""
    return f"state/{WRITER}-journal-{number:06}.jsonl"


def spool_path(number: int) -> str:
    """Name the spool file with a number, 1 or more."""
    return f"state/{WRITER}-spool-{number:06}.arrow"


def staged_path(number: int) -> str:
    """Name what does not have its name yet, with a number, 1 or more."""
    return f"state/{WRITER}-staged-{number:06}"


def aside_path(number: int) -> str:
    """Name a data file that was not as it had been written, with a number, 1 or more."""
    return f"state/{WRITER}-aside-{number:06}"


def journal_number(path: str) -> int | None:
    """The number of a journal; None for the path of another file."""
    return state_number(path) if state_kind(path) == "journal" else None


def state_kind(path: str) -> str | None:
    """Whether a path is that of a ``journal``, a ``spool`` file, or one ``staged`` or set ``aside``; else None."""
    match = _IS_STATE.fullmatch(path)
    return match[1] if match and match[3] == _ENDINGS[match[1]] else None


def state_number(path: str) -> int | None:
    """The number in the name of any of those; None for the path of another file."""
    match = _IS_STATE.fullmatch(path)
    return int(match[2]) if match and match[3] == _ENDINGS[match[1]] else None


def is_path(path: str) -> bool:
    """Whether a path is one that a dataset has, which no other file is opened by."""
    return path == LOCK or state_kind(path) is not None or _IS_DATA.fullmatch(path) is not None


def check_path(path: str) -> tuple[str, str]:
    """Check a path before it is used.

    Args:
        path: Where a file is.

    Returns:
        Its folder, and its name in there.

    Raises:
        ManifestError: A dataset has no such path.
    """
    if not is_path(path):
        raise ManifestError(f"a dataset has no file {path[:200]!r}: the name is not one of ours")
    folder, _, name = path.partition("/")
    return folder, name


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
