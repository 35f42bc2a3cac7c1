"""A Redis server that is gone, comes back, says nothing, says nonsense, or wants another password."""

import asyncio
import itertools
import logging
import re
import socket
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis.asyncio

from aiospectrum import Client, RateLimit
from aiospectrum.errors import ClientStateError, ConnectionFailedError, InvalidArgumentError, LimiterUnavailableError
from aiospectrum.limiters import RedisLimiter, TooLateError
from aiospectrum.limiters.redis_script import SCRIPT
from aiospectrum.limiters.redis_window import RedisWindow
from tests.conftest import TOKEN, ZONE, Serve
from tests.fake_time import settle
from tests.limiters.moments import Moments, most_for_sure
from tests.redis_server import RedisServer

LIMIT = RateLimit(requests=8, per_seconds=0.5, in_flight=4)
SECRETS = ("s3cr3t", "t0ps3cret")


def texts_of(error: BaseException) -> str:
    """All that any report of an error may show, with the variables of its frames and of all errors behind it."""
    report = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return "\n".join([str(error), repr(error), repr(error.args), repr(vars(error)), report])


def check_no_secret(*texts: str) -> None:
    for secret in SECRETS:
        for text in texts:
            place = text.find(secret)
            assert place < 0, text[max(0, place - 300) : place + 20]


async def error_of(limiter: RedisLimiter) -> Exception:
    """Fail to get a permit, where no variable of a frame has the URL."""
    with pytest.raises((LimiterUnavailableError, InvalidArgumentError)) as caught:
        await limiter.acquire(None)
    return caught.value


async def take(limiter: Any) -> None:
    """Take a permit and give it back."""
    limiter.release(await limiter.acquire(None), was_cancelled=False)


