"""Moments and lengths of time as options give them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from aiospectrum._codec.writers import format_date_time
from aiospectrum.cli.usage_errors import UsageError

__all__ = ["check_order", "is_relative", "parse_duration", "parse_time", "read_time"]

_DURATION: Final = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_RELATIVE: Final = re.compile(r"(now|today)?(?:-(\d{1,9}[smhdw]))?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(text: str, now: datetime) -> datetime:
    """Parse a moment.

    Args:
        text: RFC 3339 with an offset or Z, a date (its first moment in UTC), ``now``, ``today`` (its first moment in
            UTC), or a time before those such as ``-90s``, ``-30m``, ``now-24h``, ``-7d`` and ``today-2w``.
        now: The current time, aware.

    Returns:
        The moment, aware.

    Raises:
        ValueError: The text is none of these; the message says what was expected.
    """
    moment = _read_moment(text, now)
    if moment is not None:
        return moment
    forms = "a time such as 2026-11-20T08:00:00Z (with Z or an offset), 2026-11-20, now-24h or today"
    raise ValueError(f"expected {forms}, got {text!r}")


def read_time(option: str, text: str, now: datetime) -> datetime:
    """Read the moment that an option names, as :func:`parse_time` does.

    Args:
        option: Name of the option.
        text: Its value.
        now: The current time, aware.

    Returns:
        The moment, aware.

    Raises:
        UsageError: It cannot be read; the message names the option and the moment that was most likely meant.
    """
    try:
        return parse_time(text, now)
    except ValueError as error:
        forms = (f"-{text.lower()}", text.lower(), f"{text}Z")
        likely = next((each for each in forms if _read_moment(each, now) is not None), None)
        raise UsageError(f"{option}: {error}", None if likely is None else f"did you mean {likely!r}?") from None


def _read_moment(text: str, now: datetime) -> datetime | None:
    try:
        if match := _match_relative(text):
            day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            return (day if match[1] == "today" else now) - (parse_duration(match[2]) if match[2] else timedelta())
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        if _DATE_TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return None


def check_order(since: datetime, until: datetime | None, now: datetime) -> None:
    """Refuse times of which nothing can be had; without an end it is now.

    Raises:
        UsageError: The start is not before the end.
    """
    end, name = (now, "now") if until is None else (until, "--until")
    if since >= end:
        raise UsageError(
            f"--since: expected a time before {name}, {format_date_time(end)}, got {format_date_time(since)}"
        )


def is_relative(text: str) -> bool:
    """Return whether a text that :func:`parse_time` reads is another moment when it is read later."""
    return _match_relative(text) is not None


def parse_duration(text: str) -> timedelta:
    """Parse a length of time.

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


def _match_relative(text: str) -> re.Match[str] | None:
    return _RELATIVE.fullmatch(text) if text else None
