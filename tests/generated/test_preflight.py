"""Pre-flight: each rule by a table, and all of them against the sandbox, whose rules were written apart."""

import json
import logging
from collections import Counter
from typing import Any

import aiohttp
import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiospectrum import (
    DNS,
    AppRequest,
    BadRequestError,
    Client,
    EdgeIPs,
    InvalidArgumentError,
    OriginDNS,
    Unchecked,
    UncheckedInteger,
    make_converter,
    preflight,
)
from aiospectrum._codec.forms import as_read
from aiospectrum._generated.apps import CREATE_APP, UPDATE_APP
from aiospectrum._http.request import build_request
from aiospectrum.app_rules.table import FORMS, OTHER_FORM, RULES
from aiospectrum.sandbox import Sandbox
from aiospectrum.sandbox.fields import is_hostname
from tests.app_requests import (
    NAMES,
    NETWORK,
    app_requests,
    code_of,
    differences,
    make_json,
    place_of,
    problems_of_sandbox,
    some_requests,
)
from tests.spec.fragment import validator

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
APP = "ea95132c15732412d22c1476fa83f27a"
BASE = AppRequest(
    protocol="tcp/22", dns=DNS(name="ssh.example.com", type="CNAME"), origin_direct=["tcp://192.0.2.1:22"]
)
UDP: dict[str, Any] = {"protocol": "udp/53", "origin_direct": ["udp://192.0.2.1:53"]}
NAMED: dict[str, Any] = {"origin_direct": None, "origin_port": 22}
WORKER: dict[str, Any] = {"origin_direct": None, "origin_worker_id": "worker-1", "traffic_type": "worker"}
STATIC = DNS(name="ssh.example.com", type="ADDRESS")
CONVERTER = make_converter()
APP_SCHEMA = validator("/components/schemas/AppRequest")


def make(**changes: Any) -> AppRequest:
    """An application that breaks no rule, with changes."""
    return attrs.evolve(BASE, **changes)


def body_of(request: AppRequest) -> bytes | None:
    """What a call sends."""
    return build_request(CREATE_APP, path={"zone_id": ZONE}, query={}, body=request)[1]


