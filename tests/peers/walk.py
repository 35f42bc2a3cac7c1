"""A walk over every endpoint, through whatever stands between, compared at each step with what the sandbox holds."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import attrs

from aiospectrum import (
    DNS,
    AmbiguousWriteError,
    App,
    AppRequest,
    Client,
    EdgeIPs,
    NotFoundError,
    OriginDNS,
    RequestError,
    ResponseError,
    SpectrumError,
    Unchecked,
    UncheckedInteger,
    record_responses,
)

NOW: Final = datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)
"""The time of the sandbox, which stands still so that a call made twice has the same response."""

NOBODY: Final = "0" * 32
"""A well-formed identifier that nothing has."""

Ask = Callable[[Client], Awaitable[object]]
T = TypeVar("T")


def make_requests(domain: str, *, paygo: bool) -> list[tuple[AppRequest, AppRequest]]:
    """Make what a zone's plan takes: applications to create, each with what it is replaced with."""
    if paygo:
        dns = DNS(name=f"walk-mc.{domain}", type="CNAME")
        return [
            (
                AppRequest(protocol="minecraft", dns=dns, origin_direct=["tcp://192.0.2.1:25565"]),
                AppRequest(protocol="minecraft", dns=dns, origin_direct=["tcp://[2001:db8::1]:25565"]),
            )
        ]
    ssh = DNS(name=f"walk-ssh.{domain}", type="CNAME")
    udp = DNS(name=f"walk-udp.{domain}", type="CNAME")
    ports = DNS(name=f"walk-ports.{domain}", type="CNAME")
    fixed = DNS(name=f"walk-fixed.{domain}", type="ADDRESS")
    worker = DNS(name=f"walk-worker.{domain}", type="CNAME")
    return [
        (
            AppRequest(protocol="tcp/22", dns=ssh, traffic_type="direct", origin_direct=["tcp://192.0.2.1:22"]),
            AppRequest(
                protocol="tcp/2222",
                dns=ssh,
                origin_direct=["tcp://192.0.2.1:22", "tcp://[2001:db8::1]:22"],
                ip_firewall=True,
                proxy_protocol="v2",
                tls="full",
                argo_smart_routing=True,
                edge_ips=EdgeIPs(type="dynamic", connectivity="ipv6"),
            ),
        ),
        (
            AppRequest(protocol="udp/53", dns=udp, origin_direct=["udp://192.0.2.2:53"], proxy_protocol="simple"),
            AppRequest(
                protocol="udp/53", dns=udp, origin_dns=OriginDNS(name="_dns._udp.example.com", ttl=600, type="SRV")
            ),
        ),
        (
            AppRequest(
                protocol="tcp/3000-3010",
                dns=ports,
                origin_dns=OriginDNS(name="origin.example.com", ttl=1200, type="A"),
                origin_port="4000-4010",
            ),
            AppRequest(
                protocol="tcp/443", dns=ports, origin_dns=OriginDNS(name="origin.example.com", type=""), origin_port=443
            ),
        ),
        (
            AppRequest(
                protocol="tcp/8080",
                dns=fixed,
                origin_direct=["tcp://192.0.2.3:80"],
                traffic_type="http",
                edge_ips=EdgeIPs(type="static", ips=["192.0.2.9", "2001:db8::9"]),
            ),
            AppRequest(
                protocol="tcp/8443",
                dns=fixed,
                origin_direct=["tcp://192.0.2.3:443"],
                traffic_type="https",
                edge_ips=EdgeIPs(type="static", ips=["192.0.2.9"]),
            ),
        ),
        (
            AppRequest(protocol="tcp/9000", dns=worker, traffic_type="worker", origin_worker_id="w0rker"),
            AppRequest(
                protocol="tcp/9001",
                dns=worker,
                origin_direct=["tcp://192.0.2.4:9001"],
                virtual_network_id="f70ff985-a4ef-4643-bbbc-4a0ed4fc8415",
            ),
        ),
    ]


