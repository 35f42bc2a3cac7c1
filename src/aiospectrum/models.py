"""The objects of the API, and the names that Cloudflare's documentation has for them."""

from typing import TypeAlias

from aiospectrum._generated.models import (
    DNS,
    AnyApp,
    App,
    AppOrder,
    AppRequest,
    CurrentAggregate,
    DeletedApp,
    Dimension,
    Direction,
    DNSType,
    DynamicEdgeIPs,
    EdgeIPConnectivity,
    EdgeIPs,
    Identifier,
    Metric,
    MetricValues,
    OriginDNS,
    OriginDNSType,
    OriginPort,
    PaygoApp,
    Protocol,
    ProxyProtocol,
    Report,
    ReportQuery,
    ReportRow,
    StaticEdgeIPs,
    TimeDelta,
    TimeInterval,
    TLSMode,
    TrafficType,
)

__all__ = [
    "DNS",
    "AnyApp",
    "App",
    "AppCreateResponse",
    "AppDeleteResponse",
    "AppGetResponse",
    "AppListResponse",
    "AppOrder",
    "AppRequest",
    "AppUpdateResponse",
    "BytimeGetResponse",
    "CurrentAggregate",
    "CurrentGetResponse",
    "DNSType",
    "DeletedApp",
    "Dimension",
    "Direction",
    "DynamicEdgeIPs",
    "EdgeIPConnectivity",
    "EdgeIPs",
    "Identifier",
    "Metric",
    "MetricValues",
    "OriginDNS",
    "OriginDNSType",
    "OriginPort",
    "PaygoApp",
    "Protocol",
    "ProxyProtocol",
    "Report",
    "ReportQuery",
    "ReportRow",
    "SpectrumConfigAppConfig",
    "SpectrumConfigPaygoAppConfig",
    "StaticEdgeIPs",
    "SummaryGetResponse",
    "TLSMode",
    "TimeDelta",
    "TimeInterval",
    "TrafficType",
]

SpectrumConfigAppConfig: TypeAlias = App
"""Cloudflare's name for :class:`App`."""

SpectrumConfigPaygoAppConfig: TypeAlias = PaygoApp
"""Cloudflare's name for :class:`PaygoApp`."""

AppListResponse: TypeAlias = AnyApp
"""Cloudflare's name for each item of a list of applications."""

AppGetResponse: TypeAlias = AnyApp
"""Cloudflare's name for the answer to getting an application."""

AppCreateResponse: TypeAlias = AnyApp
"""Cloudflare's name for the answer to creating an application."""

AppUpdateResponse: TypeAlias = AnyApp
"""Cloudflare's name for the answer to replacing an application."""

AppDeleteResponse: TypeAlias = DeletedApp
"""Cloudflare's name for the answer to deleting an application."""

CurrentGetResponse: TypeAlias = list[CurrentAggregate]
"""Cloudflare's name for the current aggregates of a zone."""

BytimeGetResponse: TypeAlias = Report
"""Cloudflare's name for a report by time."""

SummaryGetResponse: TypeAlias = Report
"""Cloudflare's name for a summary."""
