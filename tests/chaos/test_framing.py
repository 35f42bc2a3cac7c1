"""Responses in wrong, excessive or rare HTTP, read by the standard library."""

import http.client

import pytest

from tests.chaos import framing
from tests.chaos.raw_client import connect, request
from tests.chaos.reading import by_http_client, bytes_of, head_of
from tests.chaos.responses import envelope, good
from tests.chaos.server import ChaosServer
from tests.chaos.steps import Step

GOOD = good().encode()
BODY = good().body


async def test_floods_of_headers() -> None:
    """A thousand headers are a thousand, and a header of 100 KB has as many bytes."""
    lines = (await bytes_of(framing.many_headers())).split(b"\r\n")
    assert sum(line.startswith(b"X-Filler-") for line in lines) == 1000
    lines = (await bytes_of(framing.huge_header())).split(b"\r\n")
    assert [len(line) for line in lines if line.startswith(b"X-Huge: ")] == [len("X-Huge: ") + 102_400]


@pytest.mark.parametrize(
    ("step", "lengths", "excess"),
    [
        pytest.param(framing.length_too_long(), [str(len(BODY) + 10)], -10, id="too-long"),
        pytest.param(framing.length_too_short(), [str(len(BODY) - 10)], 10, id="too-short"),
        pytest.param(framing.close_delimited(), None, None, id="missing"),
        *(pytest.param(framing.bad_length(k), [*v], None, id=k) for k, v in framing.BAD_LENGTHS.items()),
    ],
)
async def test_content_lengths(step: Step, lengths: list[str] | None, excess: int | None) -> None:
    """A wrong Content-Length is the only one, and the body and the end of the connection follow."""
    _, headers, body = head_of(await bytes_of(step, request(close=False)))
    assert headers.get_all("Content-Length") == lengths
    assert body == BODY
    if excess is not None:
        assert len(body) - int(headers["Content-Length"]) == excess


def test_good_chunks() -> None:
    """What is chunked well can be read."""
    assert by_http_client(framing.chunked(good([1])).encode()) == (200, envelope([1]))


async def test_both_framings() -> None:
    """Two framings contradict each other."""
    received = await bytes_of(framing.both_framings(), request(close=False))
    _, headers, _ = head_of(received)
    assert (headers["Content-Length"], headers["Transfer-Encoding"]) == ("5", "chunked")
    assert by_http_client(received) == (200, BODY)


@pytest.mark.parametrize("kind", framing.BAD_CHUNKS)
async def test_bad_chunks(kind: str) -> None:
    """Broken chunks are chunks, and broken."""
    received = await bytes_of(framing.bad_chunks(kind), request(close=False))
    _, headers, body = head_of(received)
    assert (headers["Transfer-Encoding"], headers["Content-Length"]) == ("chunked", None)
    if kind == "final-chunk-cut":  # the standard library does not mind
        assert body.endswith(b"\r\n0\r\n")
    elif kind == "negative-size":  # nor this
        assert body.startswith(b"-5\r\n")
    else:
        with pytest.raises((http.client.IncompleteRead, OverflowError)):
            by_http_client(received)


@pytest.mark.parametrize("kind", framing.STATUS_LINES)
async def test_garbage_status_lines(kind: str) -> None:
    """Garbage is no status line that the standard library reads, or it has a version of its own."""
    received = await bytes_of(framing.garbage_status_line(kind), request(close=False))
    if kind == "odd-version":
        assert received.startswith(b"HTTP/9.9 200 ")
    else:
        with pytest.raises((http.client.BadStatusLine, http.client.UnknownProtocol)):
            by_http_client(received)


async def test_informational_responses() -> None:
    """Interim responses come first, each with a head of its own."""
    received = await bytes_of(framing.informational(100, 103))
    assert received.count(b"\r\n\r\n") == 3
    assert [part[:13] for part in received.split(b"\r\n\r\n")[:3]] == [
        b"HTTP/1.1 100 ",
        b"HTTP/1.1 103 ",
        b"HTTP/1.1 200 ",
    ]
    assert received.endswith(GOOD)


async def test_junk_after_the_response() -> None:
    """Unsolicited bytes follow the response, and the connection lives on."""
    async with ChaosServer([framing.junk_after(b"junk")]) as server, connect(server.url) as client:
        await client.send(request(close=False))
        assert await client.receive(len(GOOD) + 4) == GOOD + b"junk"
        await client.send(request())
        assert await client.listen() == (GOOD, "eof")
    assert (await bytes_of(framing.junk_after())).count(b"HTTP/1.1 200 OK") == 2
