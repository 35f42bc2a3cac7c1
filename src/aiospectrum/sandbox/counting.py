"""Counting the events of a window into rows and buckets, and the metrics read from the counts."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from aiospectrum.sandbox.account import Lifetime
from aiospectrum.sandbox.events import CYCLE, Series, SeriesHour, count_before, make_series
from aiospectrum.sandbox.query import Query, matches
from aiospectrum.sandbox.responses import INVALID, Problem, RefusedError
from aiospectrum.sandbox.times import bucket_edges

__all__ = ["Counting", "Number", "Tally", "merge", "percentile"]

Number: TypeAlias = int | float

_HOUR: Final = 3600
_MOST_HOURS: Final = 2_000_000
_MOST_NUMBERS: Final = 500_000
_PERCENTILES: Final = {"durationMedian": 50, "duration90th": 90, "duration99th": 99}

# Bucket after the first of the hour, first event, event to stop before.
_Parts: TypeAlias = list[tuple[int, int, int]]


class Tally:
    """Sums and duration histograms of one row of a report, by bucket."""

    __slots__ = ("counts", "egress", "histograms", "ingress")

    def __init__(self, buckets: int, *, durations: bool) -> None:
        """Start empty; without ``durations`` no histograms are kept, which is much faster."""
        self.counts: list[int] = [0] * buckets
        self.ingress: list[int] = [0] * buckets
        self.egress: list[int] = [0] * buckets
        self.histograms: list[dict[int, int]] | None = [{} for _ in range(buckets)] if durations else None

    def add(self, bucket: int, first: int, stop: int, hour: SeriesHour) -> None:
        """Count the events of ``hour`` from number ``first`` up to before ``stop``."""
        number = stop - first
        self.counts[bucket] += number
        self.ingress[bucket] += number * hour.ingress
        self.egress[bucket] += number * hour.egress
        if self.histograms is None:
            return
        histogram, durations = self.histograms[bucket], hour.durations
        rounds, rest = divmod(number, CYCLE)
        for step in range(CYCLE if rounds else rest):
            value = durations[(first + step) % CYCLE]
            histogram[value] = histogram.get(value, 0) + rounds + (step < rest)

    def values(self, metric: str) -> list[Number]:
        """Return a metric by bucket; buckets without events give 0."""
        match metric:
            case "count":
                return [*self.counts]
            case "bytesIngress":
                return [*self.ingress]
            case "bytesEgress":
                return [*self.egress]
            case "durationAvg":
                return [_average(histogram) for histogram in self.histograms or ()]
            case _:
                share = _PERCENTILES[metric]
                return [percentile(histogram, share) for histogram in self.histograms or ()]


def merge(tallies: Iterable[Tally]) -> Tally:
    """Return the sum over all rows and buckets as a tally of one bucket."""
    total = Tally(1, durations=True)
    for tally in tallies:
        total.counts[0] += sum(tally.counts)
        total.ingress[0] += sum(tally.ingress)
        total.egress[0] += sum(tally.egress)
        for into in total.histograms or ():
            for histogram in tally.histograms or ():
                for value, weight in histogram.items():
                    into[value] = into.get(value, 0) + weight
    return total


def percentile(histogram: dict[int, int], share: int) -> int:
    """Return the nearest-rank percentile of a weighted histogram, or 0 when it is empty.

    That is the smallest value such that at least ``share`` per cent of the events are not above it.
    """
    rank = -(-sum(histogram.values()) * share // 100)
    seen = 0
    for value in sorted(histogram):
        seen += histogram[value]
        if seen >= rank:
            return value
    return 0


def _average(histogram: dict[int, int]) -> Number:
    events = sum(histogram.values())
    return sum(value * weight for value, weight in histogram.items()) / events if events else 0


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

    def __init__(self, query: Query, lifetimes: Sequence[Lifetime], *, zone_id: str, seed: int, horizon: int) -> None:
        """Plan the work; ``horizon`` is the first second that has no events yet.

        Raises:
            RefusedError: The query is so large that it would hold up the server; 400 with 10400.
        """
        stop = query.until + 1
        self.edges: Final = (
            bucket_edges(query.since, stop, query.time_delta) if query.time_delta else [query.since, stop]
        )
        self.rows: Final[dict[tuple[str, ...], Tally]] = {}
        self.durations: Final = any(metric.startswith("duration") for metric in query.metrics)
        self._query: Final = query
        self._work: Final[list[tuple[Series, Sequence[_HourPlan]]]] = []
        self._plan(lifetimes, zone_id, seed, min(stop, horizon))
        self._refuse_huge()

    def steps(self) -> Iterator[None]:
        """Count, pausing after every series so that a server can serve others in between."""
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

    def _plan(self, lifetimes: Sequence[Lifetime], zone_id: str, seed: int, stop: int) -> None:
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
                if self._query.condition is None or matches(self._query.condition, series.values):
                    self._work.append((series, plans))

    def _refuse_huge(self) -> None:
        hours = sum(len(plans) for _, plans in self._work)
        rows = len({self._key(series) for series, _ in self._work})
        numbers = rows * (len(self.edges) - 1) * len(self._query.metrics)
        if hours > _MOST_HOURS or numbers > _MOST_NUMBERS:
            message = f"the query is too large: {hours} hours of series and {numbers} numbers"
            limits = f"the sandbox takes {_MOST_HOURS} and {_MOST_NUMBERS}; shorten since to until"
            raise RefusedError(400, Problem(code=INVALID, message=f"{message}; {limits}"))

    def _key(self, series: Series) -> tuple[str, ...]:
        return tuple(series.values[name] for name in self._query.dimensions)

    def _row(self, series: Series) -> Tally:
        key = self._key(series)
        if key not in self.rows:
            self.rows[key] = Tally(len(self.edges) - 1, durations=self.durations)
        return self.rows[key]


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
    pairs = pairwise(count_before(cut, events) for cut in cuts)
    return [(place, first, stop) for place, (first, stop) in enumerate(pairs) if stop > first]
