"""Responses that take as much time or memory as they can, by endpoint and status, and a server of them.

``python -m benchmarks.hostile`` prints its port of 127.0.0.1 and serves until its standard input ends. The first part
of a path is the number of the response in :data:`HOSTILE`.
"""

import asyncio
import gzip
import json
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import attrs

from aiospectrum import Client
from aiospectrum.routes import Route

__all__ = ["HOSTILE", "MEBIBYTE", "Hostile", "pack"]

MEBIBYTE: Final = 1 << 20
ZONE: Final = "023e105f4ecef8ad9ca31a8372d0c353"
APP: Final = "ea95132c15732412d22c1476fa83f27a"
NOW: Final = b'"2014-01-02T02:20:00.123456Z"'


@attrs.frozen
class Part:
    """A class of a user."""

    number: int


@attrs.frozen
class Whole:
    """A class of a user, with an array in it."""

    name: str
    parts: list[Part] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class Hostile:
    """A response, and the call that meets it."""

    name: str
    """What it is."""

    body: Callable[[], bytes]
    """Makes its body."""

    call: Callable[[Client], Any] = lambda client: client.apps.list(ZONE)
    """Makes the call."""

    status: int = 200
    """HTTP status."""

    headers: tuple[tuple[str, str], ...] = ()
    """More headers."""


def fill(item: bytes, mebibytes: float, last: bytes = b"", separator: bytes = b",") -> bytes:
    """So many MiB of an item, with another one at the end."""
    count = int(mebibytes * MEBIBYTE) // (len(item) + len(separator))
    return separator.join([item] * count + ([last] if last else []))


def numbered(form: bytes, mebibytes: float) -> bytes:
    """So many MiB of items that differ in a number."""
    count = int(mebibytes * MEBIBYTE) // (len(form % 10**6) + 1)
    return b",".join([form % number for number in range(10**6, 10**6 + count)])


def success(result: bytes, more: bytes = b"") -> bytes:
    """A success."""
    return b'{"success":true,"errors":[],"messages":[]%b,"result":%b}' % (more, result)


def array(*arguments: Any) -> Callable[[], bytes]:
    """A success with an array of so many MiB of an item."""
    return lambda: success(b"[%b]" % fill(*arguments))


def report(data: Callable[[], bytes], more: Callable[[], bytes] = lambda: b"") -> Callable[[], bytes]:
    """A success with a report."""
    form = b'{"data_lag":0,"rows":1,"query":{},"max":{},"min":{},"totals":{},"data":[%b]%b}'
    return lambda: success(form % (data(), more()))


def row(metrics: Callable[[], bytes]) -> Callable[[], bytes]:
    """A success with a report of one row."""
    return report(lambda: b'{"dimensions":[],"metrics":[%b]}' % metrics())


def failure(errors: Callable[[], bytes]) -> Callable[[], bytes]:
    """An envelope with errors."""
    return lambda: b'{"success":false,"errors":[%b],"messages":[],"result":null}' % errors()


def app(more: bytes = b"") -> bytes:
    """A whole application."""
    start = b'{"id":"%b","protocol":"tcp/22","dns":{"name":"a.example.com","type":"CNAME"}' % APP.encode()
    return b'%b%b,"created_on":%b,"modified_on":%b}' % (start, more, NOW, NOW)


def summary(client: Client) -> Any:
    """Call for a summary."""
    return client.analytics.events.summary(ZONE)


def by_time(client: Client) -> Any:
    """Call for a report by time."""
    return client.analytics.events.bytime(ZONE, time_delta="hour")


def of_type(result: Any) -> Callable[[Client], Any]:
    """Call a route of a user."""
    route: Route[Any] = Route(name="own", method="GET", path="/own", result=result, safe_to_repeat=True)
    return lambda client: client.send(route, path={}, query={})


def chain(width: int, depth: int) -> dict[str, object]:
    """An error with errors that led to it, and so on."""
    entry: dict[str, object] = {"message": "x" * 20}
    for _ in range(depth):
        entry = {"message": "x" * 20, "error_chain": [entry] * width}
    return entry


