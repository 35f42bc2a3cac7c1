"""What is redrawn, and what is written now and then."""

from __future__ import annotations

import asyncio
import io

import pytest
from rich.console import Console

from aiospectrum.cli.display import drawn, repeated


class Naps:
    """Sleeps that end when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._over.wait()

    async def end(self) -> None:
        """Let all sleepers wake up and come back."""
        await settle()
        self._over.set()
        self._over = asyncio.Event()
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_step_is_done_now_and_again() -> None:
    """Once at the beginning, then after each nap, and never after the block."""
    naps, steps = Naps(), []
    async with repeated(lambda: steps.append(1), 3.0, sleep=naps):
        await naps.end()
        await naps.end()
        assert len(steps) == 3
    await naps.end()
    assert (len(steps), set(naps.asked)) == (3, {3.0})


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


@pytest.mark.parametrize("end", [None, "the end"])
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
