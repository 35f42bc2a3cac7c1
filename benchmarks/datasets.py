"""A dataset of 1,000 zones and 30 days: how many files it has, and how fast it is opened and read.

``bulk.save`` saves reports of 5 rows of 24 hours, over a transport without a network. Beside it the same rows are
written in the layout that it had before: a file for each zone and day, in hive folders. DuckDB sums both. Run it as
``nox -s datasets``, or as ``python -m benchmarks.datasets`` where ``aiospectrum[arrow]`` and duckdb are installed; it
takes some three minutes and 300 MB of temporary files, and exits 1 when a bound is missed.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from aiospectrum import ReportByTime, ReportByTimeRow, ReportQuery, Response, bulk
from benchmarks.tables import describe_run, format_table

MOST_FILES: Final = 60
LEAST_SPEED: Final = 20.0
"""How many times faster than in the former layout DuckDB sums at least."""

MOST_OPENING: Final = 0.1
"""Seconds that ``open_dataset`` takes at most, imports aside."""

SINCE: Final = datetime(2026, 11, 1, tzinfo=UTC)
NOW: Final = datetime(2027, 1, 1, tzinfo=UTC)
HOURS: Final = 24
METRICS: Final = ("count", "bytesIngress", "bytesEgress", "durationAvg")
APPS: Final = tuple(f"app{number}" for number in range(5))

ROUNDS: Final = 5
_OPEN: Final = """
import sys, time
from aiospectrum import bulk
bulk.open_dataset(sys.argv[2])
started = time.perf_counter()
dataset = bulk.open_dataset(sys.argv[1])
print(time.perf_counter() - started, dataset.windows)
"""
"""Opens a small dataset, for what is imported then, and the large one."""


class Reports:
    """A transport without a network, whose reports have the same numbers for every zone and day."""

    def __init__(self) -> None:
        """Make the numbers."""
        self.numbers = [[place + hour for hour in range(HOURS)] for place in range(len(APPS))]
        self._rows = [
            ReportByTimeRow(dimensions=[app], metrics=[each, each, each, [number + 0.5 for number in each]])
            for app, each in zip(APPS, self.numbers, strict=True)
        ]
        self.count = sum(map(sum, self.numbers))

    async def send(self, route: Any, *, path: Any, query: Mapping[str, Any], body: object = None) -> Response[Any]:
        """Respond."""
        starts = [query["since"] + timedelta(hours=hour) for hour in range(HOURS)]
        report = ReportByTime(
            data=self._rows,
            data_lag=0,
            rows=len(self._rows),
            query=ReportQuery(metrics=list(METRICS), dimensions=["appID"]),
            time_intervals=[(start, start + timedelta(minutes=59, seconds=59)) for start in starts],
        )
        return Response(
            route=route, url="", result=report, status=200, headers={}, messages=(), result_info=None, attempts=1
        )


def make_plan(zones: int, days: int) -> bulk.Plan:
    """The plan of a number of zones and days."""
    query = bulk.Query(time_delta="hour", metrics=METRICS, dimensions=["appID"])
    ids = [f"{number:032x}" for number in range(zones)]
    return bulk.Plan(zones=ids, since=SINCE, until=SINCE + timedelta(days=days), query=query)


def write_former_layout(folder: Path, plan: bulk.Plan, reports: Reports) -> None:
    """Write a file for each zone and day, whose folders have the zone and the date."""
    starts = [timedelta(hours=hour) for _ in APPS for hour in range(HOURS)]
    names = pa.array([app for app in APPS for _ in range(HOURS)]).dictionary_encode()
    numbers = [number for each in reports.numbers for number in each]
    times = pa.timestamp("us", tz="UTC")
    for task in plan:
        since, until = task.window.since, task.window.until
        place = folder / f"zone_id={task.zone_id}" / f"date={since:%Y-%m-%d}"
        place.mkdir(parents=True)
        table = pa.table(
            {
                "window_since": pa.array([since] * len(starts), times),
                "window_until": pa.array([until] * len(starts), times),
                "interval_start": pa.array([since + start for start in starts], times),
                "interval_end": pa.array([since + start + timedelta(seconds=3599) for start in starts], times),
                "appID": names,
                **{name: pa.array(numbers) for name in METRICS[:3]},
                "durationAvg": pa.array([number + 0.5 for number in numbers]),
            }
        )
        pq.write_table(table, place / f"{since:%Y%m%dT%H%M%SZ}.parquet", use_dictionary=["appID"])


def time_sum(query: str, expected: int) -> float:
    """Seconds of the fastest of some sums."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        rows = duckdb.sql(query).fetchall()
        times.append(time.perf_counter() - started)
        if rows != [(expected,)]:
            raise ValueError(f"the sum is {rows}, expected {expected}")
    return min(times)


