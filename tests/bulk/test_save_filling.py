"""Nothing partial passes for complete: windows that are done, filling, and not begun."""

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from aiospectrum import ReportByTime, ServerError
from aiospectrum.bulk import FileFormat, Plan, Saved
from tests.bulk.datasets import EVENTS, entries_of, expected_rows, hourly, make_plan, save_to, saved_windows, shown_rows
from tests.bulk.fakes import SINCE, ZONES, Call, Fake, failing

A, B = ZONES[:2]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@attrs.define
class Live:
    """An API that has no event later than its clock less its lag, and leaves the last hours of a zone to come."""

    now: datetime = SINCE
    lag: timedelta = timedelta(minutes=5)
    told: float | None = None
    """The ``data_lag`` of reports, when it is not the truth."""
    calls: list[tuple[str, datetime, datetime]] = attrs.Factory(list)

    def clock(self) -> float:
        return self.now.timestamp()

    def respond(self, call: Call) -> ReportByTime:
        since, until = call.times
        self.calls.append((call.zone_id, since, until + timedelta(seconds=1)))
        report = hourly(call, data_lag=self.lag.total_seconds() if self.told is None else self.told)
        latest = self.now - self.lag
        for row in report.data:
            row.metrics[0][:] = [
                number if interval[1] < latest else -1
                for number, interval in zip(row.metrics[0], report.time_intervals, strict=True)
            ]
        return report

    async def save(self, folder: Path, plan: Plan, **options: Any) -> Saved:
        self.calls.clear()
        return await save_to(folder, plan, Fake(respond=self.respond), clock=self.clock, **options)


@pytest.mark.parametrize("file_format", ["parquet", "ndjson"])
async def test_a_day_saved_at_noon(tmp_path: Path, file_format: FileFormat) -> None:
    """It is filling, has no rows of hours to come, and is asked for again two days later: then it is complete."""
    api = Live(SINCE + 12 * HOUR + timedelta(minutes=20))
    plan = make_plan([A, B], days=1)
    saved = await api.save(tmp_path, plan, format=file_format)
    assert (saved.filling, saved.done, saved.not_begun, saved.ok) == (2, 0, 0, False)
    assert len(shown_rows(tmp_path, file_format)) == 2 * 13 * len(EVENTS)
    assert saved_windows(tmp_path) == {zone: [(SINCE, SINCE + DAY, True)] for zone in (A, B)}

    api.now += 2 * DAY
    saved = await api.save(tmp_path, plan, format=file_format)

    assert (saved.filling, saved.done, saved.refreshed, saved.ok) == (0, 2, 2, True)
    assert shown_rows(tmp_path, file_format) == expected_rows(plan)
    assert (await api.save(tmp_path, plan, format=file_format)).skipped == 2
    assert api.calls == []


async def test_a_daily_job_with_lag(tmp_path: Path) -> None:
    """Every run asks for what the last one could not have in full, though its plan no longer has it."""
    api = Live(SINCE)
    for day in range(1, 6):
        api.now = SINCE + day * DAY + timedelta(seconds=30)
        saved = await api.save(tmp_path, make_plan([A], since=SINCE + (day - 1) * DAY, until=SINCE + day * DAY))
        assert (saved.filling, saved.done, saved.ok) == (1, int(day > 1), False)
        assert saved.total == (1 if day == 1 else 2)
    api.now += HOUR
    saved = await api.save(tmp_path, make_plan([]))
    assert (saved.total, saved.done, saved.ok) == (1, 1, True)
    assert shown_rows(tmp_path) == expected_rows(make_plan([A], days=5))


async def test_a_zone_that_is_quiet_for_ever(tmp_path: Path) -> None:
    """Whatever lag its reports have, a window is done when it was asked for a day after its end."""
    api = Live(SINCE + DAY + HOUR, told=86_400)
    plan = make_plan([A], days=1)
    assert (await api.save(tmp_path, plan)).filling == 1
    api.now = SINCE + 2 * DAY - timedelta(seconds=1)
    assert (await api.save(tmp_path, plan)).filling == 1
    api.now = SINCE + 2 * DAY
    assert (await api.save(tmp_path, plan)).ok
    assert (await api.save(tmp_path, plan)).skipped == 1


@pytest.mark.parametrize(("hours", "ok"), [(0, True), (1, True), (25, False)])
async def test_settling_earlier_or_later(tmp_path: Path, hours: int, ok: bool) -> None:
    """How long after its end a window may get rows is a setting."""
    api = Live(SINCE + DAY + HOUR, told=7200)
    saved = await api.save(tmp_path, make_plan([A], days=1), settle_after=timedelta(hours=hours))
    assert saved.ok is ok


@pytest.mark.parametrize(
    ("lag", "filling"),
    [(-1e9, 0), (math.nan, 1), (math.inf, 1), (-math.inf, 0), (1e300, 1), (86_401, 1)],
    ids=str,
)
async def test_odd_lags(tmp_path: Path, caplog: pytest.LogCaptureFixture, lag: float, filling: int) -> None:
    """A lag that cannot be is taken for the nearest one that can, counted, and logged once."""
    api = Live(SINCE + DAY + HOUR, told=lag)
    saved = await api.save(tmp_path, make_plan([A, B], days=1))
    assert (saved.odd_lags, saved.filling) == (2, 2 * filling)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "data_lag" in caplog.text
    api.now += DAY
    assert (await api.save(tmp_path, make_plan([A, B], days=1))).ok


