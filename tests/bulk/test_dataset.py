"""What a dataset says of itself, and its rows as tables."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import coverage
import pytest

from aiospectrum import InvalidArgumentError, Unchecked
from aiospectrum.bulk import (
    Dataset,
    DestinationMismatchError,
    FileFormat,
    ManifestError,
    Plan,
    Query,
    StorageError,
    Window,
    open_dataset,
)
from aiospectrum.bulk.dataset.loading import read_index
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.dataset.state import Failed, Noted, SavedWindow, Spooled
from tests.bulk.datasets import EVENTS, expected_rows, holding, hourly, make_plan
from tests.bulk.fakes import SINCE, ZONES, Call
from tests.bulk.written import Writer

pytest.importorskip("pyarrow")

A, B, C = ZONES[:3]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
APPS = ("a" * 32, "b" * 32)


def span(start: float, end: float) -> Window:
    """Some days, counted from the first one of plans."""
    return Window(since=SINCE + start * DAY, until=SINCE + end * DAY)


def saved(start: float, end: float, *, rows: int = 0, filling: bool = False) -> SavedWindow:
    """The same as a window of the state."""
    since, until = (to_seconds(SINCE + each * DAY) for each in (start, end))
    return SavedWindow(since, until, rows, until, 0.0, filling)


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    """Zone, start, event and count of each row of an Arrow table."""
    names = ("zone_id", "interval_start", "event", "count")
    return sorted(zip(*(table[name].to_pylist() for name in names), strict=True))


def by_app(call: Call) -> Any:
    """A report by application."""
    report = hourly(call)
    for row, app in zip(report.data, APPS, strict=True):
        row.dimensions[0] = app
    report.query.dimensions[0] = "appID"  # type: ignore[index]  # a report of ours has a list there
    return report


@pytest.fixture
def plan() -> Plan:
    """Three zones and days."""
    return make_plan([A, B, C], days=3)


@pytest.fixture
def folder(tmp_path: Path, plan: Plan) -> Path:
    """A dataset of all of that plan."""
    Writer(folder=tmp_path, plan=plan).write()
    return tmp_path


def test_a_dataset_that_is_complete(folder: Path, plan: Plan) -> None:
    """It says so, and where its files are."""
    dataset = open_dataset(folder)

    assert dataset.folder == f"{folder}/data"
    assert (dataset.plan, dataset.query, dataset.file_format) == (plan, plan.query, "parquet")
    assert dataset.zones == (A, B, C)
    assert dataset.complete == dict.fromkeys((A, B, C), (span(0, 3),))
    assert dataset.complete_until == plan.until
    assert (dataset.filling, dataset.pending, dataset.missing, dataset.failed) == ({}, {}, {}, {})
    files = [*folder.glob("data/*")]
    assert (dataset.files, dataset.windows, dataset.rows) == (len(files), 9, len(expected_rows(plan)))
    assert dataset.bytes == sum(path.stat().st_size for path in files)


def test_what_is_not_complete(tmp_path: Path, plan: Plan) -> None:
    """What is filling, in no file yet, missing or failed is not complete, and each is named by zone."""
    writer = Writer(folder=tmp_path, plan=plan, is_filling=lambda task: task.window.until == plan.until)
    tasks = [task for task in plan if task.zone_id != C and (task.zone_id, task.window) != (B, span(1, 2))]
    spooled = Spooled(path="state/w1-spool-000090.arrow", bytes=1, period="2026-11-18", windows={C: [saved(0, 1)]})
    noted = Noted(windows={C: [saved(2, 3, filling=True)]})
    since, until, _, at, *_ = (getattr(saved(1, 2), name) for name in SavedWindow.__struct_fields__)
    failed = Failed(zone_id=B, since=since, until=until, error="ServerError", message="no", at=at)

    writer.write(spooled, noted, failed, tasks=tasks)
    dataset = open_dataset(tmp_path)

    assert dataset.complete == {A: (span(0, 2),), B: (span(0, 1),)}
    assert dataset.filling == {A: (span(2, 3),), B: (span(2, 3),), C: (span(2, 3),)}
    assert dataset.pending == {C: (span(0, 1),)}
    assert dataset.missing == {B: (span(1, 2),), C: (span(1, 2),)}
    [failure] = dataset.failed[B]
    assert (failure.zone_id, failure.window, failure.error) == (B, span(1, 2), "ServerError: no")
    assert dataset.complete_until is None
    assert "pending: 1 time of 1 zone" in str(dataset)


@pytest.mark.parametrize(
    ("noted", "expected"),
    [(None, 3), (saved(-1, 0, filling=True), None), (saved(1.5, 3, filling=True), 1.5), (saved(4, 5, filling=True), 3)],
    ids=["none", "before", "within", "after"],
)
def test_until_where_it_is_complete(tmp_path: Path, noted: SavedWindow | None, expected: float | None) -> None:
    """What has to be asked for again ends what is complete, also where rows are there."""
    plan = make_plan([A], days=3)
    Writer(folder=tmp_path, plan=plan).write(*([] if noted is None else [Noted(windows={A: [noted]})]))

    until = open_dataset(tmp_path).complete_until

    assert until == (None if expected is None else SINCE + expected * DAY)


def test_one_line_and_some(folder: Path) -> None:
    """Its repr is one line, and its text some that people can read."""
    dataset = open_dataset(folder)

    assert repr(dataset) == (
        f"<Dataset '{folder}/data': 9 windows of 3 zones complete until 2026-11-21T00:00:00Z, 432 rows in 3 files>"
    )
    assert str(dataset).splitlines() == [
        f"{folder}/data",
        "bytime by hour: event, count",
        f"432 rows in 3 parquet files of {dataset.bytes:,} bytes",
        "9 windows of 3 zones complete until 2026-11-21T00:00:00Z",
    ]


@pytest.mark.parametrize("given", [str, Path, lambda path: path / "data", lambda path: f"{path}/data/"])
def test_either_folder(folder: Path, given: Callable[[Path], Any]) -> None:
    """The folder that was saved to is taken, and the one of the data files."""
    assert open_dataset(given(folder)).folder == f"{folder}/data"


def test_the_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths are taken too, from within the folder as well."""
    monkeypatch.chdir(folder / "data")

    assert open_dataset(".").rows == open_dataset("..").rows == open_dataset(folder).rows
    assert open_dataset("..").to_duckdb().count("*").fetchall() == [(432,)]


