"""The upkeep of datasets: damage is found and repaired, old rows are deleted, and queries gain metrics."""

import contextlib
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest

from aiospectrum import InvalidArgumentError
from aiospectrum.bulk import (
    DestinationBusyError,
    DestinationMismatchError,
    FileFormat,
    ManifestError,
    Plan,
    StorageError,
    UpkeepProgress,
    Window,
    delete_before,
    extend_query,
    open_dataset,
    repair,
    verify,
)
from aiospectrum.bulk.dataset.changes import LockedDataset
from aiospectrum.bulk.dataset.loading import read_index
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.dataset.state import DataFile, Failed, Noted, SavedWindow
from tests.bulk.datasets import expected_rows, hourly, make_plan, save_over, save_to
from tests.bulk.fakes import SINCE, ZONES, Call, Fake
from tests.bulk.written import Writer

pa = pytest.importorskip("pyarrow")

A, B, C = ZONES[:3]
DAY = timedelta(days=1)
FORMATS = ("parquet", "csv", "ndjson")
NAME = "data/2026-11-19-w1-0001"

Upkeep = Callable[[Path], Any]

CALLS: dict[str, Upkeep] = {
    "verify": verify,
    "repair": repair,
    "delete_before": lambda folder: delete_before(folder, SINCE + 1.5 * DAY),
    "extend_query": lambda folder: extend_query(folder, ["bytesIngress"]),
}


def span(start: float, end: float) -> Window:
    """Some days, counted from the first one of plans."""
    return Window(since=SINCE + start * DAY, until=SINCE + end * DAY)


def saved(start: float, end: float) -> SavedWindow:
    """The same as a filling window of the state."""
    since, until = (to_seconds(SINCE + each * DAY) for each in (start, end))
    return SavedWindow(since, until, 0, until, 0.0, True)


def shown(folder: Path) -> list[tuple[Any, ...]]:
    """Zone, start, event and count of each row of a dataset."""
    table = open_dataset(folder).to_arrow()
    names = ("zone_id", "interval_start", "event", "count")
    return sorted(zip(*(table[name].to_pylist() for name in names), strict=True))


