"""Where a dataset is stored: what a store must be able to do, and how its blocking calls are awaited."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from aiospectrum._http.loop import running_loop

__all__ = ["Store", "run_blocking"]

T = TypeVar("T")


async def run_blocking(executor: Executor, call: Callable[[], T]) -> T:
    """Make a call in a thread and wait for its end, whatever happens.

    A call cannot be stopped in the middle: a cancellation propagates when the call has returned.

    Args:
        executor: Has the threads.
        call: A function that may block.

    Returns:
        What it returns.
    """
    future = running_loop().run_in_executor(executor, call)
    cancellation: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        future.exception()  # so that asyncio does not log an error that nobody has retrieved
        raise cancellation
    return future.result()


class Store(Protocol):
    """A place for one dataset. Paths are relative and have slashes; every method may block, and is called in threads.

    What has returned is durable: a crash of the process, or of the machine where the store can promise that, does not
    undo it. Errors of the store are raised as OSError.
    """

    @property
    def name(self) -> str:
        """What the store is called in messages, without secrets."""
        ...

    @property
    def journal_lines(self) -> int | None:
        """Appends after which a file has become too long to be appended to; None for never."""
        ...

    @property
    def renew_every(self) -> float | None:
        """Seconds between calls of :meth:`renew_lock`; None when the lock needs none."""
        ...

    def lock(self) -> None:
        """Lock out all other runs.

        Raises:
            DestinationBusyError: Another run has the lock.
        """
        ...

    def renew_lock(self) -> None:
        """Show that the owner of the lock is alive.

        Raises:
            DestinationBusyError: Another run has taken the lock, as it looked abandoned.
        """
        ...

    def unlock(self) -> None:
        """Release the lock, and close all files; does nothing without the lock."""
        ...

    def list(self) -> dict[str, int]:
        """Find all files of the dataset.

        Returns:
            The size of each in bytes, by path.
        """
        ...

    def read(self, path: str) -> bytes:
        """Read a file.

        Args:
            path: Where it is.

        Returns:
            The whole of it.
        """
        ...

    def stage(self, path: str, data: bytes) -> None:
        """Write a file that is not part of the dataset.

        Args:
            path: Where to, in a folder for that.
            data: The whole file.
        """
        ...

    def publish(self, staged: str, path: str) -> None:
        """Make a staged file part of the dataset, in one step for all who read it.

        Args:
            staged: Where it is.
            path: Where to; a file that is there is replaced.
        """
        ...

    def append(self, path: str, lines: bytes) -> None:
        """Add to the end of the file that was appended to before, or start a new one.

        Args:
            path: Where it is.
            lines: What to add.
        """
        ...

    def delete(self, path: str) -> None:
        """Delete a file.

        Args:
            path: Where it is.
        """
        ...
