"""A pull gives every task its outcome, in bounded memory, over one client or several."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import (
    AuthenticationError,
    Client,
    ClientStateError,
    ConnectionFailedError,
    InvalidArgumentError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
)
from aiospectrum.bulk import Outcome, Progress, Query, pull
from tests.bulk.fakes import ZONES, Call, Fake, failing, fine, make_plan, others, report
from tests.conftest import TOKEN
from tests.fake_time import settle

A, B, C, D = ZONES[:4]


async def collect(*arguments: Any, **options: Any) -> list[Outcome]:
    """All outcomes."""
    async with pull(*arguments, **options) as outcomes:
        return [outcome async for outcome in outcomes]


@given(
    zones=st.lists(st.sampled_from(ZONES), unique=True),
    days=st.integers(1, 9),
    concurrency=st.integers(1, 20),
    broken=st.sets(st.sampled_from(ZONES)),
    clients=st.lists(st.integers(0, 2), min_size=len(ZONES), max_size=len(ZONES)),
)
async def test_every_task_has_its_outcome(
    zones: list[str], days: int, concurrency: int, broken: set[str], clients: list[int]
) -> None:
    """Whatever fails and whatever is called, each task has one outcome with its own zone and window."""
    plan = make_plan(zones=zones, days=days)
    fakes = [Fake(respond=failing(ServerError, *broken)) for _ in range(3)]
    by_zone = {zone_id: fakes[client] for zone_id, client in zip(ZONES, clients, strict=True)}

    outcomes = await collect(by_zone, plan, concurrency=concurrency)

    assert sorted(map(repr, plan)) == sorted(repr(outcome.task) for outcome in outcomes)
    assert all(outcome.is_last and outcome.window == outcome.task.window for outcome in outcomes)
    assert all(outcome.ok == (outcome.task.zone_id not in broken) for outcome in outcomes)
    assert all(by_zone[call.zone_id] is fake for fake in fakes for call in fake.calls)
    assert all(fake.most_in_flight <= concurrency for fake in fakes)
    assert await others() == set()


async def test_what_is_sent() -> None:
    """A window is fetched up to its last second, and nothing that the query lacks is sent."""
    fake = Fake(respond=fine)
    query = Query(time_delta="minute", metrics=["count"], dimensions=["event"], filters="event==connect", limit=9)

    await collect(fake, make_plan(1, 1, query=query))
    await collect(fake, make_plan(1, 1, query=Query(kind="summary", metrics=["bytesIngress"])))

    by_time, summary = fake.calls
    since, until = by_time.times
    assert (since.isoformat(), until.isoformat()) == ("2026-11-18T00:00:00+00:00", "2026-11-18T23:59:59+00:00")
    assert by_time.query == {
        "time_delta": "minute",
        "metrics": ("count",),
        "dimensions": ("event",),
        "filters": "event==connect",
        "limit": 9,
        "sort": None,
        "since": since,
        "until": until,
    }
    assert "time_delta" not in summary.query
    assert (summary.query["metrics"], summary.query["dimensions"], summary.query["limit"]) == (
        ("bytesIngress",),
        None,
        None,
    )


async def test_outcomes() -> None:
    """An outcome has a report or an error, and gives the one or raises the other."""
    outcomes = await collect(Fake(respond=failing(AuthenticationError, A)), make_plan([A, B], 1))

    bad, good = sorted(outcomes, key=lambda outcome: outcome.ok)
    assert (bad.task.zone_id, bad.report, bad.ok) == (A, None, False)
    with pytest.raises(AuthenticationError):
        bad.unwrap()
    assert (good.error, good.ok) == (None, True)
    assert good.unwrap() is good.report


async def test_outcomes_come_as_they_complete() -> None:
    """A slow zone does not delay the outcomes of others."""
    slow, quick = Fake(respond=fine, is_open=False), Fake(respond=fine)
    plan = make_plan([A, B], 3)

    async with pull({A: slow, B: quick}, plan, concurrency=1) as outcomes:
        first = [(await anext(outcomes)).task.zone_id for _ in range(3)]
        slow.is_open = True
        slow.gate.set()
        rest = [outcome.task.zone_id async for outcome in outcomes]

    assert (first, rest) == ([B, B, B], [A, A, A])


async def test_memory_is_bounded_by_the_concurrency() -> None:
    """Of a long plan only so many calls are made ahead of a consumer, and so many reports are there, as are workers."""
    fake = Fake(respond=fine)
    plan = make_plan(8, 1500)
    taken = 0

    async with pull(fake, plan, concurrency=5) as outcomes:
        async for outcome in outcomes:
            taken += 1
            await settle()
            assert len(fake.calls) <= taken + 5
            assert fake.alive <= 5 + 1
            assert len(asyncio.all_tasks()) <= 5 + 1
            assert outcome.ok
            if taken == 300:
                break

    del outcome
    assert fake.alive == 0
    assert await others() == set()


async def test_nothing_begins_before_the_first_outcome_is_awaited() -> None:
    """Making a pull needs no event loop and sends nothing; entering it begins."""
    fake = Fake(respond=fine)
    outcomes = pull(fake, make_plan())
    await settle()
    assert fake.calls == []

    async with outcomes:
        await settle()
        assert len(fake.calls) == 6


async def test_an_empty_plan() -> None:
    """Without zones there are no outcomes."""
    assert await collect(Fake(respond=fine), make_plan(0)) == []
    assert await collect({}, make_plan(0)) == []


async def test_after_the_end() -> None:
    """A pull that is complete stays so; one that was ended early says so instead of looking complete."""
    complete, ended = pull(Fake(respond=fine), make_plan()), pull(Fake(respond=fine), make_plan())
    assert len([outcome async for outcome in complete]) == 6
    await complete.aclose()
    assert [outcome async for outcome in complete] == []

    await anext(ended)
    await ended.aclose()
    with pytest.raises(ClientStateError, match="ended before all its outcomes had come"):
        await anext(ended)
    with pytest.raises(ClientStateError, match="make a new one"):
        async with ended:
            pass


async def test_several_consumers() -> None:
    """Tasks may share a pull: each outcome goes to one of them."""
    plan = make_plan(4, 10)
    outcomes = pull(Fake(respond=fine), plan, concurrency=3)

    async def consume() -> list[Outcome]:
        return [outcome async for outcome in outcomes]

    parts = await asyncio.gather(consume(), consume(), consume())

    assert sorted(repr(outcome.task) for part in parts for outcome in part) == sorted(map(repr, plan))


async def test_a_consumer_whose_pull_is_ended_by_another_one() -> None:
    """Who waits for an outcome has the error that there will be none."""
    outcomes = pull(Fake(respond=fine, is_open=False), make_plan())
    waiting = asyncio.ensure_future(anext(outcomes))
    await settle()

    await outcomes.aclose()

    with pytest.raises(ClientStateError, match="ended before all its outcomes"):
        await waiting


async def test_fail_fast() -> None:
    """The first error is raised once all work has ended, and nothing more is sent."""
    fake = Fake(respond=failing(ServerError, B))

    with pytest.raises(ServerError, match=f"no {B}"):
        await collect(fake, make_plan(4, 100), concurrency=3, fail_fast=True)

    assert len(fake.calls) <= 6
    assert await others() == set()


async def test_fail_fast_does_not_wait_for_the_consumer() -> None:
    """While the consumer is busy with an earlier outcome, the error ends all work."""
    fake = Fake(respond=failing(ServerError, B))
    async with pull(fake, make_plan(4, 100), concurrency=4, fail_fast=True) as outcomes:
        await settle()
        assert len(await others()) == 0
        with pytest.raises(ServerError):
            await anext(outcomes)

    assert len(fake.calls) == 4


@pytest.mark.parametrize("kind", [InvalidArgumentError, ClientStateError])
async def test_mistakes_are_raised(kind: type[Exception]) -> None:
    """What every task would fail with alike is no outcome."""
    fake = Fake(respond=lambda call: kind("no"))

    with pytest.raises(kind, match="no"):
        await collect(fake, make_plan(8, 100), concurrency=2)

    assert len(fake.calls) <= 4
    assert await others() == set()


async def test_a_client_that_is_not_open() -> None:
    """A client outside its block is such a mistake, in either form of the loop."""
    client = Client(api_token=TOKEN)

    with pytest.raises(ClientStateError, match="not open"):
        await collect(client, make_plan())
    with pytest.raises(ClientStateError, match="not open"):
        async for _ in pull(client, make_plan()):
            pass


async def test_errors_of_a_transport_that_is_not_ours() -> None:
    """An error that is none of the library's is raised too, rather than lost in a task."""
    with pytest.raises(ZeroDivisionError):
        await collect(Fake(respond=lambda call: 1 / 0), make_plan())

    assert await others() == set()


