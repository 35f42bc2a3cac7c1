"""The fragment as a whole, and its schemas."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.spec.fragment import (
    DIMENSIONS,
    DOCUMENT,
    FOLDER,
    METRICS,
    SCHEMAS,
    rules,
    validator,
)

CLOSED_ENUMS = {
    "Direction": ["asc", "desc"],
    "AppOrder": ["protocol", "app_id", "created_on", "modified_on", "dns"],
    "Metric": METRICS,
    "Dimension": DIMENSIONS,
    "TimeDelta": ["year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"],
}
OPEN_ENUMS = {
    "EdgeIPsType": ["dynamic", "static"],
    "DNSType": ["CNAME", "ADDRESS"],
    "EdgeIPConnectivity": ["all", "ipv4", "ipv6"],
    "OriginDNSType": ["", "A", "AAAA", "SRV"],
    "TrafficType": ["direct", "http", "https", "worker"],
    "ProxyProtocol": ["off", "v1", "v2", "simple"],
    "TLSMode": ["off", "flexible", "full", "strict"],
}


def described(node: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every property below a schema, at any depth, and where it stands."""
    for name, inner in node.get("properties", {}).items():
        yield f"{where}.{name}", inner
        yield from described(inner, f"{where}.{name}")


def test_it_is_valid_openapi() -> None:
    """The validator of OpenAPI 3.1 finds nothing."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


@pytest.mark.parametrize("record", ["DNS", "OriginDNS"])
def test_names_may_have_underscores_and_letters_of_any_script(record: str) -> None:
    """As those of SRV records have, which the format of host names does not allow; pre-flight checks them."""
    assert rules(SCHEMAS[record]["properties"]["name"]) == {"type": "string"}


def test_both_security_schemes_are_there() -> None:
    """A token alone, or an e-mail address and a key together."""
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert {name: (each["type"], each.get("scheme"), each.get("name")) for name, each in schemes.items()} == {
        "api_token": ("http", "bearer", None),
        "api_email": ("apiKey", None, "X-Auth-Email"),
        "api_key": ("apiKey", None, "X-Auth-Key"),
    }
    assert {schemes[name]["in"] for name in ("api_email", "api_key")} == {"header"}
    assert DOCUMENT["security"] == [{"api_token": []}, {"api_email": [], "api_key": []}]


def test_the_server_is_version_4_of_the_api() -> None:
    """Paths are below one base URL."""
    assert [server["url"] for server in DOCUMENT["servers"]] == ["https://api.cloudflare.com/client/v4"]


def test_every_extension_is_explained() -> None:
    """The extensions in use are those that the generator knows and spec/README.md lists."""

    def extensions(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (key for key in node if key.startswith("x-"))
            node = list(node.values())
        if isinstance(node, list):
            for inner in node:
                yield from extensions(inner)

    known = {
        "x-namespace",
        "x-method",
        "x-pages",
        "x-permission",
        "x-ordered",
        "x-python-name",
        "x-expected",
        "x-exactly-one-of",
        "x-format",
        "x-variants",
        "x-assumed-result",
        "x-other-results",
        "x-python-base",
        "x-python-check",
        "x-python-extended",
        "x-always-written",
    }
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(extensions(DOCUMENT)) == known
    assert set(re.findall(r"`(x-[a-z-]+)`", text)) == known


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_has_valid_examples(name: str) -> None:
    """Each example is one of what it stands for, its dates included."""
    examples = SCHEMAS[name]["examples"]
    assert len(examples) > 0
    for example in examples:
        validator(f"/components/schemas/{name}").validate(example)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Identifier", "023e105f4ecef8ad9ca31a8372d0c35"),
        ("Identifier", "../accounts"),
        ("Direction", "up"),
        ("OriginPort", 0),
        ("OriginPort", "1-2-3"),
        ("TimeInterval", ["2026-11-20T00:00:00Z", "noon"]),
        ("EdgeIPs", {"ips": "192.0.2.1"}),
        ("ReportByTimeRow", {"metrics": [1]}),
        ("ReportSummaryRow", {"metrics": [[1]]}),
        ("AppRequest", {"protocol": "tcp/22"}),
        ("AppRequest", {"protocol": "tcp/", "dns": {}}),
        ("FailedEnvelope", {"success": True, "errors": []}),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: object) -> None:
    """The examples above are not valid because everything is."""
    assert not validator(f"/components/schemas/{name}").is_valid(value)


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_a_time_interval_may_have_any_length(length: int) -> None:
    """One odd entry must not lose a report."""
    assert validator("/components/schemas/TimeInterval").is_valid(["2026-11-20T00:00:00Z"] * length)


def test_an_echo_may_be_anything() -> None:
    """No value of a report's query can lose the report."""
    validator("/components/schemas/ReportQuery").validate(
        {key: [{"Id": 1}] for key in SCHEMAS["ReportQuery"]["properties"]}
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_and_property_is_described(name: str) -> None:
    """Descriptions become docstrings, so none may be missing."""
    schema = SCHEMAS[name]
    assert schema["description"].endswith(".")
    for where, inner in described(schema, name):
        assert inner.get("description", "").endswith("."), where


@pytest.mark.parametrize(("name", "values"), CLOSED_ENUMS.items(), ids=CLOSED_ENUMS)
def test_enums_of_what_is_sent_are_closed(name: str, values: list[str]) -> None:
    """A wrong value is refused before anything is sent."""
    assert rules(SCHEMAS[name]) == {"type": "string", "enum": values}


@pytest.mark.parametrize(("name", "values"), OPEN_ENUMS.items(), ids=OPEN_ENUMS)
def test_enums_of_what_is_read_are_open(name: str, values: list[str]) -> None:
    """A value that is newer than the fragment is kept."""
    assert SCHEMAS[name]["anyOf"] == [{"type": "string", "enum": values}, {"type": "string"}]


def test_an_identifier_has_32_hexadecimal_characters() -> None:
    """Nothing else fits into a path."""
    bounds = {"type": "string", "minLength": 32, "maxLength": 32, "pattern": "^[0-9a-fA-F]{32}$"}
    assert rules({"$ref": "#/components/schemas/Identifier"}) == "Identifier"
    assert {key: SCHEMAS["Identifier"][key] for key in bounds} == bounds


def test_a_request_is_an_application_without_what_the_server_sets() -> None:
    """The request has the fields of an application but its identifier and dates."""
    full, request = (set(SCHEMAS[name]["properties"]) for name in ("App", "AppRequest"))
    by_server = {"id", "created_on", "modified_on"}
    assert request == full - by_server
    assert set(SCHEMAS["App"]["required"]) == by_server | {"protocol", "dns"}
    assert {"origin_worker_id", "virtual_network_id"} <= full
    assert SCHEMAS["AppRequest"]["x-exactly-one-of"] == ["origin_direct", "origin_dns", "origin_worker_id"]
    assert SCHEMAS["OriginDNS"]["properties"]["ttl"]["minimum"] == 600


def test_the_analytics_have_the_fields_of_the_api() -> None:
    """Names are those on the wire, and the time intervals are absent from a summary."""
    assert list(SCHEMAS["CurrentAggregate"]["properties"]) == [
        "appID",
        "bytesEgress",
        "bytesIngress",
        "connections",
        "durationAvg",
    ]
    for name, more in (("ReportByTime", {"time_intervals"}), ("ReportSummary", set())):
        report = SCHEMAS[name]
        optional = {"data", "max", "min", "query", "totals"} | more
        assert set(report["required"]) == {"data_lag", "rows"}
        assert {wire for wire in report["properties"] if "default" in report["properties"][wire]} == optional
        assert set(report["properties"]) == {"data_lag", "rows"} | optional
        assert report["properties"]["rows"]["type"] == "number"
    assert set(SCHEMAS["Protocol"]["properties"]) == {"name", "description", "ports", "transport"}
    assert {"code", "message", "documentation_url", "source", "error_chain"} == set(SCHEMAS["Error"]["properties"])
