"""Calls that are under way when their client is left: each ends at once, and nothing of it is left."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from aiospectrum import (
    AmbiguousWriteError,
    AttemptEnded,
    Client,
    ClientStateError,
    InterruptedWriteError,
    Limiter,
    RateLimit,
    RetryPolicy,
    Timeouts,
    bulk,
)
from tests.bulk.fakes import make_plan
from tests.chaos.bench import until
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import cloudflare_error, good
from tests.chaos.server import ChaosServer
from tests.chaos.steps import HANG, Play, after_request, at_accept, hold, in_body, in_headers
from tests.conftest import APP, TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST, WIRE_APP

FOREVER: Final = Timeouts(total=None, connect=None, read=None)

CALLS: Final[dict[str, Callable[[Client], Awaitable[object]]]] = {
    "list": lambda client: client.apps.list(ZONE),
    "update": lambda client: client.apps.update(ZONE, APP, REQUEST),
    "delete": lambda client: client.apps.delete(ZONE, APP),
    "create": lambda client: client.apps.create(ZONE, REQUEST),
    "other-options": lambda client: client.with_options(timeout=50, rate_limit=None).apps.list(ZONE),
    "iterate": lambda client: anext(aiter(client.apps.iterate(ZONE))),
}

HANGING: Final[dict[str, Play]] = {
    "before-a-response": after_request(HANG),
    "in-headers": in_headers(HANG),
    "in-a-body": in_body(HANG),
    "in-a-large-body": in_body(HANG, good([{"filler": "x" * 10**6}])),
}


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """No task but the test's own is there after it, no timer, and no exception that nobody saw."""
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: problems.append(context))
    yield
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [timer for timer in getattr(loop, "_scheduled", []) if not timer.cancelled()] == []
    assert problems == []


@contextlib.asynccontextmanager
async def clients(url: str, borrowed: bool, **options: Any) -> AsyncIterator[Client]:
    """An open client over a session of its own or a borrowed one."""
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession()) if borrowed else None
        yield await stack.enter_async_context(Client(api_token=TOKEN, base_url=url, session=session, **options))


def error_of(task: "asyncio.Future[Any]") -> BaseException | None:
    """What a task has ended in; it has ended by now."""
    assert task.done()
    return task.exception()


