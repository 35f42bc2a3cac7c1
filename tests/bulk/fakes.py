"""A transport without a network, whose responses can be held back, and what tests of pulls share."""

import asyncio
import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import attrs

from aiospectrum import Report, ReportQuery, ReportSummary, ReportSummaryRow, Response, SpectrumError
from aiospectrum.bulk import Plan, Query
from aiospectrum.routes import Route
from tests.fake_time import settle

SINCE = datetime(2026, 11, 18, tzinfo=UTC)
ZONES = tuple(f"{number:032x}" for number in range(1, 9))

Respond: TypeAlias = Callable[["Call"], Any]
"""Gives the result of a call, or an error to be raised."""


@attrs.frozen(kw_only=True)
class Call:
    """One call over the transport."""

    zone_id: str
    query: Mapping[str, Any]
    place: int
    """How many calls there were before."""

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Both ends, included."""
        return self.query["since"], self.query["until"]


@attrs.define(kw_only=True)
class Fake:
    """Responds to calls at once, or while it is not open when the gate is set."""

    respond: Respond
    is_open: bool = True
    calls: list[Call] = attrs.Factory(list)
    in_flight: int = 0
    most_in_flight: int = 0
    cancelled: int = 0
    reports: list["weakref.ref[Any]"] = attrs.Factory(list)
    gate: asyncio.Event = attrs.Factory(asyncio.Event)

    async def send(
        self, route: Route[Any], *, path: Mapping[str, Any], query: Mapping[str, Any], body: object = None
    ) -> Response[Any]:
        call = Call(zone_id=path["zone_id"], query=query, place=len(self.calls))
        self.calls.append(call)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(0)
            if not self.is_open:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1
        result = self.respond(call)
        if isinstance(result, BaseException):
            raise result
        if isinstance(result, Report):
            self.reports.append(weakref.ref(result))
        return Response(
            route=route, url="", result=result, status=200, headers={}, messages=(), result_info=None, attempts=1
        )

    @property
    def alive(self) -> int:
        """Reports that somebody still holds."""
        return sum(report() is not None for report in self.reports)


def report(*rows: Iterable[float], limit: Any = None, counted: int | None = None) -> ReportSummary:
    """A report with rows of metrics, by a single dimension."""
    data = [ReportSummaryRow(dimensions=[str(place)], metrics=list(row)) for place, row in enumerate(rows)]
    return ReportSummary(
        data=data, data_lag=0, rows=len(data) if counted is None else counted, query=ReportQuery(limit=limit), totals={}
    )


def fine(call: Call) -> Report:
    """A report of one row, which says when it was made."""
    return report([call.place])


def failing(error: type[SpectrumError], *zones: str) -> Respond:
    """Fail for some zones."""
    return lambda call: error(f"no {call.zone_id}") if call.zone_id in zones else fine(call)


def make_plan(zones: int | Iterable[str] = 2, days: int = 3, **changes: Any) -> Plan:
    """A plan of daily windows."""
    query = Query(time_delta="hour", metrics=["count"], dimensions=["appID"])
    chosen = ZONES[:zones] if isinstance(zones, int) else zones
    return Plan(**{"zones": chosen, "since": SINCE, "until": SINCE + timedelta(days=days), "query": query, **changes})


async def others() -> set[asyncio.Task[Any]]:
    """Tasks that are not the test's own, after everything had its turn."""
    await settle()
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
