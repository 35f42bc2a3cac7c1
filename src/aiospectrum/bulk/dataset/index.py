"""The index of a dataset, made of its journals: what windows are there, and where: pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import TypeVar

import attrs
import msgspec

from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.paths import writer_of
from aiospectrum.bulk.dataset.periods import to_datetime
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.dataset.state import (
    DataFile,
    Dropped,
    Entry,
    Failed,
    Header,
    Noted,
    Removed,
    SavedWindow,
    Spooled,
    read_plan,
)
from aiospectrum.bulk.plan import Plan
from aiospectrum.bulk.query import Query

__all__ = [
    "DatasetIndex",
    "Located",
    "as_filling",
    "overlapping",
    "replace",
    "window_of",
]

T = TypeVar("T")
E = TypeVar("E", DataFile, Spooled)


class Located(msgspec.Struct, frozen=True, gc=False):
    """A window that is there, and where."""

    window: SavedWindow
    """The window."""

    path: str
    """The data file or spool file that has its rows; empty where they were not wanted."""


@attrs.define(kw_only=True)
class DatasetIndex:
    """What the journals of a dataset say."""

    header: Header | None = None
    """The latest header; None without any."""

    headers: dict[str, Header] = attrs.Factory(dict)
    """The latest header of each writer."""

    files: dict[str, DataFile] = attrs.Factory(dict)
    """Data files by path."""

    spools: dict[str, Spooled] = attrs.Factory(dict)
    """Spool files that are not merged, by path, the oldest one first."""

    noted: dict[str, list[Located]] = attrs.Factory(dict)
    """Filling windows without rows by zone, in the order of time."""

    failures: dict[tuple[str, int], Failed] = attrs.Factory(dict)
    """The latest failure of each window that has not been saved since, by zone and start."""

    unpublished: frozenset[str] = frozenset()
    """Data files that a run was about to put in place; until another one does, readers see what was there before."""

    unwritten: frozenset[str] = frozenset()
    """Those of them that were not there before: there is nothing of them to be read."""

    lost: frozenset[str] = frozenset()
    """Data files that are no longer there; the next run asks for what was in them."""

    path: str = ""
    """Where the latest header is."""

    _windows: dict[str, list[Located]] | None = None
    _plan: Plan | None = None

    def apply(self, path: str, entries: Iterable[Entry]) -> None:
        """Take in the lines of the next journal.

        Args:
            path: Where it is.
            entries: Its lines.

        Raises:
            ManifestError: The lines contradict those before them.
        """
        self._windows = self._plan = None
        for entry in entries:
            match entry:
                case Header():
                    self._apply_header(path, entry)
                case Spooled():
                    self.spools[entry.path] = entry
                    self._drop_replaced(entry)
                case DataFile():
                    self.files[entry.path] = entry
                    for merged in entry.merged:
                        self.spools.pop(merged, None)
                case Removed():
                    self.files.pop(entry.path, None)
                    self.spools.pop(entry.path, None)
                case Noted():
                    for zone_id, windows in entry.windows.items():
                        there = self.noted.setdefault(zone_id, [])
                        for window in windows:
                            replace(there, Located(window, ""))
                case Dropped():
                    self._drop_old(entry.before)
                case Failed():
                    self.failures[entry.zone_id, entry.since] = entry

    def _apply_header(self, path: str, header: Header) -> None:
        there = self.header
        if there is not None and (there.file_format, there.period) != (header.file_format, header.period):
            raise ManifestError(f"{path}: the journals are of two datasets, of different files: save elsewhere")
        self.header, self.path = header, path
        self.headers[writer_of(path)] = header

    def _drop_old(self, before: int) -> None:
        self.failures = {key: each for key, each in self.failures.items() if each.until > before}
        for noted in self.noted.values():
            noted[:] = [each for each in noted if each.window.until > before]

    def _drop_replaced(self, entry: Spooled) -> None:
        """What is saved has neither failed nor does it lack rows."""
        if not (self.failures or self.noted):
            return
        for zone_id, windows in entry.windows.items():
            noted = self.noted.get(zone_id, [])
            for window in windows:
                noted[:] = [left for each in noted for left in _without(each, window)]
            failed = [key for key in self.failures if key[0] == zone_id]
            for key in failed:
                failure = self.failures[key]
                if any(each.since < failure.until and failure.since < each.until for each in windows):
                    del self.failures[key]

    @property
    def plan(self) -> Plan:
        """The plan of the latest run, with the zones that other writers had planned for the same time.

        Raises:
            ManifestError: It cannot be read, or there is none.
        """
        if self.header is None:
            raise ManifestError("the journals say nothing of a plan")
        if self._plan is None:
            latest = read_plan(self.path, self.header)
            shards = [each for each in self.plans if (each.span, each.window) == (latest.span, latest.window)]
            zones = {zone_id.lower(): zone_id for plan in (*shards, latest) for zone_id in plan.zones}
            shares_it = len(zones) > len({*map(str.lower, latest.zones)})
            self._plan = attrs.evolve(latest, zones=[*zones.values()]) if shares_it else latest
        return self._plan

    @property
    def plans(self) -> list[Plan]:
        """The plan of each writer's latest run.

        Raises:
            ManifestError: One cannot be read.
        """
        return [read_plan(self.path, header) for header in self.headers.values()]

    @property
    def query(self) -> Query:
        """The query of the dataset.

        Raises:
            ManifestError: It cannot be read, or there is none.
        """
        return self.plan.query

    @property
    def file_format(self) -> FileFormat:
        """The format of the data files.

        Raises:
            ManifestError: There is no header.
        """
        if self.header is None:
            raise ManifestError("the journals say nothing of a plan")
        return self.header.file_format

    @property
    def readable(self) -> dict[str, DataFile]:
        """The data files by path that are there, or should be."""
        return {path: file for path, file in self.files.items() if path not in self.unwritten}

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that have windows, in the order of the alphabet."""
        return tuple(sorted(self.windows))

    @property
    def windows(self) -> Mapping[str, list[Located]]:
        """The windows of each zone that are there, in the order of time; none overlaps another one.

        Raises:
            ManifestError: The lines contradict each other.
        """
        if self._windows is None:
            self._windows = self._locate()
        return self._windows

    def _locate(self) -> dict[str, list[Located]]:
        found: dict[str, list[Located]] = {}
        for file in self.files.values():
            for zone_id, windows in file.windows.items():
                found.setdefault(zone_id, []).extend([Located(window, file.path) for window in windows])
        for zone_id, located in found.items():
            located.sort(key=lambda each: each.window.since)
            until: int | None = None
            for each in located:
                if until is not None and each.window.since < until:
                    raise ManifestError(
                        f"{self.path}: zone {zone_id} has windows that overlap, one in {each.path}, as where two "
                        "datasets were copied into one; `aiospectrum dataset repair` sets one of the files aside"
                    )
                until = each.window.until
        for spool in self.spools.values():
            for zone_id, windows in spool.windows.items():
                there = found.setdefault(zone_id, [])
                for window in windows:
                    replace(there, Located(window, spool.path))
        return {zone_id: located for zone_id, located in found.items() if located}

    def filling(self) -> Iterator[tuple[str, Located]]:
        """Iterate over the windows that are to be asked for again.

        Yields:
            The zone, and a window of it; one without rows may overlap another one.
        """
        for zone_id, located in self.windows.items():
            for each in located:
                if each.window.filling:
                    yield zone_id, each
        for zone_id, noted in self.noted.items():
            for each in noted:
                yield zone_id, each

    def complete_until(self, zone_id: str) -> datetime | None:
        """Where the data of a zone is complete from its first window on.

        Args:
            zone_id: Identifier of the zone.

        Returns:
            The end of the last done window before the first gap or filling one; None when there is none.
        """
        until: int | None = None
        for each in self.windows.get(zone_id.lower(), ()):
            window = each.window
            if window.filling or until not in (None, window.since):
                break
            until = window.until
        return None if until is None else to_datetime(until)

    def drop_missing(self, sizes: Mapping[str, int], alive: Container[str] = ()) -> list[Removed | Noted]:
        """Drop the files that are not there as they were written; the time of their windows is filling then.

        Args:
            sizes: The size of every file of the dataset by path, in bytes.
            alive: Writers whose spool files may have been written since.

        Returns:
            The lines that say so.

        Raises:
            ManifestError: The lines of the journals contradict each other.
        """
        missing = {
            path
            for path, file in self.files.items()
            if sizes.get(path) != file.bytes and sizes.get(file.staged) != file.bytes
        }
        missing |= {
            path
            for path, spool in self.spools.items()
            if sizes.get(path) != spool.bytes and writer_of(path) not in alive
        }
        lines = self.forget(missing)
        self.apply(self.path, lines)
        return lines

    def forget(self, paths: Set[str]) -> list[Removed | Noted]:
        """Say that files are no longer part of the dataset, and that what they had is to be asked for again.

        Those that repeat windows of others leave the index at once, so that the windows of all others can be found.

        Args:
            paths: Data files and spool files.

        Returns:
            The lines that say so; none without files.

        Raises:
            ManifestError: The lines of the journals contradict each other.
        """
        if not paths:
            return []
        lost: dict[str, list[Located]] = {}
        for path in paths & self.repeating().keys():  # else there is no telling which window is where
            for zone_id, windows in self.files.pop(path).windows.items():
                for window in windows:
                    replace(lost.setdefault(zone_id, []), Located(as_filling(window), ""))
        for zone_id, located in self.windows.items():
            for each in located:
                if each.path in paths:
                    replace(lost.setdefault(zone_id, []), Located(as_filling(each.window), ""))
        noted = {zone_id: [each.window for each in located] for zone_id, located in lost.items()}
        return [*map(Removed, sorted(paths)), *([Noted(windows=noted)] if noted else [])]

    def repeating(self) -> dict[str, str]:
        """Data files that have windows which overlap those of a file before, and what is wrong with each, by path."""
        found: dict[str, str] = {}
        there: dict[str, list[Located]] = {}
        for path, file in self.files.items():
            for zone_id, windows in file.windows.items():
                before = there.setdefault(zone_id, [])
                for window in windows:
                    span = overlapping(before, window.since, window.until, window_of)
                    if before[span]:
                        found.setdefault(path, f"has windows of zone {zone_id} that {before[span][0].path} has too")
            if path not in found:
                for zone_id, windows in file.windows.items():
                    for window in windows:
                        replace(there[zone_id], Located(window, path))
        return found

    def doubt(self, now: int) -> None:
        """Let windows be filling that were asked for later than now, by a clock that was ahead.

        Args:
            now: The time, in seconds since 1970.
        """
        self.files = {path: _doubted(file, now) for path, file in self.files.items()}
        self.spools = {path: _doubted(spool, now) for path, spool in self.spools.items()}
        self._windows = None


