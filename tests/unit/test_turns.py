"""Turns of the event loop."""

import asyncio
from itertools import pairwise

import pytest

from aiospectrum._http.turns import Turns


async def test_the_first_does_not_wait() -> None:
    """Nothing is awaited when nobody else has a turn."""
    with pytest.raises(StopIteration):
        Turns().take().send(None)
    await asyncio.sleep(0)  # in which the turn ends


async def test_others_get_turns_in_between() -> None:
    """Each of those that come at once is followed by whoever else is ready."""
    turns, seen = Turns(), list[str]()

    async def read(name: str) -> None:
        await turns.take()
        seen.append(name)

    reading = asyncio.gather(*map(read, "abc"))
    while not reading.done():
        await asyncio.sleep(0)
        seen.append("other")

    assert [each for each in seen if each != "other"] == ["a", "b", "c"]
    assert all("other" in pair for pair in pairwise(seen))


@pytest.mark.parametrize("steps", [1, 2], ids=["before its turn", "as its turn comes"])
async def test_a_turn_that_nobody_wants_any_more_is_passed_on(steps: int) -> None:
    """Cancelling one that waits does not stop those behind it."""
    turns = Turns()
    first, waiting, behind = (asyncio.create_task(turns.take()) for _ in range(3))
    for _ in range(steps):
        await asyncio.sleep(0)
    assert first.done()
    assert not waiting.done()
    waiting.cancel()

    async with asyncio.timeout(10):
        await behind

    assert waiting.cancelled()
