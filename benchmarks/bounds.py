"""How long responses that mean harm hold the event loop, and how much memory they take, over a real connection.

No response holds the loop for longer than 50 ms for each MiB received and decompressed (for what is smaller, as long as
for one), nor for longer than 250 ms at all, nor takes more than 40 times its size in memory.

Run it as ``python -m benchmarks.bounds``, or with a part of the names of responses; it ends with 1 beyond a bound.
"""

import argparse
import asyncio
import gc
import sys
import time
import tracemalloc
from typing import Final

from aiospectrum import Client, RetryPolicy, SpectrumError
from benchmarks.hostile import HOSTILE, MEBIBYTE, Hostile, pack
from benchmarks.processes import Process
from benchmarks.tables import describe_run, format_table

MOST_PER_MEBIBYTE: Final = 0.05
MOST_AT_ALL: Final = 0.25
MOST_MEMORY: Final = 40
SPARE: Final = 2 * MEBIBYTE
"""Bytes of memory that any call may take."""


class _Watch:
    """Takes turns with all else on the loop, and keeps the longest time between two of its own.

    It is CPU time of the whole process, threads included, so that other processes do not count.
    """

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        last = time.process_time()
        while True:
            await asyncio.sleep(0)
            now = time.process_time()
            self.longest = max(self.longest, now - last)
            last = now


async def _call(url: str, each: Hostile) -> str:
    """Make the call, and name what came of it; memory counts from when the client is open."""
    policy = RetryPolicy(max_attempts=1)
    async with Client(api_token="token", base_url=url, timeout=60, retry=policy, rate_limit=None) as client:  # noqa: S106 - of no account
        tracemalloc.reset_peak()
        try:
            return type(await each.call(client)).__name__
        except SpectrumError as error:
            return type(error).__name__


async def _held(url: str, each: Hostile) -> tuple[float, float, str]:
    """For how long the loop is held at once, and the whole call lasts, in seconds; and the outcome."""
    watch = _Watch()
    watching = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    start = time.perf_counter()
    outcome = await _call(url, each)
    lasted = time.perf_counter() - start
    watching.cancel()
    return watch.longest, lasted, outcome


async def _memory(url: str, each: Hostile) -> int:
    """The most memory that the call takes, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        await _call(url, each)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def measure(url: str, number: int) -> tuple[list[str], bool]:
    """A row of the table, and whether it is within the bounds; the best of three times, as machines are not quiet."""
    each = HOSTILE[number]
    size, packed = pack(number)
    held, lasted, outcome = min(asyncio.run(_held(url, each)) for _ in range(3))
    memory = asyncio.run(_memory(url, each))
    mebibytes = max(1.0, size / MEBIBYTE)
    is_fine = held <= min(MOST_PER_MEBIBYTE * mebibytes, MOST_AT_ALL) and memory <= MOST_MEMORY * size + SPARE
    figures = [
        f"{held * 1e3:.0f}",
        f"{held / mebibytes * 1e3:.1f}",
        f"{lasted * 1e3:.0f}",
        f"{max(0, memory - SPARE) / size:.1f}" if size else "",
    ]
    return [
        each.name,
        outcome,
        f"{len(packed):,}",
        f"{size / MEBIBYTE:.1f}",
        *figures,
        "" if is_fine else "beyond",
    ], is_fine


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="parts of the names of the responses to measure (all)")
    names = parser.parse_args().names
    rows, all_fine = [], True
    with Process("benchmarks.hostile") as server:
        port = server.read_line().strip()
        for number, each in enumerate(HOSTILE):
            if not names or any(name in each.name for name in names):
                print(each.name, file=sys.stderr)
                row, is_fine = measure(f"http://127.0.0.1:{port}/{number}/client/v4", number)
                rows.append(row)
                all_fine = all_fine and is_fine
    header = [
        "response",
        "outcome",
        "bytes on the wire",
        "MiB",
        "ms held",
        "ms per MiB",
        "ms of the call",
        "memory / size",
        "",
    ]
    print(f"{format_table(header, rows)}\n\n{describe_run('aiospectrum', 'aiohttp', 'msgspec')}")
    return 0 if all_fine else 1


if __name__ == "__main__":
    sys.exit(main())
