"""Sphinx: how autodoc shows signatures, types and docstrings of this package."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Set
from importlib import import_module
from typing import Any, Final

import attrs
from docutils import nodes
from public_names import find_definition, is_alias, is_hidden, is_shown, parse, public_names
from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef

MADE_BY_CALLS: Final = {
    *("aiospectrum.bulk.Dataset", "aiospectrum.bulk.Pull"),
    *("aiospectrum.filters.FilterDimension", "aiospectrum.filters.FilterDimensions"),
}
"""Classes that users get and never make."""

_CONSTANT: Final = re.compile(r"(?<== )_?[A-Z]+(_[A-Z]+)+\b")
"""A default that is called as a constant."""

_SPARED: Final[dict[str, list[str]]] = {}
"""Docstrings of fields, while napoleon is at work."""


def show_bases(_: Sphinx, name: str, obj: Any, options: Any, bases: list[type]) -> None:
    """Leave the other bases out."""
    bases[:] = [base for base in bases if isinstance(base, type) and is_shown(base)]


def show_signature(
    _: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Show how a class of fields is called without their types, which stand beside each; or not, if users never do."""
    if name in MADE_BY_CALLS or (what == "class" and name.startswith("aiospectrum.endpoints.")):
        return "", None
    if signature is not None:
        signature = _CONSTANT.sub(
            lambda found: repr(getattr(sys.modules[obj.__module__], found[0], found[0])), signature
        )
    if what != "class" or not attrs.has(obj):
        return signature, returns
    called = [each.replace(annotation=each.empty) for each in inspect.signature(obj).parameters.values()]
    made = [each if each.default is each.empty else each.replace(default=_Shown(each.default)) for each in called]
    return str(inspect.Signature(made)), None


class _Shown:
    """A default as it is shown: what is made anew for each object is left open."""

    def __init__(self, default: Any) -> None:
        self._text = repr(default)

    def __repr__(self) -> str:
        return "..." if self._text[0] == "<" or self._text == "NOTHING" else self._text


def keep_annotations(app: Sphinx, config: Any) -> None:
    """Make annotations texts again that have names of types, so that these are shown instead of what they stand for."""
    TypeAliasForwardRef.__repr__ = lambda self: self.name  # which Sphinx shows for what is part of a union
    definitions = {(module, name): find_definition(module, name) for module, name in public_names()}
    for (module, name), definition in definitions.items():
        if is_alias(definition.node):
            config.autodoc_type_aliases.setdefault(name, f"~{module}.{name}")
    for module in {definition.module for definition in definitions.values()} | set(_modules_of_bases()):
        for node in parse(module).body:
            thing = getattr(import_module(module), getattr(node, "name", ""), None)
            _annotate(thing, node, config.autodoc_type_aliases.keys())


def _modules_of_bases() -> Iterator[str]:
    """Where the hidden bases of public classes are, whose methods are documented as theirs."""
    for module, name in public_names():
        public = getattr(import_module(module), name)
        yield from (base.__module__ for base in getattr(public, "__mro__", ()) if is_hidden(base))


def _annotate(thing: Any, node: ast.stmt, aliases: Set[str]) -> None:
    """Annotate a function, or a class and what is in it, with texts."""
    if isinstance(node, ast.ClassDef):
        for each in node.body:
            match each:
                case ast.AnnAssign(value=ast.Call(func=ast.Name(id="Nested"), args=[namespace])):
                    thing.__annotations__[ast.unparse(each.target)] = ast.unparse(namespace)
                case ast.AnnAssign() if _mentions(each.annotation, aliases):
                    thing.__annotations__[ast.unparse(each.target)] = ast.unparse(each.annotation)
            _annotate(vars(thing).get(getattr(each, "name", "")), each, aliases)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = inspect.unwrap(getattr(thing, "fget", None) or getattr(thing, "__func__", thing))
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for name, annotation in [*((each.arg, each.annotation) for each in arguments), ("return", node.returns)]:
            if annotation is not None and _mentions(annotation, aliases):
                function.__annotations__[name] = ast.unparse(annotation)


def _mentions(annotation: ast.expr, names: Set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(annotation))


def leave_out_attributes(_: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Leave the list of fields out of a class, as each has a docstring; and what its ``__init__`` says that it does."""
    if what == "class" and (summary := (inspect.getdoc(obj.__init__) or "").partition("\n")[0]) in lines:
        lines.remove(summary)
    for number, line in enumerate(lines):
        if what == "class" and line.startswith(("Attributes:", "Method generated by attrs")):
            del lines[number:]
            return


def spare_fields(_: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep the docstring of a field from napoleon, which takes what is before a colon for a type."""
    if what in {"attribute", "data"} or (what == "property" and not {"Returns:", "Raises:"} & {*lines}):
        _SPARED[name] = [*lines]


def restore_fields(_: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put it back."""
    lines[:] = _SPARED.pop(name, lines)


def show_dashes(_: Sphinx, page: nodes.document) -> None:
    """Show a dash behind the name of a parameter, where Sphinx puts two hyphens and leaves them to smart quotes."""
    for text in list(page.findall(nodes.Text)):
        if text.startswith(" -- "):
            text.parent.replace(text, nodes.Text(f" \N{EN DASH} {text[4:]}"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it all."""
    app.connect("config-inited", keep_annotations)
    app.connect("autodoc-process-signature", show_signature)
    app.connect("autodoc-process-bases", show_bases)
    app.connect("autodoc-process-docstring", leave_out_attributes, priority=400)  # before napoleon
    app.connect("autodoc-process-docstring", spare_fields, priority=400)
    app.connect("autodoc-process-docstring", restore_fields, priority=600)
    app.connect("doctree-read", show_dashes)
    return {"parallel_read_safe": True}
