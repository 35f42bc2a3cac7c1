"""The zones of a plan: their identifiers and applications, read side by side, and all that goes wrong with them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from aiospectrum._loop import for_each
from aiospectrum.apps.desired import is_zone_id
from aiospectrum.apps.raw import list_raw
from aiospectrum.checks import Integer, refuse
from aiospectrum.endpoints import list_zones
from aiospectrum.errors import SpectrumError
from aiospectrum.models import Zone
from aiospectrum.transport import Transport

__all__ = ["ReadZone", "ZonesError", "check_concurrency", "check_items", "read_zones"]

_SHOWN: Final = 5
"""Zones that an error's text has."""


class ZonesError(SpectrumError):
    """Zones cannot be read, or what is there does not fit what is wanted: nothing was changed.

    ``__cause__`` is the error of the first of them.
    """

    def __init__(self, message: str, *, errors: Mapping[str, SpectrumError] | None = None) -> None:
        """Keep the errors.

        Args:
            message: The whole error in one line.
            errors: The error of each such zone, by the zone as it was given.
        """
        super().__init__(message)
        self.errors: Mapping[str, SpectrumError] = dict(errors or {})


@attrs.frozen(kw_only=True)
class ReadZone:
    """A zone that was read."""

    id: str
    """Its identifier."""

    apps: list[dict[str, Any]]
    """The JSON values of its applications."""


def check_concurrency(concurrency: int) -> int:
    """Check how many zones are read at once.

    Raises:
        InvalidArgumentError: It is no integer from 1 to 100.
    """
    checked: int = Integer(minimum=1, maximum=100).check("concurrency", concurrency)
    return checked


def check_items(field: str, values: Iterable[Any], expected: str) -> list[Any]:
    """Check that something has items, which texts are not; what they are is not checked.

    Raises:
        InvalidArgumentError: It has none.
    """
    if issubclass(type(values), (str, bytes)) or not issubclass(type(values), Iterable):
        refuse(field, values, expected)
    return list(values)


async def read_zones(transport: Transport, zones: Iterable[str], concurrency: int) -> dict[str, ReadZone]:
    """Read the applications of zones, by the zones as they were given, in that order.

    Raises:
        ZonesError: Any of them cannot be read.
    """
    wanted = list(dict.fromkeys(zones))
    found: dict[str, ReadZone] = {}
    errors: dict[str, SpectrumError] = {}

    async def read(zone: str) -> None:
        try:
            zone_id = zone if is_zone_id(zone) else await _find_zone(transport, zone)
            found[zone] = ReadZone(id=zone_id, apps=await list_raw(transport, zone_id))
        except SpectrumError as error:
            errors[zone] = error

    await for_each(wanted, read, concurrency)
    raise_errors({zone: errors[zone] for zone in wanted if zone in errors}, "cannot be read")
    return {zone: found[zone] for zone in wanted}


def raise_errors(errors: Mapping[str, SpectrumError], what: str) -> None:
    """Raise the errors of zones as one, if there are any."""
    if not errors:
        return
    shown = [f"zone {zone}: {error}" for zone, error in list(errors.items())[:_SHOWN]]
    more = [f"and {len(errors) - _SHOWN:,} more"] if len(errors) > _SHOWN else []
    count = "1 zone" if len(errors) == 1 else f"{len(errors):,} zones"
    message = f"{count} {what}, and nothing was changed: {'; '.join([*shown, *more])}"
    raise ZonesError(message, errors=errors) from next(iter(errors.values()))


async def zones_named(transport: Transport, name: str) -> list[Zone]:
    """List the zones of a name in small letters, without a dot at its end; several accounts may have one each."""
    listed = await list_zones(transport, name=name, per_page=50)
    return [zone for zone in listed if zone.name.lower() == name]


async def _find_zone(transport: Transport, name: str) -> str:
    """The identifier of a zone by its name."""
    found = [zone.id for zone in await zones_named(transport, name.lower().removesuffix("."))]
    if not found:
        raise SpectrumError("there is none that the credentials may see")
    if len(found) > 1:
        several = ", ".join(found[:_SHOWN])
        raise SpectrumError(f"{len(found)} zones have that name; give the identifier of one: {several}")
    return found[0]
