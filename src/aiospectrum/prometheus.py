"""Metrics for Prometheus: a collector of the current aggregates of zones; needs ``aiospectrum[prometheus]``.

Names and units follow Prometheus' conventions: seconds and bytes, and ``_total`` for counters alone. The numbers of
applications are gauges, as the API gives those of the last minute.

Source: https://prometheus.io/docs/practices/naming/
"""

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from aiospectrum._http.call import while_open
from aiospectrum._http.config import check_class, check_clock, check_count, check_sleep
from aiospectrum._loop import for_each, running_loop
from aiospectrum.bulk.watch import Round
from aiospectrum.bulk.zones import Clients, check_zones, clients_by_zone
from aiospectrum.checks import Integer, Number, refuse
from aiospectrum.endpoints import get_current_aggregate
from aiospectrum.errors import ClientStateError, InvalidArgumentError, RateLimitError, SpectrumError
from aiospectrum.hooks import AttemptEnded, AttemptStarted
from aiospectrum.limiters.base import check_limit
from aiospectrum.models import CurrentAggregate
from aiospectrum.policies import RateLimit
from aiospectrum.transport import Transport

try:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
except ImportError as _missing:
    raise ImportError(
        "aiospectrum.prometheus needs the package prometheus-client: pip install 'aiospectrum[prometheus]'",
        name="prometheus_client",
    ) from _missing

__all__ = ["Collector"]

_SHARE: Final = 0.8
"""Of the rate limit that updates take; the rest is for second attempts, names, and others with the same token."""

_INTERVALS_KEPT: Final = 2.5
"""Intervals after which numbers are no longer given out: one failed call leaves no gap, and two do."""

_STEP: Final = 1.0
"""Seconds from one call to the next where there are few zones, so that all have numbers soon."""

_EVERY: Final = Number(minimum=1, expected="a number of seconds, 1 or more")
_COUNT: Final = Integer(minimum=0, takes_unchecked=False, expected="a number of zones")
_ZONE_LABELS: Final = ("zone_id", "zone")
_APP_LABELS: Final = (*_ZONE_LABELS, "app_id", "app")


@attrs.frozen
class _Numbers:
    """What the API said of one application, in base units."""

    connections: float
    ingress_bytes: float
    egress_bytes: float
    duration_seconds: float


_APP_METRICS: Final[Sequence[tuple[str, str, Callable[[_Numbers], float]]]] = (
    ("connections", "Connections of the application in the last minute.", lambda app: app.connections),
    ("ingress_bytes", "Bytes received from clients in the last minute.", lambda app: app.ingress_bytes),
    ("egress_bytes", "Bytes sent to clients in the last minute.", lambda app: app.egress_bytes),
    (
        "average_duration_seconds",
        "Average duration of a connection in the last minute, in seconds.",
        lambda app: app.duration_seconds,
    ),
)


@attrs.frozen
class _Zone:
    """What is known of one zone; replaced as a whole, so that any thread can read it."""

    apps: Mapping[str, _Numbers] = attrs.field(factory=dict)
    good_at: float = -math.inf
    """When it last gave an aggregate."""
    is_up: bool = False
    """Whether its last call succeeded."""
    failures: Mapping[str, int] = attrs.field(factory=dict)
    """Calls that failed, by the class of the error."""


