"""One chart as plain data, and its specification in Vega-Lite: pure.

Names of dimensions and of what they hold are values of the data and nothing else: never names of fields, nor parts of
expressions. Source: https://vega.github.io/vega-lite/docs/spec.html
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, count
from math import isfinite
from typing import Any, Final

import attrs

from aiospectrum.charts.bins import make_bins
from aiospectrum.charts.texts import human_metric, human_time, plain, unit_of
from aiospectrum.charts.theme import COLOURS, CONFIG, INK, MUTED, OTHERS, SHADE
from aiospectrum.charts.widths import drawn_width

__all__ = ["MOST_LINES", "Panel", "Series", "colours_of", "labels_of", "specification", "whole_specification"]

MOST_LINES: Final = len(COLOURS)
"""Series with a colour of their own."""

_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"  # a name; nothing is loaded from there
_BAR_HEIGHT: Final = 24
_FEW: Final = 48
"""Intervals up to which each is drawn as a bar."""

_DAY: Final = timedelta(days=1)
_MS: Final = timedelta(milliseconds=1)


@attrs.frozen(kw_only=True)
class Series:
    """What is drawn in one colour."""

    label: str
    """What it is; it may come from the API."""

    values: Sequence[float | None]
    """A number for each interval, or a single one; None where there is none."""

    is_rest: bool = False
    """Whether it is the sum of all that have no colour of their own."""


@attrs.frozen(kw_only=True)
class Panel:
    """One chart: series over time, or a bar for each series where there are no times."""

    title: str
    """What is seen."""

    note: str = ""
    """What is to be known about it beside its unit, which is put before it."""

    metric: str
    """What the numbers are; their unit follows from it."""

    series: Sequence[Series]
    """The series, the largest first."""

    starts: Sequence[datetime] = ()
    """When each interval begins; empty for bars."""

    step: timedelta = timedelta()
    """Length of an interval, the last one at least."""

    step_name: str = ""
    """The same in words, such as ``hour``; empty where there is one alone."""

    is_stacked: bool = True
    """Whether the series add up to something."""

    gaps: Sequence[tuple[datetime, datetime]] = ()
    """Times of which data is missing, or may be."""

    @property
    def unit(self) -> tuple[float, str]:
        """What the numbers are divided by, and the name of that."""
        columns = zip(*(each.values for each in self.series), strict=True)
        heap: Any = sum if self.is_stacked and self.starts else max
        return unit_of(self.metric, max((heap(value or 0 for value in column) for column in columns), default=0))

    @property
    def subtitle(self) -> str:
        """Its unit, and its note."""
        if self.metric == "percent":
            return self.note
        unit = self.unit[1] if self.starts else ""  # bars have theirs in their numbers
        if self.starts and self.is_stacked:
            unit = unit if self.metric.startswith("bytes") else f"{unit} events".strip()
            unit += f" per {self.step_name}" if self.step_name else ""
        return " · ".join(filter(None, (unit, self.note)))


def colours_of(panel: Panel) -> list[str]:
    """The colour of each series."""
    colours = iter(COLOURS)
    return [OTHERS if each.is_rest else next(colours, OTHERS) for each in panel.series]


def labels_of(panel: Panel) -> list[str]:
    """What each series is called, different for each."""
    labels: list[str] = []
    for each in panel.series:
        label = plain(each.label) or "(none)"
        others = (f"{label} ({number})" for number in count(2))
        labels.append(next(name for name in chain([label], others) if name not in labels))
    return labels


def specification(panel: Panel, width: int, height: int, *, legend: bool = False) -> dict[str, Any]:
    """Write a panel as a part of a specification, without a title.

    Args:
        panel: What to draw.
        width: Of the plot, in pixels.
        height: The same; bars have their own.
        legend: Whether colours are explained within.

    Returns:
        The specification.
    """
    return _times(panel, width, height, legend=legend) if panel.starts else _bars(panel, width)


def whole_specification(panels: Sequence[Panel], width: int, height: int) -> dict[str, Any]:
    """Write panels one below another, each with title and legend, as one specification."""
    parts = []
    for panel in panels:
        title = {"text": plain(panel.title), "subtitle": plain(panel.subtitle)}
        parts.append({"title": title, **specification(panel, width, height, legend=True)})
    body = parts[0] if len(parts) == 1 else {"vconcat": parts, "resolve": {"scale": {"color": "independent"}}}
    config = {**CONFIG, "concat": {"spacing": 28}}
    return {"$schema": _SCHEMA, **body, "padding": 16, "config": config}


def _times(panel: Panel, width: int, height: int, *, legend: bool) -> dict[str, Any]:
    unit = panel.unit[1]
    labels = labels_of(panel)
    first, last = _ms(panel.starts[0]), _ms(panel.starts[-1] + panel.step)
    bars = len(panel.starts) <= _FEW and panel.is_stacked
    mark = "bar" if bars else "area" if panel.is_stacked else "line"
    color: dict[str, Any] = {
        "field": "s",
        "type": "nominal",
        "scale": {"domain": labels, "range": colours_of(panel)},
        "legend": _legend(labels, width, mark) if legend and len(labels) > 1 else None,
    }
    x: dict[str, Any] = {
        "field": "t",
        "type": "quantitative",  # milliseconds: scales of times would be those of the reader's place
        "scale": {"domain": [first, last], "nice": False, "zero": False},
        "axis": _time_axis(panel, width),
    }
    ticks = 5 if height > 250 else 4
    y: dict[str, Any] = {
        "field": "v",
        "type": "quantitative",
        "axis": {"tickCount": ticks, "format": ",.6~g", "titleColor": MUTED},
        "scale": {"zero": True, "nice": ticks},
    }
    rows = _rows(panel, bars)
    if not any(row["v"] for row in rows):
        y |= {"axis": {"values": [0]}, "scale": {"domain": [0, 1]}}
    tooltip = [
        {"field": "w", "type": "nominal", "title": "from (UTC)"},
        {"field": "s", "type": "nominal", "title": "of"},
        {"field": "v", "type": "quantitative", "title": unit or "number", "format": ",.4~g"},
    ]
    encoding: dict[str, Any] = {"x": x, "y": y, "color": color, "tooltip": tooltip}
    if panel.is_stacked:
        y["stack"] = "zero"
        encoding["order"] = {"field": "o", "type": "quantitative"}
    if bars:
        encoding["x2"] = {"field": "e"}
    layers: list[dict[str, Any]] = [{"mark": _mark(mark), "encoding": encoding, "data": {"values": rows}}]
    alone = _alone(rows) if mark == "line" else []
    if alone:
        dots = {"type": "point", "filled": True, "size": 40, "opacity": 1}
        layers.insert(0, {"mark": dots, "encoding": encoding, "data": {"values": alone}})
    if panel.gaps:
        layers.insert(0, _shade(panel, x, first, last))
    return {"width": width, "height": height, "layer": layers}


def _legend(labels: Sequence[str], width: int, mark: str) -> dict[str, Any]:
    """Names in as many columns as fit, and no wider than the plot."""
    room = 36 + max(drawn_width(label, 11) for label in labels)
    shape = "stroke" if mark == "line" else "square"
    return {"columns": max(1, int(width // room)), "labelLimit": width - 36, "symbolType": shape}


def _mark(mark: str) -> dict[str, Any]:
    if mark == "bar":
        return {"type": "bar", "orient": "vertical", "x2Offset": -1}
    return {"type": mark, "interpolate": "linear", **({"strokeWidth": 2} if mark == "line" else {})}


def _rows(panel: Panel, bars: bool) -> list[dict[str, Any]]:
    """A record for each number: time, end where bars need it, series, its place, and the number in its unit."""
    divisor = panel.unit[0]
    ends = [*panel.starts[1:], panel.starts[-1] + panel.step]
    rows = []
    for place, (label, each) in enumerate(zip(labels_of(panel), panel.series, strict=True)):
        for start, end, value in zip(panel.starts, ends, each.values, strict=True):
            number = None if value is None or not isfinite(value) else float(f"{value / divisor:.4g}")
            at = _ms(start) if bars else (_ms(start) + _ms(end)) // 2
            row = {"t": at, "w": human_time(start), "s": label, "o": place, "v": number}
            rows.append({**row, "e": _ms(end)} if bars else row)
    return rows


def _alone(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The numbers that have none beside them, of which a line would show nothing."""
    beside = zip([None, *rows], rows, [*rows[1:], None], strict=False)
    return [
        row
        for before, row, after in beside
        if row["v"] is not None
        and not any(each and each["s"] == row["s"] and each["v"] is not None for each in (before, after))
    ]


