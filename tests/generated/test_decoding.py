"""Results are decoded straight into models, or by a fallback, which gives equal objects."""

import json
import math
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar

import attrs
import pytest
from aiohttp import web
from cattrs import Converter
from cattrs.errors import BaseValidationError
from cattrs.strategies import configure_tagged_union
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiospectrum import Client, ConversionError, DecodeError, RetryPolicy, configure_converter, make_converter
from aiospectrum._codec.decoder import decode_body, decode_values, explain
from aiospectrum.models import (
    DNS,
    App,
    CurrentAggregate,
    DeletedApp,
    EdgeIPs,
    Protocol,
    ReportByTime,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
)
from aiospectrum.routes import Route
from aiospectrum.structs import struct
from tests.conftest import APP, TOKEN, ZONE
from tests.json_texts import ANYTHING, assert_alike, texts_of

T = TypeVar("T")

SAMPLES: Final = Path(__file__).parent.parent / "samples"
RESULTS: Final = {
    "apps": list[App],
    "app": App,
    "deleted app": DeletedApp,
    "protocols": list[Protocol],
    "aggregates": list[CurrentAggregate],
    "by time": ReportByTime,
    "summary": ReportSummary,
}
AT: Final = datetime(2014, 1, 2, 2, 20, 0, 123456, tzinfo=UTC)
BARE: Final = {
    "id": APP,
    "protocol": "tcp/22",
    "dns": {"name": "ssh.example.com", "type": "CNAME"},
    "created_on": "2014-01-02T02:20:00.123456Z",
    "modified_on": "2014-01-02T02:20:00.123456Z",
}
SUMMARY: Final = {"data_lag": 0, "rows": 1, "query": {}, "data": [{"metrics": [1, 2.5]}]}
BY_TIME: Final = {**SUMMARY, "data": [{"metrics": [[1, 2.5]]}], "time_intervals": []}
START, END = "2026-11-20T00:00:00Z", "2026-11-20T00:59:59Z"
INTERVAL: Final = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 0, 59, 59, tzinfo=UTC))

every_result = pytest.mark.parametrize("wanted", RESULTS.values(), ids=RESULTS)
thorough = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def read(wanted: Any, result: str) -> Any:
    """Read a result as a call does: on the fast path, or else by the fallback."""
    body = decode_body(wanted, f'{{"success":true,"result":{result}}}'.encode())
    return decode_values(wanted, json.loads(result), make_converter()) if body is None else body.result


@every_result
@thorough
@given(data=st.data())
def test_both_ways_of_decoding_give_equal_objects(wanted: Any, data: st.DataObject) -> None:
    """Whatever the fast path takes, the fallback reads as an equal object."""
    is_odd = data.draw(st.booleans(), label="odd")
    text = data.draw(texts_of(wanted, is_odd=is_odd), label="result")

    body = decode_body(
        wanted, f'{{"messages":{data.draw(st.sampled_from(ANYTHING))},"success":true,"result":{text}}}'.encode()
    )

    if body is None:
        return
    assert_alike(body.result, decode_values(wanted, json.loads(text), make_converter()), make_converter())


@every_result
@thorough
@given(data=st.data())
def test_what_is_documented_is_read(wanted: Any, data: st.DataObject) -> None:
    """No documented result fails; it may take the fallback for its times."""
    read(wanted, data.draw(texts_of(wanted, is_odd=False)))


@pytest.mark.parametrize("name", ["aggregates", "protocols", "deleted app"])
@thorough
@given(data=st.data())
def test_what_is_documented_is_read_fast(name: str, data: st.DataObject) -> None:
    """Documented results without times never need the fallback."""
    text = data.draw(texts_of(RESULTS[name], is_odd=False))

    assert decode_body(RESULTS[name], f'{{"success":true,"result":{text}}}'.encode()) is not None


