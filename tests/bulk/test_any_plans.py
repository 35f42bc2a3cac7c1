"""One plan after another over the same dataset, whatever their times and windows: nothing twice, nothing missing."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import DestinationMismatchError, Plan, save

pytest.importorskip("pyarrow")

from tests.bulk.month import SETTLE_AFTER, ZONES, SimulatedAPI, Truth, make_events, make_query
from tests.bulk.test_month import missing_from

SINCE = datetime(2028, 2, 27, tzinfo=UTC)
"""Three days before the end of a February with 29 days, a Sunday."""

DAYS = 6
CHOSEN = [*ZONES][:4]


def some_plan(chance: random.Random, kind: str) -> Plan:
    """Some hours or days, seldom at an edge of the calendar."""
    step = chance.choice([1, 60, 3600, 86_400])
    edges = [chance.randrange(DAYS * 86_400 // step) * step for _ in range(2)]
    since, until = min(edges), max(*edges, min(edges) + step)
    longer = ["day", "week", "month", "whole"]
    windows = {
        "minute": ["hour"],
        "hour": ["hour", *longer],
        "summary": ["hour", *longer],
        "day": longer,
        "week": ["week"],
    }
    window: Any = chance.choice(windows[kind])
    if kind == "minute":
        until = min(until, since + 10_800)
    zones = chance.sample(CHOSEN, chance.randrange(1, len(CHOSEN)))
    zones = [each.upper() if chance.random() < 0.3 else each for each in zones]
    start, end = SINCE + timedelta(seconds=since), SINCE + timedelta(seconds=until)
    return Plan(zones=zones, since=start, until=end, query=make_query(kind), window=window)


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("kind", ["hour", "summary", "minute", "day", "week"])
async def test_one_after_another(tmp_path: Path, kind: str, number: int) -> None:
    """A plan that is saved is there, all of it if the result says so, and the others still are."""
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    chance = random.Random(seed)  # noqa: S311 - no secret
    events = make_events(chance, SINCE, DAYS, a_day=30, zones=CHOSEN)
    api = SimulatedAPI(events=events, now=(SINCE + timedelta(hours=9)).timestamp(), chance=chance, failing=0)
    api.most_rows = 100 if kind in ("day", "week") else api.most_rows
    truth, plans = Truth.of(events), list[tuple[Plan, float]]()

    async def save_plan(plan: Plan) -> bool:
        saved = await save(api, plan, tmp_path, clock=api.clock, sleep=api.sleep)
        there = truth.check(tmp_path)
        if saved.ok:
            assert missing(plan, there) == []
        assert saved.ok == (saved.filling + saved.not_begun == 0)
        return saved.ok

    def missing(plan: Plan, there: set[Any]) -> list[Any]:
        zones = {zone_id.lower() for zone_id in plan.zones}
        return [each for each in missing_from(events, there, plan.span) if each.zone_id in zones]

    for _ in range(5):
        plan = some_plan(chance, kind)
        try:
            await save_plan(plan)
            plans.append((plan, api.now))
        except DestinationMismatchError:
            assert kind == "summary", "only sums can overlap others"
        api.now += chance.choice([60, 3600, 90_000]) * chance.random()
    api.now = (SINCE + timedelta(days=DAYS + 32) + SETTLE_AFTER).timestamp()
    long_before = SINCE - timedelta(days=14)  # a plan that overlaps none, as one that is refused asks for nothing
    elsewhere = Plan(zones=CHOSEN[:1], since=long_before, until=long_before + timedelta(days=1), query=make_query(kind))
    assert await save_plan(elsewhere)
    for plan, before in plans:
        try:
            assert await save_plan(plan), "all that was filling was asked for again, and this plan has begun"
        except DestinationMismatchError:
            assert kind == "summary", "a later sum is there in place of one that had not begun, or was shorter"
        left = [each for each in missing(plan, truth.check(tmp_path)) if each.at < before]
        assert left == [], "windows that had begun were asked for again, whatever the plan"
