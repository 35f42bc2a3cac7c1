"""How far a pull has come: requests counted, the rest of the time estimated, and both shown; the clock is passed in."""

from collections import deque
from collections.abc import Callable
from typing import Final

import attrs
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from aiospectrum.cli.formatting import counted, human_clock, human_size
from aiospectrum.hooks import AttemptEnded, AttemptStarted
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.limiters.window import Window
from aiospectrum.policies import RateLimit

__all__ = ["Meter", "PullView", "Reading", "least_seconds", "progress_bar", "pull_lines", "pull_screen"]

_RECENT: Final = 10.0
"""Seconds over which the rate of requests is measured."""

_SHORTEST_BLOCK: Final = 1.0
"""Seconds; when the limit is used up to the brim, requests go out one by one with short waits between them."""


@attrs.frozen(kw_only=True)
class Reading:
    """What a meter shows at one moment."""

    requests: int = 0
    """Requests sent, retries included."""

    retries: int = 0
    """Requests among those that repeated an earlier one of the same call."""

    received: int = 0
    """Bytes of all response bodies, decompressed."""

    rate: float = 0.0
    """Responses per second in the last ten seconds."""

    pauses: int = 0
    """How often all requests have been paused after a 429."""

    pause_left: float = 0.0
    """Seconds until such a pause ends, 0 when there is none."""

    full_for: float = 0.0
    """Seconds until our own limit, or the API's quota, lets another request out; 0 for less than one."""

    elapsed: float = 0.0
    """Seconds since the start."""

    working: float = 0.0
    """Seconds among those in which requests could go out."""

    @property
    def blocked(self) -> float:
        """Seconds until requests go out again, 0 when they do now."""
        return max(self.pause_left, self.full_for)


