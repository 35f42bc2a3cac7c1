"""A change of single fields of an application, which keeps all others, those that this version does not know as well.

The API replaces whole configurations alone, so that a change is made of several calls: the application is read, and
read once more just before it is replaced, so that what others have changed meanwhile is not undone.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypedDict, Unpack

import attrs

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.forms import as_read
from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum.apps.compare import differences
from aiospectrum.apps.raw import get_raw, join, read_configuration, replace_raw, split, write_request
from aiospectrum.apps.redacting import redacting
from aiospectrum.checks import Unchecked, refuse
from aiospectrum.checks.refusals import closest
from aiospectrum.errors import AppChangedError, ResponseError
from aiospectrum.models import DNS, App, AppRequest, EdgeIPs, OriginDNS, OriginPort
from aiospectrum.transport import Transport

__all__ = [
    "AppChanges",
    "change_app",
    "change_read_app",
    "check_changes",
    "paths_of",
    "replace_known",
    "with_default_edge_ips",
]

_UNKNOWN_FIELD: Final = 10012
"""Code of the error for a field that the API does not take."""


class AppChanges(TypedDict, total=False):
    """What to change of an application: the fields of :class:`~aiospectrum.AppRequest`.

    None removes a field, which goes back to Cloudflare's default; ``protocol`` and ``dns`` are always there.
    """

    protocol: str
    dns: DNS
    traffic_type: Literal["direct", "http", "https", "worker"] | Unchecked | None
    origin_direct: list[str] | None
    origin_dns: OriginDNS | None
    origin_port: OriginPort | None
    origin_worker_id: str | None
    virtual_network_id: str | None
    edge_ips: EdgeIPs | None
    ip_firewall: bool | None
    proxy_protocol: Literal["off", "v1", "v2", "simple"] | Unchecked | None
    tls: Literal["off", "flexible", "full", "strict"] | Unchecked | None
    argo_smart_routing: bool | None


@redacting
async def change_app(
    transport: Transport,
    zone_id: str,
    app_id: str,
    *,
    keep_unknown: bool = True,
    **changes: Unpack[AppChanges],
) -> App:
    """Change some fields of a Spectrum application and keep all others.

    ::

        await client.apps.change(zone_id, app_id, origin_direct=["tcp://192.0.2.7:22"], tls="full")

    The application is read, changed, checked, read once more and replaced; when nothing would change, nothing is sent.
    Fields that this version does not know are kept, and so are values that it does not know of the others. An object
    such as ``dns`` is replaced whole, but for its unknown fields: ``attrs.evolve(app.dns, name=…)`` makes one.

    One origin that is given removes the others. With another kind of origin than before that is so for ``origin_port``
    too, unless it is given.

    A change that somebody else makes between the two reads raises AppChangedError. One that comes between the second
    read and the replacement, which takes about as long as a round trip, is lost: the API has no way to prevent that.
    Needs the permission Zone Settings Write, and Zone Settings Read to read the application.

    Args:
        transport: What it calls over: a client, a namespace of one, or a transport of your own; a method has it.
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app_id: Identifier of the application, 32 hexadecimal characters.
        keep_unknown: Whether fields that this version does not know are sent back. Without them, what they say goes
            back to Cloudflare's default.
        **changes: The fields, as in :class:`~aiospectrum.AppRequest`; None removes one that may be left out, which
            goes back to Cloudflare's default.

    Returns:
        The application as it stands after the call.

    Raises:
        InvalidArgumentError: An argument is invalid, or what it would make of the application; nothing was changed.
        AppChangedError: The application changed meanwhile; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline of one of the calls passed, or a wait would have passed it.
        ResponseError: The API refused a call, in the subclass of its status, or its response was unusable.
    """
    plain = check_changes(changes)
    return await change_read_app(transport, zone_id, app_id, lambda _: plain, keep_unknown=keep_unknown)


@redacting
async def change_read_app(
    transport: Transport,
    zone_id: str,
    app_id: str,
    choose: Callable[[AppRequest], Mapping[str, Any]],
    *,
    keep_unknown: bool = True,
) -> App:
    """Change fields of an application as :func:`change_app` does, where what to change depends on what is there.

    Args:
        transport: A client, or anything else to call over.
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        choose: Gives the fields to change, of the configuration that is there.
        keep_unknown: Whether fields that this version does not know are sent back.

    Returns:
        The application as it stands after the call.
    """
    found = await get_raw(transport, zone_id, app_id)
    before = read_configuration(found)
    changes = check_changes(choose(before))
    after = attrs.evolve(before, **_without_other_origins(before, changes))
    APP_REQUEST.check_change("app", before, after)
    old, new = write_request(before), write_request(after)
    if not (differences(new, old) or differences(old, new)):
        return shared_converter().structure(found, App)
    again = await get_raw(transport, zone_id, app_id)
    changed = [key for key in {**found, **again} if _is_changed(key, found, again)]
    if changed:
        raise AppChangedError(
            f"application {app_id}: {', '.join(changed)} changed while it was to be changed, and nothing was sent;"
            " look at it with apps.get, and change it again",
            app_id=app_id,
            fields=changed,
        )
    return await replace_known(transport, zone_id, app_id, after, split(again)[1] if keep_unknown else {})


def check_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Check changes of an application, each by itself.

    Args:
        changes: The fields to change, by name.

    Returns:
        The same, in which values of subclasses are plain.

    Raises:
        InvalidArgumentError: There is no such field, or it cannot have this value.
    """
    plain = {}
    for name, value in changes.items():
        if name not in APP_REQUEST.fields:
            meant = closest(name, APP_REQUEST.fields)
            known = "" if meant is not None else f" ({', '.join(APP_REQUEST.fields)})"
            refuse(name, name, f"a field of an application{known}", f"did you mean {meant!r}?" if meant else "")
        if value is None and name in APP_REQUEST.required:
            refuse(f"app.{name}", value, "a value: it cannot be removed")
        plain[name] = None if value is None else APP_REQUEST.fields[name].check(f"app.{name}", value)
    return plain


