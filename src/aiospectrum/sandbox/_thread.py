"""Running a sandbox on an event loop of its own, for code that has another loop or none."""

from __future__ import annotations

import asyncio
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiospectrum.sandbox._sandbox import Sandbox

__all__ = ["run_in_thread"]


@contextmanager
def run_in_thread(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Run a sandbox in one background thread, which is joined at the end.

    It works the same in synchronous code and under any async framework, since nothing is shared
    with their loops.

    Raises:
        RuntimeError: The sandbox is running already.
        OSError: The address cannot be listened on.
    """
    started: Future[None] = Future()
    told_to_stop: Future[None] = Future()

    async def serve_until_told() -> None:
        async with sandbox:
            started.set_result(None)
            await asyncio.wrap_future(told_to_stop)

    with ThreadPoolExecutor(1, thread_name_prefix="aiospectrum-sandbox") as executor:
        running = executor.submit(lambda: asyncio.run(serve_until_told()))
        try:
            wait((started, running), return_when=FIRST_COMPLETED)
            if running.done():  # it never started: the reason is for the caller
                running.result()
            yield sandbox
        finally:
            told_to_stop.set_result(None)
        running.result()
