"""The four calls that all clients make: their names, addresses and arguments; nothing but the standard library."""

from collections.abc import Sized
from datetime import UTC, datetime
from typing import Any, Final, Literal

__all__ = [
    "APPS",
    "DIMENSIONS",
    "ENTRIES",
    "METRICS",
    "PATHS",
    "SINCE",
    "TOKEN",
    "UNTIL",
    "ZONE",
    "check_result",
    "plain_arguments",
]

ZONE: Final = "023e105f4ecef8ad9ca31a8372d0c353"
TOKEN: Final = "benchmark-token-0000000000000000000000000"  # noqa: S105 - nobody's
APPS: Final = 100
"""Applications on the page that the list requests."""

METRICS: Final[tuple[Literal["count", "bytesIngress", "bytesEgress", "durationAvg"], ...]] = (
    "count",
    "bytesIngress",
    "bytesEgress",
    "durationAvg",
)
DIMENSIONS: Final[tuple[Literal["event", "appID"], ...]] = ("event", "appID")
SINCE: Final = datetime(2026, 11, 18, tzinfo=UTC)
UNTIL: Final = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)

PATHS: Final = {
    "aggregate": f"/zones/{ZONE}/spectrum/analytics/aggregate/current",
    "list": f"/zones/{ZONE}/spectrum/apps",
    "summary": f"/zones/{ZONE}/spectrum/analytics/events/summary",
    "bytime": f"/zones/{ZONE}/spectrum/analytics/events/bytime",
}
"""Path of each call, below the base URL."""

ENTRIES: Final = {"aggregate": 50, "list": APPS, "summary": 1000, "bytime": 500}
"""How many applications or rows each response has."""


def plain_arguments(payload: str) -> dict[str, Any] | None:
    """The query parameters of a call as one writes them by hand; for clients without functions of their own."""
    if payload == "aggregate":
        return None
    if payload == "list":
        return {"page": 1, "per_page": APPS}
    report = {
        "metrics": ",".join(METRICS),
        "dimensions": ",".join(DIMENSIONS),
        "since": SINCE.isoformat(),
        "until": UNTIL.isoformat(),
    }
    return report if payload == "summary" else {"time_delta": "hour", **report}


def check_result(payload: str, result: Any) -> None:
    """Check that a client gave a whole result, as one that gives None for a failure would look fast."""
    rows = result["data"] if isinstance(result, dict) else getattr(result, "data", result)
    entries = len(rows) if isinstance(rows, Sized) else None
    if entries != ENTRIES[payload]:
        raise ValueError(f"{payload}: expected {ENTRIES[payload]} entries, got {entries}")