def make_reads(zone: str, app_ids: tuple[str, ...]) -> list[Ask]:
    """Make calls that change nothing: every endpoint that only reads, with many sets of parameters."""

    def summary(**query: Any) -> Ask:
        return lambda client: client.analytics.events.summary(zone, **query)

    def bytime(**query: Any) -> Ask:
        return lambda client: client.analytics.events.bytime(zone, **query)

    window = {"since": NOW - timedelta(hours=3), "until": NOW - timedelta(minutes=1)}
    return [
        lambda client: client.apps.list(zone),
        lambda client: client.apps.list(zone, page=2, per_page=2),
        lambda client: client.apps.list(zone, page=9, per_page=100),
        lambda client: client.apps.list(zone, order="created_on", direction="desc"),
        lambda client: client.apps.list(zone, order="protocol", per_page=1),
        lambda client: client.apps.get(zone, app_ids[0]),
        lambda client: client.protocols.list(zone),
        lambda client: client.analytics.aggregate.current(zone),
        lambda client: client.analytics.aggregate.current(zone, app_ids=app_ids[:1]),
        lambda client: client.analytics.aggregate.current(zone, app_ids=app_ids[:3], colo_name="SFO"),
        lambda client: client.analytics.zones.report(**window),
        lambda client: client.analytics.zones.report(until=window["until"], cdn_traffic=False),
        bytime(time_delta="hour"),
        bytime(time_delta="dekaminute", metrics=["count", "bytesIngress"], dimensions=["appID", "event"], **window),
        bytime(
            time_delta="minute", metrics=["durationAvg"], filters="event==disconnect", since=NOW - timedelta(minutes=9)
        ),
        *(bytime(time_delta=each, metrics=["count"]) for each in ("day", "week", "month", "quarter", "year")),
        summary(),
        summary(metrics=["count"], until=NOW - timedelta(days=2)),
        summary(metrics=["count", "bytesIngress", "bytesEgress"], dimensions=["event"], sort=["+count"]),
        summary(metrics=["durationAvg", "durationMedian", "duration90th", "duration99th"], dimensions=["coloName"]),
        summary(metrics=["count"], dimensions=["ipVersion", "appID"], sort=["-count", "appID"], limit=3),
        summary(dimensions=["coloName", "event"], filters="event!=progress;ipVersion==4,coloName==SFO", **window),
        summary(metrics=["bytesEgress"], filters=f"appID=={app_ids[0]} AND coloName>A OR event==connect"),
        summary(metrics=["count"], since=datetime(2026, 11, 20, 1, 2, 3, 456789, tzinfo=UTC)),
    ]


def make_refused(zone: str, domain: str, app_ids: tuple[str, ...]) -> list[Ask]:
    """Make calls that the API refuses, those that are not checked here among them; the others are marked."""
    dns = DNS(name=f"refused.{domain}", type="CNAME")
    request = AppRequest(protocol="tcp/22", dns=dns, origin_direct=["tcp://192.0.2.1:22"])
    return [
        lambda client: client.apps.list(NOBODY),
        lambda client: client.apps.get(zone, NOBODY),
        lambda client: client.apps.update(zone, NOBODY, request),
        lambda client: client.protocols.list(NOBODY),
        lambda client: client.analytics.aggregate.current(NOBODY),
        lambda client: client.analytics.events.summary(zone, filters=Unchecked("ipVersion==x")),
        lambda client: client.analytics.events.summary(zone, metrics=["count"], sort=["+bytesIngress"]),
        lambda client: client.analytics.events.bytime(zone, time_delta="minute", since=NOW - timedelta(days=300)),
        lambda client: client.apps.create(
            zone,
            AppRequest(protocol=Unchecked("tcp/22"), dns=dns, origin_direct=[Unchecked("udp://192.0.2.1:22")]),
        ),
        lambda client: client.apps.create(
            zone,
            AppRequest(
                protocol="tcp/22",
                dns=DNS(name="a.example", type=Unchecked("ADDRESS")),
                origin_direct=[Unchecked("tcp://a:1")],
            ),
        ),
        lambda client: client.apps.update(
            zone,
            app_ids[0],
            AppRequest(
                protocol=Unchecked("tcp/1-9"),
                dns=dns,
                origin_dns=OriginDNS(name=Unchecked("b")),
                origin_port=UncheckedInteger(80),
            ),
        ),
    ]


