"""The bytime and summary reports, written from what was counted.

Shape:
https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/subresources/events/
. ``totals``, ``min`` and ``max`` cover all rows, whatever the limit; ``min`` and ``max`` are taken
over every number that ``data`` would have without it (buckets without events count as 0) and are
empty when there is none.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs

from aiospectrum.sandbox._tally import merge
from aiospectrum.sandbox._times import format_second

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiospectrum.sandbox._counting import Counting
    from aiospectrum.sandbox._query import AnalyticsQuery
    from aiospectrum.sandbox._tally import Number, Tally

__all__ = ["write_report"]


@attrs.frozen(kw_only=True)
class _Row:
    key: tuple[str, ...]
    """Values in the order of the query's dimensions."""
    buckets: list[list[Number]]
    """Numbers by metric and bucket."""
    whole: list[Number]
    """Numbers by metric over the whole window."""


def write_report(query: AnalyticsQuery, counting: Counting, *, data_lag: float) -> dict[str, object]:
    """Return the result of a report; `data_lag` is in seconds."""
    tallies = counting.rows
    rows = [_make_row(query, key, tally) for key, tally in tallies.items()]
    _sort_rows(query, rows)
    total = merge(tallies.values(), durations=counting.durations)
    shown = rows[: query.limit]
    by_metric = {
        metric: [number for row in rows for number in row.buckets[place]] for place, metric in enumerate(query.metrics)
    }
    report: dict[str, object] = {
        "data": [_render_row(query, row) for row in shown],
        "data_lag": data_lag,
        "max": {metric: max(numbers) for metric, numbers in by_metric.items() if numbers},
        "min": {metric: min(numbers) for metric, numbers in by_metric.items() if numbers},
        "query": query.echo(),
        "rows": len(shown),
        "totals": {metric: total.values(metric)[0] for metric in query.metrics},
    }
    if query.time_delta is not None:
        report["time_intervals"] = _render_intervals(counting.edges)
    return report


def _make_row(query: AnalyticsQuery, key: tuple[str, ...], tally: Tally) -> _Row:
    buckets = [tally.values(metric) for metric in query.metrics]
    if query.time_delta is None:
        return _Row(key=key, buckets=buckets, whole=[numbers[0] for numbers in buckets])
    whole = tally.whole()
    return _Row(key=key, buckets=buckets, whole=[whole.values(metric)[0] for metric in query.metrics])


def _sort_rows(query: AnalyticsQuery, rows: list[_Row]) -> None:
    """Sort by the asked keys, the first foremost, and equal rows by their dimensions."""
    rows.sort(key=lambda row: row.key)
    # Sorting is stable, also with reverse=True, so the last key goes first.
    for item in reversed(query.sort_keys):
        rows.sort(key=_sort_value(query, item.name), reverse=item.descending)


def _sort_value(query: AnalyticsQuery, name: str) -> Callable[[_Row], Any]:
    if name in query.metrics:
        place = query.metrics.index(name)
        return lambda row: row.whole[place]
    place = query.dimensions.index(name)
    return lambda row: row.key[place]


def _render_row(query: AnalyticsQuery, row: _Row) -> dict[str, object]:
    metrics = row.whole if query.time_delta is None else row.buckets
    return {"dimensions": row.key, "metrics": metrics} if query.dimensions else {"metrics": metrics}


def _render_intervals(edges: Sequence[int]) -> list[tuple[str, str]]:
    pairs = pairwise(edges)
    return [(format_second(first), format_second(stop - 1)) for first, stop in pairs]
