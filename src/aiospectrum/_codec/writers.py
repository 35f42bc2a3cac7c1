"""One Python value to a JSON value, by the annotation of what holds it: pure, the way back of the readers."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args, get_origin

from aiospectrum._codec.readers import union_options
from aiospectrum.checks import refuse

__all__ = ["Writer", "format_date_time", "make_writer"]

Writer: TypeAlias = Callable[[Any], Any]

_NUMBERS: Final = frozenset({int, float})


def make_writer(annotation: Any, unstructure: Callable[[Any], Any]) -> Writer:
    """Make the writer of values with an annotation, the way back of :func:`make_reader`.

    Args:
        annotation: A type, without names that are still to be resolved.
        unstructure: Writes what is no JSON type, such as models: the ``unstructure`` of a converter.

    Returns:
        The writer, which gives JSON values: RFC 3339 for times, null for ``nan``.
    """
    options = [option for option in union_options(annotation) if option is not NoneType]
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


def _as_it_came(value: Any) -> Any:
    return value


def _written_number(value: Any) -> Any:
    return None if value != value else value


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)
