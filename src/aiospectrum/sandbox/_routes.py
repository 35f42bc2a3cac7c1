"""Which operation a method and a path ask for.

Paths: https://developers.cloudflare.com/api/resources/spectrum/ . An unknown path is answered 404
with 7003 (and 7000 beside it), and so is a zone or app id that is not 32 hexadecimal digits; a
known path with another method is answered 405 with 10405 and an ``Allow`` header.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

import attrs

from aiospectrum.sandbox._errors import Problem, RefusedError

__all__ = ["BASE_PATH", "ID", "Operation", "Route", "match_route"]

BASE_PATH: Final = "/client/v4"
"""Path prefix of every route."""
ID: Final = re.compile(r"[0-9a-fA-F]{32}")
"""Form of zone and app identifiers; those of a sandbox have small letters."""


class Operation(Enum):
    """The nine operations of the Spectrum API."""

    LIST_APPS = "list apps"
    CREATE_APP = "create app"
    GET_APP = "get app"
    UPDATE_APP = "update app"
    DELETE_APP = "delete app"
    LIST_PROTOCOLS = "list protocols"
    CURRENT = "current aggregate"
    BYTIME = "events by time"
    SUMMARY = "events summary"


@attrs.frozen(kw_only=True)
class Route:
    """An operation and the identifiers found in its path."""

    operation: Operation
    zone_id: str
    app_id: str = ""
    """Empty for operations that are not about one app."""


_SPECTRUM: Final = rf"{BASE_PATH}/zones/(?P<zone_id>[^/]*)/spectrum"
_TABLE: Final = (
    (
        re.compile(rf"{_SPECTRUM}/apps"),
        {"GET": Operation.LIST_APPS, "POST": Operation.CREATE_APP},
    ),
    (
        re.compile(rf"{_SPECTRUM}/apps/(?P<app_id>[^/]+)"),
        {"GET": Operation.GET_APP, "PUT": Operation.UPDATE_APP, "DELETE": Operation.DELETE_APP},
    ),
    (re.compile(rf"{_SPECTRUM}/protocols"), {"GET": Operation.LIST_PROTOCOLS}),
    (re.compile(rf"{_SPECTRUM}/analytics/aggregate/current"), {"GET": Operation.CURRENT}),
    (re.compile(rf"{_SPECTRUM}/analytics/events/bytime"), {"GET": Operation.BYTIME}),
    (re.compile(rf"{_SPECTRUM}/analytics/events/summary"), {"GET": Operation.SUMMARY}),
)


def match_route(method: str, path: str) -> Route:
    """Return the route of a request; `path` is the raw, still percent-encoded one.

    Raises:
        RefusedError: There is no such path, the path has another method, or an id is malformed.
    """
    for pattern, methods in _TABLE:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        if method not in methods:
            problem = Problem(code=10405, message=f"Method {method} is not allowed here")
            raise RefusedError(405, problem, headers={"Allow": ", ".join(methods)})
        identifiers = match.groupdict()
        if not all(ID.fullmatch(value) for value in identifiers.values()):
            break
        return Route(operation=methods[method], **identifiers)
    raise RefusedError(
        404,
        Problem(code=7003, message=f"Could not route to {path}; perhaps an identifier is invalid"),
        Problem(code=7000, message="No route for that path"),
    )
