"""Several writers of one dataset at once: every task once, nothing lost, whoever dies and however work is divided."""

import asyncio
import contextlib
import itertools
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest

from aiospectrum import (
    AuthenticationError,
    ConnectionFailedError,
    InvalidArgumentError,
    PermissionDeniedError,
    ReportByTime,
    ServerError,
    SpectrumError,
)
from aiospectrum.bulk import (
    DestinationBusyError,
    DestinationMismatchError,
    ManifestError,
    Plan,
    Query,
    Saved,
    StorageError,
    catch_up,
    open_dataset,
    save,
    verify,
)
from aiospectrum.bulk.dataset.disk import Disk, Folder
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.remote import RemoteStore, open_remote
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.sandbox import Faults
from tests.bulk.datasets import NOW, expected_rows, hourly, make_plan, save_over, save_to, saved_windows, shown_rows
from tests.bulk.fakes import ZONES, Call, Fake
from tests.bulk.object_store import ObjectStore, running
from tests.bulk.saving_process import clock
from tests.bulk.test_bulk_sandbox import NOW as SANDBOX_NOW
from tests.bulk.test_bulk_sandbox import running as sandbox_running
from tests.bulk.test_save_crash import ROOT, rows_of, window_of

fsspec = pytest.importorskip("fsspec")

A, B, C, D = ZONES[:4]

Key: TypeAlias = tuple[str, Any]


class PowerCut(BaseException):
    """The process is no more."""


@attrs.define
class Life:
    """What is left of a process: calls until it dies, after which none has an effect."""

    calls: int = 10**9

    def spend(self) -> None:
        """Make a call, or die."""
        self.calls -= 1
        if self.calls < 0:
            raise PowerCut


