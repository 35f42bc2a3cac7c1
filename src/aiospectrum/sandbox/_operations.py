"""The nine operations on an account: from a route, a query string and a body to an answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from aiospectrum.sandbox._counting import Counting
from aiospectrum.sandbox._current import CURRENT_PARAMETERS, current_aggregate
from aiospectrum.sandbox._envelope import Answer
from aiospectrum.sandbox._fields import parse_object
from aiospectrum.sandbox._listing import LIST_PARAMETERS, list_apps
from aiospectrum.sandbox._params import Params
from aiospectrum.sandbox._protocols import list_protocols
from aiospectrum.sandbox._query import REPORT_PARAMETERS, read_query
from aiospectrum.sandbox._report import write_report
from aiospectrum.sandbox._routes import Operation, Route
from aiospectrum.sandbox._rules import read_config
from aiospectrum.sandbox._state import App
from aiospectrum.sandbox._times import floor_second
from aiospectrum.sandbox._zone_rules import check_neighbours

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aiospectrum.sandbox._state import Account, Zone

__all__ = ["World", "perform"]

_PARAMETERS: Final = {
    Operation.LIST_APPS: LIST_PARAMETERS,
    Operation.CURRENT: CURRENT_PARAMETERS,
    Operation.BYTIME: (*REPORT_PARAMETERS, "time_delta"),
    Operation.SUMMARY: REPORT_PARAMETERS,
}


@attrs.frozen(kw_only=True)
class World:
    """Everything that answers depend on beside the request."""

    account: Account
    seed: int
    data_lag: float
    """Seconds by which analytics trail behind."""
    now: Callable[[], datetime]

    def moment(self) -> datetime:
        """Return the current time in UTC."""
        return self.now().astimezone(UTC)

    def horizon(self, moment: datetime) -> int:
        """Return the first second that analytics have no data for yet at `moment`."""
        return floor_second(moment - timedelta(seconds=self.data_lag)) + 1


async def perform(world: World, route: Route, query: str, body: bytes) -> Answer:
    """Carry out one operation; `query` is the raw query string.

    Raises:
        RefusedError: The request cannot be answered with a result.
    """
    zone = world.account.zone(route.zone_id)
    params = Params(query, _PARAMETERS.get(route.operation, ()))
    result: object
    match route.operation:
        case Operation.LIST_APPS:
            return list_apps(zone.apps.values(), params)
        case Operation.CREATE_APP:
            result = _create_app(world, zone, body)
        case Operation.GET_APP:
            result = zone.find(route.app_id).render()
        case Operation.UPDATE_APP:
            result = _update_app(world, zone, route.app_id, body)
        case Operation.DELETE_APP:
            zone.remove(route.app_id, world.moment())
            result = {"id": route.app_id}
        case Operation.LIST_PROTOCOLS:
            result = list_protocols()
        case Operation.CURRENT:
            horizon = world.horizon(world.moment())
            result = current_aggregate(zone, params, seed=world.seed, horizon=horizon)
        case report:
            result = await _report(world, zone, params, by_time=report is Operation.BYTIME)
    return Answer(result=result)


def _create_app(world: World, zone: Zone, body: bytes) -> dict[str, object]:
    config = read_config(parse_object(body), paygo=zone.paygo)
    check_neighbours(world.account, zone, config)
    now = world.moment()
    app = App(id=world.account.next_app_id(zone), created_on=now, modified_on=now, config=config)
    zone.add(app)
    return app.render()


def _update_app(world: World, zone: Zone, app_id: str, body: bytes) -> dict[str, object]:
    replaced = zone.find(app_id)
    config = read_config(parse_object(body), paygo=zone.paygo)
    check_neighbours(world.account, zone, config, replaced)
    return zone.replace(app_id, config, world.moment()).render()


async def _report(world: World, zone: Zone, params: Params, *, by_time: bool) -> dict[str, object]:
    moment = world.moment()
    query = read_query(params, now=floor_second(moment), by_time=by_time)
    lifetimes, horizon = [*zone.history.values()], world.horizon(moment)
    counting = Counting(query, lifetimes, zone_id=zone.id, seed=world.seed, horizon=horizon)
    for _ in counting.steps():
        await asyncio.sleep(0)  # long windows take seconds; other requests get their turn in between
    return write_report(query, counting, data_lag=world.data_lag)
