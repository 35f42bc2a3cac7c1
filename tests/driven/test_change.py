"""Changes of applications: what is read, kept, checked and sent."""

import math
from typing import Any, get_type_hints

import attrs
import pytest
from aiohttp import web

from aiospectrum import (
    DNS,
    AppChangedError,
    AppRequest,
    BadRequestError,
    Client,
    DecodeError,
    EdgeIPs,
    InvalidArgumentError,
    OriginDNS,
    Unchecked,
)
from aiospectrum.apps import AppChanges
from aiospectrum.apps.raw import replace_raw
from aiospectrum.sandbox import Sandbox
from tests.conftest import APP, TOKEN, ZONE, Serve

TIMES = {"created_on": "2014-01-02T02:20:00.123456Z", "modified_on": "2014-01-02T02:20:00.123456Z"}
PLAIN = {
    "id": APP,
    **TIMES,
    "protocol": "tcp/22",
    "dns": {"type": "CNAME", "name": "ssh.example.com"},
    "origin_direct": ["tcp://192.0.2.1:22"],
    "tls": "off",
}
BY_NAME = {
    **{key: value for key, value in PLAIN.items() if key != "origin_direct"},
    "origin_dns": {"name": "origin.example.com", "ttl": 1200},
    "origin_port": 22,
}
NEWER = {
    **PLAIN,
    "session": {"affinity": "client", "ttl": 1.5, "of": [None, True]},
    "dns": {**PLAIN["dns"], "geo": ["EU"]},  # type: ignore[dict-item]
    "edge_ips": {"type": "dynamic", "connectivity": "all", "weight": 3},
    "tls": "quantum",
}


class OneApp:
    """An API with one application, which shows what it holds and keeps what it is sent."""

    def __init__(self, app: dict[str, Any], *others: dict[str, Any], refusal: dict[str, Any] | None = None) -> None:
        self.reads = [*others]
        """What the reads after the first one show; what it holds when these are used up."""
        self.app = app
        self.refusal = refusal
        self.sent: list[dict[str, Any]] = []
        self.methods: list[str] = []

    async def respond(self, request: web.Request) -> web.Response:
        self.methods.append(request.method)
        shown = self.app
        if request.method == "PUT":
            self.sent.append(await request.json())
            if self.refusal is not None:
                return web.json_response({"success": False, "errors": [self.refusal]}, status=400)
            shown = {"id": APP, **TIMES, **self.sent[-1]}
        elif len(self.methods) > 1 and self.reads:
            shown = self.reads.pop(0)
        return web.json_response({"success": True, "errors": [], "result": shown})


@pytest.fixture
def change(serve: Serve) -> Any:
    """Change the application of an API, and give what came of it."""

    async def change_one(api: OneApp, **changes: Any) -> Any:
        async with Client(api_token=TOKEN, base_url=await serve(api.respond)) as client:
            return await client.apps.change(ZONE, APP, **changes)

    return change_one


def without(app: dict[str, Any], *keys: str) -> dict[str, Any]:
    """A body of what is there but for some keys."""
    return {key: value for key, value in app.items() if key not in ("id", *TIMES, *keys)}


def test_the_changes_are_the_fields_of_a_configuration() -> None:
    """All of them, with their types."""
    assert AppChanges.__optional_keys__ == {field.name for field in attrs.fields(AppRequest)}
    hints, fields = get_type_hints(AppChanges), get_type_hints(AppRequest)
    for name in hints:
        assert str(hints[name]).replace("aiospectrum.checks.plain.Unchecked", "str") == str(fields[name]), name


async def test_a_field_is_changed_and_all_others_stay(change: Any) -> None:
    """It is read, read once more and replaced, and what comes back is the application."""
    api = OneApp(PLAIN)
    app = await change(api, tls="full")
    assert (app.tls, app.protocol, app.id) == ("full", "tcp/22", APP)
    assert api.methods == ["GET", "GET", "PUT"]
    assert api.sent == [{**without(PLAIN), "tls": "full"}]