async def test_gone_and_back(own_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """While it is gone calls fail at once, with an error that says what to do, and afterwards they go on."""
    caplog.set_level(logging.DEBUG)
    async with RedisLimiter(own_redis.url, LIMIT, name="gone") as limiter:
        await take(limiter)
        for _ in range(2):
            own_redis.stop()
            for _ in range(2):
                began = time.monotonic()
                with pytest.raises(LimiterUnavailableError, match="cannot be used") as caught:
                    await limiter.acquire(None)
                assert time.monotonic() - began < 1
                assert isinstance(caught.value, ConnectionFailedError)
                assert f"127.0.0.1:{own_redis.port}" in str(caught.value)
                assert str(caught.value).endswith("nothing was sent: see that it runs")
                check_no_secret(texts_of(caught.value))
            own_redis.start()
            async with asyncio.timeout(5):
                await take(limiter)
        assert (limiter.in_flight, limiter.queued) == (0, 0)
        check_no_secret(repr(limiter), str(vars(limiter)), caplog.text)


async def test_gone_while_calls_wait(own_redis: RedisServer) -> None:
    """Calls that wait for their turn when it goes fail, too, instead of waiting for ever."""
    async with RedisLimiter(own_redis.url, LIMIT, name="waiting") as limiter:
        for _ in range(LIMIT.requests):
            await take(limiter)
        waiting = [asyncio.create_task(limiter.acquire(None)) for _ in range(3)]
        await asyncio.sleep(0.1)
        own_redis.stop()
        done = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
        assert [type(each) for each in done] == [LimiterUnavailableError] * 3
        assert (limiter.in_flight, limiter.queued) == (0, 0)


LATE = 0.1
"""Seconds after the server has counted a permit in which a busy event loop may get to it."""


async def go_on(limiter: RedisLimiter, moments: list[float]) -> None:
    """Take permits until the task is cancelled, and note when they come."""
    while True:
        permit = await limiter.acquire(None)
        moments.append(Moments.now())
        await asyncio.sleep(0.002)
        limiter.release(permit, was_cancelled=False)


async def test_going_on_with_a_part(own_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """With a part of the limit no call fails; no window has more than that part meanwhile, nor the limit ever."""
    moments: list[float] = []
    async with (
        RedisLimiter(own_redis.url, LIMIT, name="part", when_gone=0.25, timeout=0.3) as limiter,
        asyncio.TaskGroup() as group,
    ):
        tasks = [group.create_task(go_on(limiter, moments)) for _ in range(6)]
        await asyncio.sleep(1.2)
        own_redis.stop()
        gone = Moments.now()
        await asyncio.sleep(2.2)
        own_redis.start()
        back = Moments.now()
        await asyncio.sleep(4.5)
        for task in tasks:
            task.cancel()
    assert most_for_sure([(moment - LATE, moment) for moment in moments], LIMIT.per_seconds) <= LIMIT.requests
    apart = [moment for moment in moments if gone + 0.05 < moment < back]
    assert most_for_sure([(moment - LATE, moment) for moment in apart], LIMIT.per_seconds) <= 2
    assert len(apart) >= 4, "some go out while it is gone"
    full = [moment for moment in moments if moment > back + 2.5]
    assert len(full) > 2 * LIMIT.requests, "all of the limit is used once it is back"
    assert "is back" in caplog.text
    check_no_secret(caplog.text)


class Relay:
    """Stands between a limiter and its server: it can be silent, or hold up replies of the script."""

    def __init__(self, server: RedisServer) -> None:
        self.is_silent = False
        self.asked = asyncio.Event()
        self.reply_takes = 0.0
        self._server = server

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be the server, as far as it is there."""
        self.asked.set()
        if self.is_silent:
            return await say_nothing(reader, writer)
        try:
            its_reader, its_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        except OSError:
            return writer.close()

        async def respond() -> None:
            while said := await its_reader.read(10_000):
                if b"$2\r\nok\r\n" in said:
                    await asyncio.sleep(self.reply_takes)
                writer.write(said)
            writer.close()

        responding = asyncio.create_task(respond())
        try:
            while heard := await reader.read(10_000):
                its_writer.write(heard)
        finally:
            responding.cancel()
            writer.close()
            its_writer.close()


async def test_sent_while_it_says_that_it_is_back(own_redis: RedisServer) -> None:
    """What goes out under the part until the reply of a server that is back arrives counts like all else."""
    limit = RateLimit(requests=8, per_seconds=0.7)  # so that permits come while it is asked, after each second
    moments: list[float] = []
    relay = Relay(own_redis)
    async with odd_server(relay.talk) as port:
        url = f"redis://:{own_redis.password}@127.0.0.1:{port}"
        async with RedisLimiter(url, limit, name="back", when_gone=0.5) as limiter, asyncio.TaskGroup() as group:
            tasks = [group.create_task(go_on(limiter, moments)) for _ in range(6)]
            await asyncio.sleep(0.3)
            own_redis.stop()
            await asyncio.sleep(0.8)
            relay.reply_takes = 0.6
            relay.asked.clear()
            own_redis.start()
            await relay.asked.wait()
            await asyncio.sleep(0.3)
            relay.reply_takes = 0.0
            await asyncio.sleep(2)
            for task in tasks:
                task.cancel()
    assert most_for_sure([(moment - LATE, moment) for moment in moments], limit.per_seconds) <= limit.requests


async def test_two_that_notice_one_after_the_other(own_redis: RedisServer) -> None:
    """Those who share a limit do not go beyond it when one of them notices earlier that the server is back."""
    limit = RateLimit(requests=8, per_seconds=1.2)
    moments: list[float] = []
    async with (
        RedisLimiter(own_redis.url, limit, name="two", when_gone=0.5, timeout=0.3) as first,
        RedisLimiter(own_redis.url, limit, name="two", when_gone=0.5, timeout=0.3) as second,
        asyncio.TaskGroup() as group,
    ):
        for limiter in (first, second):
            await take(limiter)
        own_redis.stop()
        tasks = [group.create_task(go_on(first, moments)) for _ in range(6)]
        await asyncio.sleep(0.5)  # so that they try it by turns
        tasks += [group.create_task(go_on(second, moments)) for _ in range(6)]
        await asyncio.sleep(2.2)
        own_redis.start()
        back = Moments.now()
        await asyncio.sleep(5.5)
        for task in tasks:
            task.cancel()
    assert most_for_sure([(moment - LATE, moment) for moment in moments], limit.per_seconds) <= limit.requests
    assert len([moment for moment in moments if moment > back + 3]) > limit.requests, "all goes on"


async def test_frozen_while_it_was_asked(own_redis: RedisServer) -> None:
    """What it was asked before it froze, and does when it thaws, does not hide that others have yet to notice."""
    limit = RateLimit(requests=8, per_seconds=1.0)
    moments: list[float] = []
    async with (
        RedisLimiter(own_redis.url, limit, name="thawed", when_gone=0.5, timeout=0.3) as first,
        RedisLimiter(own_redis.url, limit, name="thawed", when_gone=0.5, timeout=0.3) as second,
        asyncio.TaskGroup() as group,
    ):
        for limiter in (first, second):
            await take(limiter)
        own_redis.freeze()
        try:
            tasks = [group.create_task(go_on(first, moments))]  # it asks after 0, 1.3 and 2.6 seconds
            await asyncio.sleep(0.5)
            tasks += [group.create_task(go_on(second, moments))]  # after 0.5, 1.8 and 3.1, and sends after 1.8 and 2.8
            await asyncio.sleep(0.5)
            tasks += [group.create_task(go_on(each, moments)) for each in (first, second) for _ in range(5)]
            await asyncio.sleep(1.5)
        finally:
            own_redis.thaw()
        await asyncio.sleep(4)
        for task in tasks:
            task.cancel()
    assert most_for_sure([(moment - LATE, moment) for moment in moments], limit.per_seconds) <= limit.requests


async def test_one_that_notices_late(own_redis: RedisServer) -> None:
    """Who waits in vain for the server when it is back, and long for its next reply, has time for it."""
    limit = RateLimit(requests=8, per_seconds=1.0)
    moments: list[float] = []
    relay = Relay(own_redis)
    async with odd_server(relay.talk) as port:
        url = f"redis://:{own_redis.password}@127.0.0.1:{port}"
        async with (
            RedisLimiter(url, limit, name="late", when_gone=0.5, timeout=0.5) as slow,
            RedisLimiter(own_redis.url, limit, name="late", when_gone=0.5, timeout=0.5) as quick,
            asyncio.TaskGroup() as group,
        ):
            for limiter in (slow, quick):
                await take(limiter)
            own_redis.stop()
            relay.is_silent = True
            await take(slow)  # it asks after 0, 1.5 and 3 seconds
            await asyncio.sleep(0.6)  # so that the other one asks 0.1 seconds after each second
            tasks = [group.create_task(go_on(quick, moments))]
            relay.asked.clear()
            await relay.asked.wait()
            own_redis.start()
            relay.is_silent, relay.reply_takes = False, 0.45
            await asyncio.sleep(1.2)
            tasks.pop().cancel()  # so that the server is asked again before the other one is heard of
            await asyncio.sleep(0.35)
            tasks += [group.create_task(go_on(each, moments)) for each in (slow, quick) for _ in range(9)]
            await asyncio.sleep(4)
            for task in tasks:
                task.cancel()
    assert most_for_sure([(moment - LATE, moment) for moment in moments], limit.per_seconds) <= limit.requests


async def test_one_that_is_gone_again_and_again(own_redis: RedisServer) -> None:
    """Others who reach the server all the time are not held up by one whose network comes and goes."""
    limit = RateLimit(requests=8, per_seconds=0.5)
    moments: list[float] = []
    relay = Relay(own_redis)
    async with odd_server(relay.talk) as port:
        url = f"redis://:{own_redis.password}@127.0.0.1:{port}"
        async with (
            RedisLimiter(url, limit, name="flaps", when_gone=0.5, timeout=0.5) as bad,
            RedisLimiter(own_redis.url, limit, name="flaps", when_gone=0.5, timeout=0.5) as good,
            asyncio.TaskGroup() as group,
        ):
            window = vars(bad)["_window"]
            tasks = [group.create_task(go_on(good, moments))]
            for _ in range(2):
                relay.is_silent = True
                await vars(bad)["_server"].connection_pool.disconnect()
                call = group.create_task(take(bad))
                while not window.is_gone:  # noqa: ASYNC110 - there is no event for it
                    await asyncio.sleep(0.02)
                relay.is_silent = False
                while window.is_gone:  # noqa: ASYNC110 - there is no event for it
                    await asyncio.sleep(0.02)
                await call
            await asyncio.sleep(1)
            ended = Moments.now()
            for task in tasks:
                task.cancel()
    pauses = [after - before for before, after in itertools.pairwise([*moments, ended])]
    assert max(pauses) < 4 * limit.per_seconds  # a second and twice the time-out, and more, if it held them up


async def test_time_to_notice(own_redis: RedisServer) -> None:
    """The longest time in which one of them notices holds for all, and is not forgotten before it is over."""
    moment = 0.0
    limit = RateLimit(requests=8, per_seconds=0.1)
    slow, quick = (
        RedisWindow("notice", limit, 0.5, seconds, now=lambda: moment, ask=lambda: None) for seconds in (3.0, 1.2)
    )
    async with redis.asyncio.Redis.from_url(own_redis.url) as client:
        ask = client.register_script(SCRIPT)
        slow.fall_back(moment)
        await ask(keys=slow.keys, args=slow.make_arguments(0, moment))
        quick.fall_back(moment)
        await ask(keys=quick.keys, args=quick.make_arguments(0, moment))
        _, granted, wait, *_ = await ask(keys=quick.keys, args=quick.make_arguments(1, moment))
        assert (granted, wait / 1e6) == (0, pytest.approx(3.0, abs=0.2))
        assert await client.pttl(slow.keys[2]) > wait / 1e3


def test_gone_again_before_it_was_told() -> None:
    """What went out apart while it said that it is back is told later when it is gone again at once."""
    moment = 0.0
    limit = RateLimit(requests=8, per_seconds=1.0)
    window = RedisWindow("again", limit, 0.5, 1.2, now=lambda: moment, ask=lambda: None)
    window.fall_back(moment)
    moment = 1.5
    window.make_arguments(0, moment)
    assert window.take(moment)
    assert window.read_reply(["ok", 0, 0, 0, 0, "1", "0"], moment, moment, 1.0) is None
    window.fall_back(moment)
    assert window.make_arguments(0, moment)[6] == 1
    moment = 2.6
    assert window.make_arguments(0, moment)[6] == 0


async def test_deadlines_when_it_goes(own_redis: RedisServer) -> None:
    """Calls that wait when it goes are refused as soon as that is noticed, each by its own place, or wait."""
    limit = RateLimit(requests=4, per_seconds=0.8)
    async with RedisLimiter(own_redis.url, limit, name="late", when_gone=0.25) as limiter:
        loop = asyncio.get_running_loop()
        await take(limiter)
        own_redis.stop()
        began = loop.time()
        patience = [0.5, 1.2, 1.2, None, 2.0]  # permits come after 0.8, 1.6 and 2.4 seconds
        tasks = [
            asyncio.create_task(limiter.acquire(None if seconds is None else began + seconds)) for seconds in patience
        ]
        await asyncio.sleep(0.3)
        assert [task.done() for task in tasks] == [True, False, True, False, True]
        for place, wait in [(0, 0.8), (2, 1.6), (4, 2.4)]:
            error = tasks[place].exception()
            assert isinstance(error, TooLateError)
            assert error.wait == pytest.approx(wait, abs=0.1)
        for place, wait in [(1, 0.8), (3, 1.6)]:
            limiter.release(await tasks[place], was_cancelled=False)
            assert wait - 0.01 < loop.time() - began < wait + 0.35
        assert (limiter.in_flight, limiter.queued) == (0, 0)


async def test_nobody_is_left_when_it_goes(own_redis: RedisServer) -> None:
    """When all are refused, nothing of them is left, and calls that can wait go on."""
    limit = RateLimit(requests=4, per_seconds=0.8)
    async with RedisLimiter(own_redis.url, limit, name="none", when_gone=0.25) as limiter:
        now = asyncio.get_running_loop().time()
        own_redis.stop()
        async with asyncio.timeout(0.6):
            done = await asyncio.gather(*(limiter.acquire(now + 0.5) for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in done] == [TooLateError] * 3
        assert (limiter.in_flight, limiter.queued) == (0, 0)
        async with asyncio.timeout(2):
            await take(limiter)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def odd_server(talk: Talk) -> AsyncIterator[int]:
    """A server that is no Redis; gives its port."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.read()  # until the other side closes
    finally:
        writer.close()


async def close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def say_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await say_nothing(reader, writer)


async def say_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"*99999999999999\r\n$-7\r\n\0\xff\r\n")
    await say_nothing(reader, writer)


async def say_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"+OK\r\n" * 50)
    await say_nothing(reader, writer)


