"""The filter language of the analytics reports.

Grammar (https://developers.cloudflare.com/spectrum/reference/analytics/): comparisons of a
dimension with a value; ``;`` or a spaced ``AND`` binds tighter than ``,`` or a spaced ``OR``.
Values have letters, digits, ``_``, ``-``, ``.`` and ``:``. ``ipVersion`` compares as a number, the
other dimensions as text.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from aiospectrum.sandbox._errors import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DIMENSIONS", "Filter", "matches", "parse_filter"]

DIMENSIONS: Final = ("event", "appID", "coloName", "ipVersion")
"""Names by which reports are broken down and filtered."""

_OR: Final = re.compile(r",|\s+OR\s+")
_AND: Final = re.compile(r";|\s+AND\s+")
_CLAUSE: Final = re.compile(r"\s*(\w+)\s*([=!<>]+)\s*([\w.:-]+)\s*", re.ASCII)
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@attrs.frozen
class _Clause:
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
    """Return the filter that `text` stands for.

    Raises:
        RefusedError: The text does not follow the grammar; the message names the clause at fault.
    """
    return tuple(tuple(_parse_clause(clause) for clause in _AND.split(group)) for group in _OR.split(text))


def matches(condition: Filter, values: Mapping[str, str]) -> bool:
    """Whether a series with these values by dimension passes."""
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
    if dimension == "ipVersion" and re.fullmatch(r"\d{1,9}", value, re.ASCII) is None:
        raise bad_parameter("filters", value, "a number to compare ipVersion with")
    return _Clause(dimension, symbol, value)
