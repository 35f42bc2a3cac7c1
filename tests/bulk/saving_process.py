"""A process of its own that saves a plan, to be killed.

Its arguments are the URL and the token of a sandbox, the plan, the folder to save to, and the name of the writer, if it
has one.
"""

import asyncio
import sys
from datetime import timedelta
from typing import Any

import pyarrow.parquet  # takes its time, in which there would be nothing to kill

from aiospectrum import Client
from aiospectrum.bulk import Plan, save
from tests.bulk.test_bulk_sandbox import NOW


def clock() -> float:
    """Some days after everything that is saved."""
    return (NOW + timedelta(days=2)).timestamp()


async def hasty(seconds: float) -> None:
    """Wait for a tenth of the time, so that there is much to be killed in a short one."""
    await asyncio.sleep(seconds / 10)


async def main(url: str, token: str, plan: str, folder: str, writer: str | None = None) -> None:
    """Say when it begins, and save."""
    async with Client(api_token=token, base_url=url, rate_limit=None) as client:
        print("ready", pyarrow.__version__, flush=True)
        settings: Any = {"concurrency": 4, "sleep": hasty, "clock": clock, "writer": writer}
        saved = await save(client, Plan.from_json(plan), folder, **settings)
        print("done" if saved.ok else "failed", saved, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
