"""Recorded payloads with every known oddity become objects."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum import DNS, App, DecodeError, DynamicEdgeIPs, Report, ReportQuery, ReportRow
from aiospectrum._generated.analytics import GET_EVENTS_SUMMARY
from aiospectrum._generated.apps import DELETE_APP, GET_APP, LIST_APPS
from aiospectrum._http.record import HTTPResponse
from aiospectrum._http.response import read_response
from aiospectrum.routes import Route
from tests.conftest import APP
from tests.records import make_call

SAMPLES = Path(__file__).parent.parent / "samples"
AT = datetime(2014, 1, 2, 2, 20, 0, 123456, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 2, 20, tzinfo=UTC)


def decode(route: Route[Any], body: bytes, redact: Callable[[str], str] = str) -> Any:
    """Go all the way from bytes to objects."""
    response = HTTPResponse(status=200, headers=CIMultiDictProxy(CIMultiDict()), body=body)
    return read_response(make_call(route, redact=redact), response).result


@pytest.mark.parametrize(
    ("route", "name", "expected"),
    [
        pytest.param(
            GET_APP,
            "old_app.json",
            App(
                id=APP,
                protocol="tcp/22",
                dns=DNS(name="ssh.example.com", type="CNAME"),
                created_on=AT,
                modified_on=AT,
                origin_direct=["tcp://192.0.2.1:22"],
                ip_firewall=True,
                proxy_protocol="off",
                tls="off",
            ),
            id="old application",
        ),
        pytest.param(
            GET_APP,
            "worker_app.json",
            App(
                id=APP,
                protocol="tcp/443",
                dns=DNS(name="w.example.com", type="CNAME"),
                created_on=LATER,
                modified_on=LATER,
                traffic_type="worker",
                origin_worker_id="b0c1d2",
                virtual_network_id="f70ff985-a4ef-4643-bbbc-4a0ed4fc8415",
                edge_ips=DynamicEdgeIPs(connectivity="ipv8"),
            ),
            id="application of a worker",
        ),
        pytest.param(
            GET_EVENTS_SUMMARY,
            "odd_report.json",
            Report(
                data=[
                    ReportRow(dimensions=["connect", "4"], metrics=[12345678901234567, 1.5]),
                    ReportRow(dimensions=["disconnect", "6"], metrics=[0, 0]),
                ],
                data_lag=60,
                max={},
                min={},
                query=ReportQuery(
                    dimensions=["event", "ipVersion"],
                    metrics=["count", "durationAvg"],
                    since=datetime(2026, 11, 20, tzinfo=UTC),
                    until=datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=6),
                    limit=100,
                    sort=[{"Id": "count", "Desc": True}],
                    filters="",
                ),
                rows=2,
                totals={"count": 12345678901234567, "durationAvg": 1.5},
            ),
            id="report with an odd echo",
        ),
    ],
)
def test_recorded_payloads(route: Route[Any], name: str, expected: object) -> None:
    """Old forms, unknown keys, nulls, unknown enum values and odd echoes lose nothing."""
    assert decode(route, (SAMPLES / name).read_bytes()) == expected


def test_large_counts_stay_exact() -> None:
    """A whole number above 2**53 does not become a float."""
    report = decode(GET_EVENTS_SUMMARY, (SAMPLES / "odd_report.json").read_bytes())

    assert report.totals["count"] == 12345678901234567
    assert isinstance(report.totals["count"], int)


def test_null_for_a_list() -> None:
    """Some servers write an empty array as null."""
    assert decode(LIST_APPS, b'{"success":true,"result":null}') == []
    assert decode(LIST_APPS, b'{"success":true}') == []


def test_no_part_of_a_credential_is_left() -> None:
    """A wrong value that holds a credential is cut after that has been blotted out, and is not kept elsewhere."""
    body = b'{"success":true,"result":{"id":["' + b"x" * 50 + b's3cret-t0ken"]}}'

    with pytest.raises(DecodeError) as caught:
        decode(DELETE_APP, body, lambda text: text.replace("s3cret-t0ken", "[redacted]"))

    assert "s3c" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("route", "result", "words"),
    [
        pytest.param(LIST_APPS, b"{}", "result: expected an array, got dict", id="object for a list"),
        pytest.param(LIST_APPS, b"[4]", "result[0]: expected an object, got 4", id="item of a list"),
        pytest.param(GET_APP, b"[]", "result: expected an object, got []", id="list for an object"),
        pytest.param(GET_APP, b"null", "the envelope has no result", id="null for an object"),
        pytest.param(DELETE_APP, b"{}", "result.id: expected a value, got none", id="missing field"),
        pytest.param(DELETE_APP, b'{"id":4}', "result.id: expected a string, got 4", id="wrong type"),
    ],
)
def test_results_of_another_type(route: Route[Any], result: bytes, words: str) -> None:
    """A result that is not what the route documents is an error that says where."""
    with pytest.raises(DecodeError) as caught:
        decode(route, b'{"success":true,"result":' + result + b"}")

    assert words in str(caught.value)
