"""What the generated models and decoders are made of."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import attrs

__all__ = ["ResultReader", "Structure", "dict_setter", "in_utc", "view", "with_class_defaults"]

ClassT = TypeVar("ClassT", bound=type[Any])

Structure: TypeAlias = Callable[[Any, Any], Any]
"""The ``structure`` of a converter: makes an object of JSON values and a type."""


@attrs.frozen(kw_only=True)
class ResultReader:
    """How a result is read from JSON text; where it comes from is generated code."""

    wires: tuple[Any, ...]
    """The types to read it as with msgspec, to be tried in turn."""

    build: Callable[[Any, Structure], Any]
    """Makes the result of what msgspec has read."""


def with_class_defaults(model: ClassT) -> ClassT:
    """Give a class the plain defaults of its fields as attributes, for objects that do not hold them themselves.

    Args:
        model: An attrs class without slots.

    Returns:
        The same class.
    """
    for field in attrs.fields(model):
        is_made = isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]  # a class, for its stub a function
        if field.default is not attrs.NOTHING and not is_made:
            setattr(model, field.name, field.default)
    return model


def dict_setter(model: type[Any]) -> Callable[[Any, dict[str, Any]], None]:
    """Find what sets the ``__dict__`` of the objects of a class; a frozen class lets nothing else do so.

    Args:
        model: A class without slots.

    Returns:
        A function of an object and a dict, in a third of the time of ``object.__setattr__``.
    """
    descriptor = next(vars(each)["__dict__"] for each in model.__mro__ if "__dict__" in vars(each))
    setter: Callable[[Any, dict[str, Any]], None] = descriptor.__set__
    return setter


def view(model: type[Any], annotations: dict[str, Any]) -> type[Any]:
    """Make a class by which msgspec reads a model whose own annotations it does not take.

    Args:
        model: An attrs class with slots.
        annotations: Those to read by, of every field.

    Returns:
        A subclass that adds nothing, so that its objects can be told that they are of the model's class.
    """
    return type(f"{model.__name__}View", (model,), {"__slots__": (), "__annotations__": annotations})


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
