"""Edge protocols: the names that pay-as-you-go plans use, and the ``tcp/22`` notation.

https://developers.cloudflare.com/spectrum/reference/configuration-options/
"""

from __future__ import annotations

import re
from typing import Final

import attrs

__all__ = ["NAMED_PROTOCOLS", "PortRange", "list_protocols", "parse_ports", "parse_protocol"]

_NOTATION: Final = re.compile(r"(tcp|udp)/([\d-]+)", re.ASCII)
_PORTS: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_TOP: Final = 65535


@attrs.frozen
class PortRange:
    """A transport and the ports from `low` to `high`, both included."""

    transport: str
    low: int
    high: int

    @property
    def size(self) -> int:
        """Number of ports."""
        return self.high - self.low + 1

    def overlaps(self, other: PortRange) -> bool:
        """Whether some port belongs to both."""
        return self.transport == other.transport and self.low <= other.high and other.low <= self.high


NAMED_PROTOCOLS: Final = {
    "minecraft": PortRange("tcp", 25565, 25565),
    "rdp": PortRange("tcp", 3389, 3389),
    "ssh": PortRange("tcp", 22, 22),
}
"""Protocols that have a name of their own, with the edge port each stands for."""

_DESCRIPTIONS: Final = {
    "minecraft": "Minecraft, Java Edition",
    "rdp": "Remote Desktop Protocol",
    "ssh": "Secure Shell",
}


def parse_ports(text: str) -> tuple[int, int] | None:
    """Return first and last port of ``"22"`` or ``"3000-4000"``; ``None`` if it is neither."""
    match = _PORTS.fullmatch(text)
    if match is None:
        return None
    low, high = int(match[1]), int(match[2] or match[1])
    return (low, high) if 1 <= low <= high <= _TOP else None


def parse_protocol(text: str) -> PortRange | None:
    """Return the edge ports of ``tcp/22``, ``udp/1000-2000`` or a name; ``None`` if it is none."""
    match = _NOTATION.fullmatch(text)
    if match is None:
        return NAMED_PROTOCOLS.get(text)
    ports = parse_ports(match[2])
    return None if ports is None else PortRange(match[1], *ports)


def list_protocols() -> list[dict[str, object]]:
    """Return the result of the protocols operation, by name."""
    return [
        {
            "name": name,
            "description": _DESCRIPTIONS[name],
            "ports": [ports.low],
            "transport": ports.transport,
        }
        for name, ports in sorted(NAMED_PROTOCOLS.items())
    ]