@pytest.mark.parametrize(
    ("wanted", "result"),
    [
        pytest.param(App, BARE, id="app"),
        pytest.param(App, {**BARE, "proxy_protocol": "off", "spp": False}, id="word of today beside an old key"),
        pytest.param(list[App], [BARE] * 40, id="apps"),
        pytest.param(ReportByTime, BY_TIME, id="empty report"),
        pytest.param(ReportByTime, {**BY_TIME, "time_intervals": [[START, END]]}, id="report"),
        pytest.param(
            ReportByTime,
            {**BY_TIME, "time_intervals": [["2014-01-02T02:20:00.123456Z"] * 2], "data": [{"metrics": [[1] * 40_000]}]},
            id="long report",
        ),
        pytest.param(
            ReportByTime,
            {**BY_TIME, "data": [{"metrics": [[1] * 40_000], "dimensions": ["T-456789.1234567"]}]},
            id="long report with a T and a point",
        ),
        pytest.param(ReportByTime, {**BY_TIME, "data": [{"metrics": [[1] * 40_000]}]}, id="long report without times"),
    ],
)
def test_documented_results_are_read_fast(wanted: Any, result: Any) -> None:
    """The fast path takes what has its times in UTC, to the microsecond at most, and no old keys that matter."""
    body = decode_body(wanted, json.dumps({"success": True, "result": result}).encode())

    assert body is not None
    assert_alike(body.result, decode_values(wanted, result, make_converter()), make_converter())


