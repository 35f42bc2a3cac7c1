"""The operations of https://developers.cloudflare.com/api/resources/spectrum/ and the list of zones: what they return.

An unknown path is refused with 404 and 7003 (together with 7000), and so is a zone or app id that
is not 32 hexadecimal digits; a known path with another method with 405, 10405 and an ``Allow``
header.

Paging of the app list starts with ``page``: without it every app is listed in the default order,
without ``result_info``, and ``per_page``, ``order`` and ``direction`` have no effect and are not
even checked.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

import attrs

from aiospectrum.sandbox.account import Account, App, Zone
from aiospectrum.sandbox.counting import Counting
from aiospectrum.sandbox.fields import list_protocols, parse_object
from aiospectrum.sandbox.hashing import ID, hex_id
from aiospectrum.sandbox.query import REPORT_PARAMETERS, Params, Query, read_window
from aiospectrum.sandbox.reports import bandwidth, current_aggregate, write_report
from aiospectrum.sandbox.responses import Problem, RefusedError
from aiospectrum.sandbox.times import floor_second, format_second

__all__ = ["BASE_PATH", "Route", "match_route", "perform"]

BASE_PATH: Final = "/client/v4"
"""Path prefix of every route."""

_HIGHEST_PAGE: Final = 999_999_999
_ZONE_STATUSES: Final = ("active", "initializing", "moved", "pending")
_ORDERS: Final[Mapping[str, Callable[[App], str]]] = {
    "protocol": lambda app: str(app.config.shown["protocol"]),
    "app_id": lambda app: app.id,
    "created_on": lambda app: app.created_on.isoformat(),
    "modified_on": lambda app: app.modified_on.isoformat(),
    "dns": lambda app: app.config.hostname,
}


@attrs.frozen(kw_only=True)
class _Call:
    """One request."""

    account: Account
    zone_id: str
    """Empty for operations that are not about one zone."""
    app_id: str
    """Empty for operations that are not about one app."""
    params: Params
    body: bytes

    @property
    def zone(self) -> Zone:
        """The zone that it is about."""
        return self.account.zone(self.zone_id)


_Found: TypeAlias = dict[str, object]
"""``result``, and ``result_info`` for a page."""


async def _list_apps(call: _Call) -> _Found:
    """List the apps that the query selects; those that compare equal stay as created."""
    apps, params = call.zone.apps.values(), call.params
    if params.single("page") is None:
        return {"result": [app.render() for app in sorted(apps, key=_ORDERS["dns"])]}
    page = params.whole("page", low=1, high=_HIGHEST_PAGE, default=1)
    per_page = params.whole("per_page", low=1, high=100, default=20)
    order = params.choice("order", tuple(_ORDERS), "dns")
    descending = params.choice("direction", ("asc", "desc"), "asc") == "desc"
    ordered = sorted(apps, key=_ORDERS[order], reverse=descending)
    return _page([app.render() for app in ordered], page=page, per_page=per_page)


async def _list_zones(call: _Call) -> _Found:
    """List the zones by name, all of them active."""
    account, params = call.account, call.params
    page = params.whole("page", low=1, high=_HIGHEST_PAGE, default=1)
    per_page = params.whole("per_page", low=5, high=50, default=20)
    status = params.choice("status", _ZONE_STATUSES, "active")
    name = params.single("name")
    wanted = [] if status != "active" else [*account.zones.values()]
    zones = [zone for zone in wanted if name is None or zone.name == name.lower()]
    owner = {"id": hex_id(account.seed, "account"), "name": "Sandbox"}
    shown: list[dict[str, object]] = [
        {"id": zone.id, "name": zone.name, "status": "active", "paused": False, "type": "full", "account": owner}
        for zone in sorted(zones, key=lambda zone: zone.name)
    ]
    return _page(shown, page=page, per_page=per_page)


def _page(items: list[dict[str, object]], *, page: int, per_page: int) -> _Found:
    shown = items[(page - 1) * per_page : page * per_page]
    info = {
        "page": page,
        "per_page": per_page,
        "count": len(shown),
        "total_count": len(items),
        "total_pages": -(-len(items) // per_page),
    }
    return {"result": shown, "result_info": info}


async def _create_app(call: _Call) -> _Found:
    return {"result": call.account.create_app(call.zone, parse_object(call.body)).render()}


async def _get_app(call: _Call) -> _Found:
    return {"result": call.zone.find(call.app_id).render()}


async def _update_app(call: _Call) -> _Found:
    app = call.zone.find(call.app_id)
    return {"result": call.account.replace_app(call.zone, app, parse_object(call.body)).render()}


async def _delete_app(call: _Call) -> _Found:
    call.account.delete_app(call.zone, call.zone.find(call.app_id))
    return {"result": {"id": call.app_id}}


async def _list_protocols(call: _Call) -> _Found:
    return {"result": list_protocols()}


async def _current(call: _Call) -> _Found:
    account = call.account
    horizon = account.horizon(account.moment())
    return {"result": current_aggregate(call.zone, call.params, seed=account.seed, horizon=horizon)}


async def _by_time(call: _Call) -> _Found:
    return await _report(call, by_time=True)


async def _summary(call: _Call) -> _Found:
    return await _report(call, by_time=False)


async def _report(call: _Call, *, by_time: bool) -> _Found:
    account, zone = call.account, call.zone
    moment = account.moment()
    query = Query.read(call.params, now=floor_second(moment), by_time=by_time)
    counting = await _count(account, zone, query, moment)
    return {"result": write_report(query, counting, data_lag=account.data_lag)}


async def _count(account: Account, zone: Zone, query: Query, moment: datetime) -> Counting:
    lifetimes, horizon = [*zone.history.values()], account.horizon(moment)
    counting = Counting(query, lifetimes, zone_id=zone.id, seed=account.seed, horizon=horizon)
    for _ in counting.steps():
        await asyncio.sleep(0)  # long windows take seconds; other requests are served in between
    return counting


async def _zones_report(call: _Call) -> _Found:
    """Add up the bytes of every zone; of the CDN there is no traffic here, whatever is asked."""
    account, params = call.account, call.params
    params.choice("cdn_traffic", ("true", "false"), "false")
    moment = account.moment()
    since, until = read_window(params, now=floor_second(moment))
    query = Query(dimensions=(), metrics=("bytesIngress", "bytesEgress"), since=since, until=until)
    found = []
    for zone in account.zones.values():
        counting = await _count(account, zone, query, moment)
        found.append({"zone_id": zone.id, "totals": {"bandwidth": bandwidth(counting)}})
    return {"query": {"since": format_second(since), "until": format_second(until)}, "result": found}


class _Operation(NamedTuple):
    run: Callable[[_Call], Awaitable[_Found]]
    parameters: tuple[str, ...] = ()
    """Names that its query may have."""


_SPECTRUM: Final = "/zones/(?P<zone_id>[^/]*)/spectrum"
_ROUTES: Final = tuple(
    (re.compile(f"{BASE_PATH}{path}"), methods)
    for path, methods in {
        "/user/spectrum_analytics/zones/report": {
            "GET": _Operation(_zones_report, ("cdn_traffic", "since", "until")),
        },
        "/zones": {"GET": _Operation(_list_zones, ("name", "status", "page", "per_page"))},
        f"{_SPECTRUM}/apps": {
            "GET": _Operation(_list_apps, ("page", "per_page", "direction", "order")),
            "POST": _Operation(_create_app),
        },
        f"{_SPECTRUM}/apps/(?P<app_id>[^/]+)": {
            "GET": _Operation(_get_app),
            "PUT": _Operation(_update_app),
            "DELETE": _Operation(_delete_app),
        },
        f"{_SPECTRUM}/protocols": {"GET": _Operation(_list_protocols)},
        f"{_SPECTRUM}/analytics/aggregate/current": {"GET": _Operation(_current, ("appID", "colo_name"))},
        f"{_SPECTRUM}/analytics/events/bytime": {"GET": _Operation(_by_time, (*REPORT_PARAMETERS, "time_delta"))},
        f"{_SPECTRUM}/analytics/events/summary": {"GET": _Operation(_summary, REPORT_PARAMETERS)},
    }.items()
)


class Route(NamedTuple):
    """An operation and the identifiers found in its path."""

    operation: _Operation
    zone_id: str = ""
    """Empty for operations that are not about one zone."""
    app_id: str = ""
    """Empty for operations that are not about one app."""


def match_route(method: str, path: str) -> Route:
    """Return the route of a request; ``path`` is the raw, still percent-encoded one.

    Raises:
        RefusedError: There is no such path, the path has another method, or an id is malformed.
    """
    for pattern, methods in _ROUTES:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        if method not in methods:
            problem = Problem(code=10405, message=f"Method {method} is not allowed here")
            raise RefusedError(405, problem, headers={"Allow": ", ".join(methods)})
        identifiers = match.groupdict()
        if not all(ID.fullmatch(value) for value in identifiers.values()):
            break
        return Route(methods[method], **identifiers)
    raise RefusedError(
        404,
        Problem(code=7003, message=f"Could not route to {path}; perhaps an identifier is invalid"),
        Problem(code=7000, message="No route for that path"),
    )


async def perform(account: Account, route: Route, query: str, body: bytes) -> dict[str, object]:
    """Carry out one operation and return its ``result``, with ``result_info`` for a page.

    Raises:
        RefusedError: The request has no result.
    """
    if route.zone_id:
        account.zone(route.zone_id)  # which is refused before the query is looked at
    params = Params(query, route.operation.parameters)
    call = _Call(account=account, zone_id=route.zone_id, app_id=route.app_id, params=params, body=body)
    return await route.operation.run(call)
