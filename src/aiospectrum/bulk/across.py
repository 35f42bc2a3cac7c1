"""Plans that are saved by the workers of an executor: many accounts, or one beyond a single process."""

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import zip_longest
from typing import Any, Final, TypeVar

import attrs

from aiospectrum._http.config import check_callable, check_class, refuse_coroutine
from aiospectrum._http.passwords import hide_passwords
from aiospectrum._http.redaction import Redaction, make_redaction
from aiospectrum.bulk.dataset.errors import DestinationBusyError, SaveError
from aiospectrum.bulk.dataset.opening import text_of
from aiospectrum.bulk.dataset.paths import data_folder
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveProgress
from aiospectrum.bulk.dataset.settling import SETTLE_AFTER
from aiospectrum.bulk.dataset.signals import Order, Report, Signals
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.threads import Threads, run_in_thread, shown
from aiospectrum.bulk.part import MakeClient, Part, PartResult, divide_among, save_part
from aiospectrum.bulk.plan import MAX_TASKS, Plan, check_task_count
from aiospectrum.bulk.save import MEMORY, SaveSettings
from aiospectrum.checks import refuse
from aiospectrum.errors import SpectrumError

__all__ = ["save_across"]

T = TypeVar("T")

_POLL, _POLL_OF_URL = 0.5, 5.0
"""Seconds between signals, on a disk and elsewhere."""

_GRACE, _GRACE_OF_URL = 4.5, 28.0
"""Seconds that workers have to end in after a cancellation."""

_MOST_REPORTS: Final = 20
"""Reports that are read between two orders."""

_TRIES: Final = 70
"""To take a lock that everybody holds for moments only."""

_COUNTS: Final = tuple(field.name for field in attrs.fields(SaveProgress))
_SUMS: Final = tuple(name for name in _COUNTS if name not in ("failed", "splits"))
"""Of those, what a result has as a number too."""


async def save_across(
    executor: Executor,
    accounts: Mapping[str, MakeClient],
    plan: Plan,
    destination: str | os.PathLike[str],
    *,
    shards: int = 1,
    workers: int | None = None,
    format: FileFormat = "parquet",  # noqa: A002 - the usual word for it
    concurrency: int = 16,
    settle_after: timedelta = SETTLE_AFTER,
    fresh_rows: bool = True,
    memory: int = MEMORY,
    max_tasks: int = MAX_TASKS,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[SaveProgress], object] | None = None,
    rate_limit_timeout: float | None = 3600.0,
    storage_options: Callable[[], Mapping[str, Any]] | None = None,
) -> Saved:
    """Save the reports of a plan as :func:`save` does, divided among the workers of an executor.

    Any executor will do: processes of this machine, or of many by Dask, Ray and the like, that all reach the
    destination. Each part of the work is one task of the executor, which saves as a writer of its own, ``w1``, ``w2``
    and so on. What the workers need of an account is a function that makes its client where it is used: credentials are
    never pickled.

    A future that runs cannot be cancelled, so that workers are told to end by a small file in the folder ``state`` of
    the destination, and tell there how far they are. When the call is cancelled they end within five seconds, or thirty
    where the destination is a URL; and after two minutes when the process of the call has died.

    Args:
        executor: Whose workers save; as many parts are saved at once as it has workers.
        accounts: For each zone of the plan, by its id, a function without arguments that makes the client of its
            account, with a rate limit of its own. Zones with equal functions are of one account. It has to be one that
            can be pickled, such as ``functools.partial(make_client, "NAME_OF_A_VARIABLE")`` for a function of a module,
            which reads the token from the environment.
        plan: What to fetch.
        destination: A folder, or a URL without a password or a query, that all workers reach.
        shards: In how many parts each account is divided, 1 to 9999. With 2 or more its clients need a limiter that
            processes share, :class:`~aiospectrum.FileLimiter` or :class:`~aiospectrum.RedisLimiter`.
        workers: How many parts there are, 1 to 9999, each with several accounts; None for one part for each account and
            shard. An account is slow by its rate limit, so that a process has time for many.
        format: ``parquet``, ``csv`` or ``ndjson``.
        concurrency: Maximum number of calls of each client at once, 1 or more.
        settle_after: How long after its end a window is done, whatever ``data_lag`` its reports have; 0 or more.
        fresh_rows: Whether rows of windows that are still filling are saved, or only that they are.
        memory: Bytes that finished windows and files take in memory, about, in each part; 16 MiB or more.
        max_tasks: Tasks of the plan beyond which it is refused, 1 or more.
        stop: Once it is set no task is started; those under way are finished.
        on_progress: Called with the sum of all parts, every half second at most, or every five seconds where the
            destination is a URL.
        rate_limit_timeout: Seconds that a window may wait for the rate limit in total, 0 or more; None for no limit.
        storage_options: A function that makes the arguments of the file system of a URL, such as credentials, where
            they are used: in each worker, and in a thread of this process. It has to be one that can be pickled. None
            for no arguments.

    Returns:
        The result of all parts as one. The tasks of an account whose client cannot be made are among those that failed.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: The format or the destination needs a package that is not installed; the message says how to
            install it.
        DestinationBusyError: An upkeep is at work there, or others save there under all names that a part may have.
        DestinationMismatchError: What is there is of another query or format, or no dataset.
        ManifestError: The state there is damaged, or of a later version.
        StorageError: The destination could not be written or read. The dataset is intact, and another run resumes.
        SaveError: A worker has died, or the executor takes no more work. The other ones went on, unless the executor
            ends them as one of processes does, and another run resumes.
        SpectrumError: What else :func:`save` raises; it ended one part, and the other ones went on.
    """
    check_class("executor", executor, Executor)
    check_class("plan", plan, Plan)
    check_task_count((plan,), max_tasks)
    if stop is not None:
        check_class("stop", stop, asyncio.Event)
    check_callable("on_progress", on_progress, arguments=1)
    place = text_of("destination", destination)
    if hide_passwords(place) != place:
        refuse(
            "destination", hide_passwords(place), "a URL without a password or a query, which storage_options can give"
        )
    settings = SaveSettings(
        format=format,
        concurrency=concurrency,
        settle_after=settle_after,
        fresh_rows=fresh_rows,
        memory=memory,
        max_tasks=max_tasks,
    )
    is_url = "://" in place
    draft = Part(
        accounts=(),
        plan=plan,
        destination=place,
        storage_options=check_callable("storage_options", storage_options, arguments=0),
        settings=settings,
        writers=(),
        rate_limit_timeout=rate_limit_timeout,
        run_id=secrets.token_hex(8),
        poll=_POLL_OF_URL if is_url else _POLL,
    )
    across = _Across(
        executor=executor,
        parts=divide_among(draft if is_url else _at_absolute(draft), accounts, shards, workers),
        stop=stop,
        on_progress=on_progress,
        poll=draft.poll,
        grace=_GRACE_OF_URL if is_url else _GRACE,
    )
    return await across.save(draft)


