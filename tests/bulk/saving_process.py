"""A process of its own that saves a plan, to be killed.

Its arguments are the URL and the token of a sandbox, the plan, and the folder to save to.
"""

import asyncio
import sys

import pyarrow.parquet  # takes its time, in which there would be nothing to kill

from aiospectrum import Client
from aiospectrum.bulk import Plan, save


async def main(url: str, token: str, plan: str, folder: str) -> None:
    """Say when it begins, and save."""
    async with Client(api_token=token, base_url=url, rate_limit=None) as client:
        print("ready", pyarrow.__version__, flush=True)
        saved = await save(client, Plan.from_json(plan), folder, concurrency=4)
        print("done" if saved.ok else "failed", saved, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