@pytest.mark.parametrize(
    ("wanted", "name", "expected"),
    [
        pytest.param(
            App,
            "old_app.json",
            App(
                id=APP,
                protocol="tcp/22",
                dns=DNS(name="ssh.example.com", type="CNAME"),
                created_on=AT,
                modified_on=AT,
                origin_direct=["tcp://192.0.2.1:22"],
                ip_firewall=True,
                proxy_protocol="off",
                tls="off",
            ),
            id="old application",
        ),
        pytest.param(
            App,
            "worker_app.json",
            App(
                id=APP,
                protocol="tcp/443",
                dns=DNS(name="w.example.com", type="CNAME"),
                created_on=datetime(2026, 1, 2, 2, 20, tzinfo=UTC),
                modified_on=datetime(2026, 1, 2, 2, 20, tzinfo=UTC),
                traffic_type="worker",
                origin_worker_id="b0c1d2",
                virtual_network_id="f70ff985-a4ef-4643-bbbc-4a0ed4fc8415",
                edge_ips=EdgeIPs(type="dynamic", connectivity="ipv8"),
            ),
            id="application of a worker",
        ),
        pytest.param(
            ReportSummary,
            "odd_report.json",
            ReportSummary(
                data=[
                    ReportSummaryRow(dimensions=["connect", "4"], metrics=[12345678901234567, 1.5]),
                    ReportSummaryRow(dimensions=["disconnect", "6"], metrics=[0, 0]),
                ],
                data_lag=60,
                query=ReportQuery(
                    dimensions=["event", "ipVersion"],
                    metrics=["count", "durationAvg"],
                    since="2026-11-20T00:00:00Z",
                    until="2026-11-20T06:00:00Z",
                    limit=100,
                    sort=[{"Id": "count", "Desc": True}],
                    filters="",
                ),
                rows=2,
                totals={"count": 12345678901234567, "durationAvg": 1.5},
            ),
            id="report with an odd echo",
        ),
    ],
)
def test_recorded_payloads(wanted: Any, name: str, expected: object) -> None:
    """Old forms, unknown keys, nulls, unknown enum values and odd echoes lose nothing."""
    result = json.loads((SAMPLES / name).read_bytes())["result"]

    assert read(wanted, json.dumps(result)) == expected
    assert make_converter().structure(result, wanted) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, {"proxy_protocol": None, "edge_ips": None}, id="neither"),
        pytest.param({"proxy_protocol": True}, {"proxy_protocol": "v1"}, id="true"),
        pytest.param({"proxy_protocol": False}, {"proxy_protocol": "off"}, id="false"),
        pytest.param({"proxy_protocol": False, "spp": True}, {"proxy_protocol": "simple"}, id="false and spp"),
        pytest.param({"proxy_protocol": True, "spp": True}, {"proxy_protocol": "simple"}, id="true and spp"),
        pytest.param({"spp": True}, {"proxy_protocol": "simple"}, id="spp alone"),
        pytest.param({"proxy_protocol": None, "spp": True}, {"proxy_protocol": "simple"}, id="null and spp"),
        pytest.param({"proxy_protocol": False, "spp": False}, {"proxy_protocol": "off"}, id="neither of both"),
        pytest.param({"spp": False}, {"proxy_protocol": None}, id="no spp"),
        pytest.param({"proxy_protocol": "v2", "spp": True}, {"proxy_protocol": "v2"}, id="a word of today"),
        pytest.param({"edge_ips": ["192.0.2.1"]}, {"edge_ips": EdgeIPs(type="static", ips=["192.0.2.1"])}, id="array"),
        pytest.param({"edge_ips": {"ips": 5}}, {"edge_ips": EdgeIPs()}, id="foreign addresses"),
        pytest.param(
            {"edge_ips": {"type": "dynamic", "ips": ["192.0.2.1"], "connectivity": "all"}},
            {"edge_ips": EdgeIPs(type="dynamic", ips=["192.0.2.1"], connectivity="all")},
            id="an unusual combination",
        ),
        pytest.param({"edge_ips": {"type": None, "ips": None}}, {"edge_ips": EdgeIPs()}, id="nulls"),
        pytest.param({"origin_port": 22}, {"origin_port": 22}, id="port"),
        pytest.param({"origin_port": 22.0}, {"origin_port": 22}, id="port with a point"),
        pytest.param({"origin_port": "22-24"}, {"origin_port": "22-24"}, id="ports"),
        pytest.param({"ipv4": True, "tls": "tls13"}, {"tls": "tls13"}, id="unknown key and value"),
    ],
)
def test_forms_of_an_app(more: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each form is read as that of today, alone, in a list and by the public converter; written, it stays the same."""
    app = read(App, json.dumps({**BARE, **more}))

    assert {name: getattr(app, name) for name in expected} == expected
    assert read(list[App], json.dumps([BARE, {**BARE, **more}]))[1] == app
    assert make_converter().structure({**BARE, **more}, App) == app
    assert make_converter().structure(make_converter().unstructure(app), App) == app


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, True, id="bare"),
        pytest.param({"origin_direct": ["tcp://192.0.2.1:22"]}, True, id="with an origin"),
        pytest.param({"tls": None, "edge_ips": None, "ipv4": True}, True, id="nulls and unknown keys"),
        pytest.param({"tls": "off"}, False, id="tls"),
        pytest.param({"edge_ips": {}}, False, id="addresses"),
        pytest.param({"argo_smart_routing": False}, False, id="a flag that is off"),
    ],
)
def test_pay_as_you_go(more: dict[str, Any], expected: bool) -> None:
    """An application says whether it has nothing but what pay-as-you-go plans have."""
    app = read(App, json.dumps({**BARE, **more}))

    assert app.is_pay_as_you_go is expected


@pytest.mark.parametrize(
    ("wanted", "change", "expected"),
    [
        pytest.param(ReportSummary, {"data": [{"metrics": [None, 2]}]}, {"data": "[nan, 2]"}, id="null among numbers"),
        pytest.param(ReportByTime, {"data": [{"metrics": [[1, None]]}]}, {"data": "[[1, nan]]"}, id="null by time"),
        pytest.param(ReportSummary, {"totals": {"count": None}}, {"totals": {"count": math.nan}}, id="null in totals"),
        pytest.param(ReportSummary, {"max": {"count": None}}, {"max": {"count": math.nan}}, id="null in max"),
        pytest.param(ReportSummary, {"data_lag": None}, {"data_lag": math.nan}, id="null for the lag"),
        pytest.param(ReportSummary, {"rows": 5.5}, {"rows": 5.5}, id="a fraction of rows"),
        pytest.param(ReportSummary, {"rows": 3.0}, {"rows": 3}, id="rows with a point"),
        pytest.param(
            ReportSummary,
            {"data": None, "max": None, "min": None, "totals": None},
            {"max": {}, "min": {}, "totals": {}},
            id="nulls for what is empty",
        ),
        pytest.param(ReportSummary, {"query": None}, {"query": ReportQuery()}, id="no echo"),
        pytest.param(ReportSummary, {"query": "x"}, {"query": ReportQuery()}, id="echo of a text"),
        pytest.param(ReportSummary, {"query": {"since": 5}}, {"query": ReportQuery(since=5)}, id="odd echo"),
        pytest.param(ReportByTime, {"time_intervals": [[START, END]]}, {"time_intervals": [INTERVAL]}, id="pair"),
        pytest.param(ReportByTime, {"time_intervals": [[START]]}, {"time_intervals": [INTERVAL[:1]]}, id="half a pair"),
        pytest.param(ReportByTime, {"time_intervals": [[]]}, {"time_intervals": [()]}, id="empty pair"),
        pytest.param(
            ReportByTime, {"time_intervals": [None, [START, END]]}, {"time_intervals": [(), INTERVAL]}, id="no pair"
        ),
        pytest.param(ReportByTime, {"time_intervals": [[START, "x"]]}, {"time_intervals": [()]}, id="no time"),
        pytest.param(ReportByTime, {"time_intervals": None}, {"time_intervals": []}, id="no intervals"),
        pytest.param(ReportByTime, {"time_intervals": "x"}, {"time_intervals": []}, id="intervals that are a text"),
        pytest.param(ReportByTime, {"data": [{"metrics": [[1], None]}]}, {"data": "[[1], []]"}, id="no numbers"),
        pytest.param(ReportSummary, {"data": [None]}, {"data": "[]"}, id="no row"),
        pytest.param(ReportByTime, {"data": [None]}, {"data": "[]"}, id="no row by time"),
        pytest.param(
            ReportSummary, {"data": [{"dimensions": "SFO"}]}, {"data": ["SFO"]}, id="dimensions not in a list"
        ),
        pytest.param(
            ReportSummary,
            {"data": [{"dimensions": ["SFO", 4, None], "metrics": []}]},
            {"data": ["SFO", "4", ""]},
            id="dimensions that are no text",
        ),
    ],
)
def test_one_odd_value_does_not_lose_a_report(wanted: Any, change: dict[str, Any], expected: dict[str, Any]) -> None:
    """What can be kept is kept, and a number that is missing is nan."""
    values = {**(BY_TIME if wanted is ReportByTime else SUMMARY), **change}

    report = read(wanted, json.dumps(values))

    assert type(report) is wanted
    for name, value in expected.items():
        got = getattr(report, name)
        if name == "data":
            got = str(report.data[0].metrics) if isinstance(value, str) else report.data[0].dimensions
        assert repr(got) == repr(value) or got == value


@pytest.mark.parametrize("wanted", [ReportSummary, ReportByTime], ids=["summary", "by time"])
def test_a_missing_number_is_null_in_json(wanted: Any) -> None:
    """JSON has no nan; what is written is read as missing again."""
    metrics = [None, 2] if wanted is ReportSummary else [[None, 2]]
    values = {**BY_TIME, "data": [{"metrics": metrics}], "totals": {"count": None}, "data_lag": None}

    written = make_converter().unstructure(read(wanted, json.dumps(values)))

    assert (written["data"], written["totals"], written["data_lag"]) == ([{"metrics": metrics}], {"count": None}, None)


def test_large_counts_stay_exact() -> None:
    """A whole number above 2**53 does not become a float, on either way."""
    for more in ({}, {"max": None}):
        report = read(ReportSummary, json.dumps({**SUMMARY, "totals": {"count": 12345678901234567}, **more}))
        assert report.totals["count"] == 12345678901234567
        assert isinstance(report.totals["count"], int)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-01-02T02:20:00.123456789Z", AT),
        ("2014-01-02T02:20:00.1234569", AT),
        ("2014-01-02T04:20:00.1234569+02:00", AT),
        ("2014-01-02T02:20:00.1234569+00:00", AT),
        ("2014-01-02T02:20:00.1234569-00:00", AT),
        ("2014-12-31T23:59:59.9999999Z", datetime(2014, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2014-12-31t23:59:59.9999999z", datetime(2014, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2014-12-31 23:59:59.9999999Z", datetime(2014, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2017-01-01t00:59:60.5+01:00", datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_times_finer_than_a_microsecond_are_cut(text: str, expected: datetime) -> None:
    """They are not rounded into the next second, let alone the next year, wherever they stand."""
    assert read(App, json.dumps({**BARE, "created_on": text})).created_on == expected
    assert read(list[App], json.dumps([BARE, {**BARE, "modified_on": text}]))[1].modified_on == expected
    assert read(list[App], json.dumps([BARE] * 40 + [{**BARE, "modified_on": text}]))[-1].modified_on == expected
    for row in ({"metrics": [[1] * 5000], "dimensions": ["TTTTtttt    "]}, {"metrics": [[0.123456789] * 500]}):
        report = read(ReportByTime, json.dumps({**BY_TIME, "data": [row], "time_intervals": [[text]]}))
        assert report.time_intervals == [(expected,)]
    assert make_converter().structure({**BARE, "created_on": text}, App).created_on.tzinfo is UTC


@pytest.mark.parametrize("dimension", ["lower case", "T-456789.1234567", "T" * 200], ids=["none", "few", "many"])
@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_fine_times_of_large_reports_are_cut(dimension: str, *, is_first: bool) -> None:
    """They are found among many numbers, before and after other texts with a capital T."""
    rows = {"data": [{"metrics": [[1] * 40_000], "dimensions": [dimension]}]}
    times = {"time_intervals": [["2014-12-31T23:59:59.9999999Z"]]}
    first, last = (times, rows) if is_first else (rows, times)

    report = read(ReportByTime, json.dumps({**first, **BY_TIME, **first, **last}))

    assert report.time_intervals == [(datetime(2014, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),)]


def test_types_that_are_not_ours() -> None:
    """Results of a user's own route are decoded directly only where they are such classes."""

    @attrs.frozen
    class Theirs:
        """A class with a converter, which msgspec would skip."""

        number: int = attrs.field(converter=lambda value: value + 1)

    assert read(dict[str, int], '{"a":1}') == {"a": 1}
    assert read(Theirs, '{"number":1}') == Theirs(1)
    assert read(list[Theirs], '[{"number":1}]') == [Theirs(1)]


@struct(kw_only=True)
class Inner:
    """A model inside of another one."""

    at: datetime | None = None


@struct(kw_only=True)
class Outer:
    """Times in every place that an annotation can have."""

    inner: Inner | None = None
    inners: list[Inner] = attrs.field(factory=list)
    by_name: dict[str, datetime] = attrs.field(factory=dict)
    pairs: list[tuple[datetime, datetime]] = attrs.field(factory=list)
    at_or_number: datetime | int | None = None
    at_or_text: datetime | str | None = None


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"inner": {"at": "TIME"}},
        {"inner": {"at": None}, "inners": [{}, {"at": "TIME"}]},
        {"by_name": {"a": "TIME"}},
        {"pairs": [["TIME", "TIME"]]},
        {"at_or_number": "TIME"},
        {"at_or_number": 5},
        {"at_or_text": "TIME"},
        {"at_or_text": "yesterday"},
    ],
    ids=lambda values: "-".join(values) or "nothing",
)
@pytest.mark.parametrize(
    "time", ["2014-01-02T02:20:00.123456Z", "2014-01-02T03:20:00.1234569+01:00"], ids=["utc", "other"]
)
def test_times_wherever_they_are(values: dict[str, Any], time: str) -> None:
    """Times of any model are in UTC and cut, by the fast path where msgspec reads them so, else by the fallback."""
    text = json.dumps(values).replace("TIME", time)
    expected = make_converter().structure(json.loads(text), Outer)

    assert repr(read(Outer, text)) == repr(expected)
    assert make_converter().structure(json.loads(json.dumps(make_converter().unstructure(expected))), Outer) == expected
    assert ("TIME" in str(values)) is (repr(AT) in repr(expected))


