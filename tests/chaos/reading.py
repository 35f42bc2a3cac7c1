"""Responses as the standard library reads them; for the tests of the steps."""

import email.message
import http.client
import io
from typing import Any

from tests.chaos.raw_client import request, talk
from tests.chaos.server import ChaosServer
from tests.chaos.steps import Play

__all__ = ["by_http_client", "bytes_of", "head_of"]


class _Wire:
    """What the standard library's client reads from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._data)


def head_of(data: bytes) -> tuple[str, email.message.Message, bytes]:
    """Status line, headers and the rest of a response."""
    stream = io.BytesIO(data)
    return stream.readline().decode().strip(), http.client.parse_headers(stream), stream.read()


def by_http_client(data: bytes) -> tuple[int, bytes]:
    """Status and body of a response."""
    wire: Any = _Wire(data)
    response = http.client.HTTPResponse(wire, method="GET")
    response.begin()
    return response.status, response.read()


async def bytes_of(play: Play, sent: bytes | None = None) -> bytes:
    """The bytes that a client gets of a step that ends with a FIN."""
    async with ChaosServer([play]) as server:
        data, end = await talk(server.url, sent or request())
    if end != "eof":
        raise AssertionError(f"the connection ended with a {end}")
    return data
