"""Starting and stopping sandboxes, in coroutines and in threads."""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import aiohttp
import pytest

from aiospectrum.sandbox import Faults, RecordedRequest, Sandbox, run_in_thread, serve

ZONE = "a" * 32


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"zones": 0}, "zones"),
        ({"zones": True}, "zones"),
        ({"zones": []}, "zones"),
        ({"zones": ["x"]}, "zones"),
        ({"zones": [ZONE, ZONE]}, "zones"),
        ({"zones": [5]}, "zones"),
        ({"zones": [[]]}, "zones"),
        ({"zones": 1.0}, "zones"),
        ({"zones": None}, "zones"),
        ({"paygo_zones": None}, "paygo_zones"),
        ({"paygo_zones": [5]}, "paygo_zones"),
        ({"newer_fields": "session"}, "newer_fields"),
        ({"newer_fields": [5]}, "newer_fields"),
        ({"newer_fields": 5}, "newer_fields"),
        ({"host": None}, "host"),
        ({"data_lag": 10**400}, "data_lag"),
        ({"api_token": None}, "api_token"),
        ({"api_key": b"secret"}, "api_key"),
        ({"apps_per_zone": -1}, "apps_per_zone"),
        ({"apps_per_zone": 1.5}, "apps_per_zone"),
        ({"paygo_zones": [ZONE]}, "paygo_zones"),
        ({"seed": 2**63}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"port": 65536}, "port"),
        ({"data_lag": -1}, "data_lag"),
        ({"data_lag": "x"}, "data_lag"),
        ({"data_lag": float("nan")}, "data_lag"),
        ({"rate_limit": 5}, "rate_limit"),
        ({"api_email": "x"}, "api_email"),
        ({"api_token": "secret"}, "api_token"),
        ({"api_key": "secret"}, "api_key"),
        ({"on_request": 5}, "on_request"),
        ({"on_request": asyncio.sleep}, "on_request"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], name: str) -> None:
    """A constructor argument that makes no sense is named, with what was expected, and no secret is shown."""
    with pytest.raises(ValueError, match=f"^{name} is .*; expected ") as caught:
        Sandbox(**arguments)
    assert "secret" not in str(caught.value)


def test_zones_may_be_given_or_made() -> None:
    """Ids are taken as they are, or made from the seed; an unknown zone is refused."""
    assert Sandbox(zones=[ZONE]).zones == (ZONE,)
    assert Sandbox(zones=2).zones == Sandbox(zones=5).zones[:2]
    assert Sandbox(zones=2, seed=1).zones != Sandbox(zones=2).zones
    for ask in (Sandbox().app_ids, Sandbox().zone_name):
        with pytest.raises(ValueError, match=f"^zone_id is '{ZONE}'"):
            ask(ZONE)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_apps_are_seeded(count: int) -> None:
    """Every zone starts with the given number of apps, whatever its plan."""
    sandbox = Sandbox(zones=[ZONE, "b" * 32], paygo_zones=[ZONE], apps_per_zone=count)
    ids = [app_id for zone in sandbox.zones for app_id in sandbox.app_ids(zone)]
    assert len(set(ids)) == 2 * count


async def test_secrets_are_not_shown() -> None:
    """The representation has the address, but neither token nor key."""
    sandbox = Sandbox(seed=7)
    assert repr(sandbox) == "<Sandbox zones=3 seed=7 not running>"
    async with sandbox:
        assert repr(sandbox) == f"<Sandbox zones=3 seed=7 {sandbox.url}>"
    shown = repr(vars(sandbox))
    assert sandbox.api_token not in shown
    assert sandbox.api_key not in shown


async def test_the_url_lives_as_long_as_the_sandbox() -> None:
    """Before and after ``async with`` there is no URL; the state outlasts it."""
    sandbox = Sandbox()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not running"):
            print(sandbox.url)
        async with sandbox:
            assert sandbox.url.startswith("http://127.0.0.1:")
            with pytest.raises(RuntimeError, match="running already"):
                await sandbox.__aenter__()
            async with aiohttp.ClientSession() as session, session.get(sandbox.url) as response:
                assert response.status == 404
    assert len(sandbox.requests) == 2
    await sandbox.__aexit__(None, None, None)  # stopping what is stopped does nothing


