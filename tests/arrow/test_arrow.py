"""Reports as Arrow tables."""

from datetime import timedelta
from math import isnan, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import Report, ReportByTimeRow, TableError
from aiospectrum.bulk import Query, Window
from aiospectrum.bulk.columns import Part, pack_report, to_table
from tests.arrow.reports import SINCE, by_time, summary

pa = pytest.importorskip("pyarrow")

TIME = pa.timestamp("us", tz="UTC")
TEXT = pa.dictionary(pa.int32(), pa.string())


def plain(table: Any) -> list[dict[str, Any]]:
    """The rows of a table."""
    return list(table.to_pylist())


def test_types() -> None:
    """Every column has the type that its name stands for."""
    names = ("count", "bytesIngress", "bytesEgress", "durationAvg", "duration99th", "newMetric")
    report = by_time({("connect",): [[1, 2]] * 6}, metrics=names)

    table = report.to_arrow()

    assert table.schema == pa.schema(
        {
            "interval_start": TIME,
            "interval_end": TIME,
            "event": TEXT,
            "count": pa.int64(),
            "bytesIngress": pa.int64(),
            "bytesEgress": pa.int64(),
            "durationAvg": pa.float64(),
            "duration99th": pa.float64(),
            "newMetric": pa.float64(),
        }
    )
    table.validate(full=True)
    assert plain(table) == report.records()


@pytest.mark.parametrize(
    "report",
    [by_time({}), summary({}), by_time({("connect",): [[]]}, intervals=0), by_time({}, intervals=0)],
    ids=["no rows", "empty summary", "no intervals", "neither"],
)
def test_empty(report: Report) -> None:
    """A table without rows has its types all the same."""
    table = report.to_arrow()
    table.validate(full=True)
    assert table.num_rows == 0
    assert table.schema == by_time({("connect",): [[1, 2]]}).to_arrow().schema


def test_missing_values_are_null() -> None:
    """What a row lacks is null, and the types are what they are."""
    report = by_time({("connect",): [[1, 2], [0.5, 1]]}, metrics=("count", "durationAvg"))
    report.data.append(ReportByTimeRow(dimensions=[], metrics=[[3]]))
    table = report.to_arrow()
    table.validate(full=True)
    assert plain(table) == report.records()
    assert [str(field.type) for field in table.schema][-2:] == ["int64", "double"]
    assert table["event"].to_pylist() == ["connect", "connect", None, None]


@pytest.mark.parametrize("numbers", [[1, nan], [nan, 0.5], [nan, nan], [2**60 + 1, nan], [2.0**60, nan]], ids=str)
def test_missing_numbers_are_null(numbers: list[float]) -> None:
    """So is what came as null, in columns of either type, and in those of datasets."""
    report = by_time({("connect",): [numbers, numbers]}, metrics=("count", "durationAvg"))
    table = report.to_arrow()
    table.validate(full=True)
    expected = [None if isnan(each) else each for each in numbers]
    assert table["count"].to_pylist() == expected
    assert str(table.schema.field("count").type) == ("double" if 0.5 in numbers else "int64")
    assert table["durationAvg"].to_pylist() == [None if each is None else float(each) for each in expected]
    uniform, _ = uniform_of(report)
    assert uniform["count"].to_pylist() == [None if each is None else round(each) for each in expected]


def test_a_time_interval_that_is_no_pair() -> None:
    """Its start and end are null."""
    report = by_time({("connect",): [[1, 2]]})
    report.time_intervals[1] = ()
    assert report.to_arrow()["interval_end"].to_pylist() == [report.time_intervals[0][1], None]
    assert plain(report.to_arrow()) == report.records()


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([1.0, 2], "int64"),
        ([2**63 - 1, -(2**63) + 1], "int64"),
        ([1.5, 2], "double"),
        ([2.0**63, 2], "double"),
        ([2**63, 2], "double"),
        ([2**53 + 1, 2.0], "int64"),
    ],
    ids=["whole", "largest", "fraction", "too large", "too large and whole", "beyond exact floats"],
)
def test_counts_that_are_unusual(numbers: list[float], kind: str) -> None:
    """Nothing fails and nothing is lost: a column of counts becomes one of floats where it has to."""
    table = by_time({("connect",): [numbers]}).to_arrow()
    assert str(table.schema.field("count").type) == kind
    assert table["count"].to_pylist() == numbers


