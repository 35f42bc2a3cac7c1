"""The deadline of a call and the silence of an attempt, on a clock of the test's own."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

import attrs
import pytest

from aiospectrum import ClientStateError
from aiospectrum._http.deadline import Deadline, DeadlineTimer
from tests.fake_time import FakeTime, settle

T = TypeVar("T")


@attrs.define
class FakeLoop:
    """The clock and the timers of an event loop."""

    at: FakeTime = attrs.Factory(FakeTime)

    def time(self) -> float:
        return self.at.now

    def call_at(self, when: float, call: Callable[[], None]) -> Any:
        return self.at.call_later(when - self.at.now, call)


@pytest.fixture
def loop() -> FakeLoop:
    """A loop whose time stands still."""
    return FakeLoop()


@pytest.fixture
def timer(loop: FakeLoop) -> DeadlineTimer:
    """A timer on that loop."""
    return DeadlineTimer(cast("asyncio.AbstractEventLoop", loop))


async def wait(deadline: Deadline) -> None:
    """A call that never ends by itself and listens to nothing."""
    with deadline:
        await asyncio.Event().wait()


async def listen(deadline: Deadline, outcomes: list[str]) -> None:
    """A call whose attempts get no data: each silence ends one, and another begins."""
    with deadline:
        while True:
            deadline.on_data()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not deadline.take_back_read_timeout():
                    raise
                outcomes.append("silence")
            finally:
                deadline.stop_reading()


async def begin(call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that has run as far as it can."""
    task = asyncio.create_task(call)
    await settle()
    return task


async def ending(task: asyncio.Task[None]) -> str:
    """What a task has ended in; it has come to its end by now, so that no test hangs."""
    await settle()
    assert task.done()
    try:
        await task
    except TimeoutError:
        return "deadline"
    except asyncio.CancelledError:
        return "cancelled"
    return "done"


