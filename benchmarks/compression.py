"""What compressed responses cost and save: bytes, and CPU of the client.

The server sends each payload as it is and in three encodings, at levels that servers use on the fly; the client
takes turns on them. What an encoding adds in CPU, set against the bits that it saves, is the speed of a line at which
both come to the same: on a slower one the compressed response is there earlier, though it never costs less CPU.

Run it as ``python -m benchmarks.compression`` where the dependency group ``bench`` is installed.
"""

import argparse
import statistics
import sys
from contextlib import ExitStack
from functools import partial

from benchmarks.calls import PATHS
from benchmarks.clients import CLIENTS, OURS
from benchmarks.processes import Server, Worker
from benchmarks.server import ENCODERS, encode_all
from benchmarks.tables import describe_run, format_table
from benchmarks.turns import ratios, take_turns


def compare(client: str, cycles: int) -> dict[str, dict[str, tuple[float, float]]]:
    """CPU of a call by payload and encoding ("" is none): seconds, and as a multiple of that without encoding."""
    costs: dict[str, dict[str, tuple[float, float]]] = {}
    with Server(*ENCODERS) as server, ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(client, server.url(name))) for name in ("", *ENCODERS)}
        for payload in PATHS:
            print(f"measuring {payload}", file=sys.stderr)
            count = workers[""].choose_count(payload, 0.05)
            taken = take_turns({name: partial(worker.cost, payload, count) for name, worker in workers.items()}, cycles)
            costs[payload] = {
                name: (statistics.median(taken[name]), statistics.median(ratios(taken, name, ""))) for name in workers
            }
    return costs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", choices=CLIENTS, default=OURS, help=f"who reads the responses ({OURS})")
    parser.add_argument("--cycles", type=int, default=40, help="slices of each encoding for each payload (40)")
    options = parser.parse_args()
    costs = compare(options.client, options.cycles)
    sizes = {name: {key: len(body) for key, body in bodies.items()} for name, bodies in encode_all([*ENCODERS]).items()}
    rows = []
    for payload, group in costs.items():
        for name, (cost, multiple) in group.items():
            size, plain = sizes[name][payload], sizes[""][payload]
            extra = group[""][0] * (multiple - 1)
            line = f"{(plain - size) * 8 / extra / 1e6:,.0f}" if name and extra > 0 else "–"
            cells = [f"{size:,}", f"{size / plain:.0%}", f"{cost * 1e6:,.0f}", f"{extra * 1e6:+,.0f}", line]
            rows.append([f"{payload}, {name or 'as it is'}", *cells])
    header = ["response", "bytes", "of all", "CPU, µs", "more", "even at, Mbit/s"]
    print(f"{options.client}\n\n{format_table(header, rows)}\n")
    print(describe_run("aiospectrum", "aiohttp", "brotli", "backports.zstd"))


if __name__ == "__main__":
    main()
