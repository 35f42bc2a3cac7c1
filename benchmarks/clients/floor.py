"""The floor: what one writes by hand with aiohttp and orjson, dicts without types."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
import orjson

from benchmarks.calls import PATHS, TOKEN, plain_arguments
from benchmarks.clients import Calls

__all__ = ["open_calls"]


@asynccontextmanager
async def open_calls(base_url: str, connections: int) -> AsyncIterator[Calls]:
    """Open a session."""
    connector = aiohttp.TCPConnector(limit=connections)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def get(name: str) -> object:
            async with session.get(base_url + PATHS[name], params=plain_arguments(name)) as response:
                payload = orjson.loads(await response.read())
                if not payload["success"]:
                    raise RuntimeError(f"{response.status}: {payload['errors']}")
                return payload["result"]

        yield {name: partial(get, name) for name in PATHS}
