"""From the reports of many windows to one Arrow table, whose columns and types depend on the query alone.

Numbers are packed a report at a time, as soon as it is there: they take a fifth of the memory of the models then.
Tables are made of many reports at once, as most of what a small report would cost by itself is making Arrow objects;
what takes long there is done by libraries that release the interpreter lock. Needs ``aiospectrum[arrow]``.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from math import isnan
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from aiospectrum._extras import import_extra
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import InvalidArgumentError, TableError
from aiospectrum.models import Report
from aiospectrum.tables.arrow import import_pyarrow, text_array
from aiospectrum.tables.layout import WHOLE_METRICS, Interval, Numbers, TidyTable

if TYPE_CHECKING:
    import pyarrow

__all__ = ["PackedReport", "Part", "import_libraries", "pack_report", "schema_of", "to_table"]

_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)
"""What an interval is sorted by whose start is not known."""

_FEW: Final = 256
_FLOAT64: Final = 0xCB

_SHORT: Final = 16
"""Numbers of a piece that takes longer to pack by itself than to be put together with the others."""


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
    _import_numpy()


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


def pack_report(query: Query, window: Window, report: Report) -> PackedReport:
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
    pa, np = import_pyarrow(), _import_numpy()
    try:
        tidy = TidyTable.from_report(
            report,
            metrics=_order(report.query.metrics, query.metrics),
            dimensions=_order(report.query.dimensions, query.dimensions),
            interval=(window.since, window.last),
        )
    except InvalidArgumentError as error:  # the names are those of the query, so that it is the report's fault
        raise TableError(f"the report has other columns than requested: {error}") from error
    starts = [*map(_start, tidy.intervals)]
    order = None if starts == sorted(starts) or not tidy.rows else sorted(range(len(starts)), key=starts.__getitem__)
    metrics, rounded = {}, []
    for name, pieces in tidy.metrics.items():
        numbers, missing, is_rounded = (_whole_numbers if name in WHOLE_METRICS else _floats)(np, name, pieces)
        if order is not None:
            numbers, missing = numbers[order], None if missing is None else missing[order]
        metrics[name] = pa.array(numbers.ravel(), mask=None if missing is None else missing.ravel())
        if is_rounded:
            rounded.append(name)
    return PackedReport(
        rows=tidy.rows,
        intervals=tidy.intervals if order is None else [tidy.intervals[place] for place in order],
        dimensions={name: text_array(pa, name, values) for name, values in tidy.dimensions.items()},
        metrics=metrics,
        rounded=tuple(rounded),
    )


def _order(echoed: object, requested: Sequence[str]) -> Sequence[str]:
    """The names as they are echoed, if they are the requested ones."""
    return echoed if isinstance(echoed, list) and sorted(map(str, echoed)) == sorted(requested) else requested


def _start(interval: Interval) -> datetime:
    return interval[0] if isinstance(interval[0], datetime) else _NO_TIME


def _whole_numbers(np: Any, name: str, pieces: Sequence[Numbers]) -> tuple[Any, Any, bool]:
    """The numbers of a count by interval and row; which are missing, None for none; and whether some had fractions."""
    try:
        return _by_time(np, "q", pieces), None, False
    except (struct.error, OverflowError):  # something is missing or does not fit, such as 12.0 or 12.5 bytes
        floats, missing, _ = _floats(np, name, pieces)
    if missing is not None:
        floats = np.where(missing, 0.0, floats)
    if np.abs(floats).max(initial=0.0) < 2**53:  # where floats are exact
        rounded = np.rint(floats)
        return rounded.astype(np.int64), missing, bool((rounded != floats).any())
    numbers = [[0 if isnan(each) else each for each in piece] for piece in pieces]
    try:
        whole = _by_time(np, "q", [list(map(round, piece)) for piece in numbers])
    except (struct.error, OverflowError) as error:
        raise TableError(f"the report has numbers in {name} beyond whole numbers of 64 bits: {error}") from error
    return whole, missing, any(each != round(each) for piece in numbers for each in piece)


def _floats(np: Any, name: str, pieces: Sequence[Numbers]) -> tuple[Any, Any, bool]:
    """The numbers of a duration by interval and row; which are missing, None for none; and that none is rounded."""
    floats = _only_floats(np, pieces)
    if floats is None:
        try:
            floats = _by_time(np, "d", pieces)
        except (struct.error, OverflowError) as error:
            raise TableError(f"the report has something else than numbers in {name}: {error}") from error
    missing = np.isnan(floats)
    return floats, missing if missing.any() else None, False


def _only_floats(np: Any, pieces: Sequence[Numbers]) -> Any:
    """The same where there is nothing but floats, in a quarter of the time; None elsewhere.

    msgpack writes a float as a mark and eight bytes, so that they are at places that are known.
    """
    rows, times = len(pieces), len(pieces[0]) if pieces else 0
    if rows * times < _FEW:
        return None
    packed = msgspec.msgpack.encode(pieces)
    head = _head_of(times)
    row_size = len(head) + 9 * times
    start = len(packed) - rows * row_size
    if packed[: max(start, 0)] != _head_of(rows):
        return None
    table = np.frombuffer(packed, np.uint8, offset=start).reshape(rows, row_size)
    if not ((table[:, : len(head)] == [*head]).all() and (table[:, len(head) :: 9] == _FLOAT64).all()):
        return None
    places = start + len(head) + 1
    return np.ndarray((times, rows), ">f8", packed, places, (9, row_size)).astype(np.float64, order="C")


def _head_of(length: int) -> bytes:
    """How an array of some length begins in msgpack."""
    if length < 16:
        return bytes([0x90 | length])
    return b"\xdc" + length.to_bytes(2, "big") if length < 1 << 16 else b"\xdd" + length.to_bytes(4, "big")


def _by_time(np: Any, code: str, pieces: Sequence[Numbers]) -> Any:
    """Numbers that are packed one row after another, interval by interval."""
    rows = len(pieces)
    if rows > 1 and len(pieces[0]) < _SHORT:
        pieces = [list(chain.from_iterable(pieces))]
    pack = {length: struct.Struct(f"={length}{code}").pack for length in set(map(len, pieces))}
    packed = b"".join([pack[len(each)](*each) for each in pieces])
    numbers = np.frombuffer(packed, np.int64 if code == "q" else np.float64)
    return np.ascontiguousarray(numbers.reshape(rows, -1).T) if len(numbers) else numbers.reshape(0, rows)


def _import_numpy() -> Any:
    return import_extra("numpy", extra="arrow", purpose="Tables of many reports")


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
    pa, np, schema = import_pyarrow(), _import_numpy(), schema_of(query)
    parts = [part for part in parts if len(part.report)]
    if not parts:
        return schema.empty_table(), ()
    parts.sort(key=lambda part: (part.zone_id, part.window.since, _start(part.report.intervals[0])))
    reports = [part.report for part in parts]
    starts, ends, first_intervals = _distinct_intervals(pa, schema, parts)
    of_part, of_interval, of_row = _places(np, reports, first_intervals)
    names = pa.array([part.zone_id for part in parts], pa.string())
    since, until = (
        pa.array([getattr(part.window, end) for part in parts], schema.field(f"window_{end}").type).take(of_part)
        for end in ("since", "until")
    )
    date = starts.cast(pa.date32()).take(of_interval)
    if date.null_count:  # of an interval whose start is not known
        date = pa.compute.coalesce(date, since.cast(pa.date32()))
    columns = [
        *(names.take(of_part), date, since, until, starts.take(of_interval), ends.take(of_interval)),
        *(pa.concat_arrays([each.dimensions[name] for each in reports]).take(of_row) for name in query.dimensions),
        *(pa.concat_arrays([each.metrics[name] for each in reports]) for name in query.metrics),
    ]
    rounded = {name for report in reports for name in report.rounded}
    return pa.table(columns, schema=schema), tuple(name for name in query.metrics if name in rounded)


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
