"""The aggregate of the last minute.

https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/
The 60 seconds end where the data ends (now, less the data lag). Every live app of the zone is
listed, or every one asked for that the zone has; an app without traffic is listed with zeros.
``durationAvg`` is over all events, like ``durationAvg`` of a summary of the same minute.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiospectrum.sandbox._counting import Counting
from aiospectrum.sandbox._errors import bad_parameter
from aiospectrum.sandbox._filters import parse_filter
from aiospectrum.sandbox._query import AnalyticsQuery
from aiospectrum.sandbox._routes import ID
from aiospectrum.sandbox._tally import merge

if TYPE_CHECKING:
    from aiospectrum.sandbox._filters import Filter
    from aiospectrum.sandbox._params import Params
    from aiospectrum.sandbox._state import Zone

__all__ = ["CURRENT_PARAMETERS", "current_aggregate"]

CURRENT_PARAMETERS: Final = ("appID", "colo_name")
"""Query parameters of the operation."""

_COLO: Final = re.compile(r"[A-Za-z0-9]{1,3}")
_WINDOW: Final = 60


def current_aggregate(zone: Zone, params: Params, *, seed: int, horizon: int) -> list[dict[str, object]]:
    """Return one entry per app in the order of creation; no second from `horizon` on has data.

    Raises:
        RefusedError: An app id or the colo name has the wrong form.
    """
    wanted = params.single("appID")
    app_ids = list(zone.apps) if wanted is None else _read_app_ids(wanted, zone)
    query = AnalyticsQuery(
        dimensions=("appID", "event"),
        metrics=("count", "bytesIngress", "bytesEgress", "durationAvg"),
        filters=None,
        condition=_read_colo(params.single("colo_name")),
        since=horizon - _WINDOW,
        until=horizon - 1,
        sort=(),
        sort_keys=(),
        limit=1,
        time_delta=None,
    )
    lifetimes = [zone.history[app_id] for app_id in app_ids]
    counting = Counting(query, lifetimes, zone_id=zone.id, seed=seed, horizon=horizon)
    for _ in counting.steps():
        pass
    return [_aggregate(counting, app_id) for app_id in app_ids]


def _read_app_ids(text: str, zone: Zone) -> list[str]:
    asked = text.split(",")
    for app_id in asked:
        if ID.fullmatch(app_id) is None:
            raise bad_parameter("appID", app_id, "app ids of 32 hexadecimal digits, joined by commas")
    return [app_id for app_id in zone.apps if app_id in asked]


def _read_colo(name: str | None) -> Filter | None:
    if name is None:
        return None
    if _COLO.fullmatch(name) is None:
        raise bad_parameter("colo_name", name, "a colo name of at most three letters and digits, such as SFO")
    return parse_filter(f"coloName=={name}")


def _aggregate(counting: Counting, app_id: str) -> dict[str, object]:
    mine = {event: tally for (owner, event), tally in counting.rows.items() if owner == app_id}
    total = merge(mine.values(), durations=True)
    connections = sum(mine["connect"].counts) if "connect" in mine else 0
    return {
        "appID": app_id,
        "bytesEgress": total.egress[0],
        "bytesIngress": total.ingress[0],
        "connections": connections,
        "durationAvg": total.values("durationAvg")[0],
    }
