"""Plans, what becomes of them, and exports, against the sandbox and recorded payloads."""

import asyncio
import json
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from aiospectrum import (
    DNS,
    AppRequest,
    Client,
    ConflictError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RetryPolicy,
    make_converter,
)
from aiospectrum.apps import (
    Applied,
    ApplyError,
    Change,
    Desired,
    ZonesError,
    apply,
    export,
    plan,
    to_values,
    to_yaml,
)
from aiospectrum.apps.compare import differences
from aiospectrum.apps.files import parse_text
from aiospectrum.errors import SeveralAppsError
from aiospectrum.models import EdgeIPs, OriginDNS
from aiospectrum.sandbox import Faults, Sandbox
from tests.conftest import TOKEN, ZONE

SAMPLES = Path(__file__).parents[1] / "samples"
FULL, PAYGO, OTHER = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Three zones, the second of them on a pay-as-you-go plan."""
    zones = [FULL, PAYGO, OTHER]
    async with Sandbox(zones=zones, paygo_zones=[PAYGO], apps_per_zone=7, newer_fields=["shiny"]) as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url, retry=RetryPolicy(base_wait=0)) as client:
        yield client


def request(name: str = "new.zone1.example", **changes: Any) -> AppRequest:
    direct = {"origin_direct": ["tcp://192.0.2.1:2222"]}
    return AppRequest(**{"protocol": "tcp/2222", "dns": DNS(name=name), **direct, **changes})


def wanted(name: str = "new.zone1.example", zone: str = FULL, **changes: Any) -> Desired:
    return Desired(zone=zone, app=request(name, **changes))


def written(sandbox: Sandbox) -> list[str]:
    """The methods of all requests that change something."""
    return [each.method for each in sandbox.requests if each.method != "GET"]


def copied(value: Any) -> Any:
    """A copy by way of a pickle, as to another process."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


def actions(changes: list[Change]) -> list[str]:
    return [change.action for change in changes]


def test_names_are_imported_when_they_are_used() -> None:
    """As a client needs few of the modules; names and modules are there all the same."""
    code = (
        "import sys, aiospectrum.client; assert 'aiospectrum.apps.files' not in sys.modules; "
        "from aiospectrum import apps; assert set(apps.__all__) <= set(dir(apps)); "
        "assert [name for name in apps.__all__ if not hasattr(apps, name)] == []; assert not hasattr(apps, 'nothing')"
    )

    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code


async def test_what_has_to_be_done(client: Client, sandbox: Sandbox) -> None:
    """Applications are found by DNS name and protocol; zones by identifier or name; the order is that given."""
    mqtt = OriginDNS(name="broker.zone1.example", type="A")
    desired = [
        wanted(),
        wanted(
            "MQTT.zone1.example",
            protocol="tcp/8883",
            tls="full",
            origin_direct=None,
            origin_dns=mqtt,
            origin_port="1883",
        ),
        wanted("ssh.zone3.example", zone="zone3.example", protocol="tcp/22", origin_direct=["tcp://192.0.2.9:22"]),
        Desired.to_delete("zone3.example", name="dns.zone3.example", protocol="udp/53"),
        Desired.to_delete(OTHER, name="dns.zone3.example", protocol="udp/54"),
    ]

    changes = await plan(client, desired)

    assert actions(changes) == ["create", "nothing", "replace", "delete", "nothing"]
    assert [(each.field, each.found, each.wanted) for each in changes[2].differences] == [
        ("origin_direct", ["tcp://192.0.2.1:22"], ["tcp://192.0.2.9:22"])
    ]
    assert [change.zone_id for change in changes] == [FULL, FULL, OTHER, OTHER, OTHER]
    assert str(changes[2]) == (
        "replace ssh.zone3.example tcp/22 of the zone zone3.example:"
        " origin_direct: ['tcp://192.0.2.1:22'] → ['tcp://192.0.2.9:22']"
    )
    assert copied(changes) == changes
    assert written(sandbox) == []


