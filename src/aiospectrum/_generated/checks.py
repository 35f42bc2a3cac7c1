# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""What the arguments of calls must be."""

from typing import Final

from aiospectrum._generated import models
from aiospectrum.app_rules import AppCheck
from aiospectrum.checks import Array, Flag, Integer, Object, OneOf, Text

IDENTIFIER: Final = Text(
    pattern="^[0-9a-fA-F]{32}\\Z", min_length=32, max_length=32, expected="32 hexadecimal characters"
)
"""Check of a value of the schema Identifier."""

DIRECTION: Final = Text(choices=("asc", "desc"))
"""Check of a value of the schema Direction."""

APP_ORDER: Final = Text(choices=("protocol", "app_id", "created_on", "modified_on", "dns"))
"""Check of a value of the schema AppOrder."""

DNS_TYPE: Final = Text(choices=("CNAME", "ADDRESS"))
"""Check of a value of the schema DNSType."""

DNS: Final = Object(model=models.DNS, fields={"name": Text(format="hostname"), "type": DNS_TYPE})
"""Check of a value of the schema DNS."""

TRAFFIC_TYPE: Final = Text(choices=("direct", "http", "https", "worker"))
"""Check of a value of the schema TrafficType."""

ORIGIN_DNS_TYPE: Final = Text(choices=("", "A", "AAAA", "SRV"))
"""Check of a value of the schema OriginDNSType."""

ORIGIN_DNS: Final = Object(
    model=models.OriginDNS,
    fields={"name": Text(format="hostname"), "ttl": Integer(minimum=600), "type": ORIGIN_DNS_TYPE},
)
"""Check of a value of the schema OriginDNS."""

ORIGIN_PORT: Final = OneOf(
    options=(
        Integer(minimum=1, maximum=65535),
        Text(
            pattern="^[0-9]{1,5}(-[0-9]{1,5})?\\Z",
            format="port-range",
            expected='a port or a range of ports such as "1000-2000"',
        ),
    )
)
"""Check of a value of the schema OriginPort."""

EDGE_IPS_TYPE: Final = Text(choices=("dynamic", "static"))
"""Check of a value of the schema EdgeIPsType."""

EDGE_IP_CONNECTIVITY: Final = Text(choices=("all", "ipv4", "ipv6"))
"""Check of a value of the schema EdgeIPConnectivity."""

EDGE_IPS: Final = Object(
    model=models.EdgeIPs,
    fields={"type": EDGE_IPS_TYPE, "connectivity": EDGE_IP_CONNECTIVITY, "ips": Array(items=Text(format="ip-address"))},
    variants={"type": {"dynamic": ("connectivity",), "static": ("ips",)}},
)
"""Check of a value of the schema EdgeIPs."""

PROXY_PROTOCOL: Final = Text(choices=("off", "v1", "v2", "simple"))
"""Check of a value of the schema ProxyProtocol."""

TLS_MODE: Final = Text(choices=("off", "flexible", "full", "strict"))
"""Check of a value of the schema TLSMode."""

APP_REQUEST: Final = AppCheck(
    model=models.AppRequest,
    fields={
        "protocol": Text(
            pattern="^((tcp|udp)/[0-9]{1,5}(-[0-9]{1,5})?|[A-Za-z][A-Za-z0-9_-]*)\\Z",
            format="protocol",
            min_length=1,
            expected='a protocol and port or ports such as "tcp/22" or "tcp/1000-2000", or a name such as "minecraft"',
        ),
        "dns": DNS,
        "traffic_type": TRAFFIC_TYPE,
        "origin_direct": Array(items=Text(format="origin"), min_items=1),
        "origin_dns": ORIGIN_DNS,
        "origin_port": ORIGIN_PORT,
        "origin_worker_id": Text(min_length=1),
        "virtual_network_id": Text(format="uuid"),
        "edge_ips": EDGE_IPS,
        "ip_firewall": Flag(),
        "proxy_protocol": PROXY_PROTOCOL,
        "tls": TLS_MODE,
        "argo_smart_routing": Flag(),
    },
    required=frozenset(["protocol", "dns"]),
    exactly_one_of=("origin_direct", "origin_dns", "origin_worker_id"),
)
"""Check of a value of the schema AppRequest."""

TIME_DELTA: Final = Text(choices=("year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"))
"""Check of a value of the schema TimeDelta."""

METRIC: Final = Text(
    choices=("count", "bytesIngress", "bytesEgress", "durationAvg", "durationMedian", "duration90th", "duration99th")
)
"""Check of a value of the schema Metric."""

DIMENSION: Final = Text(choices=("event", "appID", "coloName", "ipVersion"))
"""Check of a value of the schema Dimension."""
