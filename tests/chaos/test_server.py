"""The server itself: what it records, how scripts are followed, and that nothing of it is left."""

import asyncio
import gc

import pytest

from tests.chaos.raw_client import connect, request, talk
from tests.chaos.responses import cloudflare_error, echo_response, good, unsuccessful
from tests.chaos.seen import RequestSeen
from tests.chaos.server import ChaosServer, refused_url
from tests.chaos.steps import CLOSE, HANG, RESET, Play, Step, after_request, at_accept, before_request, during_request

GOOD = good().encode()


async def test_records_a_request() -> None:
    """A request is recorded with all its parts and the loop's time."""
    sent = request("POST", "X-Two: a", "x-two:  b ", body=b'{"a":1}')
    async with ChaosServer() as server:
        before = asyncio.get_running_loop().time()
        assert await talk(server.url, sent) == (GOOD, "eof")
        after = asyncio.get_running_loop().time()
    (seen,) = server.requests
    assert (seen.method, seen.target, seen.body, seen.raw) == ("POST", "/client/v4/zones", b'{"a":1}', sent)
    assert seen.headers[:3] == (("Host", "localhost"), ("X-Two", "a"), ("x-two", "b"))
    assert seen.values("X-TWO") == ["a", "b"]
    assert (seen.connection, seen.complete) == (1, True)
    assert before <= seen.arrived_at <= after


async def test_keeps_connections_alive() -> None:
    """Requests on one connection get their responses one after another, also when they come at once or in pieces."""
    async with ChaosServer() as server, connect(server.url) as client:
        await client.send(request(close=False))
        assert await client.receive(len(GOOD)) == GOOD
        await client.send(request("PUT", body=b"one", close=False) + request("PUT", body=b"two", close=False))
        assert await client.receive(2 * len(GOOD)) == 2 * GOOD
        last = request("PUT", body=b"x" * 300_000)
        await client.send(last[:5])
        await client.send(last[5:40])
        await client.send(last[40:])
        assert await client.listen() == (GOOD, "eof")
    assert [seen.connection for seen in server.requests] == [1, 1, 1, 1]
    assert [len(seen.body) for seen in server.requests] == [0, 3, 3, 300_000]
    assert [seen.requests for seen in server.connections] == [4]


async def test_follows_a_list() -> None:
    """Each request meets the next step, and the responses after the last are the same."""
    steps: list[Play] = [cloudflare_error(522), after_request(RESET), at_accept(CLOSE), good([1])]
    async with ChaosServer(steps, rest=unsuccessful()) as server:
        received = [await talk(server.url, request()) for _ in range(6)]
    rest = (unsuccessful().encode(), "eof")
    assert received == [
        (cloudflare_error(522).encode(), "eof"),
        (b"", "reset"),
        (b"", "eof"),
        (good([1]).encode(), "eof"),
        rest,
        rest,
    ]
    assert (len(server.requests), server.attempts) == (5, 6)
    assert [(request is None, step.name) for request, step in server.performed][:3] == [
        (False, "cloudflare-522"),
        (False, "reset-after-request"),
        (True, "close-at-accept"),
    ]


async def test_asks_a_function() -> None:
    """A function sees each whole request and chooses, and another one chooses among connections."""

    def choose(seen: RequestSeen) -> Play:
        return before_request(RESET) if seen.body == b"bad" else echo_response(seen)

    def accept(number: int) -> Step | None:
        return at_accept(RESET) if number == 2 else None

    async with ChaosServer(choose, accept=accept) as server:
        received, _ = await talk(server.url, request("PUT", body=b"mine"))
        assert b'"body":"mine"' in received
        assert await talk(server.url, request()) == (b"", "reset")
        assert await talk(server.url, request("PUT", body=b"bad")) == (b"", "reset")
    assert [seen.body for seen in server.requests] == [b"mine", b"bad"]
    assert server.attempts == 3


@pytest.mark.parametrize(
    ("step", "method", "complete"),
    [
        pytest.param(before_request(CLOSE), "POST", False, id="before"),
        pytest.param(during_request(CLOSE, after=10), "POST", False, id="during"),
        pytest.param(after_request(CLOSE), "POST", True, id="after"),
    ],
)
async def test_records_requests_that_are_not_read(step: Step, method: str, complete: bool) -> None:
    """A request counts also when the server left without reading it."""
    async with ChaosServer([step]) as server:
        assert await talk(server.url, request("POST", body=b"x" * 100)) == (b"", "eof")
    assert [(seen.method, seen.complete) for seen in server.requests] == [(method, complete)]


@pytest.mark.parametrize("after", [1, 40, 300_000])
async def test_leaves_within_a_request(after: int) -> None:
    """The step in the middle of a request begins when so many bytes are there, and not before."""
    sent = request("POST", body=b"x" * 500_000)
    async with ChaosServer([during_request(RESET, after=after)]) as server, connect(server.url) as client:
        await client.send(sent[: after - 1])
        async with connect(server.url) as later:  # a round trip, so that the server has seen the bytes
            await later.send(request("HEAD"))
            if after > 1:
                assert await later.listen() == (GOOD, "eof")
                assert server.connections[0].ended is None
                await client.send(sent[after - 1 : after])
                assert await client.listen() == (b"", "reset")
            else:
                assert await later.listen() == (b"", "reset")
    assert server.performed[-1][1].name in ("reset-during-request", "good")