@struct(kw_only=True)
class Tree:
    """A model that holds itself, and a literal that is no text."""

    name: str
    level: Literal[1, 2] | None = None
    at: datetime | None = None
    below: "list[Tree]" = attrs.field(factory=list)


def test_a_model_inside_of_itself() -> None:
    """It is read on both ways, with its times in UTC on every level."""
    text = '{"name":"a","at":null,"level":2,"below":[{"name":"b","below":[{"name":"c","at":"TIME"}]}]}'
    text = text.replace("TIME", "2014-01-02T03:20:00.1234569+01:00")

    tree = read(Tree, text)

    assert tree == make_converter().structure(json.loads(text), Tree)
    assert repr(tree.below[0].below[0].at) == repr(AT)
    assert read(list[Tree], '[{"name":"a"}]') == [Tree(name="a")]


@struct(kw_only=True)
class Holder:
    """A model of a user that holds an application."""

    app: App


def test_an_old_app_inside_of_another_model() -> None:
    """Its form is that of today too."""
    text = json.dumps({"app": {**BARE, "spp": True}})

    assert read(Holder, text).app.proxy_protocol == "simple"
    assert read(list[Holder], f"[{text}]")[0].app.proxy_protocol == "simple"


@struct(kw_only=True)
class Box(Generic[T]):
    """A generic model."""

    content: T = attrs.field(metadata={"json": "Content"})
    more: list[T] = attrs.field(factory=list)


