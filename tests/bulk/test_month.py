"""A month of a job that saves: at its end every event is in the dataset once, whatever happened meanwhile."""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from aiospectrum.bulk import DestinationMismatchError, Plan, Saved, Window, catch_up, open_dataset, save

pytest.importorskip("pyarrow")

from tests.bulk.month import (
    SETTLE_AFTER,
    ZONES,
    Event,
    Killed,
    Killer,
    SimulatedAPI,
    Truth,
    make_events,
    make_query,
)

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HASTY = {zone_id for zone_id, manner in ZONES.items() if manner == "hasty"}


@attrs.define(kw_only=True)
class Job:
    """A job, and the dataset that it saves to."""

    api: SimulatedAPI
    chance: random.Random
    folder: Path
    truth: Truth
    killing: float = 0.4
    """The share of runs that are killed, cancelled or stopped."""

    kills: int = 0
    results: list[Saved] = attrs.Factory(list)

    async def run(self, call: Callable[..., Awaitable[Saved]]) -> Saved | None:
        """Save, or be killed on the way, and look at what is there then."""
        saved = await self._run(call, self.chance.choice(["disk", "call", "cancel", "progress", "stop"]))
        self.kills += saved is None
        self.results += [] if saved is None else [saved]
        self.check()
        return saved

    def check(self) -> set[Event]:
        """See that nothing is there twice, and that what is said to be complete is; give the events that are there."""
        there = self.truth.check(self.folder)
        try:
            dataset = open_dataset(self.folder)
        except DestinationMismatchError:  # the first run was killed before it made one
            return there
        for zone_id, spans in dataset.complete.items():
            assert missing_from(self.api.by_zone[zone_id], there, *spans) == []
        return there

    async def _run(self, call: Callable[..., Awaitable[Saved]], way: str) -> Saved | None:
        options = {"clock": self.api.clock, "sleep": self.api.sleep, "concurrency": 3, "rate_limit_timeout": 3600.0}
        if self.chance.random() >= self.killing:
            return await call(**options)
        stop = asyncio.Event()
        killer = Killer(at=self.chance.randrange(60) if way == "disk" else self.chance.randrange(12))
        running: asyncio.Future[Saved]

        def strike() -> None:
            try:
                killer.strike()
            except Killed:
                if way == "cancel":
                    running.cancel()
                elif way == "stop":
                    stop.set()
                else:
                    raise

        self.api.before_call = strike if way in ("call", "cancel", "stop") else lambda: None
        if way == "progress":
            options["on_progress"] = lambda progress: strike()
        running = asyncio.ensure_future(call(stop=stop, **options))
        try:
            if way == "disk":
                with killer.around_disk():
                    return await running
            return await running
        except (Killed, asyncio.CancelledError, BaseExceptionGroup) as error:
            killed = error.subgroup(Killed) if isinstance(error, BaseExceptionGroup) else error
            assert killer.is_dead
            assert killed is not None
            return None
        finally:
            self.api.before_call = lambda: None


def make_job(folder: Path, seed: int, since: datetime, days: int, **changes: Any) -> Job:
    """A job, at the start of the month."""
    chance = random.Random(seed)  # noqa: S311 - moments
    events = make_events(chance, since, days)
    api = SimulatedAPI(events=events, now=since.timestamp(), chance=chance)
    return Job(api=api, chance=chance, folder=folder, truth=Truth.of(events), **changes)


def missing_from(events: list[Event], there: set[Event], *spans: Window) -> list[Event]:
    """The events of some times that are not in a dataset, but for those of zones whose lag is not true."""
    return [
        each
        for each in events
        if any(span.since.timestamp() <= each.at < span.until.timestamp() for span in spans)
        if each not in there and each.zone_id not in HASTY
    ]


MONTHS = {
    "november": datetime(2026, 11, 18, tzinfo=UTC),
    "leap": datetime(2028, 2, 10, tzinfo=UTC),
    "new-year": datetime(2026, 12, 12, tzinfo=UTC),
}


