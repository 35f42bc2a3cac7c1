"""A bot for game servers: each has an application, which moves with it, and a webhook gets charts of their traffic.

Whatever deploys the servers writes a file, which the bot reads every half minute:

    [{"name": "survival", "port": 25565, "address": "192.0.2.10"}]

There survival.play.example.com:25565 leads to 192.0.2.10:25565. A server keeps its name and port when it moves, and its
application when it is no longer in the file. The webhook is one of a Discord channel, or of anything else that takes a
form with a file. Run it with

    pip install 'aiospectrum[report]'
    CLOUDFLARE_API_TOKEN=… WEBHOOK_URL=… python examples/game_servers.py ZONE_ID play.example.com servers.json
"""

import asyncio
import io
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeAlias

import aiohttp
import attrs

from aiospectrum import DNS, AppRequest, Client, F, ReportByTime, SpectrumError

ROUND = 30
"""Seconds between two looks at the file."""
ROUNDS_PER_CHART = 720
"""A chart every six hours."""
CHARTED = timedelta(hours=12)

Sleep: TypeAlias = Callable[[float], Awaitable[object]]


@attrs.frozen(kw_only=True)
class Server:
    """A game server, and where it is today."""

    name: str
    port: int
    address: str

    @property
    def origin(self) -> str:
        """Where its application leads to."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"tcp://{host}:{self.port}"


class GameServers:
    """Keeps an application for each game server; of those that are as they should be, it knows the identifiers."""

    def __init__(self, client: Client, zone_id: str, domain: str, sleep: Sleep = asyncio.sleep) -> None:
        """Begin without knowing any; ``sleep`` waits a number of seconds."""
        self.client = client
        self.zone_id = zone_id
        self.domain = domain
        self.sleep = sleep
        self.known: dict[str, tuple[Server, str]] = {}

    async def update(self, server: Server) -> None:
        """Ensure that a server has an application, or move that to where the server is."""
        before, app_id = self.known.pop(server.name, (None, ""))
        try:
            if before is None:
                app_id = await self.ensure(server)
            elif before != server:
                await self.client.apps.change(self.zone_id, app_id, origin_direct=[server.origin])
        except SpectrumError:  # it is not known any more, so that the next round ensures it
            logging.exception("%s is left for the next round", server.name)
        else:
            self.known[server.name] = server, app_id

    async def ensure(self, server: Server) -> str:
        """Find the application of a server, also one that was created by a call that failed, or create it."""
        dns = DNS(name=f"{server.name}.{self.domain}", type="CNAME")
        wanted = AppRequest(protocol=f"tcp/{server.port}", dns=dns, origin_direct=[server.origin])
        ensured = await self.client.apps.ensure(self.zone_id, wanted, sleep=self.sleep)
        logging.info("%s: %s", dns.name, ensured.done)
        return ensured.app.id

    async def draw(self) -> bytes:
        """Draw the traffic of the last hours as a PNG picture."""
        names = {app_id: name for name, (_, app_id) in self.known.items()}
        until = datetime.now(UTC)
        report = await self.client.analytics.events.bytime(
            self.zone_id,
            time_delta="hour",
            metrics=["bytesIngress", "bytesEgress"],
            dimensions=["appID"],
            filters=F.appID.is_in(list(names)),
            since=until - CHARTED,
            until=until,
        )
        return await asyncio.to_thread(draw, report, names)


def draw(report: ReportByTime, names: dict[str, str]) -> bytes:
    """Draw a report, in a second in which the bot has other things to do."""
    picture = io.BytesIO()
    report.plot(names=names).save(picture, format="png")
    return picture.getvalue()


def read_servers(path: Path) -> list[Server]:
    """Read the file, in which each name is there once: its application cannot lead to two servers."""
    listed = json.loads(path.read_text(encoding="utf-8"))
    found = [Server(name=str(each["name"]), port=int(each["port"]), address=str(each["address"])) for each in listed]
    names = [server.name.lower() for server in found]
    if len(set(names)) < len(names):
        raise ValueError(f"a name is there twice: {', '.join(sorted(names))}")
    return found


async def post(session: aiohttp.ClientSession, webhook: str, picture: bytes) -> None:
    """Post a picture; an error is logged without the webhook's URL, which lets anybody post."""
    form = aiohttp.FormData({"content": "Traffic of the last hours"})
    form.add_field("file", picture, filename="traffic.png", content_type="image/png")
    try:
        async with session.post(webhook, data=form) as response:
            if not response.ok:
                logging.warning("the webhook took no chart: %d", response.status)
    except (aiohttp.ClientError, TimeoutError) as error:
        logging.warning("the webhook took no chart: %s", type(error).__name__)


async def run(bot: GameServers, path: Path, webhook: str) -> None:
    """Look at the file and post charts until it is cancelled; no failure of a call ends it."""
    servers: list[Server] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ROUND)) as session:
        for number in count():
            try:
                servers = read_servers(path)
            except (OSError, LookupError, TypeError, ValueError, OverflowError):
                logging.exception("%s is no list of servers; the last one counts", path)
            for server in servers:
                await bot.update(server)
            if bot.known and number % ROUNDS_PER_CHART == 0:
                try:
                    await post(session, webhook, await bot.draw())
                except SpectrumError:
                    logging.exception("there is no chart this time")
            await bot.sleep(ROUND)


async def main(zone_id: str, domain: str, path: str) -> None:
    """Open the client for as long as the bot runs."""
    async with Client.from_env() as client:
        await run(GameServers(client, zone_id, domain), Path(path), os.environ["WEBHOOK_URL"])


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    with suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
