"""Which windows are done, which are asked for again, and what a run asks for: pure."""

import math
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum.bulk import DestinationMismatchError, Query, Window
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.periods import to_datetime, to_seconds
from aiospectrum.bulk.dataset.settling import cap_lag, clip, is_done
from aiospectrum.bulk.dataset.state import Noted, SavedWindow, Spooled
from aiospectrum.bulk.dataset.tasks import choose_tasks, count_tasks
from tests.bulk.datasets import make_plan
from tests.bulk.fakes import SINCE, ZONES

A, B, C = ZONES[:3]
START = to_seconds(SINCE)
HOUR = 3600
LATER = START + 1000 * HOUR


@pytest.mark.parametrize(
    ("lag", "expected"),
    [
        (0, (0.0, False)),
        (300.5, (300.5, False)),
        (86_400, (86_400.0, False)),
        (86_401, (86_400.0, True)),
        (1e300, (86_400.0, True)),
        (10**400, (86_400.0, True)),
        (math.inf, (86_400.0, True)),
        (-math.inf, (0.0, True)),
        (math.nan, (86_400.0, True)),
        (-1, (0.0, True)),
        (None, (86_400.0, True)),
        ("300", (86_400.0, True)),
        (True, (86_400.0, True)),
    ],
    ids=lambda each: str(each)[:9],
)
def test_lags(lag: Any, expected: tuple[float, bool]) -> None:
    """A lag that cannot be is capped, and counted."""
    assert cap_lag(lag) == expected


@pytest.mark.parametrize(
    ("ended_ago", "lag", "expected"),
    [
        (0, 0, True),
        (-1, 0, False),
        (299, 300, False),
        (300, 300, True),
        (86_399, 86_400, False),
        (86_400, 86_400, True),
        (3600, 86_400, False),
        (-3600, 0, False),
    ],
)
def test_done(ended_ago: int, lag: float, expected: bool) -> None:
    """A window is done when it had ended before the latest data, and a day after its end in any case."""
    assert is_done(START, asked=START + ended_ago, data_lag=lag, settle_after=86_400) is expected
    assert is_done(START, asked=START + ended_ago, data_lag=lag, settle_after=0) is (ended_ago >= 0)


@pytest.mark.parametrize(
    ("delta", "now", "hours"),
    [("hour", 13.4, 14), ("hour", 13, 14), ("day", 13.4, 24), ("hour", 23.9, 24), ("hour", 30, 24), (None, 13.4, 24)],
)
def test_what_has_not_begun_is_not_asked_for(delta: Any, now: float, hours: int) -> None:
    """By time, a window under way is asked for up to the end of the interval under way."""
    kind: Any = "summary" if delta is None else "bytime"
    query = Query(kind=kind, time_delta=delta, metrics=["count"])
    window = Window(since=SINCE, until=SINCE + timedelta(hours=24))
    clipped = clip(query, window, START + int(now * HOUR))
    assert clipped == Window(since=SINCE, until=SINCE + timedelta(hours=hours))


def saved(since: int, until: int, *, filling: bool) -> SavedWindow:
    return SavedWindow(START + since * HOUR, START + until * HOUR, 1, LATER, 0.0, filling)


def index_of(there: dict[str, list[SavedWindow]], noted: dict[str, list[SavedWindow]]) -> DatasetIndex:
    """Windows that are there, every other one in another file; and those without rows."""
    index = DatasetIndex()
    halves = [{zone: windows[half::2] for zone, windows in there.items()} for half in (0, 1)]
    spools = [
        Spooled(path=f"state/w1-spool-{number:06}.arrow", bytes=1, period="2026-11-18", windows=windows)
        for number, windows in enumerate(halves)
    ]
    index.apply("", [*spools, Noted(windows=noted)])
    return index


def hours_of(each: Any) -> tuple[int, int]:
    if isinstance(each, SavedWindow):
        return (each.since - START) // HOUR, (each.until - START) // HOUR
    window = each.task.window
    return (to_seconds(window.since) - START) // HOUR, (to_seconds(window.until) - START) // HOUR


