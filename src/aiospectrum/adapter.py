"""The edge to the network: one request on one aiohttp session."""

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from aiospectrum.envelope import Call, RawResponse
from aiospectrum.errors import ConnectionFailedError

__all__ = ["exchange", "open_session", "send_once"]

_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
"""The transport has one timeout over all attempts, so that aiohttp's own ones stay out of the way."""


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
        Exception: The connection broke; :func:`exchange` makes it a ConnectionFailedError.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenConnectionError(f"{type(error).__name__}: {error}") from error


def open_session(connector_limit: int) -> aiohttp.ClientSession:
    """Open a session with the settings that a client of an API wants; call it inside a running event loop.

    No cookie is kept, and no proxy or credential is taken from the environment.

    Args:
        connector_limit: The most connections at once, 1 or more.

    Returns:
        The session; whoever calls closes it.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connector_limit),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=_NO_TIMEOUT,
    )


async def exchange(
    session: aiohttp.ClientSession, call: Call, *, headers: dict[str, str], body: bytes | None
) -> RawResponse:
    """Send one request and read the whole answer.

    Args:
        session: Where to send it.
        call: Method and URL, which is taken as it is: percent-encoded, no more and no less.
        headers: Every header but those that aiohttp adds for the connection.
        body: The body, None for none.

    Returns:
        The answer, whatever its status; a redirect is not followed.

    Raises:
        ConnectionFailedError: No connection, or the answer did not arrive whole.
    """
    try:
        async with session.request(
            call.method,
            URL(call.url, encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
            raise_for_status=False,
            timeout=_NO_TIMEOUT,
            middlewares=(send_once, *getattr(session, "_middlewares", ())),  # aiohttp has no public name for them
        ) as response:
            return RawResponse(status=response.status, headers=response.headers, body=await response.read())
    except (aiohttp.ClientError, OSError, _BrokenConnectionError) as error:
        reason = str(error) if isinstance(error, _BrokenConnectionError) else f"{type(error).__name__}: {error}"
    # Raised out here, the error does not hold on to aiohttp's, some of which hold the request's headers.
    raise ConnectionFailedError(
        call.clean(f"{call.method} {call.url} failed: {reason}"), method=call.method, url=call.url
    )
