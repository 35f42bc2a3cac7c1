"""Checks of single values: texts, numbers, flags and times; and what every check has."""

import re
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import attrs

from aiospectrum.checks.filter_syntax import find_mistake
from aiospectrum.checks.formats import FORMATS, Format
from aiospectrum.checks.plain import (
    Unchecked,
    UncheckedInteger,
    plain_datetime,
    plain_integer,
    plain_number,
    plain_text,
)
from aiospectrum.checks.refusals import closest, refuse

__all__ = ["Check", "DateTime", "Flag", "Integer", "Number", "Text", "keep"]

_LARGEST_INTEGER: Final = 2**63 - 1
_OF_TIME_ZONES: Final = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What the methods of a time zone raise, which may be of anybody's class."""


class Check(Protocol):
    """Something that can refuse a value.

    Only the value counts: one that has passed may not be checked again, and a list may be passed as a tuple.
    """

    @property
    def expected(self) -> str:
        """What the error says was expected."""
        ...

    def check(self, field: str, value: object) -> Any:
        """Refuse an invalid value.

        Args:
            field: Name of the argument, with the path inside it.
            value: What was given.

        Returns:
            The plain value, to be used in place of what was given.

        Raises:
            InvalidArgumentError: It is invalid.
        """


def keep(check: Check, *, or_none: bool = False) -> Any:
    """Make the validator of a field of an attrs class, which puts the plain value into its place.

    Args:
        check: What the field must be.
        or_none: Whether it may be None.

    Returns:
        For the ``validator`` of ``attrs.field``.
    """

    def validate(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if value is not None or not or_none:
            object.__setattr__(instance, attribute.name, check.check(attribute.name, value))

    return validate


def _unchecked(value: object) -> Unchecked | None:
    """A text that is to be sent as it is."""
    text = plain_text(value) if issubclass(type(value), Unchecked) else None
    return Unchecked(text) if text is not None and _is_unicode(text) else None


def _unchecked_integer(value: object) -> UncheckedInteger | None:
    """An integer that is to be sent as it is, of 64 bits as JSON readers take them."""
    number = plain_integer(value) if issubclass(type(value), UncheckedInteger) else None
    is_small = number is not None and -_LARGEST_INTEGER - 1 <= number <= 2 * _LARGEST_INTEGER + 1
    return UncheckedInteger(number) if number is not None and is_small else None


def _is_unicode(text: str) -> bool:
    """UTF-8 has no surrogates."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


@attrs.frozen(kw_only=True)
class Text:
    """A string."""

    choices: tuple[str, ...] = ()
    """The only strings allowed, but for :class:`Unchecked` ones; empty for no such limit."""

    pattern: str | None = None
    """Regular expression that is searched for in the string, with ``re.ASCII``: anchored by ``^`` and ``\\Z``."""

    format: Format | None = None
    """Form that the string has: ``hostname`` (without a dot at its end), ``uuid``, ``ip-address``, ``port-range``
    (``22``, ``1000-2000``), ``protocol`` (``tcp/22``, ``minecraft``), ``origin`` (``tcp://192.0.2.1:22``) or ``filter``
    (``event==connect;coloName!=SFO``).
    """

    min_length: int = 0
    """Minimum number of characters."""

    max_length: int | None = None
    """Maximum number of characters."""

    takes_unchecked: bool = True
    """Whether an :class:`Unchecked` text passes: true of all that is sent, and not of what decides something here."""

    expected: str = attrs.field(default=attrs.Factory(lambda self: self._describe(), takes_self=True))
    """What the error says was expected; when left out, what the other fields say."""

    def _describe(self) -> str:
        if self.choices:
            return f"one of {', '.join(choice or repr(choice) for choice in self.choices)}"
        if self.format is not None:
            return FORMATS[self.format][1]
        if self.max_length is not None:
            return f"a string of {self.min_length} to {self.max_length} characters"
        if self.min_length > 1:
            return f"a string of {self.min_length} or more characters"
        return "a string that is not empty" if self.min_length else "a string"

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; see :class:`Check`."""
        if type(value) is not str and self.takes_unchecked:
            unchecked = _unchecked(value)
            if unchecked is not None:
                return unchecked
        text = plain_text(value)
        if text is None or not self._fits(text):
            meant = closest(text, self.choices)
            hint = "" if meant is None else f"did you mean {meant!r}?"
            if self.format == "filter" and text is not None:
                hint = find_mistake(text)
            is_newer = bool(self.choices and text) and self.takes_unchecked
            refuse(field, value, self.expected, hint, takes_unchecked=is_newer)
        return text

    def _fits(self, value: str) -> bool:
        return (
            (not self.choices or value in self.choices)
            and len(value) >= self.min_length
            and (self.max_length is None or len(value) <= self.max_length)
            and (self.pattern is None or re.search(self.pattern, value, re.ASCII) is not None)
            and (self.format is None or FORMATS[self.format][0](value))
            and _is_unicode(value)
        )


@attrs.frozen(kw_only=True)
class Integer:
    """A whole number; a bool is not one."""

    minimum: int | None = None
    """The smallest value."""

    maximum: int | None = None
    """The largest value; 2**63 - 1 when there is none."""

    takes_unchecked: bool = True
    """Whether an :class:`UncheckedInteger` passes; see :class:`Text`."""

    expected: str = attrs.field(default=attrs.Factory(lambda self: self._describe(), takes_self=True))
    """What the error says was expected; when left out, what the bounds say."""

    def _describe(self) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"an integer from {self.minimum} to {self.maximum}"
        if self.maximum is not None:
            return f"an integer of {self.maximum} or less"
        return "an integer" if self.minimum is None else f"an integer of {self.minimum} or more"

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; see :class:`Check`."""
        if type(value) is not int and self.takes_unchecked:
            unchecked = _unchecked_integer(value)
            if unchecked is not None:
                return unchecked
        number = plain_integer(value)
        if number is None or not self._fits(number):
            refuse(field, value, self.expected)
        return number

    def _fits(self, value: int) -> bool:
        smallest = -_LARGEST_INTEGER if self.minimum is None else self.minimum
        largest = _LARGEST_INTEGER if self.maximum is None else self.maximum
        return smallest <= value <= largest


@attrs.frozen(kw_only=True)
class Number:
    """A number, whole or not; a bool is not one."""

    expected: str
    """What the error says was expected."""

    minimum: float = 0.0
    """The smallest value."""

    excludes_minimum: bool = False
    """Whether the smallest value itself is refused."""

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else, infinity and NaN included; see :class:`Check`."""
        number = plain_number(value)
        if number is None or not self._fits(number):
            refuse(field, value, self.expected)
        return number

    def _fits(self, value: float) -> bool:
        return self.minimum <= value <= _LARGEST_INTEGER and not (self.excludes_minimum and value == self.minimum)


@attrs.frozen(kw_only=True)
class Flag:
    """True or False."""

    expected: str = "True or False"
    """What the error says was expected."""

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; see :class:`Check`."""
        if type(value) is not bool:
            refuse(field, value, self.expected)
        return value


@attrs.frozen(kw_only=True)
class DateTime:
    """An aware datetime: one without a time zone could mean two moments, so it is refused."""

    takes_unchecked: bool = True
    """Whether an :class:`Unchecked` text passes; see :class:`Text`."""

    expected: str = "a datetime with a time zone"
    """What the error says was expected."""

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; the plain value is in UTC. See :class:`Check`."""
        unchecked = _unchecked(value) if self.takes_unchecked else None
        if unchecked is not None:
            return unchecked
        time = plain_datetime(value)
        utc = None if time is None else self._in_utc(time)
        if utc is None:
            refuse(field, value, self.expected)
        return utc

    def _in_utc(self, value: datetime) -> datetime | None:
        try:
            return None if value.utcoffset() is None else value.astimezone(UTC)
        except _OF_TIME_ZONES:  # before the year 1 or after 9999 in UTC, or whatever a time zone raises
            return None
