"""The worker pool of a pull: the asyncio tasks that it owns, and the outcomes that wait to be taken."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import attrs

from aiospectrum._loop import running_loop
from aiospectrum.bulk.fetch import Fetcher, Outcome
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.bulk.windows import Window
from aiospectrum.bulk.zones import Clients, clients_by_zone
from aiospectrum.errors import ClientStateError
from aiospectrum.transport import Transport

__all__ = ["Queue", "WorkerPool", "divide"]


@attrs.frozen(kw_only=True)
class Queue:
    """The tasks of one client, with workers of its own, so that no client waits for another one."""

    client: Transport
    """The client."""

    tasks: Iterable[Task]
    """The tasks; each is taken when a worker is free to start it."""

    workers: int
    """How many tasks are carried out at once, 0 or more."""


def divide(client: Clients, plan: Plan) -> list[tuple[Transport, Plan]]:
    """Divide a plan among clients.

    Args:
        client: One for all zones, or a mapping that has one for each.
        plan: The plan.

    Returns:
        Each client and its part of the plan.

    Raises:
        InvalidArgumentError: It is something else, or a zone has no client.
    """
    parts: dict[int, tuple[Transport, list[str]]] = {}
    for zone_id, one in clients_by_zone(client, plan.zones).items():
        parts.setdefault(id(one), (one, []))[1].append(zone_id)
    return [(one, attrs.evolve(plan, zones=zones)) for one, zones in parts.values()]


class WorkerPool:
    """Workers that carry out tasks, each waiting for its outcome to be taken before it continues.

    That bounds the memory: there are no more reports than workers. The pool does not refer to the pull that it works
    for, so that a pull that nothing else refers to is collected.
    """

    def __init__(self, fetcher: Fetcher, queues: list[Queue], *, fail_fast: bool, is_fed: bool = False) -> None:
        """Keep the settings; nothing is started yet.

        Args:
            fetcher: Fetches windows.
            queues: The clients, and the tasks of each.
            fail_fast: Whether the first error ends everything.
            is_fed: Whether more queues come by :meth:`work`, until :meth:`end`.
        """
        self._is_fed = is_fed
        self._fetcher = fetcher
        self._queues = queues
        self._fail_fast = fail_fast
        self._workers: set[asyncio.Task[None]] = set()
        self._ready: deque[tuple[Outcome, asyncio.Future[None]]] = deque()
        self._wake = asyncio.Event()
        self._failure: BaseException | None = None
        self._is_stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the workers; once more does nothing.

        Raises:
            ClientStateError: They were started on another event loop.
        """
        if self._loop is not None:
            self.check_loop()
            return
        self._loop = running_loop()
        for queue in self._queues:
            self._start_workers(self._loop, queue)

    async def work(self, queue: Queue) -> None:
        """Carry out the tasks of another queue, and wait until all of them have had their outcomes taken.

        Args:
            queue: The tasks, and at least one worker; nothing is done once the pool was stopped.
        """
        if not self._is_stopping:
            self._loop = running_loop()
            await asyncio.wait(self._start_workers(self._loop, queue))

    def end(self) -> None:
        """Say that no more queues come."""
        self._is_fed = False
        self._wake.set()

    def _start_workers(self, loop: asyncio.AbstractEventLoop, queue: Queue) -> list[asyncio.Task[None]]:
        tasks = iter(queue.tasks)
        workers = [loop.create_task(self._work(queue.client, tasks)) for _ in range(queue.workers)]
        for worker in workers:
            worker.add_done_callback(self._on_done)
            self._workers.add(worker)
        return workers

    @property
    def has_died(self) -> bool:
        """Whether the event loop of the workers was closed."""
        return self._loop is not None and self._loop.is_closed()

    def check_loop(self) -> None:
        """Check that the workers, if there are any, are on the running event loop.

        Raises:
            ClientStateError: They are on another one.
        """
        if self._loop is not None and self._loop is not running_loop():
            raise ClientStateError("a pull is for the event loop that it was started on: make one for each")

    async def take(self) -> Outcome | None:
        """Wait for the next outcome.

        Returns:
            The outcome; None when all tasks have had theirs.

        Raises:
            BaseException: What a worker failed with, in place of outcomes that are left.
        """
        while True:
            if self._failure is not None:
                raise self._failure
            if self._ready:
                outcome, taken = self._ready.popleft()
                if not taken.done():
                    taken.set_result(None)
                return outcome
            if not self._workers and not self._is_fed:
                return None
            self._wake.clear()
            await self._wake.wait()

    def stop(self) -> None:
        """Cancel all workers, without waiting for their end, and drop outcomes that have not been taken."""
        self._is_stopping = True
        for worker in self._workers:
            worker.cancel()
        self._ready.clear()

    async def aclose(self) -> None:
        """Cancel all workers and wait until they have ended; those of an event loop that was closed have."""
        if self.has_died:
            return
        self.stop()
        while self._workers:
            await asyncio.wait(self._workers)

    def stop_from_any_thread(self) -> None:
        """Cancel all workers from whatever thread the garbage collector runs on."""
        if not self._workers or self._loop is None or self.has_died:
            return
        if _is_running_here(self._loop):
            self.stop()
        else:
            self._loop.call_soon_threadsafe(self.stop)

    async def _work(self, client: Transport, tasks: Iterator[Task]) -> None:
        for task in tasks:
            windows = [task.window]
            while windows:
                window = windows.pop()
                parts = await self._fetch(client, task, window, is_last=not windows)
                windows.extend(reversed(parts))

    async def _fetch(self, client: Transport, task: Task, window: Window, *, is_last: bool) -> Sequence[Window]:
        """Fetch a window and wait until its outcome is taken; returns the parts to fetch instead, if there are any."""
        result = await self._fetcher.fetch(client, task, window, is_last=is_last)
        if isinstance(result, tuple):
            return result
        if self._fail_fast and result.error is not None:
            raise result.error
        taken = asyncio.get_running_loop().create_future()
        self._ready.append((result, taken))
        del result  # so that its memory is free as soon as the consumer drops it
        self._wake.set()
        await taken
        return ()

    def _on_done(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        failure: BaseException | None = None
        if not worker.cancelled():
            failure = worker.exception()
        elif not self._is_stopping:  # by somebody else: the outcome of its task would be missing unnoticed
            failure = asyncio.CancelledError("a worker of the pull was cancelled")
        if failure is not None and self._failure is None:
            self._failure = failure
            self.stop()
        self._wake.set()


def _is_running_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:  # no loop runs in this thread
        return False
