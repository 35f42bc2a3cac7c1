"""Frozen attrs classes whose objects are msgspec structs: the models, and records that every call has."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

__all__ = ["struct"]

_OF_THE_PLAIN_CLASS: Final = frozenset({"__dict__", "__weakref__", "__annotate_func__", "__annotations_cache__"})
"""What Python gives a class that is not a struct."""

if TYPE_CHECKING:
    from attrs import frozen as struct
else:

    def struct(*, kw_only: bool, weakref_slot: bool = True) -> Callable[[type[Any]], type[Any]]:
        """Make a frozen attrs class whose objects are msgspec structs.

        To attrs, and so to type checkers, to cattrs and to users, it is a class like any other: ``attrs.fields``,
        ``attrs.evolve`` and the like do what they always do. But it is msgspec that holds the values, compares and
        prints them, and that makes the objects, which takes much less time than to fill those of attrs' own classes.

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
    made: type[Any] = metaclass(cls.__name__, bases, namespace, **options)
    return attrs.define(
        made,
        these={name: attrs.field(default=default, kw_only=kw_only) for name, default in defaults.items()},
        slots=False,
        init=False,
        repr=False,
        eq=False,
        frozen=True,
        match_args=False,
    )
