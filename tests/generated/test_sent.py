"""What is sent is checked in full: its keys, its enums and the forms of its texts; and one way leads around that."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import (
    DNS,
    App,
    AppRequest,
    ConversionError,
    EdgeIPs,
    InvalidArgumentError,
    OriginDNS,
    Unchecked,
    UncheckedInteger,
    configure_converter,
    make_converter,
    models,
)
from aiospectrum._generated.analytics import GET_EVENTS_BY_TIME
from aiospectrum._generated.apps import LIST_APPS, UPDATE_APP
from aiospectrum._http.request import build_request
from aiospectrum.bulk import Plan, Query
from aiospectrum.structs import struct
from tests.conftest import APP, ZONE
from tests.spec.fragment import SCHEMAS

SAMPLES: Final = Path(__file__).parents[1] / "samples"
GOOD: Final = {"protocol": "tcp/22", "dns": {"name": "a.example"}, "origin_direct": ["tcp://192.0.2.1:22"]}
TIME: Final = "2014-01-02T02:20:00Z"
READ: Final = {**GOOD, "id": APP, "created_on": TIME, "modified_on": TIME}

READ_MODELS: Final = (
    "App",
    "CurrentAggregate",
    "DeletedApp",
    "Protocol",
    "ReportByTime",
    "ReportSummary",
    "Zone",
    "ZoneUsage",
)


def body_of(request: AppRequest) -> dict[str, Any]:
    """The body that a request is sent as."""
    _, body = build_request(UPDATE_APP, path={"zone_id": ZONE, "app_id": APP}, query={}, body=request)
    values: dict[str, Any] = json.loads(body or b"")
    return values


def query_of(**query: Any) -> str:
    """The query string of a report by time."""
    arguments = {each.name: None for each in GET_EVENTS_BY_TIME.query} | {"time_delta": "hour", **query}
    return build_request(GET_EVENTS_BY_TIME, path={"zone_id": ZONE}, query=arguments, body=None)[0]


def make_request(**changes: Any) -> AppRequest:
    """A request with changes."""
    fields = {"protocol": "tcp/22", "dns": DNS(name="a.example"), "origin_direct": ["tcp://192.0.2.1:22"], **changes}
    return AppRequest(**fields)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({**GOOD, "tsl": "full"}, "tsl: expected a key of AppRequest, got 'tsl'; did you mean 'tls'?"),
        ({**GOOD, "TLS": "full"}, "TLS: expected a key of AppRequest, got 'TLS'; did you mean 'tls'?"),
        (
            {**GOOD, "originDirect": []},
            "originDirect: expected a key of AppRequest, got 'originDirect'; did you mean 'origin_direct'?",
        ),
        ({**GOOD, "zzz": None}, "zzz: expected a key of AppRequest (protocol, dns, traffic_type,"),
        ({**GOOD, "x" * 10**6: 1}, "x" * 79 + "…: expected a key of AppRequest (protocol, dns,"),
        ({**GOOD, 5: 1}, "5: expected a key of AppRequest (protocol, dns, traffic_type,"),
        ({**GOOD, "ipv4": True}, "ipv4: expected a key of AppRequest ("),
        ({**GOOD, "dns": {"nmae": "a"}}, "dns.nmae: expected a key of DNS, got 'nmae'; did you mean 'name'?"),
        ({**GOOD, "edge_ips": {"ip": []}}, "edge_ips.ip: expected a key of EdgeIPs, got 'ip'; did you mean 'ips'?"),
        (
            {**GOOD, "origin_dns": {"TTL": 1}},
            "origin_dns.TTL: expected a key of OriginDNS, got 'TTL'; did you mean 'ttl'?",
        ),
        ({**GOOD, "spp": "yes"}, "spp: expected true or false, got 'yes'"),
        ({**GOOD, "spp": 1}, "spp: expected true or false, got 1"),
        ({**GOOD, "edge_ips": {"ips": "192.0.2.1"}}, "edge_ips.ips: expected an array, got '192.0.2.1'"),
        ({**GOOD, "edge_ips": {"ips": 5}}, "edge_ips.ips: expected an array, got 5"),
        ({**GOOD, "edge_ips": "192.0.2.1"}, "edge_ips: expected an object, got '192.0.2.1'"),
        ({**GOOD, "dns": None}, "dns: expected an object, got None"),
        ({**GOOD, "tls": 5}, "tls: expected a string, got 5"),
        ({**GOOD, "origin_direct": [None]}, "origin_direct[0]: expected a string, got None"),
        ({"dns": {}}, "protocol: expected a value, got None"),
        ([GOOD], "expected an object, got [{"),
        ("tcp/22", "expected an object, got 'tcp/22'"),
        (None, "expected an object, got None"),
    ],
    ids=lambda value: None if isinstance(value, str) and len(value) < 100 else "values",
)
def test_a_wrong_object_is_refused(values: Any, words: str) -> None:
    """The error says where, what was expected, and which key was most likely meant; by any converter alike."""
    from cattrs import Converter

    for converter in (make_converter(), configure_converter(Converter())):
        with pytest.raises(ConversionError, match=f"^{re.escape(words)}") as caught:
            converter.structure(values, AppRequest)
        assert isinstance(caught.value, InvalidArgumentError)
        assert len(str(caught.value)) < 500


def test_a_wrong_object_among_others() -> None:
    """In a list the error says which one."""
    with pytest.raises(
        ConversionError, match=r"^\[1\]\.dns\.tpye: expected a key of DNS, got 'tpye'; did you mean 'type'"
    ):
        make_converter().structure([GOOD, {**GOOD, "dns": {"tpye": "CNAME"}}], list[AppRequest])


@attrs.frozen
class Job:
    """A class of a user's own that holds what is sent and what is read."""

    request: AppRequest
    app: App | None = None