class Walk:
    """One client's way over a zone, and a witness who asks the sandbox itself."""

    def __init__(self, client: Client, witness: Client, zone: str, *, domain: str, paygo: bool = False) -> None:
        """Keep a client with something before the sandbox, and a witness with nothing; the zone is theirs alone."""
        self.client = client
        self.witness = witness
        self.zone = zone
        self.domain = domain
        self.paygo = paygo
        self.calls = 0
        """Calls that the client made."""
        self.errors: list[SpectrumError] = []
        """How calls failed that the sandbox would have carried out."""

    async def go(self) -> None:
        """Make every call; any difference is a failed assertion, and any error but the SDK's own passes through."""
        ids = tuple(app.id for app in await self.witness.apps.list(self.zone))
        for ask in make_reads(self.zone, ids):
            await self.read(ask)
        for ask in make_refused(self.zone, self.domain, ids):
            await self.refuse(ask)
        await self.delete_missing()
        await self.iterate()
        if self.paygo:  # such a plan takes one application of each protocol
            for app_id in ids:
                await self.witness.apps.delete(self.zone, app_id)
        requests = make_requests(self.domain, paygo=self.paygo)
        for request, replacement in requests:
            await self.live(request, replacement)
        for request, _ in requests:
            assert len(await self.named(request)) <= 1

    async def read(self, ask: Ask) -> None:
        """Make a call that changes nothing, and compare its result with what the witness gets."""
        result = await self._try(ask(self.client))
        if result is not None:
            assert result == await ask(self.witness)

    async def iterate(self) -> None:
        """Take every application over all pages; when a page fails, those before it are right all the same."""
        taken = []
        self.calls += 1
        try:
            async for app in self.client.apps.iterate(self.zone, per_page=2, order="app_id", direction="desc"):
                taken.append(app.id)  # noqa: PERF401 - what came before a failed page is kept
        except SpectrumError as error:
            self.errors.append(error)
            assert len(taken) % 2 == 0
        else:
            assert len(taken) == len(await self.witness.apps.list(self.zone))
        assert taken == sorted((app.id for app in await self.witness.apps.list(self.zone)), reverse=True)[: len(taken)]

    async def refuse(self, ask: Ask) -> None:
        """Make a call that the API refuses, and compare the error with what the witness gets."""
        before = await self.witness.apps.list(self.zone)
        expected = await self._refusal(ask(self.witness))
        assert isinstance(expected, ResponseError)
        self.calls += 1
        error = await self._refusal(ask(self.client))
        assert isinstance(error, RequestError)
        if error.status == expected.status:
            assert type(error) is type(expected)
            assert error.errors in (expected.errors, ())  # of a body that did not come whole there are none
        if error.errors != expected.errors:
            self.errors.append(error)
        assert await self.witness.apps.list(self.zone) == before

    async def delete_missing(self) -> None:
        """Delete an application that there is not; that can only look like a success when it was asked twice."""
        self.calls += 1
        with record_responses() as responses:
            try:
                await self.client.apps.delete(self.zone, NOBODY)
            except NotFoundError:
                pass
            except SpectrumError as error:
                self.errors.append(error)
            else:
                assert responses[0].attempts > 1

    async def live(self, request: AppRequest, replacement: AppRequest) -> None:
        """Create an application, read, replace and delete it; after a failure, go on with what the sandbox has."""
        app = await self.create(request)
        if app is None:
            return
        await self.read(lambda client: client.apps.get(self.zone, app.id))
        await self.read(lambda client: client.analytics.aggregate.current(self.zone, app_ids=[app.id]))
        await self.conflict(request)
        replaced = await self._try(self.client.apps.update(self.zone, app.id, replacement))
        held = await self.witness.apps.get(self.zone, app.id)
        if replaced is not None:
            assert replaced == held
            assert compare(held, replacement) == {}
        else:
            assert {} in (compare(held, request), compare(held, replacement))
        await self.read(lambda client: client.apps.list(self.zone, order="modified_on", direction="desc", per_page=50))
        deleted = await self._try(self.client.apps.delete(self.zone, app.id))
        if deleted is not None:
            assert deleted.id == app.id
            assert await self.named(request) == []
            await self.refuse(lambda client: client.apps.get(self.zone, app.id))

    async def create(self, request: AppRequest) -> App | None:
        """Create an application; give what the sandbox has of it, None for nothing.

        A create that failed has not taken place, or may have, and then the error says so; never twice.
        """
        failures = len(self.errors)
        created = await self._try(self.client.apps.create(self.zone, request))
        held = await self.named(request)
        if created is not None:
            assert held == [created]
            assert compare(created, request) == {}
        elif isinstance(self.errors[failures], AmbiguousWriteError):
            assert len(held) <= 1
        else:
            assert held == []
        return next(iter(held), None)

    async def conflict(self, request: AppRequest) -> None:
        """Create the same once more, which is refused."""
        await self.refuse(partial(_create, zone=self.zone, request=request))

    async def named(self, request: AppRequest) -> list[App]:
        """The applications of the sandbox with the host name of a request."""
        return [app for app in await self.witness.apps.list(self.zone) if app.dns.name == request.dns.name]

    async def _try(self, call: Awaitable[T]) -> T | None:
        self.calls += 1
        try:
            return await call
        except SpectrumError as error:
            if isinstance(error, ResponseError) and (error.status or 0) // 100 == 4:
                raise  # the API has no reason to refuse it
            self.errors.append(error)
            return None

    async def _refusal(self, call: Awaitable[object]) -> SpectrumError:
        try:
            result = await call
        except SpectrumError as error:
            return error
        raise AssertionError(f"not refused: {result}")


async def _create(client: Client, *, zone: str, request: AppRequest) -> object:
    return await client.apps.create(zone, request)


def compare(app: App, request: AppRequest) -> dict[str, object]:
    """The fields that a request gave and that an application has otherwise, as the application has them."""
    given = attrs.asdict(request, recurse=False, filter=lambda _, value: value is not None)
    had = {name: getattr(app, name, None) for name in given}
    return {name: value for name, value in had.items() if value != given[name]}
