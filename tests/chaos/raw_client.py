"""A client without HTTP, which sees bytes, FIN and RST; for the tests of the server."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

__all__ = ["RawClient", "connect", "request", "talk"]

_CHUNK: Final = 1 << 16
_PATIENCE: Final = 20.0
"""Seconds after which a test fails that would hang otherwise."""


class RawClient:
    """A connected socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    async def send(self, data: bytes) -> None:
        """Send bytes; that a connection is gone by now is for :meth:`listen` to report."""
        with contextlib.suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def receive(self, size: int) -> bytes:
        """Wait for exactly so many bytes."""
        data = b""
        while len(data) < size:
            more = await asyncio.get_running_loop().sock_recv(self._socket, size - len(data))
            if not more:
                raise EOFError(data)
            data += more
        return data

    async def listen(self) -> tuple[bytes, str]:
        """All bytes to the end of the connection, and whether that was an ``eof`` or a ``reset``."""
        data = bytearray()
        try:
            while more := await asyncio.get_running_loop().sock_recv(self._socket, _CHUNK):
                data += more
        except ConnectionError:
            return bytes(data), "reset"
        return bytes(data), "eof"

    def reset(self) -> None:
        """Close the connection with an RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


@contextlib.asynccontextmanager
async def connect(url: str) -> AsyncIterator[RawClient]:
    """Connect to the server of a base URL for the time of the block, which must not take long."""
    parts = urlsplit(url)
    with socket.socket() as raw:
        raw.setblocking(False)
        async with asyncio.timeout(_PATIENCE):
            await asyncio.get_running_loop().sock_connect(raw, (parts.hostname, parts.port))
            yield RawClient(raw)


def request(method: str = "GET", *headers: str, body: bytes = b"", close: bool = True) -> bytes:
    """The bytes of a request, which asks by default for the connection's end."""
    lines = [f"{method} /client/v4/zones HTTP/1.1", "Host: localhost", *headers]
    if close:
        lines.append("Connection: close")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def talk(url: str, data: bytes) -> tuple[bytes, str]:
    """Connect, send bytes and listen to the end."""
    async with connect(url) as client:
        await client.send(data)
        return await client.listen()
