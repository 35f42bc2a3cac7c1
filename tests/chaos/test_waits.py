"""No response disables a client for good: a wait is at most what the rate limit allows, and the error says so."""

import logging
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import Client, Limiter, RateLimit, RateLimitError, RequestTimeoutError, RetryPolicy, Timeouts
from aiospectrum._http.retry import wait_after_429
from tests.chaos.bench import open_bench
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import good
from tests.chaos.server import ChaosServer
from tests.conftest import TOKEN, ZONE
from tests.fake_time import FakeTime

FOREVER: Final = Timeouts(total=None)

TOO_LONG: Final[dict[str, tuple[str, ...]]] = {
    "year-9999": ("Fri, 31 Dec 9999 23:59:59 GMT",),
    "beyond-year-9999": ("Fri, 31 Dec 10000 23:59:59 GMT",),
    "hours": ("3601",),
    "nine-digits": ("999999999",),
    "many-digits": ("9" * 400,),
    "one-of-several": ("5", "999999999"),
    "nan": ("nan",),
    "infinite": ("inf",),
    "exponent": ("1e400",),
    "negative": ("-1",),
    "past": ("Fri, 31 Dec 1999 23:59:59 GMT",),
}
"""Values of Retry-After that no client can follow."""

FIELDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "alone": (),
    "with a field": (("Ratelimit", '"default";r=0;t=12'),),
    "with a field as bad": (("Ratelimit", '"default";r=0;t=999999999'),),
}


@pytest.mark.parametrize("has_limiter", [True, False], ids=["limiter", "no-limiter"])
@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("shape", TOO_LONG)
async def test_a_wait_that_is_too_long(shape: str, fields: str, has_limiter: bool) -> None:
    """It counts as unreadable: the next source is asked, then it is half a minute; the error says what was ignored."""
    time = FakeTime()
    limiter = Limiter(clock=time, call_later=time.call_later) if has_limiter else None
    response = rate_limited(*TOO_LONG[shape], fields=FIELDS[fields])
    expected = 12 if fields == "with a field" else 30
    async with (
        ChaosServer([response], rest=good()) as server,
        open_bench(server.url, timeouts=FOREVER, limiter=limiter, retry=RetryPolicy(max_attempts=1)) as bench,
    ):
        with pytest.raises(
            RateLimitError, match=r"Retry-After: .* is ignored, as it cannot be read, or is beyond"
        ) as caught:
            await bench.call("list")
        assert (caught.value.wait, caught.value.retry_after) == (expected, None)
        assert TOO_LONG[shape][-1][:50] in str(caught.value)
        assert len(str(caught.value)) < 1000
        if limiter is not None:
            assert limiter.pause_left() == expected
            await time.pass_by(expected)
        assert (await bench.call("list")).result == []


@pytest.mark.parametrize(("seconds", "wait"), [(3600, 3600.0), (60, 60.0), (0, 0.0)])
async def test_a_wait_that_is_not_too_long(seconds: int, wait: float) -> None:
    """What can be followed is, and the jitter adds nothing beyond the maximum."""
    async with (
        ChaosServer([rate_limited(str(seconds))]) as server,
        open_bench(server.url, timeouts=FOREVER, random=lambda: 0.999) as bench,
    ):
        await bench.call("list")
    assert wait <= bench.waits[0] <= 3600


async def test_the_maximum_is_the_rate_limits() -> None:
    """A limit of the user's own decides, also that of a shared limiter, and of calls with other options."""
    short = RateLimit(max_wait=5)
    async with ChaosServer(rest=rate_limited("6")) as server:
        for options in ({"rate_limit": short}, {"rate_limit": Limiter(short)}):
            async with Client(api_token=TOKEN, base_url=server.url, timeout=1, **options) as client:  # type: ignore[arg-type]  # either is one
                with pytest.raises(RateLimitError, match=r"is beyond RateLimit\.max_wait of 5 s") as caught:
                    await client.protocols.list(ZONE)
                assert caught.value.wait == pytest.approx(5, abs=1)
        async with Client(api_token=TOKEN, base_url=server.url, timeout=1) as client:
            with pytest.raises(RateLimitError) as caught:
                await client.protocols.list(ZONE)
            assert caught.value.wait is not None
            assert 5 < caught.value.wait <= 6.6
            with pytest.raises(RateLimitError) as caught:
                await client.with_options(rate_limit=short).protocols.list(ZONE)
            assert caught.value.wait == pytest.approx(5, abs=1)


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("seconds", ["3601", "999999999", "9" * 30])
async def test_a_field_of_a_success_that_is_too_long(seconds: str, left: int, caplog: pytest.LogCaptureFixture) -> None:
    """One header of a good response does not stop the calls after it, and the log says so."""
    time = FakeTime()
    limiter = Limiter(clock=time, call_later=time.call_later)
    response = good(headers=(("Ratelimit", f'"default";r={left};t={seconds}'),))
    async with ChaosServer(rest=response) as server, open_bench(server.url, limiter=limiter) as bench:
        with caplog.at_level(logging.WARNING, "aiospectrum"):
            for _ in range(5):
                assert (await bench.call("list")).attempts == 1
    assert (limiter.quota_wait(), time.timers) == (0, [])
    assert ("is beyond RateLimit.max_wait" in caplog.text) is (left == 0 and len(seconds) < 10)


async def test_a_field_of_a_success_that_can_be_followed() -> None:
    """What is within the maximum still holds."""
    used_up = good(headers=(("Ratelimit", '"default";r=0;t=3600'),))
    async with (
        ChaosServer([used_up]) as server,
        Client(api_token=TOKEN, base_url=server.url, timeout=30) as client,
    ):
        await client.protocols.list(ZONE)
        with pytest.raises(RequestTimeoutError, match=r"3600\.0 s for the rate limit|3599\.\d s"):
            await client.protocols.list(ZONE)


NUMBERS: Final = st.one_of(st.floats(), st.integers(-(10**400), 10**400), st.sampled_from([10**400, -(10**400)]))


@given(NUMBERS | st.none(), NUMBERS | st.none(), st.floats(0, 1, exclude_max=True), st.floats(1e-3, 1e6))
def test_any_numbers(retry_after: Any, seconds: Any, random: float, max_wait: float) -> None:
    """Whatever numbers come, in whatever way they were read, the wait is within the maximum."""
    quota = None if seconds is None else (0, seconds)

    wait = wait_after_429(retry_after, quota, lambda: random, max_wait)

    assert 0 <= wait <= max_wait
    if retry_after is not None and 0 <= retry_after <= max_wait:
        assert wait >= retry_after


@given(st.lists(st.tuples(st.integers(0, 3), NUMBERS, st.sampled_from(["pause", "quota"])), max_size=5))
async def test_any_numbers_for_a_limiter(said: list[tuple[int, Any, str]]) -> None:
    """Whatever a limiter is told, by a transport of one's own too, it grants permits again after the maximum."""
    time = FakeTime()
    limiter = Limiter(RateLimit(max_wait=100), clock=time, call_later=time.call_later)
    for left, seconds, how in said:
        permit = await limiter.acquire(None) if limiter.pause_left() + limiter.quota_wait() == 0 else 1
        if how == "pause":
            limiter.pause(permit, seconds)
        else:
            limiter.update_quota(permit, left, seconds)
        limiter.release(permit, was_cancelled=False)
        time.now += 100
    limiter.release(await limiter.acquire(time.now), was_cancelled=False)
