"""Responses that come late or never, all faults at once, and stopping while responses are held back."""

import asyncio
from collections import Counter
from typing import Any

import aiohttp
import pytest

from aiospectrum.sandbox import Faults, Sandbox

BODY: dict[str, object] = {
    "protocol": "tcp/2222",
    "dns": {"type": "CNAME", "name": "new.zone1.example"},
    "origin_direct": ["tcp://192.0.2.9:2222"],
}
ALL_KINDS = Faults(
    latency=(0.1, 0.2), error_rate=0.15, reset_rate=0.2, hang_rate=0.1, truncate_rate=0.15, throttle_rate=0.1
)
A_SLOW_QUERY = "analytics/events/summary?since=2021-01-01T00:00:00Z&until=2021-02-01T00:00:00Z"
PROMPT = 0.4
"""Seconds, less than what the sandbox would wait for a response in the making."""


async def test_responses_come_late(connect: Any, sleeper: Any, until: Any) -> None:
    """Each response waits, whatever it says, while its operation is carried out and recorded at once."""
    async with connect(faults=Faults(latency=0.5), sleep=sleeper) as api:
        created = asyncio.create_task(api.create(BODY))
        await until(lambda: len(sleeper.waits) == 1)
        assert len(api.sandbox.app_ids(api.sandbox.zones[0])) == 6
        assert [(request.status, request.fault) for request in api.sandbox.requests] == [(200, None)]
        unknown = asyncio.create_task(api.call("GET", "/nope", headers={}))
        await until(lambda: len(sleeper.waits) == 2)
        assert not created.done()
        sleeper.awake.set()
        assert [(await created).status, (await unknown).status] == [200, 404]
    assert sleeper.waits == [0.5, 0.5]
    assert sleeper.given_up == 0


async def test_resets_come_late_too(connect: Any, raw: Any, sleeper: Any) -> None:
    """Latency holds resets back like responses, for a time drawn from its range each time."""
    sleeper.awake.set()
    async with connect(faults=Faults(latency=(1, 2), reset_rate=1), sleep=sleeper) as api:
        for _ in range(5):
            connection = await raw(api.sandbox)
            connection.send("GET", "apps")
            assert (await connection.read()).ending == "reset"
    assert len(set(sleeper.waits)) == 5
    assert all(1 <= seconds <= 2 for seconds in sleeper.waits)


async def test_faults_can_be_switched_while_running(connect: Any, sleeper: Any, until: Any) -> None:
    """Assigned faults hold from the next request on; a request that hangs already keeps hanging, without sleep."""
    async with connect(sleep=sleeper) as api:
        assert (await api.get("apps")).status == 200
        api.sandbox.faults = Faults(hang_rate=1, latency=1)
        hung = asyncio.create_task(api.create(BODY))
        await until(lambda: len(api.sandbox.requests) == 2)
        api.sandbox.faults = Faults(error_rate=1, error_statuses=(500,))
        assert (await api.get("apps")).status == 500
        api.sandbox.faults = Faults()
        assert (await api.get("apps")).status == 200
        assert not hung.done()
        outcomes = [(request.status, request.fault) for request in api.sandbox.requests]
        assert outcomes == [(200, None), (None, "hang"), (500, "error"), (200, None)]
        assert len(api.sandbox.app_ids(api.sandbox.zones[0])) == 5
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await hung
    assert sleeper.waits == []


@pytest.mark.parametrize("faults", [Faults(hang_rate=1), Faults(latency=3600)], ids=["hung", "late"])
async def test_responses_held_back_do_not_hold_up_the_end(raw: Any, sleeper: Any, until: Any, faults: Faults) -> None:
    """Stopping closes their connections at once, leaves no task behind, and the sandbox can be started again."""
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    sandbox = Sandbox(faults=faults, sleep=sleeper)
    took = []
    for _ in range(3):  # the shortest counts, since a busy machine may hold up any of them
        sandbox.requests.clear()
        async with sandbox:
            connections = [await raw(sandbox) for _ in range(20)]
            for connection in connections:
                connection.send("GET", "apps")
            await until(lambda: len(sandbox.requests) == 20)
            started = loop.time()
        took.append(loop.time() - started)
        assert [(await connection.read()).ending for connection in connections] == ["closed"] * 20
    assert min(took) < PROMPT
    await until(lambda: asyncio.all_tasks() == before)
    assert sleeper.given_up == len(sleeper.waits) == (60 if faults.latency else 0)


