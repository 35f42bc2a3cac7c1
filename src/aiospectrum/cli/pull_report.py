"""What is said of a pull before and after it: pure."""

from collections.abc import Iterator, Sequence

from aiospectrum.bulk import Plan, SaveFailure
from aiospectrum.cli.human import counted, human_bytes, human_clock
from aiospectrum.cli.meter import least_seconds
from aiospectrum.cli.pulling import JobResult
from aiospectrum.policies import RateLimit

__all__ = ["extent", "failure_lines", "plan_lines", "result_lines"]


def plan_lines(plan: Plan, limit: RateLimit) -> Iterator[str]:
    """Say how large a plan is, and how long it takes at least.

    Args:
        plan: The plan.
        limit: The rate limit.

    Yields:
        The lines.
    """
    query, requests = plan.query, len(plan)
    windows = requests // len(plan.zones) if plan.zones else 0
    report = "bytime" if query.time_delta is None else f"bytime, each {query.time_delta}"
    dimensions = f" by {', '.join(query.dimensions)}" if query.dimensions else ""
    length = "the whole time" if plan.window == "whole" else f"a {plan.window} each"
    yield f"plan {plan.id}: {plan.span}"
    yield f"{query.kind if query.kind == 'summary' else report}: {', '.join(query.metrics)}{dimensions}"
    yield f"{counted(len(plan.zones), 'zone')}, {counted(windows, 'window')} ({length})"
    yield f"{counted(requests, 'request')} at least; a report that is cut off takes more"
    allowed = f"{limit.requests:,} requests in {limit.per_seconds:g} s"
    yield f"{human_clock(least_seconds(requests, limit))} at least, as the rate limit allows {allowed}"


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
        yield f"and {len(failures) - most:,} more failed; the manifest in {place} lists all of them"


def result_lines(plan: Plan, result: JobResult, *, place: str) -> Iterator[str]:
    """Sum a pull up.

    Args:
        plan: What was to be pulled.
        result: What came of it.
        place: Where the dataset is.

    Yields:
        The lines.
    """
    progress, reading = result.progress, result.reading
    notes = [(progress.skipped, "there before"), (progress.refreshed, "refreshed"), (progress.failed, "failed")]
    told = "".join(f", {number:,} {word}" for number, word in notes if number)
    yield f"{progress.skipped + progress.done:,} of {extent(plan)} saved in {place}{told}"
    written = f"{counted(progress.rows, 'row')} in {human_bytes(progress.bytes)} of files"
    sent = f"{counted(reading.requests, 'request')}, {counted(reading.retries, 'retry', 'retries')}"
    yield f"{written}; {sent}, {reading.elapsed:.1f} s"


def extent(plan: Plan) -> str:
    """Say how large a plan is, in few words.

    Args:
        plan: The plan.

    Returns:
        Text such as ``500 zones`` or ``3,500 windows of 500 zones``.
    """
    zones = counted(len(plan.zones), "zone")
    return zones if len(plan) == len(plan.zones) else f"{counted(len(plan), 'window')} of {zones}"
