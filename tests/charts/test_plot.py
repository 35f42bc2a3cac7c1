"""``report.plot`` and ``dataset.plot``: charts that have the numbers of what they are made of."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import (
    InvalidArgumentError,
    ReportByTime,
    ReportByTimeRow,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
)
from aiospectrum.charts.bins import MOST_BINS, make_bins
from aiospectrum.charts.drawing import draw_panels
from aiospectrum.charts.reports import panels_of_report
from aiospectrum.charts.texts import (
    human_duration,
    human_number,
    human_size,
    human_span,
    percent,
    plain,
    told_apart,
    unit_of,
)
from aiospectrum.charts.widths import drawn_width, fitted, wrapped
from aiospectrum.tables.layout import TidyTable
from tests.arrow.test_without_arrow import WITHOUT, run
from tests.charts.datasets import APPS, HOSTILE, METRICS, SINCE, VALUES, ZONES, make_dataset

pytest.importorskip("altair")

HOURS = 5


def by_time(dimensions: Sequence[str], rows: Mapping[tuple[str, ...], Sequence[Sequence[float]]], *metrics: str) -> Any:
    """A report of some hours."""
    starts = [SINCE + timedelta(hours=hour) for hour in range(HOURS)]
    return ReportByTime(
        data=[
            ReportByTimeRow(dimensions=list(key), metrics=[list(each) for each in numbers])
            for key, numbers in rows.items()
        ],
        data_lag=0,
        rows=len(rows),
        query=ReportQuery(metrics=list(metrics), dimensions=list(dimensions)),
        totals={},
        time_intervals=[[start, start + timedelta(seconds=3599)] for start in starts],
    )


def summary(dimensions: Sequence[str], rows: Mapping[tuple[str, ...], Sequence[float]], *metrics: str) -> Any:
    return ReportSummary(
        data=[ReportSummaryRow(dimensions=list(key), metrics=list(numbers)) for key, numbers in rows.items()],
        data_lag=0,
        rows=len(rows),
        query=ReportQuery(metrics=list(metrics), dimensions=list(dimensions), since=SINCE, until=SINCE),
        totals={},
    )


def drawn(chart: Any) -> list[dict[str, dict[str, list[float | None]]]]:
    """The numbers of each series of each panel, by title."""
    spec = chart.to_dict()
    found = []
    for panel in spec.get("vconcat", [spec]):
        data = next(place["data"] for place in (panel["layer"][-1], panel, spec) if "data" in place)
        values = data["values"] if "values" in data else spec["datasets"][data["name"]]
        series: dict[str, list[float | None]] = {}
        for row in values:
            series.setdefault(row["s"], []).append(row["v"])
        found.append({panel["title"]["text"]: series})
    return found


def test_a_report_by_time() -> None:
    """A panel for each metric, a series for each value, the largest first, by host name."""
    rows = {("a",): [[1, 2, 3, 4, 5]], ("b",): [[10, 20, nan, 40, 50]]}
    found = drawn(by_time(["appID"], rows, "count").plot(names={"b": "b.example"}))
    assert found == [{"Events by application": {"b.example": [10, 20, None, 40, 50], "a": [1, 2, 3, 4, 5]}}]


def test_rows_that_are_drawn_as_one_add_up() -> None:
    """Over the dimensions that are not drawn, and over all that have no colour."""
    rows = {
        (colo, event): [[number] * HOURS] for number, (colo, event) in enumerate((c, e) for c in "abcd" for e in "xy")
    }
    report = by_time(["coloName", "event"], rows, "count")
    assert drawn(report.plot(by="event")) == [{"Events by event": {"y": [16] * 5, "x": [12] * 5}}]
    few = drawn(report.plot("count", top=1))
    assert few == [{"Events by data centre": {"d": [13] * 5, "3 others": [15] * 5}}]


def test_durations_do_not_add_up() -> None:
    """They are left out where they would have to, and refused where they were wanted."""
    rows = {(c, e): [[1] * HOURS, [2] * HOURS] for c in "ab" for e in "xy"}
    report = by_time(["coloName", "event"], rows, "count", "durationAvg")
    assert [list(panel) for panel in drawn(report.plot())] == [["Events by data centre"]]
    with pytest.raises(InvalidArgumentError, match="do not add up"):
        report.plot("durationAvg")
    with pytest.raises(InvalidArgumentError, match="do not add up"):
        by_time(["coloName", "event"], {k: [v[0]] for k, v in rows.items()}, "durationAvg").plot()


def test_one_line_each() -> None:
    """Without dimensions, both directions share a panel, and so do durations."""
    numbers = [[place + 1] * HOURS for place in range(len(METRICS))]
    panels = drawn(by_time([], {(): numbers}, *METRICS).plot())
    assert [{title: len(series) for title, series in panel.items()} for panel in panels] == [
        {"Events": 1},
        {"Bytes": 2},
        {"Durations": 4},
    ]


def test_a_summary_is_bars() -> None:
    """One for each combination, with its number in its unit beside it."""
    report = summary(["appID", "event"], {("a", "x"): [1500], ("b", "y"): [2_500_000]}, "bytesIngress")
    chart = report.plot(names={"a": "a.example"})
    assert list(drawn(chart)[0]["Bytes from clients by application and event"]) == ["b · y", "a.example · x"]
    assert "2.5 MB" in json.dumps(chart.to_dict())


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(by_time(["appID"], {}, "count"), id="no rows"),
        pytest.param(summary([], {}, "count"), id="an empty summary"),
        pytest.param(by_time(["appID"], {("a",): [[nan] * HOURS]}, "count"), id="nothing but nulls"),
        pytest.param(by_time(["appID"], {("a",): [[0] * HOURS]}, "count"), id="zeros"),
        pytest.param(by_time(["appID"], {("a",): [[-5, 3, 0, 9e30, 1e-9]]}, "durationAvg"), id="odd numbers"),
        pytest.param(by_time(["appID"], {(text,): [[1] * HOURS] for text in HOSTILE[:10]}, "count"), id="hostile"),
        pytest.param(by_time(["x<y"], {("a",): [[1] * HOURS]}, "j[i]t'ter"), id="odd names"),
    ],
)
def test_any_report_can_be_drawn(report: Any, tmp_path: Path) -> None:
    """And saved; foreign text is data, without characters that control."""
    chart = report.plot()
    for name in ("chart.svg", "chart.png", "chart.html"):
        chart.save(str(tmp_path / name))
    text = json.dumps(chart.to_dict(), ensure_ascii=False)
    assert not set(text) & set("\u202e\u2066\x1b\x00")
    assert "<script>window" not in (tmp_path / "chart.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param({"metric": "bytes"}, "metric", id="metric"),
        pytest.param({"by": "event"}, "by", id="dimension"),
        pytest.param({"top": 0}, "top", id="none"),
        pytest.param({"top": 7}, "top", id="too many"),
        pytest.param({"top": True}, "top", id="no number"),
        pytest.param({"names": [("a", "b")]}, "names", id="names"),
    ],
)
def test_bad_arguments_are_refused(tmp_path: Path, arguments: dict[str, Any], field: str) -> None:
    """By name, of reports and datasets alike."""
    dataset = make_dataset(tmp_path, metrics=("count",), dimensions=("appID",), days=1, zones=ZONES[:1])
    for thing in (by_time(["appID"], {("a",): [[1] * HOURS]}, "count"), dataset):
        with pytest.raises(InvalidArgumentError) as caught:
            thing.plot(**arguments)
        assert caught.value.field == field


def test_names_are_not_rounded() -> None:
    """Numbers of shapes are, and names of ids are changed; in what people read both stay as they are."""
    names = ["v1.2345.example.com", "clip1.example.com", "gradient_0.example.com", "-3.14159"]
    report = by_time(["coloName"], {(text,): [[1.0] * HOURS] for text in names}, "count")
    tidy = TidyTable.from_report(report, metrics=["count"], dimensions=["coloName"])
    numbers = {"count": [number for piece in tidy.metrics["count"] for number in piece]}
    svg = draw_panels(panels_of_report(tidy.intervals, tidy.dimensions, numbers, wanted=None, by=None, top=6, names={}))
    assert all(f">{name}<" in svg for name in names)
    assert not re.search(r' d="[^"]*\.\d\d', svg)


def test_no_text_ends_the_scripts_of_a_chart(tmp_path: Path) -> None:
    """Whatever the API, a dataset or names hold, the HTML of a chart has the scripts of altair alone."""
    values = {"appID": list(HOSTILE[:10]), "coloName": list(HOSTILE[:9])}
    hostile = make_dataset(tmp_path, values={**VALUES, **values}, days=1)
    names = dict(zip(HOSTILE, reversed(HOSTILE), strict=True))
    report = by_time(["coloName"], {(text,): [[1.0] * HOURS] for text in HOSTILE}, "count")
    usual = by_time(["coloName"], {("SFO",): [[1.0] * HOURS]}, "count").plot().to_html()
    for chart in (hostile.plot(names=names), hostile.plot(by="coloName"), report.plot(), report.plot(top=6)):
        page = chart.to_html()
        for tag in ("<script", "</script", "<!--", "<img", "<svg"):
            assert page.lower().count(tag) == usual.lower().count(tag), tag


def test_a_dataset(tmp_path: Path) -> None:
    """Rows of all zones by what is asked for; the sum of a chart is that of the rows."""
    dataset = make_dataset(tmp_path, values={**VALUES, "appID": APPS[:9]}, days=1)
    rows = dataset.to_arrow().to_pylist()

    def whole(chart: Any) -> float:
        [panel] = drawn(chart)
        [series] = panel.values()
        return sum(value or 0 for values in series.values() for value in values)

    traffic = sum(row["bytesIngress"] + row["bytesEgress"] for row in rows)
    assert whole(dataset.plot()) * 1e6 == pytest.approx(traffic, rel=1e-3)
    connects = sum(row["count"] for row in rows if row["event"] == "connect")
    [panel] = drawn(dataset.plot("count", by="event"))
    assert sum(panel["Events by event"]["connect"]) * 1e6 == pytest.approx(connects, rel=1e-3)
    assert list(drawn(dataset.plot(by="zone_id", top=1))[0]["Traffic by zone"])[1] == "1 other"
    assert list(drawn(dataset.plot("durationAvg"))[0]) == ["Durations"]
    with pytest.raises(InvalidArgumentError, match="does not add up"):
        dataset.plot("durationAvg", by="appID")


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.timedeltas(timedelta(seconds=1), timedelta(days=20_000)),
    st.sampled_from(["minute", "dekaminute", "hour", "day", "week", "month", "quarter", "year", None, "fortnight"]),
)
def test_intervals_of_charts(start: datetime, length: timedelta, least: str | None) -> None:
    """They cover the time, touch one another, and are few."""
    since, until = start.replace(tzinfo=UTC), start.replace(tzinfo=UTC) + length
    bins = make_bins(since, until, least)
    ends = [*bins.starts[1:], bins.until]
    assert bins.starts[0] <= since
    assert until <= bins.until
    assert all(first < last for first, last in zip(bins.starts, ends, strict=True))
    assert len(bins.starts) <= MOST_BINS
    assert bins.starts[0] + (ends[0] - bins.starts[0]) > since


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (human_size(999), "999 B"),
        (human_size(1_234_567), "1.2 MB"),
        (human_number(12_345), "12,345"),
        (human_number(999_999), "1.00 million"),
        (human_number(45_600_000_000), "45.6 billion"),
        (human_number(2**63), "9.22 quintillion"),
        (human_size(2**80), "1.2 YB"),
        (human_duration(250), "250 ms"),
        (human_duration(5_400_000), "1.5 h"),
        (percent(1, 8), "12 %"),
        (percent(1, 3000), "< 0.1 %"),
        (percent(0, 5), "0 %"),
        (percent(0, 0), ""),
        (human_size(999_950), "1.0 MB"),
        (human_number(999.94), "999.9"),
        (human_number(999.95), "1,000"),
        (human_number(-999.95), "-1,000"),
        (human_number(9_996_000), "10.0 million"),
        (human_number(999_950_000), "1.00 billion"),
        (human_duration(999.6), "1.0 s"),
        (human_duration(59_960), "1.0 min"),
        (human_duration(3_599_000), "1.0 h"),
        (human_span(timedelta(seconds=59.6)), "1 min"),
        (human_span(timedelta(minutes=59, seconds=59)), "1 h"),
        (percent(9.94, 100), "9.9 %"),
        (percent(9.996, 100), "10 %"),
        (plain("a\u202eb\n"), "a\\u202eb\\n"),
        (plain("\u202e" * 9, 20), "\\u202e\\u20…02e\\u202e"),
        (plain("x" * 9, 5), "xx…xx"),
        (unit_of("bytesIngress", 3e9), (1e9, "GB")),
        (unit_of("durationAvg", 3000), (1000, "seconds")),
    ],
    ids=str,
)
def test_numbers_have_units(shown: object, expected: object) -> None:
    """As people write them."""
    assert shown == expected


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "\U0001f9d1\U0001f3fd\u200d\U0001f680",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "S\u00e3o Paulo",
        "e\u0301",
    ],
    ids=ascii,
)
def test_text_of_any_script_is_shown(text: str) -> None:
    """With the joiners of emoji, Persian and Hindi."""
    assert plain(text) == text


@pytest.mark.parametrize("code", [0x200E, 0x061C, 0x202A, 0x2066, 0x200B, 0x2060, 0xFEFF, 0xAD, 0x9B, 0x2028])
@pytest.mark.parametrize("other", [0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, 0x200C, 0x200D])
def test_what_controls_or_hides_is_escaped(code: int, other: int) -> None:
    """What turns direction, what is drawn as nothing, and joiners that join nothing."""
    for character in (chr(code), chr(other)):
        for text in (f"shop{character}.example", character, f"{character}a"):
            assert plain(text) == text.replace(character, character.encode("unicode_escape").decode())


@given(
    st.text(max_size=60) | st.text("MW@\uff2d\u202e ", max_size=60), st.floats(20, 400), st.sampled_from([12.0, 32.0])
)
def test_text_fits_where_it_is_drawn(text: str, width: float, size: float) -> None:
    """Cut or wrapped; what has room is whole."""
    width = max(width, 3 * size)
    short = fitted(text, size, width)
    assert drawn_width(short, size) <= width
    assert short == plain(text) or "…" in short
    lines = wrapped(text, size, width, 2)
    assert 1 <= len(lines) <= 2
    assert all(drawn_width(line, size) <= width for line in lines)
    if not lines[-1].endswith("…"):
        assert "".join("".join(lines).split()) == "".join(plain(text).split())


@given(st.dictionaries(st.text("0123abc", min_size=1, max_size=32), st.sampled_from(["a", "b", "c"]), max_size=9))
def test_equal_names_are_told_apart(labels: dict[str, str]) -> None:
    """By their ids, whatever these are; others are as they were."""
    found = told_apart(labels)
    assert list(found) == list(labels)
    assert len(set(found.values())) == len(labels)
    alone = {key for key, label in labels.items() if list(labels.values()).count(label) == 1}
    assert all(found[key] == labels[key] for key in alone)


def test_equal_names_are_shown_with_their_ids() -> None:
    """By time and in a summary, where rows of two applications are not added up."""
    one, other = "ea95" + "0" * 28, "0b1c" + "0" * 28
    names = dict.fromkeys((one, other), "shop.example")
    rows = {(one,): [[3] * HOURS], (other,): [[2] * HOURS]}
    assert drawn(by_time(["appID"], rows, "count").plot(names=names)) == [
        {"Events by application": {"shop.example (ea95…)": [3] * HOURS, "shop.example (0b1c…)": [2] * HOURS}}
    ]
    bars = summary(["appID", "event"], {(one, "x"): [3], (other, "x"): [2]}, "count").plot(names=names)
    series = drawn(bars)[0]["Events by application and event"]
    assert series == {"shop.example (ea95…) · x": [3], "shop.example (0b1c…) · x": [2]}


def test_who_lacks_the_extra_is_told(tmp_path: Path) -> None:
    """How to install it; nothing of it is imported before."""
    hidden = WITHOUT.replace('{"pyarrow", "fsspec"}', '{"altair", "vl_convert"}')
    code = """
