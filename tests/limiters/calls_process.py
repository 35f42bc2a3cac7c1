"""A process of its own that makes calls of a sandbox, and says when it had the last response.

Its arguments are ``loop``, ``file`` or ``redis``, where the limit is kept, the requests, the seconds, the URL and the
token of the sandbox, the number of calls, and how many of them at a time.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import Any

from aiospectrum import Client, RateLimit, RetryPolicy
from aiospectrum.limiters import FileLimiter, Limiter, RedisLimiter
from tests.conftest import ZONE
from tests.limiters.moments import Moments


async def main(
    kind: str, place: str, requests: str, seconds: str, url: str, token: str, calls: str, at_once: str
) -> None:
    """Wait for a line, and call as often as wanted."""
    limit = RateLimit(requests=int(requests), per_seconds=float(seconds), in_flight=int(at_once))
    async with AsyncExitStack() as stack:
        limiter: Any = Limiter(limit)
        if kind == "file":
            limiter = FileLimiter(place, limit)
        elif kind == "redis":
            limiter = await stack.enter_async_context(RedisLimiter(place, limit, name="calls"))
        options: dict[str, Any] = {"retry": RetryPolicy(max_attempts=1), "rate_limit": limiter}
        client = await stack.enter_async_context(Client(api_token=token, base_url=url, **options))
        left = iter(range(int(calls)))

        async def call() -> None:
            for _ in left:
                await client.protocols.list(ZONE)

        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        async with asyncio.TaskGroup() as group:
            for _ in range(2 * int(at_once)):
                group.create_task(call())
        print(repr(Moments.now()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
