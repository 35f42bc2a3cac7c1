"""All tasks of a plan carried out, and their outcomes one after another."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Generic, NoReturn, Self, TypeVar

import attrs

from aiospectrum._http.config import check_callable, check_class, check_count, check_sleep, refuse_coroutine
from aiospectrum.bulk.columns import import_libraries
from aiospectrum.bulk.fetch import Fetcher, Outcome
from aiospectrum.bulk.plan import MAX_TASKS, Plan, Task, check_task_count
from aiospectrum.bulk.tables import TableOutcome, to_table_outcome
from aiospectrum.bulk.workers import Queue, WorkerPool, divide
from aiospectrum.bulk.zones import Clients
from aiospectrum.checks import Flag
from aiospectrum.errors import ClientStateError

__all__ = ["Progress", "Pull", "pull", "pull_tables"]

Given = TypeVar("Given", Outcome, TableOutcome)
"""What a pull gives."""


@attrs.frozen(kw_only=True)
class Progress:
    """How far a pull has come, by the outcomes that its caller has been given."""

    total: int
    """Tasks of the plan."""

    done: int = 0
    """Tasks that have had all their outcomes, with failed ones."""

    failed: int = 0
    """Tasks among those with an error for the whole window or a part of it."""

    splits: int = 0
    """How often a window was cut in two because its report had been truncated."""

    rows: int = 0
    """Rows of all reports."""


def pull(
    client: Clients,
    plan: Plan,
    *,
    concurrency: int = 16,
    fail_fast: bool = False,
    max_tasks: int = MAX_TASKS,
    on_progress: Callable[[Progress], object] | None = None,
    rate_limit_timeout: float | None = 3600.0,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> "Pull[Outcome]":
    """Carry out all tasks of a plan.

    Nothing is sent before the pull is entered or its first outcome is awaited. Every task has one outcome, or several
    when its report was truncated and its window was therefore split; a task that fails takes no other one with it.

    Args:
        client: An open client; or a mapping of zone ids to clients, for zones with tokens of their own, where a client
            that waits for its rate limit holds up no other one.
        plan: What to fetch.
        concurrency: Maximum number of calls of each client at once, 1 or more. No more reports than that are held in
            memory: a worker waits until its report is taken before it makes the next call.
        fail_fast: Whether the first error is raised, in place of outcomes that are left, after all work has ended.
        max_tasks: Tasks of the plan beyond which it is refused, 1 or more.
        on_progress: Called with each outcome, before it is given.
        rate_limit_timeout: Seconds that a window may wait for the rate limit in total, 0 or more, before that is an
            error; None for no limit. It comes on top of the client's timeout, which fails a call whose permit is
            further away.
        sleep: Waits a number of seconds.

    Returns:
        The pull, to be used in ``async for``.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    pool = _make_pool(client, plan, concurrency, rate_limit_timeout, sleep, fail_fast=fail_fast, max_tasks=max_tasks)
    return Pull(pool, len(plan), check_callable("on_progress", on_progress, arguments=1), lambda outcome: outcome)


