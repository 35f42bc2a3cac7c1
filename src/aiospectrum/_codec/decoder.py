"""From an HTTP answer to model objects: pure.

There are two roads. Answers as the API documents them are read from JSON text straight into objects, at about the
cost of parsing them. Whatever does not fit there takes the patient road, over an envelope of JSON values and the
public converter, which takes more than is documented and says exactly what it cannot take. Where both roads lead to
an object, it is the same.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Generic, TypeVar, get_origin

import msgspec
from cattrs import Converter
from cattrs.errors import BaseValidationError

from aiospectrum._codec.building import Structure
from aiospectrum._codec.registration import explain
from aiospectrum._codec.wire import WireError
from aiospectrum._http.response import (
    Call,
    Envelope,
    RawResponse,
    read_envelope,
    read_messages,
    read_result_info,
    response_error,
)
from aiospectrum.errors import DecodeError
from aiospectrum.routes import Route

__all__ = ["assume_result", "decode_result", "read_answer"]

T = TypeVar("T")


class _Envelope(msgspec.Struct, Generic[T]):
    """What msgspec reads an answer into."""

    result: T
    success: bool
    messages: Any = None
    result_info: Any = None


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
        envelope = _read_straight(route.result, raw.body, call, converter.structure)
        if envelope is not None:
            return envelope
    envelope = read_envelope(raw, call)
    result = envelope.result
    if result is None:
        result = assume_result(route, path)
    envelope.result = decode_result(route, result, converter=converter, raw=raw, call=call)
    return envelope


def _read_straight(wanted: Any, body: bytes, call: Call, structure: Structure) -> Envelope | None:
    """Read an answer on the fast road; None for one that does not fit there, whatever the reason."""
    decoders, build = _reader(wanted)
    try:
        for decoder in decoders:
            try:
                read = decoder.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            if not read.success:
                return None
            return Envelope(
                result=build(read.result, structure),
                result_info=read_result_info(read.result_info),
                messages=read_messages(read.messages, call),
            )
    except (BaseValidationError, WireError, RecursionError, OverflowError):
        return None
    return None


@cache
def _reader(wanted: Any) -> tuple[tuple[msgspec.json.Decoder[_Envelope[Any]], ...], Any]:
    """Make the decoders of a type of result, once; the first call of each type pays for it."""
    from aiospectrum._generated.decoders import RESULT_READERS  # which takes some milliseconds

    reader = RESULT_READERS.get(wanted)
    if reader is None:  # a route of the user's own
        return (), None
    envelopes = [_Envelope[wire] for wire in reader.wires]  # type: ignore[valid-type]  # types made at run time
    return tuple(map(msgspec.json.Decoder, envelopes)), reader.build


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
            decoded: T = converter.structure(result, route.result)
        except (BaseValidationError, WireError) as error:
            problem = explain(error, "result", call.redact)
        else:
            return decoded
    except RecursionError:  # reading takes more of the stack than parsing did
        problem = "result: nested too deep"
    # Raised out here, the error does not hold on to the one above, which holds what the server sent.
    raise response_error(DecodeError, raw, call, problem)
