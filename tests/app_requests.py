"""Configurations of applications that break a few rules or none, and where pre-flight and the sandbox differ on one."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from aiospectrum import DNS, AppRequest, EdgeIPs, OriginDNS, Problem, make_converter, preflight
from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum.checks.containers import find_refusals
from aiospectrum.sandbox.fields import parse_object
from aiospectrum.sandbox.responses import RefusedError
from aiospectrum.sandbox.rules import read_config

__all__ = [
    "NAMES",
    "NETWORK",
    "app_requests",
    "code_of",
    "differences",
    "make_json",
    "place_of",
    "problems_of_sandbox",
    "some_requests",
]

NETWORK = "123e4567-e89b-42d3-a456-426614174000"
CONVERTER = make_converter()

LABELS = ["ssh", "a" * 63, "a" * 64, "-a", "a-", "_ssh", "b\u00fccher", "\u4f8b" * 20, "\u20ac", "a b", "", "*", "1"]
NAMES = st.lists(st.sampled_from(LABELS), min_size=1, max_size=5).map(".".join) | st.text(max_size=9).map("{}.a".format)
PORTS = st.sampled_from(["22", "1-2", "7-8", "65535", "9-8", "0", "65536", "65534-65536", "022", "\uff12", "1-", ""])
SCHEMES = st.sampled_from(["tcp", "udp", "tcp", "udp", "tcp", "udp", "sctp", "TCP"])
HOSTS = st.sampled_from(
    [
        *("192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.1]", "[::]"),
        *(
            "192.0.2.256",
            "192.0.2.01",
            "192.0.2",
            "192.0.2.\uff11",
            "2001:db8::1",
            "[192.0.2.1]",
            "[fe80::1%1]",
            "a.example",
            "",
        ),
    ]
)
ADDRESSES = st.sampled_from(["192.0.2.1", "2001:db8::1", "fe80::1%eth0", "192.0.2.300", "x", ""])
NETWORKS = st.sampled_from([NETWORK, NETWORK.upper(), NETWORK.replace("-", ""), f"{{{NETWORK}}}", "x", ""])
GOOD_NAMES = st.sampled_from(["ssh.example.com", "_ssh.example.com", "b\u00fccher.example"])


def made(cls: type[Any], **fields: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """An object some of whose fields are given."""
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: cls(**given))


ANY: dict[str, SearchStrategy[Any]] = {
    "protocol": st.builds("{}/{}".format, SCHEMES, PORTS) | st.sampled_from(["ssh", "telnet", "SSH", "tcp", ""]),
    "dns": made(DNS, name=GOOD_NAMES | NAMES, type=st.sampled_from(["CNAME", "ADDRESS", "A", ""])),
    "traffic_type": st.sampled_from(["direct", "http", "https", "worker", "quic"]),
    "origin_direct": st.lists(st.builds("{}://{}:{}".format, SCHEMES, HOSTS, PORTS), max_size=3),
    "origin_dns": made(
        OriginDNS,
        name=GOOD_NAMES | NAMES,
        ttl=st.integers(590, 610) | st.just(2**40),
        type=st.sampled_from(["", "A", "AAAA", "SRV", "MX"]),
    ),
    "origin_port": PORTS | st.integers(-1, 9) | st.just(65536),
    "origin_worker_id": st.sampled_from(["worker-1", "", "a b", "w" * 99]),
    "virtual_network_id": NETWORKS,
    "edge_ips": made(
        EdgeIPs,
        type=st.sampled_from(["dynamic", "static", "x"]),
        connectivity=st.sampled_from(["all", "ipv6", "ipv5"]),
        ips=st.lists(ADDRESSES, max_size=2),
    ),
    "ip_firewall": st.booleans(),
    "proxy_protocol": st.sampled_from(["off", "v1", "v2", "simple", "v3"]),
    "tls": st.sampled_from(["off", "flexible", "full", "strict", "on"]),
    "argo_smart_routing": st.booleans(),
}
"""Values of each field, many of them broken, or at odds with others."""

FINE: dict[str, list[Any]] = {
    "protocol": ["tcp/22", "udp/22", "tcp/1-2", "udp/1-2"],
    "dns": [DNS(name="ssh.example.com", type=each) for each in (None, "CNAME", "ADDRESS")],
    "origin_direct": [[f"{each}://192.0.2.1:{ports}"] for each in ("tcp", "udp") for ports in ("22", "1-2")],
    "origin_dns": [OriginDNS(name="o.example", type=each) for each in (None, "SRV")],
    "origin_port": [22, "1-2"],
    "origin_worker_id": ["worker-1"],
    "virtual_network_id": [NETWORK],
    "edge_ips": [EdgeIPs(type="static", ips=["192.0.2.1"]), EdgeIPs(type="static"), EdgeIPs(type="dynamic")],
}
"""Values that are fine by themselves, of those fields where few others are."""

STATIC = {
    "dns": DNS(name="ssh.example.com", type="ADDRESS"),
    "edge_ips": EdgeIPs(type="static", ips=["192.0.2.1", "2001:db8::1"]),
}
EDGES: list[dict[str, Any]] = [
    {},
    {"dns": DNS(name="ssh.example.com", type="CNAME"), "edge_ips": EdgeIPs(type="dynamic", connectivity="ipv6")},
    {"edge_ips": EdgeIPs(connectivity="all")},
    STATIC,
    {**STATIC, "edge_ips": EdgeIPs(ips=["192.0.2.1"])},
]
OPTIONS: dict[str, dict[str, list[Any]]] = {
    "tcp": {
        "traffic_type": [None, "direct", "http", "https"],
        "tls": [None, "off", "flexible", "full", "strict"],
        "ip_firewall": [None, False, True],
        "proxy_protocol": [None, "off", "v1", "v2"],
    },
    "udp": {
        "traffic_type": [None, "direct"],
        "tls": [None, "off"],
        "ip_firewall": [None, False],
        "proxy_protocol": [None, "off", "v2", "simple"],
        "argo_smart_routing": [None, False, True],
    },
    "worker": {
        "traffic_type": ["worker"],
        "tls": [None, "off", "flexible"],
        "ip_firewall": [None, False, True],
        "proxy_protocol": [None, "off"],
        "argo_smart_routing": [None, False],
    },
}
"""Values that break no rule, over each transport and with a Worker."""


@st.composite
def valid_requests(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of one that breaks no rule, of any kind."""
    transport = draw(st.sampled_from(["tcp", "udp"]))
    ports = draw(st.sampled_from(["22", "1-2", "65534-65535"]))
    kind = draw(st.sampled_from(["origin_direct", "origin_direct", "origin_dns", "origin_worker_id"]))
    transport, options = ("tcp", "worker") if kind == "origin_worker_id" else (transport, transport)
    fields: dict[str, Any] = {"protocol": f"{transport}/{ports}", "dns": DNS(name="ssh.example.com")}
    if (transport, ports) == ("tcp", "22") and draw(st.booleans()):
        fields["protocol"] = "ssh"
    fields |= draw(st.sampled_from(EDGES))
    fields |= draw(st.fixed_dictionaries({name: st.sampled_from(each) for name, each in OPTIONS[options].items()}))
    if fields["traffic_type"] in (None, "direct"):
        fields["argo_smart_routing"] = draw(st.sampled_from([None, False, True]))
    if kind == "origin_direct":
        addresses = draw(st.sampled_from([["192.0.2.1"], ["[2001:db8::1]"], ["192.0.2.1", "[2001:db8::1]"]]))
        fields[kind] = [f"{transport}://{address}:{ports}" for address in addresses]
        fields["origin_port"] = draw(st.sampled_from([None, ports]))
        if ports == "22" and len(addresses) == 1 and fields["proxy_protocol"] != "v1" and draw(st.booleans()):
            fields["virtual_network_id"] = NETWORK
    elif kind == "origin_dns":
        record = draw(st.sampled_from([None, "", "A", "AAAA", "SRV"]))
        fields[kind] = OriginDNS(name="o.example", ttl=600, type=record)
        fields["origin_port"] = draw(st.sampled_from([None, ports])) if record == "SRV" else ports
    else:
        fields[kind] = "worker-1"
    return fields


