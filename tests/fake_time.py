"""A limiter on a clock and timers of the test's own; no test that uses it waits."""

import asyncio
from collections.abc import Awaitable, Callable

import attrs

from aiospectrum import RateLimit
from aiospectrum.limiters import Limiter

__all__ = ["FakeTime", "admitted", "make_limiter", "settle", "start"]


@attrs.define
class FakeTimer:
    """A timer that the test fires."""

    due: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


@attrs.define
class FakeTime:
    """A clock that stands still until a test moves it, and the timers set by it."""

    now: float = 1000.0
    timers: list[FakeTimer] = attrs.Factory(list)

    def __call__(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> FakeTimer:
        assert seconds > 0, "a timer for now would go off again and again"
        self.timers.append(FakeTimer(self.now + seconds, call))
        return self.timers[-1]

    @property
    def pending(self) -> list[FakeTimer]:
        """The timers that have not fired, the next one first."""
        return sorted((timer for timer in self.timers if not timer.is_cancelled), key=lambda timer: timer.due)

    def until_next(self, end: float) -> bool:
        """Move to the next timer that is due by some time and fire it; to that time when there is none."""
        timer = next((timer for timer in self.pending if timer.due <= end), None)
        self.now = end if timer is None else max(self.now, timer.due)
        if timer is not None:
            timer.cancel()
            timer.call()
        return timer is not None

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, timers fire, and tasks react."""
        end = self.now + seconds
        while self.until_next(end):
            await settle()
        await settle()


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def make_limiter(requests: int = 100, per_seconds: float = 10.0, in_flight: int = 50) -> tuple[Limiter, FakeTime]:
    """A limiter and its time."""
    time = FakeTime()
    limit = RateLimit(requests=requests, per_seconds=per_seconds, in_flight=in_flight)
    return Limiter(limit, clock=time, call_later=time.call_later), time


def start(*waiting: Awaitable[int]) -> list[asyncio.Task[int]]:
    """Wait for permits in tasks."""

    async def wait(one: Awaitable[int]) -> int:
        return await one

    return [asyncio.create_task(wait(one)) for one in waiting]


def admitted(tasks: list[asyncio.Task[int]]) -> list[bool]:
    """Who has got a permit."""
    return [task.done() and task.exception() is None for task in tasks]
