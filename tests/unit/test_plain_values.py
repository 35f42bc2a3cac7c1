"""A subclass of a plain type is kept as the plain value or refused, and every place does the same with it."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, Final
from unittest.mock import Mock

import attrs
import numpy
import pandas
import pytest

from aiospectrum import (
    DNS,
    AppRequest,
    Client,
    CurrentAggregate,
    InvalidArgumentError,
    RateLimit,
    ReportSummary,
    ReportSummaryRow,
    RetryPolicy,
    Timeouts,
    Unchecked,
    UncheckedInteger,
    make_converter,
)
from aiospectrum._generated.analytics import GET_CURRENT_AGGREGATE, GET_EVENTS_SUMMARY
from aiospectrum._generated.apps import CREATE_APP, LIST_APPS
from aiospectrum._http.request import build_request
from aiospectrum.bulk import Plan, Query, pull, watch
from tests.conftest import TOKEN, ZONE
from tests.odd_values import FakeDatetime, LyingList, LyingText, Word

SINCE: Final = datetime(2026, 11, 20, tzinfo=UTC)
UNTIL: Final = datetime(2026, 11, 21, tzinfo=UTC)
PLAIN: Final = (str, int, float, bool, type(None))


class Whole(IntEnum):
    """An enum of integers."""

    TWO = 2


class Named(StrEnum):
    """An enum of strings that prints as its value."""

    COUNT = "count"


class Share(float, Enum):
    """An enum of numbers."""

    HALF = 0.5


class Told(int):
    """An integer that says it is another one."""

    def __int__(self) -> int:
        return -1

    def __index__(self) -> int:
        return -1

    def __eq__(self, _: object) -> bool:
        return True

    def __le__(self, _: object) -> bool:
        return True

    __hash__ = int.__hash__


def query_of(route: Any, **query: Any) -> str:
    """The query string of a request."""
    arguments = {parameter.name: None for parameter in route.query} | query
    target, _ = build_request(route, path={"zone_id": ZONE}, query=arguments, body=None)
    return target.partition("?")[2]


def body_of(**fields: Any) -> dict[str, Any]:
    """The body of a request that creates an application."""
    good = {"protocol": "tcp/22", "dns": DNS(name="a.example"), "origin_direct": ["tcp://192.0.2.1:22"]}
    _, body = build_request(CREATE_APP, path={"zone_id": ZONE}, query={}, body=AppRequest(**{**good, **fields}))
    values: dict[str, Any] = json.loads(body or b"")
    return values


def read_of(name: str, value: Any) -> Any:
    """A field of an application's configuration that a converter has read."""
    values = {"protocol": "tcp/22", "dns": {"name": "a.example"}, name: value}
    return getattr(make_converter().structure(values, AppRequest), name)


def write_of(name: str, value: Any) -> Any:
    """A field of an application's configuration that a converter has written."""
    values = {"protocol": "tcp/22", "dns": DNS(name="a.example"), name: value}
    return make_converter().unstructure(AppRequest(**values))[name]


def aggregate_of(value: Any) -> Any:
    """A number of a model that is read, written."""
    numbers = {"bytes_egress": 1, "bytes_ingress": 1, "connections": 1}
    return make_converter().unstructure(CurrentAggregate(app_id="a", duration_avg=value, **numbers))["durationAvg"]


def plan_of(**changes: Any) -> Plan:
    """A plan."""
    query = Query(time_delta="hour", metrics=["count"])
    return Plan(**{"zones": [ZONE], "since": SINCE, "until": UNTIL, "query": query, **changes})


def is_plain(value: object) -> bool:
    """Whether a value is of the plain types all through; times are in UTC."""
    if type(value) is datetime:
        return value.tzinfo is UTC
    if type(value) in (list, tuple):
        return all(map(is_plain, value))  # type: ignore[call-overload]  # it is one
    return type(value) in PLAIN