@pytest.mark.parametrize(
    ("wanted", "values", "expected"),
    [
        (Box[Inner], {"Content": {"at": "2014-01-02T02:20:00.123456Z"}}, Box(content=Inner(at=AT))),
        (Box[datetime], {"Content": "2014-01-02T02:20:00.123456Z"}, Box(content=AT)),
        (Box[int], {"Content": 1, "more": [2]}, Box(content=1, more=[2])),
        (Box, {"Content": 1, "more": ["a"]}, Box(content=1, more=["a"])),
    ],
    ids=["of models", "of times", "of numbers", "of anything"],
)
def test_generic_models(wanted: Any, values: Any, expected: Any) -> None:
    """Their fields have their names in JSON, and the types that the parameters stand for."""
    assert read(wanted, json.dumps(values)) == expected
    assert make_converter().unstructure(expected) == values


@pytest.mark.parametrize(
    "unknown",
    [b'"z":1e999', b'"z":"\xff"', b'"\xff":1', b'"z":' + b"[" * 600 + b"]" * 600],
    ids=["number out of range", "value not in utf-8", "key not in utf-8", "deep"],
)
def test_what_no_model_holds_is_skipped(unknown: bytes) -> None:
    """Nothing of an unknown key is read into an object, so that it cannot fail the call."""
    body = decode_body(DeletedApp, b'{"success":true,"result":{"id":"a",%s}}' % unknown)

    assert body is not None
    assert body.result == DeletedApp(id="a")


