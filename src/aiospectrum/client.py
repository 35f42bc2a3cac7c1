"""The client: a session opened and closed by ``async with``, and the namespaces of calls over it."""

import asyncio
import os
import random
import ssl
from collections.abc import Coroutine, Mapping
from types import EllipsisType, TracebackType
from typing import Any, Final, Self, TypeVar, Unpack
from urllib.parse import urlsplit

import aiohttp
import attrs

from aiospectrum._codec.converter import shared_converter
from aiospectrum._http.attempt import Attempt
from aiospectrum._http.call import HTTPTransport
from aiospectrum._http.config import (
    DEFAULT_BASE_URL,
    MAX_BODY_BYTES,
    ClientOptions,
    check_base_url,
    check_class,
    check_count,
    check_hook,
    check_limiter,
    check_proxy,
    check_session,
    check_ssl_context,
    check_timeout,
    check_user_agent,
)
from aiospectrum._http.credentials import choose_credentials, credentials_from
from aiospectrum._http.deadline import Watch
from aiospectrum._http.limiter import Limiter
from aiospectrum._http.request import common_headers
from aiospectrum._http.retry import RetryBudget
from aiospectrum._http.session import Exchange, keep_receive_buffers, open_session
from aiospectrum.endpoints import Analytics, Apps, Protocols
from aiospectrum.errors import ClientStateError
from aiospectrum.hooks import AttemptHook
from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts
from aiospectrum.routes import Route
from aiospectrum.transport import Response

__all__ = ["Client", "ConfiguredClient"]

T = TypeVar("T")

_DEFAULT_RATE_LIMIT: Final = RateLimit()


