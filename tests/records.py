"""Records of calls that are never made, for what is pure."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aiospectrum._http.deadline import Deadline, DeadlineTimer
from aiospectrum._http.record import Call
from aiospectrum.routes import Route

__all__ = ["make_call"]


def make_call(
    route: Route[Any], *, path: Mapping[str, object] | None = None, redact: Callable[[str], str] = str
) -> Call:
    """The record of a call of a route."""
    loop = asyncio.new_event_loop()
    loop.close()
    deadline = Deadline(DeadlineTimer(loop), None, None)
    url = f"https://api.cloudflare.com/client/v4{route.path}"
    return Call(route=route, path=path or {}, url=url, redact=redact, deadline=deadline)
