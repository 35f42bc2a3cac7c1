"""The rules that fields of a configuration have together: pure, each a function that finds where they are broken.

Each takes a configuration whose fields are fine by themselves, or :class:`~aiospectrum.checks.Unchecked`: what is not
known here breaks no rule.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

__all__ = [
    "Conflict",
    "argo_traffic",
    "dns_name",
    "dns_type",
    "firewall_transport",
    "network_origin",
    "network_ports",
    "network_proxy",
    "network_single",
    "origin_name",
    "origin_port",
    "origin_ports",
    "origin_transport",
    "port_missing",
    "protocol_name",
    "proxy_transport",
    "static_ips",
    "tls_transport",
    "traffic_transport",
    "worker_origin",
    "worker_port",
    "worker_proxy",
    "worker_tls",
]

Conflict: TypeAlias = tuple[str, object, str, str]
"""A field, with the path inside the configuration; its value; what is wrong with it; and what would do."""

_NAMED: Final = ("minecraft", "rdp", "ssh")
"""Protocols that have names; all are over TCP, and have one port."""

_PROXY_PROTOCOLS: Final = {"v1": ("tcp",), "v2": ("tcp", "udp"), "simple": ("udp",)}
_ORIGIN: Final = re.compile(r"(tcp|udp)://.*:([0-9-]+)")
_PORTS: Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def _transport(app: Any) -> str | None:
    """``tcp`` or ``udp``; None for a protocol that is not known here."""
    if app.protocol in _NAMED:
        return "tcp"
    transport = app.protocol.partition("/")[0]
    return transport if transport in ("tcp", "udp") else None


def _ports(app: Any) -> int | None:
    """Number of ports at the edge; None for a protocol that is not known here."""
    return 1 if app.protocol in _NAMED else _count_ports(app.protocol.partition("/")[2])


def _count_ports(ports: object) -> int | None:
    match = _PORTS.fullmatch(str(ports))
    count = 0 if match is None else int(match[2] or match[1]) - int(match[1]) + 1
    return count if count > 0 else None


def _is_static(app: Any) -> bool | None:
    """Whether the addresses at the edge are the customer's own; None for a kind that is not known here."""
    edge = app.edge_ips
    if edge is None:
        return False
    if edge.type is None:
        return edge.ips is not None
    return {"static": True, "dynamic": False}.get(edge.type)


def dns_name(app: Any) -> Iterator[Conflict]:
    """Clients connect to a full host name."""
    yield from _full_name("dns.name", app.dns.name)


def origin_name(app: Any) -> Iterator[Conflict]:
    """An origin is looked up by a full name."""
    if app.origin_dns is not None:
        yield from _full_name("origin_dns.name", app.origin_dns.name)


def _full_name(field: str, name: str | None) -> Iterator[Conflict]:
    if name is None or "." not in name:
        problem = "it is missing" if name is None else "a single word is no name in a zone"
        yield field, name, problem, "a host name such as www.example.com"


def dns_type(app: Any) -> Iterator[Conflict]:
    """Dynamic edge addresses need a CNAME record, static ones ADDRESS."""
    is_static, given = _is_static(app), app.dns.type or "CNAME"
    wanted = "ADDRESS" if is_static else "CNAME"
    if is_static is not None and given in ("CNAME", "ADDRESS") and given != wanted:
        addresses = "addresses of your own" if is_static else "addresses that Cloudflare chooses"
        yield "dns.type", app.dns.type, f"the edge has {addresses} ({_edge_kind(app)})", wanted


def _edge_kind(app: Any) -> str:
    return "no edge_ips" if app.edge_ips is None else f"edge_ips {'static' if _is_static(app) else 'dynamic'}"


def static_ips(app: Any) -> Iterator[Conflict]:
    """Static edge addresses are given."""
    if _is_static(app) and not app.edge_ips.ips:
        yield "edge_ips.ips", app.edge_ips.ips, "static edge addresses are the customer's own", "at least one of them"


def protocol_name(app: Any) -> Iterator[Conflict]:
    """A name stands for a protocol that Cloudflare has one for."""
    if "/" not in app.protocol and app.protocol not in _NAMED:
        known = ", ".join(_NAMED)
        yield "protocol", app.protocol, f"its name is not known here, as {known} are", "one that protocols.list has"


def traffic_transport(app: Any) -> Iterator[Conflict]:
    """The HTTP features and Workers are for TCP."""
    if app.traffic_type in ("http", "https", "worker") and _transport(app) == "udp":
        problem = f"traffic type {app.traffic_type} is for TCP, and the protocol is over UDP"
        yield "traffic_type", app.traffic_type, problem, "direct, or a protocol such as tcp/443"


def tls_transport(app: Any) -> Iterator[Conflict]:
    """TLS is for TCP."""
    if app.tls in ("flexible", "full", "strict") and _transport(app) == "udp":
        yield "tls", app.tls, "TLS is for TCP, and the protocol is over UDP", "off, or a protocol such as tcp/443"


def firewall_transport(app: Any) -> Iterator[Conflict]:
    """IP Access Rules are for TCP."""
    if app.ip_firewall and _transport(app) == "udp":
        problem = "IP Access Rules are for TCP, and the protocol is over UDP"
        yield "ip_firewall", app.ip_firewall, problem, "False, or a protocol such as tcp/443"


