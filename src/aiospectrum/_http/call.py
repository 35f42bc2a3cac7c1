"""One call from the request to the decoded result: deadline, attempts, decoder."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import attrs
from cattrs import Converter

from aiospectrum._http.attempt import Attempt, CallState
from aiospectrum._http.credentials import Credentials
from aiospectrum._http.deadline import Deadline, Watch
from aiospectrum._http.limiter import Limiter
from aiospectrum._http.recording import record_response
from aiospectrum._http.request import build_request
from aiospectrum._http.response import Call, Envelope, assume_result, decode_result
from aiospectrum._http.retry import Action, RetryBudget, backoff, decide, is_ambiguous
from aiospectrum.errors import AmbiguousWriteError, RateLimitError, RequestError, RequestTimeoutError
from aiospectrum.policies import RetryPolicy, Timeouts
from aiospectrum.routes import Route
from aiospectrum.transport import Response

__all__ = ["HTTPTransport"]

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("aiospectrum")


@attrs.frozen(kw_only=True)
class HTTPTransport:
    """The transport behind :class:`~aiospectrum.Client`, made of collaborators that are passed in."""

    attempt: Attempt
    """Makes one attempt."""

    base_url: str
    """URL that paths are appended to, without a slash at its end."""

    credentials: Credentials
    """Prove who calls."""

    headers: Mapping[str, str] = attrs.field(repr=False)
    """Headers of every request that the session does not send by itself."""

    timeouts: Timeouts
    """How long a call may take with all its attempts and waits."""

    watch: Watch
    """Looks after the deadlines of all calls of a client."""

    retry: RetryPolicy
    """How often, and how far apart, calls are attempted."""

    budget: RetryBudget
    """Tokens for retries, shared by all calls of a client."""

    converter: Converter
    """Writes bodies and reads results."""

    sleep: Callable[[float], Awaitable[object]]
    """Waits a number of seconds."""

    def with_policies(self, *, timeouts: Timeouts, retry: RetryPolicy, limiter: Limiter | None) -> "HTTPTransport":
        """Make a transport with other policies, over the same session and budget.

        Args:
            timeouts: How long things may take.
            retry: How often, and how far apart, calls are attempted.
            limiter: Gives leave to send; None for no limit.

        Returns:
            The transport.
        """
        exchange = attrs.evolve(self.attempt.exchange, timeouts=timeouts)
        attempt = attrs.evolve(self.attempt, exchange=exchange, limiter=limiter)
        return attrs.evolve(self, attempt=attempt, timeouts=timeouts, retry=retry)

    async def send(
        self,
        route: Route[T],
        *,
        path: Mapping[str, object],
        query: Mapping[str, object],
        body: object = None,
    ) -> Response[T]:
        """Make one call; see :meth:`~aiospectrum.transport.Transport.send`."""
        request = build_request(route, path=path, query=query, body=body, converter=self.converter)
        call = Call(method=route.method, url=self.base_url + request.target, redact=self.credentials.redact)
        deadline = Deadline(self.watch, self.timeouts.total, self.timeouts.read)
        headers = self.headers if request.body is None else {**self.headers, "Content-Type": "application/json"}
        state = CallState(route=route, path=path, call=call, headers=headers, body=request.body, deadline=deadline)
        try:
            with deadline:
                response: Response[T] = await self._until_done(state)
        except TimeoutError:
            if not deadline.has_passed:
                raise  # a hook's own
            error = self._timed_out(state)
            if state.is_sending and not route.safe_to_repeat:
                raise _ambiguous(call, error) from error
            raise error from state.last_error
        else:
            record_response(response)
            return response
        finally:
            self.attempt.collector_rest.end()

    async def _until_done(self, state: CallState) -> Response[Any]:
        """Attempt until there is a result, or an error that no further attempt would mend."""
        while True:
            try:
                return self._response(state, await self.attempt(state))
            except RequestTimeoutError:
                raise  # the rate limit would have kept it until after the deadline
            except RequestError as error:
                self.attempt.collector_rest.end()
                error.attempts = state.attempt
                may_have_happened = state.may_have_happened
                method = state.route.method
                action = decide(method, error, state.attempt, self.retry, follows_ambiguous=may_have_happened)
                if action is Action.COUNT_AS_DELETED:
                    return self._response(state, self._assumed(state))
                if action is Action.RAISE_AMBIGUOUS:
                    raise _ambiguous(state.call, error) from error
                wait = self._wait_after(error, state) if action is Action.RETRY else None
                if wait is None:
                    raise
                state.last_error = error
                state.may_have_happened = may_have_happened or is_ambiguous(error)
                _LOGGER.warning("%s; attempt %d follows in %.2f s", error, state.attempt + 1, wait)
                if not self._is_paused_for(error):
                    await self.sleep(wait)

    def _response(self, state: CallState, envelope: Envelope) -> Response[Any]:
        raw = state.raw
        assert raw is not None, "an envelope comes of an answer"  # noqa: S101 - for the type checker
        response = Response(
            route=state.route,
            url=state.call.url,
            result=envelope.result,
            status=raw.status,
            headers=raw.headers,
            messages=envelope.messages,
            result_info=envelope.result_info,
            attempts=state.attempt,
        )
        if state.attempt == 1:
            self.budget.earn()
        return response

    def _assumed(self, state: CallState) -> Envelope:
        """What a success without a result would have given."""
        raw = state.raw
        assert raw is not None, "only an answer counts as one"  # noqa: S101 - for the type checker
        result = assume_result(state.route, state.path)
        decoded = decode_result(state.route, result, converter=self.converter, raw=raw, call=state.call)
        return Envelope(result=decoded, result_info=None, messages=())

    def _wait_after(self, error: RequestError, state: CallState) -> float | None:
        """Seconds until the next attempt; None when there are no tokens or the deadline comes first."""
        if isinstance(error, RateLimitError):
            limiter = self.attempt.limiter
            wait = (error.wait or 0.0) if limiter is None else limiter.pause_left()
        elif self.budget.spend():
            wait = backoff(state.attempt, self.retry, self.attempt.random)
        else:
            return None
        latest = state.deadline.latest
        if latest is not None and self.attempt.clock() + wait > latest:
            error.wait = wait
            error.args = (f"{error}; the next attempt would be in {wait:.1f} s, which is after the deadline",)
            return None
        return wait

    def _is_paused_for(self, error: RequestError) -> bool:
        """Whether the limiter sees to the wait."""
        return self.attempt.limiter is not None and isinstance(error, RateLimitError)

    def _timed_out(self, state: CallState) -> RequestTimeoutError:
        error = RequestTimeoutError(
            f"{state.call.method} {state.call.url} took longer than the timeout of {self.timeouts.total:g} s",
            method=state.call.method,
            url=state.call.url,
            attempts=state.attempt,
        )
        error.was_sent = state.is_sending
        return error


def _ambiguous(call: Call, error: RequestError) -> AmbiguousWriteError:
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
