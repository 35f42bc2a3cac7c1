"""What the rate limit, retry and the deadline cost a call that succeeds at once.

Two ways to make the same call take turns, with responses that come from memory, so that nothing else is measured:

- bare: check and build the request, send it, read the envelope, decode the result;
- whole: the same through the client's transport, with limiter, retry, budget and deadline.

The difference is CPU time of this process per call. Run it as ``python benchmarks/overhead.py``; it exits 1 when the
median difference is above ``--at-most`` microseconds.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum._generated.protocols import LIST_PROTOCOLS
from aiospectrum._http.call import CallSettings, HTTPTransport
from aiospectrum._http.deadline import Deadline
from aiospectrum._http.record import Call, HTTPResponse
from aiospectrum._http.request import build_request
from aiospectrum._http.response import read_response
from aiospectrum._http.retry import RetryBudget
from aiospectrum._http.session import Session
from aiospectrum.limiters import Limiter
from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
BASE_URL = "https://api.cloudflare.com/client/v4"
RESPONSE = HTTPResponse(
    status=200,
    headers=CIMultiDictProxy(CIMultiDict({"cf-ray": "8f00-SFO", "ratelimit": '"default";r=1000000;t=1'})),
    body=b'{"success":true,"errors":[],"messages":[],"result":[]}',
)


class FromMemory(Session):
    """Responds at once, without a network."""

    async def request(self, call: Call, *, connect_timeout: float | None) -> HTTPResponse:
        """Give the same response to everything."""
        return RESPONSE


def make_bare(session: Session) -> Callable[[], Awaitable[object]]:
    """A call with all that makes its result, and nothing that makes it reliable."""
    deadline = Deadline(session.timer, None, None)

    async def bare() -> object:
        path = {"zone_id": ZONE}
        target, body = build_request(LIST_PROTOCOLS, path=path, query={}, body=None)
        call = Call(
            route=LIST_PROTOCOLS, path=path, url=BASE_URL + target, body=body, redact=str, deadline=deadline, attempt=1
        )
        return read_response(call, await session.request(call, connect_timeout=None))

    return bare


def make_whole(session: Session) -> Callable[[], Awaitable[object]]:
    """The same call through the client's transport."""
    policy = RetryPolicy()
    transport = HTTPTransport(
        CallSettings(
            session=session,
            base_url=BASE_URL,
            redact=str,
            timeouts=Timeouts(),
            retry=policy,
            budget=RetryBudget(policy),
            limiter=Limiter(RateLimit(requests=1140, per_seconds=1e-9)),  # full at every call, and free at the next
            hook=None,
            clock=time.monotonic,
            random=random.random,
            sleep=asyncio.sleep,
        )
    )

    async def whole() -> object:
        return await transport.send(LIST_PROTOCOLS, path={"zone_id": ZONE}, query={})

    return whole


async def measure(call: Callable[[], Awaitable[object]], calls: int) -> float:
    """CPU time per call, in microseconds."""
    begun = time.process_time()
    for _ in range(calls):
        await call()
    return (time.process_time() - begun) / calls * 1e6


async def compare(rounds: int, calls: int) -> list[tuple[float, float]]:
    """Both ways in turn, some rounds long."""
    session = FromMemory(headers={}, max_body_bytes=1)
    session.open()
    try:
        bare, whole = make_bare(session), make_whole(session)
        await measure(bare, calls), await measure(whole, calls)
        return [(await measure(bare, calls), await measure(whole, calls)) for _ in range(rounds)]
    finally:
        await session.close()


def main() -> int:
    """Measure, print a table, and say by the exit code whether the cost is what it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11, help="rounds of both ways in turn (11)")
    parser.add_argument("--calls", type=int, default=5000, help="calls of each way in a round (5000)")
    parser.add_argument("--at-most", type=float, default=15.0, help="microseconds that it may cost (15)")
    options = parser.parse_args()
    results = asyncio.run(compare(options.rounds, options.calls))
    cost = statistics.median(whole - bare for bare, whole in results)
    print(f"bare call                        {statistics.median(bare for bare, _ in results):7.1f} µs")
    print(f"with limiter, retry and deadline {statistics.median(whole for _, whole in results):7.1f} µs")
    print(f"cost, median of {options.rounds} rounds        {cost:7.1f} µs (at most {options.at_most:g})")
    return 0 if cost <= options.at_most else 1


if __name__ == "__main__":
    sys.exit(main())