class Meter:
    """Counts attempts; :meth:`on_attempt` is the hook of a client."""

    def __init__(self, limiter: BaseLimiter | None, *, clock: Callable[[], float]) -> None:
        """Start at nothing.

        Args:
            limiter: The limiter of the client, None for none.
            clock: Returns the time in seconds.
        """
        self._clock = clock
        self._limiter = limiter
        self._window = None if limiter is None else Window(limiter.limit.requests, limiter.limit.per_seconds)
        self._began = self._last_reading = clock()
        self._responses: deque[float] = deque()
        self._reading = Reading()

    def on_attempt(self, started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        """Count an attempt that starts.

        Args:
            started: The attempt.

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

    def read(self) -> Reading:
        """Return all that there is to show at this moment."""
        now, before = self._clock(), self._reading
        while self._responses and self._responses[0] <= now - _RECENT:
            self._responses.popleft()
        since_last = now - self._last_reading
        self._last_reading = now
        pause_left = self._limiter.pause_left() if self._limiter else 0.0
        full_for = self._wait(now, 0)
        if self._limiter is not None:  # others may use the window, too
            full_for = max(full_for, self._limiter.quota_wait(), self._limiter.window_wait())
        self._reading = attrs.evolve(
            before,
            rate=len(self._responses) / max(1.0, min(_RECENT, now - self._began)),
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
        if self._limiter is None:
            return free
        # The limit lets a request go when the one that many before it is old enough. What has been sent decides over
        # the first ones of those to come, which decide over the next ones.
        limit = self._limiter.limit
        rounds = (requests - 1) // limit.requests
        first = requests - rounds * limit.requests
        held = self._wait(self._clock(), first - 1)
        return max(free, max(held, self._reading.blocked + first * pace) + rounds * limit.per_seconds)

    def _wait(self, now: float, ahead: int) -> float:
        return 0.0 if self._window is None else self._window.wait(now, ahead)

    def _on_end(self, ended: AttemptEnded) -> None:
        if not ended.was_cancelled:
            self._responses.append(self._clock())
        self._reading = attrs.evolve(self._reading, received=self._reading.received + ended.body_bytes)


def least_seconds(requests: int, limit: RateLimit) -> float:
    """The minimum seconds, from the first request until the last one is sent, that some requests take under a limit."""
    return Window(limit.requests, limit.per_seconds).wait(0.0, requests - 1) if requests else 0.0


@attrs.frozen(kw_only=True)
class PullView:
    """How far a pull has come."""

    zones: int | None
    """Zones of the plan; None where they are not known."""

    total: int
    """Tasks: windows of all zones."""

    done: int = 0
    """Tasks that are over, those of earlier runs and failed ones included."""

    failed: int = 0
    """Tasks among those that failed."""

    left: float | None = None
    """Seconds that the rest is likely to take; None while nobody can say."""

    stopping: float | None = None
    """Seconds that requests in flight have to end in; None when the pull is not being stopped."""

    reading: Reading = attrs.field(factory=Reading)
    """What went over the wire."""

    is_divided: bool = False
    """Whether other processes make the requests, which nobody counts."""

    @property
    def zones_done(self) -> int:
        """Zones of which all tasks are over; tasks that are left could be of one zone each, so that it may be more."""
        return max(0, (self.zones or 0) - (self.total - self.done))

    @property
    def share(self) -> int:
        """How much is done, in percent, rounded down."""
        return 100 * self.done // self.total if self.total else 100


def pull_screen(view: PullView, *, is_over: bool = False) -> RenderableType:
    """Show a pull on a terminal.

    Args:
        view: How far it has come.
        is_over: Whether this is what stays to be seen.

    Returns:
        What to print: three lines, so that nothing jumps, the last one of which is left out at the end. Where the
        terminal is too narrow for them they are cut off.
    """
    top = Table.grid(expand=True, padding=(0, 2, 0, 0), pad_edge=False)
    top.add_column(no_wrap=True)
    top.add_column(ratio=1, min_width=10)
    for _ in range(2):
        top.add_column(no_wrap=True, justify="right")
    bar = progress_bar(max(1, view.total), view.done if view.total else 1)
    time = "" if view.left is None else f"{human_clock(view.left)} left"
    if is_over:
        time = f"in {human_clock(view.reading.elapsed)}"
    top.add_row(_extent(view), bar, f"{view.share:>3} %", f"{time:>9}")
    lines = [Text("   ".join(_traffic(view)), style="dim", no_wrap=True, overflow="ellipsis")]
    if not is_over:
        lines.append(Text(_state(view), style="bold", no_wrap=True, overflow="ellipsis"))
    return Group(top, *lines)


def progress_bar(total: int, done: int) -> ProgressBar:
    """Make a bar in a colour that is seen on light and dark terminals, also on those with few colours.

    Args:
        total: How much there is to do.
        done: How much is done.

    Returns:
        The bar.
    """
    return ProgressBar(total=total, completed=done, style="dim", complete_style="cyan", finished_style="cyan")


def pull_lines(before: PullView | None, view: PullView, *, is_due: bool) -> list[str]:
    """Choose what to write of a pull to a file.

    Args:
        before: What was shown last, None for nothing.
        view: How far it has come.
        is_due: Whether it is time for a line even if nothing special happens.

    Returns:
        Lines, none most of the time; the rate limit is mentioned when it starts to hold requests up.
    """
    was_blocked = before is not None and before.reading.blocked > 0
    starts_to_wait = view.reading.blocked > 0 and not was_blocked
    if not is_due and not starts_to_wait:
        return []
    left = [f"{human_clock(view.left)} left"] if view.left else []
    line = ", ".join([_extent(view).strip(), *_traffic(view), *left])
    wait = _wait_line(view.reading)
    return [line, wait] if wait else [line]


def _extent(view: PullView) -> str:
    width = len(f"{view.total:,}")
    if view.total == view.zones:
        return f"{view.done:>{width},}/{view.total:,} zones"
    if view.zones is None:
        return f"{view.done:>{width},}/{view.total:,} windows"
    return f"{view.done:>{width},}/{view.total:,} windows, {view.zones_done:,}/{view.zones:,} zones"


def _traffic(view: PullView) -> list[str]:
    reading = view.reading
    if view.is_divided:
        return [f"{view.failed:,} failed"]
    parts = [
        counted(reading.requests, "request"),
        f"{reading.rate:.1f}/s",
        f"{view.failed:,} failed",
        counted(reading.retries, "retry", "retries"),
        f"{human_size(reading.received)} received",
    ]
    if reading.pauses:
        parts.append(counted(reading.pauses, "pause"))
    return parts


def _state(view: PullView) -> str:
    if view.stopping is not None and view.is_divided:
        return f"stopping: {human_clock(view.stopping)} for what is under way; Ctrl-C again to cancel it"
    if view.stopping is not None:
        return f"stopping: {human_clock(view.stopping)} for requests in flight; Ctrl-C again to cancel them"
    return _wait_line(view.reading)


def _wait_line(reading: Reading) -> str:
    if reading.pause_left > 0:
        return f"rate limit: paused by a 429, {human_clock(reading.pause_left)} left"
    if reading.full_for > 0:
        return f"rate limit: used up, {human_clock(reading.full_for)} until the next request"
    return ""
