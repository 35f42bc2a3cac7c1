"""How many requests processes make together, what they cost, and how many accounts that is enough for.

``bulk.save_across`` saves reports of one day, of a server without a rate limit, over processes of this machine: that
measures how far processor time goes. What the rate limit of tokens makes of it, with more processors than are here and
up to ten thousand accounts, is reckoned from that by a model of two lines, which is printed with what goes into it. Run
it as ``python -m benchmarks.scaling`` where ``aiospectrum[arrow]`` is installed, on Linux; in under three minutes.
"""

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import attrs

from aiospectrum import Client, FileLimiter, RateLimit
from aiospectrum.bulk import Plan, Query, save_across
from benchmarks.bulk_server import PAYLOADS, SINCE, report_body, report_path
from benchmarks.calls import DIMENSIONS, METRICS
from benchmarks.processes import Process
from benchmarks.server import BASE_PATH, make_response, serve
from benchmarks.tables import describe_run, format_table
from benchmarks.turns import stay_on_one_processor

ZONES: Final = tuple(f"{number:032x}" for number in range(3_000))
COSTS: Final = {"small": "5 rows, 24 hours", "medium": "100 rows, 24 hours", "large": "500 rows, 72 hours"}
"""Reports, as :mod:`benchmarks.bulk_server` has them."""

PROCESSES: Final = (1, 2, 4)
TOKENS: Final = (1, 10, 100, 400)
ACCOUNTS: Final = (1, 10, 100, 400, 1_000, 10_000)

PER_TOKEN: Final = 1140 / 300
"""Requests a second of a token, by the default limit."""

BUSY: Final = 0.7
"""Share of a processor that is planned with; the rest is for what comes at once, and for whatever else is there."""

NO_LIMIT: Final = RateLimit(requests=100_000, per_seconds=300, in_flight=16)
"""Is never reached, but costs what a limit does."""

_TICK: Final = os.sysconf("SC_CLK_TCK")


@attrs.frozen
class Measure:
    """What one save took."""

    requests: int
    """Requests."""

    wall: float
    """Seconds."""

    cpu: float
    """Seconds of processor time of all workers."""

    own: float
    """Seconds of processor time of the process that called."""

    memory: float
    """MiB of the largest worker."""

    @property
    def cost(self) -> float:
        """Processor time of a request, in seconds."""
        return self.cpu / self.requests


class Server(Process):
    """The static server, in a process of its own."""

    def __init__(self) -> None:
        """Start it."""
        super().__init__("benchmarks.scaling", "--serve")
        self._port = int(self.read_line())

    def url(self, payload: str) -> str:
        """The base URL of reports of a size."""
        return f"http://127.0.0.1:{self._port}/{payload}{BASE_PATH}"


def make_client(url: str, number: int, file: str | None) -> Client:
    """The client of a token, whose limit is in a file where processes share it."""
    limit = NO_LIMIT if file is None else FileLimiter(f"{file}-{number}", NO_LIMIT)
    return Client(api_token=f"token-{number:040}", base_url=url, rate_limit=limit, connector_limit=16)


def measure(executor: Executor, pids: Collection[int], url: str, zones: Sequence[str], tokens: int) -> Measure:
    """Save a report of each zone, which belong to so many tokens, over the processes of an executor."""
    query = Query(dimensions=DIMENSIONS, metrics=METRICS, time_delta="hour")
    hours = PAYLOADS[url.split("/")[3]].intervals
    plan = Plan(zones=zones, since=SINCE, until=SINCE + timedelta(hours=hours), query=query, window="whole")
    is_shared = tokens < len(pids)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "limit")) if is_shared else None
        makers = [partial(make_client, url, number, file) for number in range(tokens)]
        accounts = {zone_id: makers[number % tokens] for number, zone_id in enumerate(zones)}
        save = partial(save_across, executor, accounts, plan, Path(folder, "set"), workers=len(pids))
        before, own, began = sum(map(cpu_of, pids)), time.process_time(), time.perf_counter()
        saved = asyncio.run(save(shards=len(pids) if is_shared else 1))
        wall = time.perf_counter() - began
    if not saved.ok or saved.done != len(zones):
        raise RuntimeError(f"not all was saved: {saved}")
    return Measure(
        requests=len(zones),
        wall=wall,
        cpu=sum(map(cpu_of, pids)) - before,
        own=time.process_time() - own,
        memory=max(map(memory_of, pids)),
    )


