"""A client that openapi-python-client makes from our ``spec/``; see :mod:`benchmarks.generate`."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import Any

import httpx

from benchmarks.calls import APPS, DIMENSIONS, METRICS, SINCE, TOKEN, UNTIL, ZONE
from benchmarks.clients import Calls
from benchmarks.generate import PACKAGE, PARENT

__all__ = ["open_calls"]

if str(PARENT) not in sys.path:
    sys.path.insert(0, str(PARENT))


def _load(module: str) -> Any:
    """A module of the generated package, which type checkers cannot see."""
    return import_module(f"{PACKAGE}.{module}")


_CLIENT = _load("client").AuthenticatedClient
_MODELS = _load("models")
_AGGREGATE = _load("api.analytics.get_current_aggregate")
_LIST = _load("api.apps.list_apps")
_SUMMARY = _load("api.analytics.get_events_summary")
_BYTIME = _load("api.analytics.get_events_by_time")


@asynccontextmanager
async def open_calls(base_url: str, connections: int) -> AsyncIterator[Calls]:
    """Open the client."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with _CLIENT(base_url=base_url, token=TOKEN, httpx_args={"limits": limits}) as client:
        reports = {
            "metrics": [_MODELS.Metric(metric) for metric in METRICS],
            "dimensions": [_MODELS.Dimension(dimension) for dimension in DIMENSIONS],
            "since": SINCE,
            "until": UNTIL,
        }

        async def result_of(function: Callable[..., Awaitable[Any]], **arguments: Any) -> object:
            envelope = await function(ZONE, client=client, **arguments)
            return envelope.result

        hour = _MODELS.TimeDelta("hour")
        yield {
            "aggregate": partial(result_of, _AGGREGATE.asyncio),
            "list": partial(result_of, _LIST.asyncio, page=1, per_page=APPS),
            "summary": partial(result_of, _SUMMARY.asyncio, **reports),
            "bytime": partial(result_of, _BYTIME.asyncio, time_delta=hour, **reports),
        }