WORKER: Final[dict[str, Any]] = {"origin_direct": None, "traffic_type": "worker"}
TEXTS: Final[dict[str, Callable[[Any], Any]]] = {
    "path": lambda value: build_request(LIST_APPS, path={"zone_id": value}, query=_NONE, body=None)[0].split("/")[2],
    "query": lambda value: query_of(GET_CURRENT_AGGREGATE, colo_name=value).partition("=")[2],
    "query array": lambda value: query_of(GET_EVENTS_SUMMARY, metrics=[value]).partition("=")[2],
    "body": lambda value: body_of(**WORKER, origin_worker_id=value)["origin_worker_id"],
    "read": lambda value: read_of("origin_worker_id", value),
    "read array": lambda value: read_of("origin_direct", [value])[0],
    "write": lambda value: write_of("origin_worker_id", value),
    "write array": lambda value: write_of("origin_direct", [value])[0],
    "plan": lambda value: plan_of(zones=[value]).zones[0],
    "query of a plan": lambda value: Query(time_delta="hour", metrics=[value]).metrics[0],
    "kind of a query": lambda value: Query(time_delta="hour", kind=value, metrics=["count"]).kind,
}
"""Where a text may stand; each place takes other ones."""
_NONE: Final = {parameter.name: None for parameter in LIST_APPS.query}
GOOD_TEXTS: Final = {"path": ZONE, "plan": ZONE, "query": "SFO", "query array": "count", "query of a plan": "count"}
GOOD_TEXTS_OF_SETTINGS: Final = {"kind of a query": "bytime"}


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda text: numpy.str_(text), id="numpy"),
        pytest.param(lambda text: Enum("Name", {"IT": text}, type=str).IT, id="enum"),
        pytest.param(lambda text: StrEnum("Name", {"IT": text}).IT, id="enum that prints"),
        pytest.param(LyingText, id="lying"),
        pytest.param(lambda text: type("Text", (str,), {"__len__": lambda _: 0, "__hash__": None})(text), id="long"),
    ],
)
@pytest.mark.parametrize("place", TEXTS)
def test_subclasses_of_str_are_kept_plain(place: str, make: Callable[[str], Any]) -> None:
    """What the subclass says of itself plays no part."""
    text = {**GOOD_TEXTS, **GOOD_TEXTS_OF_SETTINGS}.get(place, "w0rker")

    kept = TEXTS[place](make(text))

    assert (type(kept), kept) == (str, text)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"count", id="bytes"),
        pytest.param(Mock(spec=str), id="mock"),
        pytest.param(numpy.bytes_(b"count"), id="numpy bytes"),
        pytest.param(Enum("Name", {"IT": "count"}).IT, id="enum of anything"),
        pytest.param(["count"], id="list"),
        pytest.param(LyingText("../.."), id="lying"),
    ],
)
@pytest.mark.parametrize("place", TEXTS)
def test_what_is_no_text_is_refused(place: str, value: Any) -> None:
    """In each place alike; a text that lies is checked as what it is."""
    if isinstance(value, LyingText) and place in ("body", "read", "read array", "write", "write array"):
        assert TEXTS[place](value) == "../.."  # any text may stand there
        return
    with pytest.raises(InvalidArgumentError):
        TEXTS[place](value)


INTEGERS: Final[dict[str, Callable[[Any], Any]]] = {
    "query": lambda value: int(query_of(LIST_APPS, page=value).partition("=")[2]),
    "body": lambda value: body_of(origin_port=value)["origin_port"],
    "read": lambda value: read_of("origin_port", value),
    "write": lambda value: write_of("origin_port", value),
    "retry": lambda value: RetryPolicy(max_attempts=value).max_attempts,
    "rate limit": lambda value: RateLimit(requests=value).requests,
    "query of a plan": lambda value: Query(time_delta="hour", metrics=["count"], limit=value).limit,
    "shard": lambda value: len(plan_of().shard(0, value).zones),
    "connections": lambda value: Client(api_token=TOKEN, connector_limit=value)._connections,
}
"""Where an integer may stand."""


@pytest.mark.parametrize("value", [Whole.TWO, Told(2), type("Int", (int,), {})(2)], ids=["enum", "lying", "plain"])
@pytest.mark.parametrize("place", INTEGERS)
def test_subclasses_of_int_are_kept_plain(place: str, value: Any) -> None:
    """A number is what it holds."""
    kept = INTEGERS[place](value)

    assert (type(kept), kept) == (int, 1 if place == "shard" else 2)


@pytest.mark.parametrize(
    "value",
    [True, numpy.int64(2), numpy.bool_(True), numpy.array(2), 2.5, "x", None, [2]],
    ids=["bool", "numpy", "numpy bool", "array", "float", "text", "none", "list"],
)
@pytest.mark.parametrize("place", INTEGERS)
def test_what_is_no_integer_is_refused(place: str, value: Any) -> None:
    """Numbers of other libraries are none, in each place alike."""
    if value is None and place in ("query", "body", "read", "write", "query of a plan"):
        return  # it is left out
    if value == "x" and place in ("read", "write"):
        return  # a port may be a text
    with pytest.raises(InvalidArgumentError):
        INTEGERS[place](value)


