"""The journals of a dataset: read when a run starts, and written by it."""

import threading

from aiospectrum.bulk.dataset.errors import DestinationMismatchError, ManifestError
from aiospectrum.bulk.dataset.manifest import (
    PARTITIONS,
    STAGED,
    Entry,
    Failed,
    Header,
    Partition,
    journal_number,
    journal_path,
    read_journal,
    read_plan,
    staged_path,
    write_entry,
)
from aiospectrum.bulk.dataset.old_index import DatasetIndex
from aiospectrum.bulk.dataset.store import Store

__all__ = ["Journal", "open_dataset"]

_MOST_JOURNALS = 20
"""Journals from which on a run merges them into one; every run that writes adds one."""


def open_dataset(store: Store, header: Header) -> tuple[DatasetIndex, int]:
    """Read the journals of a dataset, and finish what a run that was killed had started.

    Args:
        store: The store, locked.
        header: What is to be saved.

    Returns:
        The index of the dataset; and the number of the next journal.

    Raises:
        DestinationMismatchError: There is something else than a dataset of the same query and format.
        ManifestError: The manifest cannot be read.
        OSError: The store cannot be read or written.
    """
    sizes = store.list()
    journals = sorted(number for number in map(journal_number, sizes) if number is not None)
    index = DatasetIndex()
    for number in journals:
        path = journal_path(number)
        index.apply(read_journal(path, store.read(path)))
    last = journals[-1] if journals else 0
    if index.header is not None:
        _check_header(store, journal_path(last), index.header, header)
    elif index.partitions or index.failures:
        raise ManifestError(f"{store.name}: the journals say nothing of a plan")
    elif any(path.startswith(PARTITIONS) for path in sizes):
        raise DestinationMismatchError(f"{store.name}: there are files that are of no saved plan: save elsewhere")
    _finish_staged(store, index, sizes)
    index.drop_missing(sizes)
    if index.header is not None and len(journals) >= _MOST_JOURNALS:
        last += 1
        _merge_journals(store, index, index.header, last)
        for number in journals:
            store.delete(journal_path(number))
    return index, last + 1


def _check_header(store: Store, path: str, there: Header, header: Header) -> None:
    if there.file_format != header.file_format:
        raise DestinationMismatchError(
            f"{store.name}: the dataset is one of {there.file_format} files: save {header.file_format} files elsewhere"
        )
    changed = read_plan(path, there).diff(read_plan(path, header)).changed
    differences = [f"{name} is {old!r} there" for name, (old, _) in changed.items() if name.startswith("query.")]
    if differences:
        raise DestinationMismatchError(
            f"{store.name}: the dataset is of another query, whose {', '.join(differences)}: save elsewhere"
        )


def _finish_staged(store: Store, index: DatasetIndex, sizes: dict[str, int]) -> None:
    """Publish staged files that have a line, and delete all others."""
    ready = {each.staged: each for each in index.partitions.values()}
    for path in [path for path in sizes if path.startswith(f"{STAGED}/")]:
        size, partition = sizes.pop(path), ready.get(path)
        if partition is not None and size == partition.bytes:
            store.publish(path, partition.path)
            sizes[partition.path] = size
        else:
            store.delete(path)


def _merge_journals(store: Store, index: DatasetIndex, header: Header, number: int) -> None:
    lines: list[Entry] = [header, *index.partitions.values(), *index.failures.values()]
    staged = staged_path(number, 0)
    store.stage(staged, b"".join(map(write_entry, lines)))
    store.publish(staged, journal_path(number))


class Journal:
    """What a run has done, line by line; used from several threads."""

    def __init__(self, store: Store, header: Header, number: int) -> None:
        """Write nothing yet.

        Args:
            store: The store.
            header: The first line of each file.
            number: Number of the first file.
        """
        self._store = store
        self._header = header
        self._number = number
        self._lines = 0
        self._files = 0
        self._failure: OSError | None = None
        self._lock = threading.Lock()

    def stage(self, data: bytes) -> str:
        """Write the data of a partition, which is not part of the dataset yet.

        Args:
            data: The whole file.

        Returns:
            Where it is.

        Raises:
            OSError: It could not be written.
        """
        with self._lock:
            self._files += 1
            path = staged_path(self._number, self._files)
        self._store.stage(path, data)
        return path

    def add(self, entry: Partition | Failed) -> None:
        """Write a line.

        Args:
            entry: The line.

        Raises:
            OSError: It could not be written, or an earlier one could not: nothing may stand behind half a line.
        """
        with self._lock:
            if self._failure is not None:
                raise OSError(*self._failure.args)
            try:
                self._append(entry)
            except OSError as error:
                self._failure = error
                raise

    def _append(self, entry: Entry) -> None:
        if self._lines == self._store.journal_lines:
            self._number += 1
            self._lines = 0
        lines = write_entry(entry) if self._lines else write_entry(self._header) + write_entry(entry)
        self._store.append(journal_path(self._number), lines)
        self._lines += 1
