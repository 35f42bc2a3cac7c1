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
IN_FLIGHT = 12
"""Of all processes together, by which the limit is below that of the API."""


async def time_calls(kind: str, place: str, requests: int, seconds: float, calls: tuple[int, ...]) -> float:
    """Make so many calls in as many processes, and return the seconds that they took together."""
    # The sandbox counts when a request arrives, as the API does. Twice, so that it never says that nothing is left: it
    # would say so for a whole second.
    limit = RateLimit(requests=requests + 2 * IN_FLIGHT, per_seconds=seconds, block_seconds=60)
    async with Sandbox(zones=[ZONE], rate_limit=limit) as sandbox:
        shared = [kind, place, str(requests), str(seconds), sandbox.url, sandbox.api_token]
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
@pytest.mark.parametrize(
    ("requests", "seconds", "calls", "more"),
    [
        pytest.param(30, 0.5, (225, 25, 25, 25), 0.25, id="short"),
        pytest.param(60, 20.0, (450, 50, 50, 50), 0.05, id="whole", marks=pytest.mark.soak),
    ],
)
async def test_uneven_load(
    kind: str,
    requests: int,
    seconds: float,
    calls: tuple[int, ...],
    more: float,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """One process has nine times the calls of each of three others: all take as long as one process, but for 5 %.

    Where windows are half a second and the machine has other work, a quarter is allowed.
    """
    windows = sum(calls) / requests - 1
    for number in range(3):  # other work of the machine holds up short windows
        place = str(tmp_path / str(number)) if kind == "file" else request.getfixturevalue("own_redis").url
        alone = await time_calls("loop", "", requests, seconds, (sum(calls),))
        together = await time_calls(kind, place, requests, seconds, calls)
        print(f"alone {alone:.2f} s, together {together:.2f} s")
        assert min(alone, together) > windows * seconds, "the limit holds"
        # What is held up once is lost to all later windows, and shows where they are short.
        if together < (1 + more) * alone + 0.05 * windows:
            return
    pytest.fail(f"{together:.2f} s, where one process takes {alone:.2f} s")
