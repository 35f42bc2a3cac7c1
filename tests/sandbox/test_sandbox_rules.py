"""The rules for one app, as a table."""

from typing import Any

import pytest

from aiospectrum.sandbox.fields import is_hostname, parse_object
from aiospectrum.sandbox.responses import RefusedError
from aiospectrum.sandbox.rules import read_config

ABSENT = object()
NETWORK = "123e4567-e89b-42d3-a456-426614174000"
BASE = {
    "protocol": "tcp/22",
    "dns": {"type": "CNAME", "name": "ssh.example.com"},
    "origin_direct": ["tcp://192.0.2.1:22"],
}
BY_NAME = {"origin_direct": ABSENT, "origin_dns": {"name": "o.example.com", "ttl": 600}}
STATIC = {"dns": {"type": "ADDRESS", "name": "a.example.com"}}


def _body(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (BASE | changes).items() if value is not ABSENT}


def _errors(changes: dict[str, Any], *, paygo: bool = False) -> list[tuple[int, str | None]]:
    with pytest.raises(RefusedError) as caught:
        read_config(_body(changes), paygo=paygo)
    assert caught.value.status == 400
    return [(problem.code, problem.pointer) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="plain"),
        pytest.param({"origin_direct": ["tcp://[2001:db8::1]:22", "tcp://192.0.2.2:23"]}, id="IPv6"),
        pytest.param({"protocol": "tcp/1-3", "origin_direct": ["tcp://192.0.2.1:7-9"]}, id="range"),
        pytest.param({"protocol": "udp/53", "origin_direct": ["udp://192.0.2.1:53"]}, id="UDP"),
        pytest.param(
            {"protocol": "udp/53", "origin_direct": ["udp://192.0.2.1:53"], "argo_smart_routing": True},
            id="Argo with UDP",
        ),
        pytest.param(
            {"protocol": "udp/53", "origin_direct": ["udp://192.0.2.1:53"], "proxy_protocol": "simple"},
            id="simple with UDP",
        ),
        pytest.param({"proxy_protocol": "v1", "tls": "strict", "ip_firewall": True}, id="TCP options"),
        pytest.param({"traffic_type": "https"}, id="HTTPS"),
        pytest.param(BY_NAME | {"origin_port": 22}, id="origin by name"),
        pytest.param(BY_NAME | {"protocol": "tcp/1-3", "origin_port": "7-9"}, id="origin port range"),
        pytest.param(BY_NAME | {"origin_dns": {"name": "o.example.com", "type": "SRV"}}, id="SRV"),
        pytest.param(STATIC | {"edge_ips": {"type": "static", "ips": ["192.0.2.1", "2001:db8::1"]}}, id="static"),
        pytest.param(STATIC | {"edge_ips": {"ips": ["192.0.2.1"]}}, id="static by its addresses"),
        pytest.param({"edge_ips": {"type": "dynamic", "connectivity": "ipv6"}}, id="dynamic"),
        pytest.param({"dns": {"name": "ssh.example.com"}}, id="DNS type left out"),
        pytest.param({"dns": {"name": "_ssh.b\u00fccher.example.com"}}, id="name beyond ASCII"),
        pytest.param({"protocol": "ssh", "tls": "full"}, id="protocol by name"),
        pytest.param({"origin_port": 22}, id="port beside an origin"),
        pytest.param({"virtual_network_id": NETWORK}, id="virtual network"),
        pytest.param({"traffic_type": "worker", "origin_direct": ABSENT, "origin_worker_id": "abc"}, id="worker"),
    ],
)
def test_good_apps_are_taken(changes: dict[str, Any]) -> None:
    """What the rules allow comes back with every field that was sent."""
    body = _body(changes)
    shown = read_config(body, paygo=False).shown
    assert {name: shown[name] for name in body if name not in ("dns", "edge_ips", "origin_dns")} == {
        name: value for name, value in body.items() if name not in ("dns", "edge_ips", "origin_dns")
    }


