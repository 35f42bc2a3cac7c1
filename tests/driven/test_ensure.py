"""Ensuring applications against the sandbox: found, created, replaced, or refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

from aiospectrum import (
    DNS,
    AppRequest,
    BadRequestError,
    Client,
    ConflictError,
    EdgeIPs,
    InvalidArgumentError,
    OriginDNS,
    SeveralAppsError,
    Unchecked,
)
from aiospectrum.apps import differences
from aiospectrum.apps.raw import list_raw, write_request
from aiospectrum.sandbox import Sandbox

DIRECT = AppRequest(protocol="tcp/22", dns=DNS(name="new.zone1.example"), origin_direct=["tcp://192.0.2.1:22"])


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox whose zones have no applications."""
    async with Sandbox(apps_per_zone=0, newer_fields=("session",)) as started:
        yield started


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    """A client of it."""
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as opened:
        yield opened


def methods(sandbox: Sandbox) -> list[str]:
    """What was requested since the last time."""
    found = [request.method for request in sandbox.requests]
    sandbox.requests.clear()
    return found


async def test_created_then_unchanged_then_replaced(client: Client, sandbox: Sandbox) -> None:
    """The same call again does nothing, and another configuration replaces."""
    zone = sandbox.zones[0]
    created = await client.apps.ensure(zone, DIRECT)
    assert (created.done, methods(sandbox)) == ("created", ["GET", "POST"])
    again = await client.apps.ensure(zone, DIRECT, key="dns")
    assert (again.done, again.app, methods(sandbox)) == ("unchanged", created.app, ["GET"])
    replaced = await client.apps.ensure(zone, attrs.evolve(DIRECT, tls="full"))
    assert (replaced.done, replaced.app.id, replaced.app.tls) == ("replaced", created.app.id, "full")
    assert methods(sandbox) == ["GET", "GET", "PUT"]
    back = await client.apps.ensure(zone, DIRECT)
    assert (back.done, back.app.tls) == ("replaced", "off")
    assert len(sandbox.app_ids(zone)) == 1


@pytest.mark.parametrize(
    "request_again",
    [
        attrs.evolve(DIRECT, dns=DNS(name="New.Zone1.EXAMPLE", type="CNAME")),
        attrs.evolve(DIRECT, dns=DNS(name=Unchecked("new.zone1.example."))),
        attrs.evolve(DIRECT, tls="off", proxy_protocol="off", traffic_type="direct", ip_firewall=False),
        attrs.evolve(DIRECT, edge_ips=EdgeIPs(type="dynamic"), argo_smart_routing=False),
    ],
    ids=["case", "dot", "defaults", "edge"],
)
async def test_the_same_in_other_words(client: Client, sandbox: Sandbox, request_again: AppRequest) -> None:
    """Names compare without regard to case and a dot at the end, and defaults are what they are when left out."""
    zone = sandbox.zones[0]
    created = await client.apps.ensure(zone, DIRECT)
    assert await client.apps.ensure(zone, request_again) == attrs.evolve(created, done="unchanged")


async def test_another_protocol_is_another_application(client: Client, sandbox: Sandbox) -> None:
    """A host name can have several, each with its ports."""
    zone = sandbox.zones[0]
    await client.apps.ensure(zone, DIRECT)
    assert (await client.apps.ensure(zone, attrs.evolve(DIRECT, protocol="tcp/2222"))).done == "created"
    assert len(sandbox.app_ids(zone)) == 2


async def test_what_is_not_known_stays(client: Client, sandbox: Sandbox) -> None:
    """A replacement sends newer fields back; old ones and what the recorded one lacks are no difference."""
    zone = sandbox.zones[0]
    recorded = {**write_request(DIRECT), "ipv4": True, "proxy_protocol": False, "session": {"affinity": "client"}}
    app_id = sandbox.hold_app(zone, recorded)
    assert (await client.apps.ensure(zone, DIRECT)).done == "unchanged"
    assert (await client.apps.ensure(zone, attrs.evolve(DIRECT, tls="full"))).app.id == app_id
    (shown,) = await raw_apps(client, zone)
    assert (shown["session"], shown["tls"], "ipv4" in shown) == ({"affinity": "client"}, "full", False)
    await client.apps.ensure(zone, DIRECT, keep_unknown=False)
    assert "session" not in (await raw_apps(client, zone))[0]


async def raw_apps(client: Client, zone: str) -> list[dict[str, Any]]:
    """What the API shows."""
    return await list_raw(client, zone)


async def test_a_field_that_the_api_refuses(client: Client, sandbox: Sandbox) -> None:
    """The error names it, and the switch."""
    zone = sandbox.zones[0]
    sandbox.hold_app(zone, {**write_request(DIRECT), "odd": 1})
    with pytest.raises(BadRequestError, match=r"it has 'odd', which .* keep_unknown=False") as caught:
        await client.apps.ensure(zone, attrs.evolve(DIRECT, tls="full"))
    assert caught.value.unknown_keys == ("odd",)


