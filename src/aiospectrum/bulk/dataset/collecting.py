"""Finished windows of a run, which are collected until many of them make one spool file."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import attrs

from aiospectrum.bulk.columns import Part
from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.dataset.settling import cap_lag, is_done
from aiospectrum.bulk.dataset.state import Failed, SavedWindow
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import SpectrumError

__all__ = ["Collected", "Finished", "StartedTask"]

_MOST_TASKS: Final = 500
"""Tasks that are worth a spool file, however small they are."""


@attrs.frozen(kw_only=True)
class Finished:
    """A window whose reports are all there, or one that failed."""

    zone_id: str
    """The zone, in lower case."""

    window: SavedWindow
    """The window."""

    parts: Sequence[Part]
    """Its reports."""

    is_refresh: bool
    """Whether some of it was there already."""

    odd_lags: int
    """Reports with a ``data_lag`` that cannot be."""


@attrs.define(kw_only=True)
class StartedTask:
    """A task that is under way."""

    zone_id: str
    """The zone, as the plan has it."""

    window: Window
    """The window; what is fetched of it may end earlier."""

    is_clipped: bool
    """Whether it does."""

    is_refresh: bool
    """Whether some of it was there already."""

    parts: list[Part] = attrs.Factory(list)
    """The reports so far."""

    failure: tuple[Window, SpectrumError] | None = None
    """The first error, and what it is about."""

    _asked: float = float("inf")
    _lag: float = 0.0
    _odd_lags: int = 0

    def add(self, part: Part, *, asked: float, data_lag: float) -> None:
        """Keep a report, unless there is an error."""
        if self.failure is not None:
            return
        lag, is_odd = cap_lag(data_lag)
        self.parts.append(part)
        self._asked = min(self._asked, asked)
        self._lag = max(self._lag, lag)
        self._odd_lags += is_odd

    def fail(self, window: Window, error: SpectrumError) -> None:
        """Keep the first error, and no reports any more."""
        self.failure = self.failure or (window, error)
        self.parts.clear()

    def finish(self, settle_after: float) -> Finished:
        """Say what became of it.

        Args:
            settle_after: Seconds after its end from which on nothing is missing of a window.

        Returns:
            The window with all its reports.
        """
        asked, until = int(self._asked // 1), to_seconds(self.window.until)
        done = is_done(until, asked=asked, data_lag=self._lag, settle_after=settle_after)
        window = SavedWindow(
            since=to_seconds(self.window.since),
            until=until,
            rows=sum(len(part.report) for part in self.parts),
            asked=asked,
            data_lag=self._lag,
            filling=self.is_clipped or not done,
        )
        return Finished(
            zone_id=self.zone_id.lower(),
            window=window,
            parts=self.parts,
            is_refresh=self.is_refresh,
            odd_lags=self._odd_lags,
        )


@attrs.define
class Collected:
    """What has ended since the last spool file was written."""

    row_bytes: int
    """Bytes of a row of a table, about."""

    most_bytes: int
    """Bytes of reports that are worth a file."""

    windows: list[Finished] = attrs.Factory(list)
    """Windows that are there."""

    failures: list[Failed] = attrs.Factory(list)
    """Tasks that failed."""

    ended: Counter[str] = attrs.Factory(Counter)
    """How many of both there are, by period."""

    bytes: int = 0
    """Bytes of the reports, about."""

    def __bool__(self) -> bool:
        return bool(self.windows or self.failures)

    @property
    def is_full(self) -> bool:
        """Whether it is worth a file."""
        return self.bytes >= self.most_bytes or len(self.windows) + len(self.failures) >= _MOST_TASKS

    def add(self, each: Finished | Failed, period: str) -> None:
        """Keep a window or failure, of a task in a period."""
        self.ended[period] += 1
        if isinstance(each, Failed):
            self.failures.append(each)
        else:
            self.windows.append(each)
            self.bytes += each.window.rows * self.row_bytes
