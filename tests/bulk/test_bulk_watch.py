"""A watch has its rounds on the minute, whatever happens in between; all on a clock of the test's own."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import ClientStateError, CurrentAggregate, InvalidArgumentError, ServerError
from aiospectrum.bulk import Round, watch
from tests.bulk.fakes import ZONES, Call, Fake, others
from tests.fake_time import settle

A, B, C = ZONES[:3]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
APP = CurrentAggregate(app_id="a" * 32, bytes_egress=1, bytes_ingress=2, connections=3, duration_avg=4)


@attrs.define
class Clock:
    """Time that passes in sleep alone, or when the test says so."""

    now: float = NOON
    slept: list[float] = attrs.Factory(list)
    disturb: Callable[["Clock", float], float] = lambda clock, seconds: seconds
    """Gives the seconds that pass instead."""

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += self.disturb(self, seconds)
        await asyncio.sleep(0)


def start(
    clock: Clock, respond: Callable[[Call], Any] = lambda call: [APP], **options: Any
) -> AsyncGenerator[Round, None]:
    """A watch over two zones."""
    fake = options.pop("client", Fake(respond=respond))
    zones = options.pop("zones", [A, B])
    return watch(fake, zones, clock=clock, sleep=clock.sleep, **options)


async def take(rounds: AsyncGenerator[Round, None], count: int) -> list[Round]:
    """The next rounds."""
    return [await anext(rounds) for _ in range(count)]


def ticks(rounds: list[Round]) -> list[str]:
    """When each was due, by the clock on the wall."""
    return [f"{each.tick:%H:%M:%S}" for each in rounds]


async def test_rounds_on_the_minute() -> None:
    """The first round is at the next full minute, and every one has the aggregates of the zones."""
    clock = Clock(NOON + 15)
    rounds = start(clock)

    found = await take(rounds, 3)
    await rounds.aclose()

    assert ticks(found) == ["12:01:00", "12:02:00", "12:03:00"]
    assert clock.slept == [45, 60, 60]
    assert found[0] == Round(
        tick=datetime(2026, 11, 20, 12, 1, tzinfo=UTC), lag=0, aggregates={A: (APP,), B: (APP,)}, errors={}, missed=0
    )
    with pytest.raises(TypeError):
        found[0].aggregates[C] = ()  # type: ignore[index]  # a round does not change


async def test_a_round_at_once_on_a_tick() -> None:
    """A watch that begins on a tick has its first round then."""
    assert ticks(await take(start(Clock()), 2)) == ["12:00:00", "12:01:00"]


@pytest.mark.parametrize(
    ("second", "first", "lag"),
    [(0, "12:00:00", 0), (15, "12:00:00", 15), (59.5, "12:00:00", 59.5)],
    ids=["on a tick", "between ticks", "just before a tick"],
)
async def test_data_at_once(second: float, first: str, lag: float) -> None:
    """The first round is a late one of the last tick where that is wanted; the next is at the next tick."""
    clock = Clock(NOON + second)
    rounds = start(clock, at_once=True)

    one = await anext(rounds)
    assert clock.slept == []
    found = [one, *await take(rounds, 2)]

    assert ticks(found) == [first, "12:01:00", "12:02:00"]
    assert [each.lag for each in found] == [lag, 0, 0]
    assert [each.missed for each in found] == [0, 0, 0]


async def test_no_drift() -> None:
    """What rounds and callers take is taken off the next wait, and late or early ends of sleep do not add up."""
    clock = Clock(disturb=lambda clock, seconds: seconds * 0.9 if seconds > 1 else seconds + 0.01)
    rounds = start(clock)
    found = []
    for _ in range(50):
        found.append(await anext(rounds))
        clock.now += 3.3

    assert ticks(found) == [f"12:{minute:02}:00" for minute in range(50)]
    assert all(0 <= each.lag < 0.02 for each in found)
    assert {each.missed for each in found} == {0}


async def test_rounds_that_take_too_long() -> None:
    """Ticks that pass during a round are missed, and the next round says how many."""
    clock = Clock()
    takes = iter([1.0, 0.0, 75.0, 0.0, 200.0, 0.0, 0.0, 0.0])

    def respond(call: Call) -> Any:
        clock.now += next(takes)
        return [APP]

    found = await take(start(clock, respond), 4)

    assert ticks(found) == ["12:00:00", "12:01:00", "12:03:00", "12:07:00"]
    assert [each.missed for each in found] == [0, 0, 1, 3]


async def test_a_caller_that_takes_too_long() -> None:
    """The same holds for what the caller does with a round."""
    clock = Clock()
    rounds = start(clock)
    await anext(rounds)
    clock.now += 130

    late = await anext(rounds)

    assert ticks([late]) == ["12:03:00"]
    assert late.missed == 2


async def test_a_machine_that_was_asleep() -> None:
    """When several ticks are over at the end of a sleep, the next full one is waited for."""
    naps = iter([3600.5, 0.0, 0.0, 0.0])
    clock = Clock(NOON + 1, disturb=lambda clock, seconds: seconds + next(naps))
    rounds = start(clock)
    first = await anext(rounds)
    naps = iter([7200.5, 0.0, 0.0, 0.0])
    second = await anext(rounds)

    assert ticks([first, second]) == ["13:02:00", "15:04:00"]
    assert (first.missed, second.missed) == (0, 121)


async def test_a_sleep_that_ends_a_little_late() -> None:
    """A tick that is not over has its round, which says by how much it is late."""
    clock = Clock(NOON + 1, disturb=lambda clock, seconds: seconds + 20)

    found = await take(start(clock), 3)

    assert ticks(found) == ["12:01:00", "12:02:00", "12:03:00"]
    assert [each.lag for each in found] == [20, 20, 20]


async def test_a_clock_that_is_set_back() -> None:
    """A watch continues at once by the clock's new time, without the same tick twice in a row."""
    clock = Clock()
    rounds = start(clock)
    found = await take(rounds, 2)
    clock.now -= 3600
    found += await take(rounds, 2)
    clock.now -= 0.5
    found += await take(rounds, 1)

    assert ticks(found) == ["12:00:00", "12:01:00", "11:01:00", "11:02:00", "11:03:00"]
    assert {each.missed for each in found} == {0}
    assert max(clock.slept) <= 61


