"""A process that takes permits, and says what they cost and when they came.

Its arguments are the name of a way, where the limit is kept, the requests per second, and by how many seconds its
wall clock is ahead. Each line of its input is a command: ``alone``, ``many`` or ``share``, and a number.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.limiter_ways import WAYS, Acquire
from tests.limiters.moments import Moments

MOMENTS = Moments(8 if WAYS[sys.argv[1]].place == "redis" else 2)
_AT_ONCE = 64
"""Calls that wait at the same time when there are many."""


async def alone(acquire: Acquire, count: float) -> dict[str, Any]:
    """Take permits one after another."""
    for _ in range(int(count)):
        await acquire()
    return {}


async def many(acquire: Acquire, count: float) -> dict[str, Any]:
    """Take permits many at a time."""

    async def take() -> None:
        for _ in range(int(count) // _AT_ONCE):
            await acquire()

    await asyncio.gather(*(take() for _ in range(_AT_ONCE)))
    return {}


async def share(acquire: Acquire, seconds: float) -> dict[str, Any]:
    """Take as many as there are for some seconds, 16 calls at a time; says in which intervals each came."""
    times: list[tuple[float, float]] = []

    async def take() -> None:
        while True:
            await acquire()
            times.append(MOMENTS.interval())

    tasks = [asyncio.create_task(take()) for _ in range(16)]
    done, pending = await asyncio.wait(tasks, timeout=seconds)
    while pending:  # again and again, as not every library lets itself be cancelled
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
    for task in done:
        task.result()  # raises what ended it
    return {"times": times}


def set_ahead(seconds: float) -> None:
    """Let the wall clock of this process be ahead, as that of another machine may be."""
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 1e9)


async def main(name: str, where: str, requests: str) -> None:
    """Carry out commands until there are no more."""
    commands: dict[str, Callable[[Acquire, float], Any]] = {"alone": alone, "many": many, "share": share}
    async with WAYS[name].make(where, int(requests)) as acquire:
        await acquire()  # connects, and loads scripts
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            command, number = line.split()
            wall, cpu = time.perf_counter(), time.process_time()
            found = await commands[command](acquire, float(number))
            found |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    if ahead := float(sys.argv[4]):
        set_ahead(ahead)  # before what looks at the clock is imported
    with asyncio.Runner(loop_factory=MOMENTS.make_loop) as runner:
        runner.run(main(*sys.argv[1:4]))
