"""From an HTTP response to the result of a call, or to its error: pure.

It is all that knows of status, of the envelope that Cloudflare wraps results in, and of what to do without a result.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Final, get_args, get_origin

import msgspec
from cattrs.errors import BaseValidationError

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.decoder import DecodedBody, decode_body, decode_values, explain
from aiospectrum._http.headers import read_retry_after
from aiospectrum._http.record import Call, HTTPResponse
from aiospectrum.errors import (
    DecodeError,
    ErrorDetail,
    MalformedBodyError,
    RateLimitError,
    RedirectError,
    ResponseError,
    error_class,
)
from aiospectrum.transport import Response, ResultInfo

__all__ = ["assumed_response", "read_envelope", "read_response", "response_error"]

_KNOWN_CODINGS: Final = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})
"""Content encodings that a body may have, of which aiohttp decodes those that it has asked for."""

_EMPTY: Final[tuple[object, ...]] = (None, {})
"""Results that say no more than that the call succeeded."""

_LONGEST_EXCERPT: Final = 300
_LONGEST_PROBLEM: Final = 1000
_MOST_DETAILS: Final = 50
_DEEPEST_CHAIN: Final = 10


def read_response(call: Call, http: HTTPResponse) -> Response[Any]:
    """Read the response to a call.

    A response as the API documents it is decoded from JSON text straight into models. The fallback reads JSON values
    with the public converter: it takes more than is documented, and says exactly what it cannot take. Both give equal
    objects.

    Raises:
        ResponseError: It is not a success, or cannot be read.
    """
    body = decode_body(call.route.result, http.body) if 200 <= http.status < 300 else None
    if body is None and 200 <= http.status < 300 and http.body.strip() in (b"", b"null") and _assumed_result(call):
        return assumed_response(call, http)
    if body is None or not body.success:
        body = read_envelope(call, http)
        is_empty = body.result in _EMPTY and call.route.assumed_result is not None
        body.result = _decode_result(call, http, _assumed_result(call) if is_empty else body.result)
    return Response(
        route=call.route,
        url=call.url,
        result=body.result,
        status=http.status,
        headers=http.headers,
        messages=_read_details(body.messages, call) if body.messages else (),
        result_info=_read_result_info(body.result_info) if isinstance(body.result_info, dict) else None,
        attempts=call.attempt,
    )


def assumed_response(call: Call, http: HTTPResponse) -> Response[Any]:
    """Make the response of a success without a result; see :attr:`~aiospectrum.routes.Route.assumed_result`.

    Raises:
        DecodeError: The route documents no such success.
    """
    return Response(
        route=call.route,
        url=call.url,
        result=_decode_result(call, http, _assumed_result(call)),
        status=http.status,
        headers=http.headers,
        messages=(),
        result_info=None,
        attempts=call.attempt,
    )


def read_envelope(call: Call, http: HTTPResponse) -> DecodedBody[Any]:
    """Read the envelope of a success, a 2xx status and ``success: true``, with JSON values as its result.

    Raises:
        ResponseError: Anything else, in the class that :func:`~aiospectrum.errors.error_class` and
            :class:`~aiospectrum.errors.DecodeError` document.
    """
    payload, problem = _parse(http.body)
    error = _envelope_error(call, http, payload, problem)
    if error is not None:
        del payload  # it may repeat credentials, and tools that show errors show what their frames hold
        raise error
    result, messages, result_info = map(payload.get, ("result", "messages", "result_info"))
    return DecodedBody(result=result, success=True, messages=messages, result_info=result_info)


def response_error(
    kind: type[ResponseError], call: Call, http: HTTPResponse, problem: str, errors: tuple[ErrorDetail, ...] = ()
) -> ResponseError:
    """Make the error about a response, without any credential that it repeats.

    Args:
        kind: Class of the error.
        call: The call.
        http: The response to it.
        problem: What is wrong, as the end of the error's line.
        errors: What the envelope says.
    """
    ray_id = call.clean(http.headers.get("cf-ray", "")) or None
    message = f"{call.method} {call.url} answered {http.status}: {call.clean(problem)[:_LONGEST_PROBLEM]}"
    if ray_id is not None:
        message += f" (cf-ray {ray_id})"
    error = kind(
        message,
        method=call.method,
        url=call.url,
        status=http.status,
        errors=errors,
        ray_id=ray_id,
        body_excerpt=call.clean(http.body.decode("utf-8", "replace"))[:_LONGEST_EXCERPT],
    )
    if isinstance(error, RateLimitError):
        error.retry_after = read_retry_after(http.headers.getall("retry-after", []), http.headers.get("date"))
    if isinstance(error, RedirectError):
        error.location = call.clean(http.headers.get("location", "")) or None
    return error


def _assumed_result(call: Call) -> dict[str, object] | None:
    """The ``result`` that stands for an absent one; None for an endpoint that has to give one."""
    if call.route.assumed_result is None:
        return None
    return {key: call.path[parameter] for key, parameter in call.route.assumed_result.items()}


def _decode_result(call: Call, http: HTTPResponse, result: object) -> Any:
    """Read the ``result`` of an envelope into the type that the route documents."""
    wanted = call.route.result
    if get_origin(wanted) is list:
        result = [] if result is None else result  # how some servers write an empty array
        if not isinstance(result, list):
            problem = f"result: expected an array, got {type(result).__name__}"
            del result  # as in read_envelope
            raise response_error(DecodeError, call, http, problem)
    if result is None:
        if wanted in (None, NoneType) or NoneType in get_args(wanted):
            return None
        raise response_error(DecodeError, call, http, "the envelope has no result")
    problem = ""
    for form in (wanted, *call.route.other_results):
        try:
            try:
                return decode_values(form, result, shared_converter())
            except (BaseValidationError, ValueError, TypeError, AttributeError, KeyError) as error:  # as cattrs does
                problem = problem or explain(error, "result", call.redact)
        except RecursionError:  # reading takes more of the stack than parsing did
            problem = problem or "result: nested too deep"
    # Raised out here, the error does not hold on to those above, which hold what the server sent.
    del result
    raise response_error(DecodeError, call, http, problem)


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


def _envelope_error(
    call: Call, http: HTTPResponse, payload: Mapping[str, Any], problem: str | None
) -> ResponseError | None:
    """The error that an envelope stands for; None for a success."""
    if not 200 <= http.status < 300:
        return _error_by_status(call, http, payload)
    if problem is not None:
        coding = http.headers.get("content-encoding", "identity").strip().lower()
        if coding in _KNOWN_CODINGS:
            return response_error(MalformedBodyError, call, http, problem)
        problem = f"the body is in the content encoding {coding}, for which nobody has asked"
        return response_error(DecodeError, call, http, problem)
    success = payload.get("success")
    if success is False:
        return _error_by_status(call, http, payload)
    if success is not True:
        return response_error(DecodeError, call, http, "the envelope does not say whether the call succeeded")
    return None


def _error_by_status(call: Call, http: HTTPResponse, payload: Mapping[str, Any]) -> ResponseError:
    errors = _read_details(payload.get("errors"), call)
    if errors:
        problem = "; ".join(map(str, errors))
    elif 300 <= http.status < 400:
        problem = f"a redirect to {http.headers.get('location', 'nowhere')}, which is not followed"
    elif payload:
        problem = "the envelope names no error"
    else:
        problem = f"no envelope ({http.headers.get('content-type', 'no content type')})"
    return response_error(error_class(http.status), call, http, problem, errors)


def _read_details(value: object, call: Call, depth: int = 0) -> tuple[ErrorDetail, ...]:
    """Read ``errors`` or ``messages``, whatever form they came in; plain strings are seen in the wild."""
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
        error_chain=_read_details(entry.get("error_chain"), call, depth + 1),
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
    return _count(value)


def _read_result_info(value: Mapping[str, object]) -> ResultInfo:
    """Read paging data; a number that is none is left out."""
    return ResultInfo(
        page=_count(value.get("page")),
        per_page=_count(value.get("per_page")),
        count=_count(value.get("count")),
        total_count=_count(value.get("total_count")),
        total_pages=_count(value.get("total_pages")),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