def test_large_durations() -> None:
    """A duration beyond what floats represent exactly is the nearest float."""
    table = by_time({("connect",): [[2**60 + 1, 2]]}, metrics=("durationAvg",)).to_arrow()
    assert table["durationAvg"].to_pylist() == [2.0**60, 2.0]


def uniform_of(report: Report) -> tuple[Any, tuple[str, ...]]:
    """The table that a dataset has of a report, and what was rounded in it."""
    echo: Any = report.query
    query = Query(time_delta="hour", metrics=echo.metrics, dimensions=echo.dimensions)
    window = Window(since=SINCE, until=SINCE + timedelta(days=1))
    return to_table(query, [Part(zone_id="0" * 32, window=window, report=pack_report(query, window, report))])


def test_uniform_tables() -> None:
    """In a dataset counts are whole numbers whatever comes, and those that were rounded are named."""
    table, rounded = uniform_of(by_time({("connect",): [[1.5, 2.5], [1, 2]]}, metrics=("count", "bytesIngress")))
    assert table["count"].to_pylist() == [2, 2]
    assert rounded == ("count",)
    assert table.schema == uniform_of(by_time({}, metrics=("count", "bytesIngress")))[0].schema


@given(st.lists(st.floats(-(2.0**62), 2.0**62), min_size=1))
def test_uniform_tables_round_as_python_does(counts: list[float]) -> None:
    """To the nearest whole number, and from the middle to the even one."""
    report = by_time({("connect",): [counts]}, intervals=len(counts))
    table, _ = uniform_of(report)
    assert table["count"].to_pylist() == [round(each) for each in counts]


@pytest.mark.parametrize("number", [2.0**63, float("inf")])
def test_uniform_tables_have_their_limits(number: float) -> None:
    """What does not fit 64 bits is refused there."""
    with pytest.raises(TableError, match="numbers in count beyond whole numbers of 64 bits"):
        uniform_of(by_time({("connect",): [[number, 1]]}))


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (by_time({("connect",): [["many", 1]]}), "something else than numbers in count"),
        (summary({("connect",): [{}]}), "something else than numbers in count"),
        (summary({("\ud800",): [1]}), "something else than text in event"),
    ],
    ids=["text", "an object", "half a character"],
)
def test_things_of_another_kind(report: Report, message: str) -> None:
    """Objects that no response could have led to are refused in our own words."""
    with pytest.raises(TableError, match=message):
        report.to_arrow()


numbers = st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.floats(allow_infinity=False))


@given(st.data())
def test_arrow_and_rows_agree(data: st.DataObject) -> None:
    """Whatever the report, the Arrow table has the same values as the plain rows."""
    intervals = data.draw(st.integers(0, 3))
    metrics = tuple(data.draw(st.lists(st.sampled_from(["count", "bytesEgress", "durationAvg"]), unique=True)))
    dimensions = tuple(data.draw(st.lists(st.sampled_from(["event", "appID"]), unique=True)))
    series = st.lists(numbers, min_size=intervals, max_size=intervals)
    row = st.tuples(
        st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=3)] * len(dimensions)),
        st.tuples(*[series] * len(metrics)),
    )
    report = by_time({}, metrics=metrics, dimensions=dimensions, intervals=intervals)
    for key, values in data.draw(st.lists(row, max_size=4)):
        report.data.append(ReportByTimeRow(dimensions=list(key), metrics=list(values)))

    table = report.to_arrow()

    table.validate(full=True)
    assert table.num_rows == len(report.data) * intervals
    floats = {field.name for field in table.schema if field.type == pa.float64()}
    assert plain(table) == [
        {name: float(value) if name in floats and value is not None else value for name, value in each.items()}  # type: ignore[arg-type]  # numbers
        for each in report.records()
    ]
