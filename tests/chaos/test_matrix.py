"""The matrix: every call meets every fault, once and forever, on a new connection and on a used one.

By itself pytest lets each method meet every fault once, and tries the rest with a sample of each class of faults. The
others have the marker ``exhaustive``; ``nox -s chaos`` runs them too.
"""

import asyncio
import contextlib
from collections import defaultdict
from typing import Final

import pytest

from aiospectrum import (
    AmbiguousWriteError,
    ConnectionFailedError,
    NotFoundError,
    RequestError,
    RetryPolicy,
    Timeouts,
)
from tests.chaos import codings
from tests.chaos.bench import CALLS, open_bench
from tests.chaos.catalogue import every_step
from tests.chaos.responses import good, unsuccessful
from tests.chaos.rules import FINE, Rule, expect_after, right_result, rule_of
from tests.chaos.server import ChaosServer, refused_url
from tests.chaos.steps import HANG, Play, as_step
from tests.conftest import APP

CAP: Final = 1 << 20
"""The most bytes of a body."""

MENDED: Final = {"id": APP, "mended": True}
"""The result of the response after a fault."""


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


FAULTS: Final[dict[str, Play]] = {
    **every_step(no_sleep),
    **{f"bomb-{coding}": codings.bomb(coding, 4 * CAP) for coding in codings.BOMBS},
}
"""All faults; the bombs are small ones here."""

METHODS: Final = ("list", "update", "delete", "create")
"""A call of each method."""

every_call = pytest.mark.parametrize("call", CALLS)


def hangs(fault: str) -> bool:
    """Whether the server says nothing more, so that the client has to give up."""
    return HANG in as_step(FAULTS[fault]).acts


def classes_of_faults() -> list[list[str]]:
    """The faults that mean the same to the one who calls."""
    classes: defaultdict[tuple[Rule, bool], list[str]] = defaultdict(list)
    for fault in FAULTS:
        classes[rule_of(fault, "list"), hangs(fault)].append(fault)
    return list(classes.values())


def sample(call: str) -> set[str]:
    """A fault of each class, for each call another one where there are as many."""
    share = list(CALLS).index(call) / len(CALLS)
    return {faults[int(share * len(faults))] for faults in classes_of_faults()}


def pairs(every: tuple[str, ...], sampled: tuple[str, ...]) -> list[object]:
    """All pairs of fault and call as parameters of a test; most of them are marked as exhaustive.

    Calls in ``every`` meet every fault, those in ``sampled`` a fault of each class.
    """
    few = {call: set(FAULTS) if call in every else sample(call) if call in sampled else set() for call in CALLS}
    return [
        pytest.param(fault, call, id=f"{fault}-{call}", marks=() if fault in few[call] else pytest.mark.exhaustive)
        for call in CALLS
        for fault in FAULTS
    ]


def timeouts_for(fault: str) -> Timeouts:
    """Patience, but where the server hangs."""
    return Timeouts(total=None, read=0.5 if hangs(fault) else 20)


def policy_for(fault: str) -> RetryPolicy:
    """Four attempts, two where each takes a while."""
    return RetryPolicy(max_attempts=2 if hangs(fault) else 4)


async def check(fault: str, call: str, *, times: int, reuses: bool = False) -> None:
    """Let a call meet a fault so many times, and compare what comes of it with the rules."""
    policy = policy_for(fault)
    rule = rule_of(fault, call)
    reused = (reuses, *[False] * times)
    expected = expect_after([fault] * times + ["none"], call, policy=policy, reused=reused)
    script = [good()] * reuses + [FAULTS[fault]] * times
    async with (
        ChaosServer(script, rest=good(MENDED)) as server,
        open_bench(server.url, timeouts=timeouts_for(fault), retry=policy, max_body_bytes=CAP) as bench,
    ):
        if reuses:
            await bench.call("list")
        try:
            response = await bench.call(call)
        except RequestError as error:
            outcome: tuple[object, ...] = (type(error), type(error.__cause__) if error.__cause__ else None)
            attempts = error.attempts
        else:
            outcome, attempts = (None, None), response.attempts
            if fault != "echo-200":
                assert response.result == (MENDED if rule is not FINE else right_result(fault, call))
        assert outcome == (expected.error, expected.cause)
        assert attempts == server.attempts - reuses == expected.attempts
        assert len(bench.waits) == expected.waits
        if reuses:
            assert server.performed[1][0] is not None
            assert server.performed[1][0].connection == 1
    assert server.open_connections == 0


