"""The manifest of a dataset in its place: read at the beginning of a run, and added to by it."""

import threading
from datetime import datetime
from typing import Final

import msgspec

from aiospectrum.bulk.dataset.errors import DestinationMismatchError, ManifestError
from aiospectrum.bulk.dataset.layout import PARTITIONS, STAGED, journal_number, journal_path, staged_path
from aiospectrum.bulk.dataset.records import Entry, Failed, Header, Partition, read_journal, read_plan, write_entry
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.dataset.stock import Stock
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.plan import Plan

__all__ = ["Journal", "make_header", "open_dataset"]

_MOST_JOURNALS: Final = 20
"""Journals from which on a run makes one of them all; every run that writes adds one."""


def make_header(plan: Plan, file_format: FileFormat, begun: datetime) -> Header:
    """Write down what a run is asked to save.

    Args:
        plan: The plan.
        file_format: What the files are.
        begun: When the run begins, in UTC.

    Returns:
        The first line of its journal.
    """
    return Header(file_format=file_format, plan=msgspec.json.decode(plan.to_json()), begun=begun)


def open_dataset(store: Store, header: Header) -> tuple[Stock, int]:
    """Find out what is there, and finish what a run that was killed had begun.

    Args:
        store: The place, locked.
        header: What is to be saved.

    Returns:
        What the dataset has; and the number of the next journal.

    Raises:
        DestinationMismatchError: There is something else than a dataset of the same query and format.
        ManifestError: The manifest cannot be read.
        OSError: The place cannot be read or written.
    """
    sizes = store.list()
    journals = sorted(number for number in map(journal_number, sizes) if number is not None)
    stock = Stock()
    for number in journals:
        path = journal_path(number)
        stock.take(read_journal(path, store.read(path)))
    last = journals[-1] if journals else 0
    _check_header(store, stock, header, last, has_data=any(path.startswith(PARTITIONS) for path in sizes))
    _finish(store, stock, sizes)
    stock.keep_present(sizes)
    if stock.header is not None and len(journals) >= _MOST_JOURNALS:
        last += 1
        _merge(store, stock, stock.header, last)
        for number in journals:
            store.delete(journal_path(number))
    return stock, last + 1


def _check_header(store: Store, stock: Stock, header: Header, last: int, *, has_data: bool) -> None:
    there = stock.header
    if there is None:
        if stock.partitions or stock.failures:
            raise ManifestError(f"{store.name}: the journals say nothing of a plan")
        if has_data:
            raise DestinationMismatchError(f"{store.name}: there are files that are of no saved plan: save elsewhere")
        return
    if there.file_format != header.file_format:
        raise DestinationMismatchError(
            f"{store.name}: the dataset is one of {there.file_format} files: save {header.file_format} files elsewhere"
        )
    path = journal_path(last)
    changed = read_plan(path, there).diff(read_plan(path, header)).changed
    differences = [f"{name} is {old!r} there" for name, (old, _) in changed.items() if name.startswith("query.")]
    if differences:
        raise DestinationMismatchError(
            f"{store.name}: the dataset is of another query, whose {', '.join(differences)}: save elsewhere"
        )


def _finish(store: Store, stock: Stock, sizes: dict[str, int]) -> None:
    """Give staged files that have a line their places, and delete all others."""
    ready = {each.staged: each for each in stock.partitions.values()}
    for path in [path for path in sizes if path.startswith(f"{STAGED}/")]:
        size, partition = sizes.pop(path), ready.get(path)
        if partition is not None and size == partition.bytes:
            store.publish(path, partition.path)
            sizes[partition.path] = size
        else:
            store.delete(path)


def _merge(store: Store, stock: Stock, header: Header, number: int) -> None:
    lines: list[Entry] = [header, *stock.partitions.values(), *stock.failures.values()]
    staged = staged_path(number, 0)
    store.stage(staged, b"".join(map(write_entry, lines)))
    store.publish(staged, journal_path(number))


class Journal:
    """What a run has done, line by line; used from several threads."""

    def __init__(self, store: Store, header: Header, number: int) -> None:
        """Write nothing yet.

        Args:
            store: The place.
            header: The first line of each file.
            number: Number of the first file.
        """
        self._store = store
        self._header = header
        self._number = number
        self._lines = 0
        self._files = 0
        self._failure: OSError | None = None
        self._turn = threading.Lock()

    def stage(self, data: bytes) -> str:
        """Write the data of a partition, which is not part of the dataset yet.

        Args:
            data: The whole file.

        Returns:
            Where it is.

        Raises:
            OSError: It could not be written.
        """
        with self._turn:
            self._files += 1
            path = staged_path(self._number, self._files)
        self._store.stage(path, data)
        return path

    def add(self, entry: Partition | Failed) -> None:
        """Write a line.

        Args:
            entry: What it says.

        Raises:
            OSError: It could not be written, or an earlier one could not: nothing may stand behind half a line.
        """
        with self._turn:
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
