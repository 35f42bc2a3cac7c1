"""What a storm of calls costs: each looks at a few others, however many there are."""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

import attrs
import pytest

from aiospectrum import RateLimit
from aiospectrum._http import deadline
from aiospectrum._http.deadline import Deadline, DeadlineTimer
from aiospectrum.limiters import Limiter, TooLateError, base
from tests.fake_time import FakeTime, settle

MANY = 2000


@attrs.define
class Work:
    """What was done: functions entered or called in the modules of the storm, and comparisons."""

    calls: int = 0
    comparisons: int = 0

    @property
    def total(self) -> int:
        return self.calls + self.comparisons


WORK = Work()


class Moment(float):
    """A time that counts how often it is compared."""

    def __lt__(self, other: Any) -> bool:
        WORK.comparisons += 1
        return float(self) < float(other)

    def __le__(self, other: Any) -> bool:
        WORK.comparisons += 1
        return float(self) <= float(other)

    def __gt__(self, other: Any) -> bool:
        WORK.comparisons += 1
        return float(self) > float(other)

    def __ge__(self, other: Any) -> bool:
        WORK.comparisons += 1
        return float(self) >= float(other)


class Sought(asyncio.Future[Any]):
    """A future that counts how often it is compared, as a search in a queue does."""

    def __eq__(self, other: object) -> bool:
        WORK.comparisons += 1
        return self is other

    __hash__ = asyncio.Future.__hash__


@contextmanager
def counted() -> Iterator[Work]:
    """Count the work that is done inside the block."""
    files = {deadline.__file__, base.__file__}
    WORK.calls = WORK.comparisons = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename in files:
            WORK.calls += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield WORK
    finally:
        sys.setprofile(before)


async def queue_up(limit: Limiter, time: FakeTime, calls: int = MANY) -> list[asyncio.Task[int]]:
    """Many calls that wait for a permit, with deadlines of which each is a little later than the one before."""
    await limit.acquire(None)
    tasks = [asyncio.create_task(limit.acquire(Moment(time.now + 1000 + number))) for number in range(calls)]
    await settle()
    assert limit.queued == calls
    return tasks


def make_limiter() -> tuple[Limiter, FakeTime]:
    """A limiter whose window has room for everybody, while one request is in flight."""
    time = FakeTime()
    return Limiter(RateLimit(requests=10**6, in_flight=1), clock=time, call_later=time.call_later), time


async def leave_from_the_end(limit: Limiter, time: FakeTime, tasks: list[asyncio.Task[int]]) -> None:
    """All are cancelled, the last one first."""
    for task in reversed(tasks):
        task.cancel()
        await asyncio.sleep(0)


async def leave_from_the_front(limit: Limiter, time: FakeTime, tasks: list[asyncio.Task[int]]) -> None:
    """All are cancelled, the first one first."""
    for task in tasks:
        task.cancel()
        await asyncio.sleep(0)


async def pause_again_and_again(limit: Limiter, time: FakeTime, tasks: list[asyncio.Task[int]]) -> None:
    """Each probe is refused in turn, for a moment."""
    permit = 1
    for number in range(MANY):
        limit.pause(permit, 0.0)
        limit.release(permit, was_cancelled=False)
        await asyncio.sleep(0)
        permit = number + 2


async def nothing_left(limit: Limiter, time: FakeTime, tasks: list[asyncio.Task[int]]) -> None:
    """Each response says that the API has nothing left, for longer and longer, so that some come too late each time."""
    for number in range(MANY):
        limit.update_quota(1, 0, 1001.0 + number)
    await settle()
    assert all(isinstance(task.exception(), TooLateError) for task in tasks[: MANY // 2])


async def permits(limit: Limiter, time: FakeTime, tasks: list[asyncio.Task[int]]) -> None:
    """All get their permits, one after another."""
    permit = 1
    for task in tasks:
        limit.release(permit, was_cancelled=False)
        permit = await task


@pytest.mark.parametrize(
    "storm",
    [leave_from_the_end, leave_from_the_front, pause_again_and_again, nothing_left, permits],
    ids=lambda storm: storm.__name__,
)
async def test_a_storm_in_the_queue(
    storm: Callable[[Limiter, FakeTime, list[asyncio.Task[int]]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those that wait, each costs some steps, and no more for those that wait with it."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "create_future", lambda: Sought(loop=loop))
    limit, time = make_limiter()
    with counted() as work:
        tasks = await queue_up(limit, time)
        await storm(limit, time, tasks)
    assert work.total < 100 * MANY
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_calls_that_come_and_go_do_not_pile_up() -> None:
    """What those leave behind that have waited is thrown out, long before their deadlines."""
    limit, time = make_limiter()
    permit = await limit.acquire(None)
    with counted() as work:
        for _ in range(MANY):
            waiting = asyncio.create_task(limit.acquire(Moment(time.now + 1000)))
            await asyncio.sleep(0)
            limit.release(permit, was_cancelled=False)
            permit = await waiting
    assert work.total < 60 * MANY


class Loop:
    """As much of a loop as a timer of deadlines needs."""

    def __init__(self) -> None:
        self.at = FakeTime()

    def time(self) -> float:
        return self.at.now

    def call_at(self, when: float, call: Callable[[], None]) -> Any:
        return self.at.call_later(when - self.at.now, call)

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and the tasks react to each timer."""
        self.at.timers = self.at.pending
        await self.at.pass_by(seconds)


async def wait(timer: DeadlineTimer, total: float) -> None:
    """A call that ends at its deadline."""
    with Deadline(timer, total, 30):
        await asyncio.Event().wait()


@pytest.mark.parametrize("queued", [1000, 4000])
async def test_a_storm_of_deadlines(queued: int) -> None:
    """When deadlines pass one by one among many calls, each is looked at as it comes, and some times more."""
    loop = Loop()
    timer = DeadlineTimer(cast("asyncio.AbstractEventLoop", loop))
    with counted() as work:
        tasks = [asyncio.create_task(wait(timer, 1 + number / queued)) for number in range(queued)]
        tasks += [asyncio.create_task(wait(timer, 60)) for _ in range(queued)]
        await settle()
        for _ in range(queued):
            await loop.pass_by(1.5 / queued)
        await loop.pass_by(2)
    assert sum(task.done() for task in tasks) == queued
    assert work.total < 100 * queued
    timer.close()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_calls_that_end_in_time_are_forgotten() -> None:
    """What has ended is looked at no more, and is not kept, however often the timer goes off meanwhile."""
    loop = Loop()
    timer = DeadlineTimer(cast("asyncio.AbstractEventLoop", loop))

    async def long() -> None:
        with Deadline(timer, 10_000, None):
            for _ in range(20):
                await asyncio.sleep(0)

    with counted() as work:
        for _ in range(MANY // 10):
            tasks = [asyncio.create_task(wait(timer, 1)), *(asyncio.create_task(long()) for _ in range(10))]
            await asyncio.sleep(0)
            await loop.pass_by(1)
            await asyncio.wait(tasks)
    del tasks
    gc.collect()
    assert sum(isinstance(each, Deadline) for each in gc.get_objects()) < 300
    assert work.total < 100 * MANY
