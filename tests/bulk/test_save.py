"""What a dataset holds."""

import sys
from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

import attrs
import pytest

from aiospectrum import InvalidArgumentError, Report, ReportByTimeRow, ReportQuery
from aiospectrum.bulk import (
    FileFormat,
    Query,
    SaveProgress,
    save,
)
from tests.bulk.datasets import (
    entries_of,
    expected_rows,
    files_of,
    holding,
    hourly,
    make_plan,
    read_rows,
    save_to,
    shown_rows,
)
from tests.bulk.fakes import ZONES, Call, Fake
from tests.odd_values import FakeDatetime

A, B = ZONES[:2]
DAY = timedelta(days=1)


class _FrozenType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, datetime)


class Frozen(FakeDatetime, metaclass=_FrozenType):
    """A class of times such as freezegun's, of which every time says it is."""


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
async def test_all_rows_are_there(tmp_path: Path, file_format: FileFormat) -> None:
    """The dataset has every row of the plan once, sorted by zone and time, in few files."""
    plan, folder = make_plan([B, A], days=3), tmp_path / "new" / "set"

    saved = await save_to(folder, plan, format=file_format)

    files = files_of(folder, file_format)
    assert [path.name for path in files] == [f"2026-11-w1-0001.{file_format}"]
    assert shown_rows(folder, file_format) == expected_rows(plan)
    order = [(row["zone_id"], str(row["interval_start"])) for row in read_rows(folder, file_format)]
    assert order == sorted(order)
    assert (saved.done, saved.rows, saved.ok, saved.left) == (6, len(expected_rows(plan)), True, 0)
    assert saved.bytes == sum(path.stat().st_size for path in files)
    assert saved.folder == str(folder / "data")
    assert {path.name for path in (folder / "data").iterdir()} == {path.name for path in files}
    assert {path.name for path in (folder / "state").iterdir()} == {"lock", "w1-lock", "w1-journal-000002.jsonl"}


@pytest.mark.parametrize(("zones", "names"), [(99, ["2026-11"]), (100, ["2026-11-18", "2026-11-19"])])
async def test_periods(tmp_path: Path, zones: int, names: list[str]) -> None:
    """A dataset that begins with many zones has files by day, and keeps them; one with few zones files by month."""
    plan = make_plan([f"{number:032x}" for number in range(zones)])
    await save_to(tmp_path, plan)
    assert [path.name for path in files_of(tmp_path, "ndjson")] == [f"{name}-w1-0001.ndjson" for name in names]
    await save_to(tmp_path, make_plan([A], days=4))
    assert len(files_of(tmp_path, "ndjson")) == (1 if zones == 99 else 4)
    assert len(shown_rows(tmp_path)) == len(expected_rows(plan)) + len(expected_rows(make_plan([A], days=4))) - 48 * 2


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
async def test_columns(tmp_path: Path, file_format: FileFormat) -> None:
    """Files have the window, the interval, the dimensions and the metrics, in the order of the query."""

    def mixed_up(call: Call) -> Report:
        echo = ReportQuery(metrics=["durationAvg", "count"], dimensions=["coloName", "event"])
        return holding(call, ReportByTimeRow(dimensions=["AMS", "connect"], metrics=[[0.5] * 24, [1] * 24]), query=echo)

    query = Query(time_delta="hour", metrics=["count", "durationAvg"], dimensions=["event", "coloName"])
    saved = await save_to(tmp_path, make_plan([A], days=1, query=query), Fake(respond=mixed_up), format=file_format)

    assert saved.failed == ()
    row = read_rows(tmp_path, file_format)[0]
    names = ["zone_id", "date", "window_since", "window_until", "interval_start", "interval_end", "event", "coloName"]
    assert [*row] == [*names, "count", "durationAvg"]
    assert str(row["date"]) == "2026-11-18"
    assert (row["event"], row["coloName"], int(row["count"]), float(row["durationAvg"])) == ("connect", "AMS", 1, 0.5)
    assert str(row["window_since"]).startswith("2026-11-18")
    assert str(row["window_until"]).startswith("2026-11-19")