NUMBERS: Final[dict[str, Callable[[Any], Any]]] = {
    "retry": lambda value: RetryPolicy(base_wait=value).base_wait,
    "rate limit": lambda value: RateLimit(per_seconds=value).per_seconds,
    "timeouts": lambda value: Timeouts(connect=value).connect,
    "timeout": lambda value: Client(api_token=TOKEN, timeout=value)._settings.timeouts.total,
    "with_options": lambda value: Client(api_token=TOKEN).with_options(timeout=value)._settings.timeouts.total,
    "write": aggregate_of,
    "write array": lambda value: make_converter().unstructure(ReportSummaryRow(metrics=[value]))["metrics"][0],
    "read": lambda value: make_converter().structure({"data_lag": value, "rows": 1}, ReportSummary).data_lag,
}
"""Where a number may stand."""


@pytest.mark.parametrize("value", [Share.HALF, numpy.float64(0.5)], ids=["enum", "numpy"])
@pytest.mark.parametrize("place", NUMBERS)
def test_subclasses_of_float_are_kept_plain(place: str, value: Any) -> None:
    """So are numbers with a fraction."""
    kept = NUMBERS[place](value)

    assert (type(kept), kept) == (float, 0.5)


@pytest.mark.parametrize("value", [numpy.float32(0.5), numpy.int64(1), True, "1", [1.0]], ids=repr)
@pytest.mark.parametrize("place", NUMBERS)
def test_what_is_no_number_is_refused(place: str, value: Any) -> None:
    """In each place alike."""
    with pytest.raises(InvalidArgumentError):
        NUMBERS[place](value)


@pytest.mark.parametrize("value", [numpy.bool_(True), 1, "true", numpy.int64(1)], ids=repr)
def test_what_is_no_flag_is_refused(value: Any) -> None:
    """True and False are the only ones."""
    for place in (lambda: body_of(ip_firewall=value), lambda: read_of("ip_firewall", value)):
        with pytest.raises(InvalidArgumentError, match="ip_firewall"):
            place()
    with pytest.raises(InvalidArgumentError, match="ip_firewall"):
        write_of("ip_firewall", value)
    with pytest.raises(InvalidArgumentError, match="fail_fast"):
        pull(Client(api_token=TOKEN), plan_of(), fail_fast=value)


@attrs.frozen
class Theirs:
    """A class of a user's own."""

    at: datetime


TIMES: Final[dict[str, Callable[[Any], Any]]] = {
    "query": lambda value: query_of(GET_EVENTS_SUMMARY, since=value).partition("=")[2],
    "plan": lambda value: plan_of(since=value).since,
    "write": lambda value: make_converter().unstructure(_app(value))["created_on"],
}
"""Where a time may stand."""


def _app(time: Any) -> Any:
    from aiospectrum import App

    return App(id="a", protocol="tcp/22", dns=DNS(), created_on=time, modified_on=SINCE)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(FakeDatetime(2026, 11, 20, tzinfo=UTC), id="frozen"),
        pytest.param(pandas.Timestamp("2026-11-20T00:00:00Z"), id="pandas"),
        pytest.param(pandas.Timestamp("2026-11-20T00:00:00.000000999Z"), id="pandas with nanoseconds"),
        pytest.param(pandas.Timestamp("2026-11-20T02:00:00", tz="Europe/Athens"), id="pandas elsewhere"),
    ],
)
@pytest.mark.parametrize("place", TIMES)
def test_subclasses_of_datetime_are_kept_plain(place: str, value: Any) -> None:
    """What is finer than a microsecond is cut, as it is in what is read."""
    kept = TIMES[place](value)

    assert kept == (SINCE if place == "plan" else "2026-11-20T00:00:00Z")
    assert is_plain(kept)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(date(2026, 11, 20), id="date"),
        pytest.param(pandas.NaT, id="not a time"),
        pytest.param(pandas.Timestamp("2026-11-20"), id="pandas without a zone"),
        pytest.param(FakeDatetime(2026, 11, 20), id="frozen without a zone"),
        pytest.param(numpy.datetime64("2026-11-20"), id="numpy"),
        pytest.param("2026-11-20T00:00:00Z", id="text"),
        pytest.param(timedelta(0), id="duration"),
    ],
)
@pytest.mark.parametrize("place", TIMES)
def test_what_is_no_time_is_refused(place: str, value: Any) -> None:
    """In each place alike."""
    with pytest.raises(InvalidArgumentError, match="expected a datetime with a time zone"):
        TIMES[place](value)


