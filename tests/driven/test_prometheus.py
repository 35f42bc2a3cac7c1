"""The collector for Prometheus: what a scrape reads of it, on a clock of the test's own; and the dashboard."""

import json
import math
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from aiospectrum import (
    AttemptEnded,
    AttemptStarted,
    Client,
    ClientStateError,
    CurrentAggregate,
    InvalidArgumentError,
    Limiter,
    NotFoundError,
    RateLimit,
    RateLimitError,
    RetryPolicy,
    ServerError,
    SpectrumError,
)
from aiospectrum.bulk import Round
from aiospectrum.prometheus import Collector
from aiospectrum.sandbox import Faults, Sandbox
from tests.bulk.fakes import ZONES, Call, Fake
from tests.bulk.test_bulk_watch import NOON, Clock, start, take

A, B, C = ZONES[:3]
DASHBOARD = Path(__file__).parents[2] / "examples" / "grafana" / "aiospectrum.json"
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "prometheus.md"
SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
STARTED = AttemptStarted(operation="list_apps", method="GET", route="/x", url="https://a.example/x", attempt=1)
ENDED = AttemptEnded(
    started=STARTED, status=200, duration=0.1, body_bytes=9, ray_id=None, error=None, was_cancelled=False
)
SMALL = RateLimit(requests=10, per_seconds=100)


def app(number: int = 1, **changes: Any) -> CurrentAggregate:
    values = {"bytes_egress": 1000, "bytes_ingress": 2000, "connections": 3, "duration_avg": 4500.0}
    return CurrentAggregate(app_id=f"{number:x}" * 32, **{**values, **changes})


def registry_of(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=True)
    registry.register(collector)
    return registry


def scrape(collector: Collector) -> dict[tuple[str, ...], float]:
    """The samples that Prometheus would read, by name and labels but the ids of zones that have a name."""
    text = generate_latest(registry_of(collector)).decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of_zone(samples: dict[tuple[str, ...], float], name: str, zone_id: str) -> float | None:
    """The value of a metric of a zone without a name."""
    return samples.get((f"spectrum_zone_{name}", "", zone_id))


