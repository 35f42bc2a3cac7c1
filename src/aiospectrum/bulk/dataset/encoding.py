"""Tables as the bytes of a file, and back: pure."""

import csv
import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from aiospectrum._codec.writers import format_date_time
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.tables.arrow import import_pyarrow

if TYPE_CHECKING:
    import pyarrow

__all__ = ["from_bytes", "to_bytes"]


def to_bytes(table: "pyarrow.Table", file_format: FileFormat) -> bytes:
    """Write a table as CSV or NDJSON, in UTF-8; what is missing is empty in CSV.

    Source: https://www.rfc-editor.org/rfc/rfc4180
    """
    rows = [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()]
    if file_format == "ndjson":
        return msgspec.json.Encoder().encode_lines(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, table.column_names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def from_bytes(data: bytes, file_format: FileFormat, schema: "pyarrow.Schema") -> "pyarrow.Table":
    """Read what :func:`to_bytes` wrote."""
    pa = import_pyarrow()
    if file_format == "ndjson":
        rows: list[dict[str, Any]] = [msgspec.json.decode(line) for line in data.splitlines()]
    else:
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    columns = {field.name: [_read(pa, field.type, row.get(field.name)) for row in rows] for field in schema}
    return pa.table(columns, schema=schema)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_date_time(value.astimezone(UTC))
    return value.isoformat() if isinstance(value, date) else value


def _read(pa: Any, kind: Any, value: Any) -> Any:
    if value is None or (value == "" and not pa.types.is_string(kind)):
        return None
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value)
    if pa.types.is_date(kind):
        return date.fromisoformat(value)
    if pa.types.is_string(kind):
        return value
    return int(value) if pa.types.is_integer(kind) else float(value)
