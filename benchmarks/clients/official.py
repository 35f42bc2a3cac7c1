"""The calls of the official client; ``official_aiohttp`` and ``official_httpx`` choose what sends them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from cloudflare import AsyncCloudflare

from benchmarks.calls import APPS, DIMENSIONS, METRICS, SINCE, TOKEN, UNTIL, ZONE
from benchmarks.clients import Calls

__all__ = ["open_official"]


@asynccontextmanager
async def open_official(
    base_url: str, connections: int, make_http_client: Callable[..., httpx.AsyncClient]
) -> AsyncIterator[Calls]:
    """Open the client, with its own settings but for the number of connections."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with AsyncCloudflare(
        api_token=TOKEN, base_url=base_url, http_client=make_http_client(limits=limits)
    ) as client:
        spectrum = client.spectrum
        reports: dict[str, Any] = {
            "metrics": list(METRICS),
            "dimensions": list(DIMENSIONS),
            "since": SINCE,
            "until": UNTIL,
        }

        async def list_apps() -> object:
            return (await spectrum.apps.list(zone_id=ZONE, page=1, per_page=APPS)).result

        yield {
            "aggregate": lambda: spectrum.analytics.aggregates.currents.get(zone_id=ZONE),
            "list": list_apps,
            "summary": lambda: spectrum.analytics.events.summaries.get(zone_id=ZONE, **reports),
            "bytime": lambda: spectrum.analytics.events.bytimes.get(zone_id=ZONE, time_delta="hour", **reports),
        }
