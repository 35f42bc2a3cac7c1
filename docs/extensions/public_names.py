"""Sphinx: the directive ``public``, which documents the public names of a module; each name once, wherever it is.

Autodoc alone leaves out the names of types and constants, as what they stand for does not know its name.
"""

import ast
import builtins
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Final, NamedTuple

from docutils import nodes
from sphinx.addnodes import desc_annotation, pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

MODULES: Final = (
    *("aiospectrum", "aiospectrum.models", "aiospectrum.errors", "aiospectrum.endpoints", "aiospectrum.bulk"),
    *("aiospectrum.apps", "aiospectrum.filters", "aiospectrum.otel", "aiospectrum.prometheus", "aiospectrum.sandbox"),
    "pytest_aiospectrum",
    # for transports and generated packages of one's own
    *("aiospectrum.client", "aiospectrum.transport", "aiospectrum.routes", "aiospectrum.checks", "aiospectrum.structs"),
)
"""All public modules."""


class Definition(NamedTuple):
    """Where a name is defined, and by what."""

    module: str
    node: ast.stmt


class Public(SphinxDirective):
    """``.. public:: MODULE``, with names of its ``__all__`` as content."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Expand to the directives of autodoc, and of Python's domain where autodoc has none."""
        [module] = self.arguments
        lines = [f".. py:currentmodule:: {module}", ""]
        for name in " ".join(self.content).split():
            lines += [*_documented(module, name), ""]
        return self.parse_text_to_nodes("\n".join(lines))


def _documented(module: str, name: str) -> Iterator[str]:
    """The lines that document one name."""
    definition = find_definition(module, name)
    match definition.node:
        case ast.ClassDef():
            yield from (f".. autoclass:: {module}.{name}", "   :members:")
            cls = getattr(import_module(module), name)
            bases = cls.__mro__[1:]
            if any(map(is_shown, cls.__bases__)):
                yield "   :show-inheritance:"
            if any(map(is_hidden, bases)):
                yield "   :exclude-members: __slots__"
                yield f"   :inherited-members: {', '.join(each.__name__ for each in bases if not is_hidden(each))}"
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield f".. autofunction:: {module}.{name}"
        case ast.AnnAssign(value=ast.expr() as value) if is_alias(definition.node):
            yield from (f".. py:type:: {name}", f"   :canonical: {ast.unparse(value)}", "")
            yield from _doc_after(definition.module, name)
        case _:
            yield from (f".. py:data:: {name}", f"   :value: {getattr(import_module(module), name)!r}", "")
            yield from _doc_after(definition.module, name)


def _is_public(cls: type) -> bool:
    modules = (import_module(module) for module in MODULES)
    return any(cls.__name__ in module.__all__ and getattr(module, cls.__name__) is cls for module in modules)


def is_shown(base: type) -> bool:
    """Whether a base of a public class says something to users."""
    return _is_public(base) or issubclass(base, Exception)


def is_hidden(base: type) -> bool:
    """Whether users do not know a base of a public class, so that they find what it has in the class."""
    return base.__name__ == "BaseClient" or (base.__module__.startswith("aiospectrum") and not _is_public(base))


def is_alias(node: ast.stmt) -> bool:
    """Whether a statement gives a type a name."""
    return isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation)


def _doc_after(module: str, name: str) -> list[str]:
    """The docstring after an assignment, indented."""
    return [f"   {line}" for line in ModuleAnalyzer.for_module(module).find_attr_docs().get(("", name), ())]


def public_names() -> list[tuple[str, str]]:
    """All public names with their modules."""
    return [(module, name) for module in MODULES for name in import_module(module).__all__]


@cache
def find_definition(module: str, name: str) -> Definition:
    """Follow the imports of a name to the statement that defines it."""
    for node in ast.walk(parse(module)):
        match node:
            case ast.ImportFrom(module=str(source)) if source.startswith("aiospectrum"):
                for imported in node.names:
                    if name == (imported.asname or imported.name):
                        return find_definition(source, imported.name)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef() if node.name == name:
                return Definition(module, node)
            case ast.AnnAssign(target=ast.Name(id=target)) | ast.Assign(targets=[ast.Name(id=target)]) if (
                target == name
            ):
                return Definition(module, node)
    raise LookupError(f"{module} has no {name}")


@cache
def parse(module: str) -> ast.Module:
    """Parse a module."""
    return ast.parse(inspect.getsource(import_module(module)))


def add_other_names(_: Sphinx, env: BuildEnvironment) -> None:
    """Have a name that is documented in one module found in the others that export it as well."""
    objects = env.domains.python_domain.objects
    places = {
        _key(module, name): objects[f"{module}.{name}"]
        for module, name in public_names()
        if f"{module}.{name}" in objects
    }
    for module, name in public_names():
        entry = places.get(_key(module, name))
        if entry is not None and f"{module}.{name}" not in objects:
            objects[f"{module}.{name}"] = ObjectEntry(entry.docname, entry.node_id, entry.objtype, aliased=True)


def _key(module: str, name: str) -> tuple[str, int]:
    definition = find_definition(module, name)
    return definition.module, definition.node.lineno


def tidy(_: Sphinx, page: nodes.document) -> None:
    """Leave out values that say nothing, and links of names such as ``type``, to fields that are called so."""
    for value in [*page.findall(desc_annotation)]:
        if value.astext().startswith(" = <"):
            value.parent.remove(value)
    for link in [*page.findall(pending_xref)]:
        if link["refdomain"] == "py" and hasattr(builtins, link["reftarget"]):
            link.replace_self(link.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it all."""
    app.add_directive("public", Public)
    app.connect("doctree-read", tidy)
    app.connect("env-updated", add_other_names)
    return {"parallel_read_safe": True}
