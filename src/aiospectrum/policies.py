"""Retry policy, rate limit and timeouts: small frozen classes, for a client or for single calls."""

from typing import Any, Final

import attrs

from aiospectrum.checks import Check, Integer, Number, keep

__all__ = ["RateLimit", "RetryPolicy", "Timeouts"]

_COUNT: Final = Integer(minimum=0, takes_unchecked=False, expected="an integer of 0 or more")
_POSITIVE_COUNT: Final = Integer(minimum=1, takes_unchecked=False, expected="an integer of 1 or more")
_SECONDS: Final = Number(expected="a number of seconds, 0 or more")
_POSITIVE_SECONDS: Final = Number(excludes_minimum=True, expected="a number of seconds greater than 0")
_POSITIVE_SECONDS_OR_NONE: Final = Number(excludes_minimum=True, expected="a number of seconds greater than 0, or None")


def _setting(check: Check, default: float) -> Any:
    """A field with a check."""
    return attrs.field(default=default, validator=keep(check))


def _timeout(default: float) -> Any:
    """A field for seconds, or None for no limit."""
    return attrs.field(default=default, validator=keep(_POSITIVE_SECONDS_OR_NONE, or_none=True))


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often a failed call is attempted, and how long the waits between attempts are.

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    max_attempts: int = _setting(_POSITIVE_COUNT, 4)
    """Maximum number of requests sent for one call, 1 or more; 1 switches retry off."""

    base_wait: float = _setting(_SECONDS, 0.5)
    """Maximum of the first wait, in seconds; it doubles with each attempt."""

    max_wait: float = _setting(_SECONDS, 8.0)
    """Maximum wait that the policy itself chooses, in seconds; the API may demand more."""

    budget: int = _setting(_COUNT, 500)
    """Tokens for retries that a client has when it is opened, and the maximum that it ever has."""

    retry_cost: int = _setting(_COUNT, 14)
    """Tokens that a retry takes, unless it follows a 429; without enough of them there is no further attempt.

    A call that succeeds at its first attempt returns one. So retries multiply the requests of an outage only for the
    first few dozen calls.
    """


@attrs.frozen(kw_only=True)
class RateLimit:
    """How many requests may be sent, and how many at a time.

    Source: https://developers.cloudflare.com/fundamentals/api/reference/limits/

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    requests: int = _setting(_POSITIVE_COUNT, 1140)
    """Maximum number of requests in any ``per_seconds``; the default leaves 5 % of Cloudflare's limit to others."""

    per_seconds: float = _setting(_POSITIVE_SECONDS, 300.0)
    """Length of the period, in seconds."""

    in_flight: int = _setting(_POSITIVE_COUNT, 50)
    """Maximum number of requests in flight at a time."""

    max_wait: float = _setting(_POSITIVE_SECONDS, 3600.0)
    """Maximum wait that the API may demand, in seconds; a longer one counts as unreadable, and the error says so."""


@attrs.frozen(kw_only=True)
class Timeouts:
    """How long things may take, in seconds; None for no limit.

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    total: float | None = _timeout(60.0)
    """One call with its queueing, pauses, connecting, body and all attempts: the deadline."""

    connect: float | None = _timeout(10.0)
    """Making one connection, TLS included."""

    read: float | None = _timeout(30.0)
    """Waiting for a response to begin, connecting included, and then for each next piece of its body; an attempt that
    waits longer has failed, and may be repeated.
    """
