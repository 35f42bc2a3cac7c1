"""Disks that are full, that nobody may write to, or whose machine dies: at every single call, one after the other."""

import asyncio
import contextlib
import errno
import os
import threading
from collections.abc import Awaitable
from pathlib import Path

import attrs
import pytest

from aiospectrum.bulk import DestinationBusyError, DestinationMismatchError, Plan, StorageError
from aiospectrum.bulk.dataset.disk import Disk, Folder
from aiospectrum.bulk.dataset.local import LocalStore
from tests.bulk.datasets import (
    expected_rows,
    files_of,
    hourly,
    make_plan,
    read_file,
    save_over,
    save_to,
    saved_windows,
    shown_rows,
)
from tests.bulk.fakes import SINCE, ZONES, Fake

A, B = ZONES[:2]


class PowerCut(BaseException):
    """The process is no more."""


@attrs.define
class FailingDisk(Disk):
    """Works until the call with some number; closing does not count, as it cannot fail to happen."""

    fails_at: int
    """Number of the first call that fails, counted from 0."""

    failures: int
    """How many calls fail; the ones after them work again."""

    error: BaseException
    """What they fail with."""

    may_read: bool = False
    """Whether reading always works, and does not count."""

    calls: int = 0
    """Calls so far."""

    def __attrs_post_init__(self) -> None:
        super().__init__()

    def open_root(self, path: Path) -> Folder:
        self._count()
        return super().open_root(path)

    def make_root(self, path: Path) -> None:
        self._count()
        super().make_root(path)

    def make_folder(self, within: Folder, name: str) -> None:
        self._count()
        super().make_folder(within, name)

    def list(self, folder: Folder) -> list[str]:
        self._count()
        return super().list(folder)

    def open(self, folder: Folder, name: str, flags: int) -> int:
        if flags != os.O_RDONLY or not self.may_read:
            self._count()
        return super().open(folder, name, flags)

    def read(self, descriptor: int, most: int) -> bytes:
        if not self.may_read:
            self._count()
        return super().read(descriptor, most)

    def write(self, descriptor: int, data: memoryview) -> int:
        half = data[: max(1, len(data) // 2)]  # all is written in several calls
        try:
            self._count()
        except BaseException:
            super().write(descriptor, half[: len(half) // 2])
            raise
        return super().write(descriptor, half)

    def sync(self, descriptor: int) -> None:
        self._count()
        super().sync(descriptor)

    def replace(self, source: tuple[Folder, str], target: tuple[Folder, str]) -> None:
        self._count()
        super().replace(source, target)

    def delete(self, folder: Folder, name: str) -> None:
        self._count()
        super().delete(folder, name)

    def _count(self) -> None:
        number = self.calls
        self.calls += 1
        if self.fails_at <= number < self.fails_at + self.failures:
            raise self.error


def check(folder: Path, plan: Plan) -> int:
    """A dataset has nothing but whole windows of the plan, each of them once; gives how many need not be fetched."""
    expected = expected_rows(plan)
    rows = shown_rows(folder)
    there = {(row[0], row[1].date()) for row in rows}
    assert rows == [row for row in expected if (row[0], row[1].date()) in there]
    windows = {}
    with contextlib.suppress(DestinationMismatchError):  # there is no dataset yet
        windows = saved_windows(folder)
    done = {(zone_id, since.date()) for zone_id, spans in windows.items() for since, _, _ in spans}
    assert there <= done
    return len(done)


async def resume(folder: Path, plan: Plan, done: int) -> None:
    """Another run fetches what is not done, and nothing else."""
    fake = Fake(respond=hourly)
    saved = await save_to(folder, plan, fake)
    assert saved.ok
    assert (saved.skipped, len(fake.calls)) == (done, len(plan) - done)
    assert shown_rows(folder) == expected_rows(plan)
    assert {path.name.partition("-0")[0] for path in (folder / "state").iterdir()} <= {"lock", "w1-lock", "w1-journal"}


PLAN = make_plan([A, B], days=1)

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
FORBIDDEN = OSError(errno.EACCES, os.strerror(errno.EACCES))


async def error_of(saving: Awaitable[object]) -> StorageError | None:
    """What a run ends with."""
    try:
        await saving
    except StorageError as error:
        return error
    return None


async def count_calls(folder: Path) -> int:
    """How many calls a run takes."""
    disk = FailingDisk(fails_at=0, failures=0, error=FULL)
    await save_over(LocalStore(folder, disk=disk), PLAN, concurrency=1)
    return disk.calls


@pytest.mark.parametrize(
    ("error", "failures"),
    [(FULL, 1), (FULL, 10**6), (FORBIDDEN, 10**6)],
    ids=["full once", "full for ever", "forbidden for ever"],
)
async def test_every_call_that_fails(tmp_path: Path, error: OSError, failures: int) -> None:
    """Whichever call fails, the run ends with our error, and the dataset is intact and can be resumed."""
    for number in range(await count_calls(tmp_path / "counted")):
        folder, fake = tmp_path / str(number), Fake(respond=hourly)
        disk = FailingDisk(fails_at=number, failures=failures, error=error)
        raised = await error_of(save_over(LocalStore(folder, disk=disk), PLAN, fake, concurrency=1))
        if raised is None:
            assert disk.calls <= number, "the number of calls is not always the same"
        else:
            assert str(raised).startswith(f"{folder}: ")
            assert isinstance(raised.__cause__, type(error))
            assert raised.__cause__.errno == error.errno
        assert fake.in_flight == 0
        await resume(folder, PLAN, check(folder, PLAN))


@pytest.mark.slow
async def test_every_call_that_is_the_last(tmp_path: Path) -> None:
    """Wherever a process dies, with half of what it was writing on the disk, the next run resumes there."""
    for number in range(await count_calls(tmp_path / "counted")):
        folder = tmp_path / str(number)
        disk = FailingDisk(fails_at=number, failures=10**6, error=PowerCut())
        with contextlib.suppress(PowerCut, BaseExceptionGroup):
            await save_over(LocalStore(folder, disk=disk), PLAN, concurrency=1)
            assert disk.calls <= number, "the number of calls is not always the same"
        await resume(folder, PLAN, check(folder, PLAN))


async def test_dying_while_journals_are_merged(tmp_path: Path) -> None:
    """That is done by the next run, from wherever it was."""
    for hours in range(1, 21):
        await save_to(tmp_path, make_plan([A], days=hours / 24))
    plan = make_plan([A], days=20 / 24)
    for number in range(200):
        disk = FailingDisk(fails_at=number, failures=10**6, error=PowerCut(), may_read=True)
        with contextlib.suppress(PowerCut, BaseExceptionGroup):
            saved = await save_over(LocalStore(tmp_path, disk=disk), plan)
            break
    assert 10 < number < 190
    assert saved.skipped == 1
    assert shown_rows(tmp_path) == expected_rows(plan)


@pytest.mark.slow
async def test_a_refresh_that_is_cut_off(tmp_path: Path) -> None:
    """A partition that is written again is the old one or the new one, at any moment."""
    first = make_plan([A], days=0.5)
    second = make_plan([A], days=1)
    disk = FailingDisk(fails_at=0, failures=0, error=FULL)
    await save_to(tmp_path / "counted", first)
    await save_over(LocalStore(tmp_path / "counted", disk=disk), second)
    lengths = set()
    for number in range(disk.calls):
        folder = tmp_path / str(number)
        await save_to(folder, first)
        broken = FailingDisk(fails_at=number, failures=10**6, error=PowerCut())
        with pytest.raises((PowerCut, BaseExceptionGroup)):
            await save_over(LocalStore(folder, disk=broken), second)
        [path] = files_of(folder, "ndjson")
        lengths.add(len(read_file(path)))
        await save_to(folder, second)
        assert shown_rows(folder) == expected_rows(second)
    assert lengths == {24, 48}


async def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """That is an error of ours, with that of the system as its cause."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError) as raised:
        await save_to(tmp_path / "file", PLAN)
    assert isinstance(raised.value.__cause__, OSError)


async def test_two_runs_at_once(tmp_path: Path) -> None:
    """The second one is refused, before it sends anything, and the first one continues."""
    fake, second = Fake(respond=hourly, is_open=False), Fake(respond=hourly)
    first = asyncio.create_task(save_to(tmp_path, PLAN, fake))
    while not fake.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)

    with pytest.raises(DestinationBusyError, match=rf"^{tmp_path}: process {os.getpid()} on .* is saving there$"):
        await save_to(tmp_path, PLAN, second)

    assert second.calls == []
    fake.is_open = True
    fake.gate.set()
    assert (await first).ok
    assert (await save_to(tmp_path, PLAN, second)).skipped == len(PLAN)


class SlowDisk(Disk):
    """Waits in the middle of renaming until it may end, and may fail then."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self.fails = fails
        self.loop = asyncio.get_running_loop()
        self.renaming = asyncio.Event()
        self.may_end = threading.Event()
        self.renamed = 0

    def replace(self, source: tuple[Folder, str], target: tuple[Folder, str]) -> None:
        if target[0].path.name != "data":
            return super().replace(source, target)
        self.loop.call_soon_threadsafe(self.renaming.set)
        self.may_end.wait(10)
        if self.fails:
            raise FULL
        super().replace(source, target)
        self.renamed += 1
        return None


@pytest.mark.parametrize("fails", [False, True])
async def test_cancelling(tmp_path: Path, fails: bool) -> None:
    """A cancellation waits for what is being written, whatever that ends with, ends all calls and frees the lock."""
    plan = make_plan([A], days=3)
    disk, fake = SlowDisk(fails=fails), Fake(respond=hourly)
    saving = asyncio.create_task(save_over(LocalStore(tmp_path, disk=disk), plan, fake))
    await disk.renaming.wait()
    for _ in range(3):
        saving.cancel()
        await asyncio.sleep(0)
    assert not saving.done()
    disk.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await saving
    renamed, files = disk.renamed, files_of(tmp_path, "ndjson")
    assert renamed == len(files)
    assert (renamed > 0) is not fails
    assert fake.in_flight == 0
    check(tmp_path, plan)
    assert (await save_to(tmp_path, plan)).ok
    assert disk.renamed == renamed


async def test_a_deadline(tmp_path: Path) -> None:
    """A caller's own deadline is its TimeoutError."""
    fake = Fake(respond=hourly, is_open=False)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await save_to(tmp_path, PLAN, fake)
    assert fake.in_flight == 0
    assert fake.calls == [] or fake.calls[0].times[0] == SINCE
