"""A server in a thread of its own, which says things that nobody has asked for, whether or not the client reads."""

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.chaos.responses import good

__all__ = ["TalkativeServer", "talkative"]


class TalkativeServer(socketserver.ThreadingTCPServer):
    """Responds well to each request, and then does something to the connection, once."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, after: Callable[[Any], None]) -> None:
        """Take what is done to the socket after the first response."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/client/v4"
        self.after = after
        self.may_speak = threading.Event()
        """Set by the test when it has the first response."""
        self.has_spoken = threading.Event()
        """Set when it has been done."""
        self.connections: list[int] = []
        """The number of the connection of each request, in order."""
        self.count = 0


class _Handler(socketserver.BaseRequestHandler):
    server: TalkativeServer

    def handle(self) -> None:
        self.server.count += 1
        number = self.server.count
        with contextlib.suppress(OSError):
            while self._read():
                self.server.connections.append(number)
                self.request.sendall(good({"id": "1", "connection": number}).encode())
                if not self.server.has_spoken.is_set():
                    self.server.may_speak.wait(20)
                    self.server.after(self.request)
                    self.server.has_spoken.set()

    def _read(self) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.request.recv(1 << 16)
            if not piece:
                return False
            data += piece
        return True


@contextlib.contextmanager
def talkative(after: Callable[[Any], None]) -> Iterator[TalkativeServer]:
    """Run a :class:`TalkativeServer`."""
    with TalkativeServer(after) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
