"""What has to be done so that the applications of zones are as wanted."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum.apps.compare import Difference, differences
from aiospectrum.apps.desired import Desired, key_of
from aiospectrum.apps.files import all_as_one
from aiospectrum.apps.raw import write_request
from aiospectrum.apps.redacting import redacting
from aiospectrum.apps.zones import ReadZone, check_concurrency, check_items, raise_errors, read_zones
from aiospectrum.checks import refuse
from aiospectrum.errors import InvalidArgumentError, SeveralAppsError, SpectrumError
from aiospectrum.transport import Transport

__all__ = ["Action", "Change", "plan"]

Action: TypeAlias = Literal["create", "replace", "delete", "nothing"]
"""What is done with an application."""

_AT_ONCE: Final = 8
_DESIRED: Final = "what is wanted, as objects of the class Desired"


@attrs.frozen(kw_only=True)
class Change:
    """What is to be done about one application that is wanted, or that is to be absent."""

    action: Action
    """What to do; ``nothing`` when it is as wanted already."""

    desired: Desired
    """What is wanted."""

    zone_id: str
    """Identifier of the zone."""

    app_id: str | None = None
    """Identifier of the application; None when it is not there."""

    differences: tuple[Difference, ...] = ()
    """What a replacement changes, field by field."""

    before: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    """The application's JSON values as the API sent them, keys that this version does not know among them; None when it
    is not there.
    """

    @property
    def after(self) -> Mapping[str, Any] | None:
        """The JSON values of the configuration that is wanted; None when it is to be absent."""
        return None if self.desired.absent else write_request(self.desired.app)

    @property
    def zone(self) -> str:
        """The zone as it was given: its identifier or its name."""
        return self.desired.zone

    @property
    def name(self) -> str:
        """DNS name of the application; empty when it has none."""
        return self.desired.app.dns.name or ""

    @property
    def protocol(self) -> str:
        """Protocol of the application."""
        return self.desired.app.protocol

    def __str__(self) -> str:
        text = f"{self.action} {self.name or 'without a name'} {self.protocol} of the zone {self.zone}"
        changed = ", ".join(f"{each.field}: {each.found!r} → {each.wanted!r}" for each in self.differences)
        return f"{text}: {changed}" if changed else text


@redacting
async def plan(transport: Transport, desired: Iterable[Desired], *, concurrency: int = _AT_ONCE) -> list[Change]:
    """Find what has to be done so that applications are as wanted; nothing is changed.

    Each zone is listed once, and found by its name first if it is given by that. An application is found by its DNS
    name and protocol. A field that is left out has the API's default, so that it is a difference only when the
    application has something else; ``origin_dns.ttl``, which has no documented default, is none when it is left out.
    Old forms of payloads count as those of today. What is there and not wanted is left alone.

    Args:
        transport: A client, or anything else to call over.
        desired: What is wanted, such as :func:`read_file` gives.
        concurrency: How many zones are read at once, 1 to 100.

    Returns:
        A change for each that is wanted, in that order.

    Raises:
        InvalidArgumentError: An argument is something else, an application is wanted twice, or a configuration that
            would be sent breaks a rule of :func:`~aiospectrum.preflight`; ``others`` has all such problems when there
            are several.
        ZonesError: Zones cannot be read, or have several applications of the same DNS name and protocol, of which one
            is wanted.
    """
    concurrency = check_concurrency(concurrency)
    wanted = [_check_desired(each) for each in check_items("desired", desired, _DESIRED)]
    zones = await read_zones(transport, (each.zone for each in wanted), concurrency)
    _refuse_twice(wanted, zones)
    by_key = {zone: _by_key(read.apps) for zone, read in zones.items()}
    changes: list[Change] = []
    errors: dict[str, SpectrumError] = {}
    for each in wanted:
        found = by_key[each.zone].get(each.key, [])
        if len(found) > 1:
            ids = [str(app["id"]) for app in found]
            text = f"{len(found)} applications are {' '.join(each.key)}: {', '.join(ids)}; delete all but one of them"
            errors.setdefault(each.zone, SeveralAppsError(text, app_ids=ids))
            continue
        changes.append(_compare(each, zones[each.zone].id, found[0] if found else None))
        await asyncio.sleep(0)  # a thousand of them take long enough for other tasks to notice
    raise_errors(errors, "cannot be planned for")
    await _check_sent(changes)
    return changes


def _check_desired(desired: Desired) -> Desired:
    if not isinstance(desired, Desired):
        refuse("desired", desired, _DESIRED)
    return desired


def _refuse_twice(wanted: Iterable[Desired], zones: Mapping[str, ReadZone]) -> None:
    """Refuse an application that is wanted twice, also in a zone that is given by identifier and by name."""
    seen: dict[tuple[str, str, str], Desired] = {}
    for each in wanted:
        key = (zones[each.zone].id.lower(), *each.key)
        if key in seen:
            raise InvalidArgumentError(f"expected each application once, got {seen[key]} and {each}", field="desired")
        seen[key] = each


def _by_key(apps: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for app in apps:
        name = app["dns"].get("name") if isinstance(app.get("dns"), Mapping) else None
        found.setdefault(key_of(name, str(app["protocol"])), []).append(app)
    return found


def _compare(desired: Desired, zone_id: str, found: dict[str, Any] | None) -> Change:
    if found is None:
        return Change(action="nothing" if desired.absent else "create", desired=desired, zone_id=zone_id)
    differ: list[Difference] = []
    action: Action = "delete"
    if not desired.absent:
        differ = differences(write_request(desired.app), found)
        action = "replace" if differ else "nothing"
    return Change(
        action=action,
        desired=desired,
        zone_id=zone_id,
        app_id=str(found["id"]),
        differences=tuple(differ),
        before=found,
    )


async def _check_sent(changes: Iterable[Change]) -> None:
    """Refuse configurations that would be sent and refused, all of them at once."""
    found: list[InvalidArgumentError] = []
    for change in changes:
        if change.action in ("create", "replace"):
            found += [
                InvalidArgumentError(f"{change.desired}: {problem}", field=problem.field, expected=problem.remedy)
                for problem in APP_REQUEST.find_problems("app", change.desired.app)
                if problem.severity == "error"
            ]
            await asyncio.sleep(0)
    if found:
        raise all_as_one(found)
