"""What another run does about what is there, with the same plan or another one."""

import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiospectrum import ReportQuery, ReportSummary, ReportSummaryRow, ServerError
from aiospectrum.bulk import (
    DestinationMismatchError,
    Plan,
    Query,
    WindowLength,
)
from tests.bulk.datasets import (
    NOW,
    expected_rows,
    files_of,
    hourly,
    make_plan,
    read_rows,
    save_to,
    shown_rows,
    times_of,
)
from tests.bulk.fakes import SINCE, ZONES, Call, Fake, failing

A, B = ZONES[:2]
DAY = timedelta(days=1)


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
    """The last window of a plan takes the place of the shorter one of before."""
    for hours in (30, 40, 40, 48):
        plan = make_plan([A], days=hours / 24)
        fake = Fake(respond=hourly)
        await save_to(tmp_path, plan, fake)
        assert shown_rows(tmp_path) == expected_rows(plan)
    assert len(files_of(tmp_path, "ndjson")) == 2
    assert len(fake.calls) == 1


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
    """A window that would have rows twice is refused before anything is sent."""
    await save_to(tmp_path, make_plan([A], since=SINCE + timedelta(hours=5)))
    since, until = (SINCE + timedelta(hours=hour) for hour in hours)
    fake = Fake(respond=hourly)
    with pytest.raises(DestinationMismatchError, match=rf"^zone {A} has data of 2026-11-18T05:00:00Z\.\..*rows twice"):
        await save_to(tmp_path, make_plan([A, B], since=since, until=until, window=window), fake)
    assert fake.calls == []


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
        ({"metrics": ["bytesIngress"]}, {}, r"another query, whose query\.metrics is \('count',\) there"),
        ({"filters": "event==connect"}, {}, r"query\.filters is None there"),
        ({"time_delta": "minute"}, {}, r"query\.time_delta is 'hour' there"),
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


@pytest.mark.parametrize(
    ("lag", "within", "refreshed"),
    [
        (0, None, 0),
        (0, timedelta(days=30), 0),
        (2 * 86_400, timedelta(days=30), 2),
        (5 * 86_400, timedelta(days=30), 4),
        (5 * 86_400, timedelta(days=1), 2),
        (5 * 86_400, timedelta(), 1),
        (1e300, timedelta(days=30), 4),
        (5 * 86_400, None, 0),
    ],
    ids=str,
)
async def test_refreshing(tmp_path: Path, lag: float, within: timedelta | None, refreshed: int) -> None:
    """Partitions that were incomplete are fetched again if they are recent and refreshing is on."""
    plan = make_plan([A], days=4)  # the last window ends at NOW
    assert plan.until == NOW
    await save_to(tmp_path, plan, Fake(respond=partial(hourly, data_lag=lag)))
    fake = Fake(respond=hourly)

    saved = await save_to(tmp_path, plan, fake, refresh_within=within)

    assert (saved.refreshed, saved.done, saved.skipped) == (refreshed, refreshed, 4 - refreshed)
    assert len(fake.calls) == refreshed
    assert shown_rows(tmp_path) == expected_rows(plan)
    again = await save_to(tmp_path, plan, fake, refresh_within=within)
    assert again.done == 0, "they are complete now"


async def test_a_refresh_that_fails(tmp_path: Path) -> None:
    """What was there before still is, and counts."""
    plan = make_plan([A], days=4)
    await save_to(tmp_path, plan, Fake(respond=partial(hourly, data_lag=1e6)))
    failing_one = Fake(respond=failing(ServerError, A))
    saved = await save_to(tmp_path, plan, failing_one, refresh_within=timedelta(hours=1))
    assert (len(saved.failed), saved.done, saved.skipped) == (1, 0, 3)
    assert shown_rows(tmp_path) == expected_rows(plan)
    assert (await save_to(tmp_path, plan)).skipped == 4


plans = st.tuples(
    st.lists(st.sampled_from([A, B]), unique=True, min_size=1),
    st.integers(0, 70),
    st.integers(1, 40),
    st.sampled_from(["hour", "day", "whole"]),
)


@settings(max_examples=40)
@given(made=st.lists(plans, max_size=5))
async def test_any_plans_one_after_another(made: list[tuple[list[str], int, int, WindowLength]]) -> None:
    """Whatever is saved to one place, no row is there twice, and each plan that is not refused is there in full."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        there: list[Any] = []
        for zones, start, length, window in made:
            since = SINCE + timedelta(hours=start)
            plan = make_plan(zones, since=since, until=since + timedelta(hours=length), window=window)
            try:
                await save_to(folder, plan)
            except DestinationMismatchError:
                assert shown_rows(folder) == there
            else:
                rows = shown_rows(folder)
                assert len(set(rows)) == len(rows)
                assert set(rows) >= {*there, *expected_rows(plan)}
                there = rows
