"""Steps that end, delay or keep a connection, seen by a client that knows no HTTP."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos import responses, steps
from tests.chaos.raw_client import connect, request, talk
from tests.chaos.reading import by_http_client, head_of
from tests.chaos.responses import good
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, HANG, RESET, Act, Play, Step

GOOD = good().encode()
HEAD, BODY = good().head(), good().body


PLACES: list[Any] = [
    pytest.param(steps.at_accept, b"", id="accept"),
    pytest.param(steps.before_request, b"", id="before"),
    pytest.param(steps.during_request, b"", id="during"),
    pytest.param(steps.after_request, b"", id="after"),
    pytest.param(steps.in_status_line, b"HTTP/1.1 2", id="status-line"),
    pytest.param(steps.in_headers, HEAD[: len(HEAD) // 2], id="headers"),
    pytest.param(steps.in_body, HEAD + BODY[: len(BODY) // 2], id="body"),
]


@pytest.mark.parametrize(("make", "expected"), PLACES)
@pytest.mark.parametrize(("end", "received"), [(RESET, "reset"), (CLOSE, "eof")], ids=["reset", "close"])
async def test_ends_at(make: Callable[[Act], Step], expected: bytes, end: Act, received: str) -> None:
    """A connection ends at the requested place and in the requested way, and only that connection."""
    async with ChaosServer([make(end)]) as server:
        assert await talk(server.url, request()) == (expected, received)
        assert await talk(server.url, request()) == (GOOD, "eof")
    assert server.connections[0].ended == ("server reset" if end is RESET else "server closed")
    assert len(server.requests) == server.attempts - (make is steps.at_accept)


@pytest.mark.parametrize(("make", "expected"), PLACES)
async def test_hangs_at(make: Callable[[Act], Step], expected: bytes) -> None:
    """A server that hangs says no more, responses others, and lets go when it exits."""
    async with ChaosServer([make(HANG)]) as server:
        hanging = asyncio.create_task(talk(server.url, request()))
        await server.until(lambda: server.attempts == 1)
        assert await talk(server.url, request()) == (GOOD, "eof")
        await server.until(lambda: server.open_connections == 1)
        assert not hanging.done()
    data, _ = await hanging
    assert data == expected
    assert server.connections[0].ended == "server exit"


@pytest.mark.parametrize(("make", "expected"), PLACES)
async def test_hangs_until_the_client_leaves(make: Callable[[Act], Step], expected: bytes) -> None:
    """A client that gives up is noticed, wherever the server hangs."""
    async with ChaosServer([make(HANG)]) as server:
        async with connect(server.url) as client:
            await client.send(request())
            assert await client.receive(len(expected)) == expected
            await server.until(lambda: server.attempts == 1)
        await server.all_closed()
    assert server.connections[0].ended in ("client closed", "client reset")


@pytest.mark.parametrize("part", ["head", "body"])
async def test_drips(part: str) -> None:
    """A drip is a byte, then a wait, then the next byte."""
    waits: list[float] = []
    gate = asyncio.Semaphore(0)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await gate.acquire()

    dripped, rest = (HEAD, BODY) if part == "head" else (BODY, b"")
    async with ChaosServer([steps.drip(sleep, part=part)]) as server, connect(server.url) as client:
        await client.send(request())
        if part == "body":
            assert await client.receive(len(HEAD)) == HEAD
        for index in range(len(dripped)):
            assert await client.receive(1) == dripped[index : index + 1]
            assert len(waits) <= index + 1
            gate.release()
        assert await client.listen() == (rest, "eof")
    assert waits == [1.0] * len(dripped)


async def test_drip_ends_with_the_client() -> None:
    """A client that leaves ends the wait between two bytes."""
    async with ChaosServer([steps.drip(lambda _: asyncio.Event().wait())]) as server:
        async with connect(server.url) as client:
            await client.send(request())
            assert await client.receive(len(HEAD) + 1) == HEAD + BODY[:1]
        await server.all_closed()
    assert server.connections[0].ended == "client closed"


async def test_holds_a_response() -> None:
    """A response can wait for the test to say so."""
    event = asyncio.Event()
    async with ChaosServer([steps.hold(event.wait)]) as server:
        waiting = asyncio.create_task(talk(server.url, request()))
        await server.until(lambda: server.attempts == 1)
        assert await talk(server.url, request()) == (GOOD, "eof")
        assert not waiting.done()
        event.set()
        assert await waiting == (GOOD, "eof")


@pytest.mark.parametrize(("end", "received"), [(RESET, "reset"), (CLOSE, "eof")], ids=["reset", "close"])
async def test_breaks_the_promise_to_keep_alive(end: Act, received: str) -> None:
    """The next request on a kept connection is met by its end, and takes no step of the script."""
    script: list[Play] = [steps.keep_alive_then_close(end=end), responses.html_error(502)]
    async with ChaosServer(script) as server:
        async with connect(server.url) as client:
            await client.send(request(close=False))
            kept = await client.receive(len(GOOD) + len("Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n"))
            assert by_http_client(kept) == (200, BODY)
            await client.send(request(close=False))
            assert await client.listen() == (b"", received)
        assert (await talk(server.url, request()))[0].startswith(b"HTTP/1.1 502 ")
    assert [seen.connection for seen in server.requests] == [1, 1, 2]


@pytest.mark.parametrize(("end", "received"), [(RESET, "reset"), (CLOSE, "eof")], ids=["reset", "close"])
async def test_closes_an_idle_connection(end: Act, received: str) -> None:
    """A kept connection can also end while it is idle."""
    async with ChaosServer([steps.keep_alive_then_close(end=end, idle=True)]) as server:
        data, how = await talk(server.url, request(close=False))
    _, headers, body = head_of(data)
    assert (headers["Connection"], body, how) == ("keep-alive", BODY, received)
