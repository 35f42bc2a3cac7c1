"""What an answer's headers say of rate limits: pure."""

from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

__all__ = ["read_rate_limit", "read_retry_after"]

_LONGEST_NUMBER = 9
"""Digits; what is longer stands for more than three decades, which is no wait but a mistake."""


def read_retry_after(values: Iterable[str], date: str | None) -> float | None:
    """Read ``Retry-After`` headers.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3

    Args:
        values: Every such header of the answer, each with seconds or a date.
        date: The answer's own ``Date`` header, which a date is counted from.

    Returns:
        The most seconds that one of them asks for; None when none can be read, a date in the past included.
    """
    return max((wait for value in values if (wait := _seconds(value.strip(), date)) is not None), default=None)


def read_rate_limit(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """Read the ``Ratelimit`` header, such as ``"default";r=50;t=30``.

    Source: https://developers.cloudflare.com/fundamentals/api/reference/limits/

    Args:
        headers: The answer's headers.

    Returns:
        Requests left, and the seconds that they are for; None when the header is absent or cannot be read.
    """
    numbers = {}
    for part in headers.get("ratelimit", "").split(",")[0].split(";")[1:]:
        name, _, text = part.strip().partition("=")
        if _is_number(text):
            numbers[name] = int(text)
    if "r" not in numbers or "t" not in numbers:
        return None
    return numbers["r"], float(numbers["t"])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER


def _seconds(text: str, date: str | None) -> float | None:
    if _is_number(text):
        return float(text)
    try:
        wait = (parsedate_to_datetime(text) - parsedate_to_datetime(date or "")).total_seconds()
    except (ValueError, TypeError):  # no date, or one with a zone and one without
        return None
    return wait if wait >= 0 else None
