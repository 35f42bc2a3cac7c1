"""One run: what a dataset lacks is fetched, and written when all reports of a window are there."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import attrs
import msgspec

from aiospectrum._http.config import refuse_coroutine
from aiospectrum._http.redaction import Redaction, make_redaction
from aiospectrum.bulk.columns import Part, pack_report, schema_of
from aiospectrum.bulk.dataset.claiming import Claiming
from aiospectrum.bulk.dataset.collecting import Collected, StartedTask
from aiospectrum.bulk.dataset.errors import SaveError
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.paths import WRITER, data_folder
from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.dataset.portions import Portion, Source
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.dataset.settling import clip
from aiospectrum.bulk.dataset.state import Failed, Header
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.tasks import RunTask, TaskCounts, choose_tasks, count_tasks
from aiospectrum.bulk.dataset.threads import Threads, run_in_thread, shown
from aiospectrum.bulk.dataset.writing import DatasetWriter
from aiospectrum.bulk.fetch import Fetcher, Outcome
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.bulk.workers import Queue, WorkerPool, divide
from aiospectrum.bulk.zones import Clients, in_lower_case
from aiospectrum.errors import SpectrumError, TableError
from aiospectrum.transport import Transport

__all__ = ["Run", "make_header"]

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("aiospectrum")

_MANY_ZONES: Final = 100
"""Zones of the first plan from which on a dataset has data files by day, else by month."""


@attrs.define(kw_only=True, eq=False)
class Run:
    """A plan, and how it is saved, once."""

    client: Clients
    """What to call over."""

    plans: Sequence[Plan]
    """What to fetch: at least one plan, all of the same query, and each of other zones."""

    file_format: FileFormat
    """Format of the files."""

    concurrency: int
    """Maximum number of calls of each client at once."""

    memory: int
    """Bytes that finished windows and files take in memory, about."""

    settle_after: float
    """Seconds after its end from which on nothing is missing of a window."""

    fresh_rows: bool
    """Whether rows of filling windows are saved."""

    fail_fast: bool
    """Whether the first error ends everything."""

    stop: asyncio.Event | None
    """Once it is set, no task is started."""

    on_progress: Callable[[SaveProgress], object] | None
    """Called at the start and whenever tasks have ended."""

    fetcher: Fetcher
    """Fetches windows."""

    clock: Callable[[], float]
    """Returns the time of day in seconds since 1970."""

    store: Store
    """Where to save."""

    writer: str | None = None
    """Who saves, beside others; None for the only one, who also asks for what is filling in zones of no plan."""

    redaction: Redaction = attrs.field(factory=lambda: make_redaction(()))
    """Replaces what is secret of the store."""

    threads: Threads
    """Make the calls that may block."""

    _started: dict[Task, StartedTask] = attrs.field(factory=dict, init=False)
    _failed: list[SaveFailure] = attrs.field(factory=list, init=False)
    _progress: SaveProgress = attrs.field(init=False)
    _writer: DatasetWriter = attrs.field(init=False)
    _claiming: Claiming = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._claiming = Claiming(
            store=self.store,
            writer=self.writer or WRITER,
            is_sum=self.plans[0].query.kind == "summary",
            concurrency=self.concurrency,
            stop=self.stop,
            clock=self.clock,
            sleep=self.fetcher.sleep,
            in_thread=self._in_thread,
            on_portion=self._report_portion,
        )

    async def save(self) -> Saved:
        """Save.

        Returns:
            The result.

        Raises:
            SaveError: The store cannot be saved to, or not any further.
            ImportError: A package is not installed.
            InvalidArgumentError: The client does not take an argument.
            ClientStateError: The client is not open, or not on this event loop.
            SpectrumError: The first error, with ``fail_fast``.
        """
        self.threads.abandon = self.store.abandon
        parts = [part for plan in self.plans for part in divide(self.client, plan)]
        await self._in_thread(lambda: schema_of(self.plans[0].query))  # imports what it needs
        try:
            await self._open(parts)
            error = await self._fetch_and_write()
        except asyncio.CancelledError:
            self.threads.hurry()
            raise
        finally:
            await shown(self.threads.finish(self.store.unlock), self.redaction, self.store.name)
        if error is not None:
            raise error
        progress = self._progress
        return Saved(
            folder=data_folder(self.store.name),
            total=progress.total,
            skipped=progress.skipped,
            done=progress.done,
            filling=progress.filling,
            not_begun=progress.not_begun,
            refreshed=progress.refreshed,
            failed=tuple(self._failed),
            rows=progress.rows,
            bytes=progress.bytes,
            odd_lags=progress.odd_lags,
            stopped=progress.left > 0,
        )

    async def _open(self, parts: list[tuple[Transport, Plan]]) -> None:
        """Read the dataset, and choose the tasks of each client."""
        sharing, now = await self._claiming.begin(partial(make_header, self.plans, self.file_format))
        index, period = sharing.index, sharing.journal.header.period
        counts = TaskCounts()
        shares, unreachable = self._divide_filling(parts, index)
        for client, plans, filling in shares:
            choose = partial(choose_tasks, plans, index, filling, now=now)
            count = await self._in_thread(partial(count_tasks, choose, period))
            counts.add(count)
            self._claiming.sources.append(Source(client=client, tasks=iter(choose()), left=count.by_period.total()))
        self._writer = DatasetWriter(
            store=self.store,
            sharing=sharing,
            exclusively=self._claiming.exclusively,
            query=self.plans[0].query,
            memory=self.memory,
            fresh_rows=self.fresh_rows,
            left=counts.by_period,
            in_thread=self._in_thread,
            sleep=self.fetcher.sleep,
            on_written=self._count,
            on_files=lambda files: self._report(bytes=sum(each.bytes for each in files)),
        )
        self._progress = SaveProgress(total=counts.total + unreachable)
        self._report(skipped=counts.skipped, not_begun=counts.not_begun, filling=unreachable)

    def _report_portion(self, portion: Portion) -> None:
        """Report what became of tasks that others had."""
        changes = {"total": portion.added, "skipped": portion.skipped, "filling": portion.filling}
        if any(changes.values()):
            self._report(**changes)

    def _divide_filling(
        self, parts: list[tuple[Transport, Plan]], index: DatasetIndex
    ) -> tuple[list[tuple[Transport, Sequence[Plan], list[str]]], int]:
        """Each client, its parts of the plans, and zones whose filling windows it asks for; how many have no client."""
        filling = Counter(zone_id for zone_id, _ in index.filling())
        if self.writer is not None:  # another one has the clients of other zones
            zones = {zone_id.lower() for plan in self.plans for zone_id in plan.zones}
            filling = Counter({zone_id: count for zone_id, count in filling.items() if zone_id in zones})
        if not isinstance(self.client, Mapping):
            return [(self.client, self.plans, [*filling])], 0
        shares: dict[int, tuple[Transport, list[Plan], list[str]]] = {}
        for client, plan in parts:
            shares.setdefault(id(client), (client, [], []))[1].append(plan)
        clients = in_lower_case(self.client)
        for zone_id in [*filling]:
            its_client = clients.get(zone_id)
            if its_client is not None:
                shares.setdefault(id(its_client), (its_client, [], []))[2].append(zone_id)
                del filling[zone_id]
        return [*shares.values()], filling.total()

    def _start_tasks(self, chosen: Iterable[RunTask]) -> Iterator[Task]:
        for each in chosen:
            if self.stop is not None and self.stop.is_set():
                return
            zone_id, window = each.task.zone_id, each.task.window
            clipped = clip(self.plans[0].query, window, int(self.clock() // 1))
            task = each.task if clipped == window else Task(zone_id=zone_id, window=clipped)
            self._started[task] = StartedTask(
                zone_id=zone_id, window=window, is_clipped=clipped != window, is_refresh=each.is_refresh
            )
            yield task

    async def _fetch_and_write(self) -> SpectrumError | None:
        """Do all the work; gives the error that ended it, with ``fail_fast``."""
        pool = WorkerPool(self.fetcher, [], fail_fast=False, is_fed=True)
        error: SpectrumError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew_lock())
                await self._writer.merge_all()
                writing = group.create_task(self._writer.write())
                feeding = group.create_task(self._feed_all(pool))
                while error is None and (outcome := await pool.take()) is not None:
                    error = await self._take(outcome)
                    del outcome  # a report that is packed needs its memory no longer
                self._claiming.is_ended = True
                await pool.aclose()
                await feeding
                self._writer.close()
                await writing
                await self._claiming.end()
                renewing.cancel()
        except BaseException as group_error:  # its first error is raised again; what has finished is kept
            failure = _first_of(group_error)
            if isinstance(failure, asyncio.CancelledError):
                self.threads.hurry()
            await pool.aclose()
            if not isinstance(failure, SaveError):
                with contextlib.suppress(SaveError):
                    await self._writer.rescue()
        else:
            return error
        raise failure  # out here, as it would hold on to the group, whose frames have secrets

    async def _feed_all(self, pool: WorkerPool) -> None:
        """Give each client its tasks, whatever the others do."""
        async with asyncio.TaskGroup() as group:
            for source in self._claiming.sources:
                group.create_task(self._feed(pool, source))
        pool.end()

    async def _feed(self, pool: WorkerPool, source: Source) -> None:
        while tasks := await self._claiming.next_portion(source):
            workers = min(self.concurrency, len(tasks))
            await pool.work(Queue(client=source.client, tasks=self._start_tasks(tasks), workers=workers))
            await self._writer.drain()

    async def _renew_lock(self) -> None:
        while self.store.renew_every is not None:
            await self.fetcher.sleep(self.store.renew_every)
            await self._in_thread(self.store.renew_lock)

    async def _take(self, outcome: Outcome) -> SpectrumError | None:
        """Keep an outcome; gives its error with ``fail_fast``."""
        started = self._started[outcome.task]
        if outcome.error is not None:
            started.fail(outcome.window, outcome.error)
        elif started.failure is None:
            report = outcome.unwrap()
            try:
                packed = pack_report(self.plans[0].query, outcome.window, report)
            except TableError as problem:
                started.fail(started.window, problem)
            else:
                part = Part(zone_id=started.zone_id.lower(), window=started.window, report=packed)
                started.add(part, asked=outcome.asked, data_lag=report.data_lag)
        if not outcome.is_last:
            self._report(splits=1)
            return None
        del self._started[outcome.task]
        since = to_seconds(started.window.since)
        if started.failure is None:
            await self._writer.add(started.finish(self.settle_after), since)
            return None
        window, error = started.failure
        name, message = type(error).__name__, str(error).encode(errors="replace").decode()
        failed = Failed(
            zone_id=started.zone_id.lower(),
            since=to_seconds(window.since),
            until=to_seconds(window.until),
            error=name,
            message=message,
            at=int(self.clock() // 1),
        )
        self._failed.append(SaveFailure(zone_id=started.zone_id, window=window, error=f"{name}: {error}"))
        await self._writer.add(failed, since)
        return error if self.fail_fast else None

    def _count(self, written: Collected) -> None:
        filling = sum(each.window.filling for each in written.windows)
        odd_lags = sum(each.odd_lags for each in written.windows)
        if odd_lags and not self._progress.odd_lags:
            _LOGGER.warning("%s: data_lag of some reports cannot be, and is taken for 0 s or a day", self.store.name)
        self._report(
            done=len(written.windows) - filling,
            filling=filling,
            failed=len(written.failures),
            refreshed=sum(each.is_refresh for each in written.windows),
            rows=sum(each.window.rows for each in written.windows if self.fresh_rows or not each.window.filling),
            odd_lags=odd_lags,
        )

    def _report(self, **more: int) -> None:
        changes = {name: getattr(self._progress, name) + count for name, count in more.items()}
        self._progress = attrs.evolve(self._progress, **changes)
        if self.on_progress is not None:
            refuse_coroutine("on_progress", self.on_progress(self._progress))

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await run_in_thread(self.threads, call, self.redaction, self.store.name)


def make_header(plans: Sequence[Plan], file_format: FileFormat, now: float) -> Header:
    """Say what a run saves.

    Args:
        plans: The plans, the one with the earliest start first.
        file_format: Format of the files.
        now: The time, in seconds since 1970.

    Returns:
        The header of its journals.
    """
    zones = [zone_id for plan in plans for zone_id in plan.zones]
    return Header(
        file_format=file_format,
        period="day" if len(zones) >= _MANY_ZONES else "month",
        plan=msgspec.json.decode(attrs.evolve(plans[0], zones=zones).to_json()),
        started=int(now // 1),
    )


def _first_of(failure: BaseException) -> BaseException:
    """The first error of nested groups."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
