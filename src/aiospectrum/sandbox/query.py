"""Query strings: single values, arrays in either encoding, and the parameters and filters of a report.

Parameters: https://developers.cloudflare.com/api/resources/spectrum/subresources/analytics/ . Times
are cut to whole seconds, and the window includes both its ends.

Filters (https://developers.cloudflare.com/spectrum/reference/analytics/) compare a dimension with a
value; ``;`` or a spaced ``AND`` binds tighter than ``,`` or a spaced ``OR``. Values have letters,
digits, ``_``, ``-``, ``.`` and ``:``, and spaces are the only white space. ``ipVersion`` compares as a
number, the other dimensions as text.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

import attrs

from aiospectrum.sandbox.responses import bad_parameter
from aiospectrum.sandbox.times import TIME_DELTAS, count_buckets, format_second, parse_second

__all__ = [
    "DIMENSIONS",
    "METRICS",
    "REPORT_PARAMETERS",
    "Filter",
    "Params",
    "Query",
    "matches",
    "parse_filter",
    "read_window",
]

DIMENSIONS: Final = ("event", "appID", "coloName", "ipVersion")
"""Names by which reports are broken down and filtered."""
METRICS: Final = (
    "count",
    "bytesIngress",
    "bytesEgress",
    "durationAvg",
    "durationMedian",
    "duration90th",
    "duration99th",
)
"""Every metric; durations are milliseconds."""
REPORT_PARAMETERS: Final = ("dimensions", "metrics", "filters", "since", "until", "sort", "limit")
"""Query parameters of both reports; ``time_delta`` comes on top for the one by time."""

_DEFAULT_WINDOW: Final = 6 * 3600
_MOST_ROWS: Final = 10_000
_MOST_BUCKETS: Final = 100_000
_DIGITS: Final = re.compile(r"\d{1,9}", re.ASCII)
_OR: Final = re.compile(r",|(?<= )OR(?= )")
_AND: Final = re.compile(r";|(?<= )AND(?= )")
_CLAUSE: Final = re.compile(r"(\w+) *([=!<>]+) *([\w.:-]+)", re.ASCII)
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


class Params:
    """The decoded query of one request.

    A name that the operation does not have is refused, and so is a single value sent twice:
    Cloudflare ignores both, but each is a mistake of the client that a test should see.
    """

    def __init__(self, raw: str, allowed: Collection[str]) -> None:
        """Decode ``raw``, the text after the question mark.

        Raises:
            RefusedError: A parameter is not among ``allowed``.
        """
        self._pairs: Final = parse_qsl(raw, keep_blank_values=True)
        for name, value in self._pairs:
            if name not in allowed:
                raise bad_parameter(name, value, f"one of the parameters {', '.join(allowed) or '(none)'}")

    def single(self, name: str) -> str | None:
        """Return the only value of ``name``, or ``None`` when it was not sent.

        Raises:
            RefusedError: It was sent more than once.
        """
        values = [value for key, value in self._pairs if key == name]
        if len(values) > 1:
            raise bad_parameter(name, values, "the parameter once")
        return values[0] if values else None

    def many(self, name: str) -> list[str]:
        """Return every item of an array, whether comma-joined or sent as repeated keys."""
        return [item for key, value in self._pairs if key == name for item in value.split(",")]

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return one of ``choices``, or ``default`` when ``name`` was not sent.

        Raises:
            RefusedError: The value is another one.
        """
        value = self.single(name)
        if value is None:
            return default
        if value not in choices:
            raise bad_parameter(name, value, f"one of {', '.join(choices)}")
        return value

    def choices(self, name: str, known: Collection[str], default: tuple[str, ...]) -> tuple[str, ...]:
        """Return the distinct items of an array, all of them ``known``; without any, ``default``.

        Raises:
            RefusedError: An item is another one.
        """
        names = tuple(dict.fromkeys(self.many(name)))
        for item in names:
            if item not in known:
                raise bad_parameter(name, item, f"some of {', '.join(known)}")
        return names or default

    def whole(self, name: str, *, low: int, high: int, default: int) -> int:
        """Return a whole number from ``low`` to ``high``, or ``default`` when ``name`` was not sent.

        Raises:
            RefusedError: The value is not a whole number or lies outside.
        """
        value = self.single(name)
        if value is None:
            return default
        if _DIGITS.fullmatch(value) is None or not low <= int(value) <= high:
            raise bad_parameter(name, value, f"a whole number from {low} to {high}")
        return int(value)

    def second(self, name: str, default: int) -> int:
        """Return a time as seconds since 1970, or ``default`` when ``name`` was not sent.

        Raises:
            RefusedError: The value is not a time with an offset.
        """
        text = self.single(name)
        if text is None:
            return default
        try:
            return parse_second(text)
        except ValueError:
            expected = "an RFC 3339 time with an offset, such as 2024-05-06T07:08:09Z (in a URL, + is %2B)"
            raise bad_parameter(name, text, expected) from None


