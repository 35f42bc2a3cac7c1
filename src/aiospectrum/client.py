"""The clients: a session opened and closed by ``async with``, and the namespaces of calls over it."""

import asyncio
import os
import random
import ssl
import time
from collections.abc import Mapping
from types import EllipsisType, TracebackType
from typing import ClassVar, Final, Self, Unpack

import aiohttp
import attrs

from aiospectrum._generated.namespaces import SERVICE
from aiospectrum._http.borrowed import logins_of
from aiospectrum._http.call import CallSettings, HTTPTransport
from aiospectrum._http.config import (
    MAX_BODY_BYTES,
    ClientOptions,
    check_base_url,
    check_callable,
    check_class,
    check_count,
    check_limiter,
    check_session,
    check_ssl_context,
    check_timeout,
    check_user_agent,
    max_wait_of,
)
from aiospectrum._http.credentials import choose_credentials, credentials_from, redact_refusal
from aiospectrum._http.frames import forget_frames
from aiospectrum._http.redaction import make_redaction
from aiospectrum._http.retry import RetryBudget
from aiospectrum._http.session import Session, keep_receive_buffers
from aiospectrum.apps.namespace import ManagedNamespaces
from aiospectrum.checks import Flag, refuse
from aiospectrum.checks.plain import plain_text
from aiospectrum.errors import SpectrumError
from aiospectrum.hooks import AttemptHook
from aiospectrum.limiters import RateLimiter
from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts
from aiospectrum.routes import API
from aiospectrum.transport import Namespace

__all__ = ["DEFAULT_BASE_URL", "BaseClient", "Client"]

DEFAULT_BASE_URL: Final = SERVICE.base_url
"""Cloudflare's production API."""

_DEFAULT_RATE_LIMIT: Final = RateLimit()