LISTS: Final[dict[str, Callable[[Any], Any]]] = {
    "query": lambda value: query_of(GET_EVENTS_SUMMARY, metrics=value).partition("=")[2].split(","),
    "body": lambda value: body_of(origin_direct=[f"tcp://192.0.2.1:{len(each)}" for each in value]) and list(value),
    "read": lambda value: read_of("origin_direct", value),
    "write": lambda value: write_of("origin_direct", value),
    "query of a plan": lambda value: list(Query(time_delta="hour", metrics=value).metrics),
}
"""Where a list may stand."""


@pytest.mark.parametrize(
    "value",
    [("count",), type("List", (list,), {})(["count"]), LyingList(["count"]), [Named.COUNT], [Word.COUNT]],
    ids=["tuple", "subclass", "lying", "of enums", "of odd enums"],
)
@pytest.mark.parametrize("place", [place for place in LISTS if place != "body"])
def test_subclasses_of_list_are_kept_plain(place: str, value: Any) -> None:
    """What is in it counts, not what it says."""
    kept = LISTS[place](value)

    assert kept == ["count"]
    assert is_plain(kept)


@pytest.mark.parametrize(
    "value",
    [numpy.array(["count"]), {"count"}, iter(["count"]), "count", {"count": 1}],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("place", [place for place in LISTS if place != "body"])
def test_what_is_no_list_is_refused(place: str, value: Any) -> None:
    """In each place alike."""
    with pytest.raises(InvalidArgumentError):
        LISTS[place](value)


def test_any_mapping_is_an_object() -> None:
    """A mapping that is no dict is read as one, and the result does not hang on it."""
    values = MappingProxyType({"protocol": "tcp/22", "dns": MappingProxyType({"name": "a.example"})})

    assert make_converter().structure(values, AppRequest) == AppRequest(protocol="tcp/22", dns=DNS(name="a.example"))
    with pytest.raises(InvalidArgumentError, match=r"^dns: expected an object, got \[\]"):
        make_converter().structure({**values, "dns": []}, AppRequest)


def test_a_value_that_changes_meanwhile() -> None:
    """A list that is emptied while it is checked is sent as it was checked."""
    metrics = ["count", "bytesIngress"]

    class Emptying(str):
        __slots__ = ()

        def __str__(self) -> str:
            metrics.clear()
            return "count"

        def __hash__(self) -> int:
            metrics.clear()
            return 0

        def __eq__(self, other: object) -> bool:
            metrics.clear()
            return True

    metrics[1] = Emptying("bytesIngress")
    sent = query_of(GET_EVENTS_SUMMARY, metrics=metrics)

    assert sent == "metrics=count,bytesIngress"


def test_numbers_of_seconds_of_bulk() -> None:
    """Settings of pulls and watches too."""
    watch(Client(api_token=TOKEN), [ZONE], every=numpy.float64(60), concurrency=Whole.TWO)
    pull(Client(api_token=TOKEN), plan_of(), concurrency=Whole.TWO, rate_limit_timeout=numpy.float64(1))
    with pytest.raises(InvalidArgumentError, match="concurrency"):
        pull(Client(api_token=TOKEN), plan_of(), concurrency=numpy.int64(2))  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("value", [Unchecked("count"), UncheckedInteger(2)], ids=["text", "integer"])
def test_what_is_sent_as_it_is_decides_nothing_here(value: Any) -> None:
    """Settings of a client and of a plan are checked all the same."""
    for setting in (
        lambda: RetryPolicy(max_attempts=UncheckedInteger(0)),
        lambda: Client(api_token=TOKEN, connector_limit=UncheckedInteger(0)),
        lambda: plan_of(zones=[Unchecked("../..")]),
        lambda: plan_of(window=value),
        lambda: plan_of(since=value),
        lambda: Query(time_delta="hour", metrics=["count"], kind=value),
        lambda: plan_of().shard(0, 1, by=value),
    ):
        with pytest.raises(InvalidArgumentError):
            setting()
