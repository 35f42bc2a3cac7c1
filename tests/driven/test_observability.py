"""What the hook, OpenTelemetry and the log report of attempts against real servers on 127.0.0.1."""

import asyncio
import gzip
import importlib
import itertools
import logging
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession, web
from opentelemetry import context, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, Metric
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    network_attributes,
    server_attributes,
    url_attributes,
)
from opentelemetry.trace import SpanKind, StatusCode

from aiospectrum import (
    AttemptEnded,
    AttemptStarted,
    Client,
    ConnectionFailedError,
    InvalidArgumentError,
    Limiter,
    NotFoundError,
    RateLimit,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    SpectrumError,
    Timeouts,
    __version__,
)
from aiospectrum.endpoints import list_protocols
from aiospectrum.otel import make_attempt_hook
from tests.conftest import APP, TOKEN, ZONE, Serve
from tests.transports import open_transport

DOCUMENT = (Path(__file__).parents[2] / "docs" / "observability.md").read_text(encoding="utf-8")
ROUTE = "/zones/{zone_id}/spectrum/protocols"
RAY = "8f2a9c1d0e3b4a5f-SFO"
NO_WAIT = RetryPolicy(base_wait=0)
ONCE = RetryPolicy(max_attempts=1)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def success() -> web.Response:
    """A response with an empty list."""
    return web.json_response({"success": True, "result": []}, headers={"cf-ray": RAY})


def drop(request: web.Request) -> web.Response:
    """Close the connection without a response."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def responding(*failures: Callable[[web.Request], web.Response]) -> Handler:
    """A handler that gives these failures, one after the other, and is a success from then on."""
    left = list(failures)

    async def respond(request: web.Request) -> web.Response:
        return left.pop(0)(request) if left else success()

    return respond


def status(code: int, text: str = "", **headers: str) -> Callable[[web.Request], web.Response]:
    """A response with a status, without an envelope unless it is the text."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: web.Response(status=code, text=text, headers={"cf-ray": RAY, **named})


class Hanging:
    """A handler that holds every response back until it is released."""

    def __init__(self) -> None:
        self.has_come = asyncio.Event()
        self.is_over = asyncio.Event()

    async def respond(self, request: web.Request) -> web.Response:
        self.has_come.set()
        await self.is_over.wait()
        return success()


