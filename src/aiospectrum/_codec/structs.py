"""Frozen attrs classes whose objects are msgspec structs: the models, and records that every call has."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

__all__ = ["struct", "wire_type"]

_OF_THE_PLAIN_CLASS: Final = frozenset({"__dict__", "__weakref__", "__annotate_func__", "__annotations_cache__"})
"""What Python gives a class that is not a struct."""

_WIRE_TYPE: Final = "_is_wire_type"
_ATTRS_FIELD: Final = type(attrs.field())

if TYPE_CHECKING:
    from attrs import frozen as struct
else:

    def struct(*, kw_only: bool, weakref_slot: bool = True) -> Callable[[type[Any]], type[Any]]:
        """Make a frozen attrs class whose objects are msgspec structs.

        ``attrs.fields``, ``attrs.evolve`` and the like do with it what they do with any frozen class with slots, and
        so do type checkers and cattrs. But it is msgspec that holds the values, compares and prints them, and that
        makes the objects, which takes much less time than to fill those of attrs' own classes. It has no subclasses
        but wire types: attrs would not see their fields.

        Args:
            kw_only: Whether it is called with keywords alone.
            weakref_slot: Whether there can be weak references to the objects. Without, the garbage collector does not
                look for cycles through them either, of which there are none in what comes from JSON.

        Returns:
            A decorator of a class with annotations, whose defaults are plain or an ``attrs.Factory`` of no arguments.

        Raises:
            TypeError: A default is of another kind; or, from then on, a subclass is made.
        """
        return lambda cls: _as_struct(cls, kw_only=kw_only, weakref_slot=weakref_slot)


def wire_type(name: str, base: type[Any], fields: list[Any], *, rename: dict[str, str] | None = None) -> type[Any]:
    """Make a class by whose annotations msgspec reads objects of another one, which they are to become.

    Args:
        name: Its name.
        base: The class that they are to become; all its other fields are read by its own annotations.
        fields: Names, annotations and defaults, as msgspec takes them.
        rename: Key in JSON by name, where they differ.

    Returns:
        A subclass.
    """
    made: type[Any] = msgspec.defstruct(
        name, fields, bases=(base,), namespace={_WIRE_TYPE: True}, kw_only=True, rename=rename
    )
    return made


def _refuse_subclass(cls: type[Any]) -> None:
    if _WIRE_TYPE not in vars(cls):
        raise TypeError(f"{cls.__mro__[1].__name__} has no subclasses: let an object of yours hold one")


def _as_struct(cls: type[Any], *, kw_only: bool, weakref_slot: bool) -> type[Any]:
    namespace = {name: value for name, value in vars(cls).items() if name not in _OF_THE_PLAIN_CLASS}
    annotations = inspect.get_annotations(cls)
    defaults = {name: namespace.get(name, attrs.NOTHING) for name in annotations}
    for name, default in defaults.items():
        is_factory = isinstance(default, attrs.Factory)  # type: ignore[arg-type]  # a class, for its stub a function
        if isinstance(default, _ATTRS_FIELD) or (is_factory and default.takes_self):
            raise TypeError(f"{cls.__name__}.{name}: expected a plain default or a factory of no arguments")
        if is_factory:
            namespace[name] = msgspec.field(default_factory=default.factory)
    namespace |= {"__annotations__": annotations, "__init_subclass__": classmethod(_refuse_subclass)}
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
