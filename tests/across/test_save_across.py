"""Saves that are divided among the workers of an executor: threads, processes, and such as behave like Dask's."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from fsspec import register_implementation
from fsspec.implementations.memory import MemoryFileSystem

from aiospectrum import Client, InvalidArgumentError, RateLimit
from aiospectrum.bulk import DestinationBusyError, SaveError, SaveProgress, save, save_across
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.sandbox import Faults, Sandbox, run_in_thread
from aiospectrum.sandbox import RateLimit as SandboxLimit
from tests.across.parts import (
    Detached,
    Hurried,
    Retrying,
    Untouched,
    accounts_of,
    asked,
    find_no_token,
    make_client,
    make_limited_client,
    plan_of,
    processes,
    signals_in,
    wait_for,
)
from tests.bulk.datasets import read_rows, saved_windows

ALL_SLOW = Faults(latency=0.25)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """An account of four zones."""
    async with Sandbox(zones=4, apps_per_zone=2, rate_limit=None) as running:
        yield running


def files_in(folder: Path) -> list[Path]:
    """All that is in a folder."""
    return [*folder.iterdir()]


def rows_in(folder: Path) -> list[tuple[Any, ...]]:
    """All rows, in order."""
    return sorted(tuple(row.values()) for row in read_rows(folder))


async def run(executor: Executor, sandbox: Sandbox, folder: Path, **options: Any) -> Any:
    """Save the zones of a sandbox."""
    accounts = options.pop("accounts", None) or accounts_of(sandbox)
    plan = options.pop("plan", None) or plan_of(sandbox.zones)
    return await save_across(executor, accounts, plan, folder, **{"format": "ndjson", **options})


@pytest.mark.parametrize("make_executor", [lambda: ThreadPoolExecutor(2), processes], ids=["threads", "processes"])
async def test_the_result_is_that_of_one_save(
    sandbox: Sandbox, tmp_path: Path, make_executor: Callable[[], Executor]
) -> None:
    """Each report is asked for once, rows and result are those of a save in one process, and progress adds up."""
    seen: list[SaveProgress] = []
    with make_executor() as executor:
        saved = await run(executor, sandbox, tmp_path / "set", on_progress=seen.append)
    assert set(asked(sandbox).values()) == {1}
    assert len(asked(sandbox)) == len(plan_of(sandbox.zones)) == 8
    async with make_client(sandbox.url, sandbox.api_token) as client:
        alone = await save(client, plan_of(sandbox.zones), tmp_path / "alone", format="ndjson")
    assert rows_in(tmp_path / "set") == rows_in(tmp_path / "alone")
    assert (saved.total, saved.done, saved.rows, saved.ok) == (alone.total, alone.done, alone.rows, True)
    assert saved.folder == str(tmp_path / "set" / "data")
    assert (seen[-1].total, seen[-1].done, seen[-1].left, seen[-1].rows) == (8, 8, 0, saved.rows)
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert {each.total for each in seen} == {8}
    assert signals_in(tmp_path / "set") == []


async def test_saving_again_skips_what_is_there(sandbox: Sandbox, tmp_path: Path) -> None:
    """Divided in another way, nothing is fetched again."""
    with ThreadPoolExecutor(4) as executor:
        await run(executor, sandbox, tmp_path, shards=2)
        saved = await run(executor, sandbox, tmp_path, workers=1)
    assert (saved.skipped, saved.done) == (8, 0)
    assert set(asked(sandbox).values()) == {1}


@pytest.mark.parametrize("workers", [None, 1], ids=["a part for each", "one part for all"])
async def test_accounts_that_fail_stop_no_others(sandbox: Sandbox, tmp_path: Path, workers: int | None) -> None:
    """One has no token, and one a wrong one: their tasks are listed as failed, and the others are saved."""
    first, second, *others = sandbox.zones
    good = partial(make_client, sandbox.url, sandbox.api_token)
    bad = partial(make_client, sandbox.url, "t0ken-of-nobody-0000000000000000000000000")
    accounts = {first: find_no_token, second: bad, **dict.fromkeys(others, good)}
    seen: list[SaveProgress] = []
    with ThreadPoolExecutor(3) as executor:
        saved = await run(executor, sandbox, tmp_path, accounts=accounts, on_progress=seen.append, workers=workers)
    errors = {(each.zone_id, each.error.partition(":")[0]) for each in saved.failed}
    assert errors == {(first, "KeyError"), (second, "PermissionDeniedError")}
    assert (saved.total, saved.done, len(saved.failed), saved.ok) == (8, 4, 4, False)
    assert (seen[-1].total, seen[-1].done, seen[-1].failed, seen[-1].left) == (8, 4, 4, 0)
    assert sorted(saved_windows(tmp_path)) == sorted(others)


async def test_shards_share_a_limit(tmp_path: Path) -> None:
    """Four parts of one token keep below the limit of the API, over a limiter in a file."""
    api = SandboxLimit(requests=8, per_seconds=0.6)
    ours = RateLimit(requests=6, per_seconds=0.6, in_flight=2)
    async with Sandbox(zones=4, rate_limit=api) as sandbox:
        maker = partial(make_limited_client, sandbox.url, sandbox.api_token, str(tmp_path / "limit"), ours)
        accounts = dict.fromkeys(sandbox.zones, maker)
        with ThreadPoolExecutor(4) as executor:
            saved = await run(
                executor, sandbox, tmp_path / "set", accounts=accounts, shards=4, plan=plan_of(sandbox.zones, days=4)
            )
        assert saved.done == 16
        assert {each.status for each in sandbox.requests} == {200}
        assert len(list((tmp_path / "set" / "state").glob("w?-lock"))) == 4
        assert set(asked(sandbox).values()) == {1}


async def test_the_number_of_parts(sandbox: Sandbox, tmp_path: Path) -> None:
    """With ``workers`` accounts are put together, so that each part has about as many zones."""
    accounts = accounts_of(sandbox, 4)
    with ThreadPoolExecutor(4) as executor:
        saved = await run(executor, sandbox, tmp_path, accounts=accounts, workers=2)
    assert saved.done == 8
    assert sorted(path.name for path in (tmp_path / "state").glob("w*-lock")) == ["w1-lock", "w2-lock"]


async def _never() -> Client:
    raise AssertionError


ZONE = "1" * 32
BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "lambda": ("accounts", {"accounts": {ZONE: lambda: None}}),
    "no function": ("accounts", {"accounts": {ZONE: "token"}}),
    "coroutine function": ("accounts", {"accounts": {ZONE: _never}}),
    "function with arguments": ("accounts", {"accounts": {ZONE: make_client}}),
    "missing zone": ("accounts", {"accounts": {"2" * 32: find_no_token}}),
    "no mapping": ("accounts", {"accounts": [find_no_token]}),
    "workers 0": ("workers", {"workers": 0}),
    "workers true": ("workers", {"workers": True}),
    "workers 10,000": ("workers", {"workers": 10_000}),
    "shards 0": ("shards", {"shards": 0}),
    "shards 1.5": ("shards", {"shards": 1.5}),
    "format": ("format", {"format": "xlsx"}),
    "concurrency": ("concurrency", {"concurrency": 0}),
    "memory": ("memory", {"memory": 1}),
    "max_tasks": ("plan", {"max_tasks": 1}),
    "rate_limit_timeout": ("rate_limit_timeout", {"rate_limit_timeout": -1}),
    "stop": ("stop", {"stop": True}),
    "on_progress": ("on_progress", {"on_progress": 5}),
    "options of a path": ("storage_options", {"storage_options": dict}),
    "options that are none": ("storage_options", {"storage_options": {"key": "value"}}),
    "plan": ("plan", {"plan": [ZONE]}),
    "executor": ("executor", {"executor": None}),
    "password": ("destination", {"destination": "ftp://user:passw0rd@example.com/set"}),
    "half a URL": ("destination", {"destination": "s3:/bucket/set"}),
    "home": ("destination", {"destination": "~/set"}),
    "no path": ("destination", {"destination": None}),
    "bytes": ("destination", {"destination": b"set"}),
    "unknown URL": ("destination", {"destination": "nowhere://set"}),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_arguments(tmp_path: Path, case: str) -> None:
    """Each is an error before anything is submitted or written, and tells no password."""
    field, changes = BAD[case]
    arguments: dict[str, Any] = {
        "executor": Untouched(),
        "accounts": {ZONE: find_no_token},
        "plan": plan_of([ZONE]),
        "destination": tmp_path / "set",
        **changes,
    }
    with pytest.raises(InvalidArgumentError) as caught:
        await save_across(**arguments)
    assert caught.value.field.partition("[")[0] == field
    assert "passw0rd" not in str(caught.value)
    assert files_in(tmp_path) == []


async def test_a_relative_folder(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers in another folder save where the caller means."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(os.path.abspath, sys.path)))
    monkeypatch.chdir(tmp_path / "here")
    with processes(1, initializer=os.chdir, initargs=(tmp_path / "there",)) as executor:
        saved = await run(executor, sandbox, Path("set"), workers=1)
    assert saved.done == 8
    assert files_in(tmp_path / "there") == []
    assert signals_in(tmp_path / "here" / "set") == []
    assert len(rows_in(tmp_path / "here" / "set")) == saved.rows


async def test_stopping(tmp_path: Path) -> None:
    """Once the event is set no task is started, and what was under way is saved."""
    stop = asyncio.Event()
    async with Sandbox(zones=4, rate_limit=None, faults=ALL_SLOW) as sandbox:
        with ThreadPoolExecutor(2) as executor:
            plan = plan_of(sandbox.zones, days=20)
            saving = asyncio.create_task(run(executor, sandbox, tmp_path, plan=plan, stop=stop, concurrency=1))
            await wait_for(lambda: len(sandbox.requests) >= 2)
            stop.set()
            saved = await saving
        assert saved.stopped
        assert 0 < saved.done == len(sandbox.requests) < 80
        assert signals_in(tmp_path) == []


async def cancelled(saving: "asyncio.Task[Any]") -> float:
    """Cancel a save, and give the seconds until it has ended."""
    began = time.monotonic()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    return time.monotonic() - began


@pytest.mark.parametrize("kind", ["threads", "detached", "processes"])
async def test_cancelling_ends_all(tmp_path: Path, kind: str) -> None:
    """Within five seconds nothing runs any more, also where a future counts as cancelled and what it is goes on."""
    executor = {"threads": lambda: ThreadPoolExecutor(2), "detached": lambda: Detached(2), "processes": processes}[
        kind
    ]()
    async with Sandbox(zones=4, rate_limit=None, faults=ALL_SLOW) as sandbox:
        with executor:
            plan = plan_of(sandbox.zones, days=60)
            saving = asyncio.create_task(run(executor, sandbox, tmp_path, plan=plan, concurrency=1, shards=2))
            await wait_for(lambda: len(sandbox.requests) >= 4)
            assert await cancelled(saving) < 5
            if isinstance(executor, Detached):
                assert all(each.done() for each in executor.running[:2])
            await asyncio.sleep(0.3)  # until what was in flight is recorded
            made = len(sandbox.requests)
            await asyncio.sleep(0.3)
            assert len(sandbox.requests) == made
        assert signals_in(tmp_path) == []


async def test_cancelling_what_runs_again(tmp_path: Path) -> None:
    """A part that has failed and is run again, as by an executor that retries, ends as well."""
    other = LocalStore(tmp_path)
    other.lock("w1")

    class Again(Detached):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            return super().submit(self._twice, partial(fn, *args, **kwargs))

        def _twice(self, call: Callable[[], Any]) -> Any:
            with pytest.raises(DestinationBusyError):
                call()
            time.sleep(1.2)  # until that is known
            other.unlock()
            return call()

    async with Sandbox(zones=1, rate_limit=None, faults=ALL_SLOW) as sandbox:
        with Again(1) as executor:
            plan = plan_of(sandbox.zones, days=60)
            saving = asyncio.create_task(run(executor, sandbox, tmp_path, plan=plan, concurrency=1))
            await wait_for(lambda: len(sandbox.requests) >= 4)
            await asyncio.sleep(0.6)  # until it is known that it runs
            assert await cancelled(saving) < 5
            assert all(each.done() for each in executor.running)
        assert signals_in(tmp_path) == []


async def test_a_worker_that_dies(tmp_path: Path) -> None:
    """The save fails, and the next one fetches again what was under way, and nothing else."""
    async with Sandbox(zones=4, rate_limit=None, faults=Faults(latency=0.1)) as sandbox:
        plan = plan_of(sandbox.zones, days=15)
        with processes() as executor:
            saving = asyncio.create_task(run(executor, sandbox, tmp_path, plan=plan, concurrency=2))
            await wait_for(lambda: len(sandbox.requests) >= 25)
            os.kill(min(executor._processes), signal.SIGKILL)
            with pytest.raises(SaveError, match=r"w[12] has died .*; save again to resume"):
                await saving
        assert signals_in(tmp_path) == []
        await asyncio.sleep(0.5)  # until what was in flight is recorded
        durable = sum(map(len, saved_windows(tmp_path).values()))
        made = len(sandbox.requests)
        with processes() as executor:
            saved = await run(executor, sandbox, tmp_path, plan=plan)
        assert saved.ok
        assert (saved.skipped, saved.done) == (durable, 60 - durable)
        assert len(sandbox.requests) - made == 60 - durable
        assert len(asked(sandbox)) == 60
        assert len(rows_in(tmp_path)) == len(set(rows_in(tmp_path))) > 0


async def test_a_worker_that_is_replaced(tmp_path: Path) -> None:
    """Where the executor runs the part again, the save goes on, and nothing durable is fetched again."""
    async with Sandbox(zones=2, rate_limit=None, faults=Faults(latency=0.1)) as sandbox:
        plan = plan_of(sandbox.zones, days=15)
        durable: list[int] = []
        with Retrying(2, lambda: durable.append(sum(map(len, saved_windows(tmp_path).values())))) as executor:
            saving = asyncio.create_task(run(executor, sandbox, tmp_path, plan=plan, concurrency=1))
            await wait_for(lambda: len(sandbox.requests) >= 16)
            os.kill(executor.pids[0], signal.SIGKILL)
            saved = await saving
        assert len(durable) == 1
        assert saved.ok
        assert len(asked(sandbox)) == 30
        assert len(sandbox.requests) <= 30 + 16 + 1 - durable[0]
        assert len(rows_in(tmp_path)) == len(set(rows_in(tmp_path))) > 0
        assert signals_in(tmp_path) == []


async def test_an_executor_that_takes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    """One that is shut down is an error that says so, and leaves nothing behind."""
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(SaveError, match=r"takes no more work .*; save again with another one"):
        await run(executor, sandbox, tmp_path)
    assert signals_in(tmp_path) == []


async def test_a_writer_that_is_there(sandbox: Sandbox, tmp_path: Path) -> None:
    """A part whose name somebody else saves as has another one, as after the death of the process of another call."""
    other = LocalStore(tmp_path)
    other.lock("w1")
    with ThreadPoolExecutor(2) as executor:
        saved = await run(executor, sandbox, tmp_path)
    other.unlock()
    assert saved.ok
    assert {path.name for path in (tmp_path / "state").glob("w*-lock")} == {"w1-lock", "w2-lock", "w3-lock"}
    assert signals_in(tmp_path) == []


async def test_an_upkeep_that_is_there(sandbox: Sandbox, tmp_path: Path) -> None:
    """No part begins then, whatever its name."""
    other = LocalStore(tmp_path)
    other.lock("upkeep")
    with ThreadPoolExecutor(2) as executor, pytest.raises(DestinationBusyError):
        await run(executor, sandbox, tmp_path)
    other.unlock()
    assert sandbox.requests == []
    assert signals_in(tmp_path) == []


async def test_equal_functions_are_one_account(sandbox: Sandbox, tmp_path: Path) -> None:
    """It is not the object that counts, so that no token has two limits."""
    accounts = {zone_id: partial(make_client, sandbox.url, sandbox.api_token) for zone_id in sandbox.zones}
    with ThreadPoolExecutor(4) as executor:
        saved = await run(executor, sandbox, tmp_path, accounts=accounts)
    assert saved.ok
    assert [path.name for path in (tmp_path / "state").glob("w*-lock")] == ["w1-lock"]


async def test_nothing_to_save(tmp_path: Path) -> None:
    """A plan without zones is through at once."""
    saved = await save_across(Untouched(), {}, plan_of([]), tmp_path / "set")
    assert (saved.ok, saved.total) == (True, 0)


def _fail() -> dict[str, Any]:
    raise KeyError("OPTIONS_OF_THE_STORE")


async def test_a_part_that_fails(sandbox: Sandbox, tmp_path: Path) -> None:
    """What a function raises in a worker is no death of it."""

    class Elsewhere(ThreadPoolExecutor):
        def submit(self, fn: Any, part: Any, /) -> Any:  # type: ignore[override]  # only parts are submitted
            return super().submit(fn, attrs.evolve(part, storage_options=_fail))

    with Elsewhere(1) as executor, pytest.raises(SaveError, match=r"^the part that saved as w1 failed \(KeyError: "):
        await run(executor, sandbox, tmp_path)
    assert signals_in(tmp_path) == []


class SlowFiles(MemoryFileSystem):
    """Files in memory; from some moment on, reading what parts report takes a while."""

    protocol = "slow"
    reading = threading.Event()
    is_slow = False

    def cat_file(self, path: str, *arguments: Any, **options: Any) -> Any:
        if self.is_slow and "/run-" in path and "order" not in path:
            self.reading.set()
            time.sleep(0.3)
        return super().cat_file(path, *arguments, **options)


@pytest.mark.soak
async def test_a_cancellation_while_reports_are_read() -> None:
    """The workers are told, also when that takes longer than a call may take that is cancelled."""
    register_implementation("slow", SlowFiles, clobber=True)
    SlowFiles.reading.clear()
    SlowFiles.is_slow = False
    async with Sandbox(zones=6, rate_limit=None, faults=ALL_SLOW) as sandbox:
        with ThreadPoolExecutor(6) as executor:
            plan = plan_of(sandbox.zones, days=200)
            saving = asyncio.create_task(
                save_across(executor, accounts_of(sandbox, 6), plan, "slow://across/set", concurrency=1)
            )
            await wait_for(lambda: len(sandbox.requests) >= 12, 60)
            SlowFiles.is_slow = True
            await wait_for(SlowFiles.reading.is_set)
            await asyncio.sleep(0.1)
            assert await cancelled(saving) < 30
            await asyncio.sleep(0.3)  # until what was in flight is recorded
            made = len(sandbox.requests)
            await asyncio.sleep(1)
            assert len(sandbox.requests) == made


async def test_a_call_that_hears_nothing(tmp_path: Path) -> None:
    """Parts end by themselves when the process of the call has died or is stuck, and leave no files."""
    left: list[list[str]] = []

    def hang(progress: SaveProgress) -> None:
        if progress.done and not left:
            began = time.monotonic()
            while signals_in(tmp_path) and time.monotonic() - began < 20:
                time.sleep(0.1)  # on the event loop
            left.append(signals_in(tmp_path))

    with run_in_thread(Sandbox(zones=4, rate_limit=None, faults=ALL_SLOW)) as sandbox, Hurried(2) as executor:
        plan = plan_of(sandbox.zones, days=60)
        with pytest.raises(SaveError, match="no sign of life"):
            await run(executor, sandbox, tmp_path, plan=plan, concurrency=1, on_progress=hang)
        assert left == [[]]
        assert len(sandbox.requests) < 240
    assert signals_in(tmp_path) == []


class SlowLocks(MemoryFileSystem):
    """Files in memory; locks take a while to be written."""

    protocol = "slowlocks"
    writing = threading.Event()

    def pipe_file(self, path: str, *arguments: Any, **options: Any) -> Any:
        super().pipe_file(path, *arguments, **options)
        if "lock" in path.rpartition("/")[2]:
            self.writing.set()
            time.sleep(0.3)


async def test_a_cancellation_at_the_start(sandbox: Sandbox) -> None:
    """The dataset's lock, under way when the call is cancelled, is left to nobody."""
    register_implementation("slowlocks", SlowLocks, clobber=True)
    SlowLocks.writing.clear()
    with ThreadPoolExecutor(1) as executor:
        plan = plan_of(sandbox.zones)
        saving = asyncio.create_task(save_across(executor, accounts_of(sandbox), plan, "slowlocks://start/set"))
        await wait_for(SlowLocks.writing.is_set)
        assert await cancelled(saving) < 5
    assert [path for path in SlowLocks.store if "start" in path] == []


