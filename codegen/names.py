"""Reports names that Python, a template or another part of the document has taken."""

import builtins
import keyword
import re
from collections.abc import Iterable
from typing import Final

from codegen.document import Document, join
from codegen.operations import Operation
from codegen.shapes import Components, Object
from codegen.writing import snake_case

_SNAKE: Final = re.compile("[a-z][a-z0-9_]*")
_CONSTANT: Final = re.compile("[A-Z][A-Z0-9_]*")
_PASCAL: Final = re.compile("[A-Z][A-Za-z0-9]*")
_WIRE: Final = re.compile(r'[^"\\\x00-\x1f]+')
"""What msgspec takes as the name of a field in JSON."""
_IN_CLIENTS: Final = frozenset({"base_url", "from_env", "send", "service", "with_options"})
"""What a client is beside its namespaces."""
_MODULES: Final = frozenset({"checks", "client", "models", "namespaces"})
_IN_CLASSES: Final = frozenset(
    {"attrs", "bool", "datetime", "dict", "float", "int", "list", "self", "str", "tuple"}
    | {"old_keys", "read_old_forms", "read_only_keys"}
)
"""What the annotations of a class are made of, and what the runtime looks for in one."""
_IN_FUNCTIONS: Final = frozenset({"get_page", "int", "number", "response", "transport"})
"""What the body of an endpoint function needs for itself."""
_IMPORTED: Final = """
    API Any Array AsyncGenerator Awaitable BaseClient Body Client ClassVar DateTime Final Flag Integer Literal Namespace
    Namespaces Nested Object OneOf Page PathParameter QueryParameter Route SERVICE Sent SentOnly Sequence Text
    Transport TypeAlias Unchecked attrgetter
    attrs checks datetime final iterate_pages models struct to_page
"""
"""What the templates import or define."""


class _Names:
    """The names of one scope."""

    def __init__(self, document: Document, form: re.Pattern[str], taken: Iterable[str] = ()) -> None:
        self._document = document
        self._form = form
        self._taken = {*keyword.kwlist, *taken}

    def take(self, name: str, pointer: str, origin: str = "") -> None:
        """Take a name, made of another one if an origin is given, or report it; one that is missing has been."""
        shown = f"the name {name!r}" + (f" that {origin!r} becomes" if origin not in ("", name) else "")
        if name and not self._form.fullmatch(name):
            self._document.report(pointer, shown, f"names of the form {self._form.pattern}")
        elif name in self._taken:
            self._document.report(pointer, f"{shown}, which is taken", "a name that nothing else has")
        elif name:
            self._taken.add(name)


def class_name(namespace: tuple[str, ...]) -> str:
    """Name the class of a namespace, such as ``AnalyticsEvents`` for ``("analytics", "events")``."""
    return "".join(part.title().replace("_", "") for part in namespace)


def check_names(
    document: Document, operations: tuple[Operation, ...], components: Components, bases: Iterable[str]
) -> None:
    """Check all names that become names in Python."""
    taken = {*_IMPORTED.split(), *bases, *dir(builtins)}
    classes = _Names(document, _PASCAL, taken)
    constants = _Names(document, _CONSTANT, ["SERVICE"])
    for component in components.values():
        classes.take(component.name, component.pointer)
        constants.take(snake_case(component.name).upper(), component.pointer, component.name)
        if isinstance(component.schema, Object):
            attributes = _Names(document, _SNAKE, _IN_CLASSES)
            for field in component.schema.fields:
                attributes.take(field.name, field.pointer, field.wire)
                if not _WIRE.fullmatch(field.wire):
                    supported = "names without double quotes, backslashes and control characters"
                    document.report(field.pointer, f"the name {field.wire!r}", supported)
    tags, functions = {each.tag for each in operations}, {each.name for each in operations}
    routes = {name.lower() for name in components if name.isupper()}  # constants beside the models that they name
    names = _Names(document, _SNAKE, taken | _MODULES | tags | routes)
    for operation in operations:
        where = operation.node.pointer
        names.take(operation.name, join(where, "operationId"))
        if operation.iteration:
            names.take(operation.iteration["function"], join(where, "x-pages", "function"))
        _Names(document, _SNAKE, {*_MODULES, *_IMPORTED.split()}).take(operation.tag, join(where, "tags", 0))
        _check_arguments(operation, _Names(document, _SNAKE, {*_IN_FUNCTIONS, *_IMPORTED.split(), *functions}))
    _check_namespaces(document, operations)


def _check_arguments(operation: Operation, arguments: _Names) -> None:
    wires: set[tuple[str, str]] = set()
    for parameter in operation.parameters:
        arguments.take(parameter.name, parameter.node.pointer, parameter.wire)
        if parameter.place == "path" and parameter.name != parameter.wire:
            parameter.node.report("another name in the path", "one name", "x-python-name")
        if (parameter.place, parameter.wire) in wires:
            parameter.node.report(f"the parameter {parameter.wire!r} twice", "each parameter once")
        wires.add((parameter.place, parameter.wire))
    if operation.body is not None:
        arguments.take(operation.body_name, join(operation.node.pointer, "requestBody"))


def _check_namespaces(document: Document, operations: tuple[Operation, ...]) -> None:
    members: dict[tuple[str, ...], _Names] = {(): _Names(document, _SNAKE, _IN_CLIENTS)}
    classes = _Names(document, _PASCAL, _IMPORTED.split())
    functions: dict[tuple[str, ...], set[str]] = {}
    for operation in operations:
        functions.setdefault(operation.namespace, set()).update(function for _, _, function in operation.methods)
        where = join(operation.node.pointer, "x-namespace")
        text = ".".join(operation.namespace)
        if not text:
            continue
        words = all(_SNAKE.fullmatch(part) for part in operation.namespace)
        if not words or operation.tag not in ("", operation.namespace[0]):
            document.report(where, f"the namespace {text!r}", "names in small letters joined by dots, the tag first")
            continue
        for depth in range(1, len(operation.namespace) + 1):
            path = operation.namespace[:depth]
            if path not in members:
                members[path] = _Names(document, _SNAKE, ["send"])
                classes.take(class_name(path), where, text)
                members[path[:-1]].take(path[-1], where)
    for operation in operations:
        if operation.namespace not in members:
            continue
        for key, method, function in operation.methods:
            members[operation.namespace].take(method, operation.node.pointer + key)
            if method and method in functions[operation.namespace] - {function}:  # which it would hide in the class
                supported = "a name that no other function of the namespace has"
                document.report(operation.node.pointer + key, f"the name {method!r}", supported)
