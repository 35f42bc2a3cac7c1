"""What ``aiospectrum watch`` knows after some rounds, for people and for programs: pure functions."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from rich.console import Group, RenderableType
from rich.text import Text

from aiospectrum._codec.converter import make_converter
from aiospectrum._codec.writers import format_date_time
from aiospectrum.bulk import Round
from aiospectrum.cli.formatting import (
    cell,
    counted,
    folded,
    human_clock,
    human_number,
    human_size,
    shortened,
    sparkline,
)
from aiospectrum.cli.grid import ID_WIDTH, Column, Grid
from aiospectrum.errors import SpectrumError
from aiospectrum.models import CurrentAggregate

__all__ = ["WatchView", "add_names", "add_round", "round_values", "watch_lines", "watch_screen"]

_MEMORY: Final = 60
"""Rounds that a sparkline can show."""

_MINUTE: Final = 60.0
"""Seconds that an aggregate covers, however often it is fetched."""

_COLUMNS: Final = (
    Column("zone", "id", is_key=True, optional=2),
    Column("app", "name", is_key=True),
    Column("app id", "id", is_key=True),
    Column("conns", "number", optional=3),
    Column("in", "number", optional=1),
    Column("in/s", "number", optional=4),
    Column("out", "number", optional=1),
    Column("out/s", "number"),
)
_BARS: Final = "traffic"
"""The last column, as wide as there is room, but no narrower than its title."""

_FRAME_LINES: Final = 5
"""Lines of a screen that show neither an application nor an error: titles, the line below them, a note, the state, and
the cursor's."""

_MOST_ERRORS: Final = 3


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

    def redacted(self, redact: Callable[[str], str]) -> "WatchView":
        """The same with every error changed by a function, which takes secrets out."""
        errors = {zone_id: redact(text) for zone_id, text in self.errors.items()}
        return attrs.evolve(self, errors=errors, without_names=redact(self.without_names))


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
        What to print, no higher than the terminal; errors that are too long are cut off.
    """
    errors = _errors(view, width, height)
    state = [_state(view, now)]
    room = max(1, height - len(errors) - _FRAME_LINES + 1)
    hidden = len(view.apps) - room
    if hidden > 0:
        room, hidden = max(1, room - 1), hidden + 1
        state.insert(0, f"and {counted(hidden, 'app')} with less traffic")
    table, note = _table(view, view.apps[:room], width)
    if view.apps and note:
        state.insert(0, f"{note}: whole with --json")
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


def _table(view: WatchView, apps: Sequence[_AppTraffic], width: int) -> tuple[Grid, str]:
    """The table with as many bars as there is room for, and what it leaves out or shortens."""
    useful = {"zone": len(view.zones) > 1, "app": any(view.names.values())}
    columns = [column for column in _COLUMNS if useful.get(column.title, True)]
    rows = []
    for app in apps:
        names = app.zone_id, view.names.get(app.now.app_id, ""), app.now.app_id
        cells = dict(zip((column.title for column in _COLUMNS), (*names, *_numbers(app.now)), strict=True))
        rows.append([cells[column.title] for column in columns])
    table = Grid.of(columns, rows, has_note=False)
    used = table.used(width - len(_BARS) - 2)
    if used is None:
        note = table.note(width)
        return table, f"{note}; without {_BARS}" if note else f"without {_BARS}"
    bars = min(_MEMORY, width - used - 2)
    lines = [cell(sparkline(app.history[-bars:]).ljust(bars), "cyan") for app in apps]
    columns.append(Column(_BARS, "fixed"))
    table = Grid.of(columns, [[*row, line] for row, line in zip(rows, lines, strict=True)], has_note=False)
    return table, table.note(width)


def _numbers(now: CurrentAggregate) -> list[str]:
    texts = [human_number(now.connections)]
    for size in (now.bytes_ingress, now.bytes_egress):
        texts += [human_size(size), f"{human_size(size / _MINUTE)}/s"]
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


def _errors(view: WatchView, width: int, height: int) -> list[str]:
    """Why the first zones failed, each in some lines, all of them in a third of the height."""
    texts = [f"{shortened(zone_id, ID_WIDTH)} failed: {error}" for zone_id, error in view.errors.items()]
    more = len(texts) - _MOST_ERRORS
    texts = texts[:_MOST_ERRORS] + [f"without host names: {view.without_names}"] * bool(view.without_names)
    most = max(1, height // 3 // max(1, len(texts)))
    lines = []
    for text in texts:
        found = folded(cell(text).plain, width)
        lines += found if len(found) <= most else [*found[: most - 1], "".join(found[most - 1 :])]
    return lines if more <= 0 else [*lines, f"and {counted(more, 'more zone')} failed"]


def _line(text: str, style: str) -> Text:
    line = cell(text, style)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _volume(now: CurrentAggregate) -> float:
    return sum(size for size in (now.bytes_ingress, now.bytes_egress) if not math.isnan(size))


def _idle(app_id: str) -> CurrentAggregate:
    return CurrentAggregate(app_id=app_id, bytes_egress=0, bytes_ingress=0, connections=0, duration_avg=0)