async def test_applying_a_plan(client: Client, sandbox: Sandbox) -> None:
    """All is as wanted afterwards, others are as they were, and doing it again does nothing."""
    before = {app.id: app async for app in client.apps.iterate(FULL)}
    desired = [
        wanted(),
        wanted("ssh.zone1.example", protocol="tcp/22", origin_direct=["tcp://192.0.2.9:22"], tls="full"),
        Desired.to_delete(FULL, name="dns.zone1.example", protocol="udp/53"),
    ]
    seen: list[Applied] = []

    outcomes = await apply(client, await plan(client, desired), on_outcome=seen.append)

    assert [outcome.status for outcome in outcomes] == ["done"] * 3
    assert seen == outcomes
    assert outcomes[0].app is not None
    assert outcomes[0].app.dns.name == "new.zone1.example"
    assert written(sandbox) == ["POST", "PUT", "DELETE"]
    assert actions(await plan(client, desired)) == ["nothing"] * 3
    after = {app.id: app async for app in client.apps.iterate(FULL)}
    assert {before[each].dns.name for each in before if after.get(each) != before[each]} == {
        "ssh.zone1.example",
        "dns.zone1.example",
    }


async def test_changes_that_are_not_needed_any_more(client: Client, sandbox: Sandbox) -> None:
    """A plan that was made already, by this or another run, is done without a change."""
    desired = [
        wanted(),
        wanted("ssh.zone1.example", protocol="tcp/22", origin_direct=["tcp://192.0.2.9:22"]),
        Desired.to_delete(FULL, name="dns.zone1.example", protocol="udp/53"),
        wanted("ssh-2.zone1.example", protocol="tcp/22", origin_direct=["tcp://192.0.2.6:22"]),
    ]
    changes = await plan(client, desired)
    await apply(client, changes)
    sandbox.requests.clear()

    outcomes = await apply(client, changes)

    assert [outcome.status for outcome in outcomes] == ["unchanged"] * 4
    assert written(sandbox) == []


async def test_a_replacement_keeps_what_is_not_known(client: Client, sandbox: Sandbox) -> None:
    """Keys that this version does not know are sent back; old ones, which the API refuses, are not."""
    recorded = {"protocol": "tcp/2222", "dns": {"name": "new.zone1.example", "type": "CNAME"}, "shiny": {"a": [1]}}
    app_id = sandbox.hold_app(FULL, {**recorded, "origin_direct": ["tcp://192.0.2.1:2222"], "spp": False, "ipv4": True})

    await apply(client, await plan(client, [wanted(tls="flexible")]))

    (shown,) = [app for app in await raw(client, FULL) if app["id"] == app_id]
    assert (shown["tls"], shown["shiny"]) == ("flexible", {"a": [1]})


async def raw(client: Client, zone: str) -> list[dict[str, Any]]:
    from aiospectrum.apps.raw import list_raw

    return await list_raw(client, zone)


@pytest.mark.parametrize("is_ensured", [False, True], ids=["applied", "ensured"])
async def test_unknown_keys_of_an_object_that_is_left_out_are_kept(serve: Any, is_ensured: bool) -> None:
    """Beside the default of the object, which is what leaving it out means."""
    there = {**DIRECT, "edge_ips": {"type": "dynamic", "connectivity": "ipv4", "weight": 3}}
    sent: list[dict[str, Any]] = []

    async def respond(request: web.Request) -> web.Response:
        if request.method == "PUT":
            sent.append(await request.json())
        result = there if request.method == "PUT" or request.path.endswith(str(BARE["id"])) else [there]
        return web.json_response({"success": True, "errors": [], "messages": [], "result": result})

    desired = wanted("ssh.example.com", ZONE, protocol="tcp/22", origin_direct=["tcp://192.0.2.1:22"])
    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        if is_ensured:
            await client.apps.ensure(ZONE, desired.app)
        else:
            await apply(client, await plan(client, [desired]))

    assert [each["edge_ips"] for each in sent] == [{"type": "dynamic", "connectivity": "all", "weight": 3}]