def measure_with(processes: int, url: str, cases: Sequence[tuple[Sequence[str], int]]) -> list[Measure]:
    """Measure cases of zones and numbers of tokens over new processes, which have imported what they need."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
        pids = set[int]()
        while len(pids) < processes:
            pids |= {each.result() for each in [executor.submit(pid_of, 0.5) for _ in range(processes)]}
        measure(executor, pids, url, ZONES[:100], processes)
        return [measure(executor, pids, url, zones, tokens) for zones, tokens in cases]


def pid_of(seconds: float) -> int:
    """Which process this is, after some seconds, in which others are asked too."""
    time.sleep(seconds)
    return os.getpid()


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory_of(pid: int) -> float:
    """The most memory that a process has had, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def show_measured(url: str) -> dict[int, list[Measure]]:
    """Measure and print processes by tokens."""
    found = {}
    for processes in PROCESSES:
        print(f"measuring {processes} processes", file=sys.stderr)
        found[processes] = measure_with(processes, url, [(ZONES, tokens) for tokens in TOKENS])

    def show(title: str, cell: Callable[[Measure], str]) -> None:
        rows = [[processes, *map(cell, measures)] for processes, measures in found.items()]
        header = ["processes", *(f"{tokens} token{'s' * (tokens > 1)}" for tokens in TOKENS)]
        print(f"{title}\n\n{format_table(header, rows)}\n")

    print(
        f"{len(ZONES):,} reports of 5 rows and 24 hours, from a server on this machine that takes a processor of it\n"
    )
    show("Requests a second", lambda each: f"{each.requests / each.wall:,.0f}")
    show("Processor time of a request in the workers, ms", lambda each: f"{each.cost * 1e3:.2f}")
    show("Processor time of the process that called, s", lambda each: f"{each.own:.2f}")
    show("The most memory of a worker so far, MiB", lambda each: f"{each.memory:.0f}")
    return found


def show_model(costs: Sequence[float]) -> None:
    """Print what the model says of more processes and accounts than are here, by what reports of each size cost."""
    rows = [
        [name, f"{cost * 1e3:.2f}", f"{1 / cost:,.0f}", f"{BUSY / cost / PER_TOKEN:,.0f}"]
        for name, cost in zip(COSTS.values(), costs, strict=True)
    ]
    header = ["reports", "ms of processor time each", "a second at most", f"tokens, {BUSY:.0%} busy"]
    print(f"What one processor does, one process with 30 requests for each token\n\n{format_table(header, rows)}\n")
    print(
        f"The model: a token has {PER_TOKEN:.1f} requests a second, and processes make {BUSY:.0%} of what one processor"
        " for each could, by the table above. Requests a second are what the tokens allow or what the processes can,"
        " the lesser of the two. All below is reckoned, not measured.\n"
    )
    rows = []
    for processes in (1, 2, 4, 8, 16, 64):
        can = processes * BUSY / costs[0]
        made = [f"{min(can, tokens * PER_TOKEN):,.0f}" for tokens in TOKENS]
        rows.append([processes, *made, f"{can / PER_TOKEN:,.0f}"])
    header = ["processes", *(f"{tokens} token{'s' * (tokens > 1)}" for tokens in TOKENS), "tokens at most"]
    print(f"Requests a second, {COSTS['small']}\n\n{format_table(header, rows)}\n")
    rows = [
        [
            f"{accounts:,}",
            f"{accounts * PER_TOKEN:,.0f}",
            *(f"{math.ceil(accounts * PER_TOKEN * cost / BUSY):,}" for cost in costs),
            f"{24 * 3600 * accounts * PER_TOKEN / 1e6:,.1f}",
        ]
        for accounts in ACCOUNTS
    ]
    header = ["accounts", "requests a second", *(f"processors, {name}" for name in COSTS.values()), "million a day"]
    print(f"What accounts need that use all of their limits\n\n{format_table(header, rows)}\n")


async def serve_reports() -> None:
    """Serve reports of all zones until standard input ends."""
    await serve(
        {
            f"/{name}{BASE_PATH}{report_path(zone_id)}".encode(): response
            for name in COSTS
            for response in [make_response(report_body(PAYLOADS[name]))]
            for zone_id in ZONES
        }
    )


def main() -> int:
    """Measure, and reckon."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true", help="be the server")
    if parser.parse_args().serve:
        stay_on_one_processor()
        asyncio.run(serve_reports())
        return 0
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with Server() as server:
        found = show_measured(server.url("small"))
        costs = [found[1][TOKENS.index(100)].cost]
        for name, tokens in (("medium", 30), ("large", 5)):
            print(f"measuring {name} reports", file=sys.stderr)
            costs += [each.cost for each in measure_with(1, server.url(name), [(ZONES[: 30 * tokens], tokens)])]
    show_model(costs)
    print(describe_run("aiospectrum", "aiohttp", "pyarrow"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
