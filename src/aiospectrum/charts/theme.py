"""Colours and fonts of all charts: told apart by people who see colours differently, in light and dark: pure."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["COLOURS", "CONFIG", "DARK", "FONT", "GRID", "INK", "MUTED", "OTHERS", "PAPER", "SHADE"]

INK: Final = "#1b2027"
MUTED: Final = "#5a6472"
GRID: Final = "#e4e7eb"
PAPER: Final = "#ffffff"
OTHERS: Final = "#bcc4ce"
"""What is drawn of all that have no colour of their own."""

SHADE: Final = "#eef0f3"
"""Behind times of which data is missing."""

COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Of the series, the largest first. Source: Okabe and Ito, https://jfly.uni-koeln.de/color/."""

DARK: Final[Mapping[str, str]] = {
    INK: "#e8edf3",
    MUTED: "#a3adba",
    GRID: "#2b323c",
    PAPER: "#12161c",
    OTHERS: "#5d6877",
    SHADE: "#1e242d",
    "#0072b2": "#3f9fdc",
    "#e69f00": "#f0b23e",
    "#009e73": "#2dbb91",
    "#cc79a7": "#de96bf",
    "#56b4e9": "#93d1f7",
    "#d55e00": "#f27f3d",
}
"""What each of these colours is where the paper is dark."""

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_AXIS: Final = {
    "domain": False,
    "ticks": False,
    "labelColor": MUTED,
    "labelFontSize": 11,
    "labelPadding": 6,
    "gridColor": GRID,
    "title": None,
}

CONFIG: Final[Mapping[str, Any]] = {
    "aria": False,  # what a chart shows is said beside it, once
    "background": PAPER,
    "font": FONT,
    "view": {"stroke": None},
    "axis": _AXIS,
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 11,
        "labelLimit": 260,
        "symbolType": "square",
        "symbolSize": 90,
        "columnPadding": 14,
        "offset": 8,
    },
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": INK,
        "fontSize": 14,
        "fontWeight": 600,
        "subtitleColor": MUTED,
        "subtitleFontSize": 11,
        "subtitlePadding": 4,
        "offset": 10,
    },
}
"""The configuration of every chart."""
