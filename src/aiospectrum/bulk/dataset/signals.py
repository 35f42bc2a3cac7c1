"""Small files in the state of a dataset by which the processes of one save hear of each other."""

from typing import Any, Final

import attrs
import msgspec

from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.paths import order_path, report_path
from aiospectrum.bulk.dataset.results import SaveProgress
from aiospectrum.bulk.dataset.store import Store

__all__ = ["Order", "Report", "Signals"]

_LARGEST: Final = 4096
"""Bytes of a file."""


@attrs.frozen(kw_only=True)
class Order:
    """What the parts of a save are to do; written again and again, which says that somebody still wants it."""

    beat: int
    """How often it has been written."""

    stop: bool = False
    """Whether they are to start no more tasks."""

    cancel: bool = False
    """Whether they are to end at once."""


@attrs.frozen(kw_only=True)
class Report:
    """How far a part of a save is."""

    progress: SaveProgress | None = None
    """Its progress, as far as known."""

    has_ended: bool = False
    """Whether it is over."""


_DECODERS: Final = {kind: msgspec.json.Decoder(kind) for kind in (Order, Report)}
"""Made here, as two threads must not make the first ones of a class at once."""


class Signals:
    """The files of one save. Every method may block, and needs no lock of the store."""

    def __init__(self, store: Store, run_id: str) -> None:
        """Touch nothing yet.

        Args:
            store: Where the dataset is.
            run_id: 16 hexadecimal digits, which no other save has.
        """
        self._store = store
        self._run_id = run_id

    def order(self, order: Order) -> None:
        """Tell all parts what to do."""
        self._write(order_path(self._run_id), order)

    def read_order(self) -> Order | None:
        """What all parts are to do; None where it does not say, as when the save is over."""
        order: Order | None = self._read(order_path(self._run_id), Order)
        return order

    def report(self, writer: str, report: Report) -> None:
        """Tell how far a part is."""
        self._write(report_path(self._run_id, writer), report)

    def read_report(self, writer: str) -> Report | None:
        """How far a part is; None where it does not say."""
        report: Report | None = self._read(report_path(self._run_id, writer), Report)
        return report

    def clear(self, writers: list[str]) -> None:
        """Delete the files, the order last."""
        for path in (*(report_path(self._run_id, writer) for writer in writers), order_path(self._run_id)):
            self._store.delete(path)
            self._store.delete(f"{path}-staged")

    def _write(self, path: str, content: Order | Report) -> None:
        self._store.stage(f"{path}-staged", msgspec.json.encode(content))
        self._store.publish(f"{path}-staged", path)

    def _read(self, path: str, kind: Any) -> Any:
        try:
            return _DECODERS[kind].decode(self._store.read(path, _LARGEST))
        except (FileNotFoundError, ManifestError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
