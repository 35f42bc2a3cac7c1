"""Refuses what can only be seen with all schemas and operations at hand."""

from collections.abc import Mapping
from typing import Any

from codegen.errors import SpecError, join
from codegen.operations import Operation, Parameter
from codegen.shapes import AnyOrSchema, Array, Choice, Enum, Map, Object, Pair, Ref, Scalar, Schema, Union, references

__all__ = ["check_meaning"]

_PREFIX = "#/components/schemas"


def check_meaning(operations: tuple[Operation, ...], components: Mapping[str, Schema]) -> None:
    """Check that all parts fit together.

    Args:
        operations: All operations.
        components: All named schemas that they use.

    Raises:
        SpecError: A construct is not supported.
    """
    for name, schema in components.items():
        pointer = join(_PREFIX, name)
        if isinstance(schema, Union):
            _check_union(schema, pointer, components)
        elif isinstance(schema, Object):
            for field in schema.fields:
                where = join(pointer, "properties", field.wire)
                _check_container(field.schema, where, components)
                _check_default(field.default, field.schema, where, components)
        else:
            _check_container(schema, pointer, components)
    for operation in operations:
        for parameter in operation.path_parameters:
            _check_path_parameter(parameter, components)
        for parameter in operation.query:
            _check_query_parameter(parameter, components)
        _check_models(operation, components)
        _check_pages(operation, components)
        _check_assumed_result(operation, components)


def _check_union(union: Union, pointer: str, components: Mapping[str, Schema]) -> None:
    keys: dict[str, set[str]] = {}
    for index, member in enumerate(union.members):
        schema = components[member]
        if not isinstance(schema, Object):
            raise SpecError(join(pointer, "anyOf", index), f"{member}, which is no object", "objects")
        keys[member] = {field.wire for field in schema.fields}
    if union.discriminator is not None:
        unknown = sorted(set(union.mapping.values()) - set(union.members))
        lacking = [member for member in union.members if union.discriminator not in keys[member]]
        if unknown or lacking:
            problem = f"{union.discriminator!r} for {', '.join(unknown or lacking)}"
            supported = "a property of every member, mapped to members"
            raise SpecError(join(pointer, "discriminator"), problem, supported)
        return
    without_own = [
        member
        for member in union.members
        if not keys[member].difference(*(keys[other] for other in union.members if other != member))
    ]
    if len(without_own) > 1:
        problem = f"{' and '.join(without_own)}, which no property tells from the others"
        raise SpecError(pointer, problem, "a discriminator, or at most one member without properties of its own")


def _check_container(schema: Schema, pointer: str, components: Mapping[str, Schema]) -> None:
    """Refuse objects in places where their class would not be made of them."""
    match schema:
        case Array(items=items):
            _check_container(items, join(pointer, "items"), components)
        case Map() | Pair() | Choice() | AnyOrSchema() if _holds_object(schema, components):
            kind = type(schema).__name__
            raise SpecError(pointer, f"an object in a {kind}", "objects as properties and as items of arrays")
        case Map(values=values) if _kinds(values, components) & {"date-time"}:
            raise SpecError(pointer, "a date and time in a map", "other scalars in maps")
        case _:
            pass


def _holds_object(schema: Schema, components: Mapping[str, Schema]) -> bool:
    return any(
        isinstance(components[name], Object | Union) or _holds_object(components[name], components)
        for name in references(schema)
    )


def _kinds(schema: Schema, components: Mapping[str, Schema]) -> set[str]:
    """The kinds of scalars that a schema consists of."""
    match _resolve(schema, components):
        case Scalar(kind=kind):
            return {kind}
        case Array(items=inner) | Map(values=inner) | AnyOrSchema(schema=inner):
            return _kinds(inner, components)
        case Pair(first=first, second=second):
            return _kinds(first, components) | _kinds(second, components)
        case Choice(options=options):
            return {kind for option in options for kind in _kinds(option, components)}
        case _:
            return set()


