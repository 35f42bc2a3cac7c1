"""The envelope that Cloudflare wraps results in, and the errors that it, or its absence, stands for: pure.

Texts of a server are cut where they are read, and no more of them than that is looked at.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, TypeAlias

import msgspec

from aiospectrum._codec.decoder import DecodedBody, is_crowded
from aiospectrum._codec.excerpt import show
from aiospectrum._codec.parts import MOST_AT_ONCE
from aiospectrum._http.headers import read_retry_after
from aiospectrum._http.hints import hint_of
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
from aiospectrum.transport import ResultInfo

__all__ = ["read_details", "read_envelope", "read_result_info", "response_error"]

_Problem: TypeAlias = tuple[type[DecodeError], str]
"""The class of an error, and what is wrong in words."""

_KNOWN_CODINGS: Final = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})
"""Content encodings that a body may have, of which aiohttp decodes those that it has asked for."""

_TOKENS_PAGE: Final = "https://dash.cloudflare.com/profile/api-tokens"
_OF_CREDENTIALS: Final = frozenset({6003, 9106})
"""Codes of credentials that are malformed or missing, which come with 400."""
_FIRST_OF_PRODUCTS: Final = 11000
"""From here on codes are those of one product, such as of a feature that a plan lacks; below, of the API itself."""

_LONGEST_EXCERPT: Final = 300
_LONGEST_PROBLEM: Final = 1000
_LONGEST_RAY_ID: Final = 100
_LONGEST_LOCATION: Final = 2000
_MOST_DETAILS: Final = 50
_DEEPEST_CHAIN: Final = 10
_LARGEST_NUMBER: Final = 10**18
_MOST_CROWDED: Final = 2 << 20
_START_OF_BODY: Final = 1 << 16
"""Bytes, which are more than an excerpt is made of."""


def read_envelope(call: Call, http: HTTPResponse) -> DecodedBody[Any] | ResponseError:
    """Read the envelope of a success, a 2xx status and ``success: true``, with JSON values as its result.

    Returns:
        The envelope; for anything else an error, in the class that :func:`~aiospectrum.errors.error_class` and
        :class:`~aiospectrum.errors.DecodeError` document.
    """
    payload, problem = _parse(http.body)
    error = _envelope_error(call, http, payload, problem)
    if error is not None:
        return error
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
    ray_id = call.clean(http.headers.get("cf-ray", ""), _LONGEST_RAY_ID) or None
    message = f"{call.method} {call.url} answered {http.status}: {call.clean(problem, _LONGEST_PROBLEM)}"
    if ray_id is not None:
        message += f" (cf-ray {ray_id})"
    hint = hint_of(call.route, http.status, errors)
    error = kind(
        "; ".join(filter(None, (message, _next_step(call, http.status, errors), hint))),
        method=call.method,
        url=call.url,
        status=http.status,
        errors=errors,
        ray_id=ray_id,
        body_excerpt=call.clean(http.body[:_START_OF_BODY].decode("utf-8", "replace"), _LONGEST_EXCERPT),
    )
    error.hint = hint
    if isinstance(error, RateLimitError):
        error.retry_after = read_retry_after(http.headers.getall("retry-after", []), http.headers.get("date"))
    if isinstance(error, RedirectError):
        error.location = call.clean(http.headers.get("location", ""), _LONGEST_LOCATION) or None
    return error


def _next_step(call: Call, status: int, errors: tuple[ErrorDetail, ...]) -> str:
    """What a caller can do about a refusal; empty where only the API's own words tell."""
    names = " and ".join(f"the {each.name.replace('_', ' ')}" for each in call.route.path_parameters)
    if status == 404:
        return f"check {names}" if names else ""
    if status == 401 or (status == 400 and any(each.code in _OF_CREDENTIALS for each in errors)):
        return f"check the credentials ({_TOKENS_PAGE})"
    if status != 403 or any((each.code or 0) >= _FIRST_OF_PRODUCTS for each in errors):
        return ""
    needs = f" has the permission {call.route.permission}" if call.route.permission else " may do this"
    return f"check {names + ', and ' if names else ''}that the token{needs} ({_TOKENS_PAGE})"


