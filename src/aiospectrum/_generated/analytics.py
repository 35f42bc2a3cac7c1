# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""Traffic analytics of the Spectrum applications of a zone.

The first argument of each function, ``transport``, is what it calls over: a client, or anything else that is a
:class:`~aiospectrum.transport.Transport`. A method of a client has it already.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from aiospectrum._generated import checks
from aiospectrum._generated.models import (
    CurrentAggregate,
    Dimension,
    Metric,
    ReportByTime,
    ReportSummary,
    TimeDelta,
    ZoneUsage,
)
from aiospectrum.checks import Array, DateTime, Flag, Integer, Text, Unchecked
from aiospectrum.routes import PathParameter, QueryParameter, Route
from aiospectrum.transport import Transport

__all__ = [
    "GET_CURRENT_AGGREGATE",
    "GET_EVENTS_BY_TIME",
    "GET_EVENTS_SUMMARY",
    "GET_ZONES_REPORT",
    "get_current_aggregate",
    "get_events_by_time",
    "get_events_summary",
    "get_zones_report",
]

GET_CURRENT_AGGREGATE: Final[Route[list[CurrentAggregate]]] = Route(
    name="get_current_aggregate",
    method="GET",
    path="/zones/{zone_id}/spectrum/analytics/aggregate/current",
    permission="Analytics Read",
    path_parameters=(PathParameter(name="zone_id", check=checks.IDENTIFIER),),
    query=(
        QueryParameter(name="app_ids", wire="appID", check=Array(items=checks.IDENTIFIER, min_items=1)),
        QueryParameter(
            name="colo_name",
            wire="colo_name",
            check=Text(
                pattern="^[A-Za-z0-9]+\\Z",
                min_length=1,
                max_length=3,
                expected="a data centre code of at most 3 letters and digits",
            ),
        ),
    ),
    result=list[CurrentAggregate],
    safe_to_repeat=True,
)
"""Route of :func:`get_current_aggregate`."""


async def get_current_aggregate(
    transport: Transport,
    zone_id: str,
    *,
    app_ids: Sequence[str] | None = None,
    colo_name: str | None = None,
) -> list[CurrentAggregate]:
    """Get the traffic of the last minute for each Spectrum application of a zone.

    Needs the permission Analytics Read.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/subresources/aggregates/subresources/currents/methods/get/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app_ids: Identifiers of the applications to report; all of the zone when left out.
        colo_name: Code of the data centre to count traffic of; all of them when left out.

    Returns:
        One entry per application.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        GET_CURRENT_AGGREGATE,
        path={"zone_id": zone_id},
        query={"app_ids": app_ids, "colo_name": colo_name},
    )
    return response.result


GET_EVENTS_BY_TIME: Final[Route[ReportByTime]] = Route(
    name="get_events_by_time",
    method="GET",
    path="/zones/{zone_id}/spectrum/analytics/events/bytime",
    permission="Analytics Read",
    path_parameters=(PathParameter(name="zone_id", check=checks.IDENTIFIER),),
    query=(
        QueryParameter(name="time_delta", wire="time_delta", check=checks.TIME_DELTA, required=True),
        QueryParameter(name="metrics", wire="metrics", check=Array(items=checks.METRIC, min_items=1)),
        QueryParameter(name="dimensions", wire="dimensions", check=Array(items=checks.DIMENSION, min_items=1)),
        QueryParameter(name="since", wire="since", check=DateTime()),
        QueryParameter(name="until", wire="until", check=DateTime()),
        QueryParameter(
            name="filters",
            wire="filters",
            check=Text(
                pattern="^ *(event|appID|coloName|ipVersion) *([=!<>]=|[<>]) *[A-Za-z0-9_.:-]+(( *[,;] *| +(AND|OR) +)(event|appID|coloName|ipVersion) *([=!<>]=|[<>]) *[A-Za-z0-9_.:-]+)* *\\Z",
                format="filter",
                min_length=1,
                expected="a filter in plain text, without percent-encoding, such as event==connect;coloName!=SFO",
            ),
        ),
        QueryParameter(
            name="sort",
            wire="sort",
            check=Array(
                items=Text(
                    pattern="^[+-]?(count|bytes(In|E)gress|duration(Avg|Median|90th|99th)|event|appID|coloName|ipVersion)\\Z",
                    expected="the name of a metric or dimension with an optional + or - in front",
                ),
                min_items=1,
            ),
        ),
        QueryParameter(name="limit", wire="limit", check=Integer(minimum=1)),
    ),
    result=ReportByTime,
    other_results=(ReportSummary,),
    ordered=("since", "until"),
    safe_to_repeat=True,
)
"""Route of :func:`get_events_by_time`."""


async def get_events_by_time(
    transport: Transport,
    zone_id: str,
    *,
    time_delta: TimeDelta | Unchecked,
    metrics: Sequence[Metric | Unchecked] | None = None,
    dimensions: Sequence[Dimension | Unchecked] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    filters: str | None = None,
    sort: Sequence[str] | None = None,
    limit: int | None = None,
) -> ReportByTime:
    """Get event metrics of a zone's Spectrum applications, divided into time intervals.

    Needs the permission Analytics Read.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/subresources/events/subresources/bytimes/methods/get/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        time_delta: Length of each time interval.
        metrics: Metrics to compute; the API's choice when left out.
        dimensions: Attributes to break the metrics down by; a single row when left out.
        since: Start of the time window, an aware datetime; six hours before `until` when left out.
        until: End of the time window, an aware datetime, itself included; the current time when left out.
        filters: Conditions on dimensions, such as `event==disconnect;coloName!=SFO`. The operators are ==,
            !=, >, <, >= and <=. A semicolon (or AND between spaces) needs both sides and binds tighter than a
            comma (or OR between spaces), which needs either. Pass it as plain text: it is percent-encoded
            here.
        sort: Metrics or dimensions to sort by, each among those requested, with `+` (ascending) or `-`
            (descending) in front.
        limit: Maximum number of rows to return, 1 or more.

    Returns:
        The report.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        GET_EVENTS_BY_TIME,
        path={"zone_id": zone_id},
        query={
            "time_delta": time_delta,
            "metrics": metrics,
            "dimensions": dimensions,
            "since": since,
            "until": until,
            "filters": filters,
            "sort": sort,
            "limit": limit,
        },
    )
    return response.result