BROKEN: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no origin": ({"origin_direct": None}, [("one-origin", "app")]),
    "two origins": ({"origin_dns": OriginDNS(name="o.example")}, [("one-origin", "app")]),
    "protocol": ({"protocol": "sctp/22"}, [("protocol", "app.protocol")]),
    "ports backwards": ({"protocol": "tcp/9-8"}, [("protocol", "app.protocol")]),
    "protocol missing": ({"protocol": None}, [("protocol", "app.protocol")]),
    "no record": ({"dns": None}, [("dns-record", "app.dns")]),
    "host name missing": ({"dns": DNS()}, [("hostname", "app.dns.name")]),
    "one label": ({"dns": DNS(name="localhost")}, [("hostname", "app.dns.name")]),
    "host name": ({"dns": DNS(name="*.example.com")}, [("hostname", "app.dns.name")]),
    "record type": ({"dns": DNS(name="a.example", type="A")}, [("dns-type", "app.dns.type")]),
    "ADDRESS without edge addresses": ({"dns": STATIC}, [("dns-type", "app.dns.type")]),
    "ADDRESS with dynamic ones": ({"dns": STATIC, "edge_ips": EdgeIPs(type="dynamic")}, [("dns-type", "app.dns.type")]),
    "CNAME with static ones": (
        {"edge_ips": EdgeIPs(type="static", ips=["192.0.2.1"])},
        [("dns-type", "app.dns.type")],
    ),
    "no type with static ones": (
        {"dns": DNS(name="a.example"), "edge_ips": EdgeIPs(ips=["192.0.2.1"])},
        [("dns-type", "app.dns.type")],
    ),
    "edge addresses": (
        {"dns": STATIC, "edge_ips": EdgeIPs(ips=["192.0.2.1", "x", "y"])},
        [("edge-ips", "app.edge_ips.ips[1]"), ("edge-ips", "app.edge_ips.ips[2]")],
    ),
    "addresses of both kinds": (
        {"edge_ips": EdgeIPs(type="dynamic", ips=["192.0.2.1"])},
        [("edge-ips", "app.edge_ips.ips")],
    ),
    "no static address": (
        {"dns": STATIC, "edge_ips": EdgeIPs(type="static")},
        [("static-ips", "app.edge_ips.ips")],
    ),
    "unknown name of a protocol": ({"protocol": "telnet"}, [("protocol-name", "app.protocol")]),
    "origin without brackets": (
        {"origin_direct": ["tcp://192.0.2.1:22", "tcp://2001:db8::1:22"]},
        [("origin-address", "app.origin_direct[1]")],
    ),
    "origins empty": ({"origin_direct": []}, [("origin-address", "app.origin_direct")]),
    "origin over UDP": (
        {"origin_direct": ["udp://192.0.2.1:22"]},
        [("origin-transport", "app.origin_direct[0]")],
    ),
    "origin over UDP for a name": (
        {"protocol": "ssh", "origin_direct": ["udp://192.0.2.1:22"]},
        [("origin-transport", "app.origin_direct[0]")],
    ),
    "fewer ports at the edge": (
        {"origin_direct": ["tcp://192.0.2.1:22", "tcp://[2001:db8::1]:1-2"]},
        [("origin-ports", "app.origin_direct[1]")],
    ),
    "fewer ports at the origin": ({"protocol": "tcp/1-3"}, [("origin-ports", "app.origin_direct[0]")]),
    "origin_port of another size": (
        {**NAMED, "origin_dns": OriginDNS(name="o.example"), "origin_port": "1-2"},
        [("origin-ports", "app.origin_port")],
    ),
    "origin_port beside origin_direct of another size": (
        {"origin_port": "1-2"},
        [("origin-ports", "app.origin_port")],
    ),
    "origin_port": (
        {**NAMED, "origin_dns": OriginDNS(name="o.example"), "origin_port": 0},
        [("origin-port", "app.origin_port")],
    ),
    "no origin_port": (
        {"origin_direct": None, "origin_dns": OriginDNS(name="o.example", type="A")},
        [("port-missing", "app.origin_port")],
    ),
    "origin name missing": ({**NAMED, "origin_dns": OriginDNS()}, [("origin-hostname", "app.origin_dns.name")]),
    "origin of one label": (
        {**NAMED, "origin_dns": OriginDNS(name="origin")},
        [("origin-hostname", "app.origin_dns.name")],
    ),
    "ttl": ({**NAMED, "origin_dns": OriginDNS(name="o.example", ttl=599)}, [("ttl", "app.origin_dns.ttl")]),
    "origin record": (
        {**NAMED, "origin_dns": OriginDNS(name="o.example", type="MX")},
        [("origin-record", "app.origin_dns.type")],
    ),
    "TLS over UDP": ({**UDP, "tls": "full"}, [("tls-transport", "app.tls")]),
    "TLS": ({"tls": "on"}, [("value", "app.tls")]),
    "firewall over UDP": ({**UDP, "ip_firewall": True}, [("firewall-transport", "app.ip_firewall")]),
    "v1 over UDP": ({**UDP, "proxy_protocol": "v1"}, [("proxy-transport", "app.proxy_protocol")]),
    "simple over TCP": ({"proxy_protocol": "simple"}, [("proxy-transport", "app.proxy_protocol")]),
    "HTTPS over UDP": ({**UDP, "traffic_type": "https"}, [("traffic-transport", "app.traffic_type")]),
    "Argo with HTTP": (
        {"traffic_type": "http", "argo_smart_routing": True},
        [("argo-traffic", "app.argo_smart_routing")],
    ),
    "Worker over UDP": ({**WORKER, "protocol": "udp/53"}, [("traffic-transport", "app.traffic_type")]),
    "Worker of direct traffic": (
        {**WORKER, "traffic_type": None},
        [("worker-origin", "app.origin_worker_id")],
    ),
    "worker traffic to an address": ({"traffic_type": "worker"}, [("worker-origin", "app.origin_direct")]),
    "Worker with a port": ({**WORKER, "origin_port": 22}, [("worker-port", "app.origin_port")]),
    "Worker with Proxy Protocol": (
        {**WORKER, "proxy_protocol": "v2"},
        [("worker-proxy", "app.proxy_protocol")],
    ),
    "Worker with Argo": ({**WORKER, "argo_smart_routing": True}, [("argo-traffic", "app.argo_smart_routing")]),
    "Worker with full TLS": ({**WORKER, "tls": "strict"}, [("worker-tls", "app.tls")]),
    "Worker without an identifier": ({**WORKER, "origin_worker_id": ""}, [("worker-id", "app.origin_worker_id")]),
    "network": ({"virtual_network_id": "x"}, [("network-id", "app.virtual_network_id")]),
    "network with a name": (
        {**NAMED, "origin_dns": OriginDNS(name="o.example"), "virtual_network_id": NETWORK},
        [("network-origin", "app.virtual_network_id")],
    ),
    "network with a Worker": (
        {**WORKER, "virtual_network_id": NETWORK},
        [("network-origin", "app.virtual_network_id")],
    ),
    "network with two addresses": (
        {"virtual_network_id": NETWORK, "origin_direct": ["tcp://192.0.2.1:1", "tcp://192.0.2.2:1"]},
        [("network-single", "app.origin_direct")],
    ),
    "network with ranges": (
        {
            "virtual_network_id": NETWORK,
            "protocol": "tcp/1-2",
            "origin_direct": ["tcp://192.0.2.1:1-2"],
            "origin_port": "1-2",
        },
        [("network-ports", "app.origin_direct[0]"), ("network-ports", "app.origin_port")],
    ),
    "network with v1": (
        {"virtual_network_id": NETWORK, "proxy_protocol": "v1"},
        [("network-proxy", "app.proxy_protocol")],
    ),
}
"""Changes that break rules, and the problems that they are: name of the rule, and field."""


