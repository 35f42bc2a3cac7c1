"""What aiospectrum and the official client do on the same server that misbehaves.

Both make the same call on the same fault, one after the other, and the table says what came of it and how many requests
the server saw. It needs the official client: ``pip install -e . 'cloudflare[aiohttp]==5.9.0'``, then
``python -m benchmarks.reliability``. With ``--json`` it prints the rows for programs.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import attrs
import cloudflare

from aiospectrum import DNS, AppRequest, Client, RateLimit, RetryPolicy, Timeouts
from tests.chaos.bodies import truncated_json
from tests.chaos.codings import bomb, encode_bomb
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import cloudflare_error, empty, good, redirect, unsuccessful
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, HANG, RESET, Play, after_request, in_body, keep_alive_then_close

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
APP = "ea95132c15732412d22c1476fa83f27a"
WIRE_APP = {
    "id": APP,
    "protocol": "tcp/22",
    "dns": {"type": "CNAME", "name": "ssh.example.com"},
    "created_on": "2014-01-02T02:20:00Z",
    "modified_on": "2014-01-02T02:20:00Z",
    "origin_direct": ["tcp://192.0.2.1:22"],
}
REQUEST = AppRequest(protocol="tcp/22", dns=DNS(name="ssh.example.com"), origin_direct=["tcp://192.0.2.1:22"])
TOKEN = "benchmark-token-0000000000000000000000000"  # noqa: S105 - nobody's


@attrs.frozen
class Case:
    """One call on one fault."""

    what: str
    script: tuple[Play, ...]
    method: str = "get"
    rest: Play | None = None
    calls: int = 1
    warm_up: bool = False


CASES = (
    Case("GET, connection reset once", (after_request(RESET),)),
    Case("GET, 520 twice", (cloudflare_error(520), cloudflare_error(520))),
    Case("GET, cut off in the body once", (in_body(CLOSE),)),
    Case("GET, truncated JSON once", (truncated_json(),)),
    Case("GET, empty 200 once", (empty(),)),
    Case("GET, `success: false` with 200", (unsuccessful((11000, "Invalid origin.")),)),
    Case("GET, redirect", (redirect(302, "http://127.0.0.1:9/"),), rest=redirect(302, "http://127.0.0.1:9/")),
    Case("GET, no response, 1 s deadline", (), rest=after_request(HANG)),
    Case("GET, 429 with Retry-After 300, 1 s deadline", (), rest=rate_limited("300")),
    Case("20 GETs at once, 429 with Retry-After 300", (), rest=rate_limited("300"), calls=20),
    Case("GET, gzip bomb of 400 MiB", (bomb("gzip"),), rest=bomb("gzip")),
    Case("create, connection reset after the request", (after_request(RESET),), method="create"),
    Case("create, 502", (cloudflare_error(502),), method="create"),
    Case("create, 429 with Retry-After 0 once", (rate_limited("0"),), method="create"),
    Case("delete, kept connection closes", (keep_alive_then_close(good(WIRE_APP)),), method="delete", warm_up=True),
    Case("delete, reset, then 404", (after_request(RESET), empty(404)), method="delete"),
)


async def ours(url: str, case: Case) -> list[object]:
    """Make the calls of a case with aiospectrum."""
    deadline = Timeouts(total=1.0) if "deadline" in case.what or case.calls > 1 else Timeouts(total=20.0)
    policy = RetryPolicy(base_wait=0.01)
    async with Client(api_token=TOKEN, base_url=url, timeout=deadline, retry=policy, rate_limit=RateLimit()) as client:
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "get": lambda: client.apps.get(ZONE, APP),
            "create": lambda: client.apps.create(ZONE, REQUEST),
            "delete": lambda: client.apps.delete(ZONE, APP),
        }
        return await make_calls(calls, case)


async def theirs(url: str, case: Case) -> list[object]:
    """Make the same calls with the official client, as it comes but for the deadline."""
    timeout = 1.0 if "deadline" in case.what or case.calls > 1 else 20.0
    async with cloudflare.AsyncCloudflare(api_token=TOKEN, base_url=url, timeout=timeout) as client:
        apps: Any = client.spectrum.apps
        body = {"dns": {"name": "ssh.example.com"}, "protocol": "tcp/22", "origin_direct": ["tcp://192.0.2.1:22"]}
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "get": lambda: apps.get(APP, zone_id=ZONE),
            "create": lambda: apps.create(zone_id=ZONE, **body),
            "delete": lambda: apps.delete(APP, zone_id=ZONE),
        }
        return await make_calls(calls, case)


async def make_calls(calls: dict[str, Callable[[], Awaitable[object]]], case: Case) -> list[object]:
    """Make the calls of a case at once; errors are results."""
    if case.warm_up:
        await calls["get"]()
    return list(await asyncio.gather(*(calls[case.method]() for _ in range(case.calls)), return_exceptions=True))


async def run_case(case: Case, client: Callable[[str, Case], Awaitable[list[object]]]) -> dict[str, Any]:
    """Run a case on a server of its own, and say what came of it."""
    async with ChaosServer(case.script, rest=case.rest or good(WIRE_APP)) as server:
        begun = time.perf_counter()
        outcomes = await client(server.url, case)
        return {
            "outcome": " / ".join(sorted({describe(outcome) for outcome in outcomes})),
            "requests": server.attempts - case.warm_up,
            "seconds": round(time.perf_counter() - begun, 2),
        }


def describe(outcome: object) -> str:
    """Name the class of an error, or say whether there was a result or None."""
    if isinstance(outcome, BaseException):
        return f"`{type(outcome).__name__}`"
    return "`None`" if outcome is None else "result"


async def run() -> list[dict[str, Any]]:
    """Run all cases with both clients in turn."""
    encode_bomb("gzip")  # made before, as that takes a second
    rows = []
    for case in CASES:
        print(case.what, file=sys.stderr)
        rows.append({"case": case.what, "ours": await run_case(case, ours), "theirs": await run_case(case, theirs)})
    return rows


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print rows for programs")
    rows = asyncio.run(run())
    if parser.parse_args().json:
        print(json.dumps(rows, indent=2))
        return 0
    print(
        f"| fault | aiospectrum {version('aiospectrum')} | requests | `cloudflare` {version('cloudflare')} | requests |"
    )
    print("|---|---|---|---|---|")
    for row in rows:
        mine, other = row["ours"], row["theirs"]
        print(f"| {row['case']} | {mine['outcome']} | {mine['requests']} | {other['outcome']} | {other['requests']} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