@pytest.mark.parametrize("borrowed", [False, True], ids=["own", "borrowed"])
@pytest.mark.parametrize("limits", [FOREVER, Timeouts()], ids=["no-limit", "limits"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", HANGING)
async def test_left_in_flight(fault: str, call: str, limits: Timeouts, borrowed: bool) -> None:
    """A request without an end is ended by the end of the block, before that is passed; a create may have happened."""
    ended: list[AttemptEnded] = []
    async with ChaosServer(rest=HANGING[fault]) as server:
        async with clients(server.url, borrowed, timeout=limits, on_attempt=lambda _: ended.append) as client:
            task = asyncio.ensure_future(CALLS[call](client))
            await server.until(lambda: server.attempts == 1)
        error = error_of(task)
        await server.all_closed()
        assert isinstance(error, ClientStateError)
        assert "was left while the call was under way" in str(error)
        assert isinstance(error, InterruptedWriteError) is isinstance(error, AmbiguousWriteError) is (call == "create")
        assert ("it may have taken effect" in str(error)) is (call == "create")
        assert [(each.error, each.was_cancelled) for each in ended] == [(None, True)]
        assert server.attempts == 1


@pytest.mark.parametrize("borrowed", [False, True], ids=["own", "borrowed"])
@pytest.mark.parametrize("call", ["list", "create"])
async def test_left_while_connecting(call: str, borrowed: bool) -> None:
    """A connection that is being made is given up."""
    async with ChaosServer([at_accept(HANG)] * 9) as server:
        url = server.url.replace("http:", "https:")
        async with clients(url, borrowed, timeout=FOREVER) as client:
            task = asyncio.ensure_future(CALLS[call](client))
            await server.until(lambda: server.attempts == 1)
        assert isinstance(error_of(task), ClientStateError)
        await server.all_closed()


@pytest.mark.parametrize("borrowed", [False, True], ids=["own", "borrowed"])
@pytest.mark.parametrize("call", CALLS)
async def test_left_in_the_queue(call: str, borrowed: bool) -> None:
    """A call that waits for a permit has not been sent, and leaves the queue of a limiter that lives on."""
    limiter = Limiter(RateLimit(in_flight=1))
    async with ChaosServer(rest=after_request(HANG)) as server:
        async with (
            Client(api_token=TOKEN, base_url=server.url, rate_limit=limiter) as other,
            clients(server.url, borrowed, rate_limit=limiter, timeout=FOREVER) as client,
        ):
            first = asyncio.ensure_future(other.apps.list(ZONE))
            await server.until(lambda: server.attempts == 1)
            calling = client.with_options(timeout=50) if call == "other-options" else client
            task = asyncio.ensure_future(CALLS["list" if call == "other-options" else call](calling))
            await until(lambda: limiter.queued == 1)
            await client.__aexit__(None, None, None)
            assert type(error_of(task)) is ClientStateError
            assert (limiter.in_flight, limiter.queued, first.done()) == (1, 0, False)
        assert type(error_of(first)) is ClientStateError
        assert (limiter.in_flight, limiter.queued) == (0, 0)
        assert server.attempts == 1


@pytest.mark.parametrize(
    "what", [cloudflare_error(522), rate_limited("300")], ids=["backoff", "pause without a limiter"]
)
@pytest.mark.parametrize("borrowed", [False, True], ids=["own", "borrowed"])
async def test_left_between_attempts(what: Play, borrowed: bool) -> None:
    """A wait for the next attempt ends, and the error says how the last one failed."""
    policy = RetryPolicy(base_wait=1000, max_wait=1000)
    async with ChaosServer(rest=what) as server:
        async with clients(server.url, borrowed, retry=policy, rate_limit=None, timeout=FOREVER) as client:
            task = asyncio.ensure_future(client.apps.update(ZONE, APP, REQUEST))
            await server.until(lambda: server.attempts == 1)
            for _ in range(20):
                await asyncio.sleep(0)
        error = error_of(task)
        assert type(error) is ClientStateError
        assert error.__cause__ is not None
        assert server.attempts == 1


async def test_left_in_a_pause_of_all() -> None:
    """A call that waits for the end of a pause ends, and the limiter has no timer left."""
    limiter = Limiter()
    async with ChaosServer(rest=rate_limited("300")) as server:
        async with Client(api_token=TOKEN, base_url=server.url, rate_limit=limiter, timeout=FOREVER) as client:
            task = asyncio.ensure_future(client.apps.create(ZONE, REQUEST))
            await until(lambda: limiter.queued == 1)
        assert type(error_of(task)) is ClientStateError
        assert (limiter.in_flight, limiter.queued) == (0, 0)


async def test_left_while_large_responses_are_read_one_at_a_time() -> None:
    """Calls that wait for their turn to be decoded end, too."""
    large = good([WIRE_APP] * 1000)
    async with ChaosServer(rest=large) as server:
        async with Client(api_token=TOKEN, base_url=server.url) as client:
            tasks = [asyncio.ensure_future(client.apps.list(ZONE)) for _ in range(20)]
            await server.until(lambda: len(server.requests) == 20)
            await until(lambda: any(task.done() for task in tasks))
        endings = [type(error_of(task)) for task in tasks]
        assert set(endings) == {type(None), ClientStateError}


@pytest.mark.parametrize("steps", range(0, 40, 3))
async def test_left_at_any_step(steps: int) -> None:
    """After however many rounds of the loop a client is left, all its calls end as such or in their results."""
    limiter = Limiter(RateLimit(in_flight=2))
    async with ChaosServer() as server:
        async with Client(api_token=TOKEN, base_url=server.url, rate_limit=limiter) as client:
            tasks = [asyncio.ensure_future(client.protocols.list(ZONE)) for _ in range(5)]
            tasks += [asyncio.ensure_future(client.with_options(timeout=5).protocols.list(ZONE)) for _ in range(5)]
            for _ in range(steps):
                await asyncio.sleep(0)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(outcome == [] or type(outcome) is ClientStateError for outcome in outcomes)
        assert (limiter.in_flight, limiter.queued) == (0, 0)
        await server.all_closed()


async def test_left_before_a_task_has_begun() -> None:
    """A call whose task has not run yet is made outside of the block."""
    async with ChaosServer() as server:
        async with Client(api_token=TOKEN, base_url=server.url) as client:
            call = client.apps.list(ZONE)
            task = asyncio.ensure_future(client.apps.list(ZONE))
        for each in (call, task):
            with pytest.raises(ClientStateError):
                await each
        assert server.attempts == 0


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
async def test_a_cancellation_wins(is_first: bool) -> None:
    """A task that is cancelled too, before or after its client is left, is cancelled."""
    async with ChaosServer(rest=after_request(HANG)) as server:
        client = Client(api_token=TOKEN, base_url=server.url)
        await client.__aenter__()
        task = asyncio.ensure_future(client.apps.list(ZONE))
        await server.until(lambda: server.attempts == 1)
        if is_first:
            task.cancel()
        leaving = asyncio.ensure_future(client.__aexit__(None, None, None))
        if not is_first:
            asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task])
        await leaving
        assert task.cancelled() or not is_first


