"""Checks of arguments: small data classes that the generated code fills in from the spec.

Each has ``check(field, value)``, which returns nothing or raises
:class:`~aiospectrum.errors.InvalidArgumentError` with the field, the value and what was expected.
"""

import re
import reprlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, NoReturn, Protocol

import attrs

from aiospectrum.errors import InvalidArgumentError

__all__ = ["Array", "Check", "DateTime", "Flag", "Integer", "Number", "Object", "OneOf", "Text", "refuse"]

_LONGEST_VALUE: Final = 80
_LARGEST_INTEGER: Final = 2**63 - 1
_LONGEST_HOSTNAME: Final = 253
_HOSTNAME: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
"""Source: https://www.rfc-editor.org/rfc/rfc1123#section-2.1"""


class _Shortener(reprlib.Repr):
    """Representations that never fail, and are never long."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 1000  # what is longer loses its middle; the end is cut later
        self.maxlist = self.maxtuple = self.maxdict = 6

    def repr_int(self, x: int, level: int) -> str:
        return repr(int(x)) if abs(x) <= _LARGEST_INTEGER else f"an integer of {x.bit_length()} bits"


_show = _Shortener().repr


class Check(Protocol):
    """Something that can refuse a value.

    Only the value counts: one that has passed may not be checked again, and a list may be passed as a tuple.
    """

    @property
    def expected(self) -> str:
        """What the error says was expected."""
        ...

    def check(self, field: str, value: object) -> None:
        """Refuse an invalid value.

        Args:
            field: Name of the argument, with the path inside it.
            value: What was given.

        Raises:
            InvalidArgumentError: It is invalid.
        """


def refuse(field: str, value: object, expected: str) -> NoReturn:
    """Raise the error for a refused argument.

    Args:
        field: Name of the argument, with the path inside it.
        value: What was given; its representation is cut to 80 characters.
        expected: What was expected instead.

    Raises:
        InvalidArgumentError: Always.
    """
    shown = " ".join(_show(value).split())
    if len(shown) > _LONGEST_VALUE:
        shown = shown[: _LONGEST_VALUE - 1] + "…"
    raise InvalidArgumentError(
        f"{field}: expected {expected}, got {shown}", field=field, value=shown, expected=expected
    )


@attrs.frozen(kw_only=True)
class Text:
    """A string."""

    choices: tuple[str, ...] = ()
    """The only strings allowed; empty for no such limit."""

    pattern: str | None = None
    """Regular expression that is searched for in the string, with ``re.ASCII``: anchored by ``^`` and ``\\Z``."""

    format: Literal["hostname"] | None = None
    """Form that the string has: that of a host name, in ASCII and without a dot at its end."""

    min_length: int = 0
    """Minimum number of characters."""

    max_length: int | None = None
    """Maximum number of characters."""

    expected: str = attrs.field(default=attrs.Factory(lambda self: self._describe(), takes_self=True))
    """What the error says was expected; when left out, what the other fields say."""

    def _describe(self) -> str:
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.format is not None:
            return "a host name such as www.example.com"
        if self.max_length is not None:
            return f"a string of {self.min_length} to {self.max_length} characters"
        if self.min_length > 1:
            return f"a string of {self.min_length} or more characters"
        return "a string that is not empty" if self.min_length else "a string"

    def check(self, field: str, value: object) -> None:
        """Refuse anything else; see :class:`Check`."""
        if not isinstance(value, str) or not self._fits(value):
            refuse(field, value, self.expected)

    def _fits(self, value: str) -> bool:
        return (
            (not self.choices or value in self.choices)
            and len(value) >= self.min_length
            and (self.max_length is None or len(value) <= self.max_length)
            and (self.pattern is None or re.search(self.pattern, value, re.ASCII) is not None)
            and (self.format is None or (len(value) <= _LONGEST_HOSTNAME and _HOSTNAME.fullmatch(value) is not None))
            # UTF-8 has no surrogates.
            and (value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value))
        )


@attrs.frozen(kw_only=True)
class Integer:
    """A whole number; a bool is not one."""

    minimum: int | None = None
    """The smallest value."""

    maximum: int | None = None
    """The largest value; 2**63 - 1 when there is none."""

    expected: str = attrs.field(default=attrs.Factory(lambda self: self._describe(), takes_self=True))
    """What the error says was expected; when left out, what the bounds say."""

    def _describe(self) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"an integer from {self.minimum} to {self.maximum}"
        if self.maximum is not None:
            return f"an integer of {self.maximum} or less"
        return "an integer" if self.minimum is None else f"an integer of {self.minimum} or more"

    def check(self, field: str, value: object) -> None:
        """Refuse anything else; see :class:`Check`."""
        if not isinstance(value, int) or isinstance(value, bool) or not self._fits(value):
            refuse(field, value, self.expected)

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

    def check(self, field: str, value: object) -> None:
        """Refuse anything else, infinity and NaN included; see :class:`Check`."""
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not self._fits(value):
            refuse(field, value, self.expected)

    def _fits(self, value: float) -> bool:
        return self.minimum <= value <= _LARGEST_INTEGER and not (self.excludes_minimum and value == self.minimum)


@attrs.frozen(kw_only=True)
class Flag:
    """True or False."""

    expected: str = "True or False"
    """What the error says was expected."""

    def check(self, field: str, value: object) -> None:
        """Refuse anything else; see :class:`Check`."""
        if not isinstance(value, bool):
            refuse(field, value, self.expected)


@attrs.frozen(kw_only=True)
class DateTime:
    """An aware datetime: one without a time zone could mean two moments, so it is refused."""

    expected: str = "a datetime with a time zone"
    """What the error says was expected."""

    def check(self, field: str, value: object) -> None:
        """Refuse anything else; see :class:`Check`."""
        if not isinstance(value, datetime) or value.utcoffset() is None or not self._has_utc(value):
            refuse(field, value, self.expected)

    def _has_utc(self, value: datetime) -> bool:
        try:
            value.astimezone(UTC)
        except OverflowError:  # before the year 1 or after 9999 in UTC
            return False
        return True


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

    def check(self, field: str, value: object) -> None:
        """Refuse anything else; see :class:`Check`."""
        if not isinstance(value, (list, tuple)) or len(value) < self.min_items:
            refuse(field, value, self.expected)
        for index, item in enumerate(value):
            self.items.check(f"{field}[{index}]", item)


@attrs.frozen(kw_only=True)
class OneOf:
    """A value that fits one of several checks."""

    options: tuple[Check, ...]
    """The checks, tried in order."""

    expected: str = attrs.field(default=attrs.Factory(lambda self: self._describe(), takes_self=True))
    """What the error says was expected; when left out, what the options say."""

    def _describe(self) -> str:
        return ", or ".join(option.expected for option in self.options)

    def check(self, field: str, value: object) -> None:
        """Refuse anything else; see :class:`Check`.

        The error of an object's inner field wins over the general one, as it says more.
        """
        for option in self.options:
            if isinstance(option, Object) and isinstance(value, option.model):
                option.check(field, value)
                return
            try:
                option.check(field, value)
            except InvalidArgumentError:
                continue
            return
        refuse(field, value, self.expected)


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

    @property
    def expected(self) -> str:
        """What the error says was expected."""
        return f"an object of the class {self.model.__name__}"

    def check(self, field: str, value: object) -> None:
        """Refuse anything else; see :class:`Check`."""
        if not isinstance(value, self.model):
            refuse(field, value, self.expected)
        for name, check in self.fields.items():
            item = getattr(value, name)
            if item is not None or name in self.required:
                check.check(f"{field}.{name}", item)
        if self.exactly_one_of:
            given = [name for name in self.exactly_one_of if getattr(value, name) is not None]
            if len(given) != 1:
                wanted = f"exactly one of {', '.join(self.exactly_one_of)}"
                refuse(field, given, wanted)
