"""What the sandbox remembers: zones, their apps, and the life span of every app that ever was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aiospectrum.sandbox._errors import Problem, RefusedError
from aiospectrum.sandbox._mixing import hex_id
from aiospectrum.sandbox._times import ceil_second, format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from aiospectrum.sandbox._rules import AppConfig

__all__ = ["Account", "App", "Lifetime", "Zone"]


@attrs.frozen(kw_only=True)
class App:
    """One Spectrum application as stored."""

    id: str
    created_on: datetime
    modified_on: datetime
    config: AppConfig

    def render(self) -> dict[str, object]:
        """Return the app as the API shows it."""
        dates = {
            "created_on": format_moment(self.created_on),
            "modified_on": format_moment(self.modified_on),
        }
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

    def add(self, app: App) -> None:
        """Store a new app, whose history begins with its creation."""
        self.apps[app.id] = app
        self.history[app.id] = Lifetime(app_id=app.id, first=ceil_second(app.created_on))

    def replace(self, app_id: str, config: AppConfig, now: datetime) -> App:
        """Give an app a new configuration; its id and creation date stay."""
        app = self.apps[app_id] = attrs.evolve(self.find(app_id), config=config, modified_on=now)
        return app

    def remove(self, app_id: str, now: datetime) -> None:
        """Delete an app, whose history ends now."""
        del self.apps[self.find(app_id).id]
        self.history[app_id] = attrs.evolve(self.history[app_id], stop=ceil_second(now))


class Account:
    """Every zone that the sandbox's credentials reach."""

    def __init__(self, zones: Sequence[Zone], *, seed: int) -> None:
        """Hold `zones`; `seed` makes the ids of the apps still to come."""
        self.zones: Final[Mapping[str, Zone]] = {zone.id: zone for zone in zones}
        self._seed: Final = seed
        self._made = 0

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

    def others(self, zone: Zone) -> Iterator[Zone]:
        """Yield every zone but `zone`."""
        return (other for other in self.zones.values() if other.id != zone.id)

    def next_app_id(self, zone: Zone) -> str:
        """Return the id of the next app; the same sequence of creates gives the same ids."""
        self._made += 1
        return hex_id(self._seed, "app", zone.id, self._made)
