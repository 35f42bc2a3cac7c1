"""Posts the alerts of a watch to a webhook, such as one of Slack, with aiohttp alone.

    pip install aiospectrum
    WEBHOOK_URL=… CLOUDFLARE_API_TOKEN=… python examples/with_webhook.py ZONE_ID ZONE_ID …

It ends with Ctrl-C.
"""

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp

from aiospectrum import Client, bulk

RULES = (
    bulk.zone_fails(times=3),
    bulk.share_above("originError", 0.2, clears_below=0.1),
    bulk.share_above("clientFiltered", 0.5, clears_below=0.3),
    bulk.connections_jump(),
    bulk.connections_vanish(),
)
MOST_WAITING = 1000
"""Alerts that are kept for a webhook that does not take them; the oldest go first."""
LINES = 20
"""Alerts in a message."""


async def post_alerts(session: aiohttp.ClientSession, url: str, rounds: AsyncIterator[bulk.Round]) -> None:
    """Post what begins and ends in each round; what could not be posted is posted after the next one."""
    waiting: deque[bulk.Alert] = deque(maxlen=MOST_WAITING)
    async for round_ in rounds:
        waiting.extend(round_.alerts)
        while waiting:
            some = [waiting[place] for place in range(min(LINES, len(waiting)))]
            text = "\n".join(f"{'🔴' if alert.begins else '🟢'} {alert.text}" for alert in some)
            try:
                async with session.post(url, json={"text": text}, raise_for_status=True):
                    pass
            except (aiohttp.ClientError, TimeoutError) as error:
                logging.warning("the webhook took no message: %s", type(error).__name__)  # its URL is a secret
                break
            for _ in some:
                waiting.popleft()


async def main(zones: list[str]) -> None:
    """Watch until the program is stopped."""
    timeout = aiohttp.ClientTimeout(total=10)
    async with Client.from_env() as client, aiohttp.ClientSession(timeout=timeout) as session:
        await post_alerts(session, os.environ["WEBHOOK_URL"], bulk.watch(client, zones, rules=RULES))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1:]))
