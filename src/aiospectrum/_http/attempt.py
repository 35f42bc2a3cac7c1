"""One attempt of a call: leave to send, one request, its answer; and what is remembered between attempts."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import msgspec
from cattrs import Converter

from aiospectrum._http.collector import CollectorRest
from aiospectrum._http.deadline import Deadline
from aiospectrum._http.headers import read_rate_limit
from aiospectrum._http.limiter import Limiter, TooLateError
from aiospectrum._http.response import Call, Envelope, RawResponse, read_answer
from aiospectrum._http.retry import wait_after_429
from aiospectrum._http.session import Exchange
from aiospectrum._http.turns import LARGE, Turns
from aiospectrum.errors import ClientStateError, RateLimitError, RequestError, RequestTimeoutError
from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted
from aiospectrum.routes import Route

__all__ = ["Attempt", "CallState"]

_LOGGER: Final = logging.getLogger("aiospectrum")


class CallState(msgspec.Struct, kw_only=True):
    """What all attempts of a call have in common, and what is remembered between them."""

    route: Route[Any]
    """The endpoint."""

    path: Mapping[str, object]
    """The path parameters by argument name."""

    call: Call
    """Method and URL."""

    headers: Mapping[str, str]
    """Headers of each request."""

    body: bytes | None
    """Body of each request, None for none."""

    deadline: Deadline
    """Ends the call, and attempts that hear nothing."""

    attempt: int = 0
    """Number of the current attempt, counted from 1; of the last one while waiting, 0 before the first."""

    is_sending: bool = False
    """Whether a request is under way."""

    may_have_happened: bool = False
    """Whether an earlier attempt may have taken effect."""

    last_error: RequestError | None = None
    """How the last attempt failed."""

    raw: RawResponse | None = None
    """The answer to the current attempt, None when there is none."""

    def begin_attempt(self) -> None:
        """Count one more attempt."""
        self.attempt += 1
        self.raw = None


@attrs.frozen(kw_only=True)
class Attempt:
    """How an attempt is made."""

    exchange: Exchange
    """Sends one request."""

    limiter: Limiter | None
    """Gives leave to send; None for no limit."""

    hook: AttemptHook | None
    """Is told of the attempt before and after."""

    clock: Callable[[], float]
    """Gives the time in seconds, the same as that of the deadline."""

    random: Callable[[], float]
    """Gives a number from 0 up to but not including 1."""

    converter: Converter
    """Reads results."""

    turns: Turns = attrs.field(factory=Turns)
    """Large answers are read one by one."""

    collector_rest: CollectorRest = attrs.field(factory=CollectorRest)
    """Lasts from an answer to the end of the call, or of the attempt if another one may follow."""

    async def __call__(self, state: CallState) -> Envelope:
        """Make one attempt.

        Args:
            state: The call, and what is remembered of it; the answer is put there.

        Returns:
            The envelope of a success, decoded.

        Raises:
            RequestTimeoutError: Leave to send would come after the deadline.
            RequestError: The attempt failed. After a 429 all requests of the limiter are paused, and the error's
                ``wait`` says for how long.
        """
        send = self._sent if self.hook is None else self._observed
        if self.limiter is None:
            return await send(state)
        try:
            admission = await self.limiter.acquire(state.deadline.latest)
        except TooLateError as late:
            raise _too_late(state, late.wait) from state.last_error
        is_answered = False
        try:
            envelope = await send(state)
            is_answered = True
            return envelope
        except RequestError as error:
            is_answered = True
            if isinstance(error, RateLimitError) and error.wait is not None:
                self.limiter.pause(admission, error.wait)
                _LOGGER.warning("%s; all requests are paused for %.1f s", error, self.limiter.pause_left())
            raise
        finally:
            told = None if state.raw is None else _told(state.raw)
            if told is not None:
                self.limiter.tell(admission, *told)
            self.limiter.release(admission, is_answered=is_answered)

    async def _observed(self, state: CallState) -> Envelope:
        """Make the attempt between the two calls of the hook."""
        route = state.route
        started = AttemptStarted(
            operation=route.name, method=route.method, route=route.path, url=state.call.url, attempt=state.attempt + 1
        )
        end = None if self.hook is None else self.hook(started)
        begun = self.clock()
        error: RequestError | None = None
        is_over = False
        try:
            envelope = await self._sent(state)
            is_over = True
            return envelope
        except RequestError as failure:
            error, is_over = failure, True
            raise
        finally:
            self.collector_rest.end()  # before code that is not ours
            if end is not None:
                end(_ended(started, state, error, duration=self.clock() - begun, was_cancelled=not is_over))

    async def _sent(self, state: CallState) -> Envelope:
        call = state.call
        state.begin_attempt()
        if self.exchange.session.closed:
            raise ClientStateError("the session was closed while the call was under way")
        state.is_sending = True
        try:
            state.raw = raw = await self.exchange(call, headers=state.headers, body=state.body, deadline=state.deadline)
            if len(raw.body) >= LARGE:
                await self.turns.take()
            state.is_sending = False
            self.collector_rest.begin()
            return read_answer(state.route, raw, call, path=state.path, converter=self.converter)
        except RateLimitError as error:
            told = None if state.raw is None else _told(state.raw)
            error.wait = wait_after_429(error.retry_after, told, self.random)
            raise
        except RequestError:
            state.is_sending = False
            raise
        finally:
            if _LOGGER.isEnabledFor(logging.DEBUG):
                status = "no answer" if state.raw is None else state.raw.status
                _LOGGER.debug("%s %s, attempt %d: %s", call.method, call.url, state.attempt, status)


def _told(raw: RawResponse) -> tuple[int, float] | None:
    """What the API says of its own limit; most answers say nothing."""
    values = raw.headers.getall("ratelimit", None)
    return read_rate_limit(values) if values else None


def _ended(
    started: AttemptStarted,
    state: CallState,
    error: RequestError | None,
    *,
    duration: float,
    was_cancelled: bool,
) -> AttemptEnded:
    """What the hook is told after an attempt."""
    raw = state.raw
    if raw is None:  # no answer, or one that was too large to keep
        status, ray_id = (None, None) if error is None else (error.status, error.ray_id)
    else:
        status, ray_id = raw.status, state.call.clean(raw.headers.get("cf-ray", "")) or None
    return AttemptEnded(
        started=started,
        status=status,
        http_version=None if raw is None else raw.http_version,
        duration=duration,
        body_bytes=0 if raw is None else len(raw.body),
        ray_id=ray_id,
        error=error,
        was_cancelled=was_cancelled,
    )


def _too_late(state: CallState, wait: float) -> RequestTimeoutError:
    call = state.call
    error = RequestTimeoutError(
        f"{call.method} {call.url} would have to wait {wait:.1f} s for the rate limit, longer than the deadline leaves",
        method=call.method,
        url=call.url,
        attempts=state.attempt,
    )
    error.wait = wait
    error.was_sent = False
    return error