ESCAPES: Final = b"%41\\\\/&amp;a" * 800

MANY_HEADERS: Final = tuple([("Ratelimit", '"' + '\\"' * 300)] * 60 + [("Retry-After", "1," * 400)] * 40)

HOSTILE: Final = (
    Hostile(name="apps: 1 MiB of {}", body=array(b"{}", 1)),
    Hostile(name="apps: 4 MiB of {}", body=array(b"{}", 3.9)),
    Hostile(name="apps: 63 MiB of {}", body=array(b"{}", 63)),
    Hostile(name="apps: 4 MiB of old ones", body=array(app(b',"spp":true'), 3.9)),
    Hostile(name="apps: 8 MiB of old ones", body=array(app(b',"spp":true'), 8)),
    Hostile(name="apps: 63 MiB of good ones", body=array(app(), 63)),
    Hostile(name="apps: 63 MiB of good ones, the last one wrong", body=array(app(), 63, b'{"id":5}')),
    Hostile(
        name="apps: a time of 4 MiB of digits",
        body=lambda: success(b"[%b]" % app().replace(NOW, b'"%b"' % (b"1" * (4 * MEBIBYTE - 999)), 1)),
    ),
    Hostile(name="apps: 63 MiB of white space", body=lambda: success(b"[]") + b" " * (63 << 20)),
    Hostile(name="apps: nothing but white space", body=lambda: b" " * (63 << 20)),
    Hostile(name="apps: 63 MiB of zeros", body=lambda: b"\0" * (63 << 20)),
    Hostile(name="apps: 63 MiB that are cut off", body=lambda: array(app(), 63)()[:-9]),
    Hostile(name="apps: 63 MiB of arrays in arrays", body=lambda: b"[" * (63 << 20)),
    Hostile(name="apps: 4 MiB of messages", body=lambda: success(b"[]", b',"messages":[%b]' % fill(b'"no"', 3.9))),
    Hostile(
        name="apps: messages of escapes",
        body=lambda: success(
            b"[]", b',"messages":[%b]' % fill(b'{"message":"%b","documentation_url":"%b"}' % ((ESCAPES,) * 2), 1)
        ),
    ),
    Hostile(
        name="app: 4 MiB of unknown keys",
        body=lambda: success(b"{%b}" % numbered(b'"%d":{}', 3.9)),
        call=lambda client: client.apps.get(ZONE, APP),
    ),
    Hostile(
        name="app: a key of 4 MiB",
        body=lambda: success(b'{"%b":1}' % (b"k" * (4 << 20))),
        call=lambda client: client.apps.get(ZONE, APP),
    ),
    Hostile(
        name="app: a value of 4 MiB",
        body=lambda: success(b'{"id":["%b"]}' % (b"\\n" * (2 << 20))),
        call=lambda client: client.apps.get(ZONE, APP),
    ),
    Hostile(
        name="protocols: 4 MiB, the last one odd",
        body=array(b'{"name":""}', 3.9, b'{"name":"","ports":[1.0]}'),
        call=lambda client: client.protocols.list(ZONE),
    ),
    Hostile(
        name="protocols: 4 MiB of ports",
        body=lambda: success(b'[{"name":"","ports":[%b]}]' % fill(b"0", 3.9, b"1.0")),
        call=lambda client: client.protocols.list(ZONE),
    ),
    Hostile(
        name="aggregates: 4 MiB, the last one odd",
        body=array(
            b'{"appID":"","bytesEgress":0,"bytesIngress":0,"connections":0,"durationAvg":0}',
            3.9,
            b'{"appID":"","bytesEgress":0,"bytesIngress":0,"connections":0,"durationAvg":null}',
        ),
        call=lambda client: client.analytics.aggregate.current(ZONE),
    ),
    Hostile(name="summary: 1 MiB of {}", body=report(lambda: fill(b"{}", 1)), call=summary),
    Hostile(name="summary: 30 KiB of {}", body=report(lambda: fill(b"{}", 0.03)), call=summary),
    Hostile(name='summary: 1 MiB of { }, {"":0}', body=report(lambda: fill(b'{ },{"":0}', 1)), call=summary),
    Hostile(name="summary: 4 MiB of null", body=report(lambda: fill(b"null", 3.9)), call=summary),
    Hostile(
        name="summary: 20,000 rows with a wrong number",
        body=report(lambda: fill(b'{"dimensions":["a","b"],"metrics":[1,"x"]}', 20_000 * 43 / MEBIBYTE)),
        call=summary,
    ),
    Hostile(
        name="summary: 4 MiB of rows, a null in the last",
        body=report(lambda: fill(b'{"dimensions":["4"],"metrics":[5]}', 3.9, b'{"metrics":[null]}')),
        call=summary,
    ),
    Hostile(
        name="summary: 4 MiB of numbers for dimensions",
        body=report(lambda: b'{"dimensions":[%b]}' % fill(b"12", 3.9)),
        call=summary,
    ),
    Hostile(name="summary: 4 MiB of numbers", body=row(lambda: fill(b"0", 3.9)), call=summary),
    Hostile(name="summary: 4 MiB of numbers and a null", body=row(lambda: fill(b"0", 3.9, b"null")), call=summary),
    Hostile(name="summary: 63 MiB of numbers", body=row(lambda: fill(b"0", 63)), call=summary),
    Hostile(name="summary: 4 MiB of numbers of 4,000 digits", body=row(lambda: fill(b"9" * 4000, 3.9)), call=summary),
    Hostile(
        name="summary: 4 MiB of points without times",
        body=row(lambda: fill(b".1234560"[1:].join([b"1.", b""]), 3.9)),
        call=summary,
    ),
    Hostile(
        name="summary: 4 MiB of totals",
        body=report(lambda: b"", lambda: b',"totals":{%b,"x":null}' % numbered(b'"%d":0', 3.9)),
        call=summary,
    ),
    Hostile(
        name="summary: 4 MiB of [] in the echo",
        body=report(lambda: b"", lambda: b',"query":{"filters":[%b]}' % fill(b"[]", 3.9)),
        call=summary,
    ),
    Hostile(
        name="summary: 4 MiB of objects in objects in the echo",
        body=report(lambda: b"", lambda: b',"query":{"filters":[%b]}' % fill(b'{"":' * 300 + b"0" + b"}" * 300, 3.9)),
        call=summary,
    ),
    Hostile(
        name="summary: 4 MiB of escapes",
        body=report(lambda: b'{"dimensions":["%b",1]}' % (b"\\u0100" * (3 << 18))),
        call=summary,
    ),
    Hostile(
        name="summary: 63 MiB of good rows",
        body=report(lambda: fill(b'{"dimensions":["aaaaaaaaaaaaa","b"],"metrics":[123,456,7.5]}', 63)),
        call=summary,
    ),
    Hostile(name="by time: 1 MiB of {}", body=report(lambda: fill(b"{}", 1)), call=by_time),
    Hostile(name="by time: 4 MiB of []", body=row(lambda: fill(b"[]", 3.9)), call=by_time),
    Hostile(name="by time: 4 MiB of [0] and a null", body=row(lambda: fill(b"[0]", 3.9, b"[null]")), call=by_time),
    Hostile(name="by time: 4 MiB of [5,5] and a null", body=row(lambda: fill(b"[5,5]", 3.9, b"[null]")), call=by_time),
    Hostile(
        name="by time: 4 MiB of intervals []",
        body=report(lambda: b"", lambda: b',"time_intervals":[%b]' % fill(b"[]", 3.9)),
        call=by_time,
    ),
    Hostile(
        name="by time: 4 MiB of wrong intervals",
        body=report(lambda: b"", lambda: b',"time_intervals":[%b]' % fill(b'["0000000"]', 3.9)),
        call=by_time,
    ),
    Hostile(
        name="by time: 4 MiB of other intervals",
        body=report(lambda: b"", lambda: b',"time_intervals":[%b]' % fill(b'["2026-11-20T00:00:00+01:00"]', 3.9)),
        call=by_time,
    ),
    Hostile(
        name="by time: 4 MiB of leap seconds",
        body=report(lambda: b"", lambda: b',"time_intervals":[%b]' % fill(b'["2016-12-31T23:59:60Z"]', 3.9)),
        call=by_time,
    ),
    Hostile(
        name="by time: 63 MiB of good rows",
        body=report(lambda: fill(b'{"dimensions":["a"],"metrics":[[%b]]}' % fill(b"123456", 0.01), 63)),
        call=by_time,
    ),
    Hostile(name="own class: 1 MiB of {}", body=array(b"{}", 1), call=of_type(list[Whole])),
    Hostile(
        name="own class: 1 MiB of {} inside",
        body=lambda: success(b'{"name":"","parts":[%b]}' % fill(b'{"number":"x"}', 1)),
        call=of_type(Whole),
    ),
    Hostile(
        name="own class: 4 MiB of wrong numbers",
        body=lambda: success(b"{%b}" % numbered(b'"%d":"x"', 3.9)),
        call=of_type(dict[str, int]),
    ),
    Hostile(name="400: 1 MiB of {}", body=failure(lambda: fill(b"{}", 1)), status=400),
    Hostile(name="400: errors that led to errors", body=failure(lambda: json.dumps(chain(40, 3)).encode()), status=400),
    Hostile(
        name="400: 4 MiB of control characters",
        body=failure(lambda: fill(b'{"message":"%b"}' % (b"\\u001b" * 2000), 3.9)),
        status=400,
    ),
    Hostile(
        name="400: 4 MiB of arrays for messages",
        body=failure(lambda: fill(b'{"message":[%b]}' % fill(b"[[1.5]]", 0.01), 3.9)),
        status=400,
    ),
    Hostile(
        name="403: a message of 63 MiB", body=failure(lambda: b'{"message":"%b"}' % (b"x" * (63 << 20))), status=403
    ),
    Hostile(name="403: a message of 4 MiB", body=failure(lambda: b'{"message":"%b"}' % (b"x" * (3 << 20))), status=403),
    Hostile(name="404: no JSON, 63 MiB", body=lambda: b"\xff\n" * (63 << 19), status=404),
    Hostile(name="429: a hundred headers", body=lambda: b"", status=429, headers=MANY_HEADERS),
    Hostile(
        name="302: long headers",
        body=lambda: b"x" * MEBIBYTE,
        status=302,
        headers=(("Location", "http://x/" + "a\x7f" * 3900), ("CF-Ray", "8" * 8000)),
    ),
    Hostile(
        name="502: a page of 63 MiB",
        body=lambda: b"<p> no\n</p>" * (63 * MEBIBYTE // 11),
        status=502,
        headers=(("Content-Type", "text/html"),),
    ),
    Hostile(
        name="200 without success: a text of 4 MiB",
        body=lambda: b'{"success":false,"errors":"%b"}' % (b"\\t" * (2 << 20)),
    ),
)
"""All of them."""


@lru_cache(maxsize=1)
def pack(number: int) -> tuple[int, bytes]:
    """The size of a body, and the body compressed."""
    body = HOSTILE[number].body()
    return len(body), gzip.compress(body, 6)


async def _respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    number = int(head.split(b"/", 2)[1])
    each, (_, packed) = HOSTILE[number], pack(number)
    headers = (
        *each.headers,
        ("Content-Encoding", "gzip"),
        ("Content-Length", str(len(packed))),
        ("Connection", "close"),
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    writer.write(f"HTTP/1.1 {each.status} X\r\n{lines}\r\n".encode("latin-1") + packed)
    await writer.drain()
    writer.close()


async def serve() -> None:
    """Serve until standard input ends."""
    server = await asyncio.start_server(_respond, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
