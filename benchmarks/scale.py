"""Memory, and what more calls, more at a time and larger responses do.

Every measure has a fresh process for each client. Run it as ``python -m benchmarks.scale`` where the dependency group
``bench`` is installed; it takes some ten minutes, with ``--quick`` two. It exits 1 when a bound is missed.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Final, TypeAlias

from benchmarks.calls import PATHS
from benchmarks.clients import FLOOR, OFFICIAL, OURS
from benchmarks.processes import Server, Worker
from benchmarks.tables import describe_run, format_table
from benchmarks.turns import ratios, take_turns

MOST_MEMORY: Final = 1.3
"""Peak memory of ours as a multiple of the floor's."""

MOST_GROWTH: Final = 1.02
"""Memory after ten times as many calls; the allocator's own ups and downs are within it."""

MOST_OBJECTS: Final = 100
"""Objects that may be more after that; a leak would be one for each call, or more."""

MOST_UNEVEN: Final = 1.10
"""Cost of a call among many, as a multiple of that of a call among the fewest."""

Costs: TypeAlias = dict[str, list[tuple[float, float]]]

CALLS: Final = (100, 1_000, 10_000, 100_000)
CONCURRENCY: Final = (1, 8, 64, 256)


def check_memory(url: str, quick: bool) -> list[str]:
    """Measure the peak memory of calls for 500 rows by time, 16 of them at a time; gives the bounds that are missed."""
    calls = 100 if quick else 1000
    peaks = {}
    for client in (FLOOR, OURS, *OFFICIAL):
        with Worker(client, url) as worker:
            before = worker.ask("look")["rss"]
            worker.cost("bytime", calls, concurrency=16)
            peaks[client] = worker.ask("look")["peak_rss"], before
    rows = [
        [client, f"{before / 1024:.0f}", f"{peak / 1024:.0f}", f"{peak / peaks[FLOOR][0]:.2f}"]
        for client, (peak, before) in peaks.items()
    ]
    show(f"Memory of {calls:,} calls by time, 16 at once, MiB", ["client", "before", "peak", "of the floor's"], rows)
    ratio = peaks[OURS][0] / peaks[FLOOR][0]
    return [f"memory: {ratio:.2f} of the floor's, at most {MOST_MEMORY} wanted"] if ratio > MOST_MEMORY else []


def check_growth(url: str, quick: bool) -> list[str]:
    """Measure memory after some calls and after ten times as many; gives the bounds that are missed."""
    calls = 100 if quick else 1000
    rows, misses = [], []
    for client in (FLOOR, OURS):
        with Worker(client, url) as worker:
            worker.cost("bytime", calls)
            first = worker.ask("look")
            worker.cost("bytime", 9 * calls)
            last = worker.ask("look")
        more = last["objects"] - first["objects"]
        rows.append([client, f"{first['rss'] / 1024:.1f}", f"{last['rss'] / 1024:.1f}", more])
        if client == OURS and (last["rss"] > first["rss"] * MOST_GROWTH or more > MOST_OBJECTS):
            misses.append(f"growth: from {first['rss']:,} to {last['rss']:,} KiB, {more} more objects")
    header = ["client", f"after {calls:,}, MiB", f"after {10 * calls:,}, MiB", "more objects"]
    show("Memory of calls by time, one after the other", header, rows)
    return misses


def check_calls(url: str, quick: bool) -> list[str]:
    """Measure the cost of a call after ever more calls over the same connections; gives the bounds that are missed."""
    costs: Costs = {FLOOR: [], OURS: []}
    chosen = CALLS[:-1] if quick else CALLS
    with Worker(FLOOR, url) as reference:
        for client in costs:
            with Worker(client, url) as worker:
                made = 0
                for calls in chosen:
                    worker.cost("aggregate", calls - made)
                    costs[client].append(compare_cost(reference, worker, 1, quick))
                    made = calls
    return show_evenness("after as many calls", [f"{calls:,}" for calls in chosen], costs)


def check_concurrency(url: str, quick: bool) -> list[str]:
    """Measure the cost of a call among ever more at a time, over a pool that has all its connections.

    Gives the bounds that are missed.
    """
    costs: Costs = {FLOOR: [], OURS: []}
    with Worker(FLOOR, url) as reference:
        for client in costs:
            with Worker(client, url, connections=CONCURRENCY[-1]) as worker:
                worker.cost("aggregate", 4 * CONCURRENCY[-1], CONCURRENCY[-1])
                costs[client] = [compare_cost(reference, worker, number, quick) for number in CONCURRENCY]
    return show_evenness("with as many at a time", [str(number) for number in CONCURRENCY], costs)