@st.composite
def app_requests(draw: st.DrawFn) -> AppRequest:
    """One that breaks no rule, but for up to three fields, mostly one, that have any value or none."""
    fields = draw(valid_requests())
    number = draw(st.sampled_from([0, 1, 1, 1, 2, 3]))
    for name in draw(st.lists(st.sampled_from(sorted(ANY)), min_size=number, max_size=number, unique=True)):
        values = ANY[name] | st.sampled_from(FINE[name]) if name in FINE else ANY[name]
        fields[name] = draw(values if name in ("protocol", "dns") else values | st.none())
    return AppRequest(**fields)


def some_requests(number: int) -> list[AppRequest]:
    """So many of them, for tests that send each."""
    made: list[AppRequest] = []

    @settings(max_examples=number, phases=[Phase.generate], database=None)
    @given(app_requests())
    def collect(request: AppRequest) -> None:
        made.append(request)

    collect()
    return made


CODES = {
    "one-origin": 11000,
    "protocol": 13002,
    "protocol-name": 13002,
    "dns-record": 11004,
    "hostname": 11004,
    "dns-type": 11004,
    "origin-address": 11002,
    "origin-transport": 11002,
    "origin-record": 11001,
    "origin-hostname": 11001,
    "ttl": 11001,
    "port-missing": 11001,
    "worker-id": 11000,
    "worker-origin": 11000,
    "worker-port": 11000,
    "network-id": 11045,
    "network-origin": 11041,
    "network-single": 11042,
    "network-ports": 11043,
}
"""What the sandbox answers to a broken rule; 10400 to the others."""


