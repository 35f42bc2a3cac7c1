"""The list of zones over HTTP."""

from typing import Any

import pytest


async def test_zones_are_found_by_name(connect: Any) -> None:
    """A name is that of one zone, whatever its case; another name has none."""
    async with connect(zones=3) as api:
        box = api.sandbox
        for zone_id in box.zones:
            name = box.zone_name(zone_id)
            [zone] = (await api.call("GET", "/zones", f"name={name.upper()}")).result
            assert (zone["id"], zone["name"], zone["status"]) == (zone_id, name, "active")
            assert zone["account"]["name"] == "Sandbox"
        assert (await api.call("GET", "/zones", "name=nothing.example")).result == []


async def test_zones_come_in_pages(connect: Any) -> None:
    """Also when none was requested; together they are all zones, by name."""
    async with connect(zones=23) as api:
        first = await api.call("GET", "/zones")
        second = await api.call("GET", "/zones", "page=2")
        names = [zone["name"] for zone in (*first.result, *second.result)]
        assert names == sorted(map(api.sandbox.zone_name, api.sandbox.zones))
        assert first.body["result_info"] == {
            "page": 1,
            "per_page": 20,
            "count": 20,
            "total_count": 23,
            "total_pages": 2,
        }
        assert second.body["result_info"]["count"] == 3


async def test_zones_have_one_status(connect: Any) -> None:
    """All are active."""
    async with connect(zones=2) as api:
        assert len((await api.call("GET", "/zones", "status=active")).result) == 2
        assert (await api.call("GET", "/zones", "status=pending")).result == []


@pytest.mark.parametrize("query", ["per_page=4", "per_page=51", "page=0", "status=activ", "colour=red"])
async def test_other_queries_are_refused(connect: Any, query: str) -> None:
    """As everywhere."""
    async with connect() as api:
        reply = await api.call("GET", "/zones", query)
        assert (reply.status, [code for code, _ in reply.errors]) == (400, [10400])


async def test_strangers_see_no_zones(connect: Any) -> None:
    """The list needs credentials, and costs a request."""
    async with connect() as api:
        assert (await api.call("GET", "/zones", headers={})).status == 400
        assert (await api.call("POST", "/zones")).status == 405


REPORT = "/user/spectrum_analytics/zones/report"


async def test_bandwidth_of_all_zones(connect: Any) -> None:
    """It is what the summary of each zone says, of six hours when nothing is asked for; the times are beside it."""
    async with connect(zones=3) as api:
        window = "since=2024-05-08T00:00:00Z&until=2024-05-08T05:59:59Z"
        told = await api.call("GET", REPORT, window)
        assert [each["zone_id"] for each in told.result] == [*api.sandbox.zones]
        for each in told.result:
            target = f"/zones/{each['zone_id']}/spectrum/analytics/events/summary"
            totals = (await api.call("GET", target, f"{window}&metrics=bytesIngress,bytesEgress")).result["totals"]
            ingress, egress = totals["bytesIngress"], totals["bytesEgress"]
            assert each["totals"] == {"bandwidth": {"all": ingress + egress, "egress": egress, "ingress": ingress}}
            assert egress > 0
        assert told.body["query"] == {"since": "2024-05-08T00:00:00Z", "until": "2024-05-08T05:59:59Z"}
        assert (await api.call("GET", REPORT, "until=2024-05-08T06:00:00Z")).body["query"]["since"][11:] == "00:00:00Z"


@pytest.mark.parametrize(
    "query",
    ["cdn_traffic=yes", "cdn_traffic=1", "since=yesterday", "since=2024-05-09T00:00:00Z&until=2024-05-08T00:00:00Z"],
)
async def test_other_reports_of_zones_are_refused(connect: Any, query: str) -> None:
    """As those of one zone are."""
    async with connect() as api:
        assert (await api.call("GET", REPORT, query)).status == 400
