"""A session of aiohttp that is not ours: what it must not be, and must not add."""

import asyncio
import netrc
import os
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse

from aiospectrum._http.config import CREDENTIAL_HEADERS
from aiospectrum._http.connector import send_once
from aiospectrum._http.credentials import Credentials
from aiospectrum._http.passwords import split_login
from aiospectrum.checks import refuse
from aiospectrum.errors import ClientStateError

__all__ = ["BorrowedSession", "logins_of"]


class BorrowedSession:
    """Checks a borrowed session when it is opened, and every request that is made over it."""

    def __init__(self, session: aiohttp.ClientSession, credentials: Credentials) -> None:
        """Keep the session, which is never closed, and the credentials of every request.

        Raises:
            InvalidArgumentError: Its middlewares cannot be read.
        """
        self._session = session
        self._credentials = credentials
        self.middlewares: tuple[ClientMiddlewareType, ...] = (
            send_once,
            *_middlewares_of(session),
            self._refuse_credentials,
        )
        """Those of every request: ours around its own."""

    def open(self, loop: asyncio.AbstractEventLoop, base_url: str) -> aiohttp.ClientSession:
        """Return the session, if it can be used for requests to some URL.

        Raises:
            ClientStateError: It is closed, or of another event loop.
            InvalidArgumentError: It would take credentials from netrc.
        """
        session = self._session
        if session.closed:
            raise ClientStateError("the session is closed: give an open one, or none")
        if getattr(session, "_loop", loop) is not loop:  # the public name is deprecated
            raise ClientStateError("the session is of another event loop: make it on the one that the client is on")
        if session.trust_env and _from_netrc(base_url) is not None:
            expected = "a session that adds no credentials, which this one takes from netrc; make it without trust_env"
            refuse("session", session, expected)
        return session

    async def _refuse_credentials(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Stop a request that the session has given other credentials than ours; the innermost middleware."""
        own = self._credentials.headers()
        wanted = {name: [own[name]] if name in own else [] for name in CREDENTIAL_HEADERS}
        added = [name for name, values in wanted.items() if request.headers.getall(name, []) != values]
        if "Proxy-Authorization" in request.headers and (request.proxy is None or request.is_ssl()):
            added.append("Proxy-Authorization")
        if added:
            raise ClientStateError(f"the session adds credentials of its own ({', '.join(added)}): nothing was sent")
        return await handler(request)


def _middlewares_of(session: aiohttp.ClientSession) -> tuple[ClientMiddlewareType, ...]:
    """A session's own middlewares, which those of a request replace; aiohttp has no public name for them."""
    try:
        return tuple(session._middlewares)
    except AttributeError:
        expected = f"a session whose middlewares can be read, which those of aiohttp {aiohttp.__version__} cannot"
        refuse("session", session, f"{expected}; leave it out, and the client opens its own")


def logins_of(session: aiohttp.ClientSession | None) -> list[tuple[str, str]]:
    """User names and passwords for proxies that a borrowed session sends by itself, which are no less secret."""
    if session is None:
        return []
    # aiohttp has no public names for these.
    proxies, auth = [getattr(session, "_default_proxy", None)], getattr(session, "_default_proxy_auth", None)
    logins = [] if auth is None else [(auth.login, auth.password)]
    if session.trust_env:
        proxies += getproxies().values()
    for url in [str(proxy) for proxy in proxies if proxy is not None]:
        user, _, password = split_login(url)[1].partition(":")
        logins.append((user, password))
        if session.trust_env and (login := _from_netrc(url)) is not None:
            logins.append(login)
    return logins


def _from_netrc(url: str) -> tuple[str, str] | None:
    """The login that aiohttp would find for the host of a URL, in the place where it looks for it."""
    name = os.environ.get("NETRC")
    try:
        path = Path.home() / ("_netrc" if os.name == "nt" else ".netrc") if name is None else Path(name)
        found = netrc.netrc(str(path)).authenticators(urlsplit(url).hostname or "")
    except (OSError, RuntimeError, ValueError, netrc.NetrcParseError):  # which aiohttp takes for none, too
        return None
    return None if found is None else (found[0] or found[1] or "", found[2] or "")
