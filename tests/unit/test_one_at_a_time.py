"""Large responses are decoded one at a time, and other tasks run in between."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from aiospectrum._http.credentials import choose_credentials
from aiospectrum._http.session import Session


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    """An open session."""
    credentials = choose_credentials(api_token="t", api_email=None, api_key=None, schemes=("api_token",))
    session = Session(headers={}, credentials=credentials, max_body_bytes=1)
    session.open()
    yield session
    await session.close()


async def test_the_first_does_not_wait(session: Session) -> None:
    """Nothing is awaited when no other response is being decoded."""
    with pytest.raises(StopIteration):
        session.one_at_a_time().__aenter__().send(None)  # type: ignore[attr-defined]  # a coroutine


async def test_other_tasks_run_in_between(session: Session) -> None:
    """Each of those that come at once is followed by whoever else is ready."""
    seen = list[str]()

    async def read(name: str) -> None:
        async with session.one_at_a_time():
            seen.append(name)

    reading = asyncio.gather(*map(read, "abc"))
    while not reading.done():
        await asyncio.sleep(0)
        seen.append("other")

    assert [each for each in seen if each != "other"] == ["a", "b", "c"]
    assert all("other" in pair for pair in pairwise(seen))


@pytest.mark.parametrize("steps", [1, 2], ids=["before its turn", "as its turn comes"])
async def test_a_cancelled_wait_passes_on(steps: int, session: Session) -> None:
    """Cancelling one that waits does not stop those behind it."""

    async def read() -> None:
        async with session.one_at_a_time():
            pass

    first, waiting, behind = (asyncio.create_task(read()) for _ in range(3))
    for _ in range(steps):
        await asyncio.sleep(0)
    assert first.done()
    assert not waiting.done()
    waiting.cancel()

    async with asyncio.timeout(10):
        await behind

    assert waiting.cancelled()
