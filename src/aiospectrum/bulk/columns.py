"""From the reports of many windows to one Arrow table, whose columns and types depend on the query alone.

Numbers are packed a report at a time, as soon as it is there: they take a fifth of the memory of the models then.
Tables are made of many reports at once, as most of what a small report would cost by itself is making Arrow objects;
what takes long there is done by libraries that release the interpreter lock. Needs ``aiospectrum[arrow]``.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import attrs

from aiospectrum._extras import import_extra
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import InvalidArgumentError, TableError
from aiospectrum.models import Report
from aiospectrum.tables.arrow import import_pyarrow, text_array, uniform_array
from aiospectrum.tables.layout import WHOLE_METRICS, Interval, TidyTable

if TYPE_CHECKING:
    import pyarrow

__all__ = ["PackedReport", "Part", "pack_report", "schema_of", "to_table"]

_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)
"""What an interval is sorted by whose start is not known."""


@attrs.frozen(kw_only=True, eq=False)
class PackedReport:
    """A report as columns, with nothing repeated that is the same in many rows."""

    rows: int
    """Rows of the report: combinations of dimension values."""

    intervals: Sequence[Interval]
    """Its time intervals, as they came."""

    dimensions: "Mapping[str, pyarrow.Array]"
    """A text for each row, by the dimensions of the query."""

    metrics: "Mapping[str, pyarrow.Array]"
    """A number for each row and interval, one row after another, by the metrics of the query."""

    rounded: tuple[str, ...]
    """Counts or bytes that had fractions."""

    def __len__(self) -> int:
        """Rows of the table: one for each combination of dimension values and interval."""
        return self.rows * len(self.intervals)


@attrs.frozen(kw_only=True, eq=False)
class Part:
    """A report, and the zone and window of its rows."""

    zone_id: str
    """Identifier of the zone."""

    window: Window
    """The window that its rows name: that of the task, of which the report may have a part."""

    report: PackedReport
    """The report."""


def schema_of(query: Query) -> "pyarrow.Schema":
    """Return the schema of all tables of a query.

    Args:
        query: The query.

    Returns:
        ``zone_id`` (text), ``date`` of the start of the interval (a date), ``window_since``, ``window_until``
        (excluded), ``interval_start`` and ``interval_end`` (timestamps in microseconds UTC); then dimensions (text),
        counts and bytes (whole numbers of 64 bits), and durations (floats of 64 bits), in the order of the query.

    Raises:
        ImportError: pyarrow is not installed.
    """
    pa = import_pyarrow()
    time = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [
            ("zone_id", pa.string()),
            ("date", pa.date32()),
            ("window_since", time),
            ("window_until", time),
            ("interval_start", time),
            ("interval_end", time),
            *((name, pa.string()) for name in query.dimensions),
            *((name, pa.int64() if name in WHOLE_METRICS else pa.float64()) for name in query.metrics),
        ]
    )


def pack_report(query: Query, window: Window, report: Report) -> PackedReport:
    """Pack the numbers of a report; its columns are those of the query, in whatever order it echoes them.

    Args:
        query: The query.
        window: The window that was fetched, which is the interval of a summary.
        report: The report.

    Returns:
        The same data. Counts and bytes with fractions are rounded to whole numbers.

    Raises:
        ImportError: pyarrow is not installed.
        TableError: The report cannot be made into a table.
    """
    pa = import_pyarrow()
    try:
        tidy = TidyTable.from_report(
            report,
            metrics=_order(report.query.metrics, query.metrics),
            dimensions=_order(report.query.dimensions, query.dimensions),
            interval=(window.since, window.last),
        )
    except InvalidArgumentError as error:  # the names are those of the query, so that it is the report's fault
        raise TableError(f"the report has other columns than requested: {error}") from error
    numbers = {name: uniform_array(pa, name, tidy.metrics[name]) for name in query.metrics}
    return PackedReport(
        rows=tidy.rows,
        intervals=tidy.intervals,
        dimensions={name: text_array(pa, name, tidy.dimensions[name]) for name in query.dimensions},
        metrics={name: array for name, (array, _) in numbers.items()},
        rounded=tuple(name for name, (_, is_rounded) in numbers.items() if is_rounded),
    )


def _order(echoed: object, requested: Sequence[str]) -> Sequence[str]:
    """The names as they are echoed, if they are the requested ones."""
    return echoed if isinstance(echoed, list) and sorted(map(str, echoed)) == sorted(requested) else requested


def to_table(query: Query, parts: Sequence[Part]) -> "tuple[pyarrow.Table, tuple[str, ...]]":
    """Make one table of many reports.

    Args:
        query: The query of all of them.
        parts: The reports; no two of a zone have intervals in common.

    Returns:
        The table, of the schema of :func:`schema_of`, sorted by zone and start of the interval; and the names of counts
        and bytes that had fractions.

    Raises:
        ImportError: pyarrow or numpy is not installed.
    """
    pa, schema = import_pyarrow(), schema_of(query)
    parts = [part for part in parts if len(part.report)]
    if not parts:
        return schema.empty_table(), ()
    parts.sort(key=lambda part: (part.zone_id, part.window.since, min(map(_start, part.report.intervals))))
    reports = [part.report for part in parts]
    starts, ends, first_intervals = _distinct_intervals(pa, schema, parts)
    of_part, of_interval, of_row, of_number = _places(reports, first_intervals)
    names = pa.array([part.zone_id for part in parts], pa.string())
    windows = [
        pa.array([getattr(part.window, end) for part in parts], schema.field(f"window_{end}").type)
        for end in ("since", "until")
    ]
    of_window, start = [each.take(of_part) for each in windows], starts.take(of_interval)
    columns = [names.take(of_part), pa.compute.coalesce(start, of_window[0]).cast(pa.date32()), *of_window]
    columns += [start, ends.take(of_interval)]
    columns += [
        pa.concat_arrays([report.dimensions[name] for report in reports]).take(of_row) for name in query.dimensions
    ]
    columns += [
        pa.concat_arrays([report.metrics[name] for report in reports]).take(of_number) for name in query.metrics
    ]
    rounded = {name for report in reports for name in report.rounded}
    return pa.table(columns, schema=schema), tuple(name for name in query.metrics if name in rounded)


def _start(interval: Interval) -> datetime:
    return interval[0] if isinstance(interval[0], datetime) else _NO_TIME


def _distinct_intervals(pa: Any, schema: Any, parts: Sequence[Part]) -> tuple[Any, Any, list[int]]:
    """Starts and ends of all intervals, those of many zones once; and where those of each part begin."""
    distinct: list[Sequence[Interval]] = []
    places: dict[datetime, tuple[Sequence[Interval], int]] = {}
    found, count = [], 0
    for part in parts:
        intervals = part.report.intervals
        known, place = places.get(part.window.since, ((), 0))
        if known != intervals:
            place = count
            places[part.window.since] = intervals, place
            distinct.append(intervals)
            count += len(intervals)
        found.append(place)
    times = [
        pa.array([each[end] for each in chain.from_iterable(distinct)], schema.field("interval_start").type)
        for end in (0, 1)
    ]
    return *times, found


def _places(reports: Sequence[PackedReport], first_intervals: Sequence[int]) -> tuple[Any, Any, Any, Any]:
    """For each row of the table which part, interval, row of a report and number it has: interval after interval."""
    np = import_extra("numpy", extra="arrow", purpose="Tables of many reports")
    sizes = np.array([len(report) for report in reports])
    rows, times = (np.array(each) for each in ([each.rows for each in reports], [len(e.intervals) for e in reports]))
    of_part = np.repeat(np.arange(len(reports)), sizes)
    first_numbers = np.cumsum(sizes) - sizes
    number = np.arange(sizes.sum()) - first_numbers[of_part]
    interval, row = np.divmod(number, rows[of_part])
    for report, first in zip(reports, first_numbers, strict=True):
        starts = [*map(_start, report.intervals)]
        if starts != sorted(starts):
            own = slice(first, first + len(report))
            interval[own] = np.array(sorted(range(len(starts)), key=starts.__getitem__))[interval[own]]
    first_rows = np.cumsum(rows) - rows
    of_number = first_numbers[of_part] + row * times[of_part] + interval
    return of_part, np.array(first_intervals)[of_part] + interval, first_rows[of_part] + row, of_number