def test_a_dataset_named_data(tmp_path: Path, plan: Plan) -> None:
    """A folder of that name is taken for what it is."""
    Writer(folder=tmp_path / "data", plan=plan).write()

    assert open_dataset(tmp_path / "data").folder == f"{tmp_path}/data/data"


@pytest.mark.parametrize("name", ["", "data", "nothing", "nothing/data"])
def test_where_no_dataset_is(tmp_path: Path, name: str) -> None:
    """An error says so, and nothing is made."""
    (tmp_path / "data").mkdir()

    with pytest.raises(DestinationMismatchError, match="there is no dataset"):
        open_dataset(tmp_path / name)
    assert [*tmp_path.rglob("*")] == [tmp_path / "data"]


def test_a_damaged_state(folder: Path) -> None:
    """It is named."""
    [journal] = folder.glob("state/*journal*")
    journal.write_bytes(journal.read_bytes() + b"{}\n")

    with pytest.raises(ManifestError, match=f"{journal.name}, line 5"):
        open_dataset(folder / "data")


def test_options_of_a_path(folder: Path) -> None:
    """They are for URLs."""
    with pytest.raises(InvalidArgumentError, match="storage_options"):
        open_dataset(folder, storage_options={"key": "x"})


async def test_beside_an_event_loop(folder: Path) -> None:
    """A thread of the loop opens it, as the documentation has it."""
    dataset = await asyncio.to_thread(open_dataset, folder)

    assert (await asyncio.to_thread(dataset.to_arrow)).num_rows == dataset.rows


def test_many_windows_are_read_at_once(tmp_path: Path) -> None:
    """30,000 windows take a tenth of a second; the best of some attempts counts, as other programs run meanwhile."""
    zones = [f"{number:032x}" for number in range(1000)]
    plan = make_plan(zones, days=30)
    writer = Writer(folder=tmp_path, plan=plan)
    writer.write_journal(*(writer.entry_of(day, {zone: [saved(day, day + 1)] for zone in zones}) for day in range(30)))

    def opened() -> float:
        start = time.thread_time()  # without what other programs take meanwhile
        assert open_dataset(tmp_path).windows == 30_000
        return time.thread_time() - start

    is_traced = coverage.Coverage.current() is not None  # which multiplies the time
    assert min(opened() for _ in range(5)) < (1 if is_traced else 0.1)


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
def test_all_rows(tmp_path: Path, plan: Plan, file_format: FileFormat) -> None:
    """They are the same, in every format and library."""
    Writer(folder=tmp_path, plan=plan, file_format=file_format).write()
    dataset = open_dataset(tmp_path)

    assert rows_of(dataset.to_arrow()) == expected_rows(plan)
    assert rows_of(dataset.to_polars().to_arrow()) == expected_rows(plan)
    assert rows_of(dataset.to_duckdb().to_arrow_table()) == expected_rows(plan)
    frame = dataset.to_pandas()
    columns = [frame[name] for name in ("zone_id", "interval_start", "event", "count")]
    assert sorted(zip(*columns, strict=True)) == expected_rows(plan)


