"""The client: settings checked at construction, a session opened and closed by ``async with``."""

import asyncio
import os
import platform
import random
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp

from aiospectrum._version import __version__
from aiospectrum.adapter import open_session
from aiospectrum.checks import Integer, Number, refuse
from aiospectrum.converters import shared_converter
from aiospectrum.credentials import choose_credentials, credentials_from
from aiospectrum.endpoints import Analytics, Apps, Protocols
from aiospectrum.errors import ClientStateError
from aiospectrum.http_transport import HTTPTransport
from aiospectrum.retry import RetryPolicy
from aiospectrum.routes import Route
from aiospectrum.transport import Response

__all__ = ["DEFAULT_BASE_URL", "Client"]

T = TypeVar("T")
C = TypeVar("C")

_SECONDS: Final = Number(excludes_minimum=True, expected="a number of seconds greater than 0, or None")
_CONNECTIONS: Final = Integer(minimum=1, expected="an integer of 1 or more")

DEFAULT_BASE_URL: Final = "https://api.cloudflare.com/client/v4"
"""Cloudflare's production API."""


class Client:
    """Cloudflare's Spectrum API.

    Use it in ``async with``: that opens a session, and closes it and all its connections at the end. The namespaces
    ``apps``, ``protocols`` and ``analytics`` hold the calls.

    Source: https://developers.cloudflare.com/api/resources/spectrum/
    """

    def __init__(
        self,
        *,
        api_token: str | None = None,
        api_email: str | None = None,
        api_key: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        timeout: float | None = 60.0,
        retry: RetryPolicy | None = None,
        session: aiohttp.ClientSession | None = None,
        connector_limit: int = 50,
        user_agent: str | None = None,
    ) -> None:
        """Check and keep the settings; nothing is opened yet.

        Args:
            api_token: An API token. Give either this or ``api_email`` and ``api_key``.
            api_email: E-mail address of the account.
            api_key: Global API key of the account.
            base_url: Where the API is: an http or https URL without a query, such as that of a sandbox.
            timeout: Seconds that one call may take with all its attempts and waits, more than 0; None for no limit.
            retry: How often, and how far apart, calls that are safe to repeat (GET) are attempted.
            session: A session of yours to send over, without credentials of its own. It is never closed here and keeps
                its own settings for connections, cookies, proxies and middlewares.
            connector_limit: The most connections at once, 1 or more; without effect on a session of yours.
            user_agent: Text to add to the ``User-Agent`` header, such as ``mybot/1.2``.

        Raises:
            CredentialsError: No credentials, two schemes at once, or unusable ones.
            InvalidArgumentError: Another argument does not fit.
        """
        self._credentials = choose_credentials(api_token=api_token, api_email=api_email, api_key=api_key)
        self._base_url = _check_base_url(base_url)
        self._timeout = _check_timeout(timeout)
        self._retry = _check_class("retry", RetryPolicy() if retry is None else retry, RetryPolicy)
        self._borrowed_session = _check_session(session)
        _CONNECTIONS.check("connector_limit", connector_limit)
        self._connector_limit = connector_limit
        self._user_agent = _full_user_agent(user_agent)
        self._transport: HTTPTransport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.apps: Final = Apps(self)
        """Spectrum applications: ``list``, ``iterate``, ``create``, ``get``, ``update``, ``delete``."""
        self.protocols: Final = Protocols(self)
        """Well-known protocols: ``list``."""
        self.analytics: Final = Analytics(self)
        """Traffic analytics: ``aggregate.current``, ``events.bytime``, ``events.summary``."""

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        base_url: str | None = None,
        timeout: float | None = 60.0,
        retry: RetryPolicy | None = None,
        session: aiohttp.ClientSession | None = None,
        connector_limit: int = 50,
        user_agent: str | None = None,
    ) -> Self:
        """Make a client with credentials from environment variables.

        Args:
            environ: The variables, those of the process when None. CLOUDFLARE_API_TOKEN is taken alone, whatever
                else is set; without it CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY are.
            base_url: As for :class:`Client`; CLOUDFLARE_BASE_URL or Cloudflare's own when None.
            timeout: As for :class:`Client`.
            retry: As for :class:`Client`.
            session: As for :class:`Client`.
            connector_limit: As for :class:`Client`.
            user_agent: As for :class:`Client`.

        Returns:
            The client.

        Raises:
            CredentialsError: No complete scheme is set; the message names the variables.
            InvalidArgumentError: Another argument does not fit.
        """
        variables = os.environ if environ is None else environ
        if base_url is None:
            base_url = variables.get("CLOUDFLARE_BASE_URL", "").strip() or DEFAULT_BASE_URL
        return cls(
            **credentials_from(variables),
            base_url=(variables.get("CLOUDFLARE_BASE_URL", "").strip() or DEFAULT_BASE_URL)
            if base_url is None
            else base_url,
            timeout=timeout,
            retry=retry,
            session=session,
            connector_limit=connector_limit,
            user_agent=user_agent,
        )

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at its end."""
        return self._base_url

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._base_url!r})"

    async def __aenter__(self) -> Self:
        """Open the session.

        Raises:
            ClientStateError: The client is open already.
        """
        if self._transport is not None and self._loop is not None and not self._loop.is_closed():
            raise ClientStateError("the client is open already: enter it once, then share it among tasks")
        self._loop = asyncio.get_running_loop()
        self._transport = HTTPTransport(
            session=self._borrowed_session or open_session(self._connector_limit),
            base_url=self._base_url,
            credentials=self._credentials,
            user_agent=self._user_agent,
            timeout=self._timeout,
            retry=self._retry,
            converter=shared_converter(),
            sleep=asyncio.sleep,
            random=random.random,
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the session, unless it was borrowed."""
        transport, self._transport = self._transport, None
        if transport is not None and self._borrowed_session is None:
            await transport.session.close()

    async def send(
        self,
        route: Route[T],
        *,
        path: Mapping[str, object],
        query: Mapping[str, object],
        body: object = None,
    ) -> Response[T]:
        """Make one call; the endpoint functions call this.

        Args:
            route: The endpoint.
            path: The path parameters by argument name.
            query: The query parameters by argument name, None for one that was not given.
            body: The body's model, None for a route without a body.

        Returns:
            The successful call.

        Raises:
            ClientStateError: The client is not open, or not on this event loop.
            SpectrumError: See :mod:`aiospectrum.errors` for the tree.
        """
        if self._transport is None:
            raise ClientStateError("the client is not open: call it inside `async with Client(...) as client:`")
        if asyncio.get_running_loop() is not self._loop:
            raise ClientStateError("the client was opened on another event loop: open one client per loop")
        return await self._transport.send(route, path=path, query=query, body=body)


