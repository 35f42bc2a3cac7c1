"""Checks of what holds other values: lists, objects of model classes, and values of one of several forms."""

import operator
from collections.abc import Mapping
from typing import Any

import attrs

from aiospectrum.checks.plain import Unchecked, UncheckedInteger, plain_list
from aiospectrum.checks.refusals import refuse
from aiospectrum.checks.values import Check
from aiospectrum.errors import InvalidArgumentError

__all__ = ["Array", "Object", "OneOf", "find_refusals"]


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
    """Fields of which exactly one is given, but for several with :class:`Unchecked` values; empty for no such rule."""

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
        self._check_together(field, plain_value)
        return plain_value

    def _check_together(self, field: str, value: Any) -> None:
        """Refuse fields that do not go with each other, each of which is fine."""
        given = [name for name in self.exactly_one_of if getattr(value, name) is not None]
        is_unchecked = given and all(_is_unchecked(getattr(value, name)) for name in given)
        if self.exactly_one_of and len(given) != 1 and not is_unchecked:
            refuse(field, given, f"exactly one of {', '.join(self.exactly_one_of)}")
        for name, others in self.variants.items():
            self._check_variant(field, value, name, others)

    def _copy(self, value: Any, changed: Mapping[str, Any]) -> Any:
        return attrs.evolve(value, **changed)

    def _check_variant(self, field: str, value: Any, name: str, others: Mapping[str, tuple[str, ...]]) -> None:
        """Refuse fields of two variants, or of another one than is named; without a name any single one will do."""
        given = {other: kind for kind, names in others.items() for other in names if getattr(value, other) is not None}
        kind = getattr(value, name)
        if any(map(_is_unchecked, [kind, *(getattr(value, other) for other in given)])):
            return
        allowed = next(iter(given.values()), None) if kind is None else kind
        for other, needed in given.items():
            if needed != allowed:
                refuse(f"{field}.{other}", getattr(value, other), f"None, as it goes with {name} {needed!r} alone")


def find_refusals(check: Check, field: str, value: object) -> list[InvalidArgumentError]:
    """Find all that a check refuses in a value, of which it raises the first alone.

    Args:
        check: What the value must be.
        field: Name of the argument, with the path inside it.
        value: What was given.

    Returns:
        The errors; none for a valid value.
    """
    parts: list[tuple[Check, str, object]] = []
    check_whole = check.check
    if isinstance(check, Object) and type(value) is check.model:
        given = [name for name in check.fields if name in check.required or getattr(value, name) is not None]
        parts = [(check.fields[name], f"{field}.{name}", getattr(value, name)) for name in given]
        check_whole = check._check_together
    elif isinstance(check, Array):
        parts = [(check.items, f"{field}[{index}]", item) for index, item in enumerate(plain_list(value) or ())]
    found = [error for part in parts for error in find_refusals(*part)]
    if not found or isinstance(check, Object):
        try:
            check_whole(field, value)
        except InvalidArgumentError as error:
            found.append(error)
    return found


def _is_unchecked(value: Any) -> bool:
    """Whether a value is sent as it is, or something in it."""
    if isinstance(value, list):
        return any(map(_is_unchecked, value))
    if attrs.has(type(value)):
        return any(_is_unchecked(getattr(value, field.name)) for field in attrs.fields(type(value)))
    return isinstance(value, (Unchecked, UncheckedInteger))
