"""Whatever happens, in whatever order, to three limiters of one Redis server: in real time, as the clock is its own."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from typing import Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiospectrum import RateLimit
from aiospectrum.limiters import RedisLimiter, TooLateError
from tests.limiters.moments import Moments, most_for_sure
from tests.redis_server import RedisServer

LIMIT = RateLimit(requests=3, per_seconds=0.1, in_flight=2)
LATE = 0.02
"""Seconds by which a permit of the server may be used later, or heard of."""

NUMBERS = st.integers(0, 20)
SECONDS = st.sampled_from([0.0, 0.01, 0.03, 0.1, 0.15])
STEPS = st.one_of(
    st.tuples(st.just("come"), st.integers(0, 2), st.none() | SECONDS),
    st.tuples(st.just("come"), st.integers(0, 2), st.none()),
    st.tuples(st.just("respond"), NUMBERS, st.none()),
    st.tuples(st.just("cancel"), NUMBERS, st.none()),
    st.tuples(st.just("refuse"), NUMBERS, SECONDS),
    st.tuples(st.just("wait"), st.just(0), SECONDS),
)


@attrs.define(eq=False)
class Call:
    """A call of one of the limiters."""

    limiter: RedisLimiter
    number: int
    patience: float | None
    ended: asyncio.Event = attrs.Factory(asyncio.Event)
    permit: int = 0
    came: float = 0.0
    task: asyncio.Task[None] | None = None

    @property
    def is_under_way(self) -> bool:
        return self.permit > 0 and self.task is not None and not self.task.done()

    async def make(self, permits: "list[Call]") -> None:
        """Get a permit, note it, and keep it until the response."""
        loop = asyncio.get_running_loop()
        latest = None if self.patience is None else loop.time() + self.patience
        try:
            self.permit = await self.limiter.acquire(latest)
        except TooLateError as error:
            if latest is None or loop.time() + error.wait < latest - 0.001:
                raise AssertionError("it would not have been too late") from error
            return
        self.came = Moments.now()
        permits.append(self)
        was_cancelled = True
        try:
            await self.ended.wait()
            was_cancelled = False
        finally:
            self.limiter.release(self.permit, was_cancelled=was_cancelled)


async def play(server: RedisServer, plan: list[tuple[str, int, Any]]) -> None:
    """Do all steps of a plan, and look at what came of it."""
    calls: list[Call] = []
    permits: list[Call] = []
    pauses: list[tuple[float, float]] = []
    async with AsyncExitStack() as stack:
        name = secrets.token_hex(8)
        limiters = [await stack.enter_async_context(RedisLimiter(server.url, LIMIT, name=name)) for _ in range(3)]
        for step, number, seconds in plan:
            call = calls[number % len(calls)] if calls else None
            if step == "come":
                made = Call(limiters[number], len(calls), seconds)
                made.task = asyncio.create_task(made.make(permits))
                calls.append(made)
            elif step == "wait":
                await asyncio.sleep(seconds)
            elif step == "cancel" and call is not None and call.task is not None:
                call.task.cancel()
            elif call is not None and call.is_under_way:
                if step == "refuse":
                    if not pauses or call.came > pauses[-1][0] + LATE:
                        pauses.append((Moments.now(), Moments.now() + seconds))
                    call.limiter.pause(call.permit, seconds)
                call.ended.set()
            await asyncio.sleep(0.002)
        for call in calls:
            call.ended.set()
        waiting = [call.task for call in calls if call.task is not None]
        async with asyncio.timeout(LIMIT.per_seconds * (len(calls) / LIMIT.requests + 3) + 2):  # nobody starves
            done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [each for each in done if each is not None and not isinstance(each, asyncio.CancelledError)] == []
        assert [(each.in_flight, each.queued) for each in limiters] == [(0, 0)] * 3
        await see_a_free_window(limiters)
    check(permits, pauses, limiters)


async def see_a_free_window(limiters: list[RedisLimiter]) -> None:
    """After a window without requests a whole one is free, for whoever comes; a busy machine has three tries."""
    for _ in range(3):
        await asyncio.sleep(2 * LIMIT.per_seconds)
        began = Moments.now()
        for limiter in limiters:
            limiter.release(await limiter.acquire(None), was_cancelled=False)
        if Moments.now() - began < LIMIT.per_seconds / 2:
            return
    raise AssertionError("a part of the window is still taken")


def check(permits: list[Call], pauses: list[tuple[float, float]], limiters: list[RedisLimiter]) -> None:
    """No window has too many, nobody overtakes in a process, and nobody gets a permit in a pause."""
    moments = [call.came for call in permits]
    assert most_for_sure([(moment - LATE, moment) for moment in moments], LIMIT.per_seconds) <= LIMIT.requests
    for limiter in limiters:
        numbers = [call.number for call in permits if call.limiter is limiter]
        assert numbers == sorted(numbers)
    for begin, end in pauses:
        assert [moment for moment in moments if begin + LATE < moment < end - 0.001] == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(STEPS, min_size=5, max_size=30))
def test_any_plan(redis: RedisServer, plan: list[tuple[str, int, Any]]) -> None:
    """The promises are kept."""
    asyncio.run(play(redis, plan))
