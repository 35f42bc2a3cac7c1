"""From an HTTP response to the result of a call, or to its error: pure."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import NoneType
from typing import Any, Final, TypeAlias, get_args, get_origin

from cattrs.errors import BaseValidationError

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.decoder import DecodedBody, decode_body, decode_values, explain
from aiospectrum._codec.parts import decode_in_parts
from aiospectrum._http.envelope import read_details, read_envelope, read_result_info, response_error
from aiospectrum._http.record import Call, HTTPResponse
from aiospectrum.errors import DecodeError, ResponseError
from aiospectrum.transport import Response

__all__ = ["assumed_response", "read_large_response", "read_response"]

_EMPTY: Final[tuple[object, ...]] = (None, {})
"""Results that say no more than that the call succeeded."""

_EMPTY_BODIES: Final = (b"", b"null", b"{}")

_PART: Final = 1 << 19
_PART_COLLECTED: Final = 1 << 18
"""Bytes of a body that are decoded at once; of items that are not kept, as many as fit the caches of a processor."""

_LONGEST_EMPTY: Final = 1000
"""Bytes of white space."""

Outcome: TypeAlias = DecodedBody[Any] | ResponseError
"""An error is returned and raised where nothing of what has come is in reach, as an error that is kept keeps that."""


def read_response(call: Call, http: HTTPResponse, body: Outcome | None = None) -> Response[Any]:
    """Read the response to a call.

    A response as the API documents it is decoded from JSON text straight into models. The fallback reads JSON values
    with the public converter: it takes more than is documented, and says exactly what it cannot take. Both give equal
    objects.

    Args:
        call: The call.
        http: The response.
        body: What has been read of it already.

    Raises:
        ResponseError: It is not a success, or cannot be read.
    """
    if body is None:
        body = decode_body(call.route.result, http.body) if 200 <= http.status < 300 else None
        if body is None or not body.success:
            body = _read_by_fallback(call, http)
    if isinstance(body, ResponseError):
        try:
            raise body
        finally:
            del body  # a circle
    return Response(
        route=call.route,
        url=call.url,
        result=body.result,
        status=http.status,
        headers=http.headers,
        messages=read_details(body.messages, call) if body.messages else (),
        result_info=read_result_info(body.result_info) if isinstance(body.result_info, dict) else None,
        attempts=call.attempt,
    )


async def read_large_response(
    call: Call,
    http: HTTPResponse,
    *,
    turn: Callable[[], AbstractAsyncContextManager[None]],
    run_apart: Callable[[Callable[[], Any]], Awaitable[Any]],
) -> Response[Any]:
    """Read the response to a call like :func:`read_response`, and let other tasks run in between.

    Args:
        call: The call.
        http: The response, of any size.
        turn: Entered while it is decoded.
        run_apart: Runs what may take some tenths of a second, the fallback and messages, where it does not hold the
            event loop.

    Raises:
        ResponseError: It is not a success, or cannot be read.
    """
    body: DecodedBody[Any] | None = None
    if 200 <= http.status < 300:
        async with turn():
            pause, collect = partial(asyncio.sleep, 0), call.route.collect
            part_size = _PART if collect is None else _PART_COLLECTED
            body = await decode_in_parts(call.route.result, http.body, pause, part_size, collect)
    if body is not None and body.success:
        read = partial(read_response, call, http, body)
        response: Response[Any] = await run_apart(read) if body.messages else read()
        return response
    del body
    return read_response(call, http, await run_apart(lambda: _read_by_fallback(call, http)))


def assumed_response(call: Call, http: HTTPResponse) -> Response[Any]:
    """Make the response of a success without a result; see :attr:`~aiospectrum.routes.Route.assumed_result`.

    Raises:
        DecodeError: The route documents no such success.
    """
    return read_response(call, http, _with_result(call, http, DecodedBody(result=None, success=True)))


def _read_by_fallback(call: Call, http: HTTPResponse) -> Outcome:
    is_empty = len(http.body) < _LONGEST_EMPTY and http.body.strip() in _EMPTY_BODIES
    if is_empty and 200 <= http.status < 300 and _assumed_result(call):
        return _with_result(call, http, DecodedBody(result=None, success=True))
    body = read_envelope(call, http)
    return body if isinstance(body, ResponseError) else _with_result(call, http, body)


def _assumed_result(call: Call) -> dict[str, object] | None:
    """The ``result`` that stands for an absent one; None for an endpoint that has to give one."""
    if call.route.assumed_result is None:
        return None
    return {key: call.path[parameter] for key, parameter in call.route.assumed_result.items()}


def _with_result(call: Call, http: HTTPResponse, body: DecodedBody[Any]) -> Outcome:
    """Read the JSON values of ``result`` into the type that the route documents."""
    if body.result in _EMPTY and call.route.assumed_result is not None:
        body.result = _assumed_result(call)
    wanted = call.route.result
    if get_origin(wanted) is list and body.result is None:
        body.result = []  # how some servers write an empty array
    if get_origin(wanted) is list and not isinstance(body.result, list):
        problem = f"result: expected an array, got {type(body.result).__name__}"
    elif body.result is None and (wanted in (None, NoneType) or NoneType in get_args(wanted)):
        return body
    elif body.result is None:
        problem = "the envelope has no result"
    else:
        problem = _decode_result(call, body)
        if not problem:
            return body
    return response_error(DecodeError, call, http, problem)


def _decode_result(call: Call, body: DecodedBody[Any]) -> str:
    """Put models in the place of JSON values, or say what is wrong with these."""
    problem = ""
    for form in (call.route.result, *call.route.other_results):
        try:
            try:
                body.result = decode_values(form, body.result, shared_converter())
                return ""
            except (BaseValidationError, ValueError, TypeError, AttributeError, KeyError) as error:  # as cattrs does
                problem = problem or explain(error, "result", call.clean) or "result: expected something else"
        except RecursionError:  # reading takes more of the stack than parsing did
            problem = problem or "result: nested too deep"
    return problem
