"""A server that speaks TLS, and a proxy that refuses or makes tunnels to it; each counts what came."""

import asyncio
import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import attrs

from tests.chaos.bench import until
from tests.chaos.responses import good
from tests.generated.test_endpoints import WIRE_APP

__all__ = ["FOLDER", "Peer", "open_proxy", "open_silent_server", "open_tls_server", "server_context", "trusting"]

FOLDER: Final = Path(__file__).parents[1] / "samples" / "tls"
"""A certificate authority, and certificates by it with their keys, which are nobody's."""

_PATIENCE: Final = 20.0


@attrs.define
class Peer:
    """Where a server is, and what it has seen."""

    port: int
    connections: int = 0
    requests: list[str] = attrs.Factory(list)
    open: set[object] = attrs.Factory(set)
    """The connections that the client has not ended; of a server."""


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


class _Server(socketserver.ThreadingTCPServer):
    """In threads, as asyncio ends a handshake that fails without saying why, and TLS by itself when the client does."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None, handler: "type[_Handler]") -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.context = context
        self.peer = Peer(self.server_address[1])


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        peer = self.server.peer
        peer.connections += 1
        peer.open.add(self)
        self.connection: socket.socket = self.request
        self.connection.settimeout(_PATIENCE)
        with contextlib.suppress(OSError):
            self.talk(peer)
        with contextlib.suppress(ConnectionError):
            while socket.socket.recv(self.connection, 1 << 16):  # also of TLS, of which it takes no notice
                pass
        peer.open.discard(self)
        self.connection.close()

    def talk(self, peer: Peer) -> None:
        """Respond well to each request, and leave without an RST, which could overtake what has been said."""
        try:
            if self.server.context is None:
                self.connection.recv(1 << 16)
                self.connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                return
            self.secure(self.server.context)
            while data := self.connection.recv(1 << 16):
                peer.requests.append(data.split(b" ")[0].decode())
                self.connection.sendall(good(WIRE_APP).encode())
        finally:
            self.connection.shutdown(socket.SHUT_WR)

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        connection = context.wrap_socket(self.connection, server_side=True, do_handshake_on_connect=False)
        self.connection = connection
        connection.do_handshake()


@contextlib.contextmanager
def _running(server: _Server) -> Iterator[Peer]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.peer
        finally:
            server.shutdown()
            thread.join()


@contextlib.asynccontextmanager
async def open_tls_server(context: ssl.SSLContext | None) -> AsyncIterator[Peer]:
    """Respond well to each request; without a context refuse it, over TCP alone.

    It waits for clients to end their connections: in TLS they do so once the server has, which can be after the test,
    and asyncio forgets those of a loop that is closed.
    """
    with _running(_Server(context, _Handler)) as peer:
        yield peer
        await until(lambda: not peer.open)


@contextlib.asynccontextmanager
async def open_silent_server(response: bytes) -> AsyncIterator[Peer]:
    """Say so much in response to the first request of a connection, and then nothing, whatever the client says."""

    class Silent(_Handler):
        def talk(self, peer: Peer) -> None:
            self.secure(server_context())
            peer.requests.append(self.connection.recv(1 << 16).split(b" ")[0].decode())
            self.connection.sendall(response)

    with _running(_Server(None, Silent)) as peer:
        yield peer


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