async def test_what_has_not_begun(tmp_path: Path) -> None:
    """Windows that have not begun are not asked for, and are counted, however far the plan goes."""
    api = Live(SINCE + DAY)
    saved = await api.save(tmp_path, make_plan([A, B], days=4))
    assert (saved.done, saved.filling, saved.not_begun, saved.left, saved.ok) == (0, 2, 6, 0, False)
    assert [since for _, since, _ in api.calls] == [SINCE] * 2
    later = Live(SINCE - DAY)
    saved = await later.save(tmp_path / "other", make_plan([A], days=1))
    assert (saved.not_begun, saved.total, saved.stopped, later.calls) == (1, 1, False, [])


async def test_rows_that_are_not_wanted(tmp_path: Path) -> None:
    """Without fresh rows a filling window has none, and is asked for again all the same."""
    api = Live(SINCE + DAY + timedelta(minutes=1))
    saved = await api.save(tmp_path, make_plan([A], days=1), fresh_rows=False)
    assert (saved.filling, saved.rows, saved.ok) == (1, 0, False)
    assert shown_rows(tmp_path) == []
    api.now += HOUR
    saved = await api.save(tmp_path, make_plan([B], since=SINCE, until=SINCE + HOUR), fresh_rows=False)
    assert (saved.done, saved.filling, saved.ok) == (2, 0, True)
    assert {row[0]: None for row in shown_rows(tmp_path)} == {A: None, B: None}
    assert len(shown_rows(tmp_path)) == 25 * len(EVENTS)


async def test_a_filling_window_becomes_part_of_a_longer_one(tmp_path: Path) -> None:
    """A window that is filling and lies in one of the plan is asked for with it; one that sticks out as it is."""
    api = Live(SINCE + 12 * HOUR)
    await api.save(tmp_path, make_plan([A], since=SINCE + 6 * HOUR, until=SINCE + 12 * HOUR))
    api.now = SINCE + 3 * DAY
    saved = await api.save(tmp_path, make_plan([A], days=1))
    assert [(since, until) for _, since, until in api.calls] == [(SINCE, SINCE + DAY)]
    assert (saved.total, saved.refreshed, saved.ok) == (1, 1, True)
    assert shown_rows(tmp_path) == expected_rows(make_plan([A], days=1))

    api.now = SINCE + DAY + 12 * HOUR
    await api.save(tmp_path / "b", make_plan([A], since=SINCE + DAY + 6 * HOUR, until=SINCE + DAY + 12 * HOUR))
    api.now = SINCE + 4 * DAY
    plan = make_plan([A], since=SINCE + DAY + 8 * HOUR, until=SINCE + DAY + 24 * HOUR)
    saved = await api.save(tmp_path / "b", plan)
    spans = [((since - SINCE) // HOUR - 24, (until - SINCE) // HOUR - 24) for _, since, until in api.calls]
    assert sorted(spans) == [(6, 12), (12, 24)]
    assert saved.ok


async def test_a_refresh_that_fails(tmp_path: Path) -> None:
    """What was there before still is, and is asked for again by the next run."""
    api = Live(SINCE + DAY)
    plan = make_plan([A], days=1)
    await api.save(tmp_path, plan)
    before = shown_rows(tmp_path)
    saved = await save_to(tmp_path, plan, Fake(respond=failing(ServerError, A)))
    assert (len(saved.failed), saved.done, saved.filling) == (1, 0, 0)
    assert shown_rows(tmp_path) == before
    api.now += 3 * DAY
    assert (await api.save(tmp_path, make_plan([]))).ok
    assert shown_rows(tmp_path) == expected_rows(plan)
    assert len(entries_of(tmp_path, "failed")) == 1


async def test_zones_without_a_client(tmp_path: Path) -> None:
    """Where zones have clients of their own, a filling one without a client stays so, and is counted."""
    api = Live(SINCE + DAY)
    await api.save(tmp_path, make_plan([A, B], days=1))
    api.now += DAY
    fake = Fake(respond=api.respond)
    saved = await save_to(tmp_path, make_plan([]), {B.upper(): fake}, clock=api.clock)
    assert (saved.total, saved.done, saved.filling, saved.ok) == (2, 1, 1, False)
    assert [zone for zone, windows in saved_windows(tmp_path).items() if windows[0][2]] == [A]


async def test_a_wait_across_the_end_of_an_interval(tmp_path: Path) -> None:
    """What was clipped when it was asked for is not done, however long the call waits then."""
    times = iter([(SINCE + 22.9 * HOUR).timestamp()] * 3)
    later = (SINCE + 3 * DAY).timestamp()

    def clock() -> float:
        return next(times, later)

    saved = await save_to(tmp_path, make_plan([A], days=1), Fake(respond=hourly), clock=clock)
    assert (saved.done, saved.filling) == (0, 1)
