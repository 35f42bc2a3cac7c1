"""The official client, with its extra for aiohttp."""

from contextlib import AbstractAsyncContextManager

from cloudflare import DefaultAioHttpClient

from benchmarks.clients import Calls
from benchmarks.clients.official import open_official

__all__ = ["open_calls"]


def open_calls(base_url: str, connections: int) -> AbstractAsyncContextManager[Calls]:
    """Open the client."""
    return open_official(base_url, connections, DefaultAioHttpClient)
