"""The state of datasets for people and for programs: pure functions."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from aiospectrum._codec.writers import format_date_time
from aiospectrum.bulk import Dataset, Problem, SaveFailure, Window
from aiospectrum.cli.formatting import counted, human_size, human_span
from aiospectrum.cli.grid import Column, Grid

__all__ = [
    "ZoneStatus",
    "dataset_lines",
    "dataset_values",
    "failure_values",
    "problems_table",
    "zone_statuses",
    "zones_table",
]

_TIMES: Final = ("complete", "filling", "pending", "missing")


@attrs.frozen(kw_only=True)
class ZoneStatus:
    """What a dataset has of a zone and lacks."""

    zone_id: str
    """The zone."""

    complete: Sequence[Window]
    """Times that are complete."""

    filling: Sequence[Window]
    """Times of which rows may be missing."""

    pending: Sequence[Window]
    """Times that are complete, and in no data file yet."""

    missing: Sequence[Window]
    """Times of the latest plan that are over, or under way, and have not been fetched."""

    failed: Sequence[SaveFailure]
    """Windows that have failed."""

    @property
    def since(self) -> datetime | None:
        """Where the data begins; None when there is none."""
        return min((span.since for span in (*self.complete, *self.filling, *self.pending)), default=None)

    @property
    def complete_until(self) -> datetime | None:
        """Where the data is complete from its beginning on; None when its beginning is not."""
        first = self.complete[0] if self.complete else None
        return first.until if first is not None and first.since == self.since else None

    @property
    def ok(self) -> bool:
        """Whether all is there that can be."""
        return not self.missing and not self.failed


def zone_statuses(dataset: Dataset, now: datetime) -> list[ZoneStatus]:
    """Sum up each zone of a dataset.

    Args:
        dataset: The dataset.
        now: The time; what has not begun is not missing.

    Returns:
        The zones, those that lack something first.
    """
    found = [
        ZoneStatus(
            zone_id=zone,
            complete=dataset.complete.get(zone, ()),
            filling=dataset.filling.get(zone, ()),
            pending=dataset.pending.get(zone, ()),
            missing=_begun(dataset.missing.get(zone, ()), now),
            failed=dataset.failed.get(zone, ()),
        )
        for zone in sorted({*dataset.zones, *dataset.failed})
    ]
    return sorted(found, key=lambda zone: (zone.ok, not zone.failed, not zone.filling))


def dataset_lines(dataset: Dataset) -> Iterator[str]:
    """Describe a dataset as a whole.

    Yields:
        The lines; the folder to read is the first one.
    """
    query = dataset.query
    report = query.kind if query.time_delta is None else f"{query.kind}, each {query.time_delta}"
    dimensions = f" by {', '.join(query.dimensions)}" if query.dimensions else ""
    yield dataset.folder
    yield f"{report}: {', '.join(query.metrics)}{dimensions}"
    files = f"{counted(dataset.files, f'{dataset.file_format} file')} of {human_size(dataset.bytes)}"
    windows = f"{counted(dataset.windows, 'window')} of {counted(len(dataset.zones), 'zone')}"
    yield f"{counted(dataset.rows, 'row')} in {files}; {windows}"


def zones_table(zones: Iterable[ZoneStatus]) -> Grid:
    """Show zones, one a line."""
    columns = [Column("zone", "id", is_key=True), Column("from (UTC)", "fixed"), Column("complete until", "fixed")]
    columns += [Column(title, "number") for title in ("filling", "missing", "failed")]
    rows = []
    for zone in zones:
        failed = f"{len(zone.failed):,}" if zone.failed else "-"
        times = _minute(zone.since), _minute(zone.complete_until)
        rows.append((zone.zone_id, *times, _length(zone.filling), _length(zone.missing), failed))
    return Grid.of(columns, rows)


def problems_table(problems: Iterable[Problem]) -> Grid:
    """Show what is wrong with files, one a line."""
    return Grid.of([Column("file"), Column("what")], [(problem.path, problem.text) for problem in problems])


def dataset_values(dataset: Dataset, zones: Iterable[ZoneStatus]) -> dict[str, Any]:
    """Give a dataset, and its zones, as values of JSON."""
    plan = json.loads(dataset.plan.to_json())
    zones = sorted(zones, key=lambda zone: zone.zone_id)
    return {
        "folder": dataset.folder,
        "ok": all(zone.ok for zone in zones),
        "file_format": dataset.file_format,
        "files": dataset.files,
        "rows": dataset.rows,
        "bytes": dataset.bytes,
        "windows": dataset.windows,
        "complete_until": _text(dataset.complete_until),
        "plan": {name: plan[name] for name in ("since", "until", "window", "query")},
        "zones": {zone.zone_id: _zone_values(zone) for zone in zones},
    }


def failure_values(failures: Iterable[SaveFailure]) -> list[dict[str, str]]:
    """Give windows that have failed as values of JSON."""
    return [{"zone_id": each.zone_id, **_span(each.window), "error": each.error} for each in failures]


def _zone_values(zone: ZoneStatus) -> dict[str, Any]:
    spans = {name: [_span(span) for span in getattr(zone, name)] for name in _TIMES}
    return {"complete_until": _text(zone.complete_until), **spans, "failed": failure_values(zone.failed)}


def _begun(spans: Iterable[Window], now: datetime) -> tuple[Window, ...]:
    """What of some times is over."""
    return tuple(attrs.evolve(span, until=min(span.until, now)) for span in spans if span.since < now)


def _span(window: Window) -> dict[str, str]:
    return {"since": format_date_time(window.since), "until": format_date_time(window.until)}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else format_date_time(moment)


def _minute(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _length(spans: Iterable[Window]) -> str:
    whole = sum((span.until - span.since for span in spans), timedelta())
    return human_span(whole) if whole else "-"
