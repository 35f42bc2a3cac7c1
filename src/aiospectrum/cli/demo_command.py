"""``aiospectrum demo``: a day of traffic of many zones, pulled at once, written as Parquet, and queried."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import attrs
from rich.table import Table

from aiospectrum import bulk
from aiospectrum._extras import import_extra
from aiospectrum.bulk import Plan, Query
from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.formatting import cell, counted, human_bytes, human_number, sparkline
from aiospectrum.cli.options import AtLeastOne, MaybeAtLeastOne, Passed, WholeOption, ZonesOption, read_zones
from aiospectrum.cli.pull_job import PullJob, PullResult, need_pyarrow
from aiospectrum.cli.pull_report import failure_lines
from aiospectrum.cli.tables import add_column, new_table
from aiospectrum.cli.terminal import until_stopped
from aiospectrum.cli.zones_command import find_zones
from aiospectrum.client import Client
from aiospectrum.errors import SpectrumError
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.models import App, Metric
from aiospectrum.policies import RateLimit
from aiospectrum.sandbox import Sandbox

__all__ = ["demo"]

_METRICS: Final[tuple[Metric, ...]] = ("count", "bytesIngress", "bytesEgress")
_HOURS: Final = 24
_TOP: Final = 10
_DEFAULT_ZONES: Final = 20
_WIDE: Final = 100
"""Columns from which on a bar per hour has its place."""


def demo(
    *,
    zones: MaybeAtLeastOne = None,
    zone: ZonesOption = None,
    seed: WholeOption = None,
    concurrency: AtLeastOne = 8,
    context: Passed,
) -> int:
    """Pull a day of traffic of many zones, write it as Parquet, and query that for the busiest applications.

    Without --zone it starts a sandbox of its own: no account or network is needed.
    With --zone it takes CLOUDFLARE_API_TOKEN from the environment,
    or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY.

    Args:
        zones: Number of zones of the sandbox, 20 when left out.
        zone: Identifier of a zone at Cloudflare to pull instead; can be repeated.
        seed: Seed of the sandbox's traffic, 0 when left out.
        concurrency: Maximum number of requests at once.
        context: The surroundings.

    Returns:
        The exit status, 1 if a zone could not be pulled.
    """
    need_pyarrow("the demo")
    if zone is None:
        work = _pull_from_sandbox(zones or _DEFAULT_ZONES, seed or 0, concurrency, context)
        return asyncio.run(until_stopped(work))
    if zones is not None or seed is not None:
        raise UsageError("expected --zone for Cloudflare, or --zones and --seed for a sandbox, got both")
    limiter = context.limiter(RateLimit(in_flight=concurrency))
    names = find_zones(read_zones(zone, None, None), context, lambda: limiter)
    context.print_out(f"Pulling a day of traffic of {counted(len(names), 'zone')} from {context.api_name()}")
    work = _pull_and_query(names, limiter, concurrency, context)
    return asyncio.run(until_stopped(work))


async def _pull_from_sandbox(zones: int, seed: int, concurrency: int, context: Context) -> int:
    try:
        # Without a rate limit, since a sandbox of many zones would otherwise stop the demo for minutes.
        box = Sandbox(zones=zones, seed=seed, rate_limit=None, now=context.now, monotonic=context.monotonic)
    except ValueError as error:
        raise UsageError(str(error)) from None
    async with box:
        context.print_out(f"Pulling a day of traffic of {counted(zones, 'zone')} from a sandbox on {box.url}")
        environ = {"CLOUDFLARE_BASE_URL": box.url, "CLOUDFLARE_API_TOKEN": box.api_token}
        return await _pull_and_query(box.zones, None, concurrency, attrs.evolve(context, environ=environ, proxy=None))


async def _pull_and_query(
    zones: tuple[str, ...], limiter: BaseLimiter | None, concurrency: int, context: Context
) -> int:
    until = context.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    query = Query(time_delta="hour", metrics=_METRICS, dimensions=("appID",))
    plan = Plan(zones=zones, since=until - timedelta(hours=_HOURS), until=until, query=query, window="whole")
    with TemporaryDirectory(prefix="aiospectrum-demo-") as folder:
        save = partial(bulk.save, plan=plan, destination=folder, concurrency=concurrency)
        result = await PullJob(save, context, limiter=limiter, total=len(plan), zones=len(plan.zones)).run()
        if result.stopped is not None:
            raise result.stopped
        for line in failure_lines(result.failures, most=_TOP, place=folder):
            context.print_err(line)
        began = context.monotonic()
        apps = _find_busiest(folder, _TOP) if result.progress.rows else []
        seconds = context.monotonic() - began
    context.print_out(_pulled_line(result))
    if apps:
        names = await _find_configurations(apps, context.open_client(limiter))
        context.print_out("")
        context.out.print(_busiest_table(apps, names, bars=_HOURS if context.out.width >= _WIDE else _HOURS // 3))
        context.print_out("")
        context.print_out(f"The {counted(len(apps), 'busiest app')}, queried from the Parquet files in {seconds:.2f} s")
    return 1 if result.progress.failed else 0


def _pulled_line(result: PullResult) -> str:
    progress = result.progress
    whole = counted(progress.total, "zone")
    zones = f"{progress.done + progress.filling:,} of {whole}" if progress.failed else whole
    written = f"{counted(progress.rows, 'row')} in {human_bytes(progress.bytes)} of Parquet"
    return f"{zones} pulled: {result.requests_sent}, {written}, {result.reading.elapsed:.1f} s"


@attrs.frozen(kw_only=True)
class _BusyApp:
    """The traffic of one application."""

    zone_id: str
    app_id: str
    events: int
    bytes_in: int
    bytes_out: int
    traffic: tuple[float, ...]
    """Bytes in both directions for each time interval."""


def _find_busiest(folder: str, most: int) -> list[_BusyApp]:
    """The applications that moved the most bytes, the busiest first; equals by zone and identifier."""
    dataset = import_extra("pyarrow.dataset", extra="arrow", purpose="A query of Parquet files")
    files = dataset.dataset(Path(folder) / "data", format="parquet")
    rows = files.to_table(columns=["zone_id", "appID", "interval_start", *_METRICS]).sort_by("interval_start")
    sums = [(name, "sum") for name in _METRICS]
    series = [("bytesIngress", "list"), ("bytesEgress", "list")]
    apps = rows.group_by(["zone_id", "appID"], use_threads=False)  # as threads keep no order
    found = [_busy_app(each) for each in apps.aggregate([*sums, *series]).to_pylist()]
    found.sort(key=lambda app: (-app.bytes_in - app.bytes_out, app.zone_id, app.app_id))
    return found[:most]


def _busy_app(row: Mapping[str, Any]) -> _BusyApp:
    """Read a row; sums and numbers are missing where a report had none."""
    pairs = zip(row["bytesIngress_list"], row["bytesEgress_list"], strict=True)
    return _BusyApp(
        zone_id=row["zone_id"],
        app_id=row["appID"],
        events=row["count_sum"] or 0,
        bytes_in=row["bytesIngress_sum"] or 0,
        bytes_out=row["bytesEgress_sum"] or 0,
        traffic=tuple((each_in or 0) + (each_out or 0) for each_in, each_out in pairs),
    )


async def _find_configurations(apps: list[_BusyApp], opening: AbstractAsyncContextManager[Client]) -> dict[str, App]:
    """Get the configurations by identifier, without those that are gone, or not readable with these credentials."""

    async def find(app: _BusyApp, client: Client) -> App | None:
        try:
            return await client.apps.get(app.zone_id, app.app_id)
        except SpectrumError:
            return None

    async with opening as client:
        found = await asyncio.gather(*(find(app, client) for app in apps))
    return {app.id: app for app in found if app is not None}


def _busiest_table(apps: Iterable[_BusyApp], names: Mapping[str, App], *, bars: int) -> Table:
    table = new_table()
    table.add_column("app", overflow="ellipsis")
    table.add_column("zone", no_wrap=True)
    table.add_column("protocol", no_wrap=True)
    for title in ("events", "in", "out"):
        add_column(table, title, number=True)
    table.add_column("traffic", no_wrap=True)
    for app in apps:
        known = names.get(app.app_id)
        table.add_row(
            cell((known and known.dns.name) or app.app_id, "bold"),
            cell(app.zone_id[:8], "dim"),
            cell(known.protocol if known else ""),
            human_number(app.events),
            human_bytes(app.bytes_in),
            human_bytes(app.bytes_out),
            cell(sparkline(app.traffic, bars), "cyan"),
        )
    return table
