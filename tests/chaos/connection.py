"""One accepted connection: reading requests, sending bytes, waiting, and leaving with a FIN or an RST."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable
from typing import Final

from tests.chaos.seen import ConnectionSeen, RequestSeen, parse_request, request_length

__all__ = ["Connection", "WatchedReader"]

_CHUNK: Final = 1 << 16
_NEVER_PAUSED: Final = 1 << 28
"""So many unread bytes that reading never stops, because a stream that does not read sees no client leave."""


class WatchedReader(asyncio.StreamReader):
    """A stream that knows the moment the client leaves, also while nobody reads."""

    def __init__(self) -> None:
        super().__init__(limit=_NEVER_PAUSED, loop=asyncio.get_running_loop())
        self.client_left = asyncio.Event()

    def feed_eof(self) -> None:
        """Take note of the client's FIN."""
        super().feed_eof()
        self.client_left.set()

    def set_exception(self, exc: Exception) -> None:
        """Take note of the client's RST."""
        super().set_exception(exc)
        self.client_left.set()


class Connection:
    """What steps do their work on."""

    def __init__(self, number: int, reader: WatchedReader, writer: asyncio.StreamWriter) -> None:
        self.seen = ConnectionSeen(number=number, opened_at=_now())
        self._reader = reader
        self._writer = writer
        self._unread = b""
        self._arrived_at = 0.0
        writer.transport.set_write_buffer_limits(high=0)  # what send() has sent is out, so that an RST cannot eat it

    async def arrive(self) -> bool:
        """Wait for the first bytes of a request; False when the client leaves instead."""
        if not self._unread:
            self._unread = await self._reader.read(_CHUNK)
        self._arrived_at = _now()
        return bool(self._unread)

    async def read(self, most: int | None) -> RequestSeen:
        """Read the request that has arrived, to its end or up to ``most`` bytes."""
        data = self._unread
        while (length := request_length(data)) is None or len(data) < length:
            if most is not None and len(data) >= most:
                break
            more = b""
            with contextlib.suppress(ConnectionError):
                more = await self._reader.read(_CHUNK)
            if not more:
                break
            data += more
        data, self._unread = data[:length], b"" if length is None else data[length:]
        self.seen.requests += 1
        return parse_request(
            data,
            connection=self.seen.number,
            arrived_at=self._arrived_at,
            complete=most is None and len(data) == length,
        )

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until the system has taken them all."""
        self._writer.write(data)
        await self._writer.drain()

    async def wait(self, waiting: Awaitable[object]) -> None:
        """Wait for something, which is cancelled with a ConnectionAbortedError when the client leaves first."""
        tasks = [asyncio.ensure_future(waiting), asyncio.ensure_future(self._reader.client_left.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not tasks[0].done():
                raise ConnectionAbortedError("the client left")
            tasks[0].result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def hang(self) -> None:
        """Do nothing until the client leaves, with a ConnectionAbortedError, or the server exits."""
        await self._reader.client_left.wait()
        raise ConnectionAbortedError("the client left")

    def reset(self) -> None:
        """Leave with an RST."""
        transport = self._writer.transport
        if not transport.is_closing():
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
            self.seen.ended = "server reset"

    async def close(self) -> None:
        """Leave with a FIN, and take what the client still sends, because unread bytes make an RST of it."""
        try:
            self._writer.write_eof()
        except OSError as error:
            raise ConnectionAbortedError("the client left") from error
        self.seen.ended = "server closed"
        await self._reader.client_left.wait()

    def finish(self) -> None:
        """Close the socket in the next round of the loop, and write down why."""
        if self.seen.ended is None:
            if self._reader.exception() is not None:
                self.seen.ended = "client reset"
            else:
                self.seen.ended = "client closed" if self._reader.client_left.is_set() else "server exit"
        self._writer.transport.abort()
        self.seen.closed_at = _now()

    async def closed(self) -> None:
        """Wait until the socket is closed."""
        self.finish()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


def _now() -> float:
    return asyncio.get_running_loop().time()
