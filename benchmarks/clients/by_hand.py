"""What one writes by hand with httpx and pydantic."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx

from benchmarks.calls import PATHS, TOKEN, plain_arguments
from benchmarks.clients import Calls
from benchmarks.models.with_pydantic import MODELS

__all__ = ["open_calls"]


@asynccontextmanager
async def open_calls(base_url: str, connections: int) -> AsyncIterator[Calls]:
    """Open a client."""
    limits = httpx.Limits(max_connections=connections)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, limits=limits) as client:

        async def get(name: str) -> object:
            response = await client.get(PATHS[name], params=plain_arguments(name))
            envelope = MODELS[name].model_validate_json(response.content)
            if not envelope.success:
                raise RuntimeError(f"{response.status_code}: {envelope.errors}")
            return envelope.result

        yield {name: partial(get, name) for name in PATHS}
