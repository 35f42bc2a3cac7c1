"""One JSON value to a Python value and back, by the annotation of what is to hold it: pure.

A reader takes a JSON value and returns the Python value, or raises :class:`WireError` at the first one that does not
fit. Nothing is coerced: a string that holds a number is not a number. What stands in the place of models, or of classes
that are not ours, is left to a converter.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from aiospectrum._codec.excerpt import show
from aiospectrum.checks import refuse

__all__ = [
    "Reader",
    "WireError",
    "Writer",
    "format_date_time",
    "is_choice",
    "make_reader",
    "make_writer",
    "read_date_time",
]

Reader: TypeAlias = Callable[[Any], Any]
Writer: TypeAlias = Callable[[Any], Any]
Structure: TypeAlias = Callable[[Any, Any], Any]

_NUMBERS: Final = frozenset({int, float})
_FINER_THAN_MICROSECONDS: Final = re.compile(r"(?<=\.\d{6})\d+", re.ASCII)
_LEAP_SECOND: Final = re.compile(r"(:59):60(\.\d*)?", re.ASCII)


class WireError(ValueError):
    """A JSON value does not have the documented type."""

    def __init__(self, expected: str, value: object, path: str = "") -> None:
        """Keep what was wrong.

        Args:
            expected: What the API documents.
            value: What came.
            path: Where inside the value that was read, such as ``.data[3]``.
        """
        super().__init__(expected, value, path)
        self.expected = expected
        self.value = value
        self.path = path

    def below(self, step: str) -> "WireError":
        """Make the same error of a value that holds this one.

        Args:
            step: How to get from there to here, such as ``[3]``.

        Returns:
            The error.
        """
        return WireError(self.expected, self.value, step + self.path)

    def describe(self, redact: Callable[[str], str] = str) -> str:
        """Describe the error in one line.

        Args:
            redact: Redacts credentials in the representation of the value, which is cut to 60 characters after.

        Returns:
            Text such as ``expected a number, got 'x'``.
        """
        shown = redact(show(self.value))
        return f"expected {self.expected}, got {shown if len(shown) <= 60 else shown[:59] + '…'}"

    def __str__(self) -> str:
        return f"{self.path.lstrip('.')}: {self.describe()}" if self.path else self.describe()


def make_reader(annotation: Any, structure: Structure) -> Reader:
    """Make the reader of values with an annotation.

    A null in the place of a number is ``nan``, and one in the place of an array is an empty array.

    Args:
        annotation: A type, without names that are still to be resolved.
        structure: Reads what is no JSON type, such as models: the ``structure`` of a converter.

    Returns:
        The reader.
    """
    options = _options(annotation)
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
        return _array(make_reader(arguments[0], structure))
    if origin is tuple and arguments[1:] == (...,):
        read = _array(make_reader(arguments[0], structure))
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
        except WireError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError):
            raise WireError(f"a value of {annotation}", value) from None

    return read


def is_choice(annotation: Any) -> bool:
    """Tell whether an annotation is a choice: a literal, or a union of literals and types of JSON values.

    Args:
        annotation: A type.

    Returns:
        Whether it is one, which :func:`make_reader` reads without the ``structure`` of a converter.
    """
    options = [option for option in _options(annotation) if option is not NoneType]
    others = [option for option in options if get_origin(option) is not Literal]
    return (len(options) > 1 or not others) and all(option in _PLAIN for option in others) and bool(options)


def make_writer(annotation: Any, unstructure: Callable[[Any], Any]) -> Writer:
    """Make the writer of values with an annotation, the way back of :func:`make_reader`.

    Args:
        annotation: A type, without names that are still to be resolved.
        unstructure: Writes what is no JSON type, such as models: the ``unstructure`` of a converter.

    Returns:
        The writer, which gives JSON values: RFC 3339 for times, null for ``nan``.
    """
    options = [option for option in _options(annotation) if option is not NoneType]
    if Any in options or all(option in (str, int, bool) or get_origin(option) is Literal for option in options):
        return _as_it_came
    if _NUMBERS.issuperset(options):
        return _written_number
    if len(options) > 1 or isinstance(options[0], TypeVar):
        return lambda value: format_date_time(value) if isinstance(value, datetime) else unstructure(value)
    (option,) = options
    origin, arguments = get_origin(option), get_args(option)
    if option is datetime:
        return _or_none(format_date_time)
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        write = make_writer(arguments[0], unstructure)
        return _or_none(lambda value: [write(item) for item in value])
    if origin is tuple and arguments:
        writers = [make_writer(argument, unstructure) for argument in arguments]
        return _or_none(lambda value: [write(item) for write, item in zip(writers, value, strict=True)])
    if origin is dict:
        write_item = make_writer(arguments[1], unstructure)
        return _or_none(lambda value: {key: write_item(item) for key, item in value.items()})
    return unstructure


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
        WireError: It is something else, or there is no such time in UTC.
    """
    if isinstance(value, str):
        try:
            text = _LEAP_SECOND.sub(r"\1:59.999999", _FINER_THAN_MICROSECONDS.sub("", value.upper()))
            parsed = datetime.fromisoformat(text)
            return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise WireError("an RFC 3339 date and time", value)


