"""The seam to aiohttp's connections: which may be used again, and what it means when one fails."""

import asyncio
import re
import select
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from weakref import WeakSet

import aiohttp
import attrs
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import ContentEncodingError, LineTooLong

__all__ = ["FAILURES", "CarefulConnector", "Failure", "Guard", "Guards", "read_failure", "send_once"]

_SECONDS_FOR_A_CREATE: Final = 2.0
"""How long ago a connection may have been used last, to send what must not be sent twice."""

_NOTHING_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ServerFingerprintMismatch,
)
"""aiohttp's errors from before a byte of the request could be written."""

_QUOTATION: Final = re.compile(r"\n|\\n| when reading: |\bb['\"]|<RawResponseMessage")
"""Where aiohttp begins to quote."""

_PASSING_TLS_FAILURES: Final = ("EOF", "ZERORETURN", "SYSCALL", "INTERNAL_ERROR", "RECORD_MAC", "RECORD_LAYER")
"""Parts of the names of failures that another attempt may not meet; all others are a matter of configuration."""


class _StaleConnectionError(Exception):
    """A connection that was used before has ended without a byte of the response."""


class _NotConnectedError(Exception):
    """No connection was made; ``__cause__`` is aiohttp's error."""


class _BrokenConnectionError(Exception):
    """Stands for aiohttp's own errors where aiohttp would take them as a reason to send again."""

    def __repr__(self) -> str:
        return str(self)  # which aiohttp puts into errors of its own


FAILURES: Final = (
    aiohttp.ClientError,
    OSError,
    ValueError,  # from before anything is sent, as of a host name that cannot be one
    _StaleConnectionError,
    _NotConnectedError,
    _BrokenConnectionError,
)
"""What a request over a session of aiohttp fails with."""


@attrs.frozen(kw_only=True)
class Failure:
    """What one of :data:`FAILURES` means."""

    reason: str = attrs.field(repr=False)
    """What to say of it, with all that a server may have repeated."""

    was_sent: bool
    """Whether a byte of the request could have been sent."""

    is_stale: bool = False
    """Whether a kept connection has ended without a byte of the response."""

    is_permanent: bool = False
    """Whether another attempt would fail in the same way."""

    status: int | None = None
    """That of a proxy which refused to connect."""


def read_failure(error: BaseException) -> Failure:
    """Say what one of :data:`FAILURES` means."""
    if isinstance(error, _StaleConnectionError):
        return Failure(reason=str(error), was_sent=True, is_stale=True)
    if isinstance(error, _BrokenConnectionError):
        is_refused = error.__cause__ is not None and _is_alert(error.__cause__.__cause__)
        return Failure(reason=str(error), was_sent=True, is_permanent=is_refused)
    cause = error.__cause__ if isinstance(error, _NotConnectedError) and error.__cause__ is not None else error
    return Failure(
        reason=_describe(cause),
        was_sent=not isinstance(error, (*_NOTHING_SENT, _NotConnectedError, ValueError)),
        is_permanent=_is_permanent(cause),
        status=cause.status if isinstance(cause, aiohttp.ClientHttpProxyError) else None,
    )


def _describe(error: BaseException) -> str:
    """An error of aiohttp without the bytes of a response that it quotes.

    These may begin or end in the middle of a credential, as packets do, and half of one is not recognized.
    """
    if isinstance(error, aiohttp.ClientHttpProxyError):
        is_login = error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        hint = "; check the user name and password that it is given" if is_login else ""
        return f"the proxy answered {error.status} {error.message}{hint}"
    text = f"{error.status}, {error.message}" if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return f"{type(error).__name__}: {_QUOTATION.split(text, maxsplit=1)[0]}".rstrip(": ")


def _is_permanent(error: BaseException) -> bool:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return True
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ssl.SSLError):
        name = f"{type(cause).__name__} {getattr(cause, 'reason', None) or cause}".upper()
        return not any(part in name for part in _PASSING_TLS_FAILURES)
    if isinstance(error, aiohttp.ClientResponseError):
        malformed = error.__cause__ and error.__cause__.__cause__
        # An encoding is met here when it is not known; what is wrong in the body itself is another class of error.
        return isinstance(malformed, (LineTooLong, ContentEncodingError)) or "Too many headers" in error.message
    return isinstance(error, (ValueError, aiohttp.ServerFingerprintMismatch))


def _is_alert(error: BaseException | None) -> bool:
    """Whether a TLS server has refused the client."""
    return isinstance(error, ssl.SSLError) and "ALERT" in (getattr(error, "reason", None) or "")


