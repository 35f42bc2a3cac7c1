"""Reads schemas into small data classes; whatever it does not know is reported, never ignored."""

from collections.abc import Iterable, Mapping
from typing import Final, get_args

import attrs

from aiospectrum.checks.formats import Format
from codegen.document import DEEPEST, FOR_PEOPLE, Document, Node, show
from codegen.patterns import SUPPORTED, translate_pattern
from codegen.shapes import (
    BROKEN,
    Array,
    Choice,
    Component,
    Components,
    Field,
    Map,
    Object,
    Ref,
    Scalar,
    Schema,
    references,
)
from codegen.writing import snake_case

_COMPONENTS: Final = "#/components/schemas"
_TYPES: Final = "$ref, anyOf, oneOf, or one of the types string, integer, number, boolean, array, object"
_ALTERNATIVES: Final = "strings, numbers and booleans; or anyOf with an enum and {type: string}"
_FORMATS: Final = {"format": ("date-time", "hostname", "uuid"), "x-format": get_args(Format)}
_PROPERTY_KEYS: Final = ("default", "x-always-written", "x-python-name")


def parse_components(document: Document, roots: Iterable[str]) -> Components:
    """Read named schemas and all that they refer to."""
    found: dict[str, Component] = {}
    nodes = document.root.at("components").members("schemas")

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            nodes[name].report(f"a schema that refers to itself by {' -> '.join((*path, name))}", "no cycle")
        elif len(path) > DEEPEST:
            nodes[name].report("a schema at this depth", f"at most {DEEPEST} that refer to each other in a row")
        elif name not in found:
            node = nodes[name]
            schema = parse_schema(node, is_named=True)
            description = node.prose("description") if isinstance(node.value, dict) else ""
            for inner in references(schema):
                visit(inner, (*path, name))
            found[name] = Component(pointer=node.pointer, name=name, schema=schema, description=description)

    for name in roots:
        visit(name, ())
    return found


def parse_schema(node: Node, *, is_named: bool = False) -> Schema:
    """Read one schema; an object with properties needs a name."""
    if not isinstance(node.value, dict):
        node.report(f"the schema {show(node.value)}", "a mapping")
        return BROKEN
    if node.has("$ref"):
        name = str(node.value["$ref"]).rsplit("/", maxsplit=1)[-1]
        return BROKEN if node.target("schemas").is_broken else Ref(name=name)
    if node.value.keys() <= FOR_PEOPLE and not is_named:
        return Scalar(kind="anything")
    match node.value:
        case {"anyOf": _}:
            return _parse_alternatives(node, "anyOf")
        case {"oneOf": _}:
            return _parse_alternatives(node, "oneOf")
        case {"type": "string"}:
            return _parse_string(node)
        case {"type": "integer" | "number" | "boolean" as kind}:
            return _parse_number(node, kind)
        case {"type": "array"}:
            return _parse_array(node)
        case {"type": "object"}:
            return _parse_object(node, is_named)
        case {"type": kind}:
            node.report(f"the type {show(kind)}", _TYPES, "type")
        case _:
            node.report("no type", _TYPES)
    return BROKEN


def _parse_number(node: Node, kind: str) -> Schema:
    keys = {"integer": ("minimum", "maximum", "x-expected"), "number": ("minimum", "maximum")}
    node.only("type", *keys.get(kind, ()))
    for bound in [node.at(key) for key in keys["number"] if kind == "number" and node.has(key)]:
        if type(bound.value) not in (int, float):
            bound.report(show(bound.value), "a number")
    low, high = (node.integer(key) if kind == "integer" else None for key in keys["number"])
    if low is not None and high is not None and low > high:
        node.report(f"the maximum {high}", f"one of {low} or more", "maximum")
    return Scalar(kind=kind, minimum=low, maximum=high, expected=node.prose("x-expected", ""))


def _parse_string(node: Node) -> Schema:
    if node.has("enum"):
        node.only("type", "enum")
        values = node.texts("enum")
        if node.value["enum"] == []:
            node.report("no values", "at least one string", "enum")
        return Scalar(kind="enum", values=values)
    key = "x-format" if node.has("x-format") else "format"
    form = node.text(key, "") or None
    if (key, form) == ("format", "date-time"):
        node.only("type", "format")
        return Scalar(kind="date-time")
    if form not in (None, *_FORMATS[key]):
        node.report(f"the format {form!r}", ", ".join(_FORMATS[key]), key)
    node.only("type", key, "minLength", "maxLength", "pattern", "x-expected")
    shortest, longest = node.integer("minLength", least=0) or 0, node.integer("maxLength", least=1)
    if longest is not None and longest < shortest:
        node.report(f"the maxLength {longest}", f"one of {shortest} or more", "maxLength")
    pattern = node.text("pattern", "")
    translated = translate_pattern(pattern)
    if translated is None:
        node.report(f"the pattern {show(pattern)}", SUPPORTED, "pattern")
    return Scalar(
        kind="string",
        min_length=shortest or None,
        max_length=longest,
        pattern=translated or None,
        format=form,
        expected=node.prose("x-expected", "") or (f"a string that matches {pattern}" if pattern and not form else ""),
    )


def _parse_array(node: Node) -> Schema:
    node.only("type", "items", "minItems")
    if not node.has("items"):
        node.report("an array without items", "items")
        return BROKEN
    return Array(items=parse_schema(node.at("items")), min_items=node.integer("minItems", least=0) or 0)


