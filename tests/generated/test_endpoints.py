"""Every endpoint function: what it sends, byte for byte, and what it makes of the response."""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from aiohttp import web

from aiospectrum import (
    DNS,
    App,
    AppRequest,
    Bandwidth,
    Client,
    CurrentAggregate,
    DeletedApp,
    EdgeIPs,
    InvalidArgumentError,
    OriginDNS,
    Page,
    Protocol,
    ReportByTime,
    ReportByTimeRow,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
    Unchecked,
    Zone,
    ZoneTotals,
    ZoneUsage,
)
from aiospectrum.models import ZoneAccount
from tests.conftest import APP, TOKEN, ZONE, Serve

BASE = "https://api.cloudflare.com/client/v4"
AT = datetime(2014, 1, 2, 2, 20, 0, 123456, tzinfo=UTC)
WIRE_APP = {
    "id": APP,
    "protocol": "tcp/22",
    "dns": {"name": "ssh.example.com", "type": "CNAME"},
    "created_on": "2014-01-02T02:20:00.123456Z",
    "modified_on": "2014-01-02T02:20:00.123456Z",
    "traffic_type": "direct",
    "origin_direct": ["tcp://192.0.2.1:22"],
}
THE_APP = App(
    id=APP,
    protocol="tcp/22",
    dns=DNS(name="ssh.example.com", type="CNAME"),
    created_on=AT,
    modified_on=AT,
    traffic_type="direct",
    origin_direct=["tcp://192.0.2.1:22"],
)
WIRE_PAYGO = {key: WIRE_APP[key] for key in ("id", "protocol", "dns", "created_on", "modified_on", "origin_direct")}
PAYGO = App(
    id=APP, protocol="tcp/22", dns=THE_APP.dns, created_on=AT, modified_on=AT, origin_direct=THE_APP.origin_direct
)
REQUEST = AppRequest(
    protocol="tcp/22",
    dns=DNS(name="ssh.example.com", type="CNAME"),
    origin_direct=["tcp://192.0.2.1:22"],
    traffic_type="direct",
)
WIRE_REQUEST = {
    "protocol": "tcp/22",
    "dns": {"name": "ssh.example.com", "type": "CNAME"},
    "traffic_type": "direct",
    "origin_direct": ["tcp://192.0.2.1:22"],
}
WIRE_REPORT = {
    "data": [{"dimensions": ["connect"], "metrics": [[400, 600]]}],
    "data_lag": 3,
    "max": {"count": 600},
    "min": {},
    "query": {"metrics": ["count"], "since": "2026-11-20T00:00:00Z", "sort": [{"Id": "count", "Desc": True}]},
    "rows": 1,
    "totals": {"count": 1000},
    "time_intervals": [
        ["2026-11-20T00:00:00Z", "2026-11-20T00:59:59Z"],
        ["2026-11-20T01:00:00Z", "2026-11-20T01:59:59Z"],
    ],
}
SINCE = datetime(2026, 11, 20, tzinfo=UTC)
REPORT = ReportByTime(
    data=[ReportByTimeRow(dimensions=["connect"], metrics=[[400, 600]])],
    data_lag=3,
    max={"count": 600},
    min={},
    query=ReportQuery(metrics=["count"], since="2026-11-20T00:00:00Z", sort=[{"Id": "count", "Desc": True}]),
    rows=1,
    totals={"count": 1000},
    time_intervals=[
        (SINCE, SINCE + timedelta(seconds=3599)),
        (SINCE + timedelta(hours=1), SINCE + timedelta(seconds=7199)),
    ],
)


@attrs.frozen(kw_only=True)
class Case:
    """One call, what must go over the wire, and what must come back."""

    call: Callable[[Client], Awaitable[Any]]
    method: str = "GET"
    target: str
    body: Any = None
    payload: Any
    result_info: Any = None
    result: Any