@pytest.mark.parametrize(
    ("wanted", "values", "words"),
    [
        (list[App], {}, "expected an array, got {}"),
        (list[App], [4], "[0]: expected an object, got 4"),
        (App, [], "expected an object, got []"),
        (App, {**BARE, "created_on": "0001-01-01T00:00:00+01:00"}, "created_on: expected an RFC 3339 date and time"),
        (App, {**BARE, "edge_ips": 4}, "edge_ips: expected an object, got 4"),
        (App, {**BARE, "edge_ips": {"ips": [4]}}, "edge_ips.ips[0]: expected a string, got 4"),
        (App, {**BARE, "ip_firewall": "yes"}, "ip_firewall: expected true or false, got 'yes'"),
        (App, {**BARE, "origin_port": []}, "origin_port: expected a whole number or a string, got []"),
        (DeletedApp, {}, "id: expected a value, got None"),
        (DeletedApp, {"id": None}, "id: expected a string, got None"),
        (ReportSummary, {**SUMMARY, "data": {}}, "data: expected an array, got {}"),
        (ReportSummary, {**SUMMARY, "max": []}, "max: expected an object, got []"),
        (ReportSummary, {**SUMMARY, "rows": "5"}, "rows: expected a number, got '5'"),
    ],
)
def test_what_cannot_be_read(wanted: Any, values: Any, words: str) -> None:
    """Nothing is coerced, and the error says where the wrong value stands; no more than one is collected."""
    with pytest.raises((ConversionError, BaseValidationError)) as caught:
        read(wanted, json.dumps(values))

    assert words in str(caught.value)


