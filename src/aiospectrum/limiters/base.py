"""What all limiters have in common: the queue of a process, deadlines, requests in flight, and a probe after a pause.

Where the window and the pause are kept is what they differ in.
"""

import asyncio
import copy
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import ClassVar, Final, NoReturn, Protocol

from aiospectrum._loop import running_loop
from aiospectrum.checks import refuse
from aiospectrum.errors import ClientStateError, SpectrumError
from aiospectrum.limiters.protocol import TooLateError
from aiospectrum.policies import RateLimit

__all__ = ["BaseLimiter", "Store", "Timer", "check_limit"]

_FEW: Final = 64
"""Of entries without use that a heap may hold before they are thrown out."""

_SAME_PAUSE: Final = 0.001
"""Seconds; a pause that ends no later than so much after ours is the same, read from another clock."""


class Timer(Protocol):
    """What a timer of an event loop can do."""

    def cancel(self) -> None:
        """Do not call any more."""
        ...


class Store(Protocol):
    """Where a window and the pauses of those who share it are kept."""

    def take(self, now: float) -> bool:
        """Count a request that goes out now, if it may; a :class:`SpectrumError` fails all that wait."""
        ...

    def wait(self, now: float, ahead: int = 0) -> float:
        """Seconds until one more request may go out, behind some others; 0 when that shows by itself later."""
        ...

    def pause(self, seconds: float) -> None:
        """Tell the others of a pause that begins now."""
        ...

    def pause_left(self) -> float:
        """Seconds until the end of a pause of somebody else, as far as known."""
        ...

    def give_back(self) -> None:
        """Give back what was reserved, as nobody waits any more."""
        ...


def check_limit(limit: RateLimit | None) -> RateLimit:
    """Check the limit of a limiter; None for the default."""
    if limit is not None and not isinstance(limit, RateLimit):
        refuse("limit", limit, "a RateLimit or None")
    return RateLimit() if limit is None else limit


