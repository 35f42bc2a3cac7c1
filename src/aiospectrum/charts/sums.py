"""What a chart or page says of a dataset, as plain numbers."""

from collections.abc import Mapping, Sequence

import attrs

from aiospectrum.charts.bins import Bins

__all__ = ["EVENTS", "Breakdown", "Group", "Sums"]

EVENTS = ("connect", "progress", "disconnect", "originError", "clientFiltered")
"""The events that the API documents; all others are counted together as ``other``."""


@attrs.frozen(kw_only=True)
class Group:
    """All rows with one value of a dimension."""

    key: str
    """The value; empty where there is none."""

    totals: Mapping[str, int]
    """Sums of counts and bytes by metric."""

    events: Mapping[str, int]
    """Number of events by what they are; empty where the dataset does not tell."""

    values: Sequence[int]
    """The measure in each interval."""


@attrs.frozen(kw_only=True)
class Breakdown:
    """The largest groups of a dimension."""

    dimension: str
    """The dimension, or ``zone_id``."""

    groups: Sequence[Group]
    """The largest ones, the largest first."""

    distinct: int
    """How many there are in all."""

    busy: int
    """How many of these have any traffic: a measure above zero."""


@attrs.frozen(kw_only=True)
class Sums:
    """Rows of a dataset, added up."""

    bins: Bins
    """The intervals."""

    rows: int
    """How many rows there are."""

    is_empty: Sequence[bool]
    """Of each interval whether no row begins in it."""

    measure: Sequence[str]
    """The metrics whose sum groups are ranked by."""

    totals: Mapping[str, int]
    """Sums of counts and bytes by metric."""

    series: Mapping[str, Sequence[int]]
    """The same in each interval."""

    events: Mapping[str, Sequence[int]]
    """Number of events in each interval by what they are; empty where the dataset does not tell."""

    durations: Mapping[str, Sequence[float | None]]
    """Durations in milliseconds in each interval: means of those of the rows, weighted by their counts if there are."""

    durations_are_exact: bool
    """Whether no interval has two rows, so that these are the API's own."""

    breakdowns: Mapping[str, Breakdown]
    """Groups by dimension."""

    def measured(self) -> list[int]:
        """The measure in each interval."""
        return [sum(column) for column in zip(*(self.series[name] for name in self.measure), strict=True)]
