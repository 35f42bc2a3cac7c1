"""From a route and its arguments to an HTTP request: pure, and the place where arguments are checked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import msgspec

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.writers import format_date_time
from aiospectrum.checks import refuse
from aiospectrum.checks.plain import plain_integer, plain_text
from aiospectrum.errors import InvalidArgumentError
from aiospectrum.routes import PathParameter, QueryParameter, Route, Style

__all__ = ["build_request"]

_Write: TypeAlias = Callable[..., str]

_PLAIN: Final = frozenset({int, bool, type(None)})
"""Types, other than str, whose values are immutable and small."""

_LONGEST: Final = 200
"""Characters of a text that is kept in a cache."""

_MOST: Final = 16
"""Items of a list that is kept there, which the API's own words are."""

_DELIMITERS: Final[Mapping[Style, str]] = {"form": ","}
"""What stands between the items of an array, by style; arrays are never exploded into repeated keys."""


def build_request(
    route: Route[Any], *, path: Mapping[str, object], query: Mapping[str, object], body: object
) -> tuple[str, bytes | None]:
    """Check the arguments of a call and write them as an HTTP request.

    Args:
        route: The endpoint.
        path: The path parameters by argument name.
        query: The query parameters by argument name; one that is None is left out, unless it is required.
        body: The body's model, None for a route without a body.

    Returns:
        Path and query string, percent-encoded, to be appended to the base URL; and the body in JSON, None for none.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing has been sent.
    """
    target = _written(_path, _write_path, route, route.path_parameters, path)
    if route.query:
        target += _written(_query, _write_query, route, route.query, query)
    if route.body is None:
        return target, None
    plain = route.body.check.check(route.body.name, body)
    return target, msgspec.json.encode(shared_converter().unstructure(plain))


def _written(
    cached: _Write,
    write: _Write,
    route: Route[Any],
    parameters: Sequence[PathParameter | QueryParameter],
    arguments: Mapping[str, Any],
) -> str:
    """Check and write arguments, once for equal ones where that is safe.

    Not kept are values that may change, that are long, or that equal others and are not the same: two datetimes in one
    zone are equal when they differ only in ``fold``, which UTC does not have.
    """
    values, key = [], []
    for parameter in parameters:
        value = arguments[parameter.name]
        values.append(value)
        kind = type(value)
        if kind in _PLAIN or (kind is str and len(value) <= _LONGEST) or (kind is datetime and value.tzinfo is UTC):
            key.append(value)
        elif (kind is list or kind is tuple) and len(value) <= _MOST and set(map(type, value)) <= {str}:
            key.append(tuple(value))
    if len(key) == len(values):
        try:
            return cached(route, *key)
        except InvalidArgumentError:  # raised again below, with the value that was given
            pass
    return write(route, *values)


def _write_path(route: Route[Any], *values: object) -> str:
    target = route.path
    for parameter, value in zip(route.path_parameters, values, strict=True):
        segment = _encode(parameter.check.check(parameter.name, value))
        if segment in ("", ".", ".."):  # which servers take for another path, and no encoding changes that
            refuse(parameter.name, value, "a value other than '', '.' and '..': it is a segment of the path")
        target = target.replace(f"{{{parameter.name}}}", segment)
    return target


_path = lru_cache(maxsize=16_384, typed=True)(_write_path)
"""The same, once for each route and zone."""


def _write_query(route: Route[Any], *values: object) -> str:
    """The query string with its question mark, empty when nothing is given."""
    pairs, given = [], {}
    is_paged = route.page is None
    for parameter, value in zip(route.query, values, strict=True):
        is_paged = is_paged or (parameter.name == route.page and value is not None)
        if value is None:
            if parameter.required:
                refuse(parameter.name, value, "a value: it is required")
            continue
        plain = given[parameter.name] = parameter.check.check(parameter.name, value)
        pairs.append(f"{parameter.encoded}={_encode(plain, parameter.style)}")
    if route.ordered is not None:
        _check_order(*route.ordered, given)
    if pairs and not is_paged:
        pairs.insert(0, f"{route.page}=1")
    return "?" + "&".join(pairs) if pairs else ""


def _check_order(first: str, second: str, given: Mapping[str, object]) -> None:
    """Refuse times in the wrong order; those that are sent unchecked are texts."""
    start, end = given.get(first), given.get(second)
    if isinstance(start, datetime) and isinstance(end, datetime) and start > end:
        refuse(second, format_date_time(end), f"a time that is not before {first}, {format_date_time(start)}")


_query = lru_cache(maxsize=1024, typed=True)(_write_query)
"""The same, once for each route and equal values, as bulk pulls ask many zones the same."""


def _encode(value: object, style: Style = "form") -> str:
    """Write a value that a check has made plain."""
    if isinstance(value, list):
        return _DELIMITERS[style].join(_encode(item) for item in value)
    if isinstance(value, datetime):
        return quote(format_date_time(value), safe=":")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = plain_text(value)
    if text is None:
        number = plain_integer(value)
        if number is None:
            raise TypeError(f"a parameter of the type {type(value).__name__}")  # no check of the spec gives one
        text = str(number)
    return quote(text, safe="")
