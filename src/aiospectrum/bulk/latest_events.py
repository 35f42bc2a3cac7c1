"""How many events of each kind the last minutes of a zone had, for the rules of a watch."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from aiospectrum.bulk.alerts import finite
from aiospectrum.bulk.fetch import TruncatedError
from aiospectrum.bulk.query import Query, is_truncated
from aiospectrum.bulk.windows import Window
from aiospectrum.endpoints import get_events_summary
from aiospectrum.errors import TableError
from aiospectrum.models import ReportSummary
from aiospectrum.transport import Transport

__all__ = ["LatestEvents"]

_TURN: Final = 5000
"""Rows after which other tasks have a turn."""


@attrs.frozen(kw_only=True)
class LatestEvents:
    """What is asked of a zone."""

    seconds: int
    """Length of the time before a moment."""

    by_app: bool
    """Whether events are counted by application too."""

    async def fetch(
        self, client: Transport, zone_id: str, now: float
    ) -> Mapping[str | None, Mapping[str, float] | None]:
        """Fetch the numbers of events.

        Args:
            client: What to call over.
            zone_id: The zone.
            now: The moment, in seconds since 1970.

        Returns:
            Numbers by event, by application, and under None those of the whole zone; None where one is no number.

        Raises:
            SpectrumError: The call failed, or its report lacks rows, or is no such report.
        """
        query = Query(kind="summary", metrics=["count"], dimensions=["event", "appID"] if self.by_app else ["event"])
        until = datetime.fromtimestamp(math.floor(now), UTC)
        window = Window(since=until - timedelta(seconds=self.seconds), until=until)
        report = await get_events_summary(
            client,
            zone_id,
            metrics=query.metrics,
            dimensions=query.dimensions,
            since=window.since,
            until=window.last,
        )
        if is_truncated(query, report):
            message = (
                f"the events of zone {zone_id} for {window} may lack rows: they were cut off at {len(report.data)}"
            )
            raise TruncatedError(message, report=report)
        return await _count(report, len(query.dimensions))


async def _count(report: ReportSummary, width: int) -> dict[str | None, Mapping[str, float] | None]:
    """Add up the rows of a report."""
    numbers: defaultdict[tuple[str | None, str], list[float]] = defaultdict(list)
    for place, row in enumerate(report.data, 1):
        if len(row.dimensions) != width or len(row.metrics) != 1 or not isinstance(row.metrics[0], int | float):
            raise TableError(f"a row of the report has no {width} dimensions and one number")
        event, *app_ids = row.dimensions
        for app_id in (None, *app_ids):  # an identifier may be empty
            numbers[app_id, event].append(row.metrics[0])
        if place % _TURN == 0:
            await asyncio.sleep(0)
    counts: dict[str | None, dict[str, float] | None] = {None: {}}
    for (app_id, event), each in numbers.items():
        known, found = finite(each), counts.setdefault(app_id, {})
        if known is None or found is None:
            counts[app_id] = None
        else:
            found[event] = math.fsum(known)
    return {**counts}
