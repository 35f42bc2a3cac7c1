"""Every endpoint against the sandbox, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from aiospectrum import (
    DNS,
    AppRequest,
    AuthenticationError,
    BadRequestError,
    Client,
    EdgeIPs,
    NotFoundError,
    OriginDNS,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    Unchecked,
    record_responses,
)
from aiospectrum.models import Metric
from aiospectrum.sandbox import RateLimit, Sandbox

NOW = datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)
PAYGO_ZONE = "b" * 32
FULL_ZONE = "a" * 32


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(
        zones=[FULL_ZONE, PAYGO_ZONE], paygo_zones=[PAYGO_ZONE], apps_per_zone=5, now=lambda: NOW
    ) as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
        yield client


def request(**changes: object) -> AppRequest:
    """A request for an application."""
    fields: dict[str, object] = {
        "protocol": "tcp/2222",
        "dns": DNS(name="new.example.com", type="CNAME"),
        "origin_direct": ["tcp://192.0.2.1:22"],
        **changes,
    }
    return AppRequest(**fields)  # type: ignore[arg-type]  # fields of a request


async def test_the_life_of_an_application(client: Client) -> None:
    """Created, got, replaced and deleted, an application is at each step as requested."""
    created = await client.apps.create(FULL_ZONE, request(traffic_type="direct", ip_firewall=True))
    assert (created.protocol, created.dns.name, created.ip_firewall) == ("tcp/2222", "new.example.com", True)
    assert created.created_on == created.modified_on == NOW
    assert await client.apps.get(FULL_ZONE, created.id) == created

    replaced = await client.apps.update(
        FULL_ZONE,
        created.id,
        request(
            origin_direct=None,
            origin_dns=OriginDNS(name="origin.example.com", ttl=600, type="A"),
            origin_port=22,
            edge_ips=EdgeIPs(type="dynamic", connectivity="ipv4"),
        ),
    )
    assert (replaced.id, replaced.origin_direct, replaced.origin_port) == (created.id, None, 22)
    assert replaced.edge_ips == EdgeIPs(type="dynamic", connectivity="ipv4")
    assert replaced.ip_firewall is False

    assert (await client.apps.delete(FULL_ZONE, created.id)).id == created.id
    with pytest.raises(NotFoundError):
        await client.apps.get(FULL_ZONE, created.id)


async def test_port_ranges_and_static_addresses(client: Client) -> None:
    """The unions of an application come back as they were sent."""
    ranged = await client.apps.create(
        FULL_ZONE,
        request(
            protocol="tcp/3000-3010",
            origin_direct=None,
            origin_dns=OriginDNS(name="origin.example.com"),
            origin_port="4000-4010",
        ),
    )
    assert ranged.origin_port == "4000-4010"

    static = await client.apps.create(
        FULL_ZONE,
        request(
            dns=DNS(name="static.example.com", type="ADDRESS"),
            edge_ips=EdgeIPs(type="static", ips=["192.0.2.9"]),
        ),
    )
    assert static.edge_ips == EdgeIPs(type="static", ips=["192.0.2.9"])


async def test_worker_applications(client: Client) -> None:
    """What is newer than the old documents works too."""
    app = await client.apps.create(
        FULL_ZONE, request(origin_direct=None, traffic_type="worker", origin_worker_id="w0rker")
    )

    assert (app.traffic_type, app.origin_worker_id) == ("worker", "w0rker")


async def test_pay_as_you_go(client: Client) -> None:
    """A zone on the pay-as-you-go plan returns the smaller form and takes names for protocols."""
    [first, *rest] = await client.apps.list(PAYGO_ZONE)
    await client.apps.delete(PAYGO_ZONE, first.id)
    created = await client.apps.create(
        PAYGO_ZONE, AppRequest(protocol=first.protocol, dns=first.dns, origin_direct=first.origin_direct)
    )

    assert all(app.is_pay_as_you_go for app in (first, *rest, created))
    assert "/" not in created.protocol


async def test_rules_are_the_apis(client: Client) -> None:
    """What only the API can judge comes back with its code and where it points."""
    with pytest.raises(BadRequestError) as caught:
        await client.apps.create(FULL_ZONE, request(origin_direct=[Unchecked("tcp://2001:db8::1:22")]))

    assert caught.value.errors[0].code in (11000, 11002)
    assert "IPv6 addresses in brackets" in caught.value.hint
    assert caught.value.errors[0].pointer is not None
    assert caught.value.ray_id is not None


async def test_listing(client: Client, sandbox: Sandbox) -> None:
    """One page has its place among all pages, and iterating gives every application once, in order."""
    page = await client.apps.list(FULL_ZONE, page=2, per_page=2)
    assert (page.page, page.per_page, page.count, page.total_count) == (2, 2, 2, 5)

    everything = await client.apps.list(FULL_ZONE)
    assert (len(everything), everything.page) == (5, None)

    ids = [app.id async for app in client.apps.iterate(FULL_ZONE, per_page=2, order="app_id", direction="desc")]
    assert ids == sorted(sandbox.app_ids(FULL_ZONE), reverse=True)

    created = [app.created_on async for app in client.apps.iterate(FULL_ZONE)]
    assert len(created) == 5


async def test_protocols(client: Client) -> None:
    """The well-known protocols have names, ports and a transport."""
    protocols = {protocol.name: protocol for protocol in await client.protocols.list(FULL_ZONE)}

    assert protocols["ssh"].ports == [22]
    assert protocols["ssh"].transport == "tcp"


async def test_current_aggregate(client: Client, sandbox: Sandbox) -> None:
    """The last minute is reported for the requested applications."""
    requested = sandbox.app_ids(FULL_ZONE)[:2]

    aggregates = await client.analytics.aggregate.current(FULL_ZONE, app_ids=requested)

    assert {each.app_id for each in aggregates} == set(requested)
    assert sum(each.bytes_ingress for each in aggregates) > 0
    assert await client.analytics.aggregate.current(FULL_ZONE, colo_name="XXX") is not None


async def test_reports_agree(client: Client) -> None:
    """By time and as a summary, the same query has the same totals."""
    since, until = NOW - timedelta(hours=5, minutes=7), NOW - timedelta(seconds=3)
    metrics: list[Metric] = ["count", "bytesIngress", "bytesEgress"]

    by_time = await client.analytics.events.bytime(
        FULL_ZONE,
        time_delta="dekaminute",
        metrics=metrics,
        dimensions=["appID", "event"],
        since=since,
        until=until,
        filters="event!=progress;ipVersion==4",
        sort=["-count"],
    )
    summary = await client.analytics.events.summary(
        FULL_ZONE,
        metrics=metrics,
        dimensions=["appID", "event"],
        since=since,
        until=until,
        filters="event!=progress;ipVersion==4",
        sort=["-count"],
    )

    assert by_time.totals == summary.totals
    assert list(by_time.totals) == metrics
    assert [row.dimensions for row in by_time.data] == [row.dimensions for row in summary.data]
    assert by_time.time_intervals[0][0] == since
    assert by_time.time_intervals[-1][1] == until
    for row, total in zip(by_time.data, summary.data, strict=True):
        assert [sum(values) for values in row.metrics] == total.metrics
    assert by_time.query.time_delta == "dekaminute"


async def test_limit_and_no_dimensions(client: Client) -> None:
    """A limit caps the rows but not the totals; without dimensions there is one row without values."""
    limited = await client.analytics.events.summary(FULL_ZONE, metrics=["count"], dimensions=["appID"], limit=1)
    whole = await client.analytics.events.summary(FULL_ZONE, metrics=["count"])

    assert limited.rows == len(limited.data) == 1
    assert [row.dimensions for row in whole.data] == [[]]
    assert whole.data[0].metrics == [limited.totals["count"]]


async def test_concurrent_pull(client: Client, sandbox: Sandbox) -> None:
    """Many calls at once come back, each to its caller, one request each."""
    before = len(sandbox.requests)
    zones = [FULL_ZONE, PAYGO_ZONE] * 10

    with record_responses() as responses:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(client.analytics.events.bytime(zone, time_delta="hour", metrics=["count"]))
                for zone in zones
            ]

    totals = {zone: task.result().totals["count"] for zone, task in zip(zones, tasks, strict=True)}
    assert len(set(totals.values())) == 2
    assert all(task.result().totals["count"] == totals[zone] for zone, task in zip(zones, tasks, strict=True))
    assert len(sandbox.requests) - before == len(responses) == 20


@pytest.mark.parametrize(
    ("credentials", "kinds", "codes"),
    [
        pytest.param({"api_token": "x" * 40}, (AuthenticationError, ResponseError), {9109, 10000}, id="wrong token"),
        pytest.param({"api_token": "x"}, (BadRequestError, ResponseError), {6003, 9109, 10000}, id="malformed token"),
        pytest.param(
            {"api_email": "a@b.example", "api_key": "0" * 37}, (ResponseError,), {9103, 9109, 10000}, id="wrong key"
        ),
    ],
)
async def test_credentials_are_judged(
    credentials: dict[str, str], kinds: tuple[type[ResponseError], ...], codes: set[int], sandbox: Sandbox
) -> None:
    """Credentials that are not accepted are an error with Cloudflare's code."""
    async with Client(base_url=sandbox.url, **credentials) as client:
        with pytest.raises(kinds) as caught:
            await client.protocols.list(FULL_ZONE)

    assert {error.code for error in caught.value.errors} & codes
    assert str(next(iter(credentials.values()))) * 2 not in str(caught.value)


