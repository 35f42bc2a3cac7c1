"""Models to JSON values and back."""

import pickle
import re
import types
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_type_hints

import attrs
import pytest
from cattrs import Converter
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import ConversionError, InvalidArgumentError, configure_converter, make_converter, models
from aiospectrum.models import (
    DNS,
    App,
    AppRequest,
    CurrentAggregate,
    Direction,
    EdgeIPs,
    ReportByTime,
    ReportByTimeRow,
    ReportSummary,
    ReportSummaryRow,
)
from aiospectrum.structs import struct

MODELS = sorted(
    {value for value in vars(models).values() if isinstance(value, type) and attrs.has(value)},
    key=lambda model: model.__name__,
)
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

    assert make_converter().structure(make_converter().unstructure(item), model) == item


def test_absent_fields_are_left_out() -> None:
    """A request holds what was given and no nulls."""
    request = AppRequest(
        protocol="tcp/22", dns=DNS(name="a.example"), edge_ips=EdgeIPs(type="static", ips=["192.0.2.1"])
    )

    assert make_converter().unstructure(request) == {
        "protocol": "tcp/22",
        "dns": {"name": "a.example"},
        "edge_ips": {"type": "static", "ips": ["192.0.2.1"]},
    }


def test_an_empty_report_is_written_whole() -> None:
    """What the API always sends is there when it is empty; what it leaves out, as dimensions of rows, is not."""
    report = ReportSummary(data_lag=0, rows=0)

    assert make_converter().unstructure(report) == {
        "data": [],
        "data_lag": 0,
        "max": {},
        "min": {},
        "query": {},
        "rows": 0,
        "totals": {},
    }
    assert make_converter().unstructure(ReportByTime(data_lag=0, rows=0))["time_intervals"] == []
    assert make_converter().unstructure(ReportSummaryRow(metrics=[1])) == {"metrics": [1]}


def test_wire_names() -> None:
    """Names of the API become names of Python and back."""
    wire = {"appID": "a", "bytesEgress": 1, "bytesIngress": 2, "connections": 3, "durationAvg": 4}
    item = CurrentAggregate(app_id="a", bytes_egress=1, bytes_ingress=2, connections=3, duration_avg=4)

    assert make_converter().structure(wire, CurrentAggregate) == item
    assert make_converter().unstructure(item) == wire


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2014-01-02T02:20:00Z", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="utc"),
        pytest.param("2014-01-02t02:20:00z", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="lower case"),
        pytest.param("2014-01-02T02:20:00.123456Z", datetime(2014, 1, 2, 2, 20, 0, 123456, UTC), id="microseconds"),
        pytest.param("2014-01-02T02:20:00.123456789Z", datetime(2014, 1, 2, 2, 20, 0, 123456, UTC), id="nanoseconds"),
        pytest.param("2014-01-02T04:20:00+02:00", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="offset"),
        pytest.param("2014-01-02T02:20:00", datetime(2014, 1, 2, 2, 20, tzinfo=UTC), id="no offset means utc"),
    ],
)
def test_date_times(text: str, expected: datetime) -> None:
    """Dates become aware, in UTC, to the microsecond."""
    wire = {"id": "a", "protocol": "tcp/22", "dns": {}, "created_on": text, "modified_on": text}

    app = make_converter().structure(wire, App)

    assert app.created_on == expected
    assert app.created_on.tzinfo is UTC


@struct(kw_only=True)
class Part:
    """A model inside of another one."""

    at: datetime | None = None


@struct(kw_only=True)
class Every:
    """A model of a user's own, with a field of each kind."""

    text: str = ""
    flag: bool = False
    whole: int = 0
    number: float | None = None
    choice: Literal["a", "b"] = "a"
    word: Literal["a"] | str = "a"
    port: int | str = 0
    texts: list[str] = attrs.field(factory=list)
    pair: tuple[int, str] = (0, "")
    many: tuple[int, ...] = ()
    rows: list[tuple[int, ...]] = attrs.field(factory=list)
    by_name: dict[str, list[int]] = attrs.field(factory=dict)
    at: datetime = datetime(2014, 1, 1, tzinfo=UTC)
    times: list[datetime] = attrs.field(factory=list)
    days: dict[str, datetime] = attrs.field(factory=dict)
    span: tuple[datetime, datetime | None] | None = None
    at_or_whole: datetime | int = 0
    anything: Any = None
    part: Part | None = None
    part_or_whole: Part | int = 0
    pair_of_parts: tuple[Part, Part] | None = None
    many_parts: tuple[Part, ...] = ()
    parts_by_name: dict[str, Part] = attrs.field(factory=dict)
    parts: list[Part] = attrs.field(factory=list)


DAY = datetime(2014, 1, 2, 2, 20, tzinfo=UTC)
TIME = "2014-01-02T02:20:00Z"


