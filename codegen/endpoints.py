"""Works out what the templates of endpoints and namespaces need."""

from collections.abc import Mapping

import attrs

from codegen.checks import check_expression
from codegen.errors import SpecError, join
from codegen.models import Models
from codegen.names import attribute_name
from codegen.operations import Operation, Parameter
from codegen.shapes import Array, Ref, Scalar, Schema
from codegen.wording import docstring_text, entry, sentence

__all__ = ["Argument", "Endpoint", "NamespaceView", "endpoint_view", "namespace_views"]

_SCALAR_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "date-time": "datetime"}
_RAISES = (
    ("InvalidArgumentError", "an argument does not fit; nothing was sent"),
    ("ConnectionFailedError", "no connection, or it broke before the whole answer had arrived"),
    ("RequestTimeoutError", "the deadline passed, or a wait would have passed it"),
    ("ResponseError", "the API refused the call, in the subclass of its status, or its answer was unusable"),
)
_AMBIGUOUS = ("AmbiguousWriteError", "the call failed after it could have been sent, so that it may have taken effect")


@attrs.frozen(kw_only=True)
class Argument:
    """One argument of an endpoint function."""

    name: str
    wire: str
    annotation: str
    default: str | None
    check: str
    required: bool

    @property
    def declaration(self) -> str:
        """How it stands in the signature."""
        return f"{self.name}: {self.annotation}" + ("" if self.default is None else f" = {self.default}")


@attrs.frozen(kw_only=True)
class Endpoint:
    """All that the template needs of one operation."""

    operation: Operation
    constant: str
    path_arguments: tuple[Argument, ...]
    body: Argument | None
    query: tuple[Argument, ...]
    result: str
    item: str
    docstring: str
    iterate_docstring: str
    iterate_arguments: tuple[Argument, ...]
    iterate_key: str
    page_limit: int

    @property
    def returns(self) -> str:
        """The annotation of what the function returns."""
        return f"Page[{self.item}]" if self.operation.is_paged else self.result


@attrs.frozen(kw_only=True)
class NamespaceView:
    """All that the template needs of one namespace class."""

    name: str
    description: str
    methods: tuple[tuple[str, str], ...]
    children: tuple[tuple[str, str], ...]


def endpoint_view(operation: Operation, models: Models) -> Endpoint:
    """Work out one operation.

    Args:
        operation: The operation.
        models: Names of classes.

    Returns:
        What the template needs.
    """
    path_arguments = tuple(_argument(parameter, models) for parameter in operation.path_parameters)
    query = tuple(_argument(parameter, models) for parameter in operation.query)
    ordered = tuple(sorted(query, key=lambda argument: argument.default is not None))
    body = None
    if operation.body is not None:
        body = Argument(
            name=operation.body_name,
            wire="",
            annotation=models.classes[operation.body],
            default=None,
            check=check_expression(Ref(name=operation.body), operation.pointer),
            required=True,
        )
    item = operation.result.items if isinstance(operation.result, Array) else operation.result
    per_page = next((parameter for parameter in operation.query if parameter.name == "per_page"), None)
    return Endpoint(
        operation=operation,
        constant=operation.name.upper(),
        path_arguments=path_arguments,
        body=body,
        query=ordered,
        result=_annotation(operation.result, models, operation.pointer, is_argument=False),
        item=_annotation(item, models, operation.pointer, is_argument=False),
        docstring=_docstring(operation, body),
        iterate_docstring=_iterate_docstring(operation) if operation.is_paged else "",
        iterate_arguments=tuple(argument for argument in ordered if argument.name not in ("page", "per_page")),
        iterate_key=attribute_name(operation.iteration.key) if operation.iteration else "",
        page_limit=_maximum(per_page),
    )


def namespace_views(operations: tuple[Operation, ...], tags: Mapping[str, str]) -> tuple[NamespaceView, ...]:
    """Work out the namespace classes.

    Args:
        operations: All operations.
        tags: Description of each tag.

    Returns:
        The classes, each after those that it holds.
    """
    paths = {
        operation.namespace[:depth] for operation in operations for depth in range(1, len(operation.namespace) + 1)
    }
    views = []
    for path in sorted(paths, key=lambda path: (-len(path), path)):
        own = [operation for operation in operations if operation.namespace == path]
        methods = [(operation.method_name, operation.name) for operation in own]
        methods += [(each.iteration.method, each.iteration.function) for each in own if each.iteration]
        children = sorted(inner[-1] for inner in paths if inner[:-1] == path)
        view = NamespaceView(
            name=_class_name(path),
            description=sentence(tags[path[0]]) if len(path) == 1 else f"``client.{'.'.join(path)}``.",
            methods=tuple(methods),
            children=tuple((child, _class_name((*path, child))) for child in children),
        )
        views.append(view)
    return tuple(views)


