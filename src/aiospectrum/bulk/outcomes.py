"""What became of the tasks of a plan."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from aiospectrum.bulk.plan import Task
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import SpectrumError
from aiospectrum.models import Report
from aiospectrum.tables.layout import Record, Tidy, to_records

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Outcome", "Progress", "Tally", "TruncatedError"]


class TruncatedError(SpectrumError):
    """A report may lack rows, and its window cannot be split any further.

    Ask with a larger limit, fewer dimensions, or filters that divide the rows.
    """

    def __init__(self, message: str, *, report: Report) -> None:
        """Keep the report.

        Args:
            message: The whole error in one line.
            report: What there is of the report.
        """
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(TruncatedError, report=self.report), self.args


@attrs.frozen(kw_only=True)
class Outcome:
    """A report, or why there is none."""

    task: Task
    """The task of the plan."""

    window: Window
    """What the report is of: the window of the task, or a part of it when that was split."""

    report: Report | None = attrs.field(default=None, repr=False)
    """The report, None when there is an error."""

    error: SpectrumError | None = None
    """Why there is no report, None when there is one."""

    is_last: bool
    """Whether all parts of the task's window have had their outcomes with this one."""

    @property
    def ok(self) -> bool:
        """Whether there is a report."""
        return self.error is None

    def unwrap(self) -> Report:
        """Give the report, or raise the error.

        Returns:
            The report.

        Raises:
            SpectrumError: There is none; see :mod:`aiospectrum.errors` for the tree.
        """
        if self.error is not None:
            raise self.error
        assert self.report is not None, "there is one or the other"  # noqa: S101 - for the type checker
        return self.report

    def records(self, *, metrics: Sequence[str] | None = None, dimensions: Sequence[str] | None = None) -> list[Record]:
        """Give the report as plain rows, each with ``zone_id``, ``window_since`` and ``window_until`` (excluded).

        Args:
            metrics: Names of the metrics, in the order of the numbers; those that the report echoes when None.
            dimensions: Names of the dimensions, in the order of the values; those that the report echoes when None.

        Returns:
            The rows; see :meth:`aiospectrum.Report.records` for the other columns.

        Raises:
            InvalidArgumentError: Names that were given do not fit.
            TableError: The report does not say the names, or its parts do not go together.
            SpectrumError: There is no report.
        """
        return to_records([self._lay_out(metrics, dimensions)])

    def to_arrow(
        self, *, metrics: Sequence[str] | None = None, dimensions: Sequence[str] | None = None
    ) -> "pyarrow.Table":
        """Give the report as an Arrow table, with ``zone_id``, ``window_since`` and ``window_until`` (excluded).

        Args:
            metrics: Names of the metrics, in the order of the numbers; those that the report echoes when None.
            dimensions: Names of the dimensions, in the order of the values; those that the report echoes when None.

        Returns:
            The table; see :meth:`aiospectrum.Report.to_arrow` for the other columns.

        Raises:
            ImportError: pyarrow is not installed.
            InvalidArgumentError: Names that were given do not fit.
            TableError: The report does not say the names, or its parts do not go together.
            SpectrumError: There is no report.
        """
        from aiospectrum.tables.arrow import ArrowMaker

        return ArrowMaker().table(self._lay_out(metrics, dimensions))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the table to a library that takes Arrow data; see :meth:`aiospectrum.Report.__arrow_c_stream__`.

        Args:
            requested_schema: A capsule with the schema that the library would like.

        Returns:
            A capsule with a stream of the data of :meth:`to_arrow`.

        Raises:
            ImportError: pyarrow is not installed.
            TableError: The report does not say the names of its columns, or its parts do not go together.
            SpectrumError: There is no report.
        """
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _lay_out(self, metrics: Sequence[str] | None, dimensions: Sequence[str] | None) -> Tidy:
        return Tidy.of(
            self.unwrap(),
            metrics=metrics,
            dimensions=dimensions,
            interval=(self.window.since, self.window.last),
            heads={
                "zone_id": self.task.zone_id,
                "window_since": self.window.since,
                "window_until": self.window.until,
            },
        )


@attrs.frozen(kw_only=True)
class Progress:
    """How far a pull has come, by the outcomes that its caller has been given."""

    total: int
    """Tasks of the plan."""

    done: int = 0
    """Tasks that have had all their outcomes, with failed ones."""

    failed: int = 0
    """Tasks among those with an error for the whole window or a part of it."""

    splits: int = 0
    """How often a window was cut in two because its report had been cut off."""

    rows: int = 0
    """Rows of all reports."""


class Tally:
    """Adds outcomes up; it remembers only tasks that are under way."""

    def __init__(self, total: int) -> None:
        """Begin with no outcomes.

        Args:
            total: Tasks of the plan.
        """
        self.progress = Progress(total=total)
        """How far the pull has come."""
        self._broken: set[Task] = set()

    def add(self, outcome: Outcome) -> Progress:
        """Count an outcome.

        Args:
            outcome: The next one.

        Returns:
            How far the pull has come with it.
        """
        before, task = self.progress, outcome.task
        if not outcome.ok:
            self._broken.add(task)
        self.progress = Progress(
            total=before.total,
            done=before.done + outcome.is_last,
            failed=before.failed + (outcome.is_last and task in self._broken),
            splits=before.splits + (not outcome.is_last),  # n parts of a window are n - 1 cuts
            rows=before.rows + (0 if outcome.report is None else len(outcome.report.data)),
        )
        if outcome.is_last:
            self._broken.discard(task)
        return self.progress
