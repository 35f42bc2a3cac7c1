"""Connections that are used again: their end costs nothing, and nothing that came on an idle one is a response."""

import asyncio
import itertools
import socket
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import pytest

from aiospectrum import (
    AmbiguousWriteError,
    AttemptEnded,
    AttemptHook,
    AttemptStarted,
    Client,
    ConnectionFailedError,
    DeletedApp,
    Limiter,
    RateLimit,
    RetryPolicy,
    Timeouts,
)
from aiospectrum.endpoints import create_app, get_app
from tests.chaos.bench import open_bench
from tests.chaos.responses import good, unsuccessful
from tests.chaos.seen import RequestSeen
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, RESET, Play, after_request, before_request, during_request, in_status_line, send
from tests.chaos.talkative import talkative
from tests.conftest import APP, TOKEN, ZONE
from tests.fake_time import FakeTime
from tests.generated.test_endpoints import REQUEST, WIRE_APP
from tests.transports import open_transport

ENDS: Final[dict[str, Play]] = {
    "close": after_request(CLOSE),
    "reset": after_request(RESET),
    "close-at-once": before_request(CLOSE),
    "reset-half-way": during_request(RESET),
}
"""How a server ends a connection that it has promised to keep."""


def ending(end: Play, *, after: int = 1, response: Play | None = None) -> Callable[[RequestSeen], Play]:
    """Give each connection so many responses, and meet the next request with its end."""
    counts = Counter[int]()

    def choose(request: RequestSeen) -> Play:
        counts[request.connection] += 1
        return (response or good(WIRE_APP)) if counts[request.connection] <= after else end

    return choose


@pytest.mark.parametrize(("after", "attempts"), [(1, 1), (3, 4)])
@pytest.mark.parametrize("rate_limit", [RateLimit(), None], ids=["limited", "unlimited"])
@pytest.mark.parametrize("end", ENDS)
async def test_three_hundred_calls(end: str, after: int, rate_limit: RateLimit | None, attempts: int) -> None:
    """However a server ends its kept connections, all of 300 calls succeed, without a wait or a token for retries."""
    policy = RetryPolicy(max_attempts=attempts, budget=1, retry_cost=1)
    limiter = None if rate_limit is None else Limiter(rate_limit)
    async with (
        ChaosServer(ending(ENDS[end], after=after, response=good())) as server,
        open_bench(server.url, retry=policy, limiter=limiter) as bench,
    ):
        slots = asyncio.Semaphore(50)

        async def call(name: str) -> int:
            async with slots:
                return (await bench.call(name)).attempts

        names = itertools.islice(itertools.cycle(["list", "get", "update", "delete"]), 300)
        made = await asyncio.gather(*map(call, names))
        assert bench.waits == []
        assert set(made) <= {1, 2}
        assert sum(made) == server.attempts > 300
    assert server.open_connections == 0


async def test_three_hundred_calls_through_a_proxy() -> None:
    """An HTTP proxy that ends its kept connections is no different."""
    async with ChaosServer(ending(ENDS["close"])) as proxy:
        where = proxy.url.removesuffix("/client/v4")
        async with Client(
            api_token=TOKEN, base_url="http://api.example", allow_http=True, proxy=where, retry=RetryPolicy(budget=0)
        ) as client:
            for _ in range(30):
                assert (await client.apps.get(ZONE, APP)).id == APP
        assert {request.target for request in proxy.requests} == {
            f"http://api.example/zones/{ZONE}/spectrum/apps/{APP}"
        }


async def test_the_budget_is_as_it_was() -> None:
    """After a resend, a failure of another kind still has all the attempts and tokens that it would have had."""
    bad = after_request(CLOSE)
    script = [good(), bad, bad, bad, bad, good()]
    async with (
        ChaosServer(script) as server,
        open_bench(server.url, retry=RetryPolicy(max_attempts=4, budget=3, retry_cost=1)) as bench,
    ):
        await bench.call("list")
        assert (await bench.call("list")).attempts == 5
        assert len(bench.waits) == 3
        assert server.attempts == 6


async def test_a_resend_happens_once() -> None:
    """It goes over a new connection, and when that fails too, the call fails as any other does."""
    async with (
        ChaosServer([good(), *[after_request(CLOSE)] * 9]) as server,
        open_bench(server.url, retry=RetryPolicy(max_attempts=1)) as bench,
    ):
        await bench.call("list")
        with pytest.raises(ConnectionFailedError) as caught:
            await bench.call("list")
        assert (caught.value.attempts, caught.value.was_stale, server.attempts) == (2, False, 3)
        assert len({request.connection for request in server.requests[1:]}) == 2


async def test_a_byte_of_a_response_makes_it_a_failure() -> None:
    """A connection that ends within the status line has begun to respond."""
    async with (
        ChaosServer([good(), in_status_line(CLOSE)]) as server,
        open_bench(server.url, retry=RetryPolicy(max_attempts=1)) as bench,
    ):
        await bench.call("list")
        with pytest.raises(ConnectionFailedError) as caught:
            await bench.call("list")
        assert (caught.value.attempts, caught.value.was_stale, server.attempts) == (1, False, 2)


async def test_a_delete_that_was_resent() -> None:
    """It may have been carried out before the connection ended, so that a 404 counts as deleted."""
    script = [good(WIRE_APP), after_request(CLOSE), unsuccessful(status=404)]
    async with (
        ChaosServer(script) as server,
        Client(api_token=TOKEN, base_url=server.url, retry=RetryPolicy(max_attempts=1)) as client,
    ):
        await client.apps.get(ZONE, APP)
        assert await client.apps.delete(ZONE, APP) == DeletedApp(id=APP)


