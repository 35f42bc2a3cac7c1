"""Disks whose calls do not return: a run that is cancelled ends all the same, and nothing comes of it later."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import DestinationBusyError
from aiospectrum.bulk.dataset.disk import Disk, Folder
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.threads import Threads
from tests.bulk.datasets import expected_rows, hourly, make_plan, save_over, save_to, shown_rows
from tests.bulk.fakes import ZONES, Fake

PLAN = make_plan(ZONES[:2], days=2)

CHANGES = {"make_root", "make_folder", "create", "write", "replace", "delete"}
"""The calls that others can see."""


class StuckDisk(Disk):
    """Gets stuck in one call until it is released: that with some number, or the first one of some kind."""

    def __init__(self, stuck_at: int | str, *, error: OSError | None = None) -> None:
        super().__init__()
        self.stuck_at = stuck_at
        self.error = error
        self.calls: list[str] = []
        self.is_stuck = threading.Event()
        self.may_return = threading.Event()

    def _enter(self, name: str) -> None:
        self.calls.append(name)
        if self.stuck_at in (len(self.calls) - 1, name) and not self.is_stuck.is_set():
            self.is_stuck.set()
            assert self.may_return.wait(20)
            if self.error is not None:
                raise self.error

    def open_root(self, path: Path) -> Folder:
        self._enter("open_root")
        return super().open_root(path)

    def open_folder(self, within: Folder, name: str) -> Folder:
        self._enter("open_folder")
        return super().open_folder(within, name)

    def make_root(self, path: Path) -> None:
        self._enter("make_root")
        super().make_root(path)

    def make_folder(self, within: Folder, name: str) -> None:
        self._enter("make_folder")
        super().make_folder(within, name)

    def list(self, folder: Folder) -> list[str]:
        self._enter("list")
        return super().list(folder)

    def find(self, folder: Folder, name: str) -> os.stat_result | None:
        self._enter("find")
        return super().find(folder, name)

    def open(self, folder: Folder, name: str, flags: int) -> int:
        self._enter("create" if flags & os.O_CREAT else "open")
        return super().open(folder, name, flags)

    def read(self, descriptor: int, most: int) -> bytes:
        self._enter("read")
        return super().read(descriptor, most)

    def write(self, descriptor: int, data: memoryview) -> int:
        self._enter("write")
        return super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._enter("sync")
        super().sync(descriptor)

    def replace(self, source: tuple[Folder, str], target: tuple[Folder, str]) -> None:
        self._enter("replace")
        super().replace(source, target)

    def delete(self, folder: Folder, name: str) -> None:
        self._enter("delete")
        super().delete(folder, name)

    def lock(self, descriptor: int, *, is_shared: bool = False) -> bool:
        self._enter("lock")
        return super().lock(descriptor, is_shared=is_shared)

    def close(self, descriptor: int) -> None:
        self._enter("close")
        super().close(descriptor)


async def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        await asyncio.sleep(0.001)


def threads_of_saving() -> list[threading.Thread]:
    """Those that are still there."""
    return [each for each in threading.enumerate() if each.name == "aiospectrum-save"]


async def count_calls(folder: Path) -> int:
    """How many calls a run takes."""
    disk = StuckDisk(-1)
    await save_over(LocalStore(folder, disk=disk), PLAN, concurrency=1)
    return len(disk.calls)


async def test_every_call_that_is_stuck(tmp_path: Path) -> None:
    """Whichever call is, the run ends when it is cancelled; later nothing is changed any more, and the lock is free."""
    for number in range(await count_calls(tmp_path / "counted")):
        folder, disk, fake = tmp_path / str(number), StuckDisk(number), Fake(respond=hourly)
        threads = Threads(patience=0.01)
        saving = asyncio.create_task(
            save_over(LocalStore(folder, disk=disk), PLAN, fake, concurrency=1, threads=threads)
        )
        await until(lambda: disk.is_stuck.is_set() or saving.done())  # noqa: B023 - it is called in this iteration
        if saving.done():
            break  # the number of calls is not always the same
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(saving, 5)
        assert fake.in_flight == 0
        before = len(disk.calls)
        disk.may_return.set()
        await until(lambda: not threads_of_saving())
        later = [name for name in disk.calls[before:] if name in CHANGES]
        assert later == [], f"after {disk.calls[number]}"
        assert (await save_to(folder, PLAN)).ok
        assert shown_rows(folder) == expected_rows(PLAN)


async def cancelled(disk: StuckDisk, folder: Path) -> None:
    """A run that is cancelled while it is stuck."""
    threads = Threads(patience=0.01)
    saving = asyncio.create_task(save_over(LocalStore(folder, disk=disk), PLAN, threads=threads))
    await until(disk.is_stuck.is_set)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(saving, 5)


@pytest.mark.parametrize("call", ["create", "write", "sync", "replace"])
async def test_a_lock_outlives_what_is_stuck(tmp_path: Path, call: str) -> None:
    """While a call may come to its end after all no other run is let in, in this process or another one."""
    await save_to(tmp_path, make_plan(ZONES[:1], days=1))
    disk = StuckDisk(call)
    await cancelled(disk, tmp_path)
    if call in ("sync", "replace"):  # the others are stuck at the lock itself, which they do not have yet
        with pytest.raises(DestinationBusyError):
            await save_to(tmp_path, PLAN)
    disk.may_return.set()
    await until(lambda: not threads_of_saving())
    assert (await save_to(tmp_path, PLAN)).ok
    assert shown_rows(tmp_path) == expected_rows(PLAN)


async def test_an_error_that_comes_too_late(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody asks for it any more, and asyncio has nothing to say about it."""
    disk = StuckDisk("sync", error=OSError("too late"))
    await cancelled(disk, tmp_path)
    disk.may_return.set()
    await until(lambda: not threads_of_saving())
    await asyncio.sleep(0)
    assert caplog.records == []


def test_a_loop_that_is_closed_before(tmp_path: Path) -> None:
    """A call that returns when its event loop is no more has nobody to report to."""
    disk = StuckDisk("sync")
    asyncio.run(cancelled(disk, tmp_path))
    disk.may_return.set()
    asyncio.run(until(lambda: not threads_of_saving()))
    assert asyncio.run(save_to(tmp_path, PLAN)).ok


async def test_a_slow_disk_is_waited_for(tmp_path: Path) -> None:
    """As long as nobody cancels the run, a call may take its time."""
    disk = StuckDisk("sync")
    saving = asyncio.create_task(save_over(LocalStore(tmp_path, disk=disk), PLAN, threads=Threads(patience=0)))
    await until(disk.is_stuck.is_set)
    await asyncio.sleep(0.05)
    assert not saving.done()
    disk.may_return.set()
    assert (await saving).ok
    await until(lambda: not threads_of_saving())


@pytest.mark.skipif(os.name == "nt", reason="FIFOs are those of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("call", ["lock", "sync", "replace"])
async def test_a_process_that_is_stuck(tmp_path: Path, call: str, number: int) -> None:
    """A thread that really hangs in the operating system does not hold up the end of a program."""
    os.mkfifo(tmp_path / "fifo")
    arguments = [sys.executable, "-m", "tests.bulk.stuck_process", str(tmp_path / "dataset"), str(tmp_path / "fifo")]
    process = await asyncio.create_subprocess_exec(*arguments, call, stdout=-1, stderr=-1)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"stuck\n"
        sent = time.monotonic()
        process.send_signal(number)
        output, errors = await process.communicate()
    assert time.monotonic() - sent < 5
    assert (output, process.returncode) == (b"cancelled\n", 0), errors
    assert errors == b""
