"""``aiospectrum pull --accounts`` and signals: whoever gets them, one process decides, and none is left behind."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aiospectrum.sandbox import Faults, Sandbox
from tests.across.parts import wait_for

TIMES = ("--since", "2024-03-01", "--until", "2024-05-08")


@asynccontextmanager
async def pulling(sandbox: Sandbox, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A pull over two accounts, in a group of processes of its own, that is under way."""
    file = folder / "accounts.toml"
    halves = {"A": sandbox.zones[:2], "B": sandbox.zones[2:]}
    file.write_text(
        "\n".join(
            f'[accounts.{name}]\ntoken = "{name}_TOKEN"\nzones = {json.dumps(zones)}' for name, zones in halves.items()
        )
    )
    environ = {**os.environ, "CLOUDFLARE_BASE_URL": sandbox.url} | {
        f"{name}_TOKEN": sandbox.api_token for name in halves
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aiospectrum", "pull", "--accounts", str(file), "--processes", "2"),
        *(*TIMES, "--concurrency", "1", "--out", str(folder / "out")),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        await wait_for(lambda: len({each.path for each in sandbox.requests}) >= 2)
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def nobody_asks(sandbox: Sandbox) -> None:
    """Wait until no requests come any more."""
    made = -1
    while len(sandbox.requests) > made:
        made = len(sandbox.requests)
        await asyncio.sleep(1)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
async def test_signals_to_all_processes(tmp_path: Path, name: str) -> None:
    """As from a terminal, or from what manages services: the pull ends as one process does, and says how to resume."""
    async with Sandbox(zones=4, rate_limit=None, faults=Faults(latency=0.2)) as sandbox:
        async with pulling(sandbox, tmp_path) as process:
            os.killpg(process.pid, signal.Signals[name])
            async with asyncio.timeout(10):
                said, _ = await process.communicate()
        text = said.decode()
        assert process.returncode == 128 + signal.Signals[name], text
        assert "to resume:\naiospectrum pull --accounts " in text
        assert "has died" not in text
        await asyncio.wait_for(nobody_asks(sandbox), 5)


async def test_a_pull_that_is_killed(tmp_path: Path) -> None:
    """Its processes end with it, so that the next pull resumes at once."""
    async with Sandbox(zones=4, rate_limit=None, faults=Faults(latency=0.2)) as sandbox:
        async with pulling(sandbox, tmp_path) as process:
            process.kill()
            await process.communicate()
            await asyncio.wait_for(nobody_asks(sandbox), 5)
        sandbox.faults = Faults()
        async with pulling(sandbox, tmp_path) as process:
            said, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, said.decode()
