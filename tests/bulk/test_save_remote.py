"""Datasets in file systems of fsspec, of which one in memory stands for object stores."""

import asyncio
import errno
import itertools
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aiospectrum import InvalidArgumentError
from aiospectrum.bulk import DestinationBusyError, FileFormat, StorageError, open_dataset, save
from aiospectrum.bulk.dataset.journal import Journal
from aiospectrum.bulk.dataset.opening import make_opener
from aiospectrum.bulk.dataset.remote import RemoteStore
from aiospectrum.bulk.dataset.state import Failed, Header
from tests.bulk.datasets import NOW, expected_rows, hourly, make_plan, save_over, shown_rows
from tests.bulk.fakes import ZONES, Fake
from tests.bulk.ftp_server import serving

fsspec = pytest.importorskip("fsspec")

A, B = ZONES[:2]


@pytest.fixture
def memory() -> Iterator[Any]:
    """A file system that is empty."""
    file_system = fsspec.filesystem("memory")
    file_system.store.clear()
    file_system.pseudo_dirs[:] = [""]
    yield file_system
    file_system.store.clear()


async def test_a_lock_that_nobody_gives_back(memory: Any) -> None:
    """One that is held for moments and has a time in the future is not waited for for ever."""
    memory.pipe_file(f"/set/state/lock-9000000000-{0:016}", b"somebody")
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0)

    with pytest.raises(DestinationBusyError, match="somebody is saving there"):
        await save(Fake(respond=hourly), make_plan([A], days=1), "memory://set", sleep=sleep)
    assert 600 < sum(waited) < 660


class PowerCut(BaseException):
    """The process is no more."""


class Recording:
    """A file system that records its calls, and can be made to fail."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.calls: list[tuple[str, str]] = []
        self.fails_at = 10**6
        self.error: BaseException = OSError("no more")

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            if len(self.calls) >= self.fails_at:
                raise self.error
            self.calls.append((name, str(args[0]) if args else ""))
            return found(*args, **kwargs)

        return call


def store_of(file_system: Any, *, owner: str = "me", clock: Any = lambda: 1000.0) -> RemoteStore:
    """A place in a file system."""
    return RemoteStore(file_system, "/bucket/set", owner=owner, clock=clock, pause=lambda _: None)


def locks_of(memory: Any) -> list[str]:
    """The files of locks."""
    return sorted(path for path in memory.store if "/state/w1-lock-" in path)


def download(memory: Any, folder: Path) -> Path:
    """A dataset as files, to be read by other means."""
    for path, file in memory.store.items():
        target = folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.getvalue())
    return folder / "bucket" / "set"


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
async def test_all_rows_are_there(memory: Any, tmp_path: Path, file_format: FileFormat) -> None:
    """A URL is as good as a folder, and another run resumes there, too."""
    pytest.importorskip("pyarrow") if file_format == "parquet" else None
    plan, fake = make_plan([A, B], days=3), Fake(respond=hourly)

    saved = await save(fake, plan, "memory://bucket/set", format=file_format)
    again = await save(fake, plan, "memory://bucket/set", format=file_format, storage_options={})

    assert (saved.done, again.skipped, len(fake.calls)) == (6, 6, 6)
    folder = download(memory, tmp_path)
    assert shown_rows(folder, file_format) == expected_rows(plan)
    assert all(path.name.startswith("w1-journal-") for path in (folder / "state").iterdir())


async def test_a_folder_of_this_machine(tmp_path: Path) -> None:
    """A file URL works."""
    plan = make_plan([A])
    assert (await save(Fake(respond=hourly), plan, f"file://{tmp_path}/set", format="ndjson")).ok
    assert shown_rows(tmp_path / "set") == expected_rows(plan)


def test_journals_are_not_rewritten_for_ever(memory: Any) -> None:
    """A journal has a hundred lines at most, as each of them writes it again."""
    store = store_of(memory)
    header = Header(file_format="csv", period="day", plan={}, started=0)
    journal = Journal(store, header, "w1")
    for _ in range(250):
        journal.add(Failed(zone_id=A, since=0, until=1, error="E", message="", at=0))
    journals = sorted(path for path in memory.store if "journal" in path)
    assert [memory.cat_file(path).count(b"\n") for path in journals] == [101, 101, 51]
    assert [*memory.store] == journals


async def test_dying_at_every_call(memory: Any, tmp_path: Path) -> None:
    """Wherever a process dies, the next run resumes there."""
    plan = make_plan([A], days=3)
    recording = Recording(memory)
    await save_over(store_of(recording), plan, concurrency=1)
    for number in range(len(recording.calls)):
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]
        dying = Recording(memory)
        dying.fails_at, dying.error = number, PowerCut()
        with pytest.raises((PowerCut, BaseExceptionGroup)):
            await save_over(store_of(dying), plan, concurrency=1)
        fake = Fake(respond=hourly)
        later = store_of(memory, owner="next", clock=lambda: 2000.0)
        assert (await save_over(later, plan, fake)).ok
        assert len(fake.calls) <= 3
        assert shown_rows(download(memory, tmp_path / str(number))) == expected_rows(plan)


async def test_errors_of_the_place(memory: Any) -> None:
    """What the file system raises as an OSError is an error of ours."""
    failing = Recording(memory)
    failing.fails_at = 12
    with pytest.raises(
        StorageError, match=r"^memory://bucket/set: no more; once that is mended, save again$"
    ) as raised:
        await save_over(store_of(failing), make_plan([A]))
    assert raised.value.__cause__ is failing.error


async def test_two_runs_at_once(memory: Any) -> None:
    """The second one is refused as long as the first one is alive."""
    first = store_of(memory, owner="first")
    first.lock()
    with pytest.raises(DestinationBusyError, match=r"^memory://bucket/set: first is saving there$"):
        await save_over(store_of(memory, owner="second", clock=lambda: 1299.0), make_plan([A]))
    assert (await save_over(store_of(memory, owner="second", clock=lambda: 1300.0), make_plan([A]))).ok
    assert locks_of(memory) == []


async def test_a_lock_that_was_taken(memory: Any) -> None:
    """Who finds another's lock in place of its own gives up, and does not touch it."""
    waits: list[float] = []
    other = store_of(memory, owner="other")

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 2:
            for name in locks_of(memory):
                memory.rm_file(name)
            other.lock()
        await asyncio.sleep(0)

    fake = Fake(respond=hourly, is_open=False)
    with pytest.raises(DestinationBusyError, match="other is saving there"):
        await save_over(store_of(memory), make_plan([A]), fake, sleep=sleep)

    assert waits == [30.0] * 3
    assert fake.in_flight == 0
    assert [memory.cat_file(name) for name in locks_of(memory)] == [b"other"]