async def test_global_api_key(sandbox: Sandbox) -> None:
    """The other scheme is accepted as well."""
    async with Client(api_email=sandbox.api_email, api_key=sandbox.api_key, base_url=sandbox.url) as client:
        assert await client.protocols.list(FULL_ZONE)


LIMIT = RateLimit(requests=2, per_seconds=300, block_seconds=300)


async def test_rate_limit() -> None:
    """Without a limiter, the API's response to one request too many says how long to wait."""
    async with (
        Sandbox(zones=[FULL_ZONE], rate_limit=LIMIT, monotonic=lambda: 1000.0) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=None) as client,
    ):
        await client.protocols.list(FULL_ZONE)
        await client.protocols.list(FULL_ZONE)
        with pytest.raises(RateLimitError, match=r"the next attempt would be in 30\d\.\d s") as caught:
            await client.protocols.list(FULL_ZONE)

    assert caught.value.retry_after == 300
    assert len(sandbox.requests) == 3


async def test_what_the_api_says_of_its_limit() -> None:
    """With a limiter, a call that the API has said it would refuse is not sent."""
    async with (
        Sandbox(zones=[FULL_ZONE], rate_limit=LIMIT, monotonic=lambda: 1000.0) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url) as client,
    ):
        await client.protocols.list(FULL_ZONE)
        await client.protocols.list(FULL_ZONE)
        with pytest.raises(RequestTimeoutError, match="for the rate limit") as caught:
            await client.protocols.list(FULL_ZONE)

    assert caught.value.wait == pytest.approx(300, abs=5)
    assert len(sandbox.requests) == 2
