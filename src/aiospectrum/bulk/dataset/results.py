"""The result of saving a plan, and its progress."""

from typing import Literal, TypeAlias

import attrs

from aiospectrum.bulk.windows import Window

__all__ = ["FileFormat", "SaveFailure", "SaveProgress", "Saved"]

FileFormat: TypeAlias = Literal["parquet", "csv", "ndjson"]
"""Format of the files of a dataset; ``parquet`` needs ``aiospectrum[arrow]``."""


@attrs.frozen(kw_only=True)
class SaveProgress:
    """How far the saving of a plan has come."""

    total: int
    """Tasks of the plan."""

    skipped: int = 0
    """Tasks whose partitions were there already; known from the beginning."""

    done: int = 0
    """Tasks whose partitions have been written by this run."""

    refreshed: int = 0
    """Tasks among those whose partitions were there already, with data that may have been missing."""

    failed: int = 0
    """Tasks that have failed in this run."""

    splits: int = 0
    """How often a window was cut in two because its report had been truncated."""

    rows: int = 0
    """Rows that have been written."""

    bytes: int = 0
    """Bytes of the files that have been written."""

    @property
    def left(self) -> int:
        """Tasks that have not ended yet."""
        return self.total - self.skipped - self.done - self.failed


@attrs.frozen(kw_only=True)
class SaveFailure:
    """A task that failed; what was there before of its partition still is."""

    zone_id: str
    """Identifier of the zone."""

    window: Window
    """The window of the task, or the part of it that failed first."""

    error: str
    """The name of the error's class, and its message."""


@attrs.frozen(kw_only=True)
class Saved:
    """The result of saving a plan."""

    total: int
    """Tasks of the plan."""

    skipped: int
    """Tasks whose partitions were there already."""

    done: int
    """Tasks whose partitions were written."""

    refreshed: int
    """Tasks among those whose partitions were there already, with data that may have been missing."""

    failed: tuple[SaveFailure, ...]
    """Tasks that failed; saving the plan again attempts them once more."""

    rows: int
    """Rows that were written."""

    bytes: int
    """Bytes of the files that were written."""

    stopped: bool
    """Whether tasks were left out because ``stop`` was set."""

    @property
    def left(self) -> int:
        """Tasks that were not started, as ``stop`` was set."""
        return self.total - self.skipped - self.done - len(self.failed)

    @property
    def ok(self) -> bool:
        """Whether the dataset has all of the plan now."""
        return not self.failed and not self.left
