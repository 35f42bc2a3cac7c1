"""Datasets of known numbers, of any metrics and dimensions, as a transport without a network gives them."""

import asyncio
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiospectrum import (
    Report,
    ReportByTime,
    ReportByTimeRow,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
    SpectrumError,
)
from aiospectrum.bulk import Dataset, Plan, Query, open_dataset, save
from tests.bulk.fakes import Call, Fake

SINCE = datetime(2026, 11, 18, tzinfo=UTC)
ZONES = tuple(f"{number:032x}" for number in range(1, 9))
APPS = tuple(f"{number:032x}" for number in range(160, 200))
VALUES: Mapping[str, Sequence[str]] = {
    "appID": APPS[:3],
    "coloName": ("SFO", "LHR", "QQQ"),
    "event": ("connect", "disconnect", "originError", "clientFiltered"),
    "ipVersion": ("4", "6"),
}
METRICS = ("count", "bytesIngress", "bytesEgress", "durationAvg", "durationMedian", "duration90th", "duration99th")

HOSTILE = (
    "<script>window.hacked=1</script>",
    "\"><img src=x onerror='window.hacked=1'>",
    "'onmouseover='window.hacked=1",
    "]]><svg onload=window.hacked=1>",
    "{{7*7}}${window.hacked=1}",
    "</style></title></script><b>",
    "\u202eexe.txt\u2066\x1b[31m\x00\n",
    "javascript:alert(1)//",
    "&lt;b&gt;&amp;",
    "x" * 5000,
    "\ud800",
)
"""Texts that would do something where they are not escaped."""

__all__ = ["APPS", "HOSTILE", "METRICS", "SINCE", "VALUES", "ZONES", "make_dataset"]


def _number(metric: str, row: int, hour: int) -> float:
    """A number that tells rows and hours apart."""
    if metric.startswith("duration"):
        return 1000.0 + 10 * row + hour
    return (row + 1) * 1000 + hour * (7 if metric == "count" else 70_003)


def _respond(
    call: Call, values: Mapping[str, Sequence[str]], *, data_lag: float, number: Callable[[str, int, int], float]
) -> Report:
    since, until = call.times
    query = ReportQuery(
        metrics=call.query["metrics"], dimensions=(call.query["dimensions"] or []), since=since, until=until
    )
    rows = list(itertools.product(*(values[name] for name in (call.query["dimensions"] or []))))
    shared: dict[str, Any] = {"data_lag": data_lag, "rows": len(rows), "query": query, "totals": {}}
    metrics = call.query["metrics"]
    if "time_delta" not in call.query:
        data = [
            ReportSummaryRow(dimensions=list(row), metrics=[number(name, place, 5) for name in metrics])
            for place, row in enumerate(rows)
        ]
        return ReportSummary(data=data, **shared)
    hours = range(-(-(int((until - since).total_seconds()) + 1) // 3600))
    starts = [since + timedelta(hours=hour) for hour in hours]
    return ReportByTime(
        data=[
            ReportByTimeRow(
                dimensions=list(row), metrics=[[number(name, place, hour) for hour in hours] for name in metrics]
            )
            for place, row in enumerate(rows)
        ],
        time_intervals=[[start, start + timedelta(seconds=3599)] for start in starts],
        **shared,
    )


def make_dataset(
    folder: Path,
    *,
    kind: Any = "bytime",
    metrics: Sequence[str] = METRICS,
    dimensions: Sequence[str] = ("appID", "coloName", "event"),
    zones: Sequence[str] = ZONES[:2],
    days: int = 2,
    values: Mapping[str, Sequence[str]] = VALUES,
    now: datetime = SINCE + timedelta(days=30),
    fails: Mapping[str, Exception] | None = None,
    missing: Collection[tuple[str, int]] = (),
    data_lag: float = 0,
    number: Callable[[str, int, int], float] = _number,
    window: Any = None,
    **query: Any,
) -> Dataset:
    """Save a dataset by the hour, or a summary of each day, but for the missing days of zones, and open it."""

    def respond(call: Call) -> Any:
        if (call.zone_id, (call.times[0] - SINCE).days) in missing:
            return SpectrumError("no such day")
        return (fails or {}).get(call.zone_id) or _respond(call, values, data_lag=data_lag, number=number)

    asked = Query(
        kind=kind,
        time_delta="hour" if kind == "bytime" else None,
        metrics=metrics,  # type: ignore[arg-type]  # any of them
        dimensions=dimensions,  # type: ignore[arg-type]  # the same
        **query,
    )
    plan = Plan(zones=zones, since=SINCE, until=SINCE + timedelta(days=days), query=asked, window=window or "day")
    client: Any = Fake(respond=respond)
    asyncio.run(save(client, plan, folder, clock=now.timestamp))
    return open_dataset(folder)