class _Clause(NamedTuple):
    dimension: str
    symbol: str
    value: str

    def holds(self, values: Mapping[str, str]) -> bool:
        left, right = values[self.dimension], self.value
        compare = _OPERATORS[self.symbol]
        if self.dimension == "ipVersion":
            return compare(int(left), int(right))
        return compare(left, right)


Filter: TypeAlias = tuple[tuple[_Clause, ...], ...]
"""Alternatives, each of which is a list of clauses that must all hold."""


def parse_filter(text: str) -> Filter:
    """Return the filter that ``text`` stands for.

    Raises:
        RefusedError: The text does not follow the grammar; the message names the clause at fault.
    """
    return tuple(tuple(_parse_clause(clause.strip(" ")) for clause in _AND.split(group)) for group in _OR.split(text))


def matches(condition: Filter, values: Mapping[str, str]) -> bool:
    """Return whether a series with these values by dimension passes."""
    return any(all(clause.holds(values) for clause in group) for group in condition)


def _parse_clause(text: str) -> _Clause:
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise bad_parameter("filters", text, "clauses such as event==connect, none of them empty")
    dimension, symbol, value = match.groups()
    if dimension not in DIMENSIONS:
        raise bad_parameter("filters", dimension, f"one of the dimensions {', '.join(DIMENSIONS)}")
    if symbol not in _OPERATORS:
        raise bad_parameter("filters", symbol, f"one of the operators {' '.join(_OPERATORS)}")
    if dimension == "ipVersion" and _DIGITS.fullmatch(value) is None:
        raise bad_parameter("filters", value, "a number to compare ipVersion with")
    return _Clause(dimension, symbol, value)


@attrs.frozen(kw_only=True)
class Query:
    """The query of a report."""

    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    filters: str | None = None
    condition: Filter | None = None
    """``filters`` as parsed."""
    since: int
    """First second of the window."""
    until: int
    """Last second of the window."""
    sort: tuple[str, ...] = ()
    """Metrics and dimensions of the query, each after ``+``, ``-`` or nothing."""
    limit: int = _MOST_ROWS
    time_delta: str | None = None
    """Bucket length; ``None`` for a summary."""

    @classmethod
    def read(cls, params: Params, *, now: int, by_time: bool) -> "Query":
        """Return the query of a report; ``now`` is the default end of the window.

        Raises:
            RefusedError: A parameter is missing or invalid; the message names it.
        """
        dimensions = params.choices("dimensions", DIMENSIONS, ())
        metrics = params.choices("metrics", METRICS, ("count",))
        filters = params.single("filters")
        since, until = read_window(params, now=now)
        return cls(
            dimensions=dimensions,
            metrics=metrics,
            filters=filters,
            condition=None if filters is None else parse_filter(filters),
            since=since,
            until=until,
            sort=_read_sort(params, (*metrics, *dimensions)),
            limit=params.whole("limit", low=1, high=_MOST_ROWS, default=_MOST_ROWS),
            time_delta=_read_delta(params, since, until) if by_time else None,
        )

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


def read_window(params: Params, *, now: int) -> tuple[int, int]:
    """Return the first and the last second of a window that ends at ``now`` unless the query says otherwise.

    Raises:
        RefusedError: A time is invalid, or the first is after the last.
    """
    until = params.second("until", now)
    since = params.second("since", until - _DEFAULT_WINDOW)
    if since > until:
        raise bad_parameter("since", format_second(since), f"a time not after until, {format_second(until)}")
    return since, until


def _read_sort(params: Params, known: Collection[str]) -> tuple[str, ...]:
    items = tuple(params.many("sort"))
    for item in items:
        if item.removeprefix("-" if item.startswith("-") else "+") not in known:
            expected = f"one of {', '.join(known)} (what this query requests), after + (%2B), - or nothing"
            raise bad_parameter("sort", item, expected)
    return items


def _read_delta(params: Params, since: int, until: int) -> str:
    delta = params.choice("time_delta", TIME_DELTAS, "")
    if not delta:
        raise bad_parameter("time_delta", None, f"one of {', '.join(TIME_DELTAS)}")
    if count_buckets(since, until + 1, delta) > _MOST_BUCKETS:
        raise bad_parameter("time_delta", delta, f"at most {_MOST_BUCKETS} intervals in the window")
    return delta
