"""The official client, as it comes."""

from contextlib import AbstractAsyncContextManager

from cloudflare import DefaultAsyncHttpxClient

from benchmarks.clients import Calls
from benchmarks.clients.official import open_official

__all__ = ["open_calls"]


def open_calls(base_url: str, connections: int) -> AbstractAsyncContextManager[Calls]:
    """Open the client."""
    return open_official(base_url, connections, DefaultAsyncHttpxClient)
