"""Results of calls as tables for people: pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.table import Table

from aiospectrum.cli.formatting import cell, human_bytes, human_metric, human_milliseconds, human_number
from aiospectrum.models import (
    App,
    CurrentAggregate,
    Protocol,
    Report,
    ReportByTime,
    ReportByTimeRow,
    ReportSummaryRow,
)

__all__ = ["add_column", "apps_table", "current_table", "details_table", "new_table", "protocols_table", "report_table"]


def new_table(*titles: str, whole: str = "", footer: bool = False) -> Table:
    """Start a table in the style of all of them.

    Args:
        *titles: Titles of columns of texts.
        whole: Title of a first column whose texts are not folded, so that they can be copied; empty for none.
        footer: Whether there is a line of totals.

    Returns:
        The table.
    """
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, show_footer=footer)
    if whole:
        table.add_column(whole, "total", no_wrap=True, overflow="fold")
    for title in titles:
        add_column(table, title)
    return table


def add_column(table: Table, title: str, *, number: bool = False, footer: str = "") -> None:
    """Add a column whose texts are folded, and never cut off, where the terminal is too narrow for them.

    Args:
        table: The table.
        title: What is above the column; it may come from the API.
        number: Whether the column holds numbers, which are kept on the right.
        footer: What is below the column.
    """
    table.add_column(cell(title), cell(footer), justify="right" if number else "left", overflow="fold")


def apps_table(apps: Iterable[App]) -> Table:
    """Show applications, one a line."""
    table = new_table("dns name", "protocol", "traffic", "origin", whole="id")
    table.add_column("modified", no_wrap=True)
    for app in apps:
        traffic = "pay as you go" if app.is_pay_as_you_go else app.traffic_type
        texts = (app.id, app.dns.name or "", app.protocol, traffic or "", _origin(app), f"{app.modified_on:%Y-%m-%d}")
        table.add_row(*map(cell, texts))
    return table


def details_table(values: Mapping[str, Any]) -> Table:
    """Show one object, a field a line.

    Args:
        values: The JSON values of the object; fields inside a field get the names of both.

    Returns:
        The table.
    """
    table = new_table("field", "value")
    for line in _flatten(values):
        table.add_row(*map(cell, line))
    return table


def protocols_table(protocols: Iterable[Protocol]) -> Table:
    """Show well-known protocols, one a line."""
    table = new_table("name", "transport", "ports", "description")
    for protocol in protocols:
        ports = ", ".join(map(str, protocol.ports or ()))
        table.add_row(*map(cell, (protocol.name, protocol.transport or "", ports, protocol.description or "")))
    return table


def current_table(aggregates: Iterable[CurrentAggregate]) -> Table:
    """Show the traffic of the last minute, an application a line."""
    table = new_table(whole="app id")
    for title in ("connections", "in", "out", "avg duration"):
        add_column(table, title, number=True)
    for each in aggregates:
        table.add_row(
            cell(each.app_id),
            human_number(each.connections),
            human_bytes(each.bytes_ingress),
            human_bytes(each.bytes_egress),
            human_milliseconds(each.duration_avg),
        )
    return table


def report_table(report: Report, *, metrics: Sequence[str] | None, dimensions: Sequence[str] | None) -> Table:
    """Show a report: a line for each combination of dimension values, and by time for each interval.

    Args:
        report: The report.
        metrics: The requested metrics.
        dimensions: The requested dimensions.

    Returns:
        The table, with totals below it if it has several lines.
    """
    metric = _names(report.query.metrics, metrics, [len(row.metrics) for row in report.data], "metric")
    dimension = _names(report.query.dimensions, dimensions, [len(row.dimensions) for row in report.data], "dimension")
    lines = list(_lines(report, metric, len(dimension)))
    by_time = isinstance(report, ReportByTime)
    table = new_table(whole="from (UTC)" if by_time else "", footer=len(lines) > 1)
    for place, title in enumerate(dimension):
        add_column(table, title, footer="" if place or by_time else "total")
    for name in metric:
        total = human_metric(name, report.totals[name]) if name in report.totals else ""
        add_column(table, name, number=True, footer=total)
    for line in lines:
        table.add_row(*map(cell, line))
    return table


def _lines(report: Report, metric: Sequence[str], dimensions: int) -> Iterator[list[str]]:
    for row in report.data:
        values = [*row.dimensions, *[""] * (dimensions - len(row.dimensions))]
        columns = [_series(row, place) for place in range(len(metric))]
        if not isinstance(report, ReportByTime):
            yield values + _numbers(metric, columns, 0)
            continue
        for place, interval in enumerate(report.time_intervals):
            yield [_second(interval[0]) if interval else "", *values, *_numbers(metric, columns, place)]


def _series(row: ReportByTimeRow | ReportSummaryRow, place: int) -> Sequence[float]:
    """The numbers of one metric: one per time interval, a single one in a summary, none if the row lacks it."""
    numbers = row.metrics[place] if place < len(row.metrics) else []
    return numbers if isinstance(numbers, list) else [numbers]


def _numbers(metric: Sequence[str], columns: Sequence[Sequence[float]], place: int) -> list[str]:
    pairs = zip(metric, columns, strict=True)
    return [human_metric(name, numbers[place]) if place < len(numbers) else "" for name, numbers in pairs]


def _names(echoed: object, requested: Sequence[str] | None, widths: Sequence[int], kind: str) -> list[str]:
    """The names of columns: the echo of the query, which may be odd, if it fits, else the requested ones."""
    width = max(widths, default=None)
    for names in (echoed, requested):
        if isinstance(names, (list, tuple)) and width in (None, len(names)):
            return [str(name) for name in names]
    return [f"{kind} {place}" for place in range(1, (width or 0) + 1)]


def _origin(app: App) -> str:
    if app.origin_direct:
        return ", ".join(app.origin_direct)
    if app.origin_dns is not None:
        port = "" if app.origin_port is None else f":{app.origin_port}"
        return f"{app.origin_dns.name or ''}{port}"
    return "" if app.origin_worker_id is None else f"worker {app.origin_worker_id}"


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        match value:
            case Mapping():
                yield from _flatten(value, f"{prefix}{name}.")
            case str():
                yield prefix + name, value
            case bool():
                yield prefix + name, "yes" if value else "no"
            case Sequence():
                yield prefix + name, ", ".join(map(str, value))
            case _:
                yield prefix + name, str(value)
