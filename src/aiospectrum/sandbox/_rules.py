"""The rules for the fields of one app, whatever else is in its zone.

https://developers.cloudflare.com/spectrum/reference/configuration-options/ . The sandbox reports
every problem of a request at once, and it is stricter than Cloudflare in one point: a field that an
app does not have, or that only the server sets, is refused with 10012 on every plan, where
Cloudflare does so on pay-as-you-go plans alone.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

import attrs

from aiospectrum.sandbox._errors import INVALID, RefusedError
from aiospectrum.sandbox._fields import Fields
from aiospectrum.sandbox._origins import read_direct, read_origin
from aiospectrum.sandbox._protocols import NAMED_PROTOCOLS, PortRange, parse_protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiospectrum.sandbox._errors import Problem

__all__ = ["AppConfig", "read_config"]

_PAYGO_FIELDS: Final = ("protocol", "dns", "origin_direct")
_FULL_FIELDS: Final = (
    *_PAYGO_FIELDS,
    "traffic_type",
    "argo_smart_routing",
    "edge_ips",
    "ip_firewall",
    "origin_dns",
    "origin_port",
    "origin_worker_id",
    "proxy_protocol",
    "tls",
    "virtual_network_id",
)
_TRAFFIC_TYPES: Final = ("direct", "http", "https", "worker")
_PROXY_PROTOCOLS: Final = {
    "off": ("tcp", "udp"),
    "v1": ("tcp",),
    "v2": ("tcp", "udp"),
    "simple": ("udp",),
}


@attrs.frozen(kw_only=True)
class AppConfig:
    """The checked part of an app that its owner decides."""

    ports: PortRange
    """Edge ports that `protocol` stands for."""
    hostname: str
    """Host name of the app, in lower case."""
    dns_type: str
    """``CNAME`` or ``ADDRESS``."""
    shown: Mapping[str, object]
    """Fields of the app in answers, defaults included."""


def read_config(body: Mapping[str, object], *, paygo: bool) -> AppConfig:
    """Return the configuration in a create or update request.

    Raises:
        RefusedError: 400 with one problem for each rule that the body breaks.
    """
    problems: list[Problem] = []
    fields = Fields(body, problems)
    fields.refuse_others(_PAYGO_FIELDS if paygo else _FULL_FIELDS)
    protocol, ports = _read_protocol(fields, paygo=paygo)
    dns = _read_dns(fields)
    shown: dict[str, object] = {"protocol": protocol, "dns": dns}
    if paygo:
        _require_cname(fields, dns)
        shown |= read_direct(fields, ports)
    else:
        shown |= _read_full(fields, ports, dns)
    if problems or ports is None:
        raise RefusedError(400, *problems)
    return AppConfig(ports=ports, hostname=dns["name"], dns_type=dns["type"], shown=shown)


def _read_protocol(fields: Fields, *, paygo: bool) -> tuple[object, PortRange | None]:
    value = fields.values.get("protocol")
    ports = parse_protocol(value) if isinstance(value, str) else None
    if ports is None:
        expected = "a protocol such as tcp/22, udp/53 or tcp/1000-2000"
        fields.report(13002, "protocol", f"protocol is {value!r}; expected {expected}")
    elif value in NAMED_PROTOCOLS and not paygo:
        message = f"protocol {value} is for pay-as-you-go plans; write {ports.transport}/{ports.low}"
        fields.report(13002, "protocol", message)
    return value, ports


def _read_dns(fields: Fields) -> dict[str, str]:
    record = fields.inner("dns", 11004)
    if record is None:
        return {"type": "CNAME", "name": ""}
    record.refuse_others(("name", "type"))
    kind = record.choice("type", ("CNAME", "ADDRESS"), "CNAME", 11004)
    return {"type": kind, "name": record.hostname("name", 11004) or ""}


def _require_cname(fields: Fields, dns: Mapping[str, str]) -> None:
    if dns["type"] != "CNAME":
        fields.report(11004, "dns/type", "dynamic edge IPs need dns.type CNAME")


def _read_full(fields: Fields, ports: PortRange | None, dns: Mapping[str, str]) -> dict[str, object]:
    transport = "tcp" if ports is None else ports.transport
    traffic_type = fields.choice("traffic_type", _TRAFFIC_TYPES, "direct")
    proxy = fields.choice("proxy_protocol", tuple(_PROXY_PROTOCOLS), "off")
    tls = fields.choice("tls", ("off", "flexible", "full", "strict"), "off")
    firewall = fields.flag("ip_firewall")
    if transport not in _PROXY_PROTOCOLS[proxy]:
        fields.report(INVALID, "proxy_protocol", f"proxy_protocol {proxy} is not for {transport}")
    if transport == "udp":
        tcp_only = {
            "traffic_type": traffic_type in ("http", "https"),
            "tls": tls != "off",
            "ip_firewall": firewall,
        }
        for name in (name for name, used in tcp_only.items() if used):
            fields.report(INVALID, name, f"{name} {fields.values[name]!r} is for TCP applications only")
    return {
        "traffic_type": traffic_type,
        "argo_smart_routing": fields.flag("argo_smart_routing"),
        "edge_ips": _read_edge_ips(fields, dns),
        "ip_firewall": firewall,
        **read_origin(fields, ports, traffic_type),
        "proxy_protocol": proxy,
        "tls": tls,
    }


def _read_edge_ips(fields: Fields, dns: Mapping[str, str]) -> dict[str, object]:
    edge = fields.inner("edge_ips") if "edge_ips" in fields.values else Fields({}, fields.problems)
    if edge is None:
        return {}
    kind = edge.choice("type", ("dynamic", "static"), "static" if "ips" in edge.values else "dynamic")
    if kind == "dynamic":
        _require_cname(fields, dns)
        edge.refuse_others(("type", "connectivity"))
        return {
            "type": kind,
            "connectivity": edge.choice("connectivity", ("all", "ipv4", "ipv6"), "all"),
        }
    if dns["type"] != "ADDRESS":
        fields.report(11004, "dns/type", "static edge IPs need dns.type ADDRESS")
    edge.refuse_others(("type", "ips"))
    return {"type": kind, "ips": _read_ips(edge)}


def _read_ips(edge: Fields) -> object:
    addresses = edge.values.get("ips")
    if not isinstance(addresses, list) or not addresses:
        edge.report(INVALID, "ips", f"ips is {addresses!r}; expected a list of IP addresses")
        return addresses
    for place, address in enumerate(addresses):
        if not _is_ip(address):
            edge.report(INVALID, f"ips/{place}", f"{address!r} is not an IP address")
    return addresses


def _is_ip(value: object) -> bool:
    # Numbers are IP addresses to the standard library, but not in JSON.
    if not isinstance(value, str):
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
