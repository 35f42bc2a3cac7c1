"""What several zones have and how much traffic they had in a day, all called at the same time; no other library.

The error of a zone goes to stderr, and the other zones are shown all the same. Run it with

    pip install aiospectrum
    CLOUDFLARE_API_TOKEN=… python examples/with_taskgroup.py ZONE_ID ZONE_ID …

or without an account, against the sandbox that `aiospectrum sandbox` starts, with CLOUDFLARE_BASE_URL set to its URL.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from aiospectrum import App, Client, SpectrumError


async def list_all(client: Client, zone_id: str) -> list[App]:
    """List the applications of a zone, over all pages."""
    return [app async for app in client.apps.iterate(zone_id)]


async def describe(client: Client, zone_id: str, since: datetime) -> str:
    """Fetch applications and analytics at once; when one call fails, the group ends the other one."""
    async with asyncio.TaskGroup() as group:
        listing = group.create_task(list_all(client, zone_id))
        asking = group.create_task(client.analytics.events.summary(zone_id, metrics=["bytesIngress"], since=since))
    hostnames = sorted({app.dns.name or "?" for app in listing.result()})
    return f"{zone_id}: {asking.result().totals['bytesIngress']:,.0f} bytes in, to {', '.join(hostnames)}"


async def show(client: Client, zone_id: str, since: datetime) -> bool:
    """Print one zone, or why it failed; no error of a zone leaves this, so that the other zones continue."""
    failed = False
    try:
        print(await describe(client, zone_id, since))
    except* SpectrumError as errors:
        failed = True
        print(f"{zone_id}: {errors.exceptions[0]}", file=sys.stderr)
    return not failed


async def main(zones: list[str]) -> bool:
    """Show all zones at the same time; the client's rate limit paces their calls."""
    since = datetime.now(UTC) - timedelta(days=1)
    async with Client.from_env() as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(show(client, zone_id, since)) for zone_id in zones]
    return all(task.result() for task in tasks)


if __name__ == "__main__":
    sys.exit(not asyncio.run(main(sys.argv[1:])))
