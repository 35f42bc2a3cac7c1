"""Runs killed at random moments and resumed until done: the dataset is that of a run that nothing happened to.

``nox -s soak`` kills a hundred of them.
"""

import asyncio
import random
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from aiospectrum import Client
from aiospectrum.bulk import Plan, Query, save
from aiospectrum.sandbox import Faults, Sandbox
from tests.bulk.datasets import files_of, journals_of, saved_windows
from tests.bulk.saving_process import clock
from tests.bulk.test_bulk_sandbox import NOW, running

ROOT = Path(__file__).parents[2]

parquet = pytest.importorskip("pyarrow.parquet")


@attrs.define
class Killer:
    """Starts runs, kills them, and looks at what they leave."""

    sandbox: Sandbox
    plan: Plan
    folder: Path
    whole: Counter[Any]
    """The rows of a run that nothing happened to."""
    chance: random.Random
    kills: int = 0

    async def run(self, *, longest: float | None) -> str:
        """Start a run, kill it after a random time of at most so many seconds, and give what it said at its end."""
        done = self.check()
        self.sandbox.requests.clear()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bulk.saving_process",
            *(self.sandbox.url, self.sandbox.api_token, self.plan.to_json(), str(self.folder)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(b"ready")
        saying = asyncio.create_task(process.stdout.readline())
        await asyncio.wait([saying], timeout=None if longest is None else longest * self.chance.random())
        if not saying.done():
            process.kill()
            self.kills += 1
        said = (await saying).decode()
        await process.wait()
        fetched = {window_of(request) for request in self.sandbox.requests}
        assert not fetched & done, "a finished window was fetched again"
        return said

    def check(self) -> set[tuple[str, str]]:
        """See that no row is there that should not be, and none twice; give the windows that are done."""
        assert not rows_of(self.folder) - self.whole
        if not journals_of(self.folder):
            return set()
        return {
            (zone_id, f"{since:%Y-%m-%dT%H:%M:%SZ}")
            for zone_id, windows in saved_windows(self.folder).items()
            for since, _, _ in windows
        }


def window_of(request: Any) -> tuple[str, str]:
    """The zone and start of the window that a request is about."""
    parameters = dict(each.split("=") for each in request.query.split("&"))
    return request.path.split("/")[-5], parameters["since"].replace("%3A", ":")


def rows_of(folder: Path) -> Counter[Any]:
    """How often each row is in the data files."""
    tables = [parquet.read_table(path) for path in files_of(folder, "parquet")]
    return Counter(tuple(row.values()) for table in tables for row in table.to_pylist())


async def save_until_done(sandbox: Sandbox, client: Client, folder: Path, kills: int) -> int:
    """Kill runs of one plan until it is done, or that many have been killed; gives how many."""
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    query = Query(time_delta="hour", metrics=["count", "durationAvg"], dimensions=["event"])
    plan = Plan(zones=sandbox.zones, since=NOW - timedelta(hours=31), until=NOW, query=query, window="hour")
    await save(client, plan, folder / "whole", clock=clock)
    whole = rows_of(folder / "whole")
    assert set(whole.values()) == {1}
    killer = Killer(sandbox, plan, folder / "killed", whole, random.Random(seed))  # noqa: S311 - moments
    sandbox.faults = Faults(latency=(0, 0.01))
    said = ""
    while not said and killer.kills < kills:
        said = await killer.run(longest=0.5)
    if not said:
        said = await killer.run(longest=None)
    assert said.startswith("done")
    assert len(killer.check()) == len(plan)
    assert rows_of(folder / "killed") == whole
    assert [path.name for path in files_of(folder / "killed", "parquet")] == [
        path.name for path in files_of(folder / "whole", "parquet")
    ]
    left = {
        path.name.split("-")[1] for path in (folder / "killed" / "state").iterdir() if not path.name.endswith("lock")
    }
    assert left == {"journal"}
    sandbox.faults = Faults()
    return killer.kills


async def kill(folder: Path, kills: int) -> None:
    """Kill that many runs, of as many datasets as it takes."""
    async with running(zones=8, apps_per_zone=1) as (sandbox, client):
        number = 0
        while kills > 0:
            number += 1
            kills -= await save_until_done(sandbox, client, folder / str(number), kills)


async def test_some_kills(tmp_path: Path) -> None:
    """A few of them, in every run of the tests."""
    await kill(tmp_path, 5)


@pytest.mark.soak
async def test_a_hundred_kills(tmp_path: Path) -> None:
    """All of them."""
    await kill(tmp_path, 100)
