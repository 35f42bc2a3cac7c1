"""Plans saved as datasets, which another run resumes."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, get_args

import attrs

from aiospectrum._http.config import check_callable, check_class, check_clock, check_sleep
from aiospectrum._http.redaction import Redaction
from aiospectrum.bulk.dataset.opening import make_opener
from aiospectrum.bulk.dataset.paths import WRITER_PATTERN
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveProgress
from aiospectrum.bulk.dataset.run import Run
from aiospectrum.bulk.dataset.settling import SETTLE_AFTER
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.threads import Threads, run_in_thread
from aiospectrum.bulk.fetch import Fetcher
from aiospectrum.bulk.plan import MAX_TASKS, Plan, check_task_count
from aiospectrum.bulk.zones import Clients
from aiospectrum.checks import Flag, Integer, Text, keep, refuse

__all__ = ["MEMORY", "SaveSettings", "save", "save_plans"]

MEMORY: Final = 256 << 20
"""Bytes that finished windows and files take by default."""

_FORMATS: Final = get_args(FileFormat)
_MEMORY: Final = Integer(minimum=16 << 20, takes_unchecked=False, expected="a number of bytes, 16 MiB or more")
_COUNT: Final = Integer(minimum=1, takes_unchecked=False, expected="an integer of 1 or more")
_WRITER: Final = Text(
    pattern=rf"^{WRITER_PATTERN}\Z", takes_unchecked=False, expected="the name of a writer, w1 to w9999, such as w2"
)
_FORMAT: Final = Text(choices=_FORMATS, takes_unchecked=False, expected=f"one of {', '.join(_FORMATS)}")


def _check_settle_after(settings: "SaveSettings", attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, timedelta) or value < timedelta():
        refuse(attribute.name, value, "a timedelta of 0 or more")


@attrs.frozen(kw_only=True)
class SaveSettings:
    """What the arguments of :func:`save` say that do not depend on the plan, checked.

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    format: FileFormat = attrs.field(default="parquet", validator=keep(_FORMAT))
    """Format of the files."""

    concurrency: int = attrs.field(default=16, validator=keep(_COUNT))
    """Maximum number of calls of each client at once."""

    settle_after: timedelta = attrs.field(default=SETTLE_AFTER, validator=_check_settle_after)
    """How long after its end a window is done."""

    fresh_rows: bool = attrs.field(default=True, validator=keep(Flag()))
    """Whether rows of filling windows are saved."""

    memory: int = attrs.field(default=MEMORY, validator=keep(_MEMORY))
    """Bytes that finished windows and files take, about."""

    max_tasks: int = attrs.field(default=MAX_TASKS, validator=keep(_COUNT))
    """Tasks beyond which a plan is refused."""

    fail_fast: bool = attrs.field(default=False, validator=keep(Flag()))
    """Whether the first error ends everything."""

    writer: str | None = attrs.field(default=None, validator=keep(_WRITER, or_none=True))
    """Who saves, beside others; None for the only one."""


