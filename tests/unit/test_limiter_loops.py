"""A limiter belongs to one event loop at a time: another one is refused, and one that has died is forgotten."""

import asyncio
import gc
import threading
from collections.abc import Iterator

import pytest

from aiospectrum import Client, ClientStateError, Limiter, RateLimit
from tests.conftest import TOKEN, ZONE
from tests.fake_time import FakeTime, settle


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that has not been closed."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


async def use(limiter: Limiter) -> None:
    """Send a request."""
    limiter.release(await limiter.acquire(None), was_cancelled=False)


async def test_two_loops_at_once() -> None:
    """While one loop uses it, a call on another one, in another thread, is refused at once; the first goes on."""
    limiter = Limiter(RateLimit(in_flight=1))
    permit = await limiter.acquire(None)
    waiting = asyncio.create_task(limiter.acquire(None))
    await settle()

    def other() -> str:
        with pytest.raises(ClientStateError, match="in use on another event loop") as caught:
            asyncio.run(use(limiter))
        return str(caught.value)

    assert "make one for each" in await asyncio.to_thread(other)
    assert (limiter.in_flight, limiter.queued) == (1, 1)
    limiter.release(permit, was_cancelled=False)
    limiter.release(await waiting, was_cancelled=False)


def test_two_loops_one_after_another(loop: asyncio.AbstractEventLoop) -> None:
    """A loop that has not been closed may run again, so that another one is refused."""
    limiter = Limiter()
    loop.run_until_complete(use(limiter))

    with pytest.raises(ClientStateError, match="on another event loop"):
        asyncio.run(use(limiter))
    loop.run_until_complete(use(limiter))


def test_a_loop_after_another() -> None:
    """Once a loop is closed the next one has the limiter."""
    limiter = Limiter()
    for _ in range(3):
        asyncio.run(use(limiter))


def test_many_threads_at_once() -> None:
    """Of loops that come at the same time one has it, and the others are refused."""
    limiter = Limiter()
    ready, done, outcomes = threading.Barrier(8), threading.Barrier(8), list[str]()

    async def come() -> None:
        ready.wait()
        try:
            await use(limiter)
            outcomes.append("sent")
        except ClientStateError:
            outcomes.append("refused")
        done.wait()  # no loop is closed before all have come

    threads = [threading.Thread(target=asyncio.run, args=[come()]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["sent"]


@pytest.mark.parametrize("paused", [False, True], ids=["", "paused"])
@pytest.mark.parametrize("is_collected", [False, True], ids=["kept", "collected"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_died(paused: bool, is_collected: bool, loop: asyncio.AbstractEventLoop) -> None:
    """Its requests in flight, queue, probe and timer are forgotten; what was sent counts, and pauses hold."""
    time = FakeTime()
    limiter = Limiter(RateLimit(requests=3, per_seconds=10, in_flight=1), clock=time, call_later=time.call_later)

    async def abandon() -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(hold()) for _ in range(3)]
        await settle()
        assert (limiter.in_flight, limiter.queued) == (1, 2)
        if paused:
            limiter.pause(1, 5.0)
        return tasks

    async def hold() -> None:
        permit = await limiter.acquire(None)
        try:
            await asyncio.Event().wait()
        finally:
            limiter.release(permit, was_cancelled=True)

    tasks = loop.run_until_complete(abandon())
    for task in tasks:
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # they are, on purpose
    loop.close()
    if is_collected:
        del tasks
        gc.collect()
    assert limiter.queued == 2 or is_collected

    async def start_afresh() -> None:
        assert limiter.pause_left() == (5 if paused else 0)
        first = asyncio.create_task(limiter.acquire(None))
        await time.pass_by(5)
        assert limiter.in_flight == 1
        limiter.release(await first, was_cancelled=False)
        await use(limiter)  # the third in the window
        last = asyncio.create_task(limiter.acquire(None))
        await time.pass_by(4)
        assert not last.done()
        await time.pass_by(1)
        limiter.release(await last, was_cancelled=False)
        assert (limiter.in_flight, limiter.queued) == (0, 0)

    asyncio.run(start_afresh())
    if not is_collected:
        del tasks
        gc.collect()  # the old coroutines give back permits that nobody counts any more
    assert (limiter.in_flight, limiter.queued) == (0, 0)


async def test_a_coroutine_that_is_thrown_away() -> None:
    """A wait in the queue that ends without a cancellation leaves nothing either."""
    limiter = Limiter(RateLimit(in_flight=1))
    permit = await limiter.acquire(None)
    waiting = limiter.acquire(None)
    waiting.send(None)
    assert limiter.queued == 1
    waiting.close()

    assert limiter.queued == 0
    limiter.release(permit, was_cancelled=False)
    assert limiter.in_flight == 0


def test_clients_that_share_it(loop: asyncio.AbstractEventLoop) -> None:
    """The calls of a client raise it too, before anything is sent, and so do those with other options."""
    limiter = Limiter()
    loop.run_until_complete(use(limiter))

    async def call() -> None:
        async with Client(api_token=TOKEN, base_url="http://127.0.0.1:9", rate_limit=limiter) as client:
            with pytest.raises(ClientStateError, match="Limiter is in use on another event loop"):
                await client.protocols.list(ZONE)
        async with Client(api_token=TOKEN, base_url="http://127.0.0.1:9") as client:
            with pytest.raises(ClientStateError, match="Limiter is in use on another event loop"):
                await client.with_options(rate_limit=limiter).protocols.list(ZONE)

    asyncio.run(call())
