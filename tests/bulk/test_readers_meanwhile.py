"""Whoever reads the data while it is saved and replaced sees no row twice.

polars and DuckDB open a file a second time for its rows. When it is another one by then, they may say that it is
damaged, and have to read again; pyarrow opens it once.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import Plan, Window, open_dataset, save

pa = pytest.importorskip("pyarrow")
ds = pytest.importorskip("pyarrow.dataset")
duckdb = pytest.importorskip("duckdb")
pl = pytest.importorskip("polars")

from tests.bulk.month import ZONES, SimulatedAPI, Truth, make_events, make_query  # noqa: E402 - they need Arrow
from tests.bulk.test_month import missing_from  # noqa: E402

SINCE = datetime(2026, 11, 28, tzinfo=UTC)
KEYS = ["zone_id", "event", "coloName", "interval_start"]


def with_pyarrow(folder: Path) -> tuple[int, int]:
    """Rows, and different ones."""
    table = ds.dataset(folder).to_table(columns=KEYS)
    return table.num_rows, table.group_by(KEYS).aggregate([]).num_rows


def with_polars(folder: Path) -> tuple[int, int]:
    """Rows, and different ones."""
    frame = pl.read_parquet(folder / "*.parquet", columns=KEYS)
    return frame.height, frame.n_unique()


def with_duckdb(folder: Path) -> tuple[int, int]:
    """Rows, and different ones."""
    keys = ", ".join(KEYS)
    connection = duckdb.connect()
    query = f"select count(*), count(distinct ({keys})) from '{folder}/**/*.parquet'"  # noqa: S608 - our own folder
    [(rows, different)] = connection.sql(query).fetchall()
    connection.close()
    return rows, different


def with_ours(folder: Path) -> tuple[int, int]:
    """Rows, and different ones."""
    table = open_dataset(folder).to_arrow()
    return table.num_rows, table.group_by(KEYS).aggregate([]).num_rows


@pytest.mark.parametrize(
    ("read", "refusal"),
    [
        (with_pyarrow, ()),
        (with_polars, (pl.exceptions.PolarsError, pl.exceptions.PanicException)),
        (with_duckdb, duckdb.Error),
        (with_ours, ()),
    ],
    ids=["pyarrow", "polars", "duckdb", "ours"],
)
async def test_readers_meanwhile(tmp_path: Path, read: Callable[[Path], tuple[int, int]], refusal: Any) -> None:
    """A thread reads again and again while days fill and files are replaced."""
    chance = random.Random(7)  # noqa: S311 - no secret
    events = make_events(chance, SINCE, 4)
    api = SimulatedAPI(events=events, now=SINCE.timestamp() + 3600, chance=chance, failing=0)
    has_ended = threading.Event()
    seen: list[tuple[int, int]] = []

    async def save_all() -> None:
        plan = Plan(zones=[*ZONES], since=SINCE, until=SINCE + timedelta(days=4), query=make_query("hour"))
        try:
            while api.now < SINCE.timestamp() + 5.1 * 86_400:
                await save(api, plan, tmp_path, clock=api.clock, sleep=api.sleep)
                api.now += 14_400
        finally:
            has_ended.set()

    def read_all() -> None:
        while not has_ended.is_set():
            if list(tmp_path.glob("data/*")):
                with contextlib.suppress(refusal):
                    seen.append(read(tmp_path / "data"))

    saving = asyncio.create_task(save_all())
    await asyncio.to_thread(read_all)
    await saving
    assert len(seen) > 10
    assert [each for each in seen if each[0] != each[1]] == []
    assert (
        missing_from(events, Truth.of(events).check(tmp_path), Window(since=SINCE, until=SINCE + timedelta(days=4)))
        == []
    )
