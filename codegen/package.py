"""From a document to all modules of a package, in memory."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codegen.document import Document
from codegen.loading import load_document
from codegen.names import check_names, class_name
from codegen.operations import Operation, Parameter, parse_operations
from codegen.rules import check_rules
from codegen.schemas import parse_components
from codegen.service import parse_service
from codegen.shapes import Array, Component, Components, Field, Map, Object, Ref, Schema, reachable, references, resolve
from codegen.writing import (
    annotation,
    argument_type,
    bounds,
    check_expression,
    constant_name,
    docstring_text,
    entry,
    sent_type,
    sentence,
    snake_case,
)

OWN_PACKAGE: Final = "aiospectrum._generated"

_BASES: Final[Mapping[str, str]] = {
    "AppMethods": "aiospectrum._codec.forms",
    "AppRequestMethods": "aiospectrum._codec.forms",
    "ModelMethods": "aiospectrum._codec.forms",
    "ReportTable": "aiospectrum.tables.mixin",
}
"""The handwritten classes that ``x-python-base`` gives to models of our own package, and where they are."""

_CHECKS: Final[Mapping[str, str]] = {"AppCheck": "aiospectrum.app_rules"}
"""The same for ``x-python-check`` and what checks arguments."""


def render_package(path: Path, package: str) -> dict[str, str]:
    """Render every module of a package.

    Args:
        path: The OpenAPI document.
        package: Name by which the package is imported.

    Returns:
        The text of each file by its name, formatted.

    Raises:
        SpecError: The document holds something that is not supported; all of that is in the message.
    """
    document = load_document(path)
    service = parse_service(document)
    operations = parse_operations(document)
    requests = [name for each in operations for schema in each.arguments for name in references(schema)]
    results = [name for each in operations for part in each.results for name in references(part)]
    components = parse_components(document, (*requests, *results))
    tags = _parse_tags(document, operations)
    extended = _parse_extended(document, package)
    bases, checks = (_BASES, _CHECKS) if package == OWN_PACKAGE else ({}, {})
    check_names(document, operations, components, {**bases, **checks})
    check_rules(document, operations, components, bases, checks)
    document.raise_problems()

    values = {
        "package": package,
        "service": service,
        "schemas": components,
        "checked": reachable(components, requests),
        "sent": {each.name for each in reachable(components, requests)},
        "read": {each.name for each in reachable(components, results)},
        "bases": bases,
        "checks": checks,
        "small": _small_classes(operations, reachable(components, results), components),
        "namespaces": _namespaces(operations, tags),
        "extended": extended,
        "functions": {tag: _functions(operations, tag) for tag in tags},
        "argument": lambda schema: argument_type(schema, components),
    }
    own = {"models": "models", "checks": "checks", "namespaces": "namespaces", "__init__": "own_init"}
    modules = own if package == OWN_PACKAGE else {**own, "__init__": "init", "client": "client"}
    files = {f"{name}.py": _render(template, values) for name, template in modules.items()}
    for tag, text in tags.items():
        tagged = [operation for operation in operations if operation.tag == tag]
        files[f"{tag}.py"] = _render("endpoints", {**values, "operations": tagged, "description": text})
    source = path.name if path.name.isprintable() else ascii(path.name)
    header = f"# Generated from {source} by `python -m codegen`: do not edit.\n"
    return _format({name: header + text for name, text in sorted(files.items())}, package)


def _parse_tags(document: Document, operations: tuple[Operation, ...]) -> dict[str, str]:
    """The descriptions of the tags that operations have, in the order of the operations."""
    described: dict[str, str] = {}
    for node in document.root.items("tags"):
        node.only("name", "x-python-extended")
        if node.text("name") in described:
            node.report(f"the tag {node.text('name')!r} twice", "each tag once", "name")
        described[node.text("name")] = node.prose("description")
    for operation in operations:
        if operation.tag and operation.tag not in described:
            operation.node.report(f"the tag {operation.tag!r}", "one described in tags", "tags", 0)
    return {each.tag: described.get(each.tag, "") for each in operations}


def _parse_extended(document: Document, package: str) -> list[str]:
    """The tags whose namespace a handwritten class extends, so that the client has it from there."""
    nodes = [node for node in document.root.items("tags") if node.flag("x-python-extended")]
    for node in nodes if package != OWN_PACKAGE else ():
        node.report("true", "no such class in a package of its own", "x-python-extended")
    return [node.text("name") for node in nodes]


def _small_classes(operations: tuple[Operation, ...], read: list[Component], components: Components) -> set[str]:
    """The schemas of which a response can hold many objects: those in arrays, and those that such ones hold."""
    parts = [part for each in operations for part in each.results]
    parts += [field.schema for each in read if isinstance(each.schema, Object) for field in each.schema.fields]
    listed = [name for part in parts if isinstance(part, Array) for name in references(part)]
    return {each.name for each in reachable(components, listed)}


def _functions(operations: tuple[Operation, ...], tag: str) -> list[str]:
    own = [operation for operation in operations if operation.tag == tag]
    return [each.name for each in own] + [each.iteration["function"] for each in own if each.iteration]


def _namespaces(operations: tuple[Operation, ...], tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """The namespace classes, each after those that it holds: functions by method, and classes by attribute."""
    paths = {each.namespace[:depth] for each in operations for depth in range(1, len(each.namespace) + 1)}
    found: list[dict[str, Any]] = []
    for path in sorted(paths, key=lambda path: (-len(path), path)):
        own = [operation for operation in operations if operation.namespace == path]
        methods = {operation.method_name: operation.name for operation in own}
        methods |= {each.iteration["method"]: each.iteration["function"] for each in own if each.iteration}
        children = {each["path"][-1]: each for each in found if each["path"][:-1] == path}
        text = sentence(tags[path[0]]) if len(path) == 1 else f"``client.{'.'.join(path)}``."
        names = {"name": class_name(path), "path": path, "description": text}
        found.append({**names, "methods": methods, "children": children})
    return found


def describe(parameter: Parameter) -> str:
    """What the docstring says of an argument."""
    text = f"{sentence(parameter.description)[:-1]}{bounds(parameter.schema)}."
    is_given = parameter.default is not attrs.NOTHING
    return f"{text} The API takes {parameter.default} when it is left out." if is_given else text


def alias(schema: Schema) -> str:
    """What a name stands for; an array that has one is a tuple, as it is small and never added to."""
    return f"tuple[{annotation(schema.items)}, ...]" if isinstance(schema, Array) else annotation(schema)


def class_bases(kind: tuple[Object, bool, bool]) -> str:
    """What a class derives from: of an object, whether it is sent, and whether it is read."""
    schema, is_sent, is_read = kind
    names = [*(["Sent" if is_read else "SentOnly"] if is_sent else []), *([schema.base] if schema.base else [])]
    return f"({', '.join(names)})" if names else ""


def declaration(field: Field, components: Components, is_read: bool) -> str:
    """A field of a class, from its name to its default."""
    kind = annotation(field.schema) if is_read else sent_type(field.schema, components)
    optional = field.nullable or not (field.required or field.default is not attrs.NOTHING)
    arguments = {}
    if field.default in ([], {}):
        target = resolve(field.schema, components)
        named = field.schema.name if isinstance(field.schema, Ref) else ""
        by_kind = {Object: named, Map: "dict", Array: "tuple" if named else "list"}
        arguments["factory"] = by_kind[type(target)]
    elif not field.required:
        arguments["default"] = repr(None if field.default is attrs.NOTHING else field.default)
    metadata: dict[str, object] = {"json": field.wire} if field.wire != field.name else {}
    metadata |= {"always_written": True} if field.always_written else {}
    if metadata:
        arguments["metadata"] = repr(metadata)
    written = ", ".join(f"{key}={value}" for key, value in arguments.items())
    plain = list(arguments) == ["default"]
    default = f" = {arguments['default']}" if plain else f" = attrs.field({written})" if written else ""
    return f"{field.name}: {kind}{' | None' if optional else ''}{default}"


def _render(template: str, values: dict[str, Any]) -> str:
    environment = Environment(  # noqa: S701 - Python is rendered, not HTML
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    functions = (alias, annotation, bounds, check_expression, class_bases, constant_name, declaration, describe)
    environment.filters |= {
        function.__name__: function for function in (*functions, docstring_text, entry, sentence, snake_case)
    }
    return environment.get_template(f"{template}.py.jinja2").render(**values)


def _format(files: dict[str, str], package: str) -> dict[str, str]:
    """Remove unused imports, sort the rest and format the text, independent of local settings."""
    first_party = f'lint.isort.known-first-party=["aiospectrum", "{package.partition(".")[0]}"]'
    shared = ["--isolated", "--no-cache", "--quiet", "--target-version", "py311", "--line-length", "120", "."]
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        for arguments in (["check", "--fix-only", "--select", "F401,I,RUF022", "--config", first_party], ["format"]):
            command = [sys.executable, "-m", "ruff", *arguments, *shared]
            subprocess.run(command, check=True, cwd=folder)  # noqa: S603 - the command is ruff's
        return {name: Path(folder, name).read_text(encoding="utf-8") for name in files}
