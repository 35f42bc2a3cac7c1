"""Every step at once: a client gets the bytes that the step is made of."""

import asyncio

import pytest

from tests.chaos import codings
from tests.chaos.catalogue import every_step
from tests.chaos.raw_client import request, talk
from tests.chaos.seen import parse_request
from tests.chaos.server import ChaosServer
from tests.chaos.steps import HANG, RESET, Drip, Play, Reply, Send, as_step


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


EVERY_STEP = every_step(no_sleep)


@pytest.mark.parametrize("name", [name for name, play in EVERY_STEP.items() if HANG not in as_step(play).acts])
async def test_every_step_sends_its_bytes(name: str) -> None:
    """What a step is made of is what a client gets, to the last byte and the right end."""
    if name.startswith("bomb-"):
        play: Play = codings.bomb(name.removeprefix("bomb-"), 1 << 20)
    else:
        play = EVERY_STEP[name]
    sent = request("PUT", "X-Mine: yes", body=b"body")
    seen = parse_request(sent, connection=1, arrived_at=0, complete=True)
    expected = b""
    for act in as_step(play).acts:
        if isinstance(act, Send | Drip):
            expected += act.data
        elif isinstance(act, Reply):
            expected += act.make(seen).encode()
    async with ChaosServer([play]) as server:
        assert await talk(server.url, sent) == (expected, "reset" if RESET in as_step(play).acts else "eof")
        assert server.attempts == 1


def test_names_of_steps_are_unique() -> None:
    """Each step has a name of its own that a test id can be made of."""
    assert all(name.isprintable() and " " not in name for name in EVERY_STEP)
