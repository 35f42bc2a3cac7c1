"""The edge to the network: one request on one aiohttp session."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

import aiohttp
import attrs
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse
from yarl import URL

from aiospectrum._http.deadline import Deadline
from aiospectrum._http.response import Call, RawResponse, response_error
from aiospectrum.errors import BodyTooLargeError, ConnectionFailedError
from aiospectrum.policies import Timeouts

__all__ = ["Exchange", "keep_receive_buffers", "open_session", "send_once"]

_NOTHING_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""aiohttp's errors from before a byte of the request could be written."""

_LONGEST_REASON: Final = 1000

_MOST_PIECES: Final = 1024
"""Of a body; a server that sends a few bytes at a time would make each an object of its own."""

_MORE_THAN_A_BUFFER: Final = 1 << 19
"""Bytes, more than the 256 KiB that asyncio makes room for whenever it receives."""


class _BrokenConnectionError(Exception):
    """Stands for aiohttp's own errors where aiohttp would take them as a reason to send again."""


async def send_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from sending a request a second time by itself; a client middleware.

    aiohttp repeats GET, PUT and DELETE once when a reused connection turns out to be closed. It knows that case by
    the class of the error, so an error of another class stops it.

    Args:
        request: The request.
        handler: Sends it.

    Returns:
        The answer.

    Raises:
        Exception: The connection broke; :class:`Exchange` makes it a ConnectionFailedError.
    """
    try:
        return await handler(request)
    except _NOTHING_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenConnectionError(f"{type(error).__name__}: {error}") from error


def open_session(
    connector_limit: int, ssl_context: ssl.SSLContext | None, headers: Mapping[str, str]
) -> aiohttp.ClientSession:
    """Open a session with the settings that a client of an API wants; call it inside a running event loop.

    No cookie is kept, and no proxy or credential is taken from the environment.

    Args:
        connector_limit: The most connections at once, 1 or more.
        ssl_context: How servers are verified; against the system's certificates when None.
        headers: Headers of every request.

    Returns:
        The session; whoever calls closes it.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connector_limit, ssl=ssl_context or True),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
    )


def keep_receive_buffers() -> None:
    """Have the allocator keep the memory that asyncio receives into.

    glibc takes a block of that size from the kernel each time anew, in pages that have to be faulted in, and gives it
    back as soon as it is freed. It ceases to do so once a larger one has been freed, which many a program does sooner
    or later. Until then it would be a fifth of the CPU time of a call. Elsewhere this does nothing.

    Source: https://man7.org/linux/man-pages/man3/mallopt.3.html, on M_MMAP_THRESHOLD.
    """
    bytes(_MORE_THAN_A_BUFFER)


@attrs.frozen(kw_only=True)
class Exchange:
    """How a request is sent: once, and with nothing followed."""

    session: aiohttp.ClientSession
    """Where it is sent."""

    timeouts: Timeouts
    """How long connecting may take, which is timed here, and the next bytes, which the deadline sees to."""

    max_body_bytes: int
    """The most bytes of a body, decompressed."""

    proxy: str | None
    """URL of an HTTP proxy, None for none."""

    _timeout: aiohttp.ClientTimeout = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: _own_timeout(self.timeouts), takes_self=True)
    )
    """What of the timeouts aiohttp sees to."""

    _middlewares: tuple[ClientMiddlewareType, ...] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: _with_own_middlewares(self.session), takes_self=True)
    )
    """What every request goes through."""

    async def __call__(
        self, call: Call, *, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
    ) -> RawResponse:
        """Send one request and read the whole answer.

        Args:
            call: Method and URL, which is taken as it is: percent-encoded, no more and no less.
            headers: Every header but those that aiohttp adds for the connection.
            body: The body, None for none.
            deadline: Ends the attempt when nothing comes for too long.

        Returns:
            The answer, whatever its status; a redirect is not followed.

        Raises:
            ConnectionFailedError: No connection, or the answer did not arrive whole.
            BodyTooLargeError: The body is larger than allowed.
        """
        deadline.listen()
        try:
            # Awaited and released by hand, which takes a tenth less of a small call than ``async with``.
            response = await self.session.request(
                call.method,
                URL(call.url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                raise_for_status=False,
                proxy=self.proxy,
                timeout=self._timeout,
                middlewares=self._middlewares,
            )
            deadline.heard()
            try:
                return await self._read(response, call, deadline)
            finally:
                response.release()
        except asyncio.CancelledError:
            if not deadline.ended_the_silence():
                raise
            reason, was_sent = f"nothing came for {self.timeouts.read:g} s", True
        except (aiohttp.ClientError, OSError, _BrokenConnectionError) as error:
            reason = str(error) if isinstance(error, _BrokenConnectionError) else f"{type(error).__name__}: {error}"
            # aiohttp goes on with a line that it has cut, in which a credential might be cut and not be recognized.
            reason = reason.partition(" when reading: ")[0]
            was_sent = not isinstance(error, _NOTHING_SENT)
        finally:
            deadline.rest()
        # Raised out here, the error does not hold on to aiohttp's, some of which hold the request's headers.
        message = f"{call.method} {call.url} failed: {call.clean(reason)[:_LONGEST_REASON]}"
        failure = ConnectionFailedError(message, method=call.method, url=call.url)
        failure.was_sent = was_sent
        raise failure

    async def _read(self, response: ClientResponse, call: Call, deadline: Deadline) -> RawResponse:
        """Read the body piece by piece, as a small compressed one can stand for a very large one."""
        pieces: list[bytes] = []
        size = 0
        while piece := await response.content.readany():
            deadline.heard()
            size += len(piece)
            if size > self.max_body_bytes:
                response.close()
                raw = RawResponse(status=response.status, headers=response.headers, body=b"")
                problem = f"the body is larger than {self.max_body_bytes:,} bytes"
                raise response_error(BodyTooLargeError, raw, call, problem)
            pieces.append(piece)
            if len(pieces) == _MOST_PIECES:
                pieces = [b"".join(pieces)]
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        version = None if response.version is None else f"{response.version.major}.{response.version.minor}"
        return RawResponse(status=response.status, headers=response.headers, body=body, http_version=version)


def _own_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    """The timeouts that aiohttp sees to: all but that of connecting are the deadline's."""
    return aiohttp.ClientTimeout(total=None, connect=None, sock_connect=timeouts.connect, sock_read=None)


def _with_own_middlewares(session: aiohttp.ClientSession) -> tuple[ClientMiddlewareType, ...]:
    # aiohttp has no public name for a session's own middlewares, which those of a request replace.
    return (send_once, *getattr(session, "_middlewares", ()))