@pytest.mark.parametrize(("changes", "problems"), BROKEN.values(), ids=BROKEN)
def test_each_rule(changes: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    """A problem names its rule and the field, and says what would do and where that is documented."""
    found = preflight(make(**changes))
    assert [(each.code, each.field) for each in found] == problems
    for each in found:
        assert each.link.startswith("https://developers.cloudflare.com/")
        assert each.remedy
        assert str(each) == f"{each.field}: {each.problem}; expected {each.remedy}"


@pytest.mark.parametrize("changes", [changes for changes, _ in BROKEN.values()], ids=BROKEN)
def test_the_sandbox_has_each_rule(changes: dict[str, Any]) -> None:
    """It refuses what breaks one, warnings too, and with the code that goes with it."""
    request = make(**changes)
    found = {(code_of(each), place_of(each)) for each in preflight(request)}
    assert found & problems_of_sandbox(request)
    assert not differences(request)


def test_every_rule_is_in_the_table() -> None:
    """What a new rule is tested by."""
    tested = {code for _, problems in BROKEN.values() for code, _ in problems}
    assert tested == {rule.code for rule in RULES} | {code for code, _ in (*FORMS.values(), OTHER_FORM)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        UDP,
        {**UDP, "argo_smart_routing": True},
        {**UDP, "proxy_protocol": "simple"},
        {**UDP, "proxy_protocol": "v2"},
        {"origin_port": 2222},
        {"protocol": "ssh", "tls": "full", "edge_ips": EdgeIPs(type="dynamic", connectivity="all")},
        {"protocol": "rdp"},
        {"tls": "strict", "ip_firewall": True, "proxy_protocol": "v1", "argo_smart_routing": True},
        {"traffic_type": "https", "argo_smart_routing": False},
        {"origin_direct": ["tcp://[2001:db8::1]:22"]},
        {"protocol": "tcp/1-3", "origin_direct": ["tcp://192.0.2.1:7-9"]},
        {"origin_direct": None, "origin_dns": OriginDNS(name="_ssh._tcp.o.example", type="SRV")},
        {"dns": STATIC, "edge_ips": EdgeIPs(type="static", ips=["192.0.2.1"])},
        {"virtual_network_id": NETWORK, "proxy_protocol": "v2"},
        WORKER,
        {**WORKER, "tls": "flexible", "proxy_protocol": "off", "argo_smart_routing": False},
    ],
    ids=ascii,
)
def test_what_breaks_no_rule(changes: dict[str, Any]) -> None:
    """Where sources conflict, nothing is refused: Argo with UDP, names on full plans, a port beside an address."""
    request = make(**changes)
    assert preflight(request) == []
    assert problems_of_sandbox(request) == set()


