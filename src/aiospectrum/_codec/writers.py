"""One Python value to a JSON value, by the annotation of what holds it: pure, the way back of the readers.

A writer takes the Python value and returns the JSON value, exactly a str, int, float, bool, list or dict; or it raises
:class:`ConversionError` for a value that is not of the annotation.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args, get_origin

from aiospectrum._codec.readers import read_object, union_options
from aiospectrum._codec.wrong import below, wrong
from aiospectrum.checks.plain import plain_datetime, plain_integer, plain_list, plain_number, plain_text
from aiospectrum.errors import ConversionError
from aiospectrum.structs import is_struct

__all__ = ["Writer", "format_date_time", "make_writer"]

Writer: TypeAlias = Callable[[Any], Any]

_NUMBERS: Final = frozenset({int, float})
_IN_WORDS: Final[Mapping[Any, str]] = {str: "a string", int: "a whole number", bool: "true or false"}


def make_writer(annotation: Any, unstructure: Callable[[Any], Any]) -> Writer:
    """Make the writer of values with an annotation, the way back of the reader; None is always written as null.

    Args:
        annotation: A type, without names that are still to be resolved.
        unstructure: Writes what is no JSON type, such as models: the ``unstructure`` of a converter.

    Returns:
        The writer, which gives JSON values: RFC 3339 for times, null for ``nan``.
    """
    write = _make_writer([option for option in union_options(annotation) if option is not NoneType], unstructure)
    return lambda value: None if value is None else write(value)


def _make_writer(options: list[Any], unstructure: Callable[[Any], Any]) -> Writer:
    if Any in options:
        return _as_it_came
    if all(option in _IN_WORDS or get_origin(option) is Literal for option in options):
        kinds = [type(each) for option in options if get_origin(option) is Literal for each in get_args(option)]
        return _scalar_writer({*kinds, *(option for option in options if option in _IN_WORDS)})
    if _NUMBERS.issuperset(options):
        return _written_number
    if len(options) > 1 or isinstance(options[0], TypeVar):
        return lambda value: _written_scalar(value, unstructure)
    (option,) = options
    origin, arguments = get_origin(option), get_args(option)
    if isinstance(option, type) and issubclass(option, datetime):
        return format_date_time
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        write = make_writer(arguments[0], unstructure)
        return lambda value: _written_list(value, lambda items: [write] * len(items))
    if origin is tuple and arguments:
        writers = [make_writer(argument, unstructure) for argument in arguments]
        return lambda value: _written_list(value, lambda _: writers)
    if origin is dict:
        write_item = make_writer(arguments[1], unstructure)
        return lambda value: _written_object(value, write_item)
    if is_struct(model := origin or option):
        return lambda value: _written_model(value, model, unstructure)
    return unstructure


def format_date_time(value: datetime) -> str:
    """Write an aware datetime as RFC 3339 in UTC, with microseconds only if there are any.

    Args:
        value: An aware datetime.

    Returns:
        Text such as ``2026-11-20T00:00:00Z``.

    Raises:
        ConversionError: It is something else.
    """
    time = plain_datetime(value)
    if time is None or time.utcoffset() is None:
        raise wrong("a datetime with a time zone", value)
    return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _as_it_came(value: Any) -> Any:
    return value


def _scalar_writer(kinds: set[Any]) -> Writer:
    makers = [make for kind, make in ((str, plain_text), (int, plain_integer)) if kind in kinds]

    def write_scalar(value: Any) -> Any:
        if type(value) in kinds:
            return value
        for make in makers:
            plain = make(value)
            if plain is not None:
                return plain
        raise wrong(" or ".join(_IN_WORDS.get(kind, "a choice") for kind in _IN_WORDS if kind in kinds), value)

    return write_scalar


def _written_number(value: Any) -> int | float | None:
    number = plain_number(value)
    if number is None:
        raise wrong("a number", value)
    return None if number != number else number


def _written_scalar(value: Any, unstructure: Callable[[Any], Any]) -> Any:
    """A value of a union, of which only the value itself says the type."""
    if plain_datetime(value) is not None:
        return format_date_time(value)
    for make in (plain_text, plain_number):
        plain = make(value)
        if plain is not None:
            return plain
    return unstructure(value)


def _written_list(value: Any, writers: Callable[[list[Any]], list[Writer]]) -> list[Any]:
    values = plain_list(value)
    if values is None:
        raise wrong("a list", value)
    each = writers(values)
    if len(each) != len(values):
        raise wrong(f"{len(each)} items", value)
    written: list[Any] = []
    try:
        for write, item in zip(each, values, strict=True):
            written.append(write(item))
    except ConversionError as error:
        raise below(f"[{len(written)}]", error) from None
    return written


def _written_object(value: Any, write: Writer) -> dict[Any, Any]:
    written = {}
    for key, item in read_object(value).items():
        try:
            written[key] = write(item)
        except ConversionError as error:
            raise below(str(key), error) from None
    return written


def _written_model(value: Any, model: Any, unstructure: Callable[[Any], Any]) -> Any:
    if type(value) is not model:
        raise wrong(f"an object of the class {model.__name__}", value)
    return unstructure(value)
