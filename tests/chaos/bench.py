"""A transport for tests: real network, no waiting, and a route per method whose result is any JSON."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import attrs

from aiospectrum import SpectrumError
from aiospectrum._generated.apps import CREATE_APP, DELETE_APP, GET_APP, LIST_APPS, UPDATE_APP
from aiospectrum._http.call import HTTPTransport
from aiospectrum.limiters import Limiter
from aiospectrum.policies import RetryPolicy, Timeouts
from aiospectrum.routes import Route
from aiospectrum.transport import Response
from tests.conftest import APP, ZONE
from tests.generated.test_endpoints import REQUEST
from tests.transports import open_transport

__all__ = ["CALLS", "Bench", "BenchCall", "begin", "open_bench", "outcome_of", "until"]


@attrs.frozen(kw_only=True)
class BenchCall:
    """A call of some method, with arguments that are fine."""

    route: Route[Any]
    """The route, of which the result may be anything, so that every response but a broken one has a right result."""

    path: dict[str, str]
    """The path parameters."""

    body: object = None
    """The body."""


_IN_ZONE: Final = {"zone_id": ZONE}
_OF_APP: Final = {"zone_id": ZONE, "app_id": APP}

CALLS: Final = {
    "list": BenchCall(route=attrs.evolve(LIST_APPS, result=Any, query=()), path=_IN_ZONE),
    "get": BenchCall(route=attrs.evolve(GET_APP, result=Any), path=_OF_APP),
    "update": BenchCall(route=attrs.evolve(UPDATE_APP, result=Any), path=_OF_APP, body=REQUEST),
    "delete": BenchCall(route=attrs.evolve(DELETE_APP, result=Any), path=_OF_APP),
    "create": BenchCall(route=attrs.evolve(CREATE_APP, result=Any), path=_IN_ZONE, body=REQUEST),
}
"""A call of each kind."""


@attrs.frozen(kw_only=True)
class Bench:
    """A transport whose waits take no time and are recorded."""

    transport: HTTPTransport
    """The transport."""

    waits: list[float]
    """The seconds of each wait that it made."""

    async def call(self, name: str) -> Response[Any]:
        """Make one of :data:`CALLS`."""
        call = CALLS[name]
        return await self.transport.send(call.route, path=call.path, query={}, body=call.body)


@contextlib.asynccontextmanager
async def open_bench(
    url: str,
    *,
    timeouts: Timeouts | None = None,
    retry: RetryPolicy | None = None,
    limiter: Limiter | None = None,
    max_body_bytes: int = 1 << 20,
    random: Callable[[], float] = lambda: 0.0,
    between: Callable[[], Awaitable[object]] | None = None,
) -> AsyncIterator[Bench]:
    """Open a transport on a session of its own, by default with 20 s for a whole call and no jitter.

    ``between`` happens in each wait between attempts.
    """
    timeouts = timeouts or Timeouts(total=20)
    retry = retry or RetryPolicy()
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await (asyncio.sleep(0) if between is None else between())

    settings = {"timeouts": timeouts, "retry": retry, "limiter": limiter, "random": random, "sleep": sleep}
    async with open_transport(url, max_body_bytes=max_body_bytes, **settings) as transport:
        yield Bench(transport=transport, waits=waits)


def begin(bench: Bench, *names: str) -> list[asyncio.Task[Response[Any]]]:
    """Make calls in tasks."""
    return [asyncio.create_task(bench.call(name)) for name in names]


async def outcome_of(call: Awaitable[object]) -> object:
    """What a call ends in: its result, or the error of ours that it raises."""
    try:
        return await call
    except SpectrumError as error:
        return error


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds that no event announces; at most 20 s, so that a test fails instead of hanging."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
