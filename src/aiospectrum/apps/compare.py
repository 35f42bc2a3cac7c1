"""What differs between the configuration that is wanted and the one that is there: pure."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

import attrs

from aiospectrum.apps.raw import split

__all__ = ["Difference", "differences", "plain_name"]

_DEFAULTS: Final[Mapping[str, Any]] = {
    "argo_smart_routing": False,
    "ip_firewall": False,
    "proxy_protocol": "off",
    "tls": "off",
    "traffic_type": "direct",
}
"""What the API takes for a field that is left out.

Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/create/
"""

_NAMES: Final = ("dns.name", "origin_dns.name")
_FREE_CASE: Final = ("protocol", "virtual_network_id")
_FREE_ORDER: Final = ("origin_direct", "edge_ips.ips")
_CHOSEN_BY_API: Final = ("origin_dns.ttl",)
"""Fields that have no documented default: left out, they differ from nothing."""

_LONGEST_LABEL: Final = 63
"""Characters of a part of a DNS name (RFC 1035)."""


@attrs.frozen(kw_only=True)
class Difference:
    """A field of which the wanted value and the one that is there differ."""

    field: str
    """Its name, with the path inside the configuration (``origin_dns.ttl``)."""

    wanted: Any
    """The JSON value that is wanted, which may be a default; None for none."""

    found: Any
    """The JSON value that is there, which may be a default; None for none."""


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[Difference]:
    """Compare two configurations, in which a field that is left out has the API's default.

    Args:
        wanted: The JSON values of an :class:`~aiospectrum.AppRequest`.
        found: Those of an application as the API sent them, old forms and all. Keys that this version does not know
            are not compared.

    Returns:
        The fields that differ, in the order of ``wanted``; none when a replacement would change nothing.
    """
    ours, theirs = _flat(wanted), _flat(found)
    return [
        Difference(field=field, wanted=ours.get(field), found=theirs.get(field))
        for field in dict.fromkeys([*ours, *theirs])
        if _comparable(field, ours.get(field)) != _comparable(field, theirs.get(field))
        and not (field in _CHOSEN_BY_API and field not in ours and "origin_dns.name" in ours)
    ]


def plain_name(name: str) -> str:
    """The form of a DNS name in which equal ones are equal: in small letters, without a dot at the end or Punycode."""
    return ".".join(map(_plain_label, name.lower().removesuffix(".").split(".")))


def _plain_label(label: str) -> str:
    """A part of a name, of which ``xn--mnchen-3ya`` is ``münchen`` as well."""
    if not (label.startswith("xn--") and label.isascii() and len(label) <= _LONGEST_LABEL):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except (ValueError, OverflowError):
        return label


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The known fields by their paths, with the defaults of those that are left out."""
    known = split(values)[0]
    edge = known.pop("edge_ips", {})
    edge.setdefault("type", "static" if "ips" in edge else "dynamic")
    if edge["type"] == "dynamic":
        edge.setdefault("connectivity", "all")
        edge.pop("ips", None)  # those that Cloudflare chose, which old payloads have
    dns = {"type": "ADDRESS" if edge["type"] == "static" else "CNAME", **known.pop("dns", {})}
    inner = {"dns": dns, "edge_ips": edge}
    if "origin_dns" in known:
        inner["origin_dns"] = {"type": "", **known.pop("origin_dns")}
    paths = {f"{outer}.{name}": value for outer, fields in inner.items() for name, value in fields.items()}
    flat = {**known, **paths}
    return {**_DEFAULTS, **{field: value for field, value in flat.items() if value is not None}}


def _comparable(field: str, value: Any) -> Any:
    """A value in the form in which those that mean the same are equal; what shares a load has no order."""
    if field in _NAMES and isinstance(value, str):
        return plain_name(value)
    if field in _FREE_CASE and isinstance(value, str):
        return value.lower()
    if field in _FREE_ORDER and isinstance(value, list):
        return sorted(_plain_address(item) for item in value)
    if field == "origin_port" and value is not None:
        return str(int(value) if isinstance(value, float) else value)
    return value


def _plain_address(text: Any) -> str:
    """An address with or without protocol and port, an IPv6 one in its shortest form."""
    before, bracket, rest = str(text).lower().partition("[")
    address, end, port = rest.partition("]") if bracket else (before, "", "")
    try:
        return f"{before if bracket else ''}{bracket}{ipaddress.ip_address(address)}{end}{port}"
    except ValueError:
        return str(text).lower()
