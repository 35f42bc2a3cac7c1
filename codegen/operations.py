"""Reads the operations into small data classes; whatever it does not know is reported, never ignored."""

import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from codegen.document import Document, Node, show
from codegen.schemas import parse_schema
from codegen.service import RESULT_INFO, check_form
from codegen.shapes import BROKEN, Array, Ref, Scalar, Schema

_METHODS: Final = ("get", "post", "put", "delete")
_OPERATION_KEYS: Final = ("operationId", "tags", "summary", "parameters", "requestBody")
_EXTENSIONS: Final = (
    "x-namespace",
    "x-method",
    "x-permission",
    "x-ordered",
    "x-pages",
    "x-assumed-result",
    "x-other-results",
)
_PARAMETER_KEYS: Final = ("name", "in", "required", "schema", "example", "style", "explode")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_~:@!$&'()*+,;=-][A-Za-z0-9._~:@!$&'()*+,;=-]*|\{([^{}]+)\}")
_ENVELOPE: Final = "#/components/schemas/Envelope"


@attrs.frozen(kw_only=True)
class Parameter:
    """A parameter of the path or the query string."""

    node: Node
    place: str
    name: str
    wire: str
    schema: Schema
    required: bool
    description: str
    default: Any
    """attrs.NOTHING when there is none."""


@attrs.frozen(kw_only=True)
class Operation:
    """One endpoint."""

    node: Node
    name: str
    tag: str
    namespace: tuple[str, ...]
    method_name: str
    http_method: str
    path: str
    summary: str
    description: str
    permission: str
    docs: str
    parameters: tuple[Parameter, ...]
    body: Ref | None
    body_name: str
    body_description: str
    result: Schema
    other_results: tuple[Schema, ...]
    result_description: str
    iteration: Mapping[str, str]
    ordered: tuple[str, ...]
    assumed_result: Mapping[str, str]

    @property
    def methods(self) -> list[tuple[str, str, str]]:
        """Where the name of each method stands below the operation, that name, and its function."""
        pages = [("/x-pages/method", self.iteration["method"], self.iteration["function"])] if self.iteration else []
        return [("/x-method", self.method_name, self.name), *pages]

    @property
    def results(self) -> tuple[Schema, ...]:
        """The schemas that the result is read into."""
        return (self.result, *self.other_results)

    @property
    def arguments(self) -> tuple[Schema, ...]:
        """The schemas of all that a caller gives."""
        return (*(each.schema for each in self.parameters), *([] if self.body is None else [self.body]))

    def placed(self, place: str) -> tuple[Parameter, ...]:
        """Return the parameters of the path or the query; those that have to be given come first."""
        own = [each for each in self.parameters if each.place == place]
        return tuple(sorted(own, key=lambda each: not each.required))


def parse_operations(document: Document) -> tuple[Operation, ...]:
    """Read all operations, in the order of the document."""
    operations = []
    for path, item in document.root.members("paths").items():
        if item.only(*_METHODS, "parameters") and not any(item.has(method) for method in _METHODS):
            item.report("a path without operations", f"at least one of {', '.join(_METHODS)}")
        shared = item.items("parameters")
        operations += [_parse_operation(item.at(each), path, each, shared) for each in _METHODS if item.has(each)]
    if not document.root.members("paths"):
        document.root.report("no paths", "at least one operation")
    return tuple(operations)


def _parse_operation(node: Node, path: str, method: str, shared: list[Node]) -> Operation:
    node.only(*_OPERATION_KEYS, "responses", *_EXTENSIONS)
    parameters = tuple(_parse_parameter(each) for each in (*shared, *node.items("parameters")))
    _check_path(node, path, parameters)
    tags = node.texts("tags")
    if len(tags) != 1 or not tags[0].strip():
        node.report(f"the tags {list(tags)}", "one tag", "tags")
    if not node.has("externalDocs"):
        node.report("no externalDocs", "a mapping with externalDocs")
    result, result_description = _parse_responses(node)
    body = node.at("requestBody").target("requestBodies")
    return Operation(
        node=node,
        name=node.text("operationId"),
        tag=tags[0] if tags else "",
        namespace=tuple(node.text("x-namespace").split(".")),
        method_name=node.text("x-method"),
        http_method=method.upper(),
        path=path,
        summary=node.prose("summary"),
        description=node.prose("description", ""),
        permission=node.prose("x-permission", ""),
        docs=node.at("externalDocs").prose("url"),
        parameters=parameters,
        body=_parse_body(body) if node.has("requestBody") else None,
        body_name=body.text("x-python-name", "body"),
        body_description=body.prose("description") if body.value is not None else "",
        result=result,
        other_results=tuple(parse_schema(each) for each in node.items("x-other-results")),
        result_description=result_description,
        iteration=_parse_texts(node.at("x-pages"), *(["function", "method", "key"] if node.has("x-pages") else [])),
        ordered=_parse_ordered(node, parameters),
        assumed_result=_parse_texts(node.at("x-assumed-result"), *node.members("x-assumed-result")),
    )


def _check_path(node: Node, path: str, parameters: tuple[Parameter, ...]) -> None:
    """The parameters of a path are those that it names, each a whole segment, which the runtime encodes."""
    segments = [_SEGMENT.fullmatch(segment) for segment in path.removeprefix("/").split("/")]
    named = [segment[1] for segment in segments if segment is not None and segment[1]]
    if None in segments or not path.startswith("/"):
        node.report(f"the path {show(path)}", "segments after slashes, each a word or one parameter in braces")
    elif sorted(named) != sorted(each.wire for each in parameters if each.place == "path"):
        node.report(f"a path with the parameters {named}", "each of them described once, and no others")


