"""The settings of a client, checked when it is made: each check raises InvalidArgumentError, which names the field."""

import asyncio
import functools
import inspect
import ipaddress
import platform
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypedDict, TypeVar
from urllib.parse import SplitResult, urlsplit

import aiohttp
import attrs

from aiospectrum._http.passwords import split_login
from aiospectrum._version import __version__
from aiospectrum.checks import Integer, Number, refuse
from aiospectrum.checks.plain import plain_number, plain_text
from aiospectrum.hooks import AttemptHook
from aiospectrum.limiters import Limiter, RateLimiter
from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts

__all__ = [
    "CREDENTIAL_HEADERS",
    "MAX_BODY_BYTES",
    "ClientOptions",
    "check_base_url",
    "check_callable",
    "check_class",
    "check_clock",
    "check_count",
    "check_function",
    "check_limiter",
    "check_proxy",
    "check_session",
    "check_sleep",
    "check_ssl_context",
    "check_timeout",
    "check_user_agent",
    "max_wait_of",
    "refuse_coroutine",
]

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., object] | None)

CREDENTIAL_HEADERS: Final = ("Authorization", "X-Auth-Email", "X-Auth-Key", "X-Auth-User-Service-Key")
"""The headers of all of the API's schemes, of which exactly one is sent."""

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
"""Maximum size of a body in bytes, decompressed, by default."""

_FIRST_SECOND: Final = -62_135_596_800
_AFTER_LAST_SECOND: Final = 253_402_300_800
"""Where the years 1 to 9999 begin and end, in seconds since 1970."""

_TIMEOUT: Final = Number(excludes_minimum=True, expected="a number of seconds greater than 0, a Timeouts or None")


_LIMITER_METHODS: Final = ("acquire", "release", "pause", "pause_left", "update_quota")
"""What :class:`~aiospectrum.RateLimiter` has."""

_ASYNC_HINT: Final = "start a task in it, or put what it is given into a queue"


class ClientOptions(TypedDict, total=False):
    """The arguments of :class:`~aiospectrum.Client` other than the credentials and the base URL."""

    timeout: float | Timeouts | None
    retry: RetryPolicy | None
    rate_limit: RateLimit | RateLimiter | None
    on_attempt: AttemptHook | None
    session: aiohttp.ClientSession | None
    connector_limit: int
    ssl_context: ssl.SSLContext | None
    proxy: str | None
    keep_alive: bool
    max_body_bytes: int
    user_agent: str | None
    allow_http: bool


def check_class(field: str, value: C, kind: type[C]) -> C:
    """Check the class of a value, and return the value."""
    if not isinstance(value, kind):
        refuse(field, value, f"an object of the class {kind.__name__}")
    return value


def check_base_url(base_url: str, *, allow_http: bool) -> str:
    """Check a base URL, and return it without a slash at its end.

    http is for this machine only, unless ``allow_http``.
    """
    expected = "an http or https URL without credentials, query or fragment"
    base_url = plain_text(base_url) or base_url
    parts = _split("base_url", base_url, expected)
    if "@" in parts.netloc or any(sign in base_url for sign in "?#\\"):
        refuse("base_url", _without_login(base_url), expected)
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname or ""):
        refuse(
            "base_url",
            _without_login(base_url),
            "https, as http would send credentials unencrypted",
            "allow_http=True permits it",
        )
    return base_url.rstrip("/")


def check_proxy(proxy: str | None) -> tuple[str | None, str]:
    """Check the URL of a proxy; None for none.

    Returns:
        The URL without user name and password; and these, as they were written, ``""`` for none.
    """
    if proxy is None:
        return None, ""
    proxy = plain_text(proxy) or proxy
    _split("proxy", proxy, "an http or https URL, or None")
    url, login = split_login(proxy)
    if "@" in url:  # a password with a sign that ends the place in a URL
        refuse("proxy", _without_login(proxy), "a URL with /, ? and # in user name and password percent-encoded")
    return url, login


def check_timeout(timeout: float | Timeouts | None) -> Timeouts:
    """Make the timeouts of a client, of a Timeouts or of the seconds for a whole call (None for no limit)."""
    if isinstance(timeout, Timeouts):
        return timeout
    return Timeouts(total=None if timeout is None else _TIMEOUT.check("timeout", timeout))


def check_callable(field: str, value: F, *, arguments: int | None = None) -> F:
    """Check that a value is a function or None, and return it; nobody would await what an async one returns.

    With ``arguments`` it has to take so many, as far as that shows before it is called.
    """
    refuse_coroutine(field, value)
    if value is not None and not callable(value):
        refuse(field, value, "a function or None")
    function: object = value
    while isinstance(function, functools.partial):
        function = function.func
    if any(map(_is_async, (function, inspect.getattr_static(type(function), "__call__", None)))):
        refuse(field, value, "a function that is not async, as it is called in the middle of a call", _ASYNC_HINT)
    if value is not None and arguments is not None and not _takes(value, arguments):
        refuse(field, value, f"a function that is called with {arguments or 'no'} argument{'s' * (arguments != 1)}")
    return value


def check_function(field: str, value: F) -> F:
    """Check that a value is a function; whether it is async shows when it is called."""
    if not callable(value):
        refuse(field, value, "a function")
    return value


def check_clock(clock: Callable[[], float]) -> Callable[[], float]:
    """Check that a clock is a function, and return one that checks what it says, which shows when it is called."""
    check_function("clock", check_callable("clock", clock, arguments=0))

    def read() -> float:
        now = clock()
        refuse_coroutine("clock", now)
        seconds = plain_number(now)
        if seconds is None or not _FIRST_SECOND <= seconds < _AFTER_LAST_SECOND:
            refuse("clock", now, "a function that returns the time of day in seconds since 1970, such as time.time")
        return seconds

    return read