class Client:
    """Cloudflare's Spectrum API.

    Use it in ``async with``: that opens a session, and closes it and all its connections at the end. The namespaces
    ``apps``, ``protocols`` and ``analytics`` hold the calls. A client is for one event loop and shared by its tasks.

    Source: https://developers.cloudflare.com/api/resources/spectrum/
    """

    def __init__(
        self,
        *,
        api_token: str | None = None,
        api_email: str | None = None,
        api_key: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        timeout: float | Timeouts | None = 60.0,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimit | Limiter | None = _DEFAULT_RATE_LIMIT,
        on_attempt: AttemptHook | None = None,
        session: aiohttp.ClientSession | None = None,
        connector_limit: int = 50,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        user_agent: str | None = None,
        allow_http: bool = False,
    ) -> None:
        """Check and keep the settings; nothing is opened yet.

        Args:
            api_token: An API token. Give either this or ``api_email`` and ``api_key``.
            api_email: E-mail address of the account.
            api_key: Global API key of the account.
            base_url: Where the API is: an https URL without a query, or an http one of this machine, such as that of
                a sandbox.
            timeout: Seconds that one call may take with its queueing, attempts and waits, more than 0; None for no
                limit. A :class:`Timeouts` sets those for connecting and reading too, which are 10 s and 30 s.
            retry: How often, and how far apart, failed calls are attempted; None for the defaults.
            rate_limit: How many requests may go out; give one :class:`Limiter` to all clients that use the same token,
                with no more in flight than connections. None for no limit, and no pause of other calls after a 429.
            on_attempt: Called before every attempt, and what it returns after it; for metrics and traces.
            session: A session of yours to send over, without credentials of its own. It is never closed here and keeps
                its own settings for connections, TLS, cookies, proxies and middlewares.
            connector_limit: The most connections at once, 1 or more; without effect on a session of yours.
            ssl_context: How servers are verified, by a context that does verify; None for the certificates of the
                system. Without effect on a session of yours.
            proxy: URL of an HTTP proxy; none is taken from the environment.
            max_body_bytes: The most bytes of an answer, decompressed, 1 or more.
            user_agent: Text to add to the ``User-Agent`` header, such as ``mybot/1.2``.
            allow_http: Whether ``base_url`` may be an http URL of another machine, which sends credentials and data
                unencrypted.

        Raises:
            CredentialsError: No credentials, two schemes at once, or unusable ones.
            InvalidArgumentError: Another argument does not fit.
        """
        chosen = choose_credentials(api_token=api_token, api_email=api_email, api_key=api_key)
        self._proxy = check_proxy(proxy)
        proxy_secret = urlsplit(proxy or "").password
        more_secrets = () if proxy_secret is None else (proxy_secret,)
        self._credentials = attrs.evolve(chosen, secrets=chosen.secrets + more_secrets)
        self._base_url = check_base_url(base_url, allow_http=allow_http)
        self._timeouts = check_timeout(timeout)
        self._retry = check_class("retry", RetryPolicy() if retry is None else retry, RetryPolicy)
        self._on_attempt = check_hook(on_attempt)
        self._borrowed_session = check_session(session)
        self._connector_limit = check_count("connector_limit", connector_limit)
        if session is not None and session.connector is not None:
            self._connector_limit = session.connector.limit
        self._limiter = check_limiter(rate_limit, self._connector_limit)
        self._ssl_context = check_ssl_context(ssl_context)
        self._max_body_bytes = check_count("max_body_bytes", max_body_bytes)
        self._user_agent = check_user_agent(user_agent)
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
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Make a client with credentials from environment variables.

        Args:
            environ: The variables, those of the process when None. CLOUDFLARE_API_TOKEN is taken alone, whatever
                else is set; without it CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY are.
            base_url: As for :class:`Client`; CLOUDFLARE_BASE_URL or Cloudflare's own when None.
            **options: The other arguments of :class:`Client`.

        Returns:
            The client.

        Raises:
            CredentialsError: No complete scheme is set; the message names the variables.
            InvalidArgumentError: Another argument does not fit.
        """
        variables = os.environ if environ is None else environ
        if base_url is None:
            base_url = variables.get("CLOUDFLARE_BASE_URL", "").strip() or DEFAULT_BASE_URL
        return cls(**credentials_from(variables), base_url=base_url, **options)

    def with_options(
        self,
        *,
        timeout: float | Timeouts | EllipsisType | None = ...,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimit | Limiter | EllipsisType | None = ...,
    ) -> "ConfiguredClient":
        """Make calls with other policies, over the same session.

        ``await client.with_options(timeout=5).apps.list(zone_id)`` is one such call.

        Args:
            timeout: As for :class:`Client`; that of the client when left out.
            retry: As for :class:`Client`; that of the client when None.
            rate_limit: As for :class:`Client`; the client's own limiter, shared with its other calls, when left out.

        Returns:
            The namespaces, with these policies; it is open as long as the client is.

        Raises:
            InvalidArgumentError: An argument does not fit.
        """
        return ConfiguredClient(
            self,
            timeouts=self._timeouts if timeout is ... else check_timeout(timeout),
            retry=self._retry if retry is None else check_class("retry", retry, RetryPolicy),
            limiter=self._limiter if rate_limit is ... else check_limiter(rate_limit, self._connector_limit),
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
        keep_receive_buffers()
        headers = common_headers(self._credentials, self._user_agent)
        exchange = Exchange(
            session=self._borrowed_session or open_session(self._connector_limit, self._ssl_context, headers),
            timeouts=self._timeouts,
            max_body_bytes=self._max_body_bytes,
            proxy=self._proxy,
        )
        self._transport = HTTPTransport(
            attempt=Attempt(
                exchange=exchange,
                limiter=self._limiter,
                hook=self._on_attempt,
                clock=self._loop.time,
                random=random.random,
                converter=shared_converter(),
            ),
            base_url=self._base_url,
            credentials=self._credentials,
            headers=headers if self._borrowed_session else {},
            timeouts=self._timeouts,
            watch=Watch(self._loop),
            retry=self._retry,
            budget=RetryBudget(self._retry),
            converter=shared_converter(),
            sleep=asyncio.sleep,
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
        if transport is not None:
            transport.watch.close()
        if transport is not None and self._borrowed_session is None:
            await transport.attempt.exchange.session.close()

    def send(
        self,
        route: Route[T],
        *,
        path: Mapping[str, object],
        query: Mapping[str, object],
        body: object = None,
    ) -> Coroutine[Any, Any, Response[T]]:
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
        return self.open_transport().send(route, path=path, query=query, body=body)

    def open_transport(self) -> HTTPTransport:
        """Give what sends the calls, for :class:`ConfiguredClient`.

        Returns:
            The transport.

        Raises:
            ClientStateError: The client is not open, or not on this event loop.
        """
        if self._transport is None:
            raise ClientStateError("the client is not open: call it inside `async with Client(...) as client:`")
        if asyncio.get_running_loop() is not self._loop:
            raise ClientStateError("the client was opened on another event loop: open one client per loop")
        return self._transport


class ConfiguredClient:
    """The calls of a client with other policies; made by :meth:`Client.with_options`."""

    def __init__(self, client: Client, *, timeouts: Timeouts, retry: RetryPolicy, limiter: Limiter | None) -> None:
        """Keep the policies.

        Args:
            client: Whose session and credentials are used.
            timeouts: How long things may take.
            retry: How often, and how far apart, failed calls are attempted.
            limiter: Gives leave to send; None for no limit.
        """
        self._client = client
        self._timeouts = timeouts
        self._retry = retry
        self._limiter = limiter
        self.apps: Final = Apps(self)
        """Spectrum applications."""
        self.protocols: Final = Protocols(self)
        """Well-known protocols."""
        self.analytics: Final = Analytics(self)
        """Traffic analytics."""

    def send(
        self,
        route: Route[T],
        *,
        path: Mapping[str, object],
        query: Mapping[str, object],
        body: object = None,
    ) -> Coroutine[Any, Any, Response[T]]:
        """Make one call with these policies; see :meth:`Client.send`."""
        transport = self._client.open_transport().with_policies(
            timeouts=self._timeouts, retry=self._retry, limiter=self._limiter
        )
        return transport.send(route, path=path, query=query, body=body)
