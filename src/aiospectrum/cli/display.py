"""Something that changes, shown while work goes on: redrawn in place on a terminal, else as lines now and then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from rich.console import Console, RenderableType
from rich.live import Live

__all__ = ["Sleep", "drawn", "repeated"]

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits a number of seconds."""

_FRAME_SECONDS: Final = 0.2


@asynccontextmanager
async def drawn(
    render: Callable[[], RenderableType],
    console: Console,
    *,
    render_end: Callable[[], RenderableType] | None = None,
    sleep: Sleep,
) -> AsyncIterator[None]:
    """Draw something on a terminal, again and again in the same place, for the time of the block.

    Args:
        render: Gives what is to be seen at this moment.
        console: The terminal.
        render_end: Gives what stays to be seen after the block, the same when None.
        sleep: Waits a number of seconds.
    """
    # No thread of rich's draws, which would see the state in the middle of a change.
    live = Live(render(), console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    with live:
        try:
            async with repeated(lambda: live.update(render(), refresh=True), _FRAME_SECONDS, sleep=sleep):
                yield
        finally:
            live.update(render() if render_end is None else render_end())


@asynccontextmanager
async def repeated(step: Callable[[], object], seconds: float, *, sleep: Sleep) -> AsyncIterator[None]:
    """Do something now and from time to time, for the time of the block.

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
        repeating.cancel()
        await asyncio.wait((repeating,))
        if not repeating.cancelled():
            repeating.result()
