"""A job that keeps a dataset up to date, and what its files say, with pyarrow.

It calls a sandbox of its own, so that no account is needed. Run it with

    pip install 'aiospectrum[arrow]'
    python examples/with_pyarrow.py
"""

import asyncio
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.dataset as ds

from aiospectrum import Client, bulk
from aiospectrum.sandbox import Sandbox


def sum_up(folder: str) -> pa.Table:
    """The traffic of each zone, from all files of the dataset."""
    table = ds.dataset(folder).to_table(columns=["zone_id", "count", "bytesIngress"])
    return table.group_by("zone_id").aggregate([("count", "sum"), ("bytesIngress", "sum")])


def last_hours(folder: str, zone_id: str, hours: int) -> pa.Table:
    """The last complete hours of one zone."""
    dataset = bulk.open_dataset(folder)
    until = dataset.complete_until
    if until is None:
        raise SystemExit("nothing is complete yet")
    return dataset.to_arrow(zones=[zone_id], since=until - timedelta(hours=hours), until=until)


async def main() -> None:
    """Save two days, as a first run would, and catch up, as every later one does."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = bulk.Query(time_delta="hour", metrics=["count", "bytesIngress"], dimensions=["appID"])
    async with Sandbox(zones=3, seed=7) as sandbox:
        plan = bulk.Plan(zones=sandbox.zones, since=today - timedelta(days=2), until=today, query=query)
        async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
            with TemporaryDirectory() as folder:
                await bulk.save(client, plan, folder)
                saved = await bulk.catch_up(client, folder)
                print(bulk.open_dataset(folder))
                print("The traffic of each zone:", sum_up(saved.folder), sep="\n")
                print("The last hours of one:", last_hours(folder, sandbox.zones[0], hours=3).num_rows, "rows")


if __name__ == "__main__":
    asyncio.run(main())
