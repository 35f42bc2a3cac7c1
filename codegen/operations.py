"""Reads the operations of the spec into small data classes; whatever it does not know is an error, never a guess."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from codegen.errors import SpecError, join
from codegen.schemas import parse_schema, parse_with_default, plain_text
from codegen.shapes import Array, Ref, Schema

__all__ = ["Iteration", "Operation", "Parameter", "parse_operations", "root_schemas"]

_METHODS: Final = ("get", "post", "put", "delete")
_OPERATION_KEYS: Final = frozenset(
    {
        "operationId",
        "tags",
        "summary",
        "description",
        "externalDocs",
        "parameters",
        "requestBody",
        "responses",
        "x-namespace",
        "x-method",
        "x-pages",
        "x-assumed-result",
    }
)
_PARAMETER_KEYS: Final = frozenset(
    {"name", "in", "required", "description", "schema", "example", "style", "explode", "x-python-name"}
)
_BODY_KEYS: Final = frozenset({"description", "content", "required", "x-python-name"})
_ENVELOPE: Final = "#/components/schemas/Envelope"
_JSON: Final = "application/json"


@attrs.frozen(kw_only=True)
class Parameter:
    """A parameter of the path or the query string."""

    pointer: str
    name: str
    wire: str
    schema: Schema
    required: bool
    description: str
    default: str | int | None = None


@attrs.frozen(kw_only=True)
class Iteration:
    """How all items over all pages are gone over."""

    function: str
    method: str
    key: str


@attrs.frozen(kw_only=True)
class Operation:
    """One endpoint."""

    pointer: str
    name: str
    tag: str
    namespace: tuple[str, ...]
    method_name: str
    http_method: str
    path: str
    summary: str
    description: str
    docs: str
    path_parameters: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    body: str | None
    body_name: str
    body_description: str
    result: Schema
    result_description: str
    iteration: Iteration | None
    assumed_result: Mapping[str, str]

    @property
    def is_paged(self) -> bool:
        """Whether the result comes in pages."""
        return self.iteration is not None


def parse_operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Read all operations.

    Args:
        document: The spec.

    Returns:
        The operations in the order of the spec.

    Raises:
        SpecError: A construct is not supported.
    """
    operations = []
    if not document.get("paths"):
        raise SpecError("#", "no paths", "at least one operation")
    for path, item in document["paths"].items():
        pointer = join("#/paths", path)
        for key in item:
            if key not in (*_METHODS, "parameters"):
                raise SpecError(join(pointer, key), f"the key {key!r}", ", ".join((*_METHODS, "parameters")))
        operations += [_parse_operation(document, path, method) for method in _METHODS if method in item]
    return tuple(operations)


def root_schemas(operations: tuple[Operation, ...]) -> tuple[str, ...]:
    """List the named schemas that operations use themselves.

    Args:
        operations: All operations.

    Returns:
        Their names, each once, in the order of the operations.
    """
    schemas = [
        schema
        for operation in operations
        for schema in (
            *(parameter.schema for parameter in (*operation.path_parameters, *operation.query)),
            *([Ref(name=operation.body)] if operation.body else []),
            operation.result,
        )
    ]
    items = [schema.items if isinstance(schema, Array) else schema for schema in schemas]
    return tuple(dict.fromkeys(schema.name for schema in items if isinstance(schema, Ref)))


def _parse_operation(document: Mapping[str, Any], path: str, method: str) -> Operation:
    pointer = join("#/paths", path, method)
    node = document["paths"][path][method]
    for key in node:
        if key not in _OPERATION_KEYS:
            raise SpecError(join(pointer, key), f"the key {key!r}", ", ".join(sorted(_OPERATION_KEYS)))
    for key in ("operationId", "tags", "externalDocs", "x-namespace", "x-method"):
        if key not in node:
            raise SpecError(pointer, f"no {key}", f"an operation with {key}")
    _check_strings(node, pointer, "x-namespace", "x-method")
    if len(node["tags"]) != 1:
        raise SpecError(join(pointer, "tags"), f"the tags {node['tags']}", "one tag")
    places = [
        _parse_parameter(document, inner, join(where, "parameters", index))
        for where, owner in ((join("#/paths", path), document["paths"][path]), (pointer, node))
        for index, inner in enumerate(owner.get("parameters", ()))
    ]
    result, result_description = _parse_success(document, node, pointer)
    body, body_name, body_description = _parse_body(document, node, pointer)
    return Operation(
        pointer=pointer,
        name=node["operationId"],
        tag=node["tags"][0],
        namespace=tuple(node["x-namespace"].split(".")),
        method_name=node["x-method"],
        http_method=method.upper(),
        path=path,
        summary=plain_text(node, "summary", pointer),
        description=plain_text(node, "description", pointer) if "description" in node else "",
        docs=node["externalDocs"]["url"],
        path_parameters=tuple(parameter for place, parameter in places if place == "path"),
        query=tuple(parameter for place, parameter in places if place == "query"),
        body=body,
        body_name=body_name,
        body_description=body_description,
        result=result,
        result_description=result_description,
        iteration=_parse_pages(node, pointer) if "x-pages" in node else None,
        assumed_result=_parse_assumed_result(node, pointer),
    )


def _parse_pages(node: Mapping[str, Any], pointer: str) -> Iteration:
    pages = node["x-pages"]
    keys = {field.name for field in attrs.fields(Iteration)}
    if not isinstance(pages, dict) or set(pages) != keys or not all(isinstance(each, str) for each in pages.values()):
        raise SpecError(join(pointer, "x-pages"), f"{pages!r}", f"strings for {', '.join(sorted(keys))}")
    return Iteration(**pages)


