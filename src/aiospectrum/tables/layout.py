"""Reports as tidy tables, a row for each combination of dimension values and time interval: pure.

Columns are laid out by functions that run in C, a report's row or a column at a time; only numbers that a report does
not usually have are looked at one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from aiospectrum.checks import refuse
from aiospectrum.errors import TableError

if TYPE_CHECKING:
    from aiospectrum.models import Report

__all__ = ["INTERVAL_COLUMNS", "WHOLE_METRICS", "Numbers", "Record", "Tidy", "joined", "to_records", "whole_numbers"]

Record: TypeAlias = dict[str, datetime | str | float | None]
"""One row of a table by the names of the columns; None for a value that is missing."""

Numbers: TypeAlias = Sequence[float | None]
"""Numbers of a column, None for those that are missing."""

Interval: TypeAlias = tuple[datetime | str | None, datetime | str | None]
"""Start and end, both included, or the texts that are to stand for them; None where they are not known."""

WHOLE_METRICS: Final = frozenset({"count", "bytesIngress", "bytesEgress"})
"""Metrics that count whole things; all others are durations."""

INTERVAL_COLUMNS: Final = ("interval_start", "interval_end")
"""The columns that every table has."""

_TAKEN: Final = frozenset({*INTERVAL_COLUMNS, "zone_id", "window_since", "window_until", "date"})
"""Names that neither a metric nor a dimension can have."""


@attrs.frozen(kw_only=True)
class Tidy:
    """A report laid out for a table, with nothing repeated that is the same in many rows."""

    heads: Mapping[str, datetime | str]
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
        return (*self.heads, *INTERVAL_COLUMNS, *self.dimensions, *self.metrics)

    def columns(self) -> list[list[Any]]:
        """Give the columns in full: the first ones and the intervals, the dimensions, and the metrics.

        Returns:
            Lists as long as the table: datetimes, strings, whole numbers for counts and bytes unless they have
            fractions, and floats for durations; None for what is missing.
        """
        length = len(self.intervals)
        return [
            *([value] * len(self) for value in self.heads.values()),
            *([interval[end] for interval in self.intervals] * self.rows for end in (0, 1)),
            *(list(chain.from_iterable(map(repeat, each, repeat(length)))) for each in self.dimensions.values()),
            *(_typed(name, joined(pieces)) for name, pieces in self.metrics.items()),
        ]

    @classmethod
    def of(
        cls,
        report: "Report",
        *,
        metrics: Sequence[str] | None = None,
        dimensions: Sequence[str] | None = None,
        interval: Interval | None = None,
        heads: Mapping[str, datetime | str] | None = None,
    ) -> "Tidy":
        """Lay a report out.

        Args:
            report: The report.
            metrics: Names of its metrics, in the order of the numbers in each row; those that it echoes when None.
            dimensions: Names of its dimensions, in the order of the values in each row; those that it echoes when
                None.
            interval: The time of a summary; what it echoes when None.
            heads: Columns with one value in all rows; none when None.

        Returns:
            The same data. Rows with fewer numbers or values than there are names have the last ones missing.

        Raises:
            InvalidArgumentError: Names do not fit.
            TableError: The parts of the report do not go together.
        """
        shown_metrics = _names("metrics", metrics, report.query.metrics, [len(row.metrics) for row in report.data])
        shown_dimensions = _names(
            "dimensions", dimensions, report.query.dimensions or [], [len(row.dimensions) for row in report.data]
        )
        both = set(shown_metrics) & set(shown_dimensions)
        if both:
            raise TableError(f"the report has both a metric and a dimension named {min(both)}")
        by_time = hasattr(report, "time_intervals")
        intervals: Any = getattr(report, "time_intervals", None)
        if intervals is None:
            intervals = [interval or _echoed_time(report)]
        rows = [row.metrics for row in report.data]
        return cls(
            heads=heads or {},
            intervals=intervals,
            rows=len(rows),
            dimensions={
                name: [row.dimensions[place] if place < len(row.dimensions) else None for row in report.data]
                for place, name in enumerate(shown_dimensions)
            },
            metrics={
                name: _by_time(name, _pick(rows, place, []), len(intervals)) if by_time else [_sums(name, rows, place)]
                for place, name in enumerate(shown_metrics)
            },
        )


def to_records(tables: Iterable[Tidy]) -> list[Record]:
    """Make plain rows of tables with the same columns.

    Args:
        tables: The tables.

    Returns:
        Their rows, one table's after another's.
    """
    return [dict(zip(table.names, row, strict=True)) for table in tables for row in zip(*table.columns(), strict=True)]


def joined(pieces: Sequence[Numbers]) -> list[float | None]:
    """Put the pieces of a column together.

    Args:
        pieces: Numbers.

    Returns:
        All of them.
    """
    return list(chain.from_iterable(pieces))


def whole_numbers(numbers: Iterable[float | None]) -> list[float | None]:
    """Write whole numbers as such, which JSON may have as ``12.0``.

    Args:
        numbers: The numbers.

    Returns:
        The same ones; those with fractions remain floats.
    """
    return [int(each) if isinstance(each, float) and each.is_integer() else each for each in numbers]


def _names(field: str, given: Sequence[str] | None, echoed: object, widths: list[int]) -> list[str]:
    """Choose the names of metrics or dimensions, which are at least as many as each row has."""
    names = echoed if given is None else given
    width = max(widths, default=0)
    if not isinstance(names, (list, tuple)) or not _are_names(names) or len(names) < width:
        if given is not None:
            refuse(field, given, f"different names of {width} or more {field}, none of {', '.join(sorted(_TAKEN))}")
        raise TableError(f"the report has {width} {field} and names them {echoed!r}: say which with {field}=[…]")
    return list(names)


def _are_names(names: Sequence[object]) -> bool:
    return all(isinstance(name, str) and name and name not in _TAKEN for name in names) and len(set(names)) == len(
        names
    )


def _echoed_time(report: "Report") -> Interval:
    since, until = report.query.since, report.query.until
    return (since if isinstance(since, datetime) else None, until if isinstance(until, datetime) else None)


def _pick(rows: Sequence[Sequence[Any]], place: int, missing: Any) -> list[Any]:
    try:
        return [row[place] for row in rows]
    except IndexError:
        return [row[place] if place < len(row) else missing for row in rows]


def _sums(name: str, rows: Sequence[Sequence[Any]], place: int) -> list[float | None]:
    numbers = _pick(rows, place, None)
    if list in set(map(type, numbers)):
        raise TableError(f"the report has several numbers of {name} in a row, and no time intervals")
    return numbers


def _by_time(name: str, series: list[Any], length: int) -> list[Numbers]:
    if set(map(type, series)) - {list}:
        raise TableError(f"the report has time intervals, and a single number of {name} in a row")
    lengths = set(map(len, series))
    if lengths - {length}:
        if max(lengths) > length:
            raise TableError(f"the report has {max(lengths)} numbers of {name} in a row, and {length} time intervals")
        return [[*numbers, *[None] * (length - len(numbers))] for numbers in series]
    return series


def _typed(name: str, numbers: list[float | None]) -> list[float | None]:
    kinds = set(map(type, numbers)) - {type(None)}
    if name in WHOLE_METRICS:
        return whole_numbers(numbers) if float in kinds else numbers
    return [None if each is None else float(each) for each in numbers] if int in kinds else numbers
