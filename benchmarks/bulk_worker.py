"""One way to pull in a process of its own, which takes its orders over standard input.

``python -m benchmarks.bulk_worker WAY URL`` reads lines of JSON, each the number of days to pull and of reports in a
slice, with a line for each slice, or one for all. After each it waits for a line before it goes on, so that another
process can be measured meanwhile.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bulk_server import ZONES
from benchmarks.bulk_ways import WAYS, PullDays
from benchmarks.turns import stay_on_one_processor
from benchmarks.worker import kilobytes

__all__: list[str] = []

_PROCESSORS = os.sched_getaffinity(0)
"""Those that this process may use when it starts."""


class _Slices:
    """Cuts the CPU time of a pull into slices, between which the event loop stands still."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._next = size
        self._begun = time.process_time()

    def report(self, done: int) -> None:
        """Count reports; after each slice print what it cost, and wait for a line to continue."""
        if self._size is None or self._next is None or done < self._next:
            return
        self._next = done + self._size
        print(self.measure(is_last=False), flush=True)
        sys.stdin.readline()

    def measure(self, *, is_last: bool) -> str:
        """Give what the slice has cost, and the most memory so far, as a line; threads that go on meanwhile count."""
        cpu, self._begun = time.process_time() - self._begun, time.process_time()
        return json.dumps({"cpu": cpu, "peak_rss": kilobytes("VmHWM"), "is_last": is_last})


async def _obey(way: str, url: str) -> None:
    """Carry out commands until standard input ends."""
    async with WAYS[way](url) as pull_days:
        for line in sys.stdin:
            command = json.loads(line)
            if command.pop("tick", False):
                print(json.dumps(await _tick(pull_days, **command)), flush=True)
            else:
                await _pull(pull_days, **command)


async def _pull(pull_days: PullDays, days: int, size: int | None) -> None:
    with TemporaryDirectory(prefix="bench-bulk-") as folder:
        slices = _Slices(size)
        done = await pull_days(days, Path(folder), slices.report)
        if done != days * len(ZONES):
            raise ValueError(f"expected {days * len(ZONES)} reports, got {done}")
        last = slices.measure(is_last=True)
    print(last, flush=True)  # when the files are gone, as this process may be ended from now on


async def _tick(pull_days: PullDays, days: int) -> dict[str, float]:
    """By how many seconds a ticker of 1 ms is late meanwhile, with all processors at its disposal."""
    os.sched_setaffinity(0, _PROCESSORS)
    late: list[float] = []

    async def tick() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - begun - 0.001)

    with TemporaryDirectory(prefix="bench-bulk-") as folder:
        ticker = asyncio.create_task(tick())
        await pull_days(days, Path(folder), lambda done: None)
        ticker.cancel()
    late.sort()
    return {"p50": late[len(late) // 2], "p99": late[len(late) * 99 // 100], "max": late[-1], "ticks": len(late)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=list(WAYS), help="how to pull")
    parser.add_argument("url", help="base URL of the server")
    options = parser.parse_args()
    stay_on_one_processor()
    asyncio.run(_obey(options.way, options.url))
