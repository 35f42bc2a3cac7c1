"""What goes over the wire in a pull, counted from the hook of attempts; the clock is passed in."""

from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from aiospectrum._http.limiter import Window
from aiospectrum.hooks import AttemptEnded, AttemptStarted
from aiospectrum.policies import RateLimit

__all__ = ["Meter", "Reading", "least_seconds"]

_RECENT: Final = 10.0
"""Seconds over which the rate of requests is measured."""

_SHORTEST_BLOCK: Final = 1.0
"""Seconds; when the limit is used up to the brim, requests go out one by one with short waits between them."""


@attrs.frozen(kw_only=True)
class Reading:
    """What a meter shows at one moment."""

    requests: int = 0
    """Requests sent, repeated ones included."""

    retries: int = 0
    """Requests among those that repeated an earlier one of the same call."""

    received: int = 0
    """Bytes of all answers, decompressed."""

    rate: float = 0.0
    """Requests answered per second in the last ten seconds."""

    pauses: int = 0
    """How often all requests have been paused after a 429."""

    pause_left: float = 0.0
    """Seconds that such a pause goes on for, 0 when there is none."""

    full_for: float = 0.0
    """Seconds until our own limit, or what the API says of its own, lets another request out; 0 for less than one."""

    elapsed: float = 0.0
    """Seconds since the beginning."""

    working: float = 0.0
    """Seconds among those in which requests could go out."""

    @property
    def blocked(self) -> float:
        """Seconds until requests go out again, 0 when they do now."""
        return max(self.pause_left, self.full_for)


class Meter:
    """Counts attempts; :meth:`on_attempt` is the hook of a client."""

    def __init__(self, limit: RateLimit | None, *, clock: Callable[[], float]) -> None:
        """Begin at nothing.

        Args:
            limit: The limit that the client keeps to, None for none.
            clock: Gives the time in seconds.
        """
        self._clock = clock
        self._limit = limit
        self._window = None if limit is None else Window(limit.requests, limit.per_seconds)
        self._began = self._last_reading = clock()
        self._answers: deque[float] = deque()
        self._reading = Reading()

    def on_attempt(self, started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        """Count an attempt that begins.

        Args:
            started: What is told of it.

        Returns:
            Counts its end.
        """
        before = self._reading
        self._reading = attrs.evolve(
            before, requests=before.requests + 1, retries=before.retries + (started.attempt > 1)
        )
        if self._window is not None:
            self._window.record(self._clock())
        return self._on_end

    def read(self, *, pause_left: float = 0.0, told_left: float = 0.0) -> Reading:
        """Tell what there is to show.

        Args:
            pause_left: Seconds that the limiter's pause after a 429 goes on for.
            told_left: Seconds for which the API has said that no requests are left.

        Returns:
            All of it at this moment.
        """
        now, before = self._clock(), self._reading
        while self._answers and self._answers[0] <= now - _RECENT:
            self._answers.popleft()
        since_last = now - self._last_reading
        self._last_reading = now
        full_for = max(told_left, self._wait(now, 0))
        self._reading = attrs.evolve(
            before,
            rate=len(self._answers) / max(1.0, min(_RECENT, now - self._began)),
            pauses=before.pauses + (pause_left > 0 and before.pause_left == 0),
            pause_left=pause_left,
            full_for=full_for if full_for >= _SHORTEST_BLOCK else 0.0,
            elapsed=now - self._began,
            working=before.working + (0 if before.blocked else since_last),
        )
        return self._reading

    def time_for(self, requests: int, pace: float) -> float:
        """Estimate how long more requests take: at some pace, and no faster than the limits allow.

        Args:
            requests: How many, 1 or more.
            pace: Seconds that each takes while requests can go out.

        Returns:
            Seconds.
        """
        free = self._reading.blocked + requests * pace
        if self._limit is None:
            return free
        # The limit lets a request go when the one that many before it is old enough. What has been sent decides over
        # the first ones of those to come, which decide over the next ones.
        rounds = (requests - 1) // self._limit.requests
        first = requests - rounds * self._limit.requests
        held = self._wait(self._clock(), first - 1)
        return max(free, max(held, self._reading.blocked + first * pace) + rounds * self._limit.per_seconds)

    def _wait(self, now: float, ahead: int) -> float:
        return 0.0 if self._window is None else self._window.wait(now, ahead)

    def _on_end(self, ended: AttemptEnded) -> None:
        if not ended.was_cancelled:
            self._answers.append(self._clock())
        self._reading = attrs.evolve(self._reading, received=self._reading.received + ended.body_bytes)


def least_seconds(requests: int, limit: RateLimit) -> float:
    """Work out the least time in which requests can be sent.

    Args:
        requests: How many.
        limit: The limit.

    Returns:
        Seconds from the first request until the last one goes out.
    """
    return Window(limit.requests, limit.per_seconds).wait(0.0, requests - 1) if requests else 0.0
