"""What a response's headers say of rate limits: pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final

__all__ = ["read_rate_limit", "read_retry_after"]

_LONGEST_NUMBER: Final = 9
"""Digits; more of them stand for more than three decades, which is a mistake."""

_LONGEST_VALUE: Final = 1000
"""Characters; a longer header is none that the API sends, and is not read at all."""

_MOST_VALUES: Final = 20
"""Headers of one name that are read."""

_COMMON: Final = re.compile(r'"[^"\\]*";r=([0-9]{1,9});t=([0-9]{1,9})')
"""How Cloudflare writes it, which need not be taken apart at length for every response."""


def read_retry_after(values: Iterable[str], date: str | None) -> float | None:
    """Read ``Retry-After`` headers.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3

    Args:
        values: Every such header of the response, each with seconds, several of them with commas between, or a date.
        date: The response's own ``Date`` header, which a date is counted from.

    Returns:
        The largest number of seconds among them; None when none can be read, a date in the past included.
    """
    waits = (_seconds(value.strip(), date) for value in _readable(values))
    return max((wait for wait in waits if wait is not None), default=None)


def read_rate_limit(values: Sequence[str]) -> tuple[int, float] | None:
    """Read ``Ratelimit`` headers, such as ``"default";r=50;t=30``.

    Source: https://developers.cloudflare.com/fundamentals/api/reference/limits/

    Args:
        values: Every such header of the response, each with one limit or several with commas between.

    Returns:
        Requests left, and the seconds that they are for, by the limit that leaves the fewest; None when none can be
        read.
    """
    if len(values) == 1 and (common := _COMMON.fullmatch(values[0])) is not None:
        return int(common[1]), float(common[2])
    limits = (_limit(item) for value in _readable(values) for item in _unquoted(value).split(","))
    return min((limit for limit in limits if limit is not None), key=lambda limit: (limit[0], -limit[1]), default=None)


def _readable(values: Iterable[str]) -> list[str]:
    return [value for value in islice(values, _MOST_VALUES) if len(value) <= _LONGEST_VALUE]


def _unquoted(text: str) -> str:
    """What stands outside of quotes; after one that is not closed, that is nothing."""
    without_escapes = text.replace(r"\\", "").replace(r"\"", "")
    return "".join(without_escapes.split('"')[::2])


def _limit(item: str) -> tuple[int, float] | None:
    numbers = {}
    for part in item.split(";")[1:]:
        name, _, text = part.strip().partition("=")
        if _is_number(text):
            numbers[name] = int(text)
    if "r" not in numbers or "t" not in numbers:
        return None
    return numbers["r"], float(numbers["t"])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER


def _seconds(text: str, date: str | None) -> float | None:
    numbers = [part.strip() for part in text.split(",")]
    if all(map(_is_number, numbers)):
        return float(max(map(int, numbers)))
    if date is None or len(date) > _LONGEST_VALUE:
        return None
    try:
        wait = (_date(text) - _date(date)).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no date, or one with a zone and one without, or no such number
        return None
    return wait if wait >= 0 else None


def _date(text: str) -> datetime:
    """A date in one of HTTP's three forms, of which that of C's ``asctime`` has no comma and no zone."""
    date = parsedate_to_datetime(text)
    return date.replace(tzinfo=UTC) if date.tzinfo is None and "," not in text else date
