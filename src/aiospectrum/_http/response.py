"""From an HTTP answer to the envelope that Cloudflare wraps results in, or to an error: pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, final, get_origin

import attrs
import msgspec
from cattrs import Converter
from cattrs.errors import BaseValidationError
from multidict import CIMultiDictProxy

from aiospectrum._codec.decoder import WireError, decode_body, decode_values, explain
from aiospectrum._http.headers import read_retry_after
from aiospectrum.errors import (
    DecodeError,
    ErrorDetail,
    MalformedBodyError,
    RateLimitError,
    RedirectError,
    ResponseError,
    error_class,
)
from aiospectrum.routes import Route
from aiospectrum.structs import struct
from aiospectrum.transport import ResultInfo

__all__ = [
    "Call",
    "Envelope",
    "RawResponse",
    "assume_result",
    "decode_result",
    "read_answer",
    "read_envelope",
    "read_messages",
    "read_result_info",
    "response_error",
]

T = TypeVar("T")

_LONGEST_EXCERPT: Final = 300
_LONGEST_PROBLEM: Final = 1000
_MOST_DETAILS: Final = 50
_DEEPEST_CHAIN: Final = 10
_COUNTS: Final = ("page", "per_page", "count", "total_count", "total_pages")


@attrs.frozen(kw_only=True, slots=False)
class RawResponse:
    """An HTTP answer as it came."""

    status: int
    """HTTP status."""

    headers: CIMultiDictProxy[str] = attrs.field(repr=False)
    """Headers; names are compared without regard to case."""

    body: bytes = attrs.field(repr=False)
    """The whole body, decompressed."""

    http_version: str | None = None
    """Version of HTTP that it is in, such as ``1.1``; None when that is not known."""


@final
@struct(kw_only=True, weakref_slot=False)
class Call:
    """What an error says of the call that it is about."""

    method: str
    """HTTP method."""

    url: str
    """URL with the query string."""

    redact: Callable[[str], str]
    """Blots credentials out of a text that came from the server."""

    def clean(self, text: str) -> str:
        """Make a text from the server fit for one line of an error or a log.

        Args:
            text: Anything.

        Returns:
            The text without credentials and control characters, with white space folded. Whoever cuts it does so
            after this, as a credential that was cut is not recognized.
        """
        return " ".join("".join(c if c.isprintable() else " " for c in self.redact(text)).split())


class Envelope(msgspec.Struct, kw_only=True):
    """What a successful answer holds."""

    result: Any
    """The ``result``: JSON values, None when there was none, or objects once it is decoded."""

    result_info: ResultInfo | None
    """Paging data, None when there was none."""

    messages: tuple[ErrorDetail, ...]
    """Remarks on the call."""


def read_envelope(raw: RawResponse, call: Call) -> Envelope:
    """Read the envelope of an answer.

    Args:
        raw: The answer.
        call: The call that it answers.

    Returns:
        The envelope of a success: a 2xx status and ``success: true``.

    Raises:
        ResponseError: Anything else, in the class that :func:`~aiospectrum.errors.error_class` and
            :class:`~aiospectrum.errors.DecodeError` document.
    """
    payload, problem = _parse(raw.body)
    if not 200 <= raw.status < 300:
        raise _error_by_status(raw, call, payload)
    if problem is not None:
        raise response_error(MalformedBodyError, raw, call, problem)
    success = payload.get("success")
    if success is False:
        raise _error_by_status(raw, call, payload)
    if success is not True:
        raise response_error(DecodeError, raw, call, "the envelope does not say whether the call succeeded")
    return Envelope(
        result=payload.get("result"),
        result_info=read_result_info(payload.get("result_info")),
        messages=read_messages(payload.get("messages"), call),
    )


def response_error(
    kind: type[ResponseError], raw: RawResponse, call: Call, problem: str, errors: tuple[ErrorDetail, ...] = ()
) -> ResponseError:
    """Make the error about an answer.

    Args:
        kind: Class of the error.
        raw: The answer.
        call: The call that it answers.
        problem: What is wrong, as the end of the error's line.
        errors: What the envelope says.

    Returns:
        The error, without any credential that the answer repeats.
    """
    ray_id = call.clean(raw.headers.get("cf-ray", "")) or None
    message = f"{call.method} {call.url} answered {raw.status}: {call.clean(problem)[:_LONGEST_PROBLEM]}"
    if ray_id is not None:
        message += f" (cf-ray {ray_id})"
    error = kind(
        message,
        method=call.method,
        url=call.url,
        status=raw.status,
        errors=errors,
        ray_id=ray_id,
        body_excerpt=call.clean(raw.body.decode("utf-8", "replace"))[:_LONGEST_EXCERPT],
    )
    if isinstance(error, RateLimitError):
        error.retry_after = read_retry_after(raw.headers.getall("retry-after", []), raw.headers.get("date"))
    if isinstance(error, RedirectError):
        error.location = call.clean(raw.headers.get("location", "")) or None
    return error


def _parse(body: bytes) -> tuple[dict[str, Any], str | None]:
    """The JSON object of a body, or an empty one and what is wrong with the body."""
    if not body.strip():
        return {}, "the body is empty"
    try:
        payload = msgspec.json.decode(body)
    except RecursionError:
        return {}, "the body is JSON nested too deep"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return {}, f"the body is not JSON ({error})"
    if not isinstance(payload, dict):
        return {}, f"the body is not a JSON object but {type(payload).__name__}"
    return payload, None


def _error_by_status(raw: RawResponse, call: Call, payload: Mapping[str, Any]) -> ResponseError:
    errors = read_messages(payload.get("errors"), call)
    if errors:
        problem = "; ".join(map(str, errors))
    elif 300 <= raw.status < 400:
        problem = f"a redirect to {raw.headers.get('location', 'nowhere')}, which is not followed"
    elif payload:
        problem = "the envelope names no error"
    else:
        problem = f"no envelope ({raw.headers.get('content-type', 'no content type')})"
    return response_error(error_class(raw.status), raw, call, problem, errors)


def read_messages(value: object, call: Call, depth: int = 0) -> tuple[ErrorDetail, ...]:
    """Read ``errors`` or ``messages``, whatever form they came in; plain strings are seen in the wild.

    Args:
        value: JSON values.
        call: The call that was answered so.
        depth: How many chains of errors it is inside of.

    Returns:
        The entries.
    """
    if value is None or value == [] or depth > _DEEPEST_CHAIN:
        return ()
    entries = value if isinstance(value, list) else [value]
    return tuple(_detail(entry, call, depth) for entry in entries[:_MOST_DETAILS] if entry is not None)


def _detail(entry: object, call: Call, depth: int) -> ErrorDetail:
    if not isinstance(entry, dict):
        return ErrorDetail(message=_text(entry, call) or "")
    source = entry.get("source")
    return ErrorDetail(
        code=_code(entry.get("code")),
        message=_text(entry.get("message"), call) or "",
        documentation_url=_text(entry.get("documentation_url"), call),
        pointer=_text(source.get("pointer"), call) if isinstance(source, dict) else None,
        error_chain=read_messages(entry.get("error_chain"), call, depth + 1),
    )


def _text(value: object, call: Call) -> str | None:
    if value is None:
        return None
    try:
        return call.clean(str(value))
    except RecursionError:  # printing takes more of the stack than parsing did
        return "something nested too deep"


def _code(value: object) -> int | None:
    """A code, also when it came as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_result_info(value: object) -> ResultInfo | None:
    """Read ``result_info``.

    Args:
        value: JSON values.

    Returns:
        Paging data, each number None if it is none; None when there is no object.
    """
    if not isinstance(value, dict):
        return None
    page, per_page, count, total_count, total_pages = map(value.get, _COUNTS)
    return ResultInfo(
        page=_count(page),
        per_page=_count(per_page),
        count=_count(count),
        total_count=_count(total_count),
        total_pages=_count(total_pages),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_answer(
    route: Route[Any], raw: RawResponse, call: Call, *, path: Mapping[str, object], converter: Converter
) -> Envelope:
    """Read a whole answer.

    Args:
        route: The endpoint that was called.
        raw: The answer.
        call: The call that it answers.
        path: The path parameters by argument name.
        converter: Reads the models, where the fast road does not.

    Returns:
        The envelope of a success, with an object or a list of objects as its result.

    Raises:
        ResponseError: The answer is no success, or cannot be read.
    """
    if 200 <= raw.status < 300:
        body = decode_body(route.result, raw.body)
        if body is not None and body.success:
            return Envelope(
                result=body.result,
                result_info=read_result_info(body.result_info),
                messages=read_messages(body.messages, call),
            )
    envelope = read_envelope(raw, call)
    result = envelope.result
    if result is None:
        result = assume_result(route, path)
    envelope.result = decode_result(route, result, converter=converter, raw=raw, call=call)
    return envelope


def assume_result(route: Route[Any], path: Mapping[str, object]) -> dict[str, object] | None:
    """Make the ``result`` that stands for an absent one.

    Args:
        route: The endpoint that was called.
        path: The path parameters by argument name.

    Returns:
        JSON values; None for an endpoint that has to answer with a result.
    """
    if route.assumed_result is None:
        return None
    return {key: path[parameter] for key, parameter in route.assumed_result.items()}


def decode_result(route: Route[T], result: object, *, converter: Converter, raw: RawResponse, call: Call) -> T:
    """Read the ``result`` of an envelope into the type that the route documents.

    Args:
        route: The endpoint that was called.
        result: JSON values.
        converter: Reads the models.
        raw: The answer, for the error.
        call: The call that it answers, for the error.

    Returns:
        An object or a list of objects.

    Raises:
        DecodeError: The result does not have the documented type; the message says where.
    """
    if get_origin(route.result) is list:
        result = [] if result is None else result  # how some servers write an empty array
        if not isinstance(result, list):
            problem = f"result: expected an array, got {type(result).__name__}"
            raise response_error(DecodeError, raw, call, problem)
    if result is None:
        raise response_error(DecodeError, raw, call, "the envelope has no result")
    try:
        try:
            decoded: T = decode_values(route.result, result, converter)
        except (BaseValidationError, WireError) as error:
            problem = explain(error, "result", call.redact)
        else:
            return decoded
    except RecursionError:  # reading takes more of the stack than parsing did
        problem = "result: nested too deep"
    # Raised out here, the error does not hold on to the one above, which holds what the server sent.
    raise response_error(DecodeError, raw, call, problem)
