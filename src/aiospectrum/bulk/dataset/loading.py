"""The index of a dataset read from its journals, and what is left of it when they are damaged."""

import errno
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from aiospectrum.bulk.dataset.errors import DestinationMismatchError, ManifestError
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.paths import journal_number
from aiospectrum.bulk.dataset.state import LONGEST_JOURNAL, Entry, read_journal
from aiospectrum.bulk.dataset.store import Store

__all__ = ["no_dataset", "read_index", "read_journals", "read_news", "salvage_index"]

_ATTEMPTS: Final = 50
"""To read journals that a run merges meanwhile."""


def read_index(store: Store) -> DatasetIndex:
    """Read the journals of a dataset, which needs no lock.

    Args:
        store: Where the dataset is.

    Returns:
        The index.

    Raises:
        DestinationMismatchError: There is no dataset.
        ManifestError: The journals cannot be read.
        OSError: The store cannot be read, or so many runs save there that it never can.
    """
    index, _ = read_journals(store)
    sizes = store.list()  # after the journals, so that what they had announced and is not there yet is found
    index.unpublished = frozenset(path for path, file in index.files.items() if file.staged in sizes)
    absent = index.files.keys() - sizes.keys()
    index.unwritten = frozenset(absent & index.unpublished)
    index.lost = frozenset(absent - index.unpublished)
    if index.header is None:
        raise no_dataset(store)
    return index


def read_journals(store: Store) -> tuple[DatasetIndex, dict[str, int]]:
    """Read the journals that are there, which needs no lock.

    Args:
        store: Where the dataset is.

    Returns:
        The index, without a header when there is no journal; and the size of each file by path, in bytes.

    Raises:
        ManifestError: The journals cannot be read.
        OSError: The store cannot be read, or so many runs save there that it never can.
    """
    for _ in range(_ATTEMPTS):
        sizes = store.list()
        index = DatasetIndex()
        try:
            for path, entries in read_news(store, sizes, {}):
                index.apply(path, entries)
        except FileNotFoundError:  # a run has merged the journals
            continue
        return index, sizes
    raise OSError(errno.EBUSY, "the journals change while they are read, again and again")


def read_news(
    store: Store, sizes: Mapping[str, int], seen: dict[str, tuple[int, int]]
) -> Iterator[tuple[str, Iterable[Entry]]]:
    """Read lines of the journals that have not been read yet.

    Args:
        store: Where the dataset is.
        sizes: The size of each file by path, in bytes.
        seen: Bytes and lines of each journal that have been read, by path; brought up to date.

    Yields:
        Each journal that has more, in order, and those lines.

    Raises:
        ManifestError: The journals cannot be read.
        OSError: The store cannot be read.
    """
    paths = [path for path in _journals_in(sizes) if seen.get(path, (0, 0))[0] != sizes[path]]
    contents = {}
    for path in reversed(paths):  # as lines take others into account that stand in journals before
        if sizes[path] > LONGEST_JOURNAL:
            raise ManifestError(f"{path}: has {sizes[path]:,} bytes, and a journal has {LONGEST_JOURNAL:,} at most")
        contents[path] = store.read(path)
    for path in paths:
        content = contents.pop(path)
        before = seen.get(path, (0, 0))[1]
        seen[path] = len(content), content.count(b"\n")
        if before:  # as each line is read behind a header
            first, *lines = content.split(b"\n")
            content = b"\n".join([first, *lines[before - 1 :]])
        yield path, islice(read_journal(path, content), 1 if before else 0, None)


def salvage_index(store: Store) -> tuple[DatasetIndex, dict[str, str]]:
    """Read all lines of the journals that can be read; whether the files go with them has to be verified.

    Args:
        store: Where the dataset is.

    Returns:
        The index; and what is wrong with each damaged journal, by path.

    Raises:
        DestinationMismatchError: There is no dataset.
        ManifestError: No journal says what the dataset is.
        OSError: The store cannot be read.
    """
    journals = _journals_in(store.list())
    if not journals:
        raise no_dataset(store)
    index, wrong = DatasetIndex(), dict[str, str]()
    for path in journals:
        try:
            lines = store.read(path, LONGEST_JOURNAL).split(b"\n")[:-1]
        except ManifestError as error:
            wrong[path] = str(error)
            continue
        for number, line in enumerate(lines):
            before = [lines[0]] if number else []  # as each line is read behind a header
            try:
                index.apply(path, [*read_journal(path, b"\n".join([*before, line, b""]))][len(before) :])
            except ManifestError as error:
                wrong.setdefault(path, f"line {number + 1} cannot be read: {error.__cause__ or error}")
                if not number:
                    break
    if index.header is None:
        raise ManifestError(
            f"{store.name}: no journal says what the dataset is: save elsewhere ({wrong[journals[-1]]})"
        )
    return index, wrong


def no_dataset(store: Store) -> DestinationMismatchError:
    """The error for a place without a dataset."""
    return DestinationMismatchError(f"{store.name}: there is no dataset, which `aiospectrum pull` would make")


def _journals_in(paths: Iterable[str]) -> list[str]:
    """The journals among some files in their order, whoever has written them."""
    numbered = sorted((number, path) for path in paths if (number := journal_number(path)) is not None)
    return [path for _, path in numbered]
