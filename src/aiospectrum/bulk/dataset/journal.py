"""The journals of a dataset: read when a run starts, and written by it."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from aiospectrum.bulk.dataset.errors import DestinationMismatchError
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.loading import read_journals
from aiospectrum.bulk.dataset.paths import (
    aside_path,
    journal_number,
    journal_path,
    read_data_name,
    staged_path,
    state_kind,
    state_number,
)
from aiospectrum.bulk.dataset.state import Entry, Header, Noted, Removed, read_plan, write_entry
from aiospectrum.bulk.dataset.store import Store

__all__ = ["Journal", "begin_run", "check_destination"]

_LOGGER: Final = logging.getLogger("aiospectrum")

_MOST_JOURNALS: Final = 20
"""Journals from which on a run merges them into one; every run that writes adds one."""


def begin_run(store: Store, header: Header) -> "tuple[DatasetIndex, Journal, frozenset[str]]":
    """Read the journals of a dataset, and finish what a run that was killed had started.

    Args:
        store: The store, locked.
        header: What is to be saved.

    Returns:
        The index of the dataset; the journal of the run; and the names of all data files, whoever has written them.

    Raises:
        DestinationMismatchError: There is something else than a dataset of the same query and format.
        ManifestError: The state cannot be read.
        OSError: The store cannot be read or written.
    """
    sizes = store.list()
    index = read_journals(store, sizes)
    check_destination(store, index, sizes, header)
    named = (*sizes, *index.spools, *(each.staged for each in index.files.values()))
    numbers = [state_number(path) or 0 for path in named]
    period = header.period if index.header is None else index.header.period
    journal = Journal(store, msgspec.structs.replace(header, period=period), max(numbers, default=0))
    taken = frozenset(filter(read_data_name, sizes))
    _finish(store, index, sizes)
    _set_aside(store, index, journal, sizes)
    journals = [path for path in sizes if journal_number(path) is not None]
    if index.header is not None and len(journals) >= _MOST_JOURNALS:
        journal.merge(index)
        for path in journals:
            store.delete(path)
    index.doubt(header.started)
    return index, journal, taken


def check_destination(store: Store, index: DatasetIndex, sizes: Mapping[str, int], header: Header) -> None:
    """Check that what is there goes with what is to be saved.

    Args:
        store: Where.
        index: What the journals there say.
        sizes: The size of each file by path.
        header: What is to be saved.

    Raises:
        DestinationMismatchError: There is something else than a dataset of the same query and format.
        ManifestError: The plan that is there cannot be read.
    """
    there = index.header
    if there is None:
        if any(map(read_data_name, sizes)):
            raise DestinationMismatchError(f"{store.name}: there are files that are of no saved plan: save elsewhere")
        return
    if there.file_format != header.file_format:
        raise DestinationMismatchError(
            f"{store.name}: the dataset is one of {there.file_format} files: save {header.file_format} files elsewhere"
        )
    changed = index.plan.diff(read_plan("", header)).changed
    differences = [f"{name} is {old!r} there" for name, (old, _) in changed.items() if name.startswith("query.")]
    if differences:
        raise DestinationMismatchError(
            f"{store.name}: the dataset is of another query, whose {', '.join(differences)}: save elsewhere"
        )


def _finish(store: Store, index: DatasetIndex, sizes: dict[str, int]) -> None:
    """Publish staged files that have a line; delete all others, and spool files that have none or are merged."""
    ready = {each.staged: each for each in index.files.values()}
    for path in [path for path in sizes if state_kind(path) in ("staged", "spool") and path not in index.spools]:
        size, file = sizes.pop(path), ready.get(path)
        if file is not None and size == file.bytes:
            store.publish(path, file.path)
            sizes[file.path] = size
        else:
            store.delete(path)


def _set_aside(store: Store, index: DatasetIndex, journal: "Journal", sizes: dict[str, int]) -> None:
    """Take out of the dataset what is not as it was written, and is asked for again; it would be there twice then."""
    if index.header is None:
        return
    lines = index.drop_missing(sizes)
    missing = [line.path for line in lines if isinstance(line, Removed)]
    unknown = [path for path in sizes if read_data_name(path) and path not in index.files and path not in missing]
    for path in [*missing, *unknown]:
        if sizes.pop(path, None) is None:
            _LOGGER.warning("%s: %s is gone, with all that was in it", store.name, path)
        elif read_data_name(path) is None:
            store.delete(path)
        else:
            aside = aside_path(journal.next_number())
            store.publish(path, aside)
            reason = "is in no journal" if path in unknown else "is not as it was written"
            _LOGGER.warning("%s: %s %s, and is now %s", store.name, path, reason, aside)
    if lines:
        journal.add(*lines)


class Journal:
    """What a run has done, line by line; used from several threads."""

    def __init__(self, store: Store, header: Header, number: int) -> None:
        """Write nothing yet.

        Args:
            store: The store.
            header: The first line of each file.
            number: The highest number of a file of the state so far.
        """
        self.header = header
        """The first line of each file."""
        self._store = store
        self._number = number
        self._path: str | None = None
        self._lines = 0
        self._failure: OSError | None = None
        self._lock = threading.Lock()

    def next_number(self) -> int:
        """A number for a file of the state that no other one has."""
        with self._lock:
            return self._count()

    def add(self, *entries: Entry) -> None:
        """Write lines.

        Args:
            entries: The lines, at least one.

        Raises:
            OSError: They could not be written, or earlier ones could not: nothing may stand behind half a line.
        """
        with self._lock:
            if self._failure is not None:
                raise OSError(*self._failure.args)
            try:
                self._append(entries)
            except OSError as error:
                self._failure = error
                raise

    def _append(self, entries: Sequence[Entry]) -> None:
        lines = b"".join(map(write_entry, entries))
        if self._path is None or self._lines == self._store.journal_lines:
            self._path = journal_path(self._count())
            self._lines = 0
            lines = write_entry(self.header) + lines
        self._store.append(self._path, lines)
        self._lines += 1

    def merge(self, index: DatasetIndex) -> None:
        """Write all that the journals of a dataset say to a new one.

        Args:
            index: The dataset, with a header.

        Raises:
            OSError: It could not be written.
        """
        lines: list[Entry] = [index.header or self.header]
        lines += [msgspec.structs.replace(each, merged=()) for each in index.files.values()]
        lines += [*index.spools.values(), *index.failures.values()]
        if index.noted:
            lines.append(Noted(windows={zone: [each.window for each in of] for zone, of in index.noted.items() if of}))
        staged, path = staged_path(self.next_number()), journal_path(self.next_number())
        self._store.stage(staged, b"".join(map(write_entry, lines)))
        self._store.publish(staged, path)

    def _count(self) -> int:
        self._number += 1
        return self._number