@struct(kw_only=True)
class Order:
    """The same as a model."""

    request: AppRequest
    dns: DNS | None = None


@pytest.mark.parametrize("kind", [Job, Order], ids=["theirs", "model"])
def test_what_is_sent_stays_so_in_other_classes(kind: Any) -> None:
    """A class around it does not open it."""
    with pytest.raises(ConversionError, match="did you mean 'tls'"):
        make_converter().structure({"request": {**GOOD, "tsl": "full"}}, kind)
    with pytest.raises(ConversionError, match="did you mean 'name'"):
        make_converter().structure({"request": {**GOOD, "dns": {"nmae": "a"}}}, kind)


def test_an_inner_object_by_itself() -> None:
    """What goes into a request is refused too, where nothing says that it was read."""
    with pytest.raises(ConversionError, match=r"^tpye: expected a key of DNS, got 'tpye'; did you mean 'type'"):
        make_converter().structure({"name": "a.example", "tpye": "CNAME"}, DNS)


def test_what_is_read_may_have_unknown_keys() -> None:
    """At every depth, before and after something is sent."""
    new = {**READ, "dns": {"name": "a.example", "ttl": 5}, "edge_ips": {"type": "dynamic", "new": 1}, "ipv4": True}

    app = make_converter().structure(new, App)
    with pytest.raises(ConversionError):
        make_converter().structure({**GOOD, "dns": {"ttl": 5}}, AppRequest)

    assert make_converter().structure([new], list[App]) == [app]
    assert make_converter().structure({"request": GOOD, "app": new}, Job).app == app


def test_the_json_of_an_application_is_a_configuration() -> None:
    """What Cloudflare alone sets is left out, and old forms and nulls are read."""
    values = {**READ, "spp": True, "proxy_protocol": False, "tls": None, "edge_ips": ["192.0.2.1"]}

    assert make_converter().structure(values, AppRequest) == make_request(
        proxy_protocol="simple", edge_ips=EdgeIPs(type="static", ips=["192.0.2.1"])
    )


def test_msgspec_refuses_unknown_keys_of_a_request_too() -> None:
    """For frameworks that decode bodies by it; the enums are checked where the request is sent."""
    assert msgspec.json.decode(json.dumps({**GOOD, "tls": "full"}), type=AppRequest).tls == "full"
    with pytest.raises(msgspec.ValidationError, match="unknown field `tsl`"):
        msgspec.json.decode(json.dumps({**GOOD, "tsl": "full"}), type=AppRequest)
    odd = msgspec.json.decode(json.dumps({**GOOD, "tls": "ful"}), type=AppRequest)
    with pytest.raises(InvalidArgumentError, match=r"^app\.tls: expected one of off, .*did you mean 'full'"):
        body_of(odd)