async def test_a_callers_timeout_goes_on() -> None:
    """The error passes through a caller's own timeout, which has not expired, and leaves it as it was."""
    async with ChaosServer(rest=after_request(HANG)) as server:

        async def call() -> bool:
            async with asyncio.timeout(20) as callers:
                with pytest.raises(ClientStateError):
                    await client.apps.list(ZONE)
                await asyncio.sleep(0)
            return callers.expired()

        async with Client(api_token=TOKEN, base_url=server.url) as client:
            task = asyncio.ensure_future(call())
            await server.until(lambda: server.attempts == 1)
        assert await task is False


async def test_a_pull_ends_with_its_client() -> None:
    """A bulk pull over a client that is left raises the error, once, and its workers are gone."""
    async with ChaosServer(rest=after_request(HANG)) as server:
        plan = make_plan(8, 100)

        async def pull() -> None:
            async with bulk.pull(client, plan, concurrency=4) as outcomes:
                async for _ in outcomes:
                    pass

        async with Client(api_token=TOKEN, base_url=server.url) as client:
            task = asyncio.ensure_future(pull())
            await server.until(lambda: server.attempts == 4)
        with pytest.raises(ClientStateError):
            await task
        assert server.attempts == 4


async def in_a_pull(client: Client, folder: Path) -> None:
    async for _ in bulk.pull(client, make_plan(8, 100), concurrency=4):
        pass


async def in_a_save(client: Client, folder: Path) -> None:
    await bulk.save(client, make_plan(8, 100), folder)


async def in_a_watch(client: Client, folder: Path) -> None:
    async for _ in bulk.watch({ZONE: client.apps, APP: client.with_options(timeout=5)}, [ZONE, APP], every=86400):
        pass


@pytest.mark.parametrize("work", [in_a_pull, in_a_save, in_a_watch])
async def test_left_while_everybody_sleeps(work: Callable[[Client, Path], Awaitable[None]], tmp_path: Path) -> None:
    """A wait that is outside of any call, for the rate limit or the next round, ends with the client too."""
    if work is in_a_save:
        pytest.importorskip("pyarrow")
    limiter = Limiter()
    async with ChaosServer(rest=rate_limited("300")) as server:
        async with Client(api_token=TOKEN, base_url=server.url, rate_limit=limiter) as client:
            task = asyncio.ensure_future(work(client, tmp_path))
            if work is not in_a_watch:
                await until(lambda: limiter.pause_left() > 0 and limiter.in_flight + limiter.queued == 0)
            for _ in range(20):
                await asyncio.sleep(0)
            assert not task.done()
        async with asyncio.timeout(20):
            with pytest.raises(ClientStateError, match="was left during a wait"):
                await task


async def test_a_client_that_is_opened_again() -> None:
    """After it was left with calls under way it works as before."""
    async with ChaosServer([after_request(HANG), hold(lambda: asyncio.sleep(0)), good()]) as server:
        client = Client(api_token=TOKEN, base_url=server.url)
        async with client:
            task = asyncio.ensure_future(client.protocols.list(ZONE))
            await server.until(lambda: server.attempts == 1)
        async with client:
            assert await client.protocols.list(ZONE) == []
            assert isinstance(error_of(task), ClientStateError)
            assert await client.protocols.list(ZONE) == []


def test_left_on_another_loop() -> None:
    """A client that is open on a loop that runs is not left on another one, and its calls go on."""

    async def use() -> None:
        has_tried = asyncio.Event()
        async with (
            ChaosServer([hold(has_tried.wait, good())]) as server,
            Client(api_token=TOKEN, base_url=server.url) as client,
        ):
            task = asyncio.ensure_future(client.protocols.list(ZONE))
            await server.until(lambda: server.attempts == 1)
            with pytest.raises(ClientStateError, match="another event loop"):
                await asyncio.to_thread(asyncio.run, client.__aexit__(None, None, None))
            has_tried.set()
            assert await task == []

    asyncio.run(use())
