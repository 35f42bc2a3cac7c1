"""What aiospectrum, the official client and aiohttp by hand do on the same server that misbehaves.

All make the same call on the same fault, one after the other. A table says what came of it and how many requests the
server saw, and another one which of them blocks the event loop, and for how long. It needs the official client:
``pip install -e . 'cloudflare[aiohttp]==5.9.0'``, then ``python -m benchmarks.reliability``. With ``--json`` it prints
the rows for programs.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import aiohttp
import attrs
import cloudflare

from aiospectrum import DNS, AppRequest, Client, RetryPolicy, Timeouts
from tests.chaos.bodies import truncated_json
from tests.chaos.codings import BOMB_SIZE, bomb, encode_bomb
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import (
    ServerResponse,
    cloudflare_error,
    empty,
    good,
    html_error,
    no_content,
    redirect,
    unsuccessful,
)
from tests.chaos.seen import RequestSeen
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, HANG, RESET, Play, after_request, in_body, keep_alive_then_close

Calls = dict[str, Callable[[], Awaitable[object]]]
"""A call of each method."""

WORTH_TELLING = 0.2
"""Seconds for which a client blocks the event loop, from which on a row of the second table says so."""

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
    """Calls on one fault."""

    what: str
    script: tuple[Play, ...]
    method: str = "get"
    rest: Play | None = None
    calls: int = 1
    at_once: int = 50
    warm_up: bool = False
    ends_kept_connections: bool = False
    has_proxy: bool = False

    @property
    def timeout(self) -> float:
        """Seconds that a call may take."""
        return 1.0 if "deadline" in self.what or self.calls == 20 else 20.0


def compressed(play: ServerResponse) -> ServerResponse:
    """A response in gzip, of which a kilobyte is a megabyte."""
    return attrs.evolve(play, body=gzip.compress(play.body)).with_headers(("Content-Encoding", "gzip"))


EMPTY_OBJECTS = compressed(good([{}] * (2**20 // 3)))
ERROR_PAGE = compressed(attrs.evolve(html_error(403), body=b"<p>Sorry</p>\n" * (63 * 2**20 // 13)))
REFUSED_BY_PROXY = attrs.evolve(html_error(502), name="407", status=407)

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
    Case("delete, 204", (), method="delete", rest=no_content()),
    Case("300 GETs, kept connections close without a word", (), calls=300, ends_kept_connections=True),
    Case("GET, a proxy answers 407", (), rest=REFUSED_BY_PROXY, has_proxy=True),
    Case("GET, a list of 1 MiB of `{}`", (), method="list", rest=EMPTY_OBJECTS),
    Case("GET, an error page of 63 MiB", (), rest=ERROR_PAGE),
)


def where(url: str, case: Case) -> tuple[str, str | None]:
    """The base URL, and the proxy, of which the second one is the server where there is one."""
    return ("https://api.example/client/v4", url.removesuffix("/client/v4")) if case.has_proxy else (url, None)


async def ours(url: str, case: Case) -> list[object]:
    """Make the calls of a case with aiospectrum."""
    base_url, proxy = where(url, case)
    policy = RetryPolicy(base_wait=0.01)
    async with Client(
        api_token=TOKEN, base_url=base_url, proxy=proxy, timeout=Timeouts(total=case.timeout), retry=policy
    ) as client:
        calls: Calls = {
            "get": lambda: client.apps.get(ZONE, APP),
            "list": lambda: client.apps.list(ZONE),
            "create": lambda: client.apps.create(ZONE, REQUEST),
            "delete": lambda: client.apps.delete(ZONE, APP),
        }
        return await make_calls(calls, case)


async def theirs(url: str, case: Case) -> list[object]:
    """Make the same calls with the official client, as it comes but for the deadline."""
    base_url, proxy = where(url, case)
    http_client = cloudflare.DefaultAsyncHttpxClient(proxy=proxy) if proxy else None
    async with cloudflare.AsyncCloudflare(
        api_token=TOKEN, base_url=base_url, timeout=case.timeout, http_client=http_client
    ) as client:
        apps: Any = client.spectrum.apps
        body = {"dns": {"name": "ssh.example.com"}, "protocol": "tcp/22", "origin_direct": ["tcp://192.0.2.1:22"]}
        calls: Calls = {
            "get": lambda: apps.get(APP, zone_id=ZONE),
            "list": lambda: apps.list(zone_id=ZONE),
            "create": lambda: apps.create(zone_id=ZONE, **body),
            "delete": lambda: apps.delete(APP, zone_id=ZONE),
        }
        return await make_calls(calls, case)


async def by_hand(url: str, case: Case) -> list[object]:
    """Make the same calls as one would write them with aiohttp."""
    base_url, proxy = where(url, case)
    timeout = aiohttp.ClientTimeout(total=case.timeout)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers, timeout=timeout, raise_for_status=True) as session:

        async def call(method: str, path: str = "", **arguments: Any) -> object:
            target = f"{base_url}/zones/{ZONE}/spectrum/apps{path}"
            async with session.request(method, target, proxy=proxy, **arguments) as response:
                return (await response.json())["result"]

        body = {"dns": {"name": "ssh.example.com"}, "protocol": "tcp/22", "origin_direct": ["tcp://192.0.2.1:22"]}
        calls: Calls = {
            "get": lambda: call("GET", f"/{APP}"),
            "list": lambda: call("GET"),
            "create": lambda: call("POST", json=body),
            "delete": lambda: call("DELETE", f"/{APP}"),
        }
        return await make_calls(calls, case)


CLIENTS = {"ours": ours, "theirs": theirs, "by_hand": by_hand}


async def make_calls(calls: Calls, case: Case) -> list[object]:
    """Make the calls of a case, as many at once as it says; errors are results."""
    if case.warm_up:
        await calls["get"]()
    slots = asyncio.Semaphore(case.at_once)

    async def make_one() -> object:
        async with slots:
            return await calls[case.method]()

    return list(await asyncio.gather(*(make_one() for _ in range(case.calls)), return_exceptions=True))


def ending() -> Callable[[RequestSeen], Play]:
    """Give each connection a response, and end it without a word when the next request comes."""
    used = set[int]()

    def choose(request: RequestSeen) -> Play:
        if request.connection in used:
            return after_request(CLOSE)
        used.add(request.connection)
        return good(WIRE_APP)

    return choose


async def longest_block(begun: asyncio.Event) -> float:
    """The longest time for which the event loop did nothing else, in seconds; it counts until it is cancelled."""
    longest, last = 0.0, time.perf_counter()
    begun.set()
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last - 0.001), now
    return longest


async def run_case(case: Case, client: Callable[[str, Case], Awaitable[list[object]]]) -> dict[str, Any]:
    """Run a case on a server of its own, and say what came of it."""
    script = ending() if case.ends_kept_connections else case.script
    async with ChaosServer(script, rest=case.rest or good(WIRE_APP)) as server:
        watching = asyncio.Event()
        watch = asyncio.create_task(longest_block(watching))
        await watching.wait()
        begun = time.perf_counter()
        outcomes = await client(server.url, case)
        seconds = time.perf_counter() - begun
        await asyncio.sleep(0.005)
        watch.cancel()
        return {
            "outcome": summarize(outcomes),
            "requests": server.attempts - case.warm_up,
            "seconds": round(seconds, 2),
            "blocked": round(await watch, 3),
        }


def describe(outcome: object) -> str:
    """Name the class of an error, or say whether there was a result or None."""
    if isinstance(outcome, BaseException):
        return f"`{type(outcome).__name__}`"
    return "`None`" if outcome is None else "result"


def summarize(outcomes: list[object]) -> str:
    """Name what calls ended in, and how many of them did where they differ."""
    counts = Counter(map(describe, outcomes))
    return " / ".join(f"{count} {what}" if len(counts) > 1 else what for what, count in sorted(counts.items()))


async def run() -> list[dict[str, Any]]:
    """Run all cases with each client in turn."""
    encode_bomb("gzip", BOMB_SIZE)  # made before, as that takes a second
    for client in CLIENTS.values():
        await run_case(CASES[0], client)  # so that no row tells of what is imported first
    rows = []
    for case in CASES:
        print(case.what, file=sys.stderr)
        rows.append({"case": case.what, **{name: await run_case(case, client) for name, client in CLIENTS.items()}})
    return rows


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print rows for programs")
    options = parser.parse_args()
    logging.disable()
    rows = asyncio.run(run())
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    names = (f"aiospectrum {version('aiospectrum')}", f"`cloudflare` {version('cloudflare')}", "aiohttp by hand")
    print(f"| fault | {' | requests | '.join(names)} | requests |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        cells = (f"{row[name]['outcome']} | {row[name]['requests']}" for name in CLIENTS)
        print(f"| {row['case']} | {' | '.join(cells)} |")
    print(f"\n| the event loop stands still for | {' | '.join(names)} |")
    print("|---|---|---|---|")
    for row in rows:
        if max(row[name]["blocked"] for name in CLIENTS) > WORTH_TELLING:
            cells = (f"{row[name]['blocked']:.2f} s" for name in CLIENTS)
            print(f"| {row['case']} | {' | '.join(cells)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
