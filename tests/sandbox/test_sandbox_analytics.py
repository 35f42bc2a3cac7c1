"""The analytics operations over HTTP: shapes, parameters, and what happens to an app's history."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

BYTIME, SUMMARY, CURRENT = (
    "analytics/events/bytime",
    "analytics/events/summary",
    "analytics/aggregate/current",
)
SSH = {"protocol": "tcp/22", "dns": {"name": "ssh.example.com"}, "origin_direct": ["tcp://192.0.2.1:22"]}
HOUR = "since=2024-05-07T10:00:00Z&until=2024-05-07T10:59:59Z"


async def test_a_report_by_time(connect: Any) -> None:
    """Buckets partition the window, and numbers are nested by metric and bucket."""
    async with connect() as api:
        query = (
            "since=2024-05-07T10:20:30Z&until=2024-05-07T12:00:00Z&time_delta=hour"
            "&metrics=count,durationMedian&dimensions=coloName,ipVersion&sort=-count&limit=3&filters=event==connect"
        )
        report = (await api.get(BYTIME, query)).result
        assert set(report) == {"data", "data_lag", "max", "min", "query", "rows", "totals", "time_intervals"}
        assert report["time_intervals"] == [
            ["2024-05-07T10:20:30Z", "2024-05-07T10:59:59Z"],
            ["2024-05-07T11:00:00Z", "2024-05-07T11:59:59Z"],
            ["2024-05-07T12:00:00Z", "2024-05-07T12:00:00Z"],
        ]
        assert report["query"] == {
            "dimensions": ["coloName", "ipVersion"],
            "metrics": ["count", "durationMedian"],
            "filters": "event==connect",
            "since": "2024-05-07T10:20:30Z",
            "until": "2024-05-07T12:00:00Z",
            "sort": ["-count"],
            "limit": 3,
            "time_delta": "hour",
        }
        assert report["rows"] == len(report["data"]) == 3
        assert report["data_lag"] == 0
        counts = [sum(row["metrics"][0]) for row in report["data"]]
        assert counts == sorted(counts, reverse=True)
        assert report["totals"]["count"] > sum(counts)
        for row in report["data"]:
            assert set(row) == {"dimensions", "metrics"}
            assert row["dimensions"][0] in {"SFO", "LHR", "SIN", "GRU"}
            assert row["dimensions"][1] in {"4", "6"}
            assert [len(numbers) for numbers in row["metrics"]] == [3, 3]


async def test_a_summary(connect: Any) -> None:
    """Numbers are flat, the last six hours are the default window, and no dimensions mean no key."""
    async with connect(data_lag=60) as api:
        report = (await api.get(SUMMARY)).result
        ((count,),) = [row["metrics"] for row in report["data"]]
        assert report == {
            "data": [{"metrics": [count]}],
            "data_lag": 60,
            "max": {"count": count},
            "min": {"count": count},
            "query": {
                "dimensions": [],
                "metrics": ["count"],
                "since": "2024-05-08T06:30:45Z",
                "until": "2024-05-08T12:30:45Z",
                "sort": [],
                "limit": 10000,
            },
            "rows": 1,
            "totals": {"count": count},
        }
        assert count > 100


async def test_arrays_travel_in_either_encoding(connect: Any) -> None:
    """Comma-joined values and repeated keys mean the same."""
    async with connect() as api:
        joined = await api.get(SUMMARY, "metrics=count,bytesEgress&dimensions=event,appID&sort=%2Bevent,-count")
        repeated = await api.get(
            SUMMARY, "metrics=count&dimensions=event&metrics=bytesEgress&dimensions=appID&sort=%2Bevent&sort=-count"
        )
        assert joined.result == repeated.result
        assert joined.result["query"]["sort"] == ["+event", "-count"]


async def test_no_events_mean_no_rows(connect: Any) -> None:
    """A window without events has totals of zero, empty extremes, and its intervals all the same."""
    async with connect() as api:
        window = "since=2019-05-07T10:00:00Z&until=2019-05-07T10:59:59Z"
        report = (await api.get(BYTIME, f"{window}&time_delta=hour&metrics=count,durationAvg")).result
        assert report["data"] == []
        assert (report["rows"], report["min"], report["max"]) == (0, {}, {})
        assert report["totals"] == {"count": 0, "durationAvg": 0}
        assert len(report["time_intervals"]) == 1


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "time_delta"),
        ("time_delta=auto", "time_delta"),
        ("time_delta=", "time_delta"),
        ("time_delta=hour&time_delta=day", "time_delta"),
        ("time_delta=minute&since=2000-01-01T00:00:00Z", "time_delta"),
        ("time_delta=hour&metrics=", "metrics"),
        ("time_delta=hour&metrics=count,visits", "metrics"),
        ("time_delta=hour&dimensions=app", "dimensions"),
        ("time_delta=hour&limit=0", "limit"),
        ("time_delta=hour&limit=10001", "limit"),
        ("time_delta=hour&limit=1e3", "limit"),
        ("time_delta=hour&sort=event", "sort"),
        ("time_delta=hour&sort=-bytesIngress", "sort"),
        ("time_delta=hour&sort=", "sort"),
        ("time_delta=hour&sort=+count", "sort"),  # a plus that was not encoded arrives as a space
        ("time_delta=hour&since=2024-05-07", "since"),
        ("time_delta=hour&since=2024-05-07T10:00:00", "since"),
        ("time_delta=hour&until=0001-01-01T00:00:00%2B01:00", "until"),
        ("time_delta=hour&since=2024-05-07T10:00:00%2B00:00&until=2024-05-07T09:00:00Z", "since"),
        ("time_delta=hour&interval=5", "interval"),
    ],
)
async def test_bad_parameters_are_named(connect: Any, query: str, name: str) -> None:
    """A parameter that makes no sense gives 400, and the message names it."""
    async with connect() as api:
        reply = await api.get(BYTIME, query)
        assert (reply.status, reply.errors) == (400, [(10400, None)])
        assert reply.message.startswith(f"query parameter '{name}' is ")


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ("", "''"),
        ("event", "'event'"),
        ("event==", "'event=='"),
        ("event==connect,", "''"),
        ("event==connect;;appID==a", "''"),
        ("event==connect AND ", "''"),
        ("event=connect", "'='"),
        ("event<>connect", "'<>'"),
        ("count>5", "'count'"),
        ("Event==connect", "'Event'"),
        ("ipVersion>=six", "'six'"),
        ("event==connect or appID==a", "'event==connect or appID==a'"),
    ],
)
async def test_bad_filters_are_named(connect: Any, filters: str, named: str) -> None:
    """A filter outside the grammar gives 400, and the message shows the part at fault."""
    async with connect() as api:
        reply = await api.get(SUMMARY, f"filters={quote(filters)}")
        assert (reply.status, reply.errors) == (400, [(10400, None)])
        assert f"'filters' is {named};" in reply.message


async def test_a_summary_has_no_time_delta(connect: Any) -> None:
    """``time_delta`` belongs to the report by time alone."""
    async with connect() as api:
        assert "'time_delta'" in (await api.get(SUMMARY, "time_delta=hour")).message


@pytest.mark.parametrize(
    "query",
    [
        "since=2020-01-01T00:00:00Z",
        "since=2024-05-01T00:00:00Z&time_delta=minute&dimensions=appID,event,coloName,ipVersion",
    ],
    ids=["long window", "many numbers"],
)
async def test_huge_queries_are_refused(connect: Any, query: str) -> None:
    """What would hold the sandbox up is refused with the limits in the message."""
    async with connect(apps_per_zone=8) as api:
        reply = await api.get(BYTIME if "time_delta" in query else SUMMARY, query)
        assert (reply.status, reply.errors) == (400, [(10400, None)])
        assert "is too large" in reply.message


async def test_events_begin_with_the_app_and_end_with_it(connect: Any) -> None:
    """An app has no events before its creation, and keeps those it had after its deletion."""
    async with connect(apps_per_zone=0) as api:
        assert (await api.get(SUMMARY)).result["data"] == []
        app_id = (await api.create(SSH)).result["id"]
        assert (await api.get(SUMMARY)).result["data"] == []
        api.clock.advance(3 * 3600)
        query = "dimensions=appID&metrics=count,bytesIngress"
        alive = (await api.get(SUMMARY, query)).result
        assert alive["data"][0]["dimensions"] == [app_id]
        assert alive["totals"]["count"] > 0
        await api.call("DELETE", api.path(f"apps/{app_id}"))
        at_deletion = (await api.get(SUMMARY, query)).result
        api.clock.advance(3600)
        later = (await api.get(SUMMARY, query)).result
        assert at_deletion["data"] == later["data"]
        assert (await api.get(CURRENT)).result == []


async def test_events_end_now(connect: Any) -> None:
    """Nothing happens after now less the data lag, however far the window reaches."""
    async with connect(data_lag=600) as api:
        window = "since=2024-05-08T10:00:00Z&until=2024-05-08T12:59:59Z"
        report = (await api.get(BYTIME, f"{window}&time_delta=minute")).result
        counts = report["data"][0]["metrics"][0]
        assert len(counts) == 180
        assert sum(counts[100:141]) > 0
        assert sum(counts[141:]) == 0  # now is 12:30:45, so that data ends at 12:20:45
        api.clock.advance(3600)
        grown = (await api.get(BYTIME, f"{window}&time_delta=minute")).result["data"][0]["metrics"][0]
        assert grown[:140] == counts[:140]
        assert sum(grown[141:]) > 0


async def test_the_current_aggregate_is_the_summary_of_a_minute(connect: Any) -> None:
    """Bytes, connections and durations are those of the last 60 seconds that have data."""
    async with connect(data_lag=30, apps_per_zone=2) as api:
        app_ids = list(api.sandbox.app_ids(api.sandbox.zones[0]))
        busy = 0
        for _ in range(40):  # enough for an event in the first and in the last second of some minute
            api.clock.advance(1)
            first, last = (f"{api.clock.moment - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}" for age in (89, 30))
            window = f"since={first}&until={last}&dimensions=appID"
            metrics = "bytesEgress,bytesIngress,durationAvg"
            rows = (await api.get(SUMMARY, f"{window}&metrics={metrics}")).result["data"]
            connects = (await api.get(SUMMARY, f"{window}&filters=event==connect")).result["data"]
            numbers = {row["dimensions"][0]: row["metrics"] for row in rows}
            connections = {row["dimensions"][0]: row["metrics"][0] for row in connects}
            found = (await api.get(CURRENT)).result
            assert [entry["appID"] for entry in found] == app_ids
            for entry in found:
                egress, ingress, duration = numbers.get(entry["appID"], [0, 0, 0])
                assert entry == {
                    "appID": entry["appID"],
                    "bytesEgress": egress,
                    "bytesIngress": ingress,
                    "connections": connections.get(entry["appID"], 0),
                    "durationAvg": duration,
                }
            busy += sum(connections.values())
        assert busy


async def test_the_current_aggregate_of_some_apps_and_colos(connect: Any) -> None:
    """Ids limit the list, unknown ones are passed over, and colos add up to the whole."""
    async with connect() as api:
        first, second, *_ = api.sandbox.app_ids(api.sandbox.zones[0])
        found = (await api.get(CURRENT, f"appID={second},{first},{'0' * 32},{'F' * 32}")).result
        assert [entry["appID"] for entry in found] == [first, second]
        parts = [(await api.get(CURRENT, f"colo_name={colo}")).result for colo in ("SFO", "LHR", "SIN", "GRU")]
        whole = (await api.get(CURRENT)).result
        for name in ("bytesEgress", "bytesIngress", "connections"):
            for place, entry in enumerate(whole):
                assert sum(part[place][name] for part in parts) == entry[name]
        assert not any(entry["bytesIngress"] for entry in (await api.get(CURRENT, "colo_name=XXX")).result)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("appID=x", "appID"),
        ("appID=", "appID"),
        (f"appID={'0' * 32}&appID={'1' * 32}", "appID"),
        ("colo_name=SFO1", "colo_name"),
        ("colo_name=", "colo_name"),
        ("app_id=x", "app_id"),
    ],
)
async def test_bad_parameters_of_the_current_aggregate(connect: Any, query: str, name: str) -> None:
    """Ids that are none and colo names that are too long are refused by name."""
    async with connect() as api:
        reply = await api.get(CURRENT, query)
        assert (reply.status, reply.errors) == (400, [(10400, None)])
        assert f"'{name}'" in reply.message


async def test_traffic_depends_on_the_seed(connect: Any) -> None:
    """Equal seeds give equal reports, other seeds others."""
    seen = []
    for seed in (3, 3, 4):
        async with connect(zones=["a" * 32], seed=seed) as api:
            seen.append((await api.get(SUMMARY, f"{HOUR}&metrics=count,bytesEgress,duration99th")).result)
    assert seen[0] == seen[1]
    assert seen[0]["totals"] != seen[2]["totals"]
