"""A user's program, checked by mypy --strict and pyright; it is not run."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, assert_type

import aiohttp
import attrs

from aiospectrum import (
    DNS,
    App,
    AppRequest,
    Client,
    CurrentAggregate,
    DeletedApp,
    ErrorDetail,
    F,
    FileLimiter,
    Filter,
    Limiter,
    Page,
    Problem,
    Protocol,
    RateLimit,
    RateLimiter,
    RateLimitError,
    RedisLimiter,
    ReportByTime,
    ReportSummary,
    Response,
    ResponseError,
    RetryPolicy,
    SpectrumError,
    Transport,
    Unchecked,
    Zone,
    ZoneUsage,
    make_converter,
    preflight,
    record_responses,
)
from aiospectrum.apps import (
    AppChanges,
    Applied,
    ApplyError,
    Change,
    Desired,
    Ensured,
    apply,
    change_app,
    export,
    plan,
    read_file,
    to_yaml,
)
from aiospectrum.bulk import (
    Alert,
    Dataset,
    Deleted,
    Extended,
    Observation,
    Plan,
    Query,
    Repaired,
    Rule,
    Saved,
    TableOutcome,
    Verified,
    Window,
    app_names,
    delete_before,
    extend_query,
    open_dataset,
    pull,
    pull_tables,
    repair,
    save,
    share_above,
    value_above,
    verify,
    watch,
    zone_fails,
)
from aiospectrum.endpoints import get_events_by_time, get_events_summary, list_apps
from aiospectrum.models import AppListResponse, BytimeGetResponse, Dimension, Metric
from aiospectrum.sandbox import Sandbox


async def applications(client: Client, zone_id: str) -> None:
    """Each call gives the documented type."""
    page = await client.apps.list(zone_id, page=1, per_page=50, order="dns", direction="asc")
    assert_type(page, Page[App])
    assert_type(page.total_count, int | None)
    assert_type(page[0], App)
    assert_type(page[1:], list[App])
    assert_type(await list_apps(client, zone_id), Page[App])
    assert_type(client.apps.iterate(zone_id), AsyncGenerator[App, None])
    async for app in client.apps.iterate(zone_id):
        assert_type(app, App)
        assert_type(app.dns.name, str | None)
        assert_type(app.ip_firewall, bool | None)
        assert_type(app.is_pay_as_you_go, bool)
        if app.edge_ips is not None:
            assert_type(app.edge_ips.ips, list[str] | None)

    request = AppRequest(
        protocol="tcp/22",
        dns=DNS(name="ssh.example.com", type="CNAME"),
        origin_direct=["tcp://192.0.2.1:22"],
        traffic_type="direct",
    )
    moved = attrs.evolve(request, protocol="tcp/2222")
    assert_type(moved, AppRequest)
    assert_type(preflight(moved), list[Problem])
    print([field.name for field in attrs.fields(AppRequest)], attrs.asdict(moved))
    created = await client.apps.create(zone_id, moved)
    assert_type(created, App)
    assert_type(await client.apps.update(zone_id, created.id, request), App)
    assert_type(await client.apps.get(zone_id, created.id), App)
    changes: AppChanges = {"tls": "full", "origin_port": None}
    assert_type(await client.apps.change(zone_id, created.id, keep_unknown=False, **changes), App)
    assert_type(await change_app(client, zone_id, created.id, origin_direct=["tcp://192.0.2.1:22"]), App)
    ensured = await client.apps.ensure(zone_id, request, key="dns")
    assert_type(ensured, Ensured)
    assert_type(ensured.app, App)
    assert_type(ensured.done, Literal["created", "replaced", "unchanged"])
    assert_type(await client.apps.delete(zone_id, created.id), DeletedApp)
    assert_type(await client.protocols.list(zone_id), list[Protocol])
    assert_type(await client.zones.list(name="example.com"), Page[Zone])
    async for zone in client.zones.iterate(status="active"):
        assert_type(zone, Zone)
        assert_type(zone.name, str)
    item: AppListResponse = created
    print(make_converter().unstructure(item))


def sent(app: App) -> list[AppRequest]:
    """What is only sent takes the API's own words, and any that is marked."""
    dns, origin = DNS(name="a.example", type="newer"), ["tcp://192.0.2.1:22"]  # which is read too, and so open
    return [
        AppRequest(protocol="tcp/22", dns=dns, origin_direct=origin, tls=Unchecked("quantum")),
        attrs.evolve(AppRequest.from_app(app), tls="full"),
    ]