def format_date_time(value: datetime) -> str:
    """Write an aware datetime as RFC 3339 in UTC, with microseconds only if there are any.

    Args:
        value: An aware datetime.

    Returns:
        Text such as ``2026-11-20T00:00:00Z``.

    Raises:
        InvalidArgumentError: The datetime has no time zone.
    """
    if value.utcoffset() is None:
        refuse("datetime", value, "a datetime with a time zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _options(annotation: Any) -> tuple[Any, ...]:
    """The types of a union in their order, which says what is tried first."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _as_it_came(value: Any) -> Any:
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise WireError("a string", value)
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WireError("true or false", value)
    return value


def _number(value: Any) -> float:
    """As it came, so that a large whole number stays exact; ``nan`` for a null."""
    if value is None:
        return math.nan
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise WireError("a number", value)
    return value


def _written_number(value: Any) -> Any:
    return None if value != value else value


def _integer(value: Any) -> int:
    """A whole number, also when it is written like ``3.0``."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WireError("a whole number", value)
    return value


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
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise WireError(f"one of {', '.join(map(str, choices))}", value)
        return value

    return read_choice


def _array(read: Reader) -> Reader:
    def read_array(value: Any) -> list[Any]:
        if value is None:  # how some servers write an empty one
            return []
        if not isinstance(value, list):
            raise WireError("an array", value)
        items: list[Any] = []
        try:
            for item in value:
                items.append(read(item))  # noqa: PERF401 - its length says where an error is
        except WireError as error:
            raise error.below(f"[{len(items)}]") from None
        return items

    return read_array


def _tuple(readers: list[Reader]) -> Reader:
    def read_tuple(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(readers):
            raise WireError(f"an array of {len(readers)} items", value)
        items: list[Any] = []
        try:
            for read, item in zip(readers, value, strict=True):
                items.append(read(item))
        except WireError as error:
            raise error.below(f"[{len(items)}]") from None
        return tuple(items)

    return read_tuple


def _mapping(read: Reader) -> Reader:
    def read_mapping(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise WireError("an object", value)
        items = {}
        for key, item in value.items():
            try:
                items[key] = read(item)
            except WireError as error:
                raise error.below(f".{key}") from None
        return items

    return read_mapping


def _one_of(readers: list[Reader]) -> Reader:
    """The first of several readers that succeeds, else the deepest error."""

    def read_one_of(value: Any) -> Any:
        errors: list[WireError] = []
        for read in readers:
            try:
                return read(value)
            except WireError as error:
                errors.append(error)
        deepest = max(errors, key=lambda error: len(error.path))
        if deepest.path:
            raise deepest
        raise WireError(" or ".join(error.expected for error in errors), value)

    return read_one_of
