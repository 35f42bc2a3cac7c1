"""One way to pull in a process of its own, which takes its orders over standard input.

``python -m benchmarks.bulk_worker WAY URL`` reads lines of JSON, each the number of days to pull and of reports in a
slice, with a line for each slice. After each it waits for a line before it goes on, so that another process can be
measured meanwhile.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bulk_server import ZONES
from benchmarks.bulk_ways import WAYS, PullDays
from benchmarks.turns import stay_on_one_processor
from benchmarks.worker import kilobytes

__all__: list[str] = []


class _Slices:
    """Cuts the CPU time of a pull into slices, between which nothing runs."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._reported = 0
        self._begun = time.process_time()

    def report(self, done: int) -> None:
        """Count a report; after each slice print what it cost, and wait for a line to continue."""
        if done == self._reported or done % self._size:
            return
        self._reported = done
        print(self.measure(is_last=False), flush=True)
        sys.stdin.readline()
        self._begun = time.process_time()

    def measure(self, *, is_last: bool) -> str:
        """Give what the slice has cost, and the most memory so far, as a line."""
        cpu = time.process_time() - self._begun
        return json.dumps({"cpu": cpu, "peak_rss": kilobytes("VmHWM"), "is_last": is_last})


async def _obey(way: str, url: str) -> None:
    """Carry out commands until standard input ends."""
    async with WAYS[way](url) as pull_days:
        for line in sys.stdin:
            await _pull(pull_days, **json.loads(line))


async def _pull(pull_days: PullDays, days: int, size: int) -> None:
    with TemporaryDirectory(prefix="bench-bulk-") as folder:
        slices = _Slices(size)
        done = await pull_days(days, Path(folder), slices.report)
        if done != days * len(ZONES):
            raise ValueError(f"expected {days * len(ZONES)} reports, got {done}")
        last = slices.measure(is_last=True)
    print(last, flush=True)  # when the files are gone, as this process may be ended from now on


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=list(WAYS), help="how to pull")
    parser.add_argument("url", help="base URL of the server")
    options = parser.parse_args()
    stay_on_one_processor()
    asyncio.run(_obey(options.way, options.url))