def connections(samples: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Connections by the labels app, app_id, zone and zone_id."""
    return {key[1:]: value for key, value in samples.items() if key[0] == "spectrum_app_connections"}


async def update(
    collector: Collector, clock: Clock, respond: Callable[[Call], Any], zones: list[str], **options: Any
) -> dict[str, SpectrumError]:
    """One update whose calls are one after the other."""
    return await collector.update(Fake(respond=respond), zones, concurrency=1, sleep=clock.sleep, **options)


async def test_an_update_fills_the_metrics() -> None:
    """All in base units, with the names that are known; an application that is named twice counts once."""
    clock = Clock()
    collector = Collector(clock=clock)
    collector.set_zone_names({A: "example.com"})
    collector.set_app_names(A, {"1" * 32: "ssh.example.com"})
    assert await update(collector, clock, lambda call: [app(1), app(2), app(2, connections=9)], [A, B]) == {}
    samples = scrape(collector)
    labels = ("ssh.example.com", "1" * 32, "example.com", A)
    assert {key[0]: value for key, value in samples.items() if key[1:] == labels} == {
        "spectrum_app_connections": 3,
        "spectrum_app_ingress_bytes": 2000,
        "spectrum_app_egress_bytes": 1000,
        "spectrum_app_average_duration_seconds": 4.5,
    }
    assert connections(samples) == {
        labels: 3,
        ("", "2" * 32, "example.com", A): 9,
        ("", "1" * 32, "", B): 3,
        ("", "2" * 32, "", B): 9,
    }
    assert samples["spectrum_zone_up", "example.com", A] == 1
    assert samples["spectrum_zone_age_seconds", "example.com", A] == 60
    assert of_zone(samples, "age_seconds", B) == 59
    assert samples["spectrum_exporter_interval_seconds",] == 60


async def test_what_vanishes_is_absent() -> None:
    """Applications that are named no more, and zones that are called for no more, with all that was counted of them."""
    clock = Clock()
    collector = Collector(clock=clock)
    await update(collector, clock, lambda call: [app(1), app(2)] if call.zone_id == A else NotFoundError("no"), [A, B])
    collector.set_app_names(B, {"1" * 32: "ssh.example.com"})
    assert len(connections(scrape(collector))) == 2
    await update(collector, clock, lambda call: [app(2)], [A])
    samples = scrape(collector)
    assert list(connections(samples)) == [("", "2" * 32, "", A)]
    assert not [key for key in samples if B in key]
    await update(collector, clock, lambda call: [app(1)], [B])
    assert list(connections(scrape(collector))) == [("", "1" * 32, "", B)], "the names went with the zone"


async def test_a_zone_that_fails() -> None:
    """One failure leaves the numbers, two leave none; the age, the failures by kind, and whether it is up tell why."""
    clock = Clock()
    collector = Collector(clock=clock)
    await update(collector, clock, lambda call: [app()], [A])
    for number, error in enumerate([ServerError("down"), RateLimitError("slowly"), ServerError("down")], 1):
        found = await update(collector, clock, lambda call, error=error: error, [A])
        assert found == {A: error}
        samples = scrape(collector)
        assert (len(connections(samples)) == 1) is (number == 1), "gone two and a half minutes after the last ones"
        assert of_zone(samples, "age_seconds", A) == 60 * (number + 1)
        assert of_zone(samples, "up", A) == 0
    assert samples["spectrum_zone_failures_total", "ServerError", "", A] == 2
    assert samples["spectrum_zone_failures_total", "RateLimitError", "", A] == 1
    await update(collector, clock, lambda call: [app()], [A])
    samples = scrape(collector)
    assert (of_zone(samples, "up", A), of_zone(samples, "age_seconds", A), len(connections(samples))) == (1, 60, 1)
    assert samples["spectrum_zone_failures_total", "ServerError", "", A] == 2


async def test_a_zone_that_never_gave_anything() -> None:
    """Its age is infinite, so that an alert on the age sees it."""
    clock = Clock()
    collector = Collector(clock=clock)
    await update(collector, clock, lambda call: NotFoundError("no"), [A])
    assert of_zone(scrape(collector), "age_seconds", A) == math.inf


async def test_calls_are_spread_within_the_rate_limit() -> None:
    """A second apart when there are few zones; the interval grows when all of them would take more than the limit."""
    clock = Clock()
    moments: list[float] = []

    def respond(call: Call) -> list[CurrentAggregate]:
        moments.append(clock.now - NOON)
        return []

    collector = Collector(every=10, clock=clock)
    await update(collector, clock, respond, [A, B, C])
    assert (moments, clock.now - NOON) == ([0, 1, 2], 10)
    assert collector.interval_for(3) == 10
    assert collector.interval_for(1140) == 375
    moments.clear()
    many = [f"{number:032x}" for number in range(40)]
    clock.now = NOON
    await update(collector, clock, respond, many, limit=RateLimit(requests=100, per_seconds=10))
    assert moments == [number / 4 for number in range(40)], "ten seconds are enough"
    moments.clear()
    clock.now = NOON
    await update(collector, clock, respond, many[:16], limit=SMALL)
    assert (moments, clock.now - NOON) == ([number * 12.5 for number in range(16)], 200), "8 calls in 100 s"
    assert scrape(collector)["spectrum_exporter_interval_seconds",] == 200


async def test_numbers_stay_as_long_as_the_interval_is_stretched() -> None:
    """The age at which they go is two and a half intervals, however long these are."""
    clock = Clock()
    collector = Collector(clock=clock)
    await update(collector, clock, lambda call: [app()], list(ZONES), limit=SMALL)
    for seconds, count in ((40, 8), (110, 8), (74, 2), (50, 0)):
        clock.now += seconds
        assert len(connections(scrape(collector))) == count, clock.now - NOON


async def test_a_round_of_a_watch() -> None:
    """A program that watches anyway gives its rounds."""
    clock = Clock()
    collector = Collector(clock=clock)
    rounds = start(clock, lambda call: [app()] if call.zone_id == A else ServerError("down"))
    for found in await take(rounds, 2):
        collector.add_round(found)
    await rounds.aclose()
    samples = scrape(collector)
    assert list(connections(samples)) == [("", "1" * 32, "", A)]
    assert samples["spectrum_zone_failures_total", "ServerError", "", B] == 2
    collector.add_round(attrs.evolve(found, aggregates={}, errors={}))
    assert connections(scrape(collector)) == {}


HOSTILE = 'a"b\\c\n} 1\nspectrum_zone_up{zone="\udcff\u0000'


def test_texts_of_a_server_are_only_values_of_labels() -> None:
    """Quotes, ends of lines and half characters make no line of their own, and do not break the page."""
    collector = Collector()
    aggregates = (app(connections=10**400), attrs.evolve(app(), app_id=HOSTILE), app(2, connections=-(10**400)))
    collector.add_round(a_round({A: aggregates}))
    collector.set_zone_names({A: HOSTILE})
    collector.set_app_names(A, {"1" * 32: HOSTILE})
    shown = HOSTILE.encode("utf-8", "replace").decode()
    assert sorted(connections(scrape(collector)).items()) == [
        (("", "2" * 32, shown, A), -math.inf),
        (("", shown, shown, A), 3),
        ((shown, "1" * 32, shown, A), math.inf),
    ]


def a_round(aggregates: dict[str, tuple[CurrentAggregate, ...]]) -> Round:
    return Round(tick=SINCE, lag=0, aggregates=aggregates, errors={}, missed=0)


def families(collector: Collector) -> Iterator[Metric]:
    """What OpenMetrics reads, whose parser is strict."""
    return parse_openmetrics(generate_openmetrics(registry_of(collector)).decode())


async def test_names_follow_the_conventions() -> None:
    """In both formats: `_total` for counters alone, units at the end, a help for each."""
    clock = Clock()
    collector = Collector(clock=clock)
    await update(collector, clock, lambda call: [app()] if call.zone_id == A else ServerError("down"), [A, B])
    found = {family.name: family for family in families(collector)}
    assert {name for name, family in found.items() if family.type == "counter"} == {
        "spectrum_zone_failures",
        "spectrum_exporter_requests",
    }
    for name, family in found.items():
        assert re.fullmatch("spectrum_(app|zone|exporter)_[a-z_]+", name)
        assert family.documentation.endswith(".")
        assert ("seconds" in family.documentation.lower()) is name.endswith("_seconds")
        assert family.documentation.startswith("Bytes") is name.endswith("_bytes")


async def test_requests_and_pauses_of_our_own(spectrum_sandbox: Sandbox) -> None:
    """The hook counts every attempt by its outcome, and a 429 shows how long all wait."""
    sandbox, clock = spectrum_sandbox, Clock()
    collector = Collector(clock=clock)
    options: dict[str, Any] = {"api_token": sandbox.api_token, "base_url": sandbox.url}
    once = RetryPolicy(max_attempts=1)
    async with Client(**options, retry=once, on_attempt=collector.on_attempt) as client:
        await collector.update(client, sandbox.zones[:1], sleep=clock.sleep)
        sandbox.faults = Faults(throttle_rate=1, throttle_retry_after=30)
        found = await collector.update(client, sandbox.zones[:1], sleep=clock.sleep)
        assert [type(error) for error in found.values()] == [RateLimitError]
    samples = scrape(collector)
    operation = "get_current_aggregate"
    assert samples["spectrum_exporter_requests_total", operation, "200"] == 1
    assert samples["spectrum_exporter_requests_total", operation, "429"] == 1
    assert samples["spectrum_exporter_pause_seconds",] == 0, "a minute later"
    clock.now -= 50
    assert 15 < scrape(collector)["spectrum_exporter_pause_seconds",] <= 30


async def test_mistakes_of_the_program_are_raised() -> None:
    """Wrong arguments name the field; a client that is not open ends the update."""
    collector = Collector()
    wrong: list[tuple[str, Callable[[], Any]]] = [
        ("every", lambda: Collector(every=0.5)),
        ("clock", lambda: Collector(clock=1.0)),  # type: ignore[arg-type]
        ("zones", lambda: collector.interval_for(-1)),
        ("limit", lambda: collector.interval_for(1, 5)),  # type: ignore[arg-type]
        ("found", lambda: collector.add_round({})),  # type: ignore[arg-type]
        ("names", lambda: collector.set_zone_names({A: 1})),  # type: ignore[dict-item]
        ("names", lambda: collector.set_app_names(A, [])),  # type: ignore[arg-type]
        ("zones[0]", lambda: collector.set_app_names("../x", {})),
    ]
    for field, call in wrong:
        with pytest.raises(InvalidArgumentError) as raised:
            call()
        assert raised.value.field == field
    for arguments in ({"zones": [A, A]}, {"zones": [A], "concurrency": 0}, {"zones": [A], "limit": Limiter()}):
        with pytest.raises(InvalidArgumentError):
            await collector.update(Fake(respond=lambda call: []), **arguments)
    with pytest.raises(ClientStateError):
        await collector.update(Client(api_token="x" * 40), [A])
    assert connections(scrape(collector)) == {}


async def test_scrapes_from_threads_while_zones_change() -> None:
    """Every scrape is whole, whatever is added meanwhile."""
    clock, pages, is_over = Clock(), list[str](), threading.Event()
    collector = Collector(clock=clock)
    registry = registry_of(collector)

    def read() -> None:
        while not is_over.is_set():
            pages.append(generate_latest(registry).decode())

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(60):
            zones = [f"{zone:032x}" for zone in range(number, number + 20)]
            await update(collector, clock, lambda call: [app(1), app(2)], zones)
            collector.set_app_names(zones[0], {"1" * 32: f"app{number}.example"})
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert pages
    for page in pages[:: max(1, len(pages) // 20)]:
        counts = {line.split("{")[0] for line in page.splitlines() if "spectrum_app_" in line and line[0] != "#"}
        assert len(counts) in (0, 4)


def test_without_the_package() -> None:
    """The error says how to install it."""
    program = "import sys; sys.modules['prometheus_client'] = None; import aiospectrum.prometheus"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stderr.splitlines()[-1].endswith(
        "aiospectrum.prometheus needs the package prometheus-client: pip install 'aiospectrum[prometheus]'"
    )


def expressions() -> dict[str, str]:
    """The expressions of the dashboard, and the legends of their panels."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return {target["expr"]: target["legendFormat"] for panel in panels for target in panel["targets"]}


async def test_the_dashboard_and_the_guide_know_the_metrics() -> None:
    """What a panel, a variable, an alert or the table of the guide names is there, with those labels."""
    clock = Clock()
    collector = Collector(clock=clock)
    collector.on_attempt(STARTED)(ENDED)
    await update(collector, clock, lambda call: [app()] if call.zone_id == A else ServerError("down"), [A, B])
    labels = {
        sample.name: {*sample.labels}
        for family in text_string_to_metric_families(generate_latest(registry_of(collector)).decode())
        for sample in family.samples
    }
    known = {name for names in labels.values() for name in names}
    found = expressions()
    assert len(found) > 10
    for expression, legend in found.items():
        names = re.findall(r"spectrum_\w+", expression)
        assert names
        wanted = {*re.findall(r"{{(\w+)}}", legend), *re.findall(r"(\w+)=~", expression)}
        for group in re.findall(r"by \(([^)]*)\)", expression):
            wanted |= {name.strip() for name in group.split(",")}
        for name in names:
            assert wanted <= labels[name], (name, wanted)
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    variables = {each["name"]: each for each in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["zone"]["query"]["query"] == "label_values(spectrum_zone_up, zone)"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    text = GUIDE.read_text(encoding="utf-8")
    assert {*re.findall(r"\bspectrum_(?:app|zone|exporter)_\w+", text)} == {*labels}
    table = dict(re.findall(r"^\| `(spectrum_\w+)` \| \w+ \|([^|]*)\|", text, flags=re.MULTILINE))
    assert {name: {*re.findall(r"`(\w+)`", cell)} for name, cell in table.items()} == labels
    assert {"app", "app_id", "zone", "zone_id"} <= known