@attrs.frozen
class Order:
    """A user's own class, which holds one of ours."""

    number: int
    app: DeletedApp
    lines: list[int] = attrs.field(factory=list)


ORDER: Final = {"number": 1, "app": {"id": "a"}}


@pytest.mark.parametrize(
    ("wanted", "values", "words"),
    [
        (
            int,
            "x",
            "result: invalid literal for int() with base 10: 'x'",
        ),
        (DeletedApp, {"id": ["t0ken"]}, "result.id: expected a string, got ['***']"),
        (Order, {**ORDER, "number": "t0ken"}, "result.number: invalid literal for int() with base 10: '***'"),
        (Order, {**ORDER, "app": {"id": ["t0ken"]}}, "result.app.id: expected a string, got ['***']"),
        (Order, {"app": {"id": "a"}}, "result.number: expected a value, got none"),
        (Order, {"app": {}}, "result.number: expected a value, got none; result.app.id: expected a value, got None"),
        (Order, {**ORDER, "lines": [1, "x"]}, "result.lines[1]: invalid literal for int() with base 10: 'x'"),
        (list[Order], [ORDER, {**ORDER, "app": 5}], "result[1].app: expected an object, got 5"),
        (Order, {**ORDER, "t0ken": 5}, "result: Extra fields in constructor for Order: ***"),
    ],
)
def test_what_cannot_be_read_of_ones_own(wanted: Any, values: Any, words: str) -> None:
    """The text names each place and what is wrong there, without credentials; a place at the root has no name."""
    with pytest.raises((ValueError, BaseValidationError)) as caught:
        decode_values(wanted, values, configure_converter(Converter(forbid_extra_keys=True)))

    text = explain(caught.value, "result", lambda text: text.replace("t0ken", "***"))
    assert text == words
    assert explain(caught.value) == words.replace("result: ", "").replace("result.", "").replace(
        "result[", "["
    ).replace("***", "t0ken")


@pytest.mark.parametrize("by_time", [False, True], ids=["summary", "by time"])
async def test_a_wrong_value_deep_in_a_report(by_time: bool, serve: Any) -> None:
    """The error of a call says where in the response which value is wrong, and what it ought to be."""
    good, wrong = ({"metrics": [[number]] if by_time else [number]} for number in (1, "many"))
    report = {"data": [good, good, good, wrong, good], "data_lag": 0, "query": {}, "rows": 5}

    async def respond(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "errors": [], "messages": [], "result": report})

    async with Client(api_token=TOKEN, base_url=await serve(respond), retry=RetryPolicy(max_attempts=1)) as client:
        events = client.analytics.events
        call = events.bytime(ZONE, time_delta="hour") if by_time else events.summary(ZONE)
        with pytest.raises(DecodeError) as caught:
            await call

    place = "metrics[0][0]" if by_time else "metrics[0]"
    assert f"result.data[3].{place}: expected a number, got 'many'" in str(caught.value)


@pytest.mark.parametrize("by_time", [False, True], ids=["summary", "by time"])
async def test_a_report_in_the_other_form(by_time: bool, serve: Any) -> None:
    """A summary in the form of a report by time is one, and the other way round; each makes the table that it holds."""
    sent = {**(SUMMARY if by_time else BY_TIME), "query": {"metrics": ["count", "durationAvg"][: 2 if by_time else 1]}}
    sent = sent if by_time else {**sent, "time_intervals": [[START, END], [START, END]]}

    async def respond(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "result": sent})

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        events = client.analytics.events
        report: Any = await (events.bytime(ZONE, time_delta="hour") if by_time else events.summary(ZONE))

    assert type(report) is (ReportSummary if by_time else ReportByTime)
    assert report.data[0].metrics == sent["data"][0]["metrics"]
    assert len(report.records()) == (1 if by_time else 2)


