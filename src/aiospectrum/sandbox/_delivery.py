"""What becomes of an answer on its connection: sent late, cut off, never sent, or a reset instead."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from aiospectrum.sandbox._mishaps import Mishap

__all__ = ["Delivery"]

# Lingering for 0 seconds makes an RST of a close; Windows has shorter fields.
_LINGER_NOT: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Delivery:
    """Delivers the answers of one run of a server, and knows those that it holds back."""

    def __init__(self, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Hold nothing yet; `sleep` waits for seconds."""
        self._sleep: Final = sleep
        self._held: Final[dict[object, asyncio.Task[Any] | None]] = {}
        self._stopped = False

    async def deliver(self, request: web.BaseRequest, response: web.Response, mishap: Mishap) -> web.Response:
        """Return the response to send once it is time to.

        Raises:
            CancelledError: There is nobody left to answer, or the server is stopping.
        """
        if mishap.fault == "hang":
            await self._hold(request, None)
        if mishap.latency > 0:
            await self._hold(request, mishap.latency)
        transport = request.transport
        if transport is None or transport.is_closing():
            return response  # which finds nobody to go to
        match mishap.fault:
            case "reset_before" | "reset_after":
                # The response finds the connection closed, and goes nowhere.
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
                transport.abort()
            case "truncate":
                await response.prepare(request)
                response.force_close()  # only now, so that no header gives it away
        return response

    def drop(self, connection: object) -> None:
        """Give up the answer that is held back for a connection, if there is one: its client has left."""
        task = self._held.get(connection)
        if task is not None:
            task.cancel()

    def stop(self) -> None:
        """Give up all that is held back, now and from now on."""
        self._stopped = True
        for connection in self._held:
            self.drop(connection)

    async def _hold(self, request: web.BaseRequest, seconds: float | None) -> None:
        """Wait for some time, or for ever."""
        if self._stopped or request.transport is None:
            raise asyncio.CancelledError
        self._held[request.protocol] = asyncio.current_task()
        try:
            await (asyncio.get_running_loop().create_future() if seconds is None else self._sleep(seconds))
        finally:
            del self._held[request.protocol]
