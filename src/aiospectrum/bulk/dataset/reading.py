"""From the data files of a dataset to tables: which files are needed, and which of their rows."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import attrs

from aiospectrum._extras import import_extra
from aiospectrum._http.config import check_class
from aiospectrum.bulk.columns import schema_of
from aiospectrum.bulk.dataset.errors import ManifestError, StorageError
from aiospectrum.bulk.dataset.files import read_table
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.opening import Place
from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.dataset.state import DataFile, SavedWindow
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.zones import check_zones
from aiospectrum.checks import DateTime, refuse
from aiospectrum.errors import TableError
from aiospectrum.tables.arrow import import_pyarrow

if TYPE_CHECKING:
    import duckdb
    import pyarrow

__all__ = ["RowFilter", "add_columns", "check_names", "read_arrow", "read_duckdb", "read_rows", "read_tables"]

_TIME: Final = DateTime(takes_unchecked=False)
_APP: Final = "appID"
_APP_NAME: Final = "app_name"
_PIECE: Final = 16_384
"""Rows that are read at once where some columns are needed."""


@attrs.frozen(kw_only=True)
class RowFilter:
    """Which rows are wanted."""

    zones: tuple[str, ...] | None
    """Ids of the zones in lower case; None for all."""

    since: datetime | None
    """When their intervals begin at the earliest; None for no bound."""

    until: datetime | None
    """What their intervals begin before; None for no bound."""

    @classmethod
    def check(
        cls, zones: Iterable[str] | None, since: datetime | None, until: datetime | None, *, known: Iterable[str]
    ) -> Self:
        """Make one of arguments.

        Args:
            zones: Ids of the zones; None for all.
            since: The earliest start; None for no bound.
            until: What starts are before; None for no bound.
            known: The zones of the dataset.

        Returns:
            The filter.

        Raises:
            InvalidArgumentError: An argument is invalid, or no such zone is known.
        """
        chosen = None if zones is None else tuple(zone.lower() for zone in check_zones(zones))
        for place, zone in enumerate(sorted(set(chosen or ()) - set(known))):
            refuse(f"zones[{place}]", zone, "a zone of the dataset")
        since = None if since is None else _TIME.check("since", since)
        until = None if until is None else _TIME.check("until", until)
        if since is not None and until is not None and since >= until:
            refuse("until", until.isoformat(), f"a time after since, {since.isoformat()}")
        return cls(zones=chosen, since=since, until=until)

    def paths(self, index: DatasetIndex) -> list[str]:
        """The data files that may have such rows, in the order of time."""
        return sorted(path for path, file in index.readable.items() if self._may_be_in(file))

    def _may_be_in(self, file: DataFile) -> bool:
        zones = file.windows if self.zones is None else [zone for zone in self.zones if zone in file.windows]
        if self.since is None and self.until is None:
            return bool(zones)
        return any(self._overlaps(window) for zone in zones for window in file.windows[zone])

    def _overlaps(self, window: SavedWindow) -> bool:
        if self.until is not None and window.since >= to_seconds(self.until):
            return self.until.microsecond > 0 and window.since == to_seconds(self.until)
        return self.since is None or window.until > to_seconds(self.since)

    def to_arrow(self, pa: Any) -> Any:
        """The same as an expression of pyarrow; None when all rows are wanted."""
        start = pa.dataset.field("interval_start")
        conditions = []
        if self.zones is not None:
            conditions.append(pa.dataset.field("zone_id").isin(list(self.zones)))
        if self.since is not None:
            conditions.append(start >= pa.scalar(self.since, pa.timestamp("us", tz="UTC")))
        if self.until is not None:
            conditions.append(start < pa.scalar(self.until, pa.timestamp("us", tz="UTC")))
        found = None
        for condition in conditions:
            found = condition if found is None else found & condition
        return found

    def to_sql(self) -> str:
        """The same as a condition of SQL; each value is one that has been checked."""
        conditions = ["true"]
        if self.zones is not None:
            zones = ", ".join(f"'{zone}'" for zone in self.zones)
            conditions.append(f"zone_id in ({zones or 'null'})")
        if self.since is not None:
            conditions.append(f"interval_start >= timestamptz '{self.since.isoformat(sep=' ')}'")
        if self.until is not None:
            conditions.append(f"interval_start < timestamptz '{self.until.isoformat(sep=' ')}'")
        return " and ".join(conditions)


def check_names(query: Query, names: Mapping[str, str] | None) -> None:
    """Check names of applications.

    Raises:
        InvalidArgumentError: They are no mapping of texts, or the query has no ``appID``.
    """
    if names is None:
        return
    if not isinstance(names, Mapping) or not all(isinstance(each, str) for pair in names.items() for each in pair):
        refuse("names", type(names), "a mapping of ids to names, such as `await bulk.app_names(client, zones)` gives")
    if _APP not in query.dimensions:
        refuse("names", len(names), f"None, as the dataset has no column {_APP}")


def read_arrow(
    place: Place, index: DatasetIndex, wanted: RowFilter, names: Mapping[str, str] | None
) -> "pyarrow.Table":
    """Read rows.

    Args:
        place: Where the dataset is.
        index: What files it has.
        wanted: Which rows.
        names: Names of applications by id for another column; None for none.

    Returns:
        The rows, in files in the order of time.

    Raises:
        ImportError: pyarrow is not installed.
        StorageError: A file cannot be read.
    """
    pa = import_pyarrow(".dataset")
    table = pa.concat_tables([schema_of(index.query).empty_table(), *read_tables(place, index, wanted)])
    return table if names is None else _with_names(pa, table, names)


def read_tables(
    place: Place, index: DatasetIndex, wanted: RowFilter, columns: Collection[str] | None = None
) -> "Iterator[pyarrow.Table]":
    """Read rows, those of one file at a time.

    Args:
        place: Where the dataset is.
        index: What files it has.
        wanted: Which rows.
        columns: The columns that are needed; None for all.

    Yields:
        The rows of each file, in the order of time; of some columns of Parquet no more than 16,384 at once.

    Raises:
        ImportError: pyarrow is not installed.
        StorageError: A file cannot be read.
    """
    schema = schema_of(index.query)
    condition = wanted.to_arrow(import_pyarrow(".dataset"))
    for path in wanted.paths(index):
        data = _read_bytes(place, path)
        try:
            if columns is not None and index.file_format == "parquet":
                yield from _read_pieces(data, schema, condition, list(columns))
            else:
                table = add_columns(read_rows(data, index.file_format, schema, condition), schema)
                _check_columns(table.schema, schema)
                yield table if columns is None else table.select(list(columns))
        except ManifestError as error:
            raise ManifestError(f"{place.store.name}: {path} {error}; see `aiospectrum dataset verify`") from error


def _read_pieces(data: bytes, schema: Any, condition: Any, columns: list[str]) -> Iterator[Any]:
    """Read some columns of a file of Parquet, a piece after another."""
    pa = import_pyarrow(".dataset")
    import_pyarrow(".parquet")
    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(data))
        _check_columns(add_columns(file.schema_arrow.empty_table(), schema).schema, schema)
        groups = None
        if condition is not None:
            fragment = pa.dataset.ParquetFileFormat().make_fragment(pa.BufferReader(data))
            groups = [group.id for group in fragment.subset(condition).row_groups]
        there = [name for name in columns if name in file.schema_arrow.names]
        for batch in file.iter_batches(_PIECE, row_groups=groups, columns=there, use_threads=False):
            table = pa.Table.from_batches([batch])
            table = table if condition is None else table.filter(condition)
            yield add_columns(table, pa.schema([schema.field(name) for name in columns]))
    except (pa.ArrowException, ValueError, OSError) as error:
        raise ManifestError(f"cannot be read: {error}") from error


def _check_columns(found: Any, schema: Any) -> None:
    if not found.equals(schema):
        raise ManifestError("has other columns than those of the query")


def _read_bytes(place: Place, path: str) -> bytes:
    try:
        return place.call(lambda: place.store.read(path))
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise _missing(place, path) from error.__cause__
        raise


def _missing(place: Place, path: str) -> StorageError:
    return StorageError(
        f"{place.store.name}: {path} is not there; open the dataset again, and if it still is not, "
        "the next run fetches what it had"
    )


def add_columns(table: "pyarrow.Table", schema: "pyarrow.Schema") -> "pyarrow.Table":
    """Add columns of nulls for the metrics that a query has gained.

    Args:
        table: Rows.
        schema: The schema of the query.

    Returns:
        The rows with all columns that the schema has, or more.
    """
    pa = import_pyarrow()
    for place, field in enumerate(schema):
        if field.name not in table.column_names:
            table = table.add_column(place, field, pa.nulls(len(table), field.type))
    return table.replace_schema_metadata(schema.metadata)


def read_rows(
    data: bytes, file_format: 'FileFormat | Literal["spool"]', schema: "pyarrow.Schema", condition: Any = None
) -> "pyarrow.Table":
    """Read a file.

    Args:
        data: The whole of it.
        file_format: Its format, or ``spool``.
        schema: The columns of the query; those of a file of Parquet may be others.
        condition: An expression of pyarrow for the rows that are wanted; None for all.

    Returns:
        The rows.

    Raises:
        ImportError: pyarrow is not installed.
        ManifestError: The file is damaged; the text is the end of a sentence about it.
    """
    pa = import_pyarrow(".parquet")
    import_pyarrow(".dataset")
    try:
        if file_format == "parquet":
            return pa.parquet.read_table(pa.BufferReader(data), filters=condition, partitioning=None)
        if file_format == "spool":
            import_pyarrow(".ipc")
            return pa.ipc.open_stream(pa.BufferReader(data)).read_all().cast(schema)
        table = read_table(file_format, schema, data)
    except (pa.ArrowException, TableError, ValueError, OSError) as error:
        raise ManifestError(f"cannot be read: {error}") from error
    return table if condition is None else table.filter(condition)


def _with_names(pa: Any, table: Any, names: Mapping[str, str]) -> Any:
    places = pa.compute.index_in(table[_APP], pa.array(list(names), pa.string()))
    column = pa.array(list(names.values()), pa.string()).take(places.combine_chunks())
    return table.add_column(table.column_names.index(_APP) + 1, _APP_NAME, column)


def read_duckdb(
    place: Place,
    index: DatasetIndex,
    wanted: RowFilter,
    names: Mapping[str, str] | None,
    connection: "duckdb.DuckDBPyConnection | None",
) -> "duckdb.DuckDBPyRelation":
    """Make a relation, of the files where DuckDB can open them itself, else of the rows.

    Args:
        place: Where the dataset is.
        index: What files it has.
        wanted: Which rows.
        names: Names of applications by id for another column; None for none.
        connection: The connection that it is for; None for the one of the module.

    Returns:
        The relation.

    Raises:
        ImportError: pyarrow or duckdb is not installed.
        StorageError: A file cannot be read.
    """
    duckdb = import_extra("duckdb", extra=None, purpose="A relation of DuckDB")
    pa = import_pyarrow()
    if connection is not None:
        check_class("connection", connection, duckdb.DuckDBPyConnection)
    using = duckdb.default_connection() if connection is None else connection
    paths = wanted.paths(index)
    if not place.is_local or not paths or not paths[0].endswith(".parquet"):
        return using.from_arrow(read_arrow(place, index, wanted, names))
    for path in paths:
        if not os.path.exists(os.path.join(place.store.name, path)):
            raise _missing(place, path)
    root = _escape_glob(os.path.abspath(place.store.name))
    relation = using.read_parquet([f"{root}/{path}" for path in paths], hive_partitioning=False)
    relation = relation.filter(wanted.to_sql())
    if names is None:
        return relation
    columns = ["file." + _quote(name) for name in relation.columns]
    columns.insert(relation.columns.index(_APP) + 1, f"known.{_APP_NAME}")
    known = pa.table({_APP: pa.array(list(names), pa.string()), _APP_NAME: pa.array(list(names.values()), pa.string())})
    joined = relation.set_alias("file").join(
        using.from_arrow(known).set_alias("known"), f'file."{_APP}" = known."{_APP}"', how="left"
    )
    return joined.project(", ".join(columns))


def _quote(name: str) -> str:
    """A name of a column in SQL, of a query that may come from elsewhere."""
    return '"' + name.replace('"', '""') + '"'


def _escape_glob(path: str) -> str:
    """A path that DuckDB takes for no pattern."""
    return re.sub(r"[*?\[]", r"[\g<0>]", path)
