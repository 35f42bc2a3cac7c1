"""From a dataset to its charts and its report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.lacks import Span, State, find_lacks
from aiospectrum.bulk.dataset.opening import Place
from aiospectrum.bulk.dataset.periods import to_datetime, to_seconds
from aiospectrum.bulk.dataset.reading import RowFilter, read_tables
from aiospectrum.bulk.dataset.results import PictureFormat
from aiospectrum.bulk.dataset.summing import sum_rows
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import edge_after
from aiospectrum.charts.bins import Bins, make_bins
from aiospectrum.charts.drawing import (
    draw_png,
    draw_svg,
    import_altair,
    import_vl_convert,
    make_chart,
    script_bundle,
)
from aiospectrum.charts.overview import Overview, panel_of
from aiospectrum.charts.page import render_page
from aiospectrum.charts.poster import render_poster
from aiospectrum.charts.reports import check_drawing
from aiospectrum.charts.sums import Sums
from aiospectrum.charts.texts import counted
from aiospectrum.checks import DateTime, Flag, Text, Unchecked, refuse

if TYPE_CHECKING:
    import altair

__all__ = ["draw_chart", "draw_report"]

_BYTES: Final = ("bytesIngress", "bytesEgress")
_ROWS: Final = 12
"""Rows of the tables of a report."""

_TITLE: Final = Text(min_length=1, max_length=200)
_TIME: Final = DateTime(takes_unchecked=False)


def draw_chart(
    place: Place,
    index: DatasetIndex,
    wanted: RowFilter,
    state: State,
    *,
    metric: str | None,
    by: str | None,
    top: int,
    names: Mapping[str, str] | None,
    now: datetime,
) -> "altair.TopLevelMixin":
    """Draw one chart of a dataset, as :meth:`Dataset.plot` says."""
    import_altair()  # before all is read
    query = index.query
    dimensions = ["zone_id", *query.dimensions]
    check_drawing(metric, by, top, names, metrics=query.metrics, dimensions=dimensions)
    whole = _whole(query)
    if metric is not None and metric not in whole and by is not None:
        refuse("by", by, f"None, as {metric} of several rows does not add up")
    chosen = by if metric in (None, *whole) else None
    if by is None and metric in (None, *whole):
        usual = [name for name in ("appID", "coloName", *query.dimensions) if name in query.dimensions]
        chosen = (
            usual[0] if usual else "zone_id" if len(state.zones if wanted.zones is None else wanted.zones) > 1 else None
        )
    measure = [metric] if metric in whole else _measure(query)
    groups = [] if chosen is None else [chosen]
    overview = _overview(
        place, index, wanted, state, measure=measure, by=groups, top=top, names=names, title="Traffic", now=now
    )
    drawn = metric if metric is not None or measure else query.metrics[0]
    return make_chart([panel_of(overview, drawn, chosen)])


def draw_report(
    place: Place,
    index: DatasetIndex,
    wanted: RowFilter,
    state: State,
    *,
    file_format: PictureFormat,
    title: str,
    names: Mapping[str, str] | None,
    interactive: bool,
    now: datetime,
) -> bytes:
    """Write the report about a dataset, as :meth:`Dataset.render_report` says."""
    title = _TITLE.check("title", title)
    now = _TIME.check("now", now)
    interactive = Flag().check("interactive", interactive)
    if file_format not in ("html", "svg", "png"):
        refuse("file_format", file_format, "html, svg or png")
    if interactive and file_format != "html":
        refuse("interactive", interactive, f"False, as {file_format} is a picture")
    import_vl_convert()  # before all is read
    query = index.query
    by = [name for name in ("appID", "coloName", "zone_id") if name in ("zone_id", *query.dimensions)]
    overview = _overview(
        place, index, wanted, state, measure=_measure(query), by=by, top=_ROWS, names=names, title=title, now=now
    )
    if file_format == "html":
        return render_page(overview, draw_svg, script_bundle if interactive else None).encode()
    svg = render_poster(overview, draw_svg)
    return svg.encode() if file_format == "svg" else draw_png(svg, 2)


def _whole(query: Query) -> list[str]:
    return [name for name in query.metrics if name in ("count", *_BYTES)]


def _measure(query: Query) -> list[str]:
    """What traffic is measured by: bytes in both directions, or else events; nothing where there are only durations."""
    whole = _whole(query)
    return [name for name in _BYTES if name in whole] or whole


def _overview(
    place: Place,
    index: DatasetIndex,
    wanted: RowFilter,
    state: State,
    *,
    measure: Sequence[str],
    by: Sequence[str],
    top: int,
    names: Mapping[str, str] | None,
    title: str,
    now: datetime,
) -> Overview:
    query = index.query
    zones = state.zones if wanted.zones is None else wanted.zones
    sums: Sums | None = None
    since, until, wanted = _extent(index, wanted, now)
    if since < until:
        bins = _bins(index, since, until)
        read = partial(read_tables, place, index, wanted)
        sums = sum_rows(read, query, bins, measure=measure, by=by if measure else (), top=top)
    first = min(index.plan.since, since) if wanted.since is None else _edge(index, wanted.since)
    last = now if wanted.until is None else min(now, _edge(index, wanted.until))
    lacks, lacking = find_lacks(state, zones, first, last)
    return Overview(
        title=title,
        made=now,
        since=since,
        until=max(since, until),
        zones=len(zones),
        dimensions=query.dimensions,
        metrics=query.metrics,
        scope=_scope(query),
        names=names or {},
        lacks=lacks,
        lacking=lacking,
        sums=sums if sums is not None and sums.rows else None,
    )


def _extent(index: DatasetIndex, wanted: RowFilter, now: datetime) -> tuple[datetime, datetime, RowFilter]:
    """Where the intervals that are counted begin and end, and which rows these are: none that begin later than now."""
    windows = {
        (window.since, window.until)
        for file in index.readable.values()
        for zone, there in file.windows.items()
        if wanted.zones is None or zone in wanted.zones
        for window in there
    }
    if windows and min(windows)[0] <= to_seconds(now) < max(until for _, until in windows):
        wanted = attrs.evolve(wanted, until=now if wanted.until is None else min(now, wanted.until))
    spans = [_counted(index, wanted, to_datetime(since), to_datetime(until)) for since, until in windows]
    known = [(since, until) for since, until in spans if since < until]
    if known:
        return min(since for since, _ in known), max(until for _, until in known), wanted
    return wanted.since or index.plan.since, wanted.until or index.plan.until, wanted


def _counted(index: DatasetIndex, wanted: RowFilter, since: datetime, until: datetime) -> Span:
    """Where the intervals of a window that are wanted begin and end; nowhere if there are none."""
    is_one = index.query.time_delta is None
    if wanted.since is not None and since < wanted.since:
        since = until if is_one else _edge(index, wanted.since)
    if wanted.until is not None and since >= wanted.until:
        return until, until
    return since, until if is_one or wanted.until is None else min(until, _edge(index, wanted.until))


def _edge(index: DatasetIndex, moment: datetime) -> datetime:
    """The first interval that begins no earlier."""
    length = index.query.time_delta or index.plan.window
    try:
        return edge_after(moment, "whole" if isinstance(length, Unchecked) else length)
    except OverflowError:
        return moment


def _bins(index: DatasetIndex, since: datetime, until: datetime) -> Bins:
    query = index.query
    if query.time_delta is not None:
        return make_bins(since, until, str(query.time_delta))
    window = index.plan.window
    return make_bins(since, until, None if window == "whole" else str(window))


def _scope(query: Query) -> list[str]:
    """What is to be known of the query."""
    found = []
    if query.filters is not None:
        found.append(f"only {query.filters}")
    if query.limit is not None:
        found.append(f"no more than {counted(query.limit, 'row')} per request")
    return found