@pytest.mark.parametrize("is_deleted", [False, True], ids=["replace", "delete"])
async def test_an_application_that_changed_since_the_plan(client: Client, sandbox: Sandbox, is_deleted: bool) -> None:
    """It is left alone, and the error says what changed."""
    app = await client.apps.create(FULL, request())
    desired = (
        Desired.to_delete(FULL, name="new.zone1.example", protocol="tcp/2222") if is_deleted else wanted(tls="full")
    )
    changes = await plan(client, [desired])
    await client.apps.change(FULL, app.id, proxy_protocol="v1")
    sandbox.requests.clear()

    with pytest.raises(ApplyError, match=r"proxy_protocol changed since the plan, and nothing was sent; plan again"):
        await apply(client, changes)

    assert written(sandbox) == []


async def test_it_stops_at_the_first_error(client: Client, sandbox: Sandbox) -> None:
    """What comes after it is left, and nothing passes for complete."""
    changes = await plan(client, [wanted(), clash(), wanted("third.zone1.example")])

    with pytest.raises(
        ApplyError, match=r"1 of 3 changes were made, 1 failed, 1 left: create game.zone1.example"
    ) as raised:
        await apply(client, changes)

    assert [outcome.status for outcome in raised.value.outcomes] == ["done", "failed", "left"]
    assert isinstance(raised.value.__cause__, ConflictError)
    assert len(copied(raised.value).outcomes) == 3
    assert len(sandbox.app_ids(FULL)) == 8


async def test_it_goes_on_when_told_to(client: Client, sandbox: Sandbox) -> None:
    """All others are made, and it still fails at the end."""
    changes = await plan(client, [clash(), wanted(), wanted("third.zone1.example")])

    with pytest.raises(ApplyError, match=r"2 of 3 changes were made, 1 failed") as raised:
        await apply(client, changes, on_error="continue")

    assert [outcome.status for outcome in raised.value.outcomes] == ["failed", "done", "done"]
    assert len(sandbox.app_ids(FULL)) == 9


def clash() -> Desired:
    """One that the API refuses: game.zone1.example has a port of its range already."""
    return wanted("game.zone1.example", protocol="tcp/27001")


async def test_a_cancellation_goes_through(client: Client, sandbox: Sandbox) -> None:
    """What was done by then is known, and another run makes the rest."""
    desired = [wanted(), wanted("slow.zone1.example")]
    changes = await plan(client, desired)
    seen: list[Applied] = []

    def hang_next(outcome: Applied) -> None:
        seen.append(outcome)
        sandbox.faults = Faults(hang_rate=1)
        sandbox.requests.clear()

    running = asyncio.ensure_future(apply(client, changes, on_outcome=hang_next))
    while not seen or not sandbox.requests:  # noqa: ASYNC110 - the sandbox has no event for it
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    sandbox.faults = Faults()
    assert [outcome.status for outcome in seen] == ["done"]
    assert [outcome.status for outcome in await apply(client, await plan(client, desired))] == ["unchanged", "done"]


async def test_zones_that_cannot_be_read(client: Client) -> None:
    """All of them are named, and nothing is planned."""
    nowhere = "0" * 32
    desired = [wanted(), wanted(zone=nowhere), wanted(zone="gone.example")]

    with pytest.raises(ZonesError, match=r"^2 zones cannot be read, and nothing was changed: zone 0000") as raised:
        await plan(client, desired)

    assert list(raised.value.errors) == [nowhere, "gone.example"]
    assert isinstance(raised.value.errors[nowhere], PermissionDeniedError)
    assert str(raised.value.errors["gone.example"]) == "there is none that the credentials may see"
    assert copied(raised.value).errors.keys() == raised.value.errors.keys()
    with pytest.raises(ZonesError, match=r"^1 zone cannot be read"):
        await export(client, [FULL, nowhere])


async def test_a_name_that_several_zones_have(serve: Any) -> None:
    """The identifiers are named, of which one is to be given."""
    zones = [{"id": zone, "name": "a.example"} for zone in (FULL, OTHER)]

    async def list_zones(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "errors": [], "messages": [], "result": zones})

    async with Client(api_token=TOKEN, base_url=await serve(list_zones)) as client:
        with pytest.raises(ZonesError, match=f"zone A.example: 2 zones have that name; give .* one: {FULL}, {OTHER}"):
            await export(client, ["A.example"])


async def test_an_application_that_is_wanted_twice(client: Client) -> None:
    """Also when its zone is given by identifier and by name."""
    with pytest.raises(InvalidArgumentError, match=r"expected each application once, got new.zone1.example"):
        await plan(client, [wanted(), wanted(zone="zone1.example", tls="full")])


