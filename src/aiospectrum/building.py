"""What the generated models and decoders are made of."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import msgspec

__all__ = ["ResultReader", "Structure", "become", "in_utc", "model"]

Structure: TypeAlias = Callable[[Any, Any], Any]
"""The ``structure`` of a converter: makes an object of JSON values and a type."""

become: Final[Callable[[Any, type[Any]], None]] = vars(object)["__class__"].__set__
"""Tells an object its class, which has the same fields as the one that it had."""

_OF_THE_PLAIN_CLASS: Final = frozenset({"__dict__", "__weakref__", "__annotate_func__", "__annotations_cache__"})
"""What Python gives a class that is not a struct."""

if TYPE_CHECKING:
    from attrs import frozen as model
else:

    def model(*, kw_only: bool, weakref_slot: bool = True) -> Callable[[type[Any]], type[Any]]:
        """Make a frozen attrs class whose objects are msgspec structs.

        To attrs, and so to type checkers, to cattrs and to users, it is a class like any other: ``attrs.fields``,
        ``attrs.evolve`` and the like do what they always do. But it is msgspec that holds the values, compares and
        prints them, and that makes objects of JSON in half the time that those of attrs' own classes take.

        Args:
            kw_only: Whether it is called with keywords alone.
            weakref_slot: Whether there can be weak references to the objects. Without, the garbage collector does not
                look for cycles through them either, of which there are none in what comes from JSON.

        Returns:
            A decorator of a class with annotations, which takes defaults as attrs does.
        """
        return lambda cls: _as_struct(cls, kw_only=kw_only, weakref_slot=weakref_slot)


def _as_struct(cls: type[Any], *, kw_only: bool, weakref_slot: bool) -> type[Any]:
    namespace = {name: value for name, value in vars(cls).items() if name not in _OF_THE_PLAIN_CLASS}
    annotations = inspect.get_annotations(cls)
    defaults = {name: namespace.get(name, attrs.NOTHING) for name in annotations}
    for name, default in defaults.items():
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, for its stub a function
            namespace[name] = msgspec.field(default_factory=default.factory)
    namespace["__annotations__"] = annotations
    bases = (*(base for base in cls.__bases__ if base is not object), msgspec.Struct)
    options = {"frozen": True, "kw_only": kw_only, "weakref": weakref_slot, "gc": weakref_slot}
    metaclass: Any = type(msgspec.Struct)
    struct: type[Any] = metaclass(cls.__name__, bases, namespace, **options)
    return attrs.define(
        struct,
        these={name: attrs.field(default=default, kw_only=kw_only) for name, default in defaults.items()},
        slots=False,
        init=False,
        repr=False,
        eq=False,
        frozen=True,
        match_args=False,
    )


@attrs.frozen(kw_only=True)
class ResultReader:
    """How a result is read from JSON text; where it comes from is generated code."""

    wires: tuple[Any, ...]
    """The types to read it as with msgspec, to be tried in turn."""

    build: Callable[[Any, Structure], Any]
    """Makes the result of what msgspec has read."""


def in_utc(value: datetime) -> datetime:
    """Make a datetime one in UTC.

    Args:
        value: An aware datetime, or one without a time zone, which is in UTC as the API documents.

    Returns:
        An aware datetime.

    Raises:
        OverflowError: In UTC it would be before the year 1 or after the year 9999.
    """
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
