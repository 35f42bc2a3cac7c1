"""Ways to keep requests of several processes under one limit: ours, and those of libraries, over one Redis server.

Each gives a coroutine function that returns once it has a permit.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from typing import Any, Final

import attrs

from aiospectrum import FileLimiter, Limiter, RateLimit, RedisLimiter

__all__ = ["WAYS", "Acquire", "Way"]

Acquire = Callable[[], Awaitable[object]]
_NAME: Final = "benchmark"


@attrs.frozen
class Way:
    """A limiter and what it needs."""

    make: Callable[[str, int], AbstractAsyncContextManager[Acquire]]
    """Takes where the limit is kept and the number of requests per second."""
    place: str = ""
    """``file`` or ``redis``; nothing when it is in the process alone."""
    module: str = ""
    """What has to be installed."""
    distribution: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether it can be measured."""
        return not self.module or find_spec(self.module) is not None


def _acquire(limiter: Any) -> Acquire:
    """One permit of ours, given back at once."""

    async def acquire() -> None:
        limiter.release(await limiter.acquire(None), was_cancelled=False)

    return acquire


def _limit(requests: int) -> RateLimit:
    return RateLimit(requests=requests, per_seconds=1.0, in_flight=10_000)


@asynccontextmanager
async def _ours_loop(where: str, requests: int) -> AsyncIterator[Acquire]:
    """The limiter of an event loop."""
    yield _acquire(Limiter(_limit(requests)))


@asynccontextmanager
async def _ours_file(where: str, requests: int) -> AsyncIterator[Acquire]:
    """The limiter of a machine."""
    yield _acquire(FileLimiter(where, _limit(requests)))


@asynccontextmanager
async def _ours_redis(where: str, requests: int) -> AsyncIterator[Acquire]:
    """The limiter of many machines."""
    async with RedisLimiter(where, _limit(requests)) as limiter:
        yield _acquire(limiter)


@asynccontextmanager
async def _limits(where: str, requests: int) -> AsyncIterator[Acquire]:
    """A moving window; whoever is refused asks when the window has room, and sleeps until then."""
    from limits import RateLimitItemPerSecond
    from limits.aio.strategies import MovingWindowRateLimiter
    from limits.storage import storage_from_string

    storage: Any = storage_from_string(f"async+{where}", implementation="redispy")
    limiter, item = MovingWindowRateLimiter(storage), RateLimitItemPerSecond(requests)

    async def acquire() -> None:
        while not await limiter.hit(item, _NAME):
            stats = await limiter.get_window_stats(item, _NAME)
            await asyncio.sleep(max(0.001, stats.reset_time - time.time()))

    yield acquire


@asynccontextmanager
async def _pyrate_limiter(where: str, requests: int) -> AsyncIterator[Acquire]:
    """A bucket in Redis, which waits by itself."""
    from pyrate_limiter import Duration, Limiter, Rate, RedisBucket
    from redis.asyncio import Redis

    async with Redis.from_url(where) as redis:
        bucket: Any = await RedisBucket.init([Rate(requests, Duration.SECOND)], redis, _NAME)
        limiter = Limiter(bucket)

        async def acquire() -> None:
            await limiter.try_acquire_async(_NAME)

        yield acquire
        limiter.close()


@asynccontextmanager
async def _throttled(where: str, requests: int) -> AsyncIterator[Acquire]:
    """A sliding window in Redis, which waits by itself."""
    from throttled.asyncio import RedisStore, Throttled, rate_limiter

    store = RedisStore(server=where)
    quota = rate_limiter.per_sec(requests)
    throttle = Throttled(key=_NAME, using="sliding_window", quota=quota, store=store, timeout=60)

    async def acquire() -> None:
        while (await throttle.limit()).limited:
            pass

    yield acquire


WAYS: Final = {
    "aiospectrum, event loop": Way(_ours_loop),
    "aiospectrum, file": Way(_ours_file, "file"),
    "aiospectrum, Redis": Way(_ours_redis, "redis", "redis", "redis"),
    "limits": Way(_limits, "redis", "limits", "limits"),
    "pyrate-limiter": Way(_pyrate_limiter, "redis", "pyrate_limiter", "pyrate-limiter"),
    "throttled-py": Way(_throttled, "redis", "throttled", "throttled-py"),
}