def _parse_parameter(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> tuple[str, Parameter]:
    """The place, ``path`` or ``query``, and the parameter."""
    node, pointer = _resolve(document, node, pointer, "parameters")
    for key in node:
        if key not in _PARAMETER_KEYS:
            raise SpecError(join(pointer, key), f"the key {key!r}", ", ".join(sorted(_PARAMETER_KEYS)))
    _check_strings(node, pointer, "x-python-name")
    if node["in"] not in ("path", "query"):
        raise SpecError(join(pointer, "in"), f"a parameter in {node['in']!r}", "path and query")
    if node.get("style", "form") != "form":
        raise SpecError(join(pointer, "style"), f"the style {node['style']!r}", "form")
    schema, default = parse_with_default(node["schema"], join(pointer, "schema"))
    if isinstance(schema, Array) and node.get("explode", True):
        raise SpecError(pointer, "an array with repeated keys", "explode: false")
    return node["in"], Parameter(
        pointer=pointer,
        name=node.get("x-python-name", node["name"]),
        wire=node["name"],
        schema=schema,
        required=node.get("required", False),
        description=plain_text(node, "description", pointer),
        default=default,
    )


def _parse_body(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> tuple[str | None, str, str]:
    """Name of the body's schema, name of its argument, and what it is."""
    if "requestBody" not in node:
        return None, "", ""
    body, where = _resolve(document, node["requestBody"], join(pointer, "requestBody"), "requestBodies")
    for key in body:
        if key not in _BODY_KEYS:
            raise SpecError(join(where, key), f"the key {key!r}", ", ".join(sorted(_BODY_KEYS)))
    _check_strings(body, where, "x-python-name")
    schema = parse_schema(*_json_schema(body, where))
    if not isinstance(schema, Ref) or not body.get("required", False):
        raise SpecError(where, "an optional body, or one without a named schema", "required: true and a $ref")
    return schema.name, body.get("x-python-name", "body"), plain_text(body, "description", where)


def _parse_success(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> tuple[Schema, str]:
    """The schema of ``result`` inside the envelope, and what the answer is."""
    if "200" not in node["responses"]:
        raise SpecError(join(pointer, "responses"), "no answer 200", "the answer 200 in an envelope")
    for status in node["responses"]:
        if status not in ("200", "4XX"):
            raise SpecError(join(pointer, "responses", status), f"the answer {status}", "200 and 4XX")
    answer, where = _resolve(document, node["responses"]["200"], join(pointer, "responses", "200"), "responses")
    schema, where_schema = _json_schema(answer, where)
    parts = schema.get("allOf", [])
    if set(schema) != {"allOf"} or len(parts) != 2 or parts[0] != {"$ref": _ENVELOPE}:
        supported = f"allOf with a $ref to {_ENVELOPE} and an object"
        raise SpecError(where_schema, "an answer without the envelope", supported)
    inner, where_inner = parts[1], join(where_schema, "allOf", 1)
    properties = inner.get("properties", {})
    is_known = set(inner) <= {"type", "required", "properties"} and set(properties) <= {"result", "result_info"}
    if not is_known or "result" not in properties or inner.get("required") != ["result"]:
        supported = "type, required and properties with a required result and, with pages, result_info"
        raise SpecError(where_inner, "an envelope of another shape", supported)
    where_result = join(where_inner, "properties", "result")
    result = parse_schema(properties["result"], where_result)
    if not isinstance(result.items if isinstance(result, Array) else result, Ref):
        raise SpecError(where_result, "a result without a named schema", "a $ref, or an array of one")
    return result, plain_text(answer, "description", where)


def _json_schema(node: Mapping[str, Any], pointer: str) -> tuple[Mapping[str, Any], str]:
    """The schema of a body or an answer, and where it stands."""
    where = join(pointer, "content")
    content = node.get("content", {})
    if set(content) != {_JSON} or "schema" not in content[_JSON]:
        raise SpecError(where if content else pointer, f"the content {sorted(content)}", f"{_JSON} with a schema")
    return content[_JSON]["schema"], join(where, _JSON, "schema")


def _check_strings(node: Mapping[str, Any], pointer: str, *keys: str) -> None:
    """Refuse extensions of another type; OpenAPI knows nothing of them."""
    for key in keys:
        if not isinstance(node.get(key, ""), str):
            raise SpecError(join(pointer, key), f"{node[key]!r}", "a string")


def _resolve(
    document: Mapping[str, Any], node: Mapping[str, Any], pointer: str, section: str
) -> tuple[Mapping[str, Any], str]:
    """What a node is or refers to, and where that stands; load_spec has seen that a reference leads somewhere."""
    if "$ref" not in node:
        return node, pointer
    prefix = f"#/components/{section}/"
    if set(node) != {"$ref"}:
        raise SpecError(pointer, f"the keys {sorted(node)}", "a $ref alone")
    name = node["$ref"].removeprefix(prefix)
    return document["components"][section][name], prefix + name


def _parse_assumed_result(node: Mapping[str, Any], pointer: str) -> Mapping[str, str]:
    assumed = node.get("x-assumed-result", {})
    if not isinstance(assumed, dict) or not all(isinstance(each, str) for pair in assumed.items() for each in pair):
        supported = "names of path parameters by properties of the result"
        raise SpecError(join(pointer, "x-assumed-result"), f"{assumed!r}", supported)
    return assumed
