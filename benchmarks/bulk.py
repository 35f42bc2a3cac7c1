"""What bulk pulls cost: for more and more partitions, and compared with code that one would write by hand.

A partition is the report of one zone and day. Every measure has a fresh process, all on one processor, and a reference
takes turns with it in short slices: aiohttp and ``orjson.loads`` by hand with as many calls at once, whose results are
dropped at once. What is compared are multiples of that reference, so that a machine that is busy for a while does no
harm.

Run it as ``python -m benchmarks.bulk`` where the dependency group ``bench`` is installed; it takes some ten minutes,
with ``--quick``, which leaves out 100,000 partitions, some two. It needs Linux, and exits 1 when a bound is missed.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Final

import attrs

from benchmarks.bulk_server import PAYLOADS, ZONES
from benchmarks.bulk_ways import WAYS
from benchmarks.calls import METRICS
from benchmarks.processes import Process
from benchmarks.rounds import say
from benchmarks.server import BASE_PATH
from benchmarks.tables import describe_run, format_table
from benchmarks.turns import ratios, take_turns

MOST_UNEVEN: Final = 1.10
"""CPU per request of a larger pull, as a multiple of that of the smallest."""

MOST_MEMORY: Final = 1.5
"""Peak memory of a larger pull, as a multiple of that of the smallest."""

MOST_OF_REFERENCE: Final = {
    ("pull, Arrow", "large"): 1.4,
    ("save", "large"): 2.2,
    ("save", "medium"): 3.0,
    ("save", "small"): 4.0,
}
"""CPU of a request as a multiple of the reference's, by way and payload; of the smallest, for the most partitions."""

MOST_LATE: Final = 1 / 3
"""How late a ticker of 1 ms on the event loop is during a save of the largest reports, as a share of how late it is
during the reference: 99 of 100 ticks. In seconds it depends on what else the processors have to do, such as to serve.
"""

REFERENCE: Final = "fetch and loads"

CYCLES: Final = {"large": 7, "medium": 15, "fractions": 15}
QUICK_CYCLES: Final = {"large": 3, "medium": 5}
"""How often each way takes its turn, by payload."""

DAYS: Final = {"pull": (10, 100), "save": (10, 100, 1000)}
QUICK_DAYS: Final = {"save": (10, 100)}
"""Days of a hundred zones, the fewest first."""

SLICE_DAYS: Final = 1
FEW_DAYS: Final = 10
"""Pulls of no more than that are repeated."""


@attrs.frozen(kw_only=True)
class Spent:
    """What a pull took."""

    cpu: float
    """CPU time per request, in seconds."""

    multiple: float
    """The same as a multiple of what the reference took meanwhile; 0 without one."""

    peak_rss: int
    """The most memory of the process, in KiB."""


class Puller(Process):
    """A way to pull in a process of its own."""

    def __init__(self, way: str, url: str) -> None:
        """Start it, and have it pull a day, which opens connections and imports what is imported late."""
        super().__init__("benchmarks.bulk_worker", way, url)
        self.peak_rss = 0
        """The most memory so far, in KiB."""
        self.cost(1)

    def pull(self, days: int, between: Callable[[], float] = lambda: 0.0) -> Spent:
        """Pull some days of all zones; ``between`` is called after each slice, and gives the reference's CPU time."""
        self.write_line(json.dumps({"days": days, "size": SLICE_DAYS * len(ZONES)}))
        cpu, references = 0.0, []
        while True:
            slice_ = json.loads(self.read_line())
            cpu += slice_["cpu"]
            if slice_["is_last"]:
                break
            references.append(between())
            self.write_line("")
        each = cpu / (days * len(ZONES))
        reference = statistics.fmean(references)
        multiple = each / reference if reference else 0.0
        self.peak_rss = slice_["peak_rss"]
        return Spent(cpu=each, multiple=multiple, peak_rss=self.peak_rss)

    def cost(self, days: int) -> float:
        """The CPU time of a request in seconds, over some days of all zones."""
        self.write_line(json.dumps({"days": days, "size": None}))
        spent = json.loads(self.read_line())
        self.peak_rss = spent["peak_rss"]
        cpu: float = spent["cpu"] / (days * len(ZONES))
        return cpu

    def tick(self, days: int) -> dict[str, float]:
        """By how many seconds a ticker is late while some days of all zones are pulled."""
        self.write_line(json.dumps({"days": days, "tick": True}))
        late: dict[str, float] = json.loads(self.read_line())
        return late


