"""Filters of reports, written in Python: ``(F.event == "disconnect") & (F.coloName != "SFO")``.

The dimensions are attributes of :data:`F`. A comparison of one with a value is a :class:`Filter`; ``&`` combines
filters that must both hold, and ``|`` those of which one must. Each comparison needs parentheses, as ``&`` and ``|``
bind tighter than ``==``. A filter is a string as the API takes it, for the argument ``filters`` of reports and of
:class:`aiospectrum.bulk.Query`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, Self, TypeAlias, TypeVar

import attrs

from aiospectrum.checks import Array, Check, Integer, OneOf, Text, refuse
from aiospectrum.checks.filter_syntax import DIMENSIONS, VALUE, shortest_form
from aiospectrum.checks.plain import plain_list
from aiospectrum.checks.refusals import closest

__all__ = ["Event", "F", "Filter", "FilterDimension", "FilterDimensions", "IPVersion"]

Event: TypeAlias = Literal["connect", "progress", "disconnect", "originError", "clientFiltered"] | str
"""An event of a connection, one of those that are known or a newer one."""

IPVersion: TypeAlias = Literal[4, 6, "4", "6"] | int
"""A version of the Internet Protocol; an int for type checkers that do not see which."""

V = TypeVar("V", contravariant=True)

_FILTER: Final = Text(format="filter", takes_unchecked=False)
_WORD: Final = Text(
    pattern=rf"^{VALUE}\Z",
    takes_unchecked=False,
    expected="a text of letters, digits, _, -, . and :, as filters have no way to write another",
)
_VERSION: Final = OneOf(options=(Integer(minimum=0, takes_unchecked=False), _WORD), expected="a version such as 4 or 6")
_MOST: Final = 1000
"""Comparisons in a filter: the URL of a request with more is longer than servers take."""


class Filter(str):
    """A filter of a report, which is a string as the API takes it.

    Filters are equal when their texts are. ``a & b`` holds where both do, ``a | b`` where one does. The API has no
    parentheses: ``(a | b) & c`` is written out as ``a;c,b;c``, up to 1,000 comparisons. A filter is neither true nor
    false; use ``is None`` to see whether there is one.

    Args:
        text: A filter in the API's syntax, such as ``event==disconnect;coloName!=SFO``; it is kept without spaces, and
            with ``;`` for ``AND`` and ``,`` for ``OR``.

    Raises:
        InvalidArgumentError: The text is no filter, or ``&`` or ``|`` would make one that is too long.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:  # noqa: D102 - the class says it
        return super().__new__(cls, shortest_form(_FILTER.check("filter", text)))

    def __and__(self, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            _refuse_operand(other)
        left, right = _alternatives(self), _alternatives(other)
        _check_count(sum(map(len, left)) * len(right) + len(left) * sum(map(len, right)))
        return _join([[*each, *more] for each in left for more in right])

    def __or__(self, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            _refuse_operand(other)
        return _join([*_alternatives(self), *_alternatives(other)])

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a filter is neither true nor false: combine filters with & and |, each comparison in parentheses, in place"
            " of and, or, not, in and chained comparisons; `is None` says whether there is one"
        )

    def __repr__(self) -> str:
        return f"Filter({str(self)!r})"

    if not TYPE_CHECKING:  # which find these operands by themselves

        def __rand__(self, other: Any) -> Any:
            return _refuse_operand(other)

        __ror__ = __rand__


def _alternatives(text: str) -> list[list[str]]:
    """The comparisons of each alternative."""
    return [each.split(";") for each in text.split(",")]


def _join(alternatives: list[list[str]]) -> Filter:
    """Write alternatives as a filter, each of them, and each comparison in them, once."""
    texts = dict.fromkeys(";".join(dict.fromkeys(each)) for each in alternatives)
    _check_count(sum(text.count(";") + 1 for text in texts))
    return str.__new__(Filter, ",".join(texts))


def _check_count(count: int) -> None:
    if count > _MOST:
        expected = f"at most {_MOST:,} comparisons once it is written out, as filters have no parentheses"
        refuse("filter", f"{count:,} comparisons", expected, "make several requests, or filter the rows of a report")


def _refuse_operand(other: object) -> NoReturn:
    raise TypeError(
        f"& and | combine filters, and not {type(other).__name__}: put each comparison in parentheses, as in"
        ' (F.event == "connect") & (F.ipVersion == 6)'
    )


@attrs.frozen(eq=False, order=False, repr=False)
class FilterDimension(Generic[V]):
    """A dimension, which makes filters when it is compared with values.

    There are ``==``, ``!=``, ``>``, ``<``, ``>=`` and ``<=``; texts compare by their characters, and IP versions as
    numbers.

    Raises:
        InvalidArgumentError: A value cannot be written in a filter, or is misspelt.
    """

    name: str
    """Its name in the API."""

    _check: Check

    def is_in(self, values: Sequence[V]) -> Filter:
        """Make a filter that holds where the dimension has one of some values.

        Args:
            values: A list or tuple with at least one value.

        Returns:
            The filter, such as ``event==connect,event==disconnect``.

        Raises:
            InvalidArgumentError: There are no values, more than 1,000, or one cannot be written or is misspelt.
        """
        return _join([[each] for each in self._compare_each("==", values)])

    def not_in(self, values: Sequence[V]) -> Filter:
        """Make a filter that holds where the dimension has none of some values.

        Args:
            values: A list or tuple with at least one value.

        Returns:
            The filter, such as ``event!=connect;event!=disconnect``.

        Raises:
            InvalidArgumentError: There are no values, more than 1,000, or one cannot be written or is misspelt.
        """
        return _join([self._compare_each("!=", values)])

    def __eq__(self, value: V) -> Filter:  # type: ignore[override]  # which is what a filter is made by
        return self._compare("==", value)

    def __ne__(self, value: V) -> Filter:  # type: ignore[override]  # likewise
        return self._compare("!=", value)

    def __gt__(self, value: V) -> Filter:
        return self._compare(">", value)

    def __lt__(self, value: V) -> Filter:
        return self._compare("<", value)

    def __ge__(self, value: V) -> Filter:
        return self._compare(">=", value)

    def __le__(self, value: V) -> Filter:
        return self._compare("<=", value)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"F.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (F, self.name)

    def _compare(self, operator: str, value: object) -> Filter:
        if plain_list(value) is not None:
            refuse(repr(self), value, self._check.expected, "use is_in or not_in for several values")
        return Filter(f"{self.name}{operator}{self._check.check(repr(self), value)}")

    def _compare_each(self, operator: str, values: object) -> list[str]:
        plain = Array(items=self._check, min_items=1).check(repr(self), values)
        _check_count(len(plain))
        return [self._compare(operator, value) for value in plain]

    if not TYPE_CHECKING:  # which find these operands by themselves

        def __and__(self, other: Any) -> Any:
            return _refuse_operand(self)

        __or__ = __rand__ = __ror__ = __and__


class FilterDimensions:
    """The dimensions that reports can be filtered by."""

    __slots__ = ()

    event: Final = FilterDimension[Event]("event", _WORD)
    """What happened to a connection: ``connect``, ``progress``, ``disconnect``, ``originError``, ``clientFiltered``."""

    appID: Final = FilterDimension[str]("appID", _WORD)  # noqa: N815 - the API's name
    """Identifier of the application."""

    coloName: Final = FilterDimension[str]("coloName", _WORD)  # noqa: N815 - the API's name
    """Code of the data centre, such as ``SFO``."""

    ipVersion: Final = FilterDimension[IPVersion]("ipVersion", _VERSION)  # noqa: N815 - the API's name
    """Version of the Internet Protocol that the client used, 4 or 6."""

    def __repr__(self) -> str:
        return "F"

    def __reduce__(self) -> str:
        return "F"

    if not TYPE_CHECKING:  # which know the names

        def __getattr__(self, name: str) -> NoReturn:
            meant = closest(name, DIMENSIONS)
            hint = f"there are {', '.join(DIMENSIONS)}" if meant is None else f"did you mean {meant!r}?"
            raise AttributeError(f"F has no dimension {name!r}; {hint}")


F: Final = FilterDimensions()
"""The dimensions that reports can be filtered by, as attributes."""
