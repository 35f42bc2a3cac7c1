"""Rows are added up exactly, a file at a time."""

import subprocess
import sys
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import Query
from aiospectrum.bulk.columns import schema_of
from aiospectrum.bulk.dataset.summing import sum_rows
from aiospectrum.charts.bins import make_bins
from tests.charts.datasets import APPS, SINCE, VALUES, ZONES, make_dataset

pa = pytest.importorskip("pyarrow")

QUERY = Query(time_delta="hour", metrics=["count", "bytesIngress", "durationAvg"], dimensions=["appID"])
BINS = make_bins(SINCE, SINCE + timedelta(days=2), "hour")


def table(rows: list[dict[str, Any]]) -> Any:
    """A file's rows; what is not said is the usual."""
    usual = {
        "zone_id": ZONES[0],
        "date": SINCE.date(),
        "window_since": SINCE,
        "window_until": SINCE + timedelta(days=1),
        "interval_start": SINCE,
        "interval_end": SINCE + timedelta(seconds=3599),
        "appID": APPS[0],
        "count": 1,
        "bytesIngress": 1,
        "durationAvg": 1.0,
    }
    return pa.Table.from_pylist([{**usual, **row} for row in rows], schema_of(QUERY))


def sums(*tables: Any, **options: Any) -> Any:
    return sum_rows(
        lambda columns: (each.select(list(columns)) for each in tables),
        QUERY,
        BINS,
        **{"measure": ["bytesIngress"], "by": ["appID"], "top": 2, **options},
    )


def test_sums_are_exact() -> None:
    """Beyond 64 bits too, where they would turn negative."""
    most = 2**63 - 1
    found = sums(table([{"bytesIngress": most}, {"bytesIngress": most}]), table([{"bytesIngress": most}, {}]))
    assert found.totals["bytesIngress"] == 3 * most + 1
    assert found.series["bytesIngress"][0] == 3 * most + 1
    assert found.breakdowns["appID"].groups[0].values[0] == 3 * most + 1


def test_what_is_missing_counts_nothing() -> None:
    """Nulls among numbers, dimensions and times."""
    rows = [{"count": None}, {"appID": None, "bytesIngress": 5}, {"interval_start": None}, {"durationAvg": None}]
    found = sums(table(rows), table([]))
    assert (found.totals, found.rows) == ({"count": 3, "bytesIngress": 8}, 4)
    assert [(group.key, group.totals["bytesIngress"]) for group in found.breakdowns["appID"].groups] == [
        ("", 5),
        (APPS[0], 3),
    ]
    assert found.durations["durationAvg"][0] == 1.0
    assert found.is_empty == [False, *[True] * 47]


def test_groups_without_traffic_are_not_busy() -> None:
    """They are rows and groups, and nothing more."""
    rows = [{"bytesIngress": 0}, {"appID": APPS[1], "bytesIngress": 5}, {"appID": APPS[2], "bytesIngress": None}]
    breakdown = sums(table(rows)).breakdowns["appID"]
    assert (breakdown.distinct, breakdown.busy) == (3, 1)


def test_durations_are_weighted() -> None:
    """By the counts of their rows; a single row is exact."""
    two = sums(table([{"durationAvg": 10.0, "count": 3}, {"durationAvg": 30.0, "count": 1}]))
    assert (two.durations["durationAvg"][0], two.durations_are_exact) == (15.0, False)
    assert sums(table([{}])).durations_are_exact


def test_rows_beyond_the_time_are_in_its_ends() -> None:
    """None is lost, whatever a file says."""
    found = sums(table([{"interval_start": SINCE - timedelta(days=9)}, {"interval_start": SINCE + timedelta(days=9)}]))
    assert (found.series["count"][0], found.series["count"][-1]) == (1, 1)


def test_memory_is_that_of_a_file() -> None:
    """A hundred files take no more than one or two."""
    one = table([{"appID": APPS[number % 40], "bytesIngress": number} for number in range(20_000)])
    held: list[int] = []

    def read(_: Collection[str]) -> Iterator[Any]:
        for _ in range(100):
            copy = pa.concat_tables([one.take(pa.array(range(len(one))))]).combine_chunks()
            held.append(pa.total_allocated_bytes())
            yield copy

    before = pa.total_allocated_bytes()
    found = sum_rows(read, QUERY, BINS, measure=["bytesIngress"], by=["appID", "zone_id"], top=5)
    assert found.rows == 2_000_000
    assert len(held) == 200
    assert max(held) - before < 12 * one.nbytes


def test_memory_does_not_follow_the_size_of_a_file(tmp_path: Path) -> None:
    """What Arrow takes for a chart is that of a few thousand rows, whatever a file of Parquet has."""
    pytest.importorskip("altair")
    make_dataset(tmp_path, days=1, zones=ZONES, values={**VALUES, "appID": APPS[:30]})
    peak = (
        "import sys, pyarrow; from aiospectrum.bulk import open_dataset; open_dataset(sys.argv[1]).plot();"
        " print(pyarrow.default_memory_pool().max_memory())"
    )
    command = [sys.executable, "-c", peak, str(tmp_path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 - ours
    assert int(said.stdout) < 12 << 20
