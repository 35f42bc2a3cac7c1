"""A part of a save that is divided among processes: what runs where a worker of the executor is."""

import asyncio
import pickle
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from heapq import heapreplace
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from aiospectrum._http.config import check_callable
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
from aiospectrum.checks import Integer, keep, refuse
from aiospectrum.transport import Transport

__all__ = ["MakeClient", "Part", "PartResult", "divide_among", "save_part"]

T = TypeVar("T")

MakeClient: TypeAlias = Callable[[], AbstractAsyncContextManager[Transport]]
"""Makes the client of an account, with its credentials, in the process that calls over it; or what gives one when it is
entered by ``async with``, such as a function with ``contextlib.asynccontextmanager`` that opens a limiter as well."""

Opening: TypeAlias = tuple[Callable[[], Store], Redaction]
"""What opens a store, and what replaces its secrets in texts."""

_COUNT: Final = Integer(minimum=1, maximum=9999, takes_unchecked=False, expected="an integer of 1 to 9999")

_NAMES: Final = 8
"""For each part: one for each time that an executor runs it again in place of a worker that died."""

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
    """What to save as; the ones after the first where somebody has the locks of those before, such as a worker that
    died, or a part of a save whose process did and that has not noticed yet."""

    rate_limit_timeout: float | None = attrs.field(validator=keep(TIMEOUT, or_none=True))
    """Seconds that a window may wait for the rate limit."""

    run_id: str
    """Which save it is a part of."""

    poll: float
    """Seconds between signals."""

    silence: float = _SILENCE
    """Seconds without a new order after which it ends."""

    def make_opener(self) -> Opening:
        """Make what opens the store; it calls a function of the user's."""
        options = None if self.storage_options is None else self.storage_options()
        return make_opener(self.destination, options, time.time)

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

    progress: SaveProgress | None = None
    """How far it was at its end."""


def divide_among(draft: Part, accounts: Mapping[str, MakeClient], shards: int, workers: int | None) -> list[Part]:
    """Divide zones among parts: the one with the fewest zones gets the next account.

    Args:
        draft: What all parts have in common; its plan has all zones.
        accounts: What makes the client of each zone's account.
        shards: In how many parts an account is divided.
        workers: How many parts there are; None for one for each account and shard.

    Returns:
        The parts; none for a plan without zones.

    Raises:
        InvalidArgumentError: An argument is invalid, or cannot be pickled.
    """
    shards = _COUNT.check("shards", shards)
    workers = None if workers is None else _COUNT.check("workers", workers)
    if not isinstance(accounts, Mapping):
        refuse("accounts", accounts, "a mapping of zone ids to functions that make clients")
    makers: dict[bytes, tuple[MakeClient, list[str]]] = {}
    pickled: dict[int, bytes] = {}
    by_lower = {zone_id.lower(): each for zone_id, each in accounts.items() if isinstance(zone_id, str)}
    for zone_id in draft.plan.zones:
        make_client = by_lower.get(zone_id.lower())
        if make_client is None:
            refuse("accounts", zone_id, "a mapping that has a function for each zone of the plan")
        if id(make_client) not in pickled:
            if not callable(make_client):
                refuse(f"accounts[{zone_id!r}]", make_client, "a function without arguments that makes a client")
            check_callable(f"accounts[{zone_id!r}]", make_client, arguments=0)
            pickled[id(make_client)] = _pickled("accounts", make_client)
        makers.setdefault(pickled[id(make_client)], (make_client, []))[1].append(zone_id)
    shares = [
        (make_client, zones[index::shards])
        for make_client, zones in makers.values()
        for index in range(min(shards, len(zones)))
    ]
    count = len(shares) if workers is None else min(workers, len(shares))
    if count > 9999:
        refuse("workers", None, f"a number up to 9999, as {len(shares)} parts are too many")
    divided: list[list[tuple[MakeClient, list[str]]]] = [[] for _ in range(count)]
    fewest = [(0, place) for place in range(count)]
    for share in sorted(shares, key=lambda each: -len(each[1])):
        zones, place = fewest[0]
        divided[place].append(share)
        heapreplace(fewest, (zones + len(share[1]), place))
    _pickled("storage_options", draft.storage_options)
    return [
        attrs.evolve(
            draft,
            accounts=tuple((make_client, tuple(zones)) for make_client, zones in part),
            plan=attrs.evolve(draft.plan, zones=[zone_id for _, zones in part for zone_id in zones]),
            writers=tuple(f"w{each}" for each in range(number, 10_000, count)[:_NAMES]),
        )
        for number, part in enumerate(divided, start=1)
    ]


def _pickled(field: str, function: object) -> bytes:
    try:
        return pickle.dumps(function)
    except Exception as error:  # whatever an object of the user's raises
        reason = f"{type(error).__name__}: {error}"
    return refuse(field, reason, "a function that can be pickled, of a module and not within another function")


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
        opening = open_store, redaction = part.make_opener()
        store = await self._in_thread(open_store, redaction)
        signals = Signals(store, part.run_id)
        order = await self._in_thread(signals.read_order, redaction)
        if order is None or order.cancel:  # it was cancelled before it began
            return PartResult()
        if order.stop:
            self._stop.set()
        await self._in_thread(partial(self._report, signals), redaction)
        saving = asyncio.create_task(self._save(opening))
        watching = asyncio.create_task(self._watch(signals, redaction))
        try:
            await asyncio.wait((saving, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (saving, watching):
                task.cancel()
            await asyncio.wait((saving, watching))
            self._threads = Threads()  # as calls under way may have been abandoned with the others
            is_alone = not watching.cancelled() and watching.exception() is None and not watching.result()
            last = partial(signals.clear, [part.name]) if is_alone else partial(self._report, signals, has_ended=True)
            with suppress(SaveError):  # nobody waits for the report of a part whose result is there
                await self._in_thread(last, redaction)
        if not watching.cancelled():
            watching.result()  # raises what it should not have
        return PartResult() if saving.cancelled() else saving.result()

    async def _save(self, opening: Opening) -> PartResult:
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
                return PartResult(failed=tuple(self._lost), progress=self._progress)
            saved = await self._save_over(clients, opening)
        return PartResult(saved=saved, failed=tuple(self._lost), progress=self._progress)

    def _lose(self, zones: tuple[str, ...], error: str) -> None:
        lost = attrs.evolve(self._part.plan, zones=zones)
        self._lost += [SaveFailure(zone_id=each.zone_id, window=each.window, error=error) for each in lost]

    async def _save_over(self, clients: Mapping[str, Transport], opening: Opening) -> Saved:
        *others, last = self._part.writers
        for writer in others:
            with suppress(DestinationBusyError):
                return await self._save_as(writer, clients, opening)
        return await self._save_as(last, clients, opening)

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
        while misses < _MISSES:
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
            if time.monotonic() - silent_since >= self._part.silence:  # after a look, as this may have been held up
                break
            await asyncio.sleep(self._part.poll)
        return False

    def _report(self, signals: Signals, *, has_ended: bool = False) -> None:
        signals.report(self._part.name, Report(progress=self._progress, has_ended=has_ended))

    async def _in_thread(self, call: Callable[[], T], redaction: Redaction) -> T:
        return await run_in_thread(self._threads, call, redaction, "the destination cannot be reached")
