"""The current aggregates of many zones, again and again on the minute."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import attrs

from aiospectrum._http.call import while_open
from aiospectrum._http.config import check_clock, check_count, check_sleep
from aiospectrum._loop import for_each, running_loop
from aiospectrum.bulk.alerts import Alert, Rule, check_rules
from aiospectrum.bulk.evaluator import Evaluator, Found
from aiospectrum.bulk.latest_events import LatestEvents
from aiospectrum.bulk.zones import Clients, check_zones, clients_by_zone
from aiospectrum.checks import Integer, Number
from aiospectrum.endpoints import get_current_aggregate
from aiospectrum.errors import ClientStateError, InvalidArgumentError, SpectrumError
from aiospectrum.models import CurrentAggregate
from aiospectrum.transport import Transport

__all__ = ["Round", "watch"]

_Results: TypeAlias = dict[str, Found | SpectrumError]
"""What each zone responded, or why it failed."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVERY: Final = Number(minimum=1, expected="a number of seconds, 1 or more")
_EVENTS_OVER: Final = Integer(minimum=60, maximum=86_400, takes_unchecked=False, expected="whole seconds, 60 to 86,400")
_TURN: Final = 200
"""Observations after which other tasks have a turn."""


def _read_only(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(values))


@attrs.frozen(kw_only=True)
class Round:
    """The aggregates of all zones around one moment."""

    tick: datetime
    """When the round was due, in UTC: a multiple of ``every`` since 1970, so a full minute for 60 s."""

    lag: float
    """Seconds from then until the round began; 0 or more."""

    aggregates: Mapping[str, tuple[CurrentAggregate, ...]] = attrs.field(converter=_read_only)
    """One entry per application, by zone, for the minute before the request; without zones that failed."""

    errors: Mapping[str, SpectrumError] = attrs.field(converter=_read_only)
    """Why the other zones failed."""

    missed: int
    """Rounds between the last one and this one that were not made, because a round, the caller or a machine that was
    asleep took too long."""

    alerts: tuple[Alert, ...] = ()
    """What begins or ends with this round, by the rules of the watch: in the order of the zones, and of the rules."""

    def __reduce__(self) -> tuple[Any, ...]:
        values = {field.name: getattr(self, field.name) for field in attrs.fields(Round)}
        plain = {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}
        return _make_round, (plain,)


def _make_round(values: dict[str, Any]) -> Round:
    """Make a round of a pickle."""
    return Round(**values)


