"""What is wrong with the rows of a file, compared with what the state says of it: pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiospectrum.bulk.dataset.periods import to_datetime
from aiospectrum.bulk.dataset.state import SavedWindow
from aiospectrum.bulk.windows import Window
from aiospectrum.tables.arrow import import_pyarrow

if TYPE_CHECKING:
    import pyarrow

__all__ = ["find_faults"]


def find_faults(
    table: "pyarrow.Table",
    schema: "pyarrow.Schema",
    windows: Mapping[str, Sequence[SavedWindow]],
    dimensions: Sequence[str],
) -> Iterator[str]:
    """Compare the rows of a file with what the state says of it.

    Args:
        table: The rows.
        schema: The columns and types that they should have.
        windows: The windows that should be there, by zone.
        dimensions: The dimensions of the query.

    Yields:
        What is wrong, as the end of a sentence about the file.
    """
    pa = import_pyarrow()
    if not table.schema.equals(schema):
        yield f"has the columns {_show(table.schema)}, and those of the query are {_show(schema)}"
        return
    yield from _compare_windows(pa, table, windows)
    if not _is_sorted(pa, table):
        yield "has rows that are not in the order of zone and time"
    twice = _count_repeated(pa, table, dimensions)
    if twice:
        yield f"has {twice:,} rows that are there more than once"


def _show(schema: Any) -> str:
    return ", ".join(f"{field.name} ({field.type})" for field in schema)


def _compare_windows(pa: Any, table: Any, windows: Mapping[str, Sequence[SavedWindow]]) -> Iterator[str]:
    keys = ["zone_id", "window_since", "window_until"]
    counted = table.group_by(keys).aggregate([([], "count_all")])
    seconds = [_to_seconds(pa, counted[name]) for name in keys[1:]]
    found = dict(
        zip(zip(counted["zone_id"].to_pylist(), *seconds, strict=True), counted["count_all"].to_pylist(), strict=True)
    )
    known = {(zone, each.since, each.until): each.rows for zone, of_zone in windows.items() for each in of_zone}
    wrong = [key for key in known.keys() | found.keys() if known.get(key, 0) != found.get(key, 0)]
    if not wrong:
        return
    zone, since, until = key = min(wrong, key=str)
    times = Window(since=to_datetime(since), until=to_datetime(until)) if None not in key else "no window"
    others = f"; so for {len(wrong) - 1:,} more windows" if len(wrong) > 1 else ""
    yield f"has {found.get(key, 0):,} rows of zone {zone} and {times}, and {known.get(key, 0):,} were saved{others}"


def _to_seconds(pa: Any, column: Any) -> list[int | None]:
    """Whole seconds since 1970; None for what is none, which no window of the state has."""
    return [
        None if each is None or each % 1_000_000 else each // 1_000_000 for each in column.cast(pa.int64()).to_pylist()
    ]


def _is_sorted(pa: Any, table: Any) -> bool:
    """Whether each row comes after the one before it, or is of the same zone, window and time."""
    compute = pa.compute
    is_after: Any = pa.scalar(False)
    is_same: Any = pa.scalar(True)
    for name in ("zone_id", "window_since", "interval_start"):
        column = table[name]
        if name == "interval_start":  # which is not known of odd reports
            column = compute.coalesce(column, table["window_since"])
        before, after = column.slice(0, max(0, len(column) - 1)), column.slice(1)
        is_after = compute.or_(is_after, compute.and_(is_same, compute.greater(after, before)))
        is_same = compute.and_(is_same, compute.equal(after, before))
    in_order = compute.or_(is_after, is_same)
    return compute.all(in_order).as_py() is not False


def _count_repeated(pa: Any, table: Any, dimensions: Sequence[str]) -> int:
    """Rows of a zone, an interval that is known, and values of all dimensions that others have too."""
    known = table.filter(pa.compute.is_valid(table["interval_start"]))
    groups = known.group_by(["zone_id", "interval_start", *dimensions]).aggregate([([], "count_all")])
    return int(known.num_rows - groups.num_rows)
