"""What schemas are to the generator: small data classes."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Scalar:
    """A value of a JSON type, ``date-time``, ``enum``, ``anything``, or ``broken`` where a problem was reported."""

    kind: str
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    expected: str = ""
    values: tuple[str, ...] = ()
    is_open: bool = False
    """Whether an enum also takes any other string."""


@attrs.frozen(kw_only=True)
class Array:
    """Items of one schema."""

    items: "Schema"
    min_items: int = 0


@attrs.frozen(kw_only=True)
class Map:
    """Free keys with values of one kind."""

    values: Scalar


@attrs.frozen(kw_only=True)
class Choice:
    """One of several scalars, each of another JSON type."""

    options: tuple[Scalar, ...]


@attrs.frozen(kw_only=True)
class Ref:
    """A schema with a name."""

    name: str


@attrs.frozen(kw_only=True)
class Field:
    """One property of an object; its default is ``attrs.NOTHING`` where there is none."""

    pointer: str
    wire: str
    name: str
    schema: "Schema"
    description: str
    required: bool
    nullable: bool
    default: Any
    always_written: bool


@attrs.frozen(kw_only=True)
class Object:
    """An object with known properties, which becomes a class."""

    fields: tuple[Field, ...]
    exactly_one_of: tuple[str, ...] = ()
    variants: Mapping[str, Mapping[str, tuple[str, ...]]] = attrs.field(factory=dict)
    """By a property of choices and each of these, the other properties that go with it alone."""
    base: str | None = None
    check: str | None = None


Schema = Scalar | Array | Map | Choice | Ref | Object
BROKEN = Scalar(kind="broken")


@attrs.frozen(kw_only=True)
class Component:
    """A schema with a name, in a mapping in which each comes after all that it refers to."""

    pointer: str
    name: str
    schema: Schema
    description: str


Components = Mapping[str, Component]


def references(schema: Schema) -> tuple[str, ...]:
    """List the named schemas that a schema refers to, not those that they refer to in turn."""
    match schema:
        case Ref(name=name):
            return (name,)
        case Array(items=inner):
            return references(inner)
        case Object(fields=fields):
            return tuple(name for field in fields for name in references(field.schema))
        case _:
            return ()


def resolve(schema: Schema, components: Components) -> Schema:
    """Return the schema that a reference leads to, through others too."""
    seen: set[str] = set()
    while isinstance(schema, Ref) and schema.name not in seen:
        seen.add(schema.name)
        schema = components[schema.name].schema if schema.name in components else BROKEN
    return BROKEN if isinstance(schema, Ref) else schema


def reachable(components: Components, roots: Iterable[str]) -> list[Component]:
    """List the named schemas that some lead to, themselves included."""
    reached = set(roots)
    for name in reversed(list(components)):
        if name in reached:
            reached.update(references(components[name].schema))
    return [component for name, component in components.items() if name in reached]
