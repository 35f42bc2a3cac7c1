"""Blocking calls in threads: awaited to their end, whatever happens."""

import asyncio
import threading
from typing import NoReturn

import pytest

from aiospectrum.bulk.dataset.threads import Threads


async def test_a_call() -> None:
    """It is made in another thread, and its result and errors come through."""

    def fail() -> NoReturn:
        raise KeyError("there")

    with Threads(1) as threads:
        assert await threads.run(threading.get_ident) != threading.get_ident()
        with pytest.raises(KeyError, match="there"):
            await threads.run(fail)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_cancellation_waits(fails: bool) -> None:
    """It goes on when the call has returned, however often it comes and whatever the call ends with."""
    begun, may_end, has_ended = asyncio.Event(), threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait(10)
        has_ended.set()
        if fails:
            raise KeyError("nobody asks")

    with Threads(1) as threads:
        task = asyncio.create_task(threads.run(work))
        await begun.wait()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert has_ended.is_set()


async def test_a_cancellation_in_line() -> None:
    """A call that waits for a thread is made all the same, so that it is known what has been done."""
    may_end = threading.Event()
    made: list[int] = []
    with Threads(1) as threads:
        first = asyncio.create_task(threads.run(lambda: may_end.wait(10)))
        second = asyncio.create_task(threads.run(lambda: made.append(1)))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        may_end.set()
        await first
        with pytest.raises(asyncio.CancelledError):
            await second
    assert made == [1]
