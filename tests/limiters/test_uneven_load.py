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
SECONDS = 0.5
CALLS = (450, 50, 50, 50)
IN_FLIGHT = 16
"""Of all processes together, by which the limit is below that of the API."""


async def time_calls(kind: str, place: str, calls: tuple[int, ...]) -> float:
    """Make so many calls in as many processes, and return the seconds that they took together."""
    # The sandbox counts when a request arrives, as the API does.
    limit = RateLimit(requests=REQUESTS + IN_FLIGHT, per_seconds=SECONDS, block_seconds=60)
    async with Sandbox(zones=[ZONE], rate_limit=limit) as sandbox:
        shared = [kind, place, str(REQUESTS), str(SECONDS), sandbox.url, sandbox.api_token]
        processes = [
            await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-m",
                    "tests.limiters.calls_process",
                    *shared,
                    str(count),
                    str(IN_FLIGHT // len(calls)),
                ),
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
async def test_uneven_load(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """450, 50, 50 and 50 calls take no longer than 600 calls of one process, but for 5 %."""
    least = SECONDS * (sum(CALLS) / REQUESTS - 1)
    alone = await time_calls("loop", "", (sum(CALLS),))
    assert alone > least, "the limit holds"
    for number in range(3):  # as other work of the machine makes some of them slow
        place = str(tmp_path / str(number)) if kind == "file" else request.getfixturevalue("own_redis").url
        together = await time_calls(kind, place, CALLS)
        print(f"alone {alone:.2f} s, together {together:.2f} s")
        assert together > least, "the limit holds"
        if together < 1.05 * alone:
            return
    pytest.fail(f"{together:.2f} s, where one process takes {alone:.2f} s")
