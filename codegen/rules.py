"""Reports what can only be seen with all schemas and operations at hand."""

from collections.abc import Iterable
from typing import Any

import attrs

from codegen.document import LARGEST, Document, is_prose, join, show
from codegen.operations import Operation, Parameter
from codegen.shapes import (
    BROKEN,
    Array,
    Choice,
    Component,
    Components,
    Map,
    Object,
    Ref,
    Scalar,
    Schema,
    reachable,
    resolve,
)
from codegen.writing import snake_case

_DEFAULTS = "a string where there is no pattern, a whole number of 64 bits, true, false, [] or {}, as the schema has it"
_IN_QUERIES = "strings, enums, integers, booleans, dates, choices of them, and arrays of these written in place"
_IN_REQUESTS = "strings, integers, booleans, dates, enums, arrays and named objects in requests"
_VARIANTS = "by values of an enum, other properties, each once, that are not required and have no default"
_PAGED = (
    "a GET without a body, with an array as result and the integers page (from 1, without a maximum) and per_page (with"
    " a maximum of 1 or more) in the query"
)


def check_rules(
    document: Document, operations: tuple[Operation, ...], components: Components, bases: Iterable[str]
) -> None:
    """Report all that does not fit together."""
    for component in components.values():
        schema = component.schema
        if isinstance(schema, Object):
            if schema.base is not None and schema.base not in bases:
                known = ", ".join(bases) or "no such class in a package of its own"
                document.report(join(component.pointer, "x-python-base"), f"the class {schema.base!r}", known)
            for field in schema.fields:
                if field.default is not attrs.NOTHING and not _fits(field.default, field.schema, components):
                    document.report(join(field.pointer, "default"), f"the default {show(field.default)}", _DEFAULTS)
            _check_variants(document, component.pointer, schema, components)
    for operation in operations:
        for parameter in operation.parameters:
            _check_parameter(parameter, components)
        _check_models(operation, components)
        _check_pages(operation, components)
        _check_assumed_result(operation, components)
    for component in reachable(components, [each.body.name for each in operations if each.body is not None]):
        _check_request(document, component)


def _check_variants(document: Document, pointer: str, schema: Object, components: Components) -> None:
    fields = {field.name: field for field in schema.fields}
    for name, kinds in schema.variants.items():
        chooser, others = resolve(fields[name].schema, components), [each for names in kinds.values() for each in names]
        values = chooser.values if isinstance(chooser, Scalar) else ()
        given = [each for each in others if fields[each].required or fields[each].default is not attrs.NOTHING]
        if not kinds.keys() <= {*values} or given or name in others or len({*others}) < len(others):
            document.report(
                join(pointer, "x-variants", fields[name].wire), f"the variants {show(dict(kinds))}", _VARIANTS
            )


def _fits(default: Any, schema: Schema, components: Components) -> bool:
    match resolve(schema, components):
        # Searching for a pattern can take for ever.
        case Scalar(kind="string", format=None, pattern=None, min_length=fewest, max_length=most):
            return isinstance(default, str) and (fewest or 0) <= len(default) <= (most or len(default))
        case Scalar(kind="integer", minimum=low, maximum=high):
            low, high = -LARGEST if low is None else low, LARGEST if high is None else high
            return type(default) is int and low <= default <= high
        case Scalar(kind="boolean"):
            return isinstance(default, bool)
        case Scalar(kind="enum", values=values):
            return isinstance(default, str) and default in values
        case Array(min_items=0):
            return bool(default == [])
        case Map():
            return bool(default == {})
        case Object(fields=fields):
            return default == {} and not any(field.required for field in fields)
        case other:
            return _kind(other) == "broken"


def _kind(schema: Schema) -> str:
    return schema.kind if isinstance(schema, Scalar) else type(schema).__name__.lower()


