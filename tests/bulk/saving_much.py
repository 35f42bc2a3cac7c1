"""A process of its own that saves more than fits in the memory that it is permitted, and says how much it took.

Its arguments are the folder, the number of zones, the permitted bytes, and how often everything is saved; a day that
is under way, so that each time replaces what is there. A zone has a report of 500 rows by the hour, half a megabyte of
numbers.
"""

import asyncio
import random
import resource
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet  # before the first look at the memory

from aiospectrum import ReportByTime, ReportByTimeRow, ReportQuery, Response
from aiospectrum.bulk import Plan, Query, save

SINCE = datetime(2026, 11, 18, tzinfo=UTC)
NOW = SINCE + timedelta(hours=23, minutes=30)
METRICS = ("count", "bytesIngress", "bytesEgress", "durationAvg")
APPS = 500


class Numbers:
    """A transport whose reports have numbers that nothing makes small."""

    def __init__(self) -> None:
        """Make some."""
        self._chance = random.Random(5)  # noqa: S311 - no secret
        self._pool = [[self._chance.randrange(1 << 50) for _ in range(24)] for _ in range(2000)]

    async def send(self, route: Any, *, path: Any, query: Any, body: object = None) -> Response[Any]:
        """Respond."""
        starts = [query["since"] + timedelta(hours=hour) for hour in range(24)]
        rows = [
            ReportByTimeRow(dimensions=[f"{place:032x}"], metrics=self._chance.sample(self._pool, 4))
            for place in range(APPS)
        ]
        report = ReportByTime(
            data=rows,
            data_lag=60,
            rows=APPS,
            query=ReportQuery(metrics=list(METRICS), dimensions=["appID"]),
            time_intervals=[(start, start + timedelta(minutes=59, seconds=59)) for start in starts],
        )
        return Response(
            route=route, url="", result=report, status=200, headers={}, messages=(), result_info=None, attempts=1
        )


async def main(folder: Path, zones: int, memory: int, runs: int) -> None:
    """Save little, and then much."""
    query = Query(time_delta="hour", metrics=METRICS, dimensions=["appID"])
    ids = [f"{number:032x}" for number in range(zones)]
    numbers = Numbers()

    def make_plan(count: int) -> Plan:
        return Plan(zones=ids[:count], since=SINCE, until=SINCE + timedelta(days=1), query=query)

    await save(numbers, make_plan(4), folder / "small", concurrency=4, clock=NOW.timestamp)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(runs):
        saved = await save(
            numbers, make_plan(zones), folder / "large", concurrency=4, clock=NOW.timestamp, memory=memory
        )
        assert saved.filling == zones, saved
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


if __name__ == "__main__":
    assert pyarrow.parquet
    asyncio.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