def time_opening(folder: Path, small: Path, windows: int) -> float:
    """Seconds that the dataset takes to be opened, each time in a process of its own; the median."""
    times = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", _OPEN, str(folder), str(small)]
        seconds, found = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()  # noqa: S603
        if int(found) != windows:
            raise ValueError(f"{found} windows are there, expected {windows}")
        times.append(float(seconds))
    return statistics.median(times)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and say which bounds are missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--zones", type=int, default=1000, help="zones, 1,000 by default")
    parser.add_argument("--days", type=int, default=30, help="days, 30 by default")
    options = parser.parse_args(arguments)
    print(describe_run("duckdb", "pyarrow"))
    reports, plan = Reports(), make_plan(options.zones, options.days)
    expected = len(plan) * reports.count
    with tempfile.TemporaryDirectory(prefix="aiospectrum-datasets-") as name:
        former, folder, small = (Path(name, each) for each in ("former", "dataset", "small"))
        started = time.perf_counter()
        saved = asyncio.run(bulk.save(reports, plan, folder, clock=NOW.timestamp))
        saving = time.perf_counter() - started
        if not saved.ok:
            raise ValueError(f"not saved: {saved}")
        asyncio.run(bulk.save(reports, make_plan(1, 1), small, clock=NOW.timestamp))
        write_former_layout(former, plan, reports)
        files = [path.stat().st_size for path in Path(bulk.open_dataset(folder).folder).iterdir()]
        former_files = [path.stat().st_size for path in former.rglob("*.parquet")]
        pattern = f"read_parquet('{former}/**/*.parquet', hive_partitioning = true)"
        former_sum = time_sum(f"select sum(count) from {pattern}", expected)  # noqa: S608 - our own folder
        new_sum = time_sum(f"select sum(count) from '{folder}/data/**/*.parquet'", expected)  # noqa: S608
        opening = time_opening(folder, small, len(plan))
    rows = [
        ["files", f"{len(former_files):,}", f"{len(files):,}"],
        ["MB", f"{sum(former_files) / 1e6:.1f}", f"{sum(files) / 1e6:.1f}"],
        ["DuckDB's sum, ms", f"{former_sum * 1000:,.0f}", f"{new_sum * 1000:,.1f}"],
        ["open_dataset, ms", "", f"{opening * 1000:.0f}"],
        ["save, s", "", f"{saving:.1f}"],
    ]
    print(format_table([f"{options.zones:,} zones, {options.days} days", "a file each", "dataset"], rows))
    speed = former_sum / new_sum
    print(f"The sum is {speed:.0f} times faster.")
    misses = []
    if len(files) > MOST_FILES:
        misses.append(f"{len(files)} files, at most {MOST_FILES} wanted")
    if speed < LEAST_SPEED:
        misses.append(f"DuckDB is {speed:.1f} times faster, at least {LEAST_SPEED:.0f} wanted")
    if opening > MOST_OPENING:
        misses.append(f"open_dataset takes {opening * 1000:.0f} ms, at most {MOST_OPENING * 1000:.0f} wanted")
    for miss in misses:
        print(f"MISSED: {miss}", file=sys.stderr)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