def _make_client_slowly(url: str, token: str) -> Client:
    time.sleep(4)  # on the event loop of the worker
    return make_client(url, token)


async def test_a_worker_that_is_held_up(sandbox: Sandbox, tmp_path: Path) -> None:
    """A part that did not look for orders for so long goes on, as there have been some."""
    accounts = dict.fromkeys(sandbox.zones, partial(_make_client_slowly, sandbox.url, sandbox.api_token))
    with Hurried(1) as executor:
        saved = await save_across(executor, accounts, plan_of(sandbox.zones), tmp_path, format="ndjson")
    assert saved.ok
    assert saved.done == saved.total > 0


async def test_an_executor_that_holds_up_who_submits(tmp_path: Path) -> None:
    """Parts that run hear from the call while it waits to submit others, which may take long."""

    class Bounded(Hurried):
        def submit(self, fn: Any, part: Any, /) -> Any:
            future = super().submit(fn, part)
            future.exception()
            return future

    shown: list[SaveProgress] = []
    async with Sandbox(zones=2, rate_limit=None, faults=Faults(latency=0.2)) as sandbox:
        with Bounded(1) as executor:
            plan = plan_of(sandbox.zones, days=20)
            saved = await run(executor, sandbox, tmp_path, plan=plan, concurrency=1, on_progress=shown.append)
    assert saved.ok
    assert saved.done == 40
    assert len({each.done for each in shown if each.done < 20}) > 1


