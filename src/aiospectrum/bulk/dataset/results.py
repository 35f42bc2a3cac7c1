"""The result of saving a plan, and its progress."""

from typing import Literal, TypeAlias

import attrs

from aiospectrum.bulk.windows import Window

__all__ = ["FileFormat", "PictureFormat", "SaveFailure", "SaveProgress", "Saved"]

FileFormat: TypeAlias = Literal["parquet", "csv", "ndjson"]
"""Format of the files of a dataset; ``parquet`` needs ``aiospectrum[arrow]``."""

PictureFormat: TypeAlias = Literal["html", "svg", "png"]
"""Format of a report: a page for people, or a picture to post."""


@attrs.frozen(kw_only=True)
class SaveProgress:
    """How far the saving of a plan has come.

    Each task is in one of ``skipped``, ``done``, ``filling``, ``not_begun``, ``failed`` and ``left``.
    """

    total: int
    """Tasks of the plan; and those of filling windows that the dataset has outside of it."""

    skipped: int = 0
    """Tasks of the plan that are done already: known from the beginning, but for what other writers do meanwhile."""

    done: int = 0
    """Tasks whose windows have been saved by this run, with all rows that there will ever be."""

    filling: int = 0
    """Tasks whose windows may get more rows: the next run on the dataset asks for them again, whatever its plan."""

    not_begun: int = 0
    """Tasks whose windows have not begun, and that are not asked for; known from the beginning."""

    refreshed: int = 0
    """Tasks among those done and filling of which something was there already."""

    failed: int = 0
    """Tasks that have failed in this run."""

    splits: int = 0
    """How often a window was cut in two because its report had been truncated."""

    rows: int = 0
    """Rows that have been saved."""

    bytes: int = 0
    """Bytes of the data files that have been written."""

    odd_lags: int = 0
    """Reports whose ``data_lag`` was negative, not finite or over a day, and was taken for 0 s or a day."""

    @property
    def left(self) -> int:
        """Tasks that have not ended yet."""
        return self.total - self.skipped - self.done - self.filling - self.not_begun - self.failed


@attrs.frozen(kw_only=True)
class SaveFailure:
    """A task that failed; what was there before of its window still is."""

    zone_id: str
    """Identifier of the zone."""

    window: Window
    """The window of the task, or the part of it that failed first."""

    error: str
    """The name of the error's class, and its message."""


@attrs.frozen(kw_only=True)
class Saved:
    """The result of saving a plan; each task is in one of the same counts as in :class:`SaveProgress`."""

    folder: str
    """The folder of the data files, which is what other programs read; a URL without secrets for file systems."""

    total: int
    """Tasks of the plan; and those of filling windows that the dataset has outside of it."""

    skipped: int
    """Tasks of the plan that were done already, or that other writers have done meanwhile."""

    done: int
    """Tasks whose windows have been saved by this run, with all rows that there will ever be."""

    filling: int
    """Tasks whose windows may get more rows: the next run on the dataset asks for them again, whatever its plan."""

    not_begun: int
    """Tasks whose windows have not begun, and that are not asked for."""

    refreshed: int
    """Tasks among those done and filling of which something was there already."""

    failed: tuple[SaveFailure, ...]
    """Tasks that failed; saving the plan again attempts them once more."""

    rows: int
    """Rows that were saved."""

    bytes: int
    """Bytes of the data files that were written."""

    odd_lags: int
    """Reports whose ``data_lag`` was negative, not finite or over a day, and was taken for 0 s or a day."""

    stopped: bool
    """Whether tasks were left out because ``stop`` was set."""

    @property
    def left(self) -> int:
        """Tasks that were not started, as ``stop`` was set."""
        return self.total - self.skipped - self.done - self.filling - self.not_begun - len(self.failed)

    @property
    def ok(self) -> bool:
        """Whether the dataset has all of the plan now, and nothing that is filling."""
        return not (self.failed or self.left or self.filling or self.not_begun)

    def _repr_html_(self) -> str:
        """What was saved, for notebooks."""
        from aiospectrum.charts.notebook import saved_html

        names = ("skipped", "done", "filling", "not_begun", "left", "rows", "bytes")
        failures = [f"zone {each.zone_id}, {each.window}: {each.error}" for each in self.failed]
        numbers = {"tasks": self.total, **{name: getattr(self, name) for name in names}}
        return saved_html(self.folder, numbers, failures, ok=self.ok)
