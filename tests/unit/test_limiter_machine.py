"""The limiter under whatever can happen to it, in whatever order."""

import asyncio
from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from aiospectrum import RateLimit
from aiospectrum.limiters import Limiter, TooLateError
from tests.fake_time import FakeTime, settle

QUARTERS = st.integers(0, 16).map(lambda number: number / 4)
"""Seconds that add up without rounding."""


@attrs.define(eq=False)
class Call:
    """A call in the queue or under way."""

    task: asyncio.Task[int]
    latest: float | None
    is_cancelled: bool = False
    is_over: bool = False


class LimiterMachine(RuleBasedStateMachine):
    """Calls come, go, are cancelled and refused, and time passes; each step is compared with what may be."""

    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.time = FakeTime()
        self.limit = RateLimit(requests=3, per_seconds=2, in_flight=2)
        self.limiter = Limiter(self.limit, clock=self.time, call_later=self.time.call_later)
        self.waiting: list[Call] = []
        self.under_way: list[Call] = []
        self.times: list[float] = []
        self.paused_until = self.quota_until = 0.0
        self.sent_in_pause: set[Call] = set()
        self.needs_probe = False
        self.probe: Call | None = None

    def teardown(self) -> None:
        """Once everything is given back and time passes, every call has had its permit, and nothing is left."""
        for _ in range(20 * (1 + len(self.waiting))):
            for call in list(self.under_way):
                self.end(call, was_cancelled=False)
            self.pass_by(self.limit.per_seconds)
        assert self.waiting == []
        assert (self.limiter.in_flight, self.limiter.queued, self.time.pending) == (0, 0, [])
        self.loop.close()

    def settle(self) -> None:
        """Let the tasks react, and look at whom that brought."""
        self.loop.run_until_complete(settle())
        self.take_note()

    def take_note(self) -> None:
        """Compare each permit and each refusal with what may be."""
        waiting, self.waiting = self.waiting, []
        for call in waiting:
            if not call.task.done():
                self.waiting.append(call)
            elif call.is_cancelled:
                assert call.task.cancelled()
            elif (error := call.task.exception()) is not None:
                assert isinstance(error, TooLateError)
                assert call.latest is not None
                assert self.time.now + error.wait > call.latest
            else:
                assert not self.waiting, "someone else was first"
                self.check_permit(call)

    def check_permit(self, call: Call) -> None:
        """No request is sent in a pause, before a probe has ended, or when the API says that nothing is left."""
        now = self.time.now
        assert now >= self.paused_until
        assert now >= self.quota_until
        assert self.probe is None
        if self.needs_probe:
            self.needs_probe, self.probe = False, call
        self.times.append(now)
        self.under_way.append(call)

    def end(self, call: Call, *, was_cancelled: bool) -> None:
        """Give a permit back."""
        self.under_way.remove(call)
        call.is_over = True
        if call is self.probe:
            self.probe = None
            self.needs_probe |= was_cancelled
        self.limiter.release(call.task.result(), was_cancelled=was_cancelled)
        self.settle()

    def pass_by(self, seconds: float) -> None:
        """Let time pass, from timer to timer."""
        end = self.time.now + seconds
        while self.time.until_next(end):
            self.settle()
        self.settle()

    @rule(target=calls, patience=st.none() | QUARTERS)
    def come(self, patience: float | None) -> Call:
        """A call comes, with or without a deadline."""
        latest = None if patience is None else self.time.now + patience

        async def begin() -> asyncio.Task[Any]:
            return asyncio.create_task(self.limiter.acquire(latest))

        call = Call(self.loop.run_until_complete(begin()), latest)
        self.waiting.append(call)
        self.settle()
        return call

    @rule(call=consumes(calls))
    def leave(self, call: Call) -> None:
        """A call is cancelled, in the queue or under way."""
        if call in self.waiting:
            call.is_cancelled = True
            call.task.cancel()
            self.settle()
        elif call in self.under_way:
            self.end(call, was_cancelled=True)

    @precondition(lambda self: self.under_way and self.waiting)
    @rule(data=st.data())
    def leave_in_the_step_of_a_response(self, data: st.DataObject) -> None:
        """A call is cancelled in the step in which another one's response makes room for it."""
        ending = data.draw(st.sampled_from(self.under_way))
        leaving = self.waiting[0]
        self.under_way.remove(ending)
        if ending is self.probe:
            self.probe = None
        self.limiter.release(ending.task.result(), was_cancelled=False)
        leaving.is_cancelled = True
        was_admitted = self.limiter.in_flight == len(self.under_way) + 1
        if was_admitted:
            self.times.append(self.time.now)
        leaving.task.cancel()
        self.settle()

    @rule(call=consumes(calls))
    def respond(self, call: Call) -> None:
        """The response to a request arrives."""
        if call in self.under_way:
            self.end(call, was_cancelled=False)

    @rule(call=consumes(calls), seconds=QUARTERS)
    def refuse(self, call: Call, seconds: float) -> None:
        """The response to a request is a 429, which begins a pause unless it was sent before the last one began."""
        if call not in self.under_way:
            return
        if call not in self.sent_in_pause:
            self.paused_until = max(self.paused_until, self.time.now + seconds)
            self.needs_probe = True
            self.sent_in_pause = set(self.under_way)
        self.limiter.pause(call.task.result(), seconds)
        self.end(call, was_cancelled=False)

    @rule(call=calls, left=st.integers(0, 5), seconds=QUARTERS)
    def update_quota(self, call: Call, left: int, seconds: float) -> None:
        """A response says what the API has left; when that is nothing, no request is sent for so long."""
        if call not in self.under_way:
            return
        if left == 0:
            self.quota_until = max(self.quota_until, self.time.now + seconds)
        self.limiter.update_quota(call.task.result(), left, seconds)
        self.settle()

    @rule(seconds=QUARTERS)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.pass_by(seconds)

    @rule(seconds=QUARTERS)
    def be_busy(self, seconds: float) -> None:
        """Time passes, and the loop is too busy for timers to fire."""
        self.time.now += seconds

    @invariant()
    def never_too_many_in_a_window(self) -> None:
        """No period of the window's length has more permits than allowed."""
        for index, begin in enumerate(self.times[: -self.limit.requests]):
            assert self.times[index + self.limit.requests] - begin >= self.limit.per_seconds

    @invariant()
    def never_too_many_at_a_time(self) -> None:
        """No more than allowed are under way, and the limiter counts what we count."""
        assert self.limiter.in_flight == len(self.under_way) <= self.limit.in_flight
        assert self.limiter.queued == len(self.waiting)

    @invariant()
    def the_pause_is_as_long_as_requested(self) -> None:
        """Nothing shortens a pause, and no response to an earlier request extends it."""
        assert self.limiter.pause_left() == max(0, self.paused_until - self.time.now)

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        """A call waits for a slot, for a probe, or for a timer that is set; no timer is set for an empty queue."""
        full = len(self.under_way) == self.limit.in_flight
        if self.waiting:
            assert full or self.probe is not None or self.time.pending
        else:
            assert not self.time.pending


TestLimiter = LimiterMachine.TestCase
TestLimiter.settings = settings(max_examples=200, stateful_step_count=60)
