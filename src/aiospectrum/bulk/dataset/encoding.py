"""From the reports of a task to the bytes of a file: pure."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs
import msgspec

from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.plan import Task
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import InvalidArgumentError, TableError
from aiospectrum.models import Report
from aiospectrum.tables.arrow import ArrowMaker, import_pyarrow
from aiospectrum.tables.layout import Tidy, to_records

__all__ = ["Encoded", "Part", "encode", "lay_out", "prepare"]

Part: TypeAlias = tuple[Window, Report]
"""A report, and the window that it was asked for: that of a task, or a part of it."""


@attrs.frozen(kw_only=True)
class Encoded:
    """A file."""

    data: bytes
    """The whole of it."""

    rows: int
    """Rows of the table."""

    rounded: tuple[str, ...] = ()
    """Counts or bytes that had fractions, and are whole numbers in the file."""


def prepare(file_format: FileFormat) -> None:
    """Import what a format needs, which takes its time.

    Args:
        file_format: What files will be.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    if file_format == "parquet":
        import_pyarrow(".parquet")


def encode(file_format: FileFormat, query: Query, task: Task, parts: Sequence[Part]) -> Encoded:
    """Make the file of a task.

    All files of a query and format have the same columns of the same types.

    Args:
        file_format: What the file is.
        query: What was asked for.
        task: Zone and window.
        parts: The reports, in the order of time.

    Returns:
        The file.

    Raises:
        TableError: A report cannot be made into a table.
    """
    heads: dict[str, datetime | str] = {"window_since": task.window.since, "window_until": task.window.until}
    if file_format != "parquet":  # whose readers take it from the path
        heads = {"zone_id": task.zone_id.lower(), **heads}
    tables = [lay_out(query, window, report, heads) for window, report in parts]
    return _ENCODERS[file_format](tables)


def lay_out(query: Query, window: Window, report: Report, heads: Mapping[str, datetime | str]) -> Tidy:
    """Lay a report out as a table with the columns of a query.

    Args:
        query: What was asked for; a report that echoes the same names in another order is taken at its word.
        window: The time that was asked for.
        report: The answer.
        heads: Columns to put in front.

    Returns:
        The table, whose intervals are the window in a summary.

    Raises:
        TableError: The report cannot be made into a table.
    """
    try:
        tidy = Tidy.of(
            report,
            metrics=_order(report.query.metrics, query.metrics),
            dimensions=_order(report.query.dimensions, query.dimensions),
            interval=(window.since, window.last),
            heads=heads,
        )
    except InvalidArgumentError as error:  # the names are those that were asked for, so that it is the report's fault
        raise TableError(f"the report has other columns than were asked for: {error}") from error
    return attrs.evolve(
        tidy,
        metrics={name: tidy.metrics[name] for name in query.metrics},
        dimensions={name: tidy.dimensions[name] for name in query.dimensions},
    )


def _order(echoed: object, asked: Sequence[str]) -> Sequence[str]:
    is_same = isinstance(echoed, list) and len(echoed) == len(asked) and all(name in echoed for name in asked)
    return echoed if isinstance(echoed, list) and is_same else asked


def _to_parquet(tables: Sequence[Tidy]) -> Encoded:
    pa, parquet, maker = import_pyarrow(), import_pyarrow(".parquet"), ArrowMaker()
    made = [maker.uniform_table(tidy) for tidy in tables]
    table = pa.concat_tables([table for table, _ in made]).unify_dictionaries()
    sink = pa.BufferOutputStream()
    # Measured: dictionaries of numbers take longer than all the rest, and make the file larger.
    repetitive = [name for name in table.column_names if name not in tables[0].metrics]
    parquet.write_table(table, sink, compression="zstd", use_dictionary=repetitive)
    rounded = {name for _, names in made for name in names}
    return Encoded(data=sink.getvalue().to_pybytes(), rows=table.num_rows, rounded=tuple(sorted(rounded)))


def _to_csv(tables: Sequence[Tidy]) -> Encoded:
    """Lines as RFC 4180 has them, in UTF-8; what is missing is empty.

    Source: https://www.rfc-editor.org/rfc/rfc4180
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(tables[0].names)
    for table in tables:
        writer.writerows(zip(*_with_plain_times(table).columns(), strict=True))
    return Encoded(data=text.getvalue().encode(), rows=sum(map(len, tables)))


def _to_ndjson(tables: Sequence[Tidy]) -> Encoded:
    records = to_records(map(_with_plain_times, tables))
    return Encoded(data=msgspec.json.Encoder().encode_lines(records), rows=len(records))


def _with_plain_times(table: Tidy) -> Tidy:
    """The same table with texts for datetimes, each made once."""
    return attrs.evolve(
        table,
        heads={name: _plain(value) for name, value in table.heads.items()},
        intervals=[(_plain(start), _plain(end)) for start, end in table.intervals],
    )


def _plain(value: Any) -> Any:
    """A datetime in UTC as RFC 3339 has it; anything else as it is."""
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=None).isoformat() + "Z"


_ENCODERS: Final[Mapping[FileFormat, Callable[[Sequence[Tidy]], Encoded]]] = {
    "parquet": _to_parquet,
    "csv": _to_csv,
    "ndjson": _to_ndjson,
}