def test_pydantic_reads_a_request_as_the_converter_does() -> None:
    """So a body of FastAPI does, whose error says the same."""
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(AppRequest)

    assert adapter.validate_python(GOOD) == adapter.validate_json(json.dumps(GOOD)) == make_request()
    assert adapter.validate_python(make_request()) == make_request()
    assert adapter.json_schema()["type"] == "object"
    for wrong, words in (
        ({"tsl": "full"}, "did you mean 'tls'"),
        ({"dns": {"nmae": "a"}}, r"dns\.nmae: expected a"),
    ):
        with pytest.raises(pydantic.ValidationError, match=words):
            adapter.validate_python({**GOOD, **wrong})


def test_pydantic_writes_a_request_as_the_converter_does() -> None:
    """A model of a user's own that holds one is dumped as JSON, and read again; as Python values it holds it still."""
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Change", zone_id=str, app=AppRequest)
    change = model(zone_id="z", app={**GOOD, "tls": "full"})

    assert json.loads(change.model_dump_json()) == {"zone_id": "z", "app": {**GOOD, "tls": "full"}}
    assert change.model_dump(mode="json")["app"] == {**GOOD, "tls": "full"}
    assert model.model_validate_json(change.model_dump_json()) == change
    assert change.model_dump()["app"] == make_request(tls="full")


@pytest.mark.parametrize("name", READ_MODELS)
def test_pydantic_writes_what_is_read(name: str) -> None:
    """The results of endpoints, as an endpoint of FastAPI responds with them: their JSON is that of the converter."""
    pydantic = pytest.importorskip("pydantic")
    model = getattr(models, name)
    converter, adapter = make_converter(), pydantic.TypeAdapter(list[model])
    found = [converter.structure(values, model) for values in SCHEMAS[name]["examples"]]

    assert adapter.validate_python(found) == found
    assert json.loads(adapter.dump_json(found)) == [converter.unstructure(each) for each in found]
    assert adapter.validate_json(adapter.dump_json(found)) == found
    assert adapter.json_schema(mode="serialization")["items"]["title"] == name


