"""The official client, as it comes."""

from contextlib import AbstractAsyncContextManager

from cloudflare import DefaultAsyncHttpxClient

from benchmarks.clients import Calls
from benchmarks.clients.official import open_official

__all__ = ["open_calls"]


def open_calls(base_url: str, connections: int) -> AbstractAsyncContextManager[Calls]:
    """Open the client.

    Args:
        base_url: Where the server is.
        connections: The most connections.

    Returns:
        What gives the calls by name.
    """
    return open_official(base_url, connections, DefaultAsyncHttpxClient)
