"""Makes configurations of applications acceptable: those rules of Spectrum that a JSON schema does not express.

Schemathesis makes bodies that the schema of the fragment allows. Hardly one of them would be taken, as fields have to
agree with one another, so that nothing that was created could be read, replaced or deleted.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any

__all__ = ["make_acceptable"]


def make_acceptable(body: Mapping[str, Any], *, paygo: bool) -> dict[str, Any]:
    """Make an application that a zone takes of one that the schema allows."""
    number = zlib.crc32(json.dumps(body, sort_keys=True).encode())
    transport = "udp" if number % 4 == 0 else "tcp"
    port = number % 65535 + 1
    app: dict[str, Any] = {
        "protocol": f"{transport}/{port}",
        "dns": {"type": "CNAME", "name": f"app-{number}.example.com"},
    }
    if paygo:
        return {**app, "origin_direct": [f"{transport}://192.0.2.1:{port}"]}
    app |= _origin(body, transport, port)
    if isinstance(body.get("argo_smart_routing"), bool) and app["traffic_type"] == "direct":
        app["argo_smart_routing"] = body["argo_smart_routing"]
    if body.get("edge_ips", {}).get("type") == "static":
        app |= {"edge_ips": {"type": "static", "ips": ["192.0.2.7", "2001:db8::7"]}}
        app["dns"]["type"] = "ADDRESS"
    elif body.get("edge_ips", {}).get("connectivity") in ("all", "ipv4", "ipv6"):
        app["edge_ips"] = {"type": "dynamic", "connectivity": body["edge_ips"]["connectivity"]}
    proxies = ("off", "v2", "simple") if transport == "udp" else ("off", "v1", "v2")
    proxies = ("off",) if app["traffic_type"] == "worker" else proxies
    if body.get("proxy_protocol") in proxies:
        app["proxy_protocol"] = body["proxy_protocol"]
    if transport == "tcp":
        if isinstance(body.get("ip_firewall"), bool):
            app["ip_firewall"] = body["ip_firewall"]
        modes = ("off", "flexible") if app["traffic_type"] == "worker" else ("off", "flexible", "full", "strict")
        if body.get("tls") in modes:
            app["tls"] = body["tls"]
    return app


def _origin(body: Mapping[str, Any], transport: str, port: int) -> dict[str, Any]:
    """One origin of those that the other has, with the traffic type that goes with it."""
    if "origin_worker_id" in body and "origin_direct" not in body and transport == "tcp":
        return {"traffic_type": "worker", "origin_worker_id": "worker-1"}
    wanted = body.get("traffic_type")
    kind = wanted if wanted in ("http", "https") and transport == "tcp" else "direct"
    if "origin_dns" in body:
        origin = {"name": "origin.example.net", "ttl": body["origin_dns"].get("ttl", 600) % 86400 + 600}
        return {"traffic_type": kind, "origin_dns": origin, "origin_port": port}
    return {"traffic_type": kind, "origin_direct": [f"{transport}://192.0.2.1:{port}"]}
