"""``aiospectrum watch``: the current traffic of zones, again and again."""

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter, validators
from rich.console import Group, RenderableType
from rich.text import Text

from aiospectrum import bulk
from aiospectrum._codec.converter import make_converter
from aiospectrum._codec.writers import format_date_time
from aiospectrum.bulk import Round
from aiospectrum.cli.consoles import hide_warnings
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import cell, counted, human_bytes, human_clock, human_number, shortened, sparkline
from aiospectrum.cli.grid import ID_WIDTH, Column, Grid, Kind
from aiospectrum.cli.options import (
    AsPlainJSON,
    AtLeastOne,
    MaybeAtLeastOne,
    Passed,
    ZoneFilesOption,
    ZonesOption,
    read_zones,
)
from aiospectrum.cli.terminal import StoppedError, drawn, until_stopped
from aiospectrum.cli.usage import UsageError
from aiospectrum.cli.zones_command import find_zones
from aiospectrum.errors import SpectrumError
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.models import CurrentAggregate
from aiospectrum.policies import RateLimit

__all__ = ["WatchView", "add_names", "add_round", "round_values", "watch", "watch_lines", "watch_screen"]

_LIMIT: Final = RateLimit()

_MEMORY: Final = 60
"""Rounds that a sparkline can show."""

_MINUTE: Final = 60.0
"""Seconds that an aggregate covers, however often it is fetched."""

_TITLES: Final = ("zone", "app", "app id", "conns", "in", "in/s", "out", "out/s", "both/s", "traffic")
_SUM: Final = "both/s"
"""The column that stands for others where there is no room for them."""

