"""The query of an analytics report, resolved and checked.

Parameters: https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/ . Times
are cut to whole seconds, and the window includes both its ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aiospectrum.sandbox._errors import bad_parameter
from aiospectrum.sandbox._filters import DIMENSIONS, Filter, parse_filter
from aiospectrum.sandbox._times import TIME_DELTAS, count_buckets, format_second, parse_second

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiospectrum.sandbox._params import Params

__all__ = ["ADDITIVE", "METRICS", "REPORT_PARAMETERS", "AnalyticsQuery", "SortKey", "read_query"]

ADDITIVE: Final = ("count", "bytesIngress", "bytesEgress")
"""Metrics that are sums."""
METRICS: Final = (*ADDITIVE, "durationAvg", "durationMedian", "duration90th", "duration99th")
"""Every metric; durations are milliseconds."""
REPORT_PARAMETERS: Final = ("dimensions", "metrics", "filters", "since", "until", "sort", "limit")
"""Query parameters of both reports; ``time_delta`` comes on top for the one by time."""

_DEFAULT_WINDOW: Final = 6 * 3600
_MOST_ROWS: Final = 10_000
_MOST_BUCKETS: Final = 100_000


@attrs.frozen
class SortKey:
    """One item of ``sort``."""

    name: str
    """A metric or dimension of the query."""
    descending: bool


@attrs.frozen(kw_only=True)
class AnalyticsQuery:
    """What a report is asked for."""

    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    filters: str | None
    condition: Filter | None
    """`filters` as parsed."""
    since: int
    """First second of the window."""
    until: int
    """Last second of the window."""
    sort: tuple[str, ...]
    sort_keys: tuple[SortKey, ...]
    """`sort` as parsed."""
    limit: int
    time_delta: str | None
    """Bucket length; ``None`` for a summary."""

    def echo(self) -> dict[str, object]:
        """Return the ``query`` part of the report, defaults resolved and empty keys left out."""
        found: dict[str, object] = {
            "dimensions": self.dimensions,
            "metrics": self.metrics,
            "filters": self.filters,
            "since": format_second(self.since),
            "until": format_second(self.until),
            "sort": self.sort,
            "limit": self.limit,
            "time_delta": self.time_delta,
        }
        return {name: value for name, value in found.items() if value is not None}


def read_query(params: Params, *, now: int, by_time: bool) -> AnalyticsQuery:
    """Return the query of a report; `now` is the default end of the window.

    Raises:
        RefusedError: A parameter is missing or invalid; the message names it.
    """
    dimensions = _read_names(params, "dimensions", DIMENSIONS, ())
    metrics = _read_names(params, "metrics", METRICS, ("count",))
    filters = params.single("filters")
    until = _read_second(params, "until", now)
    since = _read_second(params, "since", until - _DEFAULT_WINDOW)
    if since > until:
        raise bad_parameter("since", format_second(since), f"a time not after until, {format_second(until)}")
    sort = params.many("sort")
    return AnalyticsQuery(
        dimensions=dimensions,
        metrics=metrics,
        filters=filters,
        condition=None if filters is None else parse_filter(filters),
        since=since,
        until=until,
        sort=tuple(sort),
        sort_keys=tuple(_read_sort(item, (*metrics, *dimensions)) for item in sort),
        limit=params.whole("limit", low=1, high=_MOST_ROWS, default=_MOST_ROWS),
        time_delta=_read_delta(params, since, until) if by_time else None,
    )


def _read_names(params: Params, name: str, known: Sequence[str], default: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(params.many(name)))
    for item in names:
        if item not in known:
            raise bad_parameter(name, item, f"some of {', '.join(known)}")
    return names or default


def _read_second(params: Params, name: str, default: int) -> int:
    text = params.single(name)
    if text is None:
        return default
    try:
        return parse_second(text)
    except ValueError:
        expected = "an RFC 3339 time with an offset, such as 2024-05-06T07:08:09Z (in a URL, + is %2B)"
        raise bad_parameter(name, text, expected) from None


def _read_sort(item: str, known: Sequence[str]) -> SortKey:
    name = item[1:] if item.startswith(("+", "-")) else item
    if name not in known:
        expected = f"one of {', '.join(known)} (what this query asks for), after + (%2B), - or nothing"
        raise bad_parameter("sort", item, expected)
    return SortKey(name, item.startswith("-"))


def _read_delta(params: Params, since: int, until: int) -> str:
    delta = params.choice("time_delta", TIME_DELTAS, "")
    if not delta:
        raise bad_parameter("time_delta", None, f"one of {', '.join(TIME_DELTAS)}")
    if count_buckets(since, until + 1, delta) > _MOST_BUCKETS:
        raise bad_parameter("time_delta", delta, f"at most {_MOST_BUCKETS} intervals in the window")
    return delta
