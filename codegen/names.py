"""Refuses names that Python, a template or another part of the spec has taken."""

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from datamodel_code_generator.util import camel_to_snake

from codegen.checks import constant_name
from codegen.errors import SpecError, join
from codegen.operations import Operation
from codegen.schemas import BASES, plain_text
from codegen.shapes import Object, Schema, references

__all__ = ["attribute_name", "check_names", "parse_tags"]

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SNAKE: Final = re.compile("[a-z][a-z0-9_]*")
_CONSTANT: Final = re.compile("[A-Z][A-Z0-9_]*")
_PASCAL: Final = re.compile("[A-Z][A-Za-z0-9]*")
_NAMESPACE: Final = re.compile(r"[a-z]+(\.[a-z]+)*")
_MODULES: Final = frozenset({"checks", "converters", "decoders", "models", "namespaces", "unions"})
_IN_CLASSES: Final = frozenset({"attrs", "bool", "datetime", "dict", "float", "int", "list", "str", "tuple"})
"""What the annotations of a class are made of."""
_IN_REGISTRATIONS: Final = frozenset({"cl", "converter", "model", "self"})
"""Parameters of the functions that take the names of fields as keywords."""
_IN_FUNCTIONS: Final = frozenset({"get_page", "int", "number", "response", "transport"})
"""What the body of an endpoint function needs for itself."""
_IN_NAMESPACES: Final = frozenset({"send"})
"""Methods of every namespace."""


class _Names:
    """The names of one scope."""

    def __init__(self, form: re.Pattern[str], taken: Iterable[str] = ()) -> None:
        """Keep the form that names have, and those that are taken."""
        self._form = form
        self._taken = {*keyword.kwlist, *taken}

    def take(self, name: str, pointer: str, origin: str = "") -> None:
        """Take a name, made of another one if an origin is given, or refuse it."""
        shown = f"the name {name!r}" + (f" that {origin!r} becomes" if origin not in ("", name) else "")
        if not self._form.fullmatch(name):
            raise SpecError(pointer, shown, f"names of the form {self._form.pattern}")
        if name in self._taken:
            raise SpecError(pointer, f"{shown}, which is taken", "a name that nothing else has")
        self._taken.add(name)


def attribute_name(wire: str) -> str:
    """Name the attribute of a property, as datamodel-code-generator does.

    Args:
        wire: Name of the property in JSON, such as ``appID``.

    Returns:
        Such as ``app_id``.
    """
    return camel_to_snake(wire)


def parse_tags(document: Mapping[str, Any], operations: tuple[Operation, ...]) -> dict[str, str]:
    """Read the descriptions of the tags that operations have.

    Args:
        document: The spec.
        operations: All operations.

    Returns:
        The description of each tag, in the order of the operations.

    Raises:
        SpecError: One is missing.
    """
    places = {tag["name"]: (tag, f"#/tags/{index}") for index, tag in enumerate(document.get("tags", ()))}
    tags = {}
    for operation in operations:
        if operation.tag not in places:
            raise SpecError(join(operation.pointer, "tags", 0), f"the tag {operation.tag!r}", "one described in tags")
        tag, pointer = places[operation.tag]
        tags[operation.tag] = plain_text(tag, "description", pointer)
    return tags


def check_names(operations: tuple[Operation, ...], components: Mapping[str, Schema]) -> None:
    """Check all names that become names in Python.

    Args:
        operations: All operations.
        components: All named schemas that they use.

    Raises:
        SpecError: A name is taken, or not of the form that it should have.
    """
    in_models = {*_imported_names("*"), *BASES, *dir(builtins)}
    classes, constants = _Names(_PASCAL, in_models), _Names(_CONSTANT)
    for name, schema in components.items():
        pointer = join("#/components/schemas", name)
        classes.take(name, pointer)
        constants.take(constant_name(name), pointer, name)
        if isinstance(schema, Object):
            attributes = _Names(_SNAKE, _IN_CLASSES | _IN_REGISTRATIONS)
            for field in schema.fields:
                attributes.take(attribute_name(field.wire), join(pointer, "properties", field.wire), field.wire)
    in_endpoints = _imported_names("endpoints") | _imported_names("namespaces")
    functions = _Names(_SNAKE, {*in_endpoints, *dir(builtins)})
    for operation in operations:
        where = join(operation.pointer, "operationId")
        functions.take(operation.name, where)
        constants.take(operation.name.upper(), where, operation.name)
        if operation.iteration:
            functions.take(operation.iteration.function, join(operation.pointer, "x-pages", "function"))
        _Names(_SNAKE, _MODULES).take(operation.tag, join(operation.pointer, "tags", 0))
    for operation in operations:
        _check_arguments(operation, {*in_endpoints, *(each.name for each in operations)})
    _check_namespaces(operations)


def _check_arguments(operation: Operation, taken: set[str]) -> None:
    arguments = _Names(_SNAKE, taken | _IN_FUNCTIONS)
    wires: set[str] = set()
    for parameter in operation.path_parameters:
        if parameter.name != parameter.wire:
            raise SpecError(join(parameter.pointer, "x-python-name"), "another name in the path", "one name")
    for parameter in (*operation.path_parameters, *operation.query):
        arguments.take(parameter.name, parameter.pointer, parameter.wire)
        if parameter.wire in wires:
            raise SpecError(parameter.pointer, f"the parameter {parameter.wire!r} twice", "each parameter once")
        wires.add(parameter.wire)
        for name in references(parameter.schema):
            _check_constant(name, join(parameter.pointer, "schema"))
    if operation.body is not None:
        arguments.take(operation.body_name, join(operation.pointer, "requestBody"))
        _check_constant(operation.body, join(operation.pointer, "requestBody"))


def _check_constant(name: str, pointer: str) -> None:
    """A module that needs both the class and the constant of a schema imports both by name."""
    if constant_name(name) == name:
        raise SpecError(pointer, f"the schema {name}, in capitals like a constant,", "names with a small letter")


def _check_namespaces(operations: tuple[Operation, ...]) -> None:
    members: dict[tuple[str, ...], _Names] = {}
    classes = _imported_names("namespaces")
    for operation in operations:
        where = join(operation.pointer, "x-namespace")
        text = ".".join(operation.namespace)
        if not _NAMESPACE.fullmatch(text) or operation.namespace[0] != operation.tag:
            raise SpecError(where, f"the namespace {text!r}", "words of small letters joined by dots, the tag first")
        for depth in range(1, len(operation.namespace) + 1):
            path = operation.namespace[:depth]
            if path not in members:
                members[path] = _Names(_SNAKE, _IN_NAMESPACES)
                _Names(_PASCAL, classes).take("".join(part.title() for part in path), where, text)
                if depth > 1:
                    members[path[:-1]].take(path[-1], where)
    for operation in operations:
        members[operation.namespace].take(operation.method_name, join(operation.pointer, "x-method"))
        if operation.iteration:
            members[operation.namespace].take(operation.iteration.method, join(operation.pointer, "x-pages", "method"))


def _imported_names(templates: str) -> set[str]:
    """The names that some templates import."""
    texts = [path.read_text(encoding="utf-8") for path in _TEMPLATES.glob(f"{templates}.py.jinja2")]
    lists = [names for text in texts for names in re.findall(r"^from \S+ import (\([^)]*\)|.*)$", text, re.MULTILINE)]
    return {name for names in lists for name in re.findall(r"\w+", names)}
