"""One token in four processes with uneven load: as fast as one process, and no 429."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest

from aiospectrum.sandbox import RateLimit, Sandbox
from tests.conftest import ZONE
from tests.limiters.moments import Moments

ROOT = Path(__file__).parents[2]
REQUESTS = 60
CALLS = (450, 50, 50, 50)
IN_FLIGHT = 16
"""Of all processes together, by which the limit is below that of the API."""


async def time_calls(kind: str, place: str, calls: tuple[int, ...], seconds: float) -> float:
    """Make so many calls in as many processes, and return the seconds that they took together."""
    # The sandbox counts when a request arrives, as the API does. Twice, so that it never says that nothing is left: it
    # would say so for a whole second.
    limit = RateLimit(requests=REQUESTS + 2 * IN_FLIGHT, per_seconds=seconds, block_seconds=60)
    async with Sandbox(zones=[ZONE], rate_limit=limit) as sandbox:
        shared = [kind, place, str(REQUESTS), str(seconds), sandbox.url, sandbox.api_token]
        at_once = str(IN_FLIGHT // len(calls))
        processes = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.limiters.calls_process", *shared, str(count), at_once),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for count in calls
        ]
        try:
            for process in processes:
                assert process.stdout is not None
                assert await process.stdout.readline() == b"ready\n"
            began = Moments.now()
            ends = [(await process.communicate(b"go\n"))[0] for process in processes]
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        assert Counter(request.status for request in sandbox.requests) == {200: sum(calls)}
    return max(map(float, ends)) - began


@pytest.mark.parametrize("kind", ["file", "redis"])
@pytest.mark.parametrize("seconds", [0.5, pytest.param(20.0, marks=pytest.mark.soak)])
async def test_uneven_load(kind: str, seconds: float, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """450, 50, 50 and 50 calls take no longer than 600 calls of one process, but for 5 %."""
    place = str(tmp_path / "limit") if kind == "file" else request.getfixturevalue("own_redis").url
    windows = sum(CALLS) / REQUESTS - 1
    alone = await time_calls("loop", "", (sum(CALLS),), seconds)
    together = await time_calls(kind, place, CALLS, seconds)
    print(f"alone {alone:.2f} s, together {together:.2f} s")
    assert min(alone, together) > windows * seconds, "the limit holds"
    # What other work of the machine holds up is lost to all later windows, and shows where they are short.
    assert together < 1.05 * alone + 0.05 * windows
