"""The client on event loops of every kind, on none, and on interpreters with other options."""

import asyncio
import gc
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from aiospectrum import Client, ClientStateError, Limiter, RequestTimeoutError, bulk
from aiospectrum.sandbox import Faults, Sandbox
from tests.conftest import TOKEN, ZONE

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NO_LOOP = r"no asyncio event loop is running here: await it in a coroutine that asyncio\.run\(\) runs; under trio"


def plan(zones: list[str] | tuple[str, ...]) -> bulk.Plan:
    query = bulk.Query(kind="summary", metrics=["count"])
    return bulk.Plan(zones=zones, since=NOON - timedelta(hours=2), until=NOON, query=query)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(zones=3, rate_limit=None) as sandbox:
        yield sandbox


def client_of(sandbox: Sandbox, **options: Any) -> Client:
    return Client(api_token=sandbox.api_token, base_url=sandbox.url, **options)


OUTSIDE: dict[str, Callable[[Client, Path], Any]] = {
    "opening": lambda client, _: client.__aenter__(),
    "a call": lambda client, _: client.apps.list(ZONE),
    "all pages": lambda client, _: anext(client.apps.iterate(ZONE)),
    "a client with other policies": lambda client, _: client.with_options(timeout=1).apps.list(ZONE),
    "bulk.pull": lambda client, _: anext(bulk.pull(client, plan([ZONE]))),
    "bulk.pull, entered": lambda client, _: bulk.pull(client, plan([ZONE])).__aenter__(),
    "a permit": lambda client, _: Limiter().acquire(None),
    "bulk.watch": lambda client, _: anext(bulk.watch(client, [ZONE])),
    "bulk.save": lambda client, path: bulk.save(client, plan([ZONE]), path / "data", format="csv"),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_there_is_no_loop(what: str, tmp_path: Path) -> None:
    """Whatever drives a coroutine of ours without asyncio, trio and curio among them, is told what it needs."""
    awaitable = OUTSIDE[what](Client(api_token=TOKEN), tmp_path)
    with pytest.raises(ClientStateError, match=NO_LOOP):
        next(awaitable.__await__())


def test_limiters_are_asked_on_a_loop() -> None:
    """They go by its clock, where they have none of their own."""
    with pytest.raises(ClientStateError, match=NO_LOOP):
        Limiter().pause_left()
    assert Limiter(clock=lambda: 0.0).pause_left() == 0


def test_a_sandbox_says_what_works_anywhere() -> None:
    """Which is the thread."""
    with pytest.raises(RuntimeError, match=r"run_in_thread\(\) works anywhere"):
        Sandbox().__aenter__().send(None)


def test_one_client_on_one_loop_after_the_other(spectrum_sandbox: Sandbox) -> None:
    """`asyncio.run` twice is fine, for a client that is entered each time; its limiter, too, is used again."""
    client = client_of(spectrum_sandbox)

    async def use() -> int:
        async with client:
            return len(await client.apps.list(spectrum_sandbox.zones[0]))

    assert asyncio.run(use()) == asyncio.run(use()) == 5


async def call_in_many_ways(sandbox: Sandbox) -> None:
    """Calls, tasks, deadlines, cancellations, pulls, datasets and watches."""
    async with client_of(sandbox) as client:
        assert len(await client.apps.list(sandbox.zones[0])) == 5
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.apps.list(zone)) for zone in sandbox.zones * 5]
        assert [len(task.result()) for task in tasks] == [5] * 15
        assert len([app async for app in client.apps.iterate(sandbox.zones[0], per_page=2)]) == 5
        async with bulk.pull(client, plan(sandbox.zones)) as outcomes:
            assert [outcome.ok async for outcome in outcomes] == [True] * 3
        with TemporaryDirectory() as folder:
            assert (await bulk.save(client, plan(sandbox.zones), folder, format="csv")).ok
        rounds = bulk.watch(client, sandbox.zones, every=1)
        assert (await anext(rounds)).errors == {}
        await rounds.aclose()

        sandbox.faults = Faults(hang_rate=1.0)
        with pytest.raises(RequestTimeoutError):
            await client.with_options(timeout=0.05).apps.list(sandbox.zones[0])
        for wait in (0.0, 0.02):
            task = asyncio.create_task(client.apps.list(sandbox.zones[0]))
            await asyncio.sleep(wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelled()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.apps.list(sandbox.zones[0]), 0.05)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), bulk.pull(client, plan(sandbox.zones)) as outcomes:
                await anext(outcomes)
        sandbox.faults = Faults()
        assert len(await client.apps.list(sandbox.zones[0])) == 5


def run_in_many_ways(sandbox: Sandbox, run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run) -> None:
    """The same on an event loop of its own, which a function runs; nothing is left on it."""

    async def call_and_look() -> None:
        await call_in_many_ways(sandbox)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(call_and_look())


def test_a_usual_loop(spectrum_sandbox: Sandbox) -> None:
    """The reference for the others."""
    run_in_many_ways(spectrum_sandbox)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks are not eager before")
def test_eager_tasks(spectrum_sandbox: Sandbox) -> None:
    """A task that begins in the middle of the one that makes it has its own deadline and its own cancellation."""

    def run(work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner() as runner:
            runner.get_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
            runner.run(work)

    run_in_many_ways(spectrum_sandbox, run)


PROGRAM = """
import asyncio, importlib, pkgutil, sys
import aiospectrum
from aiospectrum import Client, bulk
from aiospectrum.cli import main
from aiospectrum.sandbox import Sandbox

for module in pkgutil.walk_packages(aiospectrum.__path__, "aiospectrum."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

async def call():
    async with Sandbox(zones=1) as sandbox, Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
        zone = sandbox.zones[0]
        print(len(await client.apps.list(zone)), (await client.analytics.events.summary(zone, metrics=["count"])).rows)
        try:
            await client.apps.list("nope")
        except aiospectrum.InvalidArgumentError as error:
            print(error.field)

asyncio.run(call())
sys.exit(main(["pull", "--help"]))
"""


@pytest.mark.parametrize("options", [["-X", "dev"], ["-O"], ["-OO"], ["-bb"], ["-X", "utf8=0"]], ids="".join)
def test_options_of_the_interpreter(options: list[str]) -> None:
    """Without assertions and docstrings, and with all checks and warnings, everything works."""
    command = [sys.executable, *options, "-W", "error", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own program
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("5 1\nzone_id\n")
    assert "--settle-after" in done.stdout


@pytest.mark.parametrize("steps", range(6))
async def test_a_cancellation_while_the_client_is_left(steps: int, sandbox: Sandbox) -> None:
    """Whenever it comes, as by a second Ctrl-C, no session stays open."""
    leaving = asyncio.Event()

    async def use() -> None:
        async with client_of(sandbox) as client:
            await client.apps.list(sandbox.zones[0])
            leaving.set()

    task = asyncio.create_task(use())
    await leaving.wait()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait((task,))
    del task
    with warnings.catch_warnings(record=True) as caught:
        gc.collect()
    assert [str(each.message) for each in caught if issubclass(each.category, ResourceWarning)] == []
