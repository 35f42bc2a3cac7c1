"""What another run does about what is there, with the same plan or another one."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiospectrum import Report, ReportQuery, ReportSummary, ReportSummaryRow
from aiospectrum.bulk import (
    DestinationMismatchError,
    Plan,
    Query,
    WindowLength,
)
from tests.bulk.datasets import (
    expected_rows,
    files_of,
    hourly,
    make_plan,
    read_rows,
    save_to,
    shown_rows,
    times_of,
)
from tests.bulk.fakes import SINCE, ZONES, Call, Fake

A, B = ZONES[:2]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def test_nothing_is_fetched_twice(tmp_path: Path) -> None:
    """Another run finds everything there, and writes nothing."""
    plan, fake = make_plan([A, B]), Fake(respond=hourly)
    await save_to(tmp_path, plan, fake)
    before = times_of(tmp_path)

    saved = await save_to(tmp_path, plan, fake)

    assert (saved.skipped, saved.done, saved.ok) == (4, 0, True)
    assert len(fake.calls) == 4
    assert times_of(tmp_path) == before


async def test_other_zones_and_times(tmp_path: Path) -> None:
    """A plan may have more zones and times than the last one; what is there is not fetched again."""
    await save_to(tmp_path, make_plan([A]))
    fake = Fake(respond=hourly)
    plan = make_plan([A, B], days=3, since=SINCE - DAY)

    saved = await save_to(tmp_path, plan, fake)

    assert (saved.skipped, saved.done) == (2, 6)
    assert {call.zone_id for call in fake.calls if SINCE <= call.times[0] < SINCE + 2 * DAY} == {B}
    assert shown_rows(tmp_path) == expected_rows(plan)


async def test_a_window_that_grows(tmp_path: Path) -> None:
    """By time, a later plan has its last window cut to what is not there; nothing is fetched twice."""
    asked = []
    for hours in (30, 40, 40, 48):
        plan = make_plan([A], days=hours / 24)
        fake = Fake(respond=hourly)
        await save_to(tmp_path, plan, fake)
        assert shown_rows(tmp_path) == expected_rows(plan)
        asked += [[each.isoformat()[8:13] for each in call.times] for call in fake.calls]
    assert sorted(asked) == [["18T00", "18T23"], ["19T00", "19T05"], ["19T06", "19T15"], ["19T16", "19T23"]]
    assert len(files_of(tmp_path, "ndjson")) == 1


async def test_windows_that_are_covered(tmp_path: Path) -> None:
    """A plan that begins or ends inside windows of the dataset finds them there."""
    plan = make_plan([A], days=3)
    await save_to(tmp_path, plan)
    fake = Fake(respond=hourly)

    inner = make_plan([A], days=2.5, since=SINCE + timedelta(hours=5))
    assert (await save_to(tmp_path, inner, fake)).skipped == 3

    assert fake.calls == []
    assert shown_rows(tmp_path) == expected_rows(plan)


@pytest.mark.parametrize(
    ("hours", "window"),
    [((-5, 48), "day"), ((0, 24), "whole"), ((12, 48), "whole"), ((12, 60), "whole"), ((5, 48), "whole")],
    ids=["begins earlier", "around", "across two", "across and beyond", "around two"],
)
async def test_windows_that_overlap(tmp_path: Path, hours: tuple[int, int], window: WindowLength) -> None:
    """By time, no plan is refused for its times: its windows are cut to what is not there."""
    there = make_plan([A], since=SINCE + timedelta(hours=5))
    await save_to(tmp_path, there)
    since, until = (SINCE + timedelta(hours=hour) for hour in hours)
    plan = make_plan([A, B], since=since, until=until, window=window)
    fake = Fake(respond=hourly)
    assert (await save_to(tmp_path, plan, fake)).ok
    assert shown_rows(tmp_path) == sorted({*expected_rows(there), *expected_rows(plan)})
    asked = [hour for call in fake.calls if call.zone_id == A for hour in hours_of(*call.times)]
    assert asked == [hour for hour in range(*hours) if not 5 <= hour < 48]


def hours_of(since: datetime, last: datetime) -> range:
    """The hours of a call, counted from the first time of the tests."""
    return range((since - SINCE) // HOUR, (last - SINCE) // HOUR + 1)


@pytest.mark.parametrize("seconds", [-5, 5, -3599, 3599, 0])
async def test_a_job_that_starts_early_or_late(tmp_path: Path, seconds: int) -> None:
    """A daily plan from a day ago to now, some seconds off, is neither refused nor has it a gap or rows twice."""
    seen: set[tuple[str, datetime]] = set()

    def by_second(call: Call) -> Report:
        since, until = call.times
        moment = since
        while moment <= until:
            assert (call.zone_id, moment) not in seen, "asked for twice"
            seen.add((call.zone_id, moment))
            moment += timedelta(seconds=1)
        return hourly(call)

    start = SINCE + timedelta(hours=13)
    for day in range(3):
        now = start + day * DAY + timedelta(seconds=seconds * (day % 2))
        plan = make_plan([A], since=now - DAY, until=now)
        assert (await save_to(tmp_path, plan, Fake(respond=by_second), clock=now.timestamp)).ok
    first, last = start - DAY, start + 2 * DAY
    gaps = int((last - first).total_seconds()) - len(seen)
    assert gaps == abs(seconds), "only what no plan has is not there"


@pytest.mark.parametrize(("hours", "works"), [(24, True), (30, True), (12, False)], ids=["same", "longer", "shorter"])
async def test_windows_of_summaries(tmp_path: Path, hours: int, works: bool) -> None:
    """A sum over a window is not one over a part of it."""
    query = Query(kind="summary", metrics=["count"])

    def total(call: Call) -> ReportSummary:
        query = ReportQuery(metrics=["count"])
        return ReportSummary(data=[ReportSummaryRow(metrics=[1])], data_lag=0, rows=1, query=query)

    def plan(length: int) -> Plan:
        return Plan(zones=[A], since=SINCE, until=SINCE + timedelta(hours=length), query=query, window="whole")

    await save_to(tmp_path, plan(24), Fake(respond=total))
    if works:
        assert (await save_to(tmp_path, plan(hours), Fake(respond=total))).ok
        [row] = read_rows(tmp_path)
        last = plan(hours).until - timedelta(seconds=1)
        assert (row["count"], row["interval_end"]) == (1, last.isoformat().replace("+00:00", "Z"))
    else:
        with pytest.raises(DestinationMismatchError, match="rows twice"):
            await save_to(tmp_path, plan(hours), Fake(respond=total))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"metrics": ["bytesIngress"]}, {}, r"another query \(metrics: count\): save elsewhere"),
        ({"filters": "event==connect"}, {}, r"\(filters: none\)"),
        ({"time_delta": "minute"}, {}, r"\(time delta: hour\)"),
        ({}, {"format": "csv"}, "the dataset is one of ndjson files: save csv files elsewhere"),
    ],
    ids=["metrics", "filters", "intervals", "format"],
)
async def test_another_query_or_format(
    tmp_path: Path, change: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    """What does not go with the dataset is refused before anything is sent."""
    plan, fake = make_plan([A]), Fake(respond=hourly)
    await save_to(tmp_path, plan)
    other = attrs.evolve(plan, query=attrs.evolve(plan.query, **change))
    with pytest.raises(DestinationMismatchError, match=message):
        await save_to(tmp_path, other, fake, **options)
    assert fake.calls == []
    assert shown_rows(tmp_path) == expected_rows(plan)


plans = st.tuples(
    st.lists(st.sampled_from([A, B]), unique=True, min_size=1),
    st.integers(0, 70),
    st.integers(1, 40),
    st.sampled_from(["hour", "day", "whole"]),
)


@settings(max_examples=25)
@given(made=st.lists(plans, max_size=5))
async def test_any_plans_one_after_another(made: list[tuple[list[str], int, int, WindowLength]]) -> None:
    """Whatever is saved to one place, no row is there twice, and each plan is there in full."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        there: list[Any] = []
        for zones, start, length, window in made:
            since = SINCE + timedelta(hours=start)
            plan = make_plan(zones, since=since, until=since + timedelta(hours=length), window=window)
            assert (await save_to(folder, plan, clock=(SINCE + 6 * DAY).timestamp)).ok
            rows = shown_rows(folder)
            assert rows == sorted({*there, *expected_rows(plan)})
            there = rows