async def test_nothing_outlives_the_sandbox() -> None:
    """Stopping closes idle connections at once, frees the port and leaves no task behind."""
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    sandbox = Sandbox()
    async with aiohttp.ClientSession() as session:
        async with sandbox:
            url = sandbox.url
            async with session.get(url) as response:
                await response.read()
            started = loop.time()
        assert loop.time() - started < 5
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    port = int(url.split(":")[2].partition("/")[0])
    async with Sandbox(port=port) as again:
        assert again.url == url


async def test_a_running_query_does_not_hold_up_the_end() -> None:
    """A report that takes seconds is dropped when the sandbox stops, and others are served meanwhile."""
    loop = asyncio.get_running_loop()
    sandbox = Sandbox(zones=1)
    headers = {"Authorization": f"Bearer {sandbox.api_token}"}
    query = {"since": "2021-01-01T00:00:00Z", "until": "2021-12-31T00:00:00Z"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with sandbox:
            path = f"{sandbox.url}/zones/{sandbox.zones[0]}/spectrum"
            slow = asyncio.create_task(session.get(f"{path}/analytics/events/summary", params=query))
            async with session.get(f"{path}/protocols") as response:
                assert response.status == 200
            assert not slow.done()
            started = loop.time()
        assert loop.time() - started < 5
        with pytest.raises(aiohttp.ClientError):
            await slow


async def test_a_busy_port_is_an_error() -> None:
    """When the address is taken, entering fails and leaves nothing open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sandbox = Sandbox(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="address"):
            await sandbox.__aenter__()
        with pytest.raises(OSError, match="address"), run_in_thread(sandbox):
            pytest.fail("the block must not run")
    async with sandbox:
        assert sandbox.url


async def test_ipv6_addresses_are_bracketed() -> None:
    """The URL of a sandbox on the IPv6 loopback is one."""
    with suppress(OSError):  # machines without IPv6 have no such address
        async with Sandbox(host="::1") as sandbox:
            assert sandbox.url.startswith("http://[::1]:")


async def test_each_request_goes_to_a_function() -> None:
    """Once its response is sent, with the seconds that it took; also one that nobody waits for any more."""
    seconds = iter(range(100))
    seen: list[tuple[RecordedRequest, float]] = []
    sandbox = Sandbox(zones=1, monotonic=lambda: next(seconds), on_request=lambda *each: seen.append(each))
    headers = {"Authorization": f"Bearer {sandbox.api_token}"}
    async with sandbox, aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{sandbox.url}/zones/{sandbox.zones[0]}/spectrum/apps") as response:
            await response.read()
        sandbox.faults = Faults(hang_rate=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await session.get(f"{sandbox.url}/zones/{sandbox.zones[0]}/spectrum/apps")
    assert [request for request, _ in seen] == sandbox.requests
    assert [(request.status, request.fault) for request, _ in seen] == [(200, None), (None, "hang")]
    assert all(took > 0 for _, took in seen)


async def test_serve_runs_until_cancelled() -> None:
    """It reports the URL once it listens, and stops cleanly."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    sandbox = Sandbox()
    task = asyncio.create_task(serve(sandbox, ready=ready.set_result))
    assert await ready == sandbox.url
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "not running" in repr(sandbox)


async def test_serve_needs_no_callback() -> None:
    """Without a callback it runs all the same."""
    sandbox = Sandbox()
    task = asyncio.create_task(serve(sandbox))
    for _ in range(100):
        await asyncio.sleep(0)
    assert sandbox.url
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_thread_serves_code_without_a_loop() -> None:
    """The thread starts with the block and is joined at its end."""
    before = threading.active_count()
    with run_in_thread(Sandbox()) as sandbox:
        assert threading.active_count() == before + 1
        with pytest.raises(HTTPError) as caught:
            urlopen(sandbox.url)  # noqa: S310 - the scheme is http
        caught.value.close()
        assert caught.value.code == 404
    assert threading.active_count() == before
    assert "not running" in repr(sandbox)


def test_a_thread_ends_with_a_failing_block() -> None:
    """An error in the block passes through, and the thread is joined all the same."""
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), run_in_thread(Sandbox()):
        raise ZeroDivisionError
    assert threading.active_count() == before


async def test_a_thread_serves_a_loop_of_another() -> None:
    """A sandbox in a thread serves a client on the test's own loop."""
    with run_in_thread(Sandbox()) as sandbox:
        async with aiohttp.ClientSession() as session, session.get(sandbox.url) as response:
            assert response.status == 404