@pytest.mark.parametrize("kind", ["hour", "summary"])
async def test_a_growing_plan(tmp_path: Path, kind: str) -> None:
    """A job at a random minute of each day saves all days so far, and the one under way."""
    since = MONTHS["leap"]
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    job = make_job(tmp_path, seed, since, 30)
    query = make_query(kind)

    async def save_until(until: datetime, **options: Any) -> Saved:
        plan = Plan(zones=[*ZONES], since=since, until=until, query=query, window="day")
        return await save(job.api, plan, tmp_path, **options)

    for day in range(30):
        for _ in range(job.chance.choice([1, 1, 1, 3])):
            job.api.now = max(job.api.now, (since + day * DAY).timestamp() + job.chance.randrange(86_400))
            until = since + (day + 1) * DAY
            await job.run(lambda until=until, **options: save_until(until, **options))  # type: ignore[misc]
    end = since + 30 * DAY
    job.api.now = (end + SETTLE_AFTER).timestamp()
    job.api.failing = job.killing = 0
    saved = await job.run(lambda **options: save_until(end, **options))
    assert saved is not None
    assert saved.ok
    assert missing_from(job.api.events, job.check(), Window(since=since, until=end)) == []
    assert job.kills > 0


@pytest.mark.parametrize("kind", ["hour", "summary"])
async def test_the_last_day(tmp_path: Path, kind: str) -> None:
    """A job saves the last 24 hours each day, early or late by up to an hour, and again when it has not got through."""
    since = MONTHS["november"]
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    job = make_job(tmp_path, seed, since, 31, killing=0.3)
    query = make_query(kind)

    async def save_last_day(**options: Any) -> Saved:
        plan = Plan.last(DAY, zones=[*ZONES], query=query, window="day", clock=job.api.clock)
        return await save(job.api, plan, tmp_path, **options)

    for day in range(1, 31):
        job.api.now = (since + day * DAY + 3 * HOUR).timestamp() + job.chance.randrange(3600)
        while (saved := await job.run(save_last_day)) is None or saved.failed or saved.stopped:
            pass
        assert job.api.now < (since + day * DAY + 5 * HOUR).timestamp()
    end = since + 30 * DAY + 3 * HOUR
    job.api.now = (end + 2 * SETTLE_AFTER).timestamp()
    job.api.failing = job.killing = 0
    saved = await job.run(save_last_day)
    assert saved is not None
    assert saved.filling > 0, "the last hour of its plan"
    span = Window(since=since + 4 * HOUR, until=end)
    assert missing_from(job.api.events, job.check(), span) == []
    assert job.kills > 0


@pytest.mark.parametrize(
    ("kind", "window", "month"),
    [
        ("hour", "day", "november"),
        ("hour", "month", "new-year"),
        ("minute", "hour", "leap"),
        ("summary", "day", "new-year"),
        ("summary", "hour", "november"),
    ],
)
async def test_catching_up(tmp_path: Path, kind: str, window: Any, month: str) -> None:
    """A job at random minutes, which is down for days at times, needs but one call."""
    since = MONTHS[month]
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    days = 8 if kind == "minute" or window == "hour" else 30
    job = make_job(tmp_path, seed, since, days)
    first = Plan(zones=[*ZONES], since=since, until=since + HOUR, query=make_query(kind), window=window)

    async def save_all(**options: Any) -> Saved:
        return await catch_up(job.api, tmp_path, plan=first if job.chance.random() < 0.5 else None, **options)

    job.api.now += 60
    while await job.run(lambda **options: catch_up(job.api, tmp_path, plan=first, **options)) is None:
        pass
    for day in range(days):
        for _ in range(job.chance.choice([0, 1, 1, 3])):
            job.api.now = max(job.api.now, (since + day * DAY).timestamp() + job.chance.randrange(86_400))
            await job.run(save_all)
    end = since + days * DAY
    job.api.now = (end + SETTLE_AFTER).timestamp()
    job.api.failing = job.killing = 0
    saved = await job.run(save_all)
    assert saved is not None
    assert not saved.failed
    assert missing_from(job.api.events, job.check(), Window(since=since, until=end)) == []


async def test_killed_at_each_call(tmp_path: Path) -> None:
    """Wherever a run ends that replaces what was filling, nothing is said to be complete that readers do not see."""
    since, at, saved = MONTHS["november"], 0, None
    while saved is None:
        job = make_job(tmp_path / str(at), 5, since, 2, killing=0)
        job.api.failing = 0
        plan = Plan(zones=[*ZONES], since=since, until=since + DAY, query=make_query("hour"))
        save_plan = functools.partial(save, job.api, plan, job.folder)
        job.api.now += 43_200
        await job.run(save_plan)
        job.api.now += 129_600
        try:
            with Killer(at=at).around_disk():
                saved = await save_plan(clock=job.api.clock, sleep=job.api.sleep)
        except (Killed, BaseExceptionGroup):
            at += 1
        job.check()
    assert at > 20