def check_sleep(sleep: Callable[[float], Awaitable[object]]) -> Callable[[float], Awaitable[object]]:
    """Check that something is a function that waits, and return one that lets other tasks run, whatever it does."""
    check_function("sleep", sleep)

    async def wait(seconds: float) -> None:
        waiting = sleep(seconds)
        if not inspect.isawaitable(waiting):
            refuse("sleep", waiting, "a function that returns something to await, such as asyncio.sleep")
        await waiting
        await asyncio.sleep(0)  # one that returns at once, as a mock does, would hold the event loop for good

    return wait


def refuse_coroutine(field: str, result: object) -> None:
    """Refuse what an async function returns in the place of a result, which does not show before it is called."""
    if inspect.iscoroutine(result):
        result.close()
        refuse(field, result, "the result of a function that is not async", _ASYNC_HINT)


def _takes(function: Callable[..., object], arguments: int) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of a builtin that does not say
        return True
    try:
        signature.bind(*(None,) * arguments)
    except TypeError:
        return False
    return True


def _is_async(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def check_limiter(rate_limit: RateLimit | RateLimiter | None, connections: int) -> RateLimiter | None:
    """Make the limiter of a client; a shared one is returned as it is, and None means no limit.

    No more requests than ``connections`` (0 for no limit) are sent at a time, as a pause could not hold back those that
    wait for a connection.
    """
    if isinstance(rate_limit, RateLimit):
        in_flight = min(rate_limit.in_flight, connections or rate_limit.in_flight)
        return Limiter(attrs.evolve(rate_limit, in_flight=in_flight))
    if rate_limit is None:
        return None
    methods = {name: getattr(rate_limit, name, None) for name in _LIMITER_METHODS}
    lacking = [name for name, method in methods.items() if not callable(method)]
    if isinstance(rate_limit, type) or len(lacking) == len(methods):
        refuse("rate_limit", rate_limit, "a RateLimit, a limiter such as Limiter(), or None")
    if lacking:
        expected = f"a limiter with the methods {', '.join(methods)}; this one lacks {' and '.join(lacking)}"
        refuse("rate_limit", rate_limit, expected)
    for name, method in methods.items():
        if name != "acquire" and inspect.iscoroutinefunction(method):
            refuse("rate_limit", rate_limit, f"a limiter whose {name} is not async, as nobody awaits it")
    return rate_limit


def max_wait_of(limiter: RateLimiter | None) -> float:
    """The maximum wait that the API may demand: that of the limiter's limit, if it has one."""
    limit = getattr(limiter, "limit", None)
    return limit.max_wait if isinstance(limit, RateLimit) else RateLimit().max_wait


def check_session(session: aiohttp.ClientSession | None) -> aiohttp.ClientSession | None:
    """Check that a borrowed session has no credentials of its own, and decompresses what it asks for."""
    if session is None:
        return None
    check_class("session", session, aiohttp.ClientSession)
    own = [name for name in CREDENTIAL_HEADERS if name in session.headers]
    if own or session.auth is not None:
        refuse("session", own or ["auth"], "a session without credentials of its own")
    if not session.auto_decompress:
        refuse("session", session, "a session that decompresses responses, without auto_decompress=False")
    return session


def check_ssl_context(context: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """Check that a TLS context verifies certificates and hostnames; None for that of the system."""
    if context is None:
        return None
    check_class("ssl_context", context, ssl.SSLContext)
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        refuse("ssl_context", context, "a context that verifies certificates and hostnames")
    return context


def check_user_agent(addition: str | None) -> str:
    """Make the ``User-Agent`` header, with an addition such as ``mybot/1.2``; None for none."""
    own = f"aiospectrum/{__version__} aiohttp/{aiohttp.__version__} Python/{platform.python_version()}"
    if addition is None:
        return own
    text = (plain_text(addition) or "").strip()
    if not (text and text.isascii() and text.isprintable()):
        refuse("user_agent", addition, "printable ASCII text")
    return f"{own} {text}"


def check_count(field: str, value: int) -> int:
    """Check that a value is an integer of 1 or more, and return it."""
    count: int = Integer(minimum=1, takes_unchecked=False, expected="an integer of 1 or more").check(field, value)
    return count


def _split(field: str, url: str, expected: str) -> SplitResult:
    if type(url) is not str:
        refuse(field, type(url), f"{expected}, as a string")  # a URL of another library has a password, too
    if not url.isascii() or not url.isprintable() or " " in url:
        refuse(field, _without_login(url), expected)
    try:
        parts = urlsplit(url)
        has_place = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, half an IPv6 address
        parts, has_place = SplitResult("", "", "", "", ""), False
    if not has_place:
        refuse(field, _without_login(url), expected)
    return parts


def _without_login(url: str) -> str:
    """What may be shown of a URL that was refused, and may be no URL."""
    scheme, separator, rest = url.partition("://") if "://" in url else ("", "", url)
    login, at, place = rest.rpartition("@")
    place, _, query = place.replace("#", "?").partition("?")
    port = place.partition("/")[0].rpartition("]")[2].partition(":")[2]
    if "@" in scheme or any(sign in login for sign in "?#") or (port and not port.strip().isdigit()):
        return "…"  # there is no telling what is what
    return f"{scheme}{separator}{'…@' if at else ''}{place}{'?…' if query else ''}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
