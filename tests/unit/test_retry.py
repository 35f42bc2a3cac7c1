"""The decision about a next attempt."""

from typing import Any

import pytest

from aiospectrum import (
    ConnectionFailedError,
    DecodeError,
    InvalidArgumentError,
    NotFoundError,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    ServerError,
)
from aiospectrum.retry import decide


def failed(kind: type[RequestError], status: int | None = None) -> RequestError:
    """A failure."""
    return kind("failed", status=status)


def limited(seconds: float | None) -> RateLimitError:
    """A 429."""
    error = RateLimitError("limited", status=429)
    error.retry_after = seconds
    return error


@pytest.mark.parametrize(
    ("error", "is_repeated"),
    [
        (failed(ConnectionFailedError), True),
        *((failed(ServerError, status), True) for status in (500, 502, 503, 504, 520, 521, 522, 523, 524, 530)),
        (failed(ResponseError, 408), True),
        (limited(None), True),
        *((failed(ServerError, status), False) for status in (501, 505, 525, 529)),
        (failed(NotFoundError, 404), False),
        (failed(DecodeError, 200), False),
        (failed(RequestTimeoutError), False),
    ],
)
def test_what_is_repeated(error: RequestError, is_repeated: bool) -> None:
    """Failures that pass by themselves are repeated, others are not."""
    wait = decide(error, safe_to_repeat=True, attempt=1, policy=RetryPolicy(), random=lambda: 0.5)

    assert (wait is not None) is is_repeated


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 8.0), (2000, 8.0)]
)
def test_waits_double_up_to_a_limit(attempt: int, longest: float) -> None:
    """The wait is drawn from 0 to a limit that doubles."""
    policy = RetryPolicy(max_attempts=10_000)

    assert (
        decide(failed(ConnectionFailedError), safe_to_repeat=True, attempt=attempt, policy=policy, random=lambda: 0.0)
        == 0
    )
    assert decide(
        failed(ConnectionFailedError), safe_to_repeat=True, attempt=attempt, policy=policy, random=lambda: 0.75
    ) == pytest.approx(0.75 * longest)


def test_the_wait_that_the_api_asks_for_is_never_shortened() -> None:
    """Backoff comes on top of Retry-After."""
    policy = RetryPolicy(max_wait=1)

    assert decide(limited(300), safe_to_repeat=True, attempt=1, policy=policy, random=lambda: 0.5) == 300.25


@pytest.mark.parametrize(
    ("is_safe", "attempt"), [pytest.param(False, 1, id="unsafe"), pytest.param(True, 4, id="last attempt")]
)
def test_when_it_gives_up(is_safe: bool, attempt: int) -> None:
    """Unsafe routes are never repeated, safe ones up to the limit."""
    error = failed(ConnectionFailedError)

    assert decide(error, safe_to_repeat=is_safe, attempt=attempt, policy=RetryPolicy(), random=lambda: 0.5) is None


@pytest.mark.parametrize(
    "wrong",
    [{"max_attempts": 0}, {"max_attempts": 1.5}, {"max_attempts": "3"}, {"base_wait": -1}, {"max_wait": -0.1}],
    ids=str,
)
def test_policies_are_checked(wrong: dict[str, Any]) -> None:
    """A policy that makes no sense is refused when it is made."""
    with pytest.raises(InvalidArgumentError, match=f"^{next(iter(wrong))}: expected"):
        RetryPolicy(**wrong)