async def test_what_is_not_known_is_sent_back(change: Any) -> None:
    """Fields, fields inside of others, and values of known fields that are newer than this version."""
    api = OneApp(NEWER)
    await change(api, ip_firewall=True, dns=DNS(name="www.example.com"), edge_ips=EdgeIPs(connectivity="ipv6"))
    assert api.sent == [
        {
            **without(NEWER),
            "ip_firewall": True,
            "dns": {"name": "www.example.com", "geo": ["EU"]},
            "edge_ips": {"connectivity": "ipv6", "weight": 3},
        }
    ]


@pytest.mark.parametrize(
    "edge_ips",
    [{"ips": ["192.0.2.1"]}, {"ips": []}, {"ips": None}],
    ids=["those that Cloudflare chose", "none", "null"],
)
async def test_addresses_of_dynamic_edges_are_not_sent_back(change: Any, edge_ips: dict[str, Any]) -> None:
    """Old payloads have them, and the API refuses them in a configuration."""
    dynamic = {"type": "dynamic", "connectivity": "all"}
    api = OneApp({**PLAIN, "edge_ips": {**dynamic, **edge_ips, "newer": None}})

    await change(api, tls="full")

    assert api.sent[0]["edge_ips"] == {**dynamic, "newer": None}


async def test_what_is_not_known_is_left_out(change: Any) -> None:
    """Where that is asked for; values that are not known are kept all the same."""
    api = OneApp(NEWER)
    await change(api, ip_firewall=True, keep_unknown=False)
    kept = {**without(NEWER, "session"), "dns": PLAIN["dns"], "edge_ips": {"type": "dynamic", "connectivity": "all"}}
    assert api.sent == [{**kept, "ip_firewall": True}]


async def test_old_payloads(change: Any) -> None:
    """They are sent in the form of today, without the keys that only they have, and without nulls."""
    old = {**PLAIN, "ipv4": True, "spp": True, "proxy_protocol": False, "protocol": "udp/22", "traffic_type": None}
    old["origin_direct"] = ["udp://192.0.2.1:22"]
    api = OneApp(old)
    await change(api, origin_direct=["udp://192.0.2.7:22"])
    kept = without(old, "ipv4", "spp", "traffic_type")
    assert api.sent == [{**kept, "proxy_protocol": "simple", "origin_direct": ["udp://192.0.2.7:22"]}]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tls": "off"},
        {"tls": None},
        {"proxy_protocol": "off", "ip_firewall": False, "traffic_type": "direct"},
        {"origin_direct": ["tcp://192.0.2.1:22"]},
        {"edge_ips": EdgeIPs(type="dynamic", connectivity="all")},
        {"edge_ips": None},
    ],
    ids=str,
)
async def test_what_changes_nothing_is_not_sent(change: Any, changes: dict[str, Any]) -> None:
    """Also what would be there by default."""
    api = OneApp(PLAIN)
    assert (await change(api, **changes)).id == APP
    assert api.methods == ["GET"]


@pytest.mark.parametrize(
    ("there", "changes", "sent"),
    [
        pytest.param(
            BY_NAME,
            {"origin_direct": ["tcp://192.0.2.1:22"]},
            {**without(BY_NAME, "origin_dns", "origin_port"), "origin_direct": ["tcp://192.0.2.1:22"]},
            id="an address in the place of a name",
        ),
        pytest.param(
            PLAIN,
            {"origin_dns": OriginDNS(name="origin.example.com"), "origin_port": 22},
            {**without(BY_NAME), "origin_dns": {"name": "origin.example.com"}},
            id="a name in the place of an address",
        ),
        pytest.param(
            {**PLAIN, "origin_port": 22},
            {"origin_direct": ["tcp://192.0.2.7:22"]},
            {**without(PLAIN), "origin_port": 22, "origin_direct": ["tcp://192.0.2.7:22"]},
            id="another address, whose port stays",
        ),
        pytest.param(
            BY_NAME,
            {"origin_worker_id": "b0c1d2", "traffic_type": "worker"},
            {**without(BY_NAME, "origin_dns", "origin_port"), "origin_worker_id": "b0c1d2", "traffic_type": "worker"},
            id="a Worker",
        ),
        pytest.param(
            BY_NAME,
            {"origin_dns": OriginDNS(name="origin.example.com")},
            {**without(BY_NAME), "origin_dns": {"name": "origin.example.com"}},
            id="a time to live that is left out",
        ),
        pytest.param(
            BY_NAME, {"origin_port": 2222}, {**without(BY_NAME), "origin_port": 2222}, id="the port at the origin"
        ),
    ],
)
async def test_there_is_one_origin(
    change: Any, there: dict[str, Any], changes: dict[str, Any], sent: dict[str, Any]
) -> None:
    """One that is given removes the others, and the port of another kind of origin."""
    api = OneApp(there)
    await change(api, **changes)
    assert api.sent == [sent]


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"origin_driect": []}, "origin_driect", "did you mean 'origin_direct'?"),
        ({"keep": True}, "keep", r"expected a field of an application \(protocol, dns, "),
        ({"tls": "ful"}, "app.tls", "did you mean 'full'?"),
        ({"protocol": None}, "app.protocol", "it cannot be removed"),
        ({"dns": {"name": "a.example.com"}}, "app.dns", "an object of the class DNS"),
        ({"origin_dns": OriginDNS(name="a.example.com", ttl=1)}, "app.origin_dns.ttl", "an integer of 600 or more"),
    ],
)
async def test_a_wrong_change_is_refused_before_anything_is_sent(
    change: Any, changes: dict[str, Any], field: str, text: str
) -> None:
    """It names the field, and what was meant."""
    api = OneApp(PLAIN)
    with pytest.raises(InvalidArgumentError, match=text) as caught:
        await change(api, **changes)
    assert (caught.value.field, api.methods) == (field, [])