async def test_null_for_a_list(serve: Any) -> None:
    """Some servers write an empty array as null, or leave it out."""
    bodies = iter(['{"success":true,"result":null}', '{"success":true}'])

    async def respond(_: web.Request) -> web.Response:
        return web.Response(text=next(bodies), content_type="application/json")

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        assert [await client.protocols.list(ZONE), await client.protocols.list(ZONE)] == [[], []]


class Letter(Enum):
    """A type that raises a ValueError of its own."""

    A = "a"


class Dated(TypedDict):
    """A dict with a time."""

    at: datetime


@attrs.frozen
class Theirs:
    """A class of attrs with what JSON has."""

    at: datetime
    size: int | float


@pytest.mark.parametrize(
    ("wanted", "values", "expected"),
    [
        (App | None, None, None),
        (None, None, None),
        (Any, {"a": [1]}, {"a": [1]}),
        (list[datetime], ["2014-01-02T02:20:00.1234569Z"], [AT]),
        (dict[str, App], {"a": BARE}, {"a": make_converter().structure(BARE, App)}),
        (list[App | None], [None], [None]),
        (list[int | float], [1, 2.5], [1, 2.5]),
        (Literal["a", "b"] | str, "c", "c"),
        (Dated, {"at": "2014-01-02T02:20:00.123456Z"}, {"at": AT}),
        (Theirs, {"at": "2014-01-02T02:20:00.123456Z", "size": 1}, Theirs(AT, 1)),
        (Letter, "a", Letter.A),
        (
            dict[str, int],
            [1],
            "result: expected a value of dict (AttributeError",
        ),
        (list[int], ["x"], "result[0]: expected a value of int (ValueError: invalid literal for int()"),
        (Letter, "b", "result: expected a value of Letter (ValueError: 'b' is not a valid Letter), got 'b'"),
        (Literal["a", 1], "b", "result: expected one of a, 1, got 'b'"),
        (dict[str, int], None, "the envelope has no result"),
    ],
    ids=lambda value: "value",
)
async def test_any_type_can_be_the_result_of_a_route(wanted: Any, values: Any, expected: Any, serve: Any) -> None:
    """What fits is read; what does not is an error of ours, whatever the type raises."""
    route: Route[Any] = Route(name="own", method="GET", path="/own", result=wanted, safe_to_repeat=True)

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "result": values})

    async with Client(api_token=TOKEN, base_url=await serve(answer), retry=RetryPolicy(max_attempts=1)) as client:
        if isinstance(expected, str) and expected != values:
            with pytest.raises(DecodeError) as caught:
                await client.send(route, path={}, query={})
            assert expected in str(caught.value)
        else:
            assert (await client.send(route, path={}, query={})).result == expected


async def test_a_route_of_ones_own(serve: Any) -> None:
    """A type of result that no endpoint of ours has is read all the same, with the user's hooks."""
    route: Route[dict[str, int]] = Route(
        name="own", method="GET", path="/own", result=dict[str, int], safe_to_repeat=True
    )

    async def respond(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "result": {"a": 1}})

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        assert (await client.send(route, path={}, query={})).result == {"a": 1}


def test_a_converter_of_a_user_obeys_the_user() -> None:
    """What is registered for a type or a union later on counts."""
    converter = make_converter()
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromtimestamp(value, UTC))
    converter.register_structure_hook(int | str, lambda value, _: f"<{value}>")
    configure_tagged_union(ReportByTime | ReportSummary, converter)

    assert converter.structure(0, datetime) == datetime(1970, 1, 1, tzinfo=UTC)
    assert converter.structure(5, int | str) == "<5>"
    for report in (
        make_converter().structure(SUMMARY, ReportSummary),
        make_converter().structure(BY_TIME, ReportByTime),
    ):
        written = converter.unstructure(report, unstructure_as=ReportByTime | ReportSummary)
        assert converter.structure(written, ReportByTime | ReportSummary) == report