async def test_records_how_connections_end() -> None:
    """Each connection says who ended it and how."""
    async with ChaosServer([after_request(RESET), after_request(CLOSE), after_request(HANG)]) as server:
        await talk(server.url, request())
        await talk(server.url, request())
        async with connect(server.url) as hanging:
            await hanging.send(request())
            async with connect(server.url):
                pass
            async with connect(server.url) as rude:
                await rude.send(request(close=False))
                await rude.receive(len(GOOD))
                rude.reset()
            async with connect(server.url) as half:
                await half.send(request()[:-3])
            await server.until(lambda: len(server.connections) == 6 and server.open_connections == 1)
            assert server.connections[2].ended is None
        await server.all_closed()
    assert [seen.ended for seen in server.connections] == [
        "server reset",
        "server closed",
        "client closed",
        "client closed",
        "client reset",
        "client closed",
    ]
    assert [seen.complete for seen in server.requests] == [True, True, True, True, False]
    assert all(seen.closed_at is not None and seen.closed_at >= seen.opened_at for seen in server.connections)


async def test_leaves_nothing() -> None:
    """After the block there is no task, no connection and no listener, also with handlers that hang."""
    tasks = asyncio.all_tasks()
    async with ChaosServer([after_request(HANG), at_accept(HANG)]) as server:
        hanging = [asyncio.create_task(talk(server.url, request())) for _ in range(2)]
        await server.until(lambda: server.attempts == 2)
        assert server.open_connections == 2
    assert asyncio.all_tasks() - tasks <= set(hanging)
    assert server.open_connections == 0
    assert {data for data, _ in await asyncio.gather(*hanging)} == {b""}
    assert {seen.ended for seen in server.connections} == {"server exit"}
    with pytest.raises(ConnectionRefusedError):
        await talk(server.url, b"")


@pytest.mark.parametrize("rounds", range(8))
async def test_leaves_while_a_connection_comes(rounds: int) -> None:
    """Whichever round of the loop the server leaves in, a connection that is being accepted is closed, not leaked."""
    async with ChaosServer() as server:
        coming = asyncio.create_task(talk(server.url, request()))
        for _ in range(rounds):
            await asyncio.sleep(0)
    await asyncio.gather(coming, return_exceptions=True)
    gc.collect()  # what was leaked warns here, and a warning is an error
    assert server.open_connections == 0


async def test_many_connections_at_once() -> None:
    """A thousand connections are served and gone again, some of which come when the server is leaving."""
    late: list[asyncio.Task[object]] = []
    async with ChaosServer(lambda seen: after_request(RESET) if seen.values("X-Bad") else good()) as server:
        sent = [request("GET", "X-Bad: 1") if index % 5 == 0 else request() for index in range(1000)]
        for start in range(0, len(sent), 200):
            received = await asyncio.gather(*(talk(server.url, each) for each in sent[start : start + 200]))
            assert received.count((b"", "reset")) == 40
            assert received.count((GOOD, "eof")) == 160
        late = [asyncio.create_task(talk(server.url, request())) for _ in range(50)]
        await asyncio.sleep(0)
    await asyncio.gather(*late, return_exceptions=True)
    assert server.open_connections == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


def broken(_: RequestSeen) -> Play:
    raise ZeroDivisionError("a mistake in the script")


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        pytest.param(request(), ZeroDivisionError, id="script"),
        pytest.param(b"nonsense\r\n\r\n", ValueError, id="request-line"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", ValueError, id="version"),
        pytest.param(request("GET", "no colon"), ValueError, id="header"),
        pytest.param(request("PUT", "Content-Length: x"), ValueError, id="length"),
        pytest.param(request("PUT", "Content-Length: 1", body=b"x"), ValueError, id="two-lengths"),
        pytest.param(request("PUT", "Transfer-Encoding: chunked"), ValueError, id="chunked"),
    ],
)
async def test_reports_its_own_failures(sent: bytes, error: type[Exception]) -> None:
    """A mistake in a script, and a request that is no HTTP, fail the test that uses the server."""
    with pytest.raises(ExceptionGroup) as caught:
        async with ChaosServer(broken) as server:
            assert (await talk(server.url, sent))[0] == b""
    assert [type(each) for each in caught.value.exceptions] == [error]
    assert server.open_connections == 0


async def test_refuses() -> None:
    """Nobody listens at a refused URL, nor at a server's own while it refuses; its open connections live on."""
    with refused_url() as url, pytest.raises(ConnectionRefusedError):
        await talk(url, b"")
    async with ChaosServer() as server, connect(server.url) as client:
        await client.send(request(close=False))
        assert await client.receive(len(GOOD)) == GOOD
        async with server.refusing():
            with pytest.raises(ConnectionRefusedError):
                await talk(server.url, b"")
            await client.send(request(close=False))
            assert await client.receive(len(GOOD)) == GOOD
        assert await talk(server.url, request()) == (GOOD, "eof")
