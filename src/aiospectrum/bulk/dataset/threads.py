"""Blocking calls in threads that never outlive what they are for."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

__all__ = ["Threads"]

T = TypeVar("T")


class Threads:
    """A few threads, for the time of a ``with`` block in which all calls are awaited."""

    def __init__(self, count: int) -> None:
        """Start none yet.

        Args:
            count: The most calls at once, 1 or more.
        """
        self._executor = ThreadPoolExecutor(count, "aiospectrum-save")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the threads, which have nothing to do any more."""
        self._executor.shutdown()

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call in a thread and wait for its end, whatever happens.

        A call cannot be stopped in the middle: a cancellation goes on from here when the call has returned.

        Args:
            call: A function that may block.

        Returns:
            What it returns.
        """
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        cancellation: asyncio.CancelledError | None = None
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError as error:
                cancellation = error
        if cancellation is not None:
            future.exception()  # which nobody will ask for any more
            raise cancellation
        return future.result()