class Own:
    """A limiter of a user's own."""

    async def acquire(self, latest: float | None) -> int:
        return 1

    def release(self, permit: int, *, was_cancelled: bool) -> None: ...

    def pause(self, permit: int, seconds: float) -> None: ...

    def pause_left(self) -> float:
        return 0.0

    def update_quota(self, permit: int, left: int, seconds: float) -> None: ...


async def limiters(zone_id: str) -> None:
    """A client takes each limiter, and any object with the five methods."""
    limit = RateLimit(requests=600)
    async with RedisLimiter("redis://127.0.0.1", limit, name="bot", when_gone=0.25) as shared:
        assert_type(shared, RedisLimiter)
        each: RateLimiter
        for each in (Limiter(limit), FileLimiter("token.limit", limit), shared, Own()):
            async with Client(rate_limit=each) as client:
                assert_type(await client.with_options(rate_limit=Own()).protocols.list(zone_id), list[Protocol])


async def analytics(transport: Transport, client: Client, zone_id: str) -> None:
    """Reports and aggregates, by method and by function."""
    metrics: list[Metric] = ["count", "bytesIngress"]
    dimensions: tuple[Dimension, ...] = ("appID",)
    now = await client.analytics.aggregate.current(zone_id, app_ids=["0" * 32], colo_name="SFO")
    assert_type(now, list[CurrentAggregate])
    assert_type(await client.analytics.zones.report(cdn_traffic=True), list[ZoneUsage])
    report = await client.analytics.events.bytime(
        zone_id,
        time_delta="hour",
        metrics=metrics,
        dimensions=dimensions,
        since=datetime(2026, 11, 20, tzinfo=UTC),
        filters="event==disconnect",
    )
    assert_type(report, ReportByTime)
    where = (F.event == "disconnect") & (F.coloName.not_in(["SFO", "LHR"]) | (F.ipVersion >= len(zone_id)))
    assert_type(where, Filter)
    assert_type(str(where), str)
    assert_type(F.event.is_in(["connect", zone_id]) | Filter("appID==a"), Filter)
    await client.analytics.events.bytime(zone_id, time_delta="hour", filters=where)
    print(await get_events_summary(transport, zone_id, filters=where), Query(metrics=metrics, filters=where))
    newer = await client.analytics.events.summary(zone_id, metrics=["count", Unchecked("packets")])
    print(newer.rows)
    assert_type(report.totals, dict[str, int | float])
    assert_type(report.time_intervals, list[tuple[datetime, ...]])
    assert_type(report.data[0].metrics[0][0], int | float)
    assert_type(report.records(), list[dict[str, datetime | str | float | None]])
    print(report.to_arrow(metrics=metrics).num_rows)
    assert_type(await get_events_by_time(transport, zone_id, time_delta="day"), ReportByTime)
    same: BytimeGetResponse = report
    print(same.rows)
    summary = await client.analytics.events.summary(zone_id, metrics=["count"])
    assert_type(summary, ReportSummary)
    assert_type(summary.data[0].metrics[0], int | float)


async def saving(client: Client, zone_id: str, stop: asyncio.Event) -> bool:
    """A plan is pulled or saved."""
    query = Query(time_delta="hour", metrics=["count"], dimensions=["appID"])
    times = datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    plan = Plan(zones=[zone_id], since=times[0], until=times[1], query=query)
    async for outcome in pull(client, plan):
        print(outcome.records() if outcome.ok else outcome.error)
    async with pull_tables(client, plan) as tables:
        async for each in tables:
            assert_type(each, TableOutcome)
            print(each.unwrap().num_rows if each.ok else each.error)
    saved = await save({zone_id: client}, plan, Path("data"), format="csv", stop=stop, on_progress=lambda now: now.left)
    assert_type(saved, Saved)
    for failure in saved.failed:
        print(failure.zone_id, failure.window.since, failure.error)
    return saved.ok


