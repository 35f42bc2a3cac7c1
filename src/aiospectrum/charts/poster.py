"""A report as one picture, for where no page is shown, such as a channel that a bot posts in: pure but for charts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiospectrum.charts.overview import Overview, Tile, is_wide, panels_of, tiles_of
from aiospectrum.charts.panel import Panel, colours_of, labels_of, specification
from aiospectrum.charts.texts import counted, escape, human_time
from aiospectrum.charts.theme import CONFIG, FONT, INK, MUTED, PAPER
from aiospectrum.charts.widths import drawn_width, fitted, wrapped

__all__ = ["render_poster"]

_WIDTH: Final = 1200
_EDGE: Final = 40
_GAP: Final = 24
_INNER: Final = _WIDTH - 2 * _EDGE
_HALF: Final = (_INNER - _GAP) // 2
_PLOT: Final = 200
_HEAD: Final = 60
_LINE: Final = 18
_TILES: Final = 5
_CHARTS: Final = 5
_BOLD: Final = 1.08
_LABEL: Final = 12
_SWATCH: Final = 16
_SPACE: Final = 14
_SIZE: Final = re.compile(r'width="[^"]*" height="[^"]*"')


def render_poster(overview: Overview, draw: Callable[[Mapping[str, Any], str], str]) -> str:
    """Draw the report: its title, what is missing, numbers, and up to five charts.

    Args:
        overview: What it says.
        draw: Makes SVG of a specification, and of what ids within begin with.

    Returns:
        SVG, 1,200 pixels wide, which loads nothing.
    """
    span = f"{human_time(overview.since)} to {human_time(overview.until)} UTC"
    facts = " · ".join([span, counted(overview.zones, "zone"), *overview.scope])
    y = 66
    parts = []
    for line in wrapped(overview.title, 32 * _BOLD, _INNER, 3):
        parts.append(_text(_EDGE, y, line, 32, weight=700))
        y += 40
    y -= 10
    for line in wrapped(facts, 16, _INNER, 3):
        parts.append(_text(_EDGE, y, line, 16, colour=MUTED))
        y += 22
    y += 8
    for lack in overview.lacks[:4]:
        colour = "#b3380a" if lack.is_bad else "#8a5a00"
        lines = wrapped(lack.text, 15, _INNER - 14, 2)
        parts.append(_box(_EDGE, y - 17, 4, 4 + 20 * len(lines), colour))
        for line in lines:
            parts.append(_text(_EDGE + 14, y, line, 15, colour=colour))
            y += 20
        y += 12
    if overview.sums is None:
        parts.append(_text(_EDGE, y, "No data: the dataset has no rows for this time.", 15, colour="#8a5a00"))
        y += 32
    shown, room = _tiles(tiles_of(overview)[:_TILES], y)
    parts += shown
    height = y = y + room
    panels = panels_of(overview)[:_CHARTS]
    widths = [_INNER if is_wide(place, panels) else _HALF for place in range(len(panels))]
    legends = [_legend(panel, width) for panel, width in zip(panels, widths, strict=True)]
    head = _HEAD + _LINE * max(map(len, legends), default=0)
    block = head + _PLOT + _GAP
    for place, (panel, width, legend) in enumerate(zip(panels, widths, legends, strict=True)):
        row, column = divmod(place + 1, 2) if place else (0, 0)  # the first one has a row of its own
        left = _EDGE + column * (_HALF + _GAP)
        parts += _chart(panel, legend, left, y + row * block, width, head, f"p{place}", draw)
        height = y + (row + 1) * block
    made = f"Made at {human_time(overview.made)} UTC. All times are in UTC."
    parts.append(_text(_EDGE, height + 8, made, 12, colour=MUTED))
    height += 32
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="{escape(FONT, 400)}"><title>{escape(overview.title, 1000)}</title>'
        f"{_box(0, 0, _WIDTH, height, PAPER)}{''.join(parts)}</svg>\n"
    )


def _tiles(tiles: Sequence[Tile], y: float) -> tuple[list[str], int]:
    """Numbers beside one another, each smaller where it has no room; and the height of all."""
    parts, most = [], 0
    for place, tile in enumerate(tiles):
        x, room = _EDGE + place * _INNER / len(tiles), _INNER / len(tiles) - _SPACE
        size = min(26, 26 * room / drawn_width(tile.text, 26 * _BOLD))
        parts += [_text(x, y + 8, tile.title, 14, colour=MUTED), _text(x, y + 40, tile.text, size, weight=700)]
        fits = drawn_width(tile.note, 12) <= room
        notes = [tile.note] if fits else [fitted(each, 12, room) for each in tile.note.split(" · ")]
        parts += [_text(x, y + 62 + 16 * line, note, 12, colour=MUTED) for line, note in enumerate(notes)]
        most = max(most, len(notes))
    return parts, 80 + 16 * most if tiles else 0


def _chart(
    panel: Panel,
    legend: Sequence[Sequence[tuple[str, str, float]]],
    x: float,
    y: float,
    width: int,
    head: int,
    prefix: str,
    draw: Callable[[Mapping[str, Any], str], str],
) -> list[str]:
    parts = [
        _text(x, y + 14, fitted(panel.title, 17 * _BOLD, width), 17, weight=600),
        _text(x, y + 34, fitted(panel.subtitle, 13, width), 13, colour=MUTED),
    ]
    for line, names in enumerate(legend):
        left, top = x, y + 47 + line * _LINE
        for colour, label, room in names:
            parts += [_box(left, top, 11, 11, colour), _text(left + _SWATCH, top + 10, label, _LABEL)]
            left += room
    part = specification(panel, width, _PLOT)
    config = {**CONFIG, "background": None}
    svg = draw({**part, "autosize": {"type": "fit", "contains": "padding"}, "padding": 2, "config": config}, prefix)
    where = f'x="{x}" y="{y + head - 12}" width="{width}" height="{_PLOT}"'
    return [*parts, _SIZE.sub(where, svg, count=1)]


def _legend(panel: Panel, width: int) -> list[list[tuple[str, str, float]]]:
    """Colour, name and room of each series, in a line or two; long names are cut, and short ones are not."""
    labels, colours = labels_of(panel), colours_of(panel)
    if len(labels) < 2:
        return []
    rooms = [_SWATCH + drawn_width(label, _LABEL) + _SPACE for label in labels]
    most = len(labels) if sum(rooms) <= width + _SPACE else -(-len(labels) // 2)
    lines = range(0, len(labels), most)
    for first in lines:
        line = sorted(rooms[first : first + most])
        left = widest = float(width + _SPACE)
        for place, room in enumerate(line):  # the longest have what the others leave
            widest = left / (len(line) - place)
            left -= min(room, widest)
        rooms[first : first + most] = [min(room, widest) for room in rooms[first : first + most]]
    widths = [room - _SWATCH - _SPACE + 0.01 for room in rooms]  # sums of floats are not exact
    short = [fitted(label, _LABEL, room) for label, room in zip(labels, widths, strict=True)]
    places = [f"{place} " if short.count(each) > 1 else "" for place, each in enumerate(short, 1)]
    short = [fitted(place + label, _LABEL, room) for place, label, room in zip(places, labels, widths, strict=True)]
    series = [*zip(colours, short, rooms, strict=True)]
    return [series[first : first + most] for first in lines]


def _text(x: float, y: float, text: str, size: float, *, colour: str = INK, weight: int = 400) -> str:
    style = f'font-size="{size:g}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(text, 1000)}</text>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{colour}"/>'
