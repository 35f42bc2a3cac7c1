"""The limiter of many machines: several limiters of one server, as processes have them, with periods of a second."""

import asyncio
import gc
import logging
import socket
import threading
import time
import traceback
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aiospectrum import (
    Client,
    ClientStateError,
    InvalidArgumentError,
    LimiterUnavailableError,
    RateLimit,
    RedisLimiter,
    TooLateError,
    Unchecked,
)
from tests.conftest import TOKEN, ZONE
from tests.fake_time import admitted, settle, start
from tests.redis_server import RedisServer

Redis = pytest.importorskip("redis").Redis


@asynccontextmanager
async def opened(
    redis: RedisServer, name: str, count: int = 2, *, requests: int = 4, per_seconds: float = 1.0, **options: Any
) -> AsyncIterator[list[RedisLimiter]]:
    """Limiters of one name, as so many processes have them."""
    limit = RateLimit(requests=requests, per_seconds=per_seconds)
    limiters = [RedisLimiter(redis.url, limit, name=name, **options) for _ in range(count)]
    for limiter in limiters:
        await limiter.__aenter__()
    try:
        yield limiters
    finally:
        for limiter in limiters:
            await limiter.__aexit__(None, None, None)


async def send(limiter: RedisLimiter, latest: float | None = None) -> float:
    """Send a request, and get a response at once; return when."""
    permit = await limiter.acquire(latest)
    now = asyncio.get_running_loop().time()
    limiter.release(permit, was_cancelled=False)
    return now


async def test_one_window_for_all(redis: RedisServer) -> None:
    """What one has sent counts for the other, which waits until it is old enough."""
    async with opened(redis, "window") as (one, other):
        times = [await send(one) for _ in range(3)]
        times += await asyncio.gather(*(send(other) for _ in range(3)), *(send(one) for _ in range(3)))
        times.sort()
        assert all(last - first > 0.85 for first, last in zip(times, times[4:], strict=False))
        assert times[8] - times[0] < 4
        assert (one.queued, one.in_flight, other.queued) == (0, 0, 0)
        assert repr(one) == (
            f"RedisLimiter({one.limit}, in_flight=0, queued=0, url='redis://127.0.0.1:{redis.port}/0', name='window')"
        )


async def test_one_trip_for_all_that_wait(redis: RedisServer) -> None:
    """A hundred calls that come at once are one question to the server."""
    async with opened(redis, "trips", 1, requests=1000) as (limiter,):
        await send(limiter)
        asked = []
        script = limiter._script
        limiter._script = lambda **given: asked.append(given["args"]) or script(**given)
        await asyncio.gather(*(limiter.acquire(None) for _ in range(50)))
        assert [args[4] for args in asked] == [50]


async def test_they_take_turns(redis: RedisServer) -> None:
    """However many wait in one, another one has its turn."""
    async with opened(redis, "turns", requests=1, per_seconds=0.1) as (busy, calm):
        await send(busy)
        many = start(*(send(busy) for _ in range(30)))  # type: ignore[arg-type]  # a time is as good as a permit
        await settle()
        began = asyncio.get_running_loop().time()
        for _ in range(3):
            await send(calm)
        assert asyncio.get_running_loop().time() - began < 1.0
        assert sum(admitted(many)) >= 2
        for task in many:
            task.cancel()
        await settle()


async def test_deadlines_and_cancellation(redis: RedisServer) -> None:
    """A call that would come too late fails at once, and one that leaves takes nothing along."""
    async with opened(redis, "deadlines") as (one, other):
        loop = asyncio.get_running_loop()
        times = [await send(one) for _ in range(4)]
        for _ in range(10):
            with pytest.raises(TooLateError) as caught:
                await one.acquire(loop.time() + 0.2)
            assert 0.3 < caught.value.wait <= 1
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(one.acquire(None), 0.01)
        assert loop.time() - times[0] < 0.9
        times += await asyncio.gather(*(send(other) for _ in range(4)))
        assert times[-1] - times[0] < 3


