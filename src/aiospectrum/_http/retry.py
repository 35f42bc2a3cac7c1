"""Whether a failed attempt is made again, and after how long: pure, but for a count of tokens."""

import enum
from collections.abc import Callable
from typing import Final

from aiospectrum.errors import (
    BodyTooLargeError,
    ConnectionFailedError,
    DecodeError,
    MalformedBodyError,
    NotFoundError,
    ProxyError,
    RequestError,
    ResponseError,
)
from aiospectrum.policies import RateLimit, RetryPolicy
from aiospectrum.routes import Method

__all__ = ["Action", "RetryBudget", "backoff", "decide", "is_ambiguous", "wait_after_429"]

_PASSING_STATUSES: Final = frozenset({408, 429, 500, *range(502, 505), *range(520, 525), 530})
"""Statuses of failures that pass by themselves.

Source: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
"""

_UNKNOWN_WAIT: Final = 30.0
"""Seconds to wait after a 429 that does not say how long, in a form that can be read and within reason."""


class Action(enum.Enum):
    """What follows an attempt that did not succeed."""

    RAISE = enum.auto()
    """The error is the caller's."""

    RETRY = enum.auto()
    """Wait, then attempt again."""

    RESEND = enum.auto()
    """Attempt again at once, over a new connection; it takes no token, and counts as the same attempt."""

    RAISE_AMBIGUOUS = enum.auto()
    """The caller has to find out whether the write took place."""

    COUNT_AS_DELETED = enum.auto()
    """What is not found any more was deleted by an earlier attempt."""


def is_ambiguous(error: RequestError) -> bool:
    """Return whether the request may have taken effect although it failed.

    Args:
        error: How the attempt failed.

    Returns:
        Once a byte of the request could have been sent, True when no response came whole, and for statuses that pass,
        but for a 429, which says that nothing was done; and for a response that is a success by its status and cannot
        be read.
    """
    if not error.was_sent or error.status == 429:
        return False
    return isinstance(error, ConnectionFailedError) or _passes(error) or _is_unread_success(error)


def decide(
    method: Method, error: RequestError, attempt: int, policy: RetryPolicy, *, follows_ambiguous: bool = False
) -> Action:
    """Decide what follows a failed attempt.

    Args:
        method: HTTP method of the route.
        error: How the attempt failed.
        attempt: Number of the attempt, counted from 1, without one that was resent.
        policy: The limits.
        follows_ambiguous: Whether an earlier attempt of the call may have taken effect.

    Returns:
        What to do. GET, PUT and DELETE are retried after any failure that passes, and resent when a kept connection
        turns out to be closed; POST is retried only when nothing can have been done.
    """
    if method == "DELETE" and follows_ambiguous and isinstance(error, NotFoundError):
        return Action.COUNT_AS_DELETED
    if method == "POST" and is_ambiguous(error):
        return Action.RAISE_AMBIGUOUS
    if isinstance(error, ConnectionFailedError) and error.was_stale:
        return Action.RESEND
    if _passes(error) and attempt < policy.max_attempts:
        return Action.RETRY
    return Action.RAISE


def backoff(attempt: int, policy: RetryPolicy, random: Callable[[], float]) -> float:
    """Draw the wait after a failed attempt, with full jitter.

    Args:
        attempt: Number of the attempt, counted from 1.
        policy: The limits.
        random: Returns a random number from 0 up to but not including 1.

    Returns:
        Seconds, from 0 to the limit, which doubles with each attempt.
    """
    longest: float = min(policy.max_wait, policy.base_wait * 2.0 ** min(attempt - 1, 64))
    return random() * longest


def wait_after_429(
    retry_after: float | None,
    quota: tuple[int, float] | None,
    random: Callable[[], float],
    max_wait: float = RateLimit().max_wait,
) -> float:
    """Compute the wait after a 429.

    Args:
        retry_after: Seconds of the ``Retry-After`` header; None when it is absent or unreadable.
        quota: What the ``Ratelimit`` header says: requests left, and the seconds that they are for.
        random: Returns a random number from 0 up to but not including 1.
        max_wait: Maximum number of seconds; a longer wait that the API demands is ignored.

    Returns:
        Seconds: those of ``Retry-After``, else of ``Ratelimit``, else 30; never less, and up to a tenth and
        at most 5 s more, so that not all clients come back at once.
    """
    demanded = (retry_after, None if quota is None else quota[1], min(_UNKNOWN_WAIT, max_wait))
    wait = next(seconds for seconds in demanded if seconds is not None and 0 <= seconds <= max_wait)
    return wait + random() * min(5.0, wait / 10, max_wait - wait)


class RetryBudget:
    """Tokens for retries, shared by the calls of a client, so that an outage is not multiplied."""

    def __init__(self, policy: RetryPolicy) -> None:
        """Start with all tokens.

        Args:
            policy: How many there are, and what a retry takes.
        """
        self._policy = policy
        self._tokens = policy.budget

    @property
    def tokens(self) -> int:
        """Tokens that are left."""
        return self._tokens

    def spend(self) -> bool:
        """Take the tokens of one retry.

        Returns:
            Whether there were enough; if not, none is taken.
        """
        if self._tokens < self._policy.retry_cost:
            return False
        self._tokens -= self._policy.retry_cost
        return True

    def refill(self) -> None:
        """Restore all tokens, as for a client that is opened."""
        self._tokens = self._policy.budget

    def earn(self) -> None:
        """Return one token, for a call that succeeded at its first attempt."""
        self._tokens = min(self._policy.budget, self._tokens + 1)


def _passes(error: RequestError) -> bool:
    if isinstance(error, MalformedBodyError):
        return True
    if isinstance(error, ProxyError):
        return error.status in _PASSING_STATUSES
    if isinstance(error, ResponseError):
        return error.status in _PASSING_STATUSES
    return isinstance(error, ConnectionFailedError) and not error.is_permanent


def _is_unread_success(error: RequestError) -> bool:
    if isinstance(error, DecodeError):
        return True
    return isinstance(error, BodyTooLargeError) and error.status is not None and 200 <= error.status < 300
