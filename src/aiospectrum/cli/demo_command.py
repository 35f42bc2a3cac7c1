"""``aiospectrum demo``: a day of traffic of many zones, pulled at once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Annotated, Final

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aiospectrum import DEFAULT_BASE_URL, Client
from aiospectrum.cli.busiest import busiest_apps, busiest_table
from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.human import counted
from aiospectrum.cli.options import AtLeastOne, Passed
from aiospectrum.cli.pull import Pull, ZoneFailure, ZoneOutcome, pull_zones
from aiospectrum.cli.times import last_full_hours
from aiospectrum.sandbox import Sandbox

__all__ = ["demo"]

_HOURS: Final = 24
_TOP: Final = 10
_DEFAULT_ZONES: Final = 20
_WIDE: Final = 100
"""Columns from which on a bar per hour has its place."""


def demo(
    *,
    zones: AtLeastOne | None = None,
    zone: Annotated[list[str] | None, Parameter(negative=())] = None,
    seed: int | None = None,
    concurrency: AtLeastOne = 8,
    context: Passed,
) -> int:
    """Pull a day of traffic of many zones at once and show the busiest applications.

    Without --zone it starts a sandbox of its own and needs neither an account nor a network.
    With --zone, credentials come from the environment variables CLOUDFLARE_API_TOKEN,
    or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY.

    Args:
        zones: Number of zones of the sandbox, 20 when left out.
        zone: Identifier of a zone at Cloudflare to pull instead; can be repeated.
        seed: What the sandbox's traffic is made from, 0 when left out.
        concurrency: The most requests at once.
        context: The surroundings.

    Returns:
        The exit status, 1 if a zone could not be pulled.
    """
    if zone is None:
        return asyncio.run(_pull_from_sandbox(zones or _DEFAULT_ZONES, seed or 0, concurrency, context))
    if zones is not None or seed is not None:
        raise UsageError("expected --zone for Cloudflare, or --zones and --seed for a sandbox, got both")
    return asyncio.run(_pull_from_cloudflare(list(dict.fromkeys(zone)), concurrency, context))


async def _pull_from_sandbox(zones: int, seed: int, concurrency: int, context: Context) -> int:
    try:
        # Without a rate limit, since a sandbox of many zones would otherwise stop the demo for minutes.
        box = Sandbox(zones=zones, seed=seed, rate_limit=None, now=context.now, monotonic=context.monotonic)
    except ValueError as error:
        raise UsageError(str(error)) from None
    async with (
        box,
        # The sandbox has no limit either, so that any number of zones can be pulled.
        Client(
            api_token=box.api_token, base_url=box.url, retry=context.retry, rate_limit=None, user_agent="cli"
        ) as client,
    ):
        context.say(f"Pulling a day of traffic of {counted(zones, 'zone')} from a sandbox on {box.url}")
        return await _pull_and_show(client, box.zones, concurrency, context)


async def _pull_from_cloudflare(zone_ids: list[str], concurrency: int, context: Context) -> int:
    async with context.client() as client:
        place = "Cloudflare" if client.base_url == DEFAULT_BASE_URL else client.base_url
        context.say(f"Pulling a day of traffic of {counted(len(zone_ids), 'zone')} from {place}")
        return await _pull_and_show(client, zone_ids, concurrency, context)


async def _pull_and_show(client: Client, zone_ids: Sequence[str], concurrency: int, context: Context) -> int:
    since, until = last_full_hours(context.now(), _HOURS)
    started = context.monotonic()
    with _progress(len(zone_ids), context) as advance:
        pull = await pull_zones(client, zone_ids, since=since, until=until, concurrency=concurrency, on_outcome=advance)
    seconds = context.monotonic() - started
    apps = busiest_apps(pull.traffic, _TOP)
    if apps:
        context.say("")
        context.out.print(busiest_table(apps, bars=_HOURS if context.out.width >= _WIDE else _HOURS // 3))
        context.say("")
    context.say(_closing_line(pull, seconds))
    return 1 if pull.failures else 0


def _closing_line(pull: Pull, seconds: float) -> str:
    whole = counted(len(pull.outcomes), "zone")
    zones = f"{len(pull.traffic):,} of {whole}" if pull.failures else whole
    return (
        f"{zones} pulled: {counted(pull.requests, 'request')}, {counted(pull.retries, 'retry', 'retries')}, "
        f"{counted(pull.rows, 'row')} in {seconds:.1f} s"
    )


@contextmanager
def _progress(zones: int, context: Context) -> Iterator[Callable[[ZoneOutcome], None]]:
    """Show how far the pull is: a bar on a terminal, else a line per zone; failures are lines on both."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=context.err, transient=True, disable=not context.err.is_terminal)
    task = bar.add_task("zones", total=zones)

    def advance(outcome: ZoneOutcome) -> None:
        bar.advance(task)
        done = f"zone {outcome.zone_id}"
        if isinstance(outcome, ZoneFailure):
            context.tell(f"{done} failed: {outcome.error}")
        elif bar.disable:
            context.tell(f"{done} pulled: {counted(len(outcome.report.data), 'row')}")

    with nullcontext() if bar.disable else bar:  # older versions of rich end even a disabled bar with a line
        yield advance
