"""Models to JSON values and back."""

import types
from datetime import UTC, datetime
from typing import Any, get_type_hints

import attrs
import pytest
from cattrs import Converter
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import InvalidArgumentError, configure_converter, make_converter, models
from aiospectrum._codec.registration import explain
from aiospectrum.models import (
    DNS,
    AnyApp,
    App,
    AppRequest,
    CurrentAggregate,
    DynamicEdgeIPs,
    EdgeIPs,
    PaygoApp,
    Report,
    ReportQuery,
    ReportRow,
    StaticEdgeIPs,
)

MODELS = sorted(
    {value for value in vars(models).values() if isinstance(value, type) and attrs.has(value)},
    key=lambda model: model.__name__,
)
CONVERTER = make_converter()
DATES = st.datetimes(timezones=st.just(UTC))
JSON_VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Everything that an annotation of a model allows, but for numbers that JSON does not have."""
    if hint is Any:
        return JSON_VALUES
    if isinstance(hint, types.UnionType) or getattr(hint, "__origin__", None) is type(int | str):
        return st.one_of([values(option) for option in hint.__args__])
    return st.from_type(hint)


@st.composite
def model_objects(draw: st.DrawFn, model: type[Any]) -> Any:
    """Objects of a model with every field drawn from its annotation."""
    hints = get_type_hints(model)
    drawn = {field.name: draw(values(hints[field.name])) for field in attrs.fields(model)}
    if model in (DynamicEdgeIPs, StaticEdgeIPs):  # one that claims to be the other is read as the other
        own = model().type
        drawn["type"] = draw(st.just(own) | st.text().filter(lambda text: text not in ("dynamic", "static")))
    return model(**drawn)


st.register_type_strategy(datetime, DATES)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
for each in MODELS:
    st.register_type_strategy(each, model_objects(each))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@given(data=st.data())
def test_round_trip(model: type[Any], data: st.DataObject) -> None:
    """Whatever is written is read back as the same object."""
    item = data.draw(st.from_type(model))

    assert CONVERTER.structure(CONVERTER.unstructure(item), model) == item


def test_absent_fields_are_left_out() -> None:
    """A request holds what was given and no nulls."""
    request = AppRequest(protocol="tcp/22", dns=DNS(name="a.example"), edge_ips=StaticEdgeIPs(ips=["192.0.2.1"]))

    assert CONVERTER.unstructure(request) == {
        "protocol": "tcp/22",
        "dns": {"name": "a.example"},
        "edge_ips": {"type": "static", "ips": ["192.0.2.1"]},
    }


def test_an_empty_report_is_written_whole() -> None:
    """What the API always sends is there when it is empty; what it leaves out, as dimensions of rows, is not."""
    report = Report(data_lag=0, query=ReportQuery(), rows=0)

    assert CONVERTER.unstructure(report) == {
        "data": [],
        "data_lag": 0,
        "max": {},
        "min": {},
        "query": {},
        "rows": 0,
        "totals": {},
    }
    assert CONVERTER.unstructure(ReportRow(metrics=[1])) == {"metrics": [1]}


def test_wire_names() -> None:
    """Names of the API become names of Python and back."""
    wire = {"appID": "a", "bytesEgress": 1, "bytesIngress": 2, "connections": 3, "durationAvg": 4}
    item = CurrentAggregate(app_id="a", bytes_egress=1, bytes_ingress=2, connections=3, duration_avg=4)

    assert CONVERTER.structure(wire, CurrentAggregate) == item
    assert CONVERTER.unstructure(item) == wire


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2014-01-02T02:20:00Z", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="utc"),
        pytest.param("2014-01-02t02:20:00z", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="lower case"),
        pytest.param("2014-01-02T02:20:00.123456Z", datetime(2014, 1, 2, 2, 20, 0, 123456, UTC), id="microseconds"),
        pytest.param("2014-01-02T02:20:00.123456789Z", datetime(2014, 1, 2, 2, 20, 0, 123457, UTC), id="nanoseconds"),
        pytest.param("2014-01-02T04:20:00+02:00", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="offset"),
        pytest.param("2014-01-02T02:20:00", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="no offset means utc"),
    ],
)
def test_date_times(text: str, expected: datetime) -> None:
    """Dates become aware, in UTC, to the microsecond."""
    wire = {"id": "a", "protocol": "tcp/22", "dns": {}, "created_on": text, "modified_on": text}

    app = CONVERTER.structure(wire, PaygoApp)

    assert app.created_on == expected
    assert app.created_on.tzinfo is UTC


BARE = {
    "id": "a",
    "protocol": "tcp/22",
    "dns": {"name": "a.example", "type": "CNAME"},
    "created_on": "2014-01-02T02:20:00Z",
    "modified_on": "2014-01-02T02:20:00Z",
    "origin_direct": ["tcp://192.0.2.1:22"],
}


@pytest.mark.parametrize(
    ("extra", "model", "attributes"),
    [
        pytest.param({}, PaygoApp, {}, id="paygo"),
        pytest.param({"traffic_type": None, "tls": None}, PaygoApp, {}, id="nulls are as good as absent"),
        pytest.param({"ipv4": True}, PaygoApp, {}, id="an unknown key says nothing"),
        pytest.param({"traffic_type": "direct"}, App, {"traffic_type": "direct"}, id="full"),
        pytest.param({"traffic_type": "quic"}, App, {"traffic_type": "quic"}, id="unknown traffic type"),
        pytest.param({"traffic_type": "worker", "origin_worker_id": "w"}, App, {"origin_worker_id": "w"}, id="worker"),
        pytest.param({"tls": "tls13"}, App, {"tls": "tls13"}, id="unknown tls"),
        pytest.param({"proxy_protocol": True}, App, {"proxy_protocol": "v1"}, id="old proxy protocol, on"),
        pytest.param({"proxy_protocol": False}, App, {"proxy_protocol": "off"}, id="old proxy protocol, off"),
        pytest.param({"origin_port": 22}, App, {"origin_port": 22}, id="port"),
        pytest.param({"origin_port": "22-24"}, App, {"origin_port": "22-24"}, id="port range"),
        pytest.param(
            {"edge_ips": {"type": "static", "ips": ["192.0.2.1"]}},
            App,
            {"edge_ips": StaticEdgeIPs(ips=["192.0.2.1"])},
            id="static edge addresses",
        ),
    ],
)
def test_forms_of_an_app(extra: dict[str, Any], model: type[Any], attributes: dict[str, Any]) -> None:
    """The form of an application follows from the keys that it has, whatever their values."""
    app = CONVERTER.structure({**BARE, **extra}, AnyApp)  # type: ignore[arg-type]  # a union is no type[T]

    assert type(app) is model
    assert {name: getattr(app, name) for name in attributes} == attributes


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        pytest.param({"type": "dynamic"}, DynamicEdgeIPs(), id="dynamic"),
        pytest.param({"type": "static", "ips": []}, StaticEdgeIPs(ips=[]), id="static"),
        pytest.param({"type": "dynamic", "ips": ["x"]}, DynamicEdgeIPs(), id="the type wins"),
        pytest.param({"ips": ["x"]}, StaticEdgeIPs(ips=["x"]), id="no type, addresses"),
        pytest.param({}, DynamicEdgeIPs(), id="no type, nothing"),
        pytest.param({"type": "leased", "ips": ["x"]}, StaticEdgeIPs(type="leased", ips=["x"]), id="unknown type"),
        pytest.param({"type": "anycast"}, DynamicEdgeIPs(type="anycast"), id="unknown type, nothing else"),
    ],
)
def test_edge_addresses(wire: dict[str, Any], expected: object) -> None:
    """Edge addresses are told apart by type, and an unknown type is kept."""
    assert CONVERTER.structure(wire, EdgeIPs) == expected  # type: ignore[arg-type]  # a union is no type[T]


def test_odd_echo_of_a_query_is_kept() -> None:
    """Values of the echo that do not have the documented type come through as they are."""
    wire = {"sort": [{"Id": "count", "Desc": True}], "since": "yesterday", "limit": "all", "time_delta": "hour", "x": 1}

    assert CONVERTER.structure(wire, ReportQuery) == ReportQuery(
        sort=[{"Id": "count", "Desc": True}], since="yesterday", limit="all", time_delta="hour"
    )


@pytest.mark.parametrize(
    ("wire", "model", "message"),
    [
        pytest.param(
            {"data": [{"metrics": [1]}, {"metrics": [1, "2"]}]},
            Report,
            "data[1].metrics[1]: expected a number, got '2'",
            id="deep in a report",
        ),
        pytest.param(
            {"data": [{"metrics": [[1], [True]]}]}, Report, "data[0].metrics[1][0]: expected a number", id="by time"
        ),
        pytest.param({"data": {}}, Report, "data: expected an array, got {}", id="object for array"),
        pytest.param({"max": {"count": None}}, Report, "max.count: expected a number, got None", id="map"),
        pytest.param({"max": []}, Report, "max: expected an object, got []", id="array for map"),
        pytest.param({"rows": 1.5}, Report, "rows: expected a whole number, got 1.5", id="fraction"),
        pytest.param(
            {"time_intervals": [["2014-01-02T02:20:00Z"]]},
            Report,
            "time_intervals[0]: expected an array of two items",
            id="half an interval",
        ),
        pytest.param({"metrics": "12"}, ReportRow, "metrics: expected an array or an array, got '12'", id="text"),
        pytest.param({"dns": "a.example"}, App, "dns: expected an object, got 'a.example'", id="text for object"),
        pytest.param({"edge_ips": 4}, App, "edge_ips: expected an object, got 4", id="number for union"),
        pytest.param({"ip_firewall": "yes"}, App, "ip_firewall: expected true or false, got 'yes'", id="boolean"),
        pytest.param({"protocol": 22}, App, "protocol: expected a string, got 22", id="string"),
        pytest.param({"created_on": "9999-99-99"}, App, "created_on: expected an RFC 3339 date", id="date"),
        pytest.param({"id": None}, App, "id: expected a value, got none", id="null for a required value"),
        pytest.param({"origin_port": []}, App, "origin_port: expected a whole number or a string", id="choice"),
    ],
)
def test_wrong_types_are_refused_with_their_place(wire: dict[str, Any], model: type[Any], message: str) -> None:
    """Nothing is coerced, and the error says where the wrong value stands."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - cattrs raises groups; what counts is the line below
        CONVERTER.structure(wire, model)

    assert message in explain(caught.value)