def quiet(rounds: int | None, seen: Observation) -> tuple[int, Alert | None]:
    """A rule of a program's own; its state is how many rounds an application has had no connections for."""
    before = rounds or 0
    after = before + 1 if seen.connections == 0 else 0
    if before < 30 <= after:
        return after, seen.alert("quiet", begins=True, value=after, threshold=30, text="nobody is there")
    return after, None


async def watching(client: Client, zone_id: str) -> None:
    """Rounds have alerts, by ready rules and others."""
    rules: list[Rule[Any]] = [
        share_above("originError", 0.2, clears_below=0.1),
        value_above(
            "egress", lambda seen: sum(each.bytes_egress for each in seen.aggregates or ()), 9e9, clears_below=5e9
        ),
        zone_fails(),
    ]
    async for each in watch(client, [zone_id], rules=[*rules, Rule(name="quiet", step=quiet, per="app")]):
        assert_type(each.alerts, tuple[Alert, ...])
        assert_type(each.alerts[0].app_id, str | None)
        break


async def reading(client: Client, zone_id: str, folder: Path) -> int:
    """A dataset has types, whatever reads its rows, and so has what looks after it."""
    names = await app_names(client, [zone_id])
    dataset = open_dataset(folder, storage_options=None)
    assert_type(dataset.render_report("png", names={"a": "b"}), bytes)
    dataset.plot("count", by="appID").save("chart.svg")
    assert_type(dataset, Dataset)
    assert_type(names, dict[str, str])
    assert_type(dataset.complete_until, datetime | None)
    assert_type(dataset.complete[zone_id], tuple[Window, ...])
    print(dataset.to_polars(zones=[zone_id], names=names).shape, dataset.to_duckdb(since=dataset.plan.since).columns)
    assert_type(verify(folder, on_progress=lambda now: now.done), Verified)
    assert_type(repair(folder), Repaired)
    assert_type(delete_before(folder, timedelta(days=90)), Deleted)
    extended = extend_query(folder, ["durationAvg"], since=dataset.complete_until)
    assert_type(extended, Extended)
    return extended.windows


async def failures(client: Client, zone_id: str) -> float | None:
    """Errors carry what a program needs."""
    try:
        with record_responses() as responses:
            await client.protocols.list(zone_id)
        for response in responses:
            print(response.status, response.ray_id, response.attempts)
        await show(responses[0])
    except RateLimitError as error:
        return error.retry_after
    except ResponseError as error:
        assert_type(error.errors, tuple[ErrorDetail, ...])
        print(error.status, error.ray_id, error.body_excerpt)
        assert_type(error.hint, str)
    except SpectrumError as error:
        print(error)
    return None


async def planned(client: Client, path: Path) -> None:
    """Applications by a file."""
    desired = read_file(path)
    assert_type(desired, list[Desired])
    changes = await plan(client, [*desired, Desired.to_delete("example.com", name="a.example.com", protocol="tcp/22")])
    assert_type(changes, list[Change])
    assert_type(changes[0].app_id, str | None)
    try:
        assert_type(await apply(client, changes, on_error="continue", on_outcome=print), list[Applied])
    except ApplyError as error:
        assert_type(error.outcomes, tuple[Applied, ...])
    print(to_yaml(await export(client, ["example.com"])))


async def show(response: Response[list[Protocol]]) -> None:
    """A response knows the type of its result."""
    print(response.result[0].name)


async def main() -> None:
    """Every way to make a client."""
    async with (
        Sandbox(zones=1) as sandbox,
        aiohttp.ClientSession() as session,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, timeout=None, session=session) as client,
        Client(api_email="a@b.example", api_key="k", retry=RetryPolicy(max_attempts=1), connector_limit=4),
        Client.from_env(user_agent="mybot/1.2"),
    ):
        [zone_id] = sandbox.zones
        await applications(client, zone_id)
        await analytics(client.analytics, client, zone_id)
        print(sent(await client.apps.get(zone_id, "0" * 32)))
        print(await failures(client, zone_id))
        await planned(client, Path("apps.yaml"))
        await watching(client, zone_id)
        print(await saving(client, zone_id, asyncio.Event()))


asyncio.run(main())
