"""The busiest applications, asked of Parquet files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiospectrum.cli.busiest import find_busiest

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a" * 32, "b" * 32


def write(folder: Path, zone: str, rows: list[tuple[int, str, int | None, int | None]]) -> None:
    """Write a file of a dataset with rows of hour, application, bytes in and bytes out."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {
            "interval_start": pa.array(
                [datetime(2024, 5, 7, hour, tzinfo=UTC) for hour, *_ in rows], pa.timestamp("us", tz="UTC")
            ),
            "appID": pa.array([row[1] for row in rows], pa.string()).dictionary_encode(),
            "count": pa.array([1] * len(rows), pa.int64()),
            "bytesIngress": pa.array([row[2] for row in rows], pa.int64()),
            "bytesEgress": pa.array([row[3] for row in rows], pa.int64()),
        }
    )
    place = folder / f"zone_id={zone}" / "date=2024-05-07"
    place.mkdir(parents=True)
    parquet.write_table(table, place / "20240507T000000Z.parquet")


def test_the_busiest_come_first(tmp_path: Path) -> None:
    """Applications are ranked by bytes over all zones and files, each with its traffic in the order of time."""
    write(tmp_path, A, [(2, "one", 3, 30), (1, "one", 2, 20), (1, "two", 1, None), (2, "two", None, 1)])
    write(tmp_path, B, [(1, "three", 500, 500), (1, "four", 0, 2)])
    found = find_busiest(str(tmp_path), 10)
    assert [(each.app_id, each.bytes_in, each.bytes_out) for each in found] == [
        ("three", 500, 500),
        ("one", 5, 50),
        ("two", 1, 1),
        ("four", 0, 2),
    ]
    assert (found[1].zone_id, found[1].events, found[1].traffic) == (A, 2, (22, 33))
    assert find_busiest(str(tmp_path), 1) == found[:1]


def test_nothing_is_the_busiest_of_nothing(tmp_path: Path) -> None:
    """A dataset without rows has no applications."""
    rows: list[Any] = []
    write(tmp_path, A, rows)
    assert find_busiest(str(tmp_path), 10) == []
