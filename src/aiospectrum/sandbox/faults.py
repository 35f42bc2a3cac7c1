"""Injected faults: which request meets which, and what then becomes of its response on the connection."""

import asyncio
import math
import random
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs
from aiohttp import web

from aiospectrum.sandbox.hashing import hash_parts
from aiospectrum.sandbox.options import FaultKind, Faults

__all__ = ["Delivery", "FaultInjector", "InjectedFault"]

# Lingering for 0 seconds makes an RST of a close; Windows has shorter fields.
_LINGER_NOT: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


@attrs.frozen(kw_only=True)
class InjectedFault:
    """What goes wrong with one request."""

    latency: float
    """Seconds by which its response or reset comes late."""
    kind: FaultKind | None = None
    """What else goes wrong."""
    status: int = 0
    """HTTP status of an error."""
    retry_after: int = 0
    """Seconds to wait, of a storm or a throttled request."""
    share: float = 1.0
    """How much of the body is sent when it is cut off."""


class FaultInjector:
    """Draws what goes wrong with one request after the other, from the seed and a clock."""

    def __init__(self, faults: Faults, *, seed: int, monotonic: Callable[[], float]) -> None:
        """Draw from a stream of its own, made from ``seed``; storms go by ``monotonic``, in seconds."""
        self._random: Final = random.Random(hash_parts(seed, "faults"))  # noqa: S311 - it has to be predictable
        self._monotonic: Final = monotonic
        self._current = (faults, monotonic())

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self._current[0]

    @faults.setter
    def faults(self, faults: Faults) -> None:
        # One assignment, since it may come from another thread than the draws.
        self._current = (faults, self._monotonic())

    def draw(self) -> InjectedFault:
        """Return what goes wrong with the next request."""
        faults, since = self._current
        # Always three, so that what one fault takes never shifts the others.
        kind, detail, delay = self._random.random(), self._random.random(), self._random.random()
        low, high = faults.latency if isinstance(faults.latency, tuple) else (faults.latency, faults.latency)
        latency = low + (high - low) * delay
        left = _storm_left(faults, self._monotonic() - since)
        if left > 0:
            return InjectedFault(latency=latency, kind="storm", retry_after=math.ceil(left))
        return _pick(faults, kind, detail, latency)


def _storm_left(faults: Faults, elapsed: float) -> float:
    """Return the seconds until the current storm ends; 0 or less when there is none."""
    if faults.storm_every is None or faults.storm_lasts is None or elapsed < faults.storm_every:
        return 0.0
    return faults.storm_lasts - elapsed % faults.storm_every


def _pick(faults: Faults, kind: float, detail: float, latency: float) -> InjectedFault:
    """Return the fault whose part of the interval from 0 to 1 holds ``kind``; ``detail`` draws what is within it."""
    if (kind := kind - faults.error_rate) < 0:
        statuses = faults.error_statuses
        return InjectedFault(latency=latency, kind="error", status=statuses[int(detail * len(statuses))])
    if (kind := kind - faults.reset_rate) < 0:
        before = detail < 0.5 if faults.reset_when == "either" else faults.reset_when == "before"
        return InjectedFault(latency=latency, kind="reset_before" if before else "reset_after")
    if (kind := kind - faults.hang_rate) < 0:
        return InjectedFault(latency=latency, kind="hang")
    if (kind := kind - faults.truncate_rate) < 0:
        return InjectedFault(latency=latency, kind="truncate", share=detail)
    if kind - faults.throttle_rate < 0:
        return InjectedFault(latency=latency, kind="throttle", retry_after=faults.throttle_retry_after)
    return InjectedFault(latency=latency)


class Delivery:
    """Sends the responses of one run of a server: late, cut off, or not at all."""

    def __init__(self, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Hold nothing yet; ``sleep`` waits for seconds."""
        self._sleep: Final = sleep
        self._held: Final[dict[object, asyncio.Task[Any] | None]] = {}
        self._stopped = False

    async def deliver(self, request: web.BaseRequest, response: web.Response, fault: InjectedFault) -> web.Response:
        """Return the response once it is time to send it.

        Raises:
            CancelledError: The client has left, or the server is stopping.
        """
        if fault.kind == "hang":
            await self._hold(request, None)
        if fault.latency > 0:
            await self._hold(request, fault.latency)
        transport = request.transport
        if transport is None or transport.is_closing():
            return response  # which is not sent: the client has left
        match fault.kind:
            case "reset_before" | "reset_after":
                # The response finds the connection closed, and is not sent.
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
                transport.abort()
            case "truncate":
                await response.prepare(request)
                response.force_close()  # only now, so that no header gives it away
        return response

    def drop(self, connection: object) -> None:
        """Drop the response that is held back for a connection, if there is one."""
        task = self._held.get(connection)
        if task is not None:
            task.cancel()

    def stop(self) -> None:
        """Drop all that is held back, now and from now on."""
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
