"""Tables to the bytes of files and back: pure. All formats have the same columns, of the schema of the query.

In CSV, text that a spreadsheet would take for a formula, or that begins with an apostrophe, has an apostrophe in front,
which spreadsheets do not show; reading takes it off. Numbers are written as they are.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aiospectrum._codec.writers import format_date_time
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.errors import TableError
from aiospectrum.tables.arrow import import_pyarrow
from aiospectrum.tables.layout import WHOLE_METRICS

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FORMULA", "open_parquet", "read_table", "write_table"]

FORMULA: Final = r"^([\s\p{Z}\p{C}]*[=+\-@＝＋－＠]|[\t\r\n'])"
"""Text that gets an apostrophe in front, for RE2: what spreadsheets calculate, also behind spaces."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS_OF_GROUP: Final = 100_000
_BLOCK: Final = 16 << 20
_TIMES: Final = ("window_since", "window_until", "interval_start", "interval_end")


def write_table(file_format: FileFormat, table: "pyarrow.Table") -> bytes:
    """Write a table as a file.

    Args:
        file_format: Format of the file.
        table: The table, sorted by zone; its texts may have dictionaries.

    Returns:
        The whole file. Rows of Parquet are in groups of 100,000, each with the least and the greatest zone and time.

    Raises:
        ImportError: pyarrow is not installed.
    """
    data: bytes = _WRITERS[file_format](_with_plain_texts(table))
    return data


def read_table(file_format: FileFormat, schema: "pyarrow.Schema", data: bytes) -> "pyarrow.Table":
    """Read what :func:`write_table` wrote, or anyone else since.

    Args:
        file_format: Format of the file.
        schema: The schema of the query.
        data: The whole file.

    Returns:
        The table.

    Raises:
        ImportError: pyarrow is not installed.
        TableError: The file is damaged, or has other columns.
    """
    pa = import_pyarrow()
    try:
        table = _READERS[file_format](schema, data)
        return table.select(schema.names).cast(schema)
    except (pa.ArrowException, KeyError, OSError, ValueError) as error:
        raise TableError(f"expected a {file_format} file with the columns of the query: {error}") from error


def open_parquet(schema: "pyarrow.Schema", sink: Any) -> Any:
    """Open a writer of Parquet, with the settings of all data files.

    Args:
        schema: The schema of the tables; texts with dictionaries are written sooner, and read as plain ones.
        sink: What to write to.

    Returns:
        A ``pyarrow.parquet.ParquetWriter``.
    """
    pa = import_pyarrow(".parquet")
    # Measured: dictionaries of numbers take longer than all the rest; whole numbers are half as large by differences.
    whole = {name: "DELTA_BINARY_PACKED" for name in schema.names if name in WHOLE_METRICS}
    repetitive = [field.name for field in schema if field.type not in (pa.int64(), pa.float64())]
    writer = pa.parquet.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        use_dictionary=repetitive,
        column_encoding=whole or None,
        write_statistics=[name for name in ("zone_id", "date", *_TIMES) if name in schema.names],
        store_schema=False,  # it would have readers make dictionaries
    )
    writer.add_key_value_metadata(schema.metadata or {})
    return writer


def _to_parquet(table: Any) -> bytes:
    sink = import_pyarrow().BufferOutputStream()
    with open_parquet(table.schema, sink) as writer:
        writer.write_table(table, row_group_size=_ROWS_OF_GROUP)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _from_parquet(schema: Any, data: bytes) -> Any:
    pa = import_pyarrow(".parquet")
    return pa.parquet.ParquetFile(pa.BufferReader(data)).read(columns=schema.names)


def _to_csv(table: Any) -> bytes:
    """Lines of UTF-8, quoted as RFC 4180 has it; what is missing is empty, and text without characters is ``""``.

    Source: https://www.rfc-editor.org/rfc/rfc4180
    """
    pa = import_pyarrow(".csv")
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(_map_texts(_with_time_texts(table), _guard), sink)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _from_csv(schema: Any, data: bytes) -> Any:
    pa = import_pyarrow(".csv")
    table = pa.csv.read_csv(
        pa.BufferReader(data),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    return _map_texts(table, lambda texts: pa.compute.replace_substring_regex(texts, r"\A'", ""))


def _guard(texts: Any) -> Any:
    pc = import_pyarrow().compute
    return pc.if_else(pc.match_substring_regex(texts, FORMULA), pc.binary_join_element_wise("'", texts, ""), texts)


def _map_texts(table: Any, change: Callable[[Any], Any]) -> Any:
    text = import_pyarrow().string()
    for place, field in enumerate(table.schema):
        if field.type == text and field.name != "zone_id":
            table = table.set_column(place, field, change(table[place]))
    return table


def _to_ndjson(table: Any) -> bytes:
    columns = _with_time_texts(table).to_pydict()
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return msgspec.json.Encoder().encode_lines(rows)


def _from_ndjson(schema: Any, data: bytes) -> Any:
    pa = import_pyarrow(".json")
    if not data:
        return schema.empty_table()
    kinds = [
        pa.field(field.name, field.type if field.type in (pa.int64(), pa.float64()) else pa.string())
        for field in schema
    ]
    return pa.json.read_json(
        pa.BufferReader(data),
        read_options=pa.json.ReadOptions(block_size=_BLOCK),
        parse_options=pa.json.ParseOptions(explicit_schema=pa.schema(kinds), unexpected_field_behavior="error"),
    )


def _with_plain_texts(table: Any) -> Any:
    types = import_pyarrow().types
    for place, field in enumerate(table.schema):
        if types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[place].cast(field.type.value_type))
    return table


def _with_time_texts(table: Any) -> Any:
    """The same table with RFC 3339 texts for times and dates, each made once."""
    pa = import_pyarrow()
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            encoded = table[place].combine_chunks().cast(pa.int64()).dictionary_encode()
            moments = [_EPOCH + timedelta(microseconds=each) for each in encoded.dictionary.to_pylist()]
            texts = pa.array(map(format_date_time, moments), pa.string())
            table = table.set_column(place, field.name, texts.take(encoded.indices))
        elif field.type == pa.date32():
            table = table.set_column(place, field.name, table[place].cast(pa.string()))
    return table


_WRITERS: Final[Mapping[FileFormat, Callable[[Any], bytes]]] = {
    "parquet": _to_parquet,
    "csv": _to_csv,
    "ndjson": _to_ndjson,
}
_READERS: Final[Mapping[FileFormat, Callable[[Any, bytes], Any]]] = {
    "parquet": _from_parquet,
    "csv": _from_csv,
    "ndjson": _from_ndjson,
}