async def test_several_applications_that_match(client: Client, sandbox: Sandbox) -> None:
    """Nobody knows which one is meant, and a file could not tell them apart."""
    recorded = {"protocol": "tcp/2222", "dns": {"name": "new.zone1.example"}, "origin_direct": ["tcp://192.0.2.1:2222"]}
    ids = [sandbox.hold_app(FULL, recorded) for _ in range(2)]

    with pytest.raises(
        ZonesError, match=r"2 applications are new.zone1.example tcp/2222: .* delete all but one"
    ) as raised:
        await plan(client, [wanted()])

    error = raised.value.errors[FULL]
    assert isinstance(error, SeveralAppsError)
    assert set(error.app_ids) == set(ids)
    with pytest.raises(ZonesError, match=r"several applications are new.zone1.example tcp/2222"):
        await export(client, [FULL])


async def test_what_would_be_refused_is_not_planned(client: Client) -> None:
    """All of it is said at once, with the application; what needs no change is not sent, and passes."""
    wrong = [wanted(protocol="udp/1"), wanted("b.zone1.example", tls="on"), wanted("c.zone1.example")]

    with pytest.raises(
        InvalidArgumentError, match=r"^2 problems: new.zone1.example udp/1 of the zone aaaa.*b.zone1"
    ) as raised:
        await plan(client, wrong)

    assert [error.field for error in raised.value.others] == ["app.origin_direct[0]", "app.tls"]


@pytest.mark.parametrize("concurrency", [0, 101, True, "8"])
async def test_arguments_are_checked(client: Client, concurrency: Any) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidArgumentError, match=r"^concurrency: "):
        await plan(client, [], concurrency=concurrency)
    with pytest.raises(InvalidArgumentError, match=r"^concurrency: "):
        await export(client, [FULL], concurrency=concurrency)
    for zones in ("zone1.example", ["word"], [5]):
        with pytest.raises(InvalidArgumentError, match=r"^zones: "):
            await export(client, zones)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidArgumentError, match=r"^desired: "):
        await plan(client, [request()])  # type: ignore[list-item]  # wrong on purpose
    with pytest.raises(InvalidArgumentError, match=r"^desired: "):
        await plan(client, None)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidArgumentError, match=r"^zones: "):
        await export(client, None)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidArgumentError, match=r"^changes: "):
        await apply(client, None)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidArgumentError, match=r"^changes: "):
        await apply(client, [wanted()])  # type: ignore[list-item]  # wrong on purpose
    with pytest.raises(InvalidArgumentError, match=r"^on_error: "):
        await apply(client, [], on_error="never")  # type: ignore[arg-type]  # wrong on purpose


async def test_an_export_is_planned_as_nothing(client: Client, sandbox: Sandbox) -> None:
    """Of every application that the sandbox starts with, by identifier and by name, in a stable order."""
    pytest.importorskip("ruamel.yaml")
    text = to_yaml(await export(client, [FULL, "zone2.example", OTHER]))

    changes = await plan(client, parse_text(text, name="a.yaml", toml=False))

    assert actions(changes) == ["nothing"] * 21
    assert text == to_yaml(await export(client, [FULL, "zone2.example", OTHER]))
    assert written(sandbox) == []


async def test_a_zone_that_is_given_twice_is_exported_once(client: Client) -> None:
    """By identifier and by name, in any case: a file cannot have it twice."""
    exported = await export(client, ["zone1.example", FULL, "ZONE1.example."])

    assert {each.zone for each in exported} == {"zone1.example"}
    assert actions(await plan(client, exported)) == ["nothing"] * 7


