"""``aiospectrum protocols``, ``current``, ``bytime`` and ``summary``: what is only read."""

from datetime import datetime
from typing import Annotated, Any

import attrs

from aiospectrum.cli.charts import ChartFileOption, ChartOption, check_charts, show_charts
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import cell, counted, human_number
from aiospectrum.cli.options import (
    AsJSON,
    NamesOption,
    Passed,
    TimeOption,
    WholeOption,
    flattened,
    parse_option,
    parse_time,
    split_names,
)
from aiospectrum.cli.tables import current_table, protocols_table, report_table
from aiospectrum.models import Report, TimeDelta

__all__ = ["bytime", "current", "protocols", "summary"]


@attrs.frozen(kw_only=True)
class ReportOptions:
    """The options of both reports."""

    metrics: NamesOption = None
    """count, bytesIngress, bytesEgress, durationAvg, durationMedian, duration90th or duration99th, between commas."""

    dimensions: NamesOption = None
    """event, appID, coloName or ipVersion, between commas."""

    since: TimeOption = None
    """Start: RFC 3339 with Z or an offset, a date, or a time ago such as -24h or -7d; else six hours before the end."""

    until: TimeOption = None
    """End, in the same forms; now when left out."""

    filters: str | None = None
    """Conditions, such as event==disconnect;coloName!=SFO."""

    sort: NamesOption = None
    """Metrics or dimensions between commas, each with + or - in front."""

    limit: WholeOption = None
    """Maximum number of rows."""


def protocols(zone_id: str, /, *, as_json: AsJSON = False, context: Passed) -> None:
    """List the protocols that Spectrum knows by name.

    Args:
        zone_id: Identifier of the zone.
        as_json: Print JSON.
        context: The surroundings.
    """
    found = context.call(lambda client: client.protocols.list(zone_id))
    context.show(found, protocols_table(found), as_json=as_json)


def current(
    zone_id: str,
    /,
    *,
    app_ids: NamesOption = None,
    colo_name: str | None = None,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Show the traffic of the last minute.

    Args:
        zone_id: Identifier of the zone.
        app_ids: Identifiers of applications between commas; all of the zone when left out.
        colo_name: Code of the only data centre to count, such as SFO.
        as_json: Print JSON.
        context: The surroundings.
    """
    wanted = split_names(app_ids)
    found = context.call(
        lambda client: client.analytics.aggregate.current(zone_id, app_ids=wanted, colo_name=colo_name)
    )
    context.show(found, current_table(found), as_json=as_json)


def bytime(
    zone_id: str,
    /,
    *,
    time_delta: TimeDelta = "hour",
    options: Annotated[ReportOptions | None, flattened] = None,
    chart: ChartOption = False,
    chart_file: ChartFileOption = None,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Show event metrics by time.

    Args:
        zone_id: Identifier of the zone.
        time_delta: Length of each time interval; a dekaminute is ten minutes.
        options: The query.
        chart: Draw a chart.
        chart_file: Also draw a picture.
        as_json: Print JSON.
        context: The surroundings.
    """
    path = check_charts(chart_file, chart=chart, as_json=as_json)
    arguments = _arguments(options, context)
    report = context.call(lambda client: client.analytics.events.bytime(zone_id, time_delta=time_delta, **arguments))
    if not show_charts(report, arguments, context, zone_id, chart=chart, path=path):
        _show_report(report, arguments, context, as_json=as_json)


def summary(
    zone_id: str,
    /,
    *,
    options: Annotated[ReportOptions | None, flattened] = None,
    chart: ChartOption = False,
    chart_file: ChartFileOption = None,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Show event metrics, summed over the whole time.

    Args:
        zone_id: Identifier of the zone.
        options: The query.
        chart: Draw a chart.
        chart_file: Also draw a picture.
        as_json: Print JSON.
        context: The surroundings.
    """
    path = check_charts(chart_file, chart=chart, as_json=as_json)
    arguments = _arguments(options, context)
    report = context.call(lambda client: client.analytics.events.summary(zone_id, **arguments))
    if not show_charts(report, arguments, context, zone_id, chart=chart, path=path):
        _show_report(report, arguments, context, as_json=as_json)


def _arguments(given: ReportOptions | None, context: Context) -> dict[str, Any]:
    """The arguments of the Python functions."""
    options = ReportOptions() if given is None else given
    now = context.now()
    return {
        "metrics": split_names(options.metrics),
        "dimensions": split_names(options.dimensions),
        "since": _read_time("--since", options.since, now),
        "until": _read_time("--until", options.until, now),
        "filters": options.filters,
        "sort": split_names(options.sort),
        "limit": options.limit,
    }


def _read_time(option: str, text: str | None, now: datetime) -> datetime | None:
    return None if text is None else parse_option(option, text, lambda given: parse_time(given, now))


def _show_report(report: Report, arguments: dict[str, Any], context: Context, *, as_json: bool) -> None:
    table = report_table(report, metrics=arguments["metrics"], dimensions=arguments["dimensions"])
    note = f"{counted(len(report.data), 'row')}; data lag: {human_number(report.data_lag) or '?'} s"
    context.show(report, table, cell(note), as_json=as_json)
