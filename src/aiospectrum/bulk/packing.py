"""The rows of a report packed as they are decoded, some at a time, so that they need not be kept.

What has just been decoded is in the caches of the processor, and its memory is used again for what is decoded next. So
reading and packing a large report take less time together than reading it into models alone. Needs numpy.
"""

import struct
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import attrs
import msgspec

from aiospectrum._extras import import_extra
from aiospectrum.models import Report, ReportByTime, ReportByTimeRow, ReportQuery, ReportSummary, ReportSummaryRow
from aiospectrum.tables.layout import Numbers

__all__ = ["ColumnReport", "RowPacker", "import_numpy", "pack_numbers"]

_FEW: Final = 256
"""Numbers that msgpack is not worth it for."""

_FLOAT64: Final = 0xCB
"""The mark of a float of 64 bits in msgpack.

Source: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

_SHORT: Final = 16
"""Numbers of a piece that takes longer to pack by itself than to be put together with the others."""

_LARGEST_EXACT: Final = 2**53
"""From there on floats are no longer all whole numbers."""


@attrs.frozen(kw_only=True, eq=False)
class ColumnReport:
    """A report in which all rows have the same numbers of values, by columns."""

    head: Report
    """The report without its rows."""

    dimensions: Sequence[Sequence[str]]
    """The values of each row."""

    metrics: Sequence[Any]
    """For each metric an array with a line for each interval, and a number for each row in it."""

    @property
    def data(self) -> Sequence[object]:
        """As many as there are rows."""
        return self.dimensions

    @property
    def data_lag(self) -> float:
        """Seconds since the last event that was counted."""
        return self.head.data_lag

    @property
    def rows(self) -> float:
        """Number of rows, as the API counts them."""
        return self.head.rows

    @property
    def query(self) -> ReportQuery:
        """The query as the API understood it."""
        return self.head.query

    def to_report(self) -> Report:
        """Make the report again, with its rows."""
        rows: list[Any] = [[*each] for each in zip(*(array.T.tolist() for array in self.metrics), strict=True)]
        if isinstance(self.head, ReportByTime):
            pairs = zip(self.dimensions, rows, strict=True)
            by_time = [ReportByTimeRow(dimensions=[*values], metrics=row) for values, row in pairs]
            return attrs.evolve(self.head, data=by_time)
        sums = [[number for (number,) in row] for row in rows]
        pairs = zip(self.dimensions, sums, strict=True)
        return attrs.evolve(
            self.head, data=[ReportSummaryRow(dimensions=[*values], metrics=row) for values, row in pairs]
        )


class RowPacker:
    """Packs the rows of one report."""

    def __init__(self) -> None:
        """Start without rows."""
        self._np = import_numpy()
        self._dimensions: list[list[str]] = []
        self._metrics: list[list[Any]] = []

    def add(self, rows: Sequence[Any]) -> bool:
        """Pack some rows.

        Args:
            rows: The next rows of the report.

        Returns:
            Whether they could be packed; else the report has to be read as a model.
        """
        metrics, values = [row.metrics for row in rows], [row.dimensions for row in rows]
        if not rows:
            return True
        widths = set(map(len, metrics)), set(map(len, [*self._dimensions[:1], *values]))
        packed = [self._pack([each[place] for each in metrics]) for place in range(min(widths[0]))]
        if max(map(len, widths)) > 1 or not packed or any(each is None for each in packed):
            return False
        if self._metrics and not (len(self._metrics) == len(packed) and all(map(self._fits, self._metrics, packed))):
            return False
        self._metrics = self._metrics or [[] for _ in packed]
        for before, numbers in zip(self._metrics, packed, strict=True):
            before.append(numbers)
        self._dimensions += values
        return True

    def _pack(self, series: Sequence[Any]) -> Any:
        """The numbers of a metric, a line for each interval; None for what is not regular."""
        if list not in set(map(type, series)):
            numbers = pack_numbers(self._np, [series])
            return None if numbers is None else numbers.reshape(1, -1)
        is_regular = set(map(type, series)) == {list} and len(set(map(len, series))) == 1 and len(series[0]) > 0
        return pack_numbers(self._np, series) if is_regular else None

    def _fits(self, before: Sequence[Any], numbers: Any) -> bool:
        """Whether numbers can be put together with those before; whole ones may become floats by that."""
        if len(before[0]) != len(numbers):
            return False
        kinds = {each.dtype for each in (*before, numbers)}
        whole = [each for each in (*before, numbers) if each.dtype == self._np.int64]
        return len(kinds) == 1 or all(-_LARGEST_EXACT < each.min() <= each.max() < _LARGEST_EXACT for each in whole)

    def finish(self, head: ReportByTime | ReportSummary) -> Report | ColumnReport:
        """Make the report.

        Args:
            head: The report without its rows.

        Returns:
            The report; one without rows as it is.
        """
        if not self._metrics:
            return head
        metrics = [each[0] if len(each) == 1 else self._np.concatenate(each, axis=1) for each in self._metrics]
        return ColumnReport(head=head, dimensions=self._dimensions, metrics=metrics)


def pack_numbers(np: Any, pieces: Sequence[Numbers]) -> Any:
    """Pack the numbers of a metric.

    Args:
        np: The module numpy.
        pieces: Numbers of the same number of intervals for each row.

    Returns:
        An array with a line for each interval: of whole numbers of 64 bits if all numbers are, else of floats. None for
        something else than numbers, and for whole numbers among others that are no floats.
    """
    try:
        return _by_interval(np, "q", pieces)
    except (struct.error, OverflowError):  # not all are whole numbers, or they do not fit
        floats = _only_floats(np, pieces)
    if floats is not None:
        return floats
    try:
        floats = _by_interval(np, "d", pieces)
    except (struct.error, OverflowError):
        return None
    return None if (np.abs(floats) >= _LARGEST_EXACT).any() else floats


def _only_floats(np: Any, pieces: Sequence[Numbers]) -> Any:
    """The same where there is nothing but floats, in half of the time; None elsewhere.

    msgpack writes a float as a mark and eight bytes, so that they are at places that are known.
    """
    rows, times = len(pieces), len(pieces[0])
    if rows * times < _FEW:
        return None
    packed = msgspec.msgpack.encode(pieces)
    head = _head_of(times)
    row_size = len(head) + 9 * times
    start = len(packed) - rows * row_size
    if packed[: max(start, 0)] != _head_of(rows):
        return None
    table = np.frombuffer(packed, np.uint8, offset=start).reshape(rows, row_size)
    if not ((table[:, : len(head)] == [*head]).all() and (table[:, len(head) :: 9] == _FLOAT64).all()):
        return None
    places = start + len(head) + 1
    return np.ndarray((times, rows), ">f8", packed, places, (9, row_size)).astype(np.float64, order="C")


def _head_of(length: int) -> bytes:
    """How an array of some length begins in msgpack."""
    if length < 16:
        return bytes([0x90 | length])
    return b"\xdc" + length.to_bytes(2, "big") if length < 1 << 16 else b"\xdd" + length.to_bytes(4, "big")


def _by_interval(np: Any, code: str, pieces: Sequence[Numbers]) -> Any:
    rows = len(pieces)
    if rows > 1 and len(pieces[0]) < _SHORT:
        pieces = [list(chain.from_iterable(pieces))]
    pack = {length: struct.Struct(f"={length}{code}").pack for length in set(map(len, pieces))}
    packed = b"".join([pack[len(each)](*each) for each in pieces])
    numbers = np.frombuffer(packed, np.int64 if code == "q" else np.float64)
    return np.ascontiguousarray(numbers.reshape(rows, -1).T) if len(numbers) else numbers.reshape(0, rows)


def import_numpy() -> Any:
    """Import numpy.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    return import_extra("numpy", extra="arrow", purpose="Tables of many reports")
