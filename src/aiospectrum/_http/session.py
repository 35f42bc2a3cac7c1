"""The seam to aiohttp: one request on the session of a client."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Final, NoReturn, TypeVar

import aiohttp
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse
from yarl import URL

from aiospectrum._http.borrowed import BorrowedSession
from aiospectrum._http.connector import FAILURES, CarefulConnector, Failure, Guards, read_failure, send_once
from aiospectrum._http.credentials import Credentials
from aiospectrum._http.deadline import DeadlineTimer
from aiospectrum._http.envelope import response_error
from aiospectrum._http.failures import connection_error
from aiospectrum._http.record import Call, HTTPResponse
from aiospectrum._loop import running_loop
from aiospectrum.errors import BodyTooLargeError, ClientStateError

__all__ = ["LARGE", "Session", "keep_receive_buffers"]

T = TypeVar("T")

_MOST_PIECES: Final = 1024
"""Of a body; a server that sends a few bytes at a time would make each an object of its own."""

_MOST_AT_ONCE: Final = 1 << 22
"""Bytes of a body that are decompressed without a turn for other tasks."""

_MORE_THAN_A_BUFFER: Final = 1 << 23
"""Bytes, more than the 256 KiB that asyncio makes room for whenever it receives, and than most bodies."""

LARGE: Final = 1 << 15
"""Bytes of a body that takes some tenths of a millisecond to be made into objects."""


class Session:
    """Sends the requests of a client, each once and with no redirect followed, over one session of aiohttp.

    A session of its own keeps no cookie, and takes no proxy or credential from the environment.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str],
        credentials: Credentials,
        borrowed: aiohttp.ClientSession | None = None,
        connector_limit: int = 50,
        ssl_context: ssl.SSLContext | None = None,
        keep_alive: bool = True,
        max_body_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the settings; nothing is opened yet.

        Args:
            headers: Headers of every request, none of them secret.
            credentials: Sent with every request, over their proxy if they have one.
            borrowed: A session to send over, which is never closed; None for one of its own.
            connector_limit: Maximum number of connections of its own session, 1 or more.
            ssl_context: How servers are verified on its own session; against the system's certificates when None.
            keep_alive: Whether its own session uses connections more than once.
            max_body_bytes: Maximum size of a body in bytes, decompressed.
            clock: Returns the time in seconds, for how long connections have been kept.

        Raises:
            InvalidArgumentError: The middlewares of a borrowed session cannot be read.
        """
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop that it is open on; None while it is not."""
        self.timer: DeadlineTimer
        """Checks the deadlines of the calls; there while it is open."""
        self._aiohttp: aiohttp.ClientSession
        self._fresh: aiohttp.ClientSession | None = None
        """Makes a connection for each request; opened when it is first needed."""
        self._large_bodies: asyncio.Lock
        self._thread: asyncio.Lock
        self._borrowed = None if borrowed is None else BorrowedSession(borrowed, credentials)
        authorize = _make_authorizer(credentials)
        self._middlewares: tuple[ClientMiddlewareType, ...] = (authorize,)
        # aiohttp sends again by itself when it cannot write a body, or when it loses a connection that is not guarded.
        self._middlewares_of_json: tuple[ClientMiddlewareType, ...] = (authorize, send_once)
        if self._borrowed is not None:
            self._middlewares = self._middlewares_of_json = (authorize, *self._borrowed.middlewares)
        self._guards: Guards = {}
        self._clock = clock
        # A session of its own has the headers of every request by itself, which takes less time.
        self._own_headers = headers if borrowed is None else {}
        self._headers = {} if borrowed is None else headers
        self._headers_of_json = {**self._headers, "Content-Type": "application/json"}
        self._connector_limit = connector_limit
        self._ssl_context = ssl_context
        self._proxy = credentials.proxy
        self._proxy_headers = credentials.proxy_headers
        self._keep_alive = keep_alive
        self._max_body_bytes = max_body_bytes

    def open(self, base_url: str = "") -> None:
        """Open it on the running event loop, for requests to some URL.

        Raises:
            ClientStateError: It is open already, on a loop that has not been closed; or the borrowed session is closed
                or of another loop.
            InvalidArgumentError: The borrowed session would send credentials of its own.
        """
        if self.loop is not None and not self.loop.is_closed():
            raise ClientStateError("the client is open already: enter it once, then share it among tasks")
        loop = running_loop()
        if self._borrowed is None:
            self._guards.clear()  # of calls on a loop that has died
            self._aiohttp, self._fresh = self._make_session(force_close=not self._keep_alive), None
        else:
            self._aiohttp = self._borrowed.open(loop, base_url)
        self.loop = loop
        self.timer = DeadlineTimer(loop)
        self._large_bodies = asyncio.Lock()
        self._thread = asyncio.Lock()

    def _make_session(self, *, force_close: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=CarefulConnector(
                guards=self._guards,
                clock=self._clock,
                limit=self._connector_limit,
                ssl=self._ssl_context or True,
                force_close=force_close,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._own_headers,
        )

    def _fresh_session(self) -> aiohttp.ClientSession:
        """The session that makes a new connection for each request, if there is one."""
        if self._fresh is None and self._borrowed is None:
            self._fresh = self._make_session(force_close=True)
        return self._fresh or self._aiohttp

    async def close(self) -> None:
        """End the calls that are under way, and leave no timer behind, and no connection of its own sessions.

        Raises:
            ClientStateError: It is open on another event loop.
        """
        loop = self.loop
        if loop is None:
            return
        if loop is not running_loop() and not loop.is_closed():
            self._refuse()
        self.loop = None
        try:
            if not loop.is_closed():
                self.timer.close()
                await asyncio.sleep(0)  # in which they end
        finally:  # also when this is cancelled
            try:
                if self._borrowed is None:
                    await self._aiohttp.close()
            finally:
                if self._fresh is not None:
                    await self._fresh.close()

    def check_open(self) -> None:
        """Check that it is open on the running event loop.

        Raises:
            ClientStateError: It is not.
        """
        try:
            if self.loop is asyncio.get_running_loop():
                return
        except RuntimeError:  # none is running
            pass
        self._refuse()

    def _refuse(self) -> NoReturn:
        running_loop()
        if self.loop is None:
            raise ClientStateError(
                "the client is not open: call it inside `async with Client(...) as client:`, or open() it"
            )
        raise ClientStateError("the client was opened on another event loop: open one client per loop")

    async def request(self, call: Call, *, connect_timeout: float | None) -> HTTPResponse:
        """Send one request and read the whole response, whatever its status.

        Args:
            call: The call. Its URL is taken as it is: percent-encoded, no more and no less.
            connect_timeout: Seconds that making a connection may take, None for no limit. The read timeout is that of
                the call's deadline.

        Raises:
            ClientStateError: The session was closed.
            ConnectionFailedError: No connection, or the response did not arrive whole.
            BodyTooLargeError: The body is larger than allowed.
        """
        if self.loop is None:
            raise ClientStateError("the client was left while the call was under way")
        session = self._fresh_session() if call.needs_new_connection else self._aiohttp
        if session.closed:
            raise ClientStateError("the session was closed: leave it open for as long as the client is")
        deadline = call.deadline
        deadline.on_data()
        is_whole = False
        try:
            # Awaited and released by hand, which takes a tenth less of a small call than ``async with``.
            response = await session.request(
                call.route.method,
                URL(call.url, encoded=True),
                headers=self._headers if call.body is None else self._headers_of_json,
                data=call.body,
                allow_redirects=False,
                raise_for_status=False,
                proxy=self._proxy,
                proxy_headers=None if self._proxy is None else self._proxy_headers(),
                timeout=_own_timeout(connect_timeout),
                middlewares=self._middlewares_of_json if call.body is not None else self._middlewares,
            )
            deadline.on_data()
            try:
                http = await self._read(call, response)
                is_whole = True
                return http
            finally:
                response.release()
        except asyncio.CancelledError:
            if not deadline.take_back_read_timeout():
                raise
            has_connection = self._borrowed is not None or deadline.task in self._guards
            failure = Failure(reason=f"nothing came for {deadline.read:g} s", was_sent=has_connection)
        except FAILURES as error:
            failure = read_failure(error)
        finally:
            deadline.stop_reading()
            guard = self._guards.pop(deadline.task, None)
            if guard is not None and guard.task is deadline.task:  # else another request is sent over it already
                guard.task = None
                if not is_whole:
                    guard.abort()
            if guard is None and self._borrowed is None:
                call.is_sending = False  # as it never had a connection
        # Raised out here, the error does not hold on to aiohttp's, some of which hold the request's headers.
        raise connection_error(call, failure)

    async def _read(self, call: Call, response: ClientResponse) -> HTTPResponse:
        """Read the body piece by piece, as a small compressed one can stand for a very large one."""
        pieces: list[bytes] = []
        size = pause = 0
        while piece := await response.content.readany():
            call.deadline.on_data()
            size += len(piece)
            if size > self._max_body_bytes:
                response.close()
                http = HTTPResponse(status=response.status, headers=response.headers, body=b"")
                problem = f"the body is larger than {self._max_body_bytes:,} bytes"
                raise response_error(BodyTooLargeError, call, http, problem)
            pieces.append(piece)
            if len(pieces) == _MOST_PIECES:
                pieces = [b"".join(pieces)]
            if size - pause > _MOST_AT_ONCE:  # what is compressed may all be there, and come without a wait
                pause = size
                await asyncio.sleep(0)
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        version = None if response.version is None else f"{response.version.major}.{response.version.minor}"
        return HTTPResponse(status=response.status, headers=response.headers, body=body, http_version=version)

    @asynccontextmanager
    async def one_at_a_time(self) -> AsyncIterator[None]:
        """Decode large responses one at a time, with an iteration of the event loop in between.

        When many arrive at once, no other task would run before all of them are decoded, and whoever awaits one would
        find its objects dropped from the caches of the processor.
        """
        await self._large_bodies.acquire()
        try:
            yield
        finally:
            asyncio.get_running_loop().call_soon(self._large_bodies.release)

    async def run_apart(self, function: Callable[[], T]) -> T:
        """Run a function in a thread, one at a time; threads give way to the event loop every few milliseconds."""
        async with self._thread:
            return await asyncio.to_thread(function)


def _make_authorizer(credentials: Credentials) -> ClientMiddlewareType:
    """Make the client middleware that adds the credentials to each request.

    So no object that a frame of ours holds has them, and they are no headers of a session, all of which aiohttp would
    send to the proxy too, unencrypted.
    """
    headers, proxy_headers = credentials.headers(), credentials.proxy_headers()

    async def authorize(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        request.headers.update(headers)
        if proxy_headers and not request.is_ssl():  # else they go with the CONNECT
            request.headers.update(proxy_headers)
        return await handler(request)

    return authorize


def keep_receive_buffers() -> None:
    """Make the allocator keep the memory that is received into, and that large bodies take.

    glibc takes a block of that size from the kernel each time, in pages that have to be faulted in, and gives it back
    as soon as it is freed. It ceases to do so once a larger one has been freed, which many a program does sooner
    or later. Until then it would be a fifth of the CPU time of a call. Elsewhere this does nothing.

    Source: https://man7.org/linux/man-pages/man3/mallopt.3.html, on M_MMAP_THRESHOLD.
    """
    bytes(_MORE_THAN_A_BUFFER)


@lru_cache(maxsize=64)
def _own_timeout(connect: float | None) -> aiohttp.ClientTimeout:
    """The timeouts that aiohttp watches over: that of connecting; all others are the deadline's."""
    return aiohttp.ClientTimeout(total=None, connect=None, sock_connect=connect, sock_read=None)
