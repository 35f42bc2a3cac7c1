"""The window, the slots and the queue of the limiter."""

import asyncio

import pytest

from aiospectrum import RateLimit
from aiospectrum.limiters import Limiter, TooLateError
from aiospectrum.limiters.window import Window
from tests.fake_time import admitted, make_limiter, settle, start


@pytest.mark.parametrize(
    ("times", "now", "ahead", "wait"),
    [
        pytest.param([], 0.0, 0, 0.0, id="empty"),
        pytest.param([0.0, 1.0], 1.0, 0, 0.0, id="one place left"),
        pytest.param([0.0, 1.0], 1.0, 1, 9.0, id="the last place is taken"),
        pytest.param([0.0, 1.0, 2.0], 4.0, 0, 6.0, id="until the first one leaves"),
        pytest.param([0.0, 1.0, 2.0], 4.0, 2, 8.0, id="until the third one leaves"),
        pytest.param([0.0, 1.0, 2.0], 4.0, 3, 16.0, id="the next round"),
        pytest.param([0.0, 1.0, 2.0], 10.0, 0, 0.0, id="the first one has just left"),
        pytest.param([0.0, 1.0, 2.0], 99.0, 2, 0.0, id="all have left"),
        pytest.param([], 5.0, 3, 10.0, id="those ahead fill it"),
        pytest.param([], 5.0, 7, 20.0, id="those ahead fill it twice"),
    ],
)
def test_waits_of_a_window(times: list[float], now: float, ahead: int, wait: float) -> None:
    """The wait is until so many of three requests in any 10 s have left the window as are ahead."""
    window = Window(3, 10.0)
    for time in times:
        assert window.take(time)

    assert window.wait(now, ahead) == wait


async def test_the_window_slides() -> None:
    """A request goes out when the oldest of the window leaves it, and not at the edge of a fixed window."""
    limiter, time = make_limiter(requests=2)
    for wait in (0, 4):
        await time.pass_by(wait)
        limiter.release(await limiter.acquire(None), was_cancelled=False)
    tasks = start(limiter.acquire(None), limiter.acquire(None))

    await time.pass_by(5.75)
    assert admitted(tasks) == [False, False]
    await time.pass_by(0.25)
    assert admitted(tasks) == [True, False]
    await time.pass_by(3.75)
    assert admitted(tasks) == [True, False]
    await time.pass_by(0.25)
    assert admitted(tasks) == [True, True]
    assert (limiter.in_flight, limiter.queued, time.pending) == (2, 0, [])


async def test_so_many_in_flight() -> None:
    """No more requests are in flight than allowed, and those that wait go first come, first served."""
    limiter, time = make_limiter(in_flight=2)
    tasks = start(*(limiter.acquire(None) for _ in range(4)))
    await settle()
    assert (admitted(tasks), limiter.in_flight, limiter.queued) == ([True, True, False, False], 2, 2)

    await time.pass_by(1000)
    assert admitted(tasks) == [True, True, False, False]
    limiter.release(tasks[1].result(), was_cancelled=False)
    await settle()
    assert admitted(tasks) == [True, True, True, False]
    assert repr(limiter) == f"Limiter({limiter.limit}, in_flight=2, queued=1)"


async def test_those_cancelled_just_now_are_not_ahead() -> None:
    """Whoever comes in the step in which others are cancelled is not refused for the time that these would take."""
    limiter, time = make_limiter(requests=4, in_flight=2)
    tasks = start(*(limiter.acquire(None) for _ in range(5)))
    await settle()
    for task in tasks[2:]:
        task.cancel()
    late = limiter.acquire(time() + 1)
    late.send(None)
    late.close()
    await settle()
    assert (limiter.in_flight, limiter.queued, time.pending) == (2, 0, [])


async def test_permits_are_first_come_first_served() -> None:
    """Whoever comes while others wait, waits behind them."""
    limiter, _ = make_limiter(in_flight=1)
    tasks = start(*(limiter.acquire(None) for _ in range(3)))
    await settle()
    limiter.release(tasks[0].result(), was_cancelled=False)
    late = start(limiter.acquire(None))
    await settle()

    assert admitted([*tasks, *late]) == [True, True, False, False]


@pytest.mark.parametrize(("latest", "wait"), [(1009.75, 10.0), (1000.0, 10.0)])
async def test_too_late_for_the_window(latest: float, wait: float) -> None:
    """A permit after the deadline is refused at once, with the wait; one at the deadline is not."""
    limiter, time = make_limiter(requests=1)
    await limiter.acquire(None)

    with pytest.raises(TooLateError) as caught:
        await limiter.acquire(latest)
    assert caught.value.wait == wait
    in_time = start(limiter.acquire(1010.0))
    await settle()
    with pytest.raises(TooLateError):
        await limiter.acquire(1019.75)
    assert limiter.queued == 1
    await time.pass_by(10)
    assert admitted(in_time) == [True]


@pytest.mark.parametrize("is_admitted", [True, False], ids=["in the step of the permit", "before it"])
async def test_cancellation_gives_everything_back(is_admitted: bool) -> None:
    """A call that is cancelled in the queue takes no slot, and the next one gets its permit."""
    limiter, time = make_limiter(in_flight=1)
    first = await limiter.acquire(None)
    tasks = start(limiter.acquire(None), limiter.acquire(None))
    await settle()
    if is_admitted:
        limiter.release(first, was_cancelled=False)
    tasks[0].cancel()
    await settle()
    if not is_admitted:
        assert limiter.queued == 1
        limiter.release(first, was_cancelled=False)
        await settle()

    assert tasks[0].cancelled()
    assert (limiter.in_flight, limiter.queued) == (1, 0)
    limiter.release(tasks[1].result(), was_cancelled=False)
    assert (limiter.in_flight, time.pending) == (0, [])


async def test_no_timer_is_left_when_the_queue_is_empty() -> None:
    """The last one that leaves the queue takes the timer along."""
    limiter, time = make_limiter(requests=1)
    await limiter.acquire(None)
    (task,) = start(limiter.acquire(None))
    await settle()
    assert len(time.pending) == 1
    task.cancel()
    await settle()

    assert time.pending == []


def test_the_loops_own_clock_and_timers() -> None:
    """Without a clock and timers of one's own those of the running loop are used; nothing is left of them."""

    async def use() -> float:
        limiter = Limiter(RateLimit(requests=1, per_seconds=0.01))
        started = asyncio.get_running_loop().time()
        for _ in range(3):
            limiter.release(await limiter.acquire(None), was_cancelled=False)
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(use()) >= 0.019
