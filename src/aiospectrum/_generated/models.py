# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.
"""The objects of the API."""

from datetime import datetime
from typing import Any, Literal, TypeAlias, final

import attrs

from aiospectrum._codec.structs import struct
from aiospectrum.tables.mixin import ReportTable

Identifier: TypeAlias = str
"""Identifier of a zone or an application."""


Direction: TypeAlias = Literal["asc", "desc"]
"""Direction of an ordering."""


AppOrder: TypeAlias = Literal["protocol", "app_id", "created_on", "modified_on", "dns"]
"""Field to order applications by."""


DNSType: TypeAlias = Literal["CNAME", "ADDRESS"] | str
"""Type of the DNS record in front of an application; values newer than this list are kept as they come."""


@final
@struct(kw_only=True, weakref_slot=False)
class DNS:
    """Name and type of the DNS record that leads clients to an application."""

    name: str | None = None
    """Hostname that clients connect to."""

    type: DNSType | None = None
    """`CNAME` with dynamic edge addresses, `ADDRESS` with static ones."""


TrafficType: TypeAlias = Literal["direct", "http", "https", "worker"] | str
"""How traffic goes from the edge to the origin: as it is (`direct`), through the HTTP features (`http`, `https`)
or to a Worker (`worker`); values newer than this list are kept as they come.
"""


OriginDNSType: TypeAlias = Literal["", "A", "AAAA", "SRV"] | str
"""Type of the DNS record of an origin, the empty string for A and AAAA together; values newer than this list are
kept as they come.
"""


@final
@struct(kw_only=True, weakref_slot=False)
class OriginDNS:
    """DNS record that origins are looked up from."""

    name: str | None = None
    """Name of the record, such as `origin.example.com` or, for SRV, `_ssh._tcp.example.com`."""

    ttl: int | None = None
    """Seconds for which a look-up is kept, 600 or more."""

    type: OriginDNSType | None = None
    """Type of the record."""


OriginPort: TypeAlias = int | str
"""Port at the origin, 1 to 65535, or a range such as `"1000-2000"` with as many ports as the range in
`protocol`.
"""


EdgeIPConnectivity: TypeAlias = Literal["all", "ipv4", "ipv6"] | str
"""IP versions that anycast addresses take connections on; values newer than this list are kept as they come."""


@final
@struct(kw_only=True, weakref_slot=False)
class DynamicEdgeIPs:
    """Anycast addresses that Cloudflare chooses; needs DNS type CNAME."""

    type: str = "dynamic"
    """`dynamic`, unless the API answers something newer."""

    connectivity: EdgeIPConnectivity | None = None
    """IP versions to take connections on."""


@final
@struct(kw_only=True, weakref_slot=False)
class StaticEdgeIPs:
    """Addresses of the customer's own that Cloudflare announces; needs DNS type ADDRESS."""

    type: str = "static"
    """`static`, unless the API answers something newer."""

    ips: list[str] = attrs.Factory(list)
    """The addresses."""


EdgeIPs: TypeAlias = DynamicEdgeIPs | StaticEdgeIPs
"""Addresses at Cloudflare's edge that an application is reached at."""


ProxyProtocol: TypeAlias = Literal["off", "v1", "v2", "simple"] | str
"""Form of the Proxy Protocol header sent to the origin: none, v1 (TCP), v2 (TCP and UDP) or simple (UDP); values
newer than this list are kept as they come.
"""


TLSMode: TypeAlias = Literal["off", "flexible", "full", "strict"] | str
"""Whether TLS of clients ends at the edge (`flexible`, `full`, `strict`), and whether it is used and verified
towards the origin; values newer than this list are kept as they come.
"""


