"""What a limit over several processes lets through, and what a permit costs: ours, and three libraries.

Run it as ``nox -s limiters``; or install what it compares with into an environment of its own::

    python -m venv /tmp/limiters && /tmp/limiters/bin/pip install '.[redis]' --group limiters
    /tmp/limiters/bin/python -m benchmarks.limiters

It starts a redis-server of its own (Debian's package redis-server), takes some four minutes, and leaves out what is
not installed. It exits 1 when one of ours lets more than the limit through.

- Cost: one process under a limit that it never reaches, permits one after another, and 64 at a time.
- Permits: 1 and 4 processes with 16 calls each that always want more, 200 per second; the most in any second, and how
  many there were in all, as a share of those that were possible. Counted are those that came in it for sure, whatever
  held a process up between its permit and its look at the clock. Then once more with the wall clock of one of the four
  half a second ahead, as on another machine.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks.limiter_ways import WAYS
from benchmarks.processes import Process
from benchmarks.tables import describe_run, format_table
from tests import redis_server
from tests.limiters.moments import most_for_sure

REQUESTS: Final = 200
"""Per second."""
_NEVER_REACHED: Final = 100_000
_TURNS: Final = 3


@contextmanager
def started(name: str, folder: Path, *, requests: int, ahead: Sequence[float]) -> Iterator[list[Process]]:
    """Processes of one way, each with a clock that is so much ahead, over a limit that nobody has used yet."""
    with ExitStack() as stack:
        way, where = WAYS[name], ""
        if way.place == "redis":
            where = stack.enter_context(redis_server.running(folder)).url
        elif way.place == "file":
            where = str(Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)), "limit"))
        arguments = [name, where, str(requests)]
        workers = [stack.enter_context(Process("benchmarks.limiter_worker", *arguments, str(each))) for each in ahead]
        for worker in workers:
            worker.read_line()
        yield workers


def cost(worker: Process, command: str, count: int) -> tuple[float, float]:
    """Seconds that a permit takes, and seconds of CPU in the process; the medians of some turns."""
    walls, cpus = [], []
    for _ in range(_TURNS):
        found = ask([worker], command, count)[0]
        walls.append(found["wall"] / count)
        cpus.append(found["cpu"] / count)
        time.sleep(1.1)  # the window is empty again
    return statistics.median(walls), statistics.median(cpus)


def ask(workers: Sequence[Process], command: str, number: float) -> list[dict[str, Any]]:
    """Let all processes do the same at once."""
    for worker in workers:
        worker.write_line(f"{command} {number}")
    return [json.loads(worker.read_line()) for worker in workers]


@attrs.frozen
class Shared:
    """What some processes got together."""

    most: int
    """Permits in any second."""
    share: float
    """Permits of those that the limit has in that time."""
    cpu: float
    """Seconds of CPU of the processes for each."""

    @classmethod
    def of(cls, found: Sequence[dict[str, Any]], seconds: float) -> "Shared":
        """Add up what the processes say."""
        times = [(begin, end) for each in found for begin, end in each["times"]]
        possible = REQUESTS * (1 + int(seconds))  # a window at once, and one after each second
        return cls(most_for_sure(times, 1.0), len(times) / possible, sum(each["cpu"] for each in found) / len(times))


def measure_costs(names: Sequence[str], folder: Path, count: int) -> None:
    """Print what a permit costs where there are always some left."""
    rows = []
    for name in names:
        with started(name, folder, requests=_NEVER_REACHED, ahead=[0.0]) as (worker,):
            seconds = [*cost(worker, "alone", count), *cost(worker, "many", count)]
        rows.append([name, *(f"{each * 1e6:,.1f}" for each in seconds)])
    print(format_table(["a permit, µs", "alone", "CPU", "64 at a time", "CPU"], rows), end="\n\n", flush=True)


def measure_permits(names: Sequence[str], folder: Path, seconds: float) -> list[str]:
    """Print what is let through; gives those of ours that let too much through."""
    rows, misses = [], []
    for name in names:
        row: list[object] = [name]
        for ahead in ([0.0], [0.0] * 4, [0.0, 0.0, 0.0, 0.5]):
            with started(name, folder, requests=REQUESTS, ahead=ahead) as workers:
                time.sleep(1.1)  # after the permits that they began with
                shared = Shared.of(ask(workers, "share", seconds), seconds)
            row.append(shared.most)
            if not any(ahead):
                row += [f"{shared.share:.0%}", f"{shared.cpu * 1e6:,.0f}"]
            is_one_limit = len(ahead) == 1 or WAYS[name].place
            if name.startswith("aiospectrum") and is_one_limit and shared.most > REQUESTS:
                misses.append(f"{name}: {shared.most} in a second, at most {REQUESTS} wanted")
        rows.append(row)
    header = ["200 per second", "1 process", "used", "CPU, µs", "4 processes", "used", "CPU, µs", "a clock ahead"]
    print(format_table(header, rows), flush=True)
    return misses


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and say what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a third of the time, for less certain figures")
    parser.add_argument("names", nargs="*", help="parts of the names of what to measure; all by default")
    options = parser.parse_args(arguments)
    names = [name for name in WAYS if not options.names or any(part in name for part in options.names)]
    measured = [name for name in names if WAYS[name].is_installed]
    if redis_server.PROGRAM is None:
        print("without redis-server, so without all that needs it: apt-get install redis-server")
        measured = [name for name in measured if WAYS[name].place != "redis"]
    for name in names:
        if not WAYS[name].is_installed:
            print(f"without {name}, which is not installed: pip install {WAYS[name].distribution}")
    print(describe_run(*{WAYS[name].distribution: None for name in measured if WAYS[name].distribution}), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="aiospectrum-limiters-") as folder:
        measure_costs(measured, Path(folder), 2_000 if options.quick else 6_400)
        misses = measure_permits(measured, Path(folder), 2.5 if options.quick else 6.5)
    for miss in misses:
        print(f"MISSED: {miss}", file=sys.stderr)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
