"""Datasets that are extended to now, by jobs that run at any moment."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiospectrum import InvalidArgumentError, Report, ServerError
from aiospectrum.bulk import (
    DestinationMismatchError,
    Plan,
    Query,
    Saved,
    catch_up,
    delete_before,
    extend_query,
    open_dataset,
    save,
)
from tests.bulk.datasets import expected_rows, hourly, make_plan, saved_windows, shown_rows, state_of
from tests.bulk.fakes import SINCE, ZONES, Call, Fake, report

A, B, C = ZONES[:3]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SUMMARY = Query(kind="summary", metrics=["count"], dimensions=["event"])


def respond(call: Call) -> Report:
    """A report by the hour, or a sum."""
    return hourly(call) if "time_delta" in call.query else report([1])


class Job:
    """Runs again and again, at moments of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken: set[str] = set()
        self.calls: list[Call] = []

    def respond(self, call: Call) -> Any:
        self.calls.append(call)
        return ServerError("no") if call.zone_id in self.broken else respond(call)

    async def run(self, now: datetime, **options: Any) -> Saved:
        self.calls.clear()
        defaults = {"concurrency": 3, "rate_limit_timeout": None, "clock": now.timestamp}
        return await catch_up(Fake(respond=self.respond), self.folder, **{**defaults, **options})


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "out")


@pytest.mark.parametrize("of_clients", [str.upper, str.lower])
@pytest.mark.parametrize("of_plan", [str.upper, str.lower])
async def test_ids_in_capitals(tmp_path: Path, of_clients: Any, of_plan: Any) -> None:
    """A mapping of clients finds a zone however its id is spelled, as a dataset has it in lower case."""
    zone = "ab" * 16
    clients, plan = {of_clients(zone): Fake(respond=respond)}, make_plan([of_plan(zone)], days=1)
    options: Any = {"format": "csv", "rate_limit_timeout": None}

    assert (await save(clients, plan, tmp_path, clock=(SINCE + 3 * DAY).timestamp, **options)).done == 1
    assert (await catch_up(clients, tmp_path, clock=(SINCE + 5 * DAY).timestamp, **options)).done > 0


@pytest.mark.parametrize("ending", ["parquet", "ndjson"])
async def test_a_job_of_every_day(job: Job, ending: str) -> None:
    """With a plan each run is made by the same call; at the end every event is there once."""
    plan = make_plan([A, B], days=1)
    for day in range(1, 5):
        now = SINCE + day * DAY + timedelta(minutes=7 * day, seconds=day)
        saved = await job.run(now, plan=plan, format=ending)
        assert (saved.failed, saved.not_begun, saved.left) == ((), 0, 0)
        assert saved.filling == 2  # the hour that is not over, of both zones
    await job.run(SINCE + 6 * DAY)
    assert shown_rows(job.folder, ending) == expected_rows(make_plan([A, B], days=6))


async def test_the_dataset_says_what_to_extend(job: Job) -> None:
    """Query, zones, windows and format are its own; a late run asks for all that has passed."""
    await job.run(SINCE + DAY, plan=make_plan([B, A], window="hour"), format="csv")
    saved = await job.run(SINCE + 3 * DAY + HOUR / 2)
    assert (saved.total, saved.done, saved.filling) == (2 * 49, 2 * 48, 2)
    assert {call.query["metrics"] for call in job.calls} == {("count",)}
    assert {path.suffix for path in (job.folder / "data").iterdir()} == {".csv"}


async def test_what_failed_is_caught_up(job: Job) -> None:
    """A zone that fails is asked for from where it is complete, others are not asked twice."""
    plan = make_plan([A, B, C])
    job.broken = {B}
    assert (await job.run(SINCE + DAY, plan=plan)).failed
    assert (await job.run(SINCE + 2 * DAY)).failed
    job.broken = set()
    saved = await job.run(SINCE + 3 * DAY)
    assert {call.zone_id: call.times[0] for call in reversed(job.calls)} == {
        A: SINCE + 2 * DAY,
        B: SINCE,
        C: SINCE + 2 * DAY,
    }
    assert (saved.done, saved.skipped) == (5, 0)
    assert shown_rows(job.folder, "parquet") == expected_rows(make_plan([A, B, C], days=3))


async def test_what_is_missing_is_caught_up(job: Job) -> None:
    """As after two plans with a gap between them."""
    for first, days in ((0, 1), (3, 1)):
        plan = make_plan([A], since=SINCE + first * DAY, until=SINCE + (first + days) * DAY)
        await save(Fake(respond=respond), plan, job.folder, clock=(SINCE + 9 * DAY).timestamp)
    await job.run(SINCE + 5 * DAY)
    assert shown_rows(job.folder, "parquet") == expected_rows(make_plan([A], days=5))


