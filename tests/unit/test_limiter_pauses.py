"""What responses say to the limiter: the pause after a 429, its probe, and the API's own count."""

import pytest

from aiospectrum.limiters import TooLateError
from tests.fake_time import admitted, make_limiter, settle, start


async def test_a_pause_stops_everybody() -> None:
    """After a 429 no request is sent until the pause is over, then one alone, and the others after its response."""
    limiter, time = make_limiter()
    refused = await limiter.acquire(None)
    limiter.pause(refused, 7.0)
    limiter.release(refused, was_cancelled=False)
    tasks = start(*(limiter.acquire(None) for _ in range(3)))

    await time.pass_by(6.75)
    assert (limiter.pause_left(), limiter.queued) == (0.25, 3)
    await time.pass_by(0.25)
    assert (admitted(tasks), limiter.pause_left()) == ([True, False, False], 0)
    await time.pass_by(100)
    assert admitted(tasks) == [True, False, False]
    limiter.release(tasks[0].result(), was_cancelled=False)
    await settle()
    assert admitted(tasks) == [True, True, True]


async def test_a_cancelled_probe_is_no_response() -> None:
    """When the probe is cancelled, another one probes, and still alone."""
    limiter, time = make_limiter()
    refused = await limiter.acquire(None)
    limiter.pause(refused, 1.0)
    limiter.release(refused, was_cancelled=False)
    tasks = start(*(limiter.acquire(None) for _ in range(3)))
    await time.pass_by(1)
    limiter.release(tasks[0].result(), was_cancelled=True)
    await settle()

    assert admitted(tasks) == [True, True, False]
    limiter.release(tasks[1].result(), was_cancelled=False)
    await settle()
    assert admitted(tasks) == [True, True, True]


async def test_a_refused_probe_begins_another_pause() -> None:
    """A 429 to the probe stops everybody again."""
    limiter, time = make_limiter()
    refused = await limiter.acquire(None)
    limiter.pause(refused, 1.0)
    limiter.release(refused, was_cancelled=False)
    tasks = start(*(limiter.acquire(None) for _ in range(3)))
    await time.pass_by(1)
    limiter.pause(tasks[0].result(), 5.0)
    limiter.release(tasks[0].result(), was_cancelled=False)

    await time.pass_by(4.75)
    assert admitted(tasks) == [True, False, False]
    await time.pass_by(0.25)
    assert admitted(tasks) == [True, True, False]


async def test_responses_to_earlier_requests_do_not_extend_a_pause() -> None:
    """Requests that were under way when the pause began, also since the same instant, have no say in it."""
    limiter, time = make_limiter()
    first, second, third = [await limiter.acquire(None) for _ in range(3)]
    limiter.pause(first, 2.0)
    limiter.pause(second, 50.0)
    assert limiter.pause_left() == 2
    for permit in (first, second):
        limiter.release(permit, was_cancelled=False)
    (probe,) = start(limiter.acquire(None))
    await time.pass_by(2)
    limiter.release(probe.result(), was_cancelled=False)
    limiter.pause(third, 50.0)

    assert limiter.pause_left() == 0
    limiter.pause(await limiter.acquire(None), 3.0)
    assert limiter.pause_left() == 3


async def test_a_pause_refuses_those_who_cannot_wait() -> None:
    """A pause that ends after the deadline of a call in the queue fails that call at once, and no other."""
    limiter, time = make_limiter(in_flight=1)
    refused = await limiter.acquire(None)
    tasks = start(*(limiter.acquire(latest) for latest in (1005.0, None, 1010.0)))
    await settle()
    limiter.pause(refused, 10.0)
    await settle()

    assert [task.done() for task in tasks] == [True, False, False]
    error = tasks[0].exception()
    assert isinstance(error, TooLateError)
    assert error.wait == 10
    limiter.release(refused, was_cancelled=False)
    await time.pass_by(10)
    assert admitted(tasks[1:]) == [True, False]


async def test_cancellation_in_the_step_of_a_refusal() -> None:
    """A call that is refused and cancelled at once is cancelled, and nothing is left of it."""
    limiter, time = make_limiter(in_flight=1)
    refused = await limiter.acquire(None)
    (task,) = start(limiter.acquire(1005.0))
    await settle()
    limiter.pause(refused, 9.0)
    task.cancel()
    await settle()

    assert task.cancelled()
    limiter.release(refused, was_cancelled=False)
    assert (limiter.in_flight, limiter.queued, time.pending) == (0, 0, [])


