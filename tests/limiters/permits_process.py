"""A process of its own that takes permits, to be killed, stopped and counted.

Its arguments are ``file`` or ``redis``, where that is, the requests, the seconds, a file to write to, and the number of
the permit with which it gets a 429, or 0. Each line that it writes is a permit: the interval in which it came.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from typing import Any

from aiospectrum import RateLimit
from aiospectrum.limiters import FileLimiter, RedisLimiter
from tests.limiters.moments import Moments

PAUSE = 1.0
"""Seconds of the pause after a 429."""


async def take(limiter: Any, moments: Moments, log: int, refused_at: int) -> None:
    """Take permits, each for some milliseconds."""
    while True:
        permit = await limiter.acquire(None)
        begin, end = moments.interval()
        os.write(log, f"{begin!r} {end!r}\n".encode())
        await asyncio.sleep(0.003)
        if permit == refused_at:
            limiter.pause(permit, PAUSE)
            print(f"paused {moments.now()!r}", flush=True)
        limiter.release(permit, was_cancelled=False)


async def main(
    moments: Moments, kind: str, place: str, requests: str, seconds: str, path: str, refused_at: str
) -> None:
    """Take permits, five at a time, until the end."""
    limit = RateLimit(requests=int(requests), per_seconds=float(seconds), in_flight=5)
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    async with AsyncExitStack() as stack:
        if kind == "file":
            limiter: Any = FileLimiter(place, limit)
        else:
            limiter = await stack.enter_async_context(RedisLimiter(place, limit, name="processes"))
        print("ready", flush=True)
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(take(limiter, moments, log, int(refused_at)))


if __name__ == "__main__":
    moments = Moments(2 if sys.argv[1] == "file" else 8)
    with asyncio.Runner(loop_factory=moments.make_loop) as runner:
        runner.run(main(moments, *sys.argv[1:]))
