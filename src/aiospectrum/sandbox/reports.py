"""The reports: events by time, the summary of events, and the current aggregate, written from what was counted.

https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/

``totals``, ``min`` and ``max`` cover all rows, whatever the limit; ``min`` and ``max`` are taken
over every number that ``data`` would have without it (buckets without events count as 0) and are
empty when there is none.

The 60 seconds of the current aggregate end where the data ends (now, less the data lag). Every live
app of the zone is listed, or every requested one that the zone has; an app without traffic is
listed with zeros. ``durationAvg`` is over all events, like that of a summary of the same minute.
"""

import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, Final, NamedTuple

from aiospectrum.sandbox.account import Zone
from aiospectrum.sandbox.counting import Counting, Number, Tally, merge
from aiospectrum.sandbox.hashing import ID
from aiospectrum.sandbox.query import Filter, Params, Query, parse_filter
from aiospectrum.sandbox.responses import bad_parameter
from aiospectrum.sandbox.times import format_second

__all__ = ["bandwidth", "current_aggregate", "write_report"]

_COLO: Final = re.compile(r"[A-Za-z0-9]{1,3}")
_MINUTE: Final = 60


class _Row(NamedTuple):
    key: tuple[str, ...]
    """Values in the order of the query's dimensions."""
    buckets: list[list[Number]]
    """Numbers by metric and bucket."""
    whole: list[Number]
    """Numbers by metric over the whole window."""


def write_report(query: Query, counting: Counting, *, data_lag: float) -> dict[str, object]:
    """Return the result of a report; ``data_lag`` is in seconds."""
    rows = [_make_row(query, key, tally) for key, tally in counting.rows.items()]
    _sort_rows(query, rows)
    shown = rows[: query.limit]
    by_metric = {
        metric: [number for row in rows for number in row.buckets[place]] for place, metric in enumerate(query.metrics)
    }
    report: dict[str, object] = {
        "data": [_render_row(query, row) for row in shown],
        "data_lag": data_lag,
        "max": {metric: max(numbers) for metric, numbers in by_metric.items() if numbers},
        "min": {metric: min(numbers) for metric, numbers in by_metric.items() if numbers},
        "query": query.echo(),
        "rows": len(shown),
        "totals": dict(zip(query.metrics, _sum_up(query, counting.rows.values()), strict=True)),
    }
    if query.time_delta is not None:
        pairs = pairwise(counting.edges)
        report["time_intervals"] = [(format_second(first), format_second(stop - 1)) for first, stop in pairs]
    return report


def _sum_up(query: Query, tallies: Iterable[Tally]) -> list[Number]:
    """Return a number for each metric over all rows and buckets."""
    total = merge(tallies)
    return [total.values(metric)[0] for metric in query.metrics]


def _make_row(query: Query, key: tuple[str, ...], tally: Tally) -> _Row:
    buckets = [tally.values(metric) for metric in query.metrics]
    whole = [numbers[0] for numbers in buckets] if query.time_delta is None else _sum_up(query, [tally])
    return _Row(key, buckets, whole)


def _sort_rows(query: Query, rows: list[_Row]) -> None:
    """Sort by the requested keys, the first foremost, and equal rows by their dimensions."""
    rows.sort(key=lambda row: row.key)
    # Sorting is stable, also with reverse=True, so the last key goes first.
    for item in reversed(query.sort):
        name = item[1:] if item[0] in "+-" else item
        rows.sort(key=_sort_value(query, name), reverse=item[0] == "-")


def _sort_value(query: Query, name: str) -> Callable[[_Row], Any]:
    if name in query.metrics:
        place = query.metrics.index(name)
        return lambda row: row.whole[place]
    place = query.dimensions.index(name)
    return lambda row: row.key[place]


def _render_row(query: Query, row: _Row) -> dict[str, object]:
    metrics = row.whole if query.time_delta is None else row.buckets
    return {"dimensions": row.key, "metrics": metrics} if query.dimensions else {"metrics": metrics}


def current_aggregate(zone: Zone, params: Params, *, seed: int, horizon: int) -> list[dict[str, object]]:
    """Return one entry per app in the order of creation; no second from ``horizon`` on has data.

    Raises:
        RefusedError: An app id or the colo name has the wrong form.
    """
    app_ids = _read_app_ids(params.single("appID"), zone)
    query = Query(
        dimensions=("appID", "event"),
        metrics=("count", "bytesIngress", "bytesEgress", "durationAvg"),
        condition=_read_colo(params.single("colo_name")),
        since=horizon - _MINUTE,
        until=horizon - 1,
    )
    lifetimes = [zone.history[app_id] for app_id in app_ids]
    counting = Counting(query, lifetimes, zone_id=zone.id, seed=seed, horizon=horizon)
    for _ in counting.steps():
        pass
    return [_aggregate(counting, app_id) for app_id in app_ids]


def bandwidth(counting: Counting) -> dict[str, object]:
    """Return the bytes of all that was counted."""
    total = merge(counting.rows.values())
    egress, ingress = total.egress[0], total.ingress[0]
    return {"all": egress + ingress, "egress": egress, "ingress": ingress}


def _read_app_ids(text: str | None, zone: Zone) -> list[str]:
    if text is None:
        return [*zone.apps]
    requested = text.split(",")
    for app_id in requested:
        if ID.fullmatch(app_id) is None:
            raise bad_parameter("appID", app_id, "app ids of 32 hexadecimal digits, joined by commas")
    return [app_id for app_id in zone.apps if app_id in requested]


def _read_colo(name: str | None) -> Filter | None:
    if name is None:
        return None
    if _COLO.fullmatch(name) is None:
        raise bad_parameter("colo_name", name, "a colo name of at most three letters and digits, such as SFO")
    return parse_filter(f"coloName=={name}")


def _aggregate(counting: Counting, app_id: str) -> dict[str, object]:
    mine = {event: tally for (owner, event), tally in counting.rows.items() if owner == app_id}
    total = merge(mine.values())
    return {
        "appID": app_id,
        "bytesEgress": total.egress[0],
        "bytesIngress": total.ingress[0],
        "connections": sum(mine["connect"].counts) if "connect" in mine else 0,
        "durationAvg": total.values("durationAvg")[0],
    }
