"""What a run does while it holds the dataset's lock: it learns what others have done, and claims what it does next."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import attrs

from aiospectrum.bulk.dataset.errors import DestinationBusyError
from aiospectrum.bulk.dataset.portions import Portion, Source
from aiospectrum.bulk.dataset.sharing import Sharing, begin_run
from aiospectrum.bulk.dataset.state import Header
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.tasks import Left, Rechecking, RunTask
from aiospectrum.bulk.dataset.writing import InThread

__all__ = ["Claiming"]

_PAUSE: Final = 1.0
_PAUSE_OF_REMOTE: Final = 10.0
"""Seconds between looks at what others do, on a disk and elsewhere; a tenth at first where a lock is held briefly."""

_LONGEST_WAIT: Final = 600.0
"""Seconds that one waits for a lock that is held briefly, such as one that has a time in the future."""

_TOGETHER: Final = 60
"""Seconds before the start of a run in which what others have asked for is as fresh as what it would ask for."""

_ROUNDS: Final = 4
"""Tasks that a claim has for each call at once, at least."""


@attrs.define(kw_only=True, eq=False)
class Claiming:
    """The dataset's lock as a run takes it, and the tasks that it claims by it."""

    store: Store
    """Where the dataset is."""

    writer: str
    """Who saves."""

    is_sum: bool
    """Whether the plans are of sums."""

    concurrency: int
    """Maximum number of calls of each client at once."""

    stop: asyncio.Event | None
    """Once it is set, nothing is claimed."""

    clock: Callable[[], float]
    """Returns the time of day in seconds since 1970."""

    sleep: Callable[[float], Awaitable[object]]
    """Waits a number of seconds."""

    in_thread: InThread
    """Makes the blocking calls."""

    on_portion: Callable[[Portion], None]
    """Called with each portion."""

    sources: list[Source] = attrs.Factory(list)
    """The tasks of each client."""

    is_ended: bool = False
    """Whether nothing more is claimed, as the run has failed."""

    _sharing: Sharing = attrs.field(init=False)
    _began: int = attrs.field(default=0, init=False)
    _has_news: bool = attrs.field(default=False, init=False)
    _waiting: list[Source] = attrs.field(factory=list, init=False)
    _portions: dict[int, Portion] = attrs.field(factory=dict, init=False)
    _serving: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)
    _entering: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)

    async def begin(self, make_header: Callable[[float], Header]) -> tuple[Sharing, float]:
        """Lock out other runs of the same writer, and read the dataset.

        Args:
            make_header: Says at a time what is to be saved.

        Returns:
            What the run knows of the dataset, and when that was.

        Raises:
            SaveError: As :func:`begin_run`, or the store cannot be read or written.
        """
        await self._enter(is_first=True)
        now = self.clock()
        self._sharing = await self.in_thread(lambda: begin_run(self.store, make_header(now), self.writer))
        await self.in_thread(self.store.leave)
        self._began = int(now // 1)
        return self._sharing, now

    @contextlib.asynccontextmanager
    async def exclusively(self) -> AsyncIterator[None]:
        """Hold the dataset's lock, with all that others have written known.

        After an error it is not given up here: others must not work on what is half done before :meth:`Store.unlock`,
        with which the run ends. Nobody waits for it until then, :meth:`end` neither: the error ends the run's task
        group, which cancels all that wait, and what is done after that needs no lock.
        """
        await self._entering.acquire()
        await self._enter()
        news = await self.in_thread(self._sharing.look)
        for path, entries in news:
            self._sharing.index.apply(path, entries)
        self._has_news = self._has_news or bool(news)
        await self.in_thread(self._sharing.take_over)
        yield
        await self.in_thread(self.store.leave)
        self._entering.release()

    async def next_portion(self, source: Source) -> Sequence[RunTask]:
        """Claim what a client does next, when all that it had is durable; waits for others that have all that is left.

        Args:
            source: The tasks of the client.

        Returns:
            What it does next; nothing when it is through.

        Raises:
            SaveError: The store cannot be read or written, or the lock was lost.
        """
        while not (self.is_ended or (self.stop is not None and self.stop.is_set())):
            portion = await self._serve(source)
            self.on_portion(portion)
            if portion.tasks or not source.deferred:
                return portion.tasks
            await self.sleep(self._longest_pause)
        return ()

    async def end(self) -> None:
        """Claim nothing any more.

        Raises:
            SaveError: The store cannot be read or written, or the lock was lost.
        """
        if self._sharing.has_claim:  # as the run was stopped, or has failed
            async with self.exclusively():
                await self.in_thread(self._sharing.end)

    async def _serve(self, source: Source) -> Portion:
        """Claim a portion for a client, and for all others that wait for one, as each claim takes the lock."""
        self._waiting.append(source)
        async with self._serving:
            if id(source) not in self._portions:
                async with self.exclusively():
                    waiting, self._waiting = self._waiting, []
                    self._take(waiting)
                    claimed = [task for each in self.sources for task in each.at_work]
                    is_last = not claimed and not any(each.deferred for each in self.sources)
                    await self.in_thread(self._sharing.end if is_last else partial(self._sharing.claim, claimed))
            return self._portions.pop(id(source))

    def _take(self, waiting: Sequence[Source]) -> None:
        sharing = self._sharing
        recheck: Callable[[RunTask], Left] | None = None
        if self._has_news or sharing.others:
            unmerged = {path for path in sharing.index.spools if not sharing.is_ours(path)}
            recheck = Rechecking(
                sharing.index,
                is_sum=self.is_sum,
                now=self.clock(),
                since=self._began - _TOGETHER,
                unmerged=unmerged,
            ).look
        claimed, writers = sharing.claimed_by_others(), len(sharing.others) + 1
        least = _ROUNDS * self.concurrency
        for each in waiting:
            portion = each.take(
                least=least, writers=writers, recheck=recheck, claimed=claimed, failed=sharing.index.failures
            )
            self._portions[id(each)], each.at_work = portion, portion.tasks

    async def _enter(self, *, is_first: bool = False) -> None:
        """Take the dataset's lock, which nobody holds for long; one that died held it for five minutes at most."""
        pause, waited = self._longest_pause / 10, 0.0
        while True:
            try:
                return await self.in_thread(self.store.enter)
            except DestinationBusyError:
                if waited > _LONGEST_WAIT:
                    raise
                waited += pause
                if is_first:  # whoever has it may be stuck, and be the one whose lock is wanted next
                    await self.in_thread(partial(self.store.probe, self.writer))
                await self.sleep(pause)
                pause = min(2 * pause, self._longest_pause)

    @property
    def _longest_pause(self) -> float:
        """Seconds until another look at what others do, at most."""
        return _PAUSE if self.store.renew_every is None else _PAUSE_OF_REMOTE
