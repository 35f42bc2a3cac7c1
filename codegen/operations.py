"""Reads the operations of the spec into small data classes; whatever it does not know is an error, never a guess."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from codegen.errors import SpecError, join
from codegen.schemas import Array, Ref, Schema, parse_schema

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
    }
)
_PARAMETER_KEYS: Final = frozenset(
    {"name", "in", "required", "description", "schema", "example", "style", "explode", "x-python-name"}
)
_ENVELOPE: Final = "#/components/schemas/Envelope"
_JSON: Final = "application/json"


@attrs.frozen(kw_only=True)
class Parameter:
    """A parameter of the path or the query string."""

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
    for path, item in document["paths"].items():
        pointer = join("#/paths", path)
        for key in item:
            if key not in (*_METHODS, "parameters"):
                raise SpecError(join(pointer, key), f"{key!r}", ", ".join((*_METHODS, "parameters")))
        operations += [_parse_operation(document, path, method) for method in _METHODS if method in item]
    seen: set[str] = set()
    for operation in operations:
        if operation.name in seen:
            raise SpecError("#/paths", f"the operationId {operation.name!r} twice", "each operationId once")
        seen.add(operation.name)
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
    for key in ("operationId", "tags", "summary", "externalDocs", "x-namespace", "x-method"):
        if key not in node:
            raise SpecError(pointer, f"no {key}", f"an operation with {key}")
    parameters = [
        (_parse_parameter(document, inner, join(where, "parameters", index)), inner)
        for where, owner in ((join("#/paths", path), document["paths"][path]), (pointer, node))
        for index, inner in enumerate(owner.get("parameters", ()))
    ]
    places = [(parameter, _resolve(document, inner)["in"]) for parameter, inner in parameters]
    result, result_description = _parse_success(document, node, pointer)
    body, body_name, body_description = _parse_body(document, node, pointer)
    operation = Operation(
        name=node["operationId"],
        tag=node["tags"][0],
        namespace=tuple(node["x-namespace"].split(".")),
        method_name=node["x-method"],
        http_method=method.upper(),
        path=path,
        summary=node["summary"],
        description=node.get("description", ""),
        docs=node["externalDocs"]["url"],
        path_parameters=tuple(parameter for parameter, place in places if place == "path"),
        query=tuple(parameter for parameter, place in places if place == "query"),
        body=body,
        body_name=body_name,
        body_description=body_description,
        result=result,
        result_description=result_description,
        iteration=Iteration(**node["x-pages"]) if "x-pages" in node else None,
    )
    _check_paging(operation, pointer)
    return operation


def _check_paging(operation: Operation, pointer: str) -> None:
    names = {parameter.name for parameter in operation.query}
    if operation.is_paged and not ({"page", "per_page"} <= names and isinstance(operation.result, Array)):
        raise SpecError(
            join(pointer, "x-pages"), "an operation without pages", "the parameters page and per_page, and an array"
        )


def _parse_parameter(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> Parameter:
    node = _resolve(document, node)
    for key in node:
        if key not in _PARAMETER_KEYS:
            raise SpecError(join(pointer, key), f"the key {key!r}", ", ".join(sorted(_PARAMETER_KEYS)))
    if node["in"] not in ("path", "query"):
        raise SpecError(join(pointer, "in"), f"a parameter in {node['in']!r}", "path and query")
    if "schema" not in node:
        raise SpecError(pointer, "a parameter without a schema", "schema")
    if node.get("style", "form") != "form":
        raise SpecError(join(pointer, "style"), f"the style {node['style']!r}", "form")
    schema = parse_schema(node["schema"], join(pointer, "schema"))
    if isinstance(schema, Array) and node.get("explode", True):
        raise SpecError(join(pointer, "explode"), "an array with repeated keys", "explode: false")
    return Parameter(
        name=node.get("x-python-name", node["name"]),
        wire=node["name"],
        schema=schema,
        required=node.get("required", False),
        description=node.get("description", ""),
        default=node["schema"].get("default"),
    )


def _parse_body(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> tuple[str | None, str, str]:
    """Name of the body's schema, name of its argument, and what it is."""
    if "requestBody" not in node:
        return None, "", ""
    where = join(pointer, "requestBody")
    body = _resolve(document, node["requestBody"])
    content = body["content"]
    if set(content) != {_JSON}:
        raise SpecError(join(where, "content"), f"a body of {', '.join(content)}", _JSON)
    schema = parse_schema(content[_JSON].get("schema"), join(where, "content", _JSON, "schema"))
    if not isinstance(schema, Ref) or not body.get("required", False):
        raise SpecError(where, "an optional body, or one without a named schema", "required: true and a $ref")
    return schema.name, body.get("x-python-name", "body"), body.get("description", "")


def _parse_success(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> tuple[Schema, str]:
    """The schema of ``result`` inside the envelope, and what the answer is."""
    where = join(pointer, "responses", "200")
    if "200" not in node["responses"]:
        raise SpecError(join(pointer, "responses"), "no answer 200", "the answer 200 in an envelope")
    for status in node["responses"]:
        if status not in ("200", "4XX"):
            raise SpecError(join(pointer, "responses", status), f"the answer {status}", "200 and 4XX")
    answer = _resolve(document, node["responses"]["200"])
    schema = answer.get("content", {}).get(_JSON, {}).get("schema", {})
    parts = schema.get("allOf", [])
    if set(schema) != {"allOf"} or len(parts) != 2 or parts[0] != {"$ref": _ENVELOPE}:
        raise SpecError(where, "an answer without the envelope", f"allOf with a $ref to {_ENVELOPE} and an object")
    inner = parts[1]
    unknown = set(inner.get("properties", {})) - {"result", "result_info"}
    if unknown or "result" not in inner.get("required", ()):
        raise SpecError(where, "an envelope of another shape", "a required result and, with pages, result_info")
    result = parse_schema(
        inner["properties"]["result"], join(where, "content", _JSON, "schema/allOf/1/properties/result")
    )
    if not isinstance(result.items if isinstance(result, Array) else result, Ref):
        raise SpecError(where, "a result without a named schema", "a $ref, or an array of one")
    return result, answer["description"]


def _resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference into ``components``; the validator has seen that it leads somewhere."""
    while "$ref" in node:
        place: Any = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            place = place[key]
        node = place
    return node
