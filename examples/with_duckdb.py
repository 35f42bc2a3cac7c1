"""Which applications move the most bytes, by SQL in DuckDB.

It calls a sandbox of its own, so that no account is needed. Run it with

    pip install 'aiospectrum[arrow]' duckdb
    python examples/with_duckdb.py
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from aiospectrum import Client, Report, bulk
from aiospectrum.sandbox import Sandbox


def show_events(report: Report) -> None:
    """Print what happened in one zone: DuckDB finds the report by the name of the variable, as a table."""
    print(duckdb.sql("select event, sum(count) as events from report group by event order by events desc"))


def show_busiest(folder: Path) -> None:
    """Print the busiest applications of all zones, from the files of a saved dataset."""
    # Were hive_types_autocast not false, identifiers that are all digits would be numbers.
    busiest = duckdb.sql(
        """
        select left(zone_id, 8) as zone, left(appID::varchar, 8) as app,
               sum(bytesIngress + bytesEgress)::bigint as bytes,
               arg_max(strftime(interval_start, '%H:%M'), bytesIngress + bytesEgress) as busiest_hour
        from read_parquet($files, hive_types_autocast = false) group by all order by bytes desc limit 5
        """,
        params={"files": f"{folder}/zone_id=*/**/*.parquet"},
    )
    print(busiest)


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
                await bulk.save(client, plan, folder)
                print("The busiest applications of all zones:")
                show_busiest(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
