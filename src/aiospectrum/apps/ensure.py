"""An application that is there when the call has returned: found, created or replaced, and never created twice."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from aiospectrum._codec.converter import shared_converter
from aiospectrum._generated.apps import create_app
from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum._http.call import while_open
from aiospectrum._http.config import check_sleep
from aiospectrum.apps.change import replace_known, with_default_edge_ips
from aiospectrum.apps.compare import differences, plain_name
from aiospectrum.apps.raw import get_raw, list_raw, split, write_request
from aiospectrum.apps.redacting import redacting
from aiospectrum.checks import refuse
from aiospectrum.errors import (
    AmbiguousWriteError,
    ClientStateError,
    InterruptedWriteError,
    RequestError,
    SeveralAppsError,
)
from aiospectrum.models import App, AppRequest
from aiospectrum.transport import Transport

__all__ = ["Ensured", "EnsuredBy", "ensure_app"]

EnsuredBy: TypeAlias = Literal["created", "replaced", "unchanged"]
"""What was done so that an application is as it is wanted."""

_LOGGER: Final = logging.getLogger("aiospectrum")

_LATE: Final = (0.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds to wait before each look for an application whose create may still take place: half a minute together."""


@attrs.frozen(kw_only=True)
class Ensured:
    """An application that is as it is wanted."""

    app: App
    """The application."""

    done: EnsuredBy
    """What was done: ``created``, ``replaced``, or nothing (``unchanged``)."""


@redacting
async def ensure_app(
    transport: Transport,
    zone_id: str,
    app: AppRequest,
    *,
    key: Literal["dns"] = "dns",
    keep_unknown: bool = True,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Ensured:
    """See to it that a zone has an application with this configuration, whatever is there before.

    ::

        ensured = await client.apps.ensure(zone_id, request)
        print(ensured.done, ensured.app.id)  # created, replaced or unchanged

    The applications of the zone are listed. One with the same DNS name and protocol is left alone when nothing differs,
    and replaced otherwise; where there is none, it is created. Names are compared without regard to case and to a dot
    at the end, and a field that is left out has Cloudflare's default. A replacement keeps fields that this version does
    not know. So this is the way back after an AmbiguousWriteError.

    When its own create fails in a way that leaves open whether it took place, the applications are listed again, at
    once and then for half a minute (after 2, 4, 8 and 16 seconds more). If it has not appeared by then,
    AmbiguousWriteError is raised: it is never created a second time.

    Calls that run at the same time, in one process or in several, do not know of each other: two for one DNS name and
    protocol may both create, of which the API refuses the second one. Let one end before the next begins.
    Needs the permission Zone Settings Write, and Zone Settings Read to list the applications.

    Args:
        transport: What it calls over: a client, a namespace of one, or a transport of your own; a method has it.
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app: The whole configuration of the application.
        key: What an application is found by: ``dns``, its DNS name with its protocol.
        keep_unknown: Whether a replacement sends back fields that this version does not know.
        sleep: Waits a number of seconds.

    Returns:
        The application, and what was done.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        SeveralAppsError: Several applications have this DNS name and protocol; nothing was changed.
        AmbiguousWriteError: The create may have taken effect, and the application has not been seen since.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline of one of the calls passed, or a wait would have passed it.
        ResponseError: The API refused a call, in the subclass of its status, or its response was unusable.
    """
    app = APP_REQUEST.check("app", app)
    if key != "dns":
        refuse("key", key, "'dns'")
    if app.dns.name is None:
        refuse("app.dns.name", None, "a host name, which the application is found by")
    sleep = check_sleep(sleep)
    found = await _find(transport, zone_id, app)
    if found is None:
        try:
            return Ensured(app=await create_app(transport, zone_id, app), done="created")
        except InterruptedWriteError:
            raise
        except AmbiguousWriteError as error:
            found = await _find_late(transport, zone_id, app, error, sleep)
        if not differences(write_request(app), found):
            return Ensured(app=shared_converter().structure(found, App), done="created")
    return await _settle(transport, zone_id, app, found, keep_unknown=keep_unknown)


async def _settle(
    transport: Transport, zone_id: str, app: AppRequest, found: Mapping[str, Any], *, keep_unknown: bool
) -> Ensured:
    """Replace what was found, if it differs."""
    wanted = write_request(app)
    if not differences(wanted, found):
        return Ensured(app=shared_converter().structure(found, App), done="unchanged")
    there = await get_raw(transport, zone_id, found["id"])
    unknown = split(there)[1] if keep_unknown else {}
    app = with_default_edge_ips(app, unknown)
    return Ensured(app=await replace_known(transport, zone_id, there["id"], app, unknown), done="replaced")


async def _find(transport: Transport, zone_id: str, app: AppRequest) -> dict[str, Any] | None:
    """The application with the DNS name and protocol of a configuration, None for none.

    Raises:
        SeveralAppsError: There are several.
    """
    wanted = plain_name(app.dns.name or ""), app.protocol.lower()
    found = [
        values
        for values in await list_raw(transport, zone_id)
        if (plain_name(values["dns"].get("name") or ""), values["protocol"].lower()) == wanted
    ]
    if len(found) > 1:
        ids = [str(values["id"]) for values in found]
        raise SeveralAppsError(
            f"{app.dns.name} has {len(ids)} applications for {app.protocol}, where one was looked for:"
            f" {', '.join(ids)}; nothing was changed: delete the others, or change one by its identifier",
            app_ids=ids,
        )
    return found[0] if found else None


async def _find_late(
    transport: Transport,
    zone_id: str,
    app: AppRequest,
    error: AmbiguousWriteError,
    sleep: Callable[[float], Awaitable[object]],
) -> dict[str, Any]:
    """Look for an application whose create may have taken place, or may yet.

    Raises:
        AmbiguousWriteError: It did not appear.
        InterruptedWriteError: The client was left meanwhile.
    """
    problem = ""
    _LOGGER.warning("%s; it is looked for, for up to %g s", error, sum(_LATE))
    for wait in _LATE:
        try:
            with while_open(transport):
                await sleep(wait)
            found = await _find(transport, zone_id, app)
        except ClientStateError as left:
            raise InterruptedWriteError(
                f"{left}; {error}", method=error.method, url=error.url, attempts=error.attempts
            ) from error
        except RequestError as failed:
            problem = f" ({failed})"
            continue
        if found is not None:
            return found
        problem = ""
    error.args = (f"{error}; it did not appear within {sum(_LATE):g} s, in which it was looked for{problem}",)
    try:
        raise error
    finally:
        del error  # a circle
