"""From a dataset to its charts and its report."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs

from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.opening import Place
from aiospectrum.bulk.dataset.periods import to_datetime
from aiospectrum.bulk.dataset.reading import RowFilter, read_tables
from aiospectrum.bulk.dataset.results import SaveFailure
from aiospectrum.bulk.dataset.summing import sum_rows
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.charts.bins import Bins, make_bins
from aiospectrum.charts.drawing import draw_png, draw_svg, make_chart, script_bundle
from aiospectrum.charts.overview import Lack, Overview, panel_of
from aiospectrum.charts.page import render_page
from aiospectrum.charts.poster import render_poster
from aiospectrum.charts.reports import check_drawing
from aiospectrum.charts.sums import Sums
from aiospectrum.charts.texts import counted, human_time
from aiospectrum.checks import Text, refuse

if TYPE_CHECKING:
    import altair

__all__ = ["PictureFormat", "State", "draw_chart", "draw_report"]

PictureFormat: TypeAlias = Literal["html", "svg", "png"]
"""Format of a report: a page for people, or a picture to post."""

Spans: TypeAlias = Mapping[str, Sequence[Window]]
"""Times by zone."""

_BYTES: Final = ("bytesIngress", "bytesEgress")
_ROWS: Final = 12
"""Rows of the tables of a report."""

_FEW: Final = 10
_MOST_SPANS: Final = 40
_TITLE: Final = Text(min_length=1, max_length=200)


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
    if file_format not in ("html", "svg", "png"):
        refuse("file_format", file_format, "html, svg or png")
    if interactive and file_format != "html":
        refuse("interactive", interactive, f"False, as {file_format} is a picture")
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
    since, until = _extent(index, wanted, now)
    if since < until:
        bins = _bins(index, since, until)
        read = partial(read_tables, place, index, wanted)
        sums = sum_rows(read, query, bins, measure=measure, by=by if measure else (), top=top)
    lacks, filling = _lacks(state, zones, since, until, now)
    return Overview(
        title=title,
        made=now,
        since=since,
        until=until,
        zones=len(zones),
        dimensions=query.dimensions,
        metrics=query.metrics,
        scope=_scope(query),
        names=names or {},
        lacks=lacks,
        filling=filling,
        sums=sums if sums is not None and sums.rows else None,
    )


def _extent(index: DatasetIndex, wanted: RowFilter, now: datetime) -> tuple[datetime, datetime]:
    """From when to when there is data; what is yet to come is not counted."""
    known = [
        (windows[0].since, max(each.until for each in windows))
        for file in index.readable.values()
        for zone, windows in file.windows.items()
        if windows and (wanted.zones is None or zone in wanted.zones)
    ]
    plan = index.plan
    since = to_datetime(min(first for first, _ in known)) if known else plan.since
    until = to_datetime(max(last for _, last in known)) if known else plan.since
    if wanted.since is not None:
        since = max(since, wanted.since.astimezone(UTC))
    if wanted.until is not None:
        until = min(until, wanted.until.astimezone(UTC))
    return since, min(until, now.astimezone(UTC)) if now > since else until


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


def _lacks(
    state: State, zones: Sequence[str], since: datetime, until: datetime, now: datetime
) -> tuple[list[Lack], list[tuple[datetime, datetime]]]:
    """What is missing of some zones and a time, in words; and the times that are filling."""
    chosen, found = set(zones), []
    end = max(
        until,
        min(now, max((span.until for spans in state.lacking["missing"].values() for span in spans), default=until)),
    )
    filling: list[tuple[datetime, datetime]] = []
    texts = {
        "missing": "{}: {} have no data between {}. The next pull fetches it.",
        "filling": "{}: {} may lack rows between {}, as that was too recent. The next pull completes it.",
        "pending": "{}: {} have data between {} that is in no file yet. The next pull puts it there.",
    }
    failed = [each for zone, failures in state.failed.items() if zone in chosen for each in failures]
    if failed:
        of = counted(len({each.zone_id for each in failed}), "zone")
        details = [f"zone {each.zone_id}, {each.window}: {each.error}" for each in failed[:_FEW]]
        text = f"Failed: {counted(len(failed), 'window')} of {of} could not be fetched. The next pull tries again."
        found.append(Lack(text=text, details=_more(details, len(failed))))
    for kind, text in texts.items():
        spans = [
            (max(span.since, since), min(span.until, end), zone)
            for zone, windows in state.lacking[kind].items()
            if zone in chosen
            for span in windows
            if span.since < end and span.until > since
        ]
        if not spans:
            continue
        of = len({zone for *_, zone in spans})
        which = f"{of:,} of {counted(len(zones), 'zone')}" if of < len(zones) else "all zones" if of > 1 else "the zone"
        between = f"{human_time(min(span[0] for span in spans))} and {human_time(max(span[1] for span in spans))} UTC"
        details = [f"zone {zone}: {human_time(first)} to {human_time(last)}" for first, last, zone in spans[:_FEW]]
        words = {"missing": "Missing", "filling": "Still filling", "pending": "Not in files yet"}
        found.append(
            Lack(
                text=text.format(words[kind], which, between),
                details=_more(details, len(spans)),
                is_bad=kind == "missing",
            )
        )
        if kind == "filling":
            filling = _merged([span[:2] for span in spans])
    return found, filling


def _more(details: list[str], number: int) -> list[str]:
    left = number - len(details)
    return [*details, f"and {left:,} more; see `aiospectrum dataset status`"] if left else details


def _merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Times that touch as one, the latest few."""
    found: list[tuple[datetime, datetime]] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found[-_MOST_SPANS:]
