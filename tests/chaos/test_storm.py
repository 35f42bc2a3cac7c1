"""A thousand calls through a storm of faults, pauses and cancellations, and the calm after it."""

import asyncio
import itertools
import logging
import random
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import Any, Final

import attrs
import pytest

from aiospectrum import (
    Client,
    DeletedApp,
    Limiter,
    RateLimit,
    RequestError,
    RequestTimeoutError,
    RetryPolicy,
    Timeouts,
)
from tests.chaos import codings
from tests.chaos.bench import CALLS, Bench, open_bench
from tests.chaos.catalogue import every_step
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import good
from tests.chaos.rules import expect_after, right_result
from tests.chaos.seen import RequestSeen
from tests.chaos.server import ChaosServer
from tests.chaos.steps import HANG, Play, after_request
from tests.conftest import TOKEN, ZONE

CAP: Final = 1 << 20
SPEED: Final = 300
"""How much faster than the real one the clock of the limiter goes, so that pauses of half a minute are short."""


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Do not show a line for each of thousands of attempts when a test fails."""
    caplog.set_level(logging.ERROR, "aiospectrum")


@pytest.fixture
def chance() -> random.Random:
    """The source of what happens, whose seed is shown when a test fails; pytest-randomly's seed brings it back."""
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this storm is {seed}")
    return random.Random(seed)  # noqa: S311 - no secret


LEFT_OUT: Final = (
    "good",
    # A promised connection that ends later may outlast the storm, or depend on who is faster.
    "keep-alive-then-*",
    "junk-after",
)
"""What is no part of any storm, and what the matrix looks at more closely."""

PAUSES: Final = ("retry-after-*", "rate-limit-*")


def make_faults(chance: random.Random, *left_out: str) -> list[Play]:
    """Every fault but those left out, in a random order."""
    plays = every_step(no_sleep) | {f"bomb-{each}": codings.bomb(each, 4 * CAP) for each in codings.BOMBS}
    for coding in codings.BOMBS:
        codings.encode_bomb(coding, 4 * CAP)
    patterns = LEFT_OUT + left_out
    faults = [play for name, play in plays.items() if not any(fnmatchcase(name, pattern) for pattern in patterns)]
    chance.shuffle(faults)
    return faults


class Storm:
    """What the server does: one request in five meets a fault, until the storm is over."""

    def __init__(self, chance: random.Random, faults: list[Play]) -> None:
        self._chance = chance
        self._faults = itertools.cycle(faults)
        self.is_over = False

    def __call__(self, request: RequestSeen) -> Play:
        if not self.is_over and self._chance.random() < 0.2:
            return next(self._faults)
        return good({"zone": zone_of(request), "id": request.target.rpartition("/")[2]})


def zone_of(request: RequestSeen) -> str:
    """The zone that a request is about; every call has one of its own."""
    return request.target.split("/")[4]


@attrs.define(kw_only=True)
class Called:
    """A call and what became of it."""

    name: str
    zone: str
    task: asyncio.Task[Any]

    def check(self, met: list[tuple[str, bool]], policy: RetryPolicy) -> None:
        """Compare the outcome with what the rules say of the faults that the call has met."""
        if self.task.cancelled():
            return
        faults = [fault for fault, _ in met]
        expected = expect_after(faults, self.name, policy=policy, reused=[is_reused for _, is_reused in met])
        error = self.task.exception()
        attempts = error.attempts if isinstance(error, RequestError) else self.task.result().attempts
        cause = type(error.__cause__) if error is not None and error.__cause__ else None
        assert (type(error) if error else None, cause, attempts) == (expected.error, expected.cause, expected.attempts)
        if error is None and faults[-1] != "echo-200":
            result = self.task.result().result
            if faults[-1] == "none":
                assert result["zone"] == self.zone
            else:
                assert result == right_result(faults[-1], self.name, self.zone)
        elif error is None:
            assert self.zone in self.task.result().result["target"]


def met_by_zone(server: ChaosServer) -> dict[str, list[tuple[str, bool]]]:
    """The faults that each call has met, in order, and whether it was on a connection that had been used before."""
    met = defaultdict(list)
    used = set[int]()
    for request, step in server.performed:
        assert request is not None
        fault = "none" if step.name == "good" else step.name
        met[zone_of(request)].append((fault, request.connection in used))
        used.add(request.connection)
    return met