def test_all_problems_are_named_at_once() -> None:
    """The error is that of the first, and its text has them all."""
    request = make(**UDP, tls="full", ip_firewall=True, dns=DNS(name="localhost"))
    with pytest.raises(InvalidArgumentError) as caught:
        body_of(request)
    assert (caught.value.field, caught.value.value) == ("app.dns.name", "'localhost'")
    assert caught.value.expected == "a host name such as www.example.com, as a single word is no name in a zone"
    assert str(caught.value) == (
        "app.dns.name: expected a host name such as www.example.com, as a single word is no name in a zone, got"
        " 'localhost'; also app.tls: expected off, or a protocol such as tcp/443, as TLS is for TCP, and the protocol"
        " is over UDP; also app.ip_firewall: expected False, or a protocol such as tcp/443, as IP Access Rules are for"
        " TCP, and the protocol is over UDP"
    )
    assert [each.field for each in caught.value.others] == ["app.tls", "app.ip_firewall"]


async def test_no_problem_shows_the_token() -> None:
    """A token in the place of another value is taken out of all that is named."""
    token = "kept-apart-0123456789abcdef"
    request: Any = make(dns=DNS(name="localhost"), tls=token, traffic_type=token)
    async with Client(api_token=token) as client:
        with pytest.raises(InvalidArgumentError) as caught:
            await client.apps.create(ZONE, request)
    refused = (caught.value, *caught.value.others)
    assert [each.field for each in refused] == ["app.traffic_type", "app.tls", "app.dns.name"]
    assert not any(token in text for each in refused for text in (str(each), each.value, each.expected))


def test_a_replacement_is_checked_as_well() -> None:
    """It is the whole configuration."""
    with pytest.raises(InvalidArgumentError, match=r"^app\.tls: "):
        build_request(UPDATE_APP, path={"zone_id": ZONE, "app_id": APP}, query={}, body=make(**UDP, tls="full"))


def test_warnings_are_logged_and_sent(caplog: pytest.LogCaptureFixture) -> None:
    """Without the value, which may be anything, a misplaced token too."""
    with caplog.at_level(logging.WARNING, "aiospectrum"):
        assert body_of(make(protocol="telnet"))
    assert caplog.messages == [
        "app.protocol: its name is not known here, as minecraft, rdp, ssh are; expected one that protocols.list has"
        " (https://developers.cloudflare.com/spectrum/reference/error-codes/)"
    ]
    assert [each.severity for each in preflight(make(protocol="telnet"))] == ["warning"]


def test_what_is_marked_breaks_no_rule() -> None:
    """A rule is left out when all that it compares is marked: not by one of two values, as it may be the other."""
    assert preflight(make(protocol=Unchecked("udp/53"), origin_direct=[Unchecked("tcp://192.0.2.1:53-54")])) == []
    marked = make(**UDP, tls=Unchecked("full"))
    assert [each.code for each in preflight(marked)] == ["tls-transport"]
    assert preflight(attrs.evolve(marked, protocol=Unchecked("udp/53"))) == []
    assert preflight(make(**WORKER | {"origin_port": UncheckedInteger(22), "origin_worker_id": Unchecked("w")})) == []


def test_values_that_are_not_known_break_no_rule() -> None:
    """They may be newer than this version."""
    assert preflight(make(**UDP, tls=Unchecked("quantum"), traffic_type=Unchecked("quic"))) == []
    assert preflight(make(protocol=Unchecked("quic/443"), proxy_protocol="simple", tls="full")) == []
    assert preflight(make(edge_ips=EdgeIPs(type=Unchecked("anycast")), dns=STATIC)) == []


