"""One call from the request to its result: attempts, retries and deadline around one record."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar

import attrs

from aiospectrum._http.deadline import Deadline
from aiospectrum._http.frames import forget_aiohttp
from aiospectrum._http.headers import read_rate_limit
from aiospectrum._http.limiter import Limiter, TooLateError
from aiospectrum._http.record import Call
from aiospectrum._http.request import build_request
from aiospectrum._http.response import assumed_response, read_large_response, read_response
from aiospectrum._http.retry import Action, RetryBudget, backoff, decide, is_ambiguous, wait_after_429
from aiospectrum._http.session import LARGE, Session
from aiospectrum.errors import AmbiguousWriteError, RateLimitError, RequestError, RequestTimeoutError
from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted
from aiospectrum.policies import RetryPolicy, Timeouts
from aiospectrum.routes import Route
from aiospectrum.transport import Response, record_response

__all__ = ["CallSettings", "HTTPTransport"]

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("aiospectrum")


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

    limiter: Limiter | None
    """Grants permits to send; None for no limit."""

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
        raise TypeError("credentials are not pickled; make a client where it is used")

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
            ClientStateError: The client is not open, or not on this event loop.
            SpectrumError: See :mod:`aiospectrum.errors` for the tree.
        """
        settings = self._settings
        if settings.session.loop is not asyncio.get_running_loop():
            settings.session.refuse()
        target, content = build_request(route, path=path, query=query, body=body)
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
            if not deadline.has_passed:
                raise  # a hook's own
        finally:
            if response is None:
                call.forget_response()
        if response is None:  # Raised out here, the error does not hold on to the cancellation, and what that holds.
            problem = f"took longer than the timeout of {deadline.total:g} s"
            late = _timeout_error(call, problem, was_sent=call.is_sending)
            if call.is_sending and not route.safe_to_repeat:
                raise _ambiguous_error(call, late) from late
            raise late from call.last_error
        if call.attempt == 1:
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
            raise _timeout_error(call, problem, was_sent=False, wait=late.wait) from call.last_error
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
                limiter.update_quota(permit, *call.quota)
            limiter.release(permit, was_cancelled=was_cancelled)

    async def _observe(self, call: Call, hook: AttemptHook) -> Response[Any]:
        """Make an attempt between the two calls of the hook."""
        started = AttemptStarted(
            operation=call.route.name,
            method=call.route.method,
            route=call.route.path,
            url=call.url,
            attempt=call.attempt + 1,
        )
        end = hook(started)
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
                try:
                    end(_attempt_ended(call, started, error, duration=duration, was_cancelled=was_cancelled))
                except BaseException:
                    response = None  # which this frame would show, with headers that may repeat credentials
                    raise

    async def _exchange(self, call: Call) -> Response[Any]:
        """Send one request and read the response."""
        call.attempt += 1
        call.is_sending = True
        settings = self._settings
        session = settings.session
        try:
            response = await session.request(call, connect_timeout=settings.timeouts.connect)
            call.response = response
            call.body_bytes = len(response.body)
            if "ratelimit" in response.headers:
                call.quota = read_rate_limit(response.headers.getall("ratelimit"))
            if call.body_bytes < LARGE:
                result = read_response(call, response)
            else:
                await session.one_at_a_time()
                result = await read_large_response(
                    call, response, pause=session.one_at_a_time, run_apart=session.run_apart
                )
            call.is_sending = False
            return result
        except RequestError as error:
            if isinstance(error, RateLimitError):
                error.wait = wait_after_429(error.retry_after, call.quota, settings.random)
            call.is_sending = False
            forget_aiohttp(error)
            raise
        except BaseException as error:  # a cancellation, or an error of a borrowed session's own middleware
            forget_aiohttp(error)
            raise
        finally:
            if call.response is not None:
                call.response.body = b""  # which the frames of an error that is kept would keep
            if _LOGGER.isEnabledFor(logging.DEBUG):
                status = "no response" if call.response is None else call.response.status
                _LOGGER.debug("%s %s, attempt %d: %s", call.method, call.url, call.attempt, status)

    async def _recover(self, call: Call, error: RequestError) -> Response[Any] | None:
        """Wait for the next attempt, if there is one after an error; or return what counts as a success.

        When neither follows, the error does not become :attr:`Call.last_error`.

        Raises:
            AmbiguousWriteError: The request may have taken effect, and must not be repeated.
        """
        settings = self._settings
        error.attempts = call.attempt
        may_have_happened = call.may_have_happened
        action = decide(call.route.method, error, call.attempt, settings.retry, follows_ambiguous=may_have_happened)
        if action is Action.COUNT_AS_DELETED and call.response is not None:
            return assumed_response(call, call.response)
        call.forget_response()
        if action is Action.RAISE_AMBIGUOUS:
            raise _ambiguous_error(call, error) from error
        wait = self._wait_after(call, error) if action is Action.RETRY else None
        if wait is None:
            return None
        call.last_error, call.response, call.quota = error, None, None
        call.may_have_happened = may_have_happened or is_ambiguous(error)
        _LOGGER.warning("%s; attempt %d follows in %.2f s", error, call.attempt + 1, wait)
        if settings.limiter is None or not isinstance(error, RateLimitError):  # else the limiter sees to the wait
            await settings.sleep(wait)
        return None

    def _wait_after(self, call: Call, error: RequestError) -> float | None:
        """Seconds until the next attempt; None when there are no tokens or the deadline comes first."""
        settings = self._settings
        if isinstance(error, RateLimitError):
            wait = (error.wait or 0.0) if settings.limiter is None else settings.limiter.pause_left()
        elif settings.budget.spend():
            wait = backoff(call.attempt, settings.retry, settings.random)
        else:
            return None
        if call.deadline.passes_within(wait):
            error.wait = wait
            error.args = (f"{error}; the next attempt would be in {wait:.1f} s, which is after the deadline",)
            return None
        return wait


def _attempt_ended(
    call: Call, started: AttemptStarted, error: RequestError | None, *, duration: float, was_cancelled: bool
) -> AttemptEnded:
    """What the hook receives after an attempt."""
    response = call.response
    if response is None:  # or it was too large to keep
        status, ray_id = (None, None) if error is None else (error.status, error.ray_id)
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


def _timeout_error(call: Call, problem: str, *, was_sent: bool, wait: float | None = None) -> RequestTimeoutError:
    message = f"{call.method} {call.url} {problem}"
    error = RequestTimeoutError(message, method=call.method, url=call.url, attempts=call.attempt)
    error.was_sent, error.wait = was_sent, wait
    return error


def _ambiguous_error(call: Call, error: RequestError) -> AmbiguousWriteError:
    return AmbiguousWriteError(
        f"{error}; it may have taken effect all the same: list the applications and compare before creating again",
        method=call.method,
        url=call.url,
        status=error.status,
        errors=error.errors,
        ray_id=error.ray_id,
        body_excerpt=error.body_excerpt,
        attempts=error.attempts,
    )
