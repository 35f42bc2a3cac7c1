"""A process that plans and applies a file until that is done: ``python applying_process.py URL TOKEN FILE``."""

import asyncio
import sys

from aiospectrum import Client, RetryPolicy
from aiospectrum.apps import ApplyError, ZonesError, apply, plan, read_file

__all__: list[str] = []


async def no_sleep(_: float) -> None:
    """Wait no time."""
    await asyncio.sleep(0)


async def main(url: str, token: str, file: str) -> None:
    """Plan and apply again and again, whatever fails."""
    async with Client(api_token=token, base_url=url, retry=RetryPolicy(base_wait=0), rate_limit=None) as client:
        while True:
            try:
                await apply(client, await plan(client, read_file(file)), on_error="continue", sleep=no_sleep)
            except (ApplyError, ZonesError):
                continue
            return


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