REFUSED: Final[list[tuple[dict[str, Any], str]]] = [
    ({"tls": "ful"}, "app.tls: expected one of off, flexible, full, strict, got 'ful'; did you mean 'full'?"),
    ({"tls": "Full"}, "app.tls: expected one of off, flexible, full, strict, got 'Full'; did you mean 'full'?"),
    ({"tls": "quantum"}, "app.tls: expected one of off, flexible, full, strict, got 'quantum'; Unchecked('quantum')"),
    ({"traffic_type": "derect"}, "app.traffic_type: expected one of direct, http, https, worker, got 'derect'"),
    ({"proxy_protocol": "v9"}, "app.proxy_protocol: expected one of off, v1, v2, simple, got 'v9'"),
    ({"proxy_protocol": True}, "app.proxy_protocol: expected one of off, v1, v2, simple, got True"),
    ({"dns": DNS(name="a.example", type="cname")}, "app.dns.type: expected one of CNAME, ADDRESS, got 'cname'"),
    ({"origin_dns": OriginDNS(type="a")}, "app.origin_dns.type: expected one of '', A, AAAA, SRV, got 'a'"),
    ({"edge_ips": EdgeIPs(type="anycast")}, "app.edge_ips.type: expected one of dynamic, static, got 'anycast'"),
    ({"edge_ips": EdgeIPs(connectivity="ipv5")}, "app.edge_ips.connectivity: expected one of all, ipv4, ipv6"),
    ({"edge_ips": EdgeIPs(type="dynamic", ips=["192.0.2.1"])}, "app.edge_ips.ips: expected None, as it goes with type"),
    ({"edge_ips": EdgeIPs(type="static", connectivity="all")}, "app.edge_ips.connectivity: expected None, as it goes"),
    ({"edge_ips": EdgeIPs(connectivity="all", ips=["192.0.2.1"])}, "app.edge_ips.ips: expected None, as it goes with"),
    ({"edge_ips": EdgeIPs(ips=["192.0.2.256"])}, "app.edge_ips.ips[0]: expected an IPv4 or IPv6 address"),
    ({"edge_ips": EdgeIPs(ips=["192.0.2.0/24"])}, "app.edge_ips.ips[0]: expected an IPv4 or IPv6 address"),
    ({"edge_ips": EdgeIPs(ips=["fe80::1%eth0"])}, "app.edge_ips.ips[0]: expected an IPv4 or IPv6 address"),
    ({"edge_ips": EdgeIPs(ips=[3232235777])}, "app.edge_ips.ips[0]: expected an IPv4 or IPv6 address"),  # type: ignore[list-item]  # wrong on purpose
    ({"ip_firewall": "on"}, "app.ip_firewall: expected True or False, got 'on'"),
    *(
        ({"virtual_network_id": value}, "app.virtual_network_id: expected a UUID such as")
        for value in ("x", "", "f70ff985a4ef4643bbbc4a0ed4fc8415", "{f70ff985-a4ef-4643-bbbc-4a0ed4fc8415}", 5)
    ),
    *(
        ({"dns": DNS(name=value)}, "app.dns.name: expected a host name such as")
        for value in (
            *(
                "",
                ".",
                "a..example",
                "a.example.",
                "-a.example",
                "a-.example",
                "a b.example",
                "a.example\n",
                "*.example",
            ),
            *(
                "https://a.example",
                "a.example:22",
                "a.example/x",
                "192.0.2.1",
                "::1",
                "a@b.example",
                "a" * 64 + ".example",
            ),
            *(".".join(["a" * 63] * 4), "ü" * 60 + ".example", "a\u3002example", "a\u200b.example", "a\u3000b.example"),
        )
    ),
    *(
        ({"protocol": value}, "app.protocol: expected a protocol and port or ports such as")
        for value in (
            *(
                "tcp/99999",
                "tcp/0",
                "tcp/65536",
                "tcp/2000-1000",
                "tcp/",
                "tcp/022",
                "tcp/1-02",
                "tcp/22-",
                "tcp/-22",
                "tcp/22-33-44",
            ),
            *("tcp/1-65536", "tcp", "udp", "tpc/22", "TCP/22", "tcp/22 ", " tcp/22", "tcp:22", "22", "", "tcp/٢٢"),
        )
    ),
    *(
        ({"origin_direct": [value]}, "app.origin_direct[0]: expected an address with protocol and port such as")
        for value in (
            *("tcp://192.0.2.1:99999", "tcp://192.0.2.1:0", "tcp://192.0.2.1", "tcp://192.0.2.1:", "192.0.2.1:22", ""),
            *("tcp://2001:db8::1:22", "tcp://[192.0.2.1]:22", "tcp://[2001:db8::1]", "tcp://[2001:db8::g]:22"),
            *("http://192.0.2.1:22", "tcp://192.0.2.1:2000-1000", "tcp://192.0.2.1:22/x", "tcp://a.example:22"),
            *("tcp://192.0.2.256:22", "tcp://192.0.2:22", "tcp:192.0.2.1:22", "tcp://u@192.0.2.1:22"),
        )
    ),
    ({"origin_direct": []}, "app.origin_direct: expected a list with at least one item, got []"),
    ({"origin_direct": "tcp://192.0.2.1:22"}, "app.origin_direct: expected a list with at least one item"),
    *(
        (
            {"origin_direct": None, "origin_dns": OriginDNS(name="a.example"), "origin_port": value},
            "app.origin_port: expec",
        )
        for value in (0, 65536, -1, True, 22.0, "0", "99999", "2000-1000", "22-", "", "ssh", [22])
    ),
    *(
        ({"origin_direct": None, "origin_dns": OriginDNS(**fields)}, f"app.origin_dns.{next(iter(fields))}: expected")
        for fields in (
            *({"ttl": value} for value in (599, -1, 0, True, 600.0, "600")),
            *({"type": value} for value in ("a", "MX", "CNAME", "srv")),
            *({"name": value} for value in ("", "a b", "192.0.2.1", "tcp://a.example")),
        )
    ),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_a_wrong_value_is_refused(changes: dict[str, Any], words: str) -> None:
    """Before anything is sent: field, value and what was expected."""
    with pytest.raises(InvalidArgumentError, match=f"^{re.escape(words)}") as caught:
        body_of(make_request(**changes))
    assert caught.value.field
    assert caught.value.expected


STATIC = DNS(name="a.example", type="ADDRESS")


@pytest.mark.parametrize(
    "changes",
    [
        {"protocol": "udp/53", "origin_direct": ["udp://192.0.2.1:53"]},
        {"protocol": "tcp/1-65535", "origin_direct": ["tcp://192.0.2.1:1-65535"]},
        {"protocol": "tcp/1000-1000"},
        {"protocol": "minecraft"},
        {"protocol": "something-new_1"},
        {"dns": DNS(name="_ssh._tcp.a_b.example", type="CNAME")},
        {"dns": DNS(name="xn--bcher-kva.example")},
        {"dns": DNS(name="bücher.example")},
        {"dns": DNS(name="例え.テスト")},
        {"dns": DNS(name=".".join(["a" * 63] * 3 + ["b" * 61]))},
        {"dns": DNS(name="1.example")},
        {"protocol": "udp/1-2", "origin_direct": ["udp://[2001:db8::1]:65534-65535", "udp://192.0.2.1:443-444"]},
        {"edge_ips": EdgeIPs(type="static", ips=["192.0.2.1", "2001:db8::1"]), "dns": STATIC},
        {"edge_ips": EdgeIPs(ips=["192.0.2.1"]), "dns": STATIC},
        {"edge_ips": EdgeIPs(connectivity="ipv6")},
        {"edge_ips": EdgeIPs(type="static"), "dns": STATIC},
        {"edge_ips": EdgeIPs()},
        {"virtual_network_id": "F70FF985-a4ef-4643-bbbc-4a0ed4fc8415"},
        {"origin_direct": None, "origin_dns": OriginDNS(name="_ssh._tcp.a.example", type="SRV", ttl=600)},
        {
            "protocol": "tcp/1-65535",
            "origin_direct": None,
            "origin_dns": OriginDNS(name="a.example", type=""),
            "origin_port": "1-65535",
        },
        {"origin_direct": None, "origin_worker_id": "w", "traffic_type": "worker", "tls": "flexible"},
    ],
    ids=lambda changes: ascii(changes).replace("\\", ""),
)
def test_what_the_api_takes_is_not_refused(changes: dict[str, Any]) -> None:
    """All documented forms."""
    assert body_of(make_request(**changes))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"time_delta": "hours"}, "time_delta: expected one of year, .*; did you mean 'hour'"),
        ({"time_delta": "auto"}, "time_delta: expected one of year,"),
        ({"metrics": ["cuont"]}, r"metrics\[0\]: expected one of count, .*; did you mean 'count'"),
        ({"metrics": []}, "metrics: expected a list with at least one item"),
        ({"dimensions": ["appId"]}, r"dimensions\[0\]: expected one of event, .*; did you mean 'appID'"),
        ({"sort": ["+cuont"]}, r"sort\[0\]: expected the name of a metric or dimension"),
        ({"sort": ["count desc"]}, r"sort\[0\]: expected the name of a metric or dimension"),
        ({"filters": ""}, "filters: expected a filter in plain text"),
        ({"filters": "event%3D%3Dconnect"}, "filters: expected a filter in plain text"),
        (
            {"filters": "evnt==connect"},
            "filters: expected a filter in plain text.*; did you mean 'event' for 'evnt' at",
        ),
        ({"filters": "event=connect"}, "filters: expected a filter in plain text.*; write == for '=' at character 6"),
        ({"filters": "event==connect AND"}, "filters: expected a filter in plain text"),
        ({"filters": "event==connect\n"}, "filters: expected a filter in plain text"),
        ({"filters": "event==con\0nect"}, "filters: expected a filter in plain text"),
        ({"filters": "event==\tconnect"}, "filters: expected a filter in plain text"),
        ({"filters": "event==connect\x7f"}, "filters: expected a filter in plain text"),
        ({"filters": "event==connect coloName==SFO"}, "filters: expected a filter in plain text"),
        ({"limit": 0}, "limit: expected an integer of 1 or more, got 0"),
        ({"limit": True}, "limit: expected an integer of 1 or more, got True"),
        ({"since": "-6h"}, "since: expected a datetime with a time zone"),
    ],
)
def test_a_wrong_argument_is_refused(query: dict[str, Any], words: str) -> None:
    """Of a report."""
    with pytest.raises(InvalidArgumentError, match=f"^{words}"):
        query_of(**query)


