"""What can be observed of every attempt: enough for metrics and for spans."""

from collections.abc import Callable
from typing import TypeAlias

import attrs

from aiospectrum.errors import RequestError
from aiospectrum.routes import Method

__all__ = ["AttemptEnded", "AttemptHook", "AttemptStarted"]


@attrs.frozen(kw_only=True)
class AttemptStarted:
    """An attempt is about to be sent."""

    operation: str
    """Name of the operation, such as ``list_apps``."""

    method: Method
    """HTTP method."""

    route: str
    """Path template, such as ``/zones/{zone_id}/spectrum/apps``."""

    url: str
    """URL with the query string; credentials are never part of it."""

    attempt: int
    """Number of the attempt, counted from 1."""


@attrs.frozen(kw_only=True)
class AttemptEnded:
    """An attempt is over."""

    started: AttemptStarted
    """What the hook was called with when it began."""

    status: int | None
    """HTTP status, None without a response."""

    http_version: str | None = None
    """Version of HTTP that the response is in, such as ``1.1``; None without a response."""

    duration: float
    """Seconds from sending to the end of the response."""

    body_bytes: int
    """Size of the response's body, decompressed, in bytes."""

    ray_id: str | None
    """The ``cf-ray`` header, which identifies the request to Cloudflare's support."""

    error: RequestError | None
    """How it failed; None for a success, and when it was cancelled."""

    was_cancelled: bool
    """Whether it was cut short: by the caller, by the deadline, or by an error that is not a RequestError, which a
    middleware of your own session may raise."""


AttemptHook: TypeAlias = Callable[[AttemptStarted], Callable[[AttemptEnded], None] | None]
"""Called before every attempt; what it returns, unless None, is called once after it, also when it was cancelled.

An attempt begins when the rate limit has given a permit: for a call that the limit refuses, or that is cancelled
while it waits, neither is called. Both are called on the event loop, in the task of the call, and must not block.
Neither may be async: it is refused.

An exception that they raise ends the call: no further attempt is made, and the caller gets that exception; after the
attempt in place of its result, error or cancellation. It should not be a RequestError, which the client would handle
like its own.
"""