class MortalDisk(Disk):
    """A disk whose process dies; the operating system closes its files."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self.life = life

    def open(self, folder: Folder, name: str, flags: int) -> int:
        self.life.spend()
        return super().open(folder, name, flags)

    def write(self, descriptor: int, data: memoryview) -> int:
        self.life.spend()
        return super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self.life.spend()
        super().sync(descriptor)

    def replace(self, source: tuple[Folder, str], target: tuple[Folder, str]) -> None:
        self.life.spend()
        super().replace(source, target)

    def delete(self, folder: Folder, name: str) -> None:
        self.life.spend()
        super().delete(folder, name)


class MortalFileSystem:
    """A file system of fsspec whose process dies, and leaves its locks behind."""

    def __init__(self, inner: Any, life: Life) -> None:
        self.inner = inner
        self.life = life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.life.spend()
            return found(*args, **kwargs)

        return call


@attrs.define
class World:
    """A dataset, the API that it is fetched from, and the time."""

    open_store: Callable[[str, Life, Callable[[], float]], Store]
    """Opens the dataset for a process with a name."""
    download: Callable[[], Path]
    """Gives the dataset as a folder."""
    now: float = NOW.timestamp()
    data_lag: float = 0.0
    names: Iterator[int] = attrs.field(factory=itertools.count)
    calls: Counter[Key] = attrs.Factory(Counter)

    def clock(self) -> float:
        """The time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass for those that wait for others; whoever renews a lock does so all the time."""
        if seconds < 30:
            self.now += seconds
        await asyncio.sleep(0.001)

    def respond(self, call: Call) -> ReportByTime:
        """Count a call."""
        self.calls[call.zone_id, call.times[0]] += 1
        return hourly(call, data_lag=self.data_lag)

    async def run(self, writer: str | None, plan: Plan, *, life: Life | None = None, **options: Any) -> Saved:
        """Save a plan as a process of its own."""
        store = self.open_store(f"process {next(self.names)}", life or Life(), self.clock)
        client = options.pop("client", None) or Fake(respond=self.respond)
        settings = {"clock": self.clock, "sleep": self.sleep, "concurrency": 2, **options}
        return await save_over(store, plan, client, writer=writer, **settings)


def world_of_folder(folder: Path) -> World:
    """A dataset on a disk."""
    return World(lambda name, life, clock: LocalStore(folder, disk=MortalDisk(life)), lambda: folder)


def world_of_memory(folder: Path) -> World:
    """A dataset in the memory of this process, which stands for an object store."""
    file_system = fsspec.filesystem("memory")
    file_system.store.clear()
    file_system.pseudo_dirs[:] = [""]
    copies = itertools.count()

    def open_store(name: str, life: Life, clock: Callable[[], float]) -> RemoteStore:
        mortal = MortalFileSystem(file_system, life)
        return RemoteStore(mortal, "/set", owner=name, clock=clock, pause=lambda _: None)

    def download() -> Path:
        copy = folder / str(next(copies))
        for path, file in file_system.store.items():
            target = copy / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.getvalue())
        return copy / "set"

    return World(open_store, download)


def world_of_url(folder: Path) -> World:
    """A dataset on a disk that has a URL."""

    def open_store(name: str, life: Life, clock: Callable[[], float]) -> Store:
        store = open_remote(f"file://{folder}/set", {}, owner=name, clock=clock)
        assert isinstance(store, LocalStore)
        return LocalStore(Path(store.name), disk=MortalDisk(life))

    return World(open_store, lambda: folder / "set")


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectStore]:
    """A server of S3 for all tests of a process."""
    with running() as found:
        found.client().create_bucket(Bucket="bucket")
        yield found


def world_of_bucket(folder: Path, server: ObjectStore) -> World:
    """A dataset in an object store."""
    for key in server.contents("bucket"):
        server.client().delete_object(Bucket="bucket", Key=key)
    copies = itertools.count()

    def open_store(name: str, life: Life, clock: Callable[[], float]) -> RemoteStore:
        file_system = fsspec.filesystem("s3", skip_instance_cache=True, **server.options())
        mortal = MortalFileSystem(file_system, life)
        return RemoteStore(mortal, "bucket/set", owner=name, clock=clock, pause=lambda _: None)

    def download() -> Path:
        copy = folder / str(next(copies))
        for key, content in server.contents("bucket").items():
            target = copy / key
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return copy / "set"

    return World(open_store, download)


WORLDS = {"folder": world_of_folder, "URL": world_of_url, "memory": world_of_memory}


def make_world(kind: str, request: pytest.FixtureRequest, folder: Path) -> World:
    """A dataset of some kind."""
    if kind == "bucket":
        return world_of_bucket(folder, request.getfixturevalue("server"))
    return WORLDS[kind](folder)


@pytest.fixture(params=["folder", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A dataset somewhere."""
    return make_world(request.param, request, tmp_path)


