"""Reports as Arrow tables; needs ``aiospectrum[arrow]``.

The types of columns go by their names: timestamps in microseconds UTC, strings as dictionaries with indices of 32 bits,
whole numbers of 64 bits for counts and bytes, and floats of 64 bits for durations. Whole numbers of 64 bits add up
exactly to 9.2e18, where floats of 64 bits would begin to lose single bytes at 9.0e15, nine petabytes.

Source: https://arrow.apache.org/docs/format/Columnar.html
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from aiospectrum._extras import import_extra
from aiospectrum.errors import TableError
from aiospectrum.tables.layout import INTERVAL_COLUMNS, WHOLE_METRICS, Numbers, TidyTable, whole_numbers

if TYPE_CHECKING:
    import pyarrow

__all__ = ["import_pyarrow", "text_array", "to_arrow"]

_SHORT: Final = 16
"""Numbers of a piece that takes longer to pack by itself than to be put together with the others."""


def import_pyarrow(part: str = ".compute") -> Any:
    """Import pyarrow and a part of it.

    Args:
        part: Name of a submodule with a dot before it, such as ``.parquet``.

    Returns:
        The module pyarrow, which has the part as an attribute.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    import_extra(f"pyarrow{part}", extra="arrow", purpose="Arrow data")
    return import_extra("pyarrow", extra="arrow", purpose="Arrow data")


def to_arrow(tidy: TidyTable) -> "pyarrow.Table":
    """Make a table that holds just what a report does.

    Args:
        tidy: The report.

    Returns:
        The table. Counts or bytes with fractions, or of 9.2e18 or more, make their column one of floats.

    Raises:
        ImportError: pyarrow is not installed.
        TableError: The report has something else than numbers.
    """
    pa = import_pyarrow()
    return _table(pa, tidy, {name: _number_column(pa, name, each) for name, each in tidy.metrics.items()})


def text_array(pa: Any, name: str, values: Sequence[str | None]) -> "pyarrow.Array":
    """Make the array of a dimension.

    Args:
        pa: The module pyarrow.
        name: Name of the dimension.
        values: Its values.

    Returns:
        The array, of plain strings.

    Raises:
        TableError: There is something else than text.
    """
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
        raise TableError(f"the report has something else than text in {name}: {error}") from error


def _table(pa: Any, tidy: TidyTable, numbers: Mapping[str, Any]) -> "pyarrow.Table":
    times = pa.timestamp("us", tz="UTC")
    columns = {name: _constant_column(pa, value, len(tidy)) for name, value in tidy.constants.items()}
    for end, name in enumerate(INTERVAL_COLUMNS):
        each = pa.array([interval[end] for interval in tidy.intervals], times)
        columns[name] = pa.concat_arrays([each] * tidy.rows) if tidy.rows else each.slice(0, 0)
    for name, values in tidy.dimensions.items():
        columns[name] = _text_column(pa, name, values, len(tidy.intervals))
    return pa.table({**columns, **numbers})


def _constant_column(pa: Any, value: datetime | str, length: int) -> Any:
    if isinstance(value, str):
        indices = pa.repeat(pa.scalar(0, pa.int32()), length)
        return pa.DictionaryArray.from_arrays(indices, pa.array([value], pa.string()))
    return pa.repeat(pa.scalar(value, pa.timestamp("us", tz="UTC")), length)


def _text_column(pa: Any, name: str, values: Sequence[str | None], times: int) -> Any:
    """Each value as often as there are time intervals."""
    encoded = text_array(pa, name, values).dictionary_encode()
    if not times:
        return encoded.slice(0, 0)
    ends = range(times, times * len(values) + 1, times)
    runs = pa.RunEndEncodedArray.from_arrays(ends, encoded.indices, pa.run_end_encoded(pa.int64(), pa.int32()))
    return pa.DictionaryArray.from_arrays(pa.compute.run_end_decode(runs), encoded.dictionary)


def _number_column(pa: Any, name: str, pieces: Sequence[Numbers]) -> Any:
    if len(pieces) > 1 and len(pieces[0]) < _SHORT:
        pieces = [list(chain.from_iterable(pieces))]
    if name in WHOLE_METRICS:
        try:
            return _packed_column(pa, "q", pa.int64(), pieces)
        except (struct.error, OverflowError):  # something is missing or does not fit, such as 12.0 or 12.5 bytes
            return _unusual_column(pa, _float_column(pa, name, pieces), pieces)
    return _float_column(pa, name, pieces)


def _packed_column(pa: Any, code: str, kind: Any, pieces: Sequence[Numbers]) -> Any:
    """Make a column faster than ``pyarrow.array`` does."""
    pack = {length: struct.Struct(f"={length}{code}").pack for length in set(map(len, pieces))}
    packed = b"".join([pack[len(each)](*each) for each in pieces])
    return pa.Array.from_buffers(kind, len(packed) // 8, [None, pa.py_buffer(packed)])


def _float_column(pa: Any, name: str, pieces: Sequence[Numbers]) -> Any:
    try:
        floats = _packed_column(pa, "d", pa.float64(), pieces)
    except (struct.error, OverflowError) as error:
        raise TableError(f"the report has something else than numbers in {name}: {error}") from error
    if not isnan(pa.compute.sum(floats).as_py() or 0):  # the quickest way to know that there is no nan
        return floats
    return pa.compute.if_else(pa.compute.is_nan(floats), None, floats)


def _unusual_column(pa: Any, floats: Any, pieces: Sequence[Numbers]) -> Any:
    """A column of counts or bytes that are not all integers: whole numbers where they can be, else floats."""
    whole = pa.compute.all(pa.compute.equal(pa.compute.trunc(floats), floats)).as_py()
    if whole is False:
        return floats
    if _is_exact(pa, floats):
        return floats.cast(pa.int64())
    numbers = whole_numbers(chain.from_iterable(pieces))
    fits = all(each is None or (isinstance(each, int) and abs(each) < 2**63) for each in numbers)
    return pa.array(numbers, pa.int64()) if fits else floats


def _is_exact(pa: Any, floats: Any) -> bool:
    """Whether floats represent all these whole numbers exactly."""
    least, most = pa.compute.min_max(floats).as_py().values()
    return least is None or max(-least, most) < 2**53
