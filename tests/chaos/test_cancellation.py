"""Cancellation at every step of a call's life: no slot taken, no task running, no connection leaked."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from aiospectrum import Limiter, RateLimit, RetryPolicy, Timeouts
from tests.chaos.bench import CALLS, Bench, begin, open_bench, until
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import cloudflare_error, good
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, HANG, RESET, Play, after_request, at_accept, drip, hold, in_body, in_headers
from tests.fake_time import FakeTime


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """No task but the test's own is there after it."""
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def cancel(*tasks: asyncio.Task[object]) -> None:
    """Cancel tasks, and wait until they are."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def check_unharmed(server: ChaosServer, bench: Bench, limiter: Limiter) -> None:
    """Nothing of a cancelled call is there any more, and another call succeeds at once."""
    assert (limiter.in_flight, limiter.queued) == (0, 0)
    await server.until(lambda: server.open_connections <= 1)  # one that is kept alive
    assert (await bench.call("list")).attempts == 1
    assert (limiter.in_flight, limiter.queued) == (0, 0)


async def pause(_: float) -> None:
    await asyncio.sleep(0)


LIVES: dict[str, list[Play]] = {
    "success": [good()],
    "slow success": [drip(pause)],
    "retries": [cloudflare_error(522), after_request(RESET), after_request(CLOSE)],
    "pauses": [rate_limited("0"), rate_limited("0")],
}
"""What a call goes through in its life."""


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
async def test_cancelled_at_every_step(life: list[Play], call: str) -> None:
    """A call that is cancelled after so many rounds of the loop leaves nothing, whatever it was about to do."""
    has_ended, steps = False, 0
    while not has_ended:
        limiter = Limiter(RateLimit(in_flight=1))
        async with ChaosServer(life) as server, open_bench(server.url, limiter=limiter) as bench:
            (task,) = begin(bench, call)
            for _ in range(steps):
                await asyncio.sleep(0)
            await cancel(task)
            assert (limiter.in_flight, limiter.queued) == (0, 0)
            requests = len(server.requests)
            for _ in range(5):
                await asyncio.sleep(0)
            assert len(server.requests) <= requests + 1  # one that was on the wire
        assert server.open_connections == 0
        has_ended, steps = not task.cancelled(), steps + 1
    assert steps > 5


@pytest.mark.parametrize("call", ["list", "create"])
async def test_later_calls_of_the_same_client(call: str) -> None:
    """However many calls of a client were cancelled at whatever step, the next one succeeds."""
    limiter = Limiter(RateLimit(in_flight=1))
    async with ChaosServer() as server, open_bench(server.url, limiter=limiter) as bench:
        for steps in range(40):
            tasks = begin(bench, call, call)
            for _ in range(steps):
                await asyncio.sleep(0)
            await cancel(*tasks)
            await check_unharmed(server, bench, limiter)
    assert server.open_connections == 0


@pytest.mark.parametrize("call", ["list", "create"])
@pytest.mark.parametrize(
    "fault",
    [after_request(HANG), in_headers(HANG), in_body(HANG), hold(lambda: asyncio.Event().wait()), drip(asyncio.sleep)],
    ids=lambda fault: fault.name,
)
async def test_cancelled_under_way(fault: Play, call: str) -> None:
    """A request that is cancelled before its response is whole takes its connection along."""
    limiter = Limiter(RateLimit(in_flight=1))
    async with ChaosServer([fault]) as server, open_bench(server.url, limiter=limiter) as bench:
        (task,) = begin(bench, call)
        await server.until(lambda: server.attempts == 1)
        assert limiter.in_flight == 1
        await cancel(task)
        assert task.cancelled()
        await server.all_closed()
        await check_unharmed(server, bench, limiter)
        assert server.attempts == 2


async def test_cancelled_while_connecting() -> None:
    """A connection that is being made is given up; here it is a handshake without a response."""
    limiter = Limiter(RateLimit(in_flight=1))
    async with (
        ChaosServer([at_accept(HANG)]) as server,
        open_bench(server.url.replace("http:", "https:"), limiter=limiter) as bench,
    ):
        (task,) = begin(bench, "list")
        await server.until(lambda: server.attempts == 1)
        await cancel(task)
        await server.all_closed()
        assert (limiter.in_flight, limiter.queued) == (0, 0)


async def test_cancelled_in_the_queue() -> None:
    """A call that waits for a slot leaves the queue, and those behind it move up."""
    limiter = Limiter(RateLimit(in_flight=1))
    go = asyncio.Event()
    async with ChaosServer([hold(go.wait)]) as server, open_bench(server.url, limiter=limiter) as bench:
        first, second, third = begin(bench, "list", "get", "list")
        await until(lambda: limiter.queued == 2)
        await cancel(second)
        assert limiter.queued == 1
        go.set()
        assert (await first).attempts == (await third).attempts == 1
        await check_unharmed(server, bench, limiter)
    assert [request.target.rpartition("/")[2] for request in server.requests] == ["apps"] * 3


@pytest.mark.parametrize("has_limiter", [True, False], ids=["limiter", "no-limiter"])
async def test_cancelled_in_a_pause(has_limiter: bool) -> None:
    """A call that waits for the end of a pause is gone at once, and the next one probes."""
    time = FakeTime()
    limiter = Limiter(clock=time, call_later=time.call_later)
    async with (
        ChaosServer([rate_limited("7")]) as server,
        open_bench(
            server.url,
            limiter=limiter if has_limiter else None,
            timeouts=Timeouts(total=None),
            between=asyncio.Event().wait,
        ) as bench,
    ):
        (task,) = begin(bench, "create")
        await until(lambda: limiter.queued == 1 or bench.waits == [7])
        await cancel(task)
        assert (limiter.in_flight, limiter.queued, time.pending) == (0, 0, [])
        await time.pass_by(7)
        await check_unharmed(server, bench, limiter)
        assert server.attempts == 2


async def test_cancelled_between_attempts() -> None:
    """A call that waits for its next attempt holds no slot meanwhile, and makes none when it is cancelled."""
    limiter = Limiter(RateLimit(in_flight=1))
    async with (
        ChaosServer([cloudflare_error(522)]) as server,
        open_bench(server.url, limiter=limiter, retry=RetryPolicy(base_wait=8), between=asyncio.Event().wait) as bench,
    ):
        (task,) = begin(bench, "update")
        await until(lambda: bool(bench.waits))
        await check_unharmed(server, bench, limiter)
        await cancel(task)
        await check_unharmed(server, bench, limiter)
        assert [request.method for request in server.requests] == ["PUT", "GET", "GET"]


async def test_cancelled_all_at_once() -> None:
    """A group of calls in all states is cancelled together, and nothing is left of it."""
    limiter = Limiter(RateLimit(in_flight=20))
    async with ChaosServer([after_request(HANG)] * 20) as server, open_bench(server.url, limiter=limiter) as bench:
        tasks = begin(bench, *list(CALLS) * 20)
        await server.until(lambda: server.attempts == 20)
        assert (limiter.in_flight, limiter.queued) == (20, 80)
        await cancel(*tasks)
        await server.all_closed()
        await check_unharmed(server, bench, limiter)
        assert server.attempts == 21
