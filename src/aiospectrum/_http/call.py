"""One call from the request to its result: attempts, retries and deadline around one record."""

import logging
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

import attrs

from aiospectrum._http.config import check_callable, refuse_coroutine
from aiospectrum._http.credentials import redact_refusal
from aiospectrum._http.deadline import Deadline
from aiospectrum._http.failures import ambiguous_error, raise_cut_short, timeout_error
from aiospectrum._http.frames import forget_aiohttp
from aiospectrum._http.headers import read_rate_limit
from aiospectrum._http.record import Call
from aiospectrum._http.request import build_request
from aiospectrum._http.response import assumed_response, read_large_response, read_response
from aiospectrum._http.retry import Action, RetryBudget, backoff, decide, is_ambiguous, wait_after_429
from aiospectrum._http.session import LARGE, Session
from aiospectrum.errors import (
    ClientStateError,
    InvalidArgumentError,
    ProxyError,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
)
from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted
from aiospectrum.limiters import RateLimiter, TooLateError
from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts
from aiospectrum.routes import Route
from aiospectrum.transport import Response, Transport, record_response

__all__ = ["CallSettings", "HTTPTransport", "client_of", "while_open"]

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("aiospectrum")

_LONGEST_HEADER: Final = 100
"""Characters of a header that an error repeats."""


@attrs.frozen(kw_only=True)
class CallSettings:
    """How calls are made: what those of a client have in common, passed in."""

    session: Session
    """Sends the requests."""

    base_url: str
    """URL that paths are appended to, without a slash at its end."""

    redact: Callable[[str], str]
    """Redacts credentials in a text that came from the server."""

    timeouts: Timeouts
    """How long a call may take with all its attempts and waits."""

    retry: RetryPolicy
    """How often, and how far apart, calls are attempted."""

    budget: RetryBudget
    """Tokens for retries, shared by all calls of a client."""

    limiter: RateLimiter | None
    """Grants permits to send; None for no limit."""

    max_wait: float = RateLimit().max_wait
    """Maximum wait that the API may demand, in seconds."""

    hook: AttemptHook | None
    """Called before every attempt; what it returns is called after it."""

    clock: Callable[[], float]
    """Returns the time in seconds, for the durations that the hook is given."""

    random: Callable[[], float]
    """Returns a random number from 0 up to but not including 1."""

    sleep: Callable[[float], Awaitable[object]]
    """Waits a number of seconds."""