@pytest.mark.parametrize("kind", [*WORLDS, "bucket"])
async def test_two_at_once(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    """Two that have the same plan share it; both end when all of it is there."""
    world = make_world(kind, request, tmp_path)
    plan = make_plan(ZONES, days=4)
    both = await asyncio.gather(world.run("w1", plan), world.run("w2", plan))
    assert [each.ok for each in both] == [True, True]
    assert all(each.done + each.skipped == each.total for each in both)
    if kind != "bucket":  # over HTTP, one may be through before the other has begun
        assert all(0 < each.done < len(plan) for each in both)
    assert set(world.calls.values()) == {1}
    assert len(world.calls) == len(plan)
    folder = world.download()
    assert shown_rows(folder) == expected_rows(plan)
    assert verify(folder).ok


@pytest.mark.parametrize(("kind", "number"), [*itertools.product(WORLDS, range(8)), ("bucket", 0)])
async def test_any_division_and_any_deaths(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, number: int
) -> None:
    """Runs that share a dataset by any number of writers, and die: what is there is not fetched again, and all is."""
    world = make_world(kind, request, tmp_path)
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    chance = random.Random(seed)  # noqa: S311 - no secret
    plan = make_plan(ZONES[:4], days=2) if kind == "bucket" else make_plan(ZONES[:5], days=4)
    for shards in (2, 3, 1) if kind == "bucket" else (2, 3, 1, 2, 3):
        await live(world, plan, shards, chance)
    world.now += 1000  # until all locks of the dead count as abandoned
    await run_all(world, plan, 2, lambda: Life())
    assert shown_rows(world.download()) == expected_rows(plan)
    assert verify(world.download()).ok


async def live(world: World, plan: Plan, shards: int, chance: random.Random) -> None:
    """Some runs at once, of which some die."""
    there = set(windows_there(world))
    world.calls.clear()
    reading = asyncio.create_task(read_meanwhile(world, Counter(expected_rows(plan))))
    deaths = await run_all(
        world, plan, shards, lambda: Life(chance.randrange(10, 200) if chance.random() < 0.6 else 10**9), chance
    )
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    assert not there & set(world.calls), "what had been done was fetched again"
    assert deaths or set(world.calls.values()) <= {1}
    assert not Counter(shown_rows(world.download())) - Counter(expected_rows(plan))
    if chance.random() < 0.5:
        world.now += chance.choice([100, 301])


async def run_all(
    world: World, plan: Plan, shards: int, make_life: Callable[[], Life], chance: random.Random | None = None
) -> int:
    """Run all shards of a plan, or all of it in each; gives how many have died."""
    zones = [plan.zones[place::shards] for place in range(shards)]
    plans = [attrs.evolve(plan, zones=each) for each in zones]
    if chance is not None and chance.random() < 0.5:
        plans = [plan] * shards
    lives = [make_life() for _ in range(shards)]
    runs = [world.run(f"w{place + 1}", each, life=lives[place]) for place, each in enumerate(plans)]
    outcomes = await asyncio.gather(*map(survive, runs))
    busy = [each for each in outcomes if isinstance(each, DestinationBusyError)]
    died = sum(life.calls < 0 for life in lives)
    assert len(outcomes) - died - len(busy) == sum(isinstance(each, Saved) and each.ok for each in outcomes)
    return died


async def survive(run: Any) -> Any:
    """What comes of a run: its result, or why it has none."""
    try:
        return await run
    except DestinationBusyError as error:  # a lock that was left in an object store
        return error
    except (PowerCut, BaseExceptionGroup) as error:
        return error


async def read_meanwhile(world: World, whole: Counter[Any]) -> None:
    """Read a dataset on a disk again and again: never is a row there twice, nor does the state contradict itself."""
    folder = world.download()
    while (folder / "state").exists() and folder == world.download():
        with contextlib.suppress(DestinationMismatchError, FileNotFoundError):
            dataset = await asyncio.to_thread(open_dataset, folder)
            assert dataset.windows <= len(whole)
            assert not Counter(await asyncio.to_thread(shown_rows, folder)) - whole
        await asyncio.sleep(0.01)


def windows_there(world: World) -> Iterator[Key]:
    """The windows that a dataset has."""
    try:
        found = saved_windows(world.download())
    except DestinationMismatchError:
        return
    for zone_id, windows in found.items():
        for since, _, _ in windows:
            yield zone_id, since


async def test_names(tmp_path: Path) -> None:
    """Names of writers are those that files can have; anything else is refused before a thing is done."""
    for name in (
        "",
        "w0",
        "w01",
        "w10000",
        "W1",
        "w1\n",
        "w1/../x",
        "w1-lock",
        "upkeep",
        "lock",
        "1",
        "w",
        "w¹",
        2,
        b"w1",
    ):
        with pytest.raises(InvalidArgumentError, match="the name of a writer, w1 to w9999") as raised:
            await save_to(tmp_path / "new", make_plan([A]), writer=name)
        assert raised.value.field == "writer"
    assert not (tmp_path / "new").exists()
    for name in ("w1", "w2", "w9999", None):
        assert (await save_to(tmp_path, make_plan([A]), writer=name)).ok


async def test_the_same_name_twice(world: World) -> None:
    """A second run with a name is refused while the first one is active, with the name or without."""
    fake = Fake(respond=world.respond, is_open=False)
    first = asyncio.create_task(world.run("w1", make_plan([A]), client=fake))
    while not fake.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    for name in ("w1", None):
        with pytest.raises(DestinationBusyError, match="is saving there"):
            await world.run(name, make_plan([B]))
    fake.gate.set()
    assert (await first).ok


async def test_looking_keeps_nobody_out(tmp_path: Path) -> None:
    """Those that only look whether a lock is free are not taken for its owner, nor does one fail to take it."""
    assert (await save_to(tmp_path, make_plan([A]), writer="w1")).ok

    def look() -> None:
        store = LocalStore(tmp_path)
        for _ in range(300):
            store.probe("w1")
            assert store.others() == {}

    def take() -> None:
        for _ in range(300):
            store = LocalStore(tmp_path)
            store.lock("w1")
            store.unlock()

    await asyncio.gather(*(asyncio.to_thread(look) for _ in range(4)))
    await asyncio.gather(
        asyncio.to_thread(take), asyncio.to_thread(lambda: [LocalStore(tmp_path).others() for _ in range(2000)])
    )


def test_journals_that_are_written_at_once(tmp_path: Path) -> None:
    """Where a journal gets its name by a move, nobody else's lines can be in it."""
    file_system = fsspec.filesystem("memory", skip_instance_cache=True)
    file_system.store.clear()
    other = RemoteStore(file_system, "/set", owner="b", clock=lambda: 0.0)

    class Interrupted:
        def __getattr__(self, name: str) -> Any:
            return getattr(file_system, name)

        def mv(self, *args: Any) -> None:
            other.append("state/w2-journal-000001.jsonl", b"second\n")
            file_system.mv(*args)

    RemoteStore(Interrupted(), "/set", owner="a", clock=lambda: 0.0).append("state/w1-journal-000001.jsonl", b"first\n")
    there = {path.rpartition("/")[2]: file.getvalue() for path, file in file_system.store.items()}
    assert there == {"w1-journal-000001.jsonl": b"first\n", "w2-journal-000001.jsonl": b"second\n"}


async def test_what_goes_with_a_run_that_has_just_begun(world: World) -> None:
    """A second writer sees what dataset it is before the first one has saved anything."""
    fake = Fake(respond=world.respond, is_open=False)
    first = asyncio.create_task(world.run("w1", make_plan([A]), client=fake))
    while not fake.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    with pytest.raises(DestinationMismatchError, match="one of ndjson files"):
        await world.run("w2", make_plan([B]), file_format="csv")
    many = [f"{number:032x}" for number in range(10, 120)]
    second = asyncio.create_task(world.run("w2", make_plan(many, days=1)))
    assert (await second).ok
    fake.gate.set()
    assert (await first).ok
    periods = {path.name.partition("-w")[0] for path in world.download().glob("data/*")}
    assert periods == {"2026-11"}, "all of them by the month, as the first one has begun with few zones"


async def test_upkeep_and_writers(tmp_path: Path) -> None:
    """Upkeep says who is at work; no writer starts beside it."""
    world = world_of_folder(tmp_path)
    await world.run("w3", make_plan([A]))
    fake = Fake(respond=world.respond, is_open=False)
    running = asyncio.create_task(world.run("w2", make_plan([B]), client=fake))
    while not fake.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    with pytest.raises(DestinationBusyError, match=r"process \d+ on .* is saving there as w2$"):
        await asyncio.to_thread(verify, tmp_path)
    fake.gate.set()
    await running
    refused: list[DestinationBusyError] = []

    def start(_: object) -> None:
        try:
            asyncio.run(save_to(tmp_path, make_plan([C]), writer="w4"))
        except DestinationBusyError as error:
            refused.append(error)

    assert (await asyncio.to_thread(verify, tmp_path, on_progress=start)).ok
    assert refused


async def test_a_dead_writer_is_taken_over_by_one_that_is_alive(world: World) -> None:
    """The other one waits for its lease to run out, where there is one, and fetches what it has not saved, once."""
    plan = make_plan(ZONES, days=2)
    life = Life(10**9)
    alive = Fake(respond=world.respond, is_open=False)  # until the first one has died, so that it has something to do

    def die_soon(call: Call) -> ReportByTime:
        life.calls = min(life.calls, 25)
        return world.respond(call)

    async def live_shortly() -> Any:
        try:
            return await survive(world.run("w1", plan, client=Fake(respond=die_soon), life=life))
        finally:
            alive.gate.set()

    both = await asyncio.gather(live_shortly(), world.run("w2", plan, client=alive), return_exceptions=True)
    assert life.calls < 0
    assert isinstance(both[0], (PowerCut, BaseExceptionGroup))
    assert isinstance(both[1], Saved)
    assert both[1].ok
    folder = world.download()
    assert shown_rows(folder) == expected_rows(plan)
    assert verify(folder).ok
    world.now += 301
    assert (await world.run("w2", plan)).skipped == len(plan)
    left = {path.name.split("-")[1].split(".")[0] for path in (world.download() / "state").glob("w*")}
    assert left <= {"journal", "lock"}


async def test_who_has_lost_its_lock_publishes_nothing(tmp_path: Path) -> None:
    """A writer that was stopped for five minutes ends at its next step, when another one has its tasks."""
    world, plan = world_of_memory(tmp_path), make_plan([A, B], days=2)
    fake = Fake(respond=world.respond, is_open=False)

    async def stopped(seconds: float) -> None:
        await fake.gate.wait()
        await asyncio.sleep(0.001)

    first = asyncio.create_task(world.run("w1", plan, client=fake, sleep=stopped))
    while not fake.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    world.now += 300
    assert (await world.run("w2", plan)).done == 4
    before = contents(world)
    fake.gate.set()
    with pytest.raises((DestinationBusyError, StorageError)):
        await first
    assert contents(world) == before
    assert shown_rows(world.download()) == expected_rows(plan)


def contents(world: World) -> dict[Path, bytes]:
    """All files of a dataset."""
    folder = world.download()
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Failing:
    """An API that fails for one writer, whose calls it counts."""

    def __init__(self, error: SpectrumError) -> None:
        self.error = error
        self.calls: Counter[Key] = Counter()

    def respond(self, call: Call) -> SpectrumError:
        """Fail."""
        self.calls[call.zone_id, call.times[0]] += 1
        return self.error


@pytest.mark.parametrize(
    "error",
    [AuthenticationError("no"), PermissionDeniedError("no"), ServerError("no"), ConnectionFailedError("no")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("broken", [["w2"], ["w1", "w3"]], ids="-".join)
async def test_a_writer_that_only_fails(world: World, broken: list[str], error: SpectrumError) -> None:
    """It spoils the plan of no other one: each asks for all that nobody has fetched, once."""
    plan = make_plan(ZONES[:6], days=10)
    world.now = plan.until.timestamp() + 90_000
    failing = {name: Failing(error) for name in broken}
    clients = {name: Fake(respond=each.respond) for name, each in failing.items()}
    names = ["w1", "w2", "w3"][: len(broken) + 1]
    runs = await asyncio.gather(*(world.run(name, plan, client=clients.get(name)) for name in names))
    for name, saved in zip(names, runs, strict=True):
        if name in failing:
            assert set(failing[name].calls.values()) <= {1}
            assert (saved.done, len(saved.failed)) == (0, failing[name].calls.total())
        else:
            assert saved.ok
            assert saved.done == world.calls.total() == len(plan)
    assert set(world.calls.values()) == {1}
    folder = world.download()
    assert not open_dataset(folder).failed
    assert shown_rows(folder) == expected_rows(plan)
    assert verify(folder).ok
    assert (await world.run("w2", plan)).skipped == len(plan)


async def test_writers_that_all_fail(world: World) -> None:
    """Each asks for all of its plan once, and ends; the next run asks for it again."""
    plan, failing = make_plan(ZONES[:6], days=4), [Failing(ServerError("no")) for _ in range(3)]
    runs = await asyncio.gather(
        *(world.run(f"w{place}", plan, client=Fake(respond=each.respond)) for place, each in enumerate(failing, 1))
    )
    for saved, its in zip(runs, failing, strict=True):
        assert len(saved.failed) == saved.total == len(plan) == len(its.calls)
        assert set(its.calls.values()) == {1}
    again = await asyncio.gather(*(world.run(name, plan) for name in ("w1", "w2")))
    assert all(each.ok for each in again)
    assert set(world.calls.values()) == {1}


@pytest.mark.parametrize("failures", [0, 8, 16])
async def test_a_writer_that_only_fails_claims_little(world: World, failures: int) -> None:
    """Others wait for four rounds of its calls at most, however long its next failure takes."""
    plan = make_plan(ZONES[:6], days=20)
    world.now = plan.until.timestamp() + 90_000

    def fail(call: Call) -> ServerError:
        broken.is_open = call.place < failures - 1
        return ServerError("no")

    broken = Fake(respond=fail, is_open=failures > 0)
    first = asyncio.create_task(world.run("w2", plan, client=broken))
    async with asyncio.timeout(20):
        while len(broken.calls) < failures + 2:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)
        second = asyncio.create_task(world.run("w1", plan))
        while len(world.calls) < len(plan) - 8:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)
    assert not second.done()
    broken.gate.set()
    assert (await second).ok
    assert (await first).done == 0
    assert set(world.calls.values()) == {1}


async def test_what_another_one_has_failed_with_is_a_part(world: World) -> None:
    """Who has longer windows asks for all of them that nobody has fetched."""
    day = make_plan([A], days=1)
    hour = attrs.evolve(day, until=day.since + timedelta(hours=1), window="hour")
    fake = Fake(respond=lambda call: ServerError("no"), is_open=False)
    first = asyncio.create_task(world.run("w2", hour, client=fake))
    while not fake.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    second = asyncio.create_task(world.run("w1", make_plan([A, B], days=1)))
    while not world.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    fake.gate.set()
    assert len((await first).failed) == 1
    assert (await second).ok
    assert world.calls == {(A, day.since): 1, (B, day.since): 1}
    folder = world.download()
    assert shown_rows(folder) == expected_rows(make_plan([A, B], days=1))
    assert not open_dataset(folder).failed


async def test_what_is_filling_is_asked_for_once(world: World) -> None:
    """By two that start at once; and it is filling for both. A later run of either asks again, once."""
    world.now, world.data_lag = make_plan([A], days=2).until.timestamp() + 60, 86_400.0
    plan = make_plan(ZONES[:6], days=2)
    both = await asyncio.gather(world.run("w1", plan), world.run("w2", plan))
    assert set(world.calls.values()) == {1}
    assert [(each.filling, each.done + each.skipped) for each in both] == [(6, 6), (6, 6)]
    world.now += 90_000
    world.calls.clear()
    later = await asyncio.gather(world.run("w2", plan), world.run("w3", plan))
    assert all(each.ok for each in later)
    assert set(world.calls.values()) == {1}
    assert len(world.calls) == 6
    assert shown_rows(world.download()) == expected_rows(plan)
    assert verify(world.download()).ok


async def test_zones_of_another_account(world: World) -> None:
    """A named writer asks for what is filling in the zones of its plan; one without a name in all of them."""
    world.now, world.data_lag = make_plan([A], days=1).until.timestamp() + 60, 86_400.0
    await world.run("w1", make_plan([A, B], days=1))
    world.now += 90_000
    world.calls.clear()
    await world.run("w2", make_plan([A], days=1))
    assert {zone_id for zone_id, _ in world.calls} == {A}
    await world.run(None, make_plan([A], days=1))
    assert {zone_id for zone_id, _ in world.calls} == {A, B}


async def test_the_plan_of_shards(tmp_path: Path) -> None:
    """The dataset has the zones of all shards, also of one that has saved nothing, and catching up asks for all."""
    world = world_of_folder(tmp_path)
    await world.run("w1", make_plan([A]))
    await world.run("w2", make_plan([B]), client=Fake(respond=lambda call: ServerError("no")))
    await world.run("w3", make_plan([C], days=1))
    await world.run("w4", make_plan([D]))
    dataset = open_dataset(tmp_path)
    assert sorted(dataset.plan.zones) == [A, B, D]
    assert set(dataset.missing) == {B}
    assert set(dataset.complete) == {A, C, D}
    later = make_plan([A], days=3)
    both = await asyncio.gather(
        *(
            catch_up(Fake(respond=world.respond), tmp_path, writer=name, clock=later.until.timestamp, concurrency=1)
            for name in ("w1", "w5")
        )
    )
    assert sum(each.done + each.filling for each in both) >= 8
    assert {zone_id for zone_id, _ in world.calls} == {A, B, C, D}


@pytest.mark.slow
async def test_processes_that_are_killed(tmp_path: Path) -> None:
    """Two processes at a time, killed and started again: nothing that was done is fetched again, and all is there."""
    pytest.importorskip("pyarrow")
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    chance = random.Random(seed)  # noqa: S311 - no secret
    async with sandbox_running(zones=8, apps_per_zone=1) as (sandbox, client):
        query = Query(time_delta="hour", metrics=["count", "durationAvg"], dimensions=["event"])
        plan = Plan(zones=sandbox.zones, since=SANDBOX_NOW - timedelta(hours=31), until=SANDBOX_NOW, query=query)
        plan = attrs.evolve(plan, window="hour")
        await save(client, plan, tmp_path / "whole", clock=clock)
        sandbox.requests.clear()
        sandbox.faults = Faults(latency=(0.02, 0.08))
        folder, doing = tmp_path / "shared", {}
        for kills in range(4):
            for name in ("w1", "w2"):
                if name not in doing:
                    doing[name] = await start_process(sandbox, plan, folder, name)
            await asyncio.sleep(0.4 * chance.random())
            name = chance.choice(["w1", "w2"])
            with contextlib.suppress(ProcessLookupError):  # it is through
                doing[name].kill()
            await doing.pop(name).wait()
            done = {(zone_id, since) for zone_id, since in windows_in(folder)}
            before = len(sandbox.requests)
            if kills < 3:
                doing[name] = await start_process(sandbox, plan, folder, name)
            await asyncio.sleep(0.1)
            again = {window_of(request) for request in sandbox.requests[before:]}
            assert not again & done, "what was done was fetched again"
        for process in doing.values():
            said, _ = await process.communicate()
            assert said.startswith(b"done")
        assert rows_of(folder) == rows_of(tmp_path / "whole")
        assert (await asyncio.to_thread(verify, folder)).ok
        fetched = Counter(window_of(request) for request in sandbox.requests)
        assert len(fetched) == len(plan)


async def start_process(sandbox: Any, plan: Plan, folder: Path, name: str) -> asyncio.subprocess.Process:
    """Start a process that saves, and wait until it does."""
    arguments = [sandbox.url, sandbox.api_token, plan.to_json(), str(folder), name]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bulk.saving_process", *arguments), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"ready")
    return process


def windows_in(folder: Path) -> Iterator[Key]:
    """The windows that are there, as requests name them."""
    with contextlib.suppress(DestinationMismatchError):
        for zone_id, windows in saved_windows(folder).items():
            for since, _, _ in windows:
                yield zone_id, f"{since:%Y-%m-%dT%H:%M:%SZ}"


def test_a_lock_is_not_lost_to_those_that_try_it(tmp_path: Path) -> None:
    """Who looks for a lock writes a file of its own for a moment, which the one that has the lock does not mind."""
    world = world_of_memory(tmp_path)
    first, second, third = (world.open_store(name, Life(), world.clock) for name in ("first", "second", "third"))
    first.enter()
    first.lock("w1")
    world.now += 30
    trying = fsspec.filesystem("memory")
    for name in ("lock", "w1-lock"):
        trying.pipe_file(f"/set/state/{name}-{int(world.now):010}-{'0' * 16}", b"second")
    first.renew_lock()
    for name in [each for each in trying.store if each.endswith("0" * 16)]:
        trying.rm_file(name)
    world.now += 299
    with pytest.raises(DestinationBusyError, match="first is saving there"):
        second.enter()
    first.renew_lock()
    first.leave()
    second.enter()
    assert second.others() == {"w1": "first"}
    with pytest.raises(DestinationBusyError, match="first is saving there"):
        second.lock("w1")
    world.now += 300
    third.enter()
    assert third.others() == {}
    third.lock("w2")
    for store in (first, second):
        with pytest.raises(DestinationBusyError):
            store.renew_lock()
        with pytest.raises(OSError, match="could not be renewed"):
            store.stage("state/w1-staged-000001", b"x")
        store.unlock()
    assert [path for path in trying.store if "lock" in path and path.count(f"-{int(world.now):010}-") != 1] == []
    third.renew_lock()


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"entry":"claim"}', b"[" * 10_000, b'{"entry":"removed"}'])
async def test_a_claim_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    """It is damage that is named, as long as its writer is active; later it is gone."""
    world = world_of_folder(tmp_path)
    fake = Fake(respond=world.respond, is_open=False)
    first = asyncio.create_task(world.run("w1", make_plan([A]), client=fake))
    while not fake.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    (tmp_path / "state" / "w1-claim.json").write_bytes(content)
    with pytest.raises(ManifestError, match=r"state/w1-claim\.json: damaged"):
        await world.run("w2", make_plan([B]))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await world.run("w2", make_plan([A]))).ok
    assert not (tmp_path / "state" / "w1-claim.json").exists()


