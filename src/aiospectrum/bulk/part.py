"""A part of a save that is divided among processes: what runs where a worker of the executor is."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from aiospectrum._http.redaction import Redaction
from aiospectrum.bulk.dataset.errors import DestinationBusyError, SaveError
from aiospectrum.bulk.dataset.opening import make_opener
from aiospectrum.bulk.dataset.results import Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.dataset.signals import Report, Signals
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.threads import Threads, run_in_thread
from aiospectrum.bulk.fetch import TIMEOUT
from aiospectrum.bulk.plan import Plan
from aiospectrum.bulk.save import SaveSettings, save_plans
from aiospectrum.checks import keep
from aiospectrum.transport import Transport

__all__ = ["MakeClient", "Part", "PartResult", "save_part"]

T = TypeVar("T")

MakeClient: TypeAlias = Callable[[], AbstractAsyncContextManager[Transport]]
"""Makes the client of an account, with its credentials, in the process that calls over it; or what gives one when it is
entered by ``async with``, such as a function with ``contextlib.asynccontextmanager`` that opens a limiter as well."""

Opening: TypeAlias = tuple[Callable[[], Store], Redaction]
"""What opens a store, and what replaces its secrets in texts."""

_SILENCE: Final = 120.0
"""Seconds without a new order after which nobody wants the part any more."""

_MISSES: Final = 2
"""How often in a row there may be no order that can be read, until that says the same."""


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
    """How to save."""

    writers: tuple[str, ...]
    """What to save as; the ones after the first where a worker that died may still have the locks of those before."""

    rate_limit_timeout: float | None = attrs.field(validator=keep(TIMEOUT, or_none=True))
    """Seconds that a window may wait for the rate limit."""

    run_id: str
    """Which save it is a part of."""

    poll: float
    """Seconds between signals."""

    silence: float = _SILENCE
    """Seconds without a new order after which it ends."""

    @property
    def name(self) -> str:
        """What its reports are called, whatever it saves as."""
        return self.writers[0]


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
        self._lost: list[SaveFailure] = []
        self._threads = Threads()

    async def run(self) -> PartResult:
        """Save, as long as the order says so."""
        part = self._part
        options = None if part.storage_options is None else part.storage_options()
        opening = open_store, redaction = make_opener(part.destination, options, time.time)
        del options
        store = await self._in_thread(open_store, redaction)
        signals = Signals(store, part.run_id)
        order = await self._in_thread(signals.read_order, redaction)
        if order is None or order.cancel:  # it was cancelled before it began
            return PartResult()
        if order.stop:
            self._stop.set()
        earlier = await self._in_thread(lambda: signals.read_report(part.name), redaction)
        has_died = earlier is not None and not earlier.has_ended  # a worker that this one is in place of
        await self._in_thread(partial(self._report, signals), redaction)
        saving = asyncio.create_task(self._save(opening, part.writers if has_died else part.writers[:1]))
        watching = asyncio.create_task(self._watch(signals, redaction))
        try:
            await asyncio.wait((saving, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (saving, watching):
                task.cancel()
            await asyncio.wait((saving, watching))
            is_alone = not watching.cancelled() and watching.exception() is None and not watching.result()
            last = partial(signals.clear, [part.name]) if is_alone else partial(self._report, signals, has_ended=True)
            with suppress(SaveError):  # nobody waits for the report of a part whose result is there
                await self._in_thread(last, redaction)
        if not watching.cancelled():
            watching.result()  # raises what it should not have
        return PartResult() if saving.cancelled() else saving.result()

    async def _save(self, opening: Opening, writers: Sequence[str]) -> PartResult:
        part = self._part
        async with AsyncExitStack() as stack:
            clients: dict[str, Transport] = {}
            for make_client, zones in part.accounts:
                try:
                    client = await stack.enter_async_context(make_client())
                except Exception as error:  # whatever a function of the user's raises: the other accounts go on
                    self._lose(zones, f"{type(error).__name__}: {error}")
                else:
                    clients |= dict.fromkeys(zones, client)
            if not clients:
                self._keep(SaveProgress(total=0))
                return PartResult(failed=tuple(self._lost))
            saved = await self._save_over(clients, opening, writers)
        return PartResult(saved=saved, failed=tuple(self._lost))

    def _lose(self, zones: tuple[str, ...], error: str) -> None:
        lost = attrs.evolve(self._part.plan, zones=zones)
        self._lost += [SaveFailure(zone_id=each.zone_id, window=each.window, error=error) for each in lost]

    async def _save_over(self, clients: Mapping[str, Transport], opening: Opening, writers: Sequence[str]) -> Saved:
        for writer in writers[:-1]:
            with suppress(DestinationBusyError):
                return await self._save_as(writer, clients, opening)
        return await self._save_as(writers[-1], clients, opening)

    async def _save_as(self, writer: str, clients: Mapping[str, Transport], opening: Opening) -> Saved:
        part = self._part
        return await save_plans(
            clients,
            (attrs.evolve(part.plan, zones=tuple(clients)),),
            opening,
            attrs.evolve(part.settings, writer=writer),
            stop=self._stop,
            on_progress=self._keep,
            rate_limit_timeout=part.rate_limit_timeout,
            clock=time.time,
            sleep=asyncio.sleep,
        )

    def _keep(self, progress: SaveProgress) -> None:
        lost = len(self._lost)
        self._progress = attrs.evolve(progress, total=progress.total + lost, failed=progress.failed + lost)

    async def _watch(self, signals: Signals, redaction: Redaction) -> bool:
        """Report, and return when there is to be an end: whether somebody waits for that."""
        beat, silent_since, misses = -1, time.monotonic(), 0
        while time.monotonic() - silent_since < self._part.silence and misses < _MISSES:
            with suppress(SaveError):  # it may be there again before long; what is saved tells if it is not
                order = await self._in_thread(signals.read_order, redaction)
                misses = misses + 1 if order is None else 0
                if order is not None and order.cancel:
                    return True
                if order is not None and order.stop:
                    self._stop.set()
                if order is not None and order.beat != beat:
                    beat, silent_since = order.beat, time.monotonic()
                await self._in_thread(partial(self._report, signals), redaction)
            await asyncio.sleep(self._part.poll)
        return False

    def _report(self, signals: Signals, *, has_ended: bool = False) -> None:
        signals.report(self._part.name, Report(progress=self._progress, has_ended=has_ended))

    async def _in_thread(self, call: Callable[[], T], redaction: Redaction) -> T:
        return await run_in_thread(self._threads, call, redaction, "the destination cannot be reached")
