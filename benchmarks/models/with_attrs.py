"""Models for attrs and a plain cattrs converter, of results; the names are the API's, so that nothing is renamed."""

from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import attrs
from cattrs import Converter

__all__ = ["MODELS", "Aggregate", "App", "Report", "make_plain_converter"]

T = TypeVar("T")


@attrs.frozen
class Aggregate:
    """Traffic of an application in the last minute."""

    appID: str  # noqa: N815 - the API's name
    bytesEgress: float  # noqa: N815 - the API's name
    bytesIngress: float  # noqa: N815 - the API's name
    connections: float
    durationAvg: float  # noqa: N815 - the API's name


@attrs.frozen
class DNS:
    """DNS record of an application."""

    name: str
    type: str


@attrs.frozen
class OriginDNS:
    """DNS record of an origin."""

    name: str
    ttl: int | None = None
    type: str | None = None


@attrs.frozen
class DynamicEdgeIPs:
    """Anycast addresses."""

    type: str
    connectivity: str


@attrs.frozen
class StaticEdgeIPs:
    """The customer's own addresses."""

    type: str
    ips: list[str]


@attrs.frozen
class App:
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


@attrs.frozen
class Query:
    """The query of a report."""

    dimensions: list[str] = attrs.field(factory=list)
    metrics: list[str] = attrs.field(factory=list)
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    time_delta: str | None = None


@attrs.frozen
class Row(Generic[T]):
    """A row of a report."""

    metrics: list[T]
    dimensions: list[str] = attrs.field(factory=list)


@attrs.frozen
class Report(Generic[T]):
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
    "aggregate": list[Aggregate],
    "list": list[App],
    "summary": Report[float],
    "bytime": Report[list[float]],
}
"""Type of the ``result`` of each call."""


def make_plain_converter() -> Converter:
    """Make a converter as cattrs gives it, with the two things that it cannot know by itself."""
    converter = Converter()
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(int | str | None, lambda value, _: value)
    return converter
