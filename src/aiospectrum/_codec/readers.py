"""One JSON value to a Python value, by the annotation of what is to hold it: pure.

A reader takes a JSON value and returns the Python value, or raises :class:`ConversionError` at the first one that does
not fit. Nothing is coerced: a string that holds a number is not a number. What stands in the place of models, or of
classes that are not ours, is left to a converter.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from aiospectrum._codec.excerpt import start_of
from aiospectrum._codec.wrong import below, wrong
from aiospectrum.checks.plain import (
    Unchecked,
    UncheckedInteger,
    plain_datetime,
    plain_list,
    plain_number,
    plain_text,
)
from aiospectrum.errors import ConversionError, SpectrumError

__all__ = [
    "Reader",
    "array_reader",
    "is_choice",
    "make_reader",
    "read_date_time",
    "read_object",
    "union_options",
]

Reader: TypeAlias = Callable[[Any], Any]
Structure: TypeAlias = Callable[[Any, Any], Any]

_LONGEST_TIME: Final = 100

_NUMBERS: Final = frozenset({int, float})
_FINER_THAN_MICROSECONDS: Final = re.compile(r"(?<=\.\d{6})\d+", re.ASCII)
_LEAP_SECOND: Final = re.compile(r"(:59):60(\.\d*)?", re.ASCII)


def make_reader(annotation: Any, structure: Structure) -> Reader:
    """Make the reader of values with an annotation.

    A null in the place of a number is ``nan``, and one in the place of an array is an empty array.

    Args:
        annotation: A type, without names that are still to be resolved.
        structure: Reads what is no JSON type, such as models: the ``structure`` of a converter.

    Returns:
        The reader.
    """
    options = union_options(annotation)
    if Any in options:
        return _as_it_came
    if NoneType in options:
        others = tuple(option for option in options if option is not NoneType)
        return _or_none(make_reader(Union[others], structure))  # noqa: UP007 - of a tuple
    if float in options and _NUMBERS.issuperset(options):
        return _number
    if len(options) > 1:
        if str in options and all(option is str or get_origin(option) is Literal for option in options):
            return _string
        return _one_of([make_reader(option, structure) for option in options])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _choice(arguments)
    if origin is list:
        return array_reader(make_reader(arguments[0], structure))
    if origin is tuple and arguments[1:] == (...,):
        read = array_reader(make_reader(arguments[0], structure))
        return lambda value: tuple(read(value))
    if origin is tuple and arguments:
        return _tuple([make_reader(argument, structure) for argument in arguments])
    if origin is dict and arguments[0] is str:
        return _mapping(make_reader(arguments[1], structure))
    return _PLAIN.get(annotation) or _foreign(annotation, structure)


def _foreign(annotation: Any, structure: Structure) -> Reader:
    """The reader of a type that is no JSON type, in whose place cattrs raises whatever the type does."""

    def read(value: Any) -> Any:
        try:
            return structure(value, annotation)
        except SpectrumError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise wrong(f"a value of {annotation} ({start_of(str(error))})", value) from None

    return read


def is_choice(annotation: Any) -> bool:
    """Tell whether an annotation is a choice: a literal, or a union of literals and types of JSON values.

    Args:
        annotation: A type.

    Returns:
        Whether it is one, which :func:`make_reader` reads without the ``structure`` of a converter.
    """
    options = [option for option in union_options(annotation) if option is not NoneType]
    others = [option for option in options if get_origin(option) is not Literal]
    return (len(options) > 1 or not others) and all(option in _PLAIN for option in others) and bool(options)


def read_object(value: Any) -> dict[Any, Any]:
    """Read an object: a dict of what any mapping holds.

    Raises:
        ConversionError: It is something else.
    """
    if type(value) is dict:
        return value
    if not issubclass(type(value), Mapping):
        raise wrong("an object", value)
    return dict(value)


def read_date_time(value: Any) -> datetime:
    """Read an RFC 3339 date and time into an aware datetime in UTC; what is finer than a microsecond is cut.

    A leap second, which a datetime does not know, is the last microsecond before it. A value without an offset is in
    UTC, as the API documents.
    Source: https://www.rfc-editor.org/rfc/rfc3339#section-5.6

    Args:
        value: A JSON value.

    Returns:
        The datetime.

    Raises:
        ConversionError: It is something else, or there is no such time in UTC.
    """
    text, parsed = plain_text(value), None
    if text is not None and len(text) <= _LONGEST_TIME:
        try:
            text = _LEAP_SECOND.sub(r"\1:59.999999", _FINER_THAN_MICROSECONDS.sub("", text.upper()))
            parsed = plain_datetime(datetime.fromisoformat(text))
            if parsed is not None:
                return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise wrong("an RFC 3339 date and time", value)


def union_options(annotation: Any) -> tuple[Any, ...]:
    """The types of a union in their order, which says what is tried first."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _as_it_came(value: Any) -> Any:
    return value