def with_default_edge_ips(request: AppRequest, unknown: Mapping[str, Any]) -> AppRequest:
    """Say the default of ``edge_ips`` that is left out, where it has unknown keys, which are kept inside of it.

    Args:
        request: A whole configuration.
        unknown: The keys, as :func:`~aiospectrum.apps.raw.split` gives them.

    Returns:
        The configuration.
    """
    if request.edge_ips is None and "edge_ips" in unknown:
        return attrs.evolve(request, edge_ips=EdgeIPs(type="dynamic", connectivity="all"))
    return request


async def replace_known(
    transport: Transport, zone_id: str, app_id: str, request: AppRequest, unknown: Mapping[str, Any]
) -> App:
    """Replace a configuration by one that was checked, beside keys that this version does not know.

    Args:
        transport: A client, or anything else to call over.
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        request: The configuration, which is not checked again.
        unknown: The keys, as :func:`~aiospectrum.apps.raw.split` gives them.

    Returns:
        The application as it stands after the call.

    Raises:
        ResponseError: The API refused the call; for an unknown field it names the keys, and the switch.
    """
    try:
        return await replace_raw(transport, zone_id, app_id, join(_marked(write_request(request)), unknown))
    except ResponseError as error:
        keys = paths_of(unknown)
        if keys and any(each.code == _UNKNOWN_FIELD for each in error.errors):
            error.unknown_keys = keys
            hint = (
                f"it has {', '.join(map(repr, keys))}, which this version does not know and sent back as read;"
                " keep_unknown=False leaves that out"
            )
            error.args = (f"{error}; {hint}",)
            error.hint = f"{error.hint}; {hint}" if error.hint else hint
        raise


def _without_other_origins(before: AppRequest, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The changes, and what goes with a single origin among them."""
    given = [name for name in APP_REQUEST.exactly_one_of if changes.get(name) is not None]
    if len(given) != 1:
        return changes
    removed = dict.fromkeys(APP_REQUEST.exactly_one_of)
    if getattr(before, given[0]) is None:
        removed["origin_port"] = None
    return {**removed, **changes}


def _is_changed(key: str, found: Mapping[str, Any], again: Mapping[str, Any]) -> bool:
    """Whether the value of a key that is not Cloudflare's alone has changed, come or gone."""
    is_owned = key not in AppRequest.read_only_keys
    return is_owned and (key not in found or key not in again or found[key] != again[key])


def _marked(value: Any) -> Any:
    """JSON values of which all texts and numbers are sent as they are."""
    if isinstance(value, dict):
        return {key: _marked(inner) for key, inner in value.items()}
    return as_read(value)


def paths_of(unknown: Mapping[str, Any]) -> tuple[str, ...]:
    """The unknown keys, with the known one that they are inside of."""
    paths: list[str] = []
    for key, value in unknown.items():
        paths += [f"{key}.{inner}" for inner in value] if key in APP_REQUEST.fields else [key]
    return tuple(paths)
