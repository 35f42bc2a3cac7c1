"""The semantics of rates: Retry-After, the shared pause, the limiter, the retry budget, and policies for calls."""

import asyncio
from typing import Final

import attrs
import pytest

from aiospectrum import (
    Client,
    Limiter,
    RateLimit,
    RateLimitError,
    RequestTimeoutError,
    RetryPolicy,
    ServerError,
    Timeouts,
)
from tests.chaos.bench import CALLS, begin, open_bench, until
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import cloudflare_error, good
from tests.chaos.server import ChaosServer
from tests.chaos.steps import HANG, after_request, hold
from tests.conftest import TOKEN, ZONE
from tests.fake_time import FakeTime, settle

FOREVER: Final = Timeouts(total=None)


def fake_limiter(limit: RateLimit | None = None) -> tuple[Limiter, FakeTime]:
    """A limiter whose time is the test's."""
    time = FakeTime()
    return Limiter(limit, clock=time, call_later=time.call_later), time


async def test_a_429_stops_everybody_who_shares_the_limiter() -> None:
    """A 429 to one client stops another one until the pause ends; then one request is sent, and the rest after it."""
    limiter, time = fake_limiter()
    go = asyncio.Event()
    async with (
        ChaosServer([rate_limited("7"), hold(go.wait)]) as server,
        open_bench(server.url, timeouts=FOREVER, limiter=limiter) as one,
        open_bench(server.url, timeouts=FOREVER, limiter=limiter) as other,
    ):
        calls = begin(one, "update")
        await server.until(lambda: server.attempts == 1)
        await until(lambda: limiter.pause_left() > 0)
        calls += begin(other, "list", "create", "delete") + begin(one, "get")
        await settle()
        assert (limiter.pause_left(), limiter.queued) == (7, 5)
        await time.pass_by(6.75)
        assert (limiter.in_flight, limiter.queued, server.attempts) == (0, 5, 1)
        await time.pass_by(0.25)
        await server.until(lambda: server.attempts == 2)
        await time.pass_by(100)
        assert (limiter.in_flight, limiter.queued, server.attempts) == (1, 4, 2)
        go.set()
        await asyncio.gather(*calls)
        assert [request.method for request in server.requests[:2]] == ["PUT", "PUT"]
        assert server.attempts == 6
    assert (limiter.in_flight, limiter.queued, time.pending) == (0, 0, [])


async def test_a_probe_that_fails_leaves_room_for_the_next() -> None:
    """When the first request after a pause is cancelled the next one probes, and no call waits for ever."""
    limiter, time = fake_limiter()
    async with (
        ChaosServer([rate_limited("7"), after_request(HANG)]) as server,
        open_bench(server.url, timeouts=FOREVER, limiter=limiter) as bench,
    ):
        (first,) = begin(bench, "list")
        await until(lambda: limiter.queued == 1)
        (second,) = begin(bench, "get")
        await settle()
        await time.pass_by(7)
        await server.until(lambda: server.attempts == 2)
        assert limiter.queued == 1
        first.cancel()
        assert (await second).attempts == 1
        assert first.cancelled()
        assert (await bench.call("list")).attempts == 1
    assert (limiter.in_flight, limiter.queued, time.pending) == (0, 0, [])


async def test_responses_to_requests_from_before_the_pause() -> None:
    """A 429 to a request that was under way when the pause began does not extend it."""
    limiter, time = fake_limiter()
    go = asyncio.Event()
    async with (
        ChaosServer([hold(go.wait, rate_limited("300")), rate_limited("7")]) as server,
        open_bench(server.url, timeouts=FOREVER, limiter=limiter) as bench,
    ):
        calls = begin(bench, "list")
        await server.until(lambda: server.attempts == 1)
        calls += begin(bench, "get")
        await until(lambda: limiter.queued == 1)
        go.set()
        await until(lambda: limiter.queued == 2)
        assert limiter.pause_left() == 7
        await time.pass_by(7)
        await asyncio.gather(*calls)


async def test_a_pause_holds_back_what_would_wait_for_a_connection() -> None:
    """With fewer connections than requests in flight, none that waits for one is sent during a pause."""
    async with (
        ChaosServer([rate_limited("300")]) as server,
        Client(api_token=TOKEN, base_url=server.url, connector_limit=1, timeout=30) as client,
    ):
        errors = await asyncio.gather(*(client.protocols.list(ZONE) for _ in range(10)), return_exceptions=True)
        assert {type(error) for error in errors} == {RateLimitError, RequestTimeoutError}
        assert server.attempts == 1


async def test_the_field_slows_down() -> None:
    """When a good response says that nothing is left, the next request waits for as long as it says."""
    limiter, time = fake_limiter()
    used_up = good(headers=(("Ratelimit", '"default";r=0;t=12'),))
    async with ChaosServer([used_up]) as server, open_bench(server.url, timeouts=FOREVER, limiter=limiter) as bench:
        await bench.call("list")
        calls = begin(bench, "get")
        await time.pass_by(11.75)
        assert (limiter.in_flight, limiter.queued) == (0, 1)
        await time.pass_by(0.25)
        await asyncio.gather(*calls)


