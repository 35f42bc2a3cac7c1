"""The event loop that everything here needs."""

import asyncio

from aiospectrum.errors import ClientStateError

__all__ = ["running_loop"]


def running_loop() -> asyncio.AbstractEventLoop:
    """The running event loop.

    Raises:
        ClientStateError: There is none, as outside of coroutines, and under trio and curio.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ClientStateError(
            "no asyncio event loop is running here: await it in a coroutine that asyncio.run() runs; "
            "under trio, curio and anyio's trio backend it does not work"
        ) from None