def _parse_object(node: Node, is_named: bool) -> Schema:
    if not node.has("properties"):
        node.only("type", "additionalProperties")
        if not isinstance(node.value.get("additionalProperties"), dict):
            node.report("an object of unknown shape", "properties, or additionalProperties with a schema")
            return BROKEN
        values = parse_schema(node.at("additionalProperties"))
        if isinstance(values, Scalar) and values.kind not in ("date-time", "enum"):
            return Map(values=values)
        node.report("values other than scalars", "strings, numbers, booleans or anything", "additionalProperties")
        return BROKEN
    node.only("type", "properties", "required", "x-exactly-one-of", "x-variants", "x-python-base", "x-python-check")
    if not is_named:
        node.report("an object without a name", f"a $ref to one below {_COMPONENTS}/")
    members = node.members("properties")
    if node.value["properties"] == {}:
        node.report("no property", "at least one", "properties")
    required, exclusive = node.texts("required"), node.texts("x-exactly-one-of")
    for key, names in (("required", required), ("x-exactly-one-of", exclusive)):
        unknown = sorted({*names} - members.keys())
        if unknown:
            node.report(f"the names {unknown}", "names of properties", key)
    fields = tuple(_parse_property(wire, inner, required=wire in required) for wire, inner in members.items())
    chosen = [each for each in fields if each.wire in exclusive]
    given = [each.wire for each in chosen if each.required or each.default is not attrs.NOTHING]
    if given:
        node.report(f"the names {given}", "properties that are not required and have no default", "x-exactly-one-of")
    found = Object(
        fields=fields,
        exactly_one_of=tuple(each.name for each in chosen),
        variants=_parse_variants(node, {each.wire: each.name for each in fields}),
        base=node.text("x-python-base", "") or None,
        check=node.text("x-python-check", "") or None,
    )
    return found if is_named else BROKEN


def _parse_variants(node: Node, names: Mapping[str, str]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By the names that properties have in Python."""
    found = {}
    for wire, inner in node.members("x-variants").items():
        kinds = {kind: inner.texts(kind) for kind in (inner.value if isinstance(inner.value, dict) else ())}
        unknown = sorted({wire, *(each for kind in kinds.values() for each in kind)} - names.keys())
        if unknown or not kinds:
            inner.report(f"the names {unknown}", "lists of properties, by the value of the property that they go with")
        else:
            found[names[wire]] = {kind: tuple(names[each] for each in others) for kind, others in kinds.items()}
    return found


def _parse_property(wire: str, node: Node, *, required: bool) -> Field:
    if not isinstance(node.value, dict):
        node.report(f"the schema {show(node.value)}", "a mapping")
        node = attrs.evolve(node, value={"description": "?"})
    nullable, bare = _without_null(node.without(*_PROPERTY_KEYS))
    default = node.value.get("default", attrs.NOTHING)
    if default is not attrs.NOTHING and (required or nullable):
        node.report("the default of a property that is required or can be null", "one or the other", "default")
    if node.has("x-always-written") and (node.value["x-always-written"] is not True or default not in ([], {})):
        supported = "true, beside a default of [] or {}"
        node.report(show(node.value["x-always-written"]), supported, "x-always-written")
    return Field(
        pointer=node.pointer,
        wire=wire,
        name=node.text("x-python-name", snake_case(wire)),
        schema=parse_schema(bare),
        description=node.prose("description"),
        required=required,
        nullable=nullable,
        default=default,
        always_written=node.has("x-always-written"),
    )


def _without_null(node: Node) -> tuple[bool, Node]:
    """Whether a property can be null, and its schema without that."""
    kinds, parts = node.value.get("type"), node.value.get("anyOf")
    if isinstance(kinds, list) and len(kinds) == 2 and kinds[1] == "null" and not node.has("enum"):
        return True, attrs.evolve(node, value={**node.value, "type": kinds[0]})
    if isinstance(parts, list) and len(parts) == 2 and parts[1] == {"type": "null"}:
        node.only("anyOf")
        return True, node.items("anyOf")[0]
    return False, node


def _parse_alternatives(node: Node, keyword: str) -> Schema:
    node.only(keyword)
    parts = node.items(keyword)
    if keyword == "anyOf" and len(parts) == 2 and parts[1].value == {"type": "string"} and parts[0].has("enum"):
        closed = parse_schema(parts[0])
        return attrs.evolve(closed, is_open=True) if isinstance(closed, Scalar) else closed
    options = []
    for part in parts:
        option = parse_schema(part)
        if isinstance(option, Ref):
            part.report("a reference among alternatives", _ALTERNATIVES)
        elif not isinstance(option, Scalar) or option.kind in ("date-time", "enum", "anything"):
            kind = option.kind if isinstance(option, Scalar) else type(option).__name__.lower()
            part.report(f"an alternative of the kind {kind}", _ALTERNATIVES)
        else:
            options.append(option)
    kinds = [each.kind.replace("integer", "number") for each in options if each is not BROKEN]
    if len(parts) < 2 or len(set(kinds)) < len(kinds):
        node.report(f"the alternatives {', '.join(kinds)}", "two or more, each of another JSON type", keyword)
    return Choice(options=tuple(options))