def test_what_was_read_is_not_refused_until_it_changes() -> None:
    """As the API has it already; a field that is changed counts, and so do those that go with it."""
    read = as_read(make(**UDP, tls="full", ip_firewall=True, dns=DNS(name="localhost")))
    assert preflight(read) == []
    assert body_of(read)
    assert [each.code for each in preflight(attrs.evolve(read, tls="strict"))] == ["tls-transport"]


@pytest.mark.parametrize("request_", [None, {"protocol": "tcp/22"}, DNS(name="a.example")], ids=ascii)
def test_another_class_is_refused(request_: Any) -> None:
    """It is no configuration at all."""
    with pytest.raises(InvalidArgumentError, match=r"^app: expected an object of the class AppRequest"):
        preflight(request_)


def test_values_of_other_types_are_problems() -> None:
    """A rule is left out where a field that it compares is refused by itself."""
    wrong: Any = 5
    found = preflight(AppRequest(**dict.fromkeys((each.name for each in attrs.fields(AppRequest)), wrong)))
    assert {each.code for each in found} >= {"protocol", "dns-record", "origin-address", "edge-ips", "value"}


# Against the sandbox.


@settings(max_examples=600)
@given(app_requests())
def test_the_sandbox_agrees(request: AppRequest) -> None:
    """Both take a request, or both refuse it, for the same rules; what pre-flight passes is never refused."""
    assert not differences(request)


@pytest.mark.soak
def test_the_sandbox_agrees_on_many() -> None:
    """The same in some minutes, in which each rule is broken many times, and no rule as often as any."""
    broken: Counter[str] = Counter()

    @settings(max_examples=25_000, database=None)
    @given(app_requests())
    def agrees(request: AppRequest) -> None:
        assert not differences(request)
        broken.update({each.code for each in preflight(request)} or {"none"})

    agrees()
    assert min(broken[rule.code] for rule in RULES) >= 20
    assert 8_000 < broken["none"] < 17_000


@settings(max_examples=200)
@given(app_requests())
def test_the_spec_takes_what_pre_flight_passes(request: AppRequest) -> None:
    """What the JSON schema refuses, pre-flight refuses too."""
    problems = [each for each in preflight(request) if each.severity == "error"]
    assert problems or APP_SCHEMA.is_valid(json.loads(make_json(request)))


async def test_over_http() -> None:
    """What has an error is not sent, and the sandbox would refuse it; the rest is created, but for what was warned of.

    What was created is read as a configuration that breaks no rule, and replaces itself.
    """
    outcomes: Counter[str] = Counter()
    async with (
        Sandbox(zones=1, apps_per_zone=0, rate_limit=None) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=None) as client,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {sandbox.api_token}"}) as session,
    ):
        [zone] = sandbox.zones
        for request in some_requests(100):
            severities = {each.severity for each in preflight(request)}
            sent = len(sandbox.requests)
            try:
                created = await client.apps.create(zone, request)
            except InvalidArgumentError:
                outcomes["error"] += 1
                assert "error" in severities
                assert len(sandbox.requests) == sent
                url = f"{sandbox.url}/zones/{zone}/spectrum/apps"
                async with session.post(url, data=make_json(request)) as response:
                    assert response.status == 400, request
            except BadRequestError:
                outcomes["warning"] += 1
                assert severities == {"warning"}, request
            else:
                outcomes["created"] += 1
                assert severities == set(), request
                again = CONVERTER.structure(CONVERTER.unstructure(AppRequest.from_app(created)), AppRequest)
                assert preflight(again) == []
                assert (await client.apps.update(zone, created.id, again)).id == created.id
                await client.apps.delete(zone, created.id)
    assert outcomes["error"] > 0 < outcomes["created"]


@settings(max_examples=400)
@given(NAMES | st.text(max_size=20))
def test_the_sandbox_agrees_on_host_names(name: str) -> None:
    """In any script, and of any length."""
    problems = [each for each in preflight(make(dns=DNS(name=name))) if each.code == "hostname"]
    assert is_hostname(name) is not bool(problems)
