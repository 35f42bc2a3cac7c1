"""The rate limit: how many requests go out, and a pause of all of them after a 429."""

import asyncio
import math
from array import array
from collections import deque
from collections.abc import Callable
from typing import Protocol, final

from aiospectrum.policies import RateLimit
from aiospectrum.structs import struct

__all__ = ["Admission", "Limiter", "TooLateError", "Window"]

_NEVER = float("-inf")


class TooLateError(Exception):
    """A turn would come after the deadline; the transport makes its own error of it."""

    def __init__(self, wait: float) -> None:
        """Keep the wait.

        Args:
            wait: Seconds after which the turn would have come.
        """
        super().__init__(wait)
        self.wait = wait


class Timer(Protocol):
    """What a timer of an event loop can do."""

    def cancel(self) -> None:
        """Do not call any more."""
        ...


@final
@struct(kw_only=False, weakref_slot=False)
class Admission:
    """Leave to send one request; given back by :meth:`Limiter.release`."""

    number: int
    """Its place among all that the limiter has given, counted from 1."""

    is_probe: bool
    """Whether it goes first after a pause, while all others wait for its answer."""


class Window:
    """The times of the requests in the last stretch: pure, the clock is the caller's."""

    def __init__(self, requests: int, per_seconds: float) -> None:
        """Begin with no requests.

        Args:
            requests: The most requests in any stretch.
            per_seconds: Length of the stretch, in seconds.
        """
        self._requests = requests
        self._per_seconds = per_seconds
        # Floats as objects would stay where the numbers of answers come and go, and scatter those over the memory.
        self._times = array("d")
        self._gone = 0
        """How many of the times, the first ones, count no more."""

    def wait(self, now: float, ahead: int = 0) -> float:
        """Seconds until one more request may go out.

        Args:
            now: The time.
            ahead: Requests that go out before it as soon as they may.

        Returns:
            0 or more.
        """
        self._forget_before(now - self._per_seconds)
        place = len(self._times) - self._gone + ahead - self._requests
        if place < 0:
            return 0.0
        rounds, index = divmod(place, self._requests)
        index += self._gone
        last = self._times[index] if index < len(self._times) else now
        return last + self._per_seconds * (1 + rounds) - now

    def record(self, now: float) -> None:
        """Count a request.

        Args:
            now: When it goes out.
        """
        self._times.append(now)

    def _forget_before(self, time: float) -> None:
        """Count requests up to some time no more; their places are freed when they are half of all."""
        while self._gone < len(self._times) and self._times[self._gone] <= time:
            self._gone += 1
        if self._gone * 2 > len(self._times):
            del self._times[: self._gone]
            self._gone = 0


