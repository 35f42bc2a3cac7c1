"""Few files, which readers never see rows twice in, and several where there is much data."""

import threading
from collections import Counter
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import pytest

from aiospectrum import Report, ReportByTimeRow
from aiospectrum.bulk import Plan
from tests.bulk.datasets import entries_of, files_of, holding, hourly, make_plan, save_to
from tests.bulk.fakes import SINCE, Call, Fake

parquet = pytest.importorskip("pyarrow.parquet")

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LATER = (SINCE + timedelta(days=100)).timestamp
ROWS = 5


def few_rows(call: Call) -> Report:
    """A report of a few rows of one interval."""
    since, until = call.times
    rows = [ReportByTimeRow(dimensions=[f"{number}"], metrics=[[number]]) for number in range(ROWS)]
    return holding(call, *rows, time_intervals=[(since, until)])


async def save_small_zones(folder: Path, zones: int, days: int) -> Plan:
    """Save reports of a few rows of many zones and days, and look at the files."""
    query = attrs.evolve(make_plan([]).query, time_delta="day")
    plan = make_plan([f"{zone:032x}" for zone in range(zones)], days=days, query=query)
    saved = await save_to(folder, plan, Fake(respond=few_rows), format="parquet", concurrency=16, clock=LATER)
    assert saved.ok
    assert saved.rows == zones * days * ROWS
    files = files_of(folder, "parquet")
    assert [path.name for path in files] == [f"{SINCE + day * DAY:%Y-%m-%d}-w1-0001.parquet" for day in range(days)]
    counts = Counter[tuple[str, Any]]()
    for path in files:
        table = parquet.read_table(path)
        keys = [*zip(table["zone_id"].to_pylist(), table["date"].to_pylist(), strict=True)]
        assert keys == sorted(keys)
        counts.update(keys)
    assert len(counts) == zones * days
    assert set(counts.values()) == {ROWS}
    return plan


async def test_one_file_a_day(tmp_path: Path) -> None:
    """Many small zones have one file for each day, and few files of state."""
    await save_small_zones(tmp_path, 150, 12)
    assert len(list_state(tmp_path)) == 3, "a journal and two locks"


@pytest.mark.soak
async def test_a_month_of_a_thousand_zones(tmp_path: Path) -> None:
    """The same for as many as the issue asks for."""
    await save_small_zones(tmp_path, 1000, 30)
    assert len(list_state(tmp_path)) == 3, "a journal and two locks"


def list_state(folder: Path) -> list[str]:
    """The names of the files of the state."""
    return sorted(path.name for path in (folder / "state").iterdir())


async def test_a_reader_never_sees_rows_twice(tmp_path: Path) -> None:
    """While windows that are filling are replaced again and again, files keep their names, and have no row twice."""
    zones = [f"{zone:032x}" for zone in range(20)]
    seen, stop = Counter[int](), threading.Event()
    problems: list[str] = []

    def read() -> None:
        while not stop.is_set():
            contents = [path.read_bytes() for path in files_of(tmp_path, "parquet")]  # in one go, as a reader has them
            tables = [parquet.read_table(BytesIO(each), columns=KEY) for each in contents]
            rows = Counter(tuple(row.values()) for table in tables for row in table.to_pylist())
            seen[len(rows)] += 1
            if rows and max(rows.values()) > 1:
                problems.append(f"{rows.most_common(1)}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for hour in range(1, 30, 2):
            now = SINCE + hour * HOUR + timedelta(minutes=20)
            plan = make_plan(zones, since=SINCE, until=now.replace(minute=0) + HOUR)
            respond = partial(hourly, data_lag=7200)
            await save_to(tmp_path, plan, Fake(respond=respond), format="parquet", clock=now.timestamp)
    finally:
        stop.set()
        reader.join()
    assert problems == []
    assert len(seen) > 2, "nothing was read meanwhile"
    assert [path.name for path in files_of(tmp_path, "parquet")] == ["2026-11-w1-0001.parquet"]


KEY = ["zone_id", "interval_start", "event"]


async def test_large_reports_make_several_files(tmp_path: Path) -> None:
    """Where there is much data a period has several files; what is replaced later keeps its file."""
    zones = [f"{zone:032x}" for zone in range(4)]
    large = partial(many_rows, rows=500)
    plan = make_plan(zones, days=6)
    now = (plan.until + HOUR).timestamp
    assert (await save_to(tmp_path, plan, Fake(respond=partial(large, lag=86_400)), clock=now, memory=16 << 20)).filling
    files = {path.name: path.stat().st_ino for path in files_of(tmp_path, "ndjson")}
    assert len(files) > 2
    where = {path.name: windows_in(tmp_path, path.name) for path in files_of(tmp_path, "ndjson")}

    saved = await save_to(tmp_path, plan, Fake(respond=large), clock=LATER, memory=16 << 20)

    assert (saved.ok, saved.done, saved.refreshed) == (True, len(zones), len(zones))
    assert {path.name: windows_in(tmp_path, path.name) for path in files_of(tmp_path, "ndjson")} == where


def windows_in(folder: Path, name: str) -> set[tuple[str, int]]:
    """The windows that a data file has, by zone and start."""
    entry = [each for each in entries_of(folder, "file") if each["path"] == f"data/{name}"][-1]
    return {(zone_id, window[0]) for zone_id, windows in entry["windows"].items() for window in windows}


def many_rows(call: Call, *, rows: int, lag: float = 0) -> Report:
    """A report by the hour of many rows, with numbers that cannot be made small."""
    report = hourly(call, data_lag=lag)
    hours = len(report.time_intervals)
    return attrs.evolve(
        report,
        rows=rows,
        data=[
            ReportByTimeRow(
                dimensions=[f"{row}"], metrics=[[(row * 2_654_435_761 + hour) % 2**40 for hour in range(hours)]]
            )
            for row in range(rows)
        ],
    )
