"""What is printed of a pull before and after it, for people and for programs: pure functions."""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from aiospectrum._codec.writers import format_date_time
from aiospectrum.bulk import Plan, SaveFailure
from aiospectrum.cli.dataset_tables import failure_values
from aiospectrum.cli.formatting import counted, human_clock, human_size
from aiospectrum.cli.progress import least_seconds
from aiospectrum.cli.pull_job import PullResult
from aiospectrum.policies import RateLimit

__all__ = ["extent", "failure_lines", "plan_lines", "plan_values", "result_lines", "result_values"]


def plan_lines(plans: Sequence[Plan], limit: RateLimit, requests: int, accounts: int = 1) -> Iterator[str]:
    """Describe how large plans are, and how long they take at least.

    Args:
        plans: The plans, at least one; all of one query and length of windows.
        limit: The rate limit.
        requests: Windows to ask for.
        accounts: How many accounts have that limit, each for itself.

    Yields:
        The lines.
    """
    plan, zones = plans[0], sum(len(each.zones) for each in plans)
    query, windows = plan.query, sum(map(len, plans))
    report = query.kind if query.time_delta is None else f"{query.kind}, each {query.time_delta}"
    dimensions = f" by {', '.join(query.dimensions)}" if query.dimensions else ""
    length = "the whole time" if plan.window == "whole" else f"a {plan.window} each"
    name = f"plan {plan.id}" if len(plans) == 1 else counted(len(plans), "plan")
    yield f"{name}: {attrs.evolve(plan.span, until=plans[-1].until)}"
    yield f"{report}: {', '.join(query.metrics)}{dimensions}"
    if len(plans) == 1:
        yield f"{counted(zones, 'zone')}, {counted(windows // zones if zones else 0, 'window')} ({length})"
    else:
        yield f"{counted(zones, 'zone')}, {counted(windows, 'window')} of them ({length})"
    yield f"at least {counted(requests, 'request')}; a report that is cut off takes more"
    allowed = f"{limit.requests:,} requests in {limit.per_seconds:g} s"
    whose = "the rate limit" if accounts == 1 else "the rate limit of each account"
    seconds = _least_seconds(requests, limit, accounts)
    wait = f"at least {human_clock(seconds)}, as" if seconds else "without a wait, as"
    yield f"{wait} {whose} allows {allowed}"


def plan_values(plans: Sequence[Plan], limit: RateLimit, requests: int, accounts: int = 1) -> dict[str, Any]:
    """Give the same as values of JSON."""
    return {
        "since": format_date_time(plans[0].since),
        "until": format_date_time(plans[-1].until),
        "zones": sum(len(each.zones) for each in plans),
        "windows": sum(map(len, plans)),
        "requests": requests,
        "seconds": _least_seconds(requests, limit, accounts),
        "plans": [each.id for each in plans],
    }


def _least_seconds(requests: int, limit: RateLimit, accounts: int) -> float:
    """What the account with the most of the requests takes, which has no fewer than an even share."""
    return least_seconds(-(-requests // accounts), limit)


def failure_lines(failures: Sequence[SaveFailure], *, most: int, place: str) -> Iterator[str]:
    """List what failed.

    Args:
        failures: The tasks that failed.
        most: How many to list at most.
        place: Where the dataset is.

    Yields:
        The lines, none when nothing failed.
    """
    for failure in failures[:most]:
        yield f"zone {failure.zone_id} {failure.window} failed: {failure.error}"
    if len(failures) > most:
        yield f"and {len(failures) - most:,} more failed; `aiospectrum dataset status --json {place}` lists all of them"


def result_lines(result: PullResult, *, zones: int | None, place: str, fresh_rows: bool) -> Iterator[str]:
    """Sum a pull up.

    Args:
        result: What came of it.
        zones: Zones of the plan; None where they were not known.
        place: Where the dataset is.
        fresh_rows: Whether rows of windows that are filling are saved.

    Yields:
        The lines.
    """
    progress, saved = result.progress, result.saved
    there = progress.skipped + progress.done + (progress.filling if fresh_rows else 0)
    notes = [
        (progress.skipped, "already there"),
        (progress.refreshed, "refreshed"),
        (progress.failed, "failed"),
        (progress.left, "left"),
    ]
    noted = "".join(f", {number:,} {word}" for number, word in notes if number)
    yield f"{there:,} of {extent(progress.total, zones)} saved in {place}{noted}"
    if progress.filling:
        yield f"{counted(progress.filling, 'window')} filling: more rows may come, which the next pull asks for"
    if progress.not_begun:
        yield f"{counted(progress.not_begun, 'window')} not begun, and not asked for yet"
    if progress.odd_lags:
        yield f"{counted(progress.odd_lags, 'report')} with an odd data lag, which was taken for 0 s or a day"
    written = f"{counted(progress.rows, 'row')} in {human_size(progress.bytes)} of files"
    yield f"{written}; {', '.join(filter(None, [result.requests_sent, f'{result.reading.elapsed:.1f} s']))}"
    if saved is not None and there:
        yield f"to read: {saved.folder}"


def result_values(result: PullResult, *, status: int) -> dict[str, Any]:
    """Give what came of a pull as values of JSON."""
    saved, reading = result.saved, result.reading
    return {
        "status": status,
        "ok": status == 0,
        "folder": None if saved is None else saved.folder,
        **attrs.asdict(result.progress),
        "left": result.progress.left,
        "failed": failure_values(result.failures),
        "requests": None if result.is_divided else reading.requests,
        "retries": None if result.is_divided else reading.retries,
        "seconds": round(reading.elapsed, 3),
    }


def extent(total: int, zones: int | None) -> str:
    """Describe the size of a plan: ``500 zones`` or ``3,500 windows of 500 zones``."""
    if zones is None:
        return counted(total, "window")
    return counted(zones, "zone") if total == zones else f"{counted(total, 'window')} of {counted(zones, 'zone')}"
