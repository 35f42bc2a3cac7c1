"""Fuzz the readers of responses, headers, times and states of datasets, and arguments: nothing but errors of ours.

Run it as ``python -m benchmarks.fuzz [CASES] [--seed SEED]``: so many cases of each kind, two kinds at a time. It ends
with 1 when a case raises something else or takes too long, and says which; the seed brings it back.
"""

import argparse
import secrets
import sys
from concurrent.futures import ProcessPoolExecutor

from benchmarks.tables import format_table
from tests.fuzzing import KINDS, Outcome, fuzz


def run(kind: str, cases: int, seed: int) -> Outcome | str:
    """Fuzz one kind, and print how far it is."""
    outcome: Outcome | str = ""
    try:
        for outcome in fuzz(kind, cases, seed):
            print(
                f"{kind}: {outcome.cases:,} of {cases:,}, the slowest {outcome.slowest * 1e3:.1f} ms", file=sys.stderr
            )
    except AssertionError as error:
        return str(error)
    return outcome


def main() -> int:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=int, default=250_000, help="cases of each kind (250,000)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="for the same cases again")
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    with ProcessPoolExecutor(2) as pool:
        futures = {kind: pool.submit(run, kind, options.cases, options.seed) for kind in KINDS}
        outcomes = {kind: future.result() for kind, future in futures.items()}
    failures = [outcome for outcome in outcomes.values() if isinstance(outcome, str)]
    rows = [
        [
            kind,
            f"{each.cases:,}",
            f"{each.results:,}",
            f"{each.cases - each.results:,}",
            f"{each.slowest * 1e3:.1f}",
            each.size,
        ]
        for kind, each in outcomes.items()
        if isinstance(each, Outcome)
    ]
    print(format_table(["kind", "cases", "results", "errors of ours", "ms of the slowest", "its bytes"], rows))
    print("\n".join(failures) or f"seed {options.seed}: nothing else was raised, and nothing took too long")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