_LEFT_OUT: Final[Mapping[int, frozenset[str]]] = {
    60: frozenset({"zone", "conns", "in", "in/s", "out", "out/s", "traffic"}),
    80: frozenset({"zone", "in", "out", _SUM}),
    110: frozenset({"in", "out", _SUM}),
}
"""Columns that have no room in a terminal of fewer columns than that."""

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
    as_json: AsPlainJSON = False,
    context: Passed,
) -> int:
    """Watch the current traffic of zones: each application's connections, bytes and recent rounds.

    It runs until Ctrl-C, which is a normal end with exit status 0.
    Traffic is that of the last minute, and rates are its averages.
    The first round is made at once where the rate limit has room for it,
    the others at multiples of --every: with its default, on the minute.
    Without a terminal it prints a line per application and round, with --json one per round.

    Args:
        zone: Identifier of a zone.
        zones_file: File of zones.
        every: Seconds between rounds.
        rounds: How many rounds to make; without an end when left out.
        concurrency: Maximum number of requests at once.
        as_json: Print a line of JSON for each round.
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
    spare = _LIMIT.requests - math.ceil(len(zones) * per_window)  # for one more round, and for host names
    view = WatchView(zones=zones, every=every, at_once=spare >= len(zones), has_names=spare >= 2 * len(zones))
    return asyncio.run(
        _watch(view, rounds=rounds, concurrency=concurrency, as_json=as_json, context=context, limiter=limiter)
    )


async def _watch(
    view: "WatchView",
    *,
    rounds: int | None,
    concurrency: int,
    as_json: bool,
    context: Context,
    limiter: BaseLimiter,
) -> int:
    is_drawn = context.out.is_interactive and not as_json

    async def follow() -> None:
        nonlocal view
        left = math.inf if rounds is None else rounds
        async with context.open_client(limiter) as client:
            found = bulk.watch(
                client,
                view.zones,
                every=view.every,
                at_once=view.at_once,
                concurrency=concurrency,
                clock=lambda: context.now().timestamp(),
                sleep=context.sleep,
            )
            async with aclosing(found):
                async for each in found:
                    view = add_round(view, each)
                    if unnamed := view.zones_to_name():
                        names, failed = await context.host_names(client, unnamed, concurrency=concurrency)
                        view = add_names(view, names, failed)
                        for error in () if is_drawn else failed.values():
                            context.print_note(f"without host names: {error}")
                    view = _without_secrets(view, context.redact)
                    left -= 1
                    view = attrs.evolve(view, is_over=left <= 0)
                    if as_json:
                        context.print_json(round_values(each, view.names), is_line=True)
                    elif not is_drawn:
                        for line in watch_lines(view):
                            context.print_out(line)
                    if left <= 0:
                        return

    async def show() -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(hide_warnings())
            if is_drawn:
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
        context.print_note("stopped")
        return 0
    return 1 if view.errors else 0


def _without_secrets(view: "WatchView", redact: Callable[[str], str]) -> "WatchView":
    errors = {zone_id: redact(text) for zone_id, text in view.errors.items()}
    return attrs.evolve(view, errors=errors, without_names=redact(view.without_names))


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

    zones: Sequence[str]
    """Zones that are watched."""

    every: float
    """Seconds between rounds."""

    at_once: bool = False
    """Whether the first round is made before the first tick."""

    has_names: bool = True
    """Whether host names are looked up."""

    is_over: bool = False
    """Whether no more rounds follow."""

    tick: datetime | None = None
    """When the last round was, None before the first one."""

    missed: int = 0
    """Rounds that were missed before it."""

    apps: tuple[_AppTraffic, ...] = ()
    """The applications, the busiest first."""

    errors: Mapping[str, str] = attrs.field(factory=dict)
    """Why zones of the last round failed, by zone."""

    names: Mapping[str, str] = attrs.field(factory=dict)
    """Host names by application, empty for what has been looked up in vain."""

    without_names: str = ""
    """Why host names of a zone could not be looked up, empty if they could."""

    def zones_to_name(self) -> list[str]:
        """Zones with applications that have not been looked up."""
        unknown = (app.zone_id for app in self.apps if app.now.app_id not in self.names)
        return list(dict.fromkeys(unknown)) if self.has_names else []


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


def add_names(view: WatchView, names: Mapping[str, str], errors: Mapping[str, SpectrumError]) -> WatchView:
    """Add host names to what is known; applications that have none are not looked up again.

    Args:
        view: What was known before.
        names: Host names by application.
        errors: Why zones could not be looked up, by zone.

    Returns:
        What is known now.
    """
    asked = set(view.zones_to_name())
    none = {app.now.app_id: "" for app in view.apps if app.zone_id in asked}
    text = next((str(error) for error in errors.values()), view.without_names)
    return attrs.evolve(view, names={**none, **view.names, **names}, without_names=text)


def round_values(found: Round, names: Mapping[str, str]) -> dict[str, Any]:
    """Give a round as values of JSON: the applications as the API writes them, with their host names.

    Args:
        found: The round.
        names: Host names by application.

    Returns:
        The values.
    """
    converter = make_converter()
    zones = {
        zone_id: [{**converter.unstructure(each), "name": names.get(each.app_id) or None} for each in aggregates]
        for zone_id, aggregates in found.aggregates.items()
    }
    errors = {zone_id: str(error) for zone_id, error in found.errors.items()}
    tick = format_date_time(found.tick)
    return {"tick": tick, "lag": round(found.lag, 3), "missed": found.missed, "zones": zones, "errors": errors}


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
    state = [_state(view, now)]
    if view.without_names:
        errors.append(f"without host names: {view.without_names}")
    shown, left_out = _titles(view, width)
    room = max(1, height - len(errors) - len(state) - bool(left_out) - _FRAME_LINES + 1)
    hidden = len(view.apps) - room
    if hidden > 0:
        room, hidden = max(1, room - 1), hidden + 1
        state.insert(0, f"and {counted(hidden, 'app')} with less traffic")
    table, has_bars = _table(view, view.apps[:room], shown, width)
    left_out += [] if has_bars else ["traffic"]
    if view.apps and left_out:
        state.insert(0, f"--json has more: {', '.join(left_out)}")
    tables = [] if view.tick is None else [table]
    # The state comes last: where a terminal echoes ^C behind a line of full width, the cursor would move on by a line.
    return Group(*tables, *(_line(line, "red") for line in errors), *(_line(line, "dim") for line in state))


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
            name = view.names.get(app.now.app_id) or "-"
            yield f"{moment}  {app.zone_id}  {app.now.app_id}  {name}  {numbers}  {bars}"
    for zone_id, error in view.errors.items():
        yield f"{moment}  {zone_id}  failed: {error}"


def _titles(view: WatchView, width: int) -> tuple[list[str], list[str]]:
    """The columns that there is room for, and those for which there is none."""
    has_zones, has_names = len(view.zones) > 1, any(view.names.values())
    useful = [title for title in _TITLES if {"zone": has_zones, "app": has_names}.get(title, True)]
    narrow = next((titles for least, titles in _LEFT_OUT.items() if width < least), frozenset({_SUM}))
    return [each for each in useful if each not in narrow], [each for each in useful if each in narrow - {_SUM}]


def _table(view: WatchView, apps: Iterable[_AppTraffic], shown: Sequence[str], width: int) -> tuple[Grid, bool]:
    """The table, and whether it has the bars that it should have."""
    kinds: dict[str, Kind] = {"zone": "id", "app": "name", "app id": "id"}
    columns = [
        Column(title, kinds.get(title, "number"), is_key=title in kinds) for title in shown if title != "traffic"
    ]
    rows = []
    for app in apps:
        cells = {"zone": app.zone_id, "app": view.names.get(app.now.app_id, ""), "app id": app.now.app_id}
        numbers = zip(_TITLES[3:], [*_numbers(app.now), f"{human_bytes(_volume(app.now) / _MINUTE)}/s"], strict=False)
        cells |= dict(numbers)
        rows.append([cells[column.title] for column in columns])
    table = Grid.of(columns, rows, has_note=False)
    used = table.used(width - len("traffic") - 2)
    if "traffic" not in shown or used is None:
        return table, "traffic" not in shown
    bars = min(_MEMORY, width - used - 2)
    lines = [cell(sparkline(app.history[-bars:]).ljust(bars), "cyan") for app in apps]
    columns.append(Column("traffic", "fixed"))
    return Grid.of(columns, [[*row, line] for row, line in zip(rows, lines, strict=True)], has_note=False), True


def _numbers(now: CurrentAggregate) -> list[str]:
    texts = [human_number(now.connections)]
    for size in (now.bytes_ingress, now.bytes_egress):
        texts += [human_bytes(size), f"{human_bytes(size / _MINUTE)}/s"]
    return ["-" if text in ("", "/s") else text for text in texts]


def _state(view: WatchView, now: datetime) -> str:
    wait = human_clock(view.every - now.timestamp() % view.every)
    zones = counted(len(view.zones), "zone")
    if view.tick is None:
        return f"{zones}; first round {'under way' if view.at_once else f'in {wait}'}"
    missed = f" ({view.missed:,} missed before it)" if view.missed else ""
    apps = f"{counted(len(view.apps), 'app')} in {zones}"
    after = "the last round" if view.is_over else f"next round in {wait}"
    return f"round of {view.tick:%H:%M:%S} UTC{missed}: {apps}; {after}"


def _errors(view: WatchView) -> list[str]:
    """A line for each of the first zones that failed."""
    lines = [f"{shortened(zone_id, ID_WIDTH)} failed: {error}" for zone_id, error in view.errors.items()]
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
