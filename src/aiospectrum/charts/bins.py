"""The intervals that a chart has: few enough to be seen, at edges that people expect: pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

__all__ = ["MOST_BINS", "Bins", "make_bins"]

MOST_BINS: Final = 200
"""Intervals of a chart at most."""

_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
_FIXED: Final = (
    ("minute", 60),
    ("10 minutes", 600),
    ("hour", 3600),
    ("3 hours", 3 * 3600),
    ("6 hours", 6 * 3600),
    ("12 hours", 12 * 3600),
    ("day", 86_400),
    ("2 days", 2 * 86_400),
    ("week", 7 * 86_400),
    ("2 weeks", 14 * 86_400),
)
_MONTHS: Final = (("month", 1), ("quarter", 3), ("year", 12), ("10 years", 120), ("100 years", 1200))
_LEAST: Final = {"dekaminute": "10 minutes"}


@attrs.frozen(kw_only=True)
class Bins:
    """Intervals one after another, without gaps."""

    starts: tuple[datetime, ...]
    """When each begins, in UTC; at least one."""

    until: datetime
    """When the last one ends."""

    name: str
    """What one is called after ``per``; empty for the only one."""

    @property
    def step(self) -> timedelta:
        """Length of the last one."""
        return self.until - self.starts[-1]


def make_bins(since: datetime, until: datetime, least: str | None, most: int = MOST_BINS) -> Bins:
    """Choose the shortest intervals of which there are not too many.

    Args:
        since: When the first one begins at the latest, in UTC.
        until: When the last one ends at the earliest, later than ``since``.
        least: The shortest length that makes sense: a ``time_delta`` of the API; None for one interval.
        most: Intervals at most, 3 or more.

    Returns:
        The intervals.
    """
    if least is None:
        return Bins(starts=(since,), until=until, name="")
    names = [name for name, _ in (*_FIXED, *_MONTHS)]
    name = _LEAST.get(least, least)
    first = names.index(name) if name in names else 0
    for name, seconds in _FIXED[first:]:
        step = timedelta(seconds=seconds)
        start = since - (since - _MONDAY) % step
        count = -((start - until) // step)
        if count <= most:
            starts = tuple(start + step * place for place in range(count))
            return Bins(starts=starts, until=start + step * count, name=name)
    left = _MONTHS[max(0, first - len(_FIXED)) :]
    found = ((name, _months(since, until, months)) for name, months in left)
    name, places = next((name, places) for name, places in found if len(places) <= most or name == left[-1][0])
    return Bins(starts=tuple(map(_month, places)), until=_month(places.stop), name=name)


def _months(since: datetime, until: datetime, step: int) -> range:
    """The months that intervals begin with, counted from the year 0."""
    end = until.year * 12 + until.month - (until == _month(until.year * 12 + until.month - 1))
    first = (since.year * 12 + since.month - 1) // step
    return range(first * step, -(-end // step) * step, step)


def _month(number: int) -> datetime:
    """The beginning of a month, counted from the year 0; the last moment there is for one that is too late."""
    year, month = divmod(number, 12)
    if year > datetime.max.year:
        return datetime.max.replace(tzinfo=UTC)
    return datetime(max(1, year), month + 1, 1, tzinfo=UTC)
