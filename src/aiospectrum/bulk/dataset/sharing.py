"""A dataset as a run shares it with other writers: what they have done, what they are at work on, and what it claims.

All of this blocks, and is called while the dataset's lock is held.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import attrs
import msgspec

from aiospectrum.bulk.dataset.errors import DestinationBusyError, DestinationMismatchError
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.journal import Journal
from aiospectrum.bulk.dataset.loading import read_news
from aiospectrum.bulk.dataset.paths import (
    UPKEEP,
    aside_path,
    claim_path,
    journal_number,
    read_data_name,
    staged_path,
    state_kind,
    writer_of,
)
from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.dataset.state import (
    LONGEST_CLAIM,
    Claim,
    Entry,
    Header,
    Removed,
    read_claim,
    read_plan,
    write_entry,
)
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.tasks import RunTask, Span

__all__ = ["News", "Sharing", "begin_run", "check_destination"]

_LOGGER: Final = logging.getLogger("aiospectrum")

_MOST_JOURNALS: Final = 20
"""Journals from which on a run that is alone merges them into one; every run that writes adds one or more."""

_SKEW: Final = 300
"""Seconds after its start from which on a run doubts that a window was asked for, while others are at work.

Their clocks may be ahead of its own, and they go on between its start and its first look at what they have written.
When nobody is at work, all that was asked for after the start is doubted: it is of a clock that was wrong.
"""

News: TypeAlias = list[tuple[str, list[Entry]]]
"""Lines by journal, in order."""


@attrs.define(kw_only=True, eq=False)
class Sharing:
    """What one run knows of the others."""

    store: Store
    """Where the dataset is."""

    index: DatasetIndex
    """What is in it, by all that has been read; brought up to date by the run."""

    journal: Journal
    """What this run writes down."""

    taken: frozenset[str] = frozenset()
    """Names of all data files that were there at the start, whoever has written them."""

    others: frozenset[str] = frozenset()
    """Writers that are alive."""

    sizes: dict[str, int] = attrs.Factory(dict)
    """The size of each file by path, in bytes, as of the last look."""

    _seen: dict[str, tuple[int, int]] | None = None
    """Bytes and lines of each journal that have been read, by path; None before the first look."""

    _claims: list[Claim] = attrs.Factory(list)
    _claimed: bytes = b""

    def look(self) -> News:
        """See who is alive and what others have written and claimed since the last time.

        The first look also reads what earlier runs of the same writer have left. Later ones leave its journals out: all
        that is added to them is of this run, which has it in its index already.

        Returns:
            What has been written.

        Raises:
            DestinationBusyError: An upkeep has the dataset, or our lock was broken.
            ManifestError: A journal or claim cannot be read.
            OSError: The store cannot be read.
        """
        alive = self.store.others()  # before the journals, as whoever is not alive writes no more
        if UPKEEP in alive:
            raise DestinationBusyError(f"{self.store.name}: {alive[UPKEEP]} is saving there")
        self.others = frozenset(alive)
        self.sizes = sizes = self.store.list()
        if self._seen is None:
            read, self._seen = sizes, {}
        else:
            read = {path: size for path, size in sizes.items() if writer_of(path) != self.journal.writer}
        news = [(path, list(entries)) for path, entries in read_news(self.store, read, self._seen)]
        paths = [path for path in map(claim_path, sorted(self.others)) if path in sizes]
        self._claims = [read_claim(path, self.store.read(path, LONGEST_CLAIM)) for path in paths]
        return news

    def take_over(self, *, is_first: bool = False) -> None:
        """Finish what writers that are dead had started; their spool files stay, and are merged by whoever is alive.

        A data file that was announced in full is put in its place; any other staged or spool file and any claim is of
        no use, and deleted.

        Args:
            is_first: Whether this run has written nothing yet, so that unfinished files with its name are of an earlier
                run, which is dead. Later they are its own, and left alone.

        Raises:
            OSError: The store cannot be written.
        """
        index, sizes = self.index, self.sizes
        named = (*sizes, *index.spools, *(each.staged for each in index.files.values()))
        self.journal.follow(named)
        alive = self.others if is_first else {*self.others, self.journal.writer}
        ready = {each.staged: each for each in index.files.values()}
        for path in [path for path in sizes if state_kind(path) in ("staged", "spool", "claim")]:
            if writer_of(path) in alive or path in index.spools:
                continue
            size, file = sizes.pop(path), ready.get(path)
            if file is not None and size == file.bytes:
                self.store.publish(path, file.path)
                sizes[file.path] = size
            else:
                self.store.delete(path)

    def read_headers(self) -> None:
        """Take the dataset for that of a run which has begun, and written nothing yet."""
        if self.index.header is None:
            for claim in self._claims[:1]:
                self.index.apply("", [claim.header])

    def is_ours(self, path: str) -> bool:
        """Whether a spool file is for this run to merge: its own, or that of a writer that is dead."""
        return writer_of(path) not in self.others

    def claimed_by_others(self) -> dict[str, list[Span]]:
        """The time of each zone that writers which are alive are at work on."""
        found: dict[str, list[Span]] = {}
        for claim in self._claims:
            for zone_id, spans in claim.windows.items():
                found.setdefault(zone_id, []).extend(spans)
        return found

    def claim(self, tasks: Iterable[RunTask]) -> None:
        """Say what this run is at work on, in place of what it was before.

        Args:
            tasks: The tasks.

        Raises:
            OSError: The store cannot be written.
        """
        windows: dict[str, list[Span]] = {}
        for each in tasks:
            span = to_seconds(each.task.window.since), to_seconds(each.task.window.until)
            windows.setdefault(each.task.zone_id.lower(), []).append(span)
        claimed = write_entry(Claim(header=self.journal.header, windows=windows))
        if claimed != self._claimed:
            staged = staged_path(self.journal.writer, 0)
            self.store.stage(staged, claimed)
            self.store.publish(staged, claim_path(self.journal.writer))
            self._claimed = claimed

    @property
    def has_claim(self) -> bool:
        """Whether there is anything that it has claimed, or a file that says so."""
        return bool(self._claimed)

    def end(self) -> None:
        """Claim nothing any more.

        Raises:
            OSError: The store cannot be written.
        """
        self.store.delete(claim_path(self.journal.writer))
        self._claimed = b""


def begin_run(store: Store, header: Header, writer: str) -> Sharing:
    """Lock out other runs of a writer, read the dataset, and finish what runs that were killed had started.

    Args:
        store: The store, with the dataset's lock.
        header: What is to be saved.
        writer: Who saves.

    Returns:
        What the run knows of the dataset and of others.

    Raises:
        DestinationBusyError: Another run of the same writer is active, or an upkeep.
        DestinationMismatchError: There is something else than a dataset of the same query and format.
        ManifestError: The state cannot be read.
        OSError: The store cannot be read or written.
    """
    store.lock(writer)
    index = DatasetIndex()
    sharing = Sharing(store=store, index=index, journal=Journal(store, header, writer))
    for path, entries in sharing.look():
        index.apply(path, entries)
    sharing.read_headers()
    sizes = sharing.sizes
    check_destination(store, index, sizes, header)
    if index.header is not None:
        sharing.journal.header = msgspec.structs.replace(header, period=index.header.period)
    sharing.taken = frozenset(filter(read_data_name, sizes))
    sharing.take_over(is_first=True)
    _set_aside(sharing, sizes)
    journals = [path for path in sizes if journal_number(path) is not None]
    if index.header is not None and not sharing.others and len(journals) >= _MOST_JOURNALS + len(index.headers) - 1:
        sharing.journal.merge(index)
        for path in journals:
            store.delete(path)
    index.doubt(header.started + (_SKEW if sharing.others else 0))
    if index.header is None:  # so that others know what this is before anything is written
        sharing.claim(())
    return sharing


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
    differences = [
        f"{name.removeprefix('query.').replace('_', ' ')}: {_in_words(old)}"
        for name, (old, _) in changed.items()
        if name.startswith("query.")
    ]
    if differences:
        raise DestinationMismatchError(
            f"{store.name}: the dataset is of another query ({'; '.join(differences)}): save elsewhere"
        )


def _in_words(value: object) -> str:
    """A value of a query, such as names or a number."""
    return ", ".join(value) or "none" if isinstance(value, tuple) else "none" if value is None else str(value)


def _set_aside(sharing: Sharing, sizes: dict[str, int]) -> None:
    """Take files out of the dataset that are not as the journals say, or in none of them.

    What the journals say was in them is filling then, so that this run asks for it; if the files stayed where readers
    look, its rows would be there twice. Data files are kept in ``state``, under another name, and not deleted.
    """
    store, index, journal = sharing.store, sharing.index, sharing.journal
    if index.header is None:
        return
    lines = index.drop_missing(sizes, sharing.others)
    missing = [line.path for line in lines if isinstance(line, Removed)]
    unknown = [path for path in sizes if read_data_name(path) and path not in index.files and path not in missing]
    for path in [*missing, *unknown]:
        if sizes.pop(path, None) is None:
            _LOGGER.warning("%s: %s is gone, with all that was in it", store.name, path)
        elif read_data_name(path) is None:
            store.delete(path)
        else:
            aside = aside_path(journal.writer, journal.next_number())
            store.publish(path, aside)
            reason = "is in no journal" if path in unknown else "is not as it was written"
            _LOGGER.warning("%s: %s %s, and is now %s", store.name, path, reason, aside)
    if lines:
        journal.add(*lines)
