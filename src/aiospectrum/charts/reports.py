"""From the table of a report to panels: pure, and without Arrow."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isnan
from typing import Any, Final

from aiospectrum.charts.panel import MOST_LINES, Panel, Series
from aiospectrum.charts.texts import counted, human_span, human_time, told_apart
from aiospectrum.checks import refuse

__all__ = ["METRIC_TITLES", "check_drawing", "panels_of_report", "rank", "step_name_of", "title_of"]

METRIC_TITLES: Final[Mapping[str, str]] = {
    "count": "Events",
    "bytesIngress": "Bytes from clients",
    "bytesEgress": "Bytes to clients",
    "durationAvg": "Average duration",
    "durationMedian": "Median duration",
    "duration90th": "90th percentile of durations",
    "duration99th": "99th percentile of durations",
}
"""What each metric is, in words."""

_DIMENSIONS: Final[Mapping[str, str]] = {
    "appID": "application",
    "coloName": "data centre",
    "event": "event",
    "ipVersion": "IP version",
    "zone_id": "zone",
}
_ADDITIVE: Final = ("count", "bytesIngress", "bytesEgress")


def title_of(dimension: str) -> str:
    """What a dimension is, in words."""
    return _DIMENSIONS.get(dimension, dimension)


def step_name_of(step: timedelta) -> str:
    """What a length of time is called after ``per``."""
    days = step.total_seconds() / 86_400
    for name, least, most in (("month", 28, 31), ("quarter", 90, 92), ("year", 365, 366)):
        if least <= days <= most:
            return name
    names = {60: "minute", 3600: "hour", 86_400: "day", 604_800: "week"}
    return names.get(int(step.total_seconds())) or human_span(step)


def rank(sums: Mapping[str, float], most: int) -> list[str]:
    """The names with the largest sums, the largest first; equal ones by name."""
    return sorted(sums, key=lambda name: (-sums[name], name))[:most]


def check_drawing(
    metric: str | None,
    by: str | None,
    top: int,
    names: Mapping[str, str] | None,
    *,
    metrics: Iterable[str],
    dimensions: Iterable[str],
) -> list[str] | None:
    """Check the arguments of ``plot``.

    Args:
        metric: The metric to draw; None for all.
        by: The dimension to break it down by; None for the first one.
        top: Series at most.
        names: Names of applications by id.
        metrics: The metrics that there are.
        dimensions: The dimensions that there are.

    Returns:
        The metrics to draw; None for all.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    metrics, dimensions = list(metrics), list(dimensions)
    if metric is not None and metric not in metrics:
        refuse("metric", metric, f"one of {', '.join(metrics)}")
    if by is not None and by not in dimensions:
        refuse("by", by, f"one of {', '.join(dimensions)}" if dimensions else "None, as there are no dimensions")
    if type(top) is not int or not 1 <= top <= MOST_LINES:
        refuse("top", top, f"a whole number from 1 to {MOST_LINES}, the colours that can be told apart")
    if names is not None and not isinstance(names, Mapping):
        refuse("names", type(names), "a mapping of ids to names, such as `await bulk.app_names(client, zones)` gives")
    return None if metric is None else [metric]


def panels_of_report(
    intervals: Sequence[Sequence[Any]],
    dimensions: Mapping[str, Sequence[str | None]],
    metrics: Mapping[str, Sequence[float]],
    *,
    wanted: Sequence[str] | None,
    by: str | None,
    top: int,
    names: Mapping[str, str],
) -> list[Panel]:
    """Lay out a report as panels: one for each metric, or one for all durations where they are not broken down.

    Args:
        intervals: Start and end of each interval, both included; bars are drawn where there is one at most.
        dimensions: The values of each dimension, one for each row.
        metrics: The numbers of each metric, one row after another, each with one number for each interval.
        wanted: The metrics to draw; all that can be when None.
        by: The dimension to break down by; the first one when None.
        top: Series at most; the others are added up.
        names: Names of applications by id.

    Returns:
        The panels, at least one.

    Raises:
        InvalidArgumentError: Durations would have to be added up.
    """
    usable = [place for place, pair in enumerate(intervals) if len(pair) and isinstance(pair[0], datetime)]
    by_time = len(usable) > 1
    chosen = by if by is not None else next(iter(dimensions), None)
    keys = [str(value or "") for value in dimensions[chosen]] if chosen else []
    if not by_time and by is None and len(dimensions) > 1:
        pairs = zip(*dimensions.values(), strict=True)
        rows = [[str(each or "(none)") for each in row] for row in pairs]
        known = told_apart({each: names.get(each, each) for row in rows for each in row})
        keys = [" · ".join(known[each] for each in row) for row in rows]
    tables = {name: _table(numbers, len(intervals)) for name, numbers in metrics.items()}
    found = _drawable(tables, wanted, adds_up=bool(keys) and len(set(keys)) < len(keys))
    if not by_time:
        return [
            _bars(metric, tables[metric], keys, dimensions if by is None else [by], top, names, intervals)
            for metric in found
        ]
    order = sorted(usable, key=lambda place: intervals[place][0])
    starts = [intervals[place][0].astimezone(UTC) for place in order]
    series = {metric: _sums(tables[metric], keys or [""] * len(tables[metric]), order) for metric in found}
    steps = _steps(intervals, starts)
    groups = _grouped(found, broken_down=bool(chosen))
    return [_times(group, series, chosen, top, names, starts, steps) for group in groups]