@pytest.mark.parametrize(("name", "value"), [("order", "name"), ("direction", "ASC"), ("page", 0), ("per_page", 101)])
def test_a_wrong_order_is_refused(name: str, value: Any) -> None:
    """Of a list."""
    arguments = {each.name: None for each in LIST_APPS.query} | {name: value}
    with pytest.raises(InvalidArgumentError, match=f"^{name}: expected"):
        build_request(LIST_APPS, path={"zone_id": ZONE}, query=arguments, body=None)


def test_what_is_marked_is_sent_as_it_is() -> None:
    """One way for all that is newer than this version: fields, arguments, and queries of plans."""
    request = make_request(
        protocol=Unchecked("quic/443"),
        dns=DNS(name=Unchecked("*.a.example."), type=Unchecked("HTTPS")),
        tls=Unchecked("quantum"),
        origin_direct=None,
        origin_dns=OriginDNS(name="a.example", ttl=UncheckedInteger(30)),
        origin_port=Unchecked("any"),
        edge_ips=EdgeIPs(type=Unchecked("anycast"), connectivity=Unchecked("ipv5"), ips=[Unchecked("any")]),
        virtual_network_id=Unchecked("vnet-1"),
    )
    assert body_of(request) == {
        "protocol": "quic/443",
        "dns": {"name": "*.a.example.", "type": "HTTPS"},
        "tls": "quantum",
        "origin_dns": {"name": "a.example", "ttl": 30},
        "origin_port": "any",
        "edge_ips": {"type": "anycast", "connectivity": "ipv5", "ips": ["any"]},
        "virtual_network_id": "vnet-1",
    }
    assert make_converter().structure(make_converter().unstructure(request), AppRequest) == request
    sent = query_of(
        time_delta=Unchecked("second"),
        metrics=["count", Unchecked("packets")],
        dimensions=[Unchecked("country")],
        sort=[Unchecked("-packets")],
        filters=Unchecked("country==DE"),
        since=Unchecked("-6h"),
        limit=UncheckedInteger(0),
    )
    assert sent.partition("?")[2] == (
        "time_delta=second&metrics=count,packets&dimensions=country&since=-6h&filters=country%3D%3DDE&sort=-packets"
        "&limit=0"
    )


