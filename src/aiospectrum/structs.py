"""Frozen attrs classes whose objects are msgspec structs: what every model is.

msgspec decodes JSON straight into such a class, and for its users it is an attrs class: ``attrs.fields``,
``attrs.evolve``, ``attrs.asdict``, pattern matching, ``pickle``, cattrs and type checkers work as with any other one.
The name of a field in JSON, where it differs, stands in its metadata::

    @struct(kw_only=True)
    class Usage:
        app_id: str = attrs.field(metadata={"json": "appID"})
        labels: list[str] = attrs.field(factory=list)
"""

import inspect
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeGuard, Union, get_args

import attrs
import msgspec

from aiospectrum.checks.plain import Unchecked

__all__ = ["Sent", "SentOnly", "is_struct", "struct"]

_OF_EVERY_CLASS: Final = frozenset(vars(type("", (), {}))) - {"__doc__"}
_IGNORED_OF_FIELDS: Final = ("validator", "converter", "on_setattr", "eq_key", "order_key", "hash")
_IGNORED_OF_CLASSES: Final = (
    *("__attrs_pre_init__", "__attrs_post_init__", "__post_init__", "__init_subclass__", "__match_args__"),
    *("__getstate__", "__setstate__", "__getnewargs__"),
)
"""What attrs or msgspec alone would take into account."""
_DEFAULTS_OF_MSGSPEC: Final = (type(msgspec.field()), type(msgspec.NODEFAULT))


class Sent:
    """Base of what is sent: the converter refuses keys that it does not know."""

    __slots__ = ()


class SentOnly(Sent):
    """Base of what is sent and never read: msgspec by itself refuses such keys too."""

    __slots__ = ()


if TYPE_CHECKING:
    from attrs import frozen as struct
else:

    def struct(*, kw_only: bool = False, weakref_slot: bool = True):
        """Make a frozen attrs class whose objects are msgspec structs; it cannot be subclassed.

        Args:
            kw_only: Whether it is called with keyword arguments only.
            weakref_slot: Whether there can be weak references to the objects. Without, the garbage collector does not
                look for cycles through them either, of which there are none in what comes from JSON.

        Returns:
            A decorator of a class with annotations, whose fields have plain defaults or factories without arguments.

        Raises:
            TypeError: A field has what would be ignored: a validator, a converter, a factory that takes the object, or
                an ``init``, ``repr``, ``eq``, ``alias``, ``kw_only`` or ``on_setattr`` of its own; the class has: a
                metaclass, a cached property, bases that hold something, ``super()``, or a special method that attrs
                or msgspec would not call; or, later on, it gets a subclass.
        """
        return lambda cls: _as_struct(cls, kw_only=kw_only, weakref_slot=weakref_slot)


def is_struct(cls: object) -> TypeGuard[type[Any]]:
    """Return whether something is a class that :func:`struct` made.

    Args:
        cls: Anything.

    Returns:
        Whether it is one.
    """
    return isinstance(cls, type) and issubclass(cls, msgspec.Struct) and attrs.has(cls)


def _refuse_subclass(cls: type[Any]) -> None:
    raise TypeError(f"{cls.__mro__[1].__name__} cannot be subclassed: hold one in an object of your own")


def _as_struct(cls: type[Any], *, kw_only: bool, weakref_slot: bool) -> type[Any]:
    own = {name: value for name, value in vars(cls).items() if name not in _OF_EVERY_CLASS}
    _check_class(cls, own)
    fields = attrs.fields(attrs.frozen(cls, kw_only=kw_only))  # of a class that is not kept: what attrs makes of it
    for field in fields:
        is_usual = field.init is True and field.repr is True and field.eq is True and field.alias == field.name
        is_usual = is_usual and field.kw_only is kw_only and field.type is not None
        takes_self = isinstance(field.default, attrs.Factory) and field.default.takes_self  # type: ignore[arg-type]
        is_odd = takes_self or isinstance(field.default, _DEFAULTS_OF_MSGSPEC)
        if not is_usual or is_odd or any(getattr(field, name) is not None for name in _IGNORED_OF_FIELDS):
            raise TypeError(
                f"{cls.__name__}.{field.name}: expected a field with at most a default and metadata, and a type"
            )
    made = msgspec.defstruct(
        cls.__name__,
        [(field.name, _plain_type(field.type), *_default(field.default)) for field in fields],
        bases=(*(base for base in cls.__bases__ if base is not object), msgspec.Struct),
        namespace={
            **{name: value for name, value in own.items() if name not in {field.name for field in fields}},
            "__init_subclass__": classmethod(_refuse_subclass),
            "__qualname__": cls.__qualname__,
        },
        module=cls.__module__,
        rename={field.name: field.metadata["json"] for field in fields if "json" in field.metadata},
        frozen=True,
        forbid_unknown_fields=issubclass(cls, SentOnly),
        kw_only=kw_only,
        weakref=weakref_slot,
        gc=weakref_slot,
    )
    these = {
        field.name: attrs.field(default=field.default, metadata=dict(field.metadata), kw_only=kw_only)
        for field in fields
    }
    return attrs.define(made, these=these, slots=False, init=False, repr=False, eq=False, frozen=True, match_args=False)


def _check_class(cls: type[Any], own: dict[str, Any]) -> None:
    """Refuse what attrs and msgspec would not take in the same way."""
    if type(cls) is not type:
        raise TypeError(f"{cls.__name__}: expected a class without a metaclass, got {type(cls).__name__}")
    for base in cls.__mro__[1:-1]:
        if base.__dictoffset__ or base.__basicsize__ != object.__basicsize__:
            raise TypeError(f"{cls.__name__}: expected bases with `__slots__ = ()`, got {base.__name__}")
    for name, value in own.items():
        function = inspect.unwrap(getattr(value, "fget", None) or value)
        knows_class = "__class__" in getattr(getattr(function, "__code__", None), "co_freevars", ())
        if name in _IGNORED_OF_CLASSES or isinstance(value, cached_property) or knows_class:
            raise TypeError(f"{cls.__name__}.{name}: expected no special methods, cached properties or super()")


def _plain_type(hint: Any) -> Any:
    """A type in which a str stands for an :class:`Unchecked`, which no JSON is: a check tells them apart."""
    if hint is Unchecked:
        return str
    if Unchecked not in (arguments := get_args(hint)):
        return hint
    return Union[tuple(map(_plain_type, arguments))]  # noqa: UP007 - of a tuple


def _default(default: Any) -> tuple[Any, ...]:
    """The end of a field's definition as msgspec takes it: empty where there is no default."""
    if default is attrs.NOTHING:
        return ()
    return (msgspec.field(default_factory=default.factory) if hasattr(default, "factory") else default,)
