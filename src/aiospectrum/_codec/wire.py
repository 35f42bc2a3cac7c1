"""How one JSON value becomes a Python value and back; the generated converters are made of these.

A reader takes the JSON value and the wanted type, as a cattrs hook does, and returns the Python value or raises
:class:`WireError`. Nothing is coerced: a string that holds a number is not a number.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from cattrs import Converter

from aiospectrum.checks import refuse

__all__ = [
    "Reader",
    "WireError",
    "array",
    "array_of_models",
    "boolean",
    "date_time",
    "format_date_time",
    "integer",
    "mapping",
    "number",
    "one_of",
    "or_as_it_came",
    "pair",
    "string",
    "with_booleans",
    "write_date_times",
]

Reader = Callable[[Any, Any], Any]


class WireError(ValueError):
    """A JSON value does not have the documented type."""

    def __init__(self, expected: str, value: object, path: str = "") -> None:
        """Keep what was wrong.

        Args:
            expected: What the API documents.
            value: What came.
            path: Where inside the value that was read, such as ``[3]``.
        """
        super().__init__(expected, value, path)
        self.expected = expected
        self.value = value
        self.path = path

    def describe(self, redact: Callable[[str], str] = str) -> str:
        """Say what was wrong in one line.

        Args:
            redact: Blots credentials out of the representation of the value, before that is cut to 60 characters.

        Returns:
            Text such as ``expected a number, got 'x'``.
        """
        shown = redact(repr(self.value))
        return f"expected {self.expected}, got {shown if len(shown) <= 60 else shown[:59] + '…'}"

    def __str__(self) -> str:
        return self.describe()


def string(value: Any, _: Any) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise WireError("a string", value)
    return value


def boolean(value: Any, _: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise WireError("true or false", value)
    return value


def number(value: Any, _: Any) -> float:
    """Read a number as it came, so that a large whole number stays exact."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise WireError("a number", value)
    return value


def integer(value: Any, _: Any) -> int:
    """Read a whole number, also when it is written like ``3.0``."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WireError("a whole number", value)
    return value


def date_time(value: Any, _: Any) -> datetime:
    """Read an RFC 3339 date and time into an aware datetime in UTC, to the microsecond.

    A value without an offset is in UTC, as the API documents.
    Source: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
    """
    if isinstance(value, str):
        try:
            parsed = _parse_date_time(value)
            return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise WireError("an RFC 3339 date and time", value)


def _parse_date_time(text: str) -> datetime:
    """Parse as the fast road does, which rounds to the nearest microsecond, and else as liberally as Python can."""
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return datetime.fromisoformat(text.upper())


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


def array(read: Reader) -> Reader:
    """Make a reader of arrays whose items are read by ``read``."""

    def read_array(value: Any, wanted: Any) -> list[Any]:
        if not isinstance(value, list):
            raise WireError("an array", value)
        items = []
        for index, item in enumerate(value):
            try:
                items.append(read(item, wanted))
            except WireError as error:
                raise WireError(error.expected, error.value, f"[{index}]{error.path}") from None
        return items

    return read_array


def array_of_models(converter: Converter, model: type[Any]) -> Reader:
    """Make a reader of arrays of one model."""

    def read_models(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise WireError("an array", value)
        return converter.structure(value, list[model])  # type: ignore[valid-type]  # a type made at run time

    return read_models


def pair(first: Reader, second: Reader) -> Reader:
    """Make a reader of arrays of exactly two items, each with a reader of its own."""

    def read_pair(value: Any, wanted: Any) -> tuple[Any, Any]:
        if not isinstance(value, list) or len(value) != 2:
            raise WireError("an array of two items", value)
        return first(value[0], wanted), second(value[1], wanted)

    return read_pair


def mapping(read: Reader) -> Reader:
    """Make a reader of objects with free keys whose values are read by ``read``."""

    def read_mapping(value: Any, wanted: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise WireError("an object", value)
        items = {}
        for key, item in value.items():
            try:
                items[key] = read(item, wanted)
            except WireError as error:
                raise WireError(error.expected, error.value, f".{key}{error.path}") from None
        return items

    return read_mapping


def one_of(*readers: Reader) -> Reader:
    """Make a reader that takes the first of several readers that succeeds, else the deepest error."""

    def read_one_of(value: Any, wanted: Any) -> Any:
        errors: list[WireError] = []
        for read in readers:
            try:
                return read(value, wanted)
            except WireError as error:
                errors.append(error)
        deepest = max(errors, key=lambda error: len(error.path))
        if deepest.path:
            raise deepest
        raise WireError(" or ".join(error.expected for error in errors), value)

    return read_one_of


def or_as_it_came(read: Reader) -> Reader:
    """Make a reader that keeps a value as it came when ``read`` refuses it."""

    def read_or_keep(value: Any, wanted: Any) -> Any:
        try:
            return read(value, wanted)
        except WireError:
            return value

    return read_or_keep


def with_booleans(read: Reader, *, true: str, false: str) -> Reader:
    """Make a reader that also takes the booleans of old payloads, for the strings that replaced them."""

    def read_boolean_too(value: Any, wanted: Any) -> Any:
        if isinstance(value, bool):
            return true if value else false
        return read(value, wanted)

    return read_boolean_too


def write_date_times(value: Any) -> Any:
    """Write an aware datetime, or a list of them however deep, as :func:`format_date_time` does.

    Anything else is returned as it is.
    """
    if isinstance(value, datetime):
        return format_date_time(value)
    if isinstance(value, (list, tuple)):
        return [write_date_times(item) for item in value]
    return value