class Limiter:
    """Keeps requests under a rate limit, and pauses them all after a 429.

    Give one limiter to all clients that use the same token: the limit is the token's. It belongs to one event loop.
    First come, first served; a call whose turn would come after its deadline fails at once.
    """

    def __init__(
        self,
        limit: RateLimit | None = None,
        *,
        clock: Callable[[], float] | None = None,
        call_later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        """Begin with nothing sent.

        Args:
            limit: The limit; None for 1,140 requests per 300 s with 50 in flight.
            clock: Gives the time in seconds; that of the running event loop when None.
            call_later: Calls a function after some seconds; that of the running event loop when None.
        """
        self.limit = RateLimit() if limit is None else limit
        self._clock = clock
        self._call_later = call_later
        self._window = Window(self.limit.requests, self.limit.per_seconds)
        self._in_flight = 0
        self._queue: deque[tuple[asyncio.Future[Admission], float | None]] = deque()
        self._timer: Timer | None = None
        self._admitted = 0
        self._paused_until = _NEVER
        self._admitted_before_pause = 0
        self._needs_probe = False
        self._probe_is_out = False
        self._told_left = math.inf
        self._told_until = _NEVER

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.limit}, in_flight={self._in_flight}, queued={len(self._queue)})"

    @property
    def in_flight(self) -> int:
        """Requests that have been admitted and not given back."""
        return self._in_flight

    @property
    def queued(self) -> int:
        """Calls that wait for their turn."""
        return len(self._queue)

    def pause_left(self) -> float:
        """Seconds that a pause goes on for; 0 when there is none."""
        return max(0.0, self._paused_until - self._now())

    def told_left(self) -> float:
        """Seconds for which the API has said that no requests are left; 0 when it has not."""
        return max(0.0, self._told_until - self._now()) if self._told_left == -math.inf else 0.0

    async def acquire(self, latest: float | None) -> Admission:
        """Wait for leave to send one request.

        Args:
            latest: The deadline, in seconds of the clock; None for none.

        Returns:
            The leave, to be given back whatever happens.

        Raises:
            TooLateError: The turn would come after the deadline.
        """
        now = self._now()
        if not self._queue:
            admission = self._admit(now)
            if admission is not None:
                return admission
        self._refuse_if_late(now, len(self._queue), latest)
        future: asyncio.Future[Admission] = asyncio.get_running_loop().create_future()
        entry = (future, latest)
        self._queue.append(entry)
        self._pump()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.release(future.result(), is_answered=False)  # admitted and cancelled in the same step
            elif entry in self._queue:
                self._queue.remove(entry)
                self._pump()
            raise

    def release(self, admission: Admission, *, is_answered: bool) -> None:
        """Give a leave back.

        Args:
            admission: The leave.
            is_answered: Whether the request ended, in an answer or a failure; False when it was cancelled, after
                which another one probes.
        """
        self._in_flight -= 1
        if admission.is_probe:
            self._probe_is_out = False
            self._needs_probe = self._needs_probe or not is_answered
        if self._queue:
            self._pump()

    def pause(self, admission: Admission, seconds: float) -> None:
        """Stop all requests for some time, after a 429.

        The answer to a request that was sent before the pause began does not extend it.

        Args:
            admission: The leave of the request that was answered so.
            seconds: How long.
        """
        if admission.number <= self._admitted_before_pause:
            return
        self._admitted_before_pause = self._admitted
        self._paused_until = max(self._paused_until, self._now() + seconds)
        self._needs_probe = True
        self._refuse_late_ones()
        self._pump()

    def tell(self, admission: Admission, left: int, seconds: float) -> None:
        """Take what the API says of its own limit; it can only slow requests down.

        Args:
            admission: The leave of the request that was answered so; those given since then are not counted in it.
            left: Requests that the API says are left.
            seconds: For how long.
        """
        now = self._now()
        if left == 0:
            is_in_force = self._told_left == -math.inf and now < self._told_until
            self._told_until = max(self._told_until, now + seconds) if is_in_force else now + seconds
            self._told_left = -math.inf  # which nothing but time lifts
            self._refuse_late_ones()
            self._pump()
        elif self._told_left > -math.inf or now >= self._told_until:
            self._told_until = now + seconds
            self._told_left = left - (self._admitted - admission.number)

    def _admit(self, now: float) -> Admission | None:
        is_told_to_wait = self._told_left <= 0 and now < self._told_until
        if self._in_flight >= self.limit.in_flight or self._probe_is_out or is_told_to_wait or now < self._paused_until:
            return None
        if self._window.wait(now) > 0:
            return None
        is_probe, self._needs_probe = self._needs_probe, False
        self._probe_is_out = is_probe
        self._in_flight += 1
        self._window.record(now)
        self._told_left -= 1
        self._admitted += 1
        return Admission(self._admitted, is_probe)

    def _wait(self, now: float, ahead: int) -> float:
        """Seconds until the next request but some may go out, as far as time alone decides."""
        told = self._told_until - now if self._told_left <= ahead else 0.0
        return max(0.0, self._paused_until - now, told, self._window.wait(now, ahead))

    def _refuse_if_late(self, now: float, ahead: int, latest: float | None) -> None:
        wait = self._wait(now, ahead)
        if latest is not None and now + wait > latest:
            raise TooLateError(wait)

    def _refuse_late_ones(self) -> None:
        """Refuse whom a wait that has just begun would keep until after the deadline."""
        now = self._now()
        queue, self._queue = self._queue, deque()
        for future, latest in queue:
            wait = self._wait(now, len(self._queue))
            if latest is None or now + wait <= latest or future.done():
                self._queue.append((future, latest))
            else:
                future.set_exception(TooLateError(wait))

    def _pump(self) -> None:
        """Admit whom time allows, and set the timer for the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            future, _ = self._queue[0]
            if not future.done():
                now = self._now()
                admission = self._admit(now)
                if admission is None:
                    wait = self._wait(now, 0)
                    if wait > 0:
                        self._timer = self._later(wait)
                    return
                future.set_result(admission)
            self._queue.popleft()

    def _now(self) -> float:
        return asyncio.get_running_loop().time() if self._clock is None else self._clock()

    def _later(self, seconds: float) -> Timer:
        if self._call_later is None:
            return asyncio.get_running_loop().call_later(seconds, self._pump)
        return self._call_later(seconds, self._pump)
