# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""The objects of the API."""

from datetime import datetime
from typing import Any, Literal, TypeAlias, final

import attrs

from aiospectrum._codec.forms import AppMethods, AppRequestMethods, ModelMethods
from aiospectrum.checks import Unchecked
from aiospectrum.structs import Sent, SentOnly, struct
from aiospectrum.tables.mixin import ReportTable

__all__ = [
    "DNS",
    "App",
    "AppOrder",
    "AppRequest",
    "Bandwidth",
    "CurrentAggregate",
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
    "ReportByTime",
    "ReportByTimeRow",
    "ReportQuery",
    "ReportSummary",
    "ReportSummaryRow",
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

Identifier: TypeAlias = str
"""Identifier of a zone or an application."""

Direction: TypeAlias = Literal["asc", "desc"]
"""Direction of an ordering."""

AppOrder: TypeAlias = Literal["protocol", "app_id", "created_on", "modified_on", "dns"]
"""Field to order applications by."""

DNSType: TypeAlias = Literal["CNAME", "ADDRESS"] | str
"""Type of the DNS record in front of an application; values newer than this list are kept as they are."""


@final
@struct(kw_only=True, weakref_slot=False)
class DNS(Sent):
    """Name and type of the DNS record that leads clients to an application.

    Attributes:
        name: Hostname that clients connect to.
        type: `CNAME` with dynamic edge addresses, `ADDRESS` with static ones.
    """

    name: str | None = None
    """Hostname that clients connect to."""

    type: DNSType | None = None
    """`CNAME` with dynamic edge addresses, `ADDRESS` with static ones."""


TrafficType: TypeAlias = Literal["direct", "http", "https", "worker"] | str
"""How traffic goes from the edge to the origin: as it is (`direct`), through the HTTP features (`http`, `https`)
or to a Worker (`worker`); values newer than this list are kept as they are.
"""

OriginDNSType: TypeAlias = Literal["", "A", "AAAA", "SRV"] | str
"""Type of the DNS record of an origin, the empty string for A and AAAA together; values newer than this list are
kept as they are.
"""


@final
@struct(kw_only=True, weakref_slot=False)
class OriginDNS(Sent):
    """DNS record that origins are looked up from.

    Attributes:
        name: Name of the record, such as `origin.example.com` or, for SRV, `_ssh._tcp.example.com`.
        ttl: Seconds for which a look-up is kept, 600 or more.
        type: Type of the record.
    """

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

EdgeIPsType: TypeAlias = Literal["dynamic", "static"] | str
"""Who chooses the addresses at the edge: Cloudflare (`dynamic`) or the customer, who brings them (`static`);
values newer than this list are kept as they are.
"""

EdgeIPConnectivity: TypeAlias = Literal["all", "ipv4", "ipv6"] | str
"""IP versions that anycast addresses take connections on; values newer than this list are kept as they are."""


@final
@struct(kw_only=True, weakref_slot=False)
class EdgeIPs(Sent):
    """Addresses at Cloudflare's edge that an application is reached at.

    They are anycast ones that Cloudflare chooses, or the customer's own that Cloudflare announces.

    Attributes:
        type: `dynamic`, which needs DNS type CNAME, or `static`, which needs ADDRESS.
        connectivity: IP versions to take connections on; goes with `dynamic`.
        ips: IPv4 and IPv6 addresses; go with `static`.
    """

    type: EdgeIPsType | None = None
    """`dynamic`, which needs DNS type CNAME, or `static`, which needs ADDRESS."""

    connectivity: EdgeIPConnectivity | None = None
    """IP versions to take connections on; goes with `dynamic`."""

    ips: list[str] | None = None
    """IPv4 and IPv6 addresses; go with `static`."""


ProxyProtocol: TypeAlias = Literal["off", "v1", "v2", "simple"] | str
"""Form of the Proxy Protocol header sent to the origin: none, v1 (TCP), v2 (TCP and UDP) or simple (UDP); values
newer than this list are kept as they are.
"""

TLSMode: TypeAlias = Literal["off", "flexible", "full", "strict"] | str
"""Whether TLS of clients ends at the edge (`flexible`, `full`, `strict`), and whether it is used and verified
towards the origin; values newer than this list are kept as they are.
"""


@final
@struct(kw_only=True)
class AppRequest(SentOnly, AppRequestMethods):
    """Configuration of an application, to create one or to replace that of one.

    Exactly one of `origin_direct`, `origin_dns` and `origin_worker_id` is given. A pay-as-you-go plan takes
    `protocol`, `dns` and `origin_direct` alone.

    Attributes:
        protocol: Protocol and port or ports at the edge, such as `tcp/22` or `tcp/1000-2000`; pay-as-you-go
            plans also take names such as `minecraft`, `ssh` or `rdp`.
        dns: DNS record that leads clients to the application.
        traffic_type: How traffic goes from the edge to the origin.
        origin_direct: Origins with protocol and port, such as `tcp://192.0.2.1:22`, IPv6 addresses in
            brackets; several share the load, and a range of ports has as many ports as the one in `protocol`.
        origin_dns: DNS record that origins are looked up from; needs `origin_port` unless its type is SRV.
        origin_port: Port or ports at the origin; goes with `origin_dns`.
        origin_worker_id: The Worker that takes the traffic; goes with traffic type `worker`.
        virtual_network_id: The virtual network that a private origin is reached through.
        edge_ips: Addresses at the edge; dynamic ones when left out.
        ip_firewall: Whether IP Access Rules apply; TCP only.
        proxy_protocol: Form of the Proxy Protocol header sent to the origin.
        tls: TLS at the edge; TCP only.
        argo_smart_routing: Whether Argo Smart Routing is used; needs traffic type `direct`.
    """

    protocol: str
    """Protocol and port or ports at the edge, such as `tcp/22` or `tcp/1000-2000`; pay-as-you-go plans also take
    names such as `minecraft`, `ssh` or `rdp`.
    """

    dns: DNS
    """DNS record that leads clients to the application."""

    traffic_type: Literal["direct", "http", "https", "worker"] | Unchecked | None = None
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

    proxy_protocol: Literal["off", "v1", "v2", "simple"] | Unchecked | None = None
    """Form of the Proxy Protocol header sent to the origin."""

    tls: Literal["off", "flexible", "full", "strict"] | Unchecked | None = None
    """TLS at the edge; TCP only."""

    argo_smart_routing: bool | None = None
    """Whether Argo Smart Routing is used; needs traffic type `direct`."""


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

ZoneStatus: TypeAlias = Literal["initializing", "pending", "active", "moved"] | str
"""Status of a zone; values newer than this list are kept as they are."""


@final
@struct(kw_only=True, weakref_slot=False)
class ZoneAccount:
    """The account that a zone belongs to.

    Attributes:
        id: Identifier of the account.
        name: Name of the account.
    """

    id: str | None = None
    """Identifier of the account."""

    name: str | None = None
    """Name of the account."""


@final
@struct(kw_only=True, weakref_slot=False)
class Zone(ModelMethods):
    """A zone, which is a domain at Cloudflare; of what the API says of one, what names it.

    Attributes:
        id: Identifier of the zone, 32 hexadecimal characters.
        name: Domain of the zone.
        status: Whether Cloudflare serves the zone, which `active` says.
        account: The account that the zone belongs to.
    """

    id: Identifier
    """Identifier of the zone, 32 hexadecimal characters."""

    name: str
    """Domain of the zone."""

    status: ZoneStatus | None = None
    """Whether Cloudflare serves the zone, which `active` says."""

    account: ZoneAccount | None = None
    """The account that the zone belongs to."""


@final
@struct(kw_only=True, weakref_slot=False)
class App(AppMethods):
    """A Spectrum application.

    One of a pay-as-you-go plan has `id`, `protocol`, `dns`, `origin_direct` and the two dates alone.

    Attributes:
        id: Identifier of the application, 32 hexadecimal characters.
        protocol: Protocol and port or ports at the edge, such as `tcp/22` or `tcp/1000-2000`, or a well-known
            name such as `minecraft`.
        dns: DNS record that leads clients to the application.
        created_on: When the application was created, in UTC.
        modified_on: When the application was last changed, in UTC.
        traffic_type: How traffic goes from the edge to the origin; absent from old payloads.
        origin_direct: Origins with protocol and port, such as `tcp://192.0.2.1:22`; several share the load.
        origin_dns: DNS record that origins are looked up from.
        origin_port: Port or ports at the origin; goes with `origin_dns`.
        origin_worker_id: The Worker that takes the traffic; goes with traffic type `worker`.
        virtual_network_id: The virtual network that a private origin is reached through.
        edge_ips: Addresses at the edge.
        ip_firewall: Whether IP Access Rules apply; TCP only.
        proxy_protocol: Form of the Proxy Protocol header sent to the origin.
        tls: TLS at the edge; TCP only.
        argo_smart_routing: Whether Argo Smart Routing is used; needs traffic type `direct`.
    """

    id: Identifier
    """Identifier of the application, 32 hexadecimal characters."""

    protocol: str
    """Protocol and port or ports at the edge, such as `tcp/22` or `tcp/1000-2000`, or a well-known name such as
    `minecraft`.
    """

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
@struct(kw_only=True)
class DeletedApp(ModelMethods):
    """A deleted application.

    Attributes:
        id: Identifier that the application had.
    """

    id: Identifier
    """Identifier that the application had."""


@final
@struct(kw_only=True, weakref_slot=False)
class Protocol(ModelMethods):
    """A well-known protocol that Spectrum has a name for.

    Attributes:
        name: The name that an application's `protocol` takes.
        description: What the protocol is for.
        ports: Ports that it uses at the edge.
        transport: The transport below it, such as `tcp`.
    """

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
class CurrentAggregate(ModelMethods):
    """Traffic of one application in the last minute.

    Attributes:
        app_id: Identifier of the application.
        bytes_egress: Bytes sent to clients.
        bytes_ingress: Bytes received from clients.
        connections: Number of connections.
        duration_avg: Average duration of a connection, in milliseconds.
    """

    app_id: Identifier = attrs.field(metadata={"json": "appID"})
    """Identifier of the application."""

    bytes_egress: int | float = attrs.field(metadata={"json": "bytesEgress"})
    """Bytes sent to clients."""

    bytes_ingress: int | float = attrs.field(metadata={"json": "bytesIngress"})
    """Bytes received from clients."""

    connections: int | float
    """Number of connections."""

    duration_avg: int | float = attrs.field(metadata={"json": "durationAvg"})
    """Average duration of a connection, in milliseconds."""


@final
@struct(kw_only=True)
class ReportQuery:
    """The query as the API understood it: an echo, in which each value is kept as it came, a time as a string.

    Attributes:
        dimensions: Dimensions of the report.
        filters: Filters that were applied.
        limit: Maximum number of rows that are sent.
        metrics: Metrics of the report, in the order of the numbers in each row.
        since: Start of the time window.
        sort: Sorting of the rows.
        until: End of the time window.
        time_delta: Length of each time interval.
    """

    dimensions: Any | None = None
    """Dimensions of the report."""

    filters: Any | None = None
    """Filters that were applied."""

    limit: Any | None = None
    """Maximum number of rows that are sent."""

    metrics: Any | None = None
    """Metrics of the report, in the order of the numbers in each row."""

    since: Any | None = None
    """Start of the time window."""

    sort: Any | None = None
    """Sorting of the rows."""

    until: Any | None = None
    """End of the time window."""

    time_delta: Any | None = None
    """Length of each time interval."""


@final
@struct(kw_only=True, weakref_slot=False)
class ReportByTimeRow:
    """The metrics of one combination of dimension values, by time.

    Attributes:
        dimensions: Values of the dimensions, in the requested order; empty when none was requested.
        metrics: One list per metric, in the requested order, with one number per time interval; `nan` for a
            null.
    """

    dimensions: list[str] = attrs.field(factory=list)
    """Values of the dimensions, in the requested order; empty when none was requested."""

    metrics: list[list[int | float]] = attrs.field(factory=list)
    """One list per metric, in the requested order, with one number per time interval; `nan` for a null."""


TimeInterval: TypeAlias = tuple[datetime, ...]
"""Start and end of a time interval, both included, in UTC; one of another length is kept as it comes."""


@final
@struct(kw_only=True)
class ReportByTime(ReportTable):
    """Analytics of events, by time.

    Attributes:
        data_lag: Seconds since the last event that was counted; newer ones may be missing.
        rows: Number of rows.
        query: The query as the API understood it.
        data: One row per combination of dimension values.
        max: The largest value of each metric; can be empty.
        min: The smallest value of each metric; can be empty.
        totals: Each metric over all events of the report.
        time_intervals: The time intervals, in the order of the numbers in each row.
    """

    data_lag: int | float
    """Seconds since the last event that was counted; newer ones may be missing."""

    rows: int | float
    """Number of rows."""

    query: ReportQuery = attrs.field(factory=ReportQuery, metadata={"always_written": True})
    """The query as the API understood it."""

    data: list[ReportByTimeRow] = attrs.field(factory=list, metadata={"always_written": True})
    """One row per combination of dimension values."""

    max: dict[str, int | float] = attrs.field(factory=dict, metadata={"always_written": True})
    """The largest value of each metric; can be empty."""

    min: dict[str, int | float] = attrs.field(factory=dict, metadata={"always_written": True})
    """The smallest value of each metric; can be empty."""

    totals: dict[str, int | float] = attrs.field(factory=dict, metadata={"always_written": True})
    """Each metric over all events of the report."""

    time_intervals: list[TimeInterval] = attrs.field(factory=list, metadata={"always_written": True})
    """The time intervals, in the order of the numbers in each row."""


@final
@struct(kw_only=True, weakref_slot=False)
class ReportSummaryRow:
    """The metrics of one combination of dimension values.

    Attributes:
        dimensions: Values of the dimensions, in the requested order; empty when none was requested.
        metrics: One number per metric, in the requested order; `nan` for a null.
    """

    dimensions: list[str] = attrs.field(factory=list)
    """Values of the dimensions, in the requested order; empty when none was requested."""

    metrics: list[int | float] = attrs.field(factory=list)
    """One number per metric, in the requested order; `nan` for a null."""


@final
@struct(kw_only=True)
class ReportSummary(ReportTable):
    """Analytics of events, summed over the time window.

    Attributes:
        data_lag: Seconds since the last event that was counted; newer ones may be missing.
        rows: Number of rows.
        query: The query as the API understood it.
        data: One row per combination of dimension values.
        max: The largest value of each metric; can be empty.
        min: The smallest value of each metric; can be empty.
        totals: Each metric over all events of the report.
    """

    data_lag: int | float
    """Seconds since the last event that was counted; newer ones may be missing."""

    rows: int | float
    """Number of rows."""

    query: ReportQuery = attrs.field(factory=ReportQuery, metadata={"always_written": True})
    """The query as the API understood it."""

    data: list[ReportSummaryRow] = attrs.field(factory=list, metadata={"always_written": True})
    """One row per combination of dimension values."""

    max: dict[str, int | float] = attrs.field(factory=dict, metadata={"always_written": True})
    """The largest value of each metric; can be empty."""

    min: dict[str, int | float] = attrs.field(factory=dict, metadata={"always_written": True})
    """The smallest value of each metric; can be empty."""

    totals: dict[str, int | float] = attrs.field(factory=dict, metadata={"always_written": True})
    """Each metric over all events of the report."""


@final
@struct(kw_only=True, weakref_slot=False)
class Bandwidth(ModelMethods):
    """Bytes transferred in a time window.

    Attributes:
        all: Bytes in both directions.
        egress: Bytes sent to clients.
        ingress: Bytes received from clients.
    """

    all: int | float
    """Bytes in both directions."""

    egress: int | float
    """Bytes sent to clients."""

    ingress: int | float
    """Bytes received from clients."""


@final
@struct(kw_only=True, weakref_slot=False)
class ZoneTotals(ModelMethods):
    """What has been counted of one zone.

    Attributes:
        bandwidth: Bytes transferred.
    """

    bandwidth: Bandwidth
    """Bytes transferred."""


@final
@struct(kw_only=True, weakref_slot=False)
class ZoneUsage(ModelMethods):
    """Bandwidth of one zone in a time window.

    Attributes:
        zone_id: Identifier of the zone.
        totals: What has been counted.
    """

    zone_id: Identifier
    """Identifier of the zone."""

    totals: ZoneTotals
    """What has been counted."""
