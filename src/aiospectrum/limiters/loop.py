"""The limiter of an event loop."""

from collections.abc import Callable
from typing import ClassVar

from aiospectrum.limiters.base import BaseLimiter, Timer, check_limit
from aiospectrum.limiters.window import Window
from aiospectrum.policies import RateLimit

__all__ = ["Limiter"]


class Limiter(BaseLimiter):
    """Keeps requests under a rate limit, and pauses them all after a 429.

    Give one limiter to all clients that use the same token: the limit is the token's. It belongs to one event loop, and
    to another one once that is closed. First come, first served; a call whose permit would come after its deadline
    fails at once.
    """

    _hint: ClassVar = "make one for each, with a share of the limit"

    def __init__(
        self,
        limit: RateLimit | None = None,
        *,
        clock: Callable[[], float] | None = None,
        call_later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        """Begin with nothing sent.

        Args:
            limit: The limit; None for 1,140 requests per 300 s with 50 in flight.
            clock: Returns the time in seconds; that of the running event loop when None.
            call_later: Calls a function after some seconds; that of the running event loop when None.

        Raises:
            InvalidArgumentError: The limit is something else.
        """
        limit = check_limit(limit)
        super().__init__(limit, Window(limit.requests, limit.per_seconds), clock=clock, call_later=call_later)
