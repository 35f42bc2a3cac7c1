"""From JSON to model objects: pure."""

from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from cattrs import Converter
from cattrs.errors import BaseValidationError

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.registration import explain
from aiospectrum._codec.wire import WireError

__all__ = ["DecodedBody", "decode_body", "decode_values", "explain"]

T = TypeVar("T")


class DecodedBody(msgspec.Struct):
    """The body of a response."""

    result: Any
    success: bool
    messages: Any = None
    result_info: Any = None


class _Envelope(msgspec.Struct, Generic[T]):
    """What msgspec reads a response into."""

    result: T
    success: bool
    messages: Any = None
    result_info: Any = None


def decode_body(wanted: Any, body: bytes) -> DecodedBody | None:
    """Read a body on the fast path; None for one that does not fit there, whatever the reason."""
    decoders, build = _reader(wanted)
    try:
        for decoder in decoders:
            try:
                read = decoder.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            if not read.success:
                return None
            read.result = build(read.result, shared_converter().structure)
            return read  # type: ignore[return-value]  # the same fields
    except (BaseValidationError, WireError, RecursionError, OverflowError):
        return None
    return None


def decode_values(wanted: Any, values: Any, converter: Converter) -> Any:
    """Read JSON values by the converter."""
    return converter.structure(values, wanted)


@cache
def _reader(wanted: Any) -> tuple[tuple[msgspec.json.Decoder[_Envelope[Any]], ...], Any]:
    """Make the decoders of a type of result, once; the first call of each type pays for it."""
    from aiospectrum._generated.decoders import RESULT_READERS  # which takes some milliseconds

    reader = RESULT_READERS.get(wanted)
    if reader is None:  # a route of the user's own
        return (), None
    envelopes = [_Envelope[wire] for wire in reader.wires]  # type: ignore[valid-type]  # types made at run time
    return tuple(map(msgspec.json.Decoder, envelopes)), reader.build