FILTERS: list[tuple[dict[str, Any], Callable[[str, datetime], bool]]] = [
    ({"zones": [B]}, lambda zone, start: zone == B),
    ({"zones": [B.upper(), A]}, lambda zone, start: zone in (A, B)),
    ({"zones": []}, lambda zone, start: False),
    ({"since": SINCE + DAY}, lambda zone, start: start >= SINCE + DAY),
    ({"since": SINCE + 1.5 * HOUR}, lambda zone, start: start >= SINCE + 2 * HOUR),
    ({"until": SINCE + DAY}, lambda zone, start: start < SINCE + DAY),
    ({"until": SINCE + DAY + timedelta(microseconds=1)}, lambda zone, start: start <= SINCE + DAY),
    ({"until": SINCE}, lambda zone, start: False),
    ({"since": SINCE + 30 * DAY}, lambda zone, start: False),
    (
        {"since": SINCE + DAY, "until": SINCE + DAY + HOUR, "zones": [C]},
        lambda zone, start: zone == C and start == SINCE + DAY,
    ),
]


@pytest.mark.parametrize(("filters", "is_wanted"), FILTERS, ids=range(len(FILTERS)))
@pytest.mark.parametrize("file_format", ["parquet", "ndjson"])
def test_some_rows(
    tmp_path: Path, plan: Plan, file_format: FileFormat, filters: Any, is_wanted: Callable[[str, datetime], bool]
) -> None:
    """Zones and times choose rows by zone and the start of the interval, in every library."""
    Writer(folder=tmp_path, plan=plan, file_format=file_format).write()
    dataset = open_dataset(tmp_path)
    expected = [row for row in expected_rows(plan) if is_wanted(row[0], row[1])]

    assert rows_of(dataset.to_arrow(**filters)) == expected
    assert rows_of(dataset.to_duckdb(**filters).to_arrow_table()) == expected
    assert dataset.to_arrow(**filters).schema == dataset.to_arrow().schema
    assert dataset.to_polars(**filters).shape == dataset.to_pandas(**filters).shape == (len(expected), 8)


def test_only_files_that_are_needed(folder: Path) -> None:
    """What a filter leaves out is not even opened."""
    first, second, third = sorted(folder.glob("data/*"))
    first.write_bytes(b"")
    third.unlink()
    dataset = open_dataset(folder)

    assert dataset.to_arrow(since=SINCE + DAY, until=SINCE + 2 * DAY).num_rows == 144
    with pytest.raises(ManifestError, match=f"data/{first.name} cannot be read"):
        dataset.to_arrow(until=SINCE + DAY)
    with pytest.raises(StorageError, match=f"data/{third.name} is not there; open the dataset again"):
        dataset.to_arrow(since=SINCE + 2 * DAY)
    assert second.exists()


def test_only_files_that_are_ours(folder: Path) -> None:
    """What else is in the folder is not read, whatever it is called."""
    path = next(folder.glob("data/*"))
    for name in ("2026-11-18-w1-0009.parquet", "x.parquet", "2026-11-18-w1-0001.parquet.tmp"):
        (folder / "data" / name).write_bytes(path.read_bytes())

    dataset = open_dataset(folder)

    assert dataset.to_arrow().num_rows == dataset.to_duckdb().count("*").fetchall()[0][0] == dataset.rows == 432


@pytest.mark.parametrize("name", ["x=1", "[a]b", "what?", "a*b", "it's", "é ü", "{a,b}", "$HOME", "%41"])
def test_folders_with_odd_names(tmp_path: Path, plan: Plan, name: str) -> None:
    """A path is no pattern, no partition and no SQL to anybody."""
    Writer(folder=tmp_path / name, plan=plan).write()
    dataset = open_dataset(tmp_path / name)

    relation = dataset.to_duckdb(zones=[A])
    assert relation.columns == dataset.to_arrow().column_names
    assert rows_of(relation.to_arrow_table()) == rows_of(dataset.to_arrow(zones=[A]))


