"""Large responses that arrive together are decoded one by one, and other tasks run in between."""

import asyncio
from itertools import pairwise
from typing import Final

import attrs
import pytest
from aiohttp import web

from aiospectrum import Client
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