@attrs.define
class Log:
    """A hook that keeps what it is given."""

    events: list[AttemptStarted | AttemptEnded] = attrs.field(factory=list)

    def __call__(self, started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        self.events.append(started)
        return self.events.append

    @property
    def ended(self) -> list[AttemptEnded]:
        return [event for event in self.events if isinstance(event, AttemptEnded)]

    def assert_paired(self) -> None:
        """Each attempt was reported once before it and once after it."""
        starts, ends = self.events[::2], self.events[1::2]
        assert len(starts) == len(ends)
        for start, end in zip(starts, ends, strict=True):
            assert isinstance(end, AttemptEnded)
            assert end.started is start


class Telemetry:
    """OpenTelemetry's SDK with what it would export kept in memory."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.hook = make_attempt_hook(tracer_provider=self.tracer_provider, meter_provider=self.meter_provider)

    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def span(self) -> ReadableSpan:
        [span] = self.spans()
        return span

    def metric(self) -> Metric:
        data = self._reader.get_metrics_data()
        assert data is not None
        [resource] = data.resource_metrics
        [scope] = resource.scope_metrics
        [metric] = scope.metrics
        return metric

    def points(self) -> list[HistogramDataPoint]:
        return [point for point in self.metric().data.data_points if isinstance(point, HistogramDataPoint)]

    def exported(self) -> str:
        """All that leaves the process."""
        return "".join(span.to_json() for span in self.spans()) + self.metric().to_json()

    def shut_down(self) -> None:
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    yield telemetry
    telemetry.shut_down()


def target(url: str) -> dict[str, Any]:
    """The attributes of every attempt at a base URL, on spans and in the histogram."""
    return {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": urlsplit(url).port,
        "url.template": ROUTE,
    }


# ── The hook ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_the_hook_receives_for_a_success(serve: Serve) -> None:
    """Before the attempt everything of the request, after it all of the response, by the clock of the transport."""
    log = Log()
    body = b'{"success": true, "result": []}'

    async def respond(request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(body), headers={"Content-Encoding": "gzip", "cf-ray": RAY})

    url = await serve(respond)
    async with open_transport(url, hook=log, clock=itertools.count(100.0, 2.5).__next__) as transport:
        await list_protocols(transport, ZONE)

    started = AttemptStarted(
        operation="list_protocols",
        method="GET",
        route=ROUTE,
        url=f"{url}/zones/{ZONE}/spectrum/protocols",
        attempt=1,
    )
    assert log.events == [
        started,
        AttemptEnded(
            started=started,
            status=200,
            http_version="1.1",
            duration=2.5,
            body_bytes=len(body),
            ray_id=RAY,
            error=None,
            was_cancelled=False,
        ),
    ]


async def test_what_the_hook_receives_for_failed_attempts(serve: Serve) -> None:
    """Each attempt has its number and its own error; the last error is the one that the caller gets."""
    log = Log()
    url = await serve(responding(status(503), drop, status(404, "gone")))

    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT, on_attempt=log) as client:
        with pytest.raises(NotFoundError) as caught:
            await client.apps.get(ZONE, APP)

    log.assert_paired()
    assert [
        (e.started.attempt, e.status, e.http_version, e.body_bytes, e.ray_id, type(e.error).__name__, e.was_cancelled)
        for e in log.ended
    ] == [
        (1, 503, "1.1", 0, RAY, "ServerError", False),
        (2, None, None, 0, None, "ConnectionFailedError", False),
        (3, 404, "1.1", 4, RAY, "NotFoundError", False),
    ]
    assert log.ended[-1].error is caught.value
    assert {e.started.route for e in log.ended} == {"/zones/{zone_id}/spectrum/apps/{app_id}"}


async def test_a_body_that_is_too_large_has_a_status_and_a_ray_id(serve: Serve) -> None:
    """A response that is not read to its end is reported all the same."""
    log = Log()
    url = await serve(responding(status(200, "x" * 100)))

    async with Client(api_token=TOKEN, base_url=url, max_body_bytes=50, on_attempt=log) as client:
        with pytest.raises(ResponseError):
            await client.protocols.list(ZONE)

    [ended] = log.ended
    assert (ended.status, ended.ray_id, ended.body_bytes) == (200, RAY, 0)


async def test_a_hook_may_want_nothing_afterwards(serve: Serve) -> None:
    """A hook that returns None is called before each attempt only."""
    started: list[AttemptStarted] = []

    def hook(event: AttemptStarted) -> None:
        started.append(event)

    url = await serve(responding(status(503)))
    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT, on_attempt=hook) as client:
        assert await client.protocols.list(ZONE) == []

    assert [event.attempt for event in started] == [1, 2]


async def test_a_hook_that_raises_before_an_attempt_ends_the_call(serve: Serve) -> None:
    """Nothing is sent, the caller gets the exception as it is, and the client continues to work."""
    seen: list[str] = []
    problem = ValueError("the hook's own")

    async def respond(request: web.Request) -> web.Response:
        seen.append(request.method)
        return success()

    def hook(started: AttemptStarted) -> None:
        if started.operation == "get_app":
            raise problem

    limiter = Limiter()
    url = await serve(respond)
    async with Client(api_token=TOKEN, base_url=url, rate_limit=limiter, on_attempt=hook) as client:
        with pytest.raises(ValueError, match="the hook's own") as caught:
            await client.apps.get(ZONE, APP)
        assert (seen, limiter.in_flight) == ([], 0)
        assert await client.protocols.list(ZONE) == []

    assert caught.value is problem


@pytest.mark.parametrize("failures", [(), (status(503),)], ids=["after a success", "after a failure"])
async def test_a_hook_that_raises_after_an_attempt_ends_the_call(
    failures: tuple[Callable[[web.Request], web.Response], ...], serve: Serve
) -> None:
    """No further attempt is made, and the exception takes the place of the result or the error."""
    log = Log()
    limiter = Limiter()

    def hook(started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        end = log(started)

        def finish(ended: AttemptEnded) -> None:
            end(ended)
            if len(log.ended) == 1:
                raise ValueError("the hook's own")

        return finish

    url = await serve(responding(*failures))
    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT, rate_limit=limiter, on_attempt=hook) as client:
        with pytest.raises(ValueError, match="the hook's own"):
            await client.protocols.list(ZONE)
        assert limiter.in_flight == 0
        assert await client.protocols.list(ZONE) == []

    log.assert_paired()
    assert [ended.started.attempt for ended in log.ended] == [1, 1]


async def test_a_hook_that_raises_after_a_cancelled_attempt(serve: Serve) -> None:
    """The exception takes the place of the cancellation too, and no slot stays taken."""
    hanging, limiter = Hanging(), Limiter()

    def hook(started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        def finish(ended: AttemptEnded) -> None:
            raise ValueError(f"cancelled: {ended.was_cancelled}")

        return finish

    url = await serve(hanging.respond)
    async with Client(api_token=TOKEN, base_url=url, rate_limit=limiter, on_attempt=hook) as client:
        task = asyncio.create_task(client.protocols.list(ZONE))
        await hanging.has_come.wait()
        task.cancel()
        with pytest.raises(ValueError, match="cancelled: True"):
            await task
        hanging.is_over.set()

    assert limiter.in_flight == 0


async def test_the_hook_is_called_once_per_attempt_when_cancelled(serve: Serve) -> None:
    """A cancelled attempt ends once, and says that it was cancelled; the caller gets the cancellation."""
    hanging, log = Hanging(), Log()

    async with Client(api_token=TOKEN, base_url=await serve(hanging.respond), on_attempt=log) as client:
        task = asyncio.create_task(client.protocols.list(ZONE))
        await hanging.has_come.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        hanging.is_over.set()

    log.assert_paired()
    [ended] = log.ended
    assert (ended.status, ended.http_version, ended.ray_id, ended.error) == (None, None, None, None)
    assert ended.was_cancelled


async def test_a_call_that_the_rate_limit_refuses_is_no_attempt(serve: Serve) -> None:
    """No hook is called for a call whose permit would come after its deadline, nor for one cancelled in the queue."""
    log = Log()
    one = RateLimit(requests=1, per_seconds=300)
    url = await serve(responding())

    async with Client(api_token=TOKEN, base_url=url, rate_limit=one, timeout=30, on_attempt=log) as client:
        await client.protocols.list(ZONE)
        with pytest.raises(RequestTimeoutError):
            await client.protocols.list(ZONE)
        patient = client.with_options(timeout=None)
        task = asyncio.create_task(patient.protocols.list(ZONE))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    log.assert_paired()
    assert [ended.status for ended in log.ended] == [200]


# ── OpenTelemetry ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_span_of_a_success(serve: Serve, telemetry: Telemetry) -> None:
    """One span of the kind CLIENT with the attributes of the conventions, and no others but the ray id."""
    url = await serve(responding())

    async with Client(api_token=TOKEN, base_url=url, on_attempt=telemetry.hook) as client:
        await client.protocols.list(ZONE)

    span = telemetry.span()
    assert (span.name, span.kind, span.parent) == (f"GET {ROUTE}", SpanKind.CLIENT, None)
    assert span.attributes == {
        **target(url),
        "url.full": f"{url}/zones/{ZONE}/spectrum/protocols",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "cloudflare.ray_id": RAY,
    }
    assert (span.status.status_code, span.status.description) == (StatusCode.UNSET, None)
    assert (span.events, span.links) == ((), ())
    scope = span.instrumentation_scope
    assert scope is not None
    assert (scope.name, scope.version) == ("aiospectrum", __version__)
    assert (scope.schema_url or "").startswith("https://opentelemetry.io/schemas/1.")


async def test_the_histogram(serve: Serve, telemetry: Telemetry) -> None:
    """The duration is measured in seconds, with the advised bounds, and is that of the span, to which it leads."""
    url = await serve(responding())

    async with Client(api_token=TOKEN, base_url=url, on_attempt=telemetry.hook) as client:
        await client.protocols.list(ZONE)

    span, metric = telemetry.span(), telemetry.metric()
    [point] = metric.data.data_points
    assert isinstance(point, HistogramDataPoint)
    assert (metric.name, metric.unit) == ("http.client.request.duration", "s")
    assert metric.description == "Duration of HTTP client requests."
    assert point.explicit_bounds == (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
    assert point.attributes == {**target(url), "http.response.status_code": 200, "network.protocol.version": "1.1"}
    assert span.start_time is not None
    assert span.end_time is not None
    assert point.count == 1
    assert point.sum == pytest.approx((span.end_time - span.start_time) / 1e9, abs=1e-9)
    assert span.context is not None
    assert [exemplar.span_id for exemplar in point.exemplars] == [span.context.span_id]


@pytest.mark.parametrize(
    ("failure", "code", "kind"),
    [
        pytest.param(status(404), 404, "404", id="404"),
        pytest.param(status(429, retry_after="0"), 429, "429", id="429"),
        pytest.param(status(503), 503, "503", id="503"),
        pytest.param(status(503, "x" * 2000), 503, "503", id="503 with a large body"),
        pytest.param(status(307, location="/x"), 307, "RedirectError", id="redirect"),
        pytest.param(status(200, "<html>"), 200, "MalformedBodyError", id="HTML with 200"),
        pytest.param(status(200, '{"success": false}'), 200, "UnsuccessfulError", id="failed with 200"),
        pytest.param(status(200, "x" * 2000), 200, "BodyTooLargeError", id="200 with a large body"),
        pytest.param(drop, None, "ConnectionFailedError", id="dropped connection"),
    ],
)
async def test_spans_of_failures(
    failure: Callable[[web.Request], web.Response],
    code: int | None,
    kind: str,
    serve: Serve,
    telemetry: Telemetry,
) -> None:
    """A failure has a type and the status ERROR, with a description only where the HTTP status does not say it all."""
    url = await serve(responding(failure))

    async with Client(
        api_token=TOKEN, base_url=url, retry=ONCE, max_body_bytes=1000, on_attempt=telemetry.hook
    ) as client:
        with pytest.raises(RequestError) as caught:
            await client.protocols.list(ZONE)

    span = telemetry.span()
    [point] = telemetry.points()
    for attributes in (span.attributes, point.attributes):
        assert attributes is not None
        assert attributes["error.type"] == kind
        assert attributes.get("http.response.status_code") == code
    assert span.attributes is not None
    assert span.attributes.get("cloudflare.ray_id") == (None if code is None else RAY)
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == (None if kind.isdigit() else str(caught.value))
    assert span.events == ()


async def test_spans_of_a_retried_call(serve: Serve, telemetry: Telemetry) -> None:
    """Each attempt is a span of its own, counted from the second on, and no span stands for the call as a whole."""
    url = await serve(responding(status(503), status(503)))

    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT, on_attempt=telemetry.hook) as client:
        await client.protocols.list(ZONE)

    spans = telemetry.spans()
    failed = {"http.response.status_code": 503, "error.type": "503"}
    common = {
        **target(url),
        "url.full": f"{url}/zones/{ZONE}/spectrum/protocols",
        "network.protocol.version": "1.1",
        "cloudflare.ray_id": RAY,
    }
    assert [span.attributes for span in spans] == [
        {**common, **failed},
        {**common, **failed, "http.request.resend_count": 1},
        {**common, "http.response.status_code": 200, "http.request.resend_count": 2},
    ]
    assert [span.status.status_code for span in spans] == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]
    counts = {
        point.attributes["http.response.status_code"]: point.count for point in telemetry.points() if point.attributes
    }
    assert counts == {503: 2, 200: 1}


@pytest.mark.parametrize(
    ("timeouts", "kind"),
    [
        pytest.param(Timeouts(total=0.05), "cancelled", id="deadline"),
        pytest.param(Timeouts(read=0.05), "ConnectionFailedError", id="read"),
    ],
)
async def test_spans_of_timeouts(timeouts: Timeouts, kind: str, serve: Serve, telemetry: Telemetry) -> None:
    """An attempt that the deadline cuts short was cancelled; one that waited too long for bytes has failed."""
    hanging = Hanging()
    url = await serve(hanging.respond)

    async with Client(api_token=TOKEN, base_url=url, timeout=timeouts, retry=ONCE, on_attempt=telemetry.hook) as client:
        with pytest.raises((RequestTimeoutError, ConnectionFailedError)):
            await client.protocols.list(ZONE)
        hanging.is_over.set()

    span = telemetry.span()
    [point] = telemetry.points()
    assert point.attributes == {**target(url), "error.type": kind}
    assert span.attributes == {
        **target(url),
        "url.full": f"{url}/zones/{ZONE}/spectrum/protocols",
        "error.type": kind,
    }
    assert span.status.status_code is StatusCode.ERROR


async def test_the_span_of_a_cancelled_attempt(serve: Serve, telemetry: Telemetry) -> None:
    """A cancelled attempt is recorded as an error of the type ``cancelled``."""
    hanging = Hanging()
    url = await serve(hanging.respond)

    async with Client(api_token=TOKEN, base_url=url, on_attempt=telemetry.hook) as client:
        task = asyncio.create_task(client.protocols.list(ZONE))
        await hanging.has_come.wait()
        assert telemetry.spans() == []
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        hanging.is_over.set()

    span = telemetry.span()
    [point] = telemetry.points()
    assert point.attributes == {**target(url), "error.type": "cancelled"}
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)


async def test_the_parent_is_the_callers_span(serve: Serve, telemetry: Telemetry) -> None:
    """Every attempt is a child of the span that is current where the call is made, which stays the current one."""
    url = await serve(responding(status(503)))
    tracer = telemetry.tracer_provider.get_tracer("test")

    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT, on_attempt=telemetry.hook) as client:
        with tracer.start_as_current_span("caller") as caller:
            await client.protocols.list(ZONE)
            assert trace.get_current_span() is caller
        assert trace.get_current_span() is trace.INVALID_SPAN

    first, second, outer = telemetry.spans()
    assert outer.name == "caller"
    for span in (first, second):
        assert span.parent is not None
        assert span.parent.span_id == caller.get_span_context().span_id
    assert first.start_time is not None
    assert outer.start_time is not None
    assert outer.start_time <= first.start_time


async def test_concurrent_calls_keep_their_parents(serve: Serve, telemetry: Telemetry) -> None:
    """Calls under way at the same time are children of the span of the task that each is made in."""
    both = asyncio.Barrier(2)

    async def respond(request: web.Request) -> web.Response:
        await both.wait()
        return success()

    url = await serve(respond)
    tracer = telemetry.tracer_provider.get_tracer("test")

    async def call(client: Client, zone_id: str) -> None:
        with tracer.start_as_current_span(zone_id):
            await client.protocols.list(zone_id)

    zones = ["a" * 32, "b" * 32]
    async with Client(api_token=TOKEN, base_url=url, on_attempt=telemetry.hook) as client, asyncio.TaskGroup() as group:
        for zone_id in zones:
            group.create_task(call(client, zone_id))

    names = {span.context.span_id: span.name for span in telemetry.spans() if span.context is not None}
    children = [span for span in telemetry.spans() if span.kind is SpanKind.CLIENT]
    parents = {
        str(span.attributes["url.full"]).split("/")[6]: names[span.parent.span_id]
        for span in children
        if span.attributes is not None and span.parent is not None
    }
    assert parents == {zone_id: zone_id for zone_id in zones}


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param({"api_token": TOKEN}, id="token"),
        pytest.param({"api_email": "someone@example.com", "api_key": "5ecret-key-of-the-tests"}, id="key"),
    ],
)
@pytest.mark.parametrize("code", [200, 307, 404, 503])
async def test_no_secret_leaves(
    credentials: dict[str, Any],
    code: int,
    serve: Serve,
    telemetry: Telemetry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A server that repeats credentials in every place brings them into no span, measurement, event or log line."""
    log = Log()

    async def echo(request: web.Request) -> web.Response:
        names = ("Authorization", "X-Auth-Email", "X-Auth-Key")
        said = " ".join(request.headers[name] for name in names if name in request.headers)
        headers = {"cf-ray": said, "Location": f"/{said}", "Retry-After": said, "RateLimit": said}
        body = {"success": False, "errors": [{"code": 1, "message": said}], "result": said}
        return web.json_response(body, status=code, headers=headers, reason=said)

    def hook(started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        ends = (log(started), telemetry.hook(started))

        def finish(ended: AttemptEnded) -> None:
            for end in ends:
                assert end is not None
                end(ended)

        return finish

    caplog.set_level(logging.DEBUG, "aiospectrum")
    async with Client(base_url=await serve(echo), retry=NO_WAIT, on_attempt=hook, **credentials) as client:
        with pytest.raises(ResponseError):
            await client.protocols.list(ZONE)

    recorded = telemetry.exported() + repr(log.events) + "".join(repr(vars(e.error)) for e in log.ended) + caplog.text
    assert [secret for secret in credentials.values() if secret in recorded] == []
    assert "[redacted]" in telemetry.exported()


@pytest.mark.parametrize(
    ("url", "full", "address", "port"),
    [
        ("https://api.example/v4?page=1", "https://api.example/v4?page=1", "api.example", 443),
        ("http://localhost/v4", "http://localhost/v4", "localhost", 80),
        ("https://me:pa55@api.example:8443/v4", "https://REDACTED:REDACTED@api.example:8443/v4", "api.example", 8443),
        ("https://me@api.example/v4?a=b", "https://REDACTED:REDACTED@api.example/v4?a=b", "api.example", 443),
        ("https://me:p@55@[2001:db8::1]/v4", "https://REDACTED:REDACTED@[2001:db8::1]/v4", "2001:db8::1", 443),
    ],
    ids=["port of https", "port of http", "credentials", "a name only", "IPv6"],
)
def test_urls(url: str, full: str, address: str, port: int, telemetry: Telemetry) -> None:
    """The port is always recorded, and credentials in a URL never are, whatever transport calls the hook."""
    started = AttemptStarted(operation="list_apps", method="GET", route="/v4", url=url, attempt=1)
    ended = AttemptEnded(
        started=started, status=200, duration=0.25, body_bytes=0, ray_id=None, error=None, was_cancelled=False
    )

    end = telemetry.hook(started)
    assert end is not None
    end(ended)

    span = telemetry.span()
    assert span.attributes == {
        "http.request.method": "GET",
        "server.address": address,
        "server.port": port,
        "url.template": "/v4",
        "url.full": full,
        "http.response.status_code": 200,
    }
    assert span.start_time is not None
    assert span.end_time == span.start_time + 250_000_000


async def test_names_are_those_of_the_conventions(serve: Serve, telemetry: Telemetry) -> None:
    """Every attribute is a stable one of OpenTelemetry's own list, but for the two that the documentation names."""
    modules = (error_attributes, http_attributes, network_attributes, server_attributes, url_attributes)
    stable = {value for module in modules for name, value in vars(module).items() if name.isupper()}
    url = await serve(responding(status(503)))

    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT, on_attempt=telemetry.hook) as client:
        await client.protocols.list(ZONE)

    on_spans = {name for span in telemetry.spans() for name in span.attributes or ()}
    in_histogram = {name for point in telemetry.points() for name in point.attributes or ()}
    assert on_spans - stable == {"url.template", "cloudflare.ray_id"}
    assert in_histogram - stable == {"url.template"}
    documented = {
        name for row in re.findall(r"^\| (`.*?) \| yes \|", DOCUMENT, re.MULTILINE) for name in row.split("`")
    }
    assert on_spans <= documented


KEYS = {
    "suppress_instrumentation": context._SUPPRESS_INSTRUMENTATION_KEY,
    "its plain name": "suppress_instrumentation",
    "suppress_http_instrumentation": context._SUPPRESS_HTTP_INSTRUMENTATION_KEY,
}
"""What opentelemetry-instrumentation sets, by the name of the function."""


@pytest.mark.parametrize("key", KEYS)
async def test_suppressed_instrumentation(key: str, serve: Serve, telemetry: Telemetry) -> None:
    """Where it is suppressed nothing is recorded, and all is as before afterwards."""
    url = await serve(responding(status(503)))
    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT, on_attempt=telemetry.hook) as client:
        token = context.attach(context.set_value(KEYS[key], True))
        await client.protocols.list(ZONE)
        assert telemetry.spans() == []
        context.detach(token)
        await client.protocols.list(ZONE)
    assert len(telemetry.spans()) == 1
    assert [point.count for point in telemetry.points()] == [1]