def test_names_of_applications(tmp_path: Path) -> None:
    """They are a column beside the ids, in every library; an id without a name has none."""
    query = Query(time_delta="hour", metrics=["count"], dimensions=["appID"])
    plan = make_plan([A, B], days=1, query=query)
    Writer(folder=tmp_path, plan=plan, report=by_app).write()
    dataset = open_dataset(tmp_path)
    names = {APPS[0]: "ssh.example.com", "c" * 32: "gone.example.com"}

    table = dataset.to_arrow(names=names)

    place = table.column_names.index("appID")
    assert table.column_names[place + 1] == "app_name"
    assert set(zip(table["appID"].to_pylist(), table["app_name"].to_pylist(), strict=True)) == {
        (APPS[0], "ssh.example.com"),
        (APPS[1], None),
    }
    relation = dataset.to_duckdb(names=names, zones=[B])
    assert relation.columns == table.column_names
    by_name = relation.aggregate("app_name, sum(count)").order("app_name").fetchall()
    frame = dataset.to_polars(names=names, zones=[B]).select("app_name", "count")
    assert frame.group_by("app_name").sum().sort("app_name", nulls_last=True).rows() == by_name
    assert dataset.to_pandas(names={}).app_name.isna().all()


def test_a_connection_of_its_own(tmp_path: Path) -> None:
    """A relation can be made for a connection, whatever the columns of the query are called."""
    odd = Unchecked('a "b" c')
    plan = make_plan([A], days=1, query=Query(time_delta="hour", metrics=["count"], dimensions=["appID", odd]))

    def report(call: Call) -> Any:
        found = by_app(call)
        for row in found.data:
            row.dimensions.append("x")
        found.query.dimensions.append(str(odd))
        return found

    Writer(folder=tmp_path, plan=plan, report=report).write()
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        relation = open_dataset(tmp_path).to_duckdb(connection=connection, names={APPS[0]: "one"})

        assert relation.columns[6:] == ["appID", "app_name", str(odd), "count"]
        assert connection.sql("select count(*) from relation where app_name = 'one'").fetchall() == [(24,)]


def test_the_types_of_pandas(folder: Path) -> None:
    """They are those that pandas has when it reads the folder itself."""
    pd = pytest.importorskip("pandas", minversion="3")
    pytest.importorskip("pyarrow", minversion="19")  # which knows the text of pandas 3
    dataset = open_dataset(folder)

    assert dict(dataset.to_pandas().dtypes) == dict(pd.read_parquet(dataset.folder).dtypes)


def test_no_column_for_names(folder: Path) -> None:
    """Names without ids are refused."""
    with pytest.raises(InvalidArgumentError, match="names"):
        open_dataset(folder).to_arrow(names={})


@pytest.mark.parametrize(
    "arguments",
    [
        {"zones": A},
        {"zones": ["0" * 32]},
        {"zones": ["x"]},
        {"zones": [A, A.upper()]},
        {"since": datetime(2026, 11, 18)},
        {"until": "2026-11-18"},
        {"since": SINCE, "until": SINCE},
        {"names": ["x"]},
        {"names": {1: "x"}},
    ],
    ids=lambda arguments: "-".join(arguments),
)
@pytest.mark.parametrize("method", ["to_arrow", "to_polars", "to_pandas", "to_duckdb"])
def test_filters_that_are_refused(folder: Path, arguments: Any, method: str) -> None:
    """Every method refuses them by name."""
    with pytest.raises(InvalidArgumentError, match=next(iter(arguments)) if len(arguments) == 1 else "until"):
        getattr(open_dataset(folder), method)(**arguments)


@pytest.mark.parametrize(
    ("method", "package", "command"),
    [
        ("to_arrow", "pyarrow", r"pip install 'aiospectrum\[arrow\]'"),
        ("to_polars", "polars", "pip install polars"),
        ("to_pandas", "pandas", "pip install pandas"),
        ("to_duckdb", "duckdb", "pip install duckdb"),
    ],
)
def test_a_library_that_is_not_installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, method: str, package: str, command: str
) -> None:
    """The error says how to install it; opening needs none of them."""
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [Hiding(package), *sys.meta_path])

    dataset = open_dataset(folder)

    with pytest.raises(ImportError, match=command):
        getattr(dataset, method)()


