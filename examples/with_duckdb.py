"""Which applications move the most bytes, by SQL in DuckDB.

It calls a sandbox of its own, so that no account is needed. Run it with

    pip install 'aiospectrum[arrow]' duckdb
    python examples/with_duckdb.py
"""

import asyncio
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import duckdb

from aiospectrum import Client, Report, bulk
from aiospectrum.sandbox import Sandbox


def show_events(report: Report) -> None:
    """Print what happened in one zone: DuckDB finds the report by the name of the variable, as a table."""
    print(duckdb.sql("select event, sum(count) as events from report group by event order by events desc"))


def show_busiest_hours(folder: str) -> None:
    """Print the busiest hours of all zones together, by SQL over all files of a dataset."""
    busiest = duckdb.sql(
        f"""
        select date, strftime(interval_start, '%H:%M') as hour, sum(bytesIngress + bytesEgress)::bigint as bytes
        from '{folder}/**/*.parquet' group by all order by bytes desc limit 3
        """  # noqa: S608 - the folder is ours
    )
    print(busiest)


def show_busiest_apps(folder: str, names: dict[str, str]) -> None:
    """Print the applications that moved the most bytes, by their host names, as people do not know ids."""
    dataset = bulk.open_dataset(folder)
    traffic = dataset.to_duckdb(since=dataset.plan.since, names=names)
    busiest = traffic.aggregate("left(zone_id, 8) as zone, app_name, sum(bytesIngress + bytesEgress)::bigint as bytes")
    print(busiest.order("bytes desc").limit(5))


async def main() -> None:
    """Fetch one report and save many, and print what they show."""
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = until - timedelta(days=1)
    query = bulk.Query(time_delta="hour", metrics=["bytesIngress", "bytesEgress"], dimensions=["appID"])
    duckdb.sql("set timezone = 'UTC'")
    async with Sandbox(zones=5, seed=7) as sandbox:
        plan = bulk.Plan(zones=sandbox.zones, since=since, until=until, query=query)
        async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
            summarize = client.analytics.events.summary
            last = until - timedelta(seconds=1)  # as the API includes both ends
            report = await summarize(sandbox.zones[0], metrics=["count"], dimensions=["event"], since=since, until=last)
            print("A day of one zone:")
            show_events(report)
            with TemporaryDirectory() as folder:
                saved = await bulk.save(client, plan, folder)
                print("The busiest hours of all zones:")
                show_busiest_hours(saved.folder)
                print("The busiest applications of all zones:")
                show_busiest_apps(saved.folder, await bulk.app_names(client, sandbox.zones))


if __name__ == "__main__":
    asyncio.run(main())