async def test_progress() -> None:
    """The callback is called with each outcome: tasks done and failed, and rows."""
    seen: list[Progress] = []
    results = {A: ServerError("no"), B: report([1], [2], [3])}
    plan = make_plan([A, B], 2)

    async with pull(
        Fake(respond=lambda call: results[call.zone_id]), plan, concurrency=1, on_progress=seen.append
    ) as it:
        assert it.progress == Progress(total=4)
        counts = [len(seen) async for _ in it]

    assert counts == [1, 2, 3, 4]
    assert [(each.done, each.failed, each.rows) for each in seen] == [(1, 1, 0), (2, 1, 3), (3, 2, 3), (4, 2, 6)]
    assert it.progress == seen[-1] == Progress(total=4, done=4, failed=2, rows=6)


async def test_a_callback_that_fails() -> None:
    """An error of the callback is the caller's, and ends all work."""
    fake = Fake(respond=fine)

    with pytest.raises(ZeroDivisionError):
        await collect(fake, make_plan(4, 100), concurrency=2, on_progress=lambda progress: 1 / 0)

    assert await others() == set()
    assert len(fake.calls) <= 4


def limited(wait: float | None, times: int, kind: type[Any] = RateLimitError) -> Fake:
    """A transport that says some times that a call has to wait."""

    def respond(call: Call) -> Any:
        if call.place >= times:
            return fine(call)
        error = kind("wait")
        error.wait = wait
        return error

    return Fake(respond=respond)


