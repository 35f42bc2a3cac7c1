"""Plans that are applied through faults and kills at any moment: the end is what the file says, and nothing else."""

import asyncio
import json
import logging
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from aiospectrum import DNS, AppRequest, Client, ConflictError, RetryPolicy
from aiospectrum.apps import ApplyError, Desired, ZonesError, apply, export, plan, to_values
from aiospectrum.apps.raw import list_raw
from aiospectrum.sandbox import Faults, Sandbox
from tests.chaos.applying_process import no_sleep

ROUNDS: Final = 200
PROCESSES: Final = 6
FAULTS: Final = Faults(latency=(0.0, 0.004), error_rate=0.08, reset_rate=0.08, truncate_rate=0.04)
"""A fifth of all requests fails; of those that are reset or cut, many were carried out."""
MOST_RUNS: Final = 60


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Do not show a line for each of thousands of attempts when a test fails."""
    caplog.set_level(logging.ERROR, "aiospectrum")


def sampled(rounds: int, sample: int) -> Any:
    """Rounds, of which those after the sample run in `nox -s chaos` alone."""
    marked = [pytest.param(each, marks=pytest.mark.exhaustive) for each in range(sample, rounds)]
    return pytest.mark.parametrize("number", [*range(sample), *marked])


def chance_of(number: int) -> random.Random:
    """What happens in a round; pytest-randomly's seed brings it back."""
    seed = f"{random.randrange(2**32)}-{number}"  # noqa: S311 - no secret
    print(f"the seed of this round is {seed}")
    return random.Random(seed)  # noqa: S311 - no secret


def request(name: str, port: int, **changes: Any) -> AppRequest:
    direct = [f"tcp://192.0.2.{port % 200 + 1}:{port}"]
    return AppRequest(**{"protocol": f"tcp/{port}", "dns": DNS(name=name), "origin_direct": direct, **changes})


