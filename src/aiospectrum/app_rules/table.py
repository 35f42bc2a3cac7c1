"""The rules of a configuration by name: what each compares, and where Cloudflare documents it."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs

from aiospectrum.app_rules import rules
from aiospectrum.app_rules.problem import Severity
from aiospectrum.app_rules.rules import Conflict

__all__ = ["FORMS", "OTHER_FORM", "RULES", "Rule"]

_OPTIONS: Final = "https://developers.cloudflare.com/spectrum/reference/configuration-options/"
_RANGES: Final = f"{_OPTIONS}#port-ranges"
_CODES: Final = "https://developers.cloudflare.com/spectrum/reference/error-codes/"
_NETWORK: Final = f"{_CODES}#virtual-network-origin-errors"
_API: Final = "https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/create/"
_PROXY: Final = "https://developers.cloudflare.com/spectrum/how-to/enable-proxy-protocol/"


@attrs.frozen(kw_only=True)
class Rule:
    """A rule for fields together."""

    code: str
    """Its name."""

    compares: tuple[str, ...]
    """The fields whose values it compares, not only whether they are given, with the path inside the configuration."""

    find: Callable[[Any], Iterator[Conflict]]
    """Finds where a configuration breaks it."""

    link: str
    """Where Cloudflare documents it."""

    severity: Severity = "error"
    """Whether what breaks it is refused."""


RULES: Final = (
    Rule(code="hostname", compares=("dns.name",), find=rules.dns_name, link=_API),
    Rule(code="dns-type", compares=("dns.type", "edge_ips.type", "edge_ips.ips"), find=rules.dns_type, link=_CODES),
    Rule(
        code="static-ips",
        compares=("edge_ips.type", "edge_ips.ips"),
        find=rules.static_ips,
        link="https://developers.cloudflare.com/spectrum/about/byoip/",
        severity="warning",
    ),
    Rule(code="protocol-name", compares=("protocol",), find=rules.protocol_name, link=_CODES, severity="warning"),
    Rule(code="traffic-transport", compares=("traffic_type", "protocol"), find=rules.traffic_transport, link=_OPTIONS),
    Rule(code="tls-transport", compares=("tls", "protocol"), find=rules.tls_transport, link=_OPTIONS),
    Rule(code="firewall-transport", compares=("ip_firewall", "protocol"), find=rules.firewall_transport, link=_API),
    Rule(code="proxy-transport", compares=("proxy_protocol", "protocol"), find=rules.proxy_transport, link=_PROXY),
    Rule(code="argo-traffic", compares=("argo_smart_routing", "traffic_type"), find=rules.argo_traffic, link=_API),
    Rule(code="worker-origin", compares=("traffic_type",), find=rules.worker_origin, link=_API),
    Rule(code="worker-port", compares=("origin_worker_id",), find=rules.worker_port, link=_API),
    Rule(code="worker-proxy", compares=("traffic_type", "proxy_protocol"), find=rules.worker_proxy, link=_API),
    Rule(code="worker-tls", compares=("traffic_type", "tls"), find=rules.worker_tls, link=_API),
    Rule(code="origin-transport", compares=("origin_direct", "protocol"), find=rules.origin_transport, link=_CODES),
    Rule(code="origin-ports", compares=("origin_direct", "protocol"), find=rules.origin_ports, link=_RANGES),
    Rule(code="origin-ports", compares=("origin_port", "protocol"), find=rules.origin_port, link=_RANGES),
    Rule(code="origin-hostname", compares=("origin_dns.name",), find=rules.origin_name, link=_CODES),
    Rule(code="port-missing", compares=("origin_dns", "origin_port"), find=rules.port_missing, link=_CODES),
    Rule(code="network-origin", compares=("virtual_network_id",), find=rules.network_origin, link=_NETWORK),
    Rule(
        code="network-single",
        compares=("virtual_network_id", "origin_direct"),
        find=rules.network_single,
        link=_NETWORK,
    ),
    Rule(
        code="network-ports",
        compares=("virtual_network_id", "origin_direct", "origin_port"),
        find=rules.network_ports,
        link=_NETWORK,
    ),
    Rule(code="network-proxy", compares=("virtual_network_id", "proxy_protocol"), find=rules.network_proxy, link=_API),
)
"""The rules for fields together, in the order in which they are reported.

Sources: the pages that they link to, and for Workers and virtual networks the texts of the official SDKs.
"""

FORMS: Final = {
    "": ("one-origin", _CODES),
    "protocol": ("protocol", _RANGES),
    "dns": ("dns-record", _CODES),
    "dns.name": ("hostname", _API),
    "dns.type": ("dns-type", _CODES),
    "origin_direct": ("origin-address", _CODES),
    "origin_dns": ("origin-record", _CODES),
    "origin_dns.name": ("origin-hostname", _CODES),
    "origin_dns.ttl": ("ttl", _CODES),
    "origin_dns.type": ("origin-record", _CODES),
    "origin_port": ("origin-port", _RANGES),
    "origin_worker_id": ("worker-id", _API),
    "virtual_network_id": ("network-id", _NETWORK),
    "edge_ips": ("edge-ips", _API),
    "edge_ips.type": ("edge-ips", _API),
    "edge_ips.connectivity": ("edge-ips", _API),
    "edge_ips.ips": ("edge-ips", _API),
}
"""Name and source of what the spec says of a field by itself."""

OTHER_FORM: Final = ("value", _API)
"""The same for any other field."""