@pytest.mark.parametrize(
    ("there", "changes", "field"),
    [
        (PLAIN, {"protocol": "udp/22"}, "app.origin_direct[0]"),
        (PLAIN, {"protocol": "tcp/1-9"}, "app.origin_direct[0]"),
        ({**PLAIN, "protocol": "udp/22"}, {"ip_firewall": True}, "app.ip_firewall"),
        (PLAIN, {"origin_direct": None}, "app"),
        (PLAIN, {"origin_dns": OriginDNS(name="a.example.com")}, "app.origin_port"),
        (PLAIN, {"origin_dns": OriginDNS(name="a.example.com"), "origin_direct": ["tcp://192.0.2.1:22"]}, "app"),
    ],
    ids=str,
)
async def test_what_a_change_makes_wrong_is_refused(
    change: Any, there: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    """By the rules of pre-flight, once what is there is known; nothing is sent."""
    api = OneApp(there)
    with pytest.raises(InvalidArgumentError) as caught:
        await change(api, **changes)
    assert (caught.value.field, api.methods) == (field, ["GET"])


async def test_what_was_wrong_before_is_no_reason(change: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The API has taken it, so that a change of something else is sent, and warns of nothing."""
    odd = {**PLAIN, "protocol": "gopher", "tls": "quantum", "dns": {"name": "localhost"}}
    api = OneApp(odd)
    await change(api, ip_firewall=True)
    assert api.sent == [{**without(odd), "ip_firewall": True}]
    assert caplog.messages == []


async def test_values_that_are_newer_are_sent(change: Any) -> None:
    """As everywhere."""
    api = OneApp(PLAIN)
    await change(api, tls=Unchecked("quantum"))
    assert api.sent == [{**without(PLAIN), "tls": "quantum"}]


@pytest.mark.parametrize(
    ("now", "fields"),
    [
        ({**PLAIN, "tls": "full"}, ("tls",)),
        ({**PLAIN, "newer": 1}, ("newer",)),
        (
            {**without(PLAIN, "tls"), "id": APP, **TIMES, "protocol": "tcp/23"},
            ("protocol", "tls"),
        ),
    ],
    ids=["a field", "one that is not known", "one that is gone"],
)
async def test_a_change_by_somebody_else(change: Any, now: dict[str, Any], fields: tuple[str, ...]) -> None:
    """What changed between the two reads is not undone, and the error says what it is and what to do."""
    api = OneApp(PLAIN, now)
    with pytest.raises(AppChangedError, match=f"{APP}: .*nothing was sent; look at it with apps.get") as caught:
        await change(api, ip_firewall=True)
    assert (caught.value.app_id, set(caught.value.fields)) == (APP, set(fields))
    assert all(field in str(caught.value) for field in fields)
    assert api.methods == ["GET", "GET"]


async def test_the_same_written_again_by_somebody_else(change: Any) -> None:
    """A later date alone is no change."""
    api = OneApp(PLAIN, {**PLAIN, "modified_on": "2026-11-20T00:00:00Z"})
    await change(api, ip_firewall=True)
    assert api.methods == ["GET", "GET", "PUT"]


async def test_a_field_that_the_api_refuses(change: Any) -> None:
    """The error names what was sent back without being known, and how to leave it out."""
    api = OneApp(NEWER, refusal={"code": 10012, "message": "unknown field"})
    with pytest.raises(BadRequestError, match=r"'session'.*keep_unknown=False leaves that out") as caught:
        await change(api, ip_firewall=True)
    assert set(caught.value.unknown_keys) == {"session", "dns.geo", "edge_ips.weight"}
    assert "keep_unknown=False" in caught.value.hint


@pytest.mark.parametrize(
    ("there", "code"), [(PLAIN, 10012), (NEWER, 11000)], ids=["nothing is unknown", "another reason"]
)
async def test_another_refusal(change: Any, there: dict[str, Any], code: int) -> None:
    """Where that is not the reason, nothing is said of it."""
    api = OneApp(there, refusal={"code": code, "message": "no"})
    with pytest.raises(BadRequestError) as caught:
        await change(api, ip_firewall=True)
    assert caught.value.unknown_keys == ()
    assert "keep_unknown" not in str(caught.value)


@pytest.mark.parametrize("there", [{"id": APP}, {**PLAIN, "tls": 5}, {**PLAIN, "origin_direct": "x"}], ids=str)
async def test_what_is_no_application(change: Any, there: dict[str, Any]) -> None:
    """It is refused as by any other call, and not taken for a wrong argument."""
    api = OneApp(there)
    with pytest.raises(DecodeError, match="the response is not as documented: result"):
        await change(api, ip_firewall=True)
    assert api.methods == ["GET"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        pytest.param(AppRequest(protocol="tcp/22", dns=DNS()), "expected the JSON values of a", id="a model"),
        pytest.param({**PLAIN, "tls": "ful"}, "app.tls: expected one of", id="a value"),
        pytest.param({**PLAIN, "tls": 5}, "app.tls: expected a string", id="a type"),
        pytest.param({**PLAIN, "newer": math.inf}, "expected unknown keys with values that JSON has", id="infinity"),
        pytest.param({**PLAIN, "newer": {1, 2}}, "app: expected unknown keys with values that JSON has", id="a set"),
    ],
)
async def test_json_values_are_checked_too(serve: Serve, values: Any, text: str) -> None:
    """Whoever replaces an application by JSON values is told what is wrong with them, before they are sent."""
    api = OneApp(PLAIN)
    async with Client(api_token=TOKEN, base_url=await serve(api.respond)) as client:
        with pytest.raises(InvalidArgumentError, match=text):
            await replace_raw(client, ZONE, APP, values)
        assert (await replace_raw(client, ZONE, APP, {**PLAIN, "newer": 10**400})).id == APP
    assert api.sent == [{**without(PLAIN), "newer": 10**400}]


async def test_against_the_sandbox() -> None:
    """Newer fields stay through changes and replacements, until they are left out."""
    async with (
        Sandbox(newer_fields=("session",)) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url) as client,
    ):
        zone = sandbox.zones[0]
        recorded = {**PLAIN, "dns": {"name": f"old.{sandbox.zone_name(zone)}"}, "ipv4": True, "proxy_protocol": False}
        app_id = sandbox.hold_app(zone, {**recorded, "session": {"affinity": "client"}})
        app = await client.apps.change(zone, app_id, tls="full", origin_direct=["tcp://192.0.2.7:22"])
        assert (app.tls, app.origin_direct, app.proxy_protocol) == ("full", ["tcp://192.0.2.7:22"], "off")
        request = attrs.evolve(AppRequest.from_app(app), ip_firewall=True)
        ensured = await client.apps.ensure(zone, request)
        assert (ensured.done, ensured.app.id, ensured.app.ip_firewall) == ("replaced", app_id, True)
        assert len(sandbox.app_ids(zone)) == 6
        assert sandbox.requests[-1].method == "PUT"
