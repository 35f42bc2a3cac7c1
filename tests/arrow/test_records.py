"""Reports as plain rows."""

from datetime import UTC, datetime
from math import nan
from typing import Any, Final

import pytest

from aiospectrum import (
    InvalidArgumentError,
    ReportByTimeRow,
    ReportSummary,
    ReportSummaryRow,
    TableError,
    make_converter,
)
from tests.arrow.reports import SINCE, by_time, hours, summary

FIRST, SECOND = hours(2)


def test_by_time() -> None:
    """There is a row for each combination of dimension values and interval, in that order."""
    report = by_time(
        {("connect", "AMS"): [[1, 2], [0.5, 1]], ("connect", "SFO"): [[3, 4], [2, 2.5]]},
        metrics=("count", "durationAvg"),
        dimensions=("event", "coloName"),
    )

    rows = report.records()

    assert [list(row) for row in rows] == [
        ["interval_start", "interval_end", "event", "coloName", "count", "durationAvg"]
    ] * 4
    assert [list(row.values()) for row in rows] == [
        [*FIRST, "connect", "AMS", 1, 0.5],
        [*SECOND, "connect", "AMS", 2, 1.0],
        [*FIRST, "connect", "SFO", 3, 2.0],
        [*SECOND, "connect", "SFO", 4, 2.5],
    ]
    assert {type(row["durationAvg"]) for row in rows} == {float}


def test_iteration() -> None:
    """A report goes over its rows."""
    report = by_time({("connect",): [[1, 2]]})
    assert list(report) == report.records()
    assert [*by_time({})] == []


def test_a_summary() -> None:
    """The interval of a summary is the time that it says it covers."""
    until = datetime(2026, 11, 18, 23, 59, 59, tzinfo=UTC)
    report = summary({("connect",): [7]}, since=SINCE, until=until)
    assert report.records() == [{"interval_start": SINCE, "interval_end": until, "event": "connect", "count": 7}]


@pytest.mark.parametrize(
    ("echoed", "expected"),
    [
        ("2026-11-18T00:00:00Z", SINCE),
        ("2026-11-18T01:00:00+01:00", SINCE),
        ("2026-11-18T00:00:00", SINCE),
        ("2026-11-18T00:00:00.123456999Z", SINCE.replace(microsecond=123456)),
        ("2026-11-18T00:00:00.9999999Z", SINCE.replace(microsecond=999999)),
        ("9999-12-31T23:59:59.9999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
        ("0001-01-01T00:00:00+01:00", None),
        (1763424000, None),
    ],
)
def test_the_time_that_a_summary_echoes(echoed: object, expected: datetime | None) -> None:
    """It is echoed as text: read in UTC and to the microsecond, and missing where it cannot be read."""
    [row] = summary({("connect",): [7]}, since=echoed, until=echoed).records()
    assert (row["interval_start"], row["interval_end"]) == (expected, expected)


def test_a_summary_that_was_decoded() -> None:
    """A response has the time of its summary in each row, however often it went through JSON."""
    query = {"metrics": ["count"], "since": "2026-11-18T00:00:00Z", "until": "2026-11-18T23:59:59Z"}
    body = {"data": [{"metrics": [7]}], "data_lag": 0, "rows": 1, "totals": {}, "min": {}, "max": {}, "query": query}
    converter = make_converter()
    report = converter.structure(body, ReportSummary)
    until = datetime(2026, 11, 18, 23, 59, 59, tzinfo=UTC)
    for each in (report, converter.structure(converter.unstructure(report), ReportSummary)):
        assert each.records() == [{"interval_start": SINCE, "interval_end": until, "count": 7}]


@pytest.mark.parametrize("echo", [{}, {"since": "yesterday", "until": {"odd": True}}], ids=["nothing", "odd things"])
def test_a_summary_that_does_not_say_its_time(echo: dict[str, Any]) -> None:
    """What is not known is missing."""
    [row] = summary({("connect",): [7]}, **echo).records()
    assert (row["interval_start"], row["interval_end"]) == (None, None)


def test_without_dimensions() -> None:
    """A report that nothing is broken down by has one row for each interval, whether it echoes that or not."""
    for dimensions in ((), None):
        report = by_time({(): [[1, 2]]}, dimensions=dimensions)
        assert [row["count"] for row in report.records()] == [1, 2]


@pytest.mark.parametrize("make", [by_time, summary])
def test_no_rows(make: Any) -> None:
    """No data is no rows."""
    assert make({}).records() == []


def test_no_intervals() -> None:
    """Rows over no time are no rows."""
    assert by_time({("connect",): [[]]}, intervals=0).records() == []


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([12.0, 3], [12, 3]), ([12.5, 3.0], [12.5, 3]), ([2.0**60, 1], [2**60, 1])],
    ids=["whole", "fraction", "large"],
)
def test_whole_numbers(numbers: list[float], expected: list[float]) -> None:
    """Counts are integers however JSON writes them, unless they have fractions."""
    found = [row["count"] for row in by_time({("connect",): [numbers]}).records()]
    assert [(type(each), each) for each in found] == [(type(each), each) for each in expected]


def test_missing_values() -> None:
    """Rows that are shorter than others have None for what they lack."""
    report = by_time({("connect", "AMS"): [[1, 2], [0.5, 1]]}, metrics=("count", "durationAvg"), dimensions=("a", "b"))
    report.data.append(ReportByTimeRow(dimensions=["progress"], metrics=[[3]]))
    report.data.append(ReportByTimeRow())
    assert [list(row.values())[2:] for row in report.records()[2:]] == [
        ["progress", None, 3, None],
        ["progress", None, None, None],
        [None, None, None, None],
        [None, None, None, None],
    ]


