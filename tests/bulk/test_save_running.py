"""A run of saving while it is active: failures, progress, and stopping."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from aiospectrum import Report, ReportByTimeRow, ServerError
from aiospectrum.bulk import (
    SaveProgress,
    Window,
)
from tests.bulk.datasets import (
    EVENTS,
    entries_of,
    expected_rows,
    files_of,
    holding,
    hourly,
    make_plan,
    save_to,
    saved_windows,
    shown_rows,
)
from tests.bulk.fakes import SINCE, ZONES, Call, Fake, failing

A, B = ZONES[:2]
DAY = timedelta(days=1)


async def test_failures(tmp_path: Path) -> None:
    """Tasks that fail are listed with their errors, are in the manifest, and are attempted by the next run."""
    plan = make_plan([A, B])
    saved = await save_to(tmp_path, plan, Fake(respond=lambda call: _failing_for_b(call)))

    assert [(each.zone_id, each.error) for each in saved.failed] == [(B, f"ServerError: no {B}")] * 2
    assert {each.window for each in saved.failed} == set(plan.windows())
    assert (saved.done, saved.ok, saved.left) == (2, False, 0)
    failed = entries_of(tmp_path, "failed")
    assert {(entry["zone_id"], entry["error"], entry["message"]) for entry in failed} == {(B, "ServerError", f"no {B}")}

    fake = Fake(respond=hourly)
    saved = await save_to(tmp_path, plan, fake)
    assert (saved.skipped, saved.done, saved.ok) == (2, 2, True)
    assert {call.zone_id for call in fake.calls} == {B}
    assert shown_rows(tmp_path) == expected_rows(plan)


def _failing_for_b(call: Call) -> Any:
    return failing(ServerError, B)(call) if call.zone_id == B else hourly(call)


async def test_reports_that_are_no_tables(tmp_path: Path) -> None:
    """A report that does not go with the query is a failure of its task, not the end of the run."""

    def odd(call: Call) -> Report:
        return (
            holding(call, ReportByTimeRow(dimensions=["connect"], metrics=[[1], [2]]))
            if call.zone_id == A
            else hourly(call)
        )

    saved = await save_to(tmp_path, make_plan([A, B], days=1), Fake(respond=odd))

    assert (saved.done, len(saved.failed)) == (1, 1)
    assert saved.failed[0].error.startswith("TableError: the report has other columns than requested: metrics")


async def test_fail_fast(tmp_path: Path) -> None:
    """The first error is raised, when it is in the manifest and all work has ended."""
    fake = Fake(respond=_failing_for_b)
    with pytest.raises(ServerError, match=f"no {B}"):
        await save_to(tmp_path, make_plan([A, B], days=30), fake, fail_fast=True, clock=(SINCE + 40 * DAY).timestamp)
    assert fake.in_flight == 0
    assert len(fake.calls) < 30
    assert [entry["message"] for entry in entries_of(tmp_path, "failed")][:1] == [f"no {B}"]
    rows = await asyncio.to_thread(shown_rows, tmp_path)
    assert rows, "what had finished is in data files"
    assert len(rows) % (24 * len(EVENTS)) == 0


async def test_a_part_that_fails(tmp_path: Path) -> None:
    """Of a window that was split and failed in part, nothing is written."""

    def cut_off(call: Call) -> Any:
        since, until = call.times
        if since.hour == 6 and until.hour == 11:
            return ServerError("no")
        report = hourly(call)
        return attrs.evolve(report, rows=1000) if until - since > timedelta(hours=6) else report

    plan = make_plan([A], days=1)
    saved = await save_to(tmp_path, plan, Fake(respond=cut_off))

    assert files_of(tmp_path, "ndjson") == []
    [failure] = saved.failed
    hour = timedelta(hours=1)
    assert failure.window == Window(since=SINCE + 6 * hour, until=SINCE + 12 * hour)


async def test_progress(tmp_path: Path) -> None:
    """It starts with what is there before, and then has every task."""
    await save_to(tmp_path, make_plan([A], days=1))
    seen: list[SaveProgress] = []

    saved = await save_to(
        tmp_path, make_plan([A, B]), Fake(respond=_failing_for_b), on_progress=seen.append, concurrency=1
    )

    counts = [(each.skipped, each.done, each.failed, each.left, each.rows, each.bytes) for each in seen]
    assert counts[0] == (1, 0, 0, 3, 0, 0)
    assert counts == sorted(counts, key=lambda each: (-each[3], each[4:]))
    assert (seen[-1].total, seen[-1].done, seen[-1].failed) == (4, 1, 2)
    assert (seen[-1].rows, seen[-1].bytes) == (saved.rows, saved.bytes)


async def test_an_error_of_the_callers(tmp_path: Path) -> None:
    """What ``on_progress`` raises ends the run, and comes through."""

    def refuse(progress: SaveProgress) -> None:
        if progress.done >= 2:
            raise KeyError("mine")

    fake = Fake(respond=hourly)
    with pytest.raises(KeyError, match="mine"):
        await save_to(tmp_path, make_plan([A], days=30), fake, on_progress=refuse, clock=(SINCE + 40 * DAY).timestamp)
    assert fake.in_flight == 0
    done = sum(len(windows) for windows in saved_windows(tmp_path).values())
    assert done >= 2
    saved = await save_to(tmp_path, make_plan([A], days=30), clock=(SINCE + 40 * DAY).timestamp)
    assert (saved.ok, saved.skipped) == (True, done)


async def test_stopping(tmp_path: Path) -> None:
    """Once stopped, a run starts nothing, finishes what it started, and says what is left."""
    stop = asyncio.Event()

    def stop_at_three(call: Call) -> Report:
        if call.place == 2:
            stop.set()
        return hourly(call)

    plan = make_plan([A], days=30)
    fake, later = Fake(respond=stop_at_three), (SINCE + 40 * DAY).timestamp
    saved = await save_to(tmp_path, plan, fake, stop=stop, clock=later)

    assert saved.stopped
    assert not saved.ok
    assert saved.done == len(fake.calls) == 30 - saved.left
    assert 3 <= saved.done <= 3 + 8
    assert len(shown_rows(tmp_path)) == saved.done * 24 * len(EVENTS)
    again = await save_to(tmp_path, plan, fake, clock=later)
    assert (again.skipped, again.stopped, again.ok) == (saved.done, False, True)
    assert len(fake.calls) == 30


async def test_stopped_before_it_begins(tmp_path: Path) -> None:
    """Nothing is sent then."""
    stop = asyncio.Event()
    stop.set()
    fake = Fake(respond=hourly)
    saved = await save_to(tmp_path, make_plan([A]), fake, stop=stop)
    assert (saved.stopped, saved.left, fake.calls) == (True, 2, [])
