"""The rules for the fields of one app, whatever else is in its zone.

https://developers.cloudflare.com/spectrum/reference/configuration-options/ . The sandbox reports
every problem of a request at once, and it is stricter than Cloudflare in one point: a field that an
app does not have, or that only the server sets, is refused with 10012 on every plan, where
Cloudflare does so on pay-as-you-go plans alone.

Codes: https://developers.cloudflare.com/spectrum/reference/error-codes/ (11000 exactly one origin,
11001 origin by name, 11002 origin address, 11004 DNS type, 11041 to 11045 virtual networks).
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

import attrs

from aiospectrum.sandbox.fields import Fields, PortRange, parse_ports, parse_protocol
from aiospectrum.sandbox.options import is_whole
from aiospectrum.sandbox.responses import INVALID, Problem, RefusedError

__all__ = ["AppConfig", "keep_recorded", "read_config"]

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
_PROXY_PROTOCOLS: Final = {"off": ("tcp", "udp"), "v1": ("tcp",), "v2": ("tcp", "udp"), "simple": ("udp",)}
_ADDRESS: Final = re.compile(r"(tcp|udp)://(?:\[([0-9A-Fa-f:.]+)\]|([\d.]+)):([\d-]+)", re.ASCII)
_LOWEST_TTL: Final = 600
_HIGHEST_TTL: Final = 2**63 - 1
_UUID: Final = re.compile("-".join(rf"[0-9A-Fa-f]{{{length}}}" for length in (8, 4, 4, 4, 12)))
_ORIGINS: Final = ("origin_direct", "origin_dns", "origin_worker_id")


@attrs.frozen(kw_only=True)
class AppConfig:
    """The checked part of an app that its owner decides."""

    ports: PortRange
    """Edge ports that ``protocol`` stands for."""
    hostname: str
    """Host name of the app, in lower case."""
    dns_type: str
    """``CNAME`` or ``ADDRESS``."""
    shown: Mapping[str, object]
    """Fields of the app in responses, defaults included."""


def read_config(body: Mapping[str, object], *, paygo: bool, newer: Collection[str] = ()) -> AppConfig:
    """Return the configuration in a create or update request.

    ``newer`` are fields that it takes beside the documented ones, with whatever values.

    Raises:
        RefusedError: 400 with one problem for each rule that the body breaks.
    """
    problems: list[Problem] = []
    fields = Fields(body, problems)
    fields.refuse_others((*(_PAYGO_FIELDS if paygo else _FULL_FIELDS), *newer))
    ports = _read_protocol(fields)
    dns = _read_dns(fields)
    shown: dict[str, object] = {"protocol": body.get("protocol"), "dns": dns}
    if paygo:
        _require_dns_type(fields, dns, "CNAME", "dynamic")
        shown |= _read_direct(fields, ports)
    else:
        shown |= _read_full(fields, ports, dns)
    if problems or ports is None:
        raise RefusedError(400, *problems)
    shown = {**{name: body[name] for name in newer if name in body}, **shown}
    return AppConfig(ports=ports, hostname=dns["name"], dns_type=dns["type"], shown=shown)


def keep_recorded(values: Mapping[str, object]) -> AppConfig:
    """Return a recorded configuration as it is, whatever else than a protocol and a host name it has.

    Raises:
        ValueError: It has none of these.
    """
    protocol, dns = values.get("protocol"), values.get("dns")
    ports = parse_protocol(protocol) if isinstance(protocol, str) else None
    if ports is None:
        raise ValueError(f"protocol is {protocol!r}; expected a protocol such as tcp/22")
    if not isinstance(dns, dict) or not isinstance(dns.get("name"), str):
        raise ValueError(f"dns is {dns!r}; expected an object with a name")
    kind = "ADDRESS" if dns.get("type") == "ADDRESS" else "CNAME"
    return AppConfig(ports=ports, hostname=dns["name"].lower(), dns_type=kind, shown=dict(values))


def _read_protocol(fields: Fields) -> PortRange | None:
    value = fields.values.get("protocol")
    ports = parse_protocol(value) if isinstance(value, str) else None
    if ports is None:
        fields.report_value(13002, "protocol", "a protocol such as tcp/22, udp/53 or tcp/1000-2000")
    return ports


def _read_dns(fields: Fields) -> dict[str, str]:
    record = fields.inner("dns", 11004)
    if record is None:
        return {"type": "CNAME", "name": ""}
    record.refuse_others(("name", "type"))
    kind = record.choice("type", ("CNAME", "ADDRESS"), "CNAME", 11004)
    return {"type": kind, "name": record.hostname("name", 11004) or ""}


def _require_dns_type(fields: Fields, dns: Mapping[str, str], kind: str, edge_ips: str) -> None:
    if dns["type"] != kind:
        fields.report(11004, "dns/type", f"{edge_ips} edge IPs need dns.type {kind}")


def _read_full(fields: Fields, ports: PortRange | None, dns: Mapping[str, str]) -> dict[str, object]:
    transport = "unknown" if ports is None else ports.transport
    traffic_type = fields.choice("traffic_type", _TRAFFIC_TYPES, "direct")
    proxy = fields.choice("proxy_protocol", tuple(_PROXY_PROTOCOLS), "off")
    tls = fields.choice("tls", ("off", "flexible", "full", "strict"), "off")
    firewall = fields.flag("ip_firewall")
    if transport != "unknown" and transport not in _PROXY_PROTOCOLS[proxy]:
        fields.report(INVALID, "proxy_protocol", f"proxy_protocol {proxy} is not for {transport}")
    argo = fields.flag("argo_smart_routing")
    tcp_only = {"traffic_type": traffic_type != "direct", "tls": tls != "off", "ip_firewall": firewall}
    for name, used in tcp_only.items():
        if used and transport == "udp":
            fields.report(INVALID, name, f"{name} {fields.values[name]!r} is for TCP applications only")
    if argo and traffic_type != "direct":
        fields.report(INVALID, "argo_smart_routing", "Argo Smart Routing needs traffic_type direct")
    if traffic_type == "worker" and proxy != "off":
        fields.report(INVALID, "proxy_protocol", "a Worker does not read Proxy Protocol")
    if traffic_type == "worker" and tls not in ("off", "flexible"):
        fields.report(INVALID, "tls", f"tls {tls} is not for Workers")
    if proxy == "v1" and "virtual_network_id" in fields.values:
        fields.report(INVALID, "proxy_protocol", "proxy_protocol v1 does not go with a virtual network")
    return {
        "traffic_type": traffic_type,
        "argo_smart_routing": argo,
        "edge_ips": _read_edge_ips(fields, dns),
        "ip_firewall": firewall,
        **_read_origin(fields, ports, traffic_type),
        "proxy_protocol": proxy,
        "tls": tls,
    }


def _read_edge_ips(fields: Fields, dns: Mapping[str, str]) -> dict[str, object]:
    edge = fields.inner("edge_ips") if "edge_ips" in fields.values else Fields({}, fields.problems)
    if edge is None:
        return {}
    kind = edge.choice("type", ("dynamic", "static"), "static" if "ips" in edge.values else "dynamic")
    if kind == "dynamic":
        _require_dns_type(fields, dns, "CNAME", kind)
        edge.refuse_others(("type", "connectivity"))
        return {"type": kind, "connectivity": edge.choice("connectivity", ("all", "ipv4", "ipv6"), "all")}
    _require_dns_type(fields, dns, "ADDRESS", kind)
    edge.refuse_others(("type", "ips"))
    addresses = edge.items("ips", INVALID, "a list of IP addresses")
    for place, address in enumerate(addresses or ()):
        if not _is_text_of(ipaddress.ip_address, address) or "%" in str(address):
            edge.report(INVALID, f"ips/{place}", f"{address!r} is not an IP address")
    return {"type": kind, "ips": addresses}


def _read_origin(fields: Fields, ports: PortRange | None, traffic_type: str) -> dict[str, object]:
    """Return the origin part of a full app; without a valid protocol ``ports`` is ``None``."""
    given = [name for name in _ORIGINS if name in fields.values]
    expected = ["origin_worker_id"] if traffic_type == "worker" else ["origin_direct", "origin_dns"]
    if len(given) != 1 or given[0] not in expected:
        found = " and ".join(given) or "none"
        wanted = f"exactly one of {' and '.join(expected)}" if expected[1:] else expected[0]
        message = f"traffic type {traffic_type} needs {wanted}, and no other; found {found}"
        # With one origin too many the surplus is pointed at, with none the field that is missing.
        fields.report(11000, given[-1] if given else expected[0], message)
        return {}
    kind = given[0]
    if kind == "origin_worker_id":
        if "origin_port" in fields.values:
            fields.report(11000, "origin_port", "origin_port does not go with origin_worker_id")
        return _read_worker(fields) | _read_network(fields, kind)
    origin = _read_direct(fields, ports) if kind == "origin_direct" else _read_origin_dns(fields, ports)
    if "origin_port" in fields.values and kind == "origin_direct":  # which real ones have been seen with
        origin["origin_port"] = _read_port(fields, ports)
    return origin | _read_network(fields, kind)


def _read_direct(fields: Fields, ports: PortRange | None) -> dict[str, object]:
    addresses = fields.items("origin_direct", 11002, "a list such as ['tcp://192.0.2.1:22']")
    for place, address in enumerate(addresses or ()):
        problem = _address_problem(address, ports)
        if problem is not None:
            fields.report(11002, f"origin_direct/{place}", f"origin {address!r} {problem}")
    return {"origin_direct": addresses}


def _address_problem(address: object, ports: PortRange | None) -> str | None:
    match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if match is None:
        return "is not of the form tcp://192.0.2.1:22 or tcp://[2001:db8::1]:22"
    transport, bracketed, bare, port_text = match.groups()
    if not (_is_text_of(ipaddress.IPv6Address, bracketed) or _is_text_of(ipaddress.IPv4Address, bare)):
        return "has an invalid IP address"
    numbers = parse_ports(port_text)
    if numbers is None:
        return "has an invalid port"
    if ports is not None and transport != ports.transport:
        return f"does not use {ports.transport}, the transport of the protocol"
    if ports is not None and numbers[1] - numbers[0] + 1 != ports.size:
        return f"needs {ports.size} ports, as many as the protocol"
    return None


def _read_origin_dns(fields: Fields, ports: PortRange | None) -> dict[str, object]:
    record = fields.inner("origin_dns", 11001)
    if record is None:
        return {}
    record.refuse_others(("name", "ttl", "type"))
    name = record.hostname("name", 11001)
    kind = record.choice("type", ("", "A", "AAAA", "SRV"), "", 11001)
    found: dict[str, object] = {"name": name, "type": kind}
    if "ttl" in record.values:
        found["ttl"] = record.values["ttl"]
        if not is_whole(found["ttl"], _LOWEST_TTL, _HIGHEST_TTL):
            record.report_value(11001, "ttl", f"at least {_LOWEST_TTL} seconds")
    if "origin_port" in fields.values:
        return {"origin_dns": found, "origin_port": _read_port(fields, ports)}
    if kind != "SRV":
        fields.report(11001, "origin_port", "origin_dns needs origin_port unless its type is SRV")
    return {"origin_dns": found}


def _read_port(fields: Fields, ports: PortRange | None) -> object:
    value = fields.values["origin_port"]
    numbers = None
    # A range travels as text and a single port as a number; JSON's true is neither.
    if isinstance(value, str | int) and not isinstance(value, bool):
        numbers = parse_ports(str(value))
    if numbers is None:
        fields.report_value(INVALID, "origin_port", "1000 or '1000-2000'")
    elif ports is not None and numbers[1] - numbers[0] + 1 != ports.size:
        message = f"origin_port {value!r} needs {ports.size} ports, as many as the protocol"
        fields.report(11000, "origin_port", message)
    return value


def _read_worker(fields: Fields) -> dict[str, object]:
    worker = fields.values["origin_worker_id"]
    if not isinstance(worker, str) or not worker:
        fields.report_value(11000, "origin_worker_id", "the identifier of a Worker")
    return {"origin_worker_id": worker}


def _read_network(fields: Fields, kind: str) -> dict[str, object]:
    name = "virtual_network_id"
    if name not in fields.values:
        return {}
    network, port = fields.values[name], fields.values.get("origin_port")
    if not isinstance(network, str) or not _UUID.fullmatch(network):
        fields.report_value(11045, name, "a UUID")
    if "-" in str(port):
        fields.report(11043, "origin_port", "a virtual network does not take port ranges")
    if kind != "origin_direct":
        fields.report(11041, name, "a virtual network needs origin_direct")
        return {name: network}
    given = fields.values["origin_direct"]
    addresses = given if isinstance(given, list) else []
    for place, address in enumerate(addresses):
        if "-" in str(address):
            fields.report(11043, f"origin_direct/{place}", "a virtual network does not take port ranges")
    if len(addresses) > 1:
        fields.report(11042, "origin_direct", "a virtual network needs a single origin address")
    return {name: network}


def _is_text_of(make: Callable[[str], object], value: object) -> bool:
    """Return whether ``value`` is text that ``make`` takes; numbers are IP addresses to it, but not in JSON."""
    if not isinstance(value, str):
        return False
    try:
        make(value)
    except ValueError:
        return False
    return True
