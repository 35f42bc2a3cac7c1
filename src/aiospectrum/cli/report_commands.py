"""``aiospectrum protocols``, ``current``, ``bytime``, ``summary`` and ``usage``: what is only read."""

import math
from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, get_args

import attrs
from cyclopts import Parameter

from aiospectrum._codec.writers import format_date_time
from aiospectrum.cli.charts import ChartFileOption, ChartOption, check_charts, show_charts
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.options import (
    AsJSON,
    NamesOption,
    Passed,
    TimeOption,
    WholeOption,
    check_filters,
    flattened,
    split_names,
)
from aiospectrum.cli.tables import current_table, protocols_table, report_note, report_table, usage_table
from aiospectrum.cli.times import check_order, read_time
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.cli.zones_command import ZoneArgument, find_zone
from aiospectrum.client import Client
from aiospectrum.errors import ResponseError
from aiospectrum.models import (
    CurrentAggregate,
    Dimension,
    Metric,
    Report,
    ReportByTime,
    ReportSummary,
    TimeDelta,
    ZoneUsage,
)

__all__ = ["bytime", "current", "protocols", "summary", "usage"]

_CDNOption: TypeAlias = Annotated[
    bool | None,
    Parameter(
        name="--cdn-traffic",
        negative="--no-cdn-traffic",
        help="Count traffic of the CDN as well, or do not; the API's choice when left out.",
    ),
]
"""Whether traffic of the CDN counts."""

_DEFAULT_SPAN: Final = timedelta(hours=6)
"""The time that the API takes when only its end is given."""
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC) + _DEFAULT_SPAN


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
    """End, which is not part of it, in the same forms; now when left out."""

    filters: str | None = None
    """Conditions, such as event==disconnect;coloName!=SFO."""

    sort: NamesOption = None
    """Metrics or dimensions between commas, each with + or - in front."""

    limit: WholeOption = None
    """Maximum number of rows."""


def protocols(zone_id: ZoneArgument, /, *, as_json: AsJSON = False, context: Passed) -> None:
    """List the protocols that Spectrum knows by name.

    Args:
        zone_id: Identifier of the zone.
        as_json: Print JSON.
        context: The surroundings.
    """
    zone_id = find_zone(zone_id, context)
    found = context.call(lambda client: client.protocols.list(zone_id))
    note = "" if found else "the API names no protocols"
    context.show(found, *[protocols_table(found)] * bool(found), note, as_json=as_json)


