"""``aiospectrum watch``: the current traffic of zones, again and again."""

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from typing import Annotated, Final

import attrs
from cyclopts import Parameter, validators
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aiospectrum import bulk
from aiospectrum.bulk import Round
from aiospectrum.cli.context import Context, UsageError, hide_warnings
from aiospectrum.cli.formatting import cell, counted, human_bytes, human_clock, human_number, sparkline
from aiospectrum.cli.options import AtLeastOne, MaybeAtLeastOne, Passed, ZoneFilesOption, ZonesOption, read_zones
from aiospectrum.cli.tables import new_table
from aiospectrum.cli.terminal import StoppedError, drawn, until_stopped
from aiospectrum.cli.zones_command import find_zones
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.models import CurrentAggregate
from aiospectrum.policies import RateLimit

__all__ = ["WatchView", "add_round", "watch", "watch_lines", "watch_screen"]

_LIMIT: Final = RateLimit()

_MEMORY: Final = 60
"""Rounds that a sparkline can show."""

_MINUTE: Final = 60.0
"""Seconds that an aggregate covers, however often it is fetched."""

_SHORT: Final = 8
"""Characters of an identifier where there is no room for all 32."""

_NUMBERS_WIDTH: Final = 57
"""Columns of a table without identifiers and bars."""

_WIDE: Final = _NUMBERS_WIDTH + 2 * 32 + 20
"""Columns from which on there is room for whole identifiers and twenty bars."""

_FRAME_LINES: Final = 4
"""Lines of a screen that do not show an application: titles, the line below them, the state, and the cursor's."""

_MOST_ERRORS: Final = 3


def watch(
    *,
    zone: ZonesOption = None,
    zones_file: ZoneFilesOption = None,
    every: Annotated[float, Parameter(validator=validators.Number(gte=1))] = 60.0,
    rounds: MaybeAtLeastOne = None,
    concurrency: AtLeastOne = 16,
    context: Passed,
) -> int:
    """Watch the current traffic of zones: each application's connections, bytes and recent rounds.

    It runs until Ctrl-C, which is a normal end with exit status 0.
    Traffic is that of the last minute, and rates are its averages.
    Rounds start at multiples of --every: with its default, on the minute.
    Without a terminal it prints a line per application and round.

    Args:
        zone: Identifier of a zone.
        zones_file: File of zones.
        every: Seconds between rounds.
        rounds: How many rounds to make; without an end when left out.
        concurrency: Maximum number of requests at once.
        context: The surroundings.

    Returns:
        The exit status, 1 if a zone of the last round failed.
    """
    zones = read_zones(zone, zones_file, context.stdin)
    per_window = min(math.inf if rounds is None else rounds, _LIMIT.per_seconds / every)
    if len(zones) * per_window > _LIMIT.requests:
        least = math.ceil(len(zones) * _LIMIT.per_seconds / _LIMIT.requests)
        raise UsageError(
            f"--every: expected {least} seconds or more for {len(zones):,} zones, as the rate limit allows "
            f"{_LIMIT.requests:,} requests in {_LIMIT.per_seconds:g} s, got {every:g}"
        )
    limiter = context.limiter()
    zones = find_zones(zones, context, lambda: limiter)
    work = _watch(zones, every=every, rounds=rounds, concurrency=concurrency, context=context, limiter=limiter)
    return asyncio.run(work)


async def _watch(
    zones: tuple[str, ...],
    *,
    every: float,
    rounds: int | None,
    concurrency: int,
    context: Context,
    limiter: BaseLimiter,
) -> int:
    view = WatchView(zones=len(zones), every=every)

    async def follow() -> None:
        nonlocal view
        left = math.inf if rounds is None else rounds
        async with context.open_client(limiter) as client:
            found = bulk.watch(
                client,
                zones,
                every=every,
                concurrency=concurrency,
                clock=lambda: context.now().timestamp(),
                sleep=context.sleep,
            )
            async with aclosing(found):
                async for each in found:
                    view = add_round(view, each)
                    left -= 1
                    if not context.out.is_interactive:
                        for line in watch_lines(view):
                            context.print_out(line)
                    if left <= 0:
                        return

    async def show() -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(hide_warnings())
            if context.out.is_interactive:
                out = context.out

                def render() -> RenderableType:
                    return watch_screen(view, context.now(), width=out.width, height=out.height)

                await stack.enter_async_context(drawn(render, out, sleep=context.sleep))
            await follow()

    try:
        await until_stopped(show())
    except StoppedError as stopped:
        if not stopped.is_ctrl_c:
            raise
        context.print_err("stopped")
        return 0
    return 1 if view.errors else 0


@attrs.frozen(kw_only=True)
class _AppTraffic:
    """One application in the last round in which its zone responded."""

    zone_id: str
    now: CurrentAggregate
    history: tuple[float, ...]
    """Bytes in both directions of each round, the last one included."""


@attrs.frozen(kw_only=True)
class WatchView:
    """What is known after some rounds."""

    zones: int
    """Zones that are watched."""

    every: float
    """Seconds between rounds."""

    tick: datetime | None = None
    """When the last round was, None before the first one."""

    missed: int = 0
    """Rounds that were missed before it."""

    apps: tuple[_AppTraffic, ...] = ()
    """The applications, the busiest first."""

    errors: Mapping[str, str] = attrs.field(factory=dict)
    """Why zones of the last round failed, by zone."""


