"""A Discord bot that says in a channel which applications got busy and which zones fail, with hikari.

It looks every minute, and speaks when there is something new. Run it with

    pip install aiospectrum hikari
    DISCORD_TOKEN=… CLOUDFLARE_API_TOKEN=… python examples/with_hikari.py CHANNEL_ID ZONE_ID ZONE_ID …
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import accumulate

import hikari

from aiospectrum import Client, bulk

LONGEST_MESSAGE = 2000
"""Characters that Discord takes."""


class TrafficWatch:
    """Posts what is new in each round of a watch, as long as a bot runs."""

    def __init__(
        self, bot: hikari.GatewayBot, client: Client, rounds: AsyncIterator[bulk.Round], *, channel: int, busy: int
    ) -> None:
        """Begin when the bot has started, and end before it stops; ``busy`` is connections in a minute."""
        self.bot = bot
        self.client = client
        self.rounds = rounds
        self.channel = channel
        self.busy = busy
        self.task: asyncio.Task[None] | None = None
        bot.subscribe(hikari.StartedEvent, self.start)
        bot.subscribe(hikari.StoppingEvent, self.stop)

    async def start(self, _: hikari.StartedEvent) -> None:
        """Watch in a task of the bot's event loop, where the client is opened."""
        self.task = asyncio.create_task(self.watch())

    async def stop(self, _: hikari.StoppingEvent) -> None:
        """End the watch, which closes the client, while the bot still has its event loop."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])

    async def watch(self) -> None:
        """Post what was not so in the round before; what could not be posted is new in the next one too."""
        said: set[str] = set()
        async with self.client:
            async for round_ in self.rounds:
                found = set(self.describe(round_))
                said &= found
                if new := fit(sorted(found - said)):
                    try:
                        await self.bot.rest.create_message(self.channel, "\n".join(new))
                    except hikari.HikariError:
                        logging.exception("Discord took no message")
                    else:
                        said.update(new)

    def describe(self, round_: bulk.Round) -> Iterator[str]:
        """Say what is worth a message, in words that stay the same as long as it lasts."""
        for zone_id, aggregates in round_.aggregates.items():
            for each in aggregates:
                if each.connections > self.busy:
                    yield f"Application `{each.app_id}` of zone `{zone_id}` is busy."
        for zone_id, error in round_.errors.items():
            yield f"Zone `{zone_id}` failed: {type(error).__name__}."


def fit(lines: list[str]) -> list[str]:
    """Give the first lines, as many as a message holds."""
    ends = accumulate(len(line) + 1 for line in lines)
    return [line for line, end in zip(lines, ends, strict=True) if end - 1 <= LONGEST_MESSAGE]


if __name__ == "__main__":
    bot = hikari.GatewayBot(os.environ["DISCORD_TOKEN"], intents=hikari.Intents.NONE)
    client = Client.from_env()
    rounds = bulk.watch(client, sys.argv[2:])
    TrafficWatch(bot, client, rounds, channel=int(sys.argv[1]), busy=1000)
    bot.run()
