"""From the reports of many windows to one Arrow table, whose columns and types depend on the query alone.

Numbers are packed a report at a time, as soon as it is there: they take a fifth of the memory of the models then.
Tables are made of many reports at once, as most of what a small report would cost by itself is making Arrow objects;
what takes long there is done by libraries that release the interpreter lock. Needs ``aiospectrum[arrow]``.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from aiospectrum.bulk.packing import ColumnReport, import_numpy, pack_numbers
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import InvalidArgumentError, TableError
from aiospectrum.models import Report, ReportByTime
from aiospectrum.tables.arrow import import_pyarrow, text_array
from aiospectrum.tables.layout import WHOLE_METRICS, Interval, Numbers, TidyTable, are_names, pairs_of

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "PackedReport",
    "Part",
    "encode_texts",
    "encoded_schema_of",
    "import_libraries",
    "pack_report",
    "schema_of",
    "to_encoded_table",
    "to_table",
]

_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)
"""What an interval is sorted by whose start is not known."""


@attrs.frozen(kw_only=True, eq=False)
class PackedReport:
    """A report as columns, with nothing repeated that is the same in many rows."""

    rows: int
    """Rows of the report: combinations of dimension values."""

    intervals: Sequence[Interval]
    """Its time intervals, in the order of time."""

    dimensions: "Mapping[str, pyarrow.Array]"
    """A text for each row, by the dimensions of the query."""

    metrics: "Mapping[str, pyarrow.Array]"
    """A number for each interval and row, one interval after another, by the metrics of the query."""

    rounded: tuple[str, ...]
    """Counts or bytes that had fractions."""

    def __len__(self) -> int:
        """Rows of the table: one for each interval and combination of dimension values."""
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


def import_libraries() -> None:
    """Import what tables need, which may take some tenths of a second.

    Raises:
        ImportError: pyarrow or numpy is not installed; the message says how to install it.
    """
    import_pyarrow()
    import_numpy()


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
        ],
        metadata={"pandas": _whole_in_pandas(query)},
    )


def encoded_schema_of(query: Query) -> "pyarrow.Schema":
    """Return the schema of :func:`schema_of` with dictionaries for texts, and an index in each row."""
    pa, schema = import_pyarrow(), schema_of(query)
    encoded = pa.dictionary(pa.int32(), pa.string())
    fields = [field.with_type(encoded) if field.type == pa.string() else field for field in schema]
    return pa.schema(fields, schema.metadata)


def encode_texts(table: "pyarrow.Table") -> "pyarrow.Table":
    """Return a table with a dictionary for each column of plain texts."""
    pa = import_pyarrow()
    for place, field in enumerate(table.schema):
        if field.type == pa.string():
            table = table.set_column(place, field.name, table[place].dictionary_encode())
    return table


def _whole_in_pandas(query: Query) -> bytes:
    """What makes pandas keep whole numbers whole; with nulls among them they would be floats, which are not exact.

    Source: https://pandas.pydata.org/docs/development/developer.html
    """
    columns = [
        {"name": name, "field_name": name, "pandas_type": "int64", "numpy_type": "Int64", "metadata": None}
        for name in query.metrics
        if name in WHOLE_METRICS
    ]
    return msgspec.json.encode(
        {"index_columns": [], "column_indexes": [], "columns": columns, "pandas_version": "3.0.0"}
    )


def pack_report(query: Query, window: Window, report: Report | ColumnReport) -> PackedReport:
    """Pack the numbers of a report; its columns are those of the query, in whatever order it echoes them.

    Args:
        query: The query.
        window: The window that was fetched, which is the interval of a summary.
        report: The report.

    Returns:
        The same data. Counts and bytes with fractions are rounded to whole numbers.

    Raises:
        ImportError: pyarrow or numpy is not installed.
        TableError: The report cannot be made into a table.
    """
    names = _order(report.query.metrics, query.metrics), _order(report.query.dimensions, query.dimensions)
    if isinstance(report, ColumnReport):
        intervals = _intervals(report, window, *names)
        if intervals is not None:
            values = zip(*report.dimensions, strict=True)
            dimensions = dict(zip(names[1], map(list, values), strict=True))
            return _pack(len(report.data), intervals, dimensions, dict(zip(names[0], report.metrics, strict=True)))
        report = report.to_report()
    try:
        tidy = TidyTable.from_report(
            report, metrics=names[0], dimensions=names[1], interval=(window.since, window.last)
        )
    except InvalidArgumentError as error:  # the names are those of the query, so that it is the report's fault
        raise TableError(f"the report has other columns than requested: {error}") from error
    np = import_numpy()
    metrics = {name: _numbers(np, name, pieces) for name, pieces in tidy.metrics.items()}
    return _pack(tidy.rows, tidy.intervals, tidy.dimensions, metrics)


def _intervals(
    report: ColumnReport, window: Window, metrics: Sequence[str], dimensions: Sequence[str]
) -> Sequence[Interval] | None:
    """The intervals of a report that goes together; None for one that is to be looked at row by row."""
    head, numbers = report.head, report.metrics
    intervals = pairs_of(head.time_intervals) if isinstance(head, ReportByTime) else [(window.since, window.last)]
    fits = (
        are_names([*metrics, *dimensions])
        and (len(metrics), len(dimensions)) == (len(numbers), len(report.dimensions[0]))
        and {len(each) for each in numbers} == {len(intervals)}
    )
    return intervals if fits else None


def _pack(
    rows: int, intervals: Sequence[Interval], dimensions: Mapping[str, Any], numbers: Mapping[str, Any]
) -> PackedReport:
    pa, np = import_pyarrow(), import_numpy()
    starts = [*map(_start, intervals)]
    order = None if starts == sorted(starts) or not rows else sorted(range(len(starts)), key=starts.__getitem__)
    metrics, rounded = {}, []
    for name, each in numbers.items():
        values, missing, is_rounded = (_to_whole if name in WHOLE_METRICS else _to_floats)(np, name, each)
        if order is not None:
            values, missing = values[order], None if missing is None else missing[order]
        metrics[name] = pa.array(values.ravel(), mask=None if missing is None else missing.ravel())
        if is_rounded:
            rounded.append(name)
    return PackedReport(
        rows=rows,
        intervals=intervals if order is None else [intervals[place] for place in order],
        dimensions={name: text_array(pa, name, values) for name, values in dimensions.items()},
        metrics=metrics,
        rounded=tuple(rounded),
    )


def _order(echoed: object, requested: Sequence[str]) -> Sequence[str]:
    """The names as they are echoed, if they are the requested ones."""
    return echoed if isinstance(echoed, list) and sorted(map(str, echoed)) == sorted(requested) else requested


def _start(interval: Interval) -> datetime:
    return interval[0] if isinstance(interval[0], datetime) else _NO_TIME


def _numbers(np: Any, name: str, pieces: Sequence[Numbers]) -> Any:
    """The numbers of a metric by interval and row: whole numbers or floats, or Python's own where neither will do."""
    packed = pack_numbers(np, pieces)
    if packed is not None:
        return packed
    try:
        numbers = np.array(pieces, object).T
        for each in chain.from_iterable(pieces):
            float(each)
    except (TypeError, ValueError, OverflowError) as error:
        raise TableError(f"the report has something else than numbers in {name}: {error}") from error
    return numbers