def _check_parameter(parameter: Parameter, components: Components) -> None:
    schema, node, default = parameter.schema, parameter.node, parameter.default
    if parameter.place == "path":
        if _kind(resolve(schema, components)) not in ("string", "integer", "enum", "broken"):
            node.report("a schema that cannot stand in a path", "strings, enums and integers", "schema")
    else:
        target = resolve(schema.items if isinstance(schema, Array) else schema, components)
        kinds = {_kind(option) for option in (target.options if isinstance(target, Choice) else (target,))}
        if not kinds <= {"string", "integer", "boolean", "enum", "date-time", "broken"}:
            node.report("a schema that cannot stand in a query string", _IN_QUERIES, "schema")
    is_said = not parameter.required and is_prose(str(default))  # in the docstring
    if default is not attrs.NOTHING and not (is_said and _fits(default, schema, components)):
        node.report(f"the default {show(default)}", f"{_DEFAULTS}, of what is not required", "schema", "default")


def _check_models(operation: Operation, components: Components) -> None:
    parts: list[tuple[Schema | None, str]] = [(operation.body, "requestBody"), (operation.result, "responses")]
    for schema, key in (*parts, *((each, "x-other-results") for each in operation.other_results)):
        item = schema.items if isinstance(schema, Array) else schema
        if item is not None and _kind(resolve(item, components)) not in ("object", "broken"):
            shown = item.name if isinstance(item, Ref) else f"the kind {_kind(item)}"
            operation.node.report(f"{shown}, which is no object", "objects, and arrays of them as result", key)


def _check_request(document: Document, component: Component) -> None:
    fields = component.schema.fields if isinstance(component.schema, Object) else ()
    parts = [(field.pointer, field.schema) for field in fields] or [(component.pointer, component.schema)]
    for field in fields:
        if field.nullable:
            document.report(field.pointer, "a null in a request", "properties that are left out")
    for where, part in parts:
        pointer = where
        while isinstance(part, Array):
            part, pointer = part.items, join(pointer, "items")
        for each in part.options if isinstance(part, Choice) else (part,):
            if _kind(each) in ("number", "map", "anything"):
                document.report(pointer, f"the kind {_kind(each)!r} in a request", _IN_REQUESTS)


def _check_pages(operation: Operation, components: Components) -> None:
    key, result = operation.iteration.get("key"), operation.result
    if not key or _kind(result) == "broken":
        return
    by_name = {each.name: each.schema for each in operation.placed("query") if each.name == each.wire}
    match by_name.get("page"), by_name.get("per_page"):
        case Scalar(kind="integer", minimum=None | 1, maximum=None), Scalar(maximum=int(most)):
            is_counted = most > 0 and operation.http_method == "GET" and operation.body is None
        case _:
            is_counted = False
    if not is_counted or not isinstance(result, Array):
        operation.node.report("an operation without pages", _PAGED, "x-pages")
    item = resolve(result.items, components) if isinstance(result, Array) else BROKEN
    if item is BROKEN:
        return
    fields = item.fields if isinstance(item, Object) else ()
    named = [each.schema for each in fields if each.name == snake_case(key) and each.required and not each.nullable]
    if [_kind(resolve(each, components)) for each in named] != ["string"]:
        operation.node.report(
            f"the key {key!r}", "a string of each item that is required and cannot be null", "x-pages", "key"
        )


def _check_assumed_result(operation: Operation, components: Components) -> None:
    assumed, result = operation.assumed_result, resolve(operation.result, components)
    fields = [field for field in result.fields if field.required] if isinstance(result, Object) else []
    needed = {field.wire: _kind(resolve(field.schema, components)) for field in fields}
    in_path = {each.name: _kind(resolve(each.schema, components)) for each in operation.placed("path")}
    given = {wire: in_path.get(name, "").replace("enum", "string") for wire, name in assumed.items()}
    if assumed and needed != given:
        supported = "every required property of an object as result, each with a path parameter of its type"
        operation.node.report(f"{dict(assumed)!r}", supported, "x-assumed-result")
