"""Whether a failed attempt is made again, and after how long: pure."""

from collections.abc import Callable
from typing import Any, Final

import attrs

from aiospectrum.checks import Check, Integer, Number
from aiospectrum.errors import ConnectionFailedError, RateLimitError, RequestError, ResponseError

__all__ = ["RetryPolicy", "decide"]

_PASSING_STATUSES: Final = frozenset({408, 429, 500, *range(502, 505), *range(520, 525), 530})
"""Statuses of failures that pass by themselves.

Source: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
"""


_ATTEMPTS: Final = Integer(minimum=1, expected="an integer of 1 or more")
_SECONDS: Final = Number(expected="a number of seconds, 0 or more")


def _checked(check: Check, default: float) -> Any:
    """A field with a default, refused when it does not fit."""
    return attrs.field(default=default, validator=lambda _, attribute, value: check.check(attribute.name, value))


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often a call that is safe to repeat is attempted, and how long the waits between are."""

    max_attempts: int = _checked(_ATTEMPTS, 4)
    """The most requests sent for one call, 1 or more; 1 switches retry off."""

    base_wait: float = _checked(_SECONDS, 0.5)
    """The longest first wait, in seconds; it doubles with each attempt."""

    max_wait: float = _checked(_SECONDS, 8.0)
    """The longest wait that the policy itself chooses, in seconds; the API may ask for more."""


def decide(
    error: RequestError,
    *,
    safe_to_repeat: bool,
    attempt: int,
    policy: RetryPolicy,
    random: Callable[[], float],
) -> float | None:
    """Decide what follows a failed attempt.

    Args:
        error: How the attempt failed.
        safe_to_repeat: Whether the route may be sent twice.
        attempt: Number of the attempt, counted from 1.
        policy: The limits.
        random: Gives a number from 0 up to but not including 1.

    Returns:
        Seconds to wait before the next attempt, None to give up. Never less than the API asked for.
    """
    if not safe_to_repeat or attempt >= policy.max_attempts or not _passes(error):
        return None
    backoff: float = random() * min(policy.max_wait, policy.base_wait * 2.0 ** min(attempt - 1, 64))
    asked = error.retry_after if isinstance(error, RateLimitError) else None
    return backoff if asked is None else asked + backoff


def _passes(error: RequestError) -> bool:
    if isinstance(error, ResponseError):
        return error.status in _PASSING_STATUSES
    return isinstance(error, ConnectionFailedError)
