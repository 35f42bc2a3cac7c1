"""Processes that share a limit, on one clock that the test moves; each has timers of its own."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import attrs

from tests.fake_time import FakeTime, settle

__all__ = ["Call", "Process", "SharedLimiter", "World"]


class SharedLimiter(Protocol):
    """The five methods that a transport calls."""

    async def acquire(self, latest: float | None) -> int: ...

    def release(self, permit: int, *, was_cancelled: bool) -> None: ...

    def pause(self, permit: int, seconds: float) -> None: ...

    def pause_left(self) -> float: ...

    def update_quota(self, permit: int, left: int, seconds: float) -> None: ...


@attrs.define(eq=False)
class Call:
    """A call in the queue of a process or under way."""

    process: "Process"
    task: asyncio.Task[int]
    latest: float | None
    came: float
    is_cancelled: bool = False
    admitted: float | None = None
    """When it got its permit."""

    @property
    def permit(self) -> int:
        return self.task.result()

    @property
    def is_running(self) -> bool:
        """Whether its request is under way in a process that can do something about it."""
        return self in self.process.under_way and not self.process.is_stopped


@attrs.define(eq=False)
class Process:
    """A limiter, its timers, and the calls that use it."""

    time: FakeTime
    limiter: SharedLimiter
    is_stopped: bool = False
    waiting: list[Call] = attrs.Factory(list)
    under_way: list[Call] = attrs.Factory(list)


class World:
    """Makes processes, lets time pass for all of them, and notes who got a permit when."""

    def __init__(self, make: Callable[[FakeTime], SharedLimiter], on_permit: Callable[[Call], None]) -> None:
        """Begin without processes; ``make`` gives each its limiter, and ``on_permit`` looks at each permit."""
        self.loop = asyncio.new_event_loop()
        self.now = 1000.0
        self.processes: list[Process] = []
        self.dead: list[Process] = []
        self.refused: list[tuple[Call, BaseException]] = []
        self._make = make
        self._on_permit = on_permit

    def start(self) -> Process:
        """Start a process."""
        time = FakeTime(self.now)
        process = Process(time, self.loop.run_until_complete(self._make_inside(time)))
        self.processes.append(process)
        return process

    async def _make_inside(self, time: FakeTime) -> SharedLimiter:
        return self._make(time)

    def kill(self, process: Process) -> None:
        """Kill a process: nothing of it runs any more, and nothing is given back."""
        self.processes.remove(process)
        self.dead.append(process)
        process.time.timers.clear()

    def come(self, process: Process, patience: float | None) -> Call:
        """A call comes."""
        latest = None if patience is None else self.now + patience

        async def begin() -> asyncio.Task[int]:
            return asyncio.create_task(process.limiter.acquire(latest))

        call = Call(process, self.loop.run_until_complete(begin()), latest, self.now)
        process.waiting.append(call)
        self.settle()
        return call

    def cancel(self, call: Call) -> None:
        """Cancel a call in the queue."""
        if call in call.process.waiting:
            call.is_cancelled = True
            call.task.cancel()
            self.settle()

    def end(self, call: Call, *, was_cancelled: bool = False) -> None:
        """Give a permit back."""
        call.process.under_way.remove(call)
        call.process.limiter.release(call.permit, was_cancelled=was_cancelled)
        self.settle()

    def pass_by(self, seconds: float) -> None:
        """Let time pass, from timer to timer; those of stopped processes do not fire."""
        end = self.now + seconds
        while True:
            due = [
                (max(timer.due, self.now), index, timer)
                for index, process in enumerate(self.processes)
                if not process.is_stopped
                for timer in process.time.pending[:1]
                if timer.due <= end
            ]
            if not due:
                break
            self.move_to(min(due)[0])
            timer = min(due)[2]
            timer.cancel()
            timer.call()
            self.settle()
        self.move_to(end)
        self.settle()

    def move_to(self, now: float) -> None:
        """Set the clock; nothing runs."""
        self.now = now
        for process in [*self.processes, *self.dead]:
            process.time.now = now
            process.time.timers = process.time.pending  # those that have fired are not looked at again

    def settle(self) -> None:
        """Let all tasks react, and take note of permits and refusals."""
        self.loop.run_until_complete(settle())
        for process in self.processes:
            for call in [call for call in process.waiting if call.task.done()]:
                place = process.waiting.index(call)
                process.waiting.remove(call)
                if call.is_cancelled:
                    assert call.task.cancelled()
                elif (error := call.task.exception()) is not None:
                    self.refused.append((call, error))
                else:
                    assert place == 0, "someone else was first"
                    call.admitted = self.now
                    process.under_way.append(call)
                    self._on_permit(call)

    def close(self) -> None:
        """End all tasks."""
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(settle())
        self.loop.close()