async def test_other_tasks_go_on_meanwhile(client: Client) -> None:
    """Comparing and checking many applications gives others a turn for each."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    many = [wanted(protocol=f"tcp/{port}", origin_direct=[f"tcp://192.0.2.1:{port}"]) for port in range(1, 301)]
    counting = asyncio.ensure_future(count())
    changes = await plan(client, many)
    counting.cancel()

    assert len(changes) == 300
    assert turns >= 600


BARE = {
    "id": "e" * 32,
    "protocol": "tcp/22",
    "dns": {"name": "ssh.example.com", "type": "CNAME"},
    "created_on": "2014-01-02T02:20:00.123456Z",
    "modified_on": "2014-01-02T02:20:00.123456Z",
}
DIRECT = {**BARE, "origin_direct": ["tcp://192.0.2.1:22"]}
RECORDED: dict[str, dict[str, Any]] = {
    "old": json.loads((SAMPLES / "old_app.json").read_bytes())["result"],
    "worker": json.loads((SAMPLES / "worker_app.json").read_bytes())["result"],
    "page": json.loads((SAMPLES / "page.json").read_bytes())["result"][0],
    "without an origin": BARE,
    "true": {**DIRECT, "proxy_protocol": True},
    "false": {**DIRECT, "proxy_protocol": False},
    "spp": {
        **DIRECT,
        "protocol": "udp/22",
        "origin_direct": ["udp://192.0.2.1:22"],
        "proxy_protocol": False,
        "spp": True,
    },
    "spp on TCP": {**DIRECT, "spp": True, "proxy_protocol": None},
    "addresses": {
        **DIRECT,
        "edge_ips": ["192.0.2.1", "2001:DB8:0::1"],
        "dns": {"name": "a.example", "type": "ADDRESS"},
    },
    "addresses with a CNAME": {**DIRECT, "edge_ips": ["192.0.2.1"]},
    "foreign addresses": {**DIRECT, "edge_ips": {"ips": 5}},
    "no addresses": {**DIRECT, "edge_ips": {"type": None, "ips": None}},
    "addresses that Cloudflare chose": {
        **DIRECT,
        "edge_ips": {"type": "dynamic", "ips": ["192.0.2.1"], "connectivity": "all"},
    },
    "nulls inside": {
        **BARE,
        "dns": {"name": "a.example", "type": None},
        "origin_dns": {"name": "o.example.com", "ttl": None, "type": None},
        "origin_port": 22,
    },
    "nulls": {**DIRECT, "tls": None, "origin_dns": None, "edge_ips": None, "virtual_network_id": None},
    "both origins": {**DIRECT, "origin_dns": {"name": "o.example.com", "ttl": 600, "type": ""}, "origin_port": 22},
    "port with a point": {**DIRECT, "origin_port": 22.0},
    "ports": {**DIRECT, "protocol": "tcp/1-3", "origin_direct": ["tcp://192.0.2.1:1-3"], "origin_port": "22-24"},
    "unknown values": {**DIRECT, "tls": "tls13", "traffic_type": "smtp", "protocol": "quic/443"},
    "unknown keys": {**DIRECT, "shiny": {"a": 1}, "dns": {"name": "a.example", "type": "CNAME", "ttl": 5}},
    "short TTL": {**BARE, "origin_dns": {"name": "o.example.com", "ttl": 5}, "origin_port": 22},
    "without a name": {**DIRECT, "dns": {}},
    "name with a dot": {**DIRECT, "dns": {"name": "SSH.example.com.", "type": "CNAME"}},
    "full plan by name": {**DIRECT, "protocol": "rdp", "edge_ips": {"type": "dynamic", "connectivity": "all"}},
    "odd text": {**DIRECT, "dns": {"name": "\x1b[31m: # 'off\u202e"}, "origin_worker_id": "no"},
    "texts that look like others": {
        **DIRECT,
        "origin_worker_id": "0x10",
        "origin_port": "22",
        "virtual_network_id": "~",
    },
}


@pytest.mark.parametrize("name", RECORDED)
async def test_an_export_of_a_recorded_payload_is_planned_as_nothing(serve: Any, name: str) -> None:
    """Old forms and values that are newer among them; keys that are newer are left out, and a comment says so."""
    pytest.importorskip("ruamel.yaml")
    recorded = RECORDED[name]

    async def list_apps(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "errors": [], "messages": [], "result": [recorded]})

    async with Client(api_token=TOKEN, base_url=await serve(list_apps)) as client:
        exported = await export(client, [ZONE])
        text = to_yaml(exported)
        for desired in (exported, parse_text(text, name="a.yaml", toml=False)):
            assert actions(await plan(client, desired)) == ["nothing"], text
    again = json.loads(json.dumps(to_values(exported)))
    assert parse_text(json.dumps(again), name="a.json", toml=False) == exported
    named = "# left out, as this version does not know them: ['dns.ttl', 'shiny'] of 'a.example tcp/22 of"
    assert text.startswith(named) == (name == "unknown keys")
    assert "\x1b" not in text


DEFAULTS = {
    "traffic_type": "direct",
    "tls": "off",
    "proxy_protocol": "off",
    "ip_firewall": False,
    "argo_smart_routing": False,
    "edge_ips": {"type": "dynamic", "connectivity": "all"},
}
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "defaults that are there": ({}, DEFAULTS),
    "defaults that are wanted": (DEFAULTS, {}),
    "half of an object": ({"edge_ips": {"connectivity": "all"}}, {"edge_ips": {"type": "dynamic"}}),
    "type of the record": ({"dns": {"name": "a.example", "type": "CNAME"}}, {"dns": {"name": "a.example"}}),
    "names": ({"dns": {"name": "A.example"}}, {"dns": {"name": "a.example."}}),
    "international names": (
        {"dns": {"name": "München.example"}, "origin_dns": {"name": "XN--MNCHEN-3YA.example"}},
        {"dns": {"name": "xn--mnchen-3ya.example"}, "origin_dns": {"name": "münchen.example."}},
    ),
    "a name that is no Punycode": (
        {"dns": {"name": "XN--\u007f-9999999.a"}},
        {"dns": {"name": "xn--\u007f-9999999.a"}},
    ),
    "order of origins": (
        {"origin_direct": ["tcp://1.2.3.4:5", "tcp://1.2.3.5:5"]},
        {"origin_direct": ["tcp://1.2.3.5:5", "tcp://1.2.3.4:5"]},
    ),
    "forms of an address": (
        {"origin_direct": ["tcp://[2001:DB8:0::1]:5"]},
        {"origin_direct": ["tcp://[2001:db8::1]:5"]},
    ),
    "forms of a port": ({"origin_port": "22"}, {"origin_port": 22}),
    "TTL that Cloudflare chose": (
        {"origin_dns": {"name": "o.example"}},
        {"origin_dns": {"name": "o.example", "ttl": 600}},
    ),
}
OTHER_VALUES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a default that is not there": ({}, {"tls": "full"}, "tls"),
    "drift": ({"tls": "full"}, {}, "tls"),
    "origins": ({"origin_direct": ["tcp://1.2.3.4:5"]}, {"origin_direct": ["tcp://1.2.3.4:6"]}, "origin_direct"),
    "kind of origin": ({"origin_dns": {"name": "o.example"}}, {"origin_direct": ["tcp://1.2.3.4:6"]}, "origin_direct"),
    "static": ({}, {"edge_ips": {"ips": ["192.0.2.1"]}}, "edge_ips.ips"),
    "TTL": ({"origin_dns": {"name": "o.example", "ttl": 700}}, {"origin_dns": {"name": "o.example"}}, "origin_dns.ttl"),
}


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same(name: str) -> None:
    """A field that is left out has the API's default."""
    ours, theirs = SAME[name]

    assert differences(ours, theirs) == []


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_what_differs(name: str) -> None:
    """Each is named by its path."""
    ours, theirs, field = OTHER_VALUES[name]

    assert field in [each.field for each in differences(ours, theirs)]


def test_requests_of_today_are_compared_by_their_values() -> None:
    """Writing a request and reading it back differs in nothing."""
    app = request(edge_ips=EdgeIPs(type="static", ips=["192.0.2.1"]), dns=DNS(name="a.example", type="ADDRESS"))
    values = make_converter().unstructure(app)

    assert differences(values, {**values, "id": "x"}) == []


async def test_deleted_by_others_meanwhile(client: Client, sandbox: Sandbox) -> None:
    """A replacement fails then, as there is nothing to replace."""
    app = await client.apps.create(FULL, request())
    changes = await plan(client, [wanted(tls="full")])
    await client.apps.delete(FULL, app.id)

    with pytest.raises(ApplyError) as raised:
        await apply(client, changes)

    assert isinstance(raised.value.__cause__, NotFoundError)
