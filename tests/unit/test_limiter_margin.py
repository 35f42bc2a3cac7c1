"""Limiters count permits while the API counts arrivals: ``in_flight`` is by how much these can be more."""

import asyncio
import random
from pathlib import Path

import pytest

from aiospectrum import FileLimiter, Limiter, RateLimit
from aiospectrum.limiters.base import BaseLimiter
from tests.fake_time import FakeTime, settle

LIMIT = RateLimit(requests=12, per_seconds=10, in_flight=3)
CLOUDFLARES = 1200
"""Requests in 300 s. Source: https://developers.cloudflare.com/fundamentals/api/reference/limits/"""


def test_the_margin_of_the_default() -> None:
    """What is left to the API's limit is no less than what may be in flight."""
    limit = RateLimit()
    assert limit.requests + limit.in_flight <= CLOUDFLARES * limit.per_seconds / 300


async def arrivals(limiters: list[BaseLimiter], time: FakeTime, chance: random.Random) -> list[float]:
    """When requests arrive that travel for up to most of a window, some of them hardly at all."""
    found: list[float] = []

    async def send(limiter: BaseLimiter) -> None:
        permit = await limiter.acquire(None)
        arrived = asyncio.get_running_loop().create_future()
        time.call_later(chance.choice([0.01, 0.01, chance.uniform(0.01, 9)]), lambda: arrived.set_result(None))
        await arrived
        found.append(time.now)
        limiter.release(permit, was_cancelled=False)

    tasks = [asyncio.create_task(send(limiter)) for limiter in limiters for _ in range(120 // len(limiters))]
    await settle()
    await time.pass_by(1000)
    assert all(task.done() for task in tasks)
    return sorted(found)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("processes", [0, 1, 3], ids=["loop", "file", "files"])
async def test_no_more_arrive_than_the_limit_and_what_is_in_flight(tmp_path: Path, processes: int, seed: int) -> None:
    """In no window more requests arrive than are permitted in one and may be in flight, all processes together."""
    time = FakeTime()
    limiters: list[BaseLimiter] = [
        FileLimiter(tmp_path / "limit", LIMIT, clock=time, call_later=time.call_later) for _ in range(processes)
    ]
    limiters = limiters or [Limiter(LIMIT, clock=time, call_later=time.call_later)]
    found = await arrivals(limiters, time, random.Random(seed))  # noqa: S311 - of no secret
    most = LIMIT.requests + LIMIT.in_flight * len(limiters)
    assert all(last - first >= LIMIT.per_seconds for first, last in zip(found, found[most:], strict=False))
    if seed == 0:
        more = [last - first for first, last in zip(found, found[LIMIT.requests :], strict=False)]
        assert min(more) < LIMIT.per_seconds, "without a margin the API would see more than the limit"