def test_a_whole_float_is_a_whole_number() -> None:
    """Some encoders write 3 as 3.0."""
    row = {"data": [], "data_lag": 0, "max": {}, "min": {}, "query": {}, "rows": 3.0, "totals": {}}

    assert CONVERTER.structure(row, Report).rows == 3


def test_a_report_of_nothing() -> None:
    """Empty arrays and objects that came as null do not lose the report."""
    wire = {"data": None, "data_lag": 3, "max": None, "min": None, "query": {}, "rows": 0, "totals": None}

    report = CONVERTER.structure(wire, Report)

    assert (report.data, report.max, report.min, report.totals) == ([], {}, {}, {})


def test_a_users_converter_keeps_its_own_hooks() -> None:
    """Only hooks for the models are added to a converter that is configured."""
    theirs = Converter()
    theirs.register_unstructure_hook(datetime, lambda value: "theirs")
    configure_converter(theirs)

    assert theirs.unstructure({"at": datetime(2014, 1, 2, tzinfo=UTC)}) == {"at": "theirs"}
    assert theirs.structure("5", int) == 5
    assert theirs.structure(BARE, PaygoApp).id == "a"


def test_a_users_strict_converter_still_takes_unknown_keys() -> None:
    """What the API adds is ignored, also by a converter that forbids extra keys elsewhere."""
    strict = configure_converter(Converter(forbid_extra_keys=True))

    assert strict.structure({**BARE, "ipv4": True}, PaygoApp).id == "a"


def test_naive_dates_are_not_written() -> None:
    """A datetime without a time zone could mean two moments, so it is refused here too."""
    naive = datetime(2014, 1, 2)
    app = PaygoApp(id="a", protocol="tcp/22", dns=DNS(), created_on=naive, modified_on=naive)

    with pytest.raises(InvalidArgumentError, match=r"^datetime: expected a datetime with a time zone"):
        CONVERTER.unstructure(app)
