"""Ctrl-C in two steps: first no new work is begun, then what is under way is cut off."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeVar

__all__ = ["GRACE", "Interruption", "signals_to", "until_interrupted"]

T = TypeVar("T")

GRACE: Final = 5.0
"""Seconds that work in flight has to end in after Ctrl-C."""


class Interruption:
    """What has been asked for by Ctrl-C, and work that obeys it."""

    def __init__(
        self,
        *,
        on_stop: Callable[[], object],
        on_cut: Callable[[], object],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        """Begin uninterrupted.

        Args:
            on_stop: Called when no new work is to be begun any more.
            on_cut: Called when work in flight is cut off.
            clock: Gives the time in seconds.
            sleep: Waits a number of seconds.
        """
        self.stop: Final = asyncio.Event()
        """Set once no new work is to be begun any more."""
        self._cut = asyncio.Event()
        self._on_stop = on_stop
        self._on_cut = on_cut
        self._clock = clock
        self._sleep = sleep
        self._stopped_at = 0.0

    @property
    def left(self) -> float | None:
        """Seconds that work in flight has left, None when nothing is being stopped."""
        if not self.stop.is_set():
            return None
        return 0.0 if self._cut.is_set() else max(0.0, self._stopped_at + GRACE - self._clock())

    def press(self) -> None:
        """Take a Ctrl-C: the first one stops, the second one cuts off."""
        if self.stop.is_set():
            self._cut.set()
            return
        self._stopped_at = self._clock()
        self.stop.set()
        self._on_stop()

    async def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do some work that ends early when :attr:`stop` is set.

        Args:
            work: What to do; it is cancelled when it takes longer than the grace period after that.

        Returns:
            What the work returns, None when it was cut off.
        """
        task = asyncio.ensure_future(work)
        guard = asyncio.ensure_future(self._wait_for_cut())
        try:
            await asyncio.wait((task, guard), return_when=asyncio.FIRST_COMPLETED)
            is_cut = not task.done()
            if is_cut:
                self._on_cut()
                task.cancel()
                await asyncio.wait((task,))
            return None if is_cut and task.cancelled() else task.result()
        finally:  # a cancellation from outside ends both as well
            for each in (task, guard):
                each.cancel()
            await asyncio.wait((task, guard))

    async def _wait_for_cut(self) -> None:
        await self.stop.wait()
        grace = asyncio.ensure_future(self._sleep(GRACE))
        second = asyncio.ensure_future(self._cut.wait())
        try:
            await asyncio.wait((grace, second), return_when=asyncio.FIRST_COMPLETED)
            self._cut.set()
        finally:
            grace.cancel()
            second.cancel()


@contextmanager
def signals_to(press: Callable[[], object]) -> Iterator[None]:
    """Send SIGINT and SIGTERM to a function, which is called on the running event loop, for the time of the block.

    Outside of the main thread, where Python has no signals, nothing is changed.

    Args:
        press: What to call.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(press)

    # Handlers of the event loop's own would do as well, but Windows has none.
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def until_interrupted(work: Coroutine[Any, Any, T]) -> T | None:
    """Do some work that has no other end than Ctrl-C, or ends by itself.

    Args:
        work: What to do; SIGINT and SIGTERM cancel it at once.

    Returns:
        What the work returns, None when it was interrupted.
    """
    task = asyncio.ensure_future(work)
    try:
        with signals_to(task.cancel):
            await asyncio.wait((task,))
    finally:  # a cancellation from outside ends it as well
        task.cancel()
        await asyncio.wait((task,))
    return None if task.cancelled() else task.result()
