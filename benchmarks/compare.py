"""What a call costs with aiospectrum and with everything that one would otherwise use.

A static server in one process, each client in a process of its own, all on one processor, and one measure at a time: in
every round the clients take turns on each of four payloads in short slices, this project's and the floor (aiohttp and
orjson by hand, dicts without types) next to each of the others, as their ratio matters most. Ratios are those of
neighbours in time, and medians are taken of them and of the rounds, so that a machine that is busy for a while does no
harm.

Run it as ``nox -s bench``, or ``python -m benchmarks.compare`` where the dependency group ``bench`` is installed. It
prints tables, writes JSON, and exits 1 when a target is missed. ``--svg`` draws the ratios.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks.calls import PATHS
from benchmarks.clients import CLIENTS, OURS
from benchmarks.footprint import installed_size
from benchmarks.generate import generate_client
from benchmarks.payloads import make_payloads
from benchmarks.plot import draw_ratios
from benchmarks.processes import Server, start_up
from benchmarks.rounds import OTHERS, Round, choose_counts, median_of, official_over_ours, run_round, say
from benchmarks.tables import describe_run, format_table

AT_MOST_OF_FLOOR: Final = {"aggregate": 1.20, "list": 1.10, "summary": 0.95, "bytime": 1.20}
"""CPU of ours as a multiple of the floor's."""

OFFICIAL_AT_LEAST: Final = {"aggregate": 12.0, "list": 8.0, "summary": 25.0, "bytime": 5.0}
"""CPU of the official client, with what was quicker in the round, as a multiple of ours."""

LABELS: Final = {
    "aggregate": "aggregate: 50 applications",
    "list": "list: 100 applications",
    "summary": "summary: 1,000 rows of 4 metrics",
    "bytime": "by time: 500 rows of 4 metrics of 72 intervals",
}
DEPENDENCIES: Final = ("aiohttp", "attr", "attrs", "cattrs", "msgspec")
VERSIONS: Final = (
    "aiospectrum",
    "aiohttp",
    "msgspec",
    "orjson",
    "cloudflare",
    "httpx",
    "pydantic",
    "openapi-python-client",
)


def measure_footprint(url: str, rounds: list[Round]) -> dict[str, dict[str, float]]:
    """Measure what clients take apart from CPU per call: milliseconds, MiB and the number of distributions."""
    result = {}
    for client in CLIENTS:
        say(f"{client}: start and size")
        size, distributions = installed_size(client)
        times = start_up(client, url)
        result[client] = {
            "import_ms": times["import"] * 1e3,
            "first_call_ms": times["first_call"] * 1e3,
            "peak_rss_mib": statistics.median(each.peak_rss[client] for each in rounds) / 1024,
            "installed_mib": size / 2**20,
            "distributions": distributions,
        }
    result[OURS]["import_beyond_dependencies_ms"] = start_up(OURS, url, DEPENDENCIES)["import"] * 1e3
    return result


def find_misses(ratios: dict[str, dict[str, float]], official: dict[str, float]) -> list[str]:
    """A line for every target that is missed."""
    misses = [
        f"{payload}: {ratios[payload][OURS]:.2f} of the floor, at most {bound:.2f} wanted"
        for payload, bound in AT_MOST_OF_FLOOR.items()
        if ratios[payload][OURS] > bound
    ]
    misses += [
        f"{payload}: the official client at {official[payload]:.1f} of ours, at least {bound:g} wanted"
        for payload, bound in OFFICIAL_AT_LEAST.items()
        if official[payload] < bound
    ]
    return misses


def print_tables(rounds: list[Round], report: dict[str, Any]) -> None:
    """Print all that was measured."""
    ratios = report["ratios_to_floor"]
    for title, key in (
        ("CPU of the client per call, µs", "cpu"),
        ("Wall time per call, the server's included, µs", "wall"),
    ):
        rows = [
            [client, *(f"{median_of(rounds, key, client, payload) * 1e6:,.0f}" for payload in PATHS)]
            for client in CLIENTS
        ]
        print(f"\n{title}\n\n{format_table(['client', *PATHS], rows)}")
    rows = [[client, *(f"{ratios[payload][client]:.2f}" for payload in PATHS)] for client in CLIENTS]
    rows.append(["cloudflare over aiospectrum", *(f"{report['official_over_ours'][name]:.1f}" for name in PATHS)])
    print(f"\nCPU as a multiple of the floor's\n\n{format_table(['client', *PATHS], rows)}")
    columns = ["import, ms", "import and first call, ms", "peak memory, MiB", "installed, MiB", "distributions"]
    keys = ["import_ms", "first_call_ms", "peak_rss_mib", "installed_mib", "distributions"]
    rows = [[client, *(f"{values[key]:.0f}" for key in keys)] for client, values in report["footprint"].items()]
    print(f"\nApart from CPU\n\n{format_table(['client', *columns], rows)}")
    beyond = report["footprint"][OURS]["import_beyond_dependencies_ms"]
    print(f"\nOf the import of aiospectrum, {beyond:.0f} ms are its own.\n\n{report['run']}")


def draw(report: dict[str, Any]) -> str:
    """Draw the ratios as SVG."""
    ratios = {
        payload: {client: group[client] for client in (OURS, *OTHERS)}
        for payload, group in report["ratios_to_floor"].items()
    }
    versions, system = report["run"].split(", Python", 1)
    notes = [versions, f"Python{system}", "Medians of the rounds of `nox -s bench`; the scale is logarithmic."]
    title = "CPU per call as a multiple of aiohttp and orjson by hand (1×)"
    return draw_ratios(title, ratios, ours=OURS, labels=LABELS, notes=notes)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all clients in turn (5)")
    parser.add_argument("--cycles", type=int, default=5, help="slices of each client on a payload in a round (5)")
    parser.add_argument("--seconds", type=float, default=0.05, help="length of a slice (0.05)")
    parser.add_argument("--json", type=Path, default=Path("build/compare.json"), help="file (build/compare.json)")
    parser.add_argument("--svg", type=Path, help="file to draw the ratios in")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write, and say by the exit code whether the targets are met."""
    options, begun = parse_options(), time.monotonic()
    generate_client()
    rounds: list[Round] = []
    with Server() as server:
        counts = choose_counts(server.url(), options.seconds)
        for number in range(options.rounds):
            rounds.append(run_round(server.url(), counts, number, options.cycles))
            shown = {payload: f"{ratio:.2f}" for payload, ratio in rounds[-1].to_floor[OURS].items()}
            say(f"round {number + 1} of {options.rounds}, {time.monotonic() - begun:.0f} s: of the floor {shown}")
        footprint = measure_footprint(server.url(), rounds)
    ratios = {
        payload: {client: median_of(rounds, "to_floor", client, payload) for client in CLIENTS} for payload in PATHS
    }
    official = {payload: official_over_ours(rounds, payload) for payload in PATHS}
    misses = find_misses(ratios, official)
    report = {
        "run": describe_run(*VERSIONS),
        "bytes": {name: len(body) for name, body in make_payloads().items()},
        "rounds": [attrs.asdict(each) for each in rounds],
        "ratios_to_floor": ratios,
        "official_over_ours": official,
        "footprint": footprint,
        "misses": misses,
    }
    print_tables(rounds, report)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if options.svg is not None:
        options.svg.write_text(draw(report), encoding="utf-8")
    print("\n".join(["", *(f"MISSED {miss}" for miss in misses)]) if misses else "\nAll targets are met.")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
