"""A hook that is async, or takes other arguments, is refused: when it is given, else when it is called first."""

import asyncio
import functools
import gc
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aiohttp import web

from aiospectrum import Client, InvalidArgumentError
from aiospectrum.bulk import Plan, Query, pull, save, verify, watch
from tests.conftest import TOKEN, ZONE, Serve
from tests.odd_values import AsyncCall, coroutine, generator

TIMES = {"since": datetime(2026, 11, 20, tzinfo=UTC), "until": datetime(2026, 11, 21, tzinfo=UTC)}
PLAN = Plan(zones=[ZONE], query=Query(kind="summary", metrics=["count"]), **TIMES)


class Owner:
    """An object with a method that is async."""

    async def hook(self, _: object) -> None:
        """Do nothing, later."""


async def save_with(client: Client, hook: Any, folder: Path) -> None:
    """Save a plan."""
    await save(client, PLAN, folder, format="csv", on_progress=hook)


ASYNC: dict[str, Any] = {
    "function": coroutine,
    "partial": functools.partial(coroutine, 1),
    "partial of a partial": functools.partial(functools.partial(coroutine), 1),
    "method": Owner().hook,
    "object": AsyncCall(),
    "partial of an object": functools.partial(AsyncCall()),
    "generator": generator,
    "mock": AsyncMock(),
}


async def refused_as_a_hook(client: Client, hook: Any, folder: Path, words: str) -> None:
    """Give it wherever a hook can be given."""
    with pytest.raises(InvalidArgumentError, match=f"^on_attempt: {words}"):
        Client(api_token=TOKEN, on_attempt=hook)
    with pytest.raises(InvalidArgumentError, match=f"^on_progress: {words}"):
        pull(client, PLAN, on_progress=hook)
    with pytest.raises(InvalidArgumentError, match=f"^on_progress: {words}"):
        await save_with(client, hook, folder)


@pytest.mark.parametrize("hook", ASYNC.values(), ids=ASYNC)
async def test_an_async_hook_is_refused_when_it_is_given(hook: Any, tmp_path: Path) -> None:
    """The error says what to do instead; nothing is left that nobody awaits."""
    client = Client(api_token=TOKEN)
    words = "expected a function that is not async, .*; start a task in it"
    await refused_as_a_hook(client, hook, tmp_path, words)
    with pytest.raises(InvalidArgumentError, match=f"^clock: {words}"):
        watch(client, [ZONE], clock=hook)


@pytest.mark.parametrize(
    "hook",
    [lambda _: coroutine(), lambda _: coroutine, lambda _: lambda _: coroutine(), lambda _: 5],
    ids=["coroutine", "async end", "end gives a coroutine", "no function"],
)
async def test_what_a_hook_returns_is_checked(hook: Callable[[Any], Any], serve: Serve) -> None:
    """A lambda does not show what it returns: the first call says so, and no warning is left behind."""

    async def respond(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "result": []})

    url = await serve(respond)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with Client(api_token=TOKEN, base_url=url, on_attempt=hook) as client:
            with pytest.raises(InvalidArgumentError, match=r"^what on_attempt returned: expected"):
                await client.protocols.list(ZONE)
        gc.collect()
    assert [str(each.message) for each in caught if "never awaited" in str(each.message)] == []


async def test_what_on_progress_returns_is_checked(serve: Serve, tmp_path: Path) -> None:
    """So it is for pulls and datasets."""

    async def respond(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "result": {"data": [], "data_lag": 0, "rows": 0, "totals": {}}})

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        with pytest.raises(InvalidArgumentError, match=r"^on_progress: expected the result of a function that is not"):
            async for _ in pull(client, PLAN, on_progress=lambda _: coroutine()):
                pass
        with pytest.raises(InvalidArgumentError, match=r"^on_progress: expected the result of a function that is not"):
            await save_with(client, lambda _: coroutine(), tmp_path / "d")


FEW: dict[str, Any] = {
    "none": lambda: None,
    "two": lambda _, __: None,
    "by name": lambda *, progress: progress,
    "partial": functools.partial(lambda _: None, 1),
    "class": AsyncCall,
}


@pytest.mark.parametrize("hook", FEW.values(), ids=FEW)
async def test_a_hook_that_takes_other_arguments(hook: Any, tmp_path: Path) -> None:
    """It is refused when it is given, and not as a TypeError in the middle of the first call."""
    client = Client(api_token=TOKEN)
    words = "expected a function that is called with 1 argument, got "
    await refused_as_a_hook(client, hook, tmp_path, words)
    with pytest.raises(InvalidArgumentError, match=f"^on_progress: {words}"):
        verify(tmp_path, on_progress=hook)
    with pytest.raises(InvalidArgumentError, match=r"^clock: expected a function that is called with no arguments"):
        watch(client, [ZONE], clock=FEW["by name"])


@pytest.mark.parametrize(
    "hook",
    [print, str, [].append, Mock(), lambda *_: None, lambda _, more=1: more],
    ids=["print", "str", "append", "mock", "any", "optional"],
)
def test_any_function_of_one_argument_is_a_hook(hook: Any) -> None:
    """Builtins, types, mocks and functions with more arguments that may be left out."""
    pull(Client(api_token=TOKEN, on_attempt=hook), PLAN, on_progress=hook)


@pytest.mark.parametrize("sleep", [lambda _: None, Mock(return_value=5)], ids=["none", "number"])
async def test_a_sleep_that_cannot_be_awaited(sleep: Any) -> None:
    """Such as time.sleep: it is refused by its name when it is called first."""
    async with Client(api_token=TOKEN) as client:
        with pytest.raises(InvalidArgumentError, match=r"^sleep: expected a function that returns something to await"):
            await anext(watch(client, [ZONE], sleep=sleep, clock=lambda: 5.0))


async def test_a_sleep_that_returns_at_once() -> None:
    """Other tasks run all the same, and a timeout ends the wait, although the clock stands still."""
    async with Client(api_token=TOKEN) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(watch(client, [ZONE], sleep=AsyncMock(), clock=lambda: 5.0))
