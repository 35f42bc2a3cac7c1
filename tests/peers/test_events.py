"""The examples that live inside other people's programs, driven through those: a Discord bot and a web service."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import aiohttp
import hikari
import pytest
import uvicorn
from aiohttp import web
from aiohttp.test_utils import TestServer

from aiospectrum import Client, bulk
from aiospectrum.sandbox import Faults, Sandbox
from examples.with_fastapi import app
from examples.with_hikari import LONGEST_MESSAGE, TrafficWatch, fit
from tests.peers.conftest import Tally

CHANNEL = 1001
UNKNOWN = "0" * 32
AUTHOR = {"id": "1", "username": "bot", "discriminator": "0", "global_name": None, "avatar": None, "flags": 0}


class Discord:
    """What of Discord's HTTP API a bot needs to post."""

    def __init__(self) -> None:
        self.posted: asyncio.Queue[str] = asyncio.Queue()
        self.refused = asyncio.Event()
        self.refuses = False

    async def take(self, request: web.Request) -> web.Response:
        """Take a message, or say that this bot may not post."""
        if self.refuses:
            self.refused.set()
            return web.json_response({"code": 50001, "message": "Missing Access"}, status=403)
        content = (await request.json())["content"]
        self.posted.put_nowait(content)
        empty: dict[str, Any] = {
            name: [] for name in ("mentions", "mention_roles", "attachments", "embeds", "components")
        }
        said = {"content": content, "timestamp": datetime.now(UTC).isoformat(), "edited_timestamp": None, "type": 0}
        flags = {"tts": False, "mention_everyone": False, "pinned": False, "flags": 0}
        ids = {"id": "2", "channel_id": request.match_info["channel"], "author": AUTHOR}
        return web.json_response({**empty, **said, **flags, **ids})