UDP = {"protocol": "udp/53", "origin_direct": ["udp://192.0.2.1:53"]}
BAD: dict[str, tuple[dict[str, Any], list[tuple[int, str]]]] = {
    "unknown field": ({"ipv4": True}, [(10012, "/ipv4")]),
    "read-only field": ({"modified_on": "x"}, [(10012, "/modified_on")]),
    "escaped pointer": ({"a/b~c": 1}, [(10012, "/a~1b~0c")]),
    "unknown DNS field": ({"dns": {"name": "a.b", "ttl": 1}}, [(10012, "/dns/ttl")]),
    "no protocol": ({"protocol": ABSENT}, [(13002, "/protocol")]),
    "number as protocol": ({"protocol": 22}, [(13002, "/protocol")]),
    "other transport": ({"protocol": "sctp/22"}, [(13002, "/protocol")]),
    "port 0": ({"protocol": "tcp/0"}, [(13002, "/protocol")]),
    "port 65536": ({"protocol": "tcp/65536"}, [(13002, "/protocol")]),
    "range backwards": ({"protocol": "tcp/9-8"}, [(13002, "/protocol")]),
    "no DNS": ({"dns": ABSENT}, [(11004, "/dns")]),
    "DNS without a name": ({"dns": {"type": "CNAME"}}, [(11004, "/dns/name")]),
    "single label": ({"dns": {"name": "localhost"}}, [(11004, "/dns/name")]),
    "DNS type": ({"dns": {"name": "a.b", "type": "A"}}, [(11004, "/dns/type")]),
    "ADDRESS with dynamic": (STATIC, [(11004, "/dns/type")]),
    "CNAME with static": ({"edge_ips": {"type": "static", "ips": ["192.0.2.1"]}}, [(11004, "/dns/type")]),
    "edge IPs no object": ({"edge_ips": []}, [(10400, "/edge_ips")]),
    "edge IPs type": ({"edge_ips": {"type": "x"}}, [(10400, "/edge_ips/type")]),
    "connectivity": ({"edge_ips": {"connectivity": "ipv5"}}, [(10400, "/edge_ips/connectivity")]),
    "ips with dynamic": (
        {"edge_ips": {"type": "dynamic", "ips": []}},
        [(10012, "/edge_ips/ips")],
    ),
    "static without IPs": (STATIC | {"edge_ips": {"type": "static"}}, [(10400, "/edge_ips/ips")]),
    "static with no IP": (
        STATIC | {"edge_ips": {"ips": ["192.0.2.1", "x", 3]}},
        [(10400, "/edge_ips/ips/1"), (10400, "/edge_ips/ips/2")],
    ),
    "no origin": ({"origin_direct": ABSENT}, [(11000, "/origin_direct")]),
    "two origins": (
        {"origin_dns": {"name": "o.example.com"}, "origin_port": 22},
        [(11000, "/origin_dns")],
    ),
    "worker on direct": ({"origin_worker_id": "abc"}, [(11000, "/origin_worker_id")]),
    "worker without worker": (
        {"traffic_type": "worker", "origin_direct": ABSENT},
        [(11000, "/origin_worker_id")],
    ),
    "worker with an origin": ({"traffic_type": "worker"}, [(11000, "/origin_direct")]),
    "worker of a wrong form": (
        {"traffic_type": "worker", "origin_direct": ABSENT, "origin_worker_id": 5},
        [(11000, "/origin_worker_id")],
    ),
    "origin no list": ({"origin_direct": "tcp://192.0.2.1:22"}, [(11002, "/origin_direct")]),
    "origin empty": ({"origin_direct": []}, [(11002, "/origin_direct")]),
    "origin no text": ({"origin_direct": [5]}, [(11002, "/origin_direct/0")]),
    "origin without scheme": ({"origin_direct": ["192.0.2.1:22"]}, [(11002, "/origin_direct/0")]),
    "IPv6 without brackets": ({"origin_direct": ["tcp://2001:db8::1:22"]}, [(11002, "/origin_direct/0")]),
    "bad IPv4": ({"origin_direct": ["tcp://192.0.2.256:22"]}, [(11002, "/origin_direct/0")]),
    "bad IPv6": ({"origin_direct": ["tcp://[:::]:22"]}, [(11002, "/origin_direct/0")]),
    "bad port": ({"origin_direct": ["tcp://192.0.2.1:70000"]}, [(11002, "/origin_direct/0")]),
    "other transport at origin": ({"origin_direct": ["udp://192.0.2.1:22"]}, [(11002, "/origin_direct/0")]),
    "range of another size": (
        {"origin_direct": ["tcp://192.0.2.1:22", "tcp://192.0.2.1:1-2"]},
        [(11002, "/origin_direct/1")],
    ),
    "port with direct of another size": ({"origin_port": "1-2"}, [(11000, "/origin_port")]),
    "port with a worker": (
        {"traffic_type": "worker", "origin_direct": ABSENT, "origin_worker_id": "abc", "origin_port": 22},
        [(11000, "/origin_port")],
    ),
    "name without port": (BY_NAME, [(11001, "/origin_port")]),
    "name no object": (BY_NAME | {"origin_dns": "x", "origin_port": 1}, [(11001, "/origin_dns")]),
    "bad origin name": (
        BY_NAME | {"origin_dns": {"name": "-x.y"}, "origin_port": 1},
        [(11001, "/origin_dns/name")],
    ),
    "short TTL": (
        BY_NAME | {"origin_dns": {"name": "o.b", "ttl": 599}, "origin_port": 1},
        [(11001, "/origin_dns/ttl")],
    ),
    "TTL no number": (
        BY_NAME | {"origin_dns": {"name": "o.b", "ttl": True}, "origin_port": 1},
        [(11001, "/origin_dns/ttl")],
    ),
    "record type": (
        BY_NAME | {"origin_dns": {"name": "o.b", "type": "MX"}, "origin_port": 1},
        [(11001, "/origin_dns/type")],
    ),
    "unknown record field": (
        BY_NAME | {"origin_dns": {"name": "o.b", "x": 1}, "origin_port": 1},
        [(10012, "/origin_dns/x")],
    ),
    "port 0 at origin": (BY_NAME | {"origin_port": 0}, [(10400, "/origin_port")]),
    "true as a port": (BY_NAME | {"origin_port": True}, [(10400, "/origin_port")]),
    "no port text": (BY_NAME | {"origin_port": "x"}, [(10400, "/origin_port")]),
    "port range size": (BY_NAME | {"origin_port": "1-2"}, [(11000, "/origin_port")]),
    "traffic type": ({"traffic_type": "quic"}, [(10400, "/traffic_type")]),
    "proxy as boolean": ({"proxy_protocol": True}, [(10400, "/proxy_protocol")]),
    "simple with TCP": ({"proxy_protocol": "simple"}, [(10400, "/proxy_protocol")]),
    "v1 with UDP": (UDP | {"proxy_protocol": "v1"}, [(10400, "/proxy_protocol")]),
    "TLS with UDP": (UDP | {"tls": "full"}, [(10400, "/tls")]),
    "firewall with UDP": (UDP | {"ip_firewall": True}, [(10400, "/ip_firewall")]),
    "HTTP with UDP": (UDP | {"traffic_type": "http"}, [(10400, "/traffic_type")]),
    "TLS mode": ({"tls": "on"}, [(10400, "/tls")]),
    "firewall no boolean": ({"ip_firewall": "yes"}, [(10400, "/ip_firewall")]),
    "network no UUID": ({"virtual_network_id": "x"}, [(11045, "/virtual_network_id")]),
    "network no text": ({"virtual_network_id": 5}, [(11045, "/virtual_network_id")]),
    "network with a name": (
        BY_NAME | {"origin_port": 1, "virtual_network_id": NETWORK},
        [(11041, "/virtual_network_id")],
    ),
    "network with two origins": (
        {"virtual_network_id": NETWORK, "origin_direct": ["tcp://192.0.2.1:1", "tcp://192.0.2.2:1"]},
        [(11042, "/origin_direct")],
    ),
    "network with a range": (
        {
            "virtual_network_id": NETWORK,
            "protocol": "tcp/1-2",
            "origin_direct": ["tcp://192.0.2.1:1-2"],
        },
        [(11043, "/origin_direct/0")],
    ),
    "network with two ranges": (
        {
            "virtual_network_id": NETWORK,
            "protocol": "tcp/1-2",
            "origin_direct": ["tcp://192.0.2.1:1-2", "tcp://192.0.2.2:1-2"],
        },
        [(11043, "/origin_direct/0"), (11043, "/origin_direct/1"), (11042, "/origin_direct")],
    ),
}


