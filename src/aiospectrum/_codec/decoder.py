"""Response bodies to models: pure.

msgspec decodes the body of a response straight into the models: the fast path. What it refuses is left to a fallback,
which goes over JSON values and a cattrs converter: old payloads, nulls where a default stands, times that are not in
UTC or finer than a microsecond. The fallback takes more than the API documents, and says exactly what it cannot take.
Both give equal objects.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from types import NoneType
from typing import Any, Final, Generic, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from cattrs import Converter
from cattrs.errors import AttributeValidationNote, ClassValidationError, IterableValidationError

from aiospectrum._codec.wrong import below, describe, join, wrong
from aiospectrum.errors import ConversionError
from aiospectrum.structs import is_struct

__all__ = ["DecodedBody", "decode_body", "decode_items", "decode_values", "explain", "is_crowded", "weight_of"]

T = TypeVar("T")

_MAKING: Final = threading.Lock()
"""Held while a decoder is made: where two threads make the first ones of a class, msgspec ends the process."""

_DATETIMES: Final = (datetime, datetime | None)
"""Kept here, as a library that freezes time puts another class in the place of the name."""

_Times: TypeAlias = Callable[[Any], Iterable[datetime | None]]
_LARGE: Final = 1 << 16
_WINDOWS: Final = 8
_WINDOW: Final = 256
_MOST_FAILURES: Final = 5
_FINE_TIME: Final = re.compile(rb"[Tt ]\d\d:\d\d:\d\d\.\d{7}")
_FINE_END: Final = re.compile(rb"\.\d{7,}[Zz+-]")
_FINE_SECOND: Final = re.compile(rb":(?<=\d:)\d\d\.\d{7}")
"""The end of such a time, which begins with a character that few others than keys have: it is found sooner."""


class DecodedBody(msgspec.Struct, Generic[T]):
    """The body of a successful response."""

    result: T
    """The models."""

    success: bool
    """Whether the call succeeded."""

    messages: Any = None
    """JSON values."""

    result_info: Any = None
    """JSON values."""

    def __repr__(self) -> str:
        return "DecodedBody(…)"  # a server may repeat credentials


def decode_body(wanted: Any, body: bytes) -> DecodedBody[Any] | None:
    """Decode a body on the fast path.

    Args:
        wanted: Type of the result: a model, or a list of one.
        body: The body.

    Returns:
        The body decoded; None for one that is left to the fallback, for whatever reason, and for other types.
    """
    decoder = _body_decoder(wanted)
    if decoder is None or (len(body) >= _LARGE and is_crowded(body)):
        return None
    try:
        decoded = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if _needs_fallback(wanted, decoded.result, body) else decoded


def decode_items(item_type: Any, array: bytes) -> list[Any] | None:
    """Decode an array of models on the fast path, as :func:`decode_body` does a body; None where it cannot.

    Args:
        item_type: The model.
        array: JSON text.
    """
    if is_crowded(array):
        return None
    try:
        items: list[Any] = _items_decoder(item_type).decode(array)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if _needs_fallback(list[item_type], items, array) else items


def is_crowded(body: bytes, most: int | None = None) -> bool:
    """Whether a large body holds more arrays and objects than any documented one, which would take time and memory.

    They are counted when a sample has too many. Which bytes are in the sample depends on Python's secret of hashes, so
    that no server can keep them out of it.

    Args:
        body: JSON text.
        most: The same for bodies of any size, in bytes that are usual for so many; None for no such limit.
    """
    if len(body) < _LARGE:
        return False
    if most is not None and most < len(body):
        return weight_of(body) >= most
    secret = hash(body[:64])
    places = [hash((secret, number)) % (len(body) - _WINDOW) for number in range(_WINDOWS)]
    sample = b"".join([body[place : place + _WINDOW] for place in places])
    return weight_of(sample) >= len(sample) and weight_of(body) >= len(body)


def weight_of(text: bytes) -> int:
    """As many bytes as would be usual for the arrays of a text, 8 for each, and its objects, 16 for each."""
    return text.count(b"[") * 8 + text.count(b"{") * 16


def decode_values(wanted: Any, values: Any, converter: Converter) -> Any:
    """Read a result from JSON values: the fallback.

    Args:
        wanted: Type of the result: a model, a list of one, or any type that the converter reads.
        values: The JSON values.
        converter: Reads models, and types that are not ours.

    Returns:
        The result.

    Raises:
        ConversionError: The first value of a model that is not of the documented type.
        BaseValidationError, ValueError, TypeError, AttributeError, KeyError: What cattrs raises for types that are not
            ours; :func:`explain` takes any of them.
    """
    item_type = _item_type(wanted)
    if not is_struct(item_type):
        return converter.structure(values, wanted)
    if not isinstance(values, list):
        raise wrong("an array", values)
    items: list[Any] = []
    try:
        for value in values:
            items.append(converter.structure(value, item_type))  # noqa: PERF401 - its length says where an error is
    except ConversionError as error:
        raise below(f"[{len(items)}]", error) from None
    return items


def explain(error: Exception, path: str = "", redact: Callable[[str], str] = str) -> str:
    """Describe in one line what could not be read, and where.

    Args:
        error: What :func:`decode_values` raised.
        path: Where the values stand in larger ones.
        redact: Redacts credentials in what came, and cuts it.

    Returns:
        Text such as ``data[3].metrics[0]: expected a number, got 'x'``; the first few of several failures are joined.
    """
    failures = islice(_failures(error, path, redact), _MOST_FAILURES)
    return "; ".join(f"{where}: {what}" if where else what for where, what in failures)


def _failures(error: Exception, path: str, redact: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    if isinstance(error, (ClassValidationError, IterableValidationError)):
        noted, plain = error.group_exceptions()
        for inner, note in noted:
            step = note.name if isinstance(note, AttributeValidationNote) else f"[{note.index}]"
            yield from _failures(inner, join(path, step), redact)
        for inner in plain:
            yield from _failures(inner, path, redact)
    elif isinstance(error, ConversionError):
        yield join(path, error.field), describe(redact(error.expected), redact(error.value), error.hint)
    elif isinstance(error, KeyError):
        yield path, "expected a value, got none"
    else:
        yield path, redact(str(error))


@cache
def _body_decoder(wanted: Any) -> "msgspec.json.Decoder[DecodedBody[Any]] | None":
    """Only structs are decoded directly: msgspec reads plain attrs classes too, but skips their converters."""
    if not is_struct(_item_type(wanted) or wanted):
        return None
    try:
        with _MAKING:
            return msgspec.json.Decoder(DecodedBody[wanted])
    except TypeError:  # a union whose members msgspec cannot distinguish
        return None


@cache
def _items_decoder(item_type: Any) -> "msgspec.json.Decoder[list[Any]]":
    with _MAKING:
        return msgspec.json.Decoder(list[item_type])


@cache
def _item_type(wanted: Any) -> Any:
    """The type of the items of a list, None for what is no list."""
    return get_args(wanted)[0] if get_origin(wanted) is list else None


def _needs_fallback(wanted: Any, result: Any, body: bytes) -> bool:
    """Whether msgspec has read something in another way than the fallback would: a time, or a key of old payloads."""
    item_type = _item_type(wanted)
    model, items = (wanted, [result]) if item_type is None else (item_type, result)
    are_utc = _utc_check(model)
    if are_utc is not None and (not are_utc(items) or _has_fine_times(body, has_numbers=item_type is None)):
        return True
    old_keys: Mapping[str, str] = getattr(model, "old_keys", {})
    for key, attribute in old_keys.items():
        if None in map(attrgetter(attribute), items) and f'"{key}"'.encode() in body:
            return True
    return False


def _has_fine_times(body: bytes, *, has_numbers: bool) -> bool:
    """Whether there is a time finer than a microsecond, which msgspec would round, where the fallback cuts it.

    A large body with few capital letters T, as reports are, is searched at these alone, as it may have more colons.
    A time in it that is written with a small t or a space instead is missed, and rounded. Lists, which have few numbers
    with fractions, are searched for those that end as a time does.
    """
    if not has_numbers:
        return _FINE_END.search(body) is not None and _FINE_TIME.search(body) is not None
    position = body.find(b"T") if len(body) >= _LARGE else -1
    if position >= 0:
        for _ in range(len(body) // 1024):
            if body[position + 9 : position + 10] == b"." and _FINE_TIME.match(body, position):
                return True
            position = body.find(b"T", position + 1)
            if position < 0:
                return False
    return _FINE_SECOND.search(body) is not None and _FINE_TIME.search(body) is not None


@cache
def _utc_check(model: Any) -> Callable[[list[Any]], bool] | None:
    """What says whether all times inside of objects are in UTC; None for a model without times."""
    times_of = _times(model)
    if times_of is None:
        return None
    hints = get_type_hints(model)
    names = [name for name, hint in hints.items() if _times(hint) is not None]
    if all(hints[name] is _DATETIMES[0] for name in names):  # the same, in half of the time
        zones = attrgetter(*(f"{name}.tzinfo" for name in names))
        expected: Any = (UTC,) * len(names) if len(names) > 1 else UTC
        return lambda items: list(map(zones, items)).count(expected) == len(items)
    return lambda items: all(time is None or time.tzinfo is UTC for time in chain.from_iterable(map(times_of, items)))


@cache
def _times(annotation: Any, outer: tuple[Any, ...] = ()) -> _Times | None:
    """What gives all times inside of a value, and None for those that are absent; None where there can be none."""
    if annotation in _DATETIMES:
        return lambda time: (time,)
    if annotation in outer or (outer and hasattr(annotation, "old_keys")):  # inside of itself, or of another model
        return _leave_to_fallback
    if is_struct(annotation):
        hints = get_type_hints(annotation)
        outer = (*outer, annotation)
        parts = {name: each for name, hint in hints.items() if (each := _times(hint, outer)) is not None}
        if not parts:
            return None
        return lambda item: chain.from_iterable(each(getattr(item, name)) for name, each in parts.items())
    arguments = [argument for argument in get_args(annotation) if argument not in (NoneType, ...)]
    inner = [part for argument in arguments if (part := _times(argument, outer)) is not None]
    if not inner:
        return None
    times, origin = inner[0], get_origin(annotation)
    if origin in (list, tuple) and set(arguments) == {*_DATETIMES[:1]}:
        return iter
    if origin is list or (origin is tuple and len(arguments) == 1):
        return lambda items: chain.from_iterable(map(times, items))
    if origin is dict:
        return lambda items: chain.from_iterable(map(times, items.values()))
    if len(arguments) == 1:
        return lambda value: () if value is None else times(value)
    return _leave_to_fallback  # a time or something else


def _leave_to_fallback(_: Any) -> Iterable[datetime]:
    return (datetime.min,)  # which is not in UTC
