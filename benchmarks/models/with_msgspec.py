"""Models for msgspec, of whole envelopes."""

from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct, field

__all__ = ["MODELS", "Aggregate", "App", "Envelope", "Report"]

T = TypeVar("T")


class Envelope(Struct, Generic[T], frozen=True):
    """What every result is wrapped in."""

    success: bool
    result: T
    errors: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    result_info: dict[str, int] | None = None


class Aggregate(Struct, frozen=True):
    """Traffic of an application in the last minute."""

    app_id: str = field(name="appID")
    bytes_egress: float = field(name="bytesEgress")
    bytes_ingress: float = field(name="bytesIngress")
    connections: float
    duration_avg: float = field(name="durationAvg")


class DNS(Struct, frozen=True):
    """DNS record of an application."""

    name: str
    type: str


class OriginDNS(Struct, frozen=True):
    """DNS record of an origin."""

    name: str
    ttl: int | None = None
    type: str | None = None


class DynamicEdgeIPs(Struct, frozen=True, tag_field="type", tag="dynamic"):
    """Anycast addresses."""

    connectivity: str


class StaticEdgeIPs(Struct, frozen=True, tag_field="type", tag="static"):
    """The customer's own addresses."""

    ips: list[str]


class App(Struct, frozen=True):
    """An application."""

    id: str
    protocol: str
    dns: DNS
    created_on: datetime
    modified_on: datetime
    traffic_type: str | None = None
    origin_direct: list[str] | None = None
    origin_dns: OriginDNS | None = None
    origin_port: int | str | None = None
    edge_ips: DynamicEdgeIPs | StaticEdgeIPs | None = None
    ip_firewall: bool | None = None
    proxy_protocol: str | None = None
    tls: str | None = None
    argo_smart_routing: bool | None = None


class Query(Struct, frozen=True):
    """The query of a report."""

    dimensions: list[str] = []
    metrics: list[str] = []
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    time_delta: str | None = None


class Row(Struct, Generic[T], frozen=True):
    """A row of a report."""

    metrics: list[T]
    dimensions: list[str] = []


class Report(Struct, Generic[T], frozen=True):
    """A report: of numbers, or by time of lists of numbers."""

    rows: int
    data: list[Row[T]]
    data_lag: float
    min: dict[str, float]
    max: dict[str, float]
    totals: dict[str, float]
    query: Query
    time_intervals: list[tuple[datetime, datetime]] | None = None


MODELS: Final[dict[str, Any]] = {
    "aggregate": Envelope[list[Aggregate]],
    "list": Envelope[list[App]],
    "summary": Envelope[Report[float]],
    "bytime": Envelope[Report[list[float]]],
}
"""Type of the whole response to each call."""
