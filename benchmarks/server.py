"""A static server on 127.0.0.1 that costs as little as it can: it looks at the path and writes prepared bytes.

``python -m benchmarks.server`` prints its port and serves until its standard input ends. A path that begins with
``/gzip``, ``/br`` or ``/zstd`` has its response in that encoding, whatever the request accepts.
"""

import asyncio
import gzip
import sys
from collections.abc import Callable, Mapping
from typing import Final

from benchmarks.calls import PATHS
from benchmarks.payloads import make_payloads
from benchmarks.turns import stay_on_one_processor

__all__ = ["BASE_PATH", "ENCODERS", "encode_all", "make_response", "serve"]

BASE_PATH: Final = "/client/v4"

_HEAD: Final = (
    "HTTP/1.1 200 OK\r\n"
    "date: Sat, 21 Nov 2026 12:00:00 GMT\r\n"
    "content-type: application/json\r\n"
    "content-length: {length}\r\n"
    "connection: keep-alive\r\n"
    "{more}"
    "cf-ray: 9f00c0ffee00beef-SFO\r\n"
    "server: cloudflare\r\n"
    "\r\n"
)
_NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


def _brotli(body: bytes) -> bytes:
    import brotli

    encoded: bytes = brotli.compress(body, quality=4)
    return encoded


def _zstd(body: bytes) -> bytes:
    from backports import zstd

    encoded: bytes = zstd.compress(body, 3)
    return encoded


ENCODERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
    "br": _brotli,
    "zstd": _zstd,
}
"""Encodings at levels that servers use on the fly; two are imported only when they are needed."""


def encode_all(names: list[str]) -> dict[str, dict[str, bytes]]:
    """Encode all payloads: bodies by call, by encoding; the encoding "" is none."""
    plain = make_payloads()
    return {"": plain} | {name: {key: ENCODERS[name](body) for key, body in plain.items()} for name in names}


def _prepare(encodings: Mapping[str, Mapping[str, bytes]]) -> dict[bytes, bytes]:
    """The complete responses by path."""
    responses = {}
    for encoding, bodies in encodings.items():
        prefix = f"/{encoding}" if encoding else ""
        more = f"content-encoding: {encoding}\r\n" if encoding else ""
        for name, body in bodies.items():
            responses[(prefix + BASE_PATH + PATHS[name]).encode()] = make_response(body, more)
    return responses


def make_response(body: bytes, more: str = "") -> bytes:
    """A complete response with a JSON body, encoded or not; ``more`` has headers, each with its line break."""
    return _HEAD.format(length=len(body), more=more).encode() + body


class _Static(asyncio.Protocol):
    """One connection; requests have no bodies."""

    def __init__(self, responses: Mapping[bytes, bytes]) -> None:
        self._responses = responses
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            if self._transport is not None:
                self._transport.write(self._responses.get(path, _NOT_FOUND))


async def serve(responses: Mapping[bytes, bytes]) -> None:
    """Serve until standard input ends, which it does when whoever started this ends in any way."""
    server = await asyncio.get_running_loop().create_server(lambda: _Static(responses), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    stay_on_one_processor()
    asyncio.run(serve(_prepare(encode_all(sys.argv[1:]))))
