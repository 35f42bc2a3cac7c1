"""A static server of reports by time of a hundred zones, which all have the same ones.

``python -m benchmarks.bulk_server`` prints its port and serves until its standard input ends. The first part of a path
chooses the size of the report.
"""

import asyncio
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from benchmarks.calls import DIMENSIONS, METRICS
from benchmarks.server import BASE_PATH, make_response, serve
from benchmarks.turns import stay_on_one_processor

__all__ = ["PAYLOADS", "SINCE", "ZONES", "report_body", "report_path"]

ZONES: Final = tuple(f"{number:032x}" for number in range(100))
SINCE: Final = datetime(2024, 1, 1, tzinfo=UTC)
_EVENTS: Final = ("connect", "progress", "disconnect", "originError", "clientFiltered")


@attrs.frozen
class Payload:
    """A report of four metrics by the hour."""

    rows: int
    """Rows, each of an event and an application."""

    intervals: int = 24
    """Hours."""

    has_fractions: bool = False
    """Whether counts and bytes have fractions, as those of sampled events can."""


PAYLOADS: Final = {
    "small": Payload(5),
    "medium": Payload(100),
    "fractions": Payload(100, has_fractions=True),
    "large": Payload(500, intervals=72, has_fractions=True),
}
"""By name; ``large`` is like the report by time of :mod:`benchmarks.compare`."""


def report_path(zone_id: str) -> str:
    """The path of a zone's report, below the base URL."""
    return f"/zones/{zone_id}/spectrum/analytics/events/bytime"


def _responses() -> dict[bytes, bytes]:
    """The complete responses by path."""
    responses = {}
    for name, payload in PAYLOADS.items():
        response = make_response(report_body(payload))
        for zone_id in ZONES:
            responses[f"/{name}{BASE_PATH}{report_path(zone_id)}".encode()] = response
    return responses


def report_body(payload: Payload) -> bytes:
    """The JSON of a report, always the same."""
    source = random.Random(20261121)  # noqa: S311 - only figures
    draw: dict[str, Callable[[], float]] = {
        metric: (lambda: source.uniform(1, 10**6))
        if metric == "durationAvg" or payload.has_fractions
        else (lambda: source.randrange(10**6))
        for metric in METRICS
    }
    data = [
        {
            "dimensions": [source.choice(_EVENTS), f"{source.getrandbits(128):032x}"],
            "metrics": [[draw[metric]() for _ in range(payload.intervals)] for metric in METRICS],
        }
        for _ in range(payload.rows)
    ]
    extremes = {metric: draw[metric]() for metric in METRICS}
    starts = [SINCE + timedelta(hours=number) for number in range(payload.intervals)]
    result: dict[str, Any] = {
        "rows": payload.rows,
        "data": data,
        "data_lag": 3.5,
        "min": extremes,
        "max": extremes,
        "totals": extremes,
        "query": {
            "dimensions": list(DIMENSIONS),
            "metrics": list(METRICS),
            "since": _time(starts[0]),
            "until": _time(starts[-1] + timedelta(seconds=3599)),
            "time_delta": "hour",
            "limit": 10_000,
        },
        "time_intervals": [[_time(start), _time(start + timedelta(seconds=3599))] for start in starts],
    }
    envelope = {"result": result, "success": True, "errors": [], "messages": []}
    return json.dumps(envelope, separators=(",", ":")).encode()


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    stay_on_one_processor()
    asyncio.run(serve(_responses()))
