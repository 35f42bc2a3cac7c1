"""Long work at a terminal: redrawn in place while it runs, and stopped by signals, such as Ctrl-C, in two steps."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import IO, Any, Final, TypeAlias, TypeVar

from rich.console import Console, RenderableType
from rich.live import Live

__all__ = [
    "GRACE",
    "Interruption",
    "StoppedError",
    "discard_output",
    "drawn",
    "repeated",
    "signals_to",
    "until_stopped",
]

T = TypeVar("T")
Sleep: TypeAlias = Callable[[float], Awaitable[object]]

GRACE: Final = 3.0
"""Seconds that work in flight has to end in after a signal, so that the program ends in five."""

_FRAME_SECONDS: Final = 0.2


class StoppedError(Exception):
    """A signal has ended the work."""

    def __init__(self, number: int) -> None:
        """Keep the signal.

        Args:
            number: Its number.
        """
        super().__init__(number)
        self.number: Final = number
        """The number of the signal."""

    @property
    def is_ctrl_c(self) -> bool:
        """Whether it was Ctrl-C, and not another program."""
        return self.number == signal.SIGINT

    @property
    def status(self) -> int:
        """The exit status that shells know the signal by."""
        return 128 + self.number

    def __str__(self) -> str:
        return "interrupted" if self.is_ctrl_c else f"terminated by {signal.Signals(self.number).name}"


class Interruption:
    """The effect of a signal, such as Ctrl-C: at first no new work starts, then work in flight is cancelled."""

    def __init__(
        self,
        *,
        on_stop: Callable[[], object],
        on_cancel: Callable[[], object],
        clock: Callable[[], float],
        sleep: Sleep,
    ) -> None:
        """Start uninterrupted.

        Args:
            on_stop: Called when no new work is to start any more.
            on_cancel: Called when work in flight is cancelled.
            clock: Returns the time in seconds.
            sleep: Waits a number of seconds.
        """
        self.stop: Final = asyncio.Event()
        """Set once no new work is to start any more."""
        self.stopped: StoppedError | None = None
        """The signal that began it, None when nothing is being stopped."""
        self._second = asyncio.Event()
        self._on_stop = on_stop
        self._on_cancel = on_cancel
        self._clock = clock
        self._sleep = sleep
        self._stopped_at = 0.0

    @property
    def left(self) -> float | None:
        """Seconds that work in flight has left, None when nothing is being stopped."""
        if not self.stop.is_set():
            return None
        return 0.0 if self._second.is_set() else max(0.0, self._stopped_at + GRACE - self._clock())

    def press(self, number: int) -> None:
        """Take a signal.

        Args:
            number: Which one.
        """
        if self.stop.is_set():
            self._second.set()
            return
        self.stopped = StoppedError(number)
        self._stopped_at = self._clock()
        self.stop.set()
        self._on_stop()

    async def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do some work that ends early when :attr:`stop` is set.

        Args:
            work: What to do; it is cancelled when it takes longer than the grace period after that.

        Returns:
            What the work returns, None when it was cancelled.
        """
        task = asyncio.ensure_future(work)
        guard = asyncio.ensure_future(self._wait_for_end_of_grace())
        try:
            await asyncio.wait((task, guard), return_when=asyncio.FIRST_COMPLETED)
            is_late = not task.done()
            if is_late:
                self._on_cancel()
                task.cancel()
                await asyncio.wait((task,))
            return None if is_late and task.cancelled() else task.result()
        finally:  # a cancellation from outside ends both as well
            await _cancel(task, guard)

    async def _wait_for_end_of_grace(self) -> None:
        await self.stop.wait()
        grace = asyncio.ensure_future(self._sleep(GRACE))
        second = asyncio.ensure_future(self._second.wait())
        try:
            await asyncio.wait((grace, second), return_when=asyncio.FIRST_COMPLETED)
            self._second.set()
        finally:
            await _cancel(grace, second)


async def until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Do some work that a signal cancels at once.

    Args:
        work: What to do.

    Returns:
        What the work returns.

    Raises:
        StoppedError: SIGINT, SIGTERM or SIGHUP came before its end.
    """
    numbers: list[int] = []

    def press(number: int) -> None:
        numbers.append(number)
        task.cancel()

    task = asyncio.ensure_future(work)
    try:
        with signals_to(press):
            await asyncio.wait((task,))
    finally:  # a cancellation from outside ends it as well
        await _cancel(task)
    if numbers and task.cancelled():
        raise StoppedError(numbers[0])
    return task.result()


@contextmanager
def signals_to(press: Callable[[int], object]) -> Iterator[None]:
    """Send SIGINT, SIGTERM and SIGHUP to a function, which is called on the running event loop, during the block.

    A SIGHUP that is ignored, as under ``nohup``, stays so. After one the terminal is gone, and output to it discarded.
    Outside of the main thread, where Python has no signals, nothing is changed.

    Args:
        press: What to call, with the number of the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    terminals = [stream for stream in (sys.stdout, sys.stderr) if stream is not None and stream.isatty()]

    def handle(number: int, frame: FrameType | None) -> None:
        if signal.Signals(number).name == "SIGHUP":
            for stream in terminals:
                discard_output(stream)
        loop.call_soon_threadsafe(press, number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    # Handlers of the event loop's own would do as well, but Windows has none.
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def discard_output(stream: IO[str]) -> None:
    """Discard what is still buffered for a closed pipe or terminal, so that the interpreter's exit is quiet.

    Args:
        stream: The stream; one without a file descriptor is left alone.
    """
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


@asynccontextmanager
async def drawn(
    render: Callable[[], RenderableType],
    console: Console,
    *,
    render_end: Callable[[], RenderableType] | None = None,
    is_transient: bool = False,
    sleep: Sleep,
) -> AsyncIterator[None]:
    """Draw something on a terminal, again and again in the same place, during the block.

    Args:
        render: Returns what is to be seen at this moment.
        console: The terminal.
        render_end: Returns what stays to be seen after the block, the same when None.
        is_transient: Whether nothing stays.
        sleep: Waits a number of seconds.
    """
    # No thread of rich's draws, which would see the state in the middle of a change.
    live = Live(
        render(),
        console=console,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
        transient=is_transient,
    )
    with live:
        try:
            async with repeated(lambda: live.update(render(), refresh=True), _FRAME_SECONDS, sleep=sleep):
                yield
        finally:
            live.update(render() if render_end is None else render_end())


@asynccontextmanager
async def repeated(step: Callable[[], object], seconds: float, *, sleep: Sleep) -> AsyncIterator[None]:
    """Do something now and from time to time, during the block.

    Args:
        step: What to do; an error of it comes out at the end of the block.
        seconds: The time between.
        sleep: Waits a number of seconds.
    """

    async def repeat() -> None:
        while True:
            step()
            await sleep(seconds)

    repeating = asyncio.ensure_future(repeat())
    try:
        yield
    finally:
        await _cancel(repeating)
        if not repeating.cancelled():
            repeating.result()


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
