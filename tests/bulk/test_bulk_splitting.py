"""A report that was truncated is fetched again in parts, down to single time intervals."""

import pickle
from datetime import timedelta
from typing import Any

import pytest

from aiospectrum import ServerError
from aiospectrum.bulk import Outcome, Plan, Query, TruncatedError, pull
from tests.bulk.fakes import SINCE, ZONES, Call, Fake, make_plan, report

A, B = ZONES[:2]
LIMITED = Query(time_delta="hour", metrics=["count"], dimensions=["appID"], limit=10)


def hours(call: Call) -> int:
    """Hours that a call is about."""
    since, until = call.times
    return round((until - since + timedelta(seconds=1)) / timedelta(hours=1))


def rows_by_the_hour(call: Call) -> Any:
    """A report of two rows an hour, but for the limit."""
    return report(*[[1]] * min(10, 2 * hours(call)))


async def collect(fake: Fake, plan: Plan, **options: Any) -> list[Outcome]:
    """All outcomes, one call at a time."""
    async with pull(fake, plan, concurrency=1, **options) as outcomes:
        return [outcome async for outcome in outcomes]


async def test_parts_in_order() -> None:
    """A day with too many rows comes in parts that together are the day, and the last one says that it is."""
    progress: list[Any] = []
    fake = Fake(respond=rows_by_the_hour)
    plan = make_plan([A], 1, query=LIMITED)

    outcomes = await collect(fake, plan, on_progress=progress.append)

    assert [hours(call) for call in fake.calls] == [24, 12, 6, 3, 3, 6, 3, 3, 12, 6, 3, 3, 6, 3, 3]
    assert [outcome.window.since for outcome in outcomes] == [SINCE + timedelta(hours=3 * part) for part in range(8)]
    assert [outcome.window.until for outcome in outcomes] == [SINCE + timedelta(hours=3 * part) for part in range(1, 9)]
    assert {outcome.task for outcome in outcomes} == set(plan)
    assert [outcome.is_last for outcome in outcomes] == [False] * 7 + [True]
    assert [(each.done, each.splits) for each in progress] == [*((0, cuts) for cuts in range(1, 8)), (1, 7)]
    assert progress[-1].rows == 48


async def test_a_window_that_cannot_be_split() -> None:
    """A single time interval that is cut off is an error that has what there is; the other parts have their reports."""
    full = SINCE + timedelta(hours=5)

    def respond(call: Call) -> Any:
        since, until = call.times
        return report(*[[1]] * (10 if since <= full <= until else 1))

    outcomes = await collect(Fake(respond=respond), make_plan([A], 1, query=LIMITED))

    [bad] = [outcome for outcome in outcomes if not outcome.ok]
    assert (bad.window.since, bad.window.until) == (full, full + timedelta(hours=1))
    assert isinstance(bad.error, TruncatedError)
    assert len(bad.error.report.data) == 10
    assert bad.report is None
    assert str(bad.error) == (
        f"the report of zone {A} for 2026-11-18T05:00:00Z..2026-11-18T06:00:00Z may lack rows: it was cut off at 10"
    )
    assert [outcome.window.since for outcome in outcomes] == sorted(outcome.window.since for outcome in outcomes)
    assert sum(outcome.is_last for outcome in outcomes) == 1


async def test_an_error_in_a_part() -> None:
    """One part that fails leaves the other ones, and the task counts as failed once."""

    def respond(call: Call) -> Any:
        return (
            ServerError("no")
            if hours(call) == 3 and call.times[0] < SINCE + timedelta(hours=12)
            else rows_by_the_hour(call)
        )

    async with pull(Fake(respond=respond), make_plan([A], 1, query=LIMITED)) as outcomes:
        oks = [outcome.ok async for outcome in outcomes]

    assert oks == [False] * 4 + [True] * 4
    assert (outcomes.progress.done, outcomes.progress.failed) == (1, 1)


async def test_summaries_are_split_down_to_minutes() -> None:
    """A summary has no time intervals, so its window is split between minutes."""
    plan = make_plan(
        [A],
        until=SINCE + timedelta(minutes=3),
        query=Query(kind="summary", metrics=["count"], dimensions=["appID"], limit=2),
    )

    outcomes = await collect(Fake(respond=lambda call: report([1], [1])), plan)

    assert [str(outcome.window)[11:19] for outcome in outcomes] == ["00:00:00", "00:01:00", "00:02:00"]
    assert all(isinstance(outcome.error, TruncatedError) for outcome in outcomes)


async def test_fail_fast_on_a_truncated_report() -> None:
    """That error is the first one like any other."""
    plan = make_plan([A], 1, query=LIMITED)

    with pytest.raises(TruncatedError):
        await collect(Fake(respond=lambda call: report(*[[1]] * 10)), plan, fail_fast=True)


async def test_partial_first_interval() -> None:
    """A plan that begins inside an interval is split at the edges of intervals all the same."""
    plan = make_plan(
        [A], since=SINCE + timedelta(minutes=10), until=SINCE + timedelta(hours=2, minutes=1), query=LIMITED
    )

    outcomes = await collect(Fake(respond=lambda call: report(*[[1]] * 10)), plan)

    edges = [str(outcome.window).replace("2026-11-18T", "") for outcome in outcomes]
    assert edges == ["00:10:00Z..01:00:00Z", "01:00:00Z..02:00:00Z", "02:00:00Z..02:01:00Z"]


@pytest.mark.parametrize(
    ("limit", "rows", "echoed", "counted", "expected"),
    [
        pytest.param(10, 9, None, None, False, id="fewer than the limit"),
        pytest.param(10, 10, None, None, True, id="as many as the limit"),
        pytest.param(10, 11, None, None, True, id="more than the limit"),
        pytest.param(None, 500, None, None, False, id="no limit is known"),
        pytest.param(None, 500, 500, None, True, id="the API's own limit"),
        pytest.param(900, 500, 500, None, True, id="the API's limit is the lower one"),
        pytest.param(None, 500, 501, None, False, id="fewer than the API's limit"),
        pytest.param(None, 500, 0, None, False, id="an echo that is no limit"),
        pytest.param(None, 500, "500", None, False, id="an odd echo"),
        pytest.param(None, 500, None, 501, True, id="more rows counted than there are"),
    ],
)
async def test_what_shows_that_rows_are_missing(
    limit: int | None, rows: int, echoed: Any, counted: int | None, expected: bool
) -> None:
    """The rows are compared with the lower of both limits, and with what the API counts."""
    query = Query(kind="summary", metrics=["count"], dimensions=["appID"], limit=limit)

    fake = Fake(respond=lambda call: report(*[[1]] * rows, limit=echoed, counted=counted))
    [outcome] = await collect(fake, make_plan([A], until=SINCE + timedelta(minutes=1), query=query))

    assert isinstance(outcome.error, TruncatedError) is expected


async def test_without_dimensions_there_is_one_row() -> None:
    """A limit of one row cuts nothing off then."""
    query = Query(kind="summary", metrics=["count"], limit=1)

    [outcome] = await collect(Fake(respond=lambda call: report([1], limit=1)), make_plan([A], 1, query=query))

    assert outcome.ok


def test_the_error_pickles() -> None:
    """It crosses processes with its report."""
    error = TruncatedError("cut off", report=report([1], [2]))

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert (type(copy), str(copy), copy.report) == (TruncatedError, "cut off", error.report)