@st.composite
def windows_of_a_zone(draw: Any) -> list[SavedWindow]:
    """Windows of a zone that do not overlap."""
    edges = sorted(draw(st.lists(st.integers(0, 72), unique=True, max_size=12)))
    return [saved(*each, filling=draw(st.booleans())) for each in pairwise(edges) if draw(st.booleans())]


@given(
    there=st.fixed_dictionaries({A: windows_of_a_zone(), B: windows_of_a_zone()}),
    noted=st.fixed_dictionaries({A: windows_of_a_zone(), C: windows_of_a_zone()}),
    plan=st.tuples(st.integers(0, 60), st.integers(1, 40), st.sampled_from(["hour", "day", "whole"])),
    now=st.integers(0, 100),
)
def test_any_plan_of_any_dataset(
    there: dict[str, list[SavedWindow]], noted: dict[str, list[SavedWindow]], plan: Any, now: int
) -> None:
    """All that is missing of a plan and all that is filling is asked for once, and nothing that is done."""
    noted = {zone: [each for each in windows if each.filling] for zone, windows in noted.items()}
    index = index_of(there, noted)
    since = SINCE + timedelta(hours=plan[0])
    chosen_plan = make_plan([A, B.upper()], since=since, until=since + timedelta(hours=plan[1]), window=plan[2])
    chosen = [*choose_tasks([chosen_plan], index, [A, B, C], now=START + now * HOUR)]
    tasks = [each for each in chosen if each is not None]
    counts = count_tasks(lambda: chosen, "day")
    assert counts.total == len(chosen)
    assert counts.not_begun == sum(not each.has_begun for each in tasks)
    asked = {zone: [hours_of(each) for each in tasks if each.task.zone_id.lower() == zone] for zone in (A, B, C)}
    for zone, spans in asked.items():
        hours = [hour for span in spans for hour in range(*span)]
        assert len(set(hours)) == len(hours), "twice"
        done = {h for each in there.get(zone, ()) if not each.filling for h in range(*hours_of(each))}
        assert not done & set(hours), "what is done is asked for"
        for each in [*there.get(zone, ()), *noted.get(zone, ())]:
            if each.filling:
                rest = set(range(*hours_of(each))) - done
                assert rest <= set(hours), "what is filling is not asked for"
                if each in there.get(zone, ()):
                    assert any(span[0] <= hours_of(each)[0] and hours_of(each)[1] <= span[1] for span in spans)
        for span in spans:
            inside = [
                each for each in index.windows.get(zone, ()) if set(range(*hours_of(each.window))) & {*range(*span)}
            ]
            assert len({each.path for each in inside}) <= 1, "rows of two files are replaced"
        if zone != C:
            assert set(range(plan[0], plan[0] + plan[1])) <= done | set(hours), "a gap"
        for each in tasks:
            assert each.has_begun is (hours_of(each)[0] < now)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([], [(0, 24)]),
        ([(0, 24, False)], []),
        ([(0, 24, True)], [(0, 24)]),
        ([(0, 12, False)], [(0, 24)]),
        ([(0, 12, True)], [(0, 24)]),
        ([(0, 30, False)], None),
        ([(12, 30, False)], None),
        ([(0, 12, False), (12, 24, False)], None),
        ([(-5, 12, False)], None),
        ([(24, 30, True)], [(24, 30), (0, 24)]),
    ],
)
def test_sums(there: list[Any], expected: list[tuple[int, int]] | None) -> None:
    """A sum is that of one window: one that is there, longer than it, or refused."""
    index = index_of({A: [saved(since, until, filling=filling) for since, until, filling in there]}, {})
    query = Query(kind="summary", metrics=["count"])
    plan = make_plan([A], query=query, until=to_datetime(START + 24 * HOUR), window="whole")
    if expected is None:
        with pytest.raises(DestinationMismatchError, match="rows twice"):
            list(choose_tasks([plan], index, [A], now=LATER))
    else:
        chosen = choose_tasks([plan], index, [A], now=LATER)
        assert [hours_of(each) for each in chosen if each is not None] == expected
