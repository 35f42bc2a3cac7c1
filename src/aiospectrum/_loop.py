"""What everything here needs of the event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from aiospectrum.errors import ClientStateError

__all__ = ["for_each", "running_loop"]

T = TypeVar("T")


def running_loop() -> asyncio.AbstractEventLoop:
    """The running event loop.

    Raises:
        ClientStateError: There is none, as outside of coroutines, and under trio and curio.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ClientStateError(
            "no asyncio event loop is running here: await it in a coroutine that asyncio.run() runs; "
            "under trio, curio and anyio's trio backend it does not work"
        ) from None


async def for_each(items: Collection[T], work: Callable[[T], Awaitable[object]], at_once: int) -> None:
    """Do some work for each of the items, for so many of them at once.

    The first error ends all of it, and is raised as it is, outside of the group that it came with.
    """
    waiting = iter(items)

    async def work_on() -> None:
        for item in waiting:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(items))):
                group.create_task(work_on())
    except ExceptionGroup as errors:  # a group is no error of ours; the first one says what its callers know
        failure = errors.exceptions[0]
    else:
        return
    raise failure
