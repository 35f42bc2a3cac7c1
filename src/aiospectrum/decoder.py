"""From the JSON values of an envelope to model objects: pure."""

from typing import TypeVar, get_origin

from cattrs import Converter
from cattrs.errors import BaseValidationError

from aiospectrum.envelope import Call, RawResponse, response_error
from aiospectrum.errors import DecodeError
from aiospectrum.registration import explain
from aiospectrum.routes import Route
from aiospectrum.wire import WireError

__all__ = ["decode_result"]

T = TypeVar("T")


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
