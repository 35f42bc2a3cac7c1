"""Calls that the official client and aiospectrum both make."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.spec.fragment import METRICS

__all__ = ["APPS", "DELTAS", "NOW", "PAYGO_APP", "QUERIES"]

NOW: Final = datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)
"""The sandbox's time, which stands still, so that a call made twice has the same response."""

APPS: Final[dict[str, dict[str, Any]]] = {
    "plain": {
        "protocol": "tcp/2222",
        "dns": {"name": "plain.zone1.example", "type": "CNAME"},
        "traffic_type": "direct",
        "origin_direct": ["tcp://192.0.2.1:22", "tcp://[2001:db8::1]:22"],
    },
    "everything of TCP": {
        "protocol": "tcp/8443",
        "dns": {"name": "all.zone1.example", "type": "CNAME"},
        "traffic_type": "direct",
        "origin_direct": ["tcp://192.0.2.1:443"],
        "argo_smart_routing": True,
        "edge_ips": {"type": "dynamic", "connectivity": "ipv6"},
        "ip_firewall": True,
        "proxy_protocol": "v2",
        "tls": "strict",
    },
    "UDP by a name": {
        "protocol": "udp/5353",
        "dns": {"name": "udp.zone1.example", "type": "CNAME"},
        "traffic_type": "direct",
        "origin_dns": {"name": "_dns._udp.example.com", "ttl": 1200, "type": "SRV"},
        "proxy_protocol": "simple",
    },
    "range with static addresses": {
        "protocol": "tcp/3000-3010",
        "dns": {"name": "range.zone1.example", "type": "ADDRESS"},
        "traffic_type": "direct",
        "origin_dns": {"name": "origin.example.com", "ttl": 600, "type": ""},
        "origin_port": "4000-4010",
        "edge_ips": {"type": "static", "ips": ["192.0.2.9", "2001:db8::9"]},
    },
    "worker": {
        "protocol": "tcp/9000",
        "dns": {"name": "worker.zone1.example", "type": "CNAME"},
        "traffic_type": "worker",
        "origin_worker_id": "w0rker",
    },
}
"""Applications of a zone of the full plan, ``zone1.example``, as they are sent."""

PAYGO_APP: Final[dict[str, Any]] = {
    "protocol": "tcp/4000",
    "dns": {"name": "paygo.zone2.example", "type": "CNAME"},
    "origin_direct": ["tcp://192.0.2.1:4000"],
}
"""The short form that such a plan takes."""

QUERIES: Final[dict[str, dict[str, Any]]] = {
    "defaults": {},
    "every metric": {
        "metrics": METRICS,
        "since": NOW - timedelta(hours=1),
    },
    "every dimension": {
        "metrics": ["count"],
        "dimensions": ["event", "appID", "coloName", "ipVersion"],
        "since": NOW - timedelta(minutes=30),
    },
    "filters with a semicolon and a comma": {
        "metrics": ["count", "bytesEgress"],
        "dimensions": ["event"],
        "filters": "event==disconnect;coloName!=SFO,ipVersion>=6",
    },
    "filters in words": {"dimensions": ["coloName"], "filters": "coloName==LHR AND event==connect OR coloName==SFO"},
    "sorted both ways": {
        "metrics": ["count", "bytesIngress"],
        "dimensions": ["appID", "event"],
        "sort": ["-count", "+appID", "bytesIngress"],
    },
    "since and until in another time zone": {
        "metrics": ["bytesIngress"],
        "dimensions": ["ipVersion"],
        "since": datetime(2026, 11, 19, 23, 30, tzinfo=UTC).astimezone(),
        "until": datetime.fromisoformat("2026-11-20T05:29:59+05:30"),
    },
    "a limit": {"metrics": ["count"], "dimensions": ["appID"], "sort": ["-count"], "limit": 3},
    "until alone": {"metrics": ["durationAvg"], "until": datetime(2026, 11, 1, tzinfo=UTC)},
    "nothing there": {"metrics": ["count"], "dimensions": ["event"], "filters": "coloName==XXX"},
}
"""Arguments of reports."""

DELTAS: Final = ["year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"]
"""Every length of interval."""
