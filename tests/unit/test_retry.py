"""The decision about a next attempt, the waits, and the tokens."""

from typing import Any

import pytest

from aiospectrum import (
    BodyTooLargeError,
    ConnectionFailedError,
    DecodeError,
    InvalidArgumentError,
    MalformedBodyError,
    NotFoundError,
    RateLimit,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    ServerError,
    Timeouts,
)
from aiospectrum._http.headers import read_rate_limit, read_retry_after
from aiospectrum._http.retry import Action, RetryBudget, backoff, decide, is_ambiguous, wait_after_429
from aiospectrum.routes import Method

PASSING = (500, 502, 503, 504, 520, 521, 522, 523, 524, 530)
DATE = "Fri, 20 Nov 2026 12:00:00 GMT"


def failed(kind: type[RequestError], status: int | None = None, *, was_sent: bool = True) -> RequestError:
    """A failure."""
    error = kind("failed", status=status)
    error.was_sent = was_sent
    return error


REFUSED = failed(ConnectionFailedError, was_sent=False)
BROKEN = failed(ConnectionFailedError)
CUT_OFF = failed(MalformedBodyError, 200)
LIMITED = failed(RateLimitError, 429)
PASSING_ERRORS = [BROKEN, CUT_OFF, failed(ResponseError, 408), *(failed(ServerError, status) for status in PASSING)]
UNREAD_ERRORS = [failed(DecodeError, 200), failed(BodyTooLargeError, 200)]
LASTING_ERRORS = [
    *(failed(ServerError, status) for status in (501, 505, 525, 529)),
    failed(NotFoundError, 404),
    *(failed(BodyTooLargeError, status) for status in (300, 403)),
    failed(RequestTimeoutError),
]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("error", [*PASSING_ERRORS, REFUSED, LIMITED], ids=str)
def test_idempotent_methods_are_repeated(method: Method, error: RequestError) -> None:
    """GET, PUT and DELETE are attempted again after every failure that passes, up to the limit."""
    assert decide(method, error, 1, RetryPolicy()) is Action.RETRY
    assert decide(method, error, 3, RetryPolicy()) is Action.RETRY
    assert decide(method, error, 4, RetryPolicy()) is Action.RAISE


@pytest.mark.parametrize("error", [*PASSING_ERRORS, *UNREAD_ERRORS], ids=repr)
def test_a_create_that_may_have_happened_is_not_repeated(error: RequestError) -> None:
    """Once a byte of a create could have been sent, a failure without a clear response is ambiguous."""
    assert is_ambiguous(error)
    assert decide("POST", error, 1, RetryPolicy()) is Action.RAISE_AMBIGUOUS


@pytest.mark.parametrize("error", [REFUSED, LIMITED], ids=["nothing sent", "429"])
def test_a_create_that_cannot_have_happened_is_repeated(error: RequestError) -> None:
    """A create is repeated when nothing was sent, or the API says that it did nothing."""
    assert not is_ambiguous(error)
    assert decide("POST", error, 1, RetryPolicy()) is Action.RETRY
    assert decide("POST", error, 4, RetryPolicy()) is Action.RAISE


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("error", UNREAD_ERRORS, ids=lambda error: type(error).__name__)
def test_successes_that_cannot_be_read_are_the_callers(method: Method, error: RequestError) -> None:
    """What is wrong with a complete response would be wrong with the next one, too."""
    assert decide(method, error, 1, RetryPolicy()) is Action.RAISE


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("error", LASTING_ERRORS, ids=lambda error: type(error).__name__)
def test_lasting_failures_are_the_callers(method: Method, error: RequestError) -> None:
    """What a further attempt would not mend is raised."""
    assert decide(method, error, 1, RetryPolicy()) is Action.RAISE


@pytest.mark.parametrize(
    ("method", "follows", "action"),
    [("DELETE", True, Action.COUNT_AS_DELETED), ("DELETE", False, Action.RAISE), ("GET", True, Action.RAISE)],
)
def test_what_is_not_found_any_more(method: Method, follows: bool, action: Action) -> None:
    """A 404 to a DELETE counts as deleted after an attempt that may have done it, and not otherwise."""
    assert decide(method, failed(NotFoundError, 404), 2, RetryPolicy(), follows_ambiguous=follows) is action


@pytest.mark.parametrize(("attempt", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (2000, 8.0)])
def test_waits_double_up_to_a_limit(attempt: int, longest: float) -> None:
    """The wait is drawn from 0 to a limit that doubles."""
    assert backoff(attempt, RetryPolicy(), lambda: 0.0) == 0
    assert backoff(attempt, RetryPolicy(), lambda: 0.75) == pytest.approx(0.75 * longest)


@pytest.mark.parametrize(
    ("retry_after", "quota", "random", "wait"),
    [
        pytest.param(300.0, None, 0.0, 300.0, id="never shortened"),
        pytest.param(10.0, (5, 99.0), 0.5, 10.5, id="a tenth more at most"),
        pytest.param(300.0, None, 0.5, 302.5, id="five seconds more at most"),
        pytest.param(0.0, None, 0.5, 0.0, id="at once"),
        pytest.param(None, (0, 40.0), 0.0, 40.0, id="the field without Retry-After"),
        pytest.param(None, None, 0.0, 30.0, id="half a minute when nothing is said"),
    ],
)
def test_waits_after_a_429(
    retry_after: float | None, quota: tuple[int, float] | None, random: float, wait: float
) -> None:
    """What Retry-After says, else the Ratelimit field, else 30 s, and a little more."""
    assert wait_after_429(retry_after, quota, lambda: random) == wait


