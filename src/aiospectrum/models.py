"""The objects of the API, and the names that Cloudflare's documentation has for them."""

from typing import TypeAlias

from aiospectrum._generated.models import (
    DNS,
    App,
    AppOrder,
    AppRequest,
    Bandwidth,
    CurrentAggregate,
    DeletedApp,
    Dimension,
    Direction,
    DNSType,
    EdgeIPConnectivity,
    EdgeIPs,
    EdgeIPsType,
    Identifier,
    Metric,
    OriginDNS,
    OriginDNSType,
    OriginPort,
    Protocol,
    ProxyProtocol,
    ReportByTime,
    ReportByTimeRow,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
    TimeDelta,
    TimeInterval,
    TLSMode,
    TrafficType,
    Zone,
    ZoneAccount,
    ZoneStatus,
    ZoneTotals,
    ZoneUsage,
)

__all__ = [
    "DNS",
    "App",
    "AppCreateResponse",
    "AppDeleteResponse",
    "AppGetResponse",
    "AppListResponse",
    "AppOrder",
    "AppRequest",
    "AppUpdateResponse",
    "Bandwidth",
    "BytimeGetResponse",
    "CurrentAggregate",
    "CurrentGetResponse",
    "DNSType",
    "DeletedApp",
    "Dimension",
    "Direction",
    "EdgeIPConnectivity",
    "EdgeIPs",
    "EdgeIPsType",
    "Identifier",
    "Metric",
    "OriginDNS",
    "OriginDNSType",
    "OriginPort",
    "Protocol",
    "ProxyProtocol",
    "Report",
    "ReportByTime",
    "ReportByTimeRow",
    "ReportGetResponse",
    "ReportQuery",
    "ReportSummary",
    "ReportSummaryRow",
    "SpectrumConfigAppConfig",
    "SpectrumConfigPaygoAppConfig",
    "SummaryGetResponse",
    "TLSMode",
    "TimeDelta",
    "TimeInterval",
    "TrafficType",
    "Zone",
    "ZoneAccount",
    "ZoneStatus",
    "ZoneTotals",
    "ZoneUsage",
]

Report: TypeAlias = ReportByTime | ReportSummary
"""A report of either form."""

SpectrumConfigAppConfig: TypeAlias = App
"""Cloudflare's name for :class:`App`."""

SpectrumConfigPaygoAppConfig: TypeAlias = App
"""Cloudflare's name for an application of a pay-as-you-go plan: one whose ``is_pay_as_you_go`` is true."""

AppListResponse: TypeAlias = App
"""Cloudflare's name for each item of a list of applications."""

AppGetResponse: TypeAlias = App
"""Cloudflare's name for the response to getting an application."""

AppCreateResponse: TypeAlias = App
"""Cloudflare's name for the response to creating an application."""

AppUpdateResponse: TypeAlias = App
"""Cloudflare's name for the response to replacing an application."""

AppDeleteResponse: TypeAlias = DeletedApp
"""Cloudflare's name for the response to deleting an application."""

CurrentGetResponse: TypeAlias = list[CurrentAggregate]
"""Cloudflare's name for the current aggregates of a zone."""

BytimeGetResponse: TypeAlias = ReportByTime
"""Cloudflare's name for a report by time."""

SummaryGetResponse: TypeAlias = ReportSummary
"""Cloudflare's name for a summary."""

ReportGetResponse: TypeAlias = list[ZoneUsage]
"""Cloudflare's name for the bandwidth of all zones."""