def watch(
    client: Clients,
    zones: Iterable[str],
    *,
    every: float = 60.0,
    at_once: bool = False,
    concurrency: int = 16,
    rules: Iterable[Rule[Any]] = (),
    events_over: int = 300,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[Round, None]:
    """Fetch the current aggregates of zones, on the minute and without drift, for as long as the caller likes.

    A zone that fails is in the round's errors, and part of the next round again. A round is never cut short; ticks that
    pass meanwhile are missed, and counted. No call is under way while the caller has a round, so that leaving the loop
    ends everything; a cancellation ends the calls of a round at once.

    Rules make alerts of the rounds. What they remember is kept here, for as long as the watch lasts: of each zone, and
    of each application until it was not named for 60 rounds, when the alerts about it end. A rule that raises ends the
    watch with its error, which has a note that names the rule and the zone.

    Args:
        client: An open client, or a mapping of zone ids to clients.
        zones: Ids of the zones, each once.
        every: Seconds between rounds, 1 or more; the aggregates are those of one minute.
        at_once: Whether the first round is made now, as a late one of the last tick, and not at the next tick.
        concurrency: Maximum number of calls at once, 1 or more.
        rules: Rules, such as :func:`zone_fails`, no two of the same name about the same. Where one reads events, each
            round has two calls for each zone, and a zone fails if either does.
        events_over: Whole seconds before a round of which rules read the events, 60 to 86,400; the latest events may be
            missing.
        clock: Returns the time of day in seconds since 1970, UTC.
        sleep: Waits a number of seconds.

    Returns:
        An iterator over the rounds.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ClientStateError: Of the iterator: the client is not open, or not on this event loop; or it was left meanwhile.
    """
    clients = clients_by_zone(client, check_zones(zones))
    every = _EVERY.check("every", every)
    concurrency = check_count("concurrency", concurrency)
    evaluator = Evaluator(check_rules(rules))
    events_over = _EVENTS_OVER.check("events_over", events_over)
    clock, sleep = check_clock(clock), check_sleep(sleep)
    events = LatestEvents(seconds=events_over, by_app=evaluator.needs_app_events) if evaluator.needs_events else None
    fetch = partial(_fetch_all, clients, concurrency, events)
    return _rounds(clients, fetch, evaluator, every=every, at_once=bool(at_once), clock=clock, sleep=sleep)


async def _rounds(
    clients: Mapping[str, Transport],
    fetch: Callable[[float], Awaitable[_Results]],
    evaluator: Evaluator,
    *,
    every: float,
    at_once: bool,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[object]],
) -> AsyncGenerator[Round, None]:
    running_loop()
    last: int | None = None
    while True:
        now = clock()
        is_late = at_once and last is None
        number = math.floor(now / every) if is_late else _next_tick(now, every, last)
        while not is_late and (wait := _until_tick(now := clock(), every, number)) != 0:
            if wait is None:
                number = _next_tick(now, every, last)
            else:
                with ExitStack() as stack:
                    for client in {id(each): each for each in clients.values()}.values():
                        stack.enter_context(while_open(client))
                    await sleep(wait)
        results = await fetch(now)
        tick = _EPOCH + timedelta(seconds=number * every)
        yield Round(
            tick=tick,
            lag=now - number * every,
            aggregates={zone_id: each.aggregates for zone_id, each in results.items() if isinstance(each, Found)},
            errors={zone_id: each for zone_id, each in results.items() if isinstance(each, SpectrumError)},
            missed=0 if last is None else max(0, number - last - 1),
            alerts=await _evaluate(evaluator, tick, results),
        )
        last = number


def _next_tick(now: float, every: float, last: int | None) -> int:
    """The number of the first tick that is not over, counted from 1970 on, but never the last one again.

    A clock that was set back is followed.
    """
    number = math.ceil(now / every)
    return number + 1 if number == last else number


def _until_tick(now: float, every: float, number: int) -> float | None:
    """Seconds to wait for a tick, 0 when it is time; None when another one should be waited for.

    That is so when the tick after it has come too, as the machine was asleep, and when the clock was set back.
    """
    left = number * every - now
    if left > 2 * every or left <= -every:
        return None
    return max(0.0, left)


async def _fetch_all(
    clients: Mapping[str, Transport], concurrency: int, events: LatestEvents | None, now: float
) -> _Results:
    """Fetch from every zone once; results are in the order of the zones."""
    results: _Results = {}

    async def fetch(zone_id: str) -> None:
        client = clients[zone_id]
        try:
            aggregates = tuple(await get_current_aggregate(client, zone_id))
            counts = None if events is None else await events.fetch(client, zone_id, now)
            results[zone_id] = Found(aggregates, counts)
        except (InvalidArgumentError, ClientStateError):
            raise  # mistakes in the program, which every other zone would repeat
        except SpectrumError as error:
            results[zone_id] = error

    await for_each(clients, fetch, concurrency)
    return {zone_id: results[zone_id] for zone_id in clients}


async def _evaluate(evaluator: Evaluator, tick: datetime, results: _Results) -> tuple[Alert, ...]:
    """Apply the rules to a round, with turns for other tasks."""
    if not evaluator.rules:
        return ()
    alerts: list[Alert] = []
    observed = chain.from_iterable(evaluator.observe(zone_id, tick, each) for zone_id, each in results.items())
    for place, alert in enumerate(observed, 1):
        if alert is not None:
            alerts.append(alert)
        if place % _TURN == 0:
            await asyncio.sleep(0)
    return tuple(alerts)