async def repeat_the_password(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    heard = await reader.read(1000)
    writer.write(b"-ERR you said " + heard.replace(b"\r\n", b" ") + b"\r\n")
    await say_nothing(reader, writer)


async def half_a_reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"+OK\r\n+OK\r\n+OK\r\n*6\r\n$2\r\nok\r\n:1")
    await say_nothing(reader, writer)


async def test_what_is_said_at_the_end(own_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """The password is hidden, too, when the server repeats it to one that is being left."""
    caplog.set_level(logging.DEBUG)
    is_spiteful = False

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be the server, until it repeats the password."""
        its_reader, its_writer = await asyncio.open_connection("127.0.0.1", own_redis.port)

        async def respond() -> None:
            while said := await its_reader.read(10_000):
                writer.write(said)

        responding = asyncio.create_task(respond())
        try:
            while heard := await reader.read(10_000):
                if is_spiteful:
                    writer.write(f"-ERR you said {own_redis.password}\r\n".encode())
                else:
                    its_writer.write(heard)
        finally:
            responding.cancel()
            writer.close()
            its_writer.close()

    async with odd_server(talk) as port:
        url = f"redis://:{own_redis.password}@127.0.0.1:{port}"
        limiter = RedisLimiter(url, RateLimit(requests=1, per_seconds=5), name="end", timeout=1.0)
        async with limiter:
            await take(limiter)
            waiting = asyncio.create_task(limiter.acquire(None))
            await asyncio.sleep(0.1)
            is_spiteful = True
        with pytest.raises(ClientStateError) as caught:
            await waiting
        assert "you said …" in str(vars(limiter)), "it was heard"
        check_no_secret(str(caught.value), repr(limiter), str(vars(limiter)), caplog.text)


@pytest.mark.parametrize(
    "talk",
    [say_nothing, close_at_once, say_http, say_nonsense, say_ok, repeat_the_password, half_a_reply],
    ids=lambda talk: talk.__name__,
)
async def test_what_is_no_redis(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    """Calls fail within the time-out, the event loop goes on meanwhile, and the password is nowhere."""
    caplog.set_level(logging.DEBUG)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async with odd_server(talk) as port:
        url = f"redis://me:t0ps3cret@127.0.0.1:{port}/0"
        async with RedisLimiter(url, LIMIT, name="odd", timeout=0.3) as limiter, asyncio.timeout(5):
            ticking = asyncio.create_task(tick())
            began = time.monotonic()
            error = await error_of(limiter)
            took = time.monotonic() - began
            ticking.cancel()
            assert took < 1
            assert ticks >= 20 * took - 2, "the event loop was held up"
            assert (limiter.in_flight, limiter.queued) == (0, 0)
            assert isinstance(error, LimiterUnavailableError)
            check_no_secret(texts_of(error), repr(limiter), caplog.text)
            assert "\n" not in str(error)
            assert len(str(error)) < 1000


async def test_a_deadline_and_a_cancellation_while_nothing_is_said() -> None:
    """Who does not want to wait so long is gone at once, and leaves nothing."""
    async with odd_server(say_nothing) as port:
        async with RedisLimiter(f"redis://127.0.0.1:{port}", LIMIT, timeout=1.0) as limiter:
            began = time.monotonic()
            waiting = [asyncio.create_task(limiter.acquire(None)) for _ in range(3)]
            await asyncio.sleep(0.05)
            for task in waiting:
                task.cancel()
            done = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(each) for each in done] == [asyncio.CancelledError] * 3
            assert limiter.queued == 0
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await limiter.acquire(None)
            assert time.monotonic() - began < 0.8
            assert (limiter.in_flight, limiter.queued) == (0, 0)
            leaving = time.monotonic()
        assert time.monotonic() - leaving < 1.5
    assert [task for task in asyncio.all_tasks() if "RedisLimiter" in repr(task)] == []


async def test_frozen_and_thawed(own_redis: RedisServer) -> None:
    """A server that is stopped for longer than the time-out fails calls, then goes on; nothing is taken for ever."""
    async with RedisLimiter(own_redis.url, LIMIT, name="frozen", timeout=0.3) as limiter:
        await take(limiter)
        own_redis.freeze()
        try:
            with pytest.raises(LimiterUnavailableError):
                await limiter.acquire(None)
        finally:
            own_redis.thaw()
        await asyncio.sleep(2 * LIMIT.per_seconds)
        async with asyncio.timeout(0.4):
            for _ in range(LIMIT.requests):
                await take(limiter)


@pytest.mark.parametrize(
    "login",
    ["", ":t0ps3cret@", "default:t0ps3cret@", "nobody:t0ps3cret@", ":t0ps3cret%2F%40@", "t0ps3cret@"],
    ids=["none", "wrong", "wrong with user", "no such user", "odd signs", "as the user"],
)
@pytest.mark.parametrize("query", ["", "?password=t0ps3cret"], ids=["", "query"])
async def test_a_wrong_password(
    login: str, query: str, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The error says what the server said, and where it is; no text has the password."""
    caplog.set_level(logging.DEBUG)
    url = f"redis://{login}127.0.0.1:{own_redis.port}/0{query}"
    async with RedisLimiter(url, LIMIT) as limiter:
        error = await error_of(limiter)
        check_no_secret(texts_of(error), repr(limiter), str(vars(limiter)), caplog.text)
    assert f"127.0.0.1:{own_redis.port}" in str(error)
    assert re.search("AUTH|uthentic|password", str(error))


@pytest.mark.parametrize(
    "url",
    [
        "http://:t0ps3cret@127.0.0.1",
        "redis://:t0ps3cret@127.0.0.1:port",
        "redis://:t0ps3cret/x@127.0.0.1",
        "redis://:t0ps3cret#x@127.0.0.1",
        "redis://:t0ps3cret?x@127.0.0.1",
        "redis://[::1:t0ps3cret@",
        "redis//:t0ps3cret@127.0.0.1",
        ":t0ps3cret@127.0.0.1",
        "redis://:t0ps3cret@127.0.0.1/0?socket_timeout=t0ps3cret",
        "redis://:t0ps3cret@127.0.0.1/0?db=t0ps3cret",
        "redis://:t0ps3cret@127.0.0.1/x\n",
        b"redis://:t0ps3cret@127.0.0.1",
        ["redis://:t0ps3cret@127.0.0.1"],
        None,
        "",
        "redis://:t0ps3cret@127.0.0.1/0?no_such_option=t0ps3cret",
    ],
    ids=lambda url: ascii(url).replace("t0ps3cret", "…").encode("ascii", "replace").decode().replace("\\", ""),
)
async def test_what_is_no_url(url: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused before anything is sent, or cannot be reached; no text has the password."""
    caplog.set_level(logging.DEBUG)
    try:
        limiter = RedisLimiter(url, LIMIT, timeout=0.3)
    except InvalidArgumentError as refused:
        frames = [frame for frame, _ in traceback.walk_tb(refused.__traceback__)][1:]
        shown = [
            repr(vars(value)) if name == "self" else repr(value)
            for frame in frames
            for name, value in frame.f_locals.items()
        ]
        check_no_secret(str(refused), repr(refused), repr(vars(refused)), *shown, caplog.text)
        return
    async with limiter:
        check_no_secret(texts_of(await error_of(limiter)), caplog.text)


@pytest.mark.parametrize(
    "spoil",
    [
        [("SCRIPT", "FLUSH")],
        [("CLIENT", "KILL", "TYPE", "normal")],
        [("DEL", "{key}:sent", "{key}:line")],
        [("CONFIG", "SET", "timeout", "0")],
    ],
    ids=["no script", "killed connections", "lost keys", "nothing"],
)
async def test_what_is_mended(spoil: list[tuple[str, ...]], own_redis: RedisServer) -> None:
    """What is done to the server in its normal life is not noticed."""
    async with RedisLimiter(own_redis.url, LIMIT, name="spoilt") as limiter:
        await take(limiter)
        await run(own_redis, spoil)
        async with asyncio.timeout(2):
            await take(limiter)


@pytest.mark.parametrize(
    "spoil",
    [
        [("DEL", "{key}:sent"), ("SET", "{key}:sent", "x")],
        [("DEL", "{key}:line"), ("LPUSH", "{key}:line", "x")],
        [("SET", "{key}:state", "x")],
        [("HSET", "{key}:state", "last", "x"), ("HSET", "{key}:state", "offset", "nan")],
        [("HSET", "{key}:state", "pause", "inf")],
        [("HSET", "{key}:state", "last", "1e300")],
        [("HSET", "{key}:state", "requests", "999")],
        [("ZADD", "{key}:line", "inf", "x")],
        [("ZADD", "{key}:sent", "inf", "a", "inf", "b")],
        [("CONFIG", "SET", "maxmemory", "1")],
        [("REPLICAOF", "127.0.0.1", "9")],
    ],
    ids=["sent", "line", "state", "times", "pause", "last", "requests", "line inf", "sent inf", "memory", "replica"],
)
async def test_what_others_wrote(spoil: list[tuple[str, ...]], own_redis: RedisServer) -> None:
    """Whatever is there under its names ends in permits, in a wait or in a clear error, and none holds up the loop."""
    async with RedisLimiter(own_redis.url, LIMIT, name="spoilt", timeout=1.0) as limiter:
        await take(limiter)
        await run(own_redis, spoil)
        moments = []
        for _ in range(12):
            try:
                async with asyncio.timeout(0.2):
                    await take(limiter)
                moments.append(Moments.now())
            except (LimiterUnavailableError, InvalidArgumentError) as error:
                check_no_secret(texts_of(error))
            except TimeoutError:
                pass
        assert most_for_sure([(moment - 0.03, moment) for moment in moments], LIMIT.per_seconds) <= LIMIT.requests


async def run(server: RedisServer, commands: list[tuple[str, ...]]) -> None:
    """Run commands on the server; ``{key}`` is what the names of the limiter begin with."""
    async with redis.asyncio.Redis.from_url(server.url) as client:
        for command in commands:
            words = [word.replace("{key}", "aiospectrum:{spoilt}") for word in command]
            try:
                await client.execute_command(*words)
            except redis.ConnectionError:
                assert command[0] == "CLIENT"


async def test_a_client_whose_limiter_is_gone(own_redis: RedisServer, serve: Serve) -> None:
    """Its calls fail before anything is sent, and go on when it is back."""
    asked = 0

    async def respond(request: Any) -> Any:
        nonlocal asked
        asked += 1
        from aiohttp import web

        return web.json_response({"success": True, "errors": [], "messages": [], "result": []})

    url = await serve(respond)
    async with (
        RedisLimiter(own_redis.url, LIMIT, name="client") as limiter,
        Client(api_token=TOKEN, base_url=url, rate_limit=limiter) as client,
    ):
        await client.protocols.list(ZONE)
        own_redis.stop()
        with pytest.raises(LimiterUnavailableError) as caught:
            await client.protocols.list(ZONE)
        assert asked == 1
        check_no_secret(texts_of(caught.value))
        own_redis.start()
        await client.protocols.list(ZONE)
    assert asked == 2


def test_no_port_is_taken_by_mistake(own_redis: RedisServer) -> None:
    """The server of these tests is reached by its own address alone."""
    with socket.create_connection(("127.0.0.1", own_redis.port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100).startswith(b"-NOAUTH")


async def test_back_after_all_tasks_were_cancelled(own_redis: RedisServer) -> None:
    """A program that cancels all tasks but its own ends the one that waits for the server, and the next call asks."""
    before = asyncio.all_tasks()
    own_redis.stop()
    async with RedisLimiter(own_redis.url, LIMIT, name="ended", when_gone=0.5) as limiter:
        await take(limiter)
        for task in asyncio.all_tasks() - before:
            task.cancel()
        await settle()
        own_redis.start()
        async with asyncio.timeout(10):
            while vars(limiter)["_window"].is_gone:
                await take(limiter)
                await asyncio.sleep(0.01)