async def test_a_first_run_that_stopped_early(job: Job) -> None:
    """What its plan has is asked for, in zones of which nothing is there too."""
    stop = asyncio.Event()

    def stop_at_third(call: Call) -> Report:
        if call.place == 2:
            stop.set()
        return respond(call)

    plan = make_plan([A, B, C], days=4)
    first = await catch_up(
        Fake(respond=stop_at_third), job.folder, plan=plan, stop=stop, concurrency=1, clock=(SINCE + 4 * DAY).timestamp
    )
    assert first.left == 9
    await job.run(SINCE + 4 * DAY)
    assert shown_rows(job.folder, "parquet") == expected_rows(plan)


async def test_zones_that_come_and_go(job: Job) -> None:
    """A new one begins where the dataset does, or the plan that names it; one that is not named is left alone."""
    await job.run(SINCE + DAY, plan=make_plan([A, B]))
    await job.run(SINCE + 2 * DAY, zones=[A, C])
    assert {zone: windows[-1][1] for zone, windows in saved_windows(job.folder).items()} == {
        A: SINCE + 2 * DAY,
        B: SINCE + DAY,
        C: SINCE + 2 * DAY,
    }
    assert saved_windows(job.folder)[C][0][0] == SINCE
    later = ZONES[4]
    await job.run(SINCE + 3 * DAY, plan=make_plan([A, later], since=SINCE + 2 * DAY, until=SINCE + 3 * DAY))
    assert saved_windows(job.folder)[later][0][0] == SINCE + 2 * DAY
    await job.run(SINCE + 4 * DAY)
    assert {windows[-1][1] for windows in saved_windows(job.folder).values()} == {SINCE + 4 * DAY}


async def test_nothing_is_new(job: Job) -> None:
    """A run right after another one asks for nothing, and changes nothing of what is to come."""
    await job.run(SINCE + DAY, plan=make_plan([A]))
    saved = await job.run(SINCE + DAY)
    assert (saved.ok, saved.total, job.calls) == (True, 0, [])
    await job.run(SINCE + 2 * DAY)
    assert shown_rows(job.folder, "parquet") == expected_rows(make_plan([A], days=2))


async def test_a_plan_of_the_future_is_not_begun(job: Job) -> None:
    """Its start is not passed over."""
    saved = await job.run(SINCE - DAY, plan=make_plan([A], days=1))
    assert (saved.not_begun, saved.total, job.calls) == (1, 1, [])


async def test_sums_that_begin_within_a_day(job: Job) -> None:
    """Windows of a plan whose absolute times are no edges are extended by whole ones, and none overlap."""
    noon = SINCE + DAY / 2
    plan = Plan(zones=[A, B], since=noon, until=noon + 3 * DAY, query=SUMMARY)
    await save(Fake(respond=respond), plan, job.folder, clock=(SINCE + 9 * DAY).timestamp)
    job.broken = {A}
    await job.run(SINCE + 5 * DAY + HOUR)
    job.broken = set()
    later = Plan(zones=[C], since=noon + 4 * DAY, until=SINCE + 6 * DAY, query=SUMMARY)
    await job.run(SINCE + 6 * DAY + HOUR, plan=later)
    await job.run(SINCE + 9 * DAY)
    for zone, start in ((A, noon), (B, noon), (C, noon + 4 * DAY)):
        windows = saved_windows(job.folder)[zone]
        assert windows[0][0] == start
        assert_end_to_end(windows, SINCE + 9 * DAY)


async def test_after_upkeep(job: Job) -> None:
    """What was deleted stays so, and what a query gained is asked for."""
    await job.run(SINCE + 4 * DAY, plan=make_plan([A], window="day"))
    delete_before(job.folder, SINCE + 2 * DAY)
    await job.run(SINCE + 5 * DAY)
    assert saved_windows(job.folder)[A][0][0] == SINCE + 2 * DAY
    extend_query(job.folder, ["bytesIngress"], since=SINCE + 3 * DAY)
    await job.run(SINCE + 5 * DAY)
    assert {call.query["metrics"] for call in job.calls} == {("count", "bytesIngress")}
    assert saved_windows(job.folder)[A][0][0] == SINCE + 2 * DAY


