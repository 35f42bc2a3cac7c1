"""The limiter of many machines: a window in Redis or Valkey, and one trip for all calls of a process that wait."""

import asyncio
import logging
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from aiospectrum._extras import import_extra
from aiospectrum._loop import running_loop
from aiospectrum.checks import Number, Text, refuse
from aiospectrum.checks.plain import plain_text
from aiospectrum.errors import ClientStateError, InvalidArgumentError, LimiterUnavailableError, SpectrumError
from aiospectrum.limiters.base import BaseLimiter, check_limit
from aiospectrum.limiters.redis_script import SCRIPT
from aiospectrum.limiters.redis_window import RedisWindow
from aiospectrum.policies import RateLimit

__all__ = ["RedisLimiter"]

_LOGGER: Final = logging.getLogger("aiospectrum")

_SCHEMES: Final = ("redis", "rediss", "unix")
_DATABASE: Final = re.compile("(/[0-9]{0,9})?")
_NAME: Final = Text(
    pattern=r"^[A-Za-z0-9._:-]{1,100}\Z", takes_unchecked=False, expected="1 to 100 letters, digits and ._:-"
)
_OPTION: Final = re.compile("[a-z][a-z0-9_]{0,39}")
_URL: Final = "a redis://, rediss:// or unix:// URL of a server, with what is odd in a password escaped"
_OPTIONS: Final = "a URL with options that redis-py knows, each with a value that fits"
_PART: Final = "'fail', or a part of the limit greater than 0 and up to 1"
_SHARE: Final = Number(excludes_minimum=True, expected=_PART)
_SECONDS: Final = Number(excludes_minimum=True, expected="a number of seconds greater than 0")

_LONGEST_REASON: Final = 300
"""Characters of what a server says that an error repeats."""

_MOST_AT_ONCE: Final = 1000
"""Permits of one trip, so that the server is not held up."""

_RETRY: Final = 1.0
"""Seconds until a server that is gone is tried again, where calls go on without it."""


