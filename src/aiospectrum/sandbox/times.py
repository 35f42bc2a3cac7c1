"""Timestamps and calendar buckets: whole UTC seconds since 1970 inside, RFC 3339 outside."""

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = [
    "TIME_DELTAS",
    "bucket_edges",
    "ceil_second",
    "count_buckets",
    "floor_second",
    "format_moment",
    "format_second",
    "parse_second",
    "utc_now",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_LAST_YEAR: Final = 2999
_RFC3339: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FIXED: Final = {"week": 604800, "day": 86400, "hour": 3600, "dekaminute": 600, "minute": 60}
_MONTHS: Final = {"year": 12, "quarter": 3, "month": 1}
_MONDAY: Final = 4 * 86400  # 1970-01-01 was a Thursday; ISO weeks start on Monday 1970-01-05

TIME_DELTAS: Final = (*_MONTHS, *_FIXED)
"""Every ``time_delta`` of the bytime report, longest first."""


def utc_now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


def floor_second(moment: datetime) -> int:
    """Return the second that ``moment`` falls into."""
    return (moment - _EPOCH) // _SECOND


def ceil_second(moment: datetime) -> int:
    """Return the first whole second at or after ``moment``."""
    return -((_EPOCH - moment) // _SECOND)


def format_second(second: int) -> str:
    """Return RFC 3339 without a fraction, in UTC."""
    return f"{_EPOCH + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"


def format_moment(moment: datetime) -> str:
    """Return RFC 3339 with microseconds, in UTC: the form of an app's dates."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def parse_second(text: str) -> int:
    """Return the UTC second that an RFC 3339 timestamp falls into; a fraction is cut off.

    Raises:
        ValueError: The text is not a timestamp, has no offset, or lies outside the years 1970 to 2999.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"not a timestamp with an offset: {text!r}")
    day, clock, offset = match.groups()
    aware = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}")
    if not 1970 <= aware.year <= _LAST_YEAR:
        raise ValueError(f"the year must be in 1970..{_LAST_YEAR}: {text!r}")
    return floor_second(aware)


def count_buckets(first: int, stop: int, delta: str) -> int:
    """Return an upper bound, at most two too high, of the buckets between ``first`` and ``stop``."""
    shortest = _FIXED.get(delta) or _MONTHS[delta] * 28 * 86400
    return (stop - first) // shortest + 2


def bucket_edges(first: int, stop: int, delta: str) -> list[int]:
    """Return the edges of calendar-aligned UTC buckets that partition ``first`` to ``stop``.

    The outer edges are ``first`` and ``stop`` themselves; those between lie on the calendar.
    """
    marks = _fixed_marks(first, stop, delta) if delta in _FIXED else _month_marks(first, stop, delta)
    return [first, *marks[bisect_right(marks, first) :], stop]


def _fixed_marks(first: int, stop: int, delta: str) -> list[int]:
    step = _FIXED[delta]
    anchor = _MONDAY if delta == "week" else 0
    return list(range(first - (first - anchor) % step, stop, step))


def _month_marks(first: int, stop: int, delta: str) -> list[int]:
    step = _MONTHS[delta]
    start = _EPOCH + timedelta(seconds=first)
    month = start.year * 12 + (start.month - 1) // step * step
    marks: list[int] = []
    while (mark := floor_second(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))) < stop:
        marks.append(mark)
        month += step
    return marks
