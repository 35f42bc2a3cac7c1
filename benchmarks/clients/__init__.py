"""The clients that are compared, each in a module that imports it and nothing else that is heavy.

Every module has an async context manager ``open_calls(base_url, connections)`` that gives the four calls by the names
of :data:`benchmarks.calls.PATHS`.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Final, TypeAlias

__all__ = ["CLIENTS", "FLOOR", "OFFICIAL", "OURS", "Calls", "OpenCalls", "load_client"]

Calls: TypeAlias = Mapping[str, Callable[[], Awaitable[object]]]
OpenCalls: TypeAlias = Callable[[str, int], AbstractAsyncContextManager[Calls]]

OURS: Final = "aiospectrum"
FLOOR: Final = "aiohttp + orjson"
OFFICIAL: Final = ("cloudflare, httpx", "cloudflare, aiohttp")

CLIENTS: Final = {
    FLOOR: "floor",
    OURS: "ours",
    "httpx + pydantic": "by_hand",
    "openapi-python-client": "generated",
    OFFICIAL[0]: "official_httpx",
    OFFICIAL[1]: "official_aiohttp",
}
"""Modules here by the names in tables."""


def load_client(name: str) -> OpenCalls:
    """Import a client."""
    open_calls: OpenCalls = import_module(f"benchmarks.clients.{CLIENTS[name]}").open_calls
    return open_calls
