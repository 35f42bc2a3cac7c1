"""What a client needs of a limiter: five methods, which any class may have."""

from typing import Protocol

__all__ = ["RateLimiter", "TooLateError"]


class TooLateError(Exception):
    """A permit would come after the deadline; the client makes a RequestTimeoutError of it."""

    def __init__(self, wait: float) -> None:
        """Keep what is known of the permit.

        Args:
            wait: Seconds after which it would have come, as far as known.
        """
        super().__init__(wait)
        self.wait = wait


class RateLimiter(Protocol):
    """What grants the permits of a client: ``Client(rate_limit=…)`` takes anything that has these five methods.

    A permit is a number that stands for one request. A client acquires one before each attempt, retries included, and
    releases it once, whatever happened to the request. In between it says what the response said: a pause after a 429,
    and the quota of a ``Ratelimit`` header. All methods are called on the client's event loop; only :meth:`acquire` may
    wait.
    """

    async def acquire(self, latest: float | None) -> int:
        """Wait for a permit to send one request.

        A cancellation while it waits has to leave nothing taken. The client cancels a call at its deadline, so that a
        wait that time alone does not end, such as for a response that makes room, may go on until then.

        Args:
            latest: The deadline, in seconds of the event loop's clock (``loop.time()``); None for none.

        Returns:
            The permit.

        Raises:
            TooLateError: It would come after the deadline.
            ConnectionFailedError: What keeps the limit cannot be reached; the call fails with it.
        """
        ...

    def release(self, permit: int, *, was_cancelled: bool) -> None:
        """Return a permit.

        Args:
            permit: What :meth:`acquire` gave.
            was_cancelled: Whether the request was cancelled; False when it ended in a response or a failure.
        """
        ...

    def pause(self, permit: int, seconds: float) -> None:
        """Stop all requests for some time, after a 429.

        Args:
            permit: That of the request with the 429.
            seconds: How long, 0 or more. The client passes no more than ``RateLimit.max_wait``: that of the limiter's
                own ``limit`` where it has one, else 3600.
        """
        ...

    def pause_left(self) -> float:
        """Seconds until the end of a pause after a 429, as :meth:`pause` began it; 0 when there is none."""
        ...

    def update_quota(self, permit: int, left: int, seconds: float) -> None:
        """Hear what the API says of its own limit, in a ``Ratelimit`` header.

        Args:
            permit: That of the request whose response says so.
            left: Requests that the API says are left, 0 or more.
            seconds: For how long, 0 or more, however large.
        """
        ...