def current(
    zone_id: ZoneArgument,
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
    zone_id = find_zone(zone_id, context)
    wanted = split_names(app_ids)

    async def fetch(client: Client) -> tuple[list[CurrentAggregate], dict[str, str]]:
        found = await client.analytics.aggregate.current(zone_id, app_ids=wanted, colo_name=colo_name)
        return found, await _host_names(client, zone_id, context) if found and not as_json else {}

    found, names = context.call(fetch)
    lacking = sorted(set(wanted or ()) - {each.app_id for each in found})
    notes = [f"nothing of {', '.join(lacking)}: no applications of this zone"] if lacking else []
    if not found and not lacking:
        notes.append("no traffic, as this zone has no applications")
    context.show(found, *[current_table(found, names)] * bool(found), *notes, as_json=as_json)


def bytime(
    zone_id: ZoneArgument,
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
    zone_id = find_zone(zone_id, context)

    def fetch(client: Client) -> Awaitable[ReportByTime]:
        return client.analytics.events.bytime(zone_id, time_delta=time_delta, **arguments)

    _show_report(zone_id, fetch, arguments, context, chart=chart, path=path, as_json=as_json)


def summary(
    zone_id: ZoneArgument,
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
    zone_id = find_zone(zone_id, context)

    def fetch(client: Client) -> Awaitable[ReportSummary]:
        return client.analytics.events.summary(zone_id, **arguments)

    _show_report(zone_id, fetch, arguments, context, chart=chart, path=path, as_json=as_json)


def usage(
    *,
    since: TimeOption = None,
    until: TimeOption = None,
    cdn_traffic: _CDNOption = None,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Show the bandwidth of all zones that the credentials may see, the busiest first.

    Args:
        since: Start: RFC 3339 with Z or an offset, a date, or a time ago such as -7d; else six hours before the end.
        until: End, which is not part of it, in the same forms; now when left out.
        cdn_traffic: Whether traffic of the CDN counts as well.
        as_json: Print JSON.
        context: The surroundings.
    """
    now = context.now().replace(microsecond=0)
    begin, given_end = _read_window(since, until, now)
    end = now if given_end is None else given_end
    begin = end - _DEFAULT_SPAN if begin is None else begin

    async def fetch(client: Client) -> tuple[list[ZoneUsage], dict[str, str]]:
        found = await client.analytics.zones.report(since=begin, until=_last_second(end), cdn_traffic=cdn_traffic)
        return found, {} if as_json else await _zone_names(client, {each.zone_id for each in found}, context)

    found, names = context.call(fetch)
    found.sort(key=lambda each: (math.isnan(each.totals.bandwidth.all), -each.totals.bandwidth.all))
    note = f"{counted(len(found), 'zone')}, {format_date_time(begin)} to {format_date_time(end)}"
    context.show(found, *[usage_table(found, names)] * bool(found), note, as_json=as_json)


async def _zone_names(client: Client, wanted: Collection[str], context: Context) -> dict[str, str]:
    """Names of zones by identifier; why there are none is no failure of the command."""
    names: dict[str, str] = {}
    try:
        async with aclosing(client.zones.iterate(per_page=50)) as zones:
            while len(names) < len(wanted) and (zone := await anext(zones, None)) is not None:
                if zone.id in wanted:
                    names[zone.id] = zone.name
    except ResponseError as error:
        context.print_note(f"without names of zones: {error}")
    return names


def _arguments(given: ReportOptions | None, context: Context) -> dict[str, Any]:
    """The arguments of the Python functions."""
    options = ReportOptions() if given is None else given
    since, until = _read_window(options.since, options.until, context.now())
    _check_sort(options)
    return {
        "metrics": split_names(options.metrics),
        "dimensions": split_names(options.dimensions),
        "since": since,
        "until": None if until is None else _last_second(until),
        "filters": check_filters(options.filters),
        "sort": split_names(options.sort),
        "limit": options.limit,
    }


def _read_window(since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The start and the end, which is not part of it; the start that the API takes when only the end is given."""
    start = None if since is None else read_time("--since", since, now)
    end = None if until is None else read_time("--until", until, now)
    if end is not None:
        start = max(end, _EARLIEST) - _DEFAULT_SPAN if start is None else start
    if start is not None:
        check_order(start, end, now)
    return start, end


def _check_sort(options: ReportOptions) -> None:
    """Refuse to sort by what the report does not have, which the API does only after a request."""
    for option, names in (("metrics", get_args(Metric)), ("dimensions", get_args(Dimension))):
        asked = split_names(getattr(options, option))
        for each in split_names(options.sort) or ():
            name = each.lstrip("+-")
            if name in names and name not in (asked or ()) and (asked is not None or option == "dimensions"):
                raise UsageError(
                    f"--sort: expected what the report has, got {name!r}", f"put it into --{option} as well"
                )


def _last_second(until: datetime) -> datetime:
    """What the API is sent for an end that is not part of the time, as the API counts by seconds and includes it."""
    return (until - timedelta(microseconds=1)).replace(microsecond=0)


def _show_report(
    zone_id: str,
    fetch: Callable[[Client], Awaitable[Report]],
    arguments: dict[str, Any],
    context: Context,
    *,
    chart: bool,
    path: Path | None,
    as_json: bool,
) -> None:
    has_names = not as_json or path is not None

    async def fetch_all(client: Client) -> tuple[Report, dict[str, str]]:
        report = await fetch(client)
        has_apps = bool(report.data) and "appID" in (arguments["dimensions"] or ())
        return report, await _host_names(client, zone_id, context) if has_apps and has_names else {}

    report, names = context.call(fetch_all)
    if show_charts(report, arguments, names, context, chart=chart, path=path):
        return
    table = report_table(report, metrics=arguments["metrics"], dimensions=arguments["dimensions"], names=names)
    context.show(report, *[table] * bool(report.data), report_note(report, arguments["limit"]), as_json=as_json)


async def _host_names(client: Client, zone_id: str, context: Context) -> dict[str, str]:
    """Host names by identifier; why there are none is no failure of the command."""
    names, failed = await context.host_names(client, [zone_id])
    for error in failed.values():
        context.print_note(f"without host names: {error}")
    return names
