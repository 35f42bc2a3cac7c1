"""In whatever way a pull is left, its work ends."""

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from aiospectrum import ClientStateError
from aiospectrum.bulk import Outcome, Pull, pull
from tests.bulk.fakes import Fake, fine, make_plan, others
from tests.fake_time import settle

Leave = Callable[[Outcome], Awaitable[bool]]
"""What the body of a loop does with an outcome: True to break."""


Form = Callable[[Fake, Leave], Coroutine[Any, Any, None]]
"""A way to write the loop."""


class StopIt(Exception):  # noqa: N818 - a test's own
    """An error of the consumer."""


async def break_out(outcome: Outcome) -> bool:
    return True


async def fail(outcome: Outcome) -> bool:
    raise StopIt


async def time_out(outcome: Outcome) -> bool:
    async with asyncio.timeout(0):
        await asyncio.Event().wait()
    return False


LEAVE = pytest.mark.parametrize("leave", [break_out, fail, time_out])


async def in_a_block(fake: Fake, leave: Leave) -> None:
    """The form that guarantees it."""
    async with pull(fake, make_plan(8, 100), concurrency=4) as outcomes:
        async for outcome in outcomes:
            if await leave(outcome):
                break


async def in_a_plain_loop(fake: Fake, leave: Leave) -> None:
    """The short form."""
    async for outcome in pull(fake, make_plan(8, 100), concurrency=4):
        if await leave(outcome):
            break


def open_once() -> Fake:
    """A transport that responds to one call, and no further one."""
    fake = Fake(respond=fine, is_open=False)
    fake.gate.set()

    def respond(call: Any) -> Any:
        fake.gate.clear()
        return fine(call)

    fake.respond = respond
    return fake


@LEAVE
async def test_a_block_ends_all_work(leave: Leave) -> None:
    """When the block is left, no task is there any more, without another turn of the event loop."""
    fake = open_once()

    try:
        await in_a_block(fake, leave)
    except (StopIt, TimeoutError):
        assert leave is not break_out

    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert fake.in_flight == 0
    assert fake.calls


@LEAVE
async def test_a_plain_loop_ends_all_work(leave: Leave) -> None:
    """When the loop is left, the calls are cancelled then and there, and nothing more is sent."""
    fake = open_once()

    try:
        await in_a_plain_loop(fake, leave)
    except (StopIt, TimeoutError):
        assert leave is not break_out
    sent = len(fake.calls)

    assert all(task.cancelling() for task in asyncio.all_tasks() if task is not asyncio.current_task())
    assert await others() == set()
    assert (len(fake.calls), fake.in_flight) == (sent, 0)


@pytest.mark.parametrize("form", [in_a_block, in_a_plain_loop])
async def test_a_consumer_that_is_cancelled_while_it_waits(form: Form) -> None:
    """A cancelled wait for an outcome ends all work before it propagates, in either form."""
    fake = Fake(respond=fine, is_open=False)
    left: list[Any] = []

    async def consume() -> None:
        try:
            await form(fake, break_out)
        finally:
            left.append((fake.in_flight, asyncio.all_tasks() - {asyncio.current_task(), test}))

    test = asyncio.current_task()
    consumer = asyncio.ensure_future(consume())
    await settle()
    assert fake.in_flight == 4

    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer

    assert left == [(0, set())]
    assert fake.cancelled == 4


async def test_a_timeout_around_one_outcome() -> None:
    """A caller's timeout ends as one, and as it ended the pull, that does not look complete afterwards."""
    outcomes = pull(Fake(respond=fine, is_open=False), make_plan())

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await anext(outcomes)

    assert await others() == set()
    with pytest.raises(RuntimeError, match="ended before"):
        await anext(outcomes)