def add_round(view: WatchView, found: Round) -> WatchView:
    """Add a round to what is known.

    An application that its zone does not name any more is idle, and forgotten once all that is remembered of it is
    idle. A zone that failed stays as it was.

    Args:
        view: What was known before.
        found: The round.

    Returns:
        What is known now.
    """
    known = {(app.zone_id, app.now.app_id): app for app in view.apps}
    named = {(zone_id, each.app_id): each for zone_id, all_of_it in found.aggregates.items() for each in all_of_it}
    silent = {key: _idle(key[1]) for key in known.keys() - named.keys() if key[0] in found.aggregates}
    for key, now in (named | silent).items():
        history = known[key].history if key in known else ()
        known[key] = _AppTraffic(zone_id=key[0], now=now, history=(*history, _volume(now))[-_MEMORY:])
    apps = [app for key, app in known.items() if key not in silent or any(app.history)]
    apps.sort(key=lambda app: (-_volume(app.now), app.zone_id, app.now.app_id))
    errors = {zone_id: str(error) for zone_id, error in found.errors.items()}
    return attrs.evolve(view, tick=found.tick, missed=found.missed, apps=tuple(apps), errors=errors)


def watch_screen(view: WatchView, now: datetime, *, width: int, height: int) -> RenderableType:
    """Show the current traffic on a terminal.

    Args:
        view: What is known.
        now: The current time, aware.
        width: Columns of the terminal.
        height: Lines of the terminal.

    Returns:
        What to print, no higher than the terminal; lines that are too long are cut off.
    """
    errors = _errors(view)
    room = max(1, height - len(errors) - _FRAME_LINES)
    hidden = len(view.apps) - room
    state = [_state(view, now)]
    if hidden > 0:
        room, hidden = max(1, room - 1), hidden + 1
        state.insert(0, f"and {counted(hidden, 'app')} with less traffic")
    table = [] if view.tick is None else [_table(view.apps[:room], width)]
    # The state comes last: where a terminal echoes ^C behind a line of full width, the cursor would move on by a line.
    return Group(*table, *(_line(line, "red") for line in errors), *(_line(line, "dim") for line in state))


def watch_lines(view: WatchView) -> Iterator[str]:
    """Describe the last round for files, an application a line, and a line for each zone that failed.

    Args:
        view: What is known, after one round at least.

    Yields:
        The lines.
    """
    moment = "" if view.tick is None else f"{view.tick:%Y-%m-%dT%H:%M:%SZ}"
    for app in view.apps:
        if app.zone_id not in view.errors:
            connections, *sizes = _numbers(app.now)
            bars = sparkline(app.history)
            numbers = "{} connections  in {} {}  out {} {}".format(connections, *sizes)
            yield f"{moment}  {app.zone_id}  {app.now.app_id}  {numbers}  {bars}"
    for zone_id, error in view.errors.items():
        yield f"{moment}  {zone_id}  failed: {error}"


def _table(apps: Iterable[_AppTraffic], width: int) -> Table:
    length = 32 if width >= _WIDE else _SHORT
    bars = min(_MEMORY, max(1, width - _NUMBERS_WIDTH - 2 * length))
    table = new_table()
    for title in ("zone", "app"):
        table.add_column(title, no_wrap=True)
    for title in ("conns", "in", "in/s", "out", "out/s"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("traffic", no_wrap=True)
    for app in apps:
        texts = (app.zone_id[:length], app.now.app_id[:length], *_numbers(app.now))
        table.add_row(*map(cell, texts), cell(sparkline(app.history[-bars:]), "cyan"))
    return table


def _numbers(now: CurrentAggregate) -> list[str]:
    texts = [human_number(now.connections)]
    for size in (now.bytes_ingress, now.bytes_egress):
        texts += [human_bytes(size), f"{human_bytes(size / _MINUTE)}/s"]
    return ["-" if text in ("", "/s") else text for text in texts]


def _state(view: WatchView, now: datetime) -> str:
    wait = human_clock(view.every - now.timestamp() % view.every)
    if view.tick is None:
        return f"{counted(view.zones, 'zone')}; first round in {wait}"
    missed = f" ({view.missed:,} missed before it)" if view.missed else ""
    apps = f"{counted(len(view.apps), 'app')} in {counted(view.zones, 'zone')}"
    return f"round of {view.tick:%H:%M:%S} UTC{missed}: {apps}; next round in {wait}"


def _errors(view: WatchView) -> list[str]:
    """A line for each of the first zones that failed."""
    lines = [f"{zone_id[:_SHORT]} failed: {error}" for zone_id, error in view.errors.items()]
    more = len(lines) - _MOST_ERRORS
    return lines if more <= 0 else [*lines[:_MOST_ERRORS], f"and {counted(more, 'more zone')} failed"]


def _line(text: str, style: str) -> Text:
    line = cell(text, style)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _volume(now: CurrentAggregate) -> float:
    return sum(size for size in (now.bytes_ingress, now.bytes_egress) if not math.isnan(size))


def _idle(app_id: str) -> CurrentAggregate:
    return CurrentAggregate(app_id=app_id, bytes_egress=0, bytes_ingress=0, connections=0, duration_avg=0)