def _class_name(path: tuple[str, ...]) -> str:
    return "".join(part.title() for part in path)


def _argument(parameter: Parameter, models: Models) -> Argument:
    where = join(parameter.pointer, "schema")
    annotation = _annotation(parameter.schema, models, where, is_argument=True)
    return Argument(
        name=parameter.name,
        wire=parameter.wire,
        annotation=annotation if parameter.required else f"{annotation} | None",
        default=None if parameter.required else "None",
        check=check_expression(parameter.schema, where),
        required=parameter.required,
    )


def _annotation(schema: Schema, models: Models, pointer: str, *, is_argument: bool) -> str:
    match schema:
        case Ref(name="Identifier") if is_argument:
            return "str"
        case Ref(name=name):
            return models.classes[name]
        case Array(items=items):
            inner = _annotation(items, models, join(pointer, "items"), is_argument=is_argument)
            return f"{'Sequence' if is_argument else 'list'}[{inner}]"
        case Scalar(kind=kind):
            return _SCALAR_TYPES[kind]
        case _:
            raise SpecError(pointer, f"{type(schema).__name__.lower()} without a name", "scalars, arrays and $refs")


def _maximum(parameter: Parameter | None) -> int:
    schema = parameter.schema if parameter is not None else None
    return schema.maximum or 0 if isinstance(schema, Scalar) else 0


def _bounds(schema: Schema) -> str:
    match schema:
        case Scalar(kind="integer", minimum=int(low), maximum=int(high)):
            return f", {low} to {high}"
        case Scalar(kind="integer", minimum=int(low)):
            return f", {low} or more"
        case Scalar(kind="integer", maximum=int(high)):
            return f", {high} or less"
        case _:
            return ""


def _describe(parameter: Parameter) -> str:
    text = sentence(parameter.description)
    text = f"{text[:-1]}{_bounds(parameter.schema)}."
    if parameter.default is not None:
        text += f" The API takes {parameter.default} when it is left out."
    return text


def _docstring(operation: Operation, body: Argument | None) -> str:
    arguments = [entry("transport", "what to call over: a client, or anything else that is a Transport")]
    arguments += [entry(parameter.name, _describe(parameter)) for parameter in operation.path_parameters]
    if body is not None:
        arguments.append(entry(body.name, operation.body_description))
    in_order = sorted(operation.query, key=lambda parameter: not parameter.required)
    arguments += [entry(parameter.name, _describe(parameter)) for parameter in in_order]
    return _sections(operation, f"{operation.summary} {operation.description}", arguments, operation.result_description)


def _iterate_docstring(operation: Operation) -> str:
    arguments = [entry("transport", "what to call over: a client, or anything else that is a Transport")]
    arguments += [entry(parameter.name, _describe(parameter)) for parameter in operation.path_parameters]
    for parameter in operation.query:
        if parameter.name == "per_page":
            arguments.append(
                entry("per_page", f"{sentence(parameter.description)[:-1]} of one request{_bounds(parameter.schema)}")
            )
        elif parameter.name != "page":
            arguments.append(entry(parameter.name, _describe(parameter)))
    summary = f"{operation.summary.rstrip('.')}, each once. Pages are requested one by one, when they are needed."
    returned = "an async iterator over the items of all pages; the errors below are raised while it is gone over"
    return _sections(operation, summary, arguments, returned)


def _sections(operation: Operation, text: str, arguments: list[str], returned: str) -> str:
    raises = _RAISES if operation.http_method != "POST" else (*_RAISES, _AMBIGUOUS)
    raised = "\n".join(entry(name, what) for name, what in raises)
    return (
        f"{docstring_text(text, 4).rstrip()}\n\n    Source: {operation.docs}\n\n"
        f"    Args:\n{chr(10).join(arguments)}\n\n"
        f"    Returns:\n{entry('', returned)}\n\n"
        f"    Raises:\n{raised}\n    "
    )