class HTTPTransport:
    """Makes calls over HTTP; clients are made of it."""

    def __init__(self, settings: CallSettings) -> None:
        """Keep the settings."""
        self._settings = settings

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: that would take the credentials along.

        Raises:
            TypeError: Always.
        """
        raise TypeError("credentials are not pickled or copied: make a client where it is used, or use with_options()")

    async def send(
        self, route: Route[T], *, path: Mapping[str, object], query: Mapping[str, object], body: object = None
    ) -> Response[T]:
        """Make one call; the endpoint functions call this. See :meth:`aiospectrum.transport.Transport.send`.

        Args:
            route: The endpoint.
            path: The path parameters by argument name.
            query: The query parameters by argument name, None for one that was not given.
            body: The body's model, None for a route without a body.

        Returns:
            The successful call.

        Raises:
            ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
            SpectrumError: See :mod:`aiospectrum.errors` for the tree.
        """
        settings = self._settings
        settings.session.check_open()
        try:
            target, content = build_request(route, path=path, query=query, body=body)
        except InvalidArgumentError as error:
            redact_refusal(error, settings.redact)
            raise
        deadline = Deadline(settings.session.timer, settings.timeouts.total, settings.timeouts.read)
        url = settings.base_url + target
        call = Call(route=route, path=path, url=url, body=content, redact=settings.redact, deadline=deadline)
        response: Response[T] | None = None
        try:
            with deadline:
                while response is None:
                    try:
                        response = await self._attempt(call)
                    except RequestTimeoutError:
                        raise  # the permit would have come after the deadline
                    except RequestError as error:
                        response = await self._recover(call, error)
                        if response is None and call.last_error is not error:
                            raise  # it is not retried
        except TimeoutError:
            if not deadline.has_passed and not deadline.is_left:
                raise  # a hook's own
            response = None
        finally:
            if response is None:
                call.forget_response()
        if response is None:  # raised out here, the error does not hold on to the cancellation and its frames
            raise_cut_short(call)
        if call.attempt - call.needs_new_connection <= 1:
            settings.budget.earn()
        record_response(response)
        return response

    async def _attempt(self, call: Call) -> Response[Any]:
        """Wait for a permit and make one attempt with it; a 429 pauses all who need one."""
        limiter, hook = self._settings.limiter, self._settings.hook
        if limiter is None:
            return await (self._exchange(call) if hook is None else self._observe(call, hook))
        try:
            permit = await limiter.acquire(call.deadline.latest)
        except TooLateError as late:
            problem = f"would have to wait {late.wait:.1f} s for the rate limit, longer than the deadline leaves"
            raise timeout_error(call, problem, was_sent=False, wait=late.wait) from call.last_error
        was_cancelled = True
        try:
            response = await (self._exchange(call) if hook is None else self._observe(call, hook))
            was_cancelled = False
            return response
        except RequestError as error:
            was_cancelled = False
            if isinstance(error, RateLimitError) and error.wait is not None:
                limiter.pause(permit, error.wait)
                _LOGGER.warning("%s; all requests are paused for %.1f s", error, limiter.pause_left())
            raise
        finally:
            if call.quota is not None:
                self._update_quota(limiter, permit, call.quota)
            limiter.release(permit, was_cancelled=was_cancelled)

    def _update_quota(self, limiter: RateLimiter, permit: int, quota: tuple[int, float]) -> None:
        """Pass on what a response says of the API's own limit."""
        left, seconds = quota
        if left == 0 and seconds > self._settings.max_wait:
            _LOGGER.warning("Ratelimit's t of %.0f s is ignored, as it is beyond RateLimit.max_wait", seconds)
        limiter.update_quota(permit, left, seconds)

    async def _observe(self, call: Call, hook: AttemptHook) -> Response[Any]:
        """Make an attempt between the two calls of the hook."""
        started = AttemptStarted(
            operation=call.route.name,
            method=call.route.method,
            route=call.route.path,
            url=call.url,
            attempt=call.attempt + 1,
        )
        end = check_callable("what on_attempt returned", hook(started))
        start_time = self._settings.clock()
        error: RequestError | None = None
        was_cancelled = True
        response: Response[Any] | None = None
        try:
            response = await self._exchange(call)
            was_cancelled = False
            return response
        except RequestError as failure:
            error, was_cancelled = failure, False
            raise
        finally:
            if end is not None:
                duration = self._settings.clock() - start_time
                ended = _attempt_ended(call, started, error, duration=duration, was_cancelled=was_cancelled)
                try:
                    refuse_coroutine("what on_attempt returned", end(ended))
                except BaseException:
                    response = None  # which this frame would show, with headers that may repeat credentials
                    raise

    async def _exchange(self, call: Call) -> Response[Any]:
        """Send one request and read the response."""
        call.attempt += 1
        call.is_sending = True
        settings = self._settings
        handled = sys.exception()
        try:
            response = await settings.session.request(call, connect_timeout=settings.timeouts.connect)
            call.response = response
            call.body_bytes = len(response.body)
            if "ratelimit" in response.headers:
                call.quota = read_rate_limit(response.headers.getall("ratelimit"))
            if call.body_bytes < LARGE:
                result = read_response(call, response)
            else:
                session = settings.session
                result = await read_large_response(
                    call, response, turn=session.one_at_a_time, run_apart=session.run_apart
                )
            call.is_sending = False
            return result
        except RequestError as error:
            if isinstance(error, RateLimitError):
                self._set_wait(call, error)
            call.is_sending = False
            forget_aiohttp(error, handled)
            raise
        except BaseException as error:  # a cancellation, or an error of a borrowed session's own middleware
            forget_aiohttp(error, handled)
            raise
        finally:
            handled = None  # as the frame would keep it
            if call.response is not None:
                call.response.body = b""  # which the frames of an error that is kept would keep
            if _LOGGER.isEnabledFor(logging.DEBUG):
                status = "no response" if call.response is None else call.response.status
                _LOGGER.debug("%s %s, attempt %d: %s", call.method, call.url, call.attempt, status)

    def _set_wait(self, call: Call, error: RateLimitError) -> None:
        """Choose the wait after a 429, and say which one is not."""
        max_wait = self._settings.max_wait
        error.wait = wait_after_429(error.retry_after, call.quota, self._settings.random, max_wait)
        demanded = [] if call.response is None else call.response.headers.getall("retry-after", [])
        is_ignored = error.retry_after is None or error.retry_after > max_wait
        if demanded and is_ignored:
            shown = call.clean(", ".join(each[:_LONGEST_HEADER] for each in demanded[:3]))[:_LONGEST_HEADER]
            reason = f"it cannot be read, or is beyond RateLimit.max_wait of {max_wait:g} s"
            error.args = (f"{error}; Retry-After: {shown} is ignored, as {reason}",)
            error.retry_after = None

    async def _recover(self, call: Call, error: RequestError) -> Response[Any] | None:
        """Wait for the next attempt, if there is one after an error; or return what counts as a success.

        When neither follows, the error does not become :attr:`Call.last_error`.

        Raises:
            AmbiguousWriteError: The request may have taken effect, and must not be repeated.
        """
        settings = self._settings
        error.attempts = call.attempt
        may_have_happened = call.may_have_happened
        attempt = call.attempt - call.needs_new_connection  # without the one that was resent
        action = decide(call.route.method, error, attempt, settings.retry, follows_ambiguous=may_have_happened)
        if action is Action.COUNT_AS_DELETED and call.response is not None:
            return assumed_response(call, call.response)
        call.forget_response()
        if action is Action.RAISE_AMBIGUOUS:
            raise ambiguous_error(call, error) from error
        wait = self._wait_after(call, error, attempt) if action is Action.RETRY else None
        if wait is None and action is not Action.RESEND:
            return None
        call.last_error, call.response, call.quota = error, None, None
        call.may_have_happened = may_have_happened or is_ambiguous(error)
        if wait is None:
            call.needs_new_connection = True
            _LOGGER.debug("%s; it is sent again over a new connection", error)
            return None
        _LOGGER.warning("%s; attempt %d follows in %.2f s", error, call.attempt + 1, wait)
        if settings.limiter is None or not isinstance(error, RateLimitError):  # else the limiter sees to the wait
            await settings.sleep(wait)
        return None

    def _wait_after(self, call: Call, error: RequestError, attempt: int) -> float | None:
        """Seconds until the next attempt; None when there are no tokens or the deadline comes first."""
        settings = self._settings
        if isinstance(error, RateLimitError):
            wait = (error.wait or 0.0) if settings.limiter is None else settings.limiter.pause_left()
        elif settings.budget.spend():
            wait = backoff(attempt, settings.retry, settings.random)
        else:
            return None
        if call.deadline.passes_within(wait):
            error.wait = wait
            error.args = (f"{error}; the next attempt would be in {wait:.1f} s, which is after the deadline",)
            return None
        return wait