@pytest.mark.parametrize("form", [in_a_block, in_a_plain_loop])
async def test_leaving_inside_a_task_group(form: Form) -> None:
    """A sibling's error cancels a consumer in a task group, and with it the pull."""
    fake = Fake(respond=fine, is_open=False)

    async def stop() -> None:
        await settle()
        raise StopIt

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(form(fake, break_out))
            group.create_task(stop())

    with pytest.raises(ExceptionGroup) as caught:
        await both()

    assert caught.group_contains(StopIt)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert fake.cancelled == 4


async def test_a_pull_with_a_name_ends_with_it() -> None:
    """While something refers to the pull it keeps its work, as it may be iterated again; when nothing does, it ends."""
    outcomes: Pull | None = pull(open_once(), make_plan(8, 100), concurrency=4)
    assert outcomes is not None
    async for _ in outcomes:
        break
    await settle()
    assert await others()

    outcomes = None

    assert await others() == set()


async def test_a_pull_in_a_cycle_is_collected() -> None:
    """A pull that only refers to itself ends when the garbage collector finds it, in whatever thread that runs."""
    fake = Fake(respond=fine, is_open=False)
    cycle: list[Any] = [pull(fake, make_plan(8, 100), concurrency=4)]
    cycle.append(cycle)
    await cycle[0].__aenter__()
    await settle()
    assert fake.in_flight == 4

    del cycle
    collector = threading.Thread(target=gc.collect)
    collector.start()
    while collector.is_alive():  # noqa: ASYNC110 - a thread has no event
        await asyncio.sleep(0)

    assert await others() == set()
    assert fake.cancelled == 4


def test_a_pull_that_outlives_its_loop() -> None:
    """A pull that is dropped after its event loop was closed does nothing, and complains of nothing."""
    kept: list[Pull] = []

    async def main() -> None:
        outcomes = pull(open_once(), make_plan(8, 100), concurrency=4)
        kept.append(outcomes)
        await anext(outcomes)

    asyncio.run(main())
    kept.clear()
    gc.collect()


@pytest.mark.parametrize("is_open", [True, False], ids=["ready", "waiting"])
async def test_another_event_loop(is_open: bool) -> None:
    """A pull gives no outcome and does not end on a loop that it was not started on; the first one has all."""
    fake = Fake(respond=fine, is_open=is_open)
    async with pull(fake, make_plan(2, 4), concurrency=4) as outcomes:
        waiting = asyncio.ensure_future(anext(outcomes))
        await settle()
        for use in (outcomes.__anext__, outcomes.aclose, outcomes.__aenter__):
            with pytest.raises(ClientStateError, match="for the event loop that it was started on"):
                await asyncio.to_thread(asyncio.run, use())
        fake.gate.set()
        assert (await waiting).ok
        async for _ in outcomes:
            pass
    assert outcomes.progress.done == 8


def test_a_loop_that_has_died() -> None:
    """A pull whose loop was closed is refused on the next one, and has ended."""

    async def begin() -> Pull:
        return await pull(Fake(respond=fine, is_open=False), make_plan(8, 100)).__aenter__()

    outcomes = asyncio.run(begin())
    with pytest.raises(ClientStateError, match="for the event loop that it was started on"):
        asyncio.run(outcomes.__anext__())
    asyncio.run(outcomes.aclose())
    with pytest.raises(ClientStateError, match="was ended before"):
        asyncio.run(outcomes.__anext__())


async def test_a_worker_that_somebody_else_cancels() -> None:
    """A task that is missing would not be noticed, so the whole pull is cancelled."""
    outcomes = pull(Fake(respond=fine, is_open=False), make_plan(8, 100), concurrency=4)
    waiting = asyncio.ensure_future(anext(outcomes))
    await settle()

    (await others() - {waiting}).pop().cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await others() == set()


async def test_an_outcome_of_a_worker_that_somebody_else_cancels() -> None:
    """What was ready is still given, and then the cancellation."""
    outcomes = pull(Fake(respond=fine), make_plan(8, 100), concurrency=1)
    async with outcomes:
        await settle()
        (await others()).pop().cancel()

        assert (await anext(outcomes)).ok
        with pytest.raises(asyncio.CancelledError):
            await anext(outcomes)
