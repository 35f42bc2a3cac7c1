"""A process of its own that saves a plan, and hangs in the operating system at a call of one kind.

Its arguments are the folder to save to, a FIFO that nobody else opens, and the kind of call.
"""

import asyncio
import signal
import sys
from pathlib import Path

from aiospectrum.bulk.dataset.disk import Disk
from aiospectrum.bulk.dataset.local import LocalStore
from tests.bulk.datasets import make_plan, save_over
from tests.bulk.fakes import ZONES


class HangingDisk(Disk):
    """Every call of one kind opens a FIFO, which takes until somebody writes to it."""

    def __init__(self, fifo: str, kind: str) -> None:
        """Keep what hangs."""
        super().__init__()
        self._fifo, self._kind = fifo, kind

    def __getattribute__(self, name: str) -> object:
        """Find a call."""
        if name == object.__getattribute__(self, "_kind"):
            print("stuck", flush=True)
            Path(object.__getattribute__(self, "_fifo")).read_bytes()
        return super().__getattribute__(name)


async def main(folder: str, fifo: str, kind: str) -> None:
    """Save until a signal comes."""
    saving = asyncio.ensure_future(
        save_over(LocalStore(Path(folder), disk=HangingDisk(fifo, kind)), make_plan(ZONES[:2]))
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, saving.cancel)
    try:
        await saving
    except asyncio.CancelledError:
        print("cancelled", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
