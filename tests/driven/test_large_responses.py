"""Large responses that arrive together are decoded one by one, and other tasks run in between."""

import asyncio
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import attrs
import pytest
from aiohttp import web

from aiospectrum import AmbiguousWriteError, Client, RequestTimeoutError
from aiospectrum._http.session import LARGE
from aiospectrum.routes import Route
from tests.conftest import TOKEN, Serve

SEEN: list[str] = []
CALLS: Final = 8


def note(number: int) -> int:
    SEEN.append("read")
    return number


@attrs.frozen
class Probe:
    """A result that is noted when it is made."""

    number: int = attrs.field(converter=note)


PROBE: Final = Route[Probe](name="probe", method="GET", path="/probe", result=Probe, safe_to_repeat=True)


@pytest.mark.parametrize(("size", "take_turns"), [(LARGE, True), (1, False)], ids=["large", "small"])
async def test_responses_that_arrive_together(serve: Serve, size: int, take_turns: bool) -> None:
    """The server holds all responses back until all calls are there, and the loop until all responses are."""
    here, go = asyncio.Semaphore(0), asyncio.Event()

    async def respond(_: web.Request) -> web.Response:
        here.release()
        await go.wait()
        return web.json_response({"success": True, "result": {"number": 5}, "more": "x" * size})

    SEEN.clear()
    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        calls = [asyncio.create_task(client.send(PROBE, path={}, query={})) for _ in range(CALLS)]
        for _ in calls:
            await here.acquire()
        go.set()
        while not all(call.done() for call in calls):
            await asyncio.sleep(0)
            SEEN.append("other")

    assert SEEN.count("read") == CALLS
    if take_turns:
        assert all("other" in pair for pair in pairwise(SEEN))


class Gate:
    """What a result waits for in a thread."""

    opened = threading.Event()
    inside = 0
    most_inside = 0


def wait_for_gate(number: int) -> int:
    Gate.inside += 1
    Gate.most_inside = max(Gate.most_inside, Gate.inside)
    assert Gate.opened.wait(20)
    Gate.inside -= 1
    return number


@attrs.frozen
class Slow:
    """A result that takes its time to be made."""

    number: int = attrs.field(converter=wait_for_gate)


SLOW: Final = Route[Slow](name="slow", method="GET", path="/slow", result=Slow, safe_to_repeat=True)
SLOW_CREATE: Final = Route[Slow](name="slow", method="POST", path="/slow", result=Slow, safe_to_repeat=False)


async def respond_slow(_: web.Request) -> web.Response:
    """A large response that the fast path does not take."""
    return web.json_response({"success": True, "result": {"number": 5}, "more": "x" * LARGE})


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """A gate that is closed until it is set."""
    Gate.opened.clear()
    Gate.most_inside = 0
    yield Gate.opened
    Gate.opened.set()


async def test_the_loop_runs_while_the_fallback_reads(serve: Serve, gate: threading.Event) -> None:
    """The fallback reads large responses apart from the event loop, one at a time."""
    async with Client(api_token=TOKEN, base_url=await serve(respond_slow)) as client:
        calls = [asyncio.create_task(client.send(SLOW, path={}, query={})) for _ in range(CALLS)]
        while not Gate.inside:  # noqa: ASYNC110 - it is a thread that sets it
            await asyncio.sleep(0)
        assert not any(call.done() for call in calls)
        gate.set()
        assert [response.result for response in await asyncio.gather(*calls)] == [Slow(5)] * CALLS
    assert Gate.most_inside == 1


@pytest.mark.parametrize(
    ("route", "kind"), [(SLOW, RequestTimeoutError), (SLOW_CREATE, AmbiguousWriteError)], ids=["get", "create"]
)
async def test_the_deadline_holds_while_the_fallback_reads(
    route: Route[Slow], kind: type[Exception], serve: Serve, gate: threading.Event
) -> None:
    """A call ends at its deadline although its response is being read; a create may have taken place."""
    async with Client(api_token=TOKEN, base_url=await serve(respond_slow), timeout=0.5) as client:
        with pytest.raises(kind, match=r"took longer than the timeout of 0\.5 s"):
            await client.send(route, path={}, query={})
    assert not gate.is_set()
    gate.set()
