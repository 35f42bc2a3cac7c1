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
    """What was told when it began."""

    status: int | None
    """HTTP status, None when no answer came."""

    duration: float
    """Seconds from sending to the end of the answer."""

    body_bytes: int
    """Size of the answer's body, decompressed, in bytes."""

    ray_id: str | None
    """The ``cf-ray`` header, which identifies the request to Cloudflare's support."""

    error: RequestError | None
    """How it failed; None for a success, and when it was cancelled."""

    was_cancelled: bool
    """Whether the caller, or the deadline, cut it short."""


AttemptHook: TypeAlias = Callable[[AttemptStarted], Callable[[AttemptEnded], None] | None]
"""Called before every attempt; what it returns, unless None, is called after it.

Both are called on the event loop and must not block. An exception that they raise ends the call.
"""