def _parse_ordered(node: Node, parameters: tuple[Parameter, ...]) -> tuple[str, ...]:
    """The names of two parameters that are times, of which the first is not after the second."""
    wires = node.texts("x-ordered")
    times = {each.wire: each.name for each in parameters if each.place == "query" and _is_time(each.schema)}
    if wires and (len(set(wires)) != 2 or not times.keys() >= set(wires)):
        node.report(f"the parameters {list(wires)}", "two of the query string that are times", "x-ordered")
    return tuple(times.get(wire, wire) for wire in wires)


def _is_time(schema: Schema) -> bool:
    return isinstance(schema, Scalar) and schema.kind == "date-time"


def _parse_parameter(node: Node) -> Parameter:
    node = node.target("parameters")
    node.only(*_PARAMETER_KEYS, "x-python-name")
    place, required = node.text("in"), node.flag("required")
    if place not in ("", "path", "query"):
        node.report(f"a parameter in {place!r}", "path and query", "in")
    if place == "path" and not required:
        node.report("an optional parameter of the path", "required: true")
    default_style = "simple" if place == "path" else "form"
    if node.text("style", default_style) != default_style:
        node.report(f"the style {show(node.value['style'])}", default_style, "style")
    if not node.has("schema"):
        node.report("no schema", "a mapping with schema")
    inner = attrs.evolve(node.at("schema"), is_broken=not node.has("schema"))
    is_mapping = isinstance(inner.value, dict)
    schema = parse_schema(inner.without("default") if is_mapping else inner)
    explodes = node.flag("explode") or not node.has("explode")
    if isinstance(schema, Array) and explodes:
        node.report("an array with repeated keys", "explode: false")
    if isinstance(schema, Scalar) and schema.kind == "string" and place == "path":
        schema = attrs.evolve(schema, min_length=schema.min_length or 1)
    return Parameter(
        node=node,
        place=place,
        name=node.text("x-python-name", node.text("name")),
        wire=node.text("name"),
        schema=schema,
        required=required,
        description=node.prose("description"),
        default=inner.value.get("default", attrs.NOTHING) if is_mapping else attrs.NOTHING,
    )


def _parse_body(node: Node) -> Ref | None:
    node.only("content", "required", "x-python-name")
    schema = _parse_content(node)
    body = BROKEN if schema is None else parse_schema(schema)
    if (not isinstance(body, Ref) and body is not BROKEN) or not node.flag("required"):
        node.report("an optional body, or one without a named schema", "required: true and a $ref")
    return body if isinstance(body, Ref) else None


def _parse_responses(node: Node) -> tuple[Schema, str]:
    """The schema of ``result`` inside the envelope, and what the response is."""
    responses = node.members("responses")
    for status, response in responses.items():
        if status not in ("200", "4XX"):
            response.report(f"the response {status}", "200 and 4XX")
        if status == "4XX":
            failure = response.target("responses")
            failure.only("content")
            schema = _parse_content(failure) if failure.has("content") else None
            if schema is not None and not _is_enveloped(schema.target("schemas")):
                schema.report("a failure without the envelope", f"allOf that begins with a $ref to {_ENVELOPE}")
    if "200" not in responses:
        node.report("no response 200", "the response 200 in an envelope", "responses")
        return BROKEN, ""
    response = responses["200"].target("responses")
    if not response.only("content", "links"):
        return BROKEN, ""
    response.members("links")
    schema = _parse_content(response)
    return (BROKEN if schema is None else _parse_envelope(schema)), response.prose("description")


def _is_enveloped(node: Node) -> bool:
    return _ENVELOPE in [part.at("$ref").value for part in (node, *node.items("allOf")[:1])]


def _parse_envelope(node: Node) -> Schema:
    parts = node.items("allOf")
    if not _is_enveloped(node) or len(parts) != 2:
        node.report("a response without the envelope", f"allOf with a $ref to {_ENVELOPE} and an object")
        return BROKEN
    node.only("allOf")
    parts[0].only("$ref")
    inner, properties = parts[1], parts[1].members("properties")
    if not inner.only("type", "required", "properties"):
        return BROKEN
    if inner.value.get("type") != "object" or "result" not in properties:
        inner.report("an envelope of another shape", "an object with a result and, with pages, result_info")
        return BROKEN
    inner.at("properties").only("result", "result_info", "query")  # the echo of a request, which is not read
    if inner.texts("required") != ("result",):
        inner.report("an envelope without a required result", "required: [result]")
    if "result_info" in properties:
        check_form(properties["result_info"], RESULT_INFO)
    result = parse_schema(properties["result"])
    item = result.items if isinstance(result, Array) else result
    if not isinstance(item, Ref) and item is not BROKEN:
        properties["result"].report("a result without a named schema", "a $ref, or an array of one")
        return BROKEN
    return result


def _parse_content(node: Node) -> Node | None:
    """The schema of a body or a response."""
    content = node.members("content")
    if set(content) != {"application/json"} or not content["application/json"].has("schema"):
        where = node.at("content") if node.has("content") else node
        where.report(f"the content {sorted(content)}", "application/json with a schema")
        return None
    content["application/json"].only("schema", "example")
    return content["application/json"].at("schema")


def _parse_texts(node: Node, *keys: str) -> dict[str, str]:
    if keys:
        node.only(*keys)
    return {key: node.text(key) for key in keys}
