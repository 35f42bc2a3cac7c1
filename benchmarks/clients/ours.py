"""This project's client, with its limiter and retry at work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiospectrum import Client, RateLimit
from benchmarks.calls import APPS, DIMENSIONS, METRICS, SINCE, TOKEN, UNTIL, ZONE
from benchmarks.clients import Calls

__all__ = ["open_calls"]


@asynccontextmanager
async def open_calls(base_url: str, connections: int) -> AsyncIterator[Calls]:
    """Open the client; its limiter counts every call, and is set so high that none waits."""
    limit = RateLimit(requests=1_000_000, per_seconds=1.0, in_flight=connections)
    async with Client(api_token=TOKEN, base_url=base_url, rate_limit=limit, connector_limit=connections) as client:
        current, events = client.analytics.aggregate.current, client.analytics.events
        yield {
            "aggregate": lambda: current(ZONE),
            "list": lambda: client.apps.list(ZONE, page=1, per_page=APPS),
            "summary": lambda: events.summary(ZONE, metrics=METRICS, dimensions=DIMENSIONS, since=SINCE, until=UNTIL),
            "bytime": lambda: events.bytime(
                ZONE, time_delta="hour", metrics=METRICS, dimensions=DIMENSIONS, since=SINCE, until=UNTIL
            ),
        }