async def test_the_lock_is_renewed(memory: Any) -> None:
    """Its time is written again and again while a run is active."""
    seconds = 1000.0

    async def sleep(wait: float) -> None:
        nonlocal seconds
        seconds += wait
        if seconds > 1100:
            fake.gate.set()
        await asyncio.sleep(0)

    fake = Fake(respond=hourly, is_open=False)
    recording = Recording(memory)
    await save_over(store_of(recording, clock=lambda: seconds), make_plan([A], days=1), fake, sleep=sleep)
    written = [path for name, path in recording.calls if name == "pipe_file" and "/state/w1-lock-" in path]
    assert len(set(written)) > 3
    assert locks_of(memory) == []


@pytest.mark.parametrize("content", [b"", b"\xff\x00\x1b[31m", b"x" * 10**6], ids=["empty", "binary", "long"])
async def test_a_lock_whose_file_says_nothing(memory: Any, content: bytes) -> None:
    """It locks by its name; what is in it is only shown to people."""
    store_of(memory, owner="other").lock()
    [name] = locks_of(memory)
    memory.pipe_file(name, content)
    with pytest.raises(DestinationBusyError, match=r"is saving there$") as raised:
        await save_over(store_of(memory), make_plan([A]))
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("memory://bucket/*", "a URL without"),
        ("nonsense://bucket", "a URL that fsspec knows"),
    ],
)
async def test_urls(url: str, expected: str) -> None:
    """What no dataset can be saved to is refused."""
    with pytest.raises(InvalidArgumentError, match=expected):
        await save(Fake(respond=hourly), make_plan([A]), url, format="csv")


async def test_a_url_that_needs_more() -> None:
    """What fsspec lacks for a URL is said in its own words."""
    with pytest.raises(ImportError, match="adlfs"):
        await save(Fake(respond=hourly), make_plan([A]), "abfs://bucket/set", format="csv")


class InTurns:
    """A file system whose calls are made in a given order of the two threads that make them."""

    def __init__(self, inner: Any, order: Iterable[int]) -> None:
        self.inner = inner
        self.order = deque(order)
        self.condition = threading.Condition()
        self.ended: set[int] = set()

    def of(self, number: int) -> Any:
        """What one of the threads calls."""
        return _Turn(self, number)

    def wait(self, number: int) -> None:
        """Wait until it is a thread's turn; when the other one has ended, it always is."""
        with self.condition:
            assert self.condition.wait_for(lambda: self._is_turn_of(number), 10)
            if self.order:
                self.order.popleft()
            self.condition.notify_all()

    def end(self, number: int) -> None:
        """Take no turns any more."""
        with self.condition:
            self.ended.add(number)
            self.condition.notify_all()

    def _is_turn_of(self, number: int) -> bool:
        while self.order and self.order[0] in self.ended:
            self.order.popleft()
        return not self.order or self.order[0] == number


