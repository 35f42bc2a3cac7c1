"""Plain values of subclasses: exactly a str, int, float, datetime or list, whatever the subclass says of itself.

A subclass may print, compare or count as something else than it holds, and what is a datetime today may be another
class under a library that freezes time. So each value is made plain once, by the methods of the plain type, and only
the plain value is checked and used. Each function gives None for a value of another type.
"""

from datetime import datetime
from functools import partial
from typing import Any, Final

__all__ = [
    "Unchecked",
    "UncheckedInteger",
    "plain_datetime",
    "plain_integer",
    "plain_list",
    "plain_number",
    "plain_text",
]

_PARTS: Final = tuple(
    getattr(datetime, name) for name in ("year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo")
)
_FOLD: Final[Any] = datetime.fold
_MAKE_DATETIME: Final = partial(datetime)
"""The class itself: a library that freezes time puts another one in the place of every module's name for it."""


class Unchecked(str):
    """A text that is sent as it is, for what the API takes and this version does not know.

    It stands wherever an argument or a field that is sent is checked::

        attrs.evolve(request, tls=Unchecked("quantum"))
        await client.analytics.events.summary(zone_id, metrics=["count", Unchecked("packets")])

    A rule for several fields is left out when all texts and numbers that it compares are marked.
    """

    __slots__ = ()


class UncheckedInteger(int):
    """An integer that is sent as it is; see :class:`Unchecked`."""

    __slots__ = ()


def plain_text(value: Any) -> str | None:
    """The text of a str or a subclass, such as an enum of strings or ``numpy.str_``."""
    if type(value) is str:
        return value
    return str.__str__(value) if issubclass(type(value), str) else None


def plain_integer(value: Any) -> int | None:
    """The number of an int or a subclass, such as an enum of integers; a bool is none."""
    if type(value) is int:
        return value
    is_integer = issubclass(type(value), int) and type(value) is not bool
    return int.__int__(value) if is_integer else None


def plain_number(value: Any) -> int | float | None:
    """The number of an int, a float or a subclass, such as ``numpy.float64``; a bool is none."""
    if type(value) is float:
        return value
    return float.__float__(value) if issubclass(type(value), float) else plain_integer(value)


def plain_datetime(value: Any) -> datetime | None:
    """The time of a datetime or a subclass, such as ``pandas.Timestamp``, whose nanoseconds are cut."""
    if not issubclass(type(value), datetime):
        return None
    plain: datetime = value
    if type(value) is not _MAKE_DATETIME.func:
        plain = _MAKE_DATETIME(*(part.__get__(value) for part in _PARTS), fold=_FOLD.__get__(value))
    return plain


def plain_list(value: Any) -> list[Any] | None:
    """The items of a list, a tuple or a subclass."""
    if issubclass(type(value), list):
        return list.copy(value)
    return [*tuple.__iter__(value)] if issubclass(type(value), tuple) else None
