"""``aiospectrum demo``: a day of traffic of many zones, pulled at once, written as Parquet, and queried."""

import asyncio
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final, TypeAlias

import attrs
from cyclopts import Parameter

from aiospectrum import bulk
from aiospectrum._extras import import_extra
from aiospectrum.bulk import DestinationMismatchError, Plan, Query
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import cell, counted, human_number, human_size, sparkline
from aiospectrum.cli.grid import Column, Grid
from aiospectrum.cli.options import (
    AsPlainJSON,
    AtLeastOne,
    MaybeAtLeastOne,
    Passed,
    WholeOption,
    ZonesOption,
    check_folder,
    expand_home,
    read_zones,
)
from aiospectrum.cli.pull_job import PullJob, PullResult, need_pyarrow
from aiospectrum.cli.pull_report import failure_lines, result_values
from aiospectrum.cli.terminal import until_stopped
from aiospectrum.cli.usage_errors import UsageError, refusal_text, sandbox_refusal
from aiospectrum.cli.zones_command import find_zones
from aiospectrum.client import Client
from aiospectrum.errors import InvalidArgumentError, SpectrumError
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.models import App, Metric
from aiospectrum.policies import RateLimit
from aiospectrum.sandbox import Sandbox

__all__ = ["demo"]

_METRICS: Final[tuple[Metric, ...]] = ("count", "bytesIngress", "bytesEgress")
_HOURS: Final = 24
_TOP: Final = 10
_DEFAULT_ZONES: Final = 20
_KeepOption: TypeAlias = Annotated[
    str | None, Parameter(help="Folder to keep the dataset in; it is deleted at the end when left out.")
]
_WIDE: Final = 100
"""Columns from which on a bar per hour has its place."""