HOSTILE = {
    "huge": b"[" * (1 << 22),
    "nested": b'{"x":' + b"[" * 4000,
    "numbers": b'{"beat": 1e999, "progress": {"total": -1e999}}',
    "other types": b'{"beat": "1", "stop": 2, "progress": [], "has_ended": {}}',
    "no text": b"\xff\xfe\x00",
}


def _replace(folder: Path, name: str, kind: str) -> None:
    """Put what is no signal in the place of those that are there."""
    for path in folder.glob(f"state/run-*-{name}"):
        with suppress(FileNotFoundError), path.open("r+b") as file:  # one that is deleted meanwhile stays so
            file.truncate()
            file.write(HOSTILE[kind])


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_reports(tmp_path: Path, kind: str) -> None:
    """What is in the place of a report is passed over, and hangs nothing."""
    async with Sandbox(zones=2, rate_limit=None, faults=ALL_SLOW) as sandbox:
        with ThreadPoolExecutor(2) as executor:
            plan = plan_of(sandbox.zones, days=8)
            saving = asyncio.create_task(run(executor, sandbox, tmp_path, plan=plan, concurrency=1))
            while not saving.done():
                _replace(tmp_path, "w?", kind)
                await asyncio.sleep(0.02)
            assert (await saving).ok
    assert signals_in(tmp_path) == []


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_orders(tmp_path: Path, kind: str) -> None:
    """What is in the place of the order for long says that nobody wants the parts; for a moment it says nothing."""
    async with Sandbox(zones=2, rate_limit=None, faults=ALL_SLOW) as sandbox:
        with ThreadPoolExecutor(2) as executor:
            plan = plan_of(sandbox.zones, days=8)
            saving = asyncio.create_task(run(executor, sandbox, tmp_path, plan=plan, concurrency=1))
            await wait_for(lambda: sandbox.requests)
            _replace(tmp_path, "order", kind)
            assert (await saving).ok
    assert signals_in(tmp_path) == []


