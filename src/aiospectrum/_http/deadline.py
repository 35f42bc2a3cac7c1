"""The two limits of a call in time: its deadline, and the read timeout of each attempt."""

import asyncio
import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from types import TracebackType
from typing import Final, Self

import msgspec

from aiospectrum.errors import ClientStateError

__all__ = ["Deadline", "DeadlineTimer"]

_FEW: Final = 64
"""Of entries without use that the heap may hold before they are thrown out."""


class DeadlineTimer:
    """One timer for the deadlines of all calls of a client; it belongs to one event loop.

    ``asyncio.timeout`` sets a timer for each call, and aiohttp one for each piece of a response, which would cost more
    than all else that is done for a small call here. aiohttp's ``sock_read`` also restarts with every byte of a
    header, and does not cover the wait for a connection.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start with no deadlines."""
        self.time: Callable[[], float] = loop.time
        """The loop's clock, in seconds."""
        self.new: dict[Deadline, None] = {}
        """The deadlines of calls that have begun since the last check, in the order of the calls."""
        self.checked: dict[Deadline, None] = {}
        """Those that have been checked, and go on."""
        self.due: float = math.inf
        """When they are checked next, in seconds of the loop's clock; infinity for never."""
        self._heap: list[tuple[float, int, Deadline]] = []
        """When each of ``checked`` is checked again, and some that have ended; most calls never get here."""
        self._checks = 0
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def set(self, when: float) -> None:
        """Check the deadlines at some time of the loop's clock, and from then on as often as they say."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.due = when
        if when < math.inf:
            self._timer = self._loop.call_at(when, self._check)

    def close(self) -> None:
        """End all calls that are under way, and leave no timer behind."""
        self.set(math.inf)
        for deadline in (*self.checked, *self.new):
            deadline.leave()

    def _check(self) -> None:
        """Check those that are new or due, and no others."""
        now, heap, checked = self.time(), self._heap, self.checked
        due: list[Deadline] = []
        while heap and (heap[0][2] not in checked or heap[0][0] <= now):
            deadline = heappop(heap)[2]
            if deadline in checked:
                due.append(deadline)
        due.extend(self.new)
        checked.update(self.new)
        self.new.clear()
        for deadline in due:
            when = deadline.check(now)
            if when < math.inf:
                self._checks += 1
                heappush(heap, (when, self._checks, deadline))
        if len(heap) > 2 * len(checked) + _FEW:
            heap[:] = [entry for entry in heap if entry[2] in checked]
            heapify(heap)
        self.set(heap[0][0] if heap else math.inf)


class Deadline(msgspec.Struct, eq=False, weakref=False):
    """Ends a call that takes too long, and an attempt to which no data comes for too long.

    It is entered by ``with`` around a whole call. Like :func:`asyncio.timeout` it cancels the task and makes a
    TimeoutError of that at the end of the block, and lets every other cancellation pass.
    """

    timer: DeadlineTimer
    """Checks it."""

    total: float | None
    """Seconds for the call, more than 0; None for no limit."""

    read: float | None
    """Seconds that an attempt may wait for data, more than 0; None for no limit."""

    latest: float = math.inf
    """The deadline, in seconds of the event loop's clock; infinity for none."""

    has_passed: bool = False
    """Whether the call was ended by its deadline."""

    is_left: bool = False
    """Whether the call was ended because its client was left."""

    waiting_since: float | None = None
    """When the wait for the next data began; None while no data is expected."""

    is_read_timeout: bool = False
    """Whether the task has been cancelled for the read timeout, and that has not been taken back."""

    task: asyncio.Task[object] | None = None
    """The task of the call."""

    cancelling: int = 0
    """How often the task had been cancelled before the call."""

    def __enter__(self) -> Self:
        """Start the clock of the call.

        Raises:
            ClientStateError: No task is running.
        """
        task = asyncio.current_task()
        if task is None:
            raise ClientStateError("a call is awaited inside a task, such as asyncio.create_task() makes")
        self.task = task
        self.cancelling = task.cancelling()
        now = self.timer.time()
        when = math.inf if self.read is None else now + self.read
        if self.total is not None:
            self.latest = now + self.total
            when = min(when, self.latest)
        self.timer.new[self] = None
        if when < self.timer.due:
            self.timer.set(when)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the clock.

        Raises:
            TimeoutError: The deadline has ended the call, or its client was left.
        """
        if self.timer.new.pop(self, self) is not None:
            self.timer.checked.pop(self, None)
        if (self.has_passed or self.is_left) and self._uncancel() and exc_type is asyncio.CancelledError:
            raise TimeoutError from exc

    def leave(self) -> None:
        """End the call now, unless its deadline has passed."""
        if not self.has_passed and not self.is_left:
            self.is_left = True
            self._cancel()

    def passes_within(self, seconds: float) -> bool:
        """Whether a wait of some seconds from now on would end after the deadline."""
        return self.timer.time() + seconds > self.latest

    def on_data(self) -> None:
        """Restart the read timeout: an attempt begins, or a part of its response has come."""
        self.waiting_since = self.timer.time()

    def stop_reading(self) -> None:
        """Expect no more data."""
        self.waiting_since = None
        if self.is_read_timeout:  # where the cancellation was made another error
            self.take_back_read_timeout()

    def take_back_read_timeout(self) -> bool:
        """Take back the cancellation that has just been caught, if it is due to the read timeout.

        False when the task is cancelled for another reason too; then the cancellation is to be raised again.
        """
        if not self.is_read_timeout:
            return False
        self.is_read_timeout = False
        return self._uncancel()

    def check(self, now: float) -> float:
        """End what has taken too long by now, and say when to check again; infinity for never."""
        if self.is_left:
            return math.inf
        if now >= self.latest:
            self.has_passed = True
            self._cancel()
            return math.inf
        if self.read is None:
            return self.latest
        since = now if self.waiting_since is None else self.waiting_since
        if now >= since + self.read:  # also of no wait, where the clock does not tell so short a time
            if self.waiting_since is not None and not self.is_read_timeout:
                self.is_read_timeout = True
                self._cancel()
            since = now
        return min(since + self.read, self.latest)

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def _uncancel(self) -> bool:
        """Take one cancellation back; whether none is left that came during the call."""
        return self.task is not None and self.task.uncancel() <= self.cancelling