async def test_the_field_never_speeds_up() -> None:
    """However much a response says is left, the limiter's own window holds, for clients that share it together."""
    limiter, time = fake_limiter(RateLimit(requests=2, per_seconds=100))
    plenty = good(headers=(("Ratelimit", '"default";r=999999;t=1'),))
    async with (
        ChaosServer(rest=plenty) as server,
        open_bench(server.url, timeouts=FOREVER, limiter=limiter) as one,
        open_bench(server.url, timeouts=FOREVER, limiter=limiter) as other,
    ):
        await one.call("list")
        await other.call("get")
        calls = begin(one, "list") + begin(other, "create")
        await time.pass_by(99.75)
        assert (limiter.queued, server.attempts) == (2, 2)
        await time.pass_by(0.25)
        await asyncio.gather(*calls)


async def test_a_limiter_that_is_off() -> None:
    """Without a limiter a 429 is waited for by the call that met it alone."""
    waits = asyncio.Event()
    async with (
        ChaosServer([rate_limited("7")]) as server,
        open_bench(server.url, timeouts=FOREVER, between=waits.wait) as bench,
    ):
        (first,) = begin(bench, "list")
        await server.until(lambda: server.attempts == 1)
        await until(lambda: bool(bench.waits))
        for call in CALLS:
            assert (await bench.call(call)).attempts == 1
        assert not first.done()
        waits.set()
        await first
        assert (bench.waits, server.attempts) == ([7], 2 + len(CALLS))


async def test_no_more_in_flight_than_allowed() -> None:
    """Two clients with one limiter have no more requests under way than it allows."""
    limiter = Limiter(RateLimit(in_flight=3))
    most = 0

    async def look() -> None:
        nonlocal most
        most = max(most, server.open_connections)
        await asyncio.sleep(0)

    async with (
        ChaosServer(rest=hold(look)) as server,
        Client(api_token=TOKEN, base_url=server.url, rate_limit=limiter) as one,
        Client(api_token=TOKEN, base_url=server.url, rate_limit=limiter) as other,
    ):
        await asyncio.gather(*(client.protocols.list(ZONE) for client in (one, other) * 20))
    assert len(server.requests) == 40
    assert 1 <= most <= 6  # each client keeps the connections that it has had open


async def test_an_outage_is_not_multiplied() -> None:
    """Of 1,000 calls that all fail, only the first few dozen are attempted again."""
    slots = asyncio.Semaphore(50)
    async with ChaosServer(rest=cloudflare_error(522)) as server, open_bench(server.url) as bench:

        async def fail() -> None:
            async with slots:
                with pytest.raises(ServerError):
                    await bench.call("list")

        async with asyncio.TaskGroup() as group:
            for _ in range(1000):
                group.create_task(fail())
        assert server.attempts == 1000 + RetryPolicy().budget // RetryPolicy().retry_cost


async def test_a_client_that_is_opened_again_has_all_its_budget() -> None:
    """Whatever it has spent before."""
    async with ChaosServer(rest=cloudflare_error(522)) as server:
        client = Client(
            api_token=TOKEN, base_url=server.url, retry=RetryPolicy(max_attempts=9, base_wait=0, budget=2, retry_cost=1)
        )
        for _ in range(2):
            before = server.attempts
            async with client:
                for attempts in (3, 1):
                    with pytest.raises(ServerError) as caught:
                        await client.protocols.list(ZONE)
                    assert caught.value.attempts == attempts
            assert server.attempts - before == 4


async def test_the_budget_fills_again() -> None:
    """After an outage, calls that succeed at once pay for further attempts."""
    policy = RetryPolicy(budget=2, retry_cost=2)
    bad = cloudflare_error(522)
    script = [bad, good(), bad, good(), good(), bad, good()]
    async with ChaosServer(script) as server, open_bench(server.url, retry=policy) as bench:
        assert (await bench.call("list")).attempts == 2
        with pytest.raises(ServerError):
            await bench.call("list")
        for _ in range(2):
            assert (await bench.call("list")).attempts == 1
        assert (await bench.call("list")).attempts == 2


async def test_a_429_costs_no_budget() -> None:
    """The budget is for failures of the service, and a 429 is none."""
    async with (
        ChaosServer([rate_limited("0")] * 3) as server,
        open_bench(server.url, retry=RetryPolicy(budget=0)) as bench,
    ):
        assert (await bench.call("list")).attempts == 4


async def test_policies_of_a_client_and_of_a_call() -> None:
    """Each policy is set for a client and for single calls, which leave the client's own as it was."""
    retry, rate_limit = RetryPolicy(max_attempts=2, base_wait=0), RateLimit(requests=8, per_seconds=300)
    async with (
        ChaosServer(rest=cloudflare_error(522)) as server,
        Client(api_token=TOKEN, base_url=server.url, retry=retry, rate_limit=rate_limit, timeout=20) as client,
    ):
        for calls, attempts in (
            (client, 2),
            (client.with_options(retry=RetryPolicy(max_attempts=1)), 1),
            (client.with_options(retry=RetryPolicy(max_attempts=3, base_wait=0)), 3),
            (client, 2),
        ):
            with pytest.raises(ServerError) as caught:
                await calls.protocols.list(ZONE)
            assert caught.value.attempts == attempts
        with pytest.raises(RequestTimeoutError, match="for the rate limit"):
            await client.protocols.list(ZONE)
        with pytest.raises(ServerError):
            await client.with_options(rate_limit=None).protocols.list(ZONE)
        assert server.attempts == 10


@pytest.mark.parametrize("policy", [RetryPolicy(), RateLimit(), Timeouts()], ids=lambda policy: type(policy).__name__)
def test_policies_do_not_change(policy: object) -> None:
    """A policy that clients share cannot be changed behind their backs."""
    name = attrs.fields(type(policy))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(policy, name, 1)
