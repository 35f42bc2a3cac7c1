"""Threads for calls that may block for ever, as those to a disk do; at its end nothing waits for them."""

import asyncio
import contextlib
import errno
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from aiospectrum._http.redaction import Redaction
from aiospectrum._loop import running_loop
from aiospectrum.bulk.dataset.opening import as_storage_error

__all__ = ["PATIENCE", "Threads", "run_in_thread", "shown"]

T = TypeVar("T")

PATIENCE: Final = 0.75
"""Seconds that calls under way have to end in after a cancellation; the command has given 3 s to requests before."""


class Threads:
    """Makes the blocking calls of one run, each in a thread of its own.

    Nothing stops a call that is stuck in the operating system. After a cancellation it has a moment to end; then it is
    abandoned, and no other one is made but the last. Its thread is a daemon, which neither asyncio nor the interpreter
    waits for, and what :attr:`abandon` calls ensures that nothing comes of it later.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        """Start no thread yet.

        Args:
            patience: Seconds that calls under way have to end in after a cancellation, and then the last call.
        """
        self.abandon: Callable[[], object] = lambda: None
        """Called on the event loop when a call is abandoned; must not block."""
        self._patience = patience
        self._deadline: float | None = None
        self._is_abandoned = False
        self._lock = threading.Lock()
        self._active = 0
        self._last: Callable[[], object] | None = None

    def hurry(self) -> None:
        """Give all calls from now on a moment together, and then the last one; the run as a whole was cancelled."""
        if self._deadline is None:
            self._deadline = running_loop().time() + self._patience

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call and wait for its end.

        A cancellation propagates when the call has returned or has been abandoned.

        Args:
            call: A function that may block.

        Returns:
            What it returns.

        Raises:
            OSError: It, or another one, was abandoned.
        """
        if not self._is_abandoned:
            with self._lock:
                self._active += 1
            outcome, work = self._prepare(call)
            self._start(work)
            await self._wait(outcome, self._deadline)
            if outcome.done():
                result: T = _unwrap(outcome)
                return result
        raise OSError(errno.ETIMEDOUT, "a call has not returned, and was abandoned as the run was to end")

    async def finish(self, call: Callable[[], object]) -> None:
        """Make a last call, such as one that releases a lock, when no other one is under way.

        If one has been abandoned, that is when it returns after all; a run that was cancelled does not wait for it.

        Args:
            call: A function that may block.
        """
        outcome, work = self._prepare(call)
        with self._lock:
            is_idle = self._active == 0
            self._active += is_idle
            if not is_idle:
                self._last = work
        if is_idle:
            self._start(work)
        elif self._deadline is not None:
            return
        await self._wait(outcome, None if self._deadline is None else running_loop().time() + self._patience)
        if outcome.done():
            _unwrap(outcome)

    def _prepare(self, call: Callable[[], object]) -> tuple["asyncio.Future[Any]", Callable[[], None]]:
        loop = running_loop()
        outcome: asyncio.Future[Any] = loop.create_future()

        def work() -> None:
            result: tuple[object, BaseException | None]
            try:
                result = call(), None
            except BaseException as error:  # raised where the call is awaited
                result = None, error
            last = self._leave()  # before anybody can know of the result
            with contextlib.suppress(RuntimeError):  # the loop is closed, after the call was abandoned
                loop.call_soon_threadsafe(_set, outcome, result)
            if last is not None:
                last()

        return outcome, work

    def _start(self, work: Callable[[], None]) -> None:
        try:
            threading.Thread(target=work, name="aiospectrum-save", daemon=True).start()
        except BaseException:  # no more threads can be started
            self._leave()
            raise

    def _leave(self) -> Callable[[], object] | None:
        """Count a thread out; gives the last call, if it was left to this one."""
        with self._lock:
            self._active -= 1
            last = None if self._active else self._last
            if last is not None:
                self._active, self._last = 1, None
        return last

    async def _wait(self, outcome: "asyncio.Future[Any]", deadline: float | None) -> None:
        """Wait for the end of a call, or until it is abandoned, which a cancellation sets a time for."""
        clock = running_loop().time
        cancellation: asyncio.CancelledError | None = None
        while not outcome.done():
            left = None if deadline is None else deadline - clock()
            if left is not None and left <= 0:
                self._is_abandoned = True
                self.abandon()
                break
            try:
                await asyncio.wait([outcome], timeout=left)
            except asyncio.CancelledError as error:
                cancellation = error
                deadline = clock() + self._patience if deadline is None else deadline
        if cancellation is not None:
            raise cancellation


def _set(outcome: "asyncio.Future[Any]", result: tuple[object, BaseException | None]) -> None:
    if not outcome.done():
        outcome.set_result(result)


def _unwrap(outcome: "asyncio.Future[Any]") -> Any:
    value, error = outcome.result()
    if error is not None:
        raise error
    return value


async def run_in_thread(threads: Threads, call: Callable[[], T], redaction: Redaction, problem: str) -> T:
    """Run what uses a store in a thread.

    Args:
        threads: Has the threads.
        call: What uses it.
        redaction: Replaces what is secret of the store.
        problem: The beginning of the error's text, such as the name of the store.

    Returns:
        What the call returns.

    Raises:
        StorageError: It failed with an OSError, or with another error that tells a secret.
    """
    return await shown(threads.run(call), redaction, problem)


async def shown(calling: Awaitable[T], redaction: Redaction, problem: str) -> T:
    """Await what uses a store, and raise its errors as :func:`run_in_thread` does."""
    try:
        return await calling
    except BaseException as error:  # raised again, unless it is to be shown otherwise
        failure = as_storage_error(error, redaction, problem)
        if failure is None:
            raise
    # Raised out here, the error does not hold on to another one than its cause.
    raise failure