async def test_a_hook_sees_both() -> None:
    """The attempt that found the connection gone is one, and so is the resend."""
    seen: list[tuple[int, bool | None]] = []

    def hook(started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        def end(ended: AttemptEnded) -> None:
            is_stale = ended.error.was_stale if isinstance(ended.error, ConnectionFailedError) else None
            seen.append((started.attempt, is_stale))

        return end

    watch: AttemptHook = hook
    async with (
        ChaosServer(ending(after_request(CLOSE))) as server,
        Client(api_token=TOKEN, base_url=server.url, on_attempt=watch) as client,
    ):
        await client.apps.get(ZONE, APP)
        await client.apps.get(ZONE, APP)
    assert seen == [(1, None), (1, True), (2, None)]


async def test_a_create_on_a_kept_connection() -> None:
    """It is not sent again, as it may have taken place."""
    async with (
        ChaosServer(ending(after_request(CLOSE))) as server,
        Client(api_token=TOKEN, base_url=server.url) as client,
    ):
        await client.apps.get(ZONE, APP)
        with pytest.raises(AmbiguousWriteError) as caught:
            await client.apps.create(ZONE, REQUEST)
        assert isinstance(caught.value.__cause__, ConnectionFailedError)
        assert server.attempts == 2


@pytest.mark.parametrize("seconds", [2.0, 2.1])
async def test_a_create_goes_over_a_young_connection(seconds: float) -> None:
    """A create uses no connection that was used more than two seconds ago; other calls do."""
    time = FakeTime()
    async with ChaosServer(rest=good(WIRE_APP)) as server, open_transport(server.url, kept=time) as transport:
        await get_app(transport, ZONE, APP)
        time.now += 5
        await get_app(transport, ZONE, APP)
        time.now += seconds
        await create_app(transport, ZONE, REQUEST)
        await get_app(transport, ZONE, APP)
    assert [request.connection for request in server.requests] == ([1, 1, 1, 1] if seconds == 2 else [1, 1, 2, 2])


async def test_without_keep_alive() -> None:
    """Every request has a connection of its own, which is closed after the response."""
    async with (
        ChaosServer(ending(after_request(CLOSE))) as server,
        Client(api_token=TOKEN, base_url=server.url, keep_alive=False) as client,
    ):
        for _ in range(3):
            await client.apps.get(ZONE, APP)
            await client.apps.create(ZONE, REQUEST)
        await server.all_closed()
        assert [request.connection for request in server.requests] == [1, 2, 3, 4, 5, 6]
        assert {value for request in server.requests for value in request.values("Connection")} == {"close"}


# ── Bytes on an idle connection ──────────────────────────────────────────────────────────────────────────────────────

UNASKED = good({"id": "not for you"}).encode()
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def say(data: bytes) -> Callable[[socket.socket], None]:
    """Send something that nobody has asked for."""
    return lambda connection: connection.sendall(data)


def say_and_close(connection: socket.socket) -> None:
    """Send what some servers send before they close an idle connection."""
    connection.sendall(TIMED_OUT)
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """End the connection with an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


IDLE: Final[dict[str, Callable[[Any], None]]] = {
    "response": say(UNASKED),
    "two-responses": say(UNASKED * 2),
    **{f"first-{length}-bytes": say(UNASKED[:length]) for length in (1, 8, 15, 17, 60, len(UNASKED) - 1)},
    "timed-out": say(TIMED_OUT),
    "timed-out-and-close": say_and_close,
    "interim": say(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "garbage": say(b"garbage\r\n\r\n"),
    "newline": say(b"\r\n"),
    "zeros": say(bytes(64)),
    "large": say(UNASKED[:-1] + b" " * (1 << 18)),
    "close": lambda connection: connection.shutdown(socket.SHUT_RDWR),
    "reset": reset,
}
"""What a server does to a connection on which nothing has been asked."""


@pytest.mark.parametrize("call", ["list", "create"])
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "waiting"])
@pytest.mark.parametrize("what", IDLE)
async def test_bytes_on_an_idle_connection(what: str, is_read: bool, call: str) -> None:
    """Whatever came on it, read by the loop or waiting in the socket: the connection is closed, not used again."""
    with talkative(IDLE[what]) as server:
        async with open_bench(server.url, timeouts=Timeouts(total=20), retry=RetryPolicy(max_attempts=1)) as bench:
            await bench.call("list")
            server.may_speak.set()
            assert server.has_spoken.wait(20)  # in which the loop stands still
            await asyncio.sleep(0.02 if is_read else 0)
            response = await bench.call(call)
        assert response.result == {"id": "1", "connection": 2}
        assert (response.attempts, server.connections) == (1, [1, 2])


@pytest.mark.parametrize("cut", [None, 1, 20], ids=["whole", "one-byte", "some"])
async def test_bytes_right_after_a_response(cut: int | None) -> None:
    """What comes in one piece with the response is not taken for the next one either."""
    sent = good({"id": "1"}).encode() + UNASKED[:cut]
    async with ChaosServer([send(sent, name="more")], rest=good(WIRE_APP)) as server, open_bench(server.url) as bench:
        assert (await bench.call("get")).result == {"id": "1"}
        assert (await bench.call("get")).result == WIRE_APP
