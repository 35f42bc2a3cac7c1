"""A part of a save that is divided among processes: what runs where a worker of the executor is."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from aiospectrum._http.redaction import Redaction
from aiospectrum.bulk.dataset.errors import SaveError
from aiospectrum.bulk.dataset.opening import make_opener
from aiospectrum.bulk.dataset.results import Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.dataset.signals import Report, Signals
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.threads import Threads, run_in_thread
from aiospectrum.bulk.plan import Plan
from aiospectrum.bulk.save import SaveSettings, save_plans
from aiospectrum.client import BaseClient
from aiospectrum.transport import Transport

__all__ = ["MakeClient", "Part", "PartResult", "save_part"]

T = TypeVar("T")

MakeClient: TypeAlias = Callable[[], BaseClient]
"""Makes the client of an account, with its credentials, in the process that calls over it."""

_SILENCE: Final = 120.0
"""Seconds without a new order after which nobody wants the part any more."""


@attrs.frozen(kw_only=True)
class Part:
    """What a worker is told; it is pickled, and has no credentials."""

    accounts: tuple[tuple[MakeClient, tuple[str, ...]], ...]
    """What makes the client of each account, and the account's zones."""

    plan: Plan
    """What to fetch, of the zones of all accounts."""

    destination: str
    """Where to save."""

    storage_options: Callable[[], Mapping[str, Any]] | None
    """Makes the arguments of the file system of a URL."""

    settings: SaveSettings
    """How to save, and the name of the writer."""

    rate_limit_timeout: float | None
    """Seconds that a window may wait for the rate limit."""

    run_id: str
    """Which save it is a part of."""

    poll: float
    """Seconds between signals."""

    @property
    def writer(self) -> str:
        """The name of the writer."""
        return self.settings.writer or ""


@attrs.frozen(kw_only=True)
class PartResult:
    """What came of a part."""

    saved: Saved | None = None
    """What was saved; None where there was no client, or it was cancelled."""

    failed: tuple[SaveFailure, ...] = ()
    """The tasks of accounts whose clients could not be made."""


def save_part(part: Part) -> PartResult:
    """Save a part on an event loop of its own; called by the workers of an executor."""
    return asyncio.run(_Saving(part).run())


class _Saving:
    """A part that is being saved."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._stop = asyncio.Event()
        self._progress: SaveProgress | None = None
        self._lost: tuple[SaveFailure, ...] = ()
        self._threads = Threads()

    async def run(self) -> PartResult:
        """Save, as long as the order says so."""
        part = self._part
        options = None if part.storage_options is None else part.storage_options()
        opening = open_store, redaction = make_opener(part.destination, options, time.time)
        del options
        store = await self._in_thread(open_store, redaction)
        signals = Signals(store, part.run_id)
        saving = asyncio.create_task(self._save(opening))
        watching = asyncio.create_task(self._watch(signals, store, redaction))
        try:
            await asyncio.wait((saving, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (saving, watching):
                task.cancel()
            await asyncio.wait((saving, watching))
            with suppress(SaveError):  # nobody waits for the report of a part whose result is there
                await self._in_thread(partial(self._report, signals, has_ended=True), redaction)
        if not watching.cancelled():
            watching.result()  # raises what it should not have
        return PartResult() if saving.cancelled() else saving.result()

    async def _save(self, opening: tuple[Callable[[], Store], Redaction]) -> PartResult:
        part = self._part
        async with AsyncExitStack() as stack:
            clients: dict[str, Transport] = {}
            for make_client, zones in part.accounts:
                try:
                    client = await stack.enter_async_context(make_client())
                except Exception as error:  # whatever a function of the user's raises: the other accounts go on
                    text = f"{type(error).__name__}: {error}"
                    lost = attrs.evolve(part.plan, zones=zones)
                    failures = [SaveFailure(zone_id=each.zone_id, window=each.window, error=text) for each in lost]
                    self._lost = (*self._lost, *failures)
                else:
                    clients |= dict.fromkeys(zones, client)
            if not clients:
                self._keep(SaveProgress(total=0))
                return PartResult(failed=self._lost)
            saved = await save_plans(
                clients,
                (attrs.evolve(part.plan, zones=tuple(clients)),),
                opening,
                part.settings,
                stop=self._stop,
                on_progress=self._keep,
                rate_limit_timeout=part.rate_limit_timeout,
                clock=time.time,
                sleep=asyncio.sleep,
            )
        return PartResult(saved=saved, failed=self._lost)

    def _keep(self, progress: SaveProgress) -> None:
        lost = len(self._lost)
        self._progress = attrs.evolve(progress, total=progress.total + lost, failed=progress.failed + lost)

    async def _watch(self, signals: Signals, store: Store, redaction: Redaction) -> None:
        """Report, and return when there is to be an end."""
        beat, silent_since = -1, time.monotonic()
        while time.monotonic() - silent_since < _SILENCE:
            with suppress(SaveError):  # it may be there again before long; what is saved tells if it is not
                order = await self._in_thread(signals.read_order, redaction)
                if order is None or order.cancel:
                    return
                if order.stop:
                    self._stop.set()
                if order.beat != beat:
                    beat, silent_since = order.beat, time.monotonic()
                await self._in_thread(partial(self._report, signals), redaction)
            await asyncio.sleep(self._part.poll)

    def _report(self, signals: Signals, *, has_ended: bool = False) -> None:
        signals.report(self._part.writer, Report(progress=self._progress, has_ended=has_ended))

    async def _in_thread(self, call: Callable[[], T], redaction: Redaction) -> T:
        return await run_in_thread(self._threads, call, redaction, "the destination cannot be reached")