class Clock:
    """A time of day that passes only while somebody sleeps, who goes on when the test takes the sleep."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.sleeps: asyncio.Queue[float] = asyncio.Queue(maxsize=1)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.now += seconds
        await self.sleeps.put(seconds)


@asynccontextmanager
async def discord_bot(discord: Discord) -> AsyncIterator[hikari.GatewayBot]:
    """A bot that posts here, and gets its events from the test in place of a gateway."""
    application = web.Application()
    application.router.add_post("/channels/{channel}/messages", discord.take)
    async with TestServer(application) as server:
        url = str(server.make_url("")).rstrip("/")
        bot = hikari.GatewayBot("MTIz.of.tests", banner=None, logs=None, intents=hikari.Intents.NONE, rest_url=url)
        rest = bot.rest
        assert isinstance(rest, hikari.impl.RESTClientImpl)
        rest.start()
        try:
            yield bot
        finally:
            await rest.close()


async def test_a_discord_bot(tally: Tally, caplog: pytest.LogCaptureFixture) -> None:
    """It says once what began, says later what could not be posted, and leaves nothing open when it stops."""
    discord, clock = Discord(), Clock()
    async with Sandbox(zones=1, seed=7) as sandbox, discord_bot(discord) as bot, asyncio.timeout(10):
        client = Client(api_token=sandbox.api_token, base_url=sandbox.url)
        rounds = bulk.watch(client, [*sandbox.zones, UNKNOWN], clock=clock, sleep=clock.sleep)
        watch = TrafficWatch(bot, client, rounds, channel=CHANNEL, busy=-1)
        discord.refuses = True
        await bot.dispatch(hikari.StartedEvent(app=bot), return_tasks=True)
        await clock.sleeps.get()
        await discord.refused.wait()
        discord.refuses = False
        lines = (await discord.posted.get()).splitlines()
        for _ in range(4):  # rounds with nothing new
            await clock.sleeps.get()
        await bot.dispatch(hikari.StoppingEvent(app=bot), return_tasks=True)

    [zone_id] = sandbox.zones
    busy = [f"Application `{app_id}` of zone `{zone_id}` is busy." for app_id in sorted(sandbox.app_ids(zone_id))]
    assert lines == [*busy, f"Zone `{UNKNOWN}` failed: PermissionDeniedError."]
    assert discord.posted.empty()
    assert "Discord took no message" in [record.getMessage() for record in caplog.records]
    assert watch.task is not None
    assert watch.task.cancelled()
    tally.count(f"hikari {version('hikari')}", calls=len(sandbox.requests), cases=len(lines))


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The web service, run by uvicorn from its start to its end; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


def test_what_a_message_cannot_hold_is_left_for_the_next() -> None:
    """Lines are posted whole or not at all."""
    long, line = "x" * (LONGEST_MESSAGE - 11), "y" * 10
    assert fit([long, line]) == [long, line]
    assert len("\n".join([long, line])) == LONGEST_MESSAGE
    assert fit([f"{long}x", line]) == [f"{long}x"]
    assert fit([]) == []


async def test_a_web_service(tally: Tally, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Its results are the API's, and each kind of failure has a status of its own."""
    caplog.set_level(logging.WARNING)
    responses: dict[str, tuple[int, Any, str | None]] = {}
    good = {"protocol": "tcp/2222", "dns": {"name": "new.zone1.example"}, "origin_direct": ["tcp://192.0.2.1:22"]}
    bodies = [good, {**good, "tsl": "full"}, {**good, "dns": {"nmae": "a"}}, {**good, "tls": "ful"}, [good]]
    posted: list[tuple[int, str]] = []
    async with Sandbox(zones=1, seed=7) as sandbox:
        [zone_id] = sandbox.zones
        monkeypatch.setenv("CLOUDFLARE_API_TOKEN", sandbox.api_token)
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", sandbox.url)
        async with served() as url, aiohttp.ClientSession(url) as session:

            async def ask(path: str) -> None:
                async with session.get(path) as response:
                    found = json.loads(await response.read())
                    responses[path] = response.status, found, response.headers.get("Retry-After")

            for path in (f"/zones/{zone_id}/apps", f"/zones/{zone_id}/summary?hours=2", f"/zones/{UNKNOWN}/apps"):
                await ask(path)
            await ask("/zones/short/apps")
            await ask(f"/zones/{zone_id}/summary?hours=100000000")
            for body in bodies:
                async with session.post(f"/zones/{zone_id}/apps", json=body) as response:
                    posted.append((response.status, await response.text()))
            sandbox.faults = Faults(throttle_rate=1, throttle_retry_after=300)
            await ask(f"/zones/{zone_id}/apps?throttled")
        requests = len(sandbox.requests)

    assert [status for status, _, _ in responses.values()] == [200, 200, 404, 422, 422, 503]
    assert [status for status, _ in posted] == [200, 422, 422, 422, 422]
    assert json.loads(posted[0][1])["protocol"] == "tcp/2222"
    for number, words in ((1, "'tls'"), (2, "dns.nmae"), (3, "full"), (4, "object")):
        assert words in posted[number][1]
    apps, totals, unknown, short, long, throttled = (found for _, found, _ in responses.values())
    created = json.loads(posted[0][1])["id"]
    assert sorted([*(each["id"] for each in apps), created]) == sorted(sandbox.app_ids(zone_id))
    assert all(total > 0 for total in totals.values())
    assert set(totals) == {"count", "bytesIngress", "bytesEgress"}
    assert unknown == {"detail": "no such zone, or not one of ours"}
    assert "zone_id" in short["detail"]
    assert "hours" in str(long["detail"])
    assert throttled == {"detail": "too many requests to Cloudflare"}
    retry_after = list(responses.values())[-1][2]
    assert retry_after is not None
    assert 300 <= int(retry_after) < 400
    tally.count(f"fastapi {version('fastapi')}, uvicorn {version('uvicorn')}", calls=requests, cases=len(responses))
