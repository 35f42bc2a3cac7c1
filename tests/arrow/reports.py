"""Reports to make tables of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiospectrum import ReportByTime, ReportByTimeRow, ReportQuery, ReportSummary, ReportSummaryRow

SINCE = datetime(2026, 11, 18, tzinfo=UTC)


def hours(count: int) -> list[tuple[datetime, ...]]:
    """Time intervals of an hour, both ends included."""
    starts = [SINCE + timedelta(hours=hour) for hour in range(count)]
    return [(start, start + timedelta(minutes=59, seconds=59)) for start in starts]


def by_time(
    rows: Mapping[tuple[str, ...], Sequence[Sequence[Any]]],
    *,
    metrics: Any = ("count",),
    dimensions: Any = ("event",),
    intervals: int = 2,
) -> ReportByTime:
    """A report by time."""
    return ReportByTime(
        data=[
            ReportByTimeRow(dimensions=list(key), metrics=[list(each) for each in value]) for key, value in rows.items()
        ],
        data_lag=0,
        rows=len(rows),
        query=ReportQuery(metrics=_listed(metrics), dimensions=_listed(dimensions)),
        time_intervals=hours(intervals),
    )


def summary(
    rows: Mapping[tuple[str, ...], Sequence[Any]],
    *,
    metrics: Any = ("count",),
    dimensions: Any = ("event",),
    **query: Any,
) -> ReportSummary:
    """A summary."""
    return ReportSummary(
        data=[ReportSummaryRow(dimensions=list(key), metrics=list(value)) for key, value in rows.items()],
        data_lag=0,
        rows=len(rows),
        query=ReportQuery(metrics=_listed(metrics), dimensions=_listed(dimensions), **query),
    )


def _listed(names: Any) -> Any:
    return list(names) if isinstance(names, tuple) else names