@attrs.define(kw_only=True)
class World:
    """A sandbox of two zones, what is wanted of them, and what was there before."""

    sandbox: Sandbox
    desired: list[Desired]
    before: dict[str, dict[str, dict[str, Any]]]
    """JSON values by zone and host name."""

    async def look(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What is there, without faults; fails when two applications have a name."""
        self.sandbox.faults = Faults()
        found = {}
        async with open_client(self.sandbox) as client:
            for zone in self.sandbox.zones:
                apps = await list_raw(client, zone)
                found[zone] = {each["dns"]["name"]: each for each in apps}
                assert len(found[zone]) == len(apps)
        return found

    async def check(self) -> None:
        """The end is what was wanted, nothing was created twice, and nothing else was touched."""
        after = await self.look()
        async with open_client(self.sandbox) as client:
            assert {change.action for change in await plan(client, self.desired)} == {"nothing"}
        for zone, before in self.before.items():
            wanted = {each.app.dns.name or "": each for each in self.desired if each.zone == zone}
            gone = {name for name, each in wanted.items() if each.absent}
            assert after[zone].keys() == (before.keys() | wanted.keys()) - gone
            for name, app in before.items():
                if name not in wanted:
                    assert after[zone][name] == app
                elif name not in gone:
                    assert after[zone][name]["id"] == app["id"]
                    assert after[zone][name].get("shiny") == app.get("shiny")
        creates = [each.status for each in self.sandbox.requests if each.method == "POST"]
        assert 409 not in creates  # as the API answers to a second create of the same one


@asynccontextmanager
async def open_client(sandbox: Sandbox) -> AsyncIterator[Client]:
    retry = RetryPolicy(base_wait=0)
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url, retry=retry, rate_limit=None) as client:
        yield client


@asynccontextmanager
async def open_world(chance: random.Random) -> AsyncIterator[World]:
    """Make a world: applications to create, replace, delete and leave, in a random order."""
    seed = chance.randrange(2**32)
    async with Sandbox(zones=2, apps_per_zone=5, seed=seed, rate_limit=None, newer_fields=["shiny"]) as sandbox:
        desired: list[Desired] = []
        for number, zone in enumerate(sandbox.zones, 1):
            domain = f"zone{number}.example"
            ports = chance.sample(range(1000, 2000), chance.randrange(3, 8))
            desired += [Desired(zone=zone, app=request(f"new{port}.{domain}", port)) for port in ports]
            kept = {
                "protocol": "tcp/2000",
                "dns": {"name": f"kept.{domain}"},
                "origin_direct": ["tcp://192.0.2.1:2000"],
            }
            sandbox.hold_app(zone, {**kept, "shiny": {"a": number}})
            desired.append(Desired(zone=zone, app=request(f"kept.{domain}", 2000, tls="full")))
            desired.append(Desired(zone=zone, app=request(f"ssh.{domain}", 22, proxy_protocol="v1")))
            desired.append(Desired.to_delete(zone, name=f"dns.{domain}", protocol="udp/53"))
            desired.append(Desired.to_delete(zone, name=f"never.{domain}", protocol="tcp/1"))
        async with open_client(sandbox) as client:
            same = [each for each in await export(client, sandbox.zones) if each.app.protocol == "tcp/8883"]
        desired += same
        chance.shuffle(desired)
        world = World(sandbox=sandbox, desired=desired, before={})
        world.before = await world.look()
        sandbox.requests.clear()
        sandbox.faults = FAULTS
        yield world


async def run_once(world: World) -> bool:
    """Plan and apply once; gives whether that was complete."""
    async with open_client(world.sandbox) as client:
        try:
            await apply(client, await plan(client, world.desired), on_error="continue", sleep=no_sleep)
        except (ApplyError, ZonesError):
            return False
        return True


@sampled(ROUNDS, 20)
async def test_kills_and_faults(number: int) -> None:
    """Runs are cancelled at random moments, begun again, and end some time."""
    chance = chance_of(number)
    async with open_world(chance) as world:
        kills = chance.randrange(6)
        is_complete = False
        for each in range(MOST_RUNS):
            run = asyncio.ensure_future(run_once(world))
            if each < kills:
                await asyncio.wait((run,), timeout=chance.uniform(0, 0.15))
                run.cancel()
            with suppress(asyncio.CancelledError):
                is_complete = await run
            await asyncio.sleep(0.01)  # what was sent arrives; the gap that is left has a test of its own
            if is_complete and each >= kills:
                break
        assert is_complete
        await world.check()


@sampled(PROCESSES, 1)
async def test_killed_processes(number: int, tmp_path: Path) -> None:
    """The same with processes that are killed after so many requests."""
    chance = chance_of(number)
    file = tmp_path / "apps.json"
    async with open_world(chance) as world:
        file.write_text(json.dumps(to_values(world.desired)), encoding="utf-8")
        pytest.importorskip("ruamel.yaml")
        for kill in (*(chance.randrange(1, 25) for _ in range(3)), None):
            seen = len(world.sandbox.requests)
            process = await start(world.sandbox, file)
            ended = asyncio.ensure_future(process.wait())
            while not ended.done() and (kill is None or len(world.sandbox.requests) < seen + kill):
                await asyncio.wait((ended,), timeout=0.002)
            if not ended.done():
                process.kill()
            assert await ended in (0, -9)
        assert process.returncode == 0
        await world.check()


async def start(sandbox: Sandbox, file: Path) -> asyncio.subprocess.Process:
    script = Path(__file__).with_name("applying_process.py")
    environ = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    return await asyncio.create_subprocess_exec(
        sys.executable, str(script), sandbox.url, sandbox.api_token, str(file), env=environ
    )


class SlowLine:
    """A line to the sandbox that holds the first create back, whose client is gone when it arrives."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.held: list[bytes] = []
        self.has_create = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        back = asyncio.ensure_future(pump(far_reader, writer))
        try:
            while data := await reader.read(65536):
                if data.startswith(b"POST") and not self.held:
                    self.held.append(data)
                    self.has_create.set()
                else:
                    far_writer.write(data)
        finally:
            back.cancel()
            far_writer.close()
            writer.close()

    async def release(self) -> None:
        """Let the create arrive."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self.held[0])
        assert b" 200 " in await reader.readline()
        writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


async def test_a_create_that_arrives_after_the_next_run_has_listed() -> None:
    """The gap that is left: the next run creates too, of which the API refuses the second; then all is as wanted."""
    async with Sandbox(zones=1, apps_per_zone=0) as sandbox:
        desired = [Desired(zone=sandbox.zones[0], app=request("late.zone1.example", 22))]
        line = SlowLine(int(sandbox.url.split(":")[2].partition("/")[0]))
        async with await asyncio.start_server(line.serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with Client(api_token=sandbox.api_token, base_url=f"http://127.0.0.1:{port}/client/v4") as client:
                first = asyncio.ensure_future(apply(client, await plan(client, desired)))
                await line.has_create.wait()
                first.cancel()
                with suppress(asyncio.CancelledError):
                    await first
        async with open_client(sandbox) as client:
            changes = await plan(client, desired)
            assert [change.action for change in changes] == ["create"]
            with pytest.raises(ApplyError) as raised:
                await apply(HeldList(client, line), changes)
            assert isinstance(raised.value.__cause__, ConflictError)
            assert [change.action for change in await plan(client, desired)] == ["nothing"]
        assert len(sandbox.app_ids(sandbox.zones[0])) == 1


@attrs.frozen
class HeldList:
    """A transport over which the late create arrives between a list of applications and the next call."""

    client: Client
    line: SlowLine

    async def send(self, route: Any, **arguments: Any) -> Any:
        response = await self.client.send(route, **arguments)
        if route.name == "list_apps":
            await self.line.release()
        return response
