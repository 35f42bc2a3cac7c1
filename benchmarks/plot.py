"""A plot of ratios as an SVG file, made of text; it can be read on light and on dark ground."""

import math
from collections.abc import Mapping
from html import escape
from textwrap import wrap
from typing import Final

__all__ = ["draw_ratios"]

_WIDTH: Final = 800
_LEFT: Final = 190
_RIGHT: Final = 60
_TOP: Final = 58
_BAR: Final = 15
_STEP: Final = 19
_GAP: Final = 34
_LEAST: Final = 0.9
_NOTE: Final = 110
"""Characters of a line of a note, in a broad font."""
_TICKS: Final = (1, 2, 5, 10, 20, 50, 100)
_STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #6e7781 }
  .title { font-size: 15px; font-weight: 600 }
  .group { font-weight: 600 }
  .note { font-size: 11px }
  .grid { stroke: #8b949e; stroke-opacity: 0.35 }
  .floor { stroke: #8b949e; stroke-width: 1.5 }
  .bar { fill: #8b949e }
  .ours { fill: #2f81f7 }
  @media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } }
"""


def draw_ratios(
    title: str, ratios: Mapping[str, Mapping[str, float]], *, ours: str, labels: Mapping[str, str], notes: list[str]
) -> str:
    """Draw a bar for every client and payload, on a logarithmic scale that begins at the floor."""
    most = max(max(group.values()) for group in ratios.values())
    ticks = [tick for tick in _TICKS if tick <= most * 1.3]
    scale = (_WIDTH - _LEFT - _RIGHT) / math.log(most / _LEAST)

    def x(value: float) -> float:
        return round(_LEFT + scale * math.log(max(value, _LEAST) / _LEAST), 1)

    parts = [_text(16, 26, title, "title"), *(_text(x(tick), _TOP - 8, f"{tick}×", "note", "middle") for tick in ticks)]
    y = _TOP
    for payload, group in ratios.items():
        y += _GAP
        parts.append(_text(16, y - 8, labels[payload], "group"))
        for tick in ticks:
            css, end = "floor" if tick == 1 else "grid", y + _STEP * len(group) - 1
            parts.append(f'<line class="{css}" x1="{x(tick)}" x2="{x(tick)}" y1="{y - 3}" y2="{end}"/>')
        for client, ratio in group.items():
            css = "bar ours" if client == ours else "bar"
            left, right = sorted((x(1), x(ratio)))
            parts.append(_text(_LEFT - 12, y + 12, client, "", "end"))
            parts.append(f'<rect class="{css}" x="{left}" y="{y}" width="{right - left:.1f}" height="{_BAR}"/>')
            parts.append(_text(right + 6, y + 12, f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}", ""))
            y += _STEP
    bottom, notes = y, [line for note in notes for line in wrap(note, _NOTE)]
    parts += [_text(16, bottom + 26 + 16 * number, note, "note") for number, note in enumerate(notes)]
    height = bottom + 26 + 16 * len(notes)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img"'
    return f"{head}>\n<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"


def _text(x: float, y: float, text: str, css: str, anchor: str = "start") -> str:
    more = f' class="{css}"' if css else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{more}>{escape(text)}</text>'