class BaseLimiter:
    """All of a limiter but its window: first come, first served, and too late at once."""

    _hint: ClassVar = "make one for each"

    def __init__(
        self,
        limit: RateLimit,
        store: Store,
        *,
        clock: Callable[[], float] | None = None,
        call_later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        """Begin with nothing in flight."""
        self.limit: RateLimit = limit
        """The limit."""
        self._clock = clock
        self._call_later = call_later
        self._store = store
        self._in_flight = 0
        # A dict would look at all places of those who have left before it finds the first one.
        self._queue: OrderedDict[asyncio.Future[int], None] = OrderedDict()
        self._by_deadline: list[tuple[float, int, asyncio.Future[int]]] = []
        """A heap of those in the queue that have a deadline, and of some that have left."""
        self._joined = 0
        self._timer: Timer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._permits = 0
        self._permits_before_loop = 0
        self._paused_until = -math.inf
        self._permits_before_pause = 0
        self._needs_probe = False
        self._probe: int | None = None
        self._quota = math.inf
        self._quota_until = -math.inf

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: each of two would let the whole limit through.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a limiter is shared, not copied: give this one to each client, or pickle its limit")

    def __repr__(self) -> str:
        if "_queue" not in vars(self):  # as tools find it in the frames of an argument that was refused
            return f"{type(self).__name__}(not made)"
        state = f"{self.limit}, in_flight={self._in_flight}, queued={len(self._queue)}"
        return f"{type(self).__name__}({state}{self._shown_place()})"

    def _shown_place(self) -> str:
        """Where the limit is kept, for the representation."""
        return ""

    @property
    def in_flight(self) -> int:
        """Permits that are in use."""
        return self._in_flight

    @property
    def queued(self) -> int:
        """Calls that wait for a permit."""
        return len(self._queue)

    def pause_left(self) -> float:
        """Seconds until the end of a pause after a 429; 0 when there is none."""
        return max(0.0, self._paused_until - self._now(), self._store.pause_left())

    def window_wait(self) -> float:
        """Seconds until the window lets another request out, as far as known; 0 when it does now."""
        return self._store.wait(self._now(), 0)

    def quota_wait(self) -> float:
        """Seconds for which the API has said that no requests are left; 0 when it has not."""
        return max(0.0, self._quota_until - self._now()) if self._quota == -math.inf else 0.0

    async def acquire(self, latest: float | None) -> int:
        """Wait for a permit to send one request.

        A wait that time alone does not end, such as for a response that makes room, is not ended by the deadline here:
        cancel it then, as the client does.

        Args:
            latest: The deadline, in seconds of the clock; None for none.

        Returns:
            The permit, which is its number among all of the limiter, counted from 1. Release it whatever happens.

        Raises:
            TooLateError: It would come after the deadline.
            ClientStateError: The limiter is in use on another event loop, or none is running.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = running_loop()  # raises the error that says what is needed
        if loop is not self._loop:
            self._move_to(loop)
        now = loop.time() if self._clock is None else self._clock()
        while self._queue and (last := next(reversed(self._queue))).done():
            self._leave(last)  # cancelled just now, before its task could do so
        if not self._queue:
            permit = self._next_permit(now)
            if permit is not None:
                return permit
        wait = self._wait(now, len(self._queue))
        if latest is not None and now + wait > latest:
            if not self._queue:
                self._store.give_back()
            raise TooLateError(wait)
        future: asyncio.Future[int] = loop.create_future()
        self._join(future, latest)
        try:
            return await future
        except BaseException:  # a cancellation, or the end of a coroutine that nobody awaits any more
            if future.done() and not future.cancelled() and future.exception() is None:
                self.release(future.result(), was_cancelled=True)  # given and cancelled in the same step
            else:
                self._leave(future)
            raise

    def release(self, permit: int, *, was_cancelled: bool) -> None:
        """Return a permit.

        Args:
            permit: What :meth:`acquire` gave.
            was_cancelled: Whether the request was cancelled, after which another one probes; False when it ended in a
                response or a failure.
        """
        if permit <= self._permits_before_loop:
            return  # of an event loop that has died
        self._in_flight -= 1
        if permit == self._probe:
            self._probe = None
            self._needs_probe = self._needs_probe or was_cancelled
        if self._queue:
            self._serve_queue()

    def pause(self, permit: int, seconds: float) -> None:
        """Stop all requests for some time, after a 429.

        The response to a request that was sent before the pause began does not extend it.

        Args:
            permit: That of the request with the 429.
            seconds: How long; never longer than the limit's ``max_wait``.
        """
        self._look_for_pause(self._now())
        if permit <= self._permits_before_pause:
            return
        if not 0 <= seconds <= self.limit.max_wait:  # which is so of nan, too
            seconds = 0.0 if seconds < 0 else self.limit.max_wait
        self._begin_pause(self._now() + seconds)
        self._store.pause(seconds)
        self._serve_queue()

    def update_quota(self, permit: int, left: int, seconds: float) -> None:
        """Update the quota to what the API says of its own limit; it can only slow requests down.

        Args:
            permit: That of the request whose response says so; permits given since then are not counted in it.
            left: Requests that the API says are left.
            seconds: For how long; what is longer than the limit's ``max_wait`` is ignored.
        """
        if not 0 <= seconds <= self.limit.max_wait:
            return
        now = self._now()
        if left == 0:
            until = now + seconds
            self._quota_until = max(self._quota_until, until) if self._quota == -math.inf else until
            self._quota = -math.inf  # which nothing but time lifts
            self._refuse_before(self._quota_until)
            self._serve_queue()
        elif self._quota > -math.inf or now >= self._quota_until:
            self._quota_until = now + seconds
            self._quota = left - (self._permits - permit)

    def _move_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Belong to an event loop, and forget the calls of one that has died; what was sent counts still."""
        with self._lock:
            if self._loop is not None and not self._loop.is_closed():
                raise ClientStateError(f"the {type(self).__name__} is in use on another event loop: {self._hint}")
            self._loop = loop
        self._queue.clear()
        self._by_deadline.clear()
        self._timer = None
        self._in_flight = 0
        self._permits_before_loop = self._permits
        self._needs_probe = self._needs_probe or self._probe is not None
        self._probe = None

    def _next_permit(self, now: float) -> int | None:
        """Grant a permit, if one is available now."""
        has_no_quota = self._quota <= 0 and now < self._quota_until
        if (
            self._in_flight >= self.limit.in_flight
            or self._probe is not None
            or has_no_quota
            or now < self._paused_until
        ):
            return None
        if not self._store.take(now):
            self._look_for_pause(now)
            return None
        self._in_flight += 1
        self._quota -= 1
        self._permits += 1
        if self._needs_probe:  # it goes first after a pause, and all others wait for its response
            self._needs_probe, self._probe = False, self._permits
        return self._permits

    def _begin_pause(self, until: float) -> None:
        """Give no permit until then, and refuse those who cannot wait so long."""
        self._permits_before_pause = self._permits
        self._paused_until = max(self._paused_until, until)
        self._needs_probe = True
        self._refuse_before(self._paused_until)

    def _look_for_pause(self, now: float) -> None:
        """Pause with the others, if one of them has begun a pause."""
        until = now + self._store.pause_left()
        if until > max(now, self._paused_until + _SAME_PAUSE):
            self._begin_pause(until)

    def _wanted(self) -> int:
        """Of those in the queue, how many could go out now as far as the window lets them."""
        now = self._now()
        has_no_quota = self._quota <= 0 and now < self._quota_until
        if self._probe is not None or has_no_quota or now < self._paused_until:
            return 0
        return min(len(self._queue), 1 if self._needs_probe else self.limit.in_flight - self._in_flight)

    def _wait(self, now: float, ahead: int) -> float:
        """Seconds until the next permit but some may be given, as far as time alone decides."""
        quota_wait = self._quota_until - now if self._quota <= ahead else 0.0
        return max(0.0, self._paused_until - now, quota_wait, self._store.wait(now, ahead))

    def _join(self, future: "asyncio.Future[int]", latest: float | None) -> None:
        """Enter the queue."""
        self._queue[future] = None
        if latest is not None and latest < math.inf:
            heap = self._by_deadline
            if len(heap) > 2 * len(self._queue) + _FEW:  # of those who have left; so each is moved a few times at most
                heap[:] = [entry for entry in heap if entry[2] in self._queue]
                heapify(heap)
            self._joined += 1
            heappush(heap, (latest, self._joined, future))
        if len(self._queue) == 1:
            self._serve_queue()

    def _leave(self, future: "asyncio.Future[int]") -> None:
        """Leave the queue, if still in it; the others wait for the same as before."""
        if self._queue.pop(future, future) is None and not self._queue:
            self._stop_timer()
            self._store.give_back()

    def _refuse_before(self, until: float) -> None:
        """Refuse calls whose deadline comes before the end of a wait that has just begun."""
        now, heap = self._now(), self._by_deadline
        while heap and heap[0][0] < until:
            future = heappop(heap)[2]
            if self._queue.pop(future, future) is None and not future.done():
                future.set_exception(TooLateError(until - now))
        if not self._queue:
            self._store.give_back()

    def _refuse_late(self) -> None:
        """Refuse calls that would come too late by what is known now, each by its place in the queue."""
        now, heap = self._now(), self._by_deadline
        while heap and heap[0][2] not in self._queue:
            heappop(heap)
        if not heap or heap[0][0] >= now + self._wait(now, len(self._queue) - 1):
            return
        deadlines, ahead = {future: latest for latest, _, future in heap}, 0
        for future in [each for each in self._queue if not each.done()]:
            wait = self._wait(now, ahead)
            if deadlines.get(future, math.inf) < now + wait:
                del self._queue[future]
                future.set_exception(TooLateError(wait))
            else:
                ahead += 1
        if not self._queue:
            self._store.give_back()

    def _serve_queue(self) -> None:
        """Grant the permits that time allows, and set the timer for the next one."""
        if self._loop is not None and self._loop.is_closed():
            return  # a coroutine of a loop that has died is thrown away
        self._stop_timer()
        while self._queue:
            future = next(iter(self._queue))
            if not future.done():
                now = self._now()
                try:
                    permit = self._next_permit(now)
                except SpectrumError as error:
                    self._fail(error)
                    return
                if permit is None:
                    wait = self._wait(now, 0) if self._queue else 0.0  # a pause of others may have emptied it
                    if wait > 0:
                        self._refuse_before(now + wait)  # others may have been faster since a deadline was compared
                    if wait > 0 and self._queue:
                        self._timer = self._later(wait)
                    return
                future.set_result(permit)
            del self._queue[future]
        self._store.give_back()

    def _fail(self, error: SpectrumError) -> None:
        """Fail all calls in the queue, each with an error of its own."""
        while self._queue:
            future, _ = self._queue.popitem(last=False)
            if not future.done():
                future.set_exception(copy.copy(error))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _now(self) -> float:
        return self._its_loop().time() if self._clock is None else self._clock()

    def _later(self, seconds: float) -> Timer:
        call_later = self._its_loop().call_later if self._call_later is None else self._call_later
        return call_later(seconds, self._serve_queue)

    def _its_loop(self) -> asyncio.AbstractEventLoop:
        return running_loop() if self._loop is None else self._loop