def contents(folder: Path) -> dict[Path, bytes]:
    """All files, but for the lock."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith("lock")}


@pytest.fixture
def plan() -> Plan:
    """Three zones and days."""
    return make_plan([A, B, C], days=3)


@pytest.fixture
def folder(tmp_path: Path, plan: Plan) -> Path:
    """A dataset of all of that plan."""
    Writer(folder=tmp_path, plan=plan).write()
    return tmp_path


def write(folder: Path, plan: Plan, file_format: FileFormat = "parquet") -> Writer:
    """Write a dataset of all of a plan."""
    writer = Writer(folder=folder, plan=plan, file_format=file_format)
    writer.write()
    return writer


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_dataset_that_is_as_it_was_written(tmp_path: Path, plan: Plan, file_format: FileFormat) -> None:
    """Nothing is found, nothing is changed, and each file is told."""
    write(tmp_path, plan, file_format)
    before, told = contents(tmp_path), list[UpkeepProgress]()

    found = verify(tmp_path / "data", on_progress=told.append)

    assert found.ok
    assert (found.files, found.rows, found.problems) == (3, len(expected_rows(plan)), ())
    assert contents(tmp_path) == before
    assert [(each.done, each.total) for each in told] == [(0, 3), (1, 3), (2, 3), (3, 3)]


def _swap(path: Path) -> None:
    """Take the file of another day, which is readable."""
    path.write_bytes(next(each for each in sorted(path.parent.iterdir()) if each != path).read_bytes())


DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "gone": (Path.unlink, "missing", "is not there"),
    "empty": (lambda path: path.write_bytes(b""), "damaged", "has 0 bytes, and "),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-9]), "damaged", "bytes, and "),
    "longer": (lambda path: path.write_bytes(path.read_bytes() + b"x"), "damaged", "bytes, and "),
    "zeros": (lambda path: path.write_bytes(bytes(path.stat().st_size)), "damaged", "cannot be read: "),
}


@pytest.mark.parametrize(("damage", "kind", "text"), DAMAGES.values(), ids=[*DAMAGES])
@pytest.mark.parametrize("file_format", FORMATS)
def test_damaged_files(
    tmp_path: Path, plan: Plan, file_format: FileFormat, damage: Callable[[Path], object], kind: str, text: str
) -> None:
    """A file that is not what was written is found, and all others are fine. Repair forgets it, and no other one."""
    write(tmp_path, plan, file_format)
    path = tmp_path / f"{NAME}.{file_format}"
    damage(path)

    [problem] = verify(tmp_path).problems
    repaired = repair(tmp_path)

    assert (problem.path, problem.kind) == (f"{NAME}.{file_format}", kind)
    assert text in str(problem)
    assert repaired.problems == (problem,)
    assert (repaired.ok, repaired.windows, repaired.left) == (True, 3, ())
    assert [(tmp_path / each).exists() for each in repaired.set_aside] == [True] * (kind == "damaged")
    assert not path.exists()
    assert verify(tmp_path).ok
    assert shown(tmp_path) == [row for row in expected_rows(plan) if not SINCE + DAY <= row[1] < SINCE + 2 * DAY]
    dataset = open_dataset(tmp_path)
    assert dataset.filling == dict.fromkeys((A, B, C), (span(1, 2),))
    assert dataset.complete_until == SINCE + DAY


def _with_rows(change: Callable[[Any], Any]) -> Callable[[Writer, Plan], DataFile]:
    """A file whose size is as its line says, and whose rows are not."""

    def make(writer: Writer, plan: Plan) -> DataFile:
        class Changing(Writer):
            def table(self, tasks: Any) -> Any:
                table, windows = super().table(tasks)
                return change(table), windows

        other = Changing(folder=writer.folder, plan=plan, file_format=writer.file_format)
        tasks = [task for task in plan if task.window == span(1, 2)]
        return msgspec.structs.replace(other.write_file("2026-11-19", tasks, part=1), rows=144)

    return make


def _replaced(table: Any, name: str, value: Any) -> Any:
    place = table.column_names.index(name)
    column = pa.array([value, *table[name].to_pylist()[1:]], table.schema.field(name).type)
    return table.set_column(place, name, column)


FAULTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a row less": (
        lambda table: table.slice(1),
        f"has 47 rows of zone {A} and 2026-11-19T00:00:00Z..2026-11-20T00:00:00Z, and 48 were saved",
    ),
    "a zone less": (lambda table: table.slice(48), f"has 0 rows of zone {A}"),
    "no rows": (lambda table: table.slice(0, 0), "so for 2 more windows"),
    "a zone more": (lambda table: _replaced(table, "zone_id", "f" * 32), f"has 47 rows of zone {A}"),
    "a row twice": (
        lambda table: pa.concat_tables([table.slice(0, 1), table]),
        "has 1 rows that are there more than once",
    ),
    "rows twice": (lambda table: pa.concat_tables([table, table]), "has 144 rows that are there more than once"),
    "another window": (lambda table: _replaced(table, "window_since", SINCE), "has 1 rows of zone"),
    "another end": (lambda table: _replaced(table, "window_until", SINCE + 9 * DAY), "47 rows of zone"),
    "no window": (lambda table: _replaced(table, "window_since", None), "47 rows of zone"),
    "not in order": (lambda table: table.take([*range(143, -1, -1)]), "not in the order of zone and time"),
    "not in order of time": (
        lambda table: table.take([2, 3, 0, 1, *range(4, 144)]),
        "not in the order of zone and time",
    ),
}
COLUMNS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a column less": (lambda table: table.drop_columns(["count"]), "has the columns zone_id (string), date"),
    "a column more": (lambda table: table.append_column("more", table["count"]), "has the columns zone_id (string)"),
    "another type": (lambda table: table.set_column(6, "event", pa.nulls(144, pa.float64())), "event (double)"),
    "another order": (lambda table: table.select([*reversed(table.column_names)]), "has the columns count (int64)"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "text"), [*FAULTS.values(), *COLUMNS.values()], ids=[*FAULTS, *COLUMNS])
def test_rows_that_are_not_those(tmp_path: Path, plan: Plan, change: Callable[[Any], Any], text: str) -> None:
    """A file that is whole, and has other rows or columns than the state says, is found; repair forgets it."""
    writer = write(tmp_path, plan)
    writer.write_journal(_with_rows(change)(writer, plan))

    [problem] = verify(tmp_path).problems

    assert (problem.path, problem.kind) == (f"{NAME}.parquet", "damaged")
    assert text in problem.text
    assert repair(tmp_path).windows == 3
    assert verify(tmp_path).ok


@pytest.mark.parametrize(("change", "text"), FAULTS.values(), ids=[*FAULTS])
@pytest.mark.parametrize("file_format", ["csv", "ndjson"])
def test_rows_of_text(
    tmp_path: Path, plan: Plan, file_format: FileFormat, change: Callable[[Any], Any], text: str
) -> None:
    """The same holds for files of text."""
    writer = write(tmp_path, plan, file_format)
    writer.write_journal(_with_rows(change)(writer, plan))

    [problem] = verify(tmp_path).problems

    assert text in problem.text


def test_files_that_are_not_ours(folder: Path) -> None:
    """They are found, and left as they are; one with a name of ours is moved to where nothing reads it."""
    theirs = {
        folder / "data" / name: b"theirs" for name in ("notes.txt", "x.parquet", ".DS_Store", "2026-11-18.parquet")
    }
    for path, content in theirs.items():
        path.write_bytes(content)
    (folder / "notes.txt").write_bytes(b"beside")
    (folder / "data/2026-12-01-w1-0001.parquet").write_bytes(b"like ours")

    repaired = repair(folder)

    assert {each.path: each.kind for each in repaired.problems} == {
        "data/2026-12-01-w1-0001.parquet": "unknown",
        **{f"data/{path.name}": "foreign" for path in theirs},
    }
    assert (repaired.ok, repaired.windows, len(repaired.left)) == (False, 0, 4)
    [aside] = repaired.set_aside
    assert (folder / aside).read_bytes() == b"like ours"
    assert {path: path.read_bytes() for path in theirs} == theirs
    assert verify(folder).problems == repaired.left


@pytest.mark.parametrize("number", [2, 3, 4], ids=["first", "middle", "last"])
@pytest.mark.parametrize("line", [b"", b"{}", b"[" * 100, b"\x00\xff"], ids=["empty", "nothing", "nested", "bytes"])
def test_a_damaged_state(folder: Path, plan: Plan, number: int, line: bytes) -> None:
    """All that can still be read of it stays; a file that it says nothing of any more is set aside."""
    [journal] = folder.glob("state/*journal*")
    lines = journal.read_bytes().split(b"\n")
    lines[number - 1] = line
    journal.write_bytes(b"\n".join(lines))
    with pytest.raises(ManifestError):
        open_dataset(folder)

    found = verify(folder)
    repaired = repair(folder)

    name = f"2026-11-{16 + number}-w1-0001.parquet"
    assert [(each.path, each.kind) for each in found.problems] == [
        (f"state/{journal.name}", "damaged"),
        (f"data/{name}", "unknown"),
    ]
    assert f"line {number} cannot be read" in str(found.problems[0])
    assert repaired.problems == found.problems
    assert (len(repaired.set_aside), repaired.windows, repaired.ok) == (2, 0, True)
    assert verify(folder).ok
    start = SINCE + (number - 2) * DAY
    assert shown(folder) == [row for row in expected_rows(plan) if not start <= row[1] < start + DAY]
    assert open_dataset(folder).missing == dict.fromkeys((A, B, C), (span(number - 2, number - 1),))


def test_a_state_that_says_nothing(folder: Path) -> None:
    """Without any line that says what the dataset is, nothing can be done, and nothing is."""
    [journal] = folder.glob("state/*journal*")
    journal.write_bytes(b"x" + journal.read_bytes())
    there = contents(folder)

    for upkeep in CALLS.values():
        with pytest.raises(ManifestError):
            upkeep(folder)
    assert contents(folder) == there


def test_a_file_that_has_not_got_its_name_yet(folder: Path, plan: Plan) -> None:
    """What a killed run has written in full is no problem, and is not forgotten."""
    path = folder / f"{NAME}.parquet"
    staged = open_entry(folder, f"{NAME}.parquet").staged
    path.replace(folder / staged)

    assert verify(folder).ok
    assert repair(folder).problems == ()
    assert delete_before(folder, SINCE + DAY).windows == 3
    assert verify(folder).ok
    assert shown(folder) == [row for row in expected_rows(plan) if row[1] >= SINCE + DAY]


def open_entry(folder: Path, path: str) -> DataFile:
    """The line of a file."""
    return read_index(LocalStore(folder)).files[path]


@pytest.mark.parametrize("file_format", FORMATS)
def test_delete_what_is_old(tmp_path: Path, plan: Plan, file_format: FileFormat) -> None:
    """Windows that ended by then are gone, with their rows; files without others too. It is not missing either."""
    write(tmp_path, plan, file_format)

    deleted = delete_before(tmp_path, SINCE + 2 * DAY)

    assert (deleted.windows, deleted.rows, deleted.removed, deleted.rewritten) == (6, 288, 2, 0)
    assert [path.name for path in (tmp_path / "data").iterdir()] == [f"2026-11-20-w1-0001.{file_format}"]
    assert shown(tmp_path) == [row for row in expected_rows(plan) if row[1] >= SINCE + 2 * DAY]
    dataset = open_dataset(tmp_path)
    assert dataset.complete == dict.fromkeys((A, B, C), (span(2, 3),))
    assert dataset.missing == {}
    assert verify(tmp_path).ok


@pytest.mark.parametrize("file_format", FORMATS)
def test_delete_a_part_of_files(tmp_path: Path, plan: Plan, file_format: FileFormat) -> None:
    """A file with other windows is written again, and a window that lies across the time is kept whole."""
    writer = Writer(folder=tmp_path, plan=plan, file_format=file_format, period="month")
    writer.write()

    deleted = delete_before(tmp_path, SINCE + 1.5 * DAY)

    assert (deleted.windows, deleted.rows, deleted.removed, deleted.rewritten) == (3, 144, 0, 1)
    assert shown(tmp_path) == [row for row in expected_rows(plan) if row[1] >= SINCE + DAY]
    assert verify(tmp_path).ok
    assert open_dataset(tmp_path).complete == dict.fromkeys((A, B, C), (span(1, 3),))


def test_delete_by_age(folder: Path, plan: Plan) -> None:
    """An age counts from now."""
    deleted = delete_before(folder, 2 * DAY, clock=lambda: (SINCE + 3 * DAY).timestamp())

    assert deleted.windows == 3
    assert shown(folder) == [row for row in expected_rows(plan) if row[1] >= SINCE + DAY]


def test_delete_everything(folder: Path) -> None:
    """A dataset without rows is still one, with all columns."""
    assert delete_before(folder, SINCE + 30 * DAY).windows == 9

    assert [*(folder / "data").iterdir()] == []
    assert open_dataset(folder).to_arrow().num_rows == 0
    assert open_dataset(folder).complete_until is None
    assert verify(folder).ok


@pytest.mark.parametrize("before", [SINCE, SINCE + 0.9 * DAY, SINCE - 300 * DAY])
def test_nothing_to_delete(folder: Path, before: datetime) -> None:
    """Nothing is written, so that it may run every day."""
    there = contents(folder)

    assert delete_before(folder, before).windows == 0

    assert contents(folder) == there


def test_what_is_old_is_not_asked_for_again(tmp_path: Path, plan: Plan) -> None:
    """Old windows without rows, and old failures, are forgotten; those that end later are not."""
    failures = [
        Failed(zone_id=A, since=each.since, until=each.until, error="ServerError", message="no", at=each.until)
        for each in (saved(-2, -1), saved(3, 4))
    ]
    noted = Noted(windows={B: [saved(-2, -1), saved(3, 4)]})
    Writer(folder=tmp_path, plan=plan).write(noted, *failures)

    delete_before(tmp_path, SINCE)

    dataset = open_dataset(tmp_path)
    assert dataset.filling == {B: (span(3, 4),)}
    assert {zone: [each.window for each in failed] for zone, failed in dataset.failed.items()} == {A: [span(3, 4)]}


@pytest.mark.parametrize(
    "before",
    [timedelta(), -DAY, datetime(2026, 11, 18), "30d", 30, None],
    ids=["0", "negative", "naive", "text", "number", "none"],
)
def test_times_that_are_refused(folder: Path, before: Any) -> None:
    """They are refused before anything is touched."""
    with pytest.raises(InvalidArgumentError, match="before"):
        delete_before(folder, before)
    assert len(shown(folder)) == 432


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_query_gains_metrics(tmp_path: Path, plan: Plan, file_format: FileFormat) -> None:
    """Files get their columns, without values; every window is asked for again, and readers agree on the columns."""
    write(tmp_path, plan, file_format)
    before = shown(tmp_path)

    extended = extend_query(tmp_path, ["bytesIngress", "count", "durationAvg"])

    dataset = open_dataset(tmp_path)
    assert extended.query == dataset.query == dataset.plan.query
    assert dataset.query.metrics == ("count", "bytesIngress", "durationAvg")
    assert (extended.windows, extended.rewritten) == (9, 3)
    table = dataset.to_arrow()
    assert table.column_names[-3:] == ["count", "bytesIngress", "durationAvg"]
    assert [str(table[name].type) for name in table.column_names[-3:]] == ["int64", "int64", "double"]
    assert table["bytesIngress"].null_count == table["durationAvg"].null_count == 432
    assert shown(tmp_path) == before
    assert dataset.filling == dict.fromkeys((A, B, C), (span(0, 3),))
    assert verify(tmp_path).ok


def test_metrics_from_some_time_on(folder: Path) -> None:
    """Windows that ended by then are done without them."""
    extended = extend_query(folder, ["bytesIngress"], since=SINCE + 1.5 * DAY)

    assert extended.windows == 6
    dataset = open_dataset(folder)
    assert (dataset.complete[A], dataset.filling[A]) == ((span(0, 1),), (span(1, 3),))


def test_metrics_that_are_there(folder: Path) -> None:
    """Nothing is done for them, so that a command may be given twice."""
    extend_query(folder, ["bytesIngress"])
    there = contents(folder)

    assert extend_query(folder, ["bytesIngress", "count"]).windows == 0

    assert contents(folder) == there


@pytest.mark.parametrize("metrics", [[], "count", ["nope"], ["bytesIngress", "bytesIngress"], [1], None])
def test_metrics_that_are_refused(folder: Path, metrics: Any) -> None:
    """They are refused before anything is touched."""
    there = contents(folder)

    with pytest.raises(InvalidArgumentError, match="metrics"):
        extend_query(folder, metrics)

    assert contents(folder) == there


def test_nothing_is_built_on_damage(folder: Path) -> None:
    """A file that is damaged has to be repaired before a query gains a metric; nothing is left of the attempt."""
    path = folder / f"{NAME}.parquet"
    path.write_bytes(bytes(path.stat().st_size))
    there = contents(folder)

    with pytest.raises(ManifestError, match="`aiospectrum dataset repair`"):
        extend_query(folder, ["bytesIngress"])

    assert contents(folder) == there


def test_damage_that_is_old_is_deleted(folder: Path) -> None:
    """A file that goes as a whole need not be read."""
    path = folder / f"{NAME}.parquet"
    path.write_bytes(b"")

    assert delete_before(folder, SINCE + 2 * DAY).removed == 2
    assert verify(folder).ok


@pytest.mark.parametrize("call", CALLS)
def test_one_at_a_time(folder: Path, call: str) -> None:
    """While a run has the lock, nothing is read or changed; nor is anything made where no dataset is."""
    store = LocalStore(folder)
    store.lock()
    try:
        with pytest.raises(DestinationBusyError):
            CALLS[call](folder)
    finally:
        store.unlock()
    CALLS[call](folder)

    with pytest.raises(DestinationMismatchError):
        CALLS[call](folder / "nothing")
    assert not (folder / "nothing").exists()


class PowerCut(BaseException):
    """The process is no more."""


class Failing:
    """A store that fails at one of the calls that change something: before it, or when it has been done."""

    def __init__(self, store: LocalStore, *, at: int, is_done: bool, error: BaseException) -> None:
        self._store = store
        self._left = at
        self._is_done = is_done
        self._error = error

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        return self._failing(method) if name in ("stage", "publish", "delete", "append") else method

    def _failing(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> None:
            self._left -= 1
            if self._left < 0 and not (self._is_done and self._left == -1):
                raise self._error
            method(*arguments)
            if self._left < 0:
                raise self._error

        return call


WORK: dict[str, tuple[Upkeep, Callable[[LockedDataset], object]]] = {
    "repair": (repair, LockedDataset.repair),
    "delete_before": (
        lambda folder: delete_before(folder, SINCE + 2.5 * DAY),
        lambda dataset: dataset.delete_before(to_seconds(SINCE + 2.5 * DAY)),
    ),
    "extend_query": (
        lambda folder: extend_query(folder, ["bytesIngress"]),
        lambda dataset: dataset.extend_query(_longer(dataset), None),
    ),
}


def _longer(dataset: LockedDataset) -> Any:
    return type(dataset.query)(
        time_delta="hour", metrics=["count", "bytesIngress"], dimensions=dataset.query.dimensions
    )


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [PowerCut(), OSError(28, "No space left on device")], ids=["killed", "full"])
@pytest.mark.parametrize("name", WORK)
def test_it_may_end_at_any_step(tmp_path: Path, plan: Plan, name: str, error: BaseException, is_done: bool) -> None:
    """Whatever call is the last one, nobody sees a row twice or a damaged dataset, and the same call finishes it."""
    upkeep, work = WORK[name]
    whole = tmp_path / "whole"
    writer = Writer(folder=whole, plan=plan, period="month")
    writer.write()
    if name == "repair":
        _damage(whole)
    expected, ended = tmp_path / "expected", False
    shutil.copytree(whole, expected)
    upkeep(expected)
    steps = 0
    while not ended:
        folder = tmp_path / f"step-{steps}"
        shutil.copytree(whole, folder)
        store: Any = Failing(LocalStore(folder), at=steps, is_done=is_done, error=error)
        store.lock()
        try:
            dataset = LockedDataset(
                store=store, index=read_index(store), wrong={}, sizes=store.list(), on_progress=None, clock=lambda: 0
            )
            with contextlib.suppress(type(error)):
                work(dataset)
                ended = True
        finally:
            store.unlock()
        steps += 1
        seen = _seen(folder)
        assert len(set(seen)) == len(seen)
        upkeep(folder)
        assert _state(folder) == _state(expected)
        assert verify(folder).ok
    assert steps > 2


def _damage(folder: Path) -> None:
    [path] = (folder / "data").iterdir()
    path.write_bytes(bytes(path.stat().st_size))
    (folder / "data/2026-11-18-w1-0001.parquet").write_bytes(b"like ours")


def _seen(folder: Path) -> list[tuple[Any, ...]]:
    """What a reader sees of the files that can be read."""
    import pyarrow.dataset

    paths = [path for path in (folder / "data").iterdir() if path.read_bytes()[:4] == b"PAR1"]
    rows = pyarrow.dataset.dataset(paths).to_table().to_pylist() if paths else []
    return [(row["zone_id"], row["interval_start"], row["event"]) for row in rows]


def _state(folder: Path) -> tuple[Any, ...]:
    dataset = open_dataset(folder)
    table = dataset.to_arrow()
    return dataset.query, dataset.complete, dataset.filling, dataset.missing, table.column_names, table.to_pylist()


def test_errors_of_the_store(folder: Path) -> None:
    """A folder that cannot be written is a StorageError."""
    shutil.rmtree(folder / "state")
    (folder / "state").write_bytes(b"")

    for upkeep in CALLS.values():
        with pytest.raises((StorageError, ManifestError)):
            upkeep(folder)


def two_metrics(call: Call) -> Any:
    """A report by the hour with another metric, twice the first one."""
    report = hourly(call)
    if "bytesIngress" in str(call.query["metrics"]):
        for row in report.data:
            row.metrics.append([2 * number for number in row.metrics[0]])
        report.query.metrics.append("bytesIngress")  # type: ignore[union-attr]  # a report of ours has a list there
    return report


async def test_the_next_run_fetches_what_was_lost(tmp_path: Path, plan: Plan) -> None:
    """Whatever its plan is."""
    await save_to(tmp_path, plan, format="parquet")
    [path] = (tmp_path / "data").iterdir()
    path.write_bytes(b"")
    assert repair(tmp_path).windows == 9

    later = make_plan([A, B, C], since=plan.until, until=plan.until + DAY)
    saved = await save_to(tmp_path, later, format="parquet")

    assert saved.ok
    assert shown(tmp_path) == expected_rows(make_plan([A, B, C], days=4))
    assert verify(tmp_path).ok


async def test_two_datasets_in_one(tmp_path: Path, plan: Plan) -> None:
    """Where files of another dataset were copied into the folder, rows are there twice, and are not after a repair."""
    writer = Writer(folder=tmp_path, plan=plan, period="month")
    tasks = [*plan]
    writer.write_journal(
        writer.write_file("2026-11", tasks[:6]),
        writer.write_file("2026-11", tasks[4:]),
        writer.write_file("2026-11", tasks[3:5]),
    )

    refusal = "has windows that overlap.*; `aiospectrum dataset repair` sets one"
    with pytest.raises(ManifestError, match=refusal):
        _ = open_dataset(tmp_path).windows
    with pytest.raises(ManifestError, match=refusal):
        await save_to(tmp_path, plan, format="parquet")
    found = verify(tmp_path)
    repaired = repair(tmp_path)

    names = ["data/2026-11-w1-0002.parquet", "data/2026-11-w1-0003.parquet"]
    assert [(each.kind, each.path) for each in found.problems] == [("damaged", name) for name in names]
    assert str(found.problems[0]).endswith("that data/2026-11-w1-0001.parquet has too")
    assert (len(repaired.set_aside), repaired.ok) == (2, True)
    assert verify(tmp_path).ok
    saved = await save_to(tmp_path, plan, format="parquet")
    assert saved.ok
    assert shown(tmp_path) == expected_rows(plan)
    assert verify(tmp_path).ok


@pytest.mark.parametrize("since", [None, SINCE + DAY])
async def test_the_next_run_fetches_new_metrics(tmp_path: Path, plan: Plan, since: datetime | None) -> None:
    """Windows from some time on have them then, and all are complete."""
    await save_to(tmp_path, plan, format="parquet")
    extended = extend_query(tmp_path, ["bytesIngress"], since=since)

    saved = await save_to(
        tmp_path, attrs.evolve(plan, query=extended.query), Fake(respond=two_metrics), format="parquet"
    )

    assert (saved.ok, saved.done) == (True, extended.windows)
    assert shown(tmp_path) == expected_rows(plan)
    assert open_dataset(tmp_path).complete_until == plan.until
    table = open_dataset(tmp_path).to_arrow(since=since)
    assert table["bytesIngress"].to_pylist() == [2 * count for count in table["count"].to_pylist()]
    assert open_dataset(tmp_path).to_arrow()["bytesIngress"].null_count == (0 if since is None else 144)
    assert verify(tmp_path).ok


async def test_deleted_rows_stay_away(tmp_path: Path, plan: Plan) -> None:
    """A later run does not bring them back, unless its plan has their time."""
    await save_to(tmp_path, plan, format="parquet")
    delete_before(tmp_path, SINCE + DAY)

    await save_to(tmp_path, make_plan([A, B, C], since=SINCE + 2 * DAY, until=SINCE + 4 * DAY), format="parquet")
    rest = shown(tmp_path)
    await save_to(tmp_path, plan, format="parquet")

    assert rest == [row for row in expected_rows(make_plan([A, B, C], days=4)) if row[1] >= SINCE + DAY]
    assert shown(tmp_path) == expected_rows(make_plan([A, B, C], days=4))
    assert verify(tmp_path).ok


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
async def test_after_a_run_that_was_killed(tmp_path: Path, plan: Plan, file_format: FileFormat, is_done: bool) -> None:
    """What it had finished is part of the dataset, in whatever file it is: nothing is lost, and nothing there twice."""
    ended, steps, pending = False, 0, 0
    while not ended:
        folder = tmp_path / str(steps)
        store: Any = Failing(
            LocalStore(folder), at=steps, is_done=is_done, error=OSError(28, "No space left on device")
        )
        with contextlib.suppress(StorageError, OSError):
            await save_over(store, plan, file_format=file_format)
            ended = True
        steps += 1
        try:
            dataset = open_dataset(folder)
        except DestinationMismatchError:  # it had not written anything yet
            continue
        pending += len(dataset.pending)
        rows = [row for row in expected_rows(plan) if row[0] in dataset.complete]
        assert shown(folder) == rows, "no row of a zone that is pending, and nothing that is not there yet"
        assert verify(folder).ok
        delete_before(folder, SINCE + DAY)
        assert verify(folder).ok
        query = extend_query(folder, ["bytesIngress"]).query
        assert verify(folder).ok
        later = make_plan([A, B, C], since=SINCE + DAY, until=SINCE + 3 * DAY, query=query)
        assert (await save_to(folder, later, Fake(respond=two_metrics), format=file_format)).ok
        assert shown(folder) == [row for row in expected_rows(plan) if row[1] >= SINCE + DAY]
        assert open_dataset(folder).to_arrow()["bytesIngress"].null_count == 0
        assert verify(folder).ok
    assert steps > 3
    assert pending > 0
