"""From a route and its arguments to an HTTP request: pure, and the place where arguments are checked."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import msgspec
from cattrs import Converter

from aiospectrum.checks import refuse
from aiospectrum.credentials import Credentials
from aiospectrum.routes import Route, Style
from aiospectrum.structs import struct
from aiospectrum.wire import format_date_time

__all__ = ["Request", "build_request", "common_headers"]

_DELIMITERS: Final[Mapping[Style, str]] = {"form": ","}
"""What stands between the items of an array, by style; arrays are never exploded into repeated keys."""


@struct(kw_only=True, weakref_slot=False)
class Request:
    """An HTTP request but for its method, the base URL and the headers that every request has."""

    target: str
    """Path and query string, percent-encoded, to be appended to the base URL."""

    body: bytes | None = None
    """JSON, None when there is no body."""


def common_headers(credentials: Credentials, user_agent: str) -> dict[str, str]:
    """Write the headers that every request has.

    Args:
        credentials: Prove who calls.
        user_agent: The ``User-Agent`` header.

    Returns:
        The headers.
    """
    return {**credentials.headers, "Accept": "application/json", "User-Agent": user_agent}


def build_request(
    route: Route[Any],
    *,
    path: Mapping[str, object],
    query: Mapping[str, object],
    body: object,
    converter: Converter,
) -> Request:
    """Check the arguments of a call and write them as an HTTP request.

    Args:
        route: The endpoint.
        path: The path parameters by argument name.
        query: The query parameters by argument name; one that is None is left out, unless it is required.
        body: The body's model, None for a route without a body.
        converter: Writes the body.

    Returns:
        The request.

    Raises:
        InvalidArgumentError: An argument does not fit; nothing has been sent.
    """
    values = [path[parameter.name] for parameter in route.path_parameters]
    is_plain = all(type(value) is str for value in values)  # others may change, or not be hashable
    target = _path(route, *values) if is_plain else _write_path(route, *values)
    pairs = _query_pairs(route, query)
    if pairs:
        target += "?" + "&".join(pairs)
    if route.body is None:
        return Request(target=target)
    route.body.check.check(route.body.name, body)
    payload = msgspec.json.encode(converter.unstructure(body), enc_hook=_plain_json)
    return Request(target=target, body=payload)


def _write_path(route: Route[Any], *values: object) -> str:
    target = route.path
    for parameter, value in zip(route.path_parameters, values, strict=True):
        parameter.check.check(parameter.name, value)
        target = target.replace(f"{{{parameter.name}}}", _encode(value))
    return target


_path = lru_cache(maxsize=16_384)(_write_path)
"""The same, checked and written once for each route and zone."""


def _query_pairs(route: Route[Any], query: Mapping[str, object]) -> list[str]:
    pairs = []
    for parameter in route.query:
        value = query[parameter.name]
        if value is None:
            if parameter.required:
                refuse(parameter.name, value, "a value: it is required")
            continue
        parameter.check.check(parameter.name, value)
        pairs.append(f"{parameter.encoded}={_encode(value, parameter.style)}")
    if pairs and route.page is not None and query[route.page] is None:
        pairs.insert(0, f"{route.page}=1")
    return pairs


def _encode(value: object, style: Style = "form") -> str:
    if type(value) is int:
        return str(value)
    if isinstance(value, (list, tuple)):
        return _DELIMITERS[style].join(_encode(item) for item in value)
    if isinstance(value, datetime):
        return quote(format_date_time(value), safe=":")
    return quote(_plain(value), safe="")


def _plain(value: object) -> str:
    """The text that was checked: an enum or another subclass of str or int may print as something else."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__repr__(value)
    raise TypeError(f"a parameter of the type {type(value).__name__}")  # no check of the spec lets one through


def _plain_json(value: object) -> str | int:
    """What msgspec takes in the place of a subclass of str or int."""
    return int(value) if isinstance(value, int) else _plain(value)
