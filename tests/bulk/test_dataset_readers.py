"""Five readers on the folder of a dataset, each without options: they agree on names, types and rows."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import Plan, Query, delete_before, extend_query, open_dataset
from tests.bulk.datasets import expected_rows, hourly, make_plan
from tests.bulk.fakes import SINCE, ZONES, Call
from tests.bulk.written import Writer

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas", minversion="3")
duckdb = pytest.importorskip("duckdb")

quiet_pandas = pytest.mark.filterwarnings("ignore:Series.values returning")
"""An old pyarrow reads a column in a way that pandas 3.1 warns of."""

DIGITS = ("1" * 32, "0" * 31 + "7", "9" * 32)
"""Ids that look like numbers."""
KINDS = {
    "zone_id": "text",
    "date": "date",
    **dict.fromkeys(["window_since", "window_until", "interval_start", "interval_end"], "UTC"),
    "event": "text",
    "count": "whole",
    "durationAvg": "float",
}


def read_pyarrow(folder: Path) -> Any:
    """As pyarrow has it."""
    import pyarrow.dataset

    return pyarrow.dataset.dataset(folder).to_table()


def read_duckdb(folder: Path) -> Any:
    """By SQL."""
    with duckdb.connect() as connection:
        return connection.sql(f"from '{folder}/**/*.parquet'").to_arrow_table()


READERS: dict[str, Callable[[Path], Any]] = {
    "pl.read_parquet": lambda folder: pl.read_parquet(folder),
    "pl.scan_parquet": lambda folder: pl.scan_parquet(folder).collect(),
    "pd.read_parquet": lambda folder: pd.read_parquet(folder),
    "duckdb": read_duckdb,
    "pyarrow.dataset": read_pyarrow,
}


def kind_of(name: str, table: Any) -> str:
    """What sort of values a column has, in words that are the same for all libraries."""
    if isinstance(table, pd.DataFrame):
        kind = str(table.dtypes[name])
        values = {type(each) for each in table[name].dropna()}
        kinds = {"str": "text", "Int64": "whole", "float64": "float", "datetime64[us, UTC]": "UTC"}
        return "date" if kind == "object" and values == {date} else kinds.get(kind, kind)
    if isinstance(table, pl.DataFrame):
        polars = {pl.String: "text", pl.Int64: "whole", pl.Float64: "float", pl.Date: "date"}
        found = table.schema[name]
        return "UTC" if found == pl.Datetime("us", "UTC") else polars.get(type(found), str(found))
    found = table.schema.field(name).type
    if pa.types.is_timestamp(found):
        return "UTC" if found.tz in ("UTC", "Etc/UTC") else str(found)
    return {"string": "text", "int64": "whole", "double": "float", "date32[day]": "date"}.get(str(found), str(found))


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    """All rows as plain values, in order."""
    if isinstance(table, pl.DataFrame):
        table = table.to_arrow()
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    return sorted(tuple(map(_plain, row.values())) for row in table.to_pylist())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return -1 if value is None else value


def odd(call: Call) -> Any:
    """A report with whole numbers that floats do not have, and with some that are missing."""
    report = hourly(call)
    for row in report.data:
        row.metrics.append([0.5] * 24)
        row.metrics[0][3] = 2**60 + 1
        row.metrics[0][5] = float("nan")
    report.query.metrics.append("durationAvg")  # type: ignore[union-attr]  # a report of ours has a list there
    return report


@pytest.fixture
def plan() -> Plan:
    """Zones whose ids look like numbers, and times of three months."""
    query = Query(time_delta="hour", metrics=["count", "durationAvg"], dimensions=["event"])
    return make_plan(DIGITS, days=45, query=query, since=SINCE, until=SINCE + timedelta(days=45))


@pytest.fixture
def folder(tmp_path: Path, plan: Plan) -> Path:
    """The folder that readers are pointed at."""
    Writer(folder=tmp_path, plan=plan, report=odd, period="month").write()
    folder = Path(open_dataset(tmp_path).folder)
    assert len([*folder.iterdir()]) == 3
    return folder


@pytest.mark.parametrize("reader", READERS)
def test_names_and_types(folder: Path, reader: str) -> None:
    """The columns are those of the query, in one order; ids are text, and days are dates."""
    table = READERS[reader](folder)

    names = [*table.columns] if isinstance(table, (pd.DataFrame, pl.DataFrame)) else table.column_names
    assert names == [*KINDS]
    assert {name: kind_of(name, table) for name in names} == KINDS


@quiet_pandas
def test_the_same_rows(folder: Path, plan: Plan) -> None:
    """Every reader has every row, with the same values, also where numbers are beyond floats or missing."""
    found = {name: rows_of(read(folder)) for name, read in READERS.items()}

    [first, *others] = found.values()
    assert len(first) == len(expected_rows(plan))
    assert {row[0] for row in first} == {*DIGITS}
    assert {2**60 + 1, -1} <= {row[list(KINDS).index("count")] for row in first}
    assert [rows == first for rows in others] == [True] * 4
    assert rows_of(open_dataset(folder).to_arrow()) == first


@quiet_pandas
def test_after_upkeep(folder: Path, plan: Plan) -> None:
    """They agree as well when rows have been deleted and the query has gained a metric."""
    delete_before(folder, SINCE + timedelta(days=20))
    extend_query(folder, ["bytesIngress"])

    found = {name: rows_of(read(folder)) for name, read in READERS.items()}

    [first, *others] = found.values()
    assert len(first) == len([row for row in expected_rows(plan) if row[1] >= SINCE + timedelta(days=20)])
    assert [rows == first for rows in others] == [True] * 4
    assert {kind_of("bytesIngress", read(folder)) for read in READERS.values()} == {"whole"}


def test_the_date_is_that_of_the_interval(folder: Path) -> None:
    """A date is the day of the interval in UTC, whatever the file is called."""
    table = READERS["pyarrow.dataset"](folder)

    starts = table["interval_start"].to_pylist()
    assert table["date"].to_pylist() == [start.astimezone(UTC).date() for start in starts]


def test_groups_and_joins(folder: Path) -> None:
    """They go over all files, by text, and agree."""
    names = {zone: f"zone {place}" for place, zone in enumerate(DIGITS)}
    table = pa.table({"zone_id": [*names], "name": [*names.values()]})

    scan = pl.scan_parquet(folder).join(pl.from_arrow(table).lazy(), on="zone_id").group_by("name", "date")
    by_polars = scan.agg(pl.col("count").sum()).collect().rows()
    frame = pd.read_parquet(folder).merge(table.to_pandas(), on="zone_id")
    by_pandas = frame.groupby(["name", "date"])["count"].sum().reset_index()
    joined = READERS["pyarrow.dataset"](folder).join(table, "zone_id")
    by_pyarrow = joined.group_by(["name", "date"]).aggregate([("count", "sum")]).to_pylist()
    with duckdb.connect() as connection:
        connection.register("names", table)
        relation = connection.read_parquet(f"{folder}/**/*.parquet").join(connection.table("names"), "zone_id")
        by_duckdb = relation.aggregate("name, date, sum(count)::bigint").fetchall()

    found = [by_polars, by_duckdb, [tuple(row.values()) for row in by_pyarrow], [*by_pandas.itertuples(index=False)]]
    first = sorted(tuple(row) for row in found[0])
    assert len(first) == 3 * 45
    assert [sorted(tuple(row) for row in each) == first for each in found] == [True] * 4


@pytest.mark.parametrize("reader", READERS)
def test_while_files_are_replaced(tmp_path: Path, reader: str) -> None:
    """A reader never sees a row twice, or a file that is not whole, while a writer replaces all of them."""
    plan = make_plan(ZONES[:2], days=4)
    writer = Writer(folder=tmp_path, plan=plan)
    writer.write()
    folder = Path(open_dataset(tmp_path).folder)
    expected = [row[:2] for row in expected_rows(plan)]

    with replacing(writer, plan):
        for _ in range(15):
            table = READERS[reader](folder)
            zones, starts = (list(table[name]) for name in ("zone_id", "interval_start"))
            assert sorted((str(zone), _moment(start)) for zone, start in zip(zones, starts, strict=True)) == expected


def _moment(value: Any) -> datetime:
    plain = value.as_py() if isinstance(value, pa.Scalar) else value
    return (plain.to_pydatetime() if hasattr(plain, "to_pydatetime") else plain).astimezone(UTC)


class replacing:  # noqa: N801 - read as a verb
    """Replaces the files of a dataset again and again, each by one with the same rows."""

    def __init__(self, writer: Writer, plan: Plan) -> None:
        self._writer = writer
        self._plan = plan
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._replace)
        self.rounds = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        assert self.rounds > 0

    def _replace(self) -> None:
        while not self._stop.is_set():
            for window in self._plan.windows():
                tasks = [task for task in self._plan if task.window == window]
                self._writer.write_file(window.since.date().isoformat(), tasks, part=1)
            self.rounds += 1


def test_nothing_else_is_where_readers_look(folder: Path) -> None:
    """The state of a dataset is in a folder beside that of its files, whose names are no ``key=value``."""
    assert {path.suffix for path in folder.rglob("*")} == {".parquet"}
    assert [path for path in folder.rglob("*") if "=" in path.name or path.is_dir()] == []
