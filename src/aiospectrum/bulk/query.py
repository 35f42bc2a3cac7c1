"""The query that a plan has for every zone and window: pure."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

import attrs

from aiospectrum.checks import Array, Integer, Text, refuse
from aiospectrum.models import Dimension, Metric, Report, TimeDelta

__all__ = ["Kind", "Query", "is_truncated"]

Kind: TypeAlias = Literal["bytime", "summary"]
"""Which report: metrics by time interval, or summed over the window."""

S = TypeVar("S", bound=str)


def _one_of(names: Any) -> Text:
    choices = get_args(names)
    return Text(choices=choices, expected=f"one of {', '.join(choices)}")


_KIND: Final = _one_of(Kind)
_TIME_DELTA: Final = _one_of(TimeDelta)
_METRICS: Final = Array(items=_one_of(Metric), min_items=1, expected="a list with at least one metric")
_DIMENSIONS: Final = Array(items=_one_of(Dimension), expected="a list of dimensions")
_FILTERS: Final = Text(
    pattern=r"^[^%]*\Z", min_length=1, expected="a filter in plain text, without percent-encoding, or None"
)
_LIMIT: Final = Integer(minimum=1, expected="an integer of 1 or more, or None")


def _check_metrics(value: Sequence[Metric]) -> tuple[Metric, ...]:
    return _check_names("metrics", value, _METRICS)


def _check_dimensions(value: Sequence[Dimension]) -> tuple[Dimension, ...]:
    return _check_names("dimensions", value, _DIMENSIONS)


def _check_names(field: str, value: Sequence[S], check: Array) -> tuple[S, ...]:
    check.check(field, value)
    if len(set(value)) < len(value):
        refuse(field, value, "each name once")
    return tuple(value)


@attrs.frozen(kw_only=True)
class Query:
    """What is fetched for every zone and window.

    There is no sorting, as all rows are wanted: when a report was truncated, its window is split and fetched in parts.

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    kind: Kind = attrs.field(default="bytime", validator=lambda _, field, value: _KIND.check(field.name, value))
    """Which report."""

    time_delta: TimeDelta | None = None
    """Length of each time interval; given for ``bytime``, None for ``summary``."""

    metrics: tuple[Metric, ...] = attrs.field(converter=_check_metrics)
    """Metrics to compute, in this order, at least one. Of these, ``count``, ``bytesIngress`` and ``bytesEgress`` add up
    over windows; durations, which are averages and percentiles, do not."""

    dimensions: tuple[Dimension, ...] = attrs.field(default=(), converter=_check_dimensions)
    """Attributes to break the metrics down by, in this order; a single row when empty."""

    filters: str | None = None
    """Conditions on dimensions, such as ``event==disconnect``, in plain text; None for none."""

    limit: int | None = None
    """Maximum number of rows of a response, 1 or more; None for as many as the API gives."""

    def __attrs_post_init__(self) -> None:
        if self.filters is not None:
            _FILTERS.check("filters", self.filters)
        if self.limit is not None:
            _LIMIT.check("limit", self.limit)
        if self.kind == "bytime":
            _TIME_DELTA.check("time_delta", self.time_delta)
        elif self.time_delta is not None:
            refuse("time_delta", self.time_delta, "None, as a summary has no time intervals")

    @property
    def shortest(self) -> TimeDelta:
        """The shortest window that a longer one is split into: a time interval, or for summaries a minute."""
        return "minute" if self.time_delta is None else self.time_delta


def is_truncated(query: Query, report: Report) -> bool:
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
