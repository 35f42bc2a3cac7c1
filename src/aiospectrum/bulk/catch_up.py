"""Datasets that are extended to now: what each zone lacks, as plans; and the call that saves them."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from aiospectrum._http.config import check_class, check_clock
from aiospectrum.bulk.dataset.errors import DestinationMismatchError
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.loading import read_journals
from aiospectrum.bulk.dataset.opening import make_opener
from aiospectrum.bulk.dataset.periods import to_datetime, to_seconds
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveProgress
from aiospectrum.bulk.dataset.settling import SETTLE_AFTER
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.threads import Threads, run_in_thread
from aiospectrum.bulk.plan import MAX_TASKS, Plan, edges_of
from aiospectrum.bulk.save import MEMORY, SaveSettings, save_plans
from aiospectrum.bulk.windows import edge_after, edge_before
from aiospectrum.bulk.zones import Clients, check_zones
from aiospectrum.checks import refuse

__all__ = ["Lacking", "catch_up", "check_what_to_catch_up", "find_lacking"]


async def catch_up(
    client: Clients,
    destination: str | os.PathLike[str],
    *,
    plan: Plan | None = None,
    zones: Iterable[str] | None = None,
    format: FileFormat | None = None,  # noqa: A002 - the usual word for it
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
    """Extend a dataset to now, each zone from where it is complete: what a job does that runs again and again.

    What has failed, is missing before that, or is still filling is asked for as well. The end is cut up as that of
    :meth:`Plan.last` is, so that it does not matter at what minute the job runs, nor how often, nor whether it was
    down for a week.

    Without a plan the query, the windows and the zones are those of the dataset. With one the first run can be made by
    the same call: its start is that of new zones, its query must be that of the dataset, and its end is not used.

    Args:
        client: See :func:`save`, as for all that is not named here.
        destination: Where the dataset is, or with a plan, is to be.
        plan: Zones, query, windows and start; None for those of the dataset.
        zones: Ids of zones in place of those of the dataset, without a plan; those that are new begin where the dataset
            does. None for those of the dataset.
        format: Format of the files; None for that of the dataset, ``parquet`` for a new one.
        concurrency: Maximum number of calls of each client at once, 1 or more.
        settle_after: How long after its end a window is done, whatever ``data_lag`` its reports have; 0 or more.
        fresh_rows: Whether rows of windows that are still filling are saved, or only that they are.
        memory: Bytes that finished windows and the files made of them take in memory, about; 16 MiB or more.
        max_tasks: Tasks beyond which it is refused, 1 or more.
        fail_fast: Whether the first error of a task is raised, after all work has ended, instead of being listed.
        writer: A name for this run, where several save to the dataset at once; None for the only one.
        stop: Once it is set no task is started.
        on_progress: Called when it is known what is there already, and as work goes on.
        rate_limit_timeout: Seconds that a window may wait for the rate limit in total; None for no limit.
        storage_options: Arguments of the file system of a URL; only for URLs.
        clock: Returns the time of day in seconds since 1970, UTC.
        sleep: Waits a number of seconds.

    Returns:
        The result, in which everything up to now is counted that is not complete.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: The destination needs a package that is not installed; the message says how to install it.
        DestinationBusyError: Another run with the same name is writing there, or an upkeep is at work.
        DestinationMismatchError: There is no dataset and no plan for a first run; or what is there is of another query
            or format.
        ManifestError: The state there is damaged, or of a later version.
        StorageError: The destination could not be written or read. The dataset is intact, and another run resumes.
        ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
        SpectrumError: With ``fail_fast``, the error of the first task that failed.
    """
    zones = check_what_to_catch_up(plan, zones)
    clock = check_clock(clock)
    opening = open_store, redaction = make_opener(destination, storage_options, clock)
    del destination, storage_options  # so that no tool that reports errors shows them
    settings = SaveSettings(
        format="parquet" if format is None else format,
        concurrency=concurrency,
        settle_after=settle_after,
        fresh_rows=fresh_rows,
        memory=memory,
        max_tasks=max_tasks,
        fail_fast=fail_fast,
        writer=writer,
    )
    now = datetime.fromtimestamp(clock(), UTC)
    lacking = await run_in_thread(
        Threads(), lambda: find_lacking(open_store(), plan, zones, now=now), redaction, "the dataset cannot be read"
    )
    return await save_plans(
        client,
        lacking.plans,
        opening,
        attrs.evolve(settings, format=format or lacking.file_format),
        stop=stop,
        on_progress=on_progress,
        rate_limit_timeout=rate_limit_timeout,
        clock=clock,
        sleep=sleep,
    )


@attrs.frozen(kw_only=True)
class Lacking:
    """What a dataset lacks."""

    plans: tuple[Plan, ...]
    """A plan for all zones with the same start, the earliest one first; one without zones when nothing is lacking."""

    file_format: FileFormat
    """Format of the files."""


def check_what_to_catch_up(plan: Plan | None, zones: Iterable[str] | None) -> tuple[str, ...] | None:
    """Check the arguments that say what a dataset is extended by.

    Raises:
        InvalidArgumentError: One is invalid, or both are given.
    """
    if plan is not None:
        check_class("plan", plan, Plan)
        if zones is not None:
            refuse("zones", zones, "None, as the plan has its own")
    return None if zones is None else check_zones(zones)


def find_lacking(store: Store, plan: Plan | None, zones: tuple[str, ...] | None, *, now: datetime) -> Lacking:
    """Find what a dataset lacks up to now.

    Args:
        store: Where it is.
        plan: Zones, query, windows and start; its end is not used. None for those of the dataset.
        zones: Zones in place of those of the dataset; None for those.
        now: The time.

    Returns:
        What it lacks; with a plan also where there is no dataset yet.

    Raises:
        DestinationMismatchError: There is neither a dataset nor a plan.
        ManifestError: The journals cannot be read.
        OSError: The store cannot be read.
    """
    index, _ = read_journals(store)
    index.doubt(to_seconds(now))
    if index.header is None and plan is None:
        raise DestinationMismatchError(
            f"{store.name}: there is no dataset to extend: say what to pull and from when for the first run,"
            " by a plan, or by --since of `aiospectrum pull`"
        )
    found = _plans_to_now(index, plan, zones, now)
    return Lacking(plans=tuple(found), file_format="parquet" if index.header is None else index.header.file_format)


def _plans_to_now(index: DatasetIndex, plan: Plan | None, zones: Iterable[str] | None, now: datetime) -> list[Plan]:
    known = index.plan if plan is None else plan
    claims = _find_claims(index, known)
    if zones is None:
        zones = known.zones if plan is not None else sorted({*index.windows, *claims})
    firsts = [to_datetime(located[0].window.since) for located in index.windows.values() if located]
    origin = known.since if plan is not None else min([known.since, *firsts, *claims.values()])
    try:
        until = edge_after(now, edges_of(known.query, known.window))
    except OverflowError:
        refuse("clock", now.isoformat(), "a time whose interval ends before the year 10000")
    by_start: dict[datetime, list[str]] = {}
    for zone_id in zones:
        start = _find_start(
            index, zone_id.lower(), claims.get(zone_id.lower(), origin), known, is_wanted=plan is not None
        )
        if start < until:
            by_start.setdefault(start, []).append(zone_id)
    if not by_start:  # a first plan that is all in the future is saved as one that has not begun
        return [known if index.header is None else attrs.evolve(known, zones=())]
    return [attrs.evolve(known, zones=by_start[since], since=since, until=until) for since in sorted(by_start)]


def _find_claims(index: DatasetIndex, known: Plan) -> dict[str, datetime]:
    """Where the data of zones should begin, by what was planned, has failed, and was not wanted yet."""
    claims = {zone_id.lower(): known.since for zone_id in known.zones}
    for plan in index.plans:  # of other writers, which may have saved nothing yet
        for zone_id in plan.zones:
            claims.setdefault(zone_id.lower(), max(plan.since, known.since))
    noted = [(zone_id, each.window.since) for zone_id, located in index.noted.items() for each in located]
    for zone_id, since in (*noted, *index.failures):
        moment = to_datetime(since)
        claims[zone_id] = min(moment, claims.get(zone_id, moment))
    return claims


def _find_start(index: DatasetIndex, zone_id: str, claim: datetime, known: Plan, *, is_wanted: bool) -> datetime:
    """Where the data of a zone is complete, or where it should begin if it does not.

    What comes before a sum of a part of a day, say, is no whole window: it is asked for only when it is wanted.
    """
    located = index.windows.get(zone_id)
    if not located:
        return claim
    first = to_datetime(located[0].window.since)
    is_whole = known.query.kind == "bytime" or edge_before(first, known.window) == first
    if claim < first and (is_whole or is_wanted):
        return claim
    return index.complete_until(zone_id) or first