def client_of(transport: Transport) -> HTTPTransport | None:
    """The client that a transport is, or whose namespace it is; None for a transport of another class."""
    client = getattr(transport.send, "__self__", None)
    return client if isinstance(client, HTTPTransport) else None


@contextmanager
def while_open(transport: Transport) -> Iterator[None]:
    """End a wait between calls when the client is left, as its calls are; a transport of another class is never left.

    Raises:
        ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
    """
    client = client_of(transport)
    if client is None:
        yield
        return
    session = client._settings.session
    session.check_open()
    deadline = Deadline(session.timer, None, None)
    try:
        with deadline:
            yield
    except TimeoutError:
        if not deadline.is_left:
            raise  # another one's
    if deadline.is_left:
        raise ClientStateError("the client was left during a wait between its calls")


def _attempt_ended(
    call: Call, started: AttemptStarted, error: RequestError | None, *, duration: float, was_cancelled: bool
) -> AttemptEnded:
    """What the hook receives after an attempt."""
    response = call.response
    if response is None:  # or it was too large to keep; a proxy's status is none of the API
        answered = None if isinstance(error, ProxyError) else error
        status, ray_id = (None, None) if answered is None else (answered.status, answered.ray_id)
    else:
        status, ray_id = response.status, call.clean(response.headers.get("cf-ray", ""), 100) or None
    return AttemptEnded(
        started=started,
        status=status,
        http_version=None if response is None else response.http_version,
        duration=duration,
        body_bytes=0 if response is None else call.body_bytes,
        ray_id=ray_id,
        error=error,
        was_cancelled=was_cancelled,
    )