@final
@struct(kw_only=True, weakref_slot=False)
class App:
    """A Spectrum application of a plan with all features."""

    id: Identifier
    """Identifier of the application, 32 hexadecimal characters."""

    protocol: str
    """Protocol and port or ports at the edge, such as `tcp/22` or `tcp/1000-2000`."""

    dns: DNS
    """DNS record that leads clients to the application."""

    created_on: datetime
    """When the application was created, in UTC."""

    modified_on: datetime
    """When the application was last changed, in UTC."""

    traffic_type: TrafficType | None = None
    """How traffic goes from the edge to the origin; absent from old payloads."""

    origin_direct: list[str] | None = None
    """Origins with protocol and port, such as `tcp://192.0.2.1:22`; several share the load."""

    origin_dns: OriginDNS | None = None
    """DNS record that origins are looked up from."""

    origin_port: OriginPort | None = None
    """Port or ports at the origin; goes with `origin_dns`."""

    origin_worker_id: str | None = None
    """The Worker that takes the traffic; goes with traffic type `worker`."""

    virtual_network_id: str | None = None
    """The virtual network that a private origin is reached through."""

    edge_ips: EdgeIPs | None = None
    """Addresses at the edge."""

    ip_firewall: bool | None = None
    """Whether IP Access Rules apply; TCP only."""

    proxy_protocol: ProxyProtocol | None = None
    """Form of the Proxy Protocol header sent to the origin."""

    tls: TLSMode | None = None
    """TLS at the edge; TCP only."""

    argo_smart_routing: bool | None = None
    """Whether Argo Smart Routing is used; needs traffic type `direct`."""


@final
@struct(kw_only=True, weakref_slot=False)
class PaygoApp:
    """A Spectrum application of a pay-as-you-go plan."""

    id: Identifier
    """Identifier of the application, 32 hexadecimal characters."""

    protocol: str
    """Protocol and port or ports at the edge, or a well-known name such as `minecraft`."""

    dns: DNS
    """DNS record that leads clients to the application."""

    created_on: datetime
    """When the application was created, in UTC."""

    modified_on: datetime
    """When the application was last changed, in UTC."""

    origin_direct: list[str] | None = None
    """Origins with protocol and port, such as `tcp://192.0.2.1:22`; several share the load."""


AnyApp: TypeAlias = App | PaygoApp
"""An application in the form of its plan."""


@final
@struct(kw_only=True)
class AppRequest:
    """Configuration of an application, to create one or to replace that of one.

    Exactly one of `origin_direct`, `origin_dns` and `origin_worker_id` is given. A pay-as-you-go plan takes
    `protocol`, `dns` and `origin_direct` alone.
    """

    protocol: str
    """Protocol and port or ports at the edge, such as `tcp/22` or `tcp/1000-2000`; pay-as-you-go plans also take
    names such as `minecraft`, `ssh` or `rdp`.
    """

    dns: DNS
    """DNS record that leads clients to the application."""

    traffic_type: TrafficType | None = None
    """How traffic goes from the edge to the origin."""

    origin_direct: list[str] | None = None
    """Origins with protocol and port, such as `tcp://192.0.2.1:22`, IPv6 addresses in brackets; several share
    the load, and a range of ports has as many ports as the one in `protocol`.
    """

    origin_dns: OriginDNS | None = None
    """DNS record that origins are looked up from; needs `origin_port` unless its type is SRV."""

    origin_port: OriginPort | None = None
    """Port or ports at the origin; goes with `origin_dns`."""

    origin_worker_id: str | None = None
    """The Worker that takes the traffic; goes with traffic type `worker`."""

    virtual_network_id: str | None = None
    """The virtual network that a private origin is reached through."""

    edge_ips: EdgeIPs | None = None
    """Addresses at the edge; dynamic ones when left out."""

    ip_firewall: bool | None = None
    """Whether IP Access Rules apply; TCP only."""

    proxy_protocol: ProxyProtocol | None = None
    """Form of the Proxy Protocol header sent to the origin."""

    tls: TLSMode | None = None
    """TLS at the edge; TCP only."""

    argo_smart_routing: bool | None = None
    """Whether Argo Smart Routing is used; needs traffic type `direct`."""


