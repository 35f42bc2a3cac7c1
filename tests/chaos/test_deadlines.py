"""The semantics of time: one deadline over all that a call waits for, and whose timeout it was."""

import asyncio
from typing import Final

import pytest

from aiospectrum import (
    AmbiguousWriteError,
    Client,
    ClientStateError,
    ConnectionFailedError,
    InterruptedWriteError,
    RateLimit,
    RateLimitError,
    RequestTimeoutError,
    RetryPolicy,
    ServerError,
    Timeouts,
)
from tests.chaos.bench import CALLS, open_bench
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import cloudflare_error, good
from tests.chaos.server import ChaosServer
from tests.chaos.steps import HANG, Play, after_request, at_accept, drip, in_body, in_headers
from tests.conftest import TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST

HANGING: Final[dict[str, Play]] = {
    "before-a-response": after_request(HANG),
    "in-headers": in_headers(HANG),
    "in-a-body": in_body(HANG),
    "dripping-headers": drip(asyncio.sleep, part="head", seconds=0.01),
    "dripping-body": drip(asyncio.sleep, part="body", seconds=0.01),
}


def seconds_since(started: float) -> float:
    """How long something took."""
    return asyncio.get_running_loop().time() - started


def tls(server: ChaosServer) -> str:
    """The server as if it spoke TLS, which it does not, so that no handshake comes to an end."""
    return server.url.replace("http:", "https:")


@pytest.mark.parametrize("fault", HANGING)
async def test_the_deadline_covers_response_and_body(fault: str) -> None:
    """However slowly a response comes, and although each byte is in time, the call ends at the deadline."""
    async with (
        ChaosServer(rest=HANGING[fault]) as server,
        open_bench(server.url, timeouts=Timeouts(total=0.15)) as bench,
    ):
        with pytest.raises(RequestTimeoutError, match=r"took longer than the timeout of 0\.15 s") as caught:
            await bench.call("list")
        await server.all_closed()
        assert caught.value.attempts == 1 >= server.attempts  # which a busy machine may not have seen by then


async def test_the_deadline_leaves_a_create_open() -> None:
    """A create that the deadline cut off may have taken place."""
    async with (
        ChaosServer(rest=HANGING["in-a-body"]) as server,
        open_bench(server.url, timeouts=Timeouts(total=0.15)) as bench,
    ):
        with pytest.raises(AmbiguousWriteError, match="took longer") as caught:
            await bench.call("create")
    assert isinstance(caught.value.__cause__, RequestTimeoutError)


@pytest.mark.parametrize("is_tunnel", [False, True], ids=["handshake", "tunnel"])
async def test_a_create_without_a_connection(is_tunnel: bool) -> None:
    """What ends a create before there is a connection for it leaves nothing open, as nothing can have been sent."""
    async with ChaosServer([at_accept(HANG)] * 9) as server:
        proxy = server.url.removesuffix("/client/v4") if is_tunnel else None
        url = "https://api.example" if is_tunnel else tls(server)
        for timeouts in (Timeouts(total=0.1), Timeouts(read=0.1)):
            async with Client(
                api_token=TOKEN, base_url=url, proxy=proxy, timeout=timeouts, retry=RetryPolicy(max_attempts=1)
            ) as client:
                with pytest.raises((RequestTimeoutError, ConnectionFailedError)) as caught:
                    await client.apps.create(ZONE, REQUEST)
            assert (caught.value.was_sent, caught.value.attempts) == (False, 1)
        async with Client(api_token=TOKEN, base_url=url, proxy=proxy) as client:
            task = asyncio.ensure_future(client.apps.create(ZONE, REQUEST))
            await server.until(lambda: server.attempts == 3)
        error = task.exception()
        assert type(error) is ClientStateError


async def test_a_create_that_waits_for_a_connection() -> None:
    """Nor does one for which all connections are in use."""
    async with ChaosServer(rest=HANGING["before-a-response"]) as server:
        async with Client(api_token=TOKEN, base_url=server.url, connector_limit=1, rate_limit=None) as client:
            tasks = [asyncio.ensure_future(client.apps.create(ZONE, REQUEST)) for _ in range(2)]
            await server.until(lambda: server.attempts == 1)
            with pytest.raises(RequestTimeoutError) as caught:
                await client.with_options(timeout=0.1).apps.create(ZONE, REQUEST)
            assert caught.value.was_sent is False
        assert [type(task.exception()) for task in tasks] == [InterruptedWriteError, ClientStateError]


async def test_the_deadline_covers_connecting() -> None:
    """A connection that is not made in time ends the call."""
    async with (
        ChaosServer([at_accept(HANG)] * 9) as server,
        open_bench(tls(server), timeouts=Timeouts(total=0.15)) as bench,
    ):
        with pytest.raises(RequestTimeoutError):
            await bench.call("list")
        await server.all_closed()


@pytest.mark.parametrize("call", CALLS)
async def test_connecting_has_a_timeout_of_its_own(call: str) -> None:
    """A connection that takes too long is tried again, for a create as well, as nothing was sent."""
    async with (
        ChaosServer([at_accept(HANG)] * 9) as server,
        open_bench(tls(server), timeouts=Timeouts(connect=0.02), retry=RetryPolicy(max_attempts=2)) as bench,
    ):
        with pytest.raises(ConnectionFailedError, match="ConnectionTimeoutError") as caught:
            await bench.call(call)
        await server.until(lambda: server.attempts == 2)
        assert caught.value.attempts == 2


