"""Models for pydantic, of whole envelopes."""

from datetime import datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

__all__ = ["MODELS", "Aggregate", "App", "Envelope", "Report"]

T = TypeVar("T")


class Envelope(BaseModel, Generic[T]):
    """What every result is wrapped in."""

    success: bool
    errors: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    result: T
    result_info: dict[str, int] | None = None


class Aggregate(BaseModel):
    """Traffic of an application in the last minute."""

    app_id: str = Field(alias="appID")
    bytes_egress: float = Field(alias="bytesEgress")
    bytes_ingress: float = Field(alias="bytesIngress")
    connections: float
    duration_avg: float = Field(alias="durationAvg")


class DNS(BaseModel):
    """DNS record of an application."""

    name: str
    type: str


class OriginDNS(BaseModel):
    """DNS record of an origin."""

    name: str
    ttl: int | None = None
    type: str | None = None


class DynamicEdgeIPs(BaseModel):
    """Anycast addresses."""

    type: Literal["dynamic"]
    connectivity: str


class StaticEdgeIPs(BaseModel):
    """The customer's own addresses."""

    type: Literal["static"]
    ips: list[str]


class App(BaseModel):
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
    edge_ips: Annotated[DynamicEdgeIPs | StaticEdgeIPs, Field(discriminator="type")] | None = None
    ip_firewall: bool | None = None
    proxy_protocol: str | None = None
    tls: str | None = None
    argo_smart_routing: bool | None = None


class Query(BaseModel):
    """The query of a report."""

    dimensions: list[str] = []
    metrics: list[str] = []
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    time_delta: str | None = None


class Row(BaseModel, Generic[T]):
    """A row of a report."""

    dimensions: list[str] = []
    metrics: list[T]


class Report(BaseModel, Generic[T]):
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
"""Model of the whole response to each call."""
