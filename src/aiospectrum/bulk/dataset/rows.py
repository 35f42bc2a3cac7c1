"""The files of a dataset as rows, one after another, and rows as files: pure. Needs ``aiospectrum[arrow]``.

All files have their rows by zone and window, in the order of both, so that files are merged without being sorted, and
with a part of each in memory. There texts have dictionaries, as nearly all are in many rows.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiospectrum.bulk.columns import encode_texts
from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.files import open_parquet, read_table, write_table
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.errors import TableError
from aiospectrum.tables.arrow import import_pyarrow

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FileWriter", "Rows", "read_data", "read_spool", "write_spool"]

_BATCH: Final = 16_384
"""Rows of a file that are read at once."""

_STEP: Final = "`aiospectrum dataset repair` sets it aside, and the next run fetches what it had"
"""What to do about a file that is damaged."""


def write_spool(table: "pyarrow.Table", batch_rows: int = 4096) -> bytes:
    """Write a spool file, of which so many rows are read at once; not compressed, as it is gone soon."""
    pa = import_pyarrow(".ipc")
    sink = io.BytesIO()
    table = encode_texts(table).unify_dictionaries()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch_rows)
    return sink.getvalue()


def read_spool(schema: "pyarrow.Schema", path: str, data: bytes) -> "Rows":
    """Read a spool file, batch by batch.

    Args:
        schema: The schema of its tables.
        path: Where it is, for errors.
        data: The whole file.

    Returns:
        Its rows.
    """
    pa = import_pyarrow(".ipc")
    return Rows(schema, path, lambda: pa.ipc.open_stream(pa.BufferReader(data)))


def read_data(schema: "pyarrow.Schema", path: str, file_format: FileFormat, data: bytes) -> "Rows":
    """Read a data file; one of Parquet batch by batch.

    Args:
        schema: The schema of the tables to be made of it, with dictionaries for texts.
        path: Where it is, for errors.
        file_format: Its format.
        data: The whole file.

    Returns:
        Its rows.
    """
    pa = import_pyarrow(".parquet")
    texts = [field.name for field in schema if pa.types.is_dictionary(field.type)]

    def open_file() -> Any:
        if file_format == "parquet":
            return pa.parquet.ParquetFile(pa.BufferReader(data), read_dictionary=texts).iter_batches(_BATCH)
        plain = pa.schema([field.with_type(pa.string()) if field.name in texts else field for field in schema])
        return encode_texts(read_table(file_format, plain, data)).to_batches(_BATCH)

    return Rows(schema, path, open_file)


class Rows:
    """The rows of a file, which are taken one after another."""

    def __init__(self, schema: "pyarrow.Schema", path: str, open_batches: Any) -> None:
        """Read nothing yet.

        Args:
            schema: The schema that the rows have.
            path: Where the file is, for errors.
            open_batches: Gives the batches.
        """
        self._schema = schema
        self._path = path
        self._open = open_batches
        self._batches: Iterator[Any] | None = None
        self._rest: Any = None

    def take(self, count: int) -> "list[pyarrow.RecordBatch]":
        """Take the next rows.

        Args:
            count: How many.

        Returns:
            The rows.

        Raises:
            ManifestError: There are fewer, or the file is damaged.
        """
        taken = []
        while count > 0:
            if self._rest is None or not self._rest.num_rows:
                self._rest = self._next()
            piece = self._rest.slice(0, count)
            self._rest = self._rest.slice(count) if piece.num_rows < self._rest.num_rows else None
            taken.append(piece)
            count -= piece.num_rows
        return taken

    def _next(self) -> Any:
        pa = import_pyarrow()
        try:
            if self._batches is None:
                self._batches = iter(self._open())
            batch = next(self._batches)
        except StopIteration:
            raise ManifestError(f"{self._path}: the file has fewer rows than its journal says; {_STEP}") from None
        except (pa.ArrowException, TableError, ValueError, OSError) as error:
            raise ManifestError(f"{self._path}: the file is damaged: {error}; {_STEP}") from error
        if not batch.schema.equals(self._schema):
            raise ManifestError(f"{self._path}: the file has other columns than those of the query; {_STEP}")
        return batch


class FileWriter:
    """Writes a data file, one table after another."""

    def __init__(self, schema: "pyarrow.Schema", file_format: FileFormat) -> None:
        """Start a file.

        Args:
            schema: The schema of the tables.
            file_format: The format.
        """
        self._format: FileFormat = file_format
        self._sink = io.BytesIO()  # which gives its bytes without a copy
        self._writer = open_parquet(schema, self._sink) if file_format == "parquet" else None
        if self._writer is None:
            self._header = write_table(file_format, schema.empty_table())
            self._sink.write(self._header)

    def add(self, table: "pyarrow.Table") -> None:
        """Write rows, as a group with statistics where the format has those."""
        if self._writer is None:
            self._sink.write(write_table(self._format, table)[len(self._header) :])
        elif table.num_rows:
            table = table.unify_dictionaries()  # another one within a column would not be written as it is
            self._writer.write_table(table, row_group_size=table.num_rows)

    def finish(self) -> bytes:
        """Return the whole file."""
        if self._writer is not None:
            self._writer.close()
        return self._sink.getvalue()
