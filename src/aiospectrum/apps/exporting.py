"""Applications that are there, as what is wanted, and that as a file."""

import asyncio
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.forms import as_read
from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum.apps.change import paths_of
from aiospectrum.apps.desired import Desired, is_zone
from aiospectrum.apps.raw import read_configuration, split, write_request
from aiospectrum.apps.redacting import redacting
from aiospectrum.apps.trees import import_yaml
from aiospectrum.apps.zones import check_concurrency, check_items, raise_errors, read_zones
from aiospectrum.checks import refuse
from aiospectrum.checks.refusals import shorten, show
from aiospectrum.errors import SpectrumError
from aiospectrum.models import AppRequest, EdgeIPs
from aiospectrum.transport import Transport

__all__ = ["export", "to_values", "to_yaml"]

_YAML_1_1: Final = frozenset({"y", "yes", "n", "no", "on", "off"})
"""Words that readers of YAML 1.1 take for true and false, which are quoted for them."""


@redacting
async def export(transport: Transport, zones: Iterable[str], *, concurrency: int = 8) -> list[Desired]:
    """Give the applications of zones as what is wanted, of which :func:`to_yaml` makes a file.

    :func:`plan` finds nothing to do for them. They have today's forms of old payloads, and all values as they were
    read. Keys that this version does not know are left out, and named in ``unknown_keys``: a replacement keeps them.

    Args:
        transport: A client, or anything else to call over.
        zones: Identifiers of the zones, or their names; one that is given twice is exported once.
        concurrency: How many zones are read at once, 1 to 100.

    Returns:
        The applications, zone by zone in the order given, those of a zone by DNS name and protocol.

    Raises:
        InvalidArgumentError: An argument is something else.
        ZonesError: Zones cannot be read, or have an application that a file cannot hold: one of the same DNS name and
            protocol as another one.
    """
    concurrency = check_concurrency(concurrency)
    asked = check_items("zones", zones, "identifiers or names of zones, as a list")
    for zone in asked:
        if not isinstance(zone, str) or not is_zone(zone):
            refuse("zones", zone, "the identifier of a zone, or its name such as example.com")
    read = await read_zones(transport, asked, concurrency)
    found: list[Desired] = []
    errors: dict[str, SpectrumError] = {}
    seen: set[str] = set()
    for zone, read_zone in read.items():
        if read_zone.id.lower() in seen:
            continue
        seen.add(read_zone.id.lower())
        try:
            found += await _of_zone(zone, read_zone.apps)
        except SpectrumError as error:
            errors[zone] = error
    raise_errors(errors, "cannot be exported")
    return found


async def _of_zone(zone: str, apps: Iterable[Mapping[str, Any]]) -> list[Desired]:
    by_key: dict[tuple[str, str], Desired] = {}
    for values in apps:
        desired = Desired(zone=zone, app=_request(values), unknown_keys=paths_of(split(values)[1]))
        if desired.key in by_key:
            raise SpectrumError(f"several applications are {' '.join(desired.key)}, which a file cannot tell apart")
        by_key[desired.key] = desired
        await asyncio.sleep(0)  # a thousand of them take long enough for other tasks to notice
    return [by_key[key] for key in sorted(by_key)]


def _request(values: Mapping[str, Any]) -> AppRequest:
    """The configuration that an application has, as a file can have it."""
    app = read_configuration(values)
    if app.edge_ips == EdgeIPs():
        app = attrs.evolve(app, edge_ips=None)
    marked: AppRequest = app if _passes(write_request(app)) else as_read(app)
    return marked


def to_values(desired: Iterable[Desired]) -> dict[str, Any]:
    """Give what is wanted as plain values in the layout of a file, for JSON or another format.

    Args:
        desired: What is wanted.

    Returns:
        The values; an entry is marked ``unchecked`` where it has values that this version does not know.

    Raises:
        ConversionError: A configuration has a value of another type.
    """
    zones: dict[str, list[dict[str, Any]]] = {}
    for each in desired:
        zones.setdefault(each.zone, []).append(_entry(each))
    return {"zones": zones}


def _entry(desired: Desired) -> dict[str, Any]:
    values = write_request(desired.app)
    ordered: dict[str, Any] = {key: values.pop(key) for key in ("dns", "protocol") if key in values}
    if desired.absent:
        return {**ordered, "absent": True}
    entry = {**ordered, **values}
    return entry if _passes(entry) else {**entry, "unchecked": True}


def _passes(values: Mapping[str, Any]) -> bool:
    """Whether a configuration is taken without being marked."""
    app = shared_converter().structure(values, AppRequest)
    return not any(problem.severity == "error" for problem in APP_REQUEST.find_problems("app", app))


def to_yaml(desired: Iterable[Desired]) -> str:
    """Write what is wanted as a file that :func:`read_file` reads; for thousands of applications that takes seconds.

    Args:
        desired: What is wanted.

    Returns:
        The text, in YAML 1.2. Words such as ``off`` are quoted, so that readers of YAML 1.1 take them for text too.
        Comments at its beginning name the ``unknown_keys``, which are not in it.

    Raises:
        ConversionError: A configuration has a value of another type.
        ImportError: YAML is written with the extra ``[yaml]``.
    """
    yaml = import_yaml()
    writer = yaml.YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False
    writer.allow_unicode = False  # some of it turns the writing direction, or is not seen
    writer.width = 120

    writer.Representer = type("Representer", (yaml.representer.SafeRepresenter,), {})  # its table is the class's
    writer.Representer.add_representer(str, _represent_text)
    wanted = list(desired)
    text = io.StringIO()
    for each in wanted:
        if each.unknown_keys:
            keys = shorten(show([*each.unknown_keys]))
            text.write(f"# left out, as this version does not know them: {keys} of {shorten(show(str(each)))}\n")
    writer.dump(_plain(to_values(wanted)), text)
    return text.getvalue()


def _represent_text(representer: Any, text: str) -> Any:
    style = "'" if text.lower() in _YAML_1_1 else None
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _plain(value: Any) -> Any:
    """A copy of plain types alone, which share nothing, so that no anchors are written."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str.__str__(value) if isinstance(value, str) else value