class RedisLimiter(BaseLimiter):
    """Keeps all processes of many machines under one rate limit, by a Redis or Valkey server; a 429 to one pauses all.

    Use it in ``async with``, around the clients that share it: that owns its connection and its task. All counts by the
    server's clock, whatever the clocks of the machines say, and one trip asks for all calls of the process that wait.
    Processes take turns. Requests in flight are counted by each process alone, as is the probe after a pause: give each
    its part of ``in_flight``, so that together they have no more in flight than the limit is below the API's. A request
    counts from when the server grants it; when a reply is slow, it goes out up to ``timeout`` later.

    The server may forget, as one without persistence does when it is restarted. Then processes that had asked it within
    the period pause all until what they had sent is that old.
    """

    _hint: ClassVar = "make one for each, with the same name"

    def __init__(
        self,
        url: str,
        limit: RateLimit | None = None,
        *,
        name: str = "default",
        when_gone: Literal["fail"] | float = "fail",
        timeout: float = 2.0,
    ) -> None:
        """Check and keep the settings; nothing is opened yet.

        Args:
            url: Where the server is, such as ``rediss://:password@host:6379/0``. What it needs to log in is shown by no
                error, log or representation.
            limit: The limit; None for 1,140 requests per 300 s with 50 in flight. All that share a name have the same
                requests and seconds.
            name: Which limit of the server it is, one for each token: 1 to 100 letters, digits and ``._:-``. Never the
                token itself.
            when_gone: What calls do while the server cannot be reached. ``"fail"``: fail with a
                :class:`LimiterUnavailableError`. A number greater than 0 and up to 1: go on with that part of the
                limit, such as 0.25 for each of four processes, once all that was sent before is a period old. When the
                server is back, it lets nothing out until all have noticed: for one second and twice ``timeout``.
            timeout: Seconds that the server may take to answer, connecting included, more than 0.

        Raises:
            InvalidArgumentError: An argument is invalid.
            ImportError: redis-py is not installed; the message says how to install it.
        """
        try:
            self._shown = _without_login(url)
            limit = check_limit(limit)
            self.name: str = _NAME.check("name", name)
            """Which limit of the server it is."""
            share = None if plain_text(when_gone) == "fail" else _SHARE.check("when_gone", when_gone)
            if share is not None and share > 1:
                refuse("when_gone", share, _PART)
            self._timeout: float = _SECONDS.check("timeout", timeout)
            redis = import_extra("redis.asyncio", extra="redis", purpose="A RedisLimiter")
            self._connect, self._without_password = _connector(redis, url, self._shown, self._timeout)
        except InvalidArgumentError as error:
            raise error.with_traceback(None) from None  # without the frames that know the URL
        finally:
            del url  # so that no tool that reports errors shows it
        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError, ValueError, LookupError)
        notice = _RETRY + 2 * self._timeout  # a question in vain, the wait, and the next question
        self._window = RedisWindow(self.name, limit, share, notice, now=self._now, ask=self._ask)
        self._task: asyncio.Task[None] | None = None
        self._script: Any = None
        self._server: Any = None
        self._opened_on: asyncio.AbstractEventLoop | None = None
        self._problem = ""
        super().__init__(limit, self._window)

    def _shown_place(self) -> str:
        return f", url={self._shown!r}, name={self.name!r}"

    async def __aenter__(self) -> Self:
        """Be ready; the server is reached when the first permit is wanted.

        Raises:
            ClientStateError: It is open already.
        """
        loop = running_loop()
        if self._server is not None and self._opened_on is not None and not self._opened_on.is_closed():
            raise ClientStateError("the RedisLimiter is open already: share it, within one async with")
        self._opened_on, self._task = loop, None  # a task of a loop that has died never ends
        self._window.forget()
        self._server = self._connect()
        self._script = self._server.register_script(SCRIPT)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Fail calls that still wait, by a ClientStateError, give back what is reserved, and close the connection."""
        server, self._server = self._server, None
        self._fail(ClientStateError("the RedisLimiter was left while a call waited for its permit"))
        self._stop_timer()
        try:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait([self._task])
            if self._window.has_changes and not self._window.is_gone:
                await self._ask_server(0)
        finally:
            self._task = self._script = None
            await server.aclose()

    async def acquire(self, latest: float | None) -> int:
        """Wait for a permit to send one request; the wait for a response or for the server is not ended by a deadline.

        Args:
            latest: The deadline, in seconds of the event loop's clock; None for none.

        Returns:
            The permit. Release it whatever happens.

        Raises:
            TooLateError: It would come after the deadline.
            LimiterUnavailableError: The server cannot be reached, and calls are to fail then.
            InvalidArgumentError: The server has another limit by that name.
            ClientStateError: The limiter is not open, or in use on another event loop.
        """
        if self._server is None:
            raise ClientStateError("the RedisLimiter is not open: use it, and clients that have it, in async with")
        return await super().acquire(latest)

    def _ask(self) -> None:
        """Ask the server in a task, for all that have come to wait until it runs."""
        loop = self._its_loop()
        if self._server is not None and not loop.is_closed() and (self._task is None or self._task.done()):
            self._task = loop.create_task(self._exchange())
            self._task.add_done_callback(self._go_on)

    def _go_on(self, task: asyncio.Task[None]) -> None:
        """Let nobody wait for a task that an unforeseen error has ended, or a program that cancels all there are."""
        error = None if task.cancelled() else task.exception()
        if task.cancelled() and self._queue:
            self._serve_queue()
        elif error is not None:
            problem = f"the rate limit's server {self._shown} cannot be used: {type(error).__name__}; nothing was sent"
            self._fail(LimiterUnavailableError(problem))

    async def _exchange(self) -> None:
        """Ask as long as there is something to ask for or to tell, and while the server is gone until it is back."""
        window = self._window
        while window.wants(wanted := min(self._wanted(), _MOST_AT_ONCE)):
            error = await self._ask_server(wanted)
            if window.is_gone:
                _LOGGER.warning("%s; requests go out under a part of the limit until it is back", self._problem)
                self._refuse_late()
                self._serve_queue()
                error = await self._wait_until_back()
            if error is not None:
                self._fail(error)
                return
            self._refuse_late()
            self._serve_queue()

    async def _wait_until_back(self) -> SpectrumError | None:
        """Ask again and again until the server is back; return its error when it refuses."""
        error: SpectrumError | None = None
        while self._window.is_gone:
            await asyncio.sleep(_RETRY)
            error = await self._ask_server(0)
        _LOGGER.warning("the rate limit's server %s is back", self._shown)
        return error

    async def _ask_server(self, wanted: int) -> SpectrumError | None:
        """Make one trip, and another one when an event loop that was held up missed the reply; return its error."""
        began = self._now()
        error = await self._ask_once(wanted)
        if error is not None and self._now() - began > 1.5 * self._timeout:
            error = await self._ask_once(wanted)
        if isinstance(error, LimiterUnavailableError):
            self._window.fall_back(self._now())
        return error

    async def _ask_once(self, wanted: int) -> SpectrumError | None:
        window, began = self._window, self._now()
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._script(keys=window.keys, args=window.make_arguments(wanted, began))
            return window.read_reply(reply, began, self._now(), self._timeout)
        except self._errors as error:
            reason = " ".join(self._without_password(str(error)).split())[:_LONGEST_REASON]
            reason = reason or f"no reply within {self._timeout:g} s"
            self._problem = f"the rate limit's server {self._shown} cannot be used: {type(error).__name__}: {reason}"
        if self._server is not None:
            await self._server.connection_pool.disconnect()
        return LimiterUnavailableError(f"{self._problem}; nothing was sent: see that it runs")


def _without_login(url: object) -> str:
    """What may be shown of a URL: scheme, host, port and path, if it is one."""
    text = plain_text(url)
    try:
        parts = urlsplit(text or "")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "…"
    is_path = parts.scheme == "unix" or _DATABASE.fullmatch(unquote(parts.path))
    if text is None or parts.scheme not in _SCHEMES or "@" in parts.path or not is_path or parts.fragment:
        return "…"
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{'' if port is None else f':{port}'}{parts.path}"


def _connector(redis: Any, url: str, shown: str, timeout: float) -> tuple[Callable[[], Any], Callable[[str], str]]:
    """Check a URL; return what makes a connection to it, when it is first used, and what hides its passwords."""
    retry = import_extra("redis.asyncio.retry", extra="redis", purpose="A RedisLimiter").Retry
    no_wait = import_extra("redis.backoff", extra="redis", purpose="A RedisLimiter").NoBackoff

    def connect(url: str = url) -> Any:
        return redis.Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            max_connections=1,
            protocol=2,
            retry=retry(no_wait(), 1),
            retry_on_error=[redis.ConnectionError],  # once more, as the server may have closed a kept connection
        )

    def options(url: str) -> dict[str, Any] | None:
        """What a connection is made with, of which nothing is sent yet; None where an option of the query is bad."""
        try:
            pool = connect(url).connection_pool
            pool.connection_class(**pool.connection_kwargs)
        except (ValueError, TypeError, AttributeError, LookupError, OSError, redis.RedisError):
            return None
        return dict(pool.connection_kwargs)

    if shown == "…":
        refuse("url", shown, _URL)
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not value or options(urlunsplit(parts._replace(query=urlencode([(name, value)])))) is None:
            is_name = _OPTION.fullmatch(name) and "@" not in parts.query  # else it may be the rest of a password
            refuse("url", shown, _OPTIONS, f"see {f'the option {name}' if is_name else 'what follows the ?'}")
    made = options(url)
    if made is None:
        refuse("url", shown, _URL)
    passwords = [str(made.get(name) or "") for name in ("password", "ssl_password")] + [parts.password or ""]
    spellings = {each for word in passwords if word for each in (word, quote(word, safe=""), repr(word)[1:-1])}

    def hide(text: str) -> str:
        """What a server says, which may be what it was sent."""
        for spelling in sorted(spellings, key=len, reverse=True):
            text = text.replace(spelling, "…")
        return text

    return connect, hide