def test_a_mark_is_not_a_way_out_of_the_url() -> None:
    """It is percent-encoded as any other text, and what is no segment of a path is refused."""
    query = {each.name: None for each in LIST_APPS.query}
    for value in ("", ".", ".."):
        with pytest.raises(InvalidArgumentError, match="zone_id"):
            build_request(LIST_APPS, path={"zone_id": Unchecked(value)}, query=query, body=None)
    target, _ = build_request(LIST_APPS, path={"zone_id": Unchecked("a/../b?c")}, query=query, body=None)
    assert target == "/zones/a%2F..%2Fb%3Fc/spectrum/apps"
    with pytest.raises(InvalidArgumentError, match="tls"):
        body_of(make_request(tls=Unchecked("\ud800")))
    with pytest.raises(InvalidArgumentError, match="origin_port"):
        body_of(make_request(origin_port=UncheckedInteger(2**64)))
    with pytest.raises(InvalidArgumentError, match="ttl"):
        body_of(make_request(origin_direct=None, origin_dns=OriginDNS(ttl=Unchecked("auto"))))


def test_a_plan_keeps_its_marks() -> None:
    """A plan of a newer metric is saved, restored, and sent."""
    query = Query(
        time_delta=Unchecked("second"),
        metrics=["count", Unchecked("packets")],
        dimensions=[Unchecked("country")],
        filters=Unchecked("country==DE"),
    )
    times = {"since": datetime(2026, 11, 20, tzinfo=UTC), "until": datetime(2026, 11, 21, tzinfo=UTC)}
    plan = Plan(zones=[ZONE], query=query, window="whole", **times)

    restored = Plan.from_json(plan.to_json())

    assert (restored, restored.id) == (plan, plan.id)
    assert [type(each) for each in restored.query.metrics] == [str, Unchecked]
    assert "metrics=count,packets" in query_of(metrics=restored.query.metrics)
    with pytest.raises(InvalidArgumentError, match="window: expected a length that intervals of one second fit into"):
        Plan(zones=[ZONE], query=query, window="day", **times)
    with pytest.raises(InvalidArgumentError, match="metrics"):
        Plan.from_json(plan.to_json().replace('"count"', '"cuont"'))