def count_files(folder: Path, pattern: str) -> int:
    """How many files have such names."""
    return len([*folder.glob(pattern)])


async def test_journals_of_many_runs(tmp_path: Path) -> None:
    """They are merged by a run that is alone, and what the others had planned is still known."""
    world = world_of_folder(tmp_path)
    await world.run("w7", make_plan([D]), client=Fake(respond=lambda call: ServerError("no")))
    for day in range(30):
        plan = make_plan([A, B, C], days=day + 1)
        world.now = plan.until.timestamp()
        writers = ("w1", "w2") if day % 3 else ("w3",)
        await asyncio.gather(*(world.run(name, plan) for name in writers))
    assert count_files(tmp_path, "state/*-journal-*") < 40
    assert shown_rows(tmp_path) == expected_rows(plan)
    assert verify(tmp_path).ok
    await world.run("w1", make_plan([A], days=2))
    assert set(open_dataset(tmp_path).failed) == {D}
    await catch_up(Fake(respond=world.respond), tmp_path, clock=world.clock)
    assert world.calls[D, plan.since] == 1


async def test_no_client_waits_for_another_one(world: World) -> None:
    """However many portions one has, while a request of another one has no response."""
    plan = make_plan([A, B], days=40)
    world.now = plan.until.timestamp() + 90_000
    slow, fast = Fake(respond=world.respond, is_open=False), Fake(respond=world.respond)
    running = asyncio.create_task(world.run("w1", plan, client={A: slow, B: fast}))
    async with asyncio.timeout(20):
        while len(fast.calls) < 40:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)
    assert len(slow.calls) == 2
    slow.gate.set()
    assert (await running).ok
    assert shown_rows(world.download()) == expected_rows(plan)


async def test_a_clock_that_is_ahead_of_the_others(world: World) -> None:
    """By some minutes, it makes nobody ask again; what it has done is done."""
    plan = make_plan(ZONES, days=4)

    def respond(call: Call) -> ReportByTime:
        slow.is_open = slow.is_open and call.place < 9  # when the first portion is there
        return world.respond(call)

    slow, fast = Fake(respond=respond), Fake(respond=world.respond)
    first = asyncio.create_task(world.run("w1", plan, client=slow, clock=lambda: world.now + 120))
    while slow.is_open:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    second = asyncio.create_task(world.run("w2", plan, client=fast))
    while not fast.calls:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    slow.gate.set()
    assert [each.ok for each in await asyncio.gather(first, second)] == [True, True]
    assert set(world.calls.values()) == {1}
