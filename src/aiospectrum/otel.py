"""OpenTelemetry's form of the attempt hook: a span and a measurement of every attempt; needs ``aiospectrum[otel]``.

Names and values are those of the stable semantic conventions for HTTP clients. Beyond them there are ``url.template``,
which is opt-in in the conventions, and an attribute of our own, ``cloudflare.ray_id``.

Source: https://opentelemetry.io/docs/specs/semconv/http/
"""

from collections.abc import Callable
from time import time_ns
from typing import Final
from urllib.parse import urlsplit

from aiospectrum._version import __version__
from aiospectrum.checks import refuse
from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted

try:
    from opentelemetry import context, metrics, trace
except ImportError as _missing:
    raise ImportError(
        "aiospectrum.otel needs the package opentelemetry-api: pip install 'aiospectrum[otel]'", name="opentelemetry"
    ) from _missing

__all__ = ["make_attempt_hook"]

_SCOPE: Final = "aiospectrum"
_SUPPRESS_HTTP: Final = context._SUPPRESS_HTTP_INSTRUMENTATION_KEY
_SUPPRESSIONS: Final = (_SUPPRESS_HTTP, context._SUPPRESS_INSTRUMENTATION_KEY, "suppress_instrumentation")
"""The keys that instrumentations look for; OpenTelemetry has no public names for them yet."""
_SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Bounds of the histogram's buckets, in seconds, as the conventions advise."""


def make_attempt_hook(
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
) -> AttemptHook:
    """Make a hook that records every attempt, for the ``on_attempt`` of a client.

    Each attempt is a span of the kind CLIENT below the span that is current where the call is made, and a value of the
    histogram ``http.client.request.duration``. The span begins when the rate limit has given a permit, ends when
    the response has been read, and never becomes the current one.

    Where instrumentation is suppressed, as by ``suppress_instrumentation()`` or in an exporter, nothing is recorded.
    During an attempt that of HTTP is suppressed, so that an instrumentation of aiohttp does not record it once more.

    ``error.type`` is the status for 400 and above, ``cancelled`` when the caller or the deadline cut the attempt short,
    and else the name of the class in :mod:`aiospectrum.errors`.

    Args:
        tracer_provider: Provides the tracer; the global one when None.
        meter_provider: Provides the meter; the global one when None.

    Returns:
        The hook; one is enough for any number of clients.

    Raises:
        InvalidArgumentError: An argument is something else.
    """
    for field, provider, method in (
        ("tracer_provider", tracer_provider, "get_tracer"),
        ("meter_provider", meter_provider, "get_meter"),
    ):
        if provider is not None and (isinstance(provider, type) or not callable(getattr(provider, method, None))):
            refuse(field, provider, f"a provider of OpenTelemetry, which has {method}(), or None")
    tracer = trace.get_tracer(_SCOPE, __version__, tracer_provider, _SCHEMA_URL)
    durations = metrics.get_meter(_SCOPE, __version__, meter_provider, _SCHEMA_URL).create_histogram(
        "http.client.request.duration",
        unit="s",
        description="Duration of HTTP client requests.",
        explicit_bucket_boundaries_advisory=_BOUNDARIES,
    )

    def begin(started: AttemptStarted) -> Callable[[AttemptEnded], None] | None:
        if any(context.get_value(key) for key in _SUPPRESSIONS):
            return None
        url, target = _target(started)
        resend = {"http.request.resend_count": started.attempt - 1} if started.attempt > 1 else {}
        began = time_ns()
        span = tracer.start_span(
            f"{started.method} {started.route}",
            kind=trace.SpanKind.CLIENT,
            attributes={**target, "url.full": url, **resend},
            start_time=began,
        )
        suppressed = context.set_value(_SUPPRESS_HTTP, True)
        token = context.attach(suppressed)

        def end(ended: AttemptEnded) -> None:
            if context.get_current() is suppressed:  # else the call ends in another context than it began in
                context.detach(token)
            outcome = _outcome(ended)
            span.set_attributes(outcome)
            if ended.ray_id is not None:
                span.set_attribute("cloudflare.ray_id", ended.ray_id)
            if "error.type" in outcome:
                span.set_status(trace.StatusCode.ERROR, _description(ended))
            durations.record(ended.duration, {**target, **outcome}, context=trace.set_span_in_context(span))
            # By the attempt's own clock, so that the span lasts as long as the histogram says.
            span.end(began + round(ended.duration * 1e9))

        return end

    return begin


def _target(started: AttemptStarted) -> tuple[str, dict[str, str | int]]:
    """The URL without credentials, and the attributes that a span and a measurement share."""
    parts = urlsplit(started.url)
    attributes: dict[str, str | int] = {
        "http.request.method": started.method,
        "server.address": parts.hostname or "",
        "server.port": parts.port or _DEFAULT_PORTS.get(parts.scheme, 0),
        "url.template": started.route,
    }
    _, at, host = parts.netloc.rpartition("@")
    url = parts._replace(netloc=f"REDACTED:REDACTED@{host}").geturl() if at else started.url
    return url, attributes


def _outcome(ended: AttemptEnded) -> dict[str, str | int]:
    """The attributes that are known at the end, for a span and a measurement."""
    attributes: dict[str, str | int] = {}
    if ended.status is not None:
        attributes["http.response.status_code"] = ended.status
    if ended.http_version is not None:
        attributes["network.protocol.version"] = ended.http_version
    if _says_status(ended):
        attributes["error.type"] = str(ended.status)
    elif ended.was_cancelled:
        attributes["error.type"] = "cancelled"
    elif ended.error is not None:
        attributes["error.type"] = type(ended.error).__qualname__
    return attributes


def _description(ended: AttemptEnded) -> str | None:
    """What an error's status does not say already."""
    return None if _says_status(ended) or ended.error is None else str(ended.error)


def _says_status(ended: AttemptEnded) -> bool:
    return ended.status is not None and ended.status >= 400
