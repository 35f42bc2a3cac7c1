"""The zones of plans and watches, and the client of each."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import attrs

from aiospectrum._generated.checks import IDENTIFIER
from aiospectrum.checks import refuse
from aiospectrum.transport import Transport

__all__ = ["Clients", "check_zones", "clients_by_zone", "in_lower_case"]

_ZONE: Final = attrs.evolve(IDENTIFIER, takes_unchecked=False)
"""It becomes a part of paths."""

Clients: TypeAlias = Transport | Mapping[str, Transport]
"""What to call over: one client, or the client of each zone by its id, where zones have tokens of their own."""


def check_zones(zones: Iterable[str]) -> tuple[str, ...]:
    """Check the ids of zones.

    Args:
        zones: Ids of 32 hexadecimal characters, each once.

    Returns:
        The ids in their order.

    Raises:
        InvalidArgumentError: They are something else.
    """
    if issubclass(type(zones), (str, bytes)) or not issubclass(type(zones), Iterable):
        refuse("zones", zones, "the ids of zones")
    found = tuple(_ZONE.check(f"zones[{index}]", zone_id) for index, zone_id in enumerate(zones))
    seen: set[str] = set()
    for index, zone_id in enumerate(found):
        if zone_id.lower() in seen:
            refuse(f"zones[{index}]", zone_id, "each zone once")
        seen.add(zone_id.lower())
    return found


def clients_by_zone(client: Clients, zones: Iterable[str]) -> dict[str, Transport]:
    """Find the client of each zone.

    Args:
        client: One for all zones, or a mapping that has one for each, whose keys may be in capitals or small letters.
        zones: Ids of the zones.

    Returns:
        The clients by zone, in the order of the zones.

    Raises:
        InvalidArgumentError: It is something else, or a zone has no client.
    """
    if not isinstance(client, Mapping):
        return dict.fromkeys(zones, _check_transport("client", client))
    by_lower = in_lower_case(client)
    found = {}
    for zone_id in zones:
        if zone_id.lower() not in by_lower:
            refuse("client", zone_id, "a mapping that has a client for each zone")
        found[zone_id] = _check_transport(f"client[{zone_id!r}]", by_lower[zone_id.lower()])
    return found


def in_lower_case(clients: Mapping[str, Transport]) -> dict[str, Transport]:
    """The clients by the ids of their zones, which datasets have in lower case; what is no id is left out."""
    return {zone_id.lower(): client for zone_id, client in clients.items() if isinstance(zone_id, str)}


def _check_transport(field: str, value: Transport) -> Transport:
    if isinstance(value, type) or not callable(getattr(value, "send", None)):
        refuse(field, value, "a client, or a mapping of zone ids to clients")
    return value
