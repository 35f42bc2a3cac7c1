"""What goes over the wire in a pull, counted on a clock of the test's own; and how a pull looks."""

import io
from typing import Any

import attrs
import pytest
from rich.console import Console

from aiospectrum import AttemptEnded, AttemptStarted, Limiter, RateLimit
from aiospectrum.cli.progress import Meter, PullView, Reading, least_seconds, pull_lines, pull_screen

READING = Reading(requests=324, retries=3, received=1_234_567, rate=48.24, elapsed=61.2)
VIEW = PullView(zones=500, total=500, done=312, failed=2, left=4.2, reading=READING)


@attrs.define
class Clock:
    """A clock that stands still unless a test moves it."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def attempt(meter: Meter, *, number: int = 1, size: int = 100, was_cancelled: bool = False) -> None:
    """Let a meter see one attempt."""
    started = AttemptStarted(operation="x", method="GET", route="/x", url="https://x/x", attempt=number)
    meter.on_attempt(started)(
        AttemptEnded(
            started=started,
            status=200,
            duration=0.1,
            body_bytes=size,
            ray_id=None,
            error=None,
            was_cancelled=was_cancelled,
        )
    )


def limited(clock: Clock, requests: int) -> tuple[Meter, Limiter]:
    """A meter of a limiter that allows so many requests in a minute."""
    limiter = Limiter(RateLimit(requests=requests, per_seconds=60), clock=clock)
    return Meter(limiter, clock=clock), limiter


def render(view: PullView, width: int, **options: Any) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(pull_screen(view, **options))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def with_reading(**changes: Any) -> PullView:
    return attrs.evolve(VIEW, reading=attrs.evolve(READING, **changes))


def test_attempts_are_counted() -> None:
    """Requests, retries and bytes add up; the rate is of responses alone, and of the last ten seconds."""
    meter = Meter(None, clock=(clock := Clock()))
    for number in (1, 2, 1, 1):
        attempt(meter, number=number)
    attempt(meter, was_cancelled=True, size=0)
    clock.now += 2
    reading = meter.read()
    assert (reading.requests, reading.retries, reading.received, reading.rate) == (5, 1, 400, 2.0)
    clock.now += 8
    assert meter.read().rate == 0
    assert meter.read().elapsed == 10


def test_the_first_second_does_not_exaggerate() -> None:
    """A few quick responses at the start are no rate of thousands."""
    meter = Meter(None, clock=(clock := Clock()))
    attempt(meter)
    clock.now += 0.001
    assert meter.read().rate == 1


async def test_pauses_are_counted_when_they_begin() -> None:
    """One pause is one, however often it is read; the time in it is not spent working."""
    meter, limiter = limited(clock := Clock(), 100)
    readings = []
    for pause in (0, 5, 0, 0, 0, 0, 0, 3):
        clock.now += 1
        if pause:
            permit = await limiter.acquire(None)
            limiter.pause(permit, pause)
            limiter.release(permit, was_cancelled=False)
        readings.append(meter.read())
    assert [reading.pauses for reading in readings] == [0, 1, 1, 1, 1, 1, 1, 2]
    assert [reading.blocked for reading in readings] == [0, 5, 4, 3, 2, 1, 0, 3]
    assert readings[-1].working == 3


def test_a_limit_that_is_used_up_is_known() -> None:
    """The time until the next request is known, and short waits between requests are none."""
    meter, _ = limited(clock := Clock(), 2)
    attempt(meter)
    assert meter.read().full_for == 0
    attempt(meter)
    clock.now += 10
    assert meter.read().full_for == 50
    clock.now += 49.5
    assert meter.read().full_for == 0


async def test_the_quota_of_the_api_counts() -> None:
    """It may have less left than our limit, as others use it too."""
    meter, limiter = limited(Clock(), 2)
    limiter.update_quota(await limiter.acquire(None), 0, 33)
    assert meter.read().blocked == 33
    assert meter.time_for(1, 2) == 35


@pytest.mark.parametrize(
    ("requests", "pace", "pause", "expected"),
    [
        pytest.param(1, 2, 0, 60, id="one more than the limit has left"),
        pytest.param(4, 2, 0, 66, id="as many as go together"),
        pytest.param(4, 20, 0, 138, id="slower than the limit"),
        pytest.param(5, 2, 0, 120, id="another round"),
        pytest.param(9, 2, 0, 180, id="two more rounds"),
        pytest.param(4, 2, 70, 78, id="after a pause"),
    ],
)
async def test_the_rest_takes_as_long_as_the_limit_allows(
    requests: int, pace: float, pause: float, expected: float
) -> None:
    """Four requests are allowed in a minute, and have gone out two seconds ago."""
    meter, limiter = limited(clock := Clock(), 4)
    for _ in range(4):
        attempt(meter)
    clock.now += 2
    limiter.pause(await limiter.acquire(None), pause)
    assert meter.read().blocked == max(58, pause)
    assert meter.time_for(requests, pace) == expected


def test_without_a_limit_only_the_pace_counts() -> None:
    """Nothing holds requests up."""
    meter = Meter(None, clock=Clock())
    assert meter.time_for(10, 0.5) == 5


@pytest.mark.parametrize(
    ("requests", "expected"),
    [(0, 0), (1, 0), (1140, 0), (1141, 300), (2280, 300), (2281, 600), (100_000, 300 * 87)],
)
def test_the_least_time_of_a_plan(requests: int, expected: float) -> None:
    """As many requests as the limit has may go at once, and each next so many 300 seconds later."""
    assert least_seconds(requests, RateLimit()) == expected


def test_a_screen_has_three_lines() -> None:
    """Zones, a bar, percent and time left; then the traffic; then what holds it up, if something does."""
    lines = render(VIEW, 80)
    assert lines[0].startswith("312/500 zones  ━━━")
    assert lines[0].endswith(" 62 %  0:05 left")
    assert lines[1:] == ["324 requests   48.2/s   2 failed   3 retries   1.2 MB received", ""]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_how_much_failed_is_never_cut_off(width: int) -> None:
    """It comes before what matters less."""
    reading = Reading(requests=12_345, retries=12, received=1_234_567_890, rate=123.4, pauses=3)
    assert "17 failed" in render(attrs.evolve(VIEW, failed=17, reading=reading), width)[1]


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
            "stopping: 0:05 for requests in flight; Ctrl-C again to cancel them",
            id="stopping",
        ),
    ],
)
def test_the_third_line_shows_what_holds_it_up(view: PullView, expected: str) -> None:
    """Stopping comes before waiting."""
    assert render(view, 80)[2] == expected


def test_what_stays_is_the_end() -> None:
    """At the end the time that it took stands in place of the time left, and nothing holds it up."""
    lines = render(attrs.evolve(VIEW, done=500, left=0.0, stopping=3.0), 80, is_over=True)
    assert len(lines) == 2
    assert lines[0].endswith("100 %    in 1:02")


def test_a_file_gets_lines_when_they_are_due_and_when_a_wait_begins() -> None:
    """Without a terminal a wait is written once, and all else now and then."""
    paused = with_reading(pause_left=20.0, pauses=1)
    line = "312/500 zones, 324 requests, 48.2/s, 2 failed, 3 retries, 1.2 MB received, 0:05 left"
    assert pull_lines(None, attrs.evolve(VIEW, left=None), is_due=True) == [line.removesuffix(", 0:05 left")]
    assert pull_lines(None, attrs.evolve(VIEW, done=5), is_due=True)[0].startswith("5/500 zones, ")
    assert pull_lines(None, VIEW, is_due=False) == []
    assert pull_lines(None, VIEW, is_due=True) == [line]
    started = pull_lines(VIEW, paused, is_due=False)
    assert started == [line.replace("received", "received, 1 pause"), "rate limit: paused by a 429, 0:20 left"]
    assert pull_lines(paused, paused, is_due=False) == []
    assert pull_lines(paused, paused, is_due=True) == started
    assert len(pull_lines(None, paused, is_due=False)) == 2