class Collector:
    """Collects the current aggregates of zones for Prometheus.

    Register it with a registry of ``prometheus_client``; :meth:`update` or :meth:`add_round` keep it up to date. A
    scrape reads what is there, from any thread, and never calls the API.

    Numbers that are older than two and a half intervals are not given out any more: absent, not stale. Applications
    that an aggregate does not name are not given out either, nor is anything of zones that are no longer updated.
    """

    def __init__(self, *, every: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with no zones.

        Args:
            every: Seconds between two calls for a zone, 1 or more; the aggregates are those of one minute.
            clock: Returns seconds that never run backwards.

        Raises:
            InvalidArgumentError: An argument is invalid.
        """
        self._every: float = _EVERY.check("every", every)
        self._interval = self._every
        self._clock = check_clock(clock)
        self._lock = threading.Lock()
        self._zones: dict[str, _Zone] = {}
        self._zone_names: Mapping[str, str] = {}
        self._app_names: dict[str, Mapping[str, str]] = {}
        self._requests: Counter[tuple[str, str]] = Counter()
        self._paused_until = -math.inf

    def interval_for(self, zones: int, limit: RateLimit | None = None) -> float:
        """Give the interval of an update.

        Args:
            zones: Number of its zones.
            limit: The rate limit; None for the default.

        Returns:
            Seconds between two calls for a zone: ``every``, or so many that all zones take no more than four fifths of
            the rate limit.

        Raises:
            InvalidArgumentError: An argument is invalid.
        """
        count = int(_COUNT.check("zones", zones))
        return max(self._every, count * _least_step(check_limit(limit)))

    def on_attempt(self, started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        """Count an attempt; give this to the client, as ``Client(on_attempt=collector.on_attempt)``.

        Args:
            started: The attempt.

        Returns:
            What is called when it is over.
        """

        def end(ended: AttemptEnded) -> None:
            outcome = "cancelled" if ended.was_cancelled else "none" if ended.status is None else str(ended.status)
            error = ended.error
            with self._lock:
                self._requests[started.operation, outcome] += 1
                if isinstance(error, RateLimitError):
                    until = self._clock() + (error.wait or error.retry_after or 0.0)
                    self._paused_until = max(self._paused_until, until)

        return end

    async def update(
        self,
        client: Clients,
        zones: Iterable[str],
        *,
        limit: RateLimit | None = None,
        concurrency: int = 16,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> dict[str, SpectrumError]:
        """Call for the current aggregate of each zone once, one zone after the other, and wait for the next interval.

        It takes as long as :meth:`interval_for` says, so that a program calls it again and again. Calls are a second
        apart, less where there are many zones, more where the limit is low. Zones of earlier updates that are not among
        these are forgotten, with their counters.

        Args:
            client: An open client, or a mapping of zone ids to clients.
            zones: Ids of the zones, each once.
            limit: The rate limit, that of the client; None for the default.
            concurrency: Maximum number of calls at once, 1 or more.
            sleep: Waits a number of seconds.

        Returns:
            Why zones failed, by zone; they are called for again in the next update.

        Raises:
            InvalidArgumentError: An argument is invalid.
            ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
        """
        clients = clients_by_zone(client, check_zones(zones))
        concurrency, sleep = check_count("concurrency", concurrency), check_sleep(sleep)
        running_loop()
        self._interval = self.interval_for(len(clients), limit)
        self._keep(clients)
        errors: dict[str, SpectrumError] = {}
        began, even = self._clock(), self._interval / max(1, len(clients))
        step = max(min(_STEP, even), _least_step(check_limit(limit)))

        async def wait_until(moment: float, transport: Transport) -> None:
            while (left := moment - self._clock()) > 0:
                with while_open(transport):
                    await sleep(left)

        async def fetch(item: tuple[int, str]) -> None:
            number, zone_id = item
            await wait_until(began + number * step, clients[zone_id])
            try:
                self._add(zone_id, await get_current_aggregate(clients[zone_id], zone_id))
            except (InvalidArgumentError, ClientStateError):
                raise  # mistakes in the program, which every other zone would repeat
            except SpectrumError as error:
                errors[zone_id] = error
                self._fail(zone_id, error)

        await for_each([*enumerate(clients)], fetch, concurrency)
        for transport in [*clients.values()][:1]:
            await wait_until(began + self._interval, transport)
        return errors

    def add_round(self, found: Round) -> None:
        """Take a round of :func:`aiospectrum.bulk.watch`, for a program that watches anyway.

        Args:
            found: The round; zones that are not in it are forgotten.

        Raises:
            InvalidArgumentError: It is something else.
        """
        check_class("found", found, Round)
        self._keep({*found.aggregates, *found.errors})
        for zone_id, aggregates in found.aggregates.items():
            self._add(zone_id, aggregates)
        for zone_id, error in found.errors.items():
            self._fail(zone_id, error)

    def set_zone_names(self, names: Mapping[str, str]) -> None:
        """Set the names of zones, for the label ``zone``; it is empty where a name is not known.

        Args:
            names: Names by the ids of zones, in place of those that were set before.

        Raises:
            InvalidArgumentError: They are something else.
        """
        self._zone_names = _check_names(names)

    def set_app_names(self, zone_id: str, names: Mapping[str, str]) -> None:
        """Set the host names of the applications of a zone, for the label ``app``; they are forgotten with the zone.

        Args:
            zone_id: Identifier of the zone.
            names: Names by the ids of applications, as :func:`aiospectrum.bulk.app_names` gives them.

        Raises:
            InvalidArgumentError: They are something else.
        """
        (zone_id,), names = check_zones([zone_id]), _check_names(names)
        with self._lock:
            self._app_names[zone_id] = names

    def collect(self) -> Iterator[Metric]:
        """Give the metrics out, as a registry asks for them; any thread may do so.

        Returns:
            An iterator over the metrics.
        """
        with self._lock:
            zones, requests, app_names = dict(self._zones), dict(self._requests), dict(self._app_names)
        names, interval, now = self._zone_names, self._interval, self._clock()
        oldest = now - _INTERVALS_KEPT * interval
        fresh = {zone_id: zone for zone_id, zone in zones.items() if zone.good_at >= oldest}
        nothing: Mapping[str, str] = {}
        for name, text, number in _APP_METRICS:
            gauge = GaugeMetricFamily(f"spectrum_app_{name}", text, labels=_APP_LABELS)
            for zone_id, zone in fresh.items():
                known, zone_name = app_names.get(zone_id, nothing), names.get(zone_id, "")
                for app_id, app in zone.apps.items():
                    gauge.add_metric((zone_id, zone_name, app_id, known.get(app_id, "")), number(app))
            yield gauge
        up = GaugeMetricFamily("spectrum_zone_up", "Whether the last call for the zone succeeded.", labels=_ZONE_LABELS)
        age = GaugeMetricFamily(
            "spectrum_zone_age_seconds",
            "Seconds since the zone last gave an aggregate; +Inf when it never has.",
            labels=_ZONE_LABELS,
        )
        failures = CounterMetricFamily(
            "spectrum_zone_failures", "Calls for the zone that failed, by error.", labels=(*_ZONE_LABELS, "kind")
        )
        for zone_id, zone in zones.items():
            labels = (zone_id, names.get(zone_id, ""))
            up.add_metric(labels, zone.is_up)
            age.add_metric(labels, max(0.0, now - zone.good_at))
            for kind, count in zone.failures.items():
                failures.add_metric((*labels, kind), count)
        yield from (up, age, failures)
        sent = CounterMetricFamily(
            "spectrum_exporter_requests",
            "Requests to the API, by operation and status: none without a response, or cancelled.",
            labels=("operation", "status"),
        )
        for each, count in requests.items():
            sent.add_metric(each, count)
        yield sent
        yield GaugeMetricFamily(
            "spectrum_exporter_pause_seconds",
            "Seconds left of a pause of all requests after a 429.",
            max(0.0, self._paused_until - now),
        )
        yield GaugeMetricFamily(
            "spectrum_exporter_interval_seconds",
            "Seconds between two calls for a zone, which many zones make longer.",
            interval,
        )

    def _add(self, zone_id: str, aggregates: Iterable[CurrentAggregate]) -> None:
        apps = {
            _label(each.app_id): _Numbers(
                connections=_number(each.connections),
                ingress_bytes=_number(each.bytes_ingress),
                egress_bytes=_number(each.bytes_egress),
                duration_seconds=_number(each.duration_avg) / 1000,
            )
            for each in aggregates
        }
        with self._lock:
            zone = self._zones.get(zone_id, _Zone())
            self._zones[zone_id] = attrs.evolve(zone, apps=apps, good_at=self._clock(), is_up=True)

    def _fail(self, zone_id: str, error: SpectrumError) -> None:
        kind = type(error).__name__
        with self._lock:
            zone = self._zones.get(zone_id, _Zone())
            failures = {**zone.failures, kind: zone.failures.get(kind, 0) + 1}
            self._zones[zone_id] = attrs.evolve(zone, is_up=False, failures=failures)

    def _keep(self, zones: Collection[str]) -> None:
        """Forget all zones but these."""
        with self._lock:
            self._zones = {zone_id: zone for zone_id, zone in self._zones.items() if zone_id in zones}
            self._app_names = {zone_id: names for zone_id, names in self._app_names.items() if zone_id in zones}


def _least_step(limit: RateLimit) -> float:
    """Seconds from one call to the next that leave room in the rate limit."""
    return limit.per_seconds / (limit.requests * _SHARE)


def _check_names(names: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(names, Mapping) or not all(isinstance(each, str) for pair in names.items() for each in pair):
        refuse("names", names, "a mapping of ids to names")
    return {key: _label(name) for key, name in names.items()}


def _label(text: str) -> str:
    """A text without lone surrogates, which JSON may have and UTF-8 may not; the library escapes all else."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _number(value: float) -> float:
    """A number as Prometheus keeps it; JSON has larger ones."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
