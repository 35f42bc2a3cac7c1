"""Requests are built without I/O, and nothing in them can escape its place."""

from typing import Any

import pytest

from aiospectrum import InvalidArgumentError
from aiospectrum._generated.analytics import GET_EVENTS_BY_TIME
from aiospectrum._generated.apps import GET_APP
from aiospectrum.checks import Text
from aiospectrum.converters import shared_converter
from aiospectrum.request import Request, build_request
from aiospectrum.routes import PathParameter, QueryParameter, Route
from tests.conftest import APP, ZONE

ANYTHING: Route[Any] = Route(
    name="anything",
    method="GET",
    path="/{here}/end",
    path_parameters=(PathParameter(name="here", check=Text()),),
    query=(QueryParameter(name="there", wire="the re", check=Text()),),
    result=str,
    safe_to_repeat=True,
)


def build(route: Route[Any], path: dict[str, object], **query: object) -> Request:
    """Build without a body."""
    names = {parameter.name: None for parameter in route.query}
    return build_request(route, path=path, query={**names, **query}, body=None, converter=shared_converter())


@pytest.mark.parametrize("odd", ["../x", "a/b", "a?b#c", "a\r\nX: y", "%2e%2e", "ä", "{there}"])
def test_values_cannot_leave_their_place(odd: str) -> None:
    """Even where the spec allows any text, a value stays one path segment or one query value."""
    request = build(ANYTHING, {"here": odd}, there=odd)

    path, _, query = request.target.partition("?")
    assert path.count("/") == 2
    assert path.startswith("/")
    assert path.endswith("/end")
    assert query.startswith("the%20re=")
    assert request.target.isascii()
    assert not any(letter in request.target for letter in '\r\n {}#"')
    assert query.count("=") == 1


def test_what_is_required_is_asked_for() -> None:
    """A required query parameter cannot be None."""
    with pytest.raises(InvalidArgumentError, match=r"^time_delta: expected a value: it is required, got None$"):
        build(GET_EVENTS_BY_TIME, {"zone_id": ZONE})


def test_the_second_identifier_is_checked_too() -> None:
    """Each path parameter has its own check."""
    with pytest.raises(InvalidArgumentError, match=r"^app_id: expected 32 hexadecimal"):
        build(GET_APP, {"zone_id": ZONE, "app_id": "../" + APP})
