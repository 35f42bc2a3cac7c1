"""Ctrl-C in two steps, and what is redrawn, on a clock and signals of the test's own."""

import asyncio
import io
import os
import signal
import threading

import attrs
import pytest
from rich.console import Console

from aiospectrum.cli.terminal import GRACE, Interruption, StoppedError, drawn, repeated, signals_to, until_stopped


@attrs.define
class Stage:
    """What surrounds an interruption, and what it calls."""

    now: float = 100.0
    calls: list[str] = attrs.Factory(list)
    grace_over: asyncio.Event = attrs.Factory(asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        assert seconds == GRACE
        await self.grace_over.wait()

    def interruption(self) -> Interruption:
        return Interruption(
            on_stop=lambda: self.calls.append("stop"),
            on_cancel=lambda: self.calls.append("cancel"),
            clock=lambda: self.now,
            sleep=self.sleep,
        )


async def forever() -> str:
    await asyncio.get_running_loop().create_future()
    return "never"


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_undisturbed_work_gives_its_result() -> None:
    """Nothing happens without Ctrl-C."""
    stage = Stage()

    async def work() -> str:
        return "done"

    interruption = stage.interruption()
    assert await interruption.run(work()) == "done"
    assert (stage.calls, interruption.left) == ([], None)


async def test_work_that_stops_in_time_gives_its_result() -> None:
    """After the first Ctrl-C the work ends by itself."""
    stage = Stage()
    interruption = stage.interruption()

    async def work() -> str:
        await interruption.stop.wait()
        return "stopped"

    running = asyncio.ensure_future(interruption.run(work()))
    await settle()
    interruption.press(signal.SIGINT)
    stage.now += 2
    assert interruption.left == GRACE - 2
    assert await running == "stopped"
    assert stage.calls == ["stop"]


@pytest.mark.parametrize("how", ["grace", "second Ctrl-C"])
async def test_work_that_does_not_stop_is_cancelled(how: str) -> None:
    """After five seconds, or a second Ctrl-C, work in flight is cancelled."""
    stage = Stage()
    interruption = stage.interruption()
    running = asyncio.ensure_future(interruption.run(forever()))
    await settle()
    interruption.press(signal.SIGINT)
    await settle()
    assert not running.done()
    if how == "grace":
        stage.grace_over.set()
    else:
        interruption.press(signal.SIGINT)
        interruption.press(signal.SIGINT)  # once more does nothing
    assert await running is None
    assert (stage.calls, interruption.left) == (["stop", "cancel"], 0.0)


async def test_an_error_comes_out() -> None:
    """Before and after Ctrl-C alike."""
    stage = Stage()
    interruption = stage.interruption()

    async def fail() -> None:
        raise OSError("full")

    async def fail_at_the_end() -> None:
        try:
            await forever()
        finally:
            raise OSError("full as well")

    with pytest.raises(OSError, match="full"):
        await interruption.run(fail())
    running = asyncio.ensure_future(interruption.run(fail_at_the_end()))
    await settle()
    interruption.press(signal.SIGINT)
    interruption.press(signal.SIGINT)
    with pytest.raises(OSError, match="full as well"):
        await running


async def test_a_cancellation_from_outside_ends_the_work() -> None:
    """It goes on, and leaves nothing behind."""
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await forever()
        finally:
            ended.set()

    before = asyncio.all_tasks()
    for run in (Stage().interruption().run, until_stopped):
        ended.clear()
        running = asyncio.ensure_future(run(work()))
        await settle()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert ended.is_set()
    await settle()
    assert asyncio.all_tasks() == before


SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.mark.parametrize("number", SIGNALS, ids=[each.name for each in SIGNALS])
async def test_signals_press(number: signal.Signals) -> None:
    """In the block they reach the function, which is told which one, and after it everything is as before."""
    before = signal.getsignal(number)
    pressed: asyncio.Queue[int] = asyncio.Queue()
    with signals_to(pressed.put_nowait):
        os.kill(os.getpid(), number)
        async with asyncio.timeout(10):
            assert await pressed.get() == number
    assert signal.getsignal(number) is before


async def test_a_hangup_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """`nohup` wants it; and Windows has none."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_to(lambda number: None):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    monkeypatch.delattr(signal, "SIGHUP")
    with signals_to(lambda number: None):
        assert callable(signal.getsignal(signal.SIGTERM))


def test_other_threads_have_no_signals() -> None:
    """There the block changes nothing, and fails at nothing."""
    before = signal.getsignal(signal.SIGINT)
    seen = []

    async def look() -> None:
        with signals_to(lambda number: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.parametrize(
    ("number", "status", "text"),
    [
        pytest.param(signal.SIGINT, 130, "interrupted", id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, "terminated by SIGTERM", id="SIGTERM"),
    ],
)
async def test_work_without_an_end_is_stopped(number: int, status: int, text: str) -> None:
    """A signal is its end, and the error says which; without one its result is."""
    asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
    async with asyncio.timeout(10):
        with pytest.raises(StoppedError, match=f"^{text}$") as caught:
            await until_stopped(forever())
    assert (caught.value.status, caught.value.is_ctrl_c) == (status, status == 130)

    async def work() -> int:
        return 5

    assert await until_stopped(work()) == 5


class Naps:
    """Sleeps that end when the test says so."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self._over.wait()

    async def end(self) -> None:
        """Let all sleepers wake up and come back."""
        await settle()
        self._over.set()
        self._over = asyncio.Event()
        await settle()


async def test_a_step_is_done_now_and_again() -> None:
    """Once at the beginning, then after each nap, and never after the block."""
    naps, steps = Naps(), []
    async with repeated(lambda: steps.append(1), 3.0, sleep=naps):
        await naps.end()
        await naps.end()
        assert len(steps) == 3
    await naps.end()
    assert (len(steps), set(naps.slept)) == (3, {3.0})


async def test_an_error_of_a_step_comes_out_at_the_end() -> None:
    """The work in the block is not disturbed by it."""

    def fail() -> None:
        raise BrokenPipeError

    over = []

    async def work() -> None:
        async with repeated(fail, 1.0, sleep=Naps()):
            await settle()
            over.append(True)

    with pytest.raises(BrokenPipeError):
        await work()
    assert over


@pytest.mark.parametrize("end", [None, "the end"], ids=["as it was", "another end"])
async def test_a_screen_is_drawn_in_place(end: str | None) -> None:
    """Each frame goes over the one before, and what stays is the last one."""
    out, naps = io.StringIO(), Naps()
    console = Console(file=out, force_terminal=True, width=40, color_system=None, legacy_windows=False)
    frames = iter(f"frame {number}" for number in range(100))
    async with drawn(lambda: next(frames), console, render_end=(lambda: end) if end else None, sleep=naps):
        await naps.end()
        await naps.end()
    text = out.getvalue()
    assert text.startswith("\x1b[?25l")
    assert text.rstrip().endswith("\x1b[?25h")
    assert text.count("\r\x1b[2K") == 4
    assert text.rpartition("\x1b[2K")[2].startswith(end or "frame 4")