def _check_default(default: Any, schema: Schema, pointer: str, components: Mapping[str, Schema]) -> None:
    if default is None:
        return
    target = _resolve(schema, components)
    match target:
        case Scalar(kind="string"):
            fits = isinstance(default, str)
        case Scalar(kind="integer"):
            fits = isinstance(default, int) and not isinstance(default, bool)
        case Enum(values=values, is_open=is_open):
            fits = isinstance(default, str) and (is_open or default in values)
        case Array():
            fits = default == []
        case Map():
            fits = default == {}
        case Choice(options=options):
            fits = default == [] and any(isinstance(option, Array) for option in options)
        case _:
            fits = False
    if not fits:
        supported = "a string, a whole number, [] or {}, as the schema has it"
        raise SpecError(join(pointer, "default"), f"the default {default!r}", supported)


def _check_path_parameter(parameter: Parameter, components: Mapping[str, Schema]) -> None:
    match _resolve(parameter.schema, components):
        case Scalar(kind="string" | "integer") | Enum():
            pass
        case _:
            raise SpecError(
                join(parameter.pointer, "schema"), "a schema that cannot stand in a path", "strings, enums and integers"
            )


def _check_query_parameter(parameter: Parameter, components: Mapping[str, Schema]) -> None:
    where = join(parameter.pointer, "schema")
    items = parameter.schema.items if isinstance(parameter.schema, Array) else parameter.schema
    target = _resolve(items, components)
    is_plain = isinstance(target, Scalar | Enum | Choice) and not isinstance(items, Array)
    if not is_plain or _kinds(target, components) & {"boolean", "number"} or _holds_array(target):
        supported = "strings, enums, integers, dates, choices of them, and arrays of these written in place"
        raise SpecError(where, "a schema that cannot stand in a query string", supported)
    _check_default(parameter.default, parameter.schema, where, components)


def _holds_array(schema: Schema) -> bool:
    return isinstance(schema, Choice) and any(isinstance(option, Array) for option in schema.options)


def _check_models(operation: Operation, components: Mapping[str, Schema]) -> None:
    if operation.body is not None and not isinstance(components[operation.body], Object | Union):
        problem = f"{operation.body}, which is no object"
        raise SpecError(join(operation.pointer, "requestBody"), problem, "objects and unions of them")
    if not all(isinstance(components[name], Object | Union) for name in references(operation.result)):
        problem = f"{', '.join(references(operation.result))}, which is no object"
        raise SpecError(join(operation.pointer, "responses", "200"), problem, "objects, unions and arrays of them")


def _check_pages(operation: Operation, components: Mapping[str, Schema]) -> None:
    if operation.iteration is None:
        return
    where = join(operation.pointer, "x-pages")
    by_name = {each.name: each.schema for each in operation.query if each.name == each.wire}
    page, per_page = by_name.get("page"), by_name.get("per_page")
    is_counted = isinstance(page, Scalar) and isinstance(per_page, Scalar) and per_page.maximum is not None
    if not is_counted or operation.http_method != "GET" or not isinstance(operation.result, Array):
        supported = "a GET with the parameters page and per_page, the latter with a maximum, and an array as result"
        raise SpecError(where, "an operation without pages", supported)
    (item,) = references(operation.result)
    union = components[item]
    for name in union.members if isinstance(union, Union) else (item,):
        schema = components[name]
        if isinstance(schema, Object) and operation.iteration.key not in {field.wire for field in schema.fields}:
            raise SpecError(join(where, "key"), f"the key {operation.iteration.key!r}", f"a property of {name}")


def _resolve(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    return _resolve(components[schema.name], components) if isinstance(schema, Ref) else schema


def _check_assumed_result(operation: Operation, components: Mapping[str, Schema]) -> None:
    if not operation.assumed_result:
        return
    result = components[operation.result.name] if isinstance(operation.result, Ref) else operation.result
    needed = {field.wire for field in result.fields if field.required} if isinstance(result, Object) else set()
    parameters = {parameter.name for parameter in operation.path_parameters}
    if needed != set(operation.assumed_result) or not parameters >= set(operation.assumed_result.values()):
        supported = "every required property of an object as result, each with a path parameter"
        raise SpecError(join(operation.pointer, "x-assumed-result"), f"{operation.assumed_result!r}", supported)
