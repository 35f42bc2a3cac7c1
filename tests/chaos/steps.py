"""The language of scripts: acts, steps made of acts, and what to do to a response on its way."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import attrs

from tests.chaos.connection import Connection
from tests.chaos.responses import ServerResponse, echo_response, good
from tests.chaos.seen import RequestSeen

__all__ = [
    "CLOSE",
    "HANG",
    "RESET",
    "Act",
    "Close",
    "Drip",
    "Hang",
    "Play",
    "Reply",
    "Reset",
    "Send",
    "Sleep",
    "Step",
    "Wait",
    "after_request",
    "as_step",
    "at_accept",
    "before_request",
    "drip",
    "during_request",
    "echo",
    "hold",
    "in_body",
    "in_headers",
    "in_status_line",
    "keep_alive_then_close",
    "send",
]

Sleep = Callable[[float], Awaitable[object]]
"""Waits a number of seconds, or pretends to."""


class Act(Protocol):
    """One thing that a server does to a connection."""

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        """Do it; the request is None when none was read yet."""


@attrs.frozen
class Send:
    """Send some bytes."""

    data: bytes

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        await connection.send(self.data)


@attrs.frozen
class Reply:
    """Send a response that depends on the request."""

    make: Callable[[RequestSeen], ServerResponse]

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        if request is None:
            raise ValueError("there is no request to reply to")
        await connection.send(self.make(request).encode())


@attrs.frozen
class Drip:
    """Send bytes one at a time, with a wait after each."""

    data: bytes
    sleep: Sleep
    seconds: float

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        for byte in self.data:
            await connection.send(bytes([byte]))
            await connection.wait(self.sleep(self.seconds))


@attrs.frozen
class Wait:
    """Wait for something, such as an event of the test's, unless the client leaves first."""

    until: Callable[[], Awaitable[object]]

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        await connection.wait(self.until())


@attrs.frozen
class Hang:
    """Do nothing until the client leaves or the server exits."""

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        await connection.hang()


@attrs.frozen
class Reset:
    """Leave with an RST."""

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        connection.reset()


@attrs.frozen
class Close:
    """Leave with a FIN."""

    async def perform(self, connection: Connection, request: RequestSeen | None) -> None:
        await connection.close()


RESET: Final = Reset()
CLOSE: Final = Close()
HANG: Final = Hang()


@attrs.frozen(kw_only=True)
class Step:
    """What the server does with one request, or with a connection before there is a request."""

    name: str
    """What it is, for test ids."""

    acts: tuple[Act, ...]
    """What is done, in this order; a connection that none of them ended is kept alive."""

    reads: int | None = None
    """How many bytes of the request are awaited before the acts; None for all."""

    at_accept: bool = False
    """Whether it is for a connection that was just accepted, of which nothing is read."""

    then: "Step | None" = None
    """What meets the next request on the same connection; None for what the script says."""


Play = Step | ServerResponse
"""What scripts are made of."""


def as_step(play: Play) -> Step:
    """The step that sends a response; a step as it is."""
    return send(play.encode(), name=play.name) if isinstance(play, ServerResponse) else play


def send(data: bytes, *acts: Act, name: str) -> Step:
    """Respond with any bytes, then do the other acts."""
    return Step(name=name, acts=(Send(data), *acts))


def at_accept(end: Act) -> Step:
    """End a new connection before anything is read from it."""
    return Step(name=f"{_verb(end)}-at-accept", acts=(end,), reads=0, at_accept=True)


def before_request(end: Act) -> Step:
    """End the connection when a request comes, without reading it."""
    return Step(name=f"{_verb(end)}-before-request", acts=(end,), reads=0)


def during_request(end: Act, *, after: int = 20) -> Step:
    """End the connection when so many bytes of a request, head and body, have come."""
    return Step(name=f"{_verb(end)}-during-request", acts=(end,), reads=after)


def after_request(end: Act) -> Step:
    """End the connection when the request was read, without a byte of a response."""
    return Step(name=f"{_verb(end)}-after-request", acts=(end,))


def in_status_line(end: Act, response: ServerResponse | None = None) -> Step:
    """End the connection within the status line, after ``HTTP/1.1 2``."""
    return send((response or good()).encode()[:10], end, name=f"{_verb(end)}-in-status-line")


def in_headers(end: Act, response: ServerResponse | None = None) -> Step:
    """End the connection half way through the head."""
    head = (response or good()).head()
    return send(head[: len(head) // 2], end, name=f"{_verb(end)}-in-headers")


def in_body(end: Act, response: ServerResponse | None = None) -> Step:
    """End the connection half way through the body."""
    response = response or good()
    return send(response.head() + response.body[: len(response.body) // 2], end, name=f"{_verb(end)}-in-body")


def drip(sleep: Sleep, response: ServerResponse | None = None, *, part: str = "body", seconds: float = 1.0) -> Step:
    """Send the ``head`` or the ``body`` of a response byte by byte, and the rest of it at once."""
    response = response or good()
    head, body = response.head(), response.body
    acts: dict[str, tuple[Act, ...]] = {
        "head": (Drip(head, sleep, seconds), Send(body)),
        "body": (Send(head), Drip(body, sleep, seconds)),
    }
    return Step(name=f"drip-{part}", acts=acts[part])


def hold(until: Callable[[], Awaitable[object]], response: ServerResponse | None = None) -> Step:
    """Respond when something has happened."""
    return Step(name="hold", acts=(Wait(until), Send((response or good()).encode())))


def keep_alive_then_close(response: ServerResponse | None = None, *, idle: bool = False, end: Act = CLOSE) -> Step:
    """Respond well, promise to keep the connection, and end it at once (``idle``) or when the next request comes."""
    kept = (response or good()).with_headers(("Connection", "keep-alive"), ("Keep-Alive", "timeout=60")).encode()
    if idle:
        return send(kept, end, name=f"keep-alive-then-{_verb(end)}-idle")
    return attrs.evolve(send(kept, name=f"keep-alive-then-{_verb(end)}"), then=before_request(end))


def echo(status: int = 200) -> Step:
    """Respond with the request itself; see :func:`~tests.chaos.responses.echo_response`."""
    return Step(name=f"echo-{status}", acts=(Reply(lambda request: echo_response(request, status=status)),))


def _verb(end: Act) -> str:
    return type(end).__name__.lower()
