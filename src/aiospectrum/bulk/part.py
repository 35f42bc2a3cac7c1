"""One part of a save that is divided among the workers of an executor: what runs where the worker is."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeAlias

import attrs

from aiospectrum.bulk.dataset.opening import call_store, make_opener
from aiospectrum.bulk.dataset.results import Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.dataset.signals import Order, Signals
from aiospectrum.bulk.dataset.threads import Threads, run_in_thread
from aiospectrum.bulk.plan import Plan
from aiospectrum.bulk.save import SaveSettings, save_plans
from aiospectrum.client import Client
from aiospectrum.transport import Transport

__all__ = ["MakeClient", "Part", "PartResult", "save_part"]

MakeClient: TypeAlias = Callable[[], Client]
"""Makes the client of an account, with its credentials, in the process that uses it."""

_SILENCE: Final = 60.0
"""Seconds without a sign of life of the coordinator after which a part ends by itself."""


@attrs.frozen(kw_only=True)
class Part:
    """What a worker needs to know; it is pickled, and has no credentials."""

    accounts: tuple[tuple[MakeClient, tuple[str, ...]], ...]
    """What makes the client of each account, and its zones."""

    plan: Plan
    """What to fetch; its zones are those of all accounts."""

    destination: str
    """Where to save."""

    storage_options: Callable[[], Mapping[str, Any]] | None
    """Makes the arguments of the file system of a URL."""

    settings: SaveSettings
    """How to save."""

    rate_limit_timeout: float | None
    """Seconds that a window may wait for the rate limit."""

    writer: str
    """The name of its writer."""

    run_id: str
    """The save that it is a part of."""

    poll: float
    """Seconds between signals."""


@attrs.frozen(kw_only=True)
class PartResult:
    """What came of a part."""

    saved: Saved | None
    """The result; None when no account had a client, or all was cancelled."""

    failed: tuple[SaveFailure, ...]
    """The tasks of accounts without a client."""


def save_part(part: Part) -> PartResult:
    """Save a part, with an event loop of its own; called by the workers of an executor."""
    return asyncio.run(_save_part(part))


async def _save_part(part: Part) -> PartResult:
    async with AsyncExitStack() as stack:
        clients: dict[str, Transport] = {}
        failed: list[SaveFailure] = []
        for make_client, zones in part.accounts:
            try:
                client = await stack.enter_async_context(make_client())
            except Exception as error:  # noqa: BLE001 - whatever a function of the user's raises ends its account alone
                plan = attrs.evolve(part.plan, zones=zones)
                text = f"{type(error).__name__}: {error}"
                failed += [SaveFailure(zone_id=each.zone_id, window=each.window, error=text) for each in plan]
            else:
                clients |= dict.fromkeys(zones, client)
        saved = await _save(part, clients) if clients else None
    return PartResult(saved=saved, failed=tuple(failed))
