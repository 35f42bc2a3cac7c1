"""Requests are built without I/O, and nothing in them can escape its place."""

from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Any

import pytest

from aiospectrum import DNS, AppRequest, InvalidArgumentError, OriginDNS
from aiospectrum._generated.analytics import GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY
from aiospectrum._generated.apps import CREATE_APP, GET_APP, LIST_APPS
from aiospectrum._http.request import build_request
from aiospectrum.checks import Text
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


class Sly(str):
    """A string that prints as another one."""

    __slots__ = ()

    def __str__(self) -> str:
        return ".."


class Dots(str, Enum):  # noqa: UP042 - a StrEnum prints as its value
    """An enum whose members print as their names."""

    UP = ".."


def build(route: Route[Any], path: dict[str, object], **query: object) -> str:
    """Path and query string of a request without a body."""
    names = {parameter.name: None for parameter in route.query}
    target, body = build_request(route, path=path, query={**names, **query}, body=None)
    assert body is None
    return target


@pytest.mark.parametrize("odd", ["../x", "a/b", "a?b#c", "a\r\nX: y", "%2e%2e", "ä", "{there}"])
def test_values_cannot_leave_their_place(odd: str) -> None:
    """Even where the spec allows any text, a value stays one path segment or one query value."""
    target = build(ANYTHING, {"here": odd}, there=odd)

    path, _, query = target.partition("?")
    assert path.count("/") == 2
    assert path.startswith("/")
    assert path.endswith("/end")
    assert query.startswith("the%20re=")
    assert target.isascii()
    assert not any(letter in target for letter in '\r\n {}#"')
    assert query.count("=") == 1


@pytest.mark.parametrize("value", ["", ".", "..", Sly(".."), Dots.UP], ids=["empty", "one", "two", "subclass", "enum"])
def test_a_value_that_is_no_segment_of_a_path(value: str) -> None:
    """What servers take for another path, even percent-encoded, is refused by the name of its argument."""
    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match=r"^here: expected a value other than '', '\.' and '\.\.'"):
            build(ANYTHING, {"here": value}, there="x")


def test_required_parameters() -> None:
    """A required query parameter cannot be None."""
    with pytest.raises(InvalidArgumentError, match=r"^time_delta: expected a value: it is required, got None$"):
        build(GET_EVENTS_BY_TIME, {"zone_id": ZONE})


def test_the_second_identifier_is_checked_too() -> None:
    """Each path parameter has its own check."""
    with pytest.raises(InvalidArgumentError, match=r"^app_id: expected 32 hexadecimal"):
        build(GET_APP, {"zone_id": ZONE, "app_id": "../" + APP})


class Word(str, Enum):  # noqa: UP042 - a StrEnum prints as its value
    """An enum whose members print as their names."""

    METRIC = "count"
    NAME = "www.example.com"
    ZONE = ZONE


class Count(int, Enum):
    """The same of integers."""

    TWO = 2


class EndOfSummer(tzinfo):
    """A zone in the hour that comes twice."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1 if moment is not None and moment.fold else 2)

    def dst(self, _: datetime | None) -> None:
        return None


def test_what_was_checked_is_what_is_sent() -> None:
    """Enums and other subclasses of str and int are sent as the values that were checked."""
    listed = build(LIST_APPS, {"zone_id": Word.ZONE}, page=Count.TWO)
    summed = build(GET_EVENTS_SUMMARY, {"zone_id": Sly(ZONE)}, metrics=[Word.METRIC])

    assert listed == f"/zones/{ZONE}/spectrum/apps?page=2"
    assert summed == f"/zones/{ZONE}/spectrum/analytics/events/summary?metrics=count"


def test_a_list_that_has_changed_is_written_again() -> None:
    """Values are written once for equal ones, not once for each list."""
    metrics = ["count"]
    build(GET_EVENTS_SUMMARY, {"zone_id": ZONE}, metrics=metrics)
    metrics.append("bytesIngress")

    changed = build(GET_EVENTS_SUMMARY, {"zone_id": ZONE}, metrics=metrics)

    assert changed.endswith("?metrics=count,bytesIngress")


@pytest.mark.parametrize(("good", "bad"), [(1, True), (1, 1.0), (1, "1")], ids=["bool", "float", "text"])
def test_what_equals_an_earlier_value_is_checked_all_the_same(good: object, bad: object) -> None:
    """A value that was taken does not open the door to others that are equal or look alike."""
    build(LIST_APPS, {"zone_id": ZONE}, page=good)

    with pytest.raises(InvalidArgumentError, match=r"^page: expected"):
        build(LIST_APPS, {"zone_id": ZONE}, page=bad)


@pytest.mark.parametrize("value", ["x" * 200, "x" * 201, "x" * 100_000], ids=len)
def test_long_values_are_sent_whole(value: str) -> None:
    """What is too long for a cache is written each time."""
    for _ in range(2):
        assert build(ANYTHING, {"here": value}, there=value) == f"/{value}/end?the%20re={value}"


def test_an_hour_that_comes_twice() -> None:
    """Two datetimes that differ only in their fold are equal, and an hour apart."""
    zone = EndOfSummer()
    first, second = (datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=zone) for fold in (0, 1))
    assert first == second

    sent = [build(GET_EVENTS_SUMMARY, {"zone_id": ZONE}, since=time) for time in (first, second)]

    assert [each.rpartition("=")[2] for each in sent] == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]


@pytest.mark.parametrize("metrics", [["sum"], ("sum",), []], ids=["list", "tuple", "empty"])
def test_an_error_shows_what_was_given(metrics: Any) -> None:
    """Not what it is known by in a cache, however often."""
    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match=r"^metrics") as caught:
            build(GET_EVENTS_SUMMARY, {"zone_id": ZONE}, metrics=metrics)
        assert f"got {metrics[0]!r}" in str(caught.value) if metrics else str(caught.value).endswith("got []")


def test_bodies_take_subclasses_too() -> None:
    """So do bodies."""
    origin = OriginDNS(name=Sly("a.example"))
    app = AppRequest(protocol=Sly("tcp/22"), dns=DNS(name=Word.NAME), origin_dns=origin, origin_port=Count.TWO)

    _, body = build_request(CREATE_APP, path={"zone_id": ZONE}, query={}, body=app)

    assert (
        body
        == b'{"protocol":"tcp/22","dns":{"name":"www.example.com"},"origin_dns":{"name":"a.example"},"origin_port":2}'
    )