@pytest.mark.parametrize("faults", [Faults(hang_rate=1), Faults(latency=3600)], ids=["hung", "late"])
async def test_clients_that_leave_are_forgotten(
    connect: Any, raw: Any, sleeper: Any, until: Any, faults: Faults
) -> None:
    """What nobody waits for any more takes no task, so that a sandbox can run for long."""
    async with connect(faults=faults, sleep=sleeper) as api:
        before = asyncio.all_tasks()
        connections = [await raw(api.sandbox) for _ in range(5)]
        for connection in connections:
            connection.send("GET", "apps")
        await until(lambda: len(api.sandbox.requests) == 5)
        assert len(asyncio.all_tasks() - before) >= 5
        for connection in connections:
            await connection.close()
        await until(lambda: asyncio.all_tasks() == before)
        api.sandbox.faults = Faults()
        assert (await api.get("apps")).status == 200


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(Faults(latency=3600), id="latency"),
        pytest.param(Faults(reset_rate=1, reset_when="after"), id="reset"),
        pytest.param(Faults(truncate_rate=1), id="truncation"),
    ],
)
async def test_clients_that_left_meet_no_fault(
    connect: Any, raw: Any, sleeper: Any, until: Any, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault that is due when the client has left already is on record, and no trouble."""
    async with connect(zones=1, faults=faults, sleep=sleeper) as api:
        before = asyncio.all_tasks()
        connection = await raw(api.sandbox)
        connection.send("GET", A_SLOW_QUERY)
        await until(lambda: len(asyncio.all_tasks() - before) >= 2)  # one for the connection, one for the request
        await connection.close()
        assert api.sandbox.requests == []
        await until(lambda: len(api.sandbox.requests) == 1 and asyncio.all_tasks() == before)
    assert sleeper.waits == []
    assert caplog.messages == []


async def test_a_fault_that_comes_due_while_stopping_is_given_up(sleeper: Any, raw: Any, until: Any) -> None:
    """A response that takes long to make, and would then come late, is given up when the sandbox stops."""
    sandbox = Sandbox(zones=1, faults=Faults(latency=3600), sleep=sleeper)
    async with sandbox:
        before = asyncio.all_tasks()
        connection = await raw(sandbox)
        connection.send("GET", A_SLOW_QUERY)
        await until(lambda: len(asyncio.all_tasks() - before) >= 2)
    assert (await connection.read()).ending == "closed"
    assert sleeper.waits == []


async def _meet(sandbox: Sandbox, connection: Any, until: Any, number: int) -> str:
    """Send a request and return what a client sees of it."""
    connection.send("GET", "protocols")
    await until(lambda: len(sandbox.requests) == number)
    if sandbox.requests[-1].fault == "hang":
        return "nothing"
    reply = await connection.read()
    await connection.close()
    if reply.ending != "whole":
        return str(reply.ending)
    if "retry-after" in reply.headers:
        return "wait"
    return "result" if b'"success":true' in reply.body else "error"


async def test_what_is_on_record_is_what_clients_see(connect: Any, raw: Any, sleeper: Any, until: Any) -> None:
    """With all faults at once, each request meets what its record says, and each fault takes its rate."""
    names = {
        "error": "error",
        "hang": "nothing",
        "reset_after": "reset",
        "reset_before": "reset",
        "throttle": "wait",
        "truncate": "cut off",
        None: "result",
    }
    sleeper.awake.set()
    records = []
    for _ in range(2):
        async with connect(faults=ALL_KINDS, seed=11, sleep=sleeper) as api:
            seen = [await _meet(api.sandbox, await raw(api.sandbox), until, number) for number in range(1, 401)]
            records.append(list(api.sandbox.requests))
        assert seen == [names[request.fault] for request in records[-1]]
    assert records[0] == records[1]
    shares = {name: count / len(seen) for name, count in Counter(seen).items()}
    expected = {"error": 0.15, "nothing": 0.1, "reset": 0.2, "wait": 0.1, "cut off": 0.15, "result": 0.3}
    assert shares == pytest.approx(expected, abs=0.05)
    responses = [request for request in records[0] if request.fault not in ("hang", "reset_after", "reset_before")]
    assert all(isinstance(request.status, int) for request in responses)
    assert len(responses) + sum(request.status is None for request in records[0]) == 400
