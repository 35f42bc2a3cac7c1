"""``aiospectrum demo``: a day of traffic of many zones, pulled at once, written as Parquet, and queried."""

import asyncio
from tempfile import TemporaryDirectory
from typing import Annotated, Final

from cyclopts import Parameter

from aiospectrum import DEFAULT_BASE_URL, Client
from aiospectrum._http.limiter import Limiter
from aiospectrum.bulk import Plan, Query
from aiospectrum.cli.busiest import METRICS, BusyApp, busiest_table, find_busiest
from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.human import counted, human_bytes
from aiospectrum.cli.options import AtLeastOne, Passed
from aiospectrum.cli.pull_command import need_pyarrow
from aiospectrum.cli.pull_report import failure_lines
from aiospectrum.cli.pulling import ClientMaker, Job, JobResult, run_job
from aiospectrum.cli.times import last_full_hours
from aiospectrum.cli.zone_options import read_zones
from aiospectrum.errors import SpectrumError
from aiospectrum.hooks import AttemptHook
from aiospectrum.models import App
from aiospectrum.policies import RateLimit
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
    """Pull a day of traffic of many zones, write it as Parquet, and ask that for the busiest applications.

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
    need_pyarrow("the demo")
    if zone is None:
        return asyncio.run(_pull_from_sandbox(zones or _DEFAULT_ZONES, seed or 0, concurrency, context))
    if zones is not None or seed is not None:
        raise UsageError("expected --zone for Cloudflare, or --zones and --seed for a sandbox, got both")
    return asyncio.run(_pull_from_cloudflare(read_zones(zone, None, None), concurrency, context))


async def _pull_from_sandbox(zones: int, seed: int, concurrency: int, context: Context) -> int:
    try:
        # Without a rate limit, since a sandbox of many zones would otherwise stop the demo for minutes.
        box = Sandbox(zones=zones, seed=seed, rate_limit=None, now=context.now, monotonic=context.monotonic)
    except ValueError as error:
        raise UsageError(str(error)) from None

    def make_client(limiter: Limiter | None, hook: AttemptHook | None) -> Client:
        return Client(
            api_token=box.api_token,
            base_url=box.url,
            retry=context.retry,
            rate_limit=limiter,
            on_attempt=hook,
            user_agent="cli",
        )

    async with box:
        context.say(f"Pulling a day of traffic of {counted(zones, 'zone')} from a sandbox on {box.url}")
        return await _pull_and_show(box.zones, make_client, None, concurrency, context)


async def _pull_from_cloudflare(zones: tuple[str, ...], concurrency: int, context: Context) -> int:
    def make_client(limiter: Limiter | None, hook: AttemptHook | None) -> Client:
        return context.client(rate_limit=limiter, on_attempt=hook)

    base_url = context.client().base_url
    place = "Cloudflare" if base_url == DEFAULT_BASE_URL else base_url
    context.say(f"Pulling a day of traffic of {counted(len(zones), 'zone')} from {place}")
    return await _pull_and_show(zones, make_client, Limiter(RateLimit(in_flight=concurrency)), concurrency, context)


async def _pull_and_show(
    zones: tuple[str, ...], make_client: ClientMaker, limiter: Limiter | None, concurrency: int, context: Context
) -> int:
    since, until = last_full_hours(context.now(), _HOURS)
    query = Query(time_delta="hour", metrics=METRICS, dimensions=("appID",))
    plan = Plan(zones=zones, since=since, until=until, query=query, window="whole")
    with TemporaryDirectory(prefix="aiospectrum-demo-") as folder:
        job = Job(plan=plan, out=folder, concurrency=concurrency, limiter=limiter, make_client=make_client)
        result = await run_job(job, context)
        if result.is_interrupted:
            context.tell("aiospectrum: interrupted")
            return 130
        for line in failure_lines(result.failures, most=_TOP, place=folder):
            context.tell(line)
        began = context.monotonic()
        apps = find_busiest(folder, _TOP) if result.progress.rows else []
        seconds = context.monotonic() - began
    context.say(_pulled_line(result))
    if apps:
        names = await _find_names(apps, make_client(limiter, None))
        context.say("")
        context.out.print(busiest_table(apps, names, bars=_HOURS if context.out.width >= _WIDE else _HOURS // 3))
        context.say("")
        context.say(f"The {counted(len(apps), 'busiest app')}, queried from the Parquet files in {seconds:.2f} s")
    return 1 if result.progress.failed else 0


def _pulled_line(result: JobResult) -> str:
    progress, reading = result.progress, result.reading
    whole = counted(progress.total, "zone")
    zones = f"{progress.done:,} of {whole}" if progress.failed else whole
    return (
        f"{zones} pulled: {counted(reading.requests, 'request')}, {counted(reading.retries, 'retry', 'retries')}, "
        f"{counted(progress.rows, 'row')} in {human_bytes(progress.bytes)} of Parquet, {reading.elapsed:.1f} s"
    )


async def _find_names(apps: list[BusyApp], client: Client) -> dict[str, App]:
    """Look the applications up; one that is gone by now, or not to be seen with these credentials, has no name."""

    async def find(app: BusyApp) -> App | None:
        try:
            return await client.apps.get(app.zone_id, app.app_id)
        except SpectrumError:
            return None

    async with client:
        found = await asyncio.gather(*map(find, apps))
    return {app.id: app for app in found if app is not None}
