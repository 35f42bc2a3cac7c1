"""The zones and apps that a sandbox starts with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiospectrum.sandbox._mixing import hex_id
from aiospectrum.sandbox._rules import read_config
from aiospectrum.sandbox._state import Account, App, Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["SEEDED_ON", "make_account", "make_zone_ids"]

SEEDED_ON: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Creation date of every seeded app, so far back that any recent window has events."""


def make_zone_ids(count: int, seed: int) -> tuple[str, ...]:
    """Return `count` zone ids; a greater count begins with the ids of a smaller one."""
    return tuple(hex_id(seed, "zone", place) for place in range(count))


def make_account(zone_ids: Sequence[str], paygo: Collection[str], apps_per_zone: int, seed: int) -> Account:
    """Return an account whose zones, ``zone1.example`` and so on, have apps already."""
    zones = [
        Zone(id=zone_id, name=f"zone{number}.example", paygo=zone_id in paygo)
        for number, zone_id in enumerate(zone_ids, 1)
    ]
    account = Account(zones, seed=seed)
    for zone in zones:
        for place in range(apps_per_zone):
            body = _paygo_body(zone, place) if zone.paygo else _full_body(zone, place)
            config = read_config(body, paygo=zone.paygo)
            app_id = account.next_app_id(zone)
            zone.add(App(id=app_id, created_on=SEEDED_ON, modified_on=SEEDED_ON, config=config))
    return account


def _full_body(zone: Zone, place: int) -> dict[str, object]:
    """Return one of five typical configurations; later rounds differ in their host names."""
    number, kind = divmod(place, 5)
    suffix = f"-{number + 1}" if number else ""
    last = place % 250 + 1
    name, body = (
        ("ssh", {"protocol": "tcp/22", "origin_direct": [f"tcp://192.0.2.{last}:22"]}),
        ("dns", {"protocol": "udp/53", "origin_direct": [f"udp://198.51.100.{last}:53"]}),
        (
            "mqtt",
            {
                "protocol": "tcp/8883",
                "tls": "full",
                "origin_dns": {"name": f"broker{suffix}.{zone.name}", "type": "A", "ttl": 1200},
                "origin_port": 1883,
            },
        ),
        (
            "game",
            {
                "protocol": "tcp/27000-27015",
                "proxy_protocol": "v2",
                "origin_direct": [f"tcp://[2001:db8::{last:x}]:27000-27015"],
            },
        ),
        (
            "shop",
            {
                "protocol": "tcp/443",
                "traffic_type": "https",
                "origin_direct": [f"tcp://203.0.113.{last}:443"],
            },
        ),
    )[kind]
    return {"dns": {"type": "CNAME", "name": f"{name}{suffix}.{zone.name}"}, **body}


def _paygo_body(zone: Zone, place: int) -> dict[str, object]:
    """Return a configuration with a protocol of its own, since the plan allows one app each."""
    named = (("ssh", 22), ("minecraft", 25565), ("rdp", 3389))
    protocol, port = named[place] if place < len(named) else (f"tcp/{10000 + place}", 10000 + place)
    return {
        "protocol": protocol,
        "dns": {"type": "CNAME", "name": f"app{place + 1}.{zone.name}"},
        "origin_direct": [f"tcp://192.0.2.{place % 250 + 1}:{port}"],
    }