from aiospectrum import ReportQuery, ReportSummary, ReportSummaryRow
report = ReportSummary(
    data=[ReportSummaryRow(metrics=[1])], data_lag=0, rows=1, query=ReportQuery(metrics=["count"], dimensions=[])
)
print(len(report._repr_html_()) > 50)
try:
    report.plot()
except ImportError as error:
    print(error)
"""
    assert run(hidden + code) == "True\nA chart needs the package altair: pip install 'aiospectrum[report]'\n"
    loaded = (
        "import aiospectrum, aiospectrum.bulk, sys; print([n for n in sys.modules if n in ('altair', 'vl_convert')])"
    )
    assert run(loaded) == "[]\n"


def test_pandas_is_not_needed() -> None:
    """Nor is polars; records are what charts are made of."""
    hidden = WITHOUT.replace('{"pyarrow", "fsspec"}', '{"pandas", "polars", "pyarrow"}')
    code = """
from aiospectrum import ReportQuery, ReportSummary, ReportSummaryRow
report = ReportSummary(
    data=[ReportSummaryRow(metrics=[1])], data_lag=0, rows=1, query=ReportQuery(metrics=["count"], dimensions=[])
)
print(report.plot().to_dict()["title"]["text"])
"""
    done = subprocess.run([sys.executable, "-c", hidden + code], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.stdout, done.returncode) == ("Events\n", 0), done.stderr


def test_a_legend_is_no_wider_than_the_plot() -> None:
    """Long names are one below another, and short ones in a row."""
    for name, columns in (("a" * 100, 1), ("SFO", 6)):
        rows = {(f"{name}{place}",): [[1, 2]] for place in range(6)}
        chart = by_time(["coloName"], rows, "count").plot().to_dict()
        legend = chart["layer"][-1]["encoding"]["color"]["legend"]
        assert legend["columns"] >= columns
        assert legend["columns"] * (36 + min(legend["labelLimit"], 4 * len(name))) <= chart["width"]