async def test_types_are_the_same_in_all_files(tmp_path: Path) -> None:
    """Parquet files agree on their schema, empty or not, with fractions of bytes or without; ids of digits are text."""
    pa = pytest.importorskip("pyarrow")
    dataset = pytest.importorskip("pyarrow.dataset")
    numbers: dict[str, list[Any]] = {ZONES[0]: [], ZONES[1]: [[[1.5] * 24]], ZONES[2]: [[[2] * 24]]}

    def odd(call: Call) -> Report:
        return holding(call, *(ReportByTimeRow(dimensions=["connect"], metrics=each) for each in numbers[call.zone_id]))

    for month, zone_id in enumerate(numbers):
        since = datetime(2026, 8 + month, 5, tzinfo=UTC)
        plan = make_plan([zone_id], since=since, until=since + DAY)
        assert (await save_to(tmp_path, plan, Fake(respond=odd), format="parquet")).ok

    files = files_of(tmp_path, "parquet")
    schemas = [pa.parquet.read_schema(path) for path in files]
    assert len(schemas) == 3
    assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
    assert [str(field.type) for field in schemas[0]] == [
        "string",
        "date32[day]",
        *["timestamp[us, tz=UTC]"] * 4,
        "string",
        "int64",
    ]
    table = dataset.dataset(files[0].parent).to_table()
    assert sorted(set(table["count"].to_pylist())) == [2]
    assert sorted(set(table["zone_id"].to_pylist())) == [*ZONES[1:3]]
    assert [entry["rounded"] for entry in entries_of(tmp_path, "file")] == [[], ["count"], []]


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
async def test_missing_values(tmp_path: Path, file_format: FileFormat) -> None:
    """What a row lacks and what came as null is empty, or null, and the rest of the column is what it was."""
    query = Query(time_delta="hour", metrics=["count", "durationAvg"], dimensions=["event"])

    def short(call: Call) -> Report:
        echo = ReportQuery(metrics=["count", "durationAvg"], dimensions=["event"])
        row = ReportByTimeRow(dimensions=['a,\r\nb"'], metrics=[[7, nan, 8], [nan, 0.5]])
        return holding(call, row, query=echo)

    await save_to(tmp_path, make_plan([A], days=1, query=query), Fake(respond=short), format=file_format)

    rows = read_rows(tmp_path, file_format)
    assert {row["event"] for row in rows} == {'a,\r\nb"'}
    shown = [(row["count"], row["durationAvg"]) for row in rows[:4]]
    if file_format == "csv":
        assert shown == [("7", ""), ("", "0.5"), ("8", ""), ("", "")]
    else:
        assert shown == [(7, None), (None, 0.5), (8, None), (None, None)]


@pytest.mark.parametrize("file_format", ["parquet", "ndjson"])
async def test_parts_are_one_window(tmp_path: Path, file_format: FileFormat) -> None:
    """A window that was split has all its rows, of the whole window, in order."""

    def cut_off(call: Call) -> Report:
        since, until = call.times
        report = hourly(call)
        return attrs.evolve(report, rows=1000) if until - since > timedelta(hours=6) else report

    progress: list[SaveProgress] = []
    plan = make_plan([A], days=1)
    saved = await save_to(tmp_path, plan, Fake(respond=cut_off), format=file_format, on_progress=progress.append)

    assert saved.done == 1
    assert len(files_of(tmp_path, file_format)) == 1
    assert shown_rows(tmp_path, file_format) == expected_rows(plan)
    assert progress[-1].splits == 3


async def test_zones_in_capitals(tmp_path: Path) -> None:
    """A zone is the same however its id is written."""
    zone = "0123456789abcdef" * 2
    await save_to(tmp_path, make_plan([zone]))
    assert (await save_to(tmp_path, make_plan([zone.upper()]))).skipped == 2


async def test_a_time_that_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a library freezes the time, as it does in tests, every name of the class of times is another one."""
    modules = [module for name, module in [*sys.modules.items()] if name.startswith("aiospectrum")]
    for module in modules:
        if getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", Frozen)

    saved = await save_to(tmp_path, make_plan([A], window="month"))

    assert (saved.total, saved.done) == (1, 1)


async def test_clients_of_their_own(tmp_path: Path) -> None:
    """Zones with clients of their own are saved over those."""
    fakes = {A: Fake(respond=hourly), B: Fake(respond=hourly)}
    plan = make_plan([A, B])
    assert (await save_to(tmp_path, plan, fakes)).done == 4
    assert [{call.zone_id for call in fake.calls} for fake in fakes.values()] == [{A}, {B}]
    assert shown_rows(tmp_path) == expected_rows(plan)


async def test_an_empty_plan(tmp_path: Path) -> None:
    """There is nothing to do for a plan without zones."""
    saved = await save_to(tmp_path, make_plan([]))
    assert (saved.total, saved.ok, saved.stopped) == (0, True, False)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"plan": "all"}, "plan"),
        ({"format": "xlsx"}, "format"),
        ({"concurrency": 0}, "concurrency"),
        ({"settle_after": 3600}, "settle_after"),
        ({"settle_after": timedelta(-1)}, "settle_after"),
        ({"fresh_rows": 1}, "fresh_rows"),
        ({"memory": 1 << 20}, "memory"),
        ({"memory": "1 GiB"}, "memory"),
        ({"fail_fast": 1}, "fail_fast"),
        ({"stop": True}, "stop"),
        ({"on_progress": "print"}, "on_progress"),
        ({"rate_limit_timeout": -1}, "rate_limit_timeout"),
        ({"destination": 7}, "destination"),
        ({"destination": ""}, "destination"),
        ({"destination": Path("s3://bucket/folder")}, "destination"),
        ({"destination": "file:/tmp/folder"}, "destination"),
        ({"destination": "~/folder"}, "destination"),
        ({"destination": Path("~")}, "destination"),
        ({"storage_options": {"key": "x"}}, "storage_options"),
        ({"client": {A: Fake(respond=hourly)}}, "client"),
        ({"client": 1}, "client"),
    ],
)
async def test_arguments(tmp_path: Path, options: dict[str, Any], field: str) -> None:
    """What does not fit is refused before anything is sent."""
    fake = Fake(respond=hourly)
    arguments = {"client": fake, "plan": make_plan([A, B]), "destination": tmp_path, "format": "csv", **options}
    with pytest.raises(InvalidArgumentError) as raised:
        await save(arguments.pop("client"), arguments.pop("plan"), arguments.pop("destination"), **arguments)
    assert raised.value.field == field
    assert fake.calls == []
