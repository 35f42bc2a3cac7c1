"""A dataset that is locked for its upkeep, and how it is changed so that it is whole at any moment."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import attrs
import msgspec

from aiospectrum._http.config import check_callable, check_clock, refuse_coroutine
from aiospectrum.bulk.columns import schema_of
from aiospectrum.bulk.dataset.checking import find_faults
from aiospectrum.bulk.dataset.errors import DestinationBusyError, ManifestError, SaveError
from aiospectrum.bulk.dataset.files import write_table
from aiospectrum.bulk.dataset.findings import Deleted, Extended, Problem, Repaired, UpkeepProgress, Verified
from aiospectrum.bulk.dataset.index import DatasetIndex, as_filling
from aiospectrum.bulk.dataset.loading import no_dataset, read_index, salvage_index
from aiospectrum.bulk.dataset.opening import open_place
from aiospectrum.bulk.dataset.paths import (
    UPKEEP,
    WRITER,
    aside_path,
    journal_number,
    journal_path,
    spool_path,
    staged_path,
    state_number,
)
from aiospectrum.bulk.dataset.periods import to_datetime
from aiospectrum.bulk.dataset.reading import add_columns, read_rows
from aiospectrum.bulk.dataset.rows import write_spool
from aiospectrum.bulk.dataset.state import (
    DataFile,
    Dropped,
    Entry,
    Header,
    Noted,
    Removed,
    SavedWindow,
    Spooled,
    Windows,
    write_entry,
)
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.plan import Plan
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import STEP, edge_after, edge_before
from aiospectrum.tables.arrow import import_pyarrow

__all__ = ["LockedDataset", "Work", "work_on"]

T = TypeVar("T")

Work: TypeAlias = Callable[["LockedDataset"], T]
"""What is done with a dataset while it is locked."""


def work_on(
    folder: str | os.PathLike[str],
    storage_options: Mapping[str, Any] | None,
    on_progress: Callable[[UpkeepProgress], object] | None,
    clock: Callable[[], float],
    work: Work[T],
    *,
    may_be_damaged: bool = False,
    only_reads: bool = False,
) -> T:
    """Lock a dataset, so that no run saves there, and work on it.

    Args:
        folder: Its folder, or the one of its data files.
        storage_options: Arguments of the file system of a URL.
        on_progress: Called at the start and after each file.
        clock: Returns the time of day in seconds since 1970.
        work: What to do.
        may_be_damaged: Whether what is left of damaged journals is enough for that.
        only_reads: Whether it is done without the lock where nothing can be written.

    Returns:
        What that returns.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: pyarrow, or what the URL needs, is not installed.
        SaveError: It cannot be locked, read or written.
    """
    clock = check_clock(clock)
    check_callable("on_progress", on_progress, arguments=1)
    import_pyarrow(".parquet")
    read = salvage_index if may_be_damaged else _read_whole
    place, _ = open_place(folder, storage_options, clock, _find_dataset)  # before the lock, which would make folders
    store = place.store

    def run() -> T:
        try:
            is_locked = _lock(store, only_reads=only_reads)
            index, wrong = read(store)
            dataset = LockedDataset(
                store=store,
                index=index,
                wrong=wrong,
                sizes=store.list(),
                is_locked=is_locked,
                on_progress=on_progress,
                clock=clock,
            )
            return work(dataset)
        finally:
            store.unlock()

    return place.call(run)


def _lock(store: Store, *, only_reads: bool) -> bool:
    try:
        store.enter()
        others = store.others()
        if others:
            name, owner = min(others.items())
            raise DestinationBusyError(f"{store.name}: {owner} is saving there as {name}")
        store.lock(UPKEEP)
        store.leave()
    except OSError as error:
        if only_reads and (isinstance(error, PermissionError) or error.errno == errno.EROFS):
            return False
        raise
    return True


def _find_dataset(store: Store) -> None:
    if not any(journal_number(path) for path in store.list()):
        raise no_dataset(store)


def _read_whole(store: Store) -> tuple[DatasetIndex, dict[str, str]]:
    return read_index(store), {}


@attrs.define(kw_only=True, eq=False)
class LockedDataset:
    """A dataset that is locked."""

    store: Store
    """Where it is."""

    index: DatasetIndex
    """What its journals say."""

    wrong: Mapping[str, str]
    """What is wrong with journals, by path."""

    sizes: dict[str, int]
    """The size of each file of ours by path, in bytes."""

    is_locked: bool = True
    """Whether no run can save there meanwhile."""

    on_progress: Callable[[UpkeepProgress], object] | None
    """Called at the start and after each file."""

    clock: Callable[[], float]
    """Returns the time of day in seconds since 1970."""

    _progress: UpkeepProgress = attrs.field(factory=lambda: UpkeepProgress(total=0), init=False)
    _renewed: float = attrs.field(default=0.0, init=False)
    _number: int = attrs.field(default=0, init=False)

    def verify(self) -> Verified:
        """See :func:`aiospectrum.bulk.verify`."""
        entries = self._entries()
        self._start(len(entries))
        problems = [Problem(path=path, kind="damaged", text=text) for path, text in self.wrong.items()]
        repeating = self.index.repeating()
        problems += [Problem(path=path, kind="damaged", text=text) for path, text in repeating.items()]
        problems += [problem for entry in entries if entry.path not in repeating for problem in self._check(entry)]
        problems += [
            Problem(path=path, kind="unknown", text="has a name of ours, and the state says nothing of it")
            for path in sorted(self.sizes.keys() - self.index.files.keys())
            if path.startswith("data/")
        ]
        problems += [
            Problem(path=path, kind="foreign", text="is none of ours, and readers of the folder may take it for one")
            for path in sorted(self.store.foreign())
        ]
        wrong = {each.path for each in problems}
        rows = sum(file.rows for path, file in self.index.files.items() if path not in wrong)
        return Verified(files=len(entries), rows=rows, problems=tuple(problems))

    def _check(self, entry: DataFile | Spooled) -> list[Problem]:
        try:
            table = self._read(entry)
        except FileNotFoundError:
            problem = Problem(path=entry.path, kind="missing", text="is not there")
        except ManifestError as error:
            problem = Problem(path=entry.path, kind="damaged", text=str(error))
        else:
            query = self.index.query
            faults = list(find_faults(table, schema_of(query), entry.windows, query.dimensions))
            problem = Problem(path=entry.path, kind="damaged", text="; ".join(faults))
        self._step()
        return [problem] if problem.text else []

    def repair(self) -> Repaired:
        """See :func:`aiospectrum.bulk.repair`."""
        found = self.verify()
        known = {entry.path for entry in self._entries()}
        aside = []
        for problem in found.problems:
            if problem.kind in ("damaged", "unknown") and problem.path not in self.wrong:
                aside.append(aside_path(WRITER, self._next_number()))
                self.store.publish(problem.path, aside[-1])
        lines: list[Entry] = [*self.index.forget({each.path for each in found.problems if each.path in known})]
        lost = sum(len(of_zone) for line in lines if isinstance(line, Noted) for of_zone in line.windows.values())
        if self.wrong:  # all that could be read of them stands in the new journal, which they make room for
            self.index.apply("", lines)
            lines = self._all_lines()
        if lines:
            self._commit(self.index.plan, lines, [])
        for path in self.wrong:
            aside.append(aside_path(WRITER, self._next_number()))
            self.store.publish(path, aside[-1])
        return Repaired(problems=found.problems, set_aside=tuple(aside), windows=lost)

    def _all_lines(self) -> list[Entry]:
        index = self.index
        noted = {zone_id: [each.window for each in of_zone] for zone_id, of_zone in index.noted.items() if of_zone}
        return [
            *index.files.values(),
            *index.spools.values(),
            *([Noted(windows=noted)] if noted else []),
            *index.failures.values(),
        ]

    def delete_before(self, before: int) -> Deleted:
        """See :func:`aiospectrum.bulk.delete_before`; the time is in seconds since 1970."""
        self._finish_staged()
        entries = self._entries()
        kept = {entry.path: _windows_after(entry.windows, before) for entry in entries}
        files = [each for each in self.index.files.values() if kept[each.path] != each.windows]
        spools = [*self.index.spools.values()]
        if all(kept[each.path] == each.windows for each in spools):
            spools = []  # else all of them are written again, as the order of their lines counts
        until = before * 1_000_000
        pc = import_pyarrow().compute

        def keep(table: Any) -> Any:
            return table.filter(pc.greater(table["window_until"].cast("int64"), until))

        changed: list[DataFile | Spooled] = [*files, *spools]
        plan = self._plan_from(before)
        if not changed and not self._asks_before(before) and plan == self.index.plan:
            return Deleted(windows=0, rows=0, removed=0, rewritten=0)
        self._start(len(changed))
        removed = [each.path for each in files if not kept[each.path]]
        new = self._rewrite([each for each in changed if kept[each.path]], kept, keep)
        for path in removed:  # before the line, as rows would be there twice if one stayed and its time was fetched
            self.store.delete(path)
        gone = [*removed, *(each.path for each in spools)]
        self._commit(plan, [*(Removed(path=path) for path in gone), *new, Dropped(before=before)], gone)
        dropped = [window for entry in entries for window in _difference(entry.windows, kept[entry.path])]
        return Deleted(
            windows=len(dropped),
            rows=sum(window.rows for window in dropped),
            removed=len(removed),
            rewritten=len(files) - len(removed),
        )

    def extend_query(self, query: Query, since: int | None) -> Extended:
        """See :func:`aiospectrum.bulk.extend_query`; the time is in seconds since 1970."""
        self._finish_staged()
        if query == self.query:
            return Extended(query=query, windows=0, rewritten=0)
        schema = schema_of(query)
        entries = self._entries()
        windows = {entry.path: _filling_after(entry.windows, since) for entry in entries}
        self._start(len(entries))
        new = self._rewrite(entries, windows, lambda table: add_columns(table, schema))
        spools = [*self.index.spools]
        self._commit(
            attrs.evolve(self.index.plan, query=query), [*(Removed(path=path) for path in spools), *new], spools
        )
        asked = sum(window.filling for each in windows.values() for of_zone in each.values() for window in of_zone)
        return Extended(query=query, windows=asked, rewritten=len(self.index.files))

    def _plan_from(self, before: int) -> Plan:
        """The plan without what is deleted, else the next catch-up would ask for it; it begins with a whole window."""
        plan = self.index.plan
        since = edge_before(to_datetime(min(before, int(self.clock()))), plan.window)
        if since <= plan.since:
            return plan
        return attrs.evolve(plan, since=since, until=max(plan.until, edge_after(since + STEP, plan.window)))

    def _asks_before(self, before: int) -> bool:
        """Whether windows that ended by a time have failed, or are noted without rows."""
        noted = (each.window.until for windows in self.index.noted.values() for each in windows)
        failed = (each.until for each in self.index.failures.values())
        return any(until <= before for until in (*noted, *failed))

    @property
    def query(self) -> Query:
        """The query of the dataset."""
        return self.index.query

    def _entries(self) -> list[DataFile | Spooled]:
        return [*self.index.files.values(), *self.index.spools.values()]

    def _read(self, entry: DataFile | Spooled) -> Any:
        """The rows of a file, wherever a run that was killed has left it."""
        path, size = entry.path, self.sizes.get(entry.path)
        if isinstance(entry, DataFile) and size != entry.bytes and self.sizes.get(entry.staged) == entry.bytes:
            path, size = entry.staged, entry.bytes
        if size is None:
            raise FileNotFoundError(path)
        if size != entry.bytes:
            raise ManifestError(f"has {size:,} bytes, and {entry.bytes:,} were written")
        file_format = self._header.file_format if isinstance(entry, DataFile) else "spool"
        return read_rows(self.store.read(path), file_format, schema_of(self.query))

    def _rewrite(
        self,
        entries: Sequence[DataFile | Spooled],
        windows: Mapping[str, Windows],
        change: Callable[[Any], Any],
    ) -> list[DataFile | Spooled]:
        """Stage the changed rows of files, each with other windows; returns their new lines."""
        new: list[DataFile | Spooled] = []
        try:
            for entry in entries:
                new.append(self._stage_changed(entry, windows[entry.path], change))
                self._step()
        except (OSError, SaveError):  # such as that of a full disk, which should have its room back
            with contextlib.suppress(OSError, SaveError):  # the first error says more
                for each in new:
                    self.store.delete(each.staged if isinstance(each, DataFile) else each.path)
            raise
        return new

    def _stage_changed(
        self, entry: DataFile | Spooled, windows: Windows, change: Callable[[Any], Any]
    ) -> DataFile | Spooled:
        try:
            table = change(self._read(entry))
        except (FileNotFoundError, ManifestError) as error:
            raise ManifestError(
                f"{self.store.name}: {entry.path} is damaged or missing: `aiospectrum dataset repair` forgets it"
            ) from error
        if isinstance(entry, Spooled):
            data, path = write_spool(table), spool_path(WRITER, self._next_number())
            self.store.stage(path, data)
            return msgspec.structs.replace(entry, path=path, bytes=len(data), windows=windows)
        data, staged = write_table(self._header.file_format, table), staged_path(WRITER, self._next_number())
        self.store.stage(staged, data)
        return msgspec.structs.replace(
            entry, staged=staged, bytes=len(data), rows=len(table), windows=windows, merged=()
        )

    def _commit(self, plan: Plan, lines: Sequence[Entry], gone: Sequence[str]) -> None:
        """Write a journal, which counts from the moment that it has its name; then name and delete files by it."""
        header = msgspec.structs.replace(
            self._header, plan=msgspec.json.decode(plan.to_json()), started=int(self.clock())
        )
        staged = staged_path(WRITER, self._next_number())
        self.store.stage(staged, b"".join(map(write_entry, [header, *lines])))
        self.store.publish(staged, journal_path(WRITER, self._next_number()))
        for line in lines:
            if isinstance(line, DataFile) and line is not self.index.files.get(line.path):
                self.store.publish(line.staged, line.path)
        for path in gone:
            self.store.delete(path)

    def _finish_staged(self) -> None:
        """Give files their names that a run which was killed has written in full."""
        for file in self.index.files.values():
            if self.sizes.get(file.path) != file.bytes and self.sizes.get(file.staged) == file.bytes:
                self.store.publish(file.staged, file.path)
                self.sizes[file.path] = self.sizes.pop(file.staged)

    @property
    def _header(self) -> Header:
        header = self.index.header
        if header is None:  # read_index refuses that
            raise ManifestError(f"{self.store.name}: the journals say nothing of a plan")
        return header

    def _next_number(self) -> int:
        """A number that no file of the state has."""
        if not self._number:
            staged = (each.staged for each in self.index.files.values())
            self._number = max(state_number(path) or 0 for path in (*self.sizes, *self.index.spools, *staged))
        self._number += 1
        return self._number

    def _start(self, total: int) -> None:
        self._renewed = self.clock()
        self._report(UpkeepProgress(total=total))

    def _step(self) -> None:
        every = self.store.renew_every if self.is_locked else None
        if every is not None and not 0 <= self.clock() - self._renewed < every:
            self.store.renew_lock()
            self._renewed = self.clock()
        self._report(attrs.evolve(self._progress, done=self._progress.done + 1))

    def _report(self, progress: UpkeepProgress) -> None:
        self._progress = progress
        if self.on_progress is not None:
            refuse_coroutine("on_progress", self.on_progress(progress))


def _windows_after(windows: Windows, before: int) -> Windows:
    """Windows that ended later, of zones that have some."""
    found = {zone_id: [each for each in of_zone if each.until > before] for zone_id, of_zone in windows.items()}
    return {zone_id: of_zone for zone_id, of_zone in found.items() if of_zone}


def _difference(windows: Windows, kept: Windows) -> Iterator[SavedWindow]:
    """Windows that are not kept; those are the first ones of each zone."""
    for zone_id, of_zone in windows.items():
        yield from of_zone[: len(of_zone) - len(kept.get(zone_id, ()))]


def _filling_after(windows: Windows, since: int | None) -> Windows:
    return {
        zone_id: [as_filling(each) if since is None or each.until > since else each for each in of_zone]
        for zone_id, of_zone in windows.items()
    }