def check_scale(way: str, url: str, all_days: tuple[int, ...]) -> list[str]:
    """Measure CPU and memory of larger and larger pulls of small reports; gives the bounds that are missed."""
    cases = []
    for days in all_days:
        say(f"{way}: {days * len(ZONES):,} partitions")
        runs = [_pull_with_reference(way, url, days) for _ in range(3 if days <= FEW_DAYS else 1)]
        cases.append(
            Spent(
                cpu=statistics.median(run.cpu for run in runs),
                multiple=statistics.median(run.multiple for run in runs),
                peak_rss=max(run.peak_rss for run in runs),
            )
        )
    first, rows, misses = cases[0], [], []
    for days, case in zip(all_days, cases, strict=True):
        uneven, memory = case.multiple / first.multiple, case.peak_rss / first.peak_rss
        partitions, cpu, peak = f"{days * len(ZONES):,}", f"{case.cpu * 1e6:,.0f}", f"{case.peak_rss / 1024:.0f}"
        rows.append([partitions, cpu, f"{case.multiple:.2f}", f"{uneven:.2f}", peak, f"{memory:.2f}"])
        if uneven > MOST_UNEVEN:
            misses.append(f"{way}, {partitions}: CPU at {uneven:.2f} of the first, at most {MOST_UNEVEN} wanted")
        if memory > MOST_MEMORY:
            misses.append(f"{way}, {partitions}: memory at {memory:.2f} of the first, at most {MOST_MEMORY} wanted")
        misses += _check_multiple(way, "small", case.multiple)
    header = ["partitions", "CPU, µs", "of the reference's", "of the first", "peak memory, MiB", "of the first"]
    _show(f"{way}: CPU per request, and memory; reports of {_describe('small')}", header, rows)
    return misses


def _pull_with_reference(way: str, url: str, days: int) -> Spent:
    with Puller(way, url) as puller, Puller(REFERENCE, url) as reference:
        return puller.pull(days, partial(reference.cost, SLICE_DAYS))


def check_costs(url: str, payload: str, cycles: int) -> list[str]:
    """Measure every way in turn; gives the bounds that are missed."""
    say(f"all ways: reports of {_describe(payload)}")
    with ExitStack() as stack:
        pullers = {way: stack.enter_context(Puller(way, url)) for way in WAYS}
        taken = take_turns({way: partial(puller.cost, 1) for way, puller in pullers.items()}, cycles)
        peaks = {way: puller.peak_rss for way, puller in pullers.items()}
    multiples = {way: statistics.median(ratios(taken, way, REFERENCE)) for way in WAYS}
    rows = [
        [way, f"{statistics.median(taken[way]) * 1e6:,.0f}", f"{multiples[way]:.2f}", f"{peaks[way] / 1024:.0f}"]
        for way in WAYS
    ]
    header = ["way", "CPU, µs", "of the reference's", "peak memory, MiB"]
    _show(f"CPU per request, and memory of 100 or more; reports of {_describe(payload)}", header, rows)
    return [miss for way, multiple in multiples.items() for miss in _check_multiple(way, payload, multiple)]


def check_ticker(url: str, days: int) -> list[str]:
    """Measure how late a ticker is on the loop of a save; gives the bound if it is missed."""
    say("the ticker")
    rows, p99 = [], {}
    for way in (REFERENCE, "pull, Arrow", "save"):
        with Puller(way, url) as puller:
            late = puller.tick(days)
        rows.append([way, *(f"{late[key] * 1e3:.1f}" for key in ("p50", "p99", "max")), f"{late['ticks']:.0f}"])
        p99[way] = late["p99"]
    share = p99["save"] / p99[REFERENCE]
    misses = [f"ticker: {share:.2f} of the reference's, at most {MOST_LATE:.2f} wanted"] if share > MOST_LATE else []
    _show("How late a ticker of 1 ms is meanwhile, ms", ["way", "p50", "p99", "most", "ticks"], rows)
    return misses


def _check_multiple(way: str, payload: str, multiple: float) -> list[str]:
    most = MOST_OF_REFERENCE.get((way, payload), multiple)
    return [] if multiple <= most else [f"{way}, {payload}: {multiple:.2f} of the reference, at most {most:g} wanted"]


def _describe(name: str) -> str:
    payload = PAYLOADS[name]
    fractions = ", all with fractions" if payload.has_fractions else ""
    return f"{payload.rows} rows of {len(METRICS)} metrics of {payload.intervals} intervals{fractions}"


def _show(title: str, header: list[str], rows: list[list[str]]) -> None:
    """Print a table as soon as it is there."""
    print(f"{title}\n\n{format_table(header, rows)}\n", flush=True)


def main() -> int:
    """Measure, print, and say by the exit code whether the bounds are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out 100,000 partitions, and make do with less")
    options = parser.parse_args()
    misses = []
    with Process("benchmarks.bulk_server") as server:
        origin = f"http://127.0.0.1:{int(server.read_line())}"
        misses += check_ticker(f"{origin}/large{BASE_PATH}", 3)
        for payload, cycles in (QUICK_CYCLES if options.quick else CYCLES).items():
            misses += check_costs(f"{origin}/{payload}{BASE_PATH}", payload, cycles)
        for way, days in (QUICK_DAYS if options.quick else DAYS).items():
            misses += check_scale(way, f"{origin}/small{BASE_PATH}", days)
    print(describe_run("aiospectrum", "aiohttp", "orjson", "pyarrow", "cloudflare", "pandas"))
    print("\n".join(["", *(f"MISSED {miss}" for miss in misses)]) if misses else "\nAll bounds are kept.")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
