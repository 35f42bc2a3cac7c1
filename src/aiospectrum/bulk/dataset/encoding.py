"""From the reports of a task to the bytes of a file: pure."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs
import msgspec

from aiospectrum._codec.writers import format_date_time
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.plan import Task
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import InvalidArgumentError, TableError
from aiospectrum.models import Report
from aiospectrum.tables.arrow import import_pyarrow, to_uniform_arrow
from aiospectrum.tables.layout import TidyTable
from aiospectrum.tables.records import to_columns, to_records

__all__ = ["Encoded", "Part", "encode", "import_format"]

Part: TypeAlias = tuple[Window, Report]
"""A report and its window: that of a task, or a part of it."""


@attrs.frozen(kw_only=True)
class Encoded:
    """A file."""

    data: bytes
    """The whole of it."""

    rows: int
    """Rows of the table."""

    rounded: tuple[str, ...] = ()
    """Counts or bytes that had fractions, and are whole numbers in the file."""


def import_format(file_format: FileFormat) -> None:
    """Import what a format needs, which may take a while.

    Args:
        file_format: Format of the files.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    if file_format == "parquet":
        import_pyarrow(".parquet")


def encode(file_format: FileFormat, query: Query, task: Task, parts: Sequence[Part]) -> Encoded:
    """Make the file of a task.

    All files of a query and format have the same columns of the same types.

    Args:
        file_format: Format of the file.
        query: The query of the reports.
        task: Zone and window.
        parts: The reports, in the order of time.

    Returns:
        The file.

    Raises:
        TableError: A report cannot be made into a table.
    """
    constants: dict[str, datetime | str] = {"window_since": task.window.since, "window_until": task.window.until}
    if file_format != "parquet":  # whose readers take it from the path
        constants = {"zone_id": task.zone_id.lower(), **constants}
    tables = [_lay_out(query, window, report, constants) for window, report in parts]
    return _ENCODERS[file_format](tables)


def _lay_out(query: Query, window: Window, report: Report, constants: Mapping[str, datetime | str]) -> TidyTable:
    """Lay out a report with the columns of the query, in its order, even if the report echoes them in another one."""
    try:
        tidy = TidyTable.from_report(
            report,
            metrics=_order(report.query.metrics, query.metrics),
            dimensions=_order(report.query.dimensions, query.dimensions),
            interval=(window.since, window.last),
            constants=constants,
        )
    except InvalidArgumentError as error:  # the names are those of the query, so that it is the report's fault
        raise TableError(f"the report has other columns than requested: {error}") from error
    return attrs.evolve(
        tidy,
        metrics={name: tidy.metrics[name] for name in query.metrics},
        dimensions={name: tidy.dimensions[name] for name in query.dimensions},
    )


def _order(echoed: object, requested: Sequence[str]) -> Sequence[str]:
    """The names as they are echoed, if they are the requested ones."""
    return echoed if isinstance(echoed, list) and sorted(map(str, echoed)) == sorted(requested) else requested


def _to_parquet(tables: Sequence[TidyTable]) -> Encoded:
    pa = import_pyarrow(".parquet")
    made = [to_uniform_arrow(tidy) for tidy in tables]
    table = pa.concat_tables([table for table, _ in made]).unify_dictionaries()
    sink = pa.BufferOutputStream()
    # Measured: dictionaries of numbers take longer than all the rest, and make the file larger.
    repetitive = [name for name in table.column_names if name not in tables[0].metrics]
    pa.parquet.write_table(table, sink, compression="zstd", use_dictionary=repetitive)
    rounded = {name for _, names in made for name in names}
    return Encoded(data=sink.getvalue().to_pybytes(), rows=table.num_rows, rounded=tuple(sorted(rounded)))


def _to_csv(tables: Sequence[TidyTable]) -> Encoded:
    """Lines as RFC 4180 has them, in UTF-8; what is missing is empty.

    Source: https://www.rfc-editor.org/rfc/rfc4180
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(tables[0].names)
    for table in tables:
        writer.writerows(zip(*to_columns(_with_plain_times(table)), strict=True))
    return Encoded(data=text.getvalue().encode(), rows=sum(map(len, tables)))


def _to_ndjson(tables: Sequence[TidyTable]) -> Encoded:
    records = to_records(map(_with_plain_times, tables))
    return Encoded(data=msgspec.json.Encoder().encode_lines(records), rows=len(records))


def _with_plain_times(table: TidyTable) -> TidyTable:
    """The same table with texts for datetimes, each made once."""
    return attrs.evolve(
        table,
        constants={name: _plain(value) for name, value in table.constants.items()},
        intervals=[(_plain(start), _plain(end)) for start, end in table.intervals],
    )


def _plain(value: Any) -> Any:
    return format_date_time(value) if isinstance(value, datetime) else value


_ENCODERS: Final[Mapping[FileFormat, Callable[[Sequence[TidyTable]], Encoded]]] = {
    "parquet": _to_parquet,
    "csv": _to_csv,
    "ndjson": _to_ndjson,
}