def demo(
    *,
    zones: MaybeAtLeastOne = None,
    zone: ZonesOption = None,
    seed: WholeOption = None,
    concurrency: AtLeastOne = 8,
    keep: _KeepOption = None,
    as_json: AsPlainJSON = False,
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
        keep: Folder to keep the dataset in.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status, 1 if a zone could not be pulled.
    """
    need_pyarrow("the demo")
    job = _Demo(
        context=context,
        concurrency=concurrency,
        keep=None if keep is None else expand_home(keep, f"--keep {keep}"),
        as_json=as_json,
    )
    if job.keep is not None:
        check_folder(job.keep, f"--keep {keep}")
    if zone is None:
        return asyncio.run(until_stopped(job.pull_from_sandbox(zones or _DEFAULT_ZONES, seed or 0)))
    if zones is not None or seed is not None:
        raise UsageError("expected --zone for Cloudflare, or --zones and --seed for a sandbox, got both")
    limiter = context.limiter(RateLimit(in_flight=concurrency))
    names = find_zones(read_zones(zone, None, None), context, lambda: limiter)
    job.announce(f"Pulling a day of traffic of {counted(len(names), 'zone')} from {context.api_name()}")
    return asyncio.run(until_stopped(job.pull_and_query(names, limiter, context)))


@attrs.frozen(kw_only=True)
class _Demo:
    context: Context
    concurrency: int
    keep: str | None
    as_json: bool

    def announce(self, line: str) -> None:
        """Print a line that is not part of the result."""
        (self.context.print_note if self.as_json else self.context.print_out)(line)

    async def pull_from_sandbox(self, zones: int, seed: int) -> int:
        """Do the work with a sandbox."""
        context = self.context
        try:
            # Without a rate limit, since a sandbox of many zones would otherwise stop the demo for minutes.
            box = Sandbox(zones=zones, seed=seed, rate_limit=None, now=context.now, monotonic=context.monotonic)
        except ValueError as error:
            raise sandbox_refusal(error) from None
        async with box:
            self.announce(f"Pulling a day of traffic of {counted(zones, 'zone')} from a sandbox")
            environ = {"CLOUDFLARE_BASE_URL": box.url, "CLOUDFLARE_API_TOKEN": box.api_token}
            return await self.pull_and_query(box.zones, None, attrs.evolve(context, environ=environ, proxy=None))

    async def pull_and_query(self, zones: tuple[str, ...], limiter: BaseLimiter | None, context: Context) -> int:
        """Save the traffic, find the busiest applications, and print them."""
        until = context.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        query = Query(time_delta="hour", metrics=_METRICS, dimensions=("appID",))
        plan = Plan(zones=zones, since=until - timedelta(hours=_HOURS), until=until, query=query, window="whole")
        with nullcontext(self.keep) if self.keep else TemporaryDirectory(prefix="aiospectrum-demo-") as folder:
            save = partial(bulk.save, plan=plan, destination=folder, concurrency=self.concurrency)
            try:
                result = await PullJob(save, context, limiter=limiter, total=len(plan), zones=len(plan.zones)).run()
            except DestinationMismatchError as error:
                raise UsageError(f"--keep {folder}: {str(error).removeprefix(f'{folder}: ')}", "") from None
            except InvalidArgumentError as error:
                raise UsageError(refusal_text(error, "--keep")) from None
            if result.stopped is not None:
                raise result.stopped
            for line in () if self.as_json else failure_lines(result.failures, most=_TOP, place=folder):
                self.context.print_err(line, "red")
            began = context.monotonic()
            found = _find_busiest(folder) if result.progress.rows or result.progress.skipped else []
            apps = found[:_TOP]
            seconds = context.monotonic() - began
        names = await _find_configurations(apps, context.open_client(limiter)) if apps else {}
        status = 1 if result.progress.failed else 0
        if self.as_json:
            busiest = [_busy_values(app, names.get(app.app_id)) for app in apps]
            kept = {} if self.keep else {"folder": None}
            self.context.print_json({**result_values(result, status=status), **kept, "busiest": busiest})
            return status
        self.context.print_out(_pulled_line(result))
        if apps:
            is_wide = context.is_wide or context.out.width >= _WIDE
            self.context.print_out("")
            self.context.print_table(_busiest_table(apps, names, is_wide=is_wide))
            self.context.print_out("")
            shown = counted(len(apps), "busiest app")
            if len(apps) < len(found):
                shown = f"{len(apps)} busiest of {counted(len(found), 'app')}"
            self.context.print_out(f"The {shown}, queried from the Parquet files in {seconds:.2f} s")
        if self.keep is not None:
            for line in _next_lines(self.keep):
                self.context.print_out(line)
        return status


def _next_lines(folder: str) -> Iterator[str]:
    """What to try with the dataset."""
    files = str(Path(folder) / "data")
    yield ""
    yield f"The dataset is in {folder}. What to try next:"
    yield f"  {shlex.join(('aiospectrum', 'dataset', 'status', folder))}"
    yield f"  {shlex.join(('aiospectrum', 'dataset', 'verify', folder))}"
    if shlex.quote(files) == files:  # else it would be hard to read
        yield f"  python -c \"import pyarrow.dataset as ds; print(ds.dataset('{files}').head(3).to_pylist())\""
    yield "and the same of your own zones:"
    yield "  aiospectrum pull --zone ZONE_ID --since -24h --dimensions appID --out data/"


def _pulled_line(result: PullResult) -> str:
    progress = result.progress
    whole = counted(progress.total, "zone")
    zones = f"{progress.done + progress.filling:,} of {whole}" if progress.failed else whole
    written = f"{counted(progress.rows, 'row')} in {human_size(progress.bytes)} of Parquet"
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


def _find_busiest(folder: str) -> list[_BusyApp]:
    """The applications, those that moved the most bytes first; equals by zone and identifier."""
    dataset = import_extra("pyarrow.dataset", extra="arrow", purpose="A query of Parquet files")
    files = dataset.dataset(Path(folder) / "data", format="parquet")
    rows = files.to_table(columns=["zone_id", "appID", "interval_start", *_METRICS]).sort_by("interval_start")
    sums = [(name, "sum") for name in _METRICS]
    series = [("bytesIngress", "list"), ("bytesEgress", "list")]
    apps = rows.group_by(["zone_id", "appID"], use_threads=False)  # as threads keep no order
    found = [_busy_app(each) for each in apps.aggregate([*sums, *series]).to_pylist()]
    found.sort(key=lambda app: (-app.bytes_in - app.bytes_out, app.zone_id, app.app_id))
    return found


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


def _busy_values(app: _BusyApp, known: App | None) -> dict[str, Any]:
    """An application as values of JSON."""
    name, protocol = (None, None) if known is None else (known.dns.name, known.protocol)
    return {**attrs.asdict(app), "name": name, "protocol": protocol}


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


def _busiest_table(apps: Iterable[_BusyApp], names: Mapping[str, App], *, is_wide: bool) -> Grid:
    """The busiest applications; where there is little room, host names do without their zones and protocols."""
    columns = [Column("app", "name", is_key=True), Column("zone", "id", optional=1)]
    columns.append(Column("protocol", "fixed", optional=2))
    columns += [Column(title, "number") for title in ("events", "in", "out")]
    columns.append(Column("traffic", "fixed", optional=3))
    rows = []
    for app in apps:
        known = names.get(app.app_id)
        numbers = human_number(app.events), human_size(app.bytes_in), human_size(app.bytes_out)
        name = cell((known and known.dns.name) or app.app_id, "bold")
        line = cell(sparkline(app.traffic, _HOURS if is_wide else _HOURS // 3), "cyan")
        rows.append((name, app.zone_id, known.protocol if known else "", *numbers, line))
    return Grid.of(columns, rows)