def _parse(body: bytes) -> tuple[dict[str, Any], _Problem | None]:
    """The JSON object of a body, or an empty one and what is wrong with the body."""
    if not body or body.isspace():
        return {}, (MalformedBodyError, "the body is empty")
    too_much = _too_much(body)
    if too_much is not None and len(body) > MOST_AT_ONCE:
        is_whole = body[:99].lstrip().startswith(b"{") and body[-99:].rstrip().endswith(b"}")
        return {}, (DecodeError, too_much) if is_whole else (MalformedBodyError, "the body is no whole JSON object")
    try:
        payload = msgspec.json.decode(body, type=Any if too_much is None else msgspec.Raw)
    except RecursionError:
        return {}, (MalformedBodyError, "the body is JSON nested too deep")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return {}, (MalformedBodyError, f"the body is not JSON ({error})")
    if too_much is not None:
        return {}, (DecodeError, too_much)
    if not isinstance(payload, dict):
        return {}, (MalformedBodyError, f"the body is not a JSON object but {type(payload).__name__}")
    return payload, None


def _too_much(body: bytes) -> str | None:
    """What of a body is too much for the fallback; None for one that it reads."""
    if len(body) > MOST_AT_ONCE:
        problem = f"the body is larger than {MOST_AT_ONCE >> 20} MiB, and not as documented or not to be read in parts"
    elif is_crowded(body, _MOST_CROWDED):
        problem = f"the body holds more arrays and objects in its {len(body):,} bytes than any that is documented"
    else:
        return None
    return f"{problem}; ask for less at once, such as a shorter time window"


def _envelope_error(
    call: Call, http: HTTPResponse, payload: Mapping[str, Any], problem: _Problem | None
) -> ResponseError | None:
    """The error that an envelope stands for; None for a success."""
    if not 200 <= http.status < 300:
        return _error_by_status(call, http, payload)
    if problem is not None:
        kind, words = problem
        coding = http.headers.get("content-encoding", "identity").strip().lower()
        if coding not in _KNOWN_CODINGS:
            kind, words = DecodeError, f"the body is in the content encoding {coding}, for which nobody has asked"
        return response_error(kind, call, http, words)
    success = payload.get("success")
    if success is False:
        return _error_by_status(call, http, payload)
    if success is not True:
        return response_error(DecodeError, call, http, "the envelope does not say whether the call succeeded")
    return None


def _error_by_status(call: Call, http: HTTPResponse, payload: Mapping[str, Any]) -> ResponseError:
    errors = read_details(payload.get("errors"), call)
    if errors:
        problem = "; ".join(map(str, errors))
    elif 300 <= http.status < 400:
        problem = f"a redirect to {http.headers.get('location', 'nowhere')}, which is not followed"
    elif payload:
        problem = "the envelope names no error"
    else:
        problem = f"no envelope ({http.headers.get('content-type', 'no content type')})"
    return response_error(error_class(http.status), call, http, problem, errors)


def read_details(value: object, call: Call) -> tuple[ErrorDetail, ...]:
    """Read ``errors`` or ``messages``, whatever form they came in; plain strings are seen in the wild.

    Args:
        value: JSON values.
        call: The call, which knows the credentials.
    """
    return _details(value, call, [_MOST_DETAILS], 0)


def _details(value: object, call: Call, left: list[int], depth: int) -> tuple[ErrorDetail, ...]:
    """Some of the details, as all together, those of chains included, are no more than are left."""
    if value is None or value == [] or depth > _DEEPEST_CHAIN:
        return ()
    details = []
    for entry in islice(value if isinstance(value, list) else [value], left[0]):
        if entry is not None and left[0] > 0:
            left[0] -= 1
            details.append(_detail(entry, call, left, depth))
    return tuple(details)


def _detail(entry: object, call: Call, left: list[int], depth: int) -> ErrorDetail:
    if not isinstance(entry, dict):
        return ErrorDetail(message=_text(entry, call) or "")
    source = entry.get("source")
    return ErrorDetail(
        code=_code(entry.get("code")),
        message=_text(entry.get("message"), call) or "",
        documentation_url=_text(entry.get("documentation_url"), call),
        pointer=_text(source.get("pointer"), call) if isinstance(source, dict) else None,
        error_chain=_details(entry.get("error_chain"), call, left, depth + 1),
    )


def _text(value: object, call: Call) -> str | None:
    if value is None:
        return None
    return call.clean(value if isinstance(value, str) else show(value))


def _code(value: object) -> int | None:
    """A code, also when it came as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return _count(value)


def read_result_info(value: Mapping[str, object]) -> ResultInfo:
    """Read paging data; a number that is none is left out.

    Args:
        value: JSON values.
    """
    return ResultInfo(
        page=_count(value.get("page")),
        per_page=_count(value.get("per_page")),
        count=_count(value.get("count")),
        total_count=_count(value.get("total_count")),
        total_pages=_count(value.get("total_pages")),
    )


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST_NUMBER:
        return None
    return value