def start(bench: Bench, number: int, name: str) -> Called:
    """Make a call about a zone of its own."""
    zone, call = f"{number:032x}", CALLS[name]
    path = dict.fromkeys(call.path, zone)
    sending = bench.transport.send(call.route, path=path, query={}, body=call.body)
    return Called(name=name, zone=zone, task=asyncio.create_task(sending))


async def cancel_later(called: Called, seconds: float) -> None:
    """Cancel a call at some time, unless it has ended."""
    await asyncio.wait([called.task], timeout=seconds)
    called.task.cancel()


async def test_a_thousand_calls(chance: random.Random) -> None:
    """Every call ends as the rules say or cancelled, nothing is left of any, and the client still works."""
    tasks_before = asyncio.all_tasks()
    loop = asyncio.get_running_loop()
    limiter = Limiter(
        clock=lambda: loop.time() * SPEED, call_later=lambda seconds, call: loop.call_later(seconds / SPEED, call)
    )
    policy = RetryPolicy(base_wait=0, budget=10**6)
    storm = Storm(chance, make_faults(chance))
    async with (
        ChaosServer(storm) as server,
        open_bench(
            server.url,
            timeouts=Timeouts(total=None, read=2),
            retry=policy,
            limiter=limiter,
            max_body_bytes=CAP,
            random=chance.random,
        ) as bench,
    ):
        calls = [start(bench, number, chance.choice(list(CALLS))) for number in range(1, 1001)]
        unlucky = chance.sample(calls, 150)
        cancelling = [asyncio.create_task(cancel_later(each, 3 * chance.random())) for each in unlucky]
        async with asyncio.timeout(100):
            await asyncio.gather(*(each.task for each in calls), *cancelling, return_exceptions=True)
        met = met_by_zone(server)
        for each in calls:
            each.check(met[each.zone], policy)

        storm.is_over = True
        assert (limiter.in_flight, limiter.queued) == (0, 0)
        for number, name in enumerate(CALLS, 2000):
            assert (await start(bench, number, name).task).attempts == 1
        await server.until(lambda: server.open_connections <= 50)
    assert server.open_connections == 0
    assert (limiter.in_flight, limiter.queued) == (0, 0)
    assert asyncio.all_tasks() == tasks_before
    assert sum(len(faults) > 1 for faults in met.values()) > 50, "too few calls were attempted again"
    assert any(each.task.cancelled() for each in calls)


async def test_a_storm_against_deadlines(chance: random.Random) -> None:
    """With real time and short deadlines, every call ends by its deadline, in a right result or an error of ours."""
    tasks_before = asyncio.all_tasks()
    limiter = Limiter(RateLimit(in_flight=20))
    faults = [*make_faults(chance, *PAUSES), *[rate_limited("0")] * 30]
    chance.shuffle(faults)
    faults.insert(0, after_request(HANG))
    kinds = set()
    async with (
        ChaosServer(Storm(chance, faults)) as server,
        Client(
            api_token=TOKEN,
            base_url=server.url,
            timeout=Timeouts(total=0.5),
            retry=RetryPolicy(base_wait=0.01),
            rate_limit=limiter,
            max_body_bytes=CAP,
        ) as client,
    ):
        for _ in range(5):
            started = asyncio.get_running_loop().time()
            outcomes = await asyncio.gather(
                *(client.apps.delete(ZONE, f"{number:032x}") for number in range(100)), return_exceptions=True
            )
            assert asyncio.get_running_loop().time() - started < 5
            for number, outcome in enumerate(outcomes):
                right = isinstance(outcome, DeletedApp) and outcome.id == f"{number:032x}"
                assert right or isinstance(outcome, RequestError)
            kinds |= set(map(type, outcomes))
            assert (limiter.in_flight, limiter.queued) == (0, 0)
    assert server.open_connections == 0
    assert asyncio.all_tasks() == tasks_before
    assert kinds > {DeletedApp, RequestTimeoutError}
