"""The layout of a report as a tidy table, a row for each combination of dimension values and time interval: pure.

Any report fits that has the attributes of :class:`ReportLike`; no model is imported. Columns are laid out by functions
that run in C, a row or a column of the report at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import nan
from typing import Any, Final, Protocol, Self, TypeAlias

import attrs

from aiospectrum._codec.readers import read_date_time
from aiospectrum.checks import refuse
from aiospectrum.checks.refusals import shorten, show
from aiospectrum.errors import ConversionError, TableError

__all__ = [
    "INTERVAL_COLUMNS",
    "WHOLE_METRICS",
    "Interval",
    "Numbers",
    "ReportLike",
    "TidyTable",
    "are_names",
    "pairs_of",
    "whole_numbers",
]

Numbers: TypeAlias = Sequence[float]
"""Numbers of a column, nan for those that are missing."""

Interval: TypeAlias = tuple[datetime | str | None, datetime | str | None]
"""Start and end, both included, or the texts that are to stand for them; None where they are not known."""

WHOLE_METRICS: Final = frozenset({"count", "bytesIngress", "bytesEgress"})
"""Metrics that count whole things; all others are durations."""

INTERVAL_COLUMNS: Final = ("interval_start", "interval_end")
"""The columns that every table has."""

_RESERVED: Final = frozenset({*INTERVAL_COLUMNS, "zone_id", "window_since", "window_until", "date"})
"""Names that neither a metric nor a dimension can have."""


_MOST_CELLS: Final = 1_000_000
_MOST_TIMES: Final = 20
"""Cells of a table of more than that many, for each number or value of its report; about five are usual at most."""


class RowLike(Protocol):
    """A row of a report."""

    @property
    def dimensions(self) -> Sequence[str]:
        """One value for each dimension."""
        ...

    @property
    def metrics(self) -> Sequence[Any]:
        """For each metric a list with a number for each time interval, or in a summary a number."""
        ...


class EchoLike(Protocol):
    """The query that a report echoes, each value as it came."""

    @property
    def metrics(self) -> Any:
        """Names of the metrics."""
        ...

    @property
    def dimensions(self) -> Any:
        """Names of the dimensions."""
        ...

    @property
    def since(self) -> Any:
        """Start of the time."""
        ...

    @property
    def until(self) -> Any:
        """End of the time."""
        ...


class ReportLike(Protocol):
    """A report: by time if it also has ``time_intervals``, else a summary."""

    @property
    def data(self) -> Sequence[RowLike]:
        """Its rows."""
        ...

    @property
    def query(self) -> EchoLike:
        """The query that it echoes."""
        ...


@attrs.frozen(kw_only=True)
class TidyTable:
    """A report laid out for a table, with nothing repeated that is the same in many rows."""

    constants: Mapping[str, datetime | str]
    """Columns that have one value in all rows; they come first."""

    intervals: Sequence[Interval]
    """Time intervals, in order."""

    rows: int
    """Rows of the report."""

    dimensions: Mapping[str, list[str | None]]
    """The values of each dimension by its name, one for each row of the report."""

    metrics: Mapping[str, Sequence[Numbers]]
    """The numbers of each metric by its name, in pieces as they are in the report: together they are one for each row
    of it and time interval.
    """

    def __len__(self) -> int:
        """Rows of the table."""
        return self.rows * len(self.intervals)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return (*self.constants, *INTERVAL_COLUMNS, *self.dimensions, *self.metrics)

    @classmethod
    def from_report(
        cls,
        report: ReportLike,
        *,
        metrics: Sequence[str] | None = None,
        dimensions: Sequence[str] | None = None,
        interval: Interval | None = None,
        constants: Mapping[str, datetime | str] | None = None,
    ) -> Self:
        """Lay out a report.

        Args:
            report: The report.
            metrics: Names of its metrics, in the order of the numbers in each row; those that it echoes when None.
            dimensions: Names of its dimensions, in the order of the values in each row; those that it echoes when
                None.
            interval: The time of a summary; what it echoes when None.
            constants: Columns with one value in all rows; none when None.

        Returns:
            The same data. Rows with fewer numbers or values than there are names have the last ones missing.

        Raises:
            InvalidArgumentError: The given names do not fit.
            TableError: The parts of the report do not go together.
        """
        rows = [row.metrics for row in report.data]
        values = [row.dimensions for row in report.data]
        metric_names = _names("metrics", metrics, report.query.metrics, rows)
        dimension_names = _names("dimensions", dimensions, report.query.dimensions or [], values)
        both = set(metric_names) & set(dimension_names)
        if both:
            raise TableError(f"the report has both a metric and a dimension named {min(both)}")
        times: Sequence[Sequence[datetime]] | None = getattr(report, "time_intervals", None)
        intervals = [interval or _echoed_interval(report)] if times is None else pairs_of(times)
        _check_size(rows, values, len(rows) * len(intervals) * max(1, len(metric_names) + len(dimension_names)))
        numbers: dict[str, Sequence[Numbers]] = {}
        for place, name in enumerate(metric_names):
            numbers[name] = [_sums(name, rows, place)] if times is None else _series(name, rows, place, len(intervals))
        return cls(
            constants=constants or {},
            intervals=intervals,
            rows=len(rows),
            dimensions={name: _pick(values, place, None) for place, name in enumerate(dimension_names)},
            metrics=numbers,
        )


def whole_numbers(numbers: Iterable[float]) -> list[float | None]:
    """Write whole numbers as such, which JSON may have as ``12.0``.

    Args:
        numbers: The numbers.

    Returns:
        The same ones, None for nan; those with fractions remain floats.
    """
    return [_whole(each) if isinstance(each, float) else each for each in numbers]


def _whole(number: float) -> float | None:
    if number.is_integer():
        return int(number)
    return number if number == number else None  # nan is the one that is not equal to itself


def _names(field: str, given: Sequence[str] | None, echoed: object, rows: Sequence[Sequence[object]]) -> list[str]:
    """The names of metrics or dimensions, of which there are at least as many as values in each row."""
    names = echoed if given is None else given
    width = max(map(len, rows), default=0)
    if not isinstance(names, (list, tuple)) or not are_names(names) or len(names) < width:
        if given is not None:
            refuse(field, given, f"different names of {width} or more {field}, none of {', '.join(sorted(_RESERVED))}")
        raise TableError(
            f"the report has {width} {field} and names them {shorten(show(echoed))}: say which with {field}=[…]"
        )
    return list(names)


def are_names(names: Sequence[object]) -> bool:
    """Whether columns can have these names."""
    valid = all(isinstance(name, str) and name and name not in _RESERVED for name in names)
    return valid and len(set(names)) == len(names)


def _check_size(rows: Sequence[Sequence[Any]], values: Sequence[Sequence[str]], cells: int) -> None:
    """A report that lacks most of its numbers would make a table that its own size does not bound."""
    if cells <= _MOST_CELLS:
        return
    given = sum(map(len, values)) + sum(len(each) if type(each) is list else 1 for row in rows for each in row)
    if cells > _MOST_TIMES * given:
        raise TableError(f"the report has {given:,} numbers and values, and names and intervals for {cells:,}")


def pairs_of(times: Sequence[Sequence[datetime]]) -> Sequence[Any]:
    """Start and end of each time interval; None for an entry of another length."""
    return times if set(map(len, times)) <= {2} else [each if len(each) == 2 else (None, None) for each in times]


def _echoed_interval(report: ReportLike) -> Interval:
    return _echoed_time(report.query.since), _echoed_time(report.query.until)


def _echoed_time(value: Any) -> datetime | None:
    """A time in an echo, of which every value is kept as it came; None when it cannot be read."""
    if isinstance(value, datetime):
        return value
    try:
        return read_date_time(value)
    except ConversionError:
        return None


def _pick(rows: Sequence[Sequence[Any]], place: int, missing: Any) -> list[Any]:
    try:
        return [row[place] for row in rows]
    except IndexError:
        return [row[place] if place < len(row) else missing for row in rows]


def _sums(name: str, rows: Sequence[Sequence[Any]], place: int) -> list[float]:
    numbers = _pick(rows, place, nan)
    if list in set(map(type, numbers)):
        raise TableError(f"the report has several numbers of {name} in a row, and no time intervals")
    return numbers


def _series(name: str, rows: Sequence[Sequence[Any]], place: int, length: int) -> list[Numbers]:
    series = _pick(rows, place, [])
    if set(map(type, series)) - {list}:
        raise TableError(f"the report has time intervals, and a single number of {name} in a row")
    lengths = set(map(len, series))
    if lengths <= {length}:
        return series
    if max(lengths) > length:
        raise TableError(f"the report has {max(lengths)} numbers of {name} in a row, and {length} time intervals")
    return [[*numbers, *[nan] * (length - len(numbers))] for numbers in series]
