"""What goes over the wire, counted on a clock of the test's own."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from aiospectrum import AttemptEnded, AttemptStarted, RateLimit
from aiospectrum._http.limiter import Limiter, TooLateError
from aiospectrum.cli.meter import Meter, least_seconds


@attrs.define
class Clock:
    """A clock that stands still unless told otherwise."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def attempt(meter: Meter, *, number: int = 1, size: int = 100, was_cancelled: bool = False) -> None:
    """Let a meter see one attempt."""
    started = AttemptStarted(operation="x", method="GET", route="/x", url="https://x/x", attempt=number)
    end = meter.on_attempt(started)
    end(
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


def test_attempts_are_counted() -> None:
    """Requests, retries and bytes add up; the rate is of answers alone, and of the last ten seconds."""
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
    """A few quick answers at the beginning are no rate of thousands."""
    meter = Meter(None, clock=(clock := Clock()))
    attempt(meter)
    clock.now += 0.001
    assert meter.read().rate == 1


def test_pauses_are_counted_when_they_begin() -> None:
    """One pause is one, however often it is looked at; the time in it is not spent working."""
    meter = Meter(None, clock=(clock := Clock()))
    readings = []
    for left in (0, 5, 4, 0, 0, 3):
        clock.now += 1
        readings.append(meter.read(pause_left=left))
    assert [reading.pauses for reading in readings] == [0, 1, 1, 1, 1, 2]
    assert [reading.blocked for reading in readings] == [0, 5, 4, 0, 0, 3]
    assert readings[-1].working == 4


def test_a_limit_that_is_used_up_is_told() -> None:
    """The time until the next request is known, and short waits between requests are none."""
    meter = Meter(RateLimit(requests=2, per_seconds=60), clock=(clock := Clock()))
    attempt(meter)
    assert meter.read().full_for == 0
    attempt(meter)
    clock.now += 10
    assert meter.read().full_for == 50
    clock.now += 49.5
    assert meter.read().full_for == 0


def test_what_the_api_says_of_its_own_limit_counts() -> None:
    """It may have less left than our limit, as others use it too."""
    meter = Meter(RateLimit(requests=2, per_seconds=60), clock=Clock())
    assert meter.read(told_left=33).blocked == 33
    assert meter.time_for(1, 2) == 35


async def test_a_limiter_remembers_what_it_was_told() -> None:
    """That nothing is left, and for how long."""
    limiter = Limiter(RateLimit())
    permit = await limiter.acquire(None)
    limiter.update_quota(permit, 5, 100)
    assert limiter.quota_wait() == 0
    limiter.update_quota(permit, 0, 100)
    assert 99 < limiter.quota_wait() <= 100
    with pytest.raises(TooLateError):
        await limiter.acquire(asyncio.get_running_loop().time() + 1)


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
def test_the_rest_takes_as_long_as_the_limit_says(requests: int, pace: float, pause: float, expected: float) -> None:
    """Four requests are allowed in a minute, and have gone out two seconds ago."""
    meter = Meter(RateLimit(requests=4, per_seconds=60), clock=(clock := Clock()))
    for _ in range(4):
        attempt(meter)
    clock.now += 2
    assert meter.read(pause_left=pause).blocked == max(58, pause)
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
