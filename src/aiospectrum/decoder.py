"""From the JSON values of an envelope to model objects: pure."""

from typing import TypeVar, get_origin

from cattrs import Converter
from cattrs.errors import BaseValidationError

from aiospectrum.envelope import Call, RawResponse, response_error
from aiospectrum.errors import DecodeError
from aiospectrum.routes import Route
from aiospectrum.wire import WireError, explain

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
    if get_origin(route.result) is list and not isinstance(result, list):
        problem = f"result: expected an array, got {type(result).__name__}"
        raise response_error(DecodeError, raw, call, problem)
    try:
        decoded: T = converter.structure(result, route.result)
    except (BaseValidationError, WireError) as error:
        raise response_error(DecodeError, raw, call, explain(error, "result")) from None
    return decoded
