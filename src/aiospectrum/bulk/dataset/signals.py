"""Small files in a dataset by which the parts of one save hear of each other: how far each is, and that all are to end."""

from typing import Final

import msgspec

from aiospectrum.bulk.dataset.paths import run_path
from aiospectrum.bulk.dataset.results import SaveProgress
from aiospectrum.bulk.dataset.store import Store

__all__ = ["Order", "Signals"]

_LARGEST: Final = 4096
"""Bytes of a file."""


class Order(msgspec.Struct, kw_only=True, frozen=True):
    """What the coordinator writes, again and again, so that parts see that it is alive."""

    beat: int
    """Counts up."""

    stop: bool = False
    """Whether no more tasks are to be started."""

    cancel: bool = False
    """Whether everything is to end at once."""


class Signals:
    """The files of one save; every method may block, and is called in threads."""

    def __init__(self, store: Store, run_id: str) -> None:
        """Touch nothing yet.

        Args:
            store: Where the dataset is; its lock is not needed.
            run_id: 16 hexadecimal characters, which no other save has.
        """
        self._store = store
        self._run_id = run_id

    def order(self, order: Order) -> None:
        """Tell all parts what to do."""
        self._store.signal(run_path(self._run_id, ""), msgspec.json.encode(order))

    def read_order(self) -> Order | None:
        """Read what the coordinator wrote last; None for nothing that can be read."""
        return self._read("", Order)

    def report(self, writer: str, progress: SaveProgress) -> None:
        """Tell the coordinator how far a part is."""
        self._store.signal(run_path(self._run_id, writer), msgspec.json.encode(progress))

    def read_reports(self, writers: list[str]) -> dict[str, SaveProgress]:
        """Read how far the parts are, as far as they have said so."""
        found = {writer: self._read(writer, SaveProgress) for writer in writers}
        return {writer: progress for writer, progress in found.items() if progress is not None}

    def clear(self, writers: list[str]) -> None:
        """Delete all files."""
        for name in ("", *writers):
            self._store.delete_signal(run_path(self._run_id, name))

    def _read(self, name, kind):
        try:
            return msgspec.json.decode(self._store.read(run_path(self._run_id, name), _LARGEST), type=kind)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return None