async def test_http_instrumentation_below_ours_is_suppressed(serve: Serve, telemetry: Telemetry) -> None:
    """During an attempt, however it ends, and not after it; so that none of aiohttp records a second one."""
    seen: list[tuple[str, object]] = []
    hanging = Hanging()

    def note(moment: str) -> None:
        seen.append((moment, context.get_value(KEYS["suppress_http_instrumentation"])))

    async def middleware(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        note("request")
        return await handler(request)

    handlers = [responding(status(503), drop), responding(status(404)), hanging.respond]
    async with ClientSession(middlewares=[middleware]) as session:
        for handler in handlers:
            url = await serve(handler)
            options: dict[str, Any] = {"base_url": url, "session": session, "on_attempt": telemetry.hook}
            async with Client(api_token=TOKEN, retry=NO_WAIT, timeout=0.2, **options) as client:
                note("before")
                with suppress(SpectrumError):
                    await client.protocols.list(ZONE)
                note("after")
    hanging.is_over.set()
    assert seen == [
        *[("before", None), ("request", True), ("request", True), ("request", True), ("after", None)],
        *[("before", None), ("request", True), ("after", None)] * 2,
    ]
    assert len(telemetry.spans()) == 5


async def test_a_call_that_ends_in_another_context(
    serve: Serve, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """A hook that is called there takes nothing back that it has not set, and OpenTelemetry logs no failure."""
    started = AttemptStarted(operation="x", method="GET", route="/x", url="https://a.example/x", attempt=1)
    ended = AttemptEnded(
        started=started, status=200, duration=0.5, body_bytes=0, ray_id=None, error=None, was_cancelled=False
    )
    end = copy_context().run(telemetry.hook, started)
    assert end is not None
    end(ended)
    assert (len(telemetry.spans()), caplog.records) == (1, [])


def test_the_package_does_without_opentelemetry() -> None:
    """Importing aiospectrum imports none of it, and a hook finds global providers that are set later."""
    program = """
import sys
import aiospectrum
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
from aiospectrum.endpoints import list_protocols
from aiospectrum.otel import make_attempt_hook
assert not [name for name in sys.modules if name.startswith("opentelemetry.sdk")]
hook = make_attempt_hook()

started = aiospectrum.AttemptStarted(operation="x", method="GET", route="/x", url="https://a.example/x", attempt=1)
ended = aiospectrum.AttemptEnded(
    started=started, status=200, duration=0.5, body_bytes=0, ray_id=None, error=None, was_cancelled=False
)
hook(started)(ended)  # nobody listens yet

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))
metrics.set_meter_provider(MeterProvider([reader]))
hook(started)(ended)
[span] = exporter.get_finished_spans()
[metric] = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
print(span.name, metric.data.data_points[0].sum, len(metric.data.data_points[0].explicit_bounds))
"""

    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program

    assert (done.stdout, done.stderr) == ("GET /x 0.5 14\n", "")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenTelemetry the module says what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "aiospectrum.otel")

    with pytest.raises(ImportError, match=re.escape("pip install 'aiospectrum[otel]'")) as caught:
        importlib.import_module("aiospectrum.otel")

    assert caught.value.name == "opentelemetry"


# ── Logging ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_log_lines(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """One line per attempt at DEBUG, one per retry and per pause at WARNING, all of the logger ``aiospectrum``."""
    caplog.set_level(logging.DEBUG, "aiospectrum")
    url = await serve(responding(status(503), status(429, retry_after="0"), drop))

    async with Client(api_token=TOKEN, base_url=url, retry=NO_WAIT) as client:
        await client.protocols.list(ZONE)

    call = f"GET {url}/zones/{ZONE}/spectrum/protocols"
    lines = [record for record in caplog.records if record.name == "aiospectrum"]
    expected = [
        ("DEBUG", f"{call}, attempt 1: 503"),
        ("WARNING", f"{call} answered 503: *; attempt 2 follows in 0.00 s"),
        ("DEBUG", f"{call}, attempt 2: 429"),
        ("WARNING", f"{call} answered 429: *; all requests are paused for 0.0 s"),
        ("WARNING", f"{call} answered 429: *; attempt 3 follows in 0.00 s"),
        ("DEBUG", f"{call}, attempt 3: no response"),
        ("DEBUG", f"{call} failed: *; it is sent again over a new connection"),
        ("DEBUG", f"{call}, attempt 4: 200"),
    ]
    assert [
        (line.levelname, re.sub(r"(?<=: )(?!no response)\D.*(?=;)", "*", line.getMessage())) for line in lines
    ] == expected
    assert TOKEN not in caplog.text


async def test_a_cancelled_attempt_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """The line of an attempt does not depend on how it ends, nor on a hook."""
    caplog.set_level(logging.DEBUG, "aiospectrum")
    hanging = Hanging()

    async with Client(api_token=TOKEN, base_url=await serve(hanging.respond)) as client:
        task = asyncio.create_task(client.protocols.list(ZONE))
        await hanging.has_come.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        hanging.is_over.set()

    assert [record.levelname for record in caplog.records if record.name == "aiospectrum"] == ["DEBUG"]


# ── The document ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_document_names_every_field() -> None:
    """The tables of the hook's fields are complete."""
    for kind in (AttemptStarted, AttemptEnded):
        _, _, table = DOCUMENT.partition(f"| `{kind.__name__}` |")
        first_column = {name for row in table.split("\n\n")[0].splitlines() for name in row.split("|")[1:2]}
        named = {name for cell in first_column for name in re.findall(r"`(\w+)`", cell)}
        assert named == {field.name for field in attrs.fields(kind)}


@pytest.mark.parametrize("field", ["tracer_provider", "meter_provider"])
@pytest.mark.parametrize("value", [5, "otlp", TracerProvider, object()], ids=["number", "text", "class", "object"])
def test_what_is_no_provider(field: str, value: Any) -> None:
    """It is refused when it is given, by its name."""
    with pytest.raises(InvalidArgumentError, match=f"^{field}: expected a provider of OpenTelemetry"):
        make_attempt_hook(**{field: value})