@pytest.mark.parametrize(
    ("name", "wire", "value"),
    [
        ("text", "x", "x"),
        ("flag", True, True),
        ("whole", 5, 5),
        ("number", 2.5, 2.5),
        ("number", 2**60 + 1, 2**60 + 1),
        ("choice", "b", "b"),
        ("word", "c", "c"),
        ("port", 22, 22),
        ("port", "22-24", "22-24"),
        ("texts", ["x", ""], ["x", ""]),
        ("pair", [1, "x"], (1, "x")),
        ("many", [1, 2, 3], (1, 2, 3)),
        ("rows", [[1], [], [2, 3]], [(1,), (), (2, 3)]),
        ("by_name", {"a": [1], "b": []}, {"a": [1], "b": []}),
        ("at", TIME, DAY),
        ("times", [TIME], [DAY]),
        ("days", {"a": TIME}, {"a": DAY}),
        ("span", [TIME, None], (DAY, None)),
        ("at_or_whole", TIME, DAY),
        ("at_or_whole", 5, 5),
        ("anything", {"a": [1, None]}, {"a": [1, None]}),
        ("part", {"at": TIME}, Part(at=DAY)),
        ("parts", [{}, {"at": TIME}], [Part(), Part(at=DAY)]),
        ("part_or_whole", {"at": TIME}, Part(at=DAY)),
        ("pair_of_parts", [{}, {"at": TIME}], (Part(), Part(at=DAY))),
        ("many_parts", [{}, {"at": TIME}], (Part(), Part(at=DAY))),
        ("parts_by_name", {"a": {"at": TIME}}, {"a": Part(at=DAY)}),
    ],
)
def test_fields_of_each_kind(name: str, wire: Any, value: Any) -> None:
    """A value of each kind is read as its annotation says, and written as it came."""
    item = make_converter().structure({name: wire}, Every)

    assert item == Every(**{name: value})
    assert type(getattr(item, name)) is type(value)
    assert make_converter().unstructure(item) == {name: wire}


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ({"text": 5}, "text: expected a string, got 5"),
        ({"flag": 1}, "flag: expected true or false, got 1"),
        ({"whole": 1.5}, "whole: expected a whole number, got 1.5"),
        ({"whole": True}, "whole: expected a whole number, got True"),
        ({"number": "1"}, "number: expected a number, got '1'"),
        ({"number": True}, "number: expected a number, got True"),
        ({"choice": "c"}, "choice: expected one of a, b, got 'c'"),
        ({"choice": []}, "choice: expected one of a, b, got []"),
        ({"word": 5}, "word: expected a string, got 5"),
        ({"port": 1.5}, "port: expected a whole number or a string, got 1.5"),
        ({"texts": "x"}, "texts: expected an array, got 'x'"),
        ({"texts": ["x", 5]}, "texts[1]: expected a string, got 5"),
        ({"pair": "1x"}, "pair: expected an array of 2 items, got '1x'"),
        ({"pair": [1]}, "pair: expected an array of 2 items, got [1]"),
        ({"pair": [1, 2]}, "pair[1]: expected a string, got 2"),
        ({"many": [1, "x"]}, "many[1]: expected a whole number, got 'x'"),
        ({"rows": [[], [1, "x"]]}, "rows[1][1]: expected a whole number, got 'x'"),
        ({"by_name": []}, "by_name: expected an object, got []"),
        ({"by_name": {"a": [1], "b": [None]}}, "by_name.b[0]: expected a whole number, got None"),
        ({"at": "noon"}, "at: expected an RFC 3339 date and time, got 'noon'"),
        ({"at": 5}, "at: expected an RFC 3339 date and time, got 5"),
        ({"days": {"a": "noon"}}, "days.a: expected an RFC 3339 date and time, got 'noon'"),
        ({"at_or_whole": "noon"}, "at_or_whole: expected an RFC 3339 date and time or a whole number, got 'noon'"),
        ({"part": []}, "part: expected an object, got []"),
        ({"parts": [{}, {"at": "noon"}]}, "parts[1].at: expected an RFC 3339 date and time, got 'noon'"),
        ({"text": ["x" * 56]}, f"text: expected a string, got ['{'x' * 56}']"),
        ({"text": ["x" * 57]}, f"text: expected a string, got ['{'x' * 57}…"),
        ([], "expected an object, got []"),
    ],
)
def test_what_does_not_fit(wire: Any, words: str) -> None:
    """The error says where the first wrong value is, what was expected, and what came, up to 60 characters of it."""
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        make_converter().structure(wire, Every)


