"""A server on 127.0.0.1 that does to each request what a script says.

::

    async with ChaosServer([after_request(RESET), cloudflare_error(522)]) as server:
        ...  # the first request is reset, the second gets a 522, all later ones a good response
    assert [request.method for request in server.requests] == ["GET", "GET", "GET"]
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Final, Self

from tests.chaos.connection import Connection, WatchedReader
from tests.chaos.responses import good
from tests.chaos.seen import ConnectionSeen, RequestSeen
from tests.chaos.steps import Play, Step, as_step

__all__ = ["ChaosServer", "Script", "refused_url"]

Script = Iterable[Play] | Callable[[RequestSeen], Play]
"""Steps and responses, one for each request in the order of arrival, or a function that is called with each request."""

_HOST: Final = "127.0.0.1"
_PATH: Final = "/client/v4"
_BACKLOG: Final = 1024
_PATIENCE: Final = 20.0


async def _let_the_loop_settle() -> None:
    """Give way more often than accepting or closing a connection takes rounds of the loop, which is three."""
    for _ in range(10):
        await asyncio.sleep(0)


@contextlib.contextmanager
def refused_url() -> Iterator[str]:
    """The base URL of a port that refuses connections, and is taken as long as the block lasts."""
    with _bind(0) as taken:
        yield _url(taken)


class ChaosServer:
    """The server; it listens inside ``async with``, and nothing of it is left afterwards."""

    def __init__(
        self, script: Script = (), *, rest: Play | None = None, accept: Callable[[int], Step | None] | None = None
    ) -> None:
        """Take the script and what follows it, by default good responses.

        Steps made by ``at_accept`` meet the next connection and all others the next request. A script that is a
        function is called with whole requests, so that a step that ends the connection before or during a request does
        so after it. ``accept`` chooses a step for each connection by its number, None to let it live.
        """
        self.url = ""
        """The base URL, for a client."""
        self.requests: list[RequestSeen] = []
        """Every request, also those of which no byte was wanted, in the order in which they were read."""
        self.connections: list[ConnectionSeen] = []
        """Every connection, in the order of acceptance."""
        self.performed: list[tuple[RequestSeen | None, Step]] = []
        """Each step that was started, with the request that met it; None for a step at the acceptance."""
        self._choose = script if callable(script) else None
        self._steps = iter(()) if callable(script) else iter(script)
        self._next: Play | None = next(self._steps, None)
        self._rest = rest or good()
        self._accept = accept
        self._handlers: dict[asyncio.Task[None], Connection] = {}
        self._changed = asyncio.Event()
        self._exiting = False

    @property
    def open_connections(self) -> int:
        """How many connections have not been closed by either side."""
        return sum(each.closed_at is None for each in self.connections)

    @property
    def attempts(self) -> int:
        """How many attempts clients have made: requests, and connections that ended before there could be one."""
        return len(self.requests) + sum(request is None for request, _ in self.performed)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait up to 20 s for a condition, checked whenever a connection comes or goes and whenever a step begins."""
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def all_closed(self) -> None:
        """Wait until no connection is open, which is a moment after a client has closed them."""
        await self.until(lambda: self.open_connections == 0)

    @contextlib.asynccontextmanager
    async def refusing(self) -> AsyncIterator[None]:
        """Refuse new connections inside the block; open ones live on, and the port stays taken."""
        await self._stop_listening()
        taken = _bind(self._port)
        try:
            yield
        finally:
            await self._listen(taken)

    async def __aenter__(self) -> Self:
        taken = _bind(0)
        self.url = _url(taken)
        self._port: int = taken.getsockname()[1]
        await self._listen(taken)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stop_listening()
        self._exiting = True
        for task in self._handlers:
            task.cancel()
        outcomes = await asyncio.gather(*self._handlers, return_exceptions=True)
        for connection in self._handlers.values():
            await connection.closed()
        await self._listener.wait_closed()
        await _let_the_loop_settle()  # what came even later, and was refused, is closed
        errors = [each for each in outcomes if isinstance(each, Exception)]
        if errors:
            raise ExceptionGroup("the server itself failed", errors)

    async def _listen(self, taken: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: asyncio.StreamReaderProtocol(WatchedReader(), self._accepted, loop=loop),
            sock=taken,
            backlog=_BACKLOG,
        )

    async def _stop_listening(self) -> None:
        """Take no new connection, give each that is just being accepted its handler, and close the listening socket.

        In this order: asyncio leaks a connection that it has accepted when its server is closed before the connection
        has a transport (https://github.com/python/cpython/issues/109564).
        """
        for each in self._listener.sockets:
            asyncio.get_running_loop().remove_reader(each)
        await _let_the_loop_settle()
        self._listener.close()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a new connection, of which the loop has not read anything yet."""
        if self._exiting or not isinstance(reader, WatchedReader):
            writer.transport.abort()
            return
        connection = Connection(len(self.connections) + 1, reader, writer)
        self.connections.append(connection.seen)
        self._changed.set()
        step = self._step_at_accept(connection.seen.number)
        self._handlers[asyncio.create_task(self._handle(connection, step))] = connection

    async def _handle(self, connection: Connection, first: Step | None) -> None:
        try:
            await self._serve(connection, first)
        except ConnectionError:
            pass  # the client left, as clients may
        finally:
            connection.finish()
            self._changed.set()

    async def _serve(self, connection: Connection, first: Step | None) -> None:
        if first is not None:
            await self._perform(first, connection, None)
        then: Step | None = None
        while connection.seen.ended is None and await connection.arrive():
            step = then or (self._take() if self._choose is None else None)
            request = await connection.read(None if step is None else step.reads)
            self.requests.append(request)
            if not request.complete and (step is None or step.reads is None):
                return  # the client left
            if step is None:
                step = self._ask(request)
            await self._perform(step, connection, request)
            then = step.then
            if connection.seen.ended is None and "close" in request.values("Connection"):
                await connection.close()

    async def _perform(self, step: Step, connection: Connection, request: RequestSeen | None) -> None:
        self.performed.append((request, step))
        self._changed.set()
        for act in step.acts:
            await act.perform(connection, request)

    def _step_at_accept(self, number: int) -> Step | None:
        step = None if self._accept is None else self._accept(number)
        if step is None and isinstance(self._next, Step) and self._next.at_accept:
            step = self._take()
        return step

    def _take(self) -> Step:
        play = self._rest if self._next is None else self._next
        self._next = next(self._steps, None)
        return as_step(play)

    def _ask(self, request: RequestSeen) -> Step:
        if self._choose is None:
            raise TypeError("the script is no function")
        return as_step(self._choose(request))


def _bind(port: int) -> socket.socket:
    """A socket that has a port of 127.0.0.1 and does not listen."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((_HOST, port))
    return taken


def _url(taken: socket.socket) -> str:
    return f"http://{_HOST}:{taken.getsockname()[1]}{_PATH}"