def pull_tables(
    client: Clients,
    plan: Plan,
    *,
    concurrency: int = 16,
    fail_fast: bool = False,
    max_tasks: int = MAX_TASKS,
    on_progress: Callable[[Progress], object] | None = None,
    rate_limit_timeout: float | None = 3600.0,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> "Pull[TableOutcome]":
    """Carry out all tasks of a plan like :func:`pull`, and make an Arrow table of each report.

    All tables of a plan have the columns of a dataset, of the same types: ``zone_id``, ``date``, ``window_since``,
    ``window_until`` (excluded), ``interval_start``, ``interval_end``, dimensions and metrics in the order of the query.
    Text is plain text, so that ``pyarrow.concat_tables``, joins and group-bys over several tables work.

    Args:
        client: An open client, or a mapping of zone ids to clients.
        plan: What to fetch.
        concurrency: Maximum number of calls of each client at once, 1 or more.
        fail_fast: Whether the first error is raised, in place of outcomes that are left, after all work has ended.
        max_tasks: Tasks of the plan beyond which it is refused, 1 or more.
        on_progress: Called with each outcome, before it is given.
        rate_limit_timeout: Seconds that a window may wait for the rate limit in total, 0 or more, before that is an
            error; None for no limit.
        sleep: Waits a number of seconds.

    Returns:
        The pull, to be used in ``async for``. A report that cannot be made into a table is an error of its outcome.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: pyarrow or numpy is not installed; the message says how to install it.
    """
    pool = _make_pool(
        client, plan, concurrency, rate_limit_timeout, sleep, fail_fast=fail_fast, max_tasks=max_tasks, columns=True
    )
    check_callable("on_progress", on_progress, arguments=1)
    import_libraries()
    return Pull(pool, len(plan), on_progress, partial(to_table_outcome, plan.query, fail_fast=fail_fast))


def _make_pool(
    client: Clients,
    plan: Plan,
    concurrency: int,
    rate_limit_timeout: float | None,
    sleep: Callable[[float], Awaitable[object]],
    *,
    fail_fast: bool,
    max_tasks: int,
    columns: bool = False,
) -> WorkerPool:
    check_class("plan", plan, Plan)
    check_task_count((plan,), max_tasks)
    concurrency = check_count("concurrency", concurrency)
    sleep = check_sleep(sleep)
    Flag().check("fail_fast", fail_fast)
    fetcher = Fetcher(query=plan.query, rate_limit_timeout=rate_limit_timeout, sleep=sleep, columns=columns)
    queues = [Queue(client=one, tasks=part, workers=min(concurrency, len(part))) for one, part in divide(client, plan)]
    return WorkerPool(fetcher, queues, fail_fast=fail_fast)


class Pull(Generic[Given]):
    """The outcomes of a plan, as they come; made by :func:`pull` and :func:`pull_tables`.

    ::

        async with bulk.pull(client, plan) as outcomes:
            async for outcome in outcomes:
                ...

    However that block is left, all calls have ended then. Without it, in ``async for outcome in pull(…)``,
    they have too when all outcomes have come, when there is an error, and when the waiting for an outcome is cancelled.
    When the loop's own body leaves it, by ``break`` or an error, all calls are cancelled in the moment in which nothing
    refers to the pull any more, and end in the next iterations of the event loop. In CPython that moment is when the
    loop is left, unless the pull has a name; elsewhere it is up to the garbage collector.
    """

    def __init__(
        self,
        pool: WorkerPool,
        total: int,
        on_progress: Callable[[Progress], object] | None,
        give: Callable[[Outcome], Given],
    ) -> None:
        """Keep the settings; nothing is started yet.

        Args:
            pool: Carries the plan out.
            total: Tasks of the plan.
            on_progress: Called with each outcome; None for nothing.
            give: Makes what is given of an outcome.
        """
        self._pool = pool
        self._progress = Progress(total=total)
        self._failed: set[Task] = set()
        self._on_progress = on_progress
        self._give: Callable[[Outcome], Given] = give
        self._is_complete = False
        self._is_closed = False

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a pull is under way in one place: pickle its plan, and pull that elsewhere")

    @property
    def progress(self) -> Progress:
        """How far it has come with the outcomes that were given."""
        return self._progress

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Given:
        """Wait for the next outcome.

        Raises:
            InvalidArgumentError: The client does not take an argument.
            ClientStateError: The client is not open, or not on this event loop, or was left; or the pull was started on
                another one, or ended before all its outcomes had come.
            SpectrumError: The first error, with ``fail_fast``.
        """
        if self._is_complete:
            raise StopAsyncIteration
        self._start()
        try:
            outcome = await self._pool.take()
            given = None if outcome is None else self._give(outcome)
            if outcome is not None and given is not None:
                self._count(given, 0 if outcome.report is None else len(outcome.report.data))
                if self._on_progress is not None:
                    refuse_coroutine("on_progress", self._on_progress(self._progress))
        except BaseException:  # a cancellation ends all work as an error does, and propagates
            await self.aclose()
            raise
        if given is None:
            self._refuse_if_closed()  # by another task, while this one waited
            self._is_complete = True
            raise StopAsyncIteration
        return given

    async def aclose(self) -> None:
        """End all work, and wait until it has ended; outcomes that have not been given are lost.

        Raises:
            ClientStateError: It was started on another event loop, which has not been closed.
        """
        if not self._pool.has_died:
            self._pool.check_loop()
        self._is_closed = True
        await self._pool.aclose()

    async def __aenter__(self) -> Self:
        """Start.

        Raises:
            ClientStateError: The pull has ended already, or was started on another event loop.
        """
        self._start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all work, and wait until it has ended."""
        await self.aclose()

    def __del__(self) -> None:
        self._pool.stop_from_any_thread()

    def _start(self) -> None:
        self._refuse_if_closed()
        self._pool.start()

    def _count(self, outcome: Given, rows: int) -> None:
        """Count an outcome; only failed tasks that have parts left are remembered."""
        before, is_last = self._progress, outcome.is_last
        if not outcome.ok:
            self._failed.add(outcome.task)
        self._progress = attrs.evolve(
            before,
            done=before.done + is_last,
            failed=before.failed + (is_last and outcome.task in self._failed),
            splits=before.splits + (not is_last),  # n parts of a window are n - 1 cuts
            rows=before.rows + rows,
        )
        if is_last:
            self._failed.discard(outcome.task)

    def _refuse_if_closed(self) -> None:
        if self._is_closed and not self._is_complete:
            raise ClientStateError("the pull was ended before all its outcomes had come: make a new one")
