"""OpenTelemetry's own instrumentation of aiohttp beside ours: together they record each attempt once."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any

import aiohttp
import pytest
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor, create_trace_config
from opentelemetry.instrumentation.utils import suppress_http_instrumentation, suppress_instrumentation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from aiospectrum import Client
from aiospectrum.otel import make_attempt_hook
from aiospectrum.sandbox import Sandbox
from tests.peers.conftest import Tally

NAME = f"opentelemetry-instrumentation-aiohttp-client {version('opentelemetry-instrumentation-aiohttp-client')}"


class Telemetry:
    """Providers for both, and what was recorded over them."""

    def __init__(self) -> None:
        self._exporter, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.providers: dict[str, Any] = {
            "tracer_provider": TracerProvider(shutdown_on_exit=False),
            "meter_provider": MeterProvider([self._reader], shutdown_on_exit=False),
        }
        self.providers["tracer_provider"].add_span_processor(SimpleSpanProcessor(self._exporter))

    def recorded(self) -> tuple[list[str], int]:
        """The scopes of all client spans, and how many requests were counted."""
        spans = [each for each in self._exporter.get_finished_spans() if each.kind is SpanKind.CLIENT]
        data = self._reader.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else []) for scope in resource.scope_metrics]
        points = [point for scope in scopes for metric in scope.metrics for point in metric.data.data_points]
        return [each.instrumentation_scope.name for each in spans], sum(point.count for point in points)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    yield telemetry
    AioHttpClientInstrumentor().uninstrument()
    for provider in telemetry.providers.values():
        provider.shutdown()


Opening = Callable[[Telemetry, dict[str, Any]], Any]


@asynccontextmanager
async def instrumented_before(telemetry: Telemetry, options: dict[str, Any]) -> AsyncIterator[Client]:
    AioHttpClientInstrumentor().instrument(**telemetry.providers)
    async with Client(**options) as client:
        yield client


@asynccontextmanager
async def instrumented_between(telemetry: Telemetry, options: dict[str, Any]) -> AsyncIterator[Client]:
    client = Client(**options)
    AioHttpClientInstrumentor().instrument(**telemetry.providers)
    async with client:
        yield client


@asynccontextmanager
async def instrumented_after(telemetry: Telemetry, options: dict[str, Any]) -> AsyncIterator[Client]:
    async with Client(**options) as client:
        AioHttpClientInstrumentor().instrument(**telemetry.providers)
        yield client


@asynccontextmanager
async def borrowed(telemetry: Telemetry, options: dict[str, Any]) -> AsyncIterator[Client]:
    AioHttpClientInstrumentor().instrument(**telemetry.providers)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield await stack.enter_async_context(Client(**options, session=session))


@asynccontextmanager
async def with_trace_config(telemetry: Telemetry, options: dict[str, Any]) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        configs = [create_trace_config(**telemetry.providers)]
        session = await stack.enter_async_context(aiohttp.ClientSession(trace_configs=configs))
        yield await stack.enter_async_context(Client(**options, session=session))


OPENINGS: dict[str, Opening] = {
    "instrumented before": instrumented_before,
    "instrumented between": instrumented_between,
    "instrumented after": instrumented_after,
    "borrowed": borrowed,
    "with a trace config": with_trace_config,
}


@pytest.mark.parametrize("opening", OPENINGS)
async def test_each_attempt_is_recorded_once(
    opening: str, telemetry: Telemetry, spectrum_sandbox: Sandbox, tally: Tally
) -> None:
    """With the hook it is the hook's span and count, however the session got its instrumentation."""
    sandbox = spectrum_sandbox
    options = {
        "api_token": sandbox.api_token,
        "base_url": sandbox.url,
        "on_attempt": make_attempt_hook(**telemetry.providers),
    }
    async with OPENINGS[opening](telemetry, options) as client:
        await client.protocols.list(sandbox.zones[0])
        await client.apps.list(sandbox.zones[0])
    assert telemetry.recorded() == (["aiospectrum"] * 2, 2)
    tally.count(NAME, calls=2, cases=1)


@pytest.mark.parametrize("opening", [name for name in OPENINGS if name != "instrumented after"])
async def test_without_the_hook_the_other_one_records(
    opening: str, telemetry: Telemetry, spectrum_sandbox: Sandbox
) -> None:
    """Which suffices where nobody needs what ours says."""
    sandbox = spectrum_sandbox
    async with OPENINGS[opening](telemetry, {"api_token": sandbox.api_token, "base_url": sandbox.url}) as client:
        await client.protocols.list(sandbox.zones[0])
    assert telemetry.recorded() == (["opentelemetry.instrumentation.aiohttp_client"], 1)


@pytest.mark.parametrize(
    "suppress", [suppress_instrumentation, suppress_http_instrumentation], ids=lambda it: it.__name__
)
@pytest.mark.parametrize("opening", OPENINGS)
async def test_suppressed(opening: str, suppress: Any, telemetry: Telemetry, spectrum_sandbox: Sandbox) -> None:
    """Inside of these neither records; after them both are as before."""
    sandbox = spectrum_sandbox
    options = {
        "api_token": sandbox.api_token,
        "base_url": sandbox.url,
        "on_attempt": make_attempt_hook(**telemetry.providers),
    }
    async with OPENINGS[opening](telemetry, options) as client:
        with suppress():
            await client.protocols.list(sandbox.zones[0])
        assert telemetry.recorded() == ([], 0)
        await client.protocols.list(sandbox.zones[0])
    assert telemetry.recorded() == (["aiospectrum"], 1)


async def test_other_requests_are_the_other_ones(telemetry: Telemetry, spectrum_sandbox: Sandbox) -> None:
    """A session of the program's own is recorded as ever, also after a call of ours in the same task."""
    sandbox = spectrum_sandbox
    hook = make_attempt_hook(**telemetry.providers)
    AioHttpClientInstrumentor().instrument(**telemetry.providers)
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url, on_attempt=hook) as client:
        await client.protocols.list(sandbox.zones[0])
        async with aiohttp.ClientSession() as session, session.get(sandbox.url):
            pass
    assert telemetry.recorded() == (["aiospectrum", "opentelemetry.instrumentation.aiohttp_client"], 2)
