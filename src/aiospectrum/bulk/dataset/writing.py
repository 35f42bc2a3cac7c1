"""The writer of a run: finished windows become spool files, and spool files become data files."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import attrs

from aiospectrum.bulk.columns import encoded_schema_of, to_encoded_table
from aiospectrum.bulk.dataset.collecting import Collected, Finished
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.journal import Journal
from aiospectrum.bulk.dataset.merging import Output, Source, plan_merge, write_output
from aiospectrum.bulk.dataset.paths import spool_path, staged_path
from aiospectrum.bulk.dataset.periods import period_of
from aiospectrum.bulk.dataset.rows import read_data, read_spool, write_spool
from aiospectrum.bulk.dataset.sharing import Sharing
from aiospectrum.bulk.dataset.state import DataFile, Entry, Failed, Noted, SavedWindow, Spooled
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.query import Query

if TYPE_CHECKING:
    import pyarrow

__all__ = ["DatasetWriter", "InThread"]

T = TypeVar("T")

_LONGEST_WAIT: Final = 1.0
"""Seconds that a finished window waits for others."""

_COLLECTED: Final = 8 << 20
"""Bytes of reports that become one spool file, about."""

_MOST_SPOOLS: Final = 64
"""Spool files of a period from which on they are merged, however small they are."""

_FULL: Final = 16 << 20
"""Bytes of a data file from which on nothing is added to it."""

_GROUP: Final = 100_000
"""Rows of a row group where there is memory for them."""

_LEAST_RATIO: Final = 0.05
"""Bytes of data files for each byte of spool files, at least."""

_TEXT_ROW: Final = 150
"""Bytes of a row of text, about."""


class InThread(Protocol):
    """Makes a blocking call in a thread, and awaits its end."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        """Make it."""
        ...


@attrs.define(kw_only=True, eq=False)
class DatasetWriter:
    """Writes what has finished: at most a second after that to spool files, and those to data files when it pays."""

    store: Store
    """Where to."""

    sharing: Sharing
    """What is there, and is kept up to date; what is written down of it; and what others do."""

    exclusively: Callable[[], AbstractAsyncContextManager[None]]
    """Gives what holds the dataset's lock, once everything is known that others have written."""

    query: Query
    """The query of all reports."""

    memory: int
    """Bytes that it may take, about."""

    fresh_rows: bool
    """Whether rows of filling windows are wanted."""

    left: Counter[str]
    """Tasks that have not ended yet, by period."""

    in_thread: InThread
    """Makes the blocking calls."""

    sleep: Callable[[float], Awaitable[object]]
    """Waits a number of seconds."""

    on_written: Callable[[Collected], None]
    """Called when finished windows and failures are durable."""

    on_files: Callable[[Sequence[DataFile]], None]
    """Called when data files are there."""

    _collected: Collected = attrs.field(init=False)
    _is_closed: bool = attrs.field(default=False, init=False)
    _added: int = attrs.field(default=0, init=False)
    _durable: int = attrs.field(default=0, init=False)
    _wake: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _is_due: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _room: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _due: asyncio.Queue[str | None] = attrs.field(factory=asyncio.Queue, init=False)
    _queued: set[str] = attrs.field(factory=set, init=False)
    _schema: "pyarrow.Schema" = attrs.field(init=False)
    _ratio: float = attrs.field(default=1.0, init=False)
    """Bytes of data files for each byte of spool files, by the latest merge."""

    def __attrs_post_init__(self) -> None:
        self._schema = encoded_schema_of(self.query)
        self._collected = self._nothing()

    @property
    def index(self) -> DatasetIndex:
        """What is there."""
        return self.sharing.index

    @property
    def journal(self) -> Journal:
        """What is written down of it."""
        return self.sharing.journal

    @property
    def _full(self) -> int:
        """Bytes of a data file from which on nothing is added to it."""
        return min(self.memory // 10, _FULL)

    def _is_enough(self, spools: Sequence[Spooled]) -> bool:
        """Whether spool files are worth a data file, or all that there is memory for."""
        size = self._weigh(spools)
        return size >= self.memory // 3 or size * self._ratio >= self.memory // 10 or len(spools) >= _MOST_SPOOLS

    @property
    def _row_bytes(self) -> int:
        """Bytes of a row of a table, about."""
        return 80 + 24 * len(self.query.dimensions) + 8 * len(self.query.metrics)

    def _nothing(self) -> Collected:
        return Collected(self._row_bytes, min(self.memory // 32, _COLLECTED))

    async def add(self, each: Finished | Failed, since: int) -> None:
        """Take a window whose reports are all there, or a failure; waits while too much is in memory.

        Args:
            each: The window or failure.
            since: Where the window of the task begins.
        """
        self._added += 1
        self._collected.add(each, period_of(since, self.journal.header.period))
        self._wake.set()
        if self._collected.is_full:
            self._is_due.set()
        while self._collected.bytes > self.memory // 16:
            self._is_due.set()  # else it would wait for others, which wait for room
            self._room.clear()
            await self._room.wait()

    def close(self) -> None:
        """Let :meth:`write` end when everything is in data files."""
        self._is_closed = True
        self._wake.set()
        self._is_due.set()

    async def write(self) -> None:
        """Write until it is closed.

        Raises:
            SaveError: The store cannot be written or read.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._merge_what_is_due())
            while True:
                await self._wake.wait()
                if self._collected:
                    await self._wait_for_others()
                    await self.flush()
                elif self._is_closed:
                    break
                else:
                    self._wake.clear()
            self._due.put_nowait(None)

    async def _wait_for_others(self) -> None:
        if self._is_due.is_set():
            return
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(self._be_due_later())
            await self._is_due.wait()
            waiting.cancel()

    async def _be_due_later(self) -> None:
        await self.sleep(_LONGEST_WAIT)
        self._is_due.set()

    async def flush(self) -> None:
        """Write what is collected to spool files.

        Raises:
            SaveError: The store cannot be written.
        """
        collected, self._collected = self._collected, self._nothing()
        if not self._is_closed:
            self._is_due.clear()
        entries = await self.in_thread(partial(self._spool, collected))
        self.index.apply("", entries)
        self._durable += collected.ended.total()
        self._room.set()
        self.left.subtract(collected.ended)
        for period in collected.ended:
            if self.left[period] <= 0 or self._is_enough(self._spools_of(period)):
                self._merge_later(period)
        self.on_written(collected)

    async def drain(self) -> None:
        """Wait until all that has been added so far is durable."""
        wanted = self._added
        while self._durable < wanted:
            self._is_due.set()
            self._room.clear()
            await self._room.wait()

    async def rescue(self) -> None:
        """Write what is collected, and leave the rest to the next run.

        Raises:
            SaveError: The store cannot be written.
        """
        if self._collected:
            await self.in_thread(partial(self._spool, self._collected))

    def _merge_later(self, period: str) -> None:
        if period not in self._queued:
            self._queued.add(period)
            self._due.put_nowait(period)

    def _spools_of(self, period: str) -> list[Spooled]:
        spools = self.index.spools.values()
        is_ours = (lambda path: True) if self._is_closed else self.sharing.is_ours  # the last one sees to all of them
        return [each for each in spools if each.period == period and is_ours(each.path)]

    def _weigh(self, spools: Iterable[Spooled]) -> int:
        """Bytes that spool files take in memory when they are merged, about."""
        if self.journal.header.file_format == "parquet":
            return sum(each.bytes for each in spools)
        return (
            sum(window.rows for each in spools for windows in each.windows.values() for window in windows) * _TEXT_ROW
        )

    def _spool(self, collected: Collected) -> list[Entry]:
        entries: list[Entry] = []
        wanted: dict[str, list[Finished]] = {}
        noted: list[Finished] = []
        for each in collected.windows:
            if each.window.filling and not self.fresh_rows:
                noted.append(each)
            else:
                wanted.setdefault(period_of(each.window.since, self.journal.header.period), []).append(each)
        for period, finished in wanted.items():
            table, rounded = to_encoded_table(self.query, [part for each in finished for part in each.parts])
            batch = self.memory // 8 // _MOST_SPOOLS // self._row_bytes
            data = write_spool(table, max(batch, 1))
            path = spool_path(self.journal.writer, self.journal.next_number())
            self.store.stage(path, data)
            windows = _by_zone(finished)
            entries.append(Spooled(path=path, bytes=len(data), period=period, windows=windows, rounded=rounded))
        if noted:
            entries.append(Noted(windows=_by_zone(noted)))
        entries += collected.failures
        self.journal.add(*entries)
        return entries

    async def merge_all(self) -> None:
        """Merge all spool files into data files.

        Raises:
            SaveError: The store cannot be written or read.
        """
        for period in dict.fromkeys(spool.period for spool in self.index.spools.values()):
            await self._merge(period)

    async def _merge_what_is_due(self) -> None:
        while (period := await self._due.get()) is not None:
            self._queued.discard(period)
            await self._merge(period)
        await self.merge_all()

    async def _merge(self, period: str) -> None:
        group: list[Spooled] = []
        if not self._spools_of(period):
            return
        async with self.exclusively():
            for spool in self._spools_of(period):
                group.append(spool)
                if self._is_enough(group):
                    await self._merge_group(group)
                    group = []
            if group:
                await self._merge_group(group)

    async def _merge_group(self, spools: Sequence[Spooled]) -> None:
        files = dict(self.index.files)
        entries = await self.in_thread(lambda: self._write_files(spools, files))
        before = sum(files[each.path].bytes for each in entries if each.path in files)
        self._ratio = max(_LEAST_RATIO, (sum(each.bytes for each in entries) - before) / max(self._weigh(spools), 1))
        self.index.apply("", entries)
        self.on_files(entries)

    def _write_files(self, spools: Sequence[Spooled], files: dict[str, DataFile]) -> list[DataFile]:
        """Write the data files that spool files become part of."""
        file_format = self.journal.header.file_format
        taken = {*self.sharing.taken, *files}
        outputs = plan_merge(
            files, spools, writer=self.journal.writer, file_format=file_format, taken=taken, full=self._full
        )
        contents = {each.path: self.store.read(each.path) for each in spools}
        entries = []
        for output in outputs:
            entry = self._write_file(output, spools, contents, files)
            files[entry.path] = entry
            entries.append(entry)
        for path in contents:
            self.store.delete(path)
        return entries

    def _write_file(
        self, output: Output, spools: Sequence[Spooled], contents: Mapping[str, bytes], files: Mapping[str, DataFile]
    ) -> DataFile:
        file_format = self.journal.header.file_format
        sources = {}
        before = files.get(output.path)
        if before is not None:
            content = self.store.read(before.path)
            sources[before.path] = Source(before.windows, read_data(self._schema, before.path, file_format, content))
        for each in spools:
            sources[each.path] = Source(each.windows, read_spool(self._schema, each.path, contents[each.path]))
        group = min(self.memory // 16 // self._row_bytes, _GROUP)
        data = write_output(output, sources, schema=self._schema, file_format=file_format, group_rows=group)
        staged = staged_path(self.journal.writer, self.journal.next_number())
        self.store.stage(staged, data)
        windows = {zone_id: [each.window for each in of_zone] for zone_id, of_zone in sorted(output.windows.items())}
        entry = DataFile(
            path=output.path,
            staged=staged,
            bytes=len(data),
            rows=sum(window.rows for of_zone in windows.values() for window in of_zone),
            period=output.period,
            windows=windows,
            merged=tuple(contents) if output.is_last else (),
            rounded=output.rounded,
        )
        self.journal.add(entry)
        self.store.publish(staged, output.path)
        return entry


def _by_zone(finished: Iterable[Finished]) -> dict[str, list[SavedWindow]]:
    """Windows by zone, in the order of both."""
    found: dict[str, list[SavedWindow]] = {}
    for each in sorted(finished, key=lambda each: (each.zone_id, each.window.since)):
        found.setdefault(each.zone_id, []).append(each.window)
    return found
