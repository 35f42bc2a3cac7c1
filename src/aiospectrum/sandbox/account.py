"""The state of a sandbox: zones, their apps, the life span of every app that ever was, and the rules between apps.

Codes: https://developers.cloudflare.com/spectrum/reference/error-codes/ (11034, 11050, 16001). Two
apps of a zone may share a host name as long as their edge ports differ; when they do not, the
sandbox refuses the second with 409 and 13002.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from aiospectrum.sandbox.hashing import ID, hex_id
from aiospectrum.sandbox.options import expect, is_whole
from aiospectrum.sandbox.responses import Problem, RefusedError
from aiospectrum.sandbox.rules import AppConfig, keep_recorded, read_config
from aiospectrum.sandbox.times import ceil_second, floor_second, format_moment

__all__ = ["Account", "App", "Lifetime", "Zone", "make_zone_ids"]

_MOST_ZONES: Final = 10_000
_SEEDED_ON: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Creation date of every seeded app, so far back that any recent window has events."""


@attrs.frozen(kw_only=True)
class App:
    """One Spectrum application as stored."""

    id: str
    created_on: datetime
    modified_on: datetime
    config: AppConfig

    def render(self) -> dict[str, object]:
        """Return the app as the API shows it."""
        dates = {"created_on": format_moment(self.created_on), "modified_on": format_moment(self.modified_on)}
        return {"id": self.id, **dates, **self.config.shown}


@attrs.frozen(kw_only=True)
class Lifetime:
    """The seconds in which an app can have had events."""

    app_id: str
    first: int
    """The first whole second at or after its creation."""
    stop: int | None = None
    """The first second without events after its deletion; ``None`` while it lives."""


@attrs.define(kw_only=True)
class Zone:
    """One zone: its plan, its apps in the order of their creation, and their history."""

    id: str
    name: str
    """Domain of the zone."""
    paygo: bool
    """Whether the zone is on a pay-as-you-go plan."""
    apps: dict[str, App] = attrs.field(factory=dict)
    history: dict[str, Lifetime] = attrs.field(factory=dict)
    """Life spans by app id, deleted apps included."""

    def find(self, app_id: str) -> App:
        """Return the app with that id.

        Raises:
            RefusedError: There is none; 404 with 10404.
        """
        app = self.apps.get(app_id)
        if app is None:
            raise RefusedError(404, Problem(code=10404, message=f"No Spectrum application has id {app_id}"))
        return app

    def owns(self, hostname: str) -> bool:
        """Return whether a host name is the zone's domain or lies under it."""
        return hostname == self.name or hostname.endswith(f".{self.name}")


