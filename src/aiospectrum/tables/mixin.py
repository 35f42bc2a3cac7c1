"""The methods of reports that make tables of them.

What makes tables is imported when the first one is made: most programs make none, and all import the models.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import nan
from typing import TYPE_CHECKING, cast

from aiospectrum._codec.forms import OddReportForms
from aiospectrum._extras import import_extra
from aiospectrum.errors import TableError

if TYPE_CHECKING:
    import altair
    import pandas
    import polars
    import pyarrow

    from aiospectrum.tables.layout import ReportLike, TidyTable
    from aiospectrum.tables.records import Record

__all__ = ["ReportTable", "TableMethods"]


class TableMethods:
    """Methods of a report, or of what has one: plain rows and Arrow tables of it."""

    __slots__ = ()

    def _tidy(self, metrics: Sequence[str] | None, dimensions: Sequence[str] | None) -> "TidyTable":
        raise NotImplementedError

    def records(
        self, *, metrics: Sequence[str] | None = None, dimensions: Sequence[str] | None = None
    ) -> "list[Record]":
        """Return the table as plain rows.

        Args:
            metrics: Names of the metrics, in the order of the numbers; those that the report echoes when None.
            dimensions: Names of the dimensions, in the order of the values; those that the report echoes when None.

        Returns:
            One dict for each row, with datetimes in UTC, strings, whole numbers for counts and bytes (floats where they
            have fractions), floats for durations (in milliseconds), and None for what is missing.

        Raises:
            InvalidArgumentError: The given names do not fit.
            TableError: The report does not say the names, or its parts do not go together.
        """
        from aiospectrum.tables.records import to_records

        return to_records([self._tidy(metrics, dimensions)])

    def __iter__(self) -> "Iterator[Record]":
        """Give the rows of :meth:`records`, of which ``pandas.DataFrame(report)`` makes a frame.

        Raises:
            TableError: The report does not say the names of its columns, or its parts do not go together.
        """
        return iter(self.records())

    def to_arrow(
        self, *, metrics: Sequence[str] | None = None, dimensions: Sequence[str] | None = None
    ) -> "pyarrow.Table":
        """Return the table as an Arrow table; needs ``aiospectrum[arrow]``.

        Args:
            metrics: Names of the metrics, in the order of the numbers; those that the report echoes when None.
            dimensions: Names of the dimensions, in the order of the values; those that the report echoes when None.

        Returns:
            A table with timestamps in microseconds UTC, dictionary-encoded strings, whole numbers of 64 bits for counts
            and bytes (floats of 64 bits for a column where they have fractions, or are 9.2e18 or more), floats of 64
            bits for durations (in milliseconds), and null for what is missing.

        Raises:
            ImportError: pyarrow is not installed.
            InvalidArgumentError: The given names do not fit.
            TableError: The report does not say the names, or its parts do not go together.
        """
        from aiospectrum.tables.arrow import to_arrow

        return to_arrow(self._tidy(metrics, dimensions))

    def to_polars(
        self, *, metrics: Sequence[str] | None = None, dimensions: Sequence[str] | None = None
    ) -> "polars.DataFrame":
        """Return the table as a frame of polars; needs ``aiospectrum[arrow]`` and polars.

        Args:
            metrics: See :meth:`to_arrow`.
            dimensions: See :meth:`to_arrow`.

        Returns:
            The rows of :meth:`to_arrow`, with categories for texts.

        Raises:
            ImportError: pyarrow or polars is not installed; the message says how to install it.
            InvalidArgumentError: The given names do not fit.
            TableError: The report does not say the names, or its parts do not go together.
        """
        pl = import_extra("polars", extra=None, purpose="A frame of polars")
        frame: polars.DataFrame = pl.from_arrow(self.to_arrow(metrics=metrics, dimensions=dimensions))
        return frame

    def to_pandas(
        self, *, metrics: Sequence[str] | None = None, dimensions: Sequence[str] | None = None
    ) -> "pandas.DataFrame":
        """Return the table as a frame of pandas; needs ``aiospectrum[arrow]`` and pandas.

        Args:
            metrics: See :meth:`to_arrow`.
            dimensions: See :meth:`to_arrow`.

        Returns:
            The rows of :meth:`to_arrow`, with categories for texts.

        Raises:
            ImportError: pyarrow or pandas is not installed; the message says how to install it.
            InvalidArgumentError: The given names do not fit.
            TableError: The report does not say the names, or its parts do not go together.
        """
        import_extra("pandas", extra=None, purpose="A frame of pandas")
        frame: pandas.DataFrame = self.to_arrow(metrics=metrics, dimensions=dimensions).to_pandas()
        return frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Export the table to a library that takes Arrow data, such as polars, pandas, DuckDB or pyarrow.

        Source: https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html

        Args:
            requested_schema: A capsule with the schema that the library would like.

        Returns:
            A capsule with a stream of the data of :meth:`to_arrow`.

        Raises:
            ImportError: pyarrow is not installed.
            TableError: The report does not say the names of its columns, or its parts do not go together.
        """
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def plot(
        self,
        metric: str | None = None,
        *,
        by: str | None = None,
        top: int = 6,
        names: Mapping[str, str] | None = None,
        metrics: Sequence[str] | None = None,
        dimensions: Sequence[str] | None = None,
    ) -> "altair.TopLevelMixin":
        """Draw the report as a chart, which shows itself in a notebook; needs ``aiospectrum[report]``.

        ::

            chart = report.plot("bytesIngress", by="appID", names=await bulk.app_names(client, [zone_id]))
            chart.save("traffic.svg")  # or .png, or .html

        Several time intervals are drawn over time in UTC: counts and bytes stacked, durations as lines. A summary, and
        a report with one interval, is drawn as bars.

        Args:
            metric: What to draw; a panel for each metric that can be drawn when None.
            by: The dimension to break it down by; the first one when None. Rows that differ in others are added up, and
                durations cannot be.
            top: Series of their own, the largest, 1 to 6; all others are drawn as one, or left out if they are
                durations, which the chart says.
            names: Names of applications by id, such as :func:`aiospectrum.bulk.app_names` gives.
            metrics: Names of the metrics, in the order of the numbers; those that the report echoes when None.
            dimensions: Names of the dimensions, in the order of the values; those that the report echoes when None.

        Returns:
            An altair chart of a panel, or of several one below another. Its method ``save`` writes SVG, PNG, HTML and
            JSON.

        Raises:
            ImportError: altair is not installed; the message says how to install it.
            InvalidArgumentError: An argument is invalid, or durations would have to be added up.
            TableError: The report does not say the names, or its parts do not go together.
        """
        from aiospectrum.charts.drawing import make_chart
        from aiospectrum.charts.reports import check_drawing, panels_of_report

        tidy = self._tidy(metrics, dimensions)
        wanted = check_drawing(metric, by, top, names, metrics=tidy.metrics, dimensions=tidy.dimensions)
        numbers = {name: [*chain.from_iterable(pieces)] for name, pieces in tidy.metrics.items()}
        return make_chart(
            panels_of_report(tidy.intervals, tidy.dimensions, numbers, wanted=wanted, by=by, top=top, names=names or {})
        )


class ReportTable(TableMethods, OddReportForms):
    """A report as a tidy table: a row for each combination of dimension values and time interval.

    The columns are ``interval_start`` and ``interval_end``, both included and in UTC, then one for each dimension and
    one for each metric, by the names and in the order of the API. In a summary the interval is the time that the report
    says it covers, missing where it does not.
    """

    __slots__ = ()

    def _tidy(self, metrics: Sequence[str] | None, dimensions: Sequence[str] | None) -> "TidyTable":
        from aiospectrum.tables.layout import TidyTable

        return TidyTable.from_report(cast("ReportLike", self), metrics=metrics, dimensions=dimensions)

    def _repr_html_(self) -> str | None:
        """The first rows, for notebooks; None, and so a plain text, where the report has no table."""
        from aiospectrum.charts.notebook import report_html

        try:
            tidy = self._tidy(None, None)
        except TableError:
            return None
        lag = getattr(self, "data_lag", nan)
        return report_html(tidy.intervals, tidy.dimensions, tidy.metrics, rows=tidy.rows, data_lag=lag)