async def test_calls_that_come_at_once_with_deadlines(redis: RedisServer) -> None:
    """Those that the window has room for go out, and of the others those fail at once that would come too late."""
    async with opened(redis, "at-once", 1, requests=2, per_seconds=0.8) as (limiter,):
        loop = asyncio.get_running_loop()
        began = loop.time()
        tasks = start(*(limiter.acquire(began + seconds) for seconds in [0.3, 0.3, 0.3, 1.2, 1.2, 1.2, 1.2]))
        await asyncio.sleep(0.2)
        assert admitted(tasks)[:2] == [True, True]
        assert [task.done() for task in tasks[2:]] == [True, False, False, True, True]
        for place, wait in [(2, 0.8), (5, 1.6), (6, 1.6)]:
            error = tasks[place].exception()
            assert isinstance(error, TooLateError)
            assert error.wait == pytest.approx(wait, abs=0.1)
        await asyncio.gather(tasks[3], tasks[4])
        for task in tasks[:2] + tasks[3:5]:
            limiter.release(task.result(), was_cancelled=False)


async def test_a_call_that_leaves_before_its_permit_comes(redis: RedisServer) -> None:
    """What the server gave for calls that are cancelled meanwhile is given back."""
    async with opened(redis, "leaving") as (one, other):
        await send(other)
        for _ in range(10):
            task = asyncio.create_task(one.acquire(None))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0.01)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(send(other) for _ in range(3)))
        assert asyncio.get_running_loop().time() - began < 0.5


async def test_a_pause_of_one_pauses_all(redis: RedisServer) -> None:
    """A 429 to one stops the others when they next ask, and fails at once what cannot wait so long."""
    async with opened(redis, "pause", requests=100) as (one, other):
        loop = asyncio.get_running_loop()
        permit, began = await one.acquire(None), loop.time()
        one.pause(permit, 0.6)
        one.release(permit, was_cancelled=False)
        assert 0.5 < one.pause_left() <= 0.6
        await asyncio.sleep(0.05)
        with pytest.raises(TooLateError):
            await other.acquire(loop.time() + 0.2)
        assert 0.4 < other.pause_left() <= 0.6
        times = await asyncio.gather(send(one), send(other), send(other))
        assert min(times) - began > 0.5


async def test_a_pause_is_cut_by_nobody_else(redis: RedisServer) -> None:
    """Who waits no longer than its own max_wait cuts the pause for itself alone, also when it has a 429 of its own."""
    limits = [RateLimit(requests=100, per_seconds=0.1, max_wait=seconds) for seconds in (3600, 0.3)]
    patient, hasty = (RedisLimiter(redis.url, limit, name="cut") for limit in limits)
    async with patient, hasty:
        loop = asyncio.get_running_loop()
        permit, began = await patient.acquire(None), loop.time()
        patient.pause(permit, 1.0)
        patient.release(permit, was_cancelled=False)
        await asyncio.sleep(0.05)
        with pytest.raises(TooLateError):
            await hasty.acquire(loop.time() + 0.1)
        assert 0.2 < hasty.pause_left() <= 0.3
        permit = await hasty.acquire(None)
        assert 0.3 < loop.time() - began < 0.8
        assert hasty.pause_left() == 0
        hasty.pause(permit, 0.01)
        hasty.release(permit, was_cancelled=False)
        await asyncio.sleep(0.05)
        await send(hasty)
        assert 0.1 < patient.pause_left() < 0.8
        assert await send(patient) - began > 0.85


@pytest.mark.parametrize("written", ["inf", "1e300", "9e15"])
async def test_a_pause_that_others_wrote(written: str, redis: RedisServer) -> None:
    """However far off it ends, it lasts no longer than max_wait."""
    name = f"written-{written}"
    async with RedisLimiter(redis.url, RateLimit(requests=100, per_seconds=0.1, max_wait=0.3), name=name) as limiter:
        await send(limiter)
        with Redis.from_url(redis.url) as client:
            client.hset(f"aiospectrum:{{{name}}}:state", "pause", written)
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(2):
            assert await send(limiter) - began > 0.2
            await send(limiter)


