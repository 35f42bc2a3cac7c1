"""Analytics reports as tables for people: pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.table import Table

from aiospectrum.cli.human import human_metric
from aiospectrum.cli.tables import add_column, new_table
from aiospectrum.cli.text import cell
from aiospectrum.models import Report, ReportByTime, ReportByTimeRow, ReportSummaryRow

__all__ = ["metric_names", "report_table", "series"]


def metric_names(report: Report, asked: Sequence[str] | None) -> list[str]:
    """Find the names of a report's metrics, in the order of the numbers.

    Args:
        report: The report; its echo of the query is preferred, and may be odd.
        asked: The metrics that were asked for.

    Returns:
        As many names as each row has metrics.
    """
    width = max((len(row.metrics) for row in report.data), default=None)
    return _names(report.query.metrics, asked, width, "metric")


def series(row: ReportByTimeRow | ReportSummaryRow, place: int) -> list[float]:
    """Get the numbers of one metric of a row.

    Args:
        row: The row.
        place: Place of the metric.

    Returns:
        One number per time interval, a single one in a summary, none if the row lacks the metric.
    """
    if place >= len(row.metrics):
        return []
    numbers = row.metrics[place]
    return list(numbers) if isinstance(numbers, list) else [numbers]


def report_table(report: Report, *, metrics: Sequence[str] | None, dimensions: Sequence[str] | None) -> Table:
    """Show a report: a line for each combination of dimension values, and by time for each interval.

    Args:
        report: The report.
        metrics: The metrics that were asked for.
        dimensions: The dimensions that were asked for.

    Returns:
        The table, with totals below it if it has several lines.
    """
    metric = metric_names(report, metrics)
    width = max((len(row.dimensions) for row in report.data), default=None)
    dimension = _names(report.query.dimensions, dimensions, width, "dimension")
    lines = list(_lines(report, metric, len(dimension)))
    table = new_table(footer=len(lines) > 1)
    by_time = isinstance(report, ReportByTime)
    for place, title in enumerate((["from (UTC)"] if by_time else []) + dimension):
        add_column(table, title, footer="" if place else "total")
    for name in metric:
        total = human_metric(name, report.totals[name]) if name in report.totals else ""
        add_column(table, name, number=True, footer=total)
    for line in lines:
        table.add_row(*map(cell, line))
    return table


def _lines(report: Report, metric: Sequence[str], dimensions: int) -> Iterator[list[str]]:
    for row in report.data:
        values = [*row.dimensions, *[""] * (dimensions - len(row.dimensions))]
        columns = [series(row, place) for place in range(len(metric))]
        if not isinstance(report, ReportByTime):
            yield values + [_number(name, numbers, 0) for name, numbers in zip(metric, columns, strict=True)]
            continue
        for place, interval in enumerate(report.time_intervals):
            numbers_here = [_number(name, numbers, place) for name, numbers in zip(metric, columns, strict=True)]
            yield [_second(interval[0]) if interval else "", *values, *numbers_here]


def _number(name: str, numbers: Sequence[float], place: int) -> str:
    return human_metric(name, numbers[place]) if place < len(numbers) else ""


def _names(echoed: object, asked: Sequence[str] | None, width: int | None, kind: str) -> list[str]:
    for names in (echoed, asked):
        if isinstance(names, (list, tuple)) and width in (None, len(names)):
            return [str(name) for name in names]
    return [f"{kind} {place}" for place in range(1, (width or 0) + 1)]


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