def _shade(panel: Panel, x: Mapping[str, Any], first: int, last: int) -> dict[str, Any]:
    spans = [(max(first, _ms(since)), min(last, _ms(until))) for since, until in panel.gaps]
    return {
        "data": {"values": [{"t": since, "e": until} for since, until in spans if since < until]},
        "mark": {"type": "rect", "color": SHADE},
        "encoding": {"x": x, "x2": {"field": "e"}},
    }


def _time_axis(panel: Panel, width: int) -> dict[str, Any]:
    """Times in UTC, at edges of hours, days or months; the expressions are ours alone."""
    first, last = panel.starts[0], panel.starts[-1] + panel.step
    span = last - first
    ticks = make_bins(first, last, "day" if span > 4 * _DAY else "minute", max(3, width // 72) + 1).starts
    if span > 400 * _DAY:
        text = "utcFormat(datum.value, '%b %Y')"
    elif span > 4 * _DAY:
        text = "utcFormat(datum.value, '%b %-d')"
    else:
        text = (
            "utchours(datum.value) + utcminutes(datum.value) === 0 ? utcFormat(datum.value, '%b %-d')"
            " : utcFormat(datum.value, '%H:%M')"
        )
    return {
        "values": [_ms(tick) for tick in ticks if first <= tick <= last],
        "labelExpr": text,
        "labelOverlap": True,
        "labelFlush": False,
        "grid": False,
        "ticks": True,
        "tickSize": 4,
        "tickColor": MUTED,
        "domain": True,
        "domainColor": MUTED,
    }


def _bars(panel: Panel, width: int) -> dict[str, Any]:
    divisor = panel.unit[0]
    labels = labels_of(panel)
    rows: list[dict[str, Any]] = [
        {
            "s": label,
            "v": float(each.values[0] or 0) / divisor,
            "n": "" if each.values[0] is None else human_metric(panel.metric, each.values[0]),
        }
        for label, each in zip(labels, panel.series, strict=True)
    ]
    rest = [label for label, each in zip(labels, panel.series, strict=True) if each.is_rest]
    y = {
        "field": "s",
        "type": "nominal",
        "sort": labels,
        "axis": {"labelColor": INK, "labelLimit": max(90, width // 3), "labelPadding": 8},
    }
    most = max((row["v"] for row in rows), default=0) or 1
    room = {"domain": [min(0, *(row["v"] for row in rows), 0), most * (1 + 80 / width)], "nice": False}
    x = {"field": "v", "type": "quantitative", "axis": None, "scale": room}
    tooltip = [{"field": "s", "type": "nominal", "title": "of"}, {"field": "n", "type": "nominal", "title": "value"}]
    paint = {"condition": {"test": {"field": "s", "oneOf": rest}, "value": OTHERS}, "value": COLOURS[0]}
    bar = {"mark": {"type": "bar", "height": {"band": 0.7}}, "encoding": {"color": paint, "tooltip": tooltip}}
    text = {
        "mark": {"type": "text", "align": "left", "dx": 6, "color": INK, "fontSize": 11},
        "encoding": {"text": {"field": "n", "type": "nominal"}},
    }
    return {
        "width": width,
        "height": _BAR_HEIGHT * max(1, len(rows)),
        "data": {"values": rows},
        "encoding": {"y": y, "x": x},
        "layer": [bar, text],
    }


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