def _at_absolute(draft: Part) -> Part:
    """The same folder for workers that are in other ones."""
    return attrs.evolve(draft, destination=os.path.abspath(draft.destination))


@attrs.define(kw_only=True, eq=False)
class _Across:
    """A save that is divided."""

    executor: Executor
    parts: Sequence[Part]
    stop: asyncio.Event | None
    on_progress: Callable[[SaveProgress], object] | None
    poll: float
    grace: float
    redaction: Redaction = attrs.field(factory=lambda: make_redaction(()), init=False)
    _threads: Threads = attrs.field(factory=Threads, init=False)
    _futures: list["Future[PartResult]"] = attrs.field(factory=list, init=False)
    _reports: dict[str, Report] = attrs.field(factory=dict, init=False)
    _shown: SaveProgress | None = attrs.field(default=None, init=False)
    _beat: int = attrs.field(default=0, init=False)

    async def save(self, draft: Part) -> Saved:
        """Save.

        Args:
            draft: What all parts have in common.

        Returns:
            The result.

        Raises:
            SpectrumError: What ended a part, after all have ended.
        """
        open_store, self.redaction = await self._in_thread(draft.make_opener)
        store = await self._in_thread(open_store)
        if not self.parts:
            return self._result(data_folder(store.name))
        await self._make_folders(store)
        signals = Signals(store, draft.run_id)
        try:
            await self._in_thread(partial(signals.order, Order(beat=0)))
            submitting = asyncio.create_task(self._submit_all())
            try:
                await self._wait(signals, submitting)
            finally:
                submitting.cancel()
                await asyncio.wait([submitting])
        except BaseException:  # a cancellation, or an error of on_progress: the workers end, and it propagates
            await self._end(signals)
            raise
        with suppress(SaveError):  # what is in the place of one of the files is left there
            await self._in_thread(lambda: signals.clear([part.name for part in self.parts]))
        return self._result(data_folder(store.name))

    async def _submit_all(self) -> None:
        """Submit all parts, which takes as long as their work where an executor takes no more than it has workers."""
        for part in self.parts:
            await self._in_thread(partial(self._submit, part))

    def _submit(self, part: Part) -> None:
        """Submit a part, and keep its future even if nobody waits for this call any more."""
        try:
            self._futures.append(self.executor.submit(save_part, part))
        except RuntimeError as error:  # it is shut down, or a worker has died already
            text = self.redaction.redact(f"{type(error).__name__}: {error}")
            raise SaveError(f"the executor takes no more work ({text}); save again with another one") from error

    async def _make_folders(self, store: Store) -> None:
        """Make the folders of the dataset, which the lock does that everybody holds for moments only."""
        try:
            for attempt in range(_TRIES):
                try:
                    await self._in_thread(store.enter)
                except DestinationBusyError:
                    if attempt == _TRIES - 1:
                        raise
                    await asyncio.sleep(self.poll)
                else:
                    break
        except asyncio.CancelledError:
            self._threads.hurry()
            raise
        finally:
            await shown(self._threads.finish(store.unlock), self.redaction, store.name)

    async def _wait(self, signals: Signals, submitting: "asyncio.Task[None]") -> None:
        """Wait until all parts are submitted and through, and exchange signals with them meanwhile."""
        waiting: set[asyncio.Future[Any]] = {submitting}
        submitted = 0
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=self.poll)
            if submitting.done():
                submitting.result()  # raises what ended it
            new = [asyncio.wrap_future(future) for future in self._futures[submitted:]]
            for each in new:
                each.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # it is raised later
            submitted += len(new)
            waiting.update(new)
            self._beat += 1
            order = Order(beat=self._beat, stop=self.stop is not None and self.stop.is_set())
            with suppress(SaveError):  # it may work again before the parts give up
                await self._in_thread(partial(signals.order, order))
                await self._read_reports(signals, _MOST_REPORTS)
            self._report()

    async def _read_reports(self, signals: Signals, most: int | None = None) -> None:
        """Read what may have changed: an executor may run again what had ended, until its future is done.

        The results of parts that are through say more. Of many others some are read each time, as orders are to follow
        each other soon enough.
        """
        left = []
        for part, future in zip_longest(self.parts, self._futures):
            if future is None or not future.done() or (future.cancelled() and not self._has_ended(part.name)):
                left.append(part.name)
            elif not future.cancelled() and future.exception() is None:
                self._reports[part.name] = Report(progress=future.result().progress, has_ended=True)
        if most is not None and len(left) > most:
            first = self._beat * most % len(left)
            left = [*left, *left][first : first + most]
        found = await self._in_thread(lambda: {writer: signals.read_report(writer) for writer in left})
        self._reports |= {writer: report for writer, report in found.items() if report is not None}

    def _has_ended(self, writer: str) -> bool:
        return writer in self._reports and self._reports[writer].has_ended

    def _report(self) -> None:
        """Show the sum of all parts, if it has changed."""
        reports = [self._reports.get(part.name, Report()).progress for part in self.parts]
        each = [
            SaveProgress(total=len(part.plan)) if progress is None else progress
            for part, progress in zip(self.parts, reports, strict=True)
        ]
        progress = SaveProgress(**{name: sum(getattr(one, name) for one in each) for name in _COUNTS})
        if progress != self._shown and self.on_progress is not None:
            refuse_coroutine("on_progress", self.on_progress(progress))
        self._shown = progress

    async def _end(self, signals: Signals) -> None:
        """Tell all parts to end, and wait for that as long as the promise is; what has not begun never does."""
        self._threads = Threads()  # as calls under way may have been abandoned with the others
        for future in self._futures:
            future.cancel()
        with suppress(SaveError, TimeoutError):
            async with asyncio.timeout(self.grace):
                await self._in_thread(partial(signals.order, Order(beat=self._beat + 1, cancel=True)))
                while await self._are_running(signals):  # noqa: ASYNC110 - it is files that are waited for
                    await asyncio.sleep(self.poll / 5)
                await self._in_thread(lambda: signals.clear([part.name for part in self.parts]))

    async def _are_running(self, signals: Signals) -> bool:
        """Whether a part goes on; a future that was cancelled may be of one that does."""
        await self._read_reports(signals)
        pairs = zip(self._futures, self.parts, strict=False)  # those that were submitted
        return any(
            (part.name in self._reports and not self._has_ended(part.name)) if future.cancelled() else not future.done()
            for future, part in pairs
        )

    def _result(self, folder: str) -> Saved:
        """Sum up all parts, or raise what ended the first one that failed as a whole."""
        results: list[PartResult] = []
        for future, part in zip(self._futures, self.parts, strict=True):
            error = CancelledError() if future.cancelled() else future.exception()
            if isinstance(error, (SpectrumError, ImportError)):
                raise error
            if error is not None:
                has_died = isinstance(error, (BrokenExecutor, CancelledError))
                what = "the worker that saved as {} has died" if has_died else "the part that saved as {} failed"
                text = self.redaction.redact(f"{type(error).__name__}: {error}")
                raise SaveError(f"{what.format(part.name)} ({text}); save again to resume")
            result = future.result()
            if result.saved is None and not result.failed:
                raise SaveError(f"{part.name} had no sign of life from here and has ended; save again to resume")
            results.append(result)
        saved = [result.saved for result in results if result.saved is not None]
        lost = [failure for result in results for failure in result.failed]
        sums = {name: sum(getattr(each, name) for each in saved) for name in _SUMS}
        return Saved(
            folder=folder,
            **{**sums, "total": sums["total"] + len(lost)},
            failed=(*(failure for each in saved for failure in each.failed), *lost),
            stopped=any(each.stopped for each in saved),
        )

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await run_in_thread(self._threads, call, self.redaction, "the destination cannot be reached")
