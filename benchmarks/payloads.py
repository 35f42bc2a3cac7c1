"""The four responses that are served, as bytes: always the same ones, in the API's own form."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from benchmarks.calls import DIMENSIONS, ENTRIES, METRICS, SINCE, UNTIL

__all__ = ["make_payloads"]

INTERVALS: Final = 72
_EVENTS: Final = ("connect", "progress", "disconnect", "originError", "clientFiltered")
_SEED: Final = 20261121


def make_payloads() -> dict[str, bytes]:
    """Make the bodies, by the names of :data:`benchmarks.calls.PATHS`."""
    make: dict[str, Callable[[random.Random], dict[str, Any]]] = {
        "aggregate": _aggregate,
        "list": _apps,
        "summary": lambda source: {"result": _report(source, ENTRIES["summary"], None)},
        "bytime": lambda source: {"result": _report(source, ENTRIES["bytime"], INTERVALS)},
    }
    envelope = {"success": True, "errors": [], "messages": []}
    # One source of numbers for each, so that a change to one payload leaves the others as they are.
    return {
        name: json.dumps({**function(random.Random(_SEED)), **envelope}, separators=(",", ":")).encode()  # noqa: S311 - only figures
        for name, function in make.items()
    }


def _aggregate(source: random.Random) -> dict[str, Any]:
    rows = [
        {
            "appID": _identifier(source),
            "bytesEgress": source.randrange(10**9),
            "bytesIngress": source.randrange(10**8),
            "connections": source.randrange(10**4),
            "durationAvg": source.uniform(1, 60_000),
        }
        for _ in range(ENTRIES["aggregate"])
    ]
    return {"result": rows}


def _apps(source: random.Random) -> dict[str, Any]:
    count = ENTRIES["list"]
    page = {"page": 1, "per_page": count, "count": count, "total_count": count, "total_pages": 1}
    return {"result": [_app(source, number) for number in range(count)], "result_info": page}


def _app(source: random.Random, number: int) -> dict[str, Any]:
    """An application in its full form; one in ten has static addresses, and every other one looks its origin up."""
    created = SINCE - timedelta(days=source.randrange(1000), microseconds=source.randrange(10**9))
    modified = created + timedelta(microseconds=source.randrange(10**12))
    is_static = number % 10 == 3
    port = source.randrange(1024, 65536)
    addresses = [f"tcp://192.0.2.{source.randrange(1, 255)}:{port}" for _ in range(source.randrange(1, 5))]
    origin: dict[str, Any] = {"origin_direct": addresses}
    if number % 2:
        origin = {"origin_dns": {"name": f"origin-{number}.example.com", "ttl": 1200, "type": "A"}, "origin_port": port}
    edge = {"type": "static", "ips": [f"198.51.100.{number}"]} if is_static else {"type": "dynamic"}
    if not is_static:
        edge["connectivity"] = source.choice(["all", "ipv4", "ipv6"])
    return {
        "id": _identifier(source),
        "protocol": f"tcp/{port}",
        "dns": {"type": "ADDRESS" if is_static else "CNAME", "name": f"app-{number}.example.com"},
        "created_on": created.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "modified_on": modified.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "traffic_type": "direct",
        **origin,
        "edge_ips": edge,
        "ip_firewall": source.random() < 0.5,
        "proxy_protocol": source.choice(["off", "v1", "v2"]),
        "tls": source.choice(["off", "full", "strict"]),
        "argo_smart_routing": source.random() < 0.5,
    }


def _report(source: random.Random, rows: int, intervals: int | None) -> dict[str, Any]:
    """A report; what is computed of sampled events has a fraction."""
    numbers: list[Callable[[], float]] = [lambda: source.uniform(1, 10**6)] * len(METRICS)
    data = [
        {
            "dimensions": [source.choice(_EVENTS), _identifier(source)],
            "metrics": [draw() if intervals is None else [draw() for _ in range(intervals)] for draw in numbers],
        }
        for _ in range(rows)
    ]
    extremes = {metric: [draw() for _ in range(3)] for metric, draw in zip(METRICS, numbers, strict=True)}
    report = {
        "rows": rows,
        "data": data,
        "data_lag": 3.5,
        "min": {metric: min(values) for metric, values in extremes.items()},
        "max": {metric: max(values) for metric, values in extremes.items()},
        "totals": {metric: sum(values) for metric, values in extremes.items()},
        "query": _query(time_delta=None if intervals is None else "hour"),
    }
    if intervals is not None:
        starts = [SINCE + timedelta(hours=number) for number in range(intervals)]
        report["time_intervals"] = [[_time(start), _time(start + timedelta(seconds=3599))] for start in starts]
    return report


def _query(time_delta: str | None) -> dict[str, Any]:
    query = {
        "dimensions": list(DIMENSIONS),
        "metrics": list(METRICS),
        "since": _time(SINCE),
        "until": _time(UNTIL),
        "limit": 10_000,
    }
    return query if time_delta is None else {**query, "time_delta": time_delta}


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _identifier(source: random.Random) -> str:
    return f"{source.getrandbits(128):032x}"