GET_EVENTS_SUMMARY: Final[Route[ReportSummary]] = Route(
    name="get_events_summary",
    method="GET",
    path="/zones/{zone_id}/spectrum/analytics/events/summary",
    permission="Analytics Read",
    path_parameters=(PathParameter(name="zone_id", check=checks.IDENTIFIER),),
    query=(
        QueryParameter(name="metrics", wire="metrics", check=Array(items=checks.METRIC, min_items=1)),
        QueryParameter(name="dimensions", wire="dimensions", check=Array(items=checks.DIMENSION, min_items=1)),
        QueryParameter(name="since", wire="since", check=DateTime()),
        QueryParameter(name="until", wire="until", check=DateTime()),
        QueryParameter(
            name="filters",
            wire="filters",
            check=Text(
                pattern="^ *(event|appID|coloName|ipVersion) *([=!<>]=|[<>]) *[A-Za-z0-9_.:-]+(( *[,;] *| +(AND|OR) +)(event|appID|coloName|ipVersion) *([=!<>]=|[<>]) *[A-Za-z0-9_.:-]+)* *\\Z",
                format="filter",
                min_length=1,
                expected="a filter in plain text, without percent-encoding, such as event==connect;coloName!=SFO",
            ),
        ),
        QueryParameter(
            name="sort",
            wire="sort",
            check=Array(
                items=Text(
                    pattern="^[+-]?(count|bytes(In|E)gress|duration(Avg|Median|90th|99th)|event|appID|coloName|ipVersion)\\Z",
                    expected="the name of a metric or dimension with an optional + or - in front",
                ),
                min_items=1,
            ),
        ),
        QueryParameter(name="limit", wire="limit", check=Integer(minimum=1)),
    ),
    result=ReportSummary,
    other_results=(ReportByTime,),
    ordered=("since", "until"),
    safe_to_repeat=True,
)
"""Route of :func:`get_events_summary`."""


async def get_events_summary(
    transport: Transport,
    zone_id: str,
    *,
    metrics: Sequence[Metric | Unchecked] | None = None,
    dimensions: Sequence[Dimension | Unchecked] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    filters: str | None = None,
    sort: Sequence[str] | None = None,
    limit: int | None = None,
) -> ReportSummary:
    """Get event metrics of a zone's Spectrum applications, summed over the whole time window.

    Needs the permission Analytics Read.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/subresources/events/subresources/summaries/methods/get/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        metrics: Metrics to compute; the API's choice when left out.
        dimensions: Attributes to break the metrics down by; a single row when left out.
        since: Start of the time window, an aware datetime; six hours before `until` when left out.
        until: End of the time window, an aware datetime, itself included; the current time when left out.
        filters: Conditions on dimensions, such as `event==disconnect;coloName!=SFO`. The operators are ==,
            !=, >, <, >= and <=. A semicolon (or AND between spaces) needs both sides and binds tighter than a
            comma (or OR between spaces), which needs either. Pass it as plain text: it is percent-encoded
            here.
        sort: Metrics or dimensions to sort by, each among those requested, with `+` (ascending) or `-`
            (descending) in front.
        limit: Maximum number of rows to return, 1 or more.

    Returns:
        The summary.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        GET_EVENTS_SUMMARY,
        path={"zone_id": zone_id},
        query={
            "metrics": metrics,
            "dimensions": dimensions,
            "since": since,
            "until": until,
            "filters": filters,
            "sort": sort,
            "limit": limit,
        },
    )
    return response.result


GET_ZONES_REPORT: Final[Route[list[ZoneUsage]]] = Route(
    name="get_zones_report",
    method="GET",
    path="/user/spectrum_analytics/zones/report",
    permission="User Details Read",
    query=(
        QueryParameter(name="since", wire="since", check=DateTime()),
        QueryParameter(name="until", wire="until", check=DateTime()),
        QueryParameter(name="cdn_traffic", wire="cdn_traffic", check=Flag()),
    ),
    result=list[ZoneUsage],
    ordered=("since", "until"),
    safe_to_repeat=True,
)
"""Route of :func:`get_zones_report`."""


async def get_zones_report(
    transport: Transport,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cdn_traffic: bool | None = None,
) -> list[ZoneUsage]:
    """Get the bandwidth of all zones that the credentials may see, in one call.

    The API's default window is the last six hours. It echoes the window beside the result, where it is not
    read: give `since` and `until` where you need to know them. Needs the permission User Details Read.

    Source: https://developers.cloudflare.com/api/resources/user/subresources/spectrum_analytics/subresources/zones/subresources/reports/methods/get/

    Args:
        since: Start of the time window, an aware datetime; six hours before `until` when left out.
        until: End of the time window, an aware datetime; the current time when left out.
        cdn_traffic: Whether traffic of the CDN counts as well; the API's choice when left out.

    Returns:
        One entry per zone.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        GET_ZONES_REPORT,
        path={},
        query={"since": since, "until": until, "cdn_traffic": cdn_traffic},
    )
    return response.result
