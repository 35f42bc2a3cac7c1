"""What a report about a dataset says and shows, whatever metrics and dimensions there are: pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from aiospectrum.charts.cities import place_name
from aiospectrum.charts.panel import MOST_LINES, Panel, Series
from aiospectrum.charts.reports import METRIC_TITLES, title_of
from aiospectrum.charts.sums import Breakdown, Group, Sums
from aiospectrum.charts.texts import counted, human_number, human_size, percent, told_apart

__all__ = ["Lack", "Overview", "Tile", "is_wide", "label_of", "omitted", "panel_of", "panels_of", "tiles_of"]

_BYTES: Final = ("bytesIngress", "bytesEgress")
_ERRORS: Final = (("originError", "Origin errors"), ("clientFiltered", "Clients filtered"))
_ATTEMPTS: Final = ("connect", "originError", "clientFiltered")
_ID: Final = 32

Spans = Sequence[tuple[datetime, datetime]]
"""Times, the end excluded."""


@attrs.frozen(kw_only=True)
class Lack:
    """What a dataset lacks, of one kind."""

    text: str
    """A sentence for anybody."""

    details: Sequence[str] = ()
    """More of it, the first few."""

    is_bad: bool = True
    """Whether somebody has to do something, or it passes by itself."""


@attrs.frozen(kw_only=True)
class Overview:
    """A dataset summed up."""

    title: str
    """What the report is called."""

    made: datetime
    """When it was made."""

    since: datetime
    """Where its time begins, in UTC."""

    until: datetime
    """Where it ends, in UTC."""

    zones: int
    """How many zones it is about."""

    dimensions: Sequence[str]
    """Dimensions of the dataset."""

    metrics: Sequence[str]
    """Metrics of the dataset."""

    scope: Sequence[str]
    """What is to be known of the query: its interval, filters and limit."""

    names: Mapping[str, str]
    """Names of applications by id."""

    lacks: Sequence[Lack]
    """What it lacks."""

    lacking: Spans
    """Times of which rows are missing, or may be, in any zone; in the order of time, and none touches another."""

    sums: Sums | None
    """The numbers; None when there are no rows."""


@attrs.frozen(kw_only=True)
class Tile:
    """A number that is worth being large."""

    title: str
    """What it is."""

    value: float
    """The number."""

    text: str
    """The same with its unit."""

    note: str = ""
    """What it is made of."""


def label_of(dimension: str, key: str, names: Mapping[str, str]) -> str:
    """Name a group: by its host name, city or family, or by what there is of it."""
    if dimension == "appID":
        return names.get(key) or _short(key)
    if dimension == "zone_id":
        return f"zone {_short(key)}"
    if dimension == "ipVersion":
        return f"IPv{key}"
    return (place_name(key) if dimension == "coloName" else key) or "unknown"


def _short(identifier: str) -> str:
    return f"{identifier[:8]}…" if len(identifier) == _ID else identifier or "unknown"


def tiles_of(overview: Overview) -> list[Tile]:
    """The numbers that sum it all up."""
    sums = overview.sums
    if sums is None:
        return []
    tiles = []
    directions = [name for name in _BYTES if name in sums.totals]
    if directions:
        total = sum(sums.totals[name] for name in directions)
        words = {"bytesIngress": "from clients", "bytesEgress": "to clients"}
        note = " · ".join(f"{human_size(sums.totals[name])} {words[name]}" for name in directions)
        tiles.append(Tile(title="Traffic", value=total, text=human_size(total), note=note))
    if sums.events:
        counts = {name: sum(values) for name, values in sums.events.items()}
        attempts = sum(counts.get(name, 0) for name in _ATTEMPTS)
        connects = counts.get("connect", 0)
        tiles.append(Tile(title="Connections", value=connects, text=human_number(connects)))
        for name, title in _ERRORS:
            value = counts.get(name, 0)
            share = percent(value, attempts)
            note = f"{share} of connection attempts" if share else ""
            tiles.append(Tile(title=title, value=value, text=human_number(value), note=note))
    elif "count" in sums.totals:
        count = sums.totals["count"]
        tiles.append(Tile(title="Events", value=count, text=human_number(count)))
    for name, title in (("appID", "Applications"), ("coloName", "Data centres")):
        if name in sums.breakdowns:
            busy = sums.breakdowns[name].busy
            tiles.append(Tile(title=title, value=busy, text=f"{busy:,}", note="with traffic"))
    return tiles


def panels_of(overview: Overview) -> list[Panel]:
    """The charts, the most important one first; none without rows."""
    if overview.sums is None:
        return []
    return [*_traffic(overview, overview.sums), *_events(overview, overview.sums), *_durations(overview, overview.sums)]


def is_wide(place: int, panels: Sequence[Panel]) -> bool:
    """Whether a chart has a row of its own: the first one, and the last one where it would be beside nothing."""
    return place == 0 or (place == len(panels) - 1 and place % 2 == 1)


def _traffic(overview: Overview, sums: Sums) -> Iterator[Panel]:
    if not sums.measure:
        return
    breakdowns = {name: each for name, each in sums.breakdowns.items() if name in ("appID", "coloName", "zone_id")}
    what = "Traffic" if sums.measure[0] in _BYTES else "Events"
    drawn = [
        name
        for name, each in breakdowns.items()
        if name != "zone_id" or ("appID" not in breakdowns and each.distinct > 1)
    ]
    for name, breakdown in breakdowns.items():
        if name in drawn:
            series = _largest(overview, sums, breakdown)
            yield _times(overview, sums, f"{what} by {title_of(name)}", sums.measure[0], series)
    if not drawn or (drawn == ["zone_id"] and len(sums.measure) > 1):
        series = [Series(label=METRIC_TITLES[name], values=sums.series[name]) for name in sums.measure]
        yield _times(overview, sums, what, sums.measure[0], series)


def panel_of(overview: Overview, metric: str | None, by: str | None) -> Panel:
    """One chart, of what the sums were made for.

    Args:
        overview: The dataset.
        metric: A duration; None or something else for the measure of the sums.
        by: A dimension that the sums are broken down by; None for none.

    Returns:
        The chart, empty without rows.
    """
    sums = overview.sums
    if sums is None:
        return Panel(title=overview.title, note="no data", metric=metric or "count", series=())
    if metric is not None and any(value is not None for value in sums.durations.get(metric, ())):
        durations = attrs.evolve(sums, durations={metric: sums.durations[metric]})
        return next(_durations(overview, durations))
    if not sums.measure:
        return Panel(title=metric or overview.title, note="no data", metric=metric or "count", series=())
    what = METRIC_TITLES.get(sums.measure[0], sums.measure[0]) if len(sums.measure) == 1 else "Traffic"
    if by is None:
        series = [Series(label=METRIC_TITLES[name], values=sums.series[name]) for name in sums.measure]
        return _times(overview, sums, what, sums.measure[0], series)
    series = _largest(overview, sums, sums.breakdowns[by])
    return _times(overview, sums, f"{what} by {title_of(by)}", sums.measure[0], series)


def _largest(overview: Overview, sums: Sums, breakdown: Breakdown, most: int = MOST_LINES) -> list[Series]:
    """The largest groups, and all others together."""
    groups: Sequence[Group] = breakdown.groups[:most]
    labels = told_apart({each.key: label_of(breakdown.dimension, each.key, overview.names) for each in groups})
    series = [Series(label=labels[each.key], values=each.values) for each in groups]
    others = breakdown.distinct - len(groups)
    if others > 0:
        columns = zip(sums.measured(), *(each.values for each in groups), strict=True)
        rest = [total - sum(values) for total, *values in columns]
        series.append(Series(label=counted(others, "other"), values=rest, is_rest=True))
    return series


def _events(overview: Overview, sums: Sums) -> Iterator[Panel]:
    if sums.events:
        connects = sums.events.get("connect", [0] * len(sums.is_empty))
        yield _times(overview, sums, "Connections opened", "count", [Series(label="connect", values=connects)])
        rows = [sums.events.get(name, [0] * len(connects)) for name in _ATTEMPTS]
        attempts = [sum(column) for column in zip(*rows, strict=True)]
        series = [
            Series(
                label=title,
                values=[
                    100 * value / whole if whole else None
                    for value, whole in zip(sums.events.get(name, [0] * len(attempts)), attempts, strict=True)
                ],
            )
            for name, title in _ERRORS
        ]
        if any(attempts):
            note = "% of connection attempts"
            yield _times(overview, sums, "Errors", "percent", series, note=note, is_stacked=False)
    elif "count" in sums.series and sums.measure[0] != "count":
        series = [Series(label=METRIC_TITLES["count"], values=sums.series["count"])]
        yield _times(overview, sums, "Events", "count", series)


def _durations(overview: Overview, sums: Sums) -> Iterator[Panel]:
    known = {
        name: values
        for name, values in sums.durations.items()
        if name.startswith("duration") and any(value is not None for value in values)
    }
    if not known:
        return
    notes = ["of ended connections"] if "event" in overview.dimensions else []
    if not sums.durations_are_exact:
        # Averages of percentiles are no percentiles.
        weighted = "weighted means" if "count" in overview.metrics else "means"
        notes.append(f"approximate: {weighted} of rows")
    words = {"durationAvg": "Average", "durationMedian": "Median", "duration90th": "90th percentile"}
    words["duration99th"] = "99th percentile"
    series = [Series(label=words.get(name, name), values=values) for name, values in known.items()]
    note = " · ".join(notes)
    yield _times(overview, sums, "Durations", "duration", series, note=note, is_stacked=False)


def _times(
    overview: Overview,
    sums: Sums,
    title: str,
    metric: str,
    series: Sequence[Series],
    *,
    note: str = "",
    is_stacked: bool = True,
) -> Panel:
    bins = sums.bins
    return Panel(
        title=title,
        note=note,
        metric=metric,
        series=series,
        starts=bins.starts,
        step=bins.step,
        step_name=bins.name,
        is_stacked=is_stacked,
        gaps=_gaps(sums, overview.lacking),
    )


def _gaps(sums: Sums, lacking: Spans) -> Spans:
    """Intervals without any rows, or that may lack some; neighbours as one."""
    ends = [*sums.bins.starts[1:], sums.bins.until]
    found: list[tuple[datetime, datetime]] = []
    for start, end, is_empty in zip(sums.bins.starts, ends, sums.is_empty, strict=True):
        place = bisect_right(lacking, start, key=lambda span: span[1])  # the first one that ends later
        if not is_empty and (place == len(lacking) or lacking[place][0] >= end):
            continue
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def omitted(overview: Overview) -> list[str]:
    """What a report could say and does not, as the dataset does not have it."""
    needs: Iterable[tuple[str, bool]] = (
        ("traffic in bytes (bytesIngress, bytesEgress)", any(name in overview.metrics for name in _BYTES)),
        ("applications (the dimension appID)", "appID" in overview.dimensions),
        ("data centres (the dimension coloName)", "coloName" in overview.dimensions),
        (
            "connections and errors (the dimension event, and count)",
            "event" in overview.dimensions and "count" in overview.metrics,
        ),
        ("durations (durationMedian, duration99th, …)", any(name.startswith("duration") for name in overview.metrics)),
    )
    unknown = [name for name in overview.metrics if name not in METRIC_TITLES]
    return [text for text, is_there in needs if not is_there] + [f"{name}, a metric not known here" for name in unknown]
