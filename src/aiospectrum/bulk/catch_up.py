"""Datasets that are extended to now: what each zone lacks, as plans; and the call that saves them."""

from collections.abc import Iterable
from datetime import datetime

import attrs

from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.periods import to_datetime
from aiospectrum.bulk.plan import Plan, edges_of
from aiospectrum.bulk.windows import edge_after, edge_before

__all__ = ["plans_to_now"]


def plans_to_now(
    index: DatasetIndex, *, plan: Plan | None = None, zones: Iterable[str] | None = None, now: datetime
) -> list[Plan]:
    """Make the plans of what a dataset lacks: each zone from where it is complete to now.

    Args:
        index: What the dataset has.
        plan: Zones, query, windows and start; its end is not used. None for those of the dataset.
        zones: Zones in place of those of the dataset, where new ones begin when the dataset does; None for those.
        now: The time.

    Returns:
        A plan for all zones with the same start, the earliest one first; none when nothing is lacking.
    """
    known = index.plan if plan is None else plan
    claims = _find_claims(index, known)
    if zones is None:
        zones = known.zones if plan is not None else sorted({*index.windows, *claims})
    firsts = [to_datetime(located[0].window.since) for located in index.windows.values() if located]
    origin = known.since if plan is not None else min([known.since, *firsts, *claims.values()])
    until = edge_after(now, edges_of(known.query, known.window))
    by_start: dict[datetime, list[str]] = {}
    for zone_id in zones:
        key = zone_id.lower()
        start = _find_start(index, key, claims.get(key, origin), plan=plan, known=known)
        if start < until:
            by_start.setdefault(start, []).append(zone_id)
    return [attrs.evolve(known, zones=by_start[since], since=since, until=until) for since in sorted(by_start)]


def _find_claims(index: DatasetIndex, known: Plan) -> dict[str, datetime]:
    """Where the data of zones should begin, by what was planned, has failed, and was not wanted yet."""
    claims = {zone_id.lower(): known.since for zone_id in known.zones}
    noted = [(zone_id, each.window.since) for zone_id, located in index.noted.items() for each in located]
    failed = [(zone_id, since) for zone_id, since in index.failures]
    for zone_id, since in (*noted, *failed):
        moment = to_datetime(since)
        claims[zone_id] = min(moment, claims.get(zone_id, moment))
    return claims


def _find_start(index: DatasetIndex, zone_id: str, claim: datetime, *, plan: Plan | None, known: Plan) -> datetime:
    """Where the data of a zone is complete, or where it should begin if it does not.

    A sum of a part of a day, say, cannot be made whole: what comes before it is asked for only when the caller wants it.
    """
    located = index.windows.get(zone_id)
    if not located:
        return claim
    first = to_datetime(located[0].window.since)
    is_whole = known.query.kind == "bytime" or edge_before(first, known.window) == first
    if claim < first and (is_whole or plan is not None):
        return claim
    return index.complete_until(zone_id) or first
