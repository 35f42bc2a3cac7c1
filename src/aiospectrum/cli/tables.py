"""Results of calls as tables for people: pure functions."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from aiospectrum.cli.formatting import counted, human_metric, human_milliseconds, human_number, human_size
from aiospectrum.cli.grid import Column, Grid, Kind
from aiospectrum.models import (
    App,
    CurrentAggregate,
    Protocol,
    Report,
    ReportByTime,
    ReportByTimeRow,
    ReportSummaryRow,
    ZoneUsage,
)

__all__ = [
    "apps_table",
    "current_table",
    "details_table",
    "protocols_table",
    "report_note",
    "report_table",
    "usage_table",
]

_ADDITIVE: Final = ("count", "bytesIngress", "bytesEgress")
"""Metrics whose total is the sum of the rows."""

_KINDS: Final[Mapping[str, Kind]] = {"appID": "id", "event": "fixed", "coloName": "fixed", "ipVersion": "fixed"}
"""What values of dimensions are; names of something where they are others."""

_ROUNDING: Final = 1e-9


def apps_table(apps: Iterable[App]) -> Grid:
    """Show applications, one a line."""
    columns = [Column("id", "id", is_key=True), Column("dns name", is_key=True), Column("protocol", "fixed")]
    columns += [Column("traffic", "fixed"), Column("origin"), Column("modified", "fixed", optional=1)]
    rows = []
    for app in apps:
        traffic = "pay as you go" if app.is_pay_as_you_go else app.traffic_type
        texts = (app.id, app.dns.name or "", app.protocol, traffic or "", _origin(app), f"{app.modified_on:%Y-%m-%d}")
        rows.append(texts)
    return Grid.of(columns, rows)


def details_table(values: Mapping[str, Any]) -> Grid:
    """Show one object, a field a line.

    Args:
        values: The JSON values of the object; fields inside a field get the names of both.

    Returns:
        The table.
    """
    return Grid.of([Column("field"), Column("value")], _flatten(values))


def protocols_table(protocols: Iterable[Protocol]) -> Grid:
    """Show well-known protocols, one a line."""
    columns = [Column("name", is_key=True), Column("transport"), Column("ports"), Column("description")]
    rows = []
    for protocol in protocols:
        ports = ", ".join(map(str, protocol.ports or ()))
        rows.append((protocol.name, protocol.transport or "", ports, protocol.description or ""))
    return Grid.of(columns, rows)


def current_table(aggregates: Iterable[CurrentAggregate], names: Mapping[str, str]) -> Grid:
    """Show the traffic of the last minute, an application a line.

    Args:
        aggregates: The traffic.
        names: Host names of applications by identifier, as far as they are known.

    Returns:
        The table.
    """
    columns = [Column("app", "name", is_key=True)] if names else []
    columns += [Column("app id", "id", is_key=True)]
    columns += [Column(title, "number") for title in ("connections", "in", "out")]
    columns.append(Column("avg duration", "number", optional=1))
    rows = []
    for each in aggregates:
        named = [names.get(each.app_id, "")] if names else []
        sizes = human_size(each.bytes_ingress), human_size(each.bytes_egress)
        numbers = (human_number(each.connections), *sizes, human_milliseconds(each.duration_avg))
        rows.append([*named, each.app_id, *numbers])
    return Grid.of(columns, rows)


def usage_table(usages: Sequence[ZoneUsage], names: Mapping[str, str]) -> Grid:
    """Show the bandwidth of zones, one a line, and their total.

    Args:
        usages: The bandwidth.
        names: Names of zones by identifier, as far as they are known.

    Returns:
        The table.
    """
    columns = [Column("zone", "name", is_key=True)] if names else []
    columns += [Column("zone id", "id", is_key=True), *(Column(title, "number") for title in ("in", "out", "both"))]
    rows, totals = [], [0.0, 0.0, 0.0]
    for each in usages:
        size = each.totals.bandwidth
        sizes = size.ingress, size.egress, size.all
        totals = [total + (0 if math.isnan(number) else number) for total, number in zip(totals, sizes, strict=True)]
        rows.append([*([names.get(each.zone_id, "")] if names else []), each.zone_id, *map(human_size, sizes)])
    footer = ["total", *([""] if names else []), *map(human_size, totals)]
    return Grid.of(columns, rows, [footer] if len(rows) > 1 else [])


def report_table(
    report: Report,
    *,
    metrics: Sequence[str] | None,
    dimensions: Sequence[str] | None,
    names: Mapping[str, str] | None = None,
) -> Grid:
    """Show a report: a line for each combination of dimension values, and by time for each interval.

    Args:
        report: The report.
        metrics: The requested metrics.
        dimensions: The requested dimensions.
        names: Host names of applications by identifier, as far as they are known.

    Returns:
        The table, with totals below it if it has several lines, and what the totals have beyond the lines above them.
    """
    metric = _names(report.query.metrics, metrics, [len(row.metrics) for row in report.data], "metric")
    dimension = _names(report.query.dimensions, dimensions, [len(row.dimensions) for row in report.data], "dimension")
    by_time = isinstance(report, ReportByTime)
    place = dimension.index("appID") if names and "appID" in dimension else None
    columns = [Column("from (UTC)", "fixed", is_key=True)] if by_time else []
    for number, title in enumerate(dimension):
        if number == place:
            columns.append(Column("app", "name", is_key=True))
        columns.append(Column(title, _KINDS.get(title, "name"), is_key=True))
    before = len(columns)
    columns += [Column(name, "number") for name in metric]
    lines = list(_lines(report, metric, len(dimension), place, names or {}))
    others = _others(report, metric)
    footer = []
    if len(lines) > 1 or others:
        for label, numbers in (("others", others), ("total", report.totals)):
            values = [human_metric(name, numbers[name]) if name in numbers else "" for name in metric]
            if numbers or label == "total":
                footer.append([label, *[""] * (before - 1), *values] if before else values)
    return Grid.of(columns, lines, footer)


def report_note(report: Report, limit: int | None) -> str:
    """Say in a line how much of the data a report has.

    Args:
        report: The report.
        limit: The requested maximum number of rows.

    Returns:
        The line.
    """
    rows = counted(len(report.data), "row") if report.data else "no events match"
    if isinstance(report, ReportByTime) and report.data:
        rows += f" of {counted(len(report.time_intervals), 'interval')}{' each' if len(report.data) > 1 else ''}"
    if _others(report, None):
        rows += ", others are left out" if limit is None else ", as --limit says; others are left out"
    elif limit is not None and len(report.data) >= limit and not _has_sums(report):
        rows += ", as --limit says; there may be more"
    if math.isnan(report.data_lag):
        return f"{rows}; data lag: unknown"
    late = " since the last event that is counted; newer ones may be missing" if report.data_lag > 0 else ""
    return f"{rows}; data lag: {human_number(report.data_lag)} s{late}"


def _others(report: Report, metrics: Sequence[str] | None = None) -> dict[str, float]:
    """What the totals have beyond the rows, of metrics that can be summed; nothing if no row is known to be missing."""
    names = _names(report.query.metrics, metrics, [len(row.metrics) for row in report.data], "metric")
    if not any(row.dimensions for row in report.data):
        return {}
    others: dict[str, float] = {}
    for place, name in enumerate(names):
        if name in _ADDITIVE and name in report.totals:
            shown = sum(sum(each for each in _series(row, place) if not math.isnan(each)) for row in report.data)
            others[name] = report.totals[name] - shown
    slack = {name: _ROUNDING * abs(report.totals[name]) for name in others}
    return others if any(others[name] > slack[name] for name in others) else {}


def _has_sums(report: Report) -> bool:
    """Whether the totals say if rows are missing."""
    names = _names(report.query.metrics, None, [len(row.metrics) for row in report.data], "metric")
    return any(name in _ADDITIVE and name in report.totals for name in names)


def _lines(
    report: Report, metric: Sequence[str], dimensions: int, app: int | None, names: Mapping[str, str]
) -> Iterator[list[str]]:
    """The rows; ``app`` is the place of the dimension that host names are put in front of."""
    has_seconds = isinstance(report, ReportByTime) and any(each and each[0].second for each in report.time_intervals)
    form = "%Y-%m-%d %H:%M:%S" if has_seconds else "%Y-%m-%d %H:%M"
    for row in report.data:
        values = [*row.dimensions, *[""] * (dimensions - len(row.dimensions))]
        if app is not None:
            values.insert(app, names.get(values[app], ""))
        columns = [_series(row, place) for place in range(len(metric))]
        if not isinstance(report, ReportByTime):
            yield values + _numbers(metric, columns, 0)
            continue
        for place, interval in enumerate(report.time_intervals):
            start = f"{interval[0]:{form}}" if interval else ""
            yield [start, *values, *_numbers(metric, columns, place)]


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
        scheme = f"{app.protocol.partition('/')[0]}://"  # goes without saying beside the protocol
        return ", ".join(origin.removeprefix(scheme) for origin in app.origin_direct)
    if app.origin_dns is not None:
        port = "" if app.origin_port is None else f":{app.origin_port}"
        return f"{app.origin_dns.name or ''}{port}"
    return "" if app.origin_worker_id is None else f"worker {app.origin_worker_id}"


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
                yield prefix + name, f"{value} s" if name == "ttl" else str(value)