@pytest.mark.parametrize("kind", [RateLimitError, RequestTimeoutError])
async def test_the_rate_limit_is_waited_for(kind: type[Any]) -> None:
    """A call whose permit comes after its deadline is no failure of the zone: it is made again when it may be."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    [outcome] = await collect(limited(280.0, 2, kind), make_plan(1, 1), sleep=sleep)

    assert outcome.ok
    assert slept == [280.0, 280.0]


@pytest.mark.parametrize(
    ("wait", "rate_limit_timeout", "expected"),
    [
        pytest.param(280.0, 0, [], id="none"),
        pytest.param(280.0, 1000.0, [280.0] * 3, id="some"),
        pytest.param(0.0, 5.0, [1.0] * 5, id="waits of no length use it up as well"),
        pytest.param(None, None, [], id="an unknown wait"),
    ],
)
async def test_rate_limit_timeout(wait: float | None, rate_limit_timeout: float | None, expected: list[float]) -> None:
    """A window that has waited for long enough is an error."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    [outcome] = await collect(limited(wait, 99), make_plan(1, 1), sleep=sleep, rate_limit_timeout=rate_limit_timeout)

    assert isinstance(outcome.error, RateLimitError)
    assert slept == expected


async def test_other_errors_are_not_waited_for() -> None:
    """What the client gave up on is not tried again, although it says how long it would have waited."""
    fake = limited(3.0, 1, ConnectionFailedError)

    [outcome] = await collect(fake, make_plan(1, 1))

    assert isinstance(outcome.error, ConnectionFailedError)
    assert len(fake.calls) == 1


async def test_a_client_that_waits_holds_up_no_other() -> None:
    """Each client has workers of its own."""
    waiting, quick = Fake(respond=fine, is_open=False), Fake(respond=fine)

    async with pull({A: waiting, B: waiting, C: quick, D: waiting}, make_plan(4, 50), concurrency=2) as outcomes:
        zones = [(await anext(outcomes)).task.zone_id for _ in range(50)]
        assert zones == [C] * 50
        assert waiting.in_flight == 2

    assert waiting.cancelled == 2
    assert await others() == set()


@pytest.mark.parametrize(
    ("client", "changes", "message"),
    [
        (Fake(respond=fine), {"concurrency": 0}, "concurrency: expected an integer of 1 or more, got 0"),
        (Fake(respond=fine), {"fail_fast": 1}, "fail_fast: expected True or False, got 1"),
        (Fake(respond=fine), {"on_progress": 5}, "on_progress: expected a function or None, got 5"),
        (
            Fake(respond=fine),
            {"rate_limit_timeout": -1},
            "rate_limit_timeout: expected a number of seconds, 0 or more, or None, got -1",
        ),
        (None, {}, "client: expected a client, or a mapping of zone ids to clients, got None"),
        (
            Client,
            {},
            "client: expected a client, or a mapping of zone ids to clients, got <class 'aiospectrum.client.Client'>",
        ),
        ({A: Fake(respond=fine)}, {}, f"client: expected a mapping that has a client for each zone, got '{B}'"),
        ({A: 5, B: 5}, {}, rf"client\['{A}'\]: expected a client, or .*, got 5"),
    ],
)
def test_refused_arguments(client: Any, changes: dict[str, Any], message: str) -> None:
    """A pull that makes no sense is refused at once."""
    with pytest.raises(InvalidArgumentError, match=message):
        pull(client, make_plan(), **changes)


def test_no_plan() -> None:
    """Something else than a plan is refused."""
    plan: Any = list(make_plan())

    with pytest.raises(InvalidArgumentError, match="plan: expected an object of the class Plan"):
        pull(Fake(respond=fine), plan)
