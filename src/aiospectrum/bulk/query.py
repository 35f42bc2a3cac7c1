"""The query that a plan has for every zone and window: pure."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, TypeVar, get_args

import attrs

from aiospectrum._generated.analytics import GET_EVENTS_SUMMARY
from aiospectrum._generated.checks import DIMENSION, METRIC, TIME_DELTA
from aiospectrum.bulk.packing import ColumnReport
from aiospectrum.checks import Array, Integer, Text, Unchecked, keep, refuse
from aiospectrum.models import Dimension, Metric, Report, TimeDelta

__all__ = ["Kind", "Query", "check_metrics", "is_truncated"]

Kind: TypeAlias = Literal["bytime", "summary"]
"""Which report: metrics by time interval, or summed over the window."""

S = TypeVar("S", bound=str)


_KIND: Final = Text(choices=get_args(Kind), takes_unchecked=False)
_METRICS: Final = Array(items=METRIC, min_items=1, expected="a list with at least one metric")
_DIMENSIONS: Final = Array(items=DIMENSION, expected="a list of dimensions")
_FILTERS: Final = next(each.check for each in GET_EVENTS_SUMMARY.query if each.name == "filters")
_LIMIT: Final = Integer(minimum=1, takes_unchecked=False, expected="an integer of 1 or more, or None")


def check_metrics(value: Sequence[Metric | Unchecked]) -> tuple[Metric | Unchecked, ...]:
    """Check metrics: at least one, and each once."""
    return _check_names("metrics", value, _METRICS)


def _check_dimensions(value: Sequence[Dimension | Unchecked]) -> tuple[Dimension | Unchecked, ...]:
    return _check_names("dimensions", value, _DIMENSIONS)


def _check_names(field: str, value: Sequence[S], check: Array) -> tuple[S, ...]:
    names: list[S] = check.check(field, value)
    if len(set(names)) < len(names):
        refuse(field, value, "each name once")
    return tuple(names)


@attrs.frozen(kw_only=True)
class Query:
    """What is fetched for every zone and window.

    There is no sorting, as all rows are wanted: when a report was truncated, its window is split and fetched in parts.

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    kind: Kind = attrs.field(default="bytime", validator=keep(_KIND))
    """Which report."""

    time_delta: TimeDelta | Unchecked | None = attrs.field(default=None, validator=keep(TIME_DELTA, or_none=True))
    """Length of each time interval; given for ``bytime``, None for ``summary``."""

    metrics: tuple[Metric | Unchecked, ...] = attrs.field(converter=check_metrics)
    """Metrics to compute, in this order, at least one. Of these, ``count``, ``bytesIngress`` and ``bytesEgress`` add up
    over windows; durations, which are averages and percentiles, do not."""

    dimensions: tuple[Dimension | Unchecked, ...] = attrs.field(default=(), converter=_check_dimensions)
    """Attributes to break the metrics down by, in this order; a single row when empty."""

    filters: str | None = attrs.field(default=None, validator=keep(_FILTERS, or_none=True))
    """Conditions on dimensions, such as ``event==disconnect``, in plain text or made by :data:`aiospectrum.F`; None for
    none."""

    limit: int | None = attrs.field(default=None, validator=keep(_LIMIT, or_none=True))
    """Maximum number of rows of a response, 1 or more; None for as many as the API gives."""

    def __attrs_post_init__(self) -> None:
        if self.kind == "bytime":
            TIME_DELTA.check("time_delta", self.time_delta)
        elif self.time_delta is not None:
            refuse("time_delta", self.time_delta, "None, as a summary has no time intervals")

    @property
    def shortest(self) -> TimeDelta | Literal["whole"]:
        """The shortest window that a longer one is split into: a time interval, or for summaries a minute.

        Windows of intervals whose length this version does not know are not split.
        """
        if isinstance(self.time_delta, Unchecked):
            return "whole"
        return "minute" if self.time_delta is None else self.time_delta


def is_truncated(query: Query, report: Report | ColumnReport) -> bool:
    """Return whether a report may lack rows.

    The rows are compared with the limit of the query and with the one that the report echoes, which may be a maximum of
    the API's own. A report with exactly as many rows as that may be complete; it is not possible to know.

    Args:
        query: What was requested.
        report: The report.

    Returns:
        False when there is no limit and the API counts no more rows than there are, and for a query without dimensions,
        which has one row at most.
    """
    if not query.dimensions:
        return False
    count = len(report.data)
    limits = [limit for limit in (query.limit, report.query.limit) if isinstance(limit, int) and limit > 0]
    return report.rows > count or any(count >= limit for limit in limits)