def compare_cost(reference: Worker, worker: Worker, concurrency: int, quick: bool) -> tuple[float, float]:
    """CPU of small calls of a worker, in seconds and as a multiple of that of another one measured in turn with it."""
    measures = {
        "reference": partial(reference.cost, "aggregate", 400),
        "worker": partial(worker.cost, "aggregate", 4 * max(100, concurrency), concurrency),
    }
    taken = take_turns(measures, 10 if quick else 40)
    return statistics.median(taken["worker"]), statistics.median(ratios(taken, "worker", "reference"))


def show_evenness(title: str, columns: list[str], costs: Costs) -> list[str]:
    """Print what calls cost, and compare the most with the first; gives the bounds that are missed."""
    uneven = {client: max(multiple for _, multiple in cases) / cases[0][1] for client, cases in costs.items()}
    rows = [
        [client, *(f"{seconds * 1e6:.0f} ({multiple:.2f})" for seconds, multiple in cases), f"{uneven[client]:.2f}"]
        for client, cases in costs.items()
    ]
    show(f"CPU of a call {title}, µs (and over a call of a new floor)", ["client", *columns, "most over first"], rows)
    if uneven[OURS] <= MOST_UNEVEN:
        return []
    return [f"cost {title}: up to {uneven[OURS]:.2f} of the first, at most {MOST_UNEVEN} wanted"]


def check_ticker(url: str, quick: bool) -> list[str]:
    """Measure how late a ticker of 1 ms is that shares its loop with calls for 500 rows by time; no bound."""
    seconds = 2.0 if quick else 10.0
    rows = []
    for client, payload in ((FLOOR, None), *((client, "bytime") for client in (FLOOR, OURS, *OFFICIAL))):
        with Worker(client, url) as worker:
            worker.ask("measure", payload="bytime", count=3)
            late = worker.ask("tick", payload=payload, seconds=seconds)
        name = "no calls" if payload is None else client
        rows.append([name, *(f"{late[key] * 1e3:.1f}" for key in ("p50", "p99", "max")), late["ticks"]])
    show("How late a ticker of 1 ms is during calls by time, ms", ["client", "p50", "p99", "most", "ticks"], rows)
    return []


def check_uvloop(url: str, quick: bool) -> list[str]:
    """Measure calls on uvloop, if installed, and on asyncio's own loop in turn; no bound."""
    if find_spec("uvloop") is None:
        print("uvloop is not installed.\n")
        return []
    rows = []
    for client in (FLOOR, OURS):
        with Worker(client, url) as plain, Worker(client, url, uvloop=True) as other:
            cells = []
            for payload in PATHS:
                count = plain.choose_count(payload, 0.05)
                measures = {"": partial(plain.cost, payload, count), "uvloop": partial(other.cost, payload, count)}
                taken = take_turns(measures, 8 if quick else 40)
                before, after = (statistics.median(costs) * 1e6 for costs in taken.values())
                multiple = statistics.median(ratios(taken, "uvloop", ""))
                cells.append(f"{before:,.0f} → {after:,.0f} ({multiple:.2f})")
        rows.append([client, *cells])
    show("CPU of a call on asyncio's loop and on uvloop, µs", ["client", *PATHS], rows)
    return []


def show(title: str, header: list[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table as soon as it is there."""
    print(f"{title}\n\n{format_table(header, rows)}\n", flush=True)


CHECKS: Final[dict[str, Callable[[str, bool], list[str]]]] = {
    "memory": check_memory,
    "growth": check_growth,
    "calls": check_calls,
    "concurrency": check_concurrency,
    "ticker": check_ticker,
    "uvloop": check_uvloop,
}


def main() -> int:
    """Measure, print, and say by the exit code whether the bounds are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="make do with fewer calls")
    parser.add_argument("--only", nargs="*", choices=CHECKS, default=list(CHECKS), help="what to measure (all)")
    options = parser.parse_args()
    misses = []
    with Server() as server:
        for name in options.only:
            print(f"measuring {name}", file=sys.stderr)
            misses += CHECKS[name](server.url(), options.quick)
    print(describe_run("aiospectrum", "aiohttp", "orjson", "cloudflare"))
    print("\n".join(["", *(f"MISSED {miss}" for miss in misses)]) if misses else "\nAll bounds are kept.")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
