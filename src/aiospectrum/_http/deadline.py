"""The two limits of a call in time: its deadline, and the read timeout of each attempt."""

import asyncio
import math
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec

from aiospectrum.errors import ClientStateError

__all__ = ["Deadline", "DeadlineTimer"]


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
        self.running: dict[Deadline, None] = {}
        """The deadlines to check; a dict, as they are checked in the order of their calls."""
        self.due: float = math.inf
        """When they are checked next, in seconds of the loop's clock; infinity for never."""
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def set(self, when: float) -> None:
        """Check all deadlines at some time of the loop's clock, and from then on as often as they say."""
        self.close()
        if when < math.inf:
            self._timer = self._loop.call_at(when, self._check)
            self.due = when

    def close(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.due = math.inf

    def _check(self) -> None:
        now = self.time()
        self.set(min((deadline.check(now) for deadline in self.running), default=math.inf))


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
        self.timer.running[self] = None
        if when < self.timer.due:
            self.timer.set(when)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the clock.

        Raises:
            TimeoutError: The deadline has ended the call.
        """
        self.timer.running.pop(self, None)
        if self.has_passed and self._uncancel() and exc_type is asyncio.CancelledError:
            raise TimeoutError from exc

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
        if now >= self.latest:
            if not self.has_passed:
                self.has_passed = True
                self._cancel()
            return math.inf
        if self.read is None:
            return self.latest
        since = now if self.waiting_since is None else self.waiting_since
        if now >= since + self.read:
            if not self.is_read_timeout:
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