def code_of(problem: Problem) -> int:
    """The sandbox's code for a problem."""
    if problem.code == "origin-ports":
        return 11002 if "origin_direct" in problem.field else 11000
    if problem.code == "edge-ips" and "goes with type" in problem.remedy:
        return 10012
    return CODES.get(problem.code, 10400)


def place_of(problem: Problem) -> str:
    """The JSON pointer of a problem."""
    return _place(code_of(problem), re.sub(r"\[(\d+)\]", r".\1", problem.field.removeprefix("app")).replace(".", "/"))


def problems_of_sandbox(request: AppRequest) -> set[tuple[int, str]]:
    """Codes and JSON pointers of what the sandbox refuses."""
    try:
        read_config(parse_object(make_json(request)), paygo=False)
    except RefusedError as error:
        return {(each.code, _place(each.code, each.pointer or "")) for each in error.problems}
    return set()


def _place(code: int, pointer: str) -> str:
    """One place for the choice of an origin and of a kind of edge addresses, whichever field is named."""
    if code == 10012:
        return "/edge_ips"
    return "" if code == 11000 and pointer != "/origin_port" else pointer


def make_json(request: AppRequest) -> bytes:
    """The JSON of a request that may be refused."""
    return msgspec.json.encode(CONVERTER.unstructure(request))


def differences(request: AppRequest) -> Sequence[object]:
    """What pre-flight and the sandbox do not agree on: whether they take a request, and why not.

    What pre-flight warns of, it leaves to the API. Where each field is fine by itself, they name the same problems;
    where one is not, pre-flight leaves the rules out that compare it, so that they have at least one in common.
    """
    found = preflight(request)
    errors = {(code_of(each), place_of(each)) for each in found if each.severity == "error"}
    refused = problems_of_sandbox(request) - {
        (code_of(each), place_of(each)) for each in found if each.severity == "warning"
    }
    if bool(errors) is not bool(refused):
        return ["only one of them refuses", errors, refused]
    fields = ((each, getattr(request, name)) for name, each in APP_REQUEST.fields.items())
    if any(value is not None and find_refusals(check, "app", value) for check, value in fields):
        return [] if errors & refused else ["not for the same rule", errors, refused]
    if (11000, "") in refused:  # the sandbox reads no origin when it was not chosen
        errors = {(code, place) for code, place in errors if not place.startswith(("/origin", "/virtual"))}
    return sorted(errors ^ refused)
