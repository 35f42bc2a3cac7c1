"""Reads the schemas of the spec into small data classes; whatever it does not know is an error, never a guess."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from codegen.errors import SpecError, join
from codegen.shapes import (
    AnyOrSchema,
    Array,
    Choice,
    Enum,
    Field,
    Map,
    Object,
    Pair,
    Ref,
    Scalar,
    Schema,
    Union,
    references,
)

__all__ = ["BASES", "parse_components", "parse_schema", "parse_with_default", "plain_text"]

BASES: Final[Mapping[str, str]] = {"ReportTable": "aiospectrum.tables.mixin.ReportTable"}
"""The handwritten classes that ``x-python-base`` gives to models, and where they are."""

_PREFIX: Final = "#/components/schemas/"
_ANNOTATIONS: Final = frozenset({"description", "examples", "externalDocs"})
_SCALARS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"format", "minLength", "maxLength", "pattern", "x-expected"}),
    "integer": frozenset({"minimum", "maximum", "x-expected"}),
    "number": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
}
_FORMATS: Final = frozenset({"date-time", "hostname"})
_ALWAYS: Final = "x-always-written"


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
            plain_text(document["components"]["schemas"][name], "description", _PREFIX + name)
            for inner in references(schema):
                visit(inner, (*path, name))
            found[name] = schema

    for name in names:
        visit(name, ())
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
        _only(node, pointer, frozenset({"$ref", "description"}))
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
        f"the type {kind!r}" if "type" in node else "no type",
        "$ref, anyOf, oneOf, or one of the types string, integer, number, boolean, array, object",
    )


def parse_with_default(node: Any, pointer: str) -> tuple[Schema, Any]:
    """Read the schema of a property or a parameter, the only ones that can have a default.

    Args:
        node: The schema as it stands in the spec.
        pointer: Where it stands.

    Returns:
        The schema and the default, None when there is none.

    Raises:
        SpecError: A construct is not supported.
    """
    if not isinstance(node, dict):
        return parse_schema(node, pointer), None
    bare = {key: value for key, value in node.items() if key != "default"}
    return parse_schema(bare, pointer), node.get("default")


def plain_text(node: Mapping[str, Any], key: str, pointer: str) -> str:
    """Read a text that goes into a docstring.

    Args:
        node: What it describes.
        key: Its key there, such as ``description``.
        pointer: Where the node stands.

    Returns:
        The text.

    Raises:
        SpecError: There is none, or a docstring could not hold it.
    """
    text = node.get(key)
    if not isinstance(text, str) or not text.strip():
        raise SpecError(pointer, f"no {key}", f"a {key}, which becomes a docstring")
    if "\\" in text or '"""' in text:
        raise SpecError(join(pointer, key), f"the text {text!r}", "text without backslashes and triple quotes")
    return text


def _parse_scalar(node: Mapping[str, Any], kind: str, pointer: str) -> Scalar | Enum:
    if "enum" in node:
        return _parse_enum(node, pointer)
    _only(node, pointer, _SCALARS[kind] | {"type"})
    text_format = node.get("format")
    if text_format is not None and text_format not in _FORMATS:
        raise SpecError(join(pointer, "format"), f"the format {text_format!r}", ", ".join(sorted(_FORMATS)))
    if not isinstance(node.get("x-expected", ""), str):
        raise SpecError(join(pointer, "x-expected"), f"{node['x-expected']!r}", "a string")
    if text_format == "date-time":
        _only(node, pointer, frozenset({"type", "format"}))
    pattern = node.get("pattern", "^$")
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise SpecError(join(pointer, "pattern"), f"the pattern {pattern!r}", "one of the whole string, ^ to $")
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
    _only(node, pointer, frozenset({"type", "enum"}))
    values = node["enum"]
    if node["type"] != "string" or not values or not all(isinstance(value, str) for value in values):
        raise SpecError(join(pointer, "enum"), f"the values {values!r}", "strings (quote off, on, yes and no in YAML)")
    return Enum(values=tuple(values), is_open=False)


def _parse_array(node: Mapping[str, Any], pointer: str) -> Array | Pair:
    if "prefixItems" not in node:
        _only(node, pointer, frozenset({"type", "items", "minItems"}))
        if "items" not in node:
            raise SpecError(pointer, "an array without items", "items")
        items = parse_schema(node["items"], join(pointer, "items"))
        return Array(items=items, min_items=node.get("minItems", 0))
    _only(node, pointer, frozenset({"type", "prefixItems", "items", "minItems", "maxItems"}))
    parts = node["prefixItems"]
    is_pair = len(parts) == node.get("minItems") == node.get("maxItems") == 2
    if not is_pair or node.get("items", False) is not False:
        supported = "two prefixItems with minItems: 2, maxItems: 2 and no items, or items: false"
        raise SpecError(pointer, "a tuple", supported)
    first, second = (parse_schema(part, join(pointer, "prefixItems", index)) for index, part in enumerate(parts))
    return Pair(first=first, second=second)


