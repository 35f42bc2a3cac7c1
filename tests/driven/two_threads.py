"""A program: two event loops in two threads, each with a client of its own, that begin at once in a cold process.

It is run by test_threads.py with the number of calls of each.
"""

import asyncio
import sys
import threading
from collections import Counter
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import aiospectrum

CALLS = int(sys.argv[1])
START = threading.Barrier(2)
done: dict[int, Counter[str]] = {}


def app(zone: str, number: int) -> dict[str, Any]:
    """An application whose name says whose it is."""
    return {
        "id": f"{number:032x}",
        "protocol": f"tcp/{number + 1}",
        "dns": {"type": "CNAME", "name": f"{zone}.example.com"},
        "created_on": "2026-11-01T00:00:00Z",
        "modified_on": "2026-11-01T00:00:00+02:00",  # which is left to the fallback
    }


async def respond(request: web.Request) -> web.Response:
    """Answer with what was asked for."""
    zone, last = request.match_info["zone"], request.path.rpartition("/")[2]
    result: Any = app(zone, int(last, 16)) if len(last) == 32 else [app(zone, number) for number in range(3)]
    if last == "summary":
        data = [{"dimensions": [zone], "metrics": [1]}]
        result = {"rows": 1, "data": data, "totals": {"count": 1}, "min": {}, "max": {}, "data_lag": 0, "query": {}}
    body = {"success": True, "errors": [], "messages": [], "result": result}
    return web.json_response(body, headers={"cf-ray": zone[:16]})


async def call(client: aiospectrum.Client, zone: str, number: int) -> str:
    """Make one of several calls, and check that its response is of this thread."""
    kind = number % 4
    if kind == 0:
        page = await client.apps.list(zone)
        assert [each.dns.name for each in page] == [f"{zone}.example.com"] * 3
        return "list"
    if kind == 1:
        found = await client.apps.get(zone, f"{number:032x}")
        assert (found.protocol, found.dns.name) == (f"tcp/{number + 1}", f"{zone}.example.com")
        return "get"
    if kind == 2:
        with aiospectrum.record_responses() as responses:
            report = await client.analytics.events.summary(zone, metrics=["count"], dimensions=["appID"])
        assert report.data[0].dimensions == [zone]
        assert [each.ray_id for each in responses] == [zone[:16]]
        return "summary"
    with pytest.raises(aiospectrum.InvalidArgumentError, match=zone):
        await client.apps.list(f"{zone}0")
    return "refused"


async def work(thread: int) -> None:
    """Make the calls, twenty at a time."""
    application = web.Application()
    application.router.add_route("*", "/client/v4/zones/{zone}/{rest:.*}", respond)
    zone = f"{thread + 10:032x}"[::-1]
    async with TestServer(application) as server:
        limit = aiospectrum.RateLimit(requests=100_000)
        url = str(server.make_url("/client/v4"))
        START.wait()
        async with aiospectrum.Client(api_token=f"token-of-{thread}", base_url=url, rate_limit=limit) as client:
            for first in range(0, CALLS, 20):
                numbers = range(first, min(first + 20, CALLS))
                done.setdefault(thread, Counter()).update(
                    await asyncio.gather(*(call(client, zone, number) for number in numbers))
                )
    sys.stdout.write(f"{thread}: {dict(done[thread])}\n")  # at once, unlike print()


def run(thread: int) -> None:
    """Run an event loop in this thread."""
    try:
        asyncio.run(work(thread))
    except BaseException:
        START.abort()
        raise


if __name__ == "__main__":
    sys.setswitchinterval(1e-5)  # threads take turns in the middle of everything, also where there is a GIL
    threads = [threading.Thread(target=run, args=[thread]) for thread in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
