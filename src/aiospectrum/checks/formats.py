"""Formats of strings that no regular expression tells: pure, and each in time that grows with the length alone."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from aiospectrum.checks.filter_syntax import find_mistake

__all__ = ["FORMATS", "Format"]

Format: TypeAlias = Literal["filter", "hostname", "ip-address", "origin", "port-range", "protocol", "uuid"]
"""Name of a format."""

_LONGEST_NAME: Final = 253
_LONGEST_LABEL: Final = 63
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_\u00a1-\U0010ffff-]{1,63}(?<!-)")
_DOTS: Final = frozenset("\u3002\uff0e\uff61")
"""What stands for a dot in names of some languages.

Source: https://www.rfc-editor.org/rfc/rfc3490#section-3.1
"""
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PORTS: Final = re.compile(r"([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?")
_LAST_PORT: Final = 65535
_PROTOCOL_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_TRANSPORTS: Final = ("tcp", "udp")
_ORIGIN: Final = re.compile(r"(?:tcp|udp)://(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9-]+)")


def _is_hostname(text: str) -> bool:
    """Names of SRV records have underscores, and others letters of any script, which are sent as they are.

    Source: https://www.rfc-editor.org/rfc/rfc1123#section-2.1
    """
    labels = text.split(".")
    if len(text) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdecimal():
        return False
    lengths = [len(label) if label.isascii() else _encoded_length(label) for label in labels]
    is_short = max(lengths) <= _LONGEST_LABEL and sum(lengths) + len(labels) - 1 <= _LONGEST_NAME
    return is_short and text.isprintable() and _DOTS.isdisjoint(text)


def _encoded_length(label: str) -> int:
    return len("xn--") + len(label.encode("punycode", "replace"))


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # which names an interface of this machine


def _is_port_range(text: str) -> bool:
    match = _PORTS.fullmatch(text)
    return match is not None and int(match[1]) <= int(match[2] or match[1]) <= _LAST_PORT


def _is_protocol(text: str) -> bool:
    transport, slash, ports = text.partition("/")
    if slash:
        return transport in _TRANSPORTS and _is_port_range(ports)
    return _PROTOCOL_NAME.fullmatch(text) is not None and text.lower() not in _TRANSPORTS


def _is_origin(text: str) -> bool:
    match = _ORIGIN.fullmatch(text)
    if match is None or not _is_port_range(match[3]):
        return False
    return _is_ip_address(match[1] or match[2]) and (":" in (match[1] or "")) is (match[1] is not None)


FORMATS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "filter": (
        lambda text: not find_mistake(text),
        "a filter in plain text, without percent-encoding, such as event==connect;coloName!=SFO",
    ),
    "hostname": (_is_hostname, "a host name such as www.example.com"),
    "ip-address": (_is_ip_address, "an IPv4 or IPv6 address"),
    "origin": (
        _is_origin,
        'an address with protocol and port such as "tcp://192.0.2.1:22" or "tcp://[2001:db8::1]:22"',
    ),
    "port-range": (_is_port_range, 'a port from 1 to 65535 or a range of ports such as "1000-2000"'),
    "protocol": (
        _is_protocol,
        'a protocol and port or ports such as "tcp/22" or "tcp/1000-2000", or a name such as "minecraft"',
    ),
    "uuid": (lambda text: _UUID.fullmatch(text) is not None, "a UUID such as f70ff985-a4ef-4643-bbbc-4a0ed4fc8415"),
}
"""Whether a text has a format, and what the error says was expected, by name."""