def _table(numbers: Sequence[float], width: int) -> list[Sequence[float]]:
    """A list for each row."""
    return [numbers[first : first + width] for first in range(0, len(numbers), max(1, width))]


def _drawable(metrics: Iterable[str], wanted: Sequence[str] | None, *, adds_up: bool) -> list[str]:
    """The metrics to draw: without durations where several rows are drawn as one."""
    if not adds_up:
        return list(metrics if wanted is None else wanted)
    for name in wanted or ():
        if name not in _ADDITIVE:
            refuse("metric", name, f"one of {', '.join(_ADDITIVE)}, as durations of several rows do not add up")
    found = [name for name in (metrics if wanted is None else wanted) if name in _ADDITIVE]
    if not found:
        refuse("metric", list(metrics), "a report by one dimension alone, as durations of several rows do not add up")
    return found


def _grouped(metrics: Sequence[str], *, broken_down: bool) -> list[list[str]]:
    """Which metrics share a panel: the durations, and the bytes of both directions, where each is one line."""
    if broken_down:
        return [[metric] for metric in metrics]
    groups: dict[str, list[str]] = {}
    for metric in metrics:
        kind = next((kind for kind in ("bytes", "duration") if metric.startswith(kind)), metric)
        groups.setdefault(kind, []).append(metric)
    return list(groups.values())


def _sums(rows: Sequence[Sequence[float]], keys: Sequence[str], order: Sequence[int]) -> dict[str, list[float | None]]:
    """The numbers of each key, in the order of time; None where no row has one."""
    found: dict[str, list[float | None]] = {}
    for key, numbers in zip(keys, rows, strict=True):
        sums = found.setdefault(key, [None] * len(order))
        for place, source in enumerate(order):
            value = numbers[source] if source < len(numbers) else None
            if value is not None and not isnan(value):
                sums[place] = value + (sums[place] or 0)
    return found


def _times(
    group: Sequence[str],
    series: Mapping[str, Mapping[str, list[float | None]]],
    by: str | None,
    top: int,
    names: Mapping[str, str],
    starts: Sequence[datetime],
    steps: tuple[timedelta, timedelta],
) -> Panel:
    metric, (usual, step) = group[0], steps
    additive = metric in _ADDITIVE
    if by is None or len(group) > 1:
        lines = [
            Series(label=METRIC_TITLES.get(each, each), values=values)
            for each in group
            for values in series[each].values()
        ]
        title = METRIC_TITLES.get(metric, metric) if len(group) == 1 else "Bytes" if additive else "Durations"
        note = ""
    else:
        lines, left = _top(series[metric], top, names, adds_up=additive)
        title = f"{METRIC_TITLES.get(metric, metric)} by {title_of(by)}"
        note = "" if additive or not left else f"{left:,} more not shown"
    span = f"{human_time(starts[0])} – {human_time(starts[-1] + step)} UTC"
    return Panel(
        title=title,
        note=" · ".join(filter(None, (note, span))),
        metric=metric,
        series=lines,
        starts=starts,
        step=step,
        step_name=step_name_of(usual),
        is_stacked=additive,
    )


def _top(
    series: Mapping[str, list[float | None]], top: int, names: Mapping[str, str], *, adds_up: bool
) -> tuple[list[Series], int]:
    """The largest series, and one of all others where they add up; and how many others there are."""
    sums = {key: float(sum(value or 0 for value in values)) for key, values in series.items()}
    first = rank(sums, top)
    labels = told_apart({key: names.get(key, key) for key in first})
    lines = [Series(label=label, values=series[key]) for key, label in labels.items()]
    others = [values for key, values in series.items() if key not in first]
    if others and adds_up:
        columns = zip(*others, strict=True)
        rest = [None if set(column) == {None} else sum(value or 0 for value in column) for column in columns]
        lines.append(Series(label=counted(len(others), "other"), values=rest, is_rest=True))
    return lines, len(others)


def _bars(
    metric: str,
    rows: Sequence[Sequence[float]],
    keys: Sequence[str],
    by: Iterable[str],
    top: int,
    names: Mapping[str, str],
    intervals: Sequence[Sequence[Any]],
) -> Panel:
    title = METRIC_TITLES.get(metric, metric)
    sums = _sums(rows, keys or [title] * len(rows), [0])
    lines, left = _top(sums, top, names, adds_up=metric in _ADDITIVE)
    times = [each.astimezone(UTC) for pair in intervals[:1] for each in pair if isinstance(each, datetime)]
    span = f"{human_time(times[0])} – {human_time(times[1])} UTC" if len(times) == 2 else ""
    note = "" if metric in _ADDITIVE or not left else f"{left:,} more not shown"
    return Panel(
        title=f"{title} by {' and '.join(map(title_of, by))}" if keys else title,
        note=" · ".join(filter(None, (note, span))),
        metric=metric,
        series=lines,
    )


def _steps(intervals: Sequence[Sequence[Any]], starts: Sequence[datetime]) -> tuple[timedelta, timedelta]:
    """The usual length of an interval, and that of the last one; the first and the last may be parts of one."""
    lengths = Counter(end - start for start, end in pairwise(starts) if end > start)
    usual = max(lengths, key=lambda length: (lengths[length], length), default=timedelta(hours=1))
    end = max((pair[1] for pair in intervals if len(pair) > 1 and isinstance(pair[1], datetime)), default=starts[-1])
    last = end + timedelta(seconds=1) - starts[-1]
    return usual, last if timedelta() < last <= usual else usual