async def test_the_deadline_covers_all_attempts() -> None:
    """Every attempt fails long before the deadline, and still the call ends by then."""
    timeouts = Timeouts(total=0.2, read=0.02)
    async with (
        ChaosServer(rest=after_request(HANG)) as server,
        open_bench(server.url, timeouts=timeouts, retry=RetryPolicy(max_attempts=100)) as bench,
    ):
        started = asyncio.get_running_loop().time()
        with pytest.raises((RequestTimeoutError, ConnectionFailedError)) as caught:  # during an attempt, or between two
            await bench.call("list")
        assert seconds_since(started) < 5
        assert caught.value.attempts in (server.attempts, server.attempts + 1)  # the last may not have arrived
        assert caught.value.attempts >= 2
        last = caught.value.__cause__ if isinstance(caught.value, RequestTimeoutError) else caught.value
        assert isinstance(last, ConnectionFailedError)


async def test_a_wait_between_attempts_that_passes_the_deadline() -> None:
    """The call fails at once, with what failed and with how long the wait would have been."""
    policy = RetryPolicy(base_wait=1000, max_wait=1000)
    async with (
        ChaosServer(rest=cloudflare_error(522)) as server,
        open_bench(server.url, timeouts=Timeouts(total=30), retry=policy, random=lambda: 0.5) as bench,
    ):
        with pytest.raises(
            ServerError, match=r"the next attempt would be in 500\.0 s, which is after the deadline"
        ) as caught:
            await bench.call("list")
        error = caught.value
        assert (error.wait, error.attempts, server.attempts, bench.waits) == (500, 1, 1, [])


async def test_a_permit_after_the_deadline() -> None:
    """A call for which the window has no room before the deadline fails at once, and is not sent."""
    async with (
        ChaosServer() as server,
        Client(
            api_token=TOKEN, base_url=server.url, timeout=30, rate_limit=RateLimit(requests=1, per_seconds=200)
        ) as client,
    ):
        await client.protocols.list(ZONE)
        started = asyncio.get_running_loop().time()
        with pytest.raises(RequestTimeoutError, match=r"would have to wait \d+\.\d s for the rate limit") as caught:
            await client.protocols.list(ZONE)
        assert seconds_since(started) < 5
        assert caught.value.wait == pytest.approx(200, abs=5)
        assert (caught.value.attempts, caught.value.was_sent, server.attempts) == (0, False, 1)


async def test_the_deadline_covers_queueing() -> None:
    """A call that gets no slot before the deadline ends by then, and reports that nothing was sent."""
    async with (
        ChaosServer(rest=after_request(HANG)) as server,
        Client(api_token=TOKEN, base_url=server.url, rate_limit=RateLimit(in_flight=1)) as client,
    ):
        first = asyncio.create_task(client.protocols.list(ZONE))
        await server.until(lambda: server.attempts == 1)
        with pytest.raises(RequestTimeoutError) as caught:
            await client.with_options(timeout=0.15).apps.create(ZONE, CALLS["create"].body)
        assert (caught.value.attempts, caught.value.was_sent, server.attempts) == (0, False, 1)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_pause_that_passes_the_deadline() -> None:
    """A long Retry-After fails at once the call that met it, those in the queue and those that come after."""
    async with (
        ChaosServer(rest=rate_limited("300")) as server,
        Client(api_token=TOKEN, base_url=server.url, rate_limit=RateLimit(in_flight=1), timeout=30) as client,
    ):
        started = asyncio.get_running_loop().time()
        calls = (client.protocols.list(ZONE) for _ in range(5))
        first, *queued = await asyncio.gather(*calls, return_exceptions=True)
        with pytest.raises(RequestTimeoutError) as late:
            await client.protocols.list(ZONE)
        assert seconds_since(started) < 5
        assert isinstance(first, RateLimitError)
        assert first.attempts == 1
        assert first.retry_after == 300
        for error in (first, *queued, late.value):
            assert isinstance(error, RateLimitError | RequestTimeoutError)
            assert error.wait == pytest.approx(302.5, abs=3)
        assert server.attempts == 1


async def test_no_deadline() -> None:
    """Without a timeout nothing is too late."""
    async with (
        ChaosServer([drip(lambda _: asyncio.sleep(0))]) as server,
        Client(api_token=TOKEN, base_url=server.url, timeout=None) as client,
    ):
        assert await client.protocols.list(ZONE) == []


@pytest.mark.parametrize("rate_limit", [RateLimit(), RateLimit(in_flight=1), None], ids=["sent", "queued", "unlimited"])
async def test_a_callers_timeout_is_distinct(rate_limit: RateLimit | None) -> None:
    """The end of a caller's own timeout is a TimeoutError, and no error of ours is one."""
    async with (
        ChaosServer([after_request(HANG)] * 2) as server,
        Client(api_token=TOKEN, base_url=server.url, rate_limit=rate_limit, timeout=20) as client,
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await asyncio.gather(client.protocols.list(ZONE), client.protocols.list(ZONE))
        await server.all_closed()
    assert not issubclass(RequestTimeoutError, TimeoutError)


async def test_our_timeout_is_distinct() -> None:
    """The end of our deadline within a caller's longer timeout is our error, and the caller's goes on."""
    async with (
        ChaosServer(lambda request: good() if "protocols" in request.target else after_request(HANG)) as server,
        Client(api_token=TOKEN, base_url=server.url, timeout=20) as client,
        asyncio.timeout(20) as callers,
    ):
        with pytest.raises(RequestTimeoutError):
            await client.with_options(timeout=0.15).apps.list(ZONE)
        assert await client.protocols.list(ZONE) == []
    assert not callers.expired()


async def test_both_timeouts_at_once() -> None:
    """When both end in one step of the loop, the caller's counts, as it is the outer one."""
    async with ChaosServer([after_request(HANG)]) as server, Client(api_token=TOKEN, base_url=server.url) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15) as callers:
                await client.with_options(timeout=0.15).protocols.list(ZONE)
    assert callers.expired()
