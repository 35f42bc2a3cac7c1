"""Which zones are busy at what time of day, with polars.

It pulls a day of reports of five zones from a sandbox of its own, so that no account is needed. Run it with

    pip install 'aiospectrum[arrow]' polars
    python examples/with_polars.py
"""

import asyncio
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import polars as pl

from aiospectrum import Client, bulk
from aiospectrum.sandbox import Sandbox


async def pull_frame(client: Client, plan: bulk.Plan) -> pl.DataFrame:
    """Pull a plan into one frame: an outcome, like a report, is a table for what takes Arrow data."""
    async with bulk.pull(client, plan) as outcomes:
        frames = [pl.DataFrame(outcome) async for outcome in outcomes if outcome.ok]
    return pl.concat(frames)


def busiest_hours(frame: pl.DataFrame) -> pl.DataFrame:
    """The hour of each zone in which the most bytes came in."""
    by_hour = frame.group_by("zone_id", "interval_start").agg(pl.col("count", "bytesIngress").sum())
    return by_hour.sort("bytesIngress", descending=True).group_by("zone_id", maintain_order=True).first()


def shares(folder: str) -> pl.DataFrame:
    """The share of each zone in all traffic; of the files of a dataset, no more is read than that needs."""
    by_zone = pl.scan_parquet(folder).group_by("zone_id").agg(pl.col("bytesIngress").sum())
    share = (100 * pl.col("bytesIngress") / pl.col("bytesIngress").sum()).round(1).alias("percent")
    return by_zone.with_columns(share).sort("percent", descending=True).collect()


def days(folder: str) -> pl.DataFrame:
    """The traffic of each day, of all rows of a dataset."""
    return pl.read_parquet(folder).group_by("date").agg(pl.col("count", "bytesIngress").sum()).sort("date")


async def main() -> None:
    """Pull, save, and print what both show."""
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = bulk.Query(time_delta="hour", metrics=["count", "bytesIngress"], dimensions=["appID"])
    async with Sandbox(zones=5, seed=7) as sandbox:
        plan = bulk.Plan(zones=sandbox.zones, since=until - timedelta(days=1), until=until, query=query)
        async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
            print("The busiest hour of each zone:", busiest_hours(await pull_frame(client, plan)))
            with TemporaryDirectory() as folder:
                saved = await bulk.save(client, plan, folder)
                print("Who has how much of the traffic:", shares(saved.folder))
                print("Day by day:", days(saved.folder))


if __name__ == "__main__":
    asyncio.run(main())
