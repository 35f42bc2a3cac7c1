"""Turns of the event loop, of which large answers take one each."""

import asyncio
from typing import Final

__all__ = ["LARGE", "Turns"]

LARGE: Final = 1 << 15
"""Bytes of a body that takes some tenths of a millisecond to read."""


class Turns:
    """Has large answers made into objects one by one, with a turn of the event loop for everybody else in between.

    When many answers arrive at once, no other task would get a turn before all of them are read, and whoever awaits one
    would find its objects long gone from the caches of the processor.
    """

    def __init__(self) -> None:
        """Give the first turn to whoever comes first."""
        self._lock = asyncio.Lock()

    async def take(self) -> None:
        """Wait for a turn, which lasts until the task awaits something else."""
        await self._lock.acquire()
        asyncio.get_running_loop().call_soon(self._lock.release)