@final
@struct(kw_only=True)
class DeletedApp:
    """A deleted application."""

    id: Identifier
    """Identifier that the application had."""


@final
@struct(kw_only=True, weakref_slot=False)
class Protocol:
    """A well-known protocol that Spectrum has a name for."""

    name: str
    """The name that an application's `protocol` takes."""

    description: str | None = None
    """What the protocol is for."""

    ports: list[int] | None = None
    """Ports that it uses at the edge."""

    transport: str | None = None
    """The transport below it, such as `tcp`."""


@final
@struct(kw_only=True, weakref_slot=False)
class CurrentAggregate:
    """Traffic of one application in the last minute."""

    app_id: Identifier
    """Identifier of the application."""

    bytes_egress: float
    """Bytes sent to clients."""

    bytes_ingress: float
    """Bytes received from clients."""

    connections: float
    """Number of connections."""

    duration_avg: float
    """Average duration of a connection, in milliseconds."""


TimeDelta: TypeAlias = Literal["year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"]
"""Length of the time intervals of a report; a dekaminute is ten minutes."""


Metric: TypeAlias = Literal[
    "count", "bytesIngress", "bytesEgress", "durationAvg", "durationMedian", "duration90th", "duration99th"
]
"""A metric of events: their number, bytes in either direction, or the average, median, 90th or 99th percentile
of the connections' durations in milliseconds.
"""


Dimension: TypeAlias = Literal["event", "appID", "coloName", "ipVersion"]
"""An attribute of events: the event itself (connect, progress, disconnect, originError, clientFiltered), the
application, the data centre, or the client's IP version (4 or 6).
"""


MetricValues: TypeAlias = list[float] | list[list[float]]
"""One number per metric, in the order of the metrics asked for; or, by time, one list per metric with one number
per time interval.
"""


@final
@struct(kw_only=True, weakref_slot=False)
class ReportRow:
    """The metrics of one combination of dimension values."""

    dimensions: list[str] = attrs.Factory(list)
    """Values of the dimensions, in the order asked for; empty when none was."""

    metrics: MetricValues = attrs.Factory(list)
    """One number per metric in a summary; by time, one list per metric with one number per time interval."""


@final
@struct(kw_only=True)
class ReportQuery:
    """The query as the API understood it.

    The API is known to echo things of its own here, so each value that does not have the documented type is
    kept as it came.
    """

    dimensions: list[str] | Any | None = None
    """Dimensions of the report."""

    filters: str | Any | None = None
    """Filters that were applied."""

    limit: int | Any | None = None
    """The most rows that are answered."""

    metrics: list[str] | Any | None = None
    """Metrics of the report."""

    since: datetime | Any | None = None
    """Start of the time window, in UTC."""

    sort: list[str] | Any | None = None
    """Sorting of the rows."""

    until: datetime | Any | None = None
    """End of the time window, in UTC."""

    time_delta: str | Any | None = None
    """Length of each time interval."""


TimeInterval: TypeAlias = tuple[datetime, datetime]
"""Start and end of a time interval, both included, in UTC."""


@final
@struct(kw_only=True)
class Report(ReportTable):
    """Analytics of events, by time or summed."""

    data_lag: float
    """Seconds since the last event that was counted; newer ones may be missing."""

    query: ReportQuery
    """The query as the API understood it."""

    rows: int
    """Number of rows."""

    data: list[ReportRow] = attrs.Factory(list)
    """One row per combination of dimension values."""

    max: dict[str, float] = attrs.Factory(dict)
    """The largest value of each metric; can be empty."""

    min: dict[str, float] = attrs.Factory(dict)
    """The smallest value of each metric; can be empty."""

    totals: dict[str, float] = attrs.Factory(dict)
    """Each metric over all events of the report."""

    time_intervals: list[TimeInterval] | None = None
    """The time intervals, in the order of the numbers in each row; absent from a summary."""