@pytest.mark.slow
@given(data=st.data(), kind=st.sampled_from(["bytime", "summary"]), window=st.sampled_from(["hour", "day", "week"]))
@settings(max_examples=40, deadline=None)
def test_whatever_happens_every_moment_is_there_once(data: Any, kind: str, window: Any) -> None:
    """Jobs at any minute, with zones that fail, runs that stop, rows that come late and other plans in between."""
    query = SUMMARY if kind == "summary" else Query(time_delta="hour", metrics=["count"], dimensions=["event"])
    odd = timedelta(minutes=data.draw(st.sampled_from([0, 0, 90, 61])))
    plan = Plan(zones=[A, B, C], since=SINCE + odd, until=SINCE + DAY, query=query, window=window)
    now, lag = SINCE + DAY, data.draw(st.sampled_from([0, 300, 7200]))

    async def run(folder: Path) -> None:
        nonlocal now
        for number in range(data.draw(st.integers(1, 6))):
            now += timedelta(minutes=data.draw(st.integers(1, 4000)))
            broken = data.draw(st.sets(st.sampled_from([A, B, C])))
            stop_at = data.draw(st.sampled_from([None, None, 0, 2, 5]))
            stop = asyncio.Event()

            def answer(call: Call, broken: set[str] = broken, stop_at: Any = stop_at, stop: Any = stop) -> Any:
                if call.place == stop_at:
                    stop.set()
                return ServerError("no") if call.zone_id in broken else lagging(call, lag)

            options = {"stop": stop, "clock": now.timestamp, "rate_limit_timeout": None, "concurrency": 2}
            fresh = data.draw(st.booleans())
            chosen = plan if number == 0 or data.draw(st.booleans()) else None
            await catch_up(Fake(respond=answer), folder, plan=chosen, fresh_rows=fresh, **options)
        now += 3 * DAY
        fake = Fake(respond=lambda call: lagging(call, lag))
        await catch_up(fake, folder, clock=now.timestamp, rate_limit_timeout=None)

    with TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder) / "out"))
        for windows in saved_windows(Path(folder) / "out").values():
            assert windows[0][0] == plan.since
            assert_end_to_end(windows, now)
        assert len(saved_windows(Path(folder) / "out")) == 3


def lagging(call: Call, lag: float) -> Any:
    return hourly(call, data_lag=lag) if "time_delta" in call.query else report([1])


def assert_end_to_end(windows: list[tuple[datetime, datetime, bool]], now: datetime) -> None:
    """Each begins where the one before ends, up to now, and only the latest ones are filling."""
    assert all(one[1] == other[0] for one, other in pairwise(windows))
    assert windows[-1][1] >= now
    assert not any(is_filling for _, until, is_filling in windows if until <= now - DAY)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        pytest.param({}, DestinationMismatchError, "no dataset to extend: .* a plan,", id="no dataset"),
        pytest.param({"zones": [A], "plan": make_plan([A])}, InvalidArgumentError, "zones: expected None", id="both"),
        pytest.param({"zones": ["x"]}, InvalidArgumentError, r"zones\[0\]", id="no zone"),
        pytest.param({"plan": "x"}, InvalidArgumentError, "plan: expected", id="no plan"),
        pytest.param({"clock": 5}, InvalidArgumentError, "clock: expected", id="no clock"),
        pytest.param({"plan": make_plan([A]), "memory": 5}, InvalidArgumentError, "memory: expected", id="memory"),
        pytest.param({"plan": make_plan([A]), "max_tasks": 3}, InvalidArgumentError, "10 tasks", id="too many tasks"),
    ],
)
async def test_what_cannot_be_caught_up(job: Job, options: Any, error: type[Exception], message: str) -> None:
    """The message has the next step, nothing is sent, and no folder is made."""
    with pytest.raises(error, match=message):
        await job.run(SINCE + 10 * DAY, **options)
    assert job.calls == []
    assert not job.folder.exists()


async def test_another_query_or_format_is_refused(job: Job) -> None:
    """A plan that does not go with the dataset changes nothing."""
    await job.run(SINCE + DAY, plan=make_plan([A]))
    before = state_of(job.folder)
    other = Query(time_delta="hour", metrics=["bytesIngress"], dimensions=["event"])
    with pytest.raises(DestinationMismatchError, match=r"another query \(metrics: count\)"):
        await job.run(SINCE + 2 * DAY, plan=make_plan([A], query=other))
    with pytest.raises(DestinationMismatchError, match="parquet files"):
        await job.run(SINCE + 2 * DAY, format="csv")
    assert (job.calls, state_of(job.folder)) == ([], before)


async def test_a_save_is_bounded_too(job: Job) -> None:
    """By ten million tasks, or as many as the caller permits."""
    fake = Fake(respond=respond)
    with pytest.raises(InvalidArgumentError, match=r"4 tasks, windows of 2 zones"):
        await save(fake, make_plan([A, B]), job.folder, max_tasks=3)
    assert not job.folder.exists()
    await save(fake, make_plan([A, B]), job.folder, max_tasks=4, clock=(SINCE + 9 * DAY).timestamp)
    assert open_dataset(job.folder).complete_until == SINCE + 2 * DAY
