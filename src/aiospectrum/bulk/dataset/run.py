"""One run: the tasks that a dataset lacks are fetched, and each is written when all its reports are there."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import attrs
import msgspec

from aiospectrum._http.config import refuse_coroutine
from aiospectrum._http.redaction import Redaction, make_redaction
from aiospectrum.bulk.dataset.encoding import Part, encode, import_format
from aiospectrum.bulk.dataset.errors import StorageError
from aiospectrum.bulk.dataset.journal import Journal, open_dataset
from aiospectrum.bulk.dataset.manifest import Failed, Header, Partition, partition_path
from aiospectrum.bulk.dataset.old_index import Action, DatasetIndex, choose_actions
from aiospectrum.bulk.dataset.opening import shown_error
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.dataset.store import Store, run_blocking
from aiospectrum.bulk.fetch import Fetcher, Outcome
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.bulk.windows import Window
from aiospectrum.bulk.workers import Queue, WorkerPool, divide
from aiospectrum.bulk.zones import Clients
from aiospectrum.errors import SpectrumError, TableError
from aiospectrum.transport import Transport

__all__ = ["WRITERS", "Run", "run_in_thread"]

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

WRITERS: Final = 4
"""Partitions that are written at once; with more, the disk or the interpreter is what they wait for."""


@attrs.define(kw_only=True)
class _Started:
    """A task that is under way."""

    at: datetime
    is_refresh: bool
    parts: list[Part] = attrs.Factory(list)
    failure: tuple[Window, SpectrumError] | None = None

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome; no reports any more once there is an error."""
        if outcome.error is not None:
            self.failure = self.failure or (outcome.window, outcome.error)
            self.parts.clear()
        elif self.failure is None:
            self.parts.append((outcome.window, outcome.unwrap()))


