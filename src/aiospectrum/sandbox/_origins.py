"""The origin rules of an app: where Spectrum sends the traffic on.

Codes: https://developers.cloudflare.com/spectrum/reference/error-codes/ (11000 exactly one origin,
11001 origin by name, 11002 origin address, 11041 to 11045 virtual networks).
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final
from uuid import UUID

from aiospectrum.sandbox._errors import INVALID
from aiospectrum.sandbox._protocols import parse_ports

if TYPE_CHECKING:
    from aiospectrum.sandbox._fields import Fields
    from aiospectrum.sandbox._protocols import PortRange

__all__ = ["read_direct", "read_origin"]

_ADDRESS: Final = re.compile(r"(tcp|udp)://(?:\[([0-9A-Fa-f:.]+)\]|([\d.]+)):([\d-]+)", re.ASCII)
_LOWEST_TTL: Final = 600
_HIGHEST_TTL: Final = 2**31 - 1
_RECORD_TYPES: Final = ("", "A", "AAAA", "SRV")
_WORKER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KINDS: Final = ("origin_direct", "origin_dns", "origin_worker_id")


def read_origin(fields: Fields, ports: PortRange | None, traffic_type: str) -> dict[str, object]:
    """Return the origin part of a full app; without a valid protocol `ports` is ``None``."""
    given = [name for name in _KINDS if name in fields.values]
    expected = ["origin_worker_id"] if traffic_type == "worker" else ["origin_direct", "origin_dns"]
    if len(given) != 1 or given[0] not in expected:
        found = " and ".join(given) or "none"
        wanted = f"exactly one of {' and '.join(expected)}" if expected[1:] else expected[0]
        message = f"traffic type {traffic_type} needs {wanted}, and no other; found {found}"
        # With one origin too many the surplus is pointed at, with none the field that is missing.
        fields.report(11000, given[-1] if given else expected[0], message)
        return {}
    kind = given[0]
    if "origin_port" in fields.values and kind != "origin_dns":
        fields.report(11000, "origin_port", "origin_port goes with origin_dns only")
    if kind == "origin_worker_id":
        return _read_worker(fields)
    origin = read_direct(fields, ports) if kind == "origin_direct" else _read_dns(fields, ports)
    return origin | _read_network(fields, kind)


def read_direct(fields: Fields, ports: PortRange | None) -> dict[str, object]:
    """Return ``origin_direct`` after checking each address against the protocol."""
    addresses = fields.values.get("origin_direct")
    if not isinstance(addresses, list) or not addresses:
        expected = "a list such as ['tcp://192.0.2.1:22']"
        fields.report(11002, "origin_direct", f"origin_direct is {addresses!r}; expected {expected}")
        return {}
    for place, address in enumerate(addresses):
        fault = _address_fault(address, ports)
        if fault is not None:
            fields.report(11002, f"origin_direct/{place}", f"origin {address!r} {fault}")
    return {"origin_direct": addresses}


def _address_fault(address: object, ports: PortRange | None) -> str | None:
    match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if match is None:
        return "is not of the form tcp://192.0.2.1:22 or tcp://[2001:db8::1]:22"
    transport, bracketed, bare, port_text = match.groups()
    try:
        if bracketed:
            ipaddress.IPv6Address(bracketed)
        else:
            ipaddress.IPv4Address(bare)
    except ValueError:
        return "has an invalid IP address"
    numbers = parse_ports(port_text)
    if numbers is None:
        return "has an invalid port"
    if ports is not None and transport != ports.transport:
        return f"does not use {ports.transport}, the transport of the protocol"
    if ports is not None and numbers[1] - numbers[0] + 1 != ports.size:
        return f"needs {ports.size} ports, as many as the protocol"
    return None


def _read_dns(fields: Fields, ports: PortRange | None) -> dict[str, object]:
    record = fields.inner("origin_dns", 11001)
    if record is None:
        return {}
    record.refuse_others(("name", "ttl", "type"))
    name = record.hostname("name", 11001)
    kind = record.choice("type", _RECORD_TYPES, "", 11001)
    found: dict[str, object] = {"name": name, "type": kind}
    if "ttl" in record.values:
        found["ttl"] = ttl = record.values["ttl"]
        if isinstance(ttl, bool) or not isinstance(ttl, int) or not _LOWEST_TTL <= ttl <= _HIGHEST_TTL:
            record.report(11001, "ttl", f"ttl is {ttl!r}; expected at least {_LOWEST_TTL} seconds")
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
        fields.report(INVALID, "origin_port", f"origin_port is {value!r}; expected 1000 or '1000-2000'")
    elif ports is not None and numbers[1] - numbers[0] + 1 != ports.size:
        message = f"origin_port {value!r} needs {ports.size} ports, as many as the protocol"
        fields.report(11000, "origin_port", message)
    return value


def _read_worker(fields: Fields) -> dict[str, object]:
    worker = fields.values["origin_worker_id"]
    if not isinstance(worker, str) or _WORKER.fullmatch(worker) is None:
        message = f"origin_worker_id is {worker!r}; expected the identifier of a Worker"
        fields.report(11000, "origin_worker_id", message)
    return {"origin_worker_id": worker}


def _read_network(fields: Fields, kind: str) -> dict[str, object]:
    if "virtual_network_id" not in fields.values:
        return {}
    network = fields.values["virtual_network_id"]
    name = "virtual_network_id"
    if not _is_uuid(network):
        fields.report(11045, name, f"{name} is {network!r}; expected a UUID")
    addresses = fields.values.get("origin_direct")
    if kind == "origin_dns":
        fields.report(11041, name, "a virtual network needs origin_direct")
    elif isinstance(addresses, list) and len(addresses) > 1:
        fields.report(11042, "origin_direct", "a virtual network needs a single origin address")
    elif isinstance(addresses, list) and any("-" in str(address) for address in addresses):
        fields.report(11043, "origin_direct/0", "a virtual network does not take port ranges")
    return {name: network}


def _is_uuid(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        UUID(value)
    except ValueError:
        return False
    return True
