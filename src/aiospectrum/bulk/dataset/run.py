"""One run: the tasks that a dataset lacks are asked for, and each is written when all its reports are there."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import attrs

from aiospectrum.bulk.arguments import Clients
from aiospectrum.bulk.asking import Asker
from aiospectrum.bulk.crew import Crew, Lane, divide
from aiospectrum.bulk.dataset.encoding import Part, encode, prepare
from aiospectrum.bulk.dataset.errors import StorageError
from aiospectrum.bulk.dataset.journal import Journal, make_header, open_dataset
from aiospectrum.bulk.dataset.layout import partition_path
from aiospectrum.bulk.dataset.records import Failed, Partition
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.dataset.stock import Choice, Stock, choose
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.threads import Threads
from aiospectrum.bulk.outcomes import Outcome
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import SpectrumError, TableError
from aiospectrum.transport import Transport

__all__ = ["Job", "Run"]

T = TypeVar("T")

_WRITERS: Final = 4
"""Partitions that are written at once; with more, the disk or the interpreter is what they wait for."""


@attrs.frozen(kw_only=True)
class Job:
    """What is to be saved, and how."""

    client: Clients
    """What to call over."""

    plan: Plan
    """What to ask for."""

    file_format: FileFormat
    """What files to write."""

    concurrency: int
    """The most calls of each client at once."""

    refresh_within: timedelta | None
    """How long ago the windows of partitions ended that are fetched again if they were still filling; None for none."""

    fail_fast: bool
    """Whether the first error ends everything."""

    stop: asyncio.Event | None
    """Once it is set, no task is begun."""

    on_progress: Callable[[SaveProgress], object] | None
    """Called at the beginning and whenever a task has ended."""

    asker: Asker
    """Carries tasks out."""

    clock: Callable[[], float]
    """Gives the time of day in seconds since 1970."""

    @property
    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)


@attrs.define(kw_only=True)
class _Begun:
    """A task that is under way."""

    asked: datetime
    is_refresh: bool
    parts: list[Part] = attrs.Factory(list)
    failure: tuple[Window, SpectrumError] | None = None

    def take(self, outcome: Outcome) -> None:
        """Keep an outcome; no reports any more once there is an error."""
        if outcome.error is not None:
            self.failure = self.failure or (outcome.window, outcome.error)
            self.parts.clear()
        elif self.failure is None:
            self.parts.append((outcome.window, outcome.unwrap()))


class Run:
    """Saves once."""

    def __init__(self, job: Job, store: Store) -> None:
        """Begin nothing yet.

        Args:
            job: What to save.
            store: Where to.
        """
        self._job = job
        self._store = store
        self._begun: dict[Task, _Begun] = {}
        self._failed: list[SaveFailure] = []
        self._progress = SaveProgress(total=len(job.plan))
        self._slots = asyncio.Semaphore(_WRITERS)

    async def carry_out(self, threads: Threads) -> Saved:
        """Save.

        Args:
            threads: What blocking calls are made in.

        Returns:
            What came of it.

        Raises:
            SaveError: The place cannot be saved to, or not any further.
            ImportError: The format needs a package that is not installed.
            InvalidArgumentError: The client does not take an argument.
            ClientStateError: The client is not open, or not on this event loop.
            SpectrumError: The first error, with ``fail_fast``.
        """
        self._threads = threads
        parts = divide(self._job.client, self._job.plan)
        await self._in_thread(lambda: prepare(self._job.file_format))
        try:
            await self._in_thread(self._store.lock)
            header = make_header(self._job.plan, self._job.file_format, self._job.now)
            stock, number = await self._in_thread(lambda: open_dataset(self._store, header))
            choices = [await self._choose(part, stock) for _, part in parts]
            del stock  # which may be large
            self._journal = Journal(self._store, header, number)
            skipped = sum(each.count(Choice.SKIP) for each in choices)
            self._report(skipped=skipped)
            await self._save([self._lane(*part, each) for part, each in zip(parts, choices, strict=True)])
        finally:
            await self._in_thread(self._store.unlock)
        return self._sum_up()

    async def _choose(self, plan: Plan, stock: Stock) -> bytearray:
        now, refresh_within = self._job.now, self._job.refresh_within
        return await self._in_thread(lambda: choose(plan, stock, now=now, refresh_within=refresh_within))

    def _lane(self, client: Transport, plan: Plan, choices: bytearray) -> Lane:
        workers = min(self._job.concurrency, len(choices) - choices.count(Choice.SKIP))
        return Lane(client=client, tasks=self._begin(plan, choices), workers=workers)

    def _begin(self, plan: Plan, choices: bytearray) -> Iterator[Task]:
        """The tasks that are to be carried out, each noted when it is begun."""
        for index, choice in enumerate(choices):
            if choice == Choice.SKIP:
                continue
            if self._job.stop is not None and self._job.stop.is_set():
                return
            task = plan[index]
            self._begun[task] = _Begun(asked=self._job.now, is_refresh=choice == Choice.REFRESH)
            yield task

    async def _save(self, lanes: list[Lane]) -> None:
        crew = Crew(self._job.asker, lanes, fail_fast=False)
        try:
            async with asyncio.TaskGroup() as group:
                beating = group.create_task(self._beat())
                crew.start()
                while (outcome := await crew.take()) is not None:
                    self._begun[outcome.task].take(outcome)
                    if not outcome.is_last:
                        self._report(splits=1)
                        continue
                    await self._slots.acquire()
                    group.create_task(self._end_task(outcome.task))
                    del outcome  # a report that is written needs its memory no longer
                for _ in range(_WRITERS):
                    await self._slots.acquire()
                beating.cancel()
        except ExceptionGroup as group_error:
            failure = group_error.exceptions[0]
        else:
            return
        finally:
            await crew.end()
        raise failure

    async def _beat(self) -> None:
        """Say again and again that the owner of the lock is alive."""
        while self._store.beat_every is not None:
            await self._job.asker.sleep(self._store.beat_every)
            await self._in_thread(self._store.beat)

    async def _end_task(self, task: Task) -> None:
        begun = self._begun.pop(task)
        try:
            if begun.failure is None:
                try:
                    await self._write(task, begun)
                except TableError as error:
                    begun.failure = task.window, error
            if begun.failure is not None:
                await self._fail(task, *begun.failure)
        finally:
            self._slots.release()

    async def _write(self, task: Task, begun: _Begun) -> None:
        partition = await self._in_thread(lambda: self._write_now(task, begun))
        self._report(done=1, refreshed=int(begun.is_refresh), rows=partition.rows, bytes=partition.bytes)

    def _write_now(self, task: Task, begun: _Begun) -> Partition:
        """Write a partition; see :mod:`aiospectrum.bulk.dataset.records` for why in this order."""
        file_format = self._job.file_format
        encoded = encode(file_format, self._job.plan.query, task, begun.parts)
        staged = self._journal.stage(encoded.data)
        partition = Partition(
            zone_id=task.zone_id.lower(),
            since=task.window.since,
            until=task.window.until,
            path=partition_path(task, file_format),
            staged=staged,
            rows=encoded.rows,
            bytes=len(encoded.data),
            data_lag=max(report.data_lag for _, report in begun.parts),
            asked=begun.asked,
            parts=len(begun.parts),
            rounded=encoded.rounded,
        )
        self._journal.add(partition)
        self._store.publish(staged, partition.path)
        return partition

    async def _fail(self, task: Task, window: Window, error: SpectrumError) -> None:
        failed = Failed(
            zone_id=task.zone_id.lower(),
            since=window.since,
            until=window.until,
            path=partition_path(task, self._job.file_format),
            error=type(error).__name__,
            message=str(error),
            at=self._job.now,
        )
        await self._in_thread(lambda: self._journal.add(failed))
        self._failed.append(SaveFailure(zone_id=task.zone_id, window=window, error=f"{failed.error}: {error}"))
        self._report(failed=1)
        if self._job.fail_fast:
            raise error

    def _report(self, **more: int) -> None:
        """Count something, and tell of it."""
        changes = {name: getattr(self._progress, name) + count for name, count in more.items()}
        self._progress = attrs.evolve(self._progress, **changes)
        if self._job.on_progress is not None:
            self._job.on_progress(self._progress)

    def _sum_up(self) -> Saved:
        progress = self._progress
        return Saved(
            total=progress.total,
            skipped=progress.skipped,
            done=progress.done,
            refreshed=progress.refreshed,
            failed=tuple(self._failed),
            rows=progress.rows,
            bytes=progress.bytes,
            stopped=progress.left > 0,
        )

    async def _in_thread(self, call: Callable[[], T]) -> T:
        try:
            return await self._threads.run(call)
        except OSError as error:
            raise StorageError(f"{self._store.name}: {error}") from error
