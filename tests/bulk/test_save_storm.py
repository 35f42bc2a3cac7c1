"""Thousands of zones through faults and 429s: nothing is lost, nothing is there twice, and the limit is kept.

The clock of the limiter and of the sandbox goes faster than the real one; ``nox -s soak`` has 2,000 zones with 24
windows each.
"""

import asyncio
import logging
import shutil
from collections import Counter, deque
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from aiospectrum import AttemptStarted, Client, Limiter, RetryPolicy, Timeouts
from aiospectrum.bulk import Plan, Query
from aiospectrum.bulk.dataset.local import Disk, LocalStore
from aiospectrum.sandbox import Faults, RateLimit, Sandbox
from tests.bulk.datasets import files_of, read_file, save_over
from tests.bulk.test_bulk_sandbox import NOW

SPEED = 60
"""How much faster the clock goes: the limit is 228 requests a second then."""

LIMIT = RateLimit()
"""The limit of the API, of which the client's own leaves a part for what it sees too late on so fast a clock."""

FAULTS = Faults(
    error_rate=0.02,
    reset_rate=0.02,
    truncate_rate=0.01,
    throttle_rate=0.005,
    hang_rate=0.0002,
    storm_every=400,
    storm_lasts=20,
)


class QuickDisk(Disk):
    """Does not wait for the disk: no machine crashes here."""

    def sync(self, descriptor: int) -> None:
        pass


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Do not keep a line for each of thousands of attempts."""
    caplog.set_level(logging.ERROR, "aiospectrum")


def most_at_once(times: Iterable[float], seconds: float) -> int:
    """How many times lie in any period at most."""
    inside: deque[float] = deque()
    most = 0
    for time in times:
        inside.append(time)
        while inside[0] <= time - seconds:
            inside.popleft()
        most = max(most, len(inside))
    return most


async def totals_of(sandbox: Sandbox, plan: Plan, limiter: Limiter) -> dict[str, float]:
    """What the sandbox says each zone adds up to."""
    sandbox.faults = Faults()
    async with Client(api_email=sandbox.api_email, api_key=sandbox.api_key, base_url=sandbox.url) as client:
        calls = client.with_options(rate_limit=limiter, timeout=None).analytics.events
        last = plan.until - timedelta(seconds=1)
        totals = {}
        for zone_id in plan.zones:
            report = await calls.summary(zone_id, metrics=["count"], since=plan.since, until=last)
            totals[zone_id] = report.totals["count"]
        return totals


async def go_through_a_storm(folder: Path, *, zones: int, windows: int, faults: Faults = FAULTS) -> None:
    """Save a plan until nothing is missing, and look at everything that came of it."""
    loop = asyncio.get_running_loop()
    sent: list[float] = []

    def clock() -> float:
        return loop.time() * SPEED

    def on_attempt(started: AttemptStarted) -> None:
        sent.append(clock())

    def make_limiter() -> Limiter:
        return Limiter(clock=clock, call_later=lambda seconds, call: loop.call_later(seconds / SPEED, call))

    limiter = make_limiter()
    sandbox = Sandbox(zones=zones, apps_per_zone=1, rate_limit=LIMIT, now=lambda: NOW, monotonic=clock)
    async with (
        sandbox,
        Client(
            api_token=sandbox.api_token,
            base_url=sandbox.url,
            rate_limit=limiter,
            retry=RetryPolicy(base_wait=0.01, budget=10**6),
            timeout=Timeouts(total=None, read=8),
            on_attempt=on_attempt,
        ) as client,
    ):
        sandbox.faults = faults
        until = NOW.replace(minute=0, second=0)
        query = Query(time_delta="hour", metrics=["count"])
        plan = Plan(
            zones=sandbox.zones, since=until - timedelta(hours=windows), until=until, window="hour", query=query
        )
        store = LocalStore(folder, disk=QuickDisk())
        runs = [await save_over(store, plan, client, concurrency=40)]
        while not runs[-1].ok:
            assert len(runs) < 5
            runs.append(await save_over(store, plan, client, concurrency=40))
            assert runs[-1].skipped == runs[-2].skipped + runs[-2].done

        requests = list(sandbox.requests)
        assert {request.fault for request in requests} >= {None, "error", "reset_after", "storm", "throttle"}
        assert all(request.fault in ("storm", "throttle") for request in requests if request.status == 429)
        assert most_at_once(sent, LIMIT.per_seconds) <= LIMIT.requests
        assert (limiter.in_flight, limiter.queued) == (0, 0)
        fine = Counter((each.path, each.query) for each in requests if each.status == 200 and each.fault is None)
        assert len(fine) == len(plan)
        assert set(fine.values()) == {1}

        rows = [row for path in files_of(folder, "ndjson") for row in read_file(path)]
        assert len(rows) == sum(run.rows for run in runs) == len(plan)
        assert len({(row["zone_id"], row["interval_start"]) for row in rows}) == len(plan)
        found: Counter[str] = Counter()
        for row in rows:
            found[row["zone_id"]] += row["count"]
        assert found == Counter(await totals_of(sandbox, plan, make_limiter()))
    await asyncio.to_thread(shutil.rmtree, folder)


@pytest.mark.slow
async def test_a_small_storm(tmp_path: Path) -> None:
    """A few thousand of them, in every run of the tests; storms come often enough that one comes before the end."""
    await go_through_a_storm(tmp_path / "set", zones=200, windows=10, faults=attrs.evolve(FAULTS, storm_every=60))


@pytest.mark.soak
async def test_a_storm(tmp_path: Path) -> None:
    """All of them."""
    await go_through_a_storm(tmp_path / "set", zones=2000, windows=24)