@attrs.define(kw_only=True, eq=False)
class Run:
    """A plan, and how it is saved, once."""

    client: Clients
    """What to call over."""

    plan: Plan
    """What to fetch."""

    file_format: FileFormat
    """Format of the files."""

    concurrency: int
    """Maximum number of calls of each client at once."""

    refresh_within: timedelta | None
    """How long ago the windows of partitions ended that are fetched again if they were incomplete; None for none."""

    fail_fast: bool
    """Whether the first error ends everything."""

    stop: asyncio.Event | None
    """Once it is set, no task is started."""

    on_progress: Callable[[SaveProgress], object] | None
    """Called at the start and whenever a task has ended."""

    fetcher: Fetcher
    """Fetches windows."""

    clock: Callable[[], float]
    """Returns the time of day in seconds since 1970."""

    store: Store
    """Where to save."""

    redaction: Redaction = attrs.field(factory=lambda: make_redaction(()))
    """Replaces what is secret of the store."""

    executor: Executor
    """Has a thread for each of :data:`WRITERS`, and one to renew the lock meanwhile."""

    _started: dict[Task, _Started] = attrs.field(factory=dict, init=False)
    _failed: list[SaveFailure] = attrs.field(factory=list, init=False)
    _progress: SaveProgress = attrs.field(init=False)
    _journal: Journal = attrs.field(init=False)
    _write_slots: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(WRITERS), init=False)

    async def save(self) -> Saved:
        """Save.

        Returns:
            The result.

        Raises:
            SaveError: The store cannot be saved to, or not any further.
            ImportError: The format needs a package that is not installed.
            InvalidArgumentError: The client does not take an argument.
            ClientStateError: The client is not open, or not on this event loop.
            SpectrumError: The first error, with ``fail_fast``.
        """
        parts = divide(self.client, self.plan)
        self._progress = SaveProgress(total=len(self.plan))
        await self._in_thread(lambda: import_format(self.file_format))
        try:
            await self._in_thread(self.store.lock)
            header = Header(
                file_format=self.file_format, plan=msgspec.json.decode(self.plan.to_json()), started=self._now()
            )
            index, number = await self._in_thread(lambda: open_dataset(self.store, header))
            actions = [await self._choose_actions(plan, index) for _, plan in parts]
            del index  # which may be large
            self._journal = Journal(self.store, header, number)
            self._report(skipped=sum(each.count(Action.SKIP) for each in actions))
            await self._fetch_and_write(
                [self._queue(client, plan, each) for (client, plan), each in zip(parts, actions, strict=True)]
            )
        finally:
            await self._in_thread(self.store.unlock)
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

    async def _choose_actions(self, plan: Plan, index: DatasetIndex) -> bytearray:
        now = self._now()
        return await self._in_thread(lambda: choose_actions(plan, index, now=now, refresh_within=self.refresh_within))

    def _queue(self, client: Transport, plan: Plan, actions: bytearray) -> Queue:
        workers = min(self.concurrency, len(actions) - actions.count(Action.SKIP))
        return Queue(client=client, tasks=self._start_tasks(plan, actions), workers=workers)

    def _start_tasks(self, plan: Plan, actions: bytearray) -> Iterator[Task]:
        for place, action in enumerate(actions):
            if action == Action.SKIP:
                continue
            if self.stop is not None and self.stop.is_set():
                return
            task = plan[place]
            self._started[task] = _Started(at=self._now(), is_refresh=action == Action.REFRESH)
            yield task

    async def _fetch_and_write(self, queues: list[Queue]) -> None:
        pool = WorkerPool(self.fetcher, queues, fail_fast=False)
        try:
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew_lock())
                pool.start()
                while (outcome := await pool.take()) is not None:
                    self._started[outcome.task].add(outcome)
                    if not outcome.is_last:
                        self._report(splits=1)
                        continue
                    await self._write_slots.acquire()
                    group.create_task(self._finish_task(outcome.task))
                    del outcome  # a report that is written needs its memory no longer
                for _ in range(WRITERS):
                    await self._write_slots.acquire()
                renewing.cancel()
        except ExceptionGroup as group_error:
            failure = group_error.exceptions[0]
        else:
            return
        finally:
            await pool.aclose()
        raise failure

    async def _renew_lock(self) -> None:
        while self.store.renew_every is not None:
            await self.fetcher.sleep(self.store.renew_every)
            await self._in_thread(self.store.renew_lock)

    async def _finish_task(self, task: Task) -> None:
        started = self._started.pop(task)
        try:
            if started.failure is None:
                try:
                    partition = await self._in_thread(lambda: self._write(task, started))
                except TableError as error:
                    started.failure = task.window, error
                else:
                    refreshed = int(started.is_refresh)
                    self._report(done=1, refreshed=refreshed, rows=partition.rows, bytes=partition.bytes)
            if started.failure is not None:
                await self._record_failure(task, *started.failure)
        finally:
            self._write_slots.release()

    def _write(self, task: Task, started: _Started) -> Partition:
        """Write a partition; see :mod:`aiospectrum.bulk.dataset.manifest` for why in this order."""
        encoded = encode(self.file_format, self.plan.query, task, started.parts)
        staged = self._journal.stage(encoded.data)
        partition = Partition(
            zone_id=task.zone_id.lower(),
            since=task.window.since,
            until=task.window.until,
            path=partition_path(task, self.file_format),
            staged=staged,
            rows=encoded.rows,
            bytes=len(encoded.data),
            data_lag=max(report.data_lag for _, report in started.parts),
            started=started.at,
            parts=len(started.parts),
            rounded=encoded.rounded,
        )
        self._journal.add(partition)
        self.store.publish(staged, partition.path)
        return partition

    async def _record_failure(self, task: Task, window: Window, error: SpectrumError) -> None:
        failed = Failed(
            zone_id=task.zone_id.lower(),
            since=window.since,
            until=window.until,
            path=partition_path(task, self.file_format),
            error=type(error).__name__,
            message=str(error),
            at=self._now(),
        )
        await self._in_thread(lambda: self._journal.add(failed))
        self._failed.append(SaveFailure(zone_id=task.zone_id, window=window, error=f"{failed.error}: {error}"))
        self._report(failed=1)
        if self.fail_fast:
            raise error

    def _report(self, **more: int) -> None:
        changes = {name: getattr(self._progress, name) + count for name, count in more.items()}
        self._progress = attrs.evolve(self._progress, **changes)
        if self.on_progress is not None:
            refuse_coroutine("on_progress", self.on_progress(self._progress))

    def _now(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.clock())

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await run_in_thread(self.executor, call, self.redaction, self.store.name)


async def run_in_thread(executor: Executor, call: Callable[[], T], redaction: Redaction, problem: str) -> T:
    """Run what uses a store in a thread.

    Raises:
        StorageError: It failed with an OSError, or with another error that tells a secret.
    """
    try:
        return await run_blocking(executor, call)
    except BaseException as error:  # raised again, unless it is to be shown otherwise
        cause = shown_error(error, redaction)
        if cause is None:
            raise
    # Raised out here, the error does not hold on to another one than its cause.
    raise StorageError(f"{problem}: {redaction.redact(str(cause))}") from cause
