"""Moments as they are typed on a command line: pure, the current time is passed in."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["is_relative", "last_full_hours", "parse_duration", "parse_time"]

_DURATION: Final = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
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
        if text.startswith("-"):
            return now - parse_duration(text[1:])
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        if _DATE_TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        f"expected a time such as 2026-11-20T08:00:00Z (with Z or an offset), 2026-11-20 or -24h, got {text!r}"
    )


def is_relative(text: str) -> bool:
    """Tell whether a moment that :func:`parse_time` reads is another one when it is read again later.

    Args:
        text: The text.

    Returns:
        Whether it depends on the current time.
    """
    return text == "now" or text.startswith("-")


def parse_duration(text: str) -> timedelta:
    """Read a length of time.

    Args:
        text: A whole number with a unit, such as ``90s``, ``30m``, ``2h``, ``7d`` and ``2w``.

    Returns:
        The length.

    Raises:
        ValueError: The text is something else; the message says what was expected.
    """
    match = _DURATION.fullmatch(text)
    try:
        if match is not None:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        pass
    raise ValueError(f"expected a length of time such as 30m, 2h or 7d, got {text!r}")


def last_full_hours(now: datetime, hours: int) -> tuple[datetime, datetime]:
    """Find the window of the last hours that are over.

    Args:
        now: The current time, aware.
        hours: How many.

    Returns:
        The first second of the window, and the one after its last.
    """
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return end - timedelta(hours=hours), end