CASES = {
    "list without a page": Case(
        call=lambda client: client.apps.list(ZONE),
        target=f"/zones/{ZONE}/spectrum/apps",
        payload=[WIRE_APP, WIRE_PAYGO],
        result=Page(items=[THE_APP, PAYGO]),
    ),
    "list a page": Case(
        call=lambda client: client.apps.list(ZONE, page=2, per_page=50, direction="desc", order="modified_on"),
        target=f"/zones/{ZONE}/spectrum/apps?page=2&per_page=50&direction=desc&order=modified_on",
        payload=[WIRE_APP],
        result_info={"page": 2, "per_page": 50, "count": 1, "total_count": 51},
        result=Page(items=[THE_APP], page=2, per_page=50, count=1, total_count=51),
    ),
    "list requests page 1 when only the size is given": Case(
        call=lambda client: client.apps.list(ZONE, per_page=50),
        target=f"/zones/{ZONE}/spectrum/apps?page=1&per_page=50",
        payload=[],
        result=Page(items=[]),
    ),
    "create": Case(
        call=lambda client: client.apps.create(ZONE, REQUEST),
        method="POST",
        target=f"/zones/{ZONE}/spectrum/apps",
        body=WIRE_REQUEST,
        payload=WIRE_APP,
        result=THE_APP,
    ),
    "get": Case(
        call=lambda client: client.apps.get(ZONE, APP),
        target=f"/zones/{ZONE}/spectrum/apps/{APP}",
        payload=WIRE_PAYGO,
        result=PAYGO,
    ),
    "update": Case(
        call=lambda client: client.apps.update(
            ZONE,
            APP,
            AppRequest(
                protocol="tcp/22",
                dns=DNS(name="ssh.example.com", type="CNAME"),
                origin_dns=OriginDNS(name="origin.example.com", ttl=600),
                origin_port=22,
                edge_ips=EdgeIPs(type="dynamic", connectivity="ipv4"),
                ip_firewall=False,
            ),
        ),
        method="PUT",
        target=f"/zones/{ZONE}/spectrum/apps/{APP}",
        body={
            "protocol": "tcp/22",
            "dns": {"name": "ssh.example.com", "type": "CNAME"},
            "origin_dns": {"name": "origin.example.com", "ttl": 600},
            "origin_port": 22,
            "edge_ips": {"type": "dynamic", "connectivity": "ipv4"},
            "ip_firewall": False,
        },
        payload=WIRE_APP,
        result=THE_APP,
    ),
    "delete": Case(
        call=lambda client: client.apps.delete(ZONE, APP),
        method="DELETE",
        target=f"/zones/{ZONE}/spectrum/apps/{APP}",
        payload={"id": APP},
        result=DeletedApp(id=APP),
    ),
    "zones": Case(
        call=lambda client: client.zones.list(name="example.com", status="active", per_page=50),
        target="/zones?page=1&name=example.com&status=active&per_page=50",
        payload=[{"id": ZONE, "name": "example.com", "status": "read only", "type": "full", "account": {"id": APP}}],
        result=Page(items=[Zone(id=ZONE, name="example.com", status="read only", account=ZoneAccount(id=APP))]),
    ),
    "protocols": Case(
        call=lambda client: client.protocols.list(ZONE),
        target=f"/zones/{ZONE}/spectrum/protocols",
        payload=[{"name": "ssh", "description": "Secure Shell", "ports": [22], "transport": "tcp"}],
        result=[Protocol(name="ssh", description="Secure Shell", ports=[22], transport="tcp")],
    ),
    "current aggregate": Case(
        call=lambda client: client.analytics.aggregate.current(ZONE, app_ids=[APP, ZONE], colo_name="SFO"),
        target=f"/zones/{ZONE}/spectrum/analytics/aggregate/current?appID={APP},{ZONE}&colo_name=SFO",
        payload=[{"appID": APP, "bytesEgress": 1, "bytesIngress": 2, "connections": 3, "durationAvg": 4.5}],
        result=[CurrentAggregate(app_id=APP, bytes_egress=1, bytes_ingress=2, connections=3, duration_avg=4.5)],
    ),
    "bandwidth of all zones": Case(
        call=lambda client: client.analytics.zones.report(since=SINCE, cdn_traffic=False),
        target="/user/spectrum_analytics/zones/report?since=2026-11-20T00:00:00Z&cdn_traffic=false",
        payload=[{"zone_id": ZONE, "totals": {"bandwidth": {"all": 3, "egress": 1, "ingress": 2}, "new": 1}}],
        result=[ZoneUsage(zone_id=ZONE, totals=ZoneTotals(bandwidth=Bandwidth(all=3, egress=1, ingress=2)))],
    ),
    "events by time": Case(
        call=lambda client: client.analytics.events.bytime(
            ZONE,
            time_delta="hour",
            metrics=["count", "bytesIngress"],
            dimensions=("event", "appID"),
            since=SINCE,
            until=datetime(2026, 11, 20, 4, 0, 0, 1, tzinfo=timezone(timedelta(hours=2))),
            filters="event==disconnect;coloName!=SFO,ipVersion>=4 OR event<connect",
            sort=["+count", "-bytesIngress"],
            limit=10,
        ),
        target=f"/zones/{ZONE}/spectrum/analytics/events/bytime"
        "?time_delta=hour&metrics=count,bytesIngress&dimensions=event,appID"
        "&since=2026-11-20T00:00:00Z&until=2026-11-20T02:00:00.000001Z"
        "&filters=event%3D%3Ddisconnect%3BcoloName%21%3DSFO%2CipVersion%3E%3D4%20OR%20event%3Cconnect"
        "&sort=%2Bcount,-bytesIngress&limit=10",
        payload=WIRE_REPORT,
        result=REPORT,
    ),
    "events summary": Case(
        call=lambda client: client.analytics.events.summary(ZONE, metrics=["count"]),
        target=f"/zones/{ZONE}/spectrum/analytics/events/summary?metrics=count",
        payload={**WIRE_REPORT, "data": [{"metrics": [1000]}], "time_intervals": None},
        result=ReportSummary(
            data=[ReportSummaryRow(metrics=[1000])],
            **{name: getattr(REPORT, name) for name in ("data_lag", "max", "min", "query", "rows", "totals")},
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_calls_go_out_and_come_back(case: Case, client: Client, mocked: Any) -> None:
    """Method, URL, headers and body are as documented, and the response becomes objects."""
    envelope = {"success": True, "errors": [], "messages": [], "result": case.payload, "result_info": case.result_info}
    mocked.add(re.compile(re.escape(BASE) + ".*"), method=case.method, payload=envelope)

    assert await case.call(client) == case.result

    [((method, url), [sent])] = mocked.requests.items()
    assert method == case.method
    assert url.path == "/client/v4" + case.target.partition("?")[0]
    body = sent.kwargs["data"]
    assert (None if body is None else json.loads(body)) == case.body
    assert sent.kwargs["headers"].get("Content-Type") == (None if body is None else "application/json")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_bytes_on_the_wire(case: Case, serve: Serve) -> None:
    """A real server sees the request target byte for byte, and who calls."""
    seen: list[tuple[str, str, str | None]] = []

    async def respond(request: web.Request) -> web.Response:
        seen.append((request.method, request.raw_path, request.headers.get("Authorization")))
        return web.json_response({"success": True, "result": case.payload, "result_info": case.result_info})

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        assert await case.call(client) == case.result

    assert seen == [(case.method, "/client/v4" + case.target, f"Bearer {TOKEN}")]


@pytest.mark.parametrize("name", ["bytime", "summary"])
async def test_times_in_the_wrong_order_are_refused(name: str, client: Client, mocked: Any) -> None:
    """Nothing is sent for a time that ends before it starts, whatever the time zones; an empty one is the API's."""
    options: dict[str, Any] = {"time_delta": "hour"} if name == "bytime" else {}
    call = getattr(client.analytics.events, name)
    before = datetime(2026, 11, 20, 1, 59, 59, tzinfo=timezone(timedelta(hours=2)))
    for since, until in [(SINCE, before), (SINCE, SINCE - timedelta(microseconds=1))]:
        with pytest.raises(InvalidArgumentError, match=r"^until: expected a time that is not before since, 2026"):
            await call(ZONE, since=since, until=until, **options)
    assert mocked.requests == {}
    mocked.add(re.compile(re.escape(BASE) + ".*"), payload={"success": True, "result": {"data_lag": 0, "rows": 0}})
    await call(ZONE, since=SINCE, until=SINCE, **options)
    mocked.add(re.compile(re.escape(BASE) + ".*"), payload={"success": True, "result": {"data_lag": 0, "rows": 0}})
    await call(ZONE, since=Unchecked("2026-11-21T00:00:00Z"), until=SINCE, **options)