class CarefulConnector(aiohttp.TCPConnector):
    """Uses no connection again that has ended or said something since its last response.

    It knows which connections have been used before, so that the end of one of these is told from other failures, and
    sends what must not be sent twice only over one that was used a moment ago.
    """

    def __init__(self, *, guards: "Guards", clock: Callable[[], float], **arguments: Any) -> None:
        """Begin without connections.

        Args:
            guards: Where the guard of the connection of each task is put.
            clock: Returns the time in seconds.
            **arguments: For aiohttp.
        """
        super().__init__(**arguments)
        self._guards = guards
        self._clock = clock
        self._opened: WeakSet[Guard] = WeakSet()

    async def connect(
        self,
        req: ClientRequest,
        traces: Any,
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's own
    ) -> Connection:
        """Make a connection, or choose one that is fit to be used again."""
        while True:
            try:
                connection = await super().connect(req, traces, timeout)
            except TimeoutError:
                raise
            except (aiohttp.ClientError, OSError, UnicodeError) as error:
                raise _NotConnectedError from error
            transport, protocol = connection.transport, connection.protocol
            if transport is None or protocol is None:
                connection.close()
                raise _NotConnectedError from aiohttp.ServerDisconnectedError()
            now = self._clock()
            guard = transport.get_protocol()
            if not isinstance(guard, Guard):
                guard = Guard(transport, protocol)
                transport.set_protocol(guard)
                self._opened.add(guard)
            elif (
                protocol.should_close
                or guard.poll(0)
                or (req.method == "POST" and now - guard.used_at > _SECONDS_FOR_A_CREATE)
            ):
                connection.close()
                continue
            else:
                guard.is_reused = True
            guard.has_received = False
            guard.used_at = now
            guard.task = task = asyncio.current_task()
            self._guards[task] = guard
            return connection

    def close(self, **options: Any) -> Any:
        """End all connections at once, with TLS too."""
        for guard in [*self._opened]:
            guard.abort()
        return super().close(**options)


class Guard(asyncio.Protocol):
    """Stands between a transport and aiohttp's protocol, and sees what comes when."""

    def __init__(self, transport: asyncio.Transport, protocol: ResponseHandler) -> None:
        """Guard a new connection."""
        self.task: asyncio.Task[Any] | None = None
        """The task that expects a response; None while the connection is idle."""
        self.is_reused = False
        self.has_received = False
        """Whether a byte has come since the latest request."""
        self.used_at = 0.0
        """When the latest request was sent."""
        self.poll = _make_poll(transport)
        """Whether something waits in the socket, which may be its end."""
        self._transport = transport
        self._protocol = protocol

    def abort(self) -> None:
        """End the connection without waiting for the server to end TLS, which would take up to half a minute."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Pass a part of a response on."""
        if self.task is not None:
            self.has_received = True
            self._protocol.data_received(data)
        else:  # nobody has asked for it
            self._transport.abort()

    def eof_received(self) -> None:
        """Pass the end on."""
        self._protocol.eof_received()

    def pause_writing(self) -> None:
        """Pass it on."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on what it means."""
        self._protocol.connection_lost(exc if self.task is None else self._explain(exc))

    def _explain(self, exc: Exception | None) -> Exception:
        """What aiohttp is given in place of the end of a connection, for which it would send again."""
        how = "ServerDisconnectedError: Server disconnected" if exc is None else _describe(exc)
        if self.has_received:
            return _BrokenConnectionError(how)
        if self.is_reused:
            return _StaleConnectionError(f"the kept connection had ended without a byte of the response ({how})")
        if _is_alert(exc):  # in TLS 1.3 a client ends the handshake before the server
            refused = _NotConnectedError()
            refused.__cause__ = exc
            return refused
        return _BrokenConnectionError(how)


Guards: TypeAlias = dict["asyncio.Task[Any] | None", Guard]
"""The guard of the connection of each task that has sent a request."""


def _make_poll(transport: asyncio.Transport) -> Callable[[int], object]:
    """A function that says whether the socket of a transport has bytes or an end to read."""
    socket = transport.get_extra_info("socket")
    if socket is None:
        return lambda timeout: False
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(socket.fileno(), select.POLLIN)
        return poll.poll
    return lambda timeout: select.select([socket.fileno()], [], [], timeout)[0]


async def send_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from sending a request a second time by itself; a client middleware.

    aiohttp repeats GET, PUT and DELETE once when a reused connection turns out to be closed. It knows that case by
    the class of the error, so an error of another class stops it.
    """
    try:
        return await handler(request)
    except _NOTHING_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenConnectionError(_describe(error)) from error