class _Turn:
    def __init__(self, turns: InTurns, number: int) -> None:
        self.turns = turns
        self.number = number

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.turns.inner, name)
        if name not in ("pipe_file", "ls", "rm_file"):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.turns.wait(self.number)
            return found(*args, **kwargs)

        return call


@pytest.mark.parametrize("owners", [("one", "two"), ("two", "one")], ids="-".join)
def test_two_runs_in_any_order(memory: Any, owners: tuple[str, str]) -> None:
    """However the calls of two runs that start at once mix, never do both have the lock."""
    for order in itertools.product((0, 1), repeat=8):
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]
        turns = InTurns(memory, order)
        stores = [store_of(turns.of(number), owner=owner) for number, owner in enumerate(owners)]
        refused: list[int] = []

        def lock(number: int) -> None:
            try:
                stores[number].lock()  # noqa: B023 - it ends in this iteration
            except DestinationBusyError:
                refused.append(number)  # noqa: B023 - as above
            finally:
                turns.end(number)  # noqa: B023 - as above

        threads = [threading.Thread(target=lock, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused, order
        assert len(locks_of(memory)) == 2 - len(refused)


async def test_file_systems_that_are_not_safe_for_threads(memory: Any) -> None:
    """They get one call at a time, as FTP has one connection for all."""

    class Single(Recording):
        busy = threading.Lock()

        def __getattr__(self, name: str) -> Any:
            found = super().__getattr__(name)
            if not callable(found):
                return found

            def call(*args: Any, **kwargs: Any) -> Any:
                assert self.busy.acquire(blocking=False), "two calls at once"
                try:
                    time.sleep(0.001)
                    return found(*args, **kwargs)
                finally:
                    self.busy.release()

            return call

    store = store_of(Single(memory))
    store.lock()
    with ThreadPoolExecutor(8) as executor:
        futures = [executor.submit(store.stage, f"state/w1-staged-{number:06}", b"x") for number in range(8)]
        futures += [executor.submit(call) for call in (store.renew_lock, store.list) for _ in range(4)]
        for future in futures:
            future.result()
    store.unlock()
    plan = make_plan([A, B], days=3)
    assert (await save_over(store_of(Single(memory), owner="next"), plan)).ok


async def test_a_lock_that_could_not_be_renewed(memory: Any) -> None:
    """After five minutes others may have taken it, so that nothing is changed any more."""
    now = 1000.0
    store = store_of(memory, clock=lambda: now)
    store.lock()
    store.stage("state/w1-staged-000001", b"x")
    before = {path: file.getvalue() for path, file in memory.store.items()}
    now = 1300.0
    for call in (
        lambda: store.stage("state/w1-staged-000002", b"x"),
        lambda: store.publish("state/w1-staged-000001", "data/2026-11-w1-0001.csv"),
        lambda: store.append("state/w1-journal-000001.jsonl", b"x"),
        lambda: store.delete("state/w1-staged-000001"),
    ):
        with pytest.raises(OSError, match="could not be renewed"):
            call()
    assert {path: file.getvalue() for path, file in memory.store.items()} == before


async def test_a_renewal_that_fails_is_made_up_for(memory: Any) -> None:
    """While the lock that is there counts, one failure of the file system ends no run; whose lock is gone ends."""
    now = 1000.0
    failing = ""

    class Flaky(Recording):
        def ls(self, path: str, **options: Any) -> Any:
            self.fail("ls")
            return memory.ls(path, **options)

        def pipe_file(self, path: str, content: bytes) -> None:
            memory.pipe_file(path, content)
            self.fail("pipe_file")

        def rm_file(self, path: str) -> None:
            self.fail("rm_file")
            memory.rm_file(path)

        def fail(self, name: str) -> None:
            if name == failing:
                raise OSError(errno.EIO, "out of order")

    store = store_of(Flaky(memory), clock=lambda: now)
    store.lock()
    for name in ("ls", "pipe_file", "rm_file", ""):
        failing = name
        now += 60
        store.renew_lock()
    store.stage("state/w1-staged-000001", b"x")
    locks = [path for path in memory.store if "lock" in path]
    assert {int(path.rpartition("-")[0][-10:]) for path in locks} == {int(now)}
    failing = "pipe_file"
    now += 30
    for path in locks:
        memory.rm_file(path)
    with pytest.raises(DestinationBusyError):
        store.renew_lock()


async def test_a_file_that_is_deleted_while_its_folder_is_listed(memory: Any) -> None:
    """The file system "memory" raises a KeyError then; the folder is listed again."""
    errors = iter([KeyError("/set/state/lock"), KeyError("/set/state/lock")])

    class Raced(Recording):
        def ls(self, path: str, **options: Any) -> Any:
            for error in errors:
                raise error
            return memory.ls(path, **options)

    plan = make_plan([A, B], days=3)
    assert (await save_over(store_of(Raced(memory)), plan)).ok
    assert next(errors, None) is None


def test_a_store_that_does_not_list_what_it_has(memory: Any) -> None:
    """Where a new file cannot be seen at once, runs cannot be kept apart, and none is let in."""

    class Late(Recording):
        def ls(self, path: str, **options: Any) -> Any:
            return []

    with pytest.raises(OSError, match="cannot be kept apart"):
        store_of(Late(memory)).lock()
    assert locks_of(memory) == []


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[str]:
    """The URL of an FTP server, whose files are in a folder ``ftp``."""
    (tmp_path / "ftp").mkdir()
    with serving(tmp_path / "ftp") as url:
        yield url


async def test_ftp(ftp: str, tmp_path: Path) -> None:
    """Its folders are made, and one connection is used by one thread at a time."""
    plan, fake = make_plan([A, B], days=3), Fake(respond=hourly)
    for url in (f"{ftp}/new/set", f"{ftp}/new/set/"):
        assert (await save(fake, plan, url, format="ndjson")).ok
    assert len(fake.calls) == len(plan)
    assert shown_rows(tmp_path / "ftp" / "new" / "set") == expected_rows(plan)
    state = tmp_path / "ftp" / "new" / "set" / "state"
    assert {path.name.partition("-0")[0] for path in state.iterdir()} == {"w1-journal"}
    dataset = open_dataset(f"{ftp}/new/set")
    assert dataset.to_arrow().num_rows == len(expected_rows(plan))


async def test_a_lock_on_ftp(ftp: str) -> None:
    """It keeps a second run out, and tells who has it."""
    first, _ = make_opener(f"{ftp}/set", None, lambda: NOW.timestamp())
    store = await asyncio.to_thread(first)
    await asyncio.to_thread(store.lock)
    with pytest.raises(DestinationBusyError, match=r"process \d+ on .* is saving there"):
        await save(Fake(respond=hourly), make_plan([A]), f"{ftp}/set", clock=lambda: NOW.timestamp() + 60)
    await asyncio.to_thread(store.unlock)
    assert (await save(Fake(respond=hourly), make_plan([A]), f"{ftp}/set", clock=NOW.timestamp)).ok


@pytest.mark.parametrize("scheme", ["dir", "simplecache", "filecache"])
async def test_file_systems_around_others(memory: Any, tmp_path: Path, scheme: str) -> None:
    """A folder of another one is as that one; a cache, which would have journals as they were before, is left out."""
    plan = make_plan([A], days=3)
    for days in (1, 2, 3):
        options = {} if scheme == "dir" else {scheme: {"cache_storage": str(tmp_path / "cache")}}
        saved = await save(
            Fake(respond=hourly),
            make_plan([A], days=days),
            "dir://set::memory://bucket" if scheme == "dir" else f"{scheme}::memory://bucket/set",
            format="ndjson",
            storage_options=options,
        )
        assert (saved.done, saved.skipped) == (1, days - 1)
    assert shown_rows(download(memory, tmp_path / "files")) == expected_rows(plan)
    assert not (tmp_path / "cache").exists() or not any((tmp_path / "cache").iterdir())


def test_what_waits_for_its_turn(memory: Any) -> None:
    """A call that waits behind one that is stuck changes nothing once the run has been abandoned."""
    may_end = threading.Event()

    class Stuck(Recording):
        def ls(self, path: str, **options: Any) -> Any:
            found = self.inner.ls(path, **options)
            if self.is_stuck:
                may_end.wait(10)
            return found

        is_stuck = False

    file_system = Stuck(memory)
    store = store_of(file_system)
    store.lock()
    store.stage("state/w1-staged-000001", b"x")
    file_system.is_stuck = True
    before = {path: file.getvalue() for path, file in memory.store.items()}
    with ThreadPoolExecutor(4) as executor:
        listing = executor.submit(store.list)
        later = [
            executor.submit(store.stage, "state/w1-staged-000002", b"x"),
            executor.submit(store.publish, "state/w1-staged-000001", "data/2026-11-w1-0001.csv"),
            executor.submit(store.delete, "state/w1-staged-000001"),
        ]
        store.abandon()
        may_end.set()
        listing.result()
        for future in later:
            with pytest.raises(OSError, match="too late"):
                future.result()
    assert {path: file.getvalue() for path, file in memory.store.items()} == before
