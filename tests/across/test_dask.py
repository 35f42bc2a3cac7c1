"""A save over a real Dask cluster on 127.0.0.1, of which a worker is killed in the middle."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aiospectrum import RateLimit
from aiospectrum.bulk import open_dataset, save_across, verify
from aiospectrum.sandbox import Faults, Sandbox
from aiospectrum.sandbox import RateLimit as SandboxLimit
from tests.across.parts import asked, make_limited_client, plan_of, signals_in, wait_for
from tests.bulk.datasets import read_rows, saved_windows

distributed = pytest.importorskip("distributed", reason="needs aiospectrum[dask]")
pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A client of a cluster of two processes; what their managers log of a worker that dies is not shown."""
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with (
        distributed.LocalCluster(**options, silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def pid_of(folder: Path, writer: str) -> int:
    """The process that saves as a writer."""
    found = re.search(r"process (\d+)", (folder / "state" / f"{writer}-lock").read_text())
    assert found is not None
    return int(found[1])


async def test_a_worker_is_killed(cluster: Any, tmp_path: Path) -> None:
    """Each report is there once, the token is never over its limit, and only what was under way is fetched again."""
    folder = tmp_path / "set"
    api, ours = (
        SandboxLimit(requests=30, per_seconds=1.0),
        RateLimit(requests=24, per_seconds=1.0, in_flight=2),
    )
    async with Sandbox(zones=4, rate_limit=api, faults=Faults(latency=0.02)) as sandbox:
        maker = partial(make_limited_client, sandbox.url, sandbox.api_token, str(tmp_path / "limit"), ours)
        plan = plan_of(sandbox.zones, days=40)
        executor = cluster.get_executor(retries=3, pure=False)
        saving = asyncio.create_task(
            save_across(executor, dict.fromkeys(sandbox.zones, maker), plan, folder, shards=2, format="ndjson")
        )
        await wait_for(lambda: len(sandbox.requests) >= 60)
        durable = sum(map(len, saved_windows(folder).values()))
        before = len(sandbox.requests)
        os.kill(pid_of(folder, "w1"), signal.SIGKILL)
        saved = await saving
        assert saved.ok
        assert saved.total == saved.skipped + saved.done == len(plan) == 160
        assert {each.status for each in sandbox.requests} == {200}
        assert len(asked(sandbox)) == 160
        assert 0 <= len(sandbox.requests) - 160 <= before + 4 - durable
    rows = [tuple(row.values()) for row in read_rows(folder)]
    assert len(rows) == len(set(rows)) > 0
    assert verify(folder).ok
    assert open_dataset(folder).rows == len(rows)
    assert signals_in(folder) == []


async def test_cancelling(cluster: Any, tmp_path: Path) -> None:
    """Within five seconds no worker saves any more, though the futures of Dask count as cancelled at once."""
    folder = tmp_path / "set"
    async with Sandbox(zones=2, rate_limit=None, faults=Faults(latency=0.2)) as sandbox:
        maker = partial(make_limited_client, sandbox.url, sandbox.api_token, str(tmp_path / "limit"), RateLimit())
        accounts = dict.fromkeys(sandbox.zones, maker)
        executor = cluster.get_executor(retries=3, pure=False)
        plan = plan_of(sandbox.zones, days=300)
        saving = asyncio.create_task(save_across(executor, accounts, plan, folder, shards=2, concurrency=1))
        await wait_for(lambda: len(sandbox.requests) >= 6)
        await asyncio.sleep(0.6)
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(5):
                await saving
        await asyncio.sleep(0.3)  # until what was in flight is recorded
        made = len(sandbox.requests)
        await asyncio.sleep(1)
        assert len(sandbox.requests) == made
    assert signals_in(folder) == []