async def test_what_the_api_says_slows_down() -> None:
    """When the API says that nothing is left, none is sent for so long, and calls that cannot wait are refused."""
    limiter, time = make_limiter(in_flight=1)
    first = await limiter.acquire(None)
    tasks = start(limiter.acquire(1004.0), limiter.acquire(None))
    await settle()
    limiter.update_quota(first, 0, 5.0)
    limiter.update_quota(first, 50, 1.0)
    limiter.release(first, was_cancelled=False)
    await time.pass_by(4.75)
    assert admitted(tasks) == [False, False]
    assert isinstance(tasks[0].exception(), TooLateError)
    await time.pass_by(0.25)

    assert admitted(tasks) == [False, True]


@pytest.mark.parametrize(
    ("said", "later", "wait"),
    [
        pytest.param([], 0.0, 0.0, id="nothing said"),
        pytest.param([(3, 30.0)], 0.0, 0.0, id="some left"),
        pytest.param([(0, 5.0)], 0.0, 4.0, id="none left"),
        pytest.param([(0, 5.0)], 4.0, 0.0, id="none left, until now"),
        pytest.param([(0, 5.0)], 6.0, 0.0, id="none left, until a while ago"),
        pytest.param([(0, 5.0), (0, 2.0)], 0.0, 3.0, id="the longer one came first"),
        pytest.param([(0, 5.0), (0, 9.0)], 0.0, 8.0, id="the longer one came last"),
        pytest.param([(0, 1.0), (0, 9.0)], 0.0, 8.0, id="once more after the first is over"),
        pytest.param([(3, 30.0), (0, 5.0)], 0.0, 4.0, id="the last one is gone"),
        pytest.param([(0, 5.0), (3, 30.0)], 0.0, 3.0, id="an earlier count does not lift it"),
        pytest.param([(0, 1.0), (3, 30.0)], 0.0, 0.0, id="a new count"),
    ],
)
async def test_how_long_the_api_has_nothing_left(said: list[tuple[int, float]], later: float, wait: float) -> None:
    """The wait is the longest that was said, one second after each response; only time lifts it."""
    limiter, time = make_limiter()
    permit = await limiter.acquire(None)
    for left, seconds in said:
        limiter.update_quota(permit, left, seconds)
        time.now += 1
    time.now += later

    assert limiter.quota_wait() == wait


async def test_a_new_count_at_the_end_of_the_last_one() -> None:
    """From the instant on when nothing-left is over, the API's next count is in force."""
    limiter, time = make_limiter()
    permit = await limiter.acquire(None)
    limiter.update_quota(permit, 0, 5.0)
    await time.pass_by(5)
    limiter.update_quota(permit, 1, 30.0)
    tasks = start(limiter.acquire(None), limiter.acquire(None))

    await time.pass_by(29.75)
    assert admitted(tasks) == [True, False]
    await time.pass_by(0.25)
    assert admitted(tasks) == [True, True]


async def test_what_the_api_says_never_speeds_up() -> None:
    """However much the API says is left, the window holds."""
    limiter, time = make_limiter(requests=2)
    for _ in range(2):
        permit = await limiter.acquire(None)
        limiter.update_quota(permit, 1_000_000, 1.0)
    tasks = start(limiter.acquire(None))

    await time.pass_by(9.75)
    assert admitted(tasks) == [False]
    await time.pass_by(0.25)
    assert admitted(tasks) == [True]


async def test_requests_that_the_api_has_not_counted_yet() -> None:
    """What is left by a response is less the requests that were sent since."""
    limiter, time = make_limiter()
    first, *_ = [await limiter.acquire(None) for _ in range(3)]
    limiter.update_quota(first, 3, 5.0)
    tasks = start(*(limiter.acquire(None) for _ in range(2)))
    await settle()
    assert admitted(tasks) == [True, False]
    await time.pass_by(5)
    assert admitted(tasks) == [True, True]


async def test_a_field_that_does_not_count_down() -> None:
    """A field that always says the same does not stop calls that are made one after another."""
    limiter, time = make_limiter()
    for _ in range(20):
        permit = await limiter.acquire(1000.0)
        limiter.update_quota(permit, 5, 30.0)
        limiter.release(permit, was_cancelled=False)

    assert time.timers == []


@pytest.mark.parametrize(
    ("seconds", "left"),
    [(-5.0, 0.0), (0.0, 0.0), (0.5, 0.5), (3600.0, 3600.0), (3601.0, 3600.0), (float("nan"), 3600.0)],
)
async def test_an_odd_pause(seconds: float, left: float) -> None:
    """A pause is at least nothing, and at most what the limit allows, which counts for what is no number too."""
    limiter, _ = make_limiter()
    permit = await limiter.acquire(None)
    limiter.pause(permit, seconds)
    assert limiter.pause_left() == left
    limiter.release(permit, was_cancelled=False)
