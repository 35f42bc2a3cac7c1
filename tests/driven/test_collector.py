"""The garbage collector rests while an answer is made into objects, and at no other time."""

import gc
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs
import pytest
from aiohttp import web

from aiospectrum import AttemptEnded, AttemptStarted, Client, DecodeError, RequestError, RetryPolicy
from aiospectrum.routes import Route
from tests.conftest import TOKEN, Serve

SEEN: list[bool] = []
"""Whether the collector was enabled whenever a :class:`Probe` was made."""


def look(value: int) -> int:
    SEEN.append(gc.isenabled())
    return value


@attrs.frozen
class Probe:
    """A result that looks at the collector while it is made."""

    number: int = attrs.field(converter=look)


PROBE: Final = Route[Probe](name="probe", method="GET", path="/probe", result=Probe, safe_to_repeat=True)


@pytest.fixture(params=[True, False], ids=["enabled", "disabled"])
def collector(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the garbage collector is enabled, as it was before afterwards."""
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    SEEN.clear()
    yield request.param
    (gc.enable if before else gc.disable)()


def answers(*values: object) -> Callable[[web.Request], Any]:
    """A handler that answers with statuses and results in turn."""
    left = iter(values)

    async def answer(_: web.Request) -> web.Response:
        value = next(left)
        if isinstance(value, int):
            return web.Response(status=value)
        return web.json_response({"success": True, "result": value})

    return answer


async def test_it_rests_while_a_result_is_made(serve: Serve, collector: bool) -> None:
    """It is left as it was once the result is there."""
    url = await serve(answers({"number": 5}))
    async with Client(api_token=TOKEN, base_url=url) as client:
        response = await client.send(PROBE, path={}, query={})
        after = gc.isenabled()

    assert response.result.number == 5
    assert SEEN == [False]
    assert after is collector


async def test_it_works_after_an_answer_that_cannot_be_read(serve: Serve, collector: bool) -> None:
    """An error ends the rest too."""
    url = await serve(answers({"number": "five"}))
    async with Client(api_token=TOKEN, base_url=url) as client:
        with pytest.raises(DecodeError):
            await client.send(PROBE, path={}, query={})
        assert gc.isenabled() is collector


async def test_it_works_between_attempts(serve: Serve, collector: bool) -> None:
    """Whatever goes on while a call waits to be attempted again finds it at work, as this server does."""
    seen: list[bool] = []
    answer = answers({"number": "five"}, 503, {"number": 5})

    async def look_and_answer(request: web.Request) -> web.Response:
        seen.append(gc.isenabled())
        response: web.Response = await answer(request)
        return response

    url = await serve(look_and_answer)
    async with Client(api_token=TOKEN, base_url=url, retry=RetryPolicy(base_wait=0)) as client:
        with pytest.raises(DecodeError):
            await client.send(PROBE, path={}, query={})
        await client.send(PROBE, path={}, query={})

    assert seen == [collector] * 3


async def test_it_works_between_attempts_and_in_hooks(serve: Serve, collector: bool) -> None:
    """Whatever is called or awaited before the end of the call finds it at work."""
    seen: list[bool] = []

    def on_attempt(_: AttemptStarted) -> Callable[[AttemptEnded], None]:
        seen.append(gc.isenabled())
        return lambda _: seen.append(gc.isenabled())

    url = await serve(answers(503, {"number": 5}, 404))
    no_wait = RetryPolicy(base_wait=0)
    async with Client(api_token=TOKEN, base_url=url, retry=no_wait, on_attempt=on_attempt) as client:
        await client.send(PROBE, path={}, query={})
        with pytest.raises(RequestError):
            await client.send(PROBE, path={}, query={})

    assert seen == [collector] * 6
