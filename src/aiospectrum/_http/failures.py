"""The errors of calls that have no response, or not in time: pure. Those about a response are made in ``envelope``."""

from typing import Final, NoReturn

from aiospectrum._http.connector import Failure
from aiospectrum._http.hints import is_of_apps
from aiospectrum._http.record import Call
from aiospectrum.errors import (
    AmbiguousWriteError,
    ClientStateError,
    ConnectionFailedError,
    InterruptedWriteError,
    ProxyError,
    RequestError,
    RequestTimeoutError,
)

__all__ = ["ambiguous_error", "connection_error", "raise_cut_short", "timeout_error"]

_LONGEST_REASON: Final = 1000

_MAY_HAVE_HAPPENED: Final = "it may have taken effect all the same"


def raise_cut_short(call: Call) -> NoReturn:
    """Raise the error of a call that was ended by its deadline, or because its client was left."""
    may_have_happened = call.is_sending and not call.route.safe_to_repeat
    if call.deadline.is_left:
        left = ClientStateError(f"{call.method} {call.url}: the client was left while the call was under way")
        if may_have_happened:
            raise InterruptedWriteError(
                f"{left}; {_way_back(call)}", method=call.method, url=call.url, attempts=call.attempt
            )
        raise left from call.last_error
    problem = f"took longer than the timeout of {call.deadline.total:g} s"
    late = timeout_error(call, problem, was_sent=call.is_sending)
    if may_have_happened:
        raise ambiguous_error(call, late) from late
    raise late from call.last_error


def timeout_error(call: Call, problem: str, *, was_sent: bool, wait: float | None = None) -> RequestTimeoutError:
    """Make the error of a call whose deadline has passed, or comes before a wait of some seconds ends."""
    message = f"{call.method} {call.url} {problem}"
    error = RequestTimeoutError(message, method=call.method, url=call.url, attempts=call.attempt)
    error.was_sent, error.wait = was_sent, wait
    return error


def ambiguous_error(call: Call, error: RequestError) -> AmbiguousWriteError:
    """Make the error of a create that may have taken effect although it failed."""
    return AmbiguousWriteError(
        f"{error}; {_way_back(call)}",
        method=call.method,
        url=call.url,
        status=error.status,
        errors=error.errors,
        ray_id=error.ray_id,
        body_excerpt=error.body_excerpt,
        attempts=error.attempts,
    )


def _way_back(call: Call) -> str:
    """What to do about a create that may have taken effect."""
    if is_of_apps(call.route):
        return f"{_MAY_HAVE_HAPPENED}: apps.ensure finds the application, or creates it where it is not there"
    return f"{_MAY_HAVE_HAPPENED}: list what is there and compare before creating again"


def connection_error(call: Call, failure: Failure) -> ConnectionFailedError:
    """Make the error of an attempt to which no whole response came."""
    message = f"{call.method} {call.url} failed: {call.clean(failure.reason)[:_LONGEST_REASON]}"
    kind = ConnectionFailedError if failure.status is None else ProxyError
    error = kind(message, method=call.method, url=call.url, status=failure.status)
    error.was_sent, error.was_stale, error.is_permanent = failure.was_sent, failure.is_stale, failure.is_permanent
    return error
