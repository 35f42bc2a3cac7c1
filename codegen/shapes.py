"""What schemas are to the generator: small data classes."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

__all__ = [
    "AnyOrSchema",
    "Array",
    "Choice",
    "Enum",
    "Field",
    "Map",
    "Object",
    "Pair",
    "Ref",
    "Scalar",
    "Schema",
    "Union",
    "references",
]


@attrs.frozen(kw_only=True)
class Scalar:
    """A string, number, integer, boolean or date and time."""

    kind: Literal["string", "integer", "number", "boolean", "date-time"]
    minimum: int | None = None
    maximum: int | None = None
    min_length: int = 0
    max_length: int | None = None
    pattern: str | None = None
    expected: str | None = None


@attrs.frozen(kw_only=True)
class Enum:
    """One of some strings; an open one also takes any other string."""

    values: tuple[str, ...]
    is_open: bool
    booleans: Mapping[str, str] | None = None


@attrs.frozen(kw_only=True)
class Array:
    """Items of one schema."""

    items: "Schema"
    min_items: int = 0


@attrs.frozen(kw_only=True)
class Pair:
    """Exactly two items, each with its schema."""

    first: "Schema"
    second: "Schema"


@attrs.frozen(kw_only=True)
class Map:
    """Free keys with values of one schema."""

    values: "Schema"


@attrs.frozen(kw_only=True)
class Choice:
    """One of several schemas of which none is an object."""

    options: "tuple[Schema, ...]"


@attrs.frozen(kw_only=True)
class AnyOrSchema:
    """A schema that a value may depart from, in which case it is kept as it came."""

    schema: "Schema"


@attrs.frozen(kw_only=True)
class Ref:
    """A schema with a name."""

    name: str


@attrs.frozen(kw_only=True)
class Field:
    """One property of an object."""

    wire: str
    schema: "Schema"
    required: bool
    default: Any = None
    always_written: bool = False


@attrs.frozen(kw_only=True)
class Object:
    """An object with known properties, which becomes a class."""

    fields: tuple[Field, ...]
    exactly_one_of: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Union:
    """One of several objects."""

    members: tuple[str, ...]
    discriminator: str | None = None
    mapping: Mapping[str, str] = attrs.field(factory=dict)


Schema = Scalar | Enum | Array | Pair | Map | Choice | AnyOrSchema | Ref | Object | Union


def references(schema: Schema) -> tuple[str, ...]:
    """List the named schemas that a schema refers to.

    Args:
        schema: The schema.

    Returns:
        Their names, not those that they refer to in turn.
    """
    match schema:
        case Ref(name=name):
            return (name,)
        case Union(members=members):
            return members
        case Array(items=inner) | Map(values=inner) | AnyOrSchema(schema=inner):
            return references(inner)
        case Pair(first=first, second=second):
            return references(first) + references(second)
        case Choice(options=options):
            return tuple(name for option in options for name in references(option))
        case Object(fields=fields):
            return tuple(name for field in fields for name in references(field.schema))
        case _:
            return ()