def _check_base_url(base_url: str) -> str:
    expected = "an http or https URL without credentials, query or fragment"
    if not isinstance(base_url, str) or not base_url.isascii() or not base_url.isprintable() or " " in base_url:
        refuse("base_url", base_url, expected)
    try:
        parts = urlsplit(base_url)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, half an IPv6 address
        refuse("base_url", base_url.rpartition("@")[2], expected)
    if "@" in parts.netloc:
        refuse("base_url", f"{parts.scheme}://…@{parts.netloc.rpartition('@')[2]}", expected)
    if parts.scheme not in ("http", "https") or not has_place or any(sign in base_url for sign in "?#\\"):
        refuse("base_url", base_url, expected)
    return base_url.rstrip("/")


def _check_timeout(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    _SECONDS.check("timeout", timeout)
    return float(timeout)


def _check_class(field: str, value: C, kind: type[C]) -> C:
    if not isinstance(value, kind):
        refuse(field, value, f"an object of the class {kind.__name__}")
    return value


def _check_session(session: aiohttp.ClientSession | None) -> aiohttp.ClientSession | None:
    if session is None:
        return None
    _check_class("session", session, aiohttp.ClientSession)
    own = [name for name in ("Authorization", "X-Auth-Email", "X-Auth-Key") if name in session.headers]
    if own or session.auth is not None:
        refuse("session", own or ["auth"], "a session without credentials of its own")
    return session


def _full_user_agent(suffix: str | None) -> str:
    own = f"aiospectrum/{__version__} aiohttp/{aiohttp.__version__} Python/{platform.python_version()}"
    if suffix is None:
        return own
    if not isinstance(suffix, str) or not suffix.isascii() or not suffix.isprintable() or not suffix.strip():
        refuse("user_agent", suffix, "printable ASCII text")
    return f"{own} {suffix.strip()}"
