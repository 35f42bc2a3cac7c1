"""What the rate limit, retry and the deadline cost a call that succeeds at once.

Two ways to make the same call take turns, with answers that come from memory, so that nothing else is measured:

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
from collections.abc import Awaitable, Callable, Mapping

import attrs
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.decoder import read_answer
from aiospectrum._generated.protocols import LIST_PROTOCOLS
from aiospectrum._http.attempt import Attempt
from aiospectrum._http.call import HTTPTransport
from aiospectrum._http.credentials import choose_credentials
from aiospectrum._http.deadline import Deadline, Watch
from aiospectrum._http.limiter import Limiter
from aiospectrum._http.request import build_request, common_headers
from aiospectrum._http.response import Call, RawResponse
from aiospectrum._http.retry import RetryBudget
from aiospectrum._http.session import Exchange, open_session
from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts
from aiospectrum.transport import Response

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
BASE_URL = "https://api.cloudflare.com/client/v4"
ANSWER = RawResponse(
    status=200,
    headers=CIMultiDictProxy(CIMultiDict({"cf-ray": "8f00-SFO", "ratelimit": '"default";r=1000000;t=1'})),
    body=b'{"success":true,"errors":[],"messages":[],"result":[]}',
)
CREDENTIALS = choose_credentials(api_token="token", api_email=None, api_key=None)  # noqa: S106 - nobody's


@attrs.frozen(kw_only=True)
class FromMemory(Exchange):
    """Answers at once, without a network."""

    async def __call__(
        self, call: Call, *, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
    ) -> RawResponse:
        """Give the same answer to everything."""
        return ANSWER


def make_bare(exchange: Exchange, redact: Callable[[str], str]) -> Callable[[], Awaitable[object]]:
    """A call with all that makes its result, and nothing that makes it reliable."""
    converter = shared_converter()

    deadline = Deadline(Watch(asyncio.get_running_loop()), None, None)

    async def bare() -> object:
        request = build_request(LIST_PROTOCOLS, path={"zone_id": ZONE}, query={}, body=None, converter=converter)
        call = Call(method="GET", url=BASE_URL + request.target, redact=redact)
        headers = {"Authorization": "Bearer token", "Accept": "application/json", "User-Agent": "benchmark"}
        raw = await exchange(call, headers=headers, body=None, deadline=deadline)
        envelope = read_answer(LIST_PROTOCOLS, raw, call, path={"zone_id": ZONE}, converter=converter)
        return Response(
            route=LIST_PROTOCOLS,
            url=call.url,
            result=envelope.result,
            status=raw.status,
            headers=raw.headers,
            messages=envelope.messages,
            result_info=envelope.result_info,
            attempts=1,
        )

    return bare


def make_whole(exchange: Exchange) -> Callable[[], Awaitable[object]]:
    """The same call through the client's transport."""
    policy = RetryPolicy()
    transport = HTTPTransport(
        attempt=Attempt(
            exchange=exchange,
            limiter=Limiter(RateLimit(requests=1140, per_seconds=1e-9)),  # full at every call, and free at the next
            hook=None,
            clock=asyncio.get_running_loop().time,
            random=random.random,
            converter=shared_converter(),
        ),
        base_url=BASE_URL,
        credentials=CREDENTIALS,
        headers=common_headers(CREDENTIALS, "benchmark"),
        timeouts=exchange.timeouts,
        watch=Watch(asyncio.get_running_loop()),
        retry=policy,
        budget=RetryBudget(policy),
        converter=shared_converter(),
        sleep=asyncio.sleep,
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
    async with open_session(1, None, {}) as session:
        exchange = FromMemory(session=session, timeouts=Timeouts(), max_body_bytes=1, proxy=None)
        bare, whole = make_bare(exchange, str), make_whole(exchange)
        await measure(bare, calls), await measure(whole, calls)
        return [(await measure(bare, calls), await measure(whole, calls)) for _ in range(rounds)]


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