async def test_another_limit_is_named_with_ours(redis: RedisServer) -> None:
    """All who share a name have one limit; both are in the error."""
    async with opened(redis, "limits", 1, requests=4) as (one,), opened(redis, "limits", 1, requests=5) as (other,):
        await send(one)
        with pytest.raises(InvalidArgumentError, match=r"4 requests per 1 s, got '5 requests per 1 s'") as caught:
            await other.acquire(None)
        assert caught.value.field == "limit"


async def test_a_server_that_is_gone(own_redis: RedisServer) -> None:
    """Calls fail at once by an error that says where it was, without the password, and what to do; until it is back."""
    async with opened(own_redis, "gone", 1, requests=100) as (limiter,):
        await send(limiter)
        own_redis.stop()
        results = await asyncio.gather(*(limiter.acquire(None) for _ in range(3)), return_exceptions=True)
        assert len({id(error) for error in results}) == 3
        for error in results:
            assert isinstance(error, LimiterUnavailableError)
            assert (error.was_sent, error.is_permanent) == (False, True)
            assert f"redis://127.0.0.1:{own_redis.port}/0" in str(error)
            assert "see that it runs" in str(error)
            assert own_redis.password not in f"{error!r} {limiter!r} {error.__cause__} {error.__context__}"
        async with Client(api_token=TOKEN, base_url="http://127.0.0.1:9", rate_limit=limiter) as client:
            with pytest.raises(LimiterUnavailableError) as caught:
                await client.protocols.list(ZONE)
        assert (caught.value.method, caught.value.attempts) == ("GET", 0)
        assert ZONE in caught.value.url
        own_redis.start()
        await asyncio.sleep(1)  # as the server has forgotten what was sent in this period
        await send(limiter)


async def test_a_wrong_password(own_redis: RedisServer) -> None:
    """It is an error of the server, in which no password is."""
    url = own_redis.url.replace(own_redis.password, "yours")
    async with RedisLimiter(url) as limiter:
        with pytest.raises(LimiterUnavailableError, match="AuthenticationError") as caught:
            await limiter.acquire(None)
        assert "yours" not in str(caught.value)