def proxy_transport(app: Any) -> Iterator[Conflict]:
    """Proxy Protocol v1 is for TCP, simple for UDP, and v2 for both."""
    transport = _transport(app)
    if transport is not None and transport not in _PROXY_PROTOCOLS.get(app.proxy_protocol, (transport,)):
        wanted = ", ".join(name for name, transports in _PROXY_PROTOCOLS.items() if transport in transports)
        problem = f"Proxy Protocol {app.proxy_protocol} is not for {transport.upper()}"
        yield "proxy_protocol", app.proxy_protocol, problem, f"off, {wanted}"


def argo_traffic(app: Any) -> Iterator[Conflict]:
    """Argo Smart Routing needs traffic type direct; with UDP sources conflict, so that it is let through."""
    if app.argo_smart_routing and app.traffic_type in ("http", "https", "worker"):
        problem = f"Argo Smart Routing needs traffic type direct, and it is {app.traffic_type}"
        yield "argo_smart_routing", app.argo_smart_routing, problem, "False, or traffic_type direct"


def worker_origin(app: Any) -> Iterator[Conflict]:
    """A Worker goes with traffic type worker, and no other origin does."""
    if app.traffic_type == "worker":
        for name in ("origin_direct", "origin_dns"):
            if getattr(app, name) is not None:
                yield name, getattr(app, name), "traffic type worker leads to a Worker", "origin_worker_id in its place"
    elif app.origin_worker_id is not None and app.traffic_type in (None, "direct", "http", "https"):
        problem = "a Worker takes traffic of the type worker alone"
        yield "origin_worker_id", app.origin_worker_id, problem, "traffic_type worker beside it"


def worker_port(app: Any) -> Iterator[Conflict]:
    """A Worker has no port."""
    if app.origin_worker_id is not None and app.origin_port is not None:
        yield "origin_port", app.origin_port, "a Worker has no port", "None beside origin_worker_id"


def worker_proxy(app: Any) -> Iterator[Conflict]:
    """A Worker takes no Proxy Protocol."""
    if app.traffic_type == "worker" and app.proxy_protocol in _PROXY_PROTOCOLS:
        yield "proxy_protocol", app.proxy_protocol, "a Worker takes no Proxy Protocol", "off"


def worker_tls(app: Any) -> Iterator[Conflict]:
    """TLS ends at the edge in front of a Worker."""
    if app.traffic_type == "worker" and app.tls in ("full", "strict"):
        yield "tls", app.tls, "there is no TLS between the edge and a Worker", "off or flexible"


def origin_transport(app: Any) -> Iterator[Conflict]:
    """Origins have the transport of the protocol."""
    transport = _transport(app)
    for field, origin, match in _origins(app):
        if transport is not None and match[1] != transport:
            wanted = f"an origin such as {transport}://192.0.2.1:22"
            yield field, origin, f"the protocol is over {transport.upper()}", wanted


def origin_ports(app: Any) -> Iterator[Conflict]:
    """Origins have as many ports as the protocol."""
    for field, origin, match in _origins(app):
        yield from _same_number(app, field, origin, match[2])


def origin_port(app: Any) -> Iterator[Conflict]:
    """The port at the origin is a range of as many ports as the protocol has."""
    if app.origin_port is not None:
        yield from _same_number(app, "origin_port", app.origin_port, app.origin_port)


def _origins(app: Any) -> Iterator[tuple[str, str, re.Match[str]]]:
    for index, origin in enumerate(app.origin_direct or ()):
        match = _ORIGIN.fullmatch(origin)
        if match is not None:
            yield f"origin_direct[{index}]", origin, match


def _same_number(app: Any, field: str, value: object, ports: object) -> Iterator[Conflict]:
    wanted, given = _ports(app), _count_ports(ports)
    if wanted is not None and given is not None and given != wanted:
        numbers = "1 port" if wanted == 1 else f"{wanted} ports"
        yield field, value, f"the protocol has {numbers} at the edge", f"{numbers} at the origin"


def port_missing(app: Any) -> Iterator[Conflict]:
    """An origin by name needs a port, unless its SRV record has one."""
    if app.origin_dns is not None and app.origin_dns.type in (None, "", "A", "AAAA") and app.origin_port is None:
        yield "origin_port", None, "only SRV records have ports", "a port beside origin_dns"


def network_origin(app: Any) -> Iterator[Conflict]:
    """A virtual network leads to an address."""
    if app.virtual_network_id is not None and app.origin_direct is None:
        problem = "a virtual network leads to an address"
        yield "virtual_network_id", app.virtual_network_id, problem, "one origin_direct beside it"


def network_single(app: Any) -> Iterator[Conflict]:
    """A virtual network leads to a single address."""
    if app.virtual_network_id is not None and len(app.origin_direct or ()) > 1:
        yield "origin_direct", app.origin_direct, "a virtual network leads to one address", "a single address"


def network_ports(app: Any) -> Iterator[Conflict]:
    """A virtual network takes no ranges of ports."""
    if app.virtual_network_id is not None:
        ranges = [(field, origin) for field, origin, match in _origins(app) if "-" in match[2]]
        ranges += [("origin_port", app.origin_port)] if "-" in str(app.origin_port) else []
        for field, value in ranges:
            yield field, value, "a virtual network takes no ranges of ports", "a single port"


def network_proxy(app: Any) -> Iterator[Conflict]:
    """A virtual network does not go with Proxy Protocol v1."""
    if app.virtual_network_id is not None and app.proxy_protocol == "v1":
        yield "proxy_protocol", app.proxy_protocol, "it does not go with a virtual network", "off or v2"
