"""Reports as Arrow tables; needs ``aiospectrum[arrow]``.

The types of columns go by their names: timestamps in microseconds UTC, strings as dictionaries with indices of 32 bits,
whole numbers of 64 bits for counts and bytes, and floats of 64 bits for durations. Whole numbers of 64 bits add up
exactly to 9.2e18, where floats of 64 bits would begin to lose single bytes at 9.0e15, nine petabytes.

Source: https://arrow.apache.org/docs/format/Columnar.html
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from aiospectrum._extras import import_extra
from aiospectrum.errors import TableError
from aiospectrum.tables.layout import INTERVAL_COLUMNS, WHOLE_METRICS, Numbers, Tidy, joined, whole_numbers

if TYPE_CHECKING:
    import pyarrow

__all__ = ["ArrowMaker", "import_pyarrow"]

_SHORT: Final = 16
"""Numbers of a piece that takes longer to pack by itself than to be put together with the others."""


def import_pyarrow(part: str = "") -> Any:
    """Import pyarrow, or a part of it.

    Args:
        part: Name of a submodule with a dot before it, such as ``.parquet``; empty for pyarrow itself.

    Returns:
        The module.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    return import_extra(f"pyarrow{part}", extra="arrow", purpose="Arrow data")


@attrs.frozen(kw_only=True)
class ArrowMaker:
    """Makes Arrow tables.

    Raises:
        ImportError: pyarrow is not installed.
    """

    pa: Any = attrs.field(factory=import_pyarrow, init=False)
    """The module pyarrow."""

    compute: Any = attrs.field(factory=lambda: import_pyarrow(".compute"), init=False)
    """Its module with functions on columns."""

    def table(self, tidy: Tidy) -> "pyarrow.Table":
        """Make a table that holds just what a report does.

        Args:
            tidy: The report.

        Returns:
            The table. Counts or bytes with fractions, or of 9.2e18 or more, make their column one of floats.

        Raises:
            TableError: The report has something else than numbers.
        """
        return self._table(tidy, {name: self._number_column(name, each) for name, each in tidy.metrics.items()})

    def uniform_table(self, tidy: Tidy) -> "tuple[pyarrow.Table, tuple[str, ...]]":
        """Make a table whose types depend on nothing but the names of its columns.

        Args:
            tidy: The report.

        Returns:
            The table; and the names of counts and bytes that had fractions, which are rounded to the nearest whole
            number there.

        Raises:
            TableError: The report has something else than numbers, or counts or bytes of 9.2e18 or more.
        """
        columns, rounded = {}, []
        for name, pieces in tidy.metrics.items():
            column = self._number_column(name, pieces)
            if name in WHOLE_METRICS and column.type != self.pa.int64():
                column = self._rounded_column(name, joined(pieces), column)
                rounded.append(name)
            columns[name] = column
        return self._table(tidy, columns), tuple(rounded)

    def _table(self, tidy: Tidy, numbers: Mapping[str, Any]) -> "pyarrow.Table":
        pa = self.pa
        times = pa.timestamp("us", tz="UTC")
        columns = {name: self._head_column(value, len(tidy)) for name, value in tidy.heads.items()}
        for end, name in enumerate(INTERVAL_COLUMNS):
            each = pa.array([interval[end] for interval in tidy.intervals], times)
            columns[name] = pa.concat_arrays([each] * tidy.rows) if tidy.rows else each.slice(0, 0)
        for name, values in tidy.dimensions.items():
            columns[name] = self._text_column(name, values, len(tidy.intervals))
        return pa.table({**columns, **numbers})

    def _head_column(self, value: datetime | str, length: int) -> Any:
        pa = self.pa
        if isinstance(value, str):
            indices = pa.repeat(pa.scalar(0, pa.int32()), length)
            return pa.DictionaryArray.from_arrays(indices, pa.array([value], pa.string()))
        return pa.repeat(pa.scalar(value, pa.timestamp("us", tz="UTC")), length)

    def _text_column(self, name: str, values: Sequence[str | None], times: int) -> Any:
        """Each value as often as there are time intervals."""
        pa = self.pa
        try:
            encoded = pa.array(values, pa.string()).dictionary_encode()
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
            raise TableError(f"the report has something else than text in {name}: {error}") from error
        if not times:
            return encoded.slice(0, 0)
        ends = range(times, times * len(values) + 1, times)
        runs = pa.RunEndEncodedArray.from_arrays(ends, encoded.indices, pa.run_end_encoded(pa.int64(), pa.int32()))
        return pa.DictionaryArray.from_arrays(self.compute.run_end_decode(runs), encoded.dictionary)

    def _number_column(self, name: str, pieces: Sequence[Numbers]) -> Any:
        code, kind = ("q", self.pa.int64()) if name in WHOLE_METRICS else ("d", self.pa.float64())
        if len(pieces) > 1 and len(pieces[0]) < _SHORT:
            pieces = [joined(pieces)]
        packed = self._packed_column(code, kind, pieces)
        return self._unusual_column(name, pieces) if packed is None else packed

    def _packed_column(self, code: str, kind: Any, pieces: Sequence[Numbers]) -> Any:
        """Make a column faster than ``pyarrow.array`` does; None when a number is missing or does not fit."""
        pa = self.pa
        pack = {length: struct.Struct(f"={length}{code}").pack for length in set(map(len, pieces))}
        try:
            packed = b"".join([pack[len(each)](*each) for each in pieces])
        except (struct.error, OverflowError):
            return None
        return pa.Array.from_buffers(kind, len(packed) // 8, [None, pa.py_buffer(packed)])

    def _unusual_column(self, name: str, pieces: Sequence[Numbers]) -> Any:
        """Numbers of which some are missing, or do not fit the usual type, such as ``12.0`` or ``12.5`` bytes."""
        pa = self.pa
        try:
            floats = self._packed_column("d", pa.float64(), pieces)
            if floats is None:
                floats = pa.array([None if each is None else float(each) for each in joined(pieces)], pa.float64())
            if name not in WHOLE_METRICS or not self._is_whole(floats):
                return floats
            if self._is_exact(floats):
                return floats.cast(pa.int64())
            whole = whole_numbers(joined(pieces))
            is_small = all(each is None or (isinstance(each, int) and abs(each) < 2**63) for each in whole)
            return pa.array(whole, pa.int64()) if is_small else floats
        except (TypeError, ValueError, OverflowError) as error:
            raise TableError(f"the report has something else than numbers in {name}: {error}") from error

    def _is_whole(self, floats: Any) -> bool:
        """Whether no number has a fraction."""
        is_whole: bool | None = self.compute.all(self.compute.equal(self.compute.trunc(floats), floats)).as_py()
        return is_whole is not False

    def _is_exact(self, floats: Any) -> bool:
        """Whether all numbers are as small as floats can tell whole numbers apart."""
        least, most = self.compute.min_max(floats).as_py().values()
        return least is None or max(-least, most) < 2**53

    def _rounded_column(self, name: str, numbers: Numbers, floats: Any) -> Any:
        pa = self.pa
        try:
            if self._is_exact(floats):
                return self.compute.round(floats).cast(pa.int64())
            return pa.array([None if each is None else round(each) for each in numbers], pa.int64())
        except (pa.ArrowInvalid, OverflowError, ValueError) as error:
            raise TableError(f"the report has numbers in {name} beyond whole numbers of 64 bits: {error}") from error
