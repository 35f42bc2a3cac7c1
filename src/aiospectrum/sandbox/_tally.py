"""Sums and duration histograms by time bucket, and the metrics read from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from aiospectrum.sandbox._events import CYCLE, SeriesHour

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Number", "Tally", "merge", "percentile"]

Number: TypeAlias = int | float

_PERCENTILES: Final = {"durationMedian": 50, "duration90th": 90, "duration99th": 99}


class Tally:
    """The events of one row of a report, by bucket."""

    __slots__ = ("counts", "egress", "histograms", "ingress")

    def __init__(self, buckets: int, *, durations: bool) -> None:
        """Start empty; without `durations` no histograms are kept, which is much faster."""
        self.counts = [0] * buckets
        self.ingress = [0] * buckets
        self.egress = [0] * buckets
        self.histograms: list[dict[int, int]] | None = [{} for _ in range(buckets)] if durations else None

    def add(self, bucket: int, first: int, stop: int, hour: SeriesHour) -> None:
        """Count the events of `hour` from number `first` up to before `stop`."""
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

    def whole(self) -> Tally:
        """Return the sum of all buckets as a tally of one bucket."""
        return merge([self], durations=self.histograms is not None)

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


def merge(tallies: Iterable[Tally], *, durations: bool) -> Tally:
    """Return the sum over all rows and buckets as a tally of one bucket."""
    total = Tally(1, durations=durations)
    for tally in tallies:
        total.counts[0] += sum(tally.counts)
        total.ingress[0] += sum(tally.ingress)
        total.egress[0] += sum(tally.egress)
        if total.histograms is not None:
            _pour(tally.histograms or (), total.histograms[0])
    return total


def percentile(histogram: dict[int, int], share: int) -> int:
    """Return the nearest-rank percentile of a weighted histogram, or 0 when it is empty.

    That is the least value such that at least `share` per cent of the events are not above it.
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


def _pour(histograms: Iterable[dict[int, int]], into: dict[int, int]) -> None:
    for histogram in histograms:
        for value, weight in histogram.items():
            into[value] = into.get(value, 0) + weight