@attrs.frozen
class Theirs:
    """A class of a user's own."""

    number: int
    part: Part | None = None


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (list[App], "[0].id: expected a value, got None"),
        (
            list[Theirs],
            "expected a value of list (KeyError: 'number'), got [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}",
        ),
        (dict[str, App], "expected a value of dict (AttributeError: 'list' object has no attribute 'items'), got [{"),
        (int, "expected a value of int (TypeError: "),
        (Theirs, "expected a value of Theirs ("),
    ],
    ids=["models", "theirs", "dict", "int", "class"],
)
def test_a_converter_stops_at_the_first_wrong_value(wanted: Any, words: str) -> None:
    """However many follow, and whatever reads them; the error is one of ours."""
    visited = 0

    class Counted(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            nonlocal visited
            visited += 1
            return super().__getitem__(key)

        def get(self, key: str, default: Any = None) -> Any:
            nonlocal visited
            visited += 1
            return super().get(key, default)

    with pytest.raises(ConversionError, match=f"^{re.escape(words)}") as caught:
        make_converter().structure([Counted() for _ in range(10_000)], wanted)

    assert visited <= 1
    assert len(str(caught.value)) < 300


def test_what_a_class_of_theirs_raises_is_ours() -> None:
    """Reading and writing alike, with the reason in the text and as the cause."""
    with pytest.raises(ConversionError, match=r"^expected a value of Theirs \(ValueError: invalid literal") as caught:
        make_converter().structure({"number": "x"}, Theirs)
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(ConversionError, match=r"^at: expected an RFC 3339 date and time, got 'noon'$"):
        make_converter().structure({"number": 1, "part": {"at": "noon"}}, Theirs)
    with pytest.raises(ConversionError, match=r"^at: expected a datetime with a time zone, got 5$"):
        make_converter().unstructure(Theirs(number=1, part=Part(at=5)))  # type: ignore[arg-type]  # wrong on purpose


class Size(Enum):
    """An enum of theirs."""

    SMALL = 1


def _refuse(*_: object) -> None:
    raise RuntimeError("not today")


@attrs.define
class Refusing:
    """A class of theirs whose validator raises what it likes."""

    number: int = attrs.field(validator=_refuse)


@attrs.define
class Unresolved:
    """A class of theirs with a name that is nowhere."""

    part: "Nowhere"  # type: ignore[name-defined]  # noqa: F821 - which is what is wrong


@pytest.mark.parametrize(
    ("value", "wanted", "words"),
    [
        ("c", Literal["a", "b"], "expected one of a, b, got 'c'"),
        ("up", Direction, "expected one of asc, desc, got 'up'"),
        (2, Literal[Size.SMALL], "expected a value of "),
        (2, Size, "expected a value of Size (ValueError: "),
        ({"number": 1}, Refusing, "expected a value of Refusing (RuntimeError: not today), got {"),
        ({"part": 1}, Unresolved, "expected a value of Unresolved (NameError: name 'Nowhere' is not defined)"),
        (1, "Nowhere", "expected a value of "),
        (1, object(), "expected a value of "),
    ],
    ids=["literal", "ours", "literal of an enum", "enum", "validator", "annotation", "name", "object"],
)
def test_what_cattrs_raises_is_ours(value: Any, wanted: Any, words: str) -> None:
    """Whatever it is asked to read."""
    with pytest.raises(ConversionError, match=f"^{re.escape(words)}"):
        make_converter().structure(value, wanted)


def test_literals_of_theirs_are_read() -> None:
    """Those of enums by their values, as cattrs does."""
    direction: Any = Direction
    assert make_converter().structure("asc", direction) == "asc"
    assert make_converter().structure(["a", 1], tuple[Literal["a", "b"], Literal[Size.SMALL]]) == ("a", Size.SMALL)


def test_deep_values_are_no_recursion_error() -> None:
    """A class that holds itself, in more levels than the interpreter has."""
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"inner": deep}
    with pytest.raises(ConversionError, match="too deep"):
        make_converter().structure(deep, Nested)
    while deep:  # level by level, as the interpreter would recurse too
        deep = deep.pop("inner")


@struct(kw_only=True)
class Nested:
    """A model that holds itself."""

    inner: "Nested | None" = None


def test_a_time_by_itself() -> None:
    """A converter of ours reads a time as it does inside of a model."""
    assert make_converter().structure(TIME, datetime) == DAY


def test_errors_of_values_pickle() -> None:
    """The error of a value says the same in another process."""
    with pytest.raises(ValueError, match="expected a string") as caught:
        make_converter().structure({"texts": ["x", 5]}, Every)

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert type(again) is type(caught.value)
    assert str(again) == "texts[1]: expected a string, got 5"


BARE = {
    "id": "a",
    "protocol": "tcp/22",
    "dns": {"name": "a.example", "type": "CNAME"},
    "created_on": "2014-01-02T02:20:00Z",
    "modified_on": "2014-01-02T02:20:00Z",
    "origin_direct": ["tcp://192.0.2.1:22"],
}


