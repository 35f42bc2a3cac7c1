"""The official Python client, as the tests call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from cloudflare import AsyncCloudflare, DefaultAioHttpClient, DefaultAsyncHttpxClient
from pydantic import BaseModel

from tests.peers.json_values import normalize

__all__ = ["BACKENDS", "NAME", "of_official", "open_official"]

NAME: Final = f"cloudflare {version('cloudflare')}"
BACKENDS: Final = {"aiohttp": DefaultAioHttpClient, "httpx": DefaultAsyncHttpxClient}
"""Its ways to send."""


@asynccontextmanager
async def open_official(
    base_url: str, api_token: str, backend: str = "httpx", **options: Any
) -> AsyncIterator[AsyncCloudflare]:
    """Open the client with one of BACKENDS."""
    async with AsyncCloudflare(
        api_token=api_token, base_url=base_url, http_client=BACKENDS[backend](), **options
    ) as client:
        yield client


def of_official(result: object) -> Any:
    """The JSON values that the API sent for a model of the official client, or a list of them."""
    if isinstance(result, list):
        return [of_official(each) for each in result]
    assert isinstance(result, BaseModel), result
    return normalize(result.model_dump(mode="json", by_alias=True, exclude_unset=True))
