"""How a pull looks, at several widths and moments."""

from __future__ import annotations

import io
from typing import Any

import attrs
import pytest
from rich.console import Console

from aiospectrum.cli.human import human_clock
from aiospectrum.cli.meter import Reading
from aiospectrum.cli.pull_screen import PullView, pull_line, pull_lines, pull_screen

READING = Reading(requests=324, retries=3, received=1_234_567, rate=48.24, elapsed=61.2)
VIEW = PullView(zones=500, total=500, done=312, failed=2, left=4.2, reading=READING)


def render(view: PullView, width: int, **options: Any) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(pull_screen(view, **options))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def with_reading(**changes: Any) -> PullView:
    return attrs.evolve(VIEW, reading=attrs.evolve(READING, **changes))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0:00"), (0.1, "0:01"), (59.5, "1:00"), (252, "4:12"), (93_599, "25:59:59")]
)
def test_clocks(seconds: float, expected: str) -> None:
    """A begun second is a whole one, so that a wait never seems to be over early."""
    assert human_clock(seconds) == expected


def test_a_screen_has_three_lines() -> None:
    """Zones, a bar, percent and time left; then the traffic; then what holds it up, if something does."""
    lines = render(VIEW, 80)
    assert lines[0].startswith("312/500 zones  ━━━")
    assert lines[0].endswith(" 62 %  0:05 left")
    assert lines[1:] == ["324 requests   48.2/s   3 retries   1.2 MB   2 failed", ""]


def test_zones_with_several_windows_count_both() -> None:
    """A zone is done when it has no window left; those that are left may be of one zone each."""
    view = attrs.evolve(VIEW, total=1500, done=1200)
    assert render(view, 120)[0].startswith("1,200/1,500 windows, 200/500 zones  ━")
    assert [attrs.evolve(view, done=done).zones_done for done in (0, 1000, 1001, 1500)] == [0, 0, 1, 500]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize(
    "view",
    [
        VIEW,
        PullView(zones=500, total=500),
        PullView(zones=0, total=0, left=0.0),
        with_reading(pause_left=299.5, pauses=12, requests=1_234_567, received=9e15, rate=1234.5),
        attrs.evolve(VIEW, total=1_500_000, done=1_499_999, left=360_000, stopping=4.2),
    ],
    ids=["usual", "beginning", "nothing", "paused", "huge"],
)
def test_a_screen_never_wraps(view: PullView, width: int) -> None:
    """At any width there are three lines that fit."""
    lines = render(view, width)
    assert len(lines) == 3
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        pytest.param(VIEW, "", id="nothing"),
        pytest.param(with_reading(pause_left=251.2), "rate limit: paused by a 429, 4:12 left", id="pause"),
        pytest.param(with_reading(full_for=30), "rate limit: used up, 0:30 until the next request", id="used up"),
        pytest.param(
            attrs.evolve(with_reading(full_for=30), stopping=4.5),
            "stopping: 0:05 for what is in flight; Ctrl-C again to cut it off",
            id="stopping",
        ),
    ],
)
def test_the_third_line_tells_what_holds_it_up(view: PullView, expected: str) -> None:
    """Stopping comes before waiting."""
    assert render(view, 80)[2] == expected


def test_what_stays_is_the_end() -> None:
    """At the end the time that it took stands in place of the time left, and nothing holds it up."""
    lines = render(attrs.evolve(VIEW, done=500, left=0.0, stopping=3.0), 80, is_over=True)
    assert len(lines) == 2
    assert lines[0].endswith("100 %    in 1:02")


def test_a_file_gets_lines_when_they_are_due_and_when_a_wait_begins() -> None:
    """Without a terminal a wait is told once, and all else now and then."""
    paused = with_reading(pause_left=20.0, pauses=1)
    line = "312/500 zones, 324 requests, 48.2/s, 3 retries, 1.2 MB, 2 failed, 0:05 left"
    assert pull_line(VIEW) == line
    assert pull_line(attrs.evolve(VIEW, left=None)) == line.removesuffix(", 0:05 left")
    assert pull_line(attrs.evolve(VIEW, done=5)).startswith("5/500 zones, ")
    assert pull_lines(None, VIEW, is_due=False) == []
    assert pull_lines(None, VIEW, is_due=True) == [line]
    begun = pull_lines(VIEW, paused, is_due=False)
    assert begun == [line.replace("failed", "failed, 1 pause"), "rate limit: paused by a 429, 0:20 left"]
    assert pull_lines(paused, paused, is_due=False) == []
    assert pull_lines(paused, paused, is_due=True) == begun
    assert len(pull_lines(None, paused, is_due=False)) == 2