def test_a_users_converter_keeps_its_own_hooks() -> None:
    """Only hooks for the models are added to a converter that is configured."""
    theirs = Converter()
    theirs.register_unstructure_hook(datetime, lambda value: "theirs")
    configure_converter(theirs)

    assert theirs.unstructure({"at": datetime(2014, 1, 2, tzinfo=UTC)}) == {"at": "theirs"}
    assert theirs.structure("5", int) == 5
    assert theirs.structure(BARE, App).id == "a"


def test_a_users_strict_converter_still_takes_unknown_keys() -> None:
    """What the API adds is ignored, also by a converter that forbids extra keys elsewhere."""
    strict = configure_converter(Converter(forbid_extra_keys=True))

    assert strict.structure({**BARE, "ipv4": True}, App).id == "a"


@struct(kw_only=True)
class Measured:
    """A model with types that none of ours has."""

    pair: tuple[int, str] = (1, "a")
    amount: Decimal = Decimal(1)


def test_types_of_a_users_own_models() -> None:
    """What a hook of theirs raises is part of the error, and a tuple has as many items as its annotation."""
    converter = make_converter()
    converter.register_structure_hook(Decimal, lambda value, _: Decimal(value))

    assert converter.structure({"amount": "1.5"}, Measured) == Measured(amount=Decimal("1.5"))
    with pytest.raises(ConversionError) as caught:
        converter.structure({"amount": [1]}, Measured)
    reason = "ValueError: argument must be a sequence of length 3"
    assert str(caught.value) == f"amount: expected a value of Decimal ({reason}), got [1]"
    with pytest.raises(ConversionError) as caught:
        converter.unstructure(Measured(pair=(1, "a", "b")))  # type: ignore[arg-type] - one item too many
    assert str(caught.value) == "pair: expected 2 items, got (1, 'a', 'b')"


def test_what_is_no_converter_is_refused() -> None:
    """Such as the class in place of an object of it."""
    with pytest.raises(InvalidArgumentError) as caught:
        configure_converter(Converter)  # type: ignore[arg-type] - that is what is refused

    assert str(caught.value) == "converter: expected a converter of cattrs, got <class 'cattrs.converters.Converter'>"


def test_naive_dates_are_not_written() -> None:
    """A datetime without a time zone could mean two moments, so it is refused here too."""
    naive = datetime(2014, 1, 2)
    app = App(id="a", protocol="tcp/22", dns=DNS(), created_on=naive, modified_on=naive)

    with pytest.raises(InvalidArgumentError, match=r"^created_on: expected a datetime with a time zone, got datetime"):
        make_converter().unstructure(app)


START = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = AppRequest(protocol="tcp/22", dns=DNS(name="a.example"))
REPORT = ReportByTime(data_lag=0, rows=0)
ROW = ReportByTimeRow()


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (attrs.evolve(ROW, dimensions="x"), "dimensions: expected a list, got 'x'"),
        (attrs.evolve(ROW, dimensions=["a", 5]), "dimensions[1]: expected a string, got 5"),
        (attrs.evolve(ROW, metrics=[[1], ["x"]]), "metrics[1][0]: expected a number, got 'x'"),
        (attrs.evolve(ROW, metrics=[1]), "metrics[0]: expected a list, got 1"),
        (ReportSummaryRow(metrics=[True]), "metrics[0]: expected a number, got True"),
        (
            attrs.evolve(REPORT, time_intervals=[(START, START), (START, 5)]),
            "time_intervals[1][1]: expected a datetime with a time zone, got 5",
        ),
        (attrs.evolve(REPORT, totals=[]), "totals: expected an object, got []"),
        (attrs.evolve(REPORT, totals={"a": 1, "b": "x"}), "totals.b: expected a number, got 'x'"),
        (
            attrs.evolve(REPORT, data=[ReportByTimeRow(), 5]),
            "data[1]: expected an object of the class ReportByTimeRow, got 5",
        ),
        (attrs.evolve(REQUEST, dns="x"), "dns: expected an object of the class DNS, got 'x'"),
        (attrs.evolve(REQUEST, dns=attrs.evolve(REQUEST.dns, name=5)), "dns.name: expected a string, got 5"),
        (attrs.evolve(REQUEST, origin_port=1.5), "origin_port: expected a string or a whole number, got 1.5"),
        (attrs.evolve(REQUEST, ip_firewall=1), "ip_firewall: expected true or false, got 1"),
    ],
)
def test_what_cannot_be_written(item: object, problem: str) -> None:
    """The error names the field, what was expected and the value."""
    with pytest.raises(ConversionError) as caught:
        make_converter().unstructure(item)
    assert str(caught.value) == problem