async def test_several_are_refused(client: Client, sandbox: Sandbox) -> None:
    """Nobody knows which one is meant, so that all of them are named."""
    zone = sandbox.zones[0]
    ids = [sandbox.hold_app(zone, write_request(DIRECT)) for _ in range(2)]
    with pytest.raises(SeveralAppsError, match=r"new\.zone1.example has 2 applications for tcp/22") as caught:
        await client.apps.ensure(zone, attrs.evolve(DIRECT, tls="full"))
    assert sorted(caught.value.app_ids) == sorted(ids)
    assert all(app_id in str(caught.value) for app_id in ids)
    assert methods(sandbox) == ["GET"]


async def test_it_is_found_on_any_page(client: Client, sandbox: Sandbox) -> None:
    """However many applications there are."""
    zone = sandbox.zones[0]
    for number in range(205):
        values = {"protocol": f"tcp/{number + 1}", "dns": {"name": f"many{number}.zone1.example"}}
        sandbox.hold_app(zone, {**values, "origin_direct": [f"tcp://192.0.2.1:{number + 1}"]})
    last = AppRequest(protocol="tcp/205", dns=DNS(name="many204.zone1.example"), origin_direct=["tcp://192.0.2.1:205"])
    assert (await client.apps.ensure(zone, last)).done == "unchanged"
    assert methods(sandbox) == ["GET"] * 3


async def test_at_the_same_time(client: Client, sandbox: Sandbox) -> None:
    """Two calls for one name do not know of each other, and the API refuses the second create."""
    zone = sandbox.zones[0]
    outcomes = await asyncio.gather(*(client.apps.ensure(zone, DIRECT) for _ in range(2)), return_exceptions=True)
    assert {type(outcome).__name__ for outcome in outcomes} <= {"Ensured", ConflictError.__name__}
    assert len(sandbox.app_ids(zone)) == 1


@pytest.mark.parametrize(
    ("app", "options", "text"),
    [
        (attrs.evolve(DIRECT, tls="ful"), {}, "app.tls: expected"),
        (attrs.evolve(DIRECT, origin_direct=None), {}, "app: expected exactly one of"),
        (attrs.evolve(DIRECT, dns=DNS()), {}, "app.dns.name: expected a host name"),
        (DIRECT, {"key": "name"}, "key: expected 'dns'"),
        (DIRECT, {"sleep": None}, "sleep: expected"),
        ({}, {}, "app: expected an object of the class AppRequest"),
    ],
    ids=["value", "origin", "name", "key", "sleep", "class"],
)
async def test_wrong_arguments(client: Client, sandbox: Sandbox, app: Any, options: dict[str, Any], text: str) -> None:
    """They are refused before anything is sent."""
    with pytest.raises(InvalidArgumentError, match=text):
        await client.apps.ensure(sandbox.zones[0], app, **options)
    assert methods(sandbox) == []


BY_NAME = AppRequest(
    protocol="tcp/22",
    dns=DNS(name="a.example.com"),
    origin_dns=OriginDNS(name="o.example.com", ttl=600),
    origin_port=22,
)


OTHER_ORIGIN = ["origin_port", "dns.name", "origin_dns.type", "origin_dns.name", "origin_dns.ttl", "origin_direct"]


@pytest.mark.parametrize(
    ("wanted", "found", "fields"),
    [
        (BY_NAME, {**write_request(BY_NAME), "newer": 1}, []),
        (BY_NAME, {**write_request(BY_NAME), "origin_port": "22"}, []),
        (BY_NAME, {**write_request(BY_NAME), "origin_dns": {"name": "O.example.com.", "ttl": 600, "type": ""}}, []),
        (
            attrs.evolve(BY_NAME, origin_dns=OriginDNS(name="o.example.com")),
            {**write_request(BY_NAME), "origin_dns": {"name": "o.example.com", "ttl": 600}},
            [],
        ),
        (BY_NAME, {**write_request(BY_NAME), "origin_dns": {"name": "o.example.com"}}, ["origin_dns.ttl"]),
        (
            BY_NAME,
            write_request(DIRECT),
            OTHER_ORIGIN,
        ),
        (
            DIRECT,
            {**write_request(DIRECT), "edge_ips": ["198.51.100.1"]},
            ["dns.type", *(f"edge_ips.{name}" for name in ("type", "connectivity", "ips"))],
        ),
        (DIRECT, {**write_request(DIRECT), "spp": True}, ["proxy_protocol"]),
        (DIRECT, {**write_request(DIRECT), "tls": "quantum", "ip_firewall": None}, ["tls"]),
    ],
)
def test_what_differs(wanted: AppRequest, found: dict[str, Any], fields: list[str]) -> None:
    """Fields by their paths; defaults and other spellings are no difference."""
    assert [each.field for each in differences(write_request(wanted), found)] == fields
