"""The request budget of a credential.

Cloudflare allows 1,200 requests in five minutes for each user, and then blocks every call for five
minutes: https://developers.cloudflare.com/fundamentals/api/reference/limits/ . The sandbox counts
in fixed windows: one opens with the first request after the last one closed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from aiospectrum.sandbox._errors import Problem, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RateLimit", "RateLimiter", "too_many"]


def _positive(instance: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{attribute.name} is {value!r}; expected a number greater than 0")


def _whole(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{attribute.name} is {value!r}; expected a whole number of at least 1")


@attrs.frozen(kw_only=True)
class RateLimit:
    """How many requests a credential may make, and for how long it is blocked after too many.

    Raises:
        ValueError: A value is not a number greater than zero.
    """

    requests: int = attrs.field(default=1200, validator=_whole)
    """Requests allowed in one window."""
    per_seconds: float = attrs.field(default=300, validator=_positive)
    """Length of the window in seconds."""
    block_seconds: float = attrs.field(default=300, validator=_positive)
    """Seconds for which every call is answered 429 once the window's budget is exceeded."""


def too_many(seconds: int) -> RefusedError:
    """Return the refusal of a request that came too soon: 429 with ``retry-after``."""
    problem = Problem(code=971, message="Too many requests; wait before sending more")
    return RefusedError(429, problem, headers={"retry-after": str(seconds)})


@attrs.define
class _Window:
    opened: float
    used: int = 0
    blocked_until: float | None = None


class RateLimiter:
    """Counts requests by credential on a monotonic clock."""

    def __init__(self, limit: RateLimit, monotonic: Callable[[], float]) -> None:
        """Start with every budget full; `monotonic` returns seconds."""
        self._limit = limit
        self._monotonic = monotonic
        self._windows: dict[str, _Window] = {}

    def charge(self, credential: str) -> dict[str, str]:
        """Count one request and return the headers that tell what is left.

        Raises:
            RefusedError: The credential is blocked; 429 with ``retry-after`` in whole seconds.
        """
        now, limit = self._monotonic(), self._limit
        window = self._window(credential, now)
        window.used += 1
        if window.blocked_until is None and window.used > limit.requests:
            window.blocked_until = now + limit.block_seconds
        if window.blocked_until is not None:
            raise too_many(max(1, math.ceil(window.blocked_until - now)))
        left, reset = (
            limit.requests - window.used,
            math.ceil(window.opened + limit.per_seconds - now),
        )
        return {
            "Ratelimit": f'"default";r={left};t={reset}',
            "Ratelimit-Policy": f'"default";q={limit.requests};w={math.ceil(limit.per_seconds)}',
        }

    def _window(self, credential: str, now: float) -> _Window:
        window = self._windows.get(credential)
        if window is None or now >= self._end(window):
            window = self._windows[credential] = _Window(now)
        return window

    def _end(self, window: _Window) -> float:
        if window.blocked_until is not None:
            return window.blocked_until
        return window.opened + self._limit.per_seconds
