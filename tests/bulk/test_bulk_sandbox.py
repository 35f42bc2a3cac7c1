"""Pulls over a real socket: whatever the plan, its reports add up to what the API says of the whole."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiospectrum import Client, Report, ServerError, Timeouts
from aiospectrum.bulk import Plan, Query, TruncatedError, WindowLength, pull, watch
from aiospectrum.models import Dimension, Metric, TimeDelta
from aiospectrum.sandbox import Faults, RateLimit, Sandbox
from tests.bulk.fakes import others

NOW = datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)
ADDITIVE: tuple[Metric, ...] = ("count", "bytesIngress", "bytesEgress")
DIMENSIONS: tuple[Dimension, ...] = ("event", "appID", "coloName", "ipVersion")

Sums: TypeAlias = Counter[tuple[str, tuple[str, ...], str]]
"""What was counted, by zone, values of the dimensions, and metric."""

LONGEST: dict[tuple[TimeDelta | None, WindowLength], int] = {
    ("minute", "minute"): 400,
    ("minute", "hour"): 4 * 3600,
    ("minute", "day"): 30 * 3600,
    ("dekaminute", "dekaminute"): 5000,
    ("dekaminute", "day"): 60 * 3600,
    ("hour", "hour"): 6 * 3600,
    ("hour", "day"): 60 * 3600,
    ("hour", "week"): 9 * 86_400,
    ("hour", "whole"): 60 * 3600,
    ("day", "day"): 4 * 86_400,
    ("day", "month"): 33 * 86_400,
    ("week", "week"): 16 * 86_400,
    ("month", "month"): 40 * 86_400,
    ("quarter", "quarter"): 40 * 86_400,
    (None, "minute"): 300,
    (None, "hour"): 4 * 3600,
    (None, "day"): 60 * 3600,
    (None, "whole"): 60 * 3600,
}
"""The longest time to test with, in seconds, by time interval and window."""


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[tuple[Sandbox, Client]]:
    """A sandbox and a client, neither with a rate limit unless given one."""
    client_options = options.pop("client", {"rate_limit": None})
    async with (
        Sandbox(**{"zones": 2, "apps_per_zone": 2, "rate_limit": None, "now": lambda: NOW, **options}) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, **client_options) as client,
    ):
        yield sandbox, client


def whole(number: float) -> int:
    """A number of events or bytes."""
    assert number == int(number)
    return int(number)


def add_up(zone_id: str, metrics: Iterable[Metric], report: Report) -> Sums:
    """All numbers of a report, over all its time intervals."""
    sums: Sums = Counter()
    for row in report.data:
        for metric, values in zip(metrics, row.metrics, strict=True):
            numbers = values if isinstance(values, list) else [values]
            sums[zone_id, tuple(row.dimensions), metric] += sum(map(whole, numbers))
    return sums


def totals_of(zone_id: str, report: Report) -> Sums:
    """What a report says of all its rows, those included that were cut off."""
    return Counter({(zone_id, (), metric): whole(number) for metric, number in report.totals.items()})


async def summaries(client: Client, plan: Plan) -> tuple[Sums, Sums]:
    """What the API says of the whole time of a plan: by the values of the dimensions, and in total."""
    rows: Sums = Counter()
    totals: Sums = Counter()
    for zone_id in plan.zones:
        report = await client.analytics.events.summary(
            zone_id,
            metrics=plan.query.metrics,
            dimensions=plan.query.dimensions or None,
            since=plan.since,
            until=plan.until - timedelta(seconds=1),
            filters=plan.query.filters,
        )
        rows += add_up(zone_id, plan.query.metrics, report)
        totals += totals_of(zone_id, report)
    return +rows, +totals


@st.composite
def plans(draw: Any) -> tuple[int, Plan]:
    """A seed for a sandbox, and a plan of its zones."""
    seed = draw(st.integers(0, 1000))
    zones = draw(st.lists(st.sampled_from(Sandbox(zones=3, seed=seed).zones), unique=True, min_size=1))
    delta, window = draw(st.sampled_from(sorted(LONGEST, key=str)))
    until = NOW - timedelta(seconds=draw(st.integers(-600, 200_000)))
    since = until - timedelta(seconds=draw(st.integers(1, LONGEST[delta, window])))
    query = Query(
        kind="summary" if delta is None else "bytime",
        time_delta=delta,
        metrics=draw(st.lists(st.sampled_from(ADDITIVE), unique=True, min_size=1)),
        dimensions=draw(st.lists(st.sampled_from(DIMENSIONS), unique=True)),
        filters=draw(st.sampled_from([None, "event==connect", "coloName!=SFO;ipVersion==6", "event==nothing"])),
    )
    return seed, Plan(zones=zones, since=since, until=until, query=query, window=window)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(made=plans(), concurrency=st.integers(1, 8))
async def test_reports_add_up(made: tuple[int, Plan], concurrency: int) -> None:
    """The sum over every zone, window and row is that of the summaries, exactly, for every metric that adds up."""
    seed, plan = made
    async with running(zones=3, seed=seed) as (sandbox, client):
        found: Sums = Counter()
        totals: Sums = Counter()
        async with pull(client, plan, concurrency=concurrency) as outcomes:
            async for outcome in outcomes:
                report = outcome.unwrap()
                found += add_up(outcome.task.zone_id, plan.query.metrics, report)
                totals += totals_of(outcome.task.zone_id, report)
        assert len(sandbox.requests) == len(plan) == outcomes.progress.done
        assert (+found, +totals) == await summaries(client, plan)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(limit=st.integers(1, 40), seconds=st.integers(1, 5000), kind=st.sampled_from(["minute", "dekaminute", None]))
async def test_parts_add_up(limit: int, seconds: int, kind: TimeDelta | None) -> None:
    """With reports cut off and windows split, nothing is lost or counted twice, and what is incomplete says so."""
    query = Query(
        kind="summary" if kind is None else "bytime",
        time_delta=kind,
        metrics=ADDITIVE,
        dimensions=DIMENSIONS,
        limit=limit,
    )
    async with running() as (sandbox, client):
        plan = Plan(zones=sandbox.zones, since=NOW - timedelta(seconds=seconds), until=NOW, query=query)
        async with pull(client, plan) as pulled:
            outcomes = [outcome async for outcome in pulled]
        totals: Sums = Counter()
        for outcome in outcomes:
            report = outcome.error.report if isinstance(outcome.error, TruncatedError) else outcome.unwrap()
            assert len(report.data) == limit if outcome.error else len(report.data) < limit
            totals += totals_of(outcome.task.zone_id, report)
        assert len(sandbox.requests) == len(outcomes) + pulled.progress.splits
        unlimited = attrs.evolve(plan, query=attrs.evolve(query, limit=None))
        assert +totals == (await summaries(client, unlimited))[1]
        assert pulled.progress.failed == len({outcome.task for outcome in outcomes if outcome.error})


async def test_a_zone_that_is_not_ours() -> None:
    """A zone that the API refuses has error outcomes, and the others have their reports."""
    stranger = "f" * 32
    async with running() as (sandbox, client):
        query = Query(time_delta="hour", metrics=["count"])
        plan = Plan(zones=[*sandbox.zones, stranger], since=NOW - timedelta(days=3), until=NOW, query=query)
        async with pull(client, plan) as pulled:
            outcomes = [outcome async for outcome in pulled]

    assert len(outcomes) == 12
    assert {outcome.task.zone_id for outcome in outcomes if not outcome.ok} == {stranger}
    assert {getattr(outcome.error, "status", None) for outcome in outcomes} == {None, 403}


async def test_several_tokens() -> None:
    """Zones of several accounts are pulled at once, each with its own client and limiter."""
    async with running(zones=["a" * 32, "b" * 32]) as (one, client), running(zones=["c" * 32]) as (other, second):
        query = Query(time_delta="hour", metrics=["count"])
        plan = Plan(zones=[*one.zones, *other.zones], since=NOW - timedelta(days=2), until=NOW, query=query)
        clients = {**dict.fromkeys(one.zones, client), **dict.fromkeys(other.zones, second)}
        async with pull(clients, plan) as pulled:
            oks = [outcome.ok async for outcome in pulled]

    assert oks == [True] * 9
    assert (len(one.requests), len(other.requests)) == (6, 3)


async def test_a_budget_that_is_used_up() -> None:
    """A pull that meets the rate limit waits until the API takes requests again, and has all reports in the end."""
    seconds = 1000.0

    async def sleep(wait: float) -> None:
        nonlocal seconds
        seconds += wait
        await asyncio.sleep(0)

    limit = RateLimit(requests=5, per_seconds=300, block_seconds=300)
    options = {"rate_limit": None, "timeout": 60}
    async with running(rate_limit=limit, monotonic=lambda: seconds, client=options) as (sandbox, client):
        query = Query(time_delta="hour", metrics=["count"])
        plan = Plan(zones=sandbox.zones, since=NOW - timedelta(days=6), until=NOW, query=query)
        async with pull(client, plan, concurrency=3, sleep=sleep) as pulled:
            oks = [outcome.ok async for outcome in pulled]

    assert oks == [True] * 14
    assert {request.status for request in sandbox.requests} == {200, 429}
    assert seconds > 1300


async def test_leaving_early_ends_requests() -> None:
    """When the loop is left, connections of calls under way are closed and no further request is sent."""
    async with running(faults=Faults(hang_rate=1.0), client={"rate_limit": None, "timeout": Timeouts(total=None)}) as (
        sandbox,
        client,
    ):
        query = Query(time_delta="hour", metrics=["count"])
        plan = Plan(zones=sandbox.zones, since=NOW - timedelta(days=100), until=NOW, query=query)
        before = asyncio.all_tasks()
        async with pull(client, plan, concurrency=4):
            while len(sandbox.requests) < 4:  # noqa: ASYNC110 - the sandbox has no event for it
                await asyncio.sleep(0)
            mine = {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)}
            assert len(mine) == 4

        assert all(task.done() for task in mine)
        sandbox.faults = Faults()
        async for outcome in pull(client, plan):
            assert outcome.ok
            break
        await others()
        assert not [task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)]


async def test_watching() -> None:
    """Rounds of the current aggregates over a real socket, with a zone that fails in one of them."""
    async with running(zones=3, client={"rate_limit": None, "retry": None}) as (sandbox, client):
        now = NOW.timestamp()

        async def sleep(wait: float) -> None:
            nonlocal now
            now += wait

        zones = [*sandbox.zones, "f" * 32]
        rounds = watch(client, zones, clock=lambda: now, sleep=sleep)
        first = await anext(rounds)
        second = await anext(rounds)
        await rounds.aclose()

    assert first.tick == datetime(2026, 11, 20, 12, 31, tzinfo=UTC)
    assert second.tick - first.tick == timedelta(minutes=1)
    assert list(first.aggregates) == list(sandbox.zones)
    assert {len(aggregates) for aggregates in first.aggregates.values()} == {2}
    assert list(first.errors) == ["f" * 32]
    assert not isinstance(first.errors["f" * 32], ServerError)