async def test_to_go_on_without_the_server(own_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """With a part of the limit, calls go on after a period, no faster; what they sent counts when it is back."""
    caplog.set_level(logging.WARNING, "aiospectrum")
    async with opened(own_redis, "apart", 1, requests=8, per_seconds=0.5, when_gone=0.25) as (limiter,):
        times = [await send(limiter) for _ in range(8)]
        own_redis.stop()
        times += await asyncio.gather(*(send(limiter) for _ in range(4)))
        assert times[8] - times[7] > 0.35
        assert times[10] - times[8] > 0.35
        assert times[11] - times[8] < 3
        own_redis.start()
        times += await asyncio.gather(*(send(limiter) for _ in range(12)))
        assert all(last - first > 0.35 for first, last in zip(times, times[8:], strict=False))
        await asyncio.sleep(1.2)
        assert (await asyncio.gather(*(send(limiter) for _ in range(8))))[-1] > 0
    texts = [record.getMessage() for record in caplog.records if record.name == "aiospectrum"]
    assert ["a part of the limit" in texts[0], "is back" in texts[-1]] == [True, True]
    assert own_redis.password not in str(texts)


@pytest.mark.parametrize("max_wait", [0.05, 3600])
async def test_a_server_that_has_forgotten(max_wait: float, own_redis: RedisServer) -> None:
    """After it is restarted without memory, nothing goes out until what was sent before is a period old."""
    limit = RateLimit(requests=4, per_seconds=1, max_wait=max_wait)
    one, other = (RedisLimiter(own_redis.url, limit, name="forgotten") for _ in range(2))
    async with one, other:
        times = [await send(one) for _ in range(2)] + [await send(other) for _ in range(2)]
        own_redis.stop()
        own_redis.start()
        times += await asyncio.gather(send(one), send(other))
        assert times[4] - times[0] > 0.85


SENT, LINE, STATE = ("aiospectrum:{{{name}}}:" + key for key in ("sent", "line", "state"))


@pytest.mark.parametrize(
    ("commands", "is_known"),
    [
        pytest.param([("DEL", SENT)], True, id="what was sent"),
        pytest.param([("DEL", SENT)], False, id="what was sent, asked by another one"),
        pytest.param([("UNLINK", SENT, LINE)], False, id="all but the state"),
        pytest.param([("PEXPIRE", SENT, "1")], False, id="expired too early"),
        pytest.param([("ZPOPMIN", SENT)], False, id="the first one sent"),
        pytest.param([("ZPOPMAX", SENT, "3")], False, id="the last ones sent"),
        pytest.param([("DEL", STATE)], True, id="the state"),
        pytest.param([("DEL", STATE)], False, id="the state, asked by another one"),
        pytest.param([("DEL", SENT, STATE)], True, id="what was sent, and the state"),
        pytest.param([("DEL", SENT, LINE, STATE)], True, id="all"),
        pytest.param([("FLUSHDB",)], True, id="the database"),
    ],
)
@pytest.mark.parametrize("max_wait", [0.05, 3600])
async def test_keys_that_are_evicted(
    commands: list[tuple[str, ...]], is_known: bool, max_wait: float, own_redis: RedisServer
) -> None:
    """Whichever of its keys the server forgets, no period has more than the limit, and all goes on one period later."""
    limit = RateLimit(requests=4, per_seconds=0.6, max_wait=max_wait)
    one, other = (RedisLimiter(own_redis.url, limit, name="evicted") for _ in range(2))
    async with one, other:
        times = [await send(one) for _ in range(3)]
        await asyncio.sleep(0.1)
        times.append(await send(one))
        with Redis.from_url(own_redis.url) as client:
            for command in commands:
                client.execute_command(*(word.format(name="evicted") for word in command))
        await asyncio.sleep(0.01)
        asking = one if is_known else other
        times += await asyncio.gather(*(send(asking) for _ in range(4)))
        times += await asyncio.gather(*(send(one) for _ in range(2)), *(send(other) for _ in range(2)))
        times.sort()
        assert all(last - first > 0.45 for first, last in zip(times, times[4:], strict=False))
        assert times[7] - times[3] < 3
        assert times[11] - times[7] < 3


@pytest.mark.parametrize("ahead", [5.0, 200_000.0], ids=["a little", "by days"])
async def test_a_clock_that_is_set_back(redis: RedisServer, ahead: float) -> None:
    """When the server's clock is set back its time stands still, or a period is waited for; then all goes on."""
    name = f"clock-{ahead:g}"
    async with opened(redis, name, 1, requests=2, per_seconds=0.4) as (limiter,):
        times = [await send(limiter)]
        with Redis.from_url(redis.url) as client:
            state, sent = (f"aiospectrum:{{{name}}}:{key}" for key in ("state", "sent"))
            client.hset(state, "last", str(int(client.hget(state, "last")) + int(ahead * 1e6)))
            for member in client.zrange(sent, 0, -1):  # as if all of it had been so much later
                client.zincrby(sent, ahead * 1e6, member)
        times += [await send(limiter) for _ in range(4)]
        assert all(last - first > 0.28 for first, last in zip(times, times[2:], strict=False))
        assert times[-1] - times[0] < 2


async def test_a_server_that_does_not_reply(redis: RedisServer) -> None:
    """A trip takes no longer than the time-out."""
    silent = socket.create_server(("127.0.0.1", 0))
    try:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        async with RedisLimiter(url, timeout=0.2) as limiter:
            began = asyncio.get_running_loop().time()
            with pytest.raises(LimiterUnavailableError):
                await limiter.acquire(None)
            assert asyncio.get_running_loop().time() - began < 1
    finally:
        silent.close()


async def test_an_event_loop_that_is_held_up(own_redis: RedisServer) -> None:
    """A reply that comes in time while the loop is busy, and is read late, is no server that is gone."""
    async with opened(own_redis, "busy", 1, timeout=0.1) as (limiter,):
        await send(limiter)
        own_redis.freeze()
        (waiting,) = start(limiter.acquire(None))
        await asyncio.sleep(0.02)
        threading.Timer(0.02, own_redis.thaw).start()
        time.sleep(0.4)  # noqa: ASYNC251 - that is the point
        assert await waiting > 0


def test_a_loop_that_died(redis: RedisServer) -> None:
    """What was opened on an event loop that is closed is opened again on another one."""
    limiter, loop = RedisLimiter(redis.url, RateLimit(requests=5), name="loops"), asyncio.new_event_loop()
    loop.run_until_complete(limiter.__aenter__())
    with pytest.raises(ClientStateError, match="open already"):
        asyncio.run(limiter.__aenter__())
    loop.close()

    async def use() -> None:
        async with limiter:
            await send(limiter)

    asyncio.run(use())
    asyncio.run(use())


def test_a_loop_that_died_while_the_server_was_gone() -> None:
    """The task that waited for it died with its event loop, and holds up nobody on another one."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))  # nobody listens
        url = f"redis://127.0.0.1:{port.getsockname()[1]}"
        limit = RateLimit(requests=5, per_seconds=0.1)
        limiter, loop = RedisLimiter(url, limit, name="gone", when_gone=0.5), asyncio.new_event_loop()
        loop.run_until_complete(limiter.__aenter__())
        loop.run_until_complete(send(limiter))
        loop.close()

        async def use() -> None:
            async with limiter:
                await asyncio.wait_for(send(limiter), 5)

        asyncio.run(use())
        gc.collect()  # asyncio complains of the task that died, here and not in another test


def test_a_call_of_a_loop_that_died(redis: RedisServer) -> None:
    """A call that waits when its event loop is closed is thrown away without an error."""
    limiter, loop = RedisLimiter(redis.url, RateLimit(requests=1), name="thrown"), asyncio.new_event_loop()

    async def begin() -> Coroutine[Any, Any, int]:
        await limiter.__aenter__()
        await send(limiter)
        call = limiter.acquire(None)
        call.send(None)
        await asyncio.sleep(0.1)
        await vars(limiter)["_server"].aclose()  # which would say that nobody closed it
        return call

    call = loop.run_until_complete(begin())
    loop.close()
    assert limiter.queued == 1
    call.close()
    assert limiter.queued == 0


async def test_a_program_that_cancels_all_tasks_but_its_own(redis: RedisServer) -> None:
    """The limiter's own task is among them, and who waits gets a permit all the same."""
    before = asyncio.all_tasks()
    async with RedisLimiter(redis.url, RateLimit(requests=5), name="cancelled") as limiter:
        waiting = start(limiter.acquire(None), limiter.acquire(None))
        await settle()
        (trip,) = asyncio.all_tasks() - before - {*waiting}
        trip.cancel()
        assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [1, 2]


async def test_it_is_used_while_it_is_open(redis: RedisServer) -> None:
    """Before and after it is an error, calls that wait at its end fail, and nothing outlives it."""
    limiter = RedisLimiter(redis.url, RateLimit(requests=1, per_seconds=50), name="open")
    with pytest.raises(ClientStateError, match="in async with"):
        await limiter.acquire(None)
    tasks = asyncio.all_tasks()
    async with limiter:
        with pytest.raises(ClientStateError, match="open already"):
            await limiter.__aenter__()
        await send(limiter)
        waiting = start(limiter.acquire(None), limiter.acquire(None))
        await asyncio.sleep(0.05)
    await settle()
    assert all(isinstance(task.exception(), ClientStateError) for task in waiting)
    assert asyncio.all_tasks() == tasks
    with pytest.raises(ClientStateError, match="in async with"):
        await limiter.acquire(None)
    async with limiter:  # what was sent counts still, and no place in the line is left
        with pytest.raises(TooLateError) as caught:
            await limiter.acquire(asyncio.get_running_loop().time() + 1)
        assert 48 < caught.value.wait <= 50


@pytest.mark.parametrize(
    ("url", "options", "field", "hidden"),
    [
        pytest.param("http://user:secret@host/", {}, "url", "secret", id="another scheme"),
        pytest.param("redis://user:sec/ret@host:port", {}, "url", "ret", id="a password with a slash"),
        pytest.param("redis://:secret@host:port/0", {}, "url", "secret", id="no port"),
        pytest.param("secret", {}, "url", "secret", id="no URL"),
        pytest.param(b"redis://:secret@host", {}, "url", "secret", id="bytes"),
        pytest.param("redis://:secret@h/0?db=secret", {}, "url", "secret", id="no database"),
        pytest.param("redis://h", {"name": "a b"}, "name", "secret", id="a name with a space"),
        pytest.param("redis://h", {"name": "t\n"}, "name", "secret", id="a name with a line end"),
        pytest.param("redis://h", {"name": Unchecked("a b")}, "name", "secret", id="a name with a space, unchecked"),
        pytest.param("redis://h", {"when_gone": "wait"}, "when_gone", "secret", id="no way to go on"),
        pytest.param("redis://h", {"when_gone": 1.5}, "when_gone", "secret", id="more than the limit"),
        pytest.param("redis://h", {"when_gone": 0}, "when_gone", "secret", id="none of the limit"),
        pytest.param("redis://h", {"timeout": 0}, "timeout", "secret", id="no time"),
        pytest.param("redis://h", {"limit": 5}, "limit", "secret", id="no limit"),
    ],
)
def test_arguments_are_refused(url: Any, options: dict[str, Any], field: str, hidden: str) -> None:
    """Each with its name, and a URL without what may be a secret."""
    with pytest.raises(InvalidArgumentError) as caught:
        RedisLimiter(url, **options)
    assert caught.value.field == field
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(caught.tb)][1:]
    assert hidden not in f"{caught.value} {caught.value.__context__!r} {frames!r}", "the first frame is the test's"


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
@pytest.mark.parametrize(
    ("query", "option"),
    [
        ("foo=secret", "foo"),
        ("foo=", "foo"),
        ("foo", "foo"),
        ("password=", "password"),
        ("socket_timeout=secret", "socket_timeout"),
        ("db=1&health_check_interval=secret", "health_check_interval"),
        ("password=secret&foo=secret", "foo"),
        ("foo=secret&db=secret", "foo"),
        ("ssl_cert_reqs=secret", "ssl_cert_reqs"),
        ("max_connections=-1", "max_connections"),
        ("parser_class=secret", "parser_class"),
        ("credential_provider=secret", "credential_provider"),
        ("retry=secret", "retry"),
        ("secret@host=1", None),
        ("Secret-secret=1", None),
    ],
)
def test_an_option_that_does_not_fit(scheme: str, query: str, option: str | None) -> None:
    """It is refused by its name, and no value of an option is shown, nor what may be the rest of a password."""
    with pytest.raises(InvalidArgumentError, match="options that redis-py knows") as caught:
        RedisLimiter(f"{scheme}://:secret@host/0?{query}")
    shown = str(caught.value)
    assert (f"the option {option}" if option else "what follows the ?") in shown
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(caught.tb)][1:]
    assert "secret" not in f"{shown} {caught.value.__context__!r} {frames!r}"


def test_options_that_fit() -> None:
    """What redis-py knows is taken."""
    limiter = RedisLimiter("redis://:secret@h/0?db=1&client_name=bot&socket_keepalive=yes&health_check_interval=5")
    assert "url='redis://h/0'" in repr(limiter)