async def test_a_clock_that_is_set_back_while_asleep() -> None:
    """The tick that is waited for is chosen again."""
    jumps = iter([-7200, 0, 0])
    clock = Clock(NOON + 1, disturb=lambda clock, seconds: seconds + next(jumps))

    assert ticks(await take(start(clock), 1)) == ["10:01:00"]
    assert max(clock.slept) <= 60


async def test_failures_are_survived() -> None:
    """A zone that fails is an error of its round, and is part of the next one again."""
    broken = {A}

    def respond(call: Call) -> Any:
        return ServerError("no") if call.zone_id in broken else [APP]

    rounds = start(Clock(), respond)
    first = await anext(rounds)
    broken.update([A, B])
    second = await anext(rounds)
    broken.clear()
    third = await anext(rounds)

    assert [list(each.errors) for each in (first, second, third)] == [[A], [A, B], []]
    assert [list(each.aggregates) for each in (first, second, third)] == [[B], [], [A, B]]


@pytest.mark.parametrize("kind", [InvalidArgumentError, ClientStateError])
async def test_mistakes_are_raised(kind: type[Exception]) -> None:
    """What every zone would fail with alike is raised as it is."""
    with pytest.raises(kind, match="no"):
        await anext(start(Clock(), lambda call: kind("no")))

    assert await others() == set()


async def test_concurrency_and_clients() -> None:
    """No more calls at once than allowed, each over the client of its zone, and the results in the order of zones."""
    fakes = [Fake(respond=lambda call: [APP]) for _ in range(2)]
    clients = {zone_id: fakes[place % 2] for place, zone_id in enumerate(ZONES)}

    found = await anext(start(Clock(), client=clients, zones=ZONES, concurrency=3))

    assert list(found.aggregates) == list(ZONES)
    assert all(clients[call.zone_id] is fake for fake in fakes for call in fake.calls)
    assert sum(fake.most_in_flight for fake in fakes) <= 4


async def test_other_intervals() -> None:
    """Ticks are multiples of the interval on the clock."""
    clock = Clock(NOON + 1)

    assert ticks(await take(start(clock, every=900), 2)) == ["12:15:00", "12:30:00"]
    assert ticks(await take(start(clock, every=2.5), 2)) == ["12:30:00", "12:30:02"]


async def test_cancelled_in_a_round() -> None:
    """A cancellation ends the calls that are under way before it propagates."""
    fake = Fake(respond=lambda call: [APP], is_open=False)

    async def follow() -> None:
        async for _ in start(Clock(), client=fake):
            pass

    task = asyncio.ensure_future(follow())
    await settle()
    assert fake.in_flight == 2
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert fake.cancelled == 2


async def test_leaving_between_rounds() -> None:
    """While the caller has a round nothing is under way, so that leaving the loop leaves nothing."""
    async for each in start(Clock()):
        assert each.aggregates
        assert asyncio.all_tasks() == {asyncio.current_task()}
        break


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zones": [A, A]}, r"zones\[1\]: expected each zone once"),
        ({"zones": A}, "zones: expected the ids of zones"),
        ({"client": 5}, "client: expected a client, or a mapping of zone ids to clients, got 5"),
        ({"client": {}}, "client: expected a mapping that has a client for each zone"),
        ({"every": 0}, "every: expected a number of seconds, 1 or more, got 0"),
        ({"every": float("inf")}, "every: expected a number of seconds, 1 or more, got inf"),
        ({"concurrency": 0}, "concurrency: expected an integer of 1 or more, got 0"),
    ],
)
def test_refused_arguments(changes: dict[str, Any], message: str) -> None:
    """A watch that makes no sense is refused when it is made."""
    with pytest.raises(InvalidArgumentError, match=message):
        start(Clock(), **changes)


@given(now=st.floats(1e6, 4e9), every=st.floats(1, 1e5), jump=st.floats(-1e6, 1e6))
async def test_a_tick_is_never_far(now: float, every: float, jump: float) -> None:
    """Wherever the clock is set between rounds, the next tick is in reach, has not gone by, and is another one."""
    clock = Clock(now)
    rounds = start(clock, every=every)
    first = await anext(rounds)
    clock.now = max(0.0, clock.now + jump)
    before = clock.now
    second = await anext(rounds)

    assert first.tick != second.tick
    assert sum(clock.slept) <= 3 * every + 1e-3
    assert second.tick.timestamp() >= before - every
