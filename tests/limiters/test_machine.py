"""Whatever happens in whatever order, in several processes that share a limit: the promises of every limiter."""

import asyncio
import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aiospectrum import Limiter, RateLimit
from aiospectrum.limiters import FileLimiter, TooLateError
from tests.fake_time import FakeTime
from tests.limiters.world import Call, Process, SharedLimiter, World

LIMIT = RateLimit(requests=3, per_seconds=2, in_flight=2)
QUARTERS = st.integers(0, 16).map(lambda number: number / 4)
"""Seconds that add up without rounding."""

STEP = 0.02
"""Seconds after which a locked file is tried again, at most."""

Make = Callable[[FakeTime], SharedLimiter]


@contextmanager
def in_one_loop() -> Iterator[Make]:
    """The limiter of an event loop, of which there is but one."""
    yield lambda time: Limiter(LIMIT, clock=time, call_later=time.call_later)


@contextmanager
def in_one_file() -> Iterator[Make]:
    """The limiter of a machine: each process opens the file."""
    with tempfile.TemporaryDirectory() as folder:
        yield lambda time: FileLimiter(Path(folder, "limit"), LIMIT, clock=time, call_later=time.call_later)


class LimiterMachine(RuleBasedStateMachine):
    """Calls come, go, are cancelled and refused, processes are stopped and killed, and time passes."""

    calls = Bundle("calls")
    place: ClassVar[Callable[[], AbstractContextManager[Make]]] = staticmethod(in_one_loop)
    """Where the limit is kept."""
    processes: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept = self.place()
        self.world = World(self.kept.__enter__(), self.check_permit)
        for _ in range(self.processes):
            self.world.start()
        self.times: list[float] = []
        self.kills = 0
        self.paused_until = 0.0
        """No permit before then, whoever was told."""
        self.longest_pause = 0.0
        """No pause is longer than what was said."""
        self.paused_since = 0.0
        self.quota_until: dict[Process, float] = {}
        self.low_until = 0.0
        """Until then the API may have fewer left than wait."""
        self.needs_probe: set[Process] = set()
        self.probes: dict[Process, Call] = {}

    def check_permit(self, call: Call) -> None:
        """No permit in a pause that anybody was told of, before a probe has ended, or when the API has nothing left."""
        now, process = self.world.now, call.process
        assert now >= self.paused_until
        assert now >= self.quota_until.get(process, 0.0)
        assert process not in self.probes
        if process in self.needs_probe:
            self.needs_probe.remove(process)
            self.probes[process] = call
        self.times.append(now)

    def is_over(self, call: Call, *, was_cancelled: bool) -> None:
        """A call ends, and with it the probe that it may have been."""
        if self.probes.get(call.process) is call:
            del self.probes[call.process]
            if was_cancelled:
                self.needs_probe.add(call.process)
        self.world.end(call, was_cancelled=was_cancelled)

    def end_all(self) -> None:
        for process in self.world.processes:
            for call in list(process.under_way):
                self.is_over(call, was_cancelled=False)

    def teardown(self) -> None:
        """Everybody is served within the windows that so many need, and then a whole window is free."""
        try:
            self.drain()
            self.use_up()
        finally:
            self.world.close()
            self.kept.__exit__(None, None, None)

    def drain(self) -> None:
        """Nobody starves: as many windows as the calls need, one more for what dead processes may hold."""
        for process in self.world.processes:
            process.is_stopped = False
        self.end_all()
        self.world.pass_by(max(0.0, self.longest_pause - self.world.now, *self.quotas_left()))
        waiting = sum(len(process.waiting) for process in self.world.processes)
        windows = -(-(waiting + self.kills + self.processes) // LIMIT.requests) + 1
        end = self.world.now + windows * LIMIT.per_seconds
        while self.world.now < end:
            self.end_all()
            self.world.pass_by(0.25)
        self.end_all()
        left = {index: len(process.waiting) for index, process in enumerate(self.world.processes)}
        assert not any(left.values()), f"calls that wait still, by process, after {windows} windows: {left}"

    def quotas_left(self) -> list[float]:
        return [until - self.world.now for until in self.quota_until.values()]

    def use_up(self) -> None:
        """Nothing is left taken: after a window without requests a whole window is free, for whoever comes."""
        self.world.pass_by(2 * LIMIT.per_seconds)
        for number in range(LIMIT.requests):
            call = self.world.come(self.world.processes[number % self.processes], 0.0)
            assert call.admitted == self.world.now, f"permit {number + 1} of a whole window was not free"
            self.is_over(call, was_cancelled=False)
        late = self.world.come(self.world.processes[0], 0.0)
        assert late.admitted is None
        assert late.task.done(), "who cannot be in time is refused at once"
        assert not any(process.time.pending for process in self.world.processes)

    @rule(target=calls, which=st.integers(0, 3), patience=st.none() | QUARTERS)
    def come(self, which: int, patience: float | None) -> Any:
        """A call comes, with or without a deadline."""
        process = self.world.processes[which % self.processes]
        return multiple() if process.is_stopped else self.world.come(process, patience)

    @rule(call=consumes(calls))
    def leave(self, call: Call) -> None:
        """A call is cancelled, in the queue or under way."""
        if call.is_running:
            self.is_over(call, was_cancelled=True)
        elif not call.process.is_stopped:
            self.world.cancel(call)

    @rule(call=consumes(calls))
    def respond(self, call: Call) -> None:
        """The response to a request arrives."""
        if call.is_running:
            self.is_over(call, was_cancelled=False)

    @rule(call=consumes(calls), seconds=QUARTERS)
    def refuse(self, call: Call, seconds: float) -> None:
        """The response to a request is a 429: everybody pauses, unless it was sent before the last pause began."""
        if not call.is_running:
            return
        assert call.admitted is not None
        self.longest_pause = max(self.longest_pause, self.world.now + seconds)
        if call.admitted > self.paused_since:
            self.paused_until = max(self.paused_until, self.world.now + seconds)
            self.paused_since = self.world.now
            self.needs_probe.add(call.process)
        call.process.limiter.pause(call.permit, seconds)
        self.world.settle()
        for process in self.world.processes:
            left = process.limiter.pause_left()
            assert self.paused_until - self.world.now <= left <= max(0.0, self.longest_pause - self.world.now)
        self.is_over(call, was_cancelled=False)

    @rule(call=calls, left=st.integers(0, 5), seconds=QUARTERS)
    def update_quota(self, call: Call, left: int, seconds: float) -> None:
        """A response says what the API has left; when that is nothing, its process sends nothing for so long."""
        if not call.is_running:
            return
        self.low_until = max(self.low_until, self.world.now + seconds)
        if left == 0:
            until = max(self.quota_until.get(call.process, 0.0), self.world.now + seconds)
            self.quota_until[call.process] = until
        call.process.limiter.update_quota(call.permit, left, seconds)
        self.world.settle()

    @rule(seconds=QUARTERS)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.world.pass_by(seconds)

    @rule(seconds=QUARTERS)
    def be_busy(self, seconds: float) -> None:
        """Time passes, and all loops are too busy for timers to fire."""
        self.world.move_to(self.world.now + seconds)

    @precondition(lambda self: self.processes > 1)
    @rule(which=st.integers(0, 3), is_stopped=st.booleans())
    def stop(self, which: int, is_stopped: bool) -> None:
        """A process is stopped, as by SIGSTOP, or goes on."""
        self.world.processes[which % self.processes].is_stopped = is_stopped
        self.world.pass_by(0)

    @precondition(lambda self: self.processes > 1)
    @rule(which=st.integers(0, 3))
    def kill(self, which: int) -> None:
        """A process is killed with all its calls, and another one starts in its place."""
        process = self.world.processes[which % self.processes]
        self.world.kill(process)
        self.world.start()
        self.kills += 1
        self.quota_until.pop(process, None)

    @invariant()
    def never_too_many_in_a_window(self) -> None:
        """No period of the window's length has more permits than allowed, of all processes together."""
        for index, begin in enumerate(self.times[: -LIMIT.requests]):
            assert self.times[index + LIMIT.requests] - begin >= LIMIT.per_seconds

    @invariant()
    def never_too_many_at_a_time(self) -> None:
        """No more than allowed are under way in a process."""
        assert all(len(process.under_way) <= LIMIT.in_flight for process in self.world.processes)

    @invariant()
    def who_is_alone_waits_for_a_reason(self) -> None:
        """Where a process is alone, the first one in its queue goes out as soon as window, pause and quota let it."""
        now, (first, *others) = self.world.now, self.world.processes
        in_window = sum(time > now - LIMIT.per_seconds for time in self.times)
        is_held_up = self.is_held_up(first) or now < max(self.longest_pause, self.low_until)
        is_late = any(timer.due <= now for timer in first.time.pending)  # the loop is busy
        if first.waiting and not (others or is_held_up or is_late):
            assert in_window >= LIMIT.requests, "a permit is there, and nobody gets it"

    def is_held_up(self, process: Process) -> bool:
        """Whether responses decide when the process goes on, as one may be that of a probe, or nothing of it runs."""
        most = 1 if self.longest_pause else LIMIT.in_flight
        return process.is_stopped or len(process.under_way) >= most

    @invariant()
    def nobody_waits_beyond_a_deadline(self) -> None:
        """Who waits for time alone has a permit or is refused when the deadline has come, whatever the others do."""
        for process in self.world.processes:
            next_timer = min((timer.due for timer in process.time.pending), default=math.inf)
            late = [call for call in process.waiting if call.latest is not None and call.latest + STEP < next_timer]
            assert not late or self.is_held_up(process), "nothing ends the wait at the deadline"

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        """Who waits has a timer, unless responses decide; a timer is for somebody who waits."""
        for process in self.world.processes:
            if process.waiting:
                assert process.time.pending or self.is_held_up(process), "nothing ends the wait"
            else:
                assert not process.time.pending, "a timer is left"

    @invariant()
    def refusals_are_true(self) -> None:
        """Who is refused is refused at once, or when the deadline is there, or when a pause begins; with the wait."""
        for call, error in self.world.refused:
            assert isinstance(error, TooLateError)
            assert call.latest is not None
            assert self.world.now + error.wait > call.latest
        self.world.refused.clear()


class InOneFile(LimiterMachine):
    """Three processes with one file."""

    place = staticmethod(in_one_file)
    processes = 3

    def __init__(self) -> None:
        super().__init__()
        self.locked: BinaryIO | None = None
        """The file, while somebody is stopped who has locked it."""

    @rule(is_locked=st.booleans())
    def stop_with_the_lock(self, is_locked: bool) -> None:
        """Somebody is stopped while they have the lock, or goes on: no event loop is held up."""
        limiter = self.world.processes[0].limiter
        assert isinstance(limiter, FileLimiter)
        if self.locked is not None and not is_locked:
            self.locked.close()
            self.locked = None
        elif self.locked is None and is_locked:
            self.locked = open(limiter.path, "rb")  # noqa: SIM115 - closed when they go on
            flock(self.locked, LOCK_EX)
            self.kills += self.processes  # whose places in the line may be left there

    def check_permit(self, call: Call) -> None:
        """Nobody gets a permit while somebody else has the lock."""
        assert self.locked is None
        super().check_permit(call)

    def drain(self) -> None:
        """Nobody starves once the lock is free."""
        self.stop_with_the_lock(is_locked=False)
        super().drain()


class TestInOneLoop(LimiterMachine.TestCase):
    settings = settings(max_examples=100, stateful_step_count=60)


class TestInOneFile(InOneFile.TestCase):
    settings = settings(max_examples=50, stateful_step_count=50)


class Deaf(Limiter):
    """Ignores a 429."""

    def pause(self, permit: int, seconds: float) -> None:
        pass


class Patient(Limiter):
    """Ignores deadlines."""

    async def acquire(self, latest: float | None) -> int:
        return await super().acquire(None)


class Keeping(Limiter):
    """Keeps the places of those who are cancelled."""

    async def acquire(self, latest: float | None) -> int:
        return await asyncio.shield(asyncio.ensure_future(super().acquire(latest)))


@contextmanager
def broken(kind: type[Limiter], limit: RateLimit) -> Iterator[Make]:
    """A limiter that does not keep its promises."""
    yield lambda time: kind(limit, clock=time, call_later=time.call_later)


@pytest.mark.parametrize(
    ("kind", "limit", "processes"),
    [
        pytest.param(Limiter, LIMIT, 2, id="a limit each"),
        pytest.param(Limiter, attrs.evolve(LIMIT, requests=4), 1, id="one too many"),
        pytest.param(Limiter, attrs.evolve(LIMIT, per_seconds=1.75), 1, id="a window too short"),
        pytest.param(Limiter, attrs.evolve(LIMIT, requests=2), 1, id="one too few"),
        pytest.param(Limiter, attrs.evolve(LIMIT, in_flight=3), 1, id="too many at a time"),
        pytest.param(Deaf, LIMIT, 1, id="deaf"),
        pytest.param(Patient, LIMIT, 1, id="patient"),
        pytest.param(Keeping, LIMIT, 1, id="keeping"),
    ],
)
def test_the_machine_finds_what_is_wrong(kind: type[Limiter], limit: RateLimit, processes: int) -> None:
    """A limiter that breaks one of the promises does not pass."""

    class Broken(LimiterMachine):
        pass

    Broken.place = staticmethod(lambda: broken(kind, limit))
    Broken.processes = processes
    few = settings(max_examples=200, phases=[Phase.generate], derandomize=True, database=None)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Broken, settings=few)