class Hiding:
    """An importer that does not find a package."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == self.package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_a_snapshot(folder: Path, plan: Plan) -> None:
    """What is opened is the state of that moment; a file that is replaced meanwhile is read whole."""
    dataset = open_dataset(folder)
    path = sorted(folder.glob("data/*"))[0]
    os.replace(_copy(path), path)

    assert rows_of(dataset.to_arrow()) == expected_rows(plan)
    assert isinstance(dataset, Dataset)


@pytest.mark.parametrize("method", ["to_arrow", "to_duckdb"])
def test_a_file_that_is_about_to_be_there(folder: Path, plan: Plan, method: str) -> None:
    """A run has announced it and not put it in place: its windows are pending, and the others are read."""
    path = sorted(folder.glob("data/*"))[-1]
    os.replace(path, folder / read_index(LocalStore(folder)).files[f"data/{path.name}"].staged)

    dataset = open_dataset(folder)

    assert dataset.pending == dict.fromkeys((A, B, C), (span(2, 3),))
    assert (dataset.files, dataset.rows) == (2, 288)
    table = getattr(dataset, method)()
    found = rows_of(table if method == "to_arrow" else table.to_arrow_table())
    assert found == expected_rows(make_plan([A, B, C], days=2))


@pytest.mark.parametrize("method", ["to_arrow", "to_duckdb"])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_file_that_is_lost(folder: Path, plan: Plan, method: str, is_open: bool) -> None:
    """Fewer rows do not pass for all of them, whether it was lost before or after the dataset was opened."""
    dataset = open_dataset(folder)
    sorted(folder.glob("data/*"))[-1].unlink()
    if not is_open:
        dataset = open_dataset(folder)

    with pytest.raises(StorageError, match=r"data/2026-11-20-w1-0001.parquet is not there; open the dataset again"):
        getattr(dataset, method)()


def _copy(path: Path) -> Path:
    copy = path.parents[1] / "state" / "w1-staged-000077"
    copy.write_bytes(path.read_bytes())
    return copy


def test_at_a_url(folder: Path, plan: Plan) -> None:
    """A URL is opened as a path is, also by the folder of the data files."""
    pytest.importorskip("fsspec")
    dataset = open_dataset(f"file://{folder}/data", storage_options={})

    assert dataset.folder.endswith(f"{folder}/data")
    assert rows_of(dataset.to_arrow()) == rows_of(dataset.to_duckdb().to_arrow_table()) == expected_rows(plan)


def test_odd_values(tmp_path: Path) -> None:
    """Numbers above 2**53, nulls and texts as for formulas are the same in every format and library."""
    plan = make_plan([A], days=1)
    numbers = [2**53 + 1, None, 2**62 + 1]

    def odd(call: Call) -> Any:
        report = hourly(call)
        row = report.data[0]
        values = [float("nan") if each is None else each for each in numbers]
        return holding(call, type(row)(dimensions=["=1+1"], metrics=[[*values, *[0] * 21]]))

    found = []
    for file_format in ("parquet", "csv", "ndjson"):
        Writer(folder=tmp_path / file_format, plan=plan, report=odd, file_format=file_format).write()
        dataset = open_dataset(tmp_path / file_format)
        found += [
            dataset.to_arrow().sort_by("interval_start")["count"].to_pylist()[:3],
            dataset.to_polars().sort("interval_start")["count"].to_list()[:3],
            [None if each is None or each != each else each for each in _exact(dataset.to_pandas())],
            [row[0] for row in dataset.to_duckdb().order("interval_start").select("count").fetchall()[:3]],
        ]
        assert set(dataset.to_polars()["event"]) == {"=1+1"}
    assert found == [numbers] * 12


def _exact(frame: Any) -> list[Any]:
    counts = frame.sort_values("interval_start")["count"].astype("object").tolist()[:3]
    return [None if str(each) == "<NA>" else each for each in counts]


def test_the_time_zone_of_filters(folder: Path) -> None:
    """A moment is the same in whatever zone it is said."""
    dataset = open_dataset(folder)
    there = SINCE.astimezone(UTC) + DAY

    assert rows_of(dataset.to_arrow(since=there.astimezone())) == rows_of(dataset.to_arrow(since=there))
    assert {event for *_, event, _ in rows_of(dataset.to_arrow(since=there))} == set(EVENTS)
