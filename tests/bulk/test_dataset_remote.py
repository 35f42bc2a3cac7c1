"""Datasets at URLs are read and looked after as those in folders are."""

import errno
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from aiospectrum.bulk import (
    DestinationBusyError,
    DestinationMismatchError,
    FileFormat,
    StorageError,
    delete_before,
    extend_query,
    open_dataset,
    repair,
    save,
    verify,
)
from tests.bulk.datasets import NOW, expected_rows, hourly, make_plan
from tests.bulk.fakes import SINCE, ZONES, Fake
from tests.bulk.test_dataset import DAY, rows_of

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("pyarrow")

URL = "memory://bucket/folder"
PLAN = make_plan(ZONES[:3], days=3)


@pytest.fixture
def memory() -> Iterator[Any]:
    """A file system that is empty."""
    file_system = fsspec.filesystem("memory")
    file_system.store.clear()
    file_system.pseudo_dirs[:] = [""]
    yield file_system
    file_system.store.clear()


async def saved(file_format: FileFormat = "parquet") -> None:
    """Save the plan there."""
    await save(Fake(respond=hourly), PLAN, URL, format=file_format, rate_limit_timeout=None, clock=NOW.timestamp)


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
@pytest.mark.parametrize("url", [URL, f"{URL}/data", f"{URL}/data/"])
@pytest.mark.usefixtures("memory")
async def test_reading(url: str, file_format: FileFormat) -> None:
    """All rows are there, by either folder and in every library."""
    await saved(file_format)

    dataset = open_dataset(url)

    assert dataset.folder == f"{URL}/data"
    assert rows_of(dataset.to_arrow()) == expected_rows(PLAN)
    relation = dataset.to_duckdb(zones=ZONES[:1], since=SINCE + DAY, until=SINCE + 2 * DAY)
    assert rows_of(relation.to_arrow_table()) == [
        row for row in expected_rows(PLAN) if row[0] == ZONES[0] and SINCE + DAY <= row[1] < SINCE + 2 * DAY
    ]


@pytest.mark.parametrize(
    "refusal",
    [PermissionError("Access Denied"), OSError(errno.EROFS, "Read-only file system"), OSError(errno.ENOSPC, "full")],
    ids=["denied", "read-only", "full"],
)
async def test_where_nothing_can_be_written(memory: Any, refusal: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only reads works there; no disk that is full passes for one that is only read."""
    await saved()

    def refuse(file_system: Any, path: str, content: bytes) -> None:
        raise refusal

    monkeypatch.setattr(type(memory), "pipe_file", refuse)
    clock = itertools.count(NOW.timestamp(), 100).__next__
    if refusal.errno == errno.ENOSPC:
        with pytest.raises(StorageError, match="full"):
            verify(URL, clock=clock)
    else:
        assert verify(URL, clock=clock).ok
    assert open_dataset(URL).rows == len(expected_rows(PLAN))
    with pytest.raises(StorageError):
        repair(URL, clock=clock)
    assert locks_of(memory) == []


async def test_upkeep(memory: Any) -> None:
    """Damage is found and repaired, old rows are deleted, and a query gains a metric."""
    await saved()
    assert verify(URL).ok
    [path] = [path for path in memory.store if "/data/" in path]
    assert delete_before(URL, SINCE + DAY).windows == 3
    assert extend_query(f"{URL}/data", ["bytesIngress"]).windows == 6
    memory.pipe_file("/bucket/folder/data/notes.txt", b"theirs")
    assert [each.kind for each in verify(URL).problems] == ["foreign"]
    memory.pipe_file(path, b"x")

    repaired = repair(URL)

    assert [each.kind for each in repaired.problems] == ["damaged", "foreign"]
    assert repaired.windows == 6
    assert memory.cat_file("/bucket/folder/data/notes.txt") == b"theirs"
    assert [each.kind for each in verify(URL).problems] == ["foreign"]
    assert locks_of(memory) == []


def locks_of(memory: Any) -> list[str]:
    """The locks that are there."""
    return [path for path in memory.store if "lock-" in path]


async def test_the_lock_is_renewed(memory: Any) -> None:
    """A long verification keeps it, as the lock would look abandoned otherwise."""
    await saved()
    times = iter(range(0, 1_000_000, 40))
    held = []

    def look(_: object) -> None:
        held.append(locks_of(memory))

    assert verify(URL, clock=lambda: float(next(times)), on_progress=look).ok
    assert [len(locks) for locks in held] == [1] * len(held)
    assert held[0] != held[-1]
    assert locks_of(memory) == []


@pytest.mark.usefixtures("memory")
async def test_one_at_a_time() -> None:
    """A lock that is held keeps all others out."""
    await saved()

    def try_again(_: object) -> None:
        with pytest.raises(DestinationBusyError):
            delete_before(URL, SINCE + DAY)

    assert verify(URL, on_progress=try_again).ok


def test_nothing_there(memory: Any) -> None:
    """An error says so, and nothing is made."""
    with pytest.raises(DestinationMismatchError, match="there is no dataset"):
        open_dataset(f"{URL}/data")
    with pytest.raises(DestinationMismatchError):
        verify(URL)
    assert dict(memory.store) == {}


def test_errors_tell_no_secret() -> None:
    """What a file system says is shown without passwords."""
    with pytest.raises(StorageError) as raised:
        open_dataset("ftp://user:pa%2Fss@127.0.0.1:9/folder")

    assert "pa%2Fss" not in repr(raised.value)
    assert "pa/ss" not in repr(raised.value) + repr(raised.value.__cause__)
