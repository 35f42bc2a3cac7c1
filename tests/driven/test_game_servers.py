"""The bot for game servers in ``examples``, through a storm and as a program."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web

from aiospectrum import Client, Limiter, RetryPolicy
from aiospectrum.sandbox import Faults, Sandbox
from examples import game_servers
from tests.conftest import Serve

SPEED = 600
"""How much faster the clock of the limiter goes than the real one."""
STORM = Faults(error_rate=0.1, reset_rate=0.2, truncate_rate=0.1, throttle_rate=0.1, storm_every=25, storm_lasts=5)
"""A fifth of the time all is refused, and half of the rest goes wrong."""
PNG = b"\x89PNG\r\n\x1a\n"


class Webhook:
    """A server that takes charts, after it has refused some."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.pictures: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        """Take the picture in a form."""
        file = (await request.post())["file"]
        assert isinstance(file, web.FileField)
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        self.pictures.put_nowait(file.file.read())
        return web.Response(status=204)


def write_servers(path: Path, addresses: dict[str, str]) -> None:
    """Write where each server is; all have the same port."""
    servers = [{"name": name, "port": 25565, "address": address} for name, address in addresses.items()]
    path.write_text(json.dumps(servers), encoding="utf-8")


async def list_origins(client: Client, zone_id: str) -> list[tuple[str | None, list[str] | None]]:
    """The host name and the origins of each application."""
    return sorted([(app.dns.name, app.origin_direct) async for app in client.apps.iterate(zone_id)])


async def test_game_servers_through_a_storm(serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each server has one application in the end, where it is now; others are as they were, and a chart was posted."""
    pytest.importorskip("altair")
    path, webhook = tmp_path / "servers.json", Webhook(refusals=1)
    names = [f"server-{number}" for number in range(10)]
    before = dict.fromkeys(names, "192.0.2.1")
    moved = {name: f"2001:db8::{number}" for number, name in enumerate(names, 1)}
    loop = asyncio.get_running_loop()
    limiter = Limiter(
        clock=lambda: loop.time() * SPEED,
        call_later=lambda seconds, call: loop.call_later(seconds / SPEED, call),
    )
    # A second passes with each request, so that there are storms however fast the machine is.
    sandbox = Sandbox(zones=1, seed=3, rate_limit=None, monotonic=partial(next, count(1.0)))
    retry = RetryPolicy(base_wait=0.001, budget=10**6)
    async with (
        sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=limiter, retry=retry) as client,
    ):
        [zone_id] = sandbox.zones
        others = await list_origins(client, zone_id)
        sandbox.faults = STORM
        steps = iter((lambda: path.write_text("[{"), lambda: write_servers(path, moved)))

        async def sleep(seconds: float) -> None:
            """Change the file whenever all is as it says, and end the bot when a chart has been posted as well."""
            await asyncio.sleep(0)
            if seconds == game_servers.ROUND and len(bot.known) == len(names):
                step = next(steps, None)
                if step is not None:
                    step()
                elif not webhook.pictures.empty():
                    raise asyncio.CancelledError

        bot = game_servers.GameServers(client, zone_id, "play.zone1.example", sleep)
        write_servers(path, before)
        with pytest.raises(asyncio.CancelledError):
            await game_servers.run(bot, path, f"{await serve(webhook.take)}/secret")

        met = {request.fault for request in sandbox.requests}
        sandbox.faults = Faults()
        origins = await list_origins(client, zone_id)
    assert met >= {None, "error", "reset_before", "reset_after", "truncate", "throttle", "storm"}
    expected = [(f"{name}.play.zone1.example", [f"tcp://[{address}]:25565"]) for name, address in moved.items()]
    assert origins == sorted([*others, *expected])
    assert webhook.pictures.get_nowait().startswith(PNG)
    assert f"{path} is no list of servers; the last one counts" in caplog.messages
    assert "the webhook took no chart: 503" in caplog.messages
    assert "secret" not in caplog.text


def test_two_servers_of_one_name(tmp_path: Path) -> None:
    """They are refused: their application would go from one to the other in each round."""
    path = tmp_path / "servers.json"
    write_servers(path, {"survival": "192.0.2.10", "creative": "192.0.2.11"})
    assert [server.name for server in game_servers.read_servers(path)] == ["survival", "creative"]
    write_servers(path, {"survival": "192.0.2.10", "Survival": "192.0.2.11"})
    with pytest.raises(ValueError, match="a name is there twice: survival, survival"):
        game_servers.read_servers(path)


@pytest.mark.usefixtures("_interruptible")
async def test_the_game_server_bot(serve: Serve, tmp_path: Path, spectrum_sandbox: Sandbox) -> None:
    """The program ensures what the file says, posts a chart at once, and ends well when it is interrupted."""
    pytest.importorskip("altair")
    sandbox, webhook, path = spectrum_sandbox, Webhook(), tmp_path / "servers.json"
    write_servers(path, {"survival": "192.0.2.10", "creative": "2001:db8::11"})
    environ = {"CLOUDFLARE_API_TOKEN": sandbox.api_token, "CLOUDFLARE_BASE_URL": sandbox.url}
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", game_servers.__file__, sandbox.zones[0], "zone1.example", path),
        env={**os.environ, **environ, "WEBHOOK_URL": await serve(webhook.take)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            picture = await webhook.pictures.get()
        if sys.platform != "win32":
            program.send_signal(signal.SIGINT)
            async with asyncio.timeout(60):
                assert await program.wait() == 0
    finally:
        with suppress(ProcessLookupError):
            program.kill()
        said = (await program.communicate())[1].decode()
    assert picture.startswith(PNG)
    for name in ("survival", "creative"):
        assert f"{name}.zone1.example: created" in said
    assert "Traceback" not in said
