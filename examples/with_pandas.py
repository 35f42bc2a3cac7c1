"""How traffic goes up and down over a day, with pandas.

It calls a sandbox of its own, so that no account is needed. Run it with

    pip install 'aiospectrum[arrow]' pandas
    python examples/with_pandas.py
"""

import asyncio
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import pandas as pd

from aiospectrum import Client, Report, bulk
from aiospectrum.sandbox import Sandbox


def quarters_of_the_day(report: Report) -> pd.DataFrame:
    """What each application of one zone received in each six hours: any pandas takes Arrow tables."""
    frame = report.to_arrow().to_pandas()  # pyright: ignore[reportUnknownMemberType]  # a bare list in pyarrow-stubs
    frame["from"] = frame["interval_start"].dt.floor("6h").dt.strftime("%H:%M")
    frame["app"] = frame["appID"].astype("str").str[:8]
    return frame.pivot_table(index="app", columns="from", values="bytesIngress", aggfunc="sum", observed=True)


def busiest_hours(folder: str) -> pd.DataFrame:
    """The three busiest hours of all zones together, from the files of a saved dataset."""
    frame = pd.read_parquet(folder, columns=["interval_start", "count", "bytesIngress"])
    return frame.groupby("interval_start").sum().nlargest(3, "bytesIngress")


async def main() -> None:
    """Fetch one report and save many, and print what they show."""
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = bulk.Query(time_delta="hour", metrics=["count", "bytesIngress"], dimensions=["appID"])
    async with Sandbox(zones=5, seed=7) as sandbox:
        plan = bulk.Plan(zones=sandbox.zones, since=until - timedelta(days=1), until=until, query=query)
        async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
            report = await client.analytics.events.bytime(
                sandbox.zones[0],
                time_delta="hour",
                metrics=["bytesIngress"],
                dimensions=["appID"],
                since=plan.since,
                until=plan.until - timedelta(seconds=1),  # as the API includes both ends
            )
            print("Bytes received in each six hours, one zone:", quarters_of_the_day(report), sep="\n")
            with TemporaryDirectory() as folder:
                saved = await bulk.save(client, plan, folder)
                print("\nThe busiest hours, all zones:", busiest_hours(saved.folder), sep="\n")


if __name__ == "__main__":
    asyncio.run(main())