async def test_a_call_ends_at_its_deadline(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Not before it, with a TimeoutError, and with nothing of the cancellation left."""
    deadline = Deadline(timer, 10, None)
    task = await begin(wait(deadline))
    await loop.at.pass_by(9.9)
    assert not task.done()
    assert (deadline.latest, deadline.has_passed) == (1010, False)

    await loop.at.pass_by(0.1)

    assert deadline.has_passed
    assert await ending(task) == "deadline"
    assert task.cancelling() == 0
    assert loop.at.pending == []


async def test_silence_ends_an_attempt(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Each attempt that gets no data is ended, and the call continues."""
    outcomes: list[str] = []
    task = await begin(listen(Deadline(timer, None, 2), outcomes))
    await loop.at.pass_by(1.9)
    assert outcomes == []

    await loop.at.pass_by(2.2)

    assert outcomes == ["silence", "silence"]
    assert task.cancelling() == 0
    task.cancel()
    assert await ending(task) == "cancelled"


async def test_the_deadline_ends_a_call_after_many_silences(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Both limits hold together."""
    outcomes: list[str] = []
    task = await begin(listen(Deadline(timer, 5, 2), outcomes))

    await loop.at.pass_by(5)

    assert outcomes == ["silence", "silence"]
    assert await ending(task) == "deadline"


async def test_the_deadline_comes_before_a_silence_of_the_same_moment(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """An attempt whose silence is as long as the call may take is not made again."""
    outcomes: list[str] = []
    task = await begin(listen(Deadline(timer, 2, 2), outcomes))

    await loop.at.pass_by(2)

    assert outcomes == []
    assert await ending(task) == "deadline"


async def test_no_limits_need_no_timer(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """A call without limits never ends."""
    deadline = Deadline(timer, None, None)
    task = await begin(wait(deadline))

    await loop.at.pass_by(1e9)

    assert not task.done()
    assert loop.at.timers == []
    assert deadline.latest == math.inf
    task.cancel()
    assert await ending(task) == "cancelled"


async def test_data_restarts_the_read_timeout(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Silence counts from the last part of a response."""
    outcomes: list[str] = []
    deadline = Deadline(timer, None, 2)
    task = await begin(listen(deadline, outcomes))
    for _ in range(5):
        await loop.at.pass_by(1.5)
        deadline.on_data()
    assert outcomes == []

    await loop.at.pass_by(1.9)
    assert outcomes == []
    await loop.at.pass_by(0.1)

    assert outcomes == ["silence"]
    task.cancel()
    assert await ending(task) == "cancelled"


async def test_a_rest_is_no_silence(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Between attempts nothing is waited for, and the next attempt has its full time."""
    deadline = Deadline(timer, None, 2)
    task = await begin(wait(deadline))
    await loop.at.pass_by(1)
    deadline.on_data()
    await loop.at.pass_by(1)
    deadline.stop_reading()
    await loop.at.pass_by(7.3)
    deadline.on_data()
    await loop.at.pass_by(1.9)
    assert task.cancelling() == 0

    await loop.at.pass_by(0.1)

    assert deadline.take_back_read_timeout()
    assert await ending(task) == "cancelled"


async def test_a_read_timeout_too_short_for_the_clock(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """A float of some seconds does not tell 5e-324 s more from none; a call that expects no data is left alone."""
    deadline = Deadline(timer, 5, 2)
    task = await begin(wait(deadline))
    deadline.read = 5e-324
    deadline.check(loop.time())
    assert task.cancelling() == 0

    deadline.on_data()
    deadline.check(loop.time())
    assert deadline.take_back_read_timeout()

    task.cancel()
    assert await ending(task) == "cancelled"


async def test_a_call_that_ends_in_time_is_left_alone(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """After the block neither limit does anything, and the last timer fires without effect."""

    async def short() -> str:
        with Deadline(timer, 10, 2) as deadline:
            deadline.on_data()
        await asyncio.Event().wait()
        return "never"

    task = await begin(short())
    await loop.at.pass_by(100)

    assert not task.done()
    assert task.cancelling() == 0
    assert loop.at.pending == []
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
async def test_a_callers_cancellation_at_the_deadline(is_first: bool, loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Whichever comes first, a cancellation by the caller stays one."""
    deadline = Deadline(timer, 10, None)
    task = await begin(wait(deadline))
    if is_first:
        task.cancel()
    assert not loop.at.until_next(1010) or deadline.has_passed  # with no chance for the task to react
    if not is_first:
        task.cancel()

    assert await ending(task) == "cancelled"
    assert deadline.has_passed
    assert task.cancelling() == 1


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
async def test_a_callers_cancellation_in_a_silence(is_first: bool, loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Whichever comes first, no further attempt is made."""
    outcomes: list[str] = []
    task = await begin(listen(Deadline(timer, None, 2), outcomes))
    if is_first:
        task.cancel()
    assert loop.at.until_next(1002)
    if not is_first:
        task.cancel()

    assert await ending(task) == "cancelled"
    assert outcomes == []
    assert task.cancelling() == 1


async def test_a_silence_that_ends_in_another_error(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Nothing of the cancellation is left, and the next attempt has its own silence."""
    outcomes: list[str] = []

    async def unlike() -> None:
        with Deadline(timer, None, 2) as deadline:
            deadline.on_data()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                outcomes.append("connection lost")
            finally:
                deadline.stop_reading()
            assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]  # a task is running
            await listen(deadline, outcomes)

    task = await begin(unlike())
    await loop.at.pass_by(4)

    assert outcomes == ["connection lost", "silence"]
    task.cancel()
    assert await ending(task) == "cancelled"


async def test_the_deadline_in_a_silence(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """A deadline that passes before the task could react to a silence ends the call."""
    outcomes: list[str] = []
    task = await begin(listen(Deadline(timer, 3, 2), outcomes))
    assert loop.at.until_next(1002)
    assert loop.at.until_next(1003)

    assert await ending(task) == "deadline"
    assert outcomes == []
    assert task.cancelling() == 0


async def test_a_cancellation_that_is_no_read_timeout(timer: DeadlineTimer) -> None:
    """Without a silence no cancellation is taken back."""
    deadline = Deadline(timer, None, 2)
    outcomes: list[str] = []
    task = await begin(listen(deadline, outcomes))
    task.cancel()

    assert await ending(task) == "cancelled"
    assert outcomes == []


async def test_an_outer_cancellation_from_before_is_not_counted(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """A call made while its task is being cancelled, as for cleaning up, still has its own deadline."""
    endings: list[str] = []

    async def clean_up() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            with pytest.raises(TimeoutError):
                await wait(Deadline(timer, 10, None))
            endings.append("deadline")
            raise

    task = await begin(clean_up())
    task.cancel()
    await settle()
    await loop.at.pass_by(10)

    assert await ending(task) == "cancelled"
    assert endings == ["deadline"]


async def test_nested_deadlines(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """The one that passes ends its own block, and the outer one continues."""
    endings: list[str] = []

    async def nested() -> None:
        with Deadline(timer, 10, None):
            with pytest.raises(TimeoutError):
                await wait(Deadline(timer, 3, None))
            endings.append("deadline")
            await asyncio.Event().wait()

    task = await begin(nested())
    await loop.at.pass_by(3)
    assert endings == ["deadline"]
    assert not task.done()

    await loop.at.pass_by(7)

    assert await ending(task) == "deadline"


async def test_another_error_at_the_deadline_is_not_hidden(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """What a block raises for itself propagates, and nothing of the cancellation is left."""

    async def failing() -> None:
        try:
            await wait(Deadline(timer, 10, None))
        finally:
            assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]  # a task is running

    async def stubborn() -> None:
        with Deadline(timer, 10, None):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise ValueError("mine") from None

    first, second = await begin(failing()), await begin(stubborn())
    await loop.at.pass_by(10)

    assert await ending(first) == "deadline"
    with pytest.raises(ValueError, match="mine"):
        await second
    assert second.cancelling() == 0


async def test_one_timer_for_many_calls(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """There is one timer at a time, for whatever is due next."""
    tasks = [await begin(wait(Deadline(timer, seconds, None))) for seconds in range(5, 105)]
    await settle()
    assert len(loop.at.timers) == 1

    await loop.at.pass_by(7)

    assert [task.done() for task in tasks] == [True] * 3 + [False] * 97
    assert [timer.due for timer in loop.at.pending] == [1008]
    await loop.at.pass_by(97)
    assert {await ending(task) for task in tasks} == {"deadline"}
    assert loop.at.pending == []


async def test_a_shorter_deadline_after_a_longer_one(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """The timer is put forward, and the longer deadline is kept."""
    slow = await begin(wait(Deadline(timer, 50, None)))
    quick = await begin(wait(Deadline(timer, 5, None)))
    assert [timer.due for timer in loop.at.pending] == [1005]

    await loop.at.pass_by(5)
    assert await ending(quick) == "deadline"
    assert not slow.done()
    await loop.at.pass_by(45)

    assert await ending(slow) == "deadline"


async def test_a_timer_that_goes_off_early_ends_nothing(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """Event loops fire timers a little early; the rest of the time is waited for."""
    deadline = Deadline(timer, 10, None)
    task = await begin(wait(deadline))
    loop.at.now = 1009.9
    loop.at.pending[0].call()
    await settle()
    assert not task.done()

    loop.at.timers[0].cancel()
    await loop.at.pass_by(0.1)

    assert await ending(task) == "deadline"


@pytest.mark.parametrize("total", [10, 15, None], ids=["checked", "new", "no limit"])
@pytest.mark.parametrize("is_cancelled", [False, True], ids=["", "cancelled"])
async def test_a_closed_timer_ends_all_calls(
    total: float | None, is_cancelled: bool, loop: FakeLoop, timer: DeadlineTimer
) -> None:
    """Closing ends each call, once, and takes the timer back; a cancellation from outside still wins."""
    timer.close()
    deadline = Deadline(timer, total, None)
    other = await begin(wait(Deadline(timer, 3, None)))
    task = await begin(wait(deadline))
    if total == 10:
        await loop.at.pass_by(3)
    if is_cancelled:
        task.cancel()
    timer.close()
    timer.close()

    assert loop.at.pending == []
    assert await ending(task) == ("cancelled" if is_cancelled else "deadline")
    assert await ending(other) == "deadline"
    assert (deadline.is_left, deadline.has_passed, task.cancelling()) == (True, False, int(is_cancelled))
    later = await begin(wait(Deadline(timer, 5, None)))
    await loop.at.pass_by(5)
    assert await ending(later) == "deadline"


async def test_a_deadline_that_passed_is_not_left(loop: FakeLoop, timer: DeadlineTimer) -> None:
    """A call whose deadline has come, before its task could react, is not ended a second time."""
    deadline = Deadline(timer, 5, None)
    task = await begin(wait(deadline))
    assert loop.at.until_next(1005)
    timer.close()

    assert await ending(task) == "deadline"
    assert (deadline.is_left, deadline.has_passed, task.cancelling()) == (False, True, 0)


async def test_a_check_visits_what_is_due(
    loop: FakeLoop, timer: DeadlineTimer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many calls, those are looked at that are due, and each one once when it is new, at every kind of deadline."""
    visits = 0
    check = Deadline.check

    def counted(self: Deadline, now: float) -> float:
        nonlocal visits
        visits += 1
        return check(self, now)

    monkeypatch.setattr(Deadline, "check", counted)
    tasks = [asyncio.create_task(wait(Deadline(timer, 1 + number / 1000, 30))) for number in range(1000)]
    tasks += [asyncio.create_task(wait(Deadline(timer, 50, 60))) for _ in range(1000)]
    await settle()

    await loop.at.pass_by(3)

    assert sum(task.done() for task in tasks) == 1000
    assert visits <= 3 * len(tasks)
    timer.close()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_call_needs_a_task(timer: DeadlineTimer) -> None:
    """Where no task runs there is nothing that could be cancelled."""
    ran: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def enter() -> None:
        try:
            with Deadline(timer, 10, None):
                ran.set_result("entered")
        except ClientStateError as error:
            ran.set_result(str(error))

    asyncio.get_running_loop().call_soon(enter)

    assert await ran == "a call is awaited inside a task, such as asyncio.create_task() makes"
