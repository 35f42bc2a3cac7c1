"""Which windows are done, and how far one is fetched: pure. Times are seconds since 1970 in UTC."""

from datetime import timedelta
from typing import Final

from aiospectrum.bulk.dataset.periods import to_datetime, to_seconds
from aiospectrum.bulk.dataset.state import LONGEST_LAG
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import STEP, Window, count_windows, window_at
from aiospectrum.checks import Unchecked

__all__ = ["SETTLE_AFTER", "cap_lag", "clip", "is_done"]

SETTLE_AFTER: Final = timedelta(hours=24)
"""How long after its end a window is done whatever its reports say, by default."""


def cap_lag(data_lag: object) -> tuple[float, bool]:
    """Give a ``data_lag`` between 0 seconds and a day, and whether that is another one than the report has."""
    if not isinstance(data_lag, (int, float)) or isinstance(data_lag, bool) or data_lag != data_lag:  # nan
        return LONGEST_LAG, True
    capped = float(min(max(data_lag, 0), LONGEST_LAG))
    return capped, capped != data_lag


def is_done(until: int, *, asked: int, data_lag: float, settle_after: float) -> bool:
    """Whether nothing can be missing of a window.

    Args:
        until: The second after the last one of the window.
        asked: The moment before it was asked for.
        data_lag: How many seconds before that the latest data may be from.
        settle_after: Seconds after its end from which on nothing is missing, whatever the reports say.

    Returns:
        Whether it is done; it is filling otherwise.
    """
    return until <= asked - min(data_lag, settle_after)


def clip(query: Query, window: Window, now: int) -> Window:
    """Cut off the time intervals that have not begun, which would be saved as hours without events.

    Args:
        query: The query.
        window: A window that has begun.
        now: The time.

    Returns:
        The window up to the end of the interval under way; the same one for summaries, which have no intervals.
    """
    delta = query.time_delta
    if delta is None or isinstance(delta, Unchecked) or to_seconds(window.until) <= now:
        return window
    count = count_windows(Window(since=window.since, until=to_datetime(now) + STEP), delta)
    return Window(since=window.since, until=window_at(window, delta, count - 1).until)
