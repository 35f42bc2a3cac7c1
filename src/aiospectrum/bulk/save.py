"""Plans saved as datasets, which another run resumes."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final, get_args

from aiospectrum._http.config import check_callable, check_class, check_count, check_function
from aiospectrum.bulk.dataset.opening import make_opener
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveProgress
from aiospectrum.bulk.dataset.run import WRITERS, Run, run_in_thread
from aiospectrum.bulk.fetch import Fetcher
from aiospectrum.bulk.plan import Plan
from aiospectrum.bulk.zones import Clients
from aiospectrum.checks import Flag, Text, refuse

__all__ = ["save"]

_FORMATS: Final = get_args(FileFormat)
_FORMAT: Final = Text(choices=_FORMATS, takes_unchecked=False, expected=f"one of {', '.join(_FORMATS)}")


async def save(
    client: Clients,
    plan: Plan,
    destination: str | os.PathLike[str],
    *,
    format: FileFormat = "parquet",  # noqa: A002 - the usual word for it
    concurrency: int = 16,
    refresh_within: timedelta | None = None,
    fail_fast: bool = False,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[SaveProgress], object] | None = None,
    rate_limit_timeout: float | None = 3600.0,
    storage_options: Mapping[str, Any] | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Saved:
    """Save the reports of a plan as a dataset, and resume where an earlier run has left off.

    There is one file for each zone and window, ``zone_id=…/date=YYYY-MM-DD/…`` by the start of the window, which
    appears whole or not at all. Its columns are ``window_since``, ``window_until`` (excluded), and those of
    :meth:`~aiospectrum.ReportByTime.to_arrow`. They have the same types in all files: whole numbers of 64 bits for
    counts and bytes, which the manifest names where the API gave fractions and they were rounded. CSV and NDJSON files
    also have ``zone_id``, which readers of Parquet datasets take from the path. In summaries the interval is the
    window, or each part of it that was fetched by itself as the report of the whole was truncated.

    What is there already is not fetched again, whatever ended the run that wrote it; what failed is. The plan may
    have other zones and other times than before, but not another query. Times that overlap are fine where a window
    begins when one of the dataset does, and takes its place if it ends later, or, by time, lies within one.

    Only one run at a time writes to a destination. On a disk a lock of the operating system ensures that; elsewhere a
    file, see :class:`aiospectrum.bulk.dataset.remote.RemoteStore`. The manifest, in ``_manifest``, is described by
    :mod:`aiospectrum.bulk.dataset.manifest`.

    Args:
        client: An open client, or a mapping of zone ids to clients.
        plan: What to fetch.
        destination: A folder, which is made when it is not there; or a URL that fsspec knows, such as
            ``s3://bucket/folder``, with ``aiospectrum[fsspec]``. A user name and password in it are percent-encoded.
        format: ``parquet``, which needs ``aiospectrum[arrow]``, ``csv`` or ``ndjson``.
        concurrency: Maximum number of calls of each client at once, 1 or more.
        refresh_within: Fetch partitions again that were incomplete when they were fetched, by the ``data_lag`` of
            their reports, and whose windows ended no longer ago than this; None for none.
        fail_fast: Whether the first error of a task is raised, after all work has ended, instead of being listed.
        stop: Once it is set no task is started; those under way are finished, with all their attempts and waits.
        on_progress: Called when it is known what is there already, and whenever a task has ended or was split.
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
        DestinationBusyError: Another run is writing there.
        DestinationMismatchError: What is there is of another query or format, of windows that overlap those of the
            plan, or no dataset.
        ManifestError: The manifest there is damaged, or of a later version.
        StorageError: The destination could not be written or read. The dataset is intact, and another run resumes.
        ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
        SpectrumError: With ``fail_fast``, the error of the first task that failed.
    """
    open_store, redaction = make_opener(destination, storage_options, clock)
    del destination, storage_options  # so that no tool that reports errors shows them
    check_class("plan", plan, Plan)
    file_format: FileFormat = _FORMAT.check("format", format)
    concurrency = check_count("concurrency", concurrency)
    check_function("sleep", sleep)
    check_function("clock", check_callable("clock", clock))
    if refresh_within is not None and not (isinstance(refresh_within, timedelta) and refresh_within >= timedelta()):
        refuse("refresh_within", refresh_within, "a timedelta of 0 or more, or None")
    Flag().check("fail_fast", fail_fast)
    if stop is not None:
        check_class("stop", stop, asyncio.Event)
    check_callable("on_progress", on_progress)
    fetcher = Fetcher(query=plan.query, rate_limit_timeout=rate_limit_timeout, sleep=sleep)
    with ThreadPoolExecutor(WRITERS + 1, "aiospectrum-save") as executor:
        store = await run_in_thread(executor, open_store, redaction, "the destination cannot be opened")
        run = Run(
            client=client,
            plan=plan,
            file_format=file_format,
            concurrency=concurrency,
            refresh_within=refresh_within,
            fail_fast=fail_fast,
            stop=stop,
            on_progress=on_progress,
            fetcher=fetcher,
            clock=clock,
            store=store,
            redaction=redaction,
            executor=executor,
        )
        return await run.save()
