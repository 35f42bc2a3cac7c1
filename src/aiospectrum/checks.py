"""Checks of arguments: small data classes that the generated code fills in from the spec.

Each has ``check(field, value)``, which returns the plain value, or raises
:class:`~aiospectrum.errors.InvalidArgumentError` with the field, the value and what was expected. The plain value of a
subclass, such as an enum of strings or ``numpy.str_``, is exactly a str, int, float, datetime or list: what was checked
is what is sent.
"""

import operator
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import attrs

from aiospectrum._formats import FORMATS, Format
from aiospectrum._plain import (
    Unchecked,
    UncheckedInteger,
    plain_datetime,
    plain_integer,
    plain_list,
    plain_number,
    plain_text,
)
from aiospectrum._refusals import closest, refuse
from aiospectrum.errors import InvalidArgumentError

__all__ = [
    "Array",
    "Check",
    "DateTime",
    "Flag",
    "Integer",
    "Number",
    "Object",
    "OneOf",
    "Text",
    "Unchecked",
    "UncheckedInteger",
    "keep",
    "refuse",
]

_LARGEST_INTEGER: Final = 2**63 - 1


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
    (``22``, ``1000-2000``), ``protocol`` (``tcp/22``, ``minecraft``) or ``origin`` (``tcp://192.0.2.1:22``).
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
            refuse(field, value, self.expected, self._hint(text))
        return text

    def _hint(self, text: str | None) -> str:
        meant = closest(text, self.choices)
        if meant is not None:
            return f"did you mean {meant!r}?"
        is_newer = self.choices and text and self.takes_unchecked
        return f"Unchecked({text[:20]!r}) sends a value that is newer than this version" if is_newer and text else ""

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
        except (OverflowError, TypeError, ValueError):  # before the year 1 or after 9999 in UTC, or an odd time zone
            return None


@attrs.frozen(kw_only=True)
class Array:
    """A list or tuple; a string is not one."""

    items: Check
    """What each item must be."""

    min_items: int = 0
    """Minimum number of items."""

    expected: str = attrs.field(default=attrs.Factory(lambda self: self._describe(), takes_self=True))
    """What the error says was expected; when left out, how many items."""

    def _describe(self) -> str:
        if self.min_items > 1:
            return f"a list with at least {self.min_items} items"
        return "a list with at least one item" if self.min_items else "a list"

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; see :class:`Check`."""
        items = plain_list(value)
        if items is None or len(items) < self.min_items:
            refuse(field, value, self.expected)
        plain = [self.items.check(f"{field}[{index}]", item) for index, item in enumerate(items)]
        return value if type(value) is list and all(map(operator.is_, plain, items)) else plain


@attrs.frozen(kw_only=True)
class OneOf:
    """A value that fits one of several checks."""

    options: tuple[Check, ...]
    """The checks, tried in order."""

    expected: str = attrs.field(default=attrs.Factory(lambda self: self._describe(), takes_self=True))
    """What the error says was expected; when left out, what the options say."""

    def _describe(self) -> str:
        return ", or ".join(option.expected for option in self.options)

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; see :class:`Check`.

        The error of an object's inner field wins over the general one, as it says more.
        """
        for option in self.options:
            if isinstance(option, Object) and type(value) is option.model:
                return option.check(field, value)
            try:
                return option.check(field, value)
            except InvalidArgumentError:
                continue
        return refuse(field, value, self.expected)


@attrs.frozen(kw_only=True)
class Object:
    """An object of one of the model classes."""

    model: type[Any]
    """The class."""

    fields: Mapping[str, Check]
    """What each field must be; one that is None is left out and not checked, unless it is required."""

    required: frozenset[str] = frozenset()
    """Fields that may not be None."""

    exactly_one_of: tuple[str, ...] = ()
    """Fields of which exactly one is given; empty for no such rule."""

    variants: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    """By a field of choices and each of these, the other fields that go with it alone."""

    @property
    def expected(self) -> str:
        """What the error says was expected."""
        return f"an object of the class {self.model.__name__}"

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; see :class:`Check`."""
        if type(value) is not self.model:
            name = self.model.__name__
            is_mapping = issubclass(type(value), Mapping)
            refuse(
                field, value, self.expected, f"make_converter().structure(…, {name}) makes one" if is_mapping else ""
            )
        changed = {}
        for name, check in self.fields.items():
            item = getattr(value, name)
            if item is not None or name in self.required:
                plain = check.check(f"{field}.{name}", item)
                if plain is not item:
                    changed[name] = plain
        plain_value: Any = self._copy(value, changed) if changed else value
        given = [name for name in self.exactly_one_of if getattr(plain_value, name) is not None]
        if self.exactly_one_of and len(given) != 1:
            refuse(field, given, f"exactly one of {', '.join(self.exactly_one_of)}")
        for name, others in self.variants.items():
            self._check_variant(field, plain_value, name, others)
        return plain_value

    def _copy(self, value: Any, changed: Mapping[str, Any]) -> Any:
        return attrs.evolve(value, **changed)

    def _check_variant(self, field: str, value: Any, name: str, others: Mapping[str, tuple[str, ...]]) -> None:
        """Refuse fields of two variants, or of another one than is named; without a name any single one will do."""
        given = {other: kind for kind, names in others.items() for other in names if getattr(value, other) is not None}
        kind = getattr(value, name)
        parts = [kind, *(getattr(value, other) for other in given)]
        if any(isinstance(each, Unchecked) for part in parts for each in (part if isinstance(part, list) else [part])):
            return
        allowed = next(iter(given.values()), None) if kind is None else kind
        for other, needed in given.items():
            if needed != allowed:
                refuse(f"{field}.{other}", getattr(value, other), f"None, as it goes with {name} {needed!r} alone")
