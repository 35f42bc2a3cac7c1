"""A limiter that can say how long the API itself has told it to wait."""

import asyncio

from aiospectrum.limiter import Admission, Limiter
from aiospectrum.policies import RateLimit

__all__ = ["ToldLimiter"]


class ToldLimiter(Limiter):
    """Keeps requests under a rate limit, and knows why they wait."""

    def __init__(self, limit: RateLimit) -> None:
        """Begin with nothing sent.

        Args:
            limit: The limit.
        """
        super().__init__(limit)
        self._told_to_wait_until = 0.0

    def tell(self, admission: Admission, left: int, seconds: float) -> None:
        """Take what the API says of its own limit.

        Args:
            admission: The leave of the request that was answered so.
            left: Requests that the API says are left.
            seconds: For how long.
        """
        super().tell(admission, left, seconds)
        if left == 0:
            self._told_to_wait_until = asyncio.get_running_loop().time() + seconds

    def told_left(self) -> float:
        """Seconds for which the API has said that no requests are left; 0 when it has not."""
        return max(0.0, self._told_to_wait_until - asyncio.get_running_loop().time())
