"""From the rows of a dataset to what charts say of it: one piece after another, so that memory is bounded.

Rows are read twice where they are broken down: once to know the largest groups, and once for these alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiospectrum.bulk.packing import import_numpy
from aiospectrum.bulk.query import Query
from aiospectrum.charts.bins import Bins
from aiospectrum.charts.reports import rank
from aiospectrum.charts.sums import EVENTS, Breakdown, Group, Sums
from aiospectrum.tables.arrow import import_pyarrow
from aiospectrum.tables.layout import WHOLE_METRICS

if TYPE_CHECKING:
    import pyarrow

__all__ = ["sum_rows"]

_BIN: Final = "interval_start"
"""The column of intervals, named as no dimension or metric can be."""

_OTHER: Final = "other"
_TIMES: Final = ("interval_start", "window_since")


def sum_rows(
    read: "Callable[[Collection[str]], Iterable[pyarrow.Table]]",
    query: Query,
    bins: Bins,
    *,
    measure: Sequence[str],
    by: Sequence[str],
    top: int,
) -> Sums:
    """Add up the rows of a dataset.

    Args:
        read: Gives some columns of the rows, a table at a time; called once or twice.
        query: The query of the dataset.
        bins: The intervals.
        measure: Counts or bytes, whose sum groups are ranked by and drawn.
        by: Dimensions to break down by, ``zone_id`` among them.
        top: Groups of each.

    Returns:
        The sums.

    Raises:
        ImportError: pyarrow is not installed.
        StorageError: A file cannot be read.
    """
    adder = _Adder(query, bins, by)
    for table in read(adder.columns):
        adder.add(table)
    first = {name: rank(adder.measured(name, measure), top) for name in by}
    series = {name: {key: [0] * len(bins.starts) for key in keys} for name, keys in first.items()}
    if any(first.values()):
        for table in read({*_TIMES, *by, *measure}):
            adder.add_series(table, measure, series)
    return adder.finish(measure, first, series)


class _Adder:
    """Adds up tables."""

    def __init__(self, query: Query, bins: Bins, by: Sequence[str]) -> None:
        self._pa, self._np = import_pyarrow(), import_numpy()
        self._bins, self._by = bins, by
        starts = [round(start.timestamp() * 1_000_000) for start in bins.starts]
        self._edges = self._np.array(starts, self._np.int64)
        self._whole: list[str] = [name for name in query.metrics if name in WHOLE_METRICS]
        self._durations: list[str] = [name for name in query.metrics if name not in WHOLE_METRICS]
        self._has_events = "event" in query.dimensions and "count" in self._whole
        self._dimensions = {*by, *(["event"] if "event" in query.dimensions else [])}
        self.columns = {*_TIMES, *self._dimensions, *query.metrics}
        self._rows = [0] * len(starts)
        self._series = {name: [0] * len(starts) for name in self._whole}
        self._events: dict[str, list[int]] = {}
        self._weighted = {name: ([0.0] * len(starts), [0.0] * len(starts)) for name in self._durations}
        self._duration_rows = [0] * len(starts)
        self._groups: dict[str, dict[str, dict[str, int]]] = {name: {} for name in by}
        self._group_events: dict[str, dict[str, dict[str, int]]] = {name: {} for name in by}

    def add(self, table: Any) -> None:
        """Take in some rows."""
        if not len(table):
            return
        table = self._prepare(table)
        sums = [(name, "sum") for name in self._whole]
        for row in table.group_by(_BIN, use_threads=False).aggregate([*sums, ([], "count_all")]).to_pylist():
            self._rows[row[_BIN]] += row["count_all"]
            for name in self._whole:
                self._series[name][row[_BIN]] += int(row[f"{name}_sum"] or 0)
        self._add_events(table)
        for name in self._by:
            groups = self._groups[name]
            for row in table.group_by(name, use_threads=False).aggregate(sums).to_pylist():
                there = groups.setdefault(row[name] or "", dict.fromkeys(self._whole, 0))
                for metric in self._whole:
                    there[metric] += int(row[f"{metric}_sum"] or 0)
        self._add_durations(table)

    def _prepare(self, table: Any) -> Any:
        """Add the interval of each row, and make sums of whole numbers exact."""
        pa = self._pa
        micros = pa.compute.coalesce(table["interval_start"], table["window_since"]).cast(pa.int64())
        places = self._np.searchsorted(self._edges, micros.to_numpy(), side="right") - 1
        columns = {_BIN: pa.array(self._np.clip(places, 0, len(self._edges) - 1), pa.int32())}
        for name in set(table.column_names) & set(self._whole):
            columns[name] = self._exact(table[name])
        columns |= {name: table[name] for name in {*self._dimensions, *self._durations} & set(table.column_names)}
        return pa.table(columns)

    def _exact(self, column: Any) -> Any:
        """A column of whole numbers whose sums fit."""
        least, most = self._pa.compute.min_max(column).as_py().values()
        if max(abs(least or 0), abs(most or 0)) * len(column) < 2**63:
            return column
        return column.cast(self._pa.decimal128(38))

    def _add_events(self, table: Any) -> None:
        if not self._has_events:
            return
        for row in table.group_by(["event", _BIN], use_threads=False).aggregate([("count", "sum")]).to_pylist():
            event = _event(row["event"])
            counts = self._events.setdefault(event, [0] * len(self._rows))
            counts[row[_BIN]] += int(row["count_sum"] or 0)
        for name in self._by:
            for row in table.group_by([name, "event"], use_threads=False).aggregate([("count", "sum")]).to_pylist():
                events = self._group_events[name].setdefault(row[name] or "", {})
                event = _event(row["event"])
                events[event] = events.get(event, 0) + int(row["count_sum"] or 0)

    def _add_durations(self, table: Any) -> None:
        """Add durations, of connections that have ended where the dataset tells them."""
        if not self._durations:
            return
        pa = self._pa
        if "event" in self._dimensions:
            table = table.filter(pa.compute.equal(table["event"], "disconnect"))
        ones = pa.array(self._np.ones(len(table)), pa.float64())
        weights = pa.compute.cast(table["count"], pa.float64()) if "count" in self._whole else ones
        columns = {_BIN: table[_BIN]}
        for name in self._durations:
            known = pa.compute.if_else(pa.compute.is_valid(table[name]), weights, None)
            columns |= {f"{name} w": known, f"{name} v": pa.compute.multiply(table[name], known)}
        names = [name for name in columns if name != _BIN]
        sums = (
            pa.table(columns)
            .group_by(_BIN, use_threads=False)
            .aggregate([*((name, "sum") for name in names), ([], "count_all")])
        )
        for row in sums.to_pylist():
            self._duration_rows[row[_BIN]] += row["count_all"]
            for name in self._durations:
                self._weighted[name][0][row[_BIN]] += row[f"{name} v_sum"] or 0.0
                self._weighted[name][1][row[_BIN]] += row[f"{name} w_sum"] or 0.0

    def measured(self, dimension: str, measure: Sequence[str]) -> dict[str, int]:
        """The measure of each group."""
        return {key: sum(sums[name] for name in measure) for key, sums in self._groups[dimension].items()}

    def add_series(self, table: Any, measure: Sequence[str], series: Mapping[str, Mapping[str, list[int]]]) -> None:
        """Take in some rows of the largest groups once more, by interval."""
        if not len(table):
            return
        pa, table = self._pa, self._prepare(table)
        for dimension, wanted in series.items():
            keys = pa.compute.coalesce(table[dimension], "")
            chosen = table.set_column(table.column_names.index(dimension), dimension, keys)
            chosen = chosen.filter(pa.compute.is_in(keys, pa.array(list(wanted), pa.string())))
            sums = chosen.group_by([dimension, _BIN], use_threads=False).aggregate([(name, "sum") for name in measure])
            for row in sums.to_pylist():
                wanted[row[dimension]][row[_BIN]] += sum(int(row[f"{name}_sum"] or 0) for name in measure)

    def finish(
        self,
        measure: Sequence[str],
        first: Mapping[str, Sequence[str]],
        series: Mapping[str, Mapping[str, Sequence[int]]],
    ) -> Sums:
        """Give the sums."""
        breakdowns = {}
        for name, keys in first.items():
            groups, events = self._groups[name], self._group_events[name]
            found = [
                Group(key=key, totals=groups[key], events=events.get(key, {}), values=series[name][key]) for key in keys
            ]
            busy = sum(value > 0 for value in self.measured(name, measure).values())
            breakdowns[name] = Breakdown(dimension=name, groups=found, distinct=len(groups), busy=busy)
        return Sums(
            bins=self._bins,
            rows=sum(self._rows),
            is_empty=[not rows for rows in self._rows],
            measure=measure,
            totals={name: sum(values) for name, values in self._series.items()},
            series=self._series,
            events=self._events,
            durations={
                name: [value / weight if weight else None for value, weight in zip(*pair, strict=True)]
                for name, pair in self._weighted.items()
            },
            durations_are_exact=max(self._duration_rows) <= 1,
            breakdowns=breakdowns,
        )


def _event(event: str | None) -> str:
    return event if event in EVENTS else _OTHER