def _string(value: Any) -> str:
    """What is to be sent as it is stays so."""
    text: str | None = value if type(value) in (str, Unchecked) else plain_text(value)
    if text is None:
        raise wrong("a string", value)
    return text


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise wrong("true or false", value)
    return value


def _number(value: Any) -> float:
    """As it came, so that a large whole number stays exact; ``nan`` for a null."""
    if value is None:
        return math.nan
    number = plain_number(value)
    if number is None:
        raise wrong("a number", value)
    return number


def _integer(value: Any) -> int:
    """A whole number, also when it is written like ``3.0``."""
    number = plain_number(value)
    if number is None or (isinstance(number, float) and not number.is_integer()):
        raise wrong("a whole number", value)
    return value if type(value) is UncheckedInteger else int(number)


_PLAIN: Final[Mapping[Any, Reader]] = {
    str: _string,
    bool: _boolean,
    int: _integer,
    float: _number,
    datetime: read_date_time,
}


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _choice(choices: tuple[Any, ...]) -> Reader:
    def read_choice(value: Any) -> Any:
        text = plain_text(value)
        plain = value if text is None else text
        if not any(type(plain) is type(choice) and plain == choice for choice in choices):
            raise wrong(f"one of {', '.join(map(str, choices))}", value)
        return plain

    return read_choice


def array_reader(read: Reader) -> Reader:
    """Make the reader of an array, of a reader of its items."""

    def read_array(value: Any) -> list[Any]:
        if value is None:  # how some servers write an empty one
            return []
        values = value if type(value) is list else plain_list(value)
        if values is None:
            raise wrong("an array", value)
        items: list[Any] = []
        try:
            for item in values:
                items.append(read(item))  # noqa: PERF401 - its length says where an error is
        except ConversionError as error:
            raise below(f"[{len(items)}]", error) from None
        return items

    return read_array


def _tuple(readers: list[Reader]) -> Reader:
    def read_tuple(value: Any) -> tuple[Any, ...]:
        values = plain_list(value)
        if values is None or len(values) != len(readers):
            raise wrong(f"an array of {len(readers)} items", value)
        items: list[Any] = []
        try:
            for read, item in zip(readers, values, strict=True):
                items.append(read(item))
        except ConversionError as error:
            raise below(f"[{len(items)}]", error) from None
        return tuple(items)

    return read_tuple


def _mapping(read: Reader) -> Reader:
    def read_mapping(value: Any) -> dict[str, Any]:
        items = {}
        for key, item in read_object(value).items():
            try:
                items[key] = read(item)
            except ConversionError as error:
                raise below(str(key), error) from None
        return items

    return read_mapping


def _one_of(readers: list[Reader]) -> Reader:
    """The first of several readers that succeeds, else the deepest error."""

    def read_one_of(value: Any) -> Any:
        errors: list[ConversionError] = []
        for read in readers:
            try:
                return read(value)
            except ConversionError as error:
                errors.append(error)
        deepest = max(errors, key=lambda error: len(error.field))
        if deepest.field:
            raise deepest
        raise wrong(" or ".join(error.expected for error in errors), value)

    return read_one_of
