"""Spool files merged into data files: which file has which windows then, and how it is written. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from aiospectrum._extras import import_extra
from aiospectrum.bulk.dataset.index import Located, overlapping, replace
from aiospectrum.bulk.dataset.paths import data_path, read_data_name
from aiospectrum.bulk.dataset.periods import bounds_of
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.dataset.rows import FileWriter, Rows
from aiospectrum.bulk.dataset.state import DataFile, SavedWindow, Spooled
from aiospectrum.tables.arrow import import_pyarrow

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Output", "Source", "plan_merge", "write_output"]

_LONG: Final = 1000
"""Rows of a window."""


@attrs.define
class Output:
    """A data file to be written."""

    path: str
    """Where to."""

    period: str
    """The period that its windows begin in."""

    windows: dict[str, list[Located]]
    """Its windows by zone, in the order of time, and where their rows are now."""

    rounded: tuple[str, ...]
    """Counts or bytes that had fractions."""

    is_last: bool = False
    """Whether the spool files are needed no longer when it is there."""


@attrs.frozen
class Source:
    """A file whose rows go to others."""

    windows: Mapping[str, Sequence[SavedWindow]]
    """All windows that it has."""

    rows: Rows
    """Its rows, from the first one on."""


def plan_merge(
    files: Mapping[str, DataFile],
    spools: Sequence[Spooled],
    *,
    writer: str,
    file_format: FileFormat,
    taken: Iterable[str],
    full: int,
) -> list[Output]:
    """Plan how spool files become part of data files.

    A window goes to the file that has one that it replaces, else to the writer's last part of the period while that is
    not full, else to a new part. What it replaces in other files is dropped from those before it appears, so that
    nobody ever sees rows twice.

    Args:
        files: The data files by path.
        spools: Spool files of one period, the oldest one first.
        writer: Who merges.
        file_format: Format of the dataset.
        taken: Names of data files that are there, whoever has written them.
        full: Bytes of a file from which on nothing is added to it.

    Returns:
        The files to write, in this order.
    """
    period = spools[0].period
    new: dict[str, list[Located]] = {}
    for spool in spools:
        for zone_id, windows in spool.windows.items():
            there = new.setdefault(zone_id, [])
            for window in windows:
                replace(there, Located(window, spool.path))
    last = _last_part(files, period, writer, file_format, taken, full)
    lost: dict[str, set[tuple[str, int]]] = {}  # to windows of another file
    dropped: dict[str, set[tuple[str, int]]] = {}
    gained: dict[str, dict[str, list[Located]]] = {}
    near = _near(files, [each for located in new.values() for each in located])
    for zone_id, located in new.items():
        in_files = [(file.path, file.windows[zone_id]) for file in near if zone_id in file.windows]
        for each in located:
            since, until = each.window.since, each.window.until
            replaced = [
                (path, old) for path, olds in in_files for old in olds[overlapping(olds, since, until, _itself)]
            ]
            target = next((path for path, _ in replaced if files[path].period == period), last)
            gained.setdefault(target, {}).setdefault(zone_id, []).append(each)
            for path, window in replaced:
                (dropped if path == target else lost).setdefault(path, set()).add((zone_id, window.since))
    rounded = {name for spool in spools for name in spool.rounded}
    outputs = [_output(files, path, files[path].period, without, {}, set()) for path, without in lost.items()]
    for path, added in gained.items():
        without = dropped.get(path, set()) | lost.get(path, set())
        outputs.append(_output(files, path, period, without, added, rounded))
    outputs[-1].is_last = True
    return outputs


def _last_part(
    files: Mapping[str, DataFile], period: str, writer: str, file_format: FileFormat, taken: Iterable[str], full: int
) -> str:
    """The file of a writer and a period that is not full, or a new one."""
    found = [(read_data_name(path), path) for path in taken]
    names = [(name.part, path) for name, path in found if name and (name.period, name.writer) == (period, writer)]
    number, path = max(names, default=(0, ""))
    if path in files and files[path].bytes < full:
        return path
    return data_path(period, writer, number + 1, file_format)


def _itself(window: SavedWindow) -> SavedWindow:
    return window


def _near(files: Mapping[str, DataFile], new: Iterable[Located]) -> list[DataFile]:
    """The files that may have windows which new ones replace: those begin within the new ones."""
    since, until = min(each.window.since for each in new), max(each.window.until for each in new)
    bounds = {each.period: bounds_of(each.period) for each in files.values()}
    return [each for each in files.values() if bounds[each.period][0] < until and since < bounds[each.period][1]]


def _output(
    files: Mapping[str, DataFile],
    path: str,
    period: str,
    without: set[tuple[str, int]],
    added: Mapping[str, list[Located]],
    rounded: set[str],
) -> Output:
    there = files.get(path)
    windows: dict[str, list[Located]] = {}
    if there is not None:
        rounded = rounded | {*there.rounded}
        for zone_id, old in there.windows.items():
            windows[zone_id] = [Located(each, path) for each in old if (zone_id, each.since) not in without]
    for zone_id, new in added.items():
        windows[zone_id] = sorted([*windows.get(zone_id, ()), *new], key=lambda each: each.window.since)
    return Output(path, period, {zone_id: each for zone_id, each in windows.items() if each}, tuple(sorted(rounded)))


def write_output(
    output: Output,
    sources: Mapping[str, Source],
    *,
    schema: "pyarrow.Schema",
    file_format: FileFormat,
    group_rows: int,
) -> bytes:
    """Write a data file, with no more than a row group and a batch of each source in memory.

    Args:
        output: The file.
        sources: The files that its rows are in, by path.
        schema: The schema of all of them.
        file_format: Its format.
        group_rows: Rows of a row group, about.

    Returns:
        The whole file.

    Raises:
        ManifestError: A source does not have the rows that its windows should have.
    """
    writer = FileWriter(schema, file_format)
    wanted = {(each.path, zone_id, each.window.since) for zone_id, of in output.windows.items() for each in of}
    rows = [source.rows for source in sources.values()]
    runs = [
        (zone_id, window.since, place, window.rows, (path, zone_id, window.since) in wanted)
        for place, (path, source) in enumerate(sources.items())
        for zone_id, windows in source.windows.items()
        for window in windows
    ]
    runs.sort()
    for group in _groups(runs, group_rows):
        writer.add(_take(rows, group, schema))
    return writer.finish()


_Run: TypeAlias = tuple[str, int, int, int, bool]
"""Zone and start of a window, place of its source, its rows, and whether they are wanted."""


def _groups(runs: Sequence[_Run], group_rows: int) -> Iterator[Sequence[_Run]]:
    """Cut where a row group has its rows."""
    start, count = 0, 0
    for end, (_, _, _, rows, _) in enumerate(runs, start=1):
        count += rows
        if count >= group_rows:
            yield runs[start:end]
            start, count = end, 0
    yield runs[start:]


def _take(rows: Sequence[Rows], group: Sequence[_Run], schema: "pyarrow.Schema") -> "pyarrow.Table":
    """The rows of some windows, which follow one another in each source."""
    pa, np = import_pyarrow(), import_extra("numpy", extra="arrow", purpose="Merging files")
    counts = Counter[int]()
    for _, _, place, count, _ in group:
        counts[place] += count
    if sum(counts.values()) >= len(group) * _LONG:  # to put pieces together takes less than to copy rows
        taken = [(rows[place].take(count), is_wanted) for _, _, place, count, is_wanted in group]
        return pa.Table.from_batches([each for pieces, is_wanted in taken for each in pieces if is_wanted], schema)
    pieces, firsts, total = [], {}, 0
    for place in sorted(counts):
        pieces += rows[place].take(counts[place])
        firsts[place] = total
        total += counts[place]
    starts, lengths = [], []
    for _, _, place, count, is_wanted in group:
        if is_wanted:
            starts.append(firsts[place])
            lengths.append(count)
        firsts[place] += count
    table = pa.Table.from_batches(pieces, schema)
    length = np.array(lengths, np.int64)
    places = np.repeat(np.array(starts, np.int64) - np.cumsum(length) + length, length) + np.arange(length.sum())
    if len(places) == total and (places[1:] > places[:-1]).all():
        return table
    return table.unify_dictionaries().combine_chunks().take(places)