def recorded() -> list[Any]:
    """Every application among the recorded payloads, and the spec's examples."""
    found = []
    for path in sorted(SAMPLES.glob("*.json")):
        try:
            result = json.loads(path.read_text(encoding="utf-8")).get("result")
        except ValueError:
            continue
        items = result if isinstance(result, list) else [result]
        found += [pytest.param(item, id=path.stem) for item in items if isinstance(item, dict) and "protocol" in item]
    return found


@pytest.mark.parametrize("values", recorded())
def test_a_recorded_application_is_sent_back_as_it_came(values: dict[str, Any]) -> None:
    """Read, made a request of, and written: the same JSON for all that a request has."""
    app = make_converter().structure(values, App)

    sent = body_of(AppRequest.from_app(app))

    written = make_converter().unstructure(app)
    assert sent == {name: written[name] for name in written if name not in ("id", "created_on", "modified_on")}
    assert {name: sent[name] for name in ("protocol", "dns")} == {name: values[name] for name in ("protocol", "dns")}


TEXT: Final = st.text(max_size=5)
ORIGINS: Final = st.sets(st.sampled_from(["origin_direct", "origin_dns", "origin_worker_id"]), min_size=1)
FIELDS: Final = st.fixed_dictionaries(
    {"protocol": TEXT, "dns": st.fixed_dictionaries({}, optional={"name": TEXT, "type": TEXT})},
    optional={
        "traffic_type": TEXT,
        "origin_port": TEXT | st.integers(-(2**63), 2**63),
        "virtual_network_id": TEXT,
        "edge_ips": st.fixed_dictionaries({}, optional={"type": TEXT, "connectivity": TEXT, "ips": st.lists(TEXT)}),
        "ip_firewall": st.booleans(),
        "proxy_protocol": TEXT,
        "tls": TEXT,
        "argo_smart_routing": st.booleans(),
    },
)
VALUES: Final = {
    "origin_direct": st.lists(TEXT, min_size=1),
    "origin_dns": st.fixed_dictionaries({"name": TEXT}, optional={"ttl": st.integers(-5, 700), "type": TEXT}),
    "origin_worker_id": TEXT,
}


@given(data=st.data())
def test_any_application_is_sent_back_as_it_came(data: st.DataObject) -> None:
    """Whatever its values are, those that no check would take among them."""
    fields = {**data.draw(FIELDS), **{origin: data.draw(VALUES[origin]) for origin in sorted(data.draw(ORIGINS))}}
    app = make_converter().structure({**fields, "id": APP, "created_on": TIME, "modified_on": TIME}, App)

    assert body_of(AppRequest.from_app(app)) == fields


def test_a_change_of_what_was_read_is_checked() -> None:
    """Only what was read is sent as it came."""
    app = make_converter().structure({**READ, "tls": "quantum"}, App)
    request = AppRequest.from_app(app)

    assert request == make_request(tls="quantum")
    assert body_of(attrs.evolve(request, ip_firewall=True))["tls"] == "quantum"
    with pytest.raises(InvalidArgumentError, match="tls"):
        body_of(attrs.evolve(request, tls="ful"))
    with pytest.raises(InvalidArgumentError, match=r"^app: expected exactly one of origin_direct, origin_dns"):
        body_of(attrs.evolve(request, origin_dns=OriginDNS(name="o.example")))
    with pytest.raises(InvalidArgumentError, match=r"^app: expected an application"):
        AppRequest.from_app(request)  # type: ignore[arg-type]  # which is what is tested