@pytest.mark.parametrize(("changes", "errors"), BAD.values(), ids=BAD)
def test_bad_apps_are_refused(changes: dict[str, Any], errors: list[tuple[int, str]]) -> None:
    """Each broken rule has its code, and a pointer to the field at fault."""
    assert _errors(changes) == errors


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"traffic_type": "direct"}, [(10012, "/traffic_type")]),
        ({"tls": "full", "edge_ips": {}}, [(10012, "/tls"), (10012, "/edge_ips")]),
        ({"origin_direct": ABSENT}, [(11002, "/origin_direct")]),
        (STATIC, [(11004, "/dns/type")]),
        ({"protocol": "telnet"}, [(13002, "/protocol")]),
    ],
    ids=["traffic type", "full form", "no origin", "static", "unknown name"],
)
def test_pay_as_you_go_takes_the_short_form_only(changes: dict[str, Any], errors: list[tuple[int, str]]) -> None:
    """The short form has three fields, and anything else is unknown there."""
    assert _errors(changes, paygo=True) == errors


@pytest.mark.parametrize(
    ("text", "number"),
    [("600", 600), ("600.0", 600), ("6e2", 600), ("600.5", 600.5), ("-0.0", 0)],
)
def test_numbers_are_whole_by_their_value(text: str, number: float) -> None:
    """How a number is written makes no difference, as in JSON schemas."""
    found = parse_object(f'{{"ttl": {text}}}'.encode())["ttl"]
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a.b", True),
        ("_sip._tcp.example.com", True),
        ("a", False),
        ("a..b", False),
        ("*.example.com", False),
        ("a-.b", False),
        ("x" * 64 + ".b", False),
        (".".join(["x" * 63] * 4), False),
        ("ex\u00e4mple.com", True),
        ("ex mple.com", False),
        ("a.b\n", False),
    ],
)
def test_host_names(text: str, good: bool) -> None:
    """Host names have at least two labels of letters of any script, digits, hyphens and underscores."""
    assert is_hostname(text) is good