def _to_whole(np: Any, name: str, numbers: Any) -> tuple[Any, Any, bool]:
    """The numbers of a count; which are missing, None for none; and whether some had fractions."""
    if numbers.dtype == np.int64:
        return numbers, None, False
    missing = numbers != numbers  # nan is the one that is not equal to itself
    known = np.where(missing, 0, numbers) if missing.any() else numbers
    rounded = np.rint(known) if known.dtype == np.float64 else np.frompyfunc(_round, 1, 1)(known)
    if not (abs(rounded) < 2**63).all():
        raise TableError(f"the report has numbers in {name} beyond whole numbers of 64 bits")
    return rounded.astype(np.int64), missing if missing.any() else None, bool((rounded != known).any())


def _round(number: float) -> float:
    return round(number) if isfinite(number) else number


def _to_floats(np: Any, _: str, numbers: Any) -> tuple[Any, Any, bool]:
    """The numbers of a duration; which are missing, None for none; and that none is rounded."""
    floats = numbers.astype(np.float64, copy=False)
    missing = np.isnan(floats)
    return floats, missing if missing.any() else None, False


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
    table, rounded = to_encoded_table(query, parts)
    return table.cast(schema_of(query)), rounded


def to_encoded_table(query: Query, parts: Sequence[Part]) -> "tuple[pyarrow.Table, tuple[str, ...]]":
    """Make the table of :func:`to_table` with dictionaries for texts, of the schema of :func:`encoded_schema_of`."""
    pa, np, schema = import_pyarrow(), import_numpy(), encoded_schema_of(query)
    parts = [part for part in parts if len(part.report)]
    if not parts:
        return schema.empty_table(), ()
    parts.sort(key=lambda part: (part.zone_id, part.window.since, _start(part.report.intervals[0])))
    reports = [part.report for part in parts]
    starts, ends, first_intervals = _distinct_intervals(pa, schema, parts)
    of_part, of_interval, of_row = _places(np, reports, first_intervals)
    zones = pa.array([part.zone_id for part in parts], pa.string()).dictionary_encode()
    since, until = (
        pa.array([getattr(part.window, end) for part in parts], schema.field(f"window_{end}").type).take(of_part)
        for end in ("since", "until")
    )
    date = starts.cast(pa.date32()).take(of_interval)
    if date.null_count:  # of an interval whose start is not known
        date = pa.compute.coalesce(date, since.cast(pa.date32()))
    columns = [
        *(_take_texts(pa, zones, of_part), date, since, until, starts.take(of_interval), ends.take(of_interval)),
        *(
            _take_texts(pa, pa.concat_arrays([each.dimensions[name] for each in reports]).dictionary_encode(), of_row)
            for name in query.dimensions
        ),
        *(pa.concat_arrays([each.metrics[name] for each in reports]) for name in query.metrics),
    ]
    rounded = {name for report in reports for name in report.rounded}
    return pa.table(columns, schema=schema), tuple(name for name in query.metrics if name in rounded)