async def save(
    client: Clients,
    plan: Plan,
    destination: str | os.PathLike[str],
    *,
    format: FileFormat = "parquet",  # noqa: A002 - the usual word for it
    concurrency: int = 16,
    settle_after: timedelta = SETTLE_AFTER,
    fresh_rows: bool = True,
    memory: int = MEMORY,
    max_tasks: int = MAX_TASKS,
    fail_fast: bool = False,
    writer: str | None = None,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[SaveProgress], object] | None = None,
    rate_limit_timeout: float | None = 3600.0,
    storage_options: Mapping[str, Any] | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Saved:
    """Save the reports of a plan as a dataset, and resume where an earlier run has left off.

    Other programs read the folder ``data`` in the destination, as a whole: it has nothing but data files, each with
    many zones, by the day for plans of a hundred zones and more, else by the month. Their columns are ``zone_id``,
    ``date`` (of the start of the interval), ``window_since``, ``window_until`` (excluded), and those of
    :meth:`~aiospectrum.models.ReportByTime.to_arrow`, with the same types in all files: plain text for dimensions,
    whole numbers of 64 bits for counts and bytes, which are rounded where the API gave fractions. In summaries the
    interval is the window, or each part of it that was fetched by itself as the report of the whole was truncated.

    A window is done when it had ended before the moment of asking less the ``data_lag`` of its reports, and in any case
    once it ended ``settle_after`` ago. Others are filling: the next run on the dataset asks for them again, whatever
    its plan. Windows that have not begun are not asked for.

    What is done is not fetched again, whatever ended the run that wrote it; what failed is. A window that has finished
    is durable within about a second, and in a data file soon, at the latest when the run ends, or the next one if it
    was killed. A file that is replaced keeps its name, and nobody who reads meanwhile sees rows twice. The plan may
    have other zones and other times than before, but not another query. By time, its windows are cut to what is not
    there; a sum that overlaps one of the dataset is refused, unless it begins where that does and ends later.

    Several runs save to a destination at once when each has a name of its own, see ``writer``; a run whose name is in
    use is refused. On a disk locks of the operating system ensure that; elsewhere files that are renewed. The folder
    ``state`` says what the dataset is and has, for later runs. Saving needs ``aiospectrum[arrow]``, in all formats.

    Args:
        client: An open client, or a mapping of zone ids to clients.
        plan: What to fetch.
        destination: A folder, which is made when it is not there; or a URL that fsspec knows, such as
            ``s3://bucket/folder`` as text, with ``aiospectrum[fsspec]``. A user name and password in it are
            percent-encoded. A ``~`` is not expanded, and refused.
        format: ``parquet``, ``csv`` or ``ndjson``.
        concurrency: Maximum number of calls of each client at once, 1 or more.
        settle_after: How long after its end a window is done, whatever ``data_lag`` its reports have; 0 or more.
        fresh_rows: Whether rows of windows that are still filling are saved, or only that they are.
        memory: Bytes that finished windows and the files made of them take in memory, about, beside the responses that
            are being read; 16 MiB or more. With more, data files become larger, up to some 128 MiB.
        max_tasks: Tasks of the plan beyond which it is refused, 1 or more.
        fail_fast: Whether the first error of a task is raised, after all work has ended, instead of being listed.
        writer: A name for this run, ``w1`` to ``w9999``, where several save to the dataset at once, each with another
            one. They share the tasks that more than one has, and none is fetched twice; what one fails with, another
            one asks for itself. The run ends when all of its plan is there or has failed, waits for others that are at
            work on some of it, and takes over what those leave that die.
            What is filling in zones outside of the plan is left to others. None for a run that is the only one, which
            is named ``w1``.
        stop: Once it is set no task is started; those under way are finished, with all their attempts and waits.
        on_progress: Called when it is known what is there already, and whenever windows are durable, tasks have failed,
            one was split, or a data file was written.
        rate_limit_timeout: Seconds that a window may wait for the rate limit in total, 0 or more, before that is an
            error; None for no limit.
        storage_options: Arguments of the file system of a URL, such as credentials; only for URLs.
        clock: Returns the time of day in seconds since 1970, UTC.
        sleep: Waits a number of seconds.

    Returns:
        The result, which lists the tasks that failed.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: The format or the destination needs a package that is not installed; the message says how to
            install it.
        DestinationBusyError: Another run with the same name is writing there, or an upkeep is at work; or, in an object
            store, the lock of this run was lost, as it could not be renewed for five minutes.
        DestinationMismatchError: What is there is of another query or format, of windows that overlap those of the
            plan, or no dataset.
        ManifestError: The state there is damaged, or of a later version.
        StorageError: The destination could not be written or read. The dataset is intact, and another run resumes.
        ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
        SpectrumError: With ``fail_fast``, the error of the first task that failed.
    """
    clock = check_clock(clock)
    opening = make_opener(destination, storage_options, clock)
    del destination, storage_options  # so that no tool that reports errors shows them
    check_class("plan", plan, Plan)
    settings = SaveSettings(
        format=format,
        concurrency=concurrency,
        settle_after=settle_after,
        fresh_rows=fresh_rows,
        memory=memory,
        max_tasks=max_tasks,
        fail_fast=fail_fast,
        writer=writer,
    )
    return await save_plans(
        client,
        (plan,),
        opening,
        settings,
        stop=stop,
        on_progress=on_progress,
        rate_limit_timeout=rate_limit_timeout,
        clock=clock,
        sleep=sleep,
    )


async def save_plans(
    client: Clients,
    plans: Sequence[Plan],
    opening: tuple[Callable[[], Store], Redaction],
    settings: SaveSettings,
    *,
    stop: asyncio.Event | None,
    on_progress: Callable[[SaveProgress], object] | None,
    rate_limit_timeout: float | None,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[object]],
) -> Saved:
    """Save several plans as :func:`save` does; all are of the same query, and each is of other zones."""
    open_store, redaction = opening
    check_task_count(plans, settings.max_tasks)
    sleep = check_sleep(sleep)
    if stop is not None:
        check_class("stop", stop, asyncio.Event)
    check_callable("on_progress", on_progress, arguments=1)
    fetcher = Fetcher(
        query=plans[0].query, rate_limit_timeout=rate_limit_timeout, sleep=sleep, clock=clock, columns=True
    )
    threads = Threads()
    store = await run_in_thread(threads, open_store, redaction, "the destination cannot be opened")
    run = Run(
        client=client,
        plans=plans,
        file_format=settings.format,
        concurrency=settings.concurrency,
        memory=settings.memory,
        settle_after=settings.settle_after.total_seconds(),
        fresh_rows=settings.fresh_rows,
        fail_fast=settings.fail_fast,
        writer=settings.writer,
        stop=stop,
        on_progress=on_progress,
        fetcher=fetcher,
        clock=clock,
        store=store,
        redaction=redaction,
        threads=threads,
    )
    return await run.save()