class Account:
    """Every zone that the sandbox's credentials reach."""

    def __init__(
        self,
        zone_ids: Sequence[str],
        paygo: Collection[str],
        apps_per_zone: int,
        *,
        seed: int,
        data_lag: float,
        now: Callable[[], datetime],
        newer_fields: Collection[str] = (),
    ) -> None:
        """Make the zones, ``zone1.example`` and so on, with their first apps.

        ``paygo`` has the ids of the zones on a pay-as-you-go plan; ``data_lag`` is in seconds; ``newer_fields`` are
        taken of apps beside the documented ones.
        """
        self.zones: Final[Mapping[str, Zone]] = {
            zone_id: Zone(id=zone_id, name=f"zone{number}.example", paygo=zone_id in paygo)
            for number, zone_id in enumerate(zone_ids, 1)
        }
        self.seed: Final = seed
        self.data_lag: Final = data_lag
        self._now: Final = now
        self._newer: Final = tuple(newer_fields)
        self._made = 0
        for zone in self.zones.values():
            for place in range(apps_per_zone):
                body = _paygo_body(zone, place) if zone.paygo else _full_body(zone, place)
                self._add(zone, read_config(body, paygo=zone.paygo), _SEEDED_ON)

    def moment(self) -> datetime:
        """Return the current time in UTC."""
        return self._now().astimezone(UTC)

    def horizon(self, moment: datetime) -> int:
        """Return the first second that analytics have no data for yet at ``moment``."""
        return floor_second(moment - timedelta(seconds=self.data_lag)) + 1

    def zone(self, zone_id: str) -> Zone:
        """Return the zone with that id.

        Raises:
            RefusedError: The account has no such zone; 403 with 9109, as for zones of others.
        """
        zone = self.zones.get(zone_id)
        if zone is None:
            message = f"Unauthorized to access requested resource: zone {zone_id}"
            raise RefusedError(403, Problem(code=9109, message=message))
        return zone

    def create_app(self, zone: Zone, body: Mapping[str, object]) -> App:
        """Store a new app, whose history begins now.

        Raises:
            RefusedError: The body breaks a rule, or another app or zone stands in the way.
        """
        config = read_config(body, paygo=zone.paygo, newer=self._newer)
        self._check_others(zone, config, None)
        return self._add(zone, config, self.moment())

    def hold_app(self, zone: Zone, values: Mapping[str, object]) -> App:
        """Store a recorded app with whatever fields it has, created now.

        Raises:
            ValueError: It has no protocol or no host name.
        """
        own = {key: value for key, value in values.items() if key not in ("id", "created_on", "modified_on")}
        return self._add(zone, keep_recorded(own), self.moment())

    def replace_app(self, zone: Zone, app: App, body: Mapping[str, object]) -> App:
        """Give an app another configuration; its id and creation date stay.

        Raises:
            RefusedError: The body breaks a rule, or another app or zone stands in the way.
        """
        config = read_config(body, paygo=zone.paygo, newer=self._newer)
        self._check_others(zone, config, app)
        replacement = zone.apps[app.id] = attrs.evolve(app, config=config, modified_on=self.moment())
        return replacement

    def delete_app(self, zone: Zone, app: App) -> None:
        """Delete an app, whose history ends now."""
        stop = ceil_second(self.moment())
        del zone.apps[app.id]
        zone.history[app.id] = attrs.evolve(zone.history[app.id], stop=stop)

    def _add(self, zone: Zone, config: AppConfig, moment: datetime) -> App:
        self._made += 1  # the same sequence of creates gives the same ids
        app_id = hex_id(self.seed, "app", zone.id, self._made)
        app = zone.apps[app_id] = App(id=app_id, created_on=moment, modified_on=moment, config=config)
        zone.history[app_id] = Lifetime(app_id=app_id, first=ceil_second(moment))
        return app

    def _check_others(self, zone: Zone, config: AppConfig, replaced: App | None) -> None:
        """Check an app about to be stored against all others but the one that it replaces."""
        if replaced is not None and replaced.config.dns_type != config.dns_type:
            raise _refusal(400, 11004, "the DNS type of an application cannot be changed", "/dns/type")
        self._check_other_zones(zone, config)
        for other in (app.config for app in zone.apps.values() if app is not replaced):
            if zone.paygo and other.ports == config.ports:
                message = f"the plan allows one application for each protocol: {other.shown['protocol']}"
                raise _refusal(400, 11034, message, "/protocol")
            if other.hostname == config.hostname and other.ports.overlaps(config.ports):
                message = f"{config.hostname} already serves {other.shown['protocol']}"
                raise _refusal(409, 13002, message, "/protocol")

    def _check_other_zones(self, zone: Zone, config: AppConfig) -> None:
        origin = config.shown.get("origin_dns")
        origin_name = origin["name"] if isinstance(origin, dict) else ""
        for other in (other for other in self.zones.values() if other is not zone):
            used = any(app.config.hostname == config.hostname for app in other.apps.values())
            if used or other.owns(config.hostname):
                message = f"the host name {config.hostname} belongs to another zone, {other.name}"
                raise _refusal(400, 16001, message, "/dns/name")
            if other.owns(origin_name):
                message = f"the origin {origin_name} belongs to another zone, {other.name}"
                raise _refusal(400, 11050, message, "/origin_dns/name")


def make_zone_ids(zones: int | Sequence[str], seed: int) -> tuple[str, ...]:
    """Return the ids of the zones, made from the seed when only their number is given.

    A greater number begins with the ids of a smaller one.

    Raises:
        ValueError: An argument has a value that makes no sense.
    """
    expect(is_whole(seed, -(2**63), 2**63 - 1), "seed", seed, "a whole number of 64 bits")
    if isinstance(zones, int):
        expect(is_whole(zones, 1, _MOST_ZONES), "zones", zones, f"1 to {_MOST_ZONES}, or zone ids")
        return tuple(hex_id(seed, "zone", place) for place in range(zones))
    expect(isinstance(zones, Iterable), "zones", zones, f"1 to {_MOST_ZONES}, or zone ids")
    found = tuple(zones)
    well_formed = all(isinstance(zone_id, str) and ID.fullmatch(zone_id) for zone_id in found)
    distinct = well_formed and len(set(found)) == len(found) > 0
    expect(distinct, "zones", zones, "distinct ids of 32 hexadecimal digits")
    return found


def _full_body(zone: Zone, place: int) -> dict[str, object]:
    """Return one of five typical configurations; later rounds differ in their host names."""
    number, kind = divmod(place, 5)
    suffix = f"-{number + 1}" if number else ""
    last = place % 250 + 1
    broker = {"name": f"broker{suffix}.{zone.name}", "type": "A", "ttl": 1200}
    game = [f"tcp://[2001:db8::{last:x}]:27000-27015"]
    name, body = (
        ("ssh", {"protocol": "tcp/22", "origin_direct": [f"tcp://192.0.2.{last}:22"]}),
        ("dns", {"protocol": "udp/53", "origin_direct": [f"udp://198.51.100.{last}:53"]}),
        ("mqtt", {"protocol": "tcp/8883", "tls": "full", "origin_dns": broker, "origin_port": 1883}),
        ("game", {"protocol": "tcp/27000-27015", "proxy_protocol": "v2", "origin_direct": game}),
        ("shop", {"protocol": "tcp/443", "traffic_type": "https", "origin_direct": [f"tcp://203.0.113.{last}:443"]}),
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


def _refusal(status: int, code: int, message: str, pointer: str) -> RefusedError:
    return RefusedError(status, Problem(code=code, message=message, pointer=pointer))