def _take_texts(pa: Any, encoded: Any, places: Any) -> Any:
    """Texts at places, with the dictionary as it is."""
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


def _distinct_intervals(pa: Any, schema: Any, parts: Sequence[Part]) -> tuple[Any, Any, list[int]]:
    """Starts and ends of all intervals, those of many zones once; and where those of each part begin."""
    distinct: list[Interval] = []
    places: dict[datetime, tuple[Sequence[Interval], int]] = {}
    found = []
    for part in parts:
        intervals = part.report.intervals
        known, place = places.get(part.window.since, ((), 0))
        if known != intervals:
            place = len(distinct)
            places[part.window.since] = intervals, place
            distinct += intervals
        found.append(place)
    time = schema.field("interval_start").type
    return pa.array([start for start, _ in distinct], time), pa.array([end for _, end in distinct], time), found


def _places(np: Any, reports: Sequence[PackedReport], first_intervals: Sequence[int]) -> tuple[Any, Any, Any]:
    """For each row of the table, which part, interval and row of a report it is of: interval after interval."""
    rows, times, first = (
        np.array(each, np.int32)
        for each in ([each.rows for each in reports], [len(each.intervals) for each in reports], first_intervals)
    )
    part = np.repeat(np.arange(len(reports), dtype=np.int32), times)  # of each interval of each part
    interval = np.arange(len(part), dtype=np.int32) + (first - _starts(np, times))[part]
    sizes = rows[part]
    behind = np.repeat(_starts(np, sizes) - _starts(np, rows)[part], sizes)
    of_row = np.arange(len(behind), dtype=np.int32) - behind
    return np.repeat(part, sizes), np.repeat(interval, sizes), of_row


def _starts(np: Any, sizes: Any) -> Any:
    """Where each of several pieces begins when they are put together."""
    return np.cumsum(sizes, dtype=np.int32) - sizes
