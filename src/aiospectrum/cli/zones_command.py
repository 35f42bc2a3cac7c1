"""``aiospectrum zones``, and zones by name wherever a command takes one."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import Parameter

from aiospectrum._loop import for_each
from aiospectrum.apps.desired import is_zone_id
from aiospectrum.apps.zones import zones_named
from aiospectrum.cli.context import Context
from aiospectrum.cli.grid import Column, Grid
from aiospectrum.cli.options import AsJSON, Passed, read_zone, read_zone_name
from aiospectrum.cli.terminal import until_stopped
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.client import Client
from aiospectrum.errors import PermissionDeniedError
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.models import Zone

__all__ = ["FindZones", "ZoneArgument", "find_named_zones", "find_zone", "find_zones", "zones"]

ZoneArgument: TypeAlias = Annotated[
    str, Parameter(name="ZONE", help="Identifier of the zone, or its name such as example.com.")
]
"""One zone."""

FindZones: TypeAlias = Callable[[Sequence[str]], tuple[str, ...]]
"""Gives the identifiers of zones that are named by them or by their names."""

_Status: TypeAlias = Literal["initializing", "pending", "active", "moved"]

_AT_ONCE: Final = 8
"""Names that are looked up at once."""

_SHOWN: Final = 5
"""Zones of one name that an error lists."""


def zones(*, name: str | None = None, status: _Status | None = None, as_json: AsJSON = False, context: Passed) -> None:
    """List the zones that the credentials may see.

    Args:
        name: Name of the only zone to list, such as example.com.
        status: Status of the zones to list; all of them when left out.
        as_json: Print JSON.
        context: The surroundings.
    """
    name = None if name is None else read_zone_name(name, "--name")

    async def fetch(client: Client) -> list[Zone]:
        return [zone async for zone in client.zones.iterate(name=name, status=status)]

    found = context.call(fetch)
    columns = [Column("id", "id", is_key=True), Column("name", "name"), Column("status", "fixed")]
    table = Grid.of(columns, ((zone.id, zone.name, zone.status or "") for zone in found))
    nothing = "no zones" if name is None else f"no zone {name}"
    context.show(found, table if found else nothing, as_json=as_json)


def find_zone(zone: str, context: Context) -> str:
    """Give the identifier of a zone that is named by it or by its name, for which a call is made.

    Raises:
        UsageError: It is neither, or no zone or several have the name.
        SpectrumError: The zones cannot be listed.
    """
    (found,) = find_zones([read_zone(zone, "ZONE")], context, context.limiter)
    return found


def find_zones(given: Iterable[str], context: Context, make_limiter: Callable[[], BaseLimiter]) -> tuple[str, ...]:
    """Give the identifiers of zones, each once, with one call for each that is given by its name.

    Args:
        given: Identifiers, and names in small letters.
        context: The surroundings.
        make_limiter: Makes the limiter of the calls, if there are any.

    Raises:
        UsageError: No zone or several have a name.
        SpectrumError: The zones cannot be listed.
    """
    return tuple(find_named_zones(given, context, make_limiter))


def find_named_zones(given: Iterable[str], context: Context, make_limiter: Callable[[], BaseLimiter]) -> dict[str, str]:
    """Find zones as :func:`find_zones` does; gives the name by which each was given, empty for an identifier."""
    zones = tuple(given)
    names = tuple(dict.fromkeys(zone for zone in zones if not is_zone_id(zone)))
    identifiers: dict[str, str] = {}
    if names:
        limiter = make_limiter()

        async def look_up() -> None:
            async with context.open_client(limiter) as client:

                async def find(name: str) -> None:
                    identifiers[name] = await _identifier(client, name)

                await for_each(names, find, _AT_ONCE)

        asyncio.run(until_stopped(look_up()))
    firsts: dict[str, tuple[str, str]] = {}
    for zone in zones:
        zone_id = identifiers.get(zone, zone)
        firsts.setdefault(zone_id.lower(), (zone_id, zone if zone in identifiers else ""))
    return dict(firsts.values())


async def _identifier(client: Client, name: str) -> str:
    try:
        found = await zones_named(client, name)
    except PermissionDeniedError as error:
        error.args = (f"{error}; or give the zone's identifier in the place of {name}",)
        raise
    if not found:
        raise UsageError(f"zone {name}: there is none that the credentials may see", "`aiospectrum zones` lists them")
    if len(found) > 1:
        several = ", ".join(f"{zone.id}{_of_account(zone)}" for zone in found[:_SHOWN])
        raise UsageError(f"zone {name}: {len(found)} zones have that name", f"give the identifier of one: {several}")
    return found[0].id


def _of_account(zone: Zone) -> str:
    name = None if zone.account is None else zone.account.name
    return f" of {name}" if name else ""
