"""Libraries that take Arrow data take a report as it is."""

import math
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from aiospectrum import Report, ReportQuery
from aiospectrum.bulk import Outcome, Plan, Query, pull
from tests.bulk.test_bulk_sandbox import NOW, running

pytest.importorskip("pyarrow")


@pytest.fixture
async def outcome() -> AsyncIterator[Outcome]:
    """An outcome of the sandbox, by time, with two dimensions."""
    query = Query(time_delta="hour", metrics=["count", "bytesIngress", "durationAvg"], dimensions=["appID", "event"])
    async with running(zones=1) as (sandbox, client):
        plan = Plan(zones=sandbox.zones, since=NOW - timedelta(hours=6), until=NOW, query=query, window="whole")
        async for each in pull(client, plan):
            yield each


@pytest.fixture
def report(outcome: Outcome) -> Report:
    """The report of it."""
    return outcome.unwrap()


def totals(report: Report) -> dict[str, float]:
    """What the sandbox says the columns add up to."""
    return {name: report.totals[name] for name in ("count", "bytesIngress")}


def test_pyarrow(report: Report) -> None:
    """A table of pyarrow is the table itself."""
    import pyarrow as pa

    table = pa.table(report)

    assert table == report.to_arrow()
    assert table.to_pylist() == report.records()
    assert pa.RecordBatchReader.from_stream(report).read_all() == table


def test_polars(report: Report) -> None:
    """Polars makes a frame of it, with categories for dimensions."""
    pl = pytest.importorskip("polars")

    frame = pl.DataFrame(report)

    assert frame.shape == (len(report.records()), 7)
    assert {name: frame[name].sum() for name in totals(report)} == totals(report)
    assert frame.schema["appID"] == pl.Categorical
    assert frame.schema["interval_start"] == pl.Datetime("us", "UTC")
    assert frame["interval_start"].min() == report.records()[0]["interval_start"]


def test_pandas(report: Report) -> None:
    """Pandas makes a frame of it, with categories for dimensions."""
    pd = pytest.importorskip("pandas", minversion="3")

    frame = pd.DataFrame.from_arrow(report)

    assert frame.shape == (len(report.records()), 7)
    assert {name: frame[name].sum() for name in totals(report)} == totals(report)
    assert str(frame.dtypes["appID"]) == "category"
    assert str(frame.dtypes["interval_start"]) == "datetime64[us, UTC]"


def test_pandas_itself(report: Report, outcome: Outcome) -> None:
    """Its constructor makes the same frame of a report, with plain text, and of an outcome."""
    pd = pytest.importorskip("pandas", minversion="3")

    frame = pd.DataFrame(report)

    assert frame.to_dict("records") == report.records()
    assert list(frame.columns) == ["interval_start", "interval_end", "appID", "event", *totals(report), "durationAvg"]
    assert [str(frame.dtypes[name]) for name in ("interval_start", "appID", "count", "durationAvg")] == [
        "datetime64[us, UTC]",
        "str",
        "int64",
        "float64",
    ]
    assert pd.DataFrame(outcome).to_dict("records") == outcome.records()


def test_duckdb(report: Report) -> None:
    """DuckDB finds it by the name of the variable."""
    duckdb = pytest.importorskip("duckdb")

    with duckdb.connect() as connection:
        [found] = connection.sql(
            "select sum(count), sum(bytesIngress), count(*), typeof(any_value(interval_start)) from report"
        ).fetchall()

    assert found == (*totals(report).values(), len(report.records()), "TIMESTAMP WITH TIME ZONE")


def test_outcomes_of_a_pull(outcome: Outcome) -> None:
    """The outcome of a task has the zone and the window in front."""
    import pyarrow as pa

    table = pa.table(outcome)

    rows = outcome.records()
    assert table.to_pylist() == rows
    assert list(rows[0])[:3] == ["zone_id", "window_since", "window_until"]
    assert {(row["zone_id"], row["window_since"], row["window_until"]) for row in rows} == {
        (outcome.task.zone_id, outcome.window.since, outcome.window.until)
    }
    assert str(table.schema.field("zone_id").type) == "dictionary<values=string, indices=int32, ordered=0>"


async def test_a_summary() -> None:
    """The interval of a summary is the time that the response echoes."""
    since, until = NOW - timedelta(hours=6), NOW - timedelta(seconds=1)
    async with running(zones=1) as (sandbox, client):
        summarize = client.analytics.events.summary
        report = await summarize(sandbox.zones[0], metrics=["count"], since=since, until=until)

    [row] = report.records()
    assert row == {"interval_start": since, "interval_end": until, "count": report.totals["count"]}
    assert report.to_arrow().to_pylist() == [row]


async def test_a_summary_of_a_pull() -> None:
    """The interval of a summary is the requested time."""
    async with running(zones=1) as (sandbox, client):
        query = Query(kind="summary", metrics=["durationAvg"])
        plan = Plan(zones=sandbox.zones, since=NOW - timedelta(hours=6), until=NOW, query=query)
        [row] = [row async for each in pull(client, plan) for row in each.records()]

    assert (row["interval_start"], row["interval_end"]) == (plan.since, plan.until - timedelta(seconds=1))
    duration: Any = row["durationAvg"]
    assert math.isfinite(duration)
    assert duration > 0


def test_frames_by_methods(report: Report) -> None:
    """A report makes the frame itself, with names of one's own where it echoes none."""
    pl, pd = pytest.importorskip("polars"), pytest.importorskip("pandas", minversion="3")

    assert report.to_polars().equals(pl.DataFrame(report))
    pd.testing.assert_frame_equal(report.to_pandas(), report.to_arrow().to_pandas())
    names = {"metrics": ["count", "bytesIngress", "durationAvg"], "dimensions": ["appID", "event"]}
    silent = attrs.evolve(report, query=ReportQuery())
    assert (
        silent.to_polars(**names).columns == list(silent.to_pandas(**names).columns) == report.to_arrow().column_names
    )


@pytest.mark.parametrize("package", ["polars", "pandas", "pyarrow"])
def test_frames_say_what_they_need(report: Report, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, with how to install it."""
    for library in ("polars", "pandas"):
        pytest.importorskip(library)  # imported without pyarrow, they would do without it in other tests too
    monkeypatch.setitem(sys.modules, package, None)
    for make in {"polars": [report.to_polars], "pandas": [report.to_pandas]}.get(
        package, [report.to_polars, report.to_pandas]
    ):
        with pytest.raises(ImportError, match=f"needs the package {package}: pip install "):
            make()