def _doubted(entry: E, now: int) -> E:
    if all(window.asked <= now for windows in entry.windows.values() for window in windows):
        return entry
    doubted = {
        zone_id: [as_filling(each) if each.asked > now else each for each in windows]
        for zone_id, windows in entry.windows.items()
    }
    return msgspec.structs.replace(entry, windows=doubted)


def as_filling(window: SavedWindow) -> SavedWindow:
    """The same window, which is to be asked for again."""
    return msgspec.structs.replace(window, filling=True)


def window_of(located: Located) -> SavedWindow:
    """The window of a located one."""
    return located.window


def _without(located: Located, window: SavedWindow) -> list[Located]:
    """What another window leaves of a noted one."""
    own = located.window
    if window.until <= own.since or own.until <= window.since:
        return [located]
    spans = [(own.since, window.since), (window.until, own.until)]
    return [
        Located(msgspec.structs.replace(own, since=since, until=until), "") for since, until in spans if since < until
    ]


def replace(there: list[Located], new: Located) -> None:
    """Put a window in the place of all that it overlaps."""
    there[overlapping(there, new.window.since, new.window.until, window_of)] = [new]


def overlapping(there: Sequence[T], since: int, until: int, window_of: Callable[[T], SavedWindow]) -> slice:
    """Where the windows of a zone stand that overlap a time, or where one of that time belongs."""
    if not there or window_of(there[-1]).until <= since:
        return slice(len(there), len(there))
    start = bisect_right(there, since, key=lambda each: window_of(each).until)
    return slice(start, max(start, bisect_left(there, until, key=lambda each: window_of(each).since)))
