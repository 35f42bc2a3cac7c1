"""A server that speaks TLS, and a proxy that refuses or makes tunnels to it; each counts what came."""

import asyncio
import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import attrs

from tests.chaos.responses import good
from tests.generated.test_endpoints import WIRE_APP

__all__ = ["FOLDER", "Peer", "open_proxy", "open_tls_server", "server_context", "trusting"]

FOLDER: Final = Path(__file__).parents[1] / "samples" / "tls"
"""A certificate authority, and certificates by it with their keys, which are nobody's."""


@attrs.define
class Peer:
    """Where a server is, and what it has seen."""

    port: int
    connections: int = 0
    requests: list[str] = attrs.Factory(list)


def trusting(**changes: object) -> ssl.SSLContext:
    """A client's context that trusts the authority of the tests."""
    context = ssl.create_default_context(cafile=str(FOLDER / "ca.pem"))
    for name, value in changes.items():
        setattr(context, name, value)
    return context


def server_context(certificate: str = "good", **changes: object) -> ssl.SSLContext:
    """A server's context with one of the certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / f"{certificate}.pem")
    context.load_verify_locations(FOLDER / "ca.pem")
    for name, value in changes.items():
        setattr(context, name, value)
    return context


class _TLSServer(socketserver.ThreadingTCPServer):
    """In threads, as asyncio ends a handshake that fails without saying why."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.context = context
        self.peer = Peer(self.server_address[1])


class _Handler(socketserver.BaseRequestHandler):
    server: _TLSServer

    def handle(self) -> None:
        peer, context = self.server.peer, self.server.context
        peer.connections += 1
        if context is None:
            self.request.recv(1 << 16)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return self._leave(self.request)
        connection = context.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        with contextlib.suppress(OSError):
            connection.do_handshake()
            while data := connection.recv(1 << 16):
                peer.requests.append(data.split(b" ")[0].decode())
                connection.sendall(good(WIRE_APP).encode())
        return self._leave(connection)

    def _leave(self, connection: socket.socket) -> None:
        """End the connection without an RST, which could overtake what has been said."""
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5)
            while socket.socket.recv(connection, 1 << 16):
                pass
        connection.close()


@contextlib.asynccontextmanager
async def open_tls_server(context: ssl.SSLContext | None) -> AsyncIterator[Peer]:
    """Respond well to each request; without a context refuse it, over TCP alone."""
    with _TLSServer(context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.peer
        finally:
            server.shutdown()
            thread.join()


@contextlib.asynccontextmanager
async def open_proxy(*answers: bytes, port: int = 0) -> AsyncIterator[Peer]:
    """Give each CONNECT the next of the answers, of which an empty one is the end, then tunnels to a port."""
    peer = Peer(0)
    coming = iter(answers)
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        task = asyncio.create_task(serve(reader, writer))
        tasks.append(task)
        await task

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            peer.requests.append(head.split(b"\r\n")[0].decode())
            answer = next(coming, None)
            if answer is None:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                other_reader, other = await asyncio.open_connection("127.0.0.1", port)
                writers.append(other)
                await asyncio.gather(_pump(reader, other), _pump(other_reader, writer))
            else:
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(count, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
    writer.close()
