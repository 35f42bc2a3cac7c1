"""Decoding alone: the bytes of a response to objects, without a network.

All ways take turns in one process, in short slices; ratios are those of neighbours in time.

Run it as ``python -m benchmarks.decode`` where the dependency group ``bench`` is installed.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec
import orjson

from aiospectrum import make_converter
from aiospectrum._codec.decoder import decode_body
from aiospectrum._generated.analytics import GET_CURRENT_AGGREGATE, GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY
from aiospectrum._generated.apps import LIST_APPS
from aiospectrum.routes import Route
from benchmarks.calls import ENTRIES
from benchmarks.models import with_attrs, with_msgspec, with_pydantic
from benchmarks.payloads import make_payloads
from benchmarks.tables import describe_run, format_table
from benchmarks.turns import ratios, stay_on_one_processor, take_turns

Decode: TypeAlias = Callable[[bytes], Any]

FLOOR: Final = "orjson, untyped"
_SLICE: Final = 0.01
"""Seconds of a measure."""

_ROUTES: Final[dict[str, Route[Any]]] = {
    "aggregate": GET_CURRENT_AGGREGATE,
    "list": LIST_APPS,
    "summary": GET_EVENTS_SUMMARY,
    "bytime": GET_EVENTS_BY_TIME,
}


def ours(name: str) -> Decode:
    """Decode as a call does, envelope and all checks included."""
    wanted = _ROUTES[name].result

    def decode(body: bytes) -> Any:
        decoded = decode_body(wanted, body)
        if decoded is None:
            raise ValueError(f"{name}: expected a body for the fast path")
        return decoded.result

    return decode


def our_converter(name: str) -> Decode:
    """Decode with the public converter, as one reads a file of one's own."""
    kind, converter = _ROUTES[name].result, make_converter()
    return lambda body: converter.structure(orjson.loads(body)["result"], kind)


def plain_cattrs(name: str) -> Decode:
    """Decode with a converter as cattrs gives it into attrs classes written by hand."""
    kind, converter = with_attrs.MODELS[name], with_attrs.make_plain_converter()
    return lambda body: converter.structure(orjson.loads(body)["result"], kind)


WAYS: Final[dict[str, Callable[[str], Decode]]] = {
    FLOOR: lambda _: lambda body: orjson.loads(body)["result"],
    "msgspec, untyped": lambda _: lambda body: msgspec.json.decode(body)["result"],
    "msgspec, structs": lambda name: msgspec.json.Decoder(with_msgspec.MODELS[name]).decode,
    "aiospectrum": ours,
    "pydantic": lambda name: with_pydantic.MODELS[name].model_validate_json,
    "plain cattrs on orjson": plain_cattrs,
    "aiospectrum's converter on orjson": our_converter,
}
"""What makes the function of each way for a call."""


def measure(decode: Decode, body: bytes) -> float:
    """Measure one way in a slice: seconds of CPU time for each decode."""
    count, begun = 0, time.process_time()
    while (passed := time.process_time() - begun) < _SLICE:
        decode(body)
        count += 1
    return passed / count


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=60, help="slices of each way for each payload (60)")
    options = parser.parse_args()
    stay_on_one_processor()
    times: dict[str, list[str]] = {way: [way] for way in WAYS}
    multiples: dict[str, list[str]] = {way: [way] for way in WAYS}
    for name, body in make_payloads().items():
        print(f"measuring {name}", file=sys.stderr)
        taken = take_turns({way: partial(measure, make(name), body) for way, make in WAYS.items()}, options.cycles)
        for way in WAYS:
            times[way].append(f"{statistics.median(taken[way]) * 1e6:,.0f}")
            multiples[way].append(f"{statistics.median(ratios(taken, way, FLOOR)):.2f}")
    print(f"Decoding, µs\n\n{format_table(['way', *ENTRIES], times.values())}\n")
    print(f"As a multiple of orjson without types\n\n{format_table(['way', *ENTRIES], multiples.values())}\n")
    print(describe_run("aiospectrum", "msgspec", "orjson", "pydantic", "attrs", "cattrs"))


if __name__ == "__main__":
    main()
