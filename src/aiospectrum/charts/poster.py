"""A report as one picture, for where no page is shown, such as a channel that a bot posts in: pure but for charts."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiospectrum.charts.overview import Overview, panels_of, tiles_of
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
_HEAD: Final = 78
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
    tiles = tiles_of(overview)[:_TILES]
    for place, tile in enumerate(tiles):
        x = _EDGE + place * _INNER / len(tiles)
        parts += [_text(x, y + 8, tile.title, 14, colour=MUTED), _text(x, y + 40, tile.text, 26, weight=700)]
        parts.append(_text(x, y + 62, tile.note, 12, colour=MUTED))
    height = y = y + (96 if tiles else 0)
    block = _HEAD + _PLOT + _GAP
    for place, panel in enumerate(panels_of(overview)[:_CHARTS]):
        row, column = divmod(place + 1, 2) if place else (0, 0)  # the first one has a row of its own
        left, width = _EDGE + column * (_HALF + _GAP), _HALF if place else _INNER
        parts += _chart(panel, left, y + row * block, width, f"p{place}", draw)
        height = y + (row + 1) * block
    made = f"Made at {human_time(overview.made)} UTC. All times are in UTC."
    parts.append(_text(_EDGE, height + 8, made, 12, colour=MUTED))
    height += 32
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="{escape(FONT, 400)}"><title>{escape(overview.title, 1000)}</title>'
        f"{_box(0, 0, _WIDTH, height, PAPER)}{''.join(parts)}</svg>\n"
    )


def _chart(
    panel: Panel, x: float, y: float, width: int, prefix: str, draw: Callable[[Mapping[str, Any], str], str]
) -> list[str]:
    parts = [
        _text(x, y + 14, fitted(panel.title, 17 * _BOLD, width), 17, weight=600),
        _text(x, y + 34, fitted(panel.subtitle, 13, width), 13, colour=MUTED),
    ]
    if len(panel.series) > 1:
        parts += _legend(panel, x, y + 47, width)
    part = specification(panel, width, _PLOT)
    config = {**CONFIG, "background": None}
    svg = draw({**part, "autosize": {"type": "fit", "contains": "padding"}, "padding": 2, "config": config}, prefix)
    where = f'x="{x}" y="{y + _HEAD - 12}" width="{width}" height="{_PLOT}"'
    return [*parts, _SIZE.sub(where, svg, count=1)]


def _legend(panel: Panel, x: float, y: float, width: int) -> list[str]:
    """Names one after another, or each in as much room as all others where they are too long for that."""
    labels = labels_of(panel)
    rooms = [_SWATCH + drawn_width(label, _LABEL) + _SPACE for label in labels]
    if sum(rooms) > width + _SPACE:
        rooms = [(width + _SPACE) / len(labels)] * len(labels)
        short = [fitted(label, _LABEL, rooms[0] - _SWATCH - _SPACE) for label in labels]
        places = [f"{place} " if short.count(each) > 1 else "" for place, each in enumerate(short, 1)]
        labels = [
            fitted(f"{place}{label}", _LABEL, rooms[0] - _SWATCH - _SPACE)
            for place, label in zip(places, labels, strict=True)
        ]
    parts = []
    for colour, label, room in zip(colours_of(panel), labels, rooms, strict=True):
        parts += [_box(x, y, 11, 11, colour), _text(x + _SWATCH, y + 10, label, _LABEL)]
        x += room
    return parts


def _text(x: float, y: float, text: str, size: int, *, colour: str = INK, weight: int = 400) -> str:
    style = f'font-size="{size}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(text, 1000)}</text>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{colour}"/>'
