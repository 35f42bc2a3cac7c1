"""How a pull looks while it is under way: pure, everything is in the view that is passed in."""

import attrs
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from aiospectrum.cli.human import counted, human_bytes, human_clock
from aiospectrum.cli.meter import Reading

__all__ = ["PullView", "pull_line", "pull_lines", "pull_screen"]


@attrs.frozen(kw_only=True)
class PullView:
    """How far a pull has come."""

    zones: int
    """Zones of the plan."""

    total: int
    """Tasks of the plan: zones times windows."""

    done: int = 0
    """Tasks that are over, those of earlier runs and failed ones included."""

    failed: int = 0
    """Tasks among those that failed."""

    left: float | None = None
    """Seconds that the rest is likely to take; None while nobody can tell."""

    stopping: float | None = None
    """Seconds that what is in flight has to end in; None when the pull is not being stopped."""

    reading: Reading = attrs.field(factory=Reading)
    """What went over the wire."""

    @property
    def zones_done(self) -> int:
        """Zones of which all tasks are over; tasks that are left could be of one zone each, so that it may be more."""
        return max(0, self.zones - (self.total - self.done))

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
    bar = ProgressBar(total=max(1, view.total), completed=view.done if view.total else 1)
    time = "" if view.left is None else f"{human_clock(view.left)} left"
    if is_over:
        time = f"in {human_clock(view.reading.elapsed)}"
    top.add_row(_extent(view), bar, f"{view.share:>3} %", f"{time:>9}")
    lines = [Text("   ".join(_traffic(view)), style="dim", no_wrap=True, overflow="ellipsis")]
    if not is_over:
        lines.append(Text(_state(view), style="yellow", no_wrap=True, overflow="ellipsis"))
    return Group(top, *lines)


def pull_line(view: PullView) -> str:
    """Describe a pull in one line, for files.

    Args:
        view: How far it has come.

    Returns:
        The line.
    """
    left = [f"{human_clock(view.left)} left"] if view.left else []
    return ", ".join([_extent(view).strip(), *_traffic(view), *left])


def pull_lines(before: PullView | None, view: PullView, *, is_due: bool) -> list[str]:
    """Choose what to write of a pull to a file.

    Args:
        before: What was shown last, None for nothing.
        view: How far it has come.
        is_due: Whether it is time for a line even if nothing special happens.

    Returns:
        Lines, none most of the time; the rate limit is told of when it begins to hold requests up.
    """
    was_blocked = before is not None and before.reading.blocked > 0
    begins_to_wait = view.reading.blocked > 0 and not was_blocked
    if not is_due and not begins_to_wait:
        return []
    wait = _wait(view.reading)
    return [pull_line(view), wait] if wait else [pull_line(view)]


def _extent(view: PullView) -> str:
    width = len(f"{view.total:,}")
    if view.total == view.zones:
        return f"{view.done:>{width},}/{view.total:,} zones"
    return f"{view.done:>{width},}/{view.total:,} windows, {view.zones_done:,}/{view.zones:,} zones"


def _traffic(view: PullView) -> list[str]:
    reading = view.reading
    parts = [
        counted(reading.requests, "request"),
        f"{reading.rate:.1f}/s",
        counted(reading.retries, "retry", "retries"),
        human_bytes(reading.received),
        f"{view.failed:,} failed",
    ]
    if reading.pauses:
        parts.append(counted(reading.pauses, "pause"))
    return parts


def _state(view: PullView) -> str:
    if view.stopping is not None:
        return f"stopping: {human_clock(view.stopping)} for what is in flight; Ctrl-C again to cut it off"
    return _wait(view.reading)


def _wait(reading: Reading) -> str:
    if reading.pause_left > 0:
        return f"rate limit: paused by a 429, {human_clock(reading.pause_left)} left"
    if reading.full_for > 0:
        return f"rate limit: used up, {human_clock(reading.full_for)} until the next request"
    return ""
