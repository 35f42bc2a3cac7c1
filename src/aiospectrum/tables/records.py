"""Reports as plain rows: pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, repeat
from math import isnan
from typing import Any, TypeAlias

from aiospectrum.errors import TableError
from aiospectrum.tables.layout import WHOLE_METRICS, Numbers, TidyTable, whole_numbers

__all__ = ["Record", "to_columns", "to_records"]

Record: TypeAlias = dict[str, datetime | str | float | None]
"""One row of a table by the names of the columns; None for a value that is missing."""


def to_records(tables: Iterable[TidyTable]) -> list[Record]:
    """Make plain rows of tables with the same columns.

    Args:
        tables: The tables.

    Returns:
        Their rows, one table's after another's.

    Raises:
        TableError: A table has something else than numbers.
    """
    return [
        dict(zip(table.names, row, strict=True)) for table in tables for row in zip(*to_columns(table), strict=True)
    ]


def to_columns(table: TidyTable) -> list[list[Any]]:
    """Make the columns of a table in full: the constants, the intervals, the dimensions, and the metrics.

    Args:
        table: The table.

    Returns:
        Lists as long as the table: datetimes, strings, whole numbers for counts and bytes unless they have fractions,
        and floats for durations; None for what is missing.

    Raises:
        TableError: The table has something else than numbers.
    """
    times = len(table.intervals)
    return [
        *([value] * len(table) for value in table.constants.values()),
        *([interval[end] for interval in table.intervals] * table.rows for end in (0, 1)),
        *(list(chain.from_iterable(map(repeat, each, repeat(times)))) for each in table.dimensions.values()),
        *(_number_column(name, pieces) for name, pieces in table.metrics.items()),
    ]


def _number_column(name: str, pieces: Sequence[Numbers]) -> list[Any]:
    numbers: list[Any] = list(chain.from_iterable(pieces))
    kinds = set(map(type, numbers))
    if name in WHOLE_METRICS:
        return whole_numbers(numbers) if float in kinds else numbers
    try:
        floats = list(map(float, numbers)) if kinds - {float} else numbers
    except (TypeError, ValueError, OverflowError) as error:
        raise TableError(f"the report has something else than numbers in {name}: {error}") from error
    return [None if isnan(each) else each for each in floats] if isnan(sum(floats)) else floats
