"""Counting the events of a window into rows and buckets, a series at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from aiospectrum.sandbox._errors import INVALID, Problem, RefusedError
from aiospectrum.sandbox._events import Series, count_before, make_series
from aiospectrum.sandbox._filters import matches
from aiospectrum.sandbox._tally import Tally
from aiospectrum.sandbox._times import bucket_edges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiospectrum.sandbox._query import AnalyticsQuery
    from aiospectrum.sandbox._state import Lifetime

__all__ = ["Counting"]

_HOUR: Final = 3600
_MOST_HOURS: Final = 2_000_000
_MOST_NUMBERS: Final = 500_000

# Bucket after the first of the hour, first event, event to stop before.
_Parts: TypeAlias = list[tuple[int, int, int]]


class _HourPlan(NamedTuple):
    """One clock hour of the window, cut where buckets begin."""

    hour: int
    bucket: int
    """The bucket that the first cut falls into."""
    cuts: tuple[int, ...]
    """Offsets in seconds; each bucket of the hour lies between two of them."""
    parts: dict[int, _Parts]
    """Parts by number of events, shared by all hours with the same cuts."""


class Counting:
    """Rows of tallies for one query over the apps of one zone."""

    def __init__(
        self,
        query: AnalyticsQuery,
        lifetimes: Sequence[Lifetime],
        *,
        zone_id: str,
        seed: int,
        horizon: int,
    ) -> None:
        """Lay out the work; `horizon` is the first second that has no events yet.

        Raises:
            RefusedError: The query is so large that it would hold up the server; 400 with 10400.
        """
        stop = query.until + 1
        self.edges: Final = (
            bucket_edges(query.since, stop, query.time_delta) if query.time_delta else [query.since, stop]
        )
        self.rows: Final[dict[tuple[str, ...], Tally]] = {}
        self._query: Final = query
        self.durations: Final = any(metric.startswith("duration") for metric in query.metrics)
        self._work: Final[list[tuple[Series, Sequence[_HourPlan]]]] = []
        self._lay_out(lifetimes, zone_id, seed, min(stop, horizon))
        self._refuse_huge()

    def steps(self) -> Iterator[None]:
        """Count, pausing after every series so that a server can let others have their turn."""
        for series, plans in self._work:
            tally: Tally | None = None
            for plan in plans:
                facts = series.hour(plan.hour)
                parts = plan.parts.get(facts.events)
                if parts is None:
                    parts = plan.parts[facts.events] = _cut_events(plan.cuts, facts.events)
                for bucket, first, stop in parts:
                    # A row exists from its first event on, so that rows without events are absent.
                    tally = tally or self._row(series)
                    tally.add(plan.bucket + bucket, first, stop, facts)
            yield

    def _lay_out(self, lifetimes: Sequence[Lifetime], zone_id: str, seed: int, stop: int) -> None:
        planned: dict[tuple[int, int], list[_HourPlan]] = {}
        for life in lifetimes:
            first = max(self._query.since, life.first)
            last = stop if life.stop is None else min(stop, life.stop)
            if first >= last:
                continue
            if (first, last) not in planned:
                planned[first, last] = _plan_hours(self.edges, first, last)
            plans = planned[first, last]
            for series in make_series(life.app_id, zone_id, seed):
                if self._query.condition is None or matches(self._query.condition, _dimensions(series)):
                    self._work.append((series, plans))

    def _refuse_huge(self) -> None:
        query = self._query
        hours = sum(len(plans) for _, plans in self._work)
        rows = len({self._key(series) for series, _ in self._work})
        numbers = rows * (len(self.edges) - 1) * len(query.metrics)
        if hours > _MOST_HOURS or numbers > _MOST_NUMBERS:
            message = f"the query asks for too much: {hours} hours of series and {numbers} numbers"
            limits = f"the sandbox takes {_MOST_HOURS} and {_MOST_NUMBERS}; shorten since to until"
            raise RefusedError(400, Problem(code=INVALID, message=f"{message}; {limits}"))

    def _key(self, series: Series) -> tuple[str, ...]:
        values = _dimensions(series)
        return tuple(values[name] for name in self._query.dimensions)

    def _row(self, series: Series) -> Tally:
        key = self._key(series)
        tally = self.rows.get(key)
        if tally is None:
            tally = self.rows[key] = Tally(len(self.edges) - 1, durations=self.durations)
        return tally


def _dimensions(series: Series) -> dict[str, str]:
    return {
        "event": series.event,
        "appID": series.app_id,
        "coloName": series.colo,
        "ipVersion": series.ip_version,
    }


def _plan_hours(edges: Sequence[int], first: int, stop: int) -> list[_HourPlan]:
    shared: dict[tuple[int, ...], dict[int, _Parts]] = {}
    plans: list[_HourPlan] = []
    for hour in range(first // _HOUR, (stop - 1) // _HOUR + 1):
        start = hour * _HOUR
        low, high = max(first, start), min(stop, start + _HOUR)
        bucket = bisect_right(edges, low) - 1
        inner = edges[bucket + 1 : bisect_left(edges, high)]
        cuts = tuple(edge - start for edge in (low, *inner, high))
        plans.append(_HourPlan(hour, bucket, cuts, shared.setdefault(cuts, {})))
    return plans


def _cut_events(cuts: Sequence[int], events: int) -> _Parts:
    marks = [count_before(cut, events) for cut in cuts]
    pairs = pairwise(marks)
    return [(place, first, stop) for place, (first, stop) in enumerate(pairs) if stop > first]
