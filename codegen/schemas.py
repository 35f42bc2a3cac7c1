"""Reads the schemas of the spec into small data classes; whatever it does not know is an error, never a guess."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs

from codegen.errors import SpecError, join

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
    "parse_components",
    "parse_schema",
]

_PREFIX: Final = "#/components/schemas/"
_ANNOTATIONS: Final = frozenset({"description", "examples", "externalDocs", "x-expected"})
_SCALARS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"format", "minLength", "maxLength", "pattern", "default"}),
    "integer": frozenset({"minimum", "maximum", "default"}),
    "number": frozenset({"minimum", "maximum", "default"}),
    "boolean": frozenset({"default"}),
}
_FORMATS: Final = frozenset({"date-time", "hostname"})


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


def parse_components(document: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Schema]:
    """Read named schemas and all that they refer to.

    Args:
        document: The spec.
        names: Where to start.

    Returns:
        Each schema by its name, in an order in which each comes after all that it refers to.

    Raises:
        SpecError: A construct is not supported.
    """
    found: dict[str, Schema] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise SpecError(_PREFIX + name, f"refers to itself by {' -> '.join((*path, name))}", "no cycle")
        if name not in found:
            schema = parse_schema(document["components"]["schemas"][name], _PREFIX + name, is_component=True)
            for inner in _references(schema):
                visit(inner, (*path, name))
            found[name] = schema

    for name in names:
        visit(name, ())
    for name, schema in found.items():
        _check_meaning(name, schema, found)
    return found


def parse_schema(node: Any, pointer: str, *, is_component: bool = False) -> Schema:
    """Read one schema.

    Args:
        node: The schema as it stands in the spec.
        pointer: Where it stands.
        is_component: Whether it has a name; objects with properties, and unions of them, need one.

    Returns:
        The schema.

    Raises:
        SpecError: A construct is not supported.
    """
    if not isinstance(node, dict):
        raise SpecError(pointer, f"the schema {node!r}", "a mapping")
    if "$ref" in node:
        _only(node, pointer, frozenset({"$ref", "description", "default"}))
        return Ref(name=_ref_name(node["$ref"], join(pointer, "$ref")))
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            return _parse_alternatives(node, keyword, pointer, is_component)
    kind = node.get("type")
    if isinstance(kind, str) and kind in _SCALARS:
        return _parse_scalar(node, kind, pointer)
    if kind == "array":
        return _parse_array(node, pointer)
    if kind == "object":
        return _parse_object(node, pointer, is_component)
    raise SpecError(
        join(pointer, "type") if "type" in node else pointer,
        f"the type {kind!r}",
        "$ref, anyOf, oneOf, or one of the types string, integer, number, boolean, array, object",
    )


def _parse_scalar(node: Mapping[str, Any], kind: str, pointer: str) -> Scalar | Enum:
    if "enum" in node:
        return _parse_enum(node, pointer)
    _only(node, pointer, _SCALARS[kind] | {"type"})
    text_format = node.get("format")
    if text_format is not None and text_format not in _FORMATS:
        raise SpecError(join(pointer, "format"), f"the format {text_format!r}", ", ".join(sorted(_FORMATS)))
    return Scalar(
        kind="date-time" if text_format == "date-time" else kind,  # type: ignore[arg-type]  # a key of _SCALARS
        minimum=node.get("minimum"),
        maximum=node.get("maximum"),
        min_length=node.get("minLength", 0),
        max_length=node.get("maxLength"),
        pattern=node.get("pattern"),
        expected=node.get("x-expected"),
    )


def _parse_enum(node: Mapping[str, Any], pointer: str) -> Enum:
    _only(node, pointer, frozenset({"type", "enum", "default"}))
    values = node["enum"]
    if node["type"] != "string" or not all(isinstance(value, str) for value in values):
        raise SpecError(join(pointer, "enum"), f"the values {values!r}", "strings (quote off, on, yes and no in YAML)")
    return Enum(values=tuple(values), is_open=False)


def _parse_array(node: Mapping[str, Any], pointer: str) -> Array | Pair:
    if "prefixItems" not in node:
        _only(node, pointer, frozenset({"type", "items", "minItems", "default"}))
        if "items" not in node:
            raise SpecError(pointer, "an array without items", "items")
        items = parse_schema(node["items"], join(pointer, "items"))
        return Array(items=items, min_items=node.get("minItems", 0))
    _only(node, pointer, frozenset({"type", "prefixItems", "items", "minItems", "maxItems"}))
    parts = node["prefixItems"]
    if len(parts) != 2 or [node.get(key) for key in ("items", "minItems", "maxItems")] != [False, 2, 2]:
        raise SpecError(pointer, "a tuple", "two prefixItems with items: false, minItems: 2 and maxItems: 2")
    first, second = (parse_schema(part, join(pointer, "prefixItems", index)) for index, part in enumerate(parts))
    return Pair(first=first, second=second)


def _parse_object(node: Mapping[str, Any], pointer: str, is_component: bool) -> Object | Map:
    if "properties" not in node:
        _only(node, pointer, frozenset({"type", "additionalProperties"}))
        values = node.get("additionalProperties")
        if not isinstance(values, dict):
            raise SpecError(pointer, "an object of unknown shape", "properties, or additionalProperties with a schema")
        return Map(values=parse_schema(values, join(pointer, "additionalProperties")))
    if not is_component:
        raise SpecError(pointer, "an object without a name", f"a $ref to one below {_PREFIX}")
    _only(node, pointer, frozenset({"type", "properties", "required", "x-exactly-one-of"}))
    required = node.get("required", [])
    fields = []
    for wire, inner in node["properties"].items():
        where = join(pointer, "properties", wire)
        default = inner.get("default")
        if default is not None and default != [] and not isinstance(default, str):
            raise SpecError(join(where, "default"), f"the default {default!r}", "a string or []")
        field = Field(wire=wire, schema=parse_schema(inner, where), required=wire in required, default=default)
        fields.append(field)
    exclusive = tuple(node.get("x-exactly-one-of", ()))
    for key, listed in (("required", required), ("x-exactly-one-of", exclusive)):
        unknown = set(listed) - node["properties"].keys()
        if unknown:
            raise SpecError(join(pointer, key), f"the names {sorted(unknown)}", "names of properties")
    return Object(fields=tuple(fields), exactly_one_of=exclusive)


def _parse_alternatives(node: Mapping[str, Any], keyword: str, pointer: str, is_component: bool) -> Schema:
    parts = node[keyword]
    where = [join(pointer, keyword, index) for index in range(len(parts))]
    if keyword == "anyOf" and len(parts) == 2 and parts[1] == {}:
        _only(node, pointer, frozenset({keyword}))
        return AnyOrSchema(schema=parse_schema(parts[0], where[0]))
    if keyword == "anyOf" and len(parts) == 2 and parts[1] == {"type": "string"}:
        _only(node, pointer, frozenset({keyword, "x-booleans"}))
        first = parse_schema(parts[0], where[0])
        if isinstance(first, Enum):
            return attrs.evolve(first, is_open=True, booleans=node.get("x-booleans"))
    if keyword == "oneOf" and all("$ref" in part for part in parts):
        if not is_component:
            raise SpecError(pointer, "a union of objects without a name", f"a $ref to one below {_PREFIX}")
        return _parse_union(node, pointer)
    _only(node, pointer, frozenset({keyword}))
    options = tuple(parse_schema(part, place) for part, place in zip(parts, where, strict=True))
    for option, place in zip(options, where, strict=True):
        if not isinstance(option, Scalar | Array):
            raise SpecError(
                place,
                f"{type(option).__name__.lower()} among the alternatives of {keyword}",
                "scalars and arrays; an enum then {type: string}; any schema then {}; or a oneOf of $refs to objects",
            )
    return Choice(options=options)


def _parse_union(node: Mapping[str, Any], pointer: str) -> Union:
    _only(node, pointer, frozenset({"oneOf", "discriminator"}))
    members = tuple(
        _ref_name(part["$ref"], join(pointer, "oneOf", index, "$ref")) for index, part in enumerate(node["oneOf"])
    )
    discriminator = node.get("discriminator")
    if discriminator is None:
        return Union(members=members)
    if "mapping" not in discriminator:
        raise SpecError(join(pointer, "discriminator"), "no mapping", "a mapping from values to $refs")
    mapping = {
        value: _ref_name(ref, join(pointer, "discriminator", "mapping", value))
        for value, ref in discriminator["mapping"].items()
    }
    return Union(members=members, discriminator=discriminator["propertyName"], mapping=mapping)


def _ref_name(ref: str, pointer: str) -> str:
    if not ref.startswith(_PREFIX) or "/" in ref[len(_PREFIX) :]:
        raise SpecError(pointer, f"the reference {ref!r}", f"one below {_PREFIX}")
    return ref[len(_PREFIX) :]


def _only(node: Mapping[str, Any], pointer: str, keywords: frozenset[str]) -> None:
    """Refuse a schema with a keyword whose meaning would be lost."""
    for key in node:
        if key not in keywords and key not in _ANNOTATIONS:
            raise SpecError(join(pointer, key), f"the keyword {key!r}", ", ".join(sorted(keywords)))


def _references(schema: Schema) -> tuple[str, ...]:
    match schema:
        case Ref(name=name):
            return (name,)
        case Union(members=members):
            return members
        case Array(items=inner) | Map(values=inner) | AnyOrSchema(schema=inner):
            return _references(inner)
        case Pair(first=first, second=second):
            return _references(first) + _references(second)
        case Choice(options=options):
            return tuple(name for option in options for name in _references(option))
        case Object(fields=fields):
            return tuple(name for field in fields for name in _references(field.schema))
        case _:
            return ()


def _check_meaning(name: str, schema: Schema, components: Mapping[str, Schema]) -> None:
    """Refuse what can only be seen with all schemas at hand."""
    if isinstance(schema, Union):
        for index, member in enumerate(schema.members):
            if not isinstance(components[member], Object):
                raise SpecError(join(_PREFIX + name, "oneOf", index), f"{member}, which is no object", "objects")
