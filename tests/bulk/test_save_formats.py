"""What files hold, in each format, and what is read of them again."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import TableError
from aiospectrum.bulk import FileFormat, Query
from aiospectrum.bulk.columns import schema_of
from aiospectrum.bulk.dataset.files import read_table, write_table

pa = pytest.importorskip("pyarrow")

QUERY: Final = Query(time_delta="hour", metrics=["count", "durationAvg"], dimensions=["event", "appID"])
SCHEMA: Final = schema_of(QUERY)
FORMATS: Final = get_args(FileFormat)
SINCE: Final = datetime(2026, 11, 18, tzinfo=UTC)
FORMULAS: Final = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\r1",
    "\n1",
    " =1",
    "\u00a0=1",
    "＝1",
    "\u200b+1",
    "-5",
    "'=1",
    "'",
]
PLAIN: Final = ["", "a=1", "x", "5", "é", 'q"u,o', "a\r\n=1", "null", "NaN", " x ", "1-2", "\x00"]

every_format = pytest.mark.parametrize("file_format", FORMATS)
texts: Final = st.none() | st.sampled_from([*FORMULAS, *PLAIN]) | st.text(st.characters(codec="utf-8"), max_size=4)
times: Final = st.none() | st.datetimes(timezones=st.just(UTC))
counts: Final = st.none() | st.integers(-(2**63), 2**63 - 1)
durations: Final = st.none() | st.floats(allow_nan=False, allow_infinity=False)


def table_of(*rows: tuple[str | None, int | None, float | None], start: datetime | None = SINCE) -> Any:
    """A table with these events, counts and durations."""
    columns = {
        "zone_id": ["0" * 32] * len(rows),
        "date": [date(2026, 11, 18)] * len(rows),
        "window_since": [SINCE] * len(rows),
        "window_until": [SINCE] * len(rows),
        "interval_start": [start] * len(rows),
        "interval_end": [start] * len(rows),
        "event": [row[0] for row in rows],
        "appID": [row[0] for row in reversed(rows)],
        "count": [row[1] for row in rows],
        "durationAvg": [row[2] for row in rows],
    }
    return pa.table(columns, schema=SCHEMA)


@every_format
@given(rows=st.lists(st.tuples(texts, counts, durations), max_size=5), start=times)
def test_what_is_read_again_is_what_was_written(file_format: FileFormat, rows: Any, start: Any) -> None:
    """Every value, and every missing one, in every format."""
    table = table_of(*rows, start=start)

    assert read_table(file_format, SCHEMA, write_table(file_format, table)).equals(table)


@given(st.lists(texts, min_size=1, max_size=5))
def test_no_text_is_a_formula(events: list[str | None]) -> None:
    """A spreadsheet sees text; what is no formula is written as it is, and numbers are."""
    written = write_table("csv", table_of(*((event, -5, -0.5) for event in events)))

    for row, event in zip(csv.DictReader(io.StringIO(written.decode(), newline="")), events, strict=True):
        assert not row["event"].strip(" \t\r\n\u00a0\u200b").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
        assert row["event"] in (event or "", f"'{event}")
        assert (row["count"], row["durationAvg"]) == ("-5", "-0.5")


@pytest.mark.parametrize("event", FORMULAS, ids=ascii)
def test_formulas(event: str) -> None:
    """Each has an apostrophe in front, in CSV alone."""
    table = table_of((event, 1, None))

    assert f'"\'{event}"' in write_table("csv", table).decode()
    assert read_table("csv", SCHEMA, write_table("csv", table))["event"].to_pylist() == [event]
    assert b"'" not in write_table("ndjson", table).replace(b"'=1", b"").replace(b'"\'"', b"")


@pytest.mark.parametrize("event", PLAIN, ids=ascii)
def test_other_text(event: str) -> None:
    """It is written as it is."""
    escaped = event.replace('"', '""')
    assert f'"{escaped}"' in write_table("csv", table_of((event, 1, None))).decode()


def test_lines() -> None:
    """Times are as RFC 3339 has them in both formats of lines, and dates are dates."""
    table = table_of(("connect", 2**60 + 1, 0.1))

    [row] = csv.DictReader(io.StringIO(write_table("csv", table).decode()))
    assert list(row) == SCHEMA.names
    assert (row["date"], row["interval_start"], row["count"]) == ("2026-11-18", "2026-11-18T00:00:00Z", f"{2**60 + 1}")
    assert write_table("ndjson", table) == (
        b'{"zone_id":"00000000000000000000000000000000","date":"2026-11-18",'
        b'"window_since":"2026-11-18T00:00:00Z","window_until":"2026-11-18T00:00:00Z",'
        b'"interval_start":"2026-11-18T00:00:00Z","interval_end":"2026-11-18T00:00:00Z",'
        b'"event":"connect","appID":"connect","count":1152921504606846977,"durationAvg":0.1}\n'
    )


def test_row_groups() -> None:
    """A Parquet file has groups of rows, each with the least and the greatest zone, so that readers skip most."""
    from pyarrow import parquet

    zones = [f"{number // 1000:032}" for number in range(250_000)]
    table = pa.table({name: [None] * len(zones) if name != "zone_id" else zones for name in SCHEMA.names}, SCHEMA)

    metadata = parquet.ParquetFile(pa.BufferReader(write_table("parquet", table))).metadata

    groups = [metadata.row_group(number).column(0) for number in range(metadata.num_row_groups)]
    assert [int(group.statistics.min) for group in groups] == [0, 100, 200]
    assert [int(group.statistics.max) for group in groups] == [99, 199, 249]
    assert {group.compression for group in groups} == {"ZSTD"}


def with_pandas(path: Path) -> Any:
    return pytest.importorskip("pandas").read_parquet(path).to_dict("records")


def with_polars(path: Path) -> Any:
    return pytest.importorskip("polars").read_parquet(path).to_dicts()


def with_duckdb(path: Path) -> Any:
    found = pytest.importorskip("duckdb").sql(f"set timezone='UTC'; select * from '{path}'")  # noqa: S608 - our own path
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("read", [with_pandas, with_polars, with_duckdb], ids=lambda read: read.__name__)
def test_libraries_read_it(read: Callable[[Path], Any], tmp_path: Path) -> None:
    """They find text, dates, times and exact numbers."""
    path = tmp_path / "file.parquet"
    path.write_bytes(write_table("parquet", table_of(("connect", 2**60 + 1, 0.1), ("x", -5, 2.5))))

    rows = read(path)

    assert [(row["zone_id"], row["event"], row["count"], row["durationAvg"]) for row in rows] == [
        ("0" * 32, "connect", 2**60 + 1, 0.1),
        ("0" * 32, "x", -5, 2.5),
    ]
    assert {(str(row["date"])[:10], row["interval_start"].astimezone(UTC)) for row in rows} == {("2026-11-18", SINCE)}


@every_format
@pytest.mark.parametrize("data", [b"PAR1", b"\xff\xfe", b'{"zone_id":', b'{"odd":1}\n', b'"odd"\n1\n'], ids=ascii)
def test_damaged_files(file_format: FileFormat, data: bytes) -> None:
    """They are refused in our own words."""
    with pytest.raises(TableError, match=f"expected a {file_format} file with the columns of the query"):
        read_table(file_format, SCHEMA, data)