def test_missing_numbers() -> None:
    """What came as null is None, among whole numbers and others."""
    report = by_time({("connect",): [[1, nan], [nan, 0.5], [nan, 2]]}, metrics=("count", "durationAvg", "duration99th"))
    assert [list(row.values())[3:] for row in report.records()] == [[1, None, None], [None, 0.5, 2.0]]
    assert summary({("connect",): [nan]}).records()[0]["count"] is None


@pytest.mark.parametrize("entry", [(), (SINCE,), (SINCE, SINCE, SINCE)], ids=len)
def test_a_time_interval_that_is_no_pair(entry: tuple[datetime, ...]) -> None:
    """Its numbers are there all the same, at a time that is not known."""
    report = by_time({("connect",): [[1, 2]]})
    report.time_intervals[0] = entry
    first, second = report.records()
    assert (first["interval_start"], first["interval_end"], first["count"]) == (None, None, 1)
    assert (second["interval_start"], second["interval_end"], second["count"]) == (*SECOND, 2)


def test_something_else_than_numbers() -> None:
    """Objects that no response could have led to are refused in our own words."""
    with pytest.raises(TableError, match="something else than numbers in durationAvg"):
        summary({("connect",): ["long"]}, metrics=("durationAvg",)).records()


def test_missing_values_of_a_summary() -> None:
    """They are None there, too."""
    report = summary({("connect",): [1, 2]}, metrics=("count", "durationAvg"))
    report.data.append(ReportSummaryRow(dimensions=["progress"], metrics=[3]))
    assert report.records()[1]["durationAvg"] is None


@pytest.mark.parametrize(
    "echo", [None, [], ["count"], [{"Id": "count"}], "count", ["count", "count"], ["count", ""], ["count", "date"]]
)
def test_an_odd_echo(echo: Any) -> None:
    """A report that does not say the names of its columns is refused, unless the caller does."""
    report = summary({("connect",): [1, 2]}, metrics=echo)
    with pytest.raises(TableError, match=r"the report has 2 metrics and names them .*: say which with metrics=\[…\]"):
        report.records()
    [row] = report.records(metrics=["count", "bytesIngress"])
    assert (row["count"], row["bytesIngress"]) == (1, 2)


def test_an_odd_echo_of_dimensions() -> None:
    """It is the same with those."""
    report = summary({("connect",): [1]}, dimensions=None)
    with pytest.raises(TableError, match="1 dimensions and names them"):
        report.records()
    assert report.records(dimensions=("event",))[0]["event"] == "connect"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"metrics": []}, "metrics"),
        ({"metrics": "count"}, "metrics"),
        ({"metrics": ["interval_end"]}, "metrics"),
        ({"dimensions": ["a", "a"]}, "dimensions"),
        ({"dimensions": [1]}, "dimensions"),
    ],
    ids=str,
)
def test_names_that_do_not_fit(names: dict[str, Any], shown: str) -> None:
    """What the caller says has to be names, enough of them, and different ones."""
    with pytest.raises(InvalidArgumentError) as raised:
        summary({("connect",): [1]}).records(**names)
    assert raised.value.field == shown


def test_a_name_of_both_kinds() -> None:
    """A metric and a dimension cannot have one column."""
    with pytest.raises(TableError, match="both a metric and a dimension named count"):
        summary({("connect",): [1]}, dimensions=("count",)).records()


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (by_time({("connect",): [[1, 2, 3]]}), "has 3 numbers of count in a row, and 2 time intervals"),
        (by_time({("connect",): [[1, 2]], ("x",): [[1, 2, 3]]}), "has 3 numbers of count"),
        (summary({("connect",): [[1, 2]]}), "has several numbers of count in a row, and no time intervals"),
    ],
    ids=["too many", "too many in one row", "no intervals"],
)
def test_parts_that_do_not_go_together(report: Any, message: str) -> None:
    """Numbers that belong to no time are refused."""
    with pytest.raises(TableError, match=message):
        report.records()


def test_a_number_with_intervals() -> None:
    """A single number where there should be one for each interval is refused."""
    report = by_time({("connect",): [[1, 2]]})
    report.data.append(ReportByTimeRow(dimensions=["x"], metrics=[5]))  # type: ignore[list-item]  # what is tested
    with pytest.raises(TableError, match="has time intervals, and a single number of count in a row"):
        report.records()


MANY: Final = [(str(number),) for number in range(1500)]
SPARSE: Final = {
    "no numbers": by_time({key: [[]] for key in MANY}, intervals=1500),
    "one number in each row": by_time({key: [[1]] for key in MANY}, intervals=1500),
    "no metrics": by_time({key: [] for key in MANY}, metrics=(), intervals=1500),
    "names alone": summary({key: [] for key in MANY}, metrics=tuple(f"m{number}" for number in range(1500))),
}


@pytest.mark.parametrize("report", SPARSE.values(), ids=SPARSE)
def test_reports_that_lack_nearly_everything(report: Any) -> None:
    """A table of millions of cells is not made of a report of some kB."""
    with pytest.raises(TableError, match=r"numbers and values, and names and intervals for [24],"):
        report.records()


def test_names_are_cut() -> None:
    """An error does not repeat all names that a report gives."""
    with pytest.raises(TableError) as caught:
        summary({("a",): [1] * 5000}, metrics=("m",) * 5000).records()
    assert len(str(caught.value)) < 250
