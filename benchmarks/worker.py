"""One client in a process of its own, which takes its orders over standard input.

``python -m benchmarks.worker NAME URL`` opens a client and reads lines of JSON, each a command with its arguments,
and prints a line of JSON for each. With ``--startup`` it makes one call instead, and prints how long it took to get
there.
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from benchmarks.calls import check_result
from benchmarks.clients import CLIENTS, Calls, load_client
from benchmarks.turns import stay_on_one_processor

__all__ = ["COMMANDS", "kilobytes"]


async def _pull(call: Callable[[], Awaitable[object]], count: int, concurrency: int) -> None:
    """Make calls one after the other, in some number of tasks."""
    numbers = iter(range(count))

    async def one_after_the_other() -> None:
        for _ in numbers:
            await call()

    if concurrency == 1:
        await one_after_the_other()
    else:
        await asyncio.gather(*(one_after_the_other() for _ in range(concurrency)))


async def _measure(calls: Calls, payload: str, count: int, concurrency: int = 1) -> dict[str, float]:
    """CPU and wall time of one call in seconds, after a few that open connections and are not counted."""
    call = calls[payload]
    check_result(payload, await call())
    await _pull(call, concurrency, concurrency)
    cpu, wall = time.process_time(), time.perf_counter()
    await _pull(call, count, concurrency)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu / count, "wall": wall / count}


async def _tick(calls: Calls, payload: str | None, seconds: float) -> dict[str, Any]:
    """By how many seconds a ticker of 1 ms is late, while calls are made one after the other, or none at all."""
    late: list[float] = []
    ends = time.perf_counter() + seconds

    async def tick() -> None:
        while (begun := time.perf_counter()) < ends:
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - begun - 0.001)

    ticker = asyncio.create_task(tick())
    while payload is not None and time.perf_counter() < ends:
        await calls[payload]()
    await ticker
    late.sort()
    return {"p50": late[len(late) // 2], "p99": late[len(late) * 99 // 100], "max": late[-1], "ticks": len(late)}


async def _look(calls: Calls) -> dict[str, int]:
    """Memory in KiB and the number of objects that the garbage collector knows, with all that is garbage gone.

    The peak is the kernel's for this program alone: that of getrusage begins with what the parent had in use.
    """
    gc.collect()
    return {"rss": kilobytes("VmRSS"), "peak_rss": kilobytes("VmHWM"), "objects": len(gc.get_objects())}


def kilobytes(field: str) -> int:
    """Look a field up in what Linux says of this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{field}:"))


_LARGER_THAN_A_RECEIVE_BUFFER: Final = 1 << 23
"""Bytes. Once a block of that size has been freed, glibc keeps what asyncio receives into, and large bodies.
aiospectrum frees one at opening, so that every client here begins with it.
"""

COMMANDS: Final[dict[str, Callable[..., Awaitable[Mapping[str, Any]]]]] = {
    "measure": _measure,
    "tick": _tick,
    "look": _look,
}
"""The commands of a worker."""


async def _obey(name: str, url: str, connections: int) -> None:
    """Carry out commands until standard input ends.

    Reading it blocks the loop, so that nothing runs between two measures.
    """
    bytes(_LARGER_THAN_A_RECEIVE_BUFFER)
    async with load_client(name)(url, connections) as calls:
        for line in sys.stdin:
            command = json.loads(line)
            found = await COMMANDS[command.pop("do")](calls, **command)
            print(json.dumps(found), flush=True)


async def _start_up(name: str, url: str, after: list[str]) -> None:
    """Import a client and make its first call, and print the seconds that both took."""
    for module in after:
        import_module(module)
    begun = time.perf_counter()
    open_calls = load_client(name)
    imported = time.perf_counter() - begun
    async with open_calls(url, 1) as calls:
        check_result("aggregate", await calls["aggregate"]())
    print(json.dumps({"import": imported, "first_call": time.perf_counter() - begun}))


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=list(CLIENTS), help="the client")
    parser.add_argument("url", help="base URL of the server")
    parser.add_argument("--connections", type=int, default=50, help="the most connections (50)")
    parser.add_argument("--uvloop", action="store_true", help="run on uvloop")
    parser.add_argument("--startup", action="store_true", help="make one call, and print how long it took to get there")
    parser.add_argument("--after", nargs="*", default=[], help="modules to import before the time runs")
    options = parser.parse_args()
    stay_on_one_processor()
    if options.startup:
        asyncio.run(_start_up(options.name, options.url, options.after))
        return
    main = _obey(options.name, options.url, options.connections)
    if options.uvloop:
        import_module("uvloop").run(main)
    else:
        asyncio.run(main)


if __name__ == "__main__":
    _main()
