"""The journals that a run writes."""

import threading
from collections.abc import Iterable, Sequence

import msgspec

from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.paths import journal_number, journal_path, staged_path, state_number, writer_of
from aiospectrum.bulk.dataset.state import Entry, Header, Noted, write_entry
from aiospectrum.bulk.dataset.store import Store

__all__ = ["Journal"]


class Journal:
    """What a run has done, line by line; used from several threads."""

    def __init__(self, store: Store, header: Header, writer: str) -> None:
        """Write nothing yet.

        Args:
            store: The store.
            header: The first line of each file.
            writer: Who writes.
        """
        self.header = header
        """The first line of each file."""
        self.writer = writer
        """Who writes."""
        self._store = store
        self._number = 0
        self._path: str | None = None
        self._lines = 0
        self._failure: OSError | None = None
        self._lock = threading.Lock()

    def next_number(self) -> int:
        """A number for a file of the state that no other one has."""
        with self._lock:
            return self._count()

    def follow(self, paths: Iterable[str]) -> None:
        """Let lines from now on stand behind all that is in journals now, and numbers follow those that are there.

        Args:
            paths: All files of the state that are there, or were.
        """
        with self._lock:
            highest = 0
            for path in paths:
                self._number = max(self._number, state_number(path) or 0)
                if writer_of(path) != self.writer:
                    highest = max(highest, journal_number(path) or 0)
            if self._path is not None and highest >= (journal_number(self._path) or 0):
                self._path = None

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
            self._path = journal_path(self.writer, self._count())
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
        latest = self.writer
        for writer, header in index.headers.items():
            if header is index.header:
                latest = writer
            else:
                self._publish(writer, [header])
        lines: list[Entry] = [index.header or self.header]
        lines += [msgspec.structs.replace(each, merged=()) for each in index.files.values()]
        lines += [*index.spools.values(), *index.failures.values()]
        if index.noted:
            lines.append(Noted(windows={zone: [each.window for each in of] for zone, of in index.noted.items() if of}))
        self._publish(latest, lines)

    def _publish(self, writer: str, lines: Iterable[Entry]) -> None:
        staged = staged_path(self.writer, self.next_number())
        self._store.stage(staged, b"".join(map(write_entry, lines)))
        self._store.publish(staged, journal_path(writer, self.next_number()))

    def _count(self) -> int:
        self._number += 1
        return self._number