@pytest.mark.parametrize(("fault", "call"), pairs(METHODS, ("get",)))
async def test_a_fault_once(fault: str, call: str) -> None:
    """A call that meets a fault once ends as the rules say, with as many requests as it reports."""
    await check(fault, call, times=1)


@pytest.mark.parametrize(("fault", "call"), pairs((), METHODS))
async def test_a_fault_forever(fault: str, call: str) -> None:
    """A call that meets nothing but a fault ends as the rules say, after no more than the attempts it may make."""
    await check(fault, call, times=policy_for(fault).max_attempts)


@pytest.mark.parametrize(("fault", "call"), pairs((), METHODS))
async def test_a_fault_on_a_used_connection(fault: str, call: str) -> None:
    """On a connection that has served before nothing is different, but for an end of it without a byte."""
    await check(fault, call, times=1, reuses=True)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault, marks=() if fault in sample("delete") else pytest.mark.exhaustive)
        for fault in FAULTS
        if rule_of(fault, "delete").passes
    ],
)
async def test_a_delete_that_is_not_found_the_second_time(fault: str) -> None:
    """A 404 to a repeated DELETE counts as deleted if the first may have done it, and as not found if it cannot."""
    async with (
        ChaosServer([FAULTS[fault]], rest=unsuccessful(status=404)) as server,
        open_bench(server.url, timeouts=timeouts_for(fault), max_body_bytes=CAP) as bench,
    ):
        if rule_of(fault, "delete").leaves_open:
            response = await bench.call("delete")
            assert (response.result, response.attempts) == ({"id": APP}, 2)
        else:
            with pytest.raises(NotFoundError) as caught:
                await bench.call("delete")
            assert caught.value.attempts == 2
        assert server.attempts == 2
        with pytest.raises(NotFoundError):
            await bench.call("delete")


@every_call
async def test_the_connection_is_refused(call: str) -> None:
    """Where no connection can be made nothing is sent, so that every call is attempted as often as allowed."""
    with refused_url() as url:
        async with open_bench(url) as bench:
            with pytest.raises(ConnectionFailedError, match="ClientConnectorError") as caught:
                await bench.call(call)
    assert (caught.value.attempts, caught.value.was_sent, caught.value.__cause__) == (4, False, None)


@every_call
async def test_the_connection_is_refused_at_first(call: str) -> None:
    """A call that could not connect is sent once somebody listens, a create included."""
    async with ChaosServer(rest=good(MENDED)) as server, contextlib.AsyncExitStack() as refusing:
        await refusing.enter_async_context(server.refusing())
        async with open_bench(server.url, between=refusing.aclose) as bench:
            response = await bench.call(call)
        assert (response.result, response.attempts, server.attempts) == (MENDED, 2, 1)


async def test_a_delete_that_could_not_connect_and_is_not_found() -> None:
    """A 404 after an attempt that sent nothing is a 404."""
    async with ChaosServer(rest=unsuccessful(status=404)) as server, contextlib.AsyncExitStack() as refusing:
        await refusing.enter_async_context(server.refusing())
        async with open_bench(server.url, between=refusing.aclose) as bench:
            with pytest.raises(NotFoundError):
                await bench.call("delete")


@every_call
@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_kept_connection_that_ends_with_the_next_request(end: str, call: str) -> None:
    """The request that finds a promised connection gone is one attempt, and a create is not sent again."""
    async with ChaosServer([FAULTS[f"keep-alive-then-{end}"]]) as server, open_bench(server.url) as bench:
        await bench.call("list")
        if call == "create":
            with pytest.raises(AmbiguousWriteError) as caught:
                await bench.call(call)
            attempts = caught.value.attempts
        else:
            attempts = (await bench.call(call)).attempts
        assert attempts == server.attempts - 1 == (1 if call == "create" else 2)


@every_call
@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_kept_connection_that_ended_while_idle(end: str, call: str) -> None:
    """A connection that is known to be gone is not used, so that even a create comes through."""
    async with ChaosServer([FAULTS[f"keep-alive-then-{end}-idle"]]) as server, open_bench(server.url) as bench:
        await bench.call("list")
        await server.all_closed()
        for _ in range(5):  # iterations of the loop in which the client notices it
            await asyncio.sleep(0)
        assert (await bench.call(call)).attempts == server.attempts - 1 == 1
        assert [request.connection for request in server.requests] == [1, 2]


@every_call
async def test_unsolicited_responses(call: str) -> None:
    """Bytes after a response are not taken for the response to the next request."""
    async with ChaosServer([FAULTS["junk-after"]], rest=good(MENDED)) as server, open_bench(server.url) as bench:
        await bench.call("list")
        assert (await bench.call(call)).result == MENDED