@pytest.mark.parametrize(
    ("values", "date", "seconds"),
    [
        pytest.param([], DATE, None, id="absent"),
        pytest.param(["30"], None, 30.0, id="seconds"),
        pytest.param([" 0 "], None, 0.0, id="zero"),
        pytest.param(["Fri, 20 Nov 2026 12:05:00 GMT"], DATE, 300.0, id="date against the response's own date"),
        pytest.param(["Fri, 20 Nov 2026 12:05:00 GMT"], None, None, id="date alone"),
        pytest.param(["Fri, 20 Nov 2026 11:05:00 GMT"], DATE, None, id="date in the past"),
        pytest.param(["Fri, 20 Nov 2026 12:05:00"], DATE, None, id="date without a zone"),
        pytest.param(["Fri Nov 20 12:05:00 2026"], DATE, 300.0, id="date in the form of asctime"),
        pytest.param(["3, 11,7"], DATE, 11.0, id="several in one header"),
        pytest.param(["3, soon"], DATE, None, id="a number and a word"),
        pytest.param([f"Fri, 20 Nov 2026 12:05:{'9' * 20} GMT"], DATE, None, id="date with too many seconds"),
        pytest.param([f"Fri, 20 Nov {'9' * 20} 12:05:00 GMT"], DATE, None, id="date in no year"),
        pytest.param([f"Fri, 20 Nov 2026 12:05:00 +{'9' * 20}"], DATE, None, id="date in no zone"),
        pytest.param(["-5"], DATE, None, id="negative"),
        pytest.param(["1.5"], DATE, None, id="fraction"),
        pytest.param(["soon"], DATE, None, id="word"),
        pytest.param([""], DATE, None, id="empty"),
        pytest.param(["²"], DATE, None, id="a digit that is none"),
        pytest.param(["9" * 400], DATE, None, id="absurd"),
        pytest.param(["5", "soon", "Fri, 20 Nov 2026 12:01:00 GMT", "30"], DATE, 60.0, id="the largest of several"),
    ],
)
def test_retry_after(values: list[str], date: str | None, seconds: float | None) -> None:
    """Seconds and dates are read, and what is neither is left out."""
    assert read_retry_after(values, date) == seconds


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param([], None, id="absent"),
        pytest.param(['"default";r=50;t=30'], (50, 30.0), id="documented"),
        pytest.param(['"default"; t=30; r=0'], (0, 30.0), id="another order"),
        pytest.param(['"a";r=1;t=2, "b";r=3;t=4'], (1, 2.0), id="two policies"),
        pytest.param(['"a";r=9;t=2, "b";r=0;t=4', '"c";r=0;t=6'], (0, 6.0), id="the one that leaves the fewest"),
        pytest.param([r'"a;t=99, \"b";r=0;t=12'], (0, 12.0), id="signs in a name"),
        pytest.param(['"default";r=50'], None, id="half"),
        pytest.param(['"default";r=x;t=30'], None, id="no number"),
        pytest.param(['"default";r=-1;t=30'], None, id="negative"),
        pytest.param(["limit=100, remaining=50"], None, id="an older form"),
    ],
)
def test_rate_limit_field(headers: list[str], expected: tuple[int, float] | None) -> None:
    """The field is read in its documented form, and left out in any other."""
    assert read_rate_limit(headers) == expected


def test_the_budget_runs_out_and_fills() -> None:
    """Retries take tokens, successes at the first attempt give them back, up to where it began."""
    budget = RetryBudget(RetryPolicy(budget=30, retry_cost=14))

    assert [budget.spend() for _ in range(3)] == [True, True, False]
    assert budget.tokens == 2
    for tokens in range(3, 15):
        budget.earn()
        assert budget.tokens == tokens
    assert budget.spend()
    for _ in range(100):
        budget.earn()
    assert budget.tokens == 30


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        *((RetryPolicy, {"max_attempts": value}) for value in (0, 1.5, "3", True)),
        (RetryPolicy, {"base_wait": -1}),
        (RetryPolicy, {"max_wait": float("inf")}),
        (RetryPolicy, {"budget": -1}),
        (RetryPolicy, {"retry_cost": None}),
        (RateLimit, {"requests": 0}),
        (RateLimit, {"per_seconds": 0}),
        (RateLimit, {"in_flight": 0}),
        *((Timeouts, {name: 0}) for name in ("total", "connect", "read")),
        (Timeouts, {"total": "5"}),
    ],
    ids=str,
)
def test_policies_are_checked(kind: type[Any], wrong: dict[str, Any]) -> None:
    """A policy that makes no sense is refused when it is made."""
    with pytest.raises(InvalidArgumentError, match=f"^{next(iter(wrong))}: expected"):
        kind(**wrong)


def test_timeouts_can_be_switched_off() -> None:
    """None stands for no limit."""
    assert Timeouts(total=None, connect=None, read=None).total is None