def _parse_object(node: Mapping[str, Any], pointer: str, is_component: bool) -> Object | Map:
    if not node.get("properties"):
        _only(node, pointer, frozenset({"type", "additionalProperties"}))
        values = node.get("additionalProperties")
        if not isinstance(values, dict):
            raise SpecError(pointer, "an object of unknown shape", "properties, or additionalProperties with a schema")
        return Map(values=parse_schema(values, join(pointer, "additionalProperties")))
    if not is_component:
        raise SpecError(pointer, "an object without a name", f"a $ref to one below {_PREFIX}")
    _only(node, pointer, frozenset({"type", "properties", "required", "x-exactly-one-of", "x-python-base"}))
    if "x-python-base" in node and node["x-python-base"] not in list(BASES):
        raise SpecError(join(pointer, "x-python-base"), f"the class {node['x-python-base']!r}", ", ".join(BASES))
    required = node.get("required", [])
    fields = [
        _parse_property(wire, inner, join(pointer, "properties", wire), required=wire in required)
        for wire, inner in node["properties"].items()
    ]
    exclusive = node.get("x-exactly-one-of", [])
    if not isinstance(exclusive, list):
        raise SpecError(join(pointer, "x-exactly-one-of"), f"{exclusive!r}", "a list of names of properties")
    for key, listed in (("required", required), ("x-exactly-one-of", exclusive)):
        unknown = set(listed) - node["properties"].keys()
        if unknown:
            raise SpecError(join(pointer, key), f"the names {sorted(unknown)}", "names of properties")
    always = sorted(field.wire for field in fields if field.wire in exclusive and field.default is not None)
    if always:
        raise SpecError(join(pointer, "x-exactly-one-of"), f"the names {always}", "properties without a default")
    return Object(fields=tuple(fields), exactly_one_of=tuple(exclusive))


def _parse_property(wire: str, node: Any, pointer: str, *, required: bool) -> Field:
    bare = {key: value for key, value in node.items() if key != _ALWAYS} if isinstance(node, dict) else node
    schema, default = parse_with_default(bare, pointer)
    if default is not None and default not in ([], {}) and not isinstance(default, str):
        raise SpecError(join(pointer, "default"), f"the default {default!r}", "a string, [] or {}")
    if default is not None and required:
        raise SpecError(join(pointer, "default"), "the default of a required property", "one or the other")
    plain_text(node, "description", pointer)
    if _ALWAYS in node and (node[_ALWAYS] is not True or default not in ([], {})):
        raise SpecError(join(pointer, _ALWAYS), f"{node[_ALWAYS]!r}", "true, beside a default of [] or {}")
    return Field(wire=wire, schema=schema, required=required, default=default, always_written=_ALWAYS in node)


def _parse_alternatives(node: Mapping[str, Any], keyword: str, pointer: str, is_component: bool) -> Schema:
    parts = node[keyword]
    where = [join(pointer, keyword, index) for index in range(len(parts))]
    if keyword == "anyOf" and len(parts) == 2 and isinstance(parts[1], dict) and set(parts[1]) <= {"description"}:
        _only(node, pointer, frozenset({keyword}))
        return AnyOrSchema(schema=parse_schema(parts[0], where[0]))
    if keyword == "anyOf" and len(parts) == 2 and parts[1] == {"type": "string"}:
        _only(node, pointer, frozenset({keyword, "x-booleans"}))
        first = parse_schema(parts[0], where[0])
        if isinstance(first, Enum):
            booleans = _parse_booleans(node, first.values, pointer)
            return attrs.evolve(first, is_open=True, booleans=booleans)
    if keyword == "anyOf" and all(isinstance(part, dict) and "$ref" in part for part in parts):
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
                "scalars and arrays; an enum then {type: string}; any schema then {}; or an anyOf of $refs to objects",
            )
    texts = [option for option in options if isinstance(option, Scalar) and option.kind in ("string", "date-time")]
    if len(texts) > 1:
        raise SpecError(pointer, f"two strings among the alternatives of {keyword}", "alternatives of different types")
    return Choice(options=options)


def _parse_booleans(node: Mapping[str, Any], values: tuple[str, ...], pointer: str) -> Mapping[str, str] | None:
    booleans = node.get("x-booleans")
    if booleans is None or (set(booleans) == {"true", "false"} and set(booleans.values()) <= set(values)):
        return booleans
    raise SpecError(join(pointer, "x-booleans"), f"{booleans!r}", 'the keys "true" and "false" with values of the enum')


def _parse_union(node: Mapping[str, Any], pointer: str) -> Union:
    _only(node, pointer, frozenset({"anyOf", "discriminator"}))
    parts = [parse_schema(part, join(pointer, "anyOf", index)) for index, part in enumerate(node["anyOf"])]
    members = tuple(part.name for part in parts if isinstance(part, Ref))
    discriminator = node.get("discriminator")
    if discriminator is None:
        return Union(members=members)
    if set(discriminator) != {"propertyName", "mapping"}:
        supported = "propertyName and a mapping from values to $refs"
        raise SpecError(join(pointer, "discriminator"), f"the keys {sorted(discriminator)}", supported)
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
