"""Outcomes of a pull that have tables."""

from typing import TYPE_CHECKING

import attrs

from aiospectrum.bulk.columns import Part, pack_report, to_table
from aiospectrum.bulk.fetch import Outcome
from aiospectrum.bulk.plan import Task
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.errors import SpectrumError, TableError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["TableOutcome", "to_table_outcome"]


@attrs.frozen(kw_only=True)
class TableOutcome:
    """The table of a report, or why there is none."""

    task: Task
    """The task of the plan."""

    window: Window
    """The window of the report: that of the task, or a part of it when that was split."""

    table: "pyarrow.Table | None" = attrs.field(default=None, repr=False)
    """The table, None when there is an error."""

    rounded: tuple[str, ...] = ()
    """Counts or bytes that had fractions, and are the nearest whole numbers in the table."""

    error: SpectrumError | None = None
    """Why there is no table, None when there is one."""

    is_last: bool
    """Whether all parts of the task's window have had their outcomes with this one."""

    @property
    def ok(self) -> bool:
        """Whether there is a table."""
        return self.error is None

    def unwrap(self) -> "pyarrow.Table":
        """Return the table, or raise the error.

        Returns:
            The table, of the same columns and types for all outcomes of a plan.

        Raises:
            SpectrumError: There is none; a :class:`~aiospectrum.TableError` where parts of a report do not go together.
        """
        if self.error is not None:
            raise self.error
        return self.table


def to_table_outcome(query: Query, outcome: Outcome, *, fail_fast: bool) -> TableOutcome:
    """Make the table of an outcome.

    Raises:
        TableError: The report cannot be made into one, with ``fail_fast``.
        ImportError: pyarrow or numpy is not installed.
    """
    made = TableOutcome(task=outcome.task, window=outcome.window, error=outcome.error, is_last=outcome.is_last)
    if outcome.report is None:
        return made
    try:
        packed = pack_report(query, outcome.window, outcome.report)
    except TableError as error:
        if fail_fast:
            raise
        return attrs.evolve(made, error=error)
    part = Part(zone_id=outcome.task.zone_id, window=outcome.window, report=packed)
    table, rounded = to_table(query, [part])
    return attrs.evolve(made, table=table, rounded=rounded)