class BaseClient(HTTPTransport):
    """All of a client but its namespaces, which are attributes of a subclass.

    A client is for one event loop and shared by its tasks.
    """

    service: ClassVar[API]
    """Where the API is, and which credentials it takes."""

    def __init__(
        self,
        *,
        api_token: str | None = None,
        api_email: str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | Timeouts | None = 60.0,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimit | RateLimiter | None = _DEFAULT_RATE_LIMIT,
        on_attempt: AttemptHook | None = None,
        session: aiohttp.ClientSession | None = None,
        connector_limit: int = 50,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        keep_alive: bool = True,
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
                a sandbox. Cloudflare's own when None.
            timeout: Seconds that one call may take with its queueing, attempts and waits, more than 0; None for no
                limit. :class:`~aiospectrum.Timeouts` sets those for connecting and reading, too: 10 s and 30 s.
            retry: How often, and how far apart, failed calls are attempted; None for the defaults.
            rate_limit: How many requests may be sent. Share one :class:`~aiospectrum.Limiter` among all clients with
                the same token, with no more in flight than connections; any other object with the methods of
                :class:`~aiospectrum.RateLimiter` will do. None for no limit, and no pause of other calls after a 429.
            on_attempt: Called before every attempt; what it returns is called after it; for metrics and traces.
            session: Your own session to send over, without credentials. It is never closed here and keeps its own
                settings for connections, TLS, cookies, proxies and middlewares.
            connector_limit: Maximum number of connections at once, 1 or more; without effect on your own session.
            ssl_context: How servers are verified, by a context that does verify; None for the certificates of the
                system. Without effect on your own session.
            proxy: URL of an HTTP proxy, in which a user name and password are percent-encoded; none is taken from the
                environment.
            keep_alive: Whether connections are used more than once, which saves making new ones; without effect on your
                own session. A create goes over a new one, or one that was used within the last two seconds, anyway.
            max_body_bytes: Maximum size of a response's body in bytes, decompressed, 1 or more.
            user_agent: Text to add to the ``User-Agent`` header, such as ``mybot/1.2``.
            allow_http: Whether ``base_url`` may be an http URL of another machine, which sends credentials and data
                unencrypted.

        Raises:
            CredentialsError: No credentials, two schemes at once, or unusable ones.
            InvalidArgumentError: Another argument is invalid.
        """
        try:
            borrowed = check_session(session)
            credentials = choose_credentials(
                api_token=api_token,
                api_email=api_email,
                api_key=api_key,
                schemes=self.service.schemes,
                proxy=proxy,
                other_logins=logins_of(borrowed),
            )
            allow_http = Flag().check("allow_http", allow_http)
            url = check_base_url(self.service.base_url if base_url is None else base_url, allow_http=allow_http)
            retry = check_class("retry", RetryPolicy() if retry is None else retry, RetryPolicy)
            self._connections = connector_limit = check_count("connector_limit", connector_limit)
            if borrowed is not None and borrowed.connector is not None:
                self._connections = borrowed.connector.limit
            limiter = check_limiter(rate_limit, self._connections)
            settings = CallSettings(
                session=Session(
                    headers={"Accept": "application/json", "User-Agent": check_user_agent(user_agent)},
                    credentials=credentials,
                    borrowed=borrowed,
                    connector_limit=connector_limit,
                    ssl_context=check_ssl_context(ssl_context),
                    keep_alive=Flag().check("keep_alive", keep_alive),
                    max_body_bytes=check_count("max_body_bytes", max_body_bytes),
                ),
                base_url=url,
                redact=credentials.redact,
                timeouts=check_timeout(timeout),
                retry=retry,
                budget=RetryBudget(retry),
                limiter=limiter,
                max_wait=max_wait_of(limiter),
                hook=check_callable("on_attempt", on_attempt, arguments=1),
                clock=time.monotonic,
                random=random.random,
                sleep=asyncio.sleep,
            )
        except SpectrumError as error:
            given = make_redaction(filter(None, map(plain_text, (api_token, api_email, api_key))))
            raise forget_frames(redact_refusal(error, given.redact))  # noqa: B904 - the same error, without secrets
        finally:
            del api_token, api_email, api_key, proxy, base_url  # so that no tool that reports errors shows them
        super().__init__(settings)

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
            base_url: As for :class:`Client`; CLOUDFLARE_BASE_URL if that is set, when None.
            **options: The other arguments of :class:`Client`.

        Returns:
            The client.

        Raises:
            CredentialsError: No complete scheme is set; the message names the variables.
            InvalidArgumentError: Another argument is invalid.
        """
        environ = os.environ if environ is None else environ
        try:
            if not issubclass(type(environ), Mapping) or not _has_texts(environ):
                refuse("environ", type(environ), "a mapping of texts, such as os.environ, or None")
            if base_url is None:
                base_url = (plain_text(environ.get("CLOUDFLARE_BASE_URL")) or "").strip() or None
            return cls(**credentials_from(environ, cls.service.schemes), base_url=base_url, **options)
        finally:
            del environ, options, base_url  # so that no tool that reports errors shows them

    def with_options(
        self,
        *,
        timeout: float | Timeouts | EllipsisType | None = ...,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimit | RateLimiter | EllipsisType | None = ...,
    ) -> Self:
        """Make a client with other policies, over the same session and with the same tokens for retries.

        ``await client.with_options(timeout=5).apps.list(zone_id)`` is one call of it.

        Args:
            timeout: As for :class:`Client`; that of the client when left out.
            retry: As for :class:`Client`; that of the client when None.
            rate_limit: As for :class:`Client`; the client's own limiter, shared with its other calls, when left out.

        Returns:
            A client that is open as long as this one is; they share one session, and closing either closes both.

        Raises:
            InvalidArgumentError: An argument is invalid.
        """
        settings = self._settings
        limiter = settings.limiter if rate_limit is ... else check_limiter(rate_limit, self._connections)
        other = object.__new__(type(self))
        # Without the namespaces, which are over this client.
        vars(other).update({name: value for name, value in vars(self).items() if not isinstance(value, Namespace)})
        other._settings = attrs.evolve(
            settings,
            timeouts=settings.timeouts if timeout is ... else check_timeout(timeout),
            retry=settings.retry if retry is None else check_class("retry", retry, RetryPolicy),
            limiter=limiter,
            max_wait=max_wait_of(limiter),
        )
        return other

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at its end."""
        return self._settings.base_url

    def __repr__(self) -> str:
        if "_settings" not in vars(self):  # as tools find it in the frames of an argument that was refused
            return f"{type(self).__name__}(not made)"
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    async def open(self) -> Self:
        """Open the session where no ``async with`` can, as in a framework's startup; :meth:`aclose` closes it.

        Returns:
            The client itself.

        Raises:
            ClientStateError: The client is open already; or your own session is closed, or of another event loop.
            InvalidArgumentError: Your own session takes credentials from netrc.
        """
        return await self.__aenter__()

    async def aclose(self) -> None:
        """Do what leaving ``async with`` does; a client that is not open stays so.

        It closes those of :meth:`with_options` too, and the one that they were made of.

        Raises:
            ClientStateError: The client is open on another event loop.
        """
        await self.__aexit__(None, None, None)

    async def __aenter__(self) -> Self:
        """Open the session.

        Raises:
            ClientStateError: The client is open already; or your own session is closed, or of another event loop.
            InvalidArgumentError: Your own session takes credentials from netrc.
        """
        self._settings.session.open(self.base_url)
        self._settings.budget.refill()
        keep_receive_buffers()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all calls that are under way, by a ClientStateError, and close the session, unless it was borrowed.

        Raises:
            ClientStateError: The client is open on another event loop.
        """
        await self._settings.session.close()


def _has_texts(environ: Mapping[str, str]) -> bool:
    """Whether a mapping can be asked for a text, which ``os.environb`` cannot."""
    try:
        environ.get("CLOUDFLARE_BASE_URL")
    except TypeError:
        return False
    finally:
        del environ  # so that no tool that reports errors shows it
    return True


class Client(BaseClient, ManagedNamespaces):
    """Cloudflare's Spectrum API.

    Use it in ``async with``: that opens a session, and closes it and all its connections at the end; so do :meth:`open`
    and :meth:`aclose`. The namespaces ``apps``, ``protocols``, ``analytics`` and ``zones`` hold the calls. A client is
    for one event loop and shared by its tasks.

    Source: https://developers.cloudflare.com/api/resources/spectrum/
    """

    service = SERVICE
