"""From a dataset to its charts and its report."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.opening import Place
from aiospectrum.bulk.dataset.periods import to_datetime, to_seconds
from aiospectrum.bulk.dataset.reading import RowFilter, read_tables
from aiospectrum.bulk.dataset.results import PictureFormat, SaveFailure
from aiospectrum.bulk.dataset.summing import sum_rows
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window, edge_after
from aiospectrum.charts.bins import Bins, make_bins
from aiospectrum.charts.drawing import (
    draw_png,
    draw_svg,
    import_altair,
    import_vl_convert,
    make_chart,
    script_bundle,
)
from aiospectrum.charts.overview import Lack, Overview, panel_of
from aiospectrum.charts.page import render_page
from aiospectrum.charts.poster import render_poster
from aiospectrum.charts.reports import check_drawing
from aiospectrum.charts.sums import Sums
from aiospectrum.charts.texts import counted, human_span, human_time
from aiospectrum.checks import DateTime, Flag, Text, Unchecked, refuse

if TYPE_CHECKING:
    import altair

__all__ = ["State", "draw_chart", "draw_report"]

Spans: TypeAlias = Mapping[str, Sequence[Window]]
"""Times by zone."""

Span: TypeAlias = tuple[datetime, datetime]

_BYTES: Final = ("bytesIngress", "bytesEgress")
_ROWS: Final = 12
"""Rows of the tables of a report."""

_TEXTS: Final = {
    "missing": "Missing: {of} without data {when}. The next pull fetches it.",
    "filling": "Still filling: rows of {of} may be missing {when}, too recent when they were fetched.",
    "pending": "Not in files yet: data of {of} {when}. The next pull puts it there.",
}
"""What is said of each kind of times."""

_FEW: Final = 10
_TITLE: Final = Text(min_length=1, max_length=200)
_TIME: Final = DateTime(takes_unchecked=False)


@attrs.frozen(kw_only=True)
class State:
    """What a dataset has and lacks."""

    zones: Sequence[str]
    """All zones."""

    complete_until: datetime | None
    """Where the data of all of them is complete."""

    lacking: Mapping[str, Spans]
    """Times by zone, for ``filling``, ``pending`` and ``missing``."""

    failed: Mapping[str, Sequence[SaveFailure]]
    """What failed in each zone."""


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
    lacks, lacking = _lacks(state, zones, first, last)
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


def _lacks(state: State, zones: Sequence[str], since: datetime, until: datetime) -> tuple[list[Lack], list[Span]]:
    """What is missing of some zones and a time, in words; and when, of any of these."""
    chosen, found = set(zones), []
    lacking: list[Span] = []
    failed = [each for zone, failures in state.failed.items() if zone in chosen for each in failures]
    if failed:
        of = counted(len({each.zone_id for each in failed}), "zone")
        text = f"Failed: {counted(len(failed), 'window')} of {of} could not be fetched. The next pull tries again."
        details = [f"zone {each.zone_id}, {each.window}: {each.error}" for each in failed[:_FEW]]
        found.append(Lack(text=text, details=_more(details, len(failed))))
    for kind, text in _TEXTS.items():
        times = _clipped(state.lacking[kind], chosen, since, until)
        if not times:
            continue
        of = _share(len({zone for zone, *_ in times}), len(zones))
        details = [f"zone {zone}: {human_time(first)} to {human_time(last)}" for zone, first, last in times[:_FEW]]
        lack = text.format(of=of, when=_when(times))
        found.append(Lack(text=lack, details=_more(details, len(times)), is_bad=kind == "missing"))
        lacking += [(first, last) for _, first, last in times]
    return found, _merged(lacking)


def _when(times: Sequence[tuple[str, datetime, datetime]]) -> str:
    """When it is, in words that are true whether zones lack the same times or not, and all of them or a few."""
    each = [(first, last) for _, first, last in times]
    spans = _merged(each)
    between = f"between {human_time(spans[0][0])} and {human_time(spans[-1][1])} UTC"
    parts = "" if sorted(each) == sorted(spans * len({zone for zone, *_ in times})) else "parts of "
    if len(spans) == 1:
        return f"for parts of the time {between}" if parts else between
    length = human_span(sum((last - first for first, last in spans), timedelta()))
    return f"for {parts}{length} in {len(spans):,} stretches {between}"


def _clipped(times: Spans, zones: Set[str], since: datetime, until: datetime) -> list[tuple[str, datetime, datetime]]:
    """The times of some zones that lie between two others."""
    return [
        (zone, max(span.since, since), min(span.until, until))
        for zone, spans in times.items()
        if zone in zones
        for span in spans
        if span.since < until and span.until > since
    ]


def _share(some: int, whole: int) -> str:
    if some < whole:
        return f"{some:,} of {whole:,} zones"
    return f"all {whole:,} zones" if whole > 1 else "the zone"


def _more(details: list[str], number: int) -> list[str]:
    left = number - len(details)
    return [*details, f"and {left:,} more; see `aiospectrum dataset status`"] if left else details


def _merged(spans: list[Span]) -> list[Span]:
    """Times that touch as one, in their order."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found
