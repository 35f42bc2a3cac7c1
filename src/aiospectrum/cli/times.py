"""Moments as they are typed on a command line: pure, the current time is passed in."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["last_full_hours", "parse_time"]

_RELATIVE: Final = re.compile(r"-(\d{1,9})([smhdw])", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(text: str, now: datetime) -> datetime:
    """Read a moment.

    Args:
        text: RFC 3339 with an offset or Z, a date (its first moment in UTC), ``now``, or a time before now such as
            ``-90s``, ``-30m``, ``-24h``, ``-7d`` and ``-2w``.
        now: The current time, aware.

    Returns:
        The moment, aware.

    Raises:
        ValueError: The text is none of these; the message says what was expected.
    """
    try:
        if text == "now":
            return now
        if relative := _RELATIVE.fullmatch(text):
            return now - timedelta(**{_UNITS[relative[2]]: int(relative[1])})
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        if _DATE_TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        f"expected a time such as 2026-11-20T08:00:00Z (with Z or an offset), 2026-11-20 or -24h, got {text!r}"
    )


def last_full_hours(now: datetime, hours: int) -> tuple[datetime, datetime]:
    """Find the window of the last hours that are over.

    Args:
        now: The current time, aware.
        hours: How many.

    Returns:
        The first and the last second of the window, since the API counts the end of a window in.
    """
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return end - timedelta(hours=hours), end - timedelta(seconds=1)
