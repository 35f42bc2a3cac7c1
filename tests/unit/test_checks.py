"""Arguments are refused with the field, the value and what was expected."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from aiospectrum import DNS, AppRequest, EdgeIPs, InvalidArgumentError, OriginDNS
from aiospectrum._generated.checks import APP_REQUEST, IDENTIFIER, METRIC, ORIGIN_PORT
from aiospectrum.checks import Array, Check, DateTime, Flag, Integer, Number, OneOf, Text, Unchecked, refuse

ID = "0123456789abcdefABCDEF0123456789"


NUMBER = Number(excludes_minimum=True, expected="more than 0")


class Odd:
    """Something that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Long:
    """Something that shows on two lines."""

    def __repr__(self) -> str:
        return "two\nlines"


def request(**changes: Any) -> AppRequest:
    """A good request with changes."""
    fields = {"protocol": "tcp/22", "dns": DNS(name="a.example"), "origin_direct": ["tcp://192.0.2.1:22"], **changes}
    return AppRequest(**fields)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        pytest.param(IDENTIFIER, ID, id="identifier"),
        pytest.param(METRIC, "count", id="enum"),
        pytest.param(Text(), "", id="any text"),
        pytest.param(Integer(minimum=1, maximum=3), 3, id="upper bound"),
        pytest.param(Integer(minimum=1, maximum=3), 1, id="lower bound"),
        pytest.param(Integer(), -5, id="any integer"),
        pytest.param(Number(expected="0 or more"), 0, id="number"),
        pytest.param(Flag(), False, id="flag"),
        pytest.param(DateTime(), datetime(2026, 1, 1, tzinfo=UTC), id="aware"),
        pytest.param(Array(items=Text(), min_items=1), ("a",), id="tuple"),
        pytest.param(Array(items=Text()), [], id="empty list"),
        pytest.param(ORIGIN_PORT, 65535, id="port"),
        pytest.param(ORIGIN_PORT, "1000-2000", id="port range"),
        pytest.param(Text(format="hostname"), "a-1.example", id="host name"),
        pytest.param(Text(format="hostname"), "xn--bcher-kva.example", id="host name in punycode"),
        pytest.param(Text(format="hostname"), ".".join(["a" * 63] * 3 + ["b" * 61]), id="longest host name"),
        pytest.param(Text(pattern="b"), "abc", id="pattern of a part"),
        pytest.param(APP_REQUEST, request(), id="request"),
        pytest.param(APP_REQUEST, request(protocol="minecraft"), id="protocol by name"),
        pytest.param(
            APP_REQUEST,
            request(protocol="tcp/1000-2000", origin_direct=["tcp://192.0.2.1:3000-4000"]),
            id="protocol with a range",
        ),
        pytest.param(Text(format="hostname"), "_ssh._tcp.example.com", id="underscores"),
        pytest.param(Text(format="hostname"), "bücher.example", id="host name beyond ASCII"),
        pytest.param(APP_REQUEST, request(traffic_type=Unchecked("quic")), id="a value newer than the enum"),
        pytest.param(
            APP_REQUEST,
            request(dns=DNS(name="a.example", type="ADDRESS"), edge_ips=EdgeIPs(type="static", ips=["192.0.2.1"])),
            id="static addresses",
        ),
        pytest.param(
            APP_REQUEST, request(origin_direct=None, origin_worker_id="w", traffic_type="worker"), id="worker"
        ),
    ],
)
def test_good_values_pass(check: Check, value: object) -> None:
    """What the spec allows is not refused."""
    check.check("field", value)


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        pytest.param(IDENTIFIER, "../accounts", "f: expected 32 hexadecimal characters, got '../accounts'", id="path"),
        pytest.param(IDENTIFIER, ID + "\n", "f: expected 32 hexadecimal characters, got", id="newline"),
        pytest.param(Text(format="hostname"), "-a.example", "f: expected a host name", id="hyphen at the start"),
        pytest.param(Text(format="hostname"), "a-.example", "f: expected a host name", id="hyphen at the end"),
        pytest.param(Text(format="hostname"), "a..example", "f: expected a host name", id="empty label"),
        pytest.param(Text(format="hostname"), "a.example\n", "f: expected a host name", id="host name with a newline"),
        pytest.param(Text(format="hostname"), "a" * 64, "f: expected a host name", id="long label"),
        pytest.param(Text(format="hostname"), ".".join(["a" * 63] * 4), "f: expected a host name", id="long host name"),
        pytest.param(Text(pattern=r"^\d\Z"), "٣", "f: expected a string", id="digit of another script"),
        pytest.param(IDENTIFIER, ID[1:], "f: expected 32 hexadecimal characters", id="too short"),
        pytest.param(IDENTIFIER, ID[:-1] + "g", "f: expected 32 hexadecimal characters", id="not hexadecimal"),
        pytest.param(IDENTIFIER, ID.encode(), "f: expected 32 hexadecimal characters, got b'", id="bytes"),
        pytest.param(IDENTIFIER, None, "f: expected 32 hexadecimal characters, got None", id="none"),
        pytest.param(METRIC, "Count", "f: expected one of count, bytesIngress", id="enum"),
        pytest.param(Text(max_length=3, expected="3"), "abcd", "f: expected 3, got 'abcd'", id="too long"),
        pytest.param(Integer(minimum=1, expected="1 or more"), 0, "f: expected 1 or more, got 0", id="too small"),
        pytest.param(Integer(maximum=1, expected="1 or less"), 2, "f: expected 1 or less, got 2", id="too large"),
        pytest.param(Integer(minimum=1, maximum=2), 0, "f: expected an integer from 1 to 2, got 0", id="bounds"),
        pytest.param(Integer(minimum=1), 0, "f: expected an integer of 1 or more, got 0", id="lower bound"),
        pytest.param(Integer(maximum=1), 2, "f: expected an integer of 1 or less, got 2", id="upper bound"),
        pytest.param(Text(choices=("a", "b")), "c", "f: expected one of a, b, got 'c'", id="choices"),
        pytest.param(Text(max_length=1), "ab", "f: expected a string of 0 to 1 characters, got 'ab'", id="longest"),
        pytest.param(Text(min_length=2), "a", "f: expected a string of 2 or more characters, got 'a'", id="shortest"),
        pytest.param(Text(min_length=1), "", "f: expected a string that is not empty, got ''", id="empty text"),
        pytest.param(
            Array(items=Text(), min_items=2), [], "f: expected a list with at least 2 items, got []", id="few"
        ),
        pytest.param(Array(items=Text()), "", "f: expected a list, got ''", id="no list"),
        pytest.param(Integer(), True, "f: expected an integer, got True", id="bool is no integer"),
        pytest.param(Integer(), "1", "f: expected an integer, got '1'", id="text is no integer"),
        pytest.param(Integer(), 10**5000, "f: expected an integer, got an integer of 16610 bits", id="huge integer"),
        pytest.param(Text(), "a\ud800", "f: expected a string, got 'a\\ud800'", id="half a surrogate pair"),
        pytest.param(NUMBER, 0, "f: expected more than 0, got 0", id="lower bound"),
        pytest.param(NUMBER, float("nan"), "f: expected more than 0, got nan", id="not a number"),
        pytest.param(NUMBER, float("inf"), "f: expected more than 0, got inf", id="infinity"),
        pytest.param(NUMBER, 10**400, "f: expected more than 0, got an integer of 1329 bits", id="huge number"),
        pytest.param(NUMBER, "1", "f: expected more than 0, got '1'", id="text is not a number"),
        pytest.param(NUMBER, True, "f: expected more than 0, got True", id="bool is not a number"),
        pytest.param(
            DateTime(),
            datetime.min.replace(tzinfo=timezone(timedelta(hours=2))),
            "f: expected a datetime with a time zone",
            id="before the first moment in UTC",
        ),
        pytest.param(Integer(), Odd(), "f: expected an integer, got <Odd instance", id="cannot be shown"),
        pytest.param(Integer(), Long(), "f: expected an integer, got two lines", id="a value of several lines"),
        pytest.param(Flag(), 1, "f: expected True or False, got 1", id="integer is no flag"),
        pytest.param(DateTime(), datetime(2026, 1, 1), "f: expected a datetime with a time zone", id="naive"),
        pytest.param(DateTime(), "2026-01-01T00:00:00Z", "f: expected a datetime with a time zone", id="text"),
        pytest.param(Array(items=Text()), "ab", "f: expected a list, got 'ab'", id="a string is no list"),
        pytest.param(Array(items=METRIC), ["count", "x"], "f[1]: expected one of", id="item"),
        pytest.param(
            Array(items=Text(), min_items=1, expected="one or more"), [], "f: expected one or more", id="none"
        ),
        pytest.param(ORIGIN_PORT, 65536, "f: expected an integer from 1 to 65535, or a port or", id="port"),
        pytest.param(APP_REQUEST, {"protocol": "tcp/22"}, "f: expected an object of the class AppRequest", id="dict"),
        pytest.param(APP_REQUEST, request(protocol=None), "f.protocol: expected a protocol and port", id="required"),
        pytest.param(APP_REQUEST, request(protocol="tcp/"), "f.protocol: expected a protocol and port", id="protocol"),
        pytest.param(APP_REQUEST, request(dns="a.example"), "f.dns: expected an object of the class DNS", id="dns"),
        pytest.param(
            APP_REQUEST,
            request(dns=DNS(name=4)),
            "f.dns.name: expected a host name such as www.example.com, got 4",
            id="inner",
        ),  # type: ignore[arg-type]  # wrong on purpose
        pytest.param(
            APP_REQUEST,
            request(origin_direct=None),
            "f: expected exactly one of origin_direct, origin_dns, origin_worker_id, got []",
            id="no origin",
        ),
        pytest.param(
            APP_REQUEST,
            request(origin_dns=OriginDNS(name="a", ttl=600)),
            "f: expected exactly one of origin_direct, origin_dns, origin_worker_id, got ['origin_direct',",
            id="two origins",
        ),
        pytest.param(
            APP_REQUEST,
            request(origin_direct=None, origin_dns=OriginDNS(name="a", ttl=599)),
            "f.origin_dns.ttl: expected an integer of 600 or more, got 599",
            id="ttl",
        ),
        pytest.param(
            APP_REQUEST,
            request(edge_ips=4),
            "f.edge_ips: expected an object of the class EdgeIPs",
            id="number for an object",
        ),
        pytest.param(
            APP_REQUEST,
            request(edge_ips=EdgeIPs(connectivity=4)),  # type: ignore[arg-type]  # wrong on purpose
            "f.edge_ips.connectivity: expected one of all, ipv4, ipv6, got 4",
            id="inside an object",
        ),
    ],
)
def test_bad_values_are_refused(check: Check, value: object, message: str) -> None:
    """What the spec does not allow is named, with its value and what was expected."""
    with pytest.raises(InvalidArgumentError) as caught:
        check.check("f", value)

    assert str(caught.value).startswith(message)
    assert caught.value.field == message.partition(":")[0]
    assert caught.value.expected


def test_one_of_takes_plain_options_in_order() -> None:
    """A value that fits a later option is taken."""
    OneOf(options=(Integer(), Flag()), expected="either").check("f", True)


def test_a_refusal_keeps_its_parts() -> None:
    """Those who have other names for the arguments write a text of their own."""
    check = Text(choices=("full", "off"))
    with pytest.raises(InvalidArgumentError) as misspelt:
        check.check("tls", "ful")
    with pytest.raises(InvalidArgumentError) as newer:
        check.check("tls", "quantum")
    error = misspelt.value
    assert (error.field, error.value, error.expected) == ("tls", "'ful'", "one of full, off")
    assert (error.hint, error.takes_unchecked) == ("did you mean 'full'?", True)
    assert (newer.value.hint, newer.value.takes_unchecked) == ("", True)
    assert str(newer.value).endswith("; Unchecked('quantum') sends a value that is newer than this version")


def test_long_values_are_cut() -> None:
    """An error stays one readable line, whatever was given."""
    with pytest.raises(InvalidArgumentError) as caught:
        refuse("f", "x" * 500, "less")

    assert caught.value.value == "'" + "x" * 78 + "…"