@pytest.mark.parametrize("kind", ["order", "w1"])
@pytest.mark.parametrize("make", ["fifo", "link", "folder"])
async def test_what_is_no_file_in_place_of_a_signal(tmp_path: Path, kind: str, make: str) -> None:
    """Nothing hangs, nothing outside is read or written, and the error says what to remove, if there is one."""
    outside = tmp_path / "outside"
    outside.write_text("{}")
    folder = tmp_path / "set"
    async with Sandbox(zones=2, rate_limit=None, faults=ALL_SLOW) as sandbox:
        with ThreadPoolExecutor(2) as executor:
            plan = plan_of(sandbox.zones, days=8)
            saving = asyncio.create_task(run(executor, sandbox, folder, plan=plan, concurrency=1))
            await wait_for(lambda: sandbox.requests and [*folder.glob(f"state/run-*-{kind}")])
            for path in folder.glob(f"state/run-*-{kind}"):
                path.unlink(missing_ok=True)
                {"fifo": os.mkfifo, "link": lambda each: each.symlink_to(outside), "folder": os.mkdir}[make](path)
            async with asyncio.timeout(10):
                try:
                    assert (await saving).ok
                except SaveError as error:
                    assert "remove it" in str(error) or "no sign of life" in str(error)  # noqa: PT017 - it may not be
    assert outside.read_text() == "{}"


async def test_a_file_url(sandbox: Sandbox, tmp_path: Path) -> None:
    """A folder by its URL is one for all workers."""
    url: Any = (tmp_path / "set").as_uri()
    with ThreadPoolExecutor(2) as executor:
        saved = await run(executor, sandbox, url)
    assert saved.done == 8
    assert signals_in(tmp_path / "set") == []
    assert set(asked(sandbox).values()) == {1}
