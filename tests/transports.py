"""A transport without a client, whose collaborators are the test's own."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs

from aiospectrum._http.call import CallSettings, HTTPTransport
from aiospectrum._http.credentials import choose_credentials
from aiospectrum._http.retry import RetryBudget
from aiospectrum._http.session import Session
from aiospectrum.policies import RetryPolicy, Timeouts
from tests.conftest import TOKEN

__all__ = ["open_transport"]


async def _no_sleep(_: float) -> None:
    """Wait no time."""


@asynccontextmanager
async def open_transport(
    url: str, *, max_body_bytes: int = 10**6, kept: Callable[[], float] = time.monotonic, **changes: Any
) -> AsyncIterator[HTTPTransport]:
    """Open a transport without timeouts, limiter and hook; ``kept`` is the clock of its connections."""
    credentials = choose_credentials(api_token=TOKEN, api_email=None, api_key=None, schemes=("api_token",))
    headers = {"Accept": "application/json", "User-Agent": "test"}
    session = Session(headers=headers, credentials=credentials, max_body_bytes=max_body_bytes, clock=kept)
    settings = CallSettings(
        session=session,
        base_url=url,
        redact=credentials.redact,
        timeouts=Timeouts(total=None, connect=None, read=None),
        retry=RetryPolicy(),
        budget=RetryBudget(changes.get("retry", RetryPolicy())),
        limiter=None,
        hook=None,
        clock=time.monotonic,
        random=lambda: 0.0,
        sleep=_no_sleep,
    )
    session.open()
    try:
        yield HTTPTransport(attrs.evolve(settings, **changes))
    finally:
        await session.close()
