"""Ways to pull reports by time of a hundred zones, a day at a time, with 16 calls at once.

Each way is opened with a base URL, and gives a function that pulls a number of days. It takes a folder for files and a
callback for the number of reports done so far, and returns the number of reports. What a way needs is imported when it
is opened, so that no process pays for another way.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks.bulk_server import SINCE, ZONES, report_path
from benchmarks.calls import DIMENSIONS, METRICS, TOKEN

__all__ = ["WAYS", "PullDays"]

OnReport: TypeAlias = Callable[[int], object]
PullDays: TypeAlias = Callable[[int, Path, OnReport], Awaitable[int]]
OpenWay: TypeAlias = Callable[[str], AbstractAsyncContextManager[PullDays]]

_CONCURRENCY: Final = 16


async def _pull_by_hand(days: int, one: Callable[[str, datetime], Awaitable[None]], on_report: OnReport) -> int:
    """Every zone and day once, by as many tasks as calls at once."""
    partitions = ((zone_id, SINCE + timedelta(days=day)) for day in range(days) for zone_id in ZONES)
    done = 0

    async def work() -> None:
        nonlocal done
        for zone_id, since in partitions:
            await one(zone_id, since)
            done += 1
            on_report(done)

    async with asyncio.TaskGroup() as group:
        for _ in range(_CONCURRENCY):
            group.create_task(work())
    return done


@asynccontextmanager
async def _fetch_and_loads(url: str) -> AsyncIterator[PullDays]:
    """Aiohttp and orjson by hand: dicts, of which nothing is made."""
    import aiohttp
    import orjson

    async def one(zone_id: str, since: datetime) -> None:
        query = {
            "time_delta": "hour",
            "metrics": ",".join(METRICS),
            "dimensions": ",".join(DIMENSIONS),
            "since": since.isoformat(),
            "until": (since + timedelta(days=1, seconds=-1)).isoformat(),
        }
        async with session.get(url + report_path(zone_id), params=query) as response:
            body = orjson.loads(await response.read())
        if not body["success"]:
            raise ValueError(body["errors"])

    async def pull_days(days: int, folder: Path, on_report: OnReport) -> int:
        return await _pull_by_hand(days, one, on_report)

    headers = {"authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=_CONCURRENCY)) as session:
        yield pull_days


def _our_way(pull: Callable[[Any, Any, Path, OnReport], Awaitable[int]]) -> OpenWay:
    """A way with our client, whose limiter counts every call and is set so high that none waits."""

    @asynccontextmanager
    async def open_way(url: str) -> AsyncIterator[PullDays]:
        from aiospectrum import Client, RateLimit, bulk

        query = bulk.Query(kind="bytime", time_delta="hour", metrics=METRICS, dimensions=DIMENSIONS)
        limit = RateLimit(requests=1_000_000, per_seconds=1.0, in_flight=_CONCURRENCY)

        async def pull_days(days: int, folder: Path, on_report: OnReport) -> int:
            plan = bulk.Plan(zones=ZONES, since=SINCE, until=SINCE + timedelta(days=days), query=query)
            return await pull(client, plan, folder, on_report)

        async with Client(api_token=TOKEN, base_url=url, rate_limit=limit, connector_limit=_CONCURRENCY) as client:
            yield pull_days

    return open_way


async def _pull_models(client: Any, plan: Any, folder: Path, on_report: OnReport) -> int:
    from aiospectrum import bulk

    return await _take_each(bulk.pull(client, plan, concurrency=_CONCURRENCY), on_report)


async def _pull_tables(client: Any, plan: Any, folder: Path, on_report: OnReport) -> int:
    from aiospectrum import bulk

    return await _take_each(bulk.pull_tables(client, plan, concurrency=_CONCURRENCY), on_report)


async def _take_each(pull: Any, on_report: OnReport) -> int:
    """Count the outcomes, and drop each."""
    done = 0
    async with pull as outcomes:
        async for outcome in outcomes:
            outcome.unwrap()
            done += 1
            on_report(done)
    return done


def _file(folder: Path, zone_id: str, since: datetime) -> Path:
    zone_folder = folder / f"zone_id={zone_id}"
    zone_folder.mkdir(exist_ok=True)
    return zone_folder / f"{since:%Y-%m-%d}.parquet"


async def _save(client: Any, plan: Any, folder: Path, on_report: OnReport) -> int:
    from aiospectrum import bulk

    saved = await bulk.save(
        client, plan, folder, concurrency=_CONCURRENCY, on_progress=lambda progress: on_report(progress.done)
    )
    if saved.failed:
        raise ValueError(saved.failed[0])
    return saved.done


@asynccontextmanager
async def _official_and_pandas(url: str) -> AsyncIterator[PullDays]:
    """The official client, and a frame and a file for each report, made by columns."""
    import pandas as pd
    from cloudflare import AsyncCloudflare, DefaultAioHttpClient
    from httpx import Limits

    limits = Limits(max_connections=_CONCURRENCY, max_keepalive_connections=_CONCURRENCY)

    def make_frame(report: Any) -> "pd.DataFrame":
        times, count = report.time_intervals, len(report.time_intervals)
        columns: dict[str, Any] = {
            name: [interval[end] for interval in times] * len(report.data)
            for end, name in enumerate(("interval_start", "interval_end"))
        }
        for place, name in enumerate(DIMENSIONS):
            columns[name] = [row.dimensions[place] for row in report.data for _ in range(count)]
        for place, name in enumerate(METRICS):
            columns[name] = [number for row in report.data for number in row.metrics[place]]
        return pd.DataFrame(columns)

    async def pull_days(days: int, folder: Path, on_report: OnReport) -> int:
        async def one(zone_id: str, since: datetime) -> None:
            report = await client.spectrum.analytics.events.bytimes.get(
                zone_id=zone_id,
                time_delta="hour",
                metrics=list(METRICS),
                dimensions=list(DIMENSIONS),
                since=since,
                until=since + timedelta(days=1, seconds=-1),
            )
            make_frame(report).to_parquet(_file(folder, zone_id, since), index=False)

        return await _pull_by_hand(days, one, on_report)

    async with AsyncCloudflare(
        api_token=TOKEN, base_url=url, http_client=DefaultAioHttpClient(limits=limits)
    ) as client:
        yield pull_days


WAYS: Final[dict[str, OpenWay]] = {
    "fetch and loads": _fetch_and_loads,
    "pull": _our_way(_pull_models),
    "pull, Arrow": _our_way(_pull_tables),
    "save": _our_way(_save),
    "cloudflare, pandas": _official_and_pandas,
}
"""Every way by its name."""
