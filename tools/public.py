"""What is public, read by griffe from the source without importing it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import griffe

PUBLIC: Final = (
    "aiospectrum",
    "aiospectrum.models",
    "aiospectrum.errors",
    "aiospectrum.endpoints",
    "aiospectrum.filters",
    "aiospectrum.apps",
    "aiospectrum.bulk",
    "aiospectrum.otel",
    "aiospectrum.prometheus",
    "aiospectrum.sandbox",
    "aiospectrum.client",
    "aiospectrum.transport",
    "aiospectrum.routes",
    "aiospectrum.checks",
    "aiospectrum.structs",
    "pytest_aiospectrum",
)
"""The modules whose exported names are public, as the README says; the first that exports something names it."""
_KIND: Final = griffe.ParameterKind
_MODES: Final = {
    _KIND.positional_only: "by place only",
    _KIND.positional_or_keyword: "",
    _KIND.keyword_only: "by keyword",
    _KIND.var_positional: "*",
    _KIND.var_keyword: "**",
}
_SYNTAX: Final = frozenset(
    {"__aenter__", "__aexit__", "__aiter__", "__anext__", "__arrow_c_stream__", "__await__", "__bool__", "__call__"}
    | {"__contains__", "__enter__", "__exit__", "__getitem__", "__iter__", "__len__", "__next__"}
)
"""The special methods that a program calls by writing something else."""


def describe(source: Path) -> list[str]:
    """The public API of a source tree.

    Args:
        source: The folder that has the packages.

    Returns:
        Sorted lines, each of them once, such as ``aiospectrum.App.id: Identifier (required)``.
    """
    loader = griffe.GriffeLoader(search_paths=[source], allow_inspection=False)
    for package in dict.fromkeys(path.partition(".")[0] for path in PUBLIC):
        loader.load(package)
    loader.resolve_aliases(external=False)
    names: dict[str, str] = {}
    lines: set[str] = set()
    for path in PUBLIC:
        try:
            module = loader.modules_collection[path]
        except KeyError:
            continue  # so that all its lines are gone
        for name in map(str, module.exports or ()):
            found = _target(module.members[name])
            if isinstance(found, griffe.Module) and name in found.members:  # a function in a module of its name
                found = _target(found.members[name])
            first = names.setdefault(found.path, f"{path}.{name}")
            lines.update([f"{path}.{name} is {first}"] if first != f"{path}.{name}" else _describe(found, first))
    return sorted(lines)


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object:
    target = member.final_target if isinstance(member, griffe.Alias) else member
    assert isinstance(target, griffe.Object)  # noqa: S101 - for type checkers
    return target


def _describe(found: griffe.Object, name: str) -> Iterator[str]:
    if isinstance(found, griffe.Function):
        kind = "coroutine" if "async" in found.labels else "call"
        yield " ".join([f"{name}: {kind}", *(str(each.value) for each in found.decorators)])
        yield f"{name}: returns {found.returns}"
        if not any("fixture" in str(each.value) for each in found.decorators):  # whose parameters are fixtures too
            yield from _describe_parameters(found, name)
    elif isinstance(found, griffe.Class):
        yield f"{name}: class"
        yield from (f"{name}: base {str(base).rpartition('.')[2]}" for base in found.bases)
        yield from (f"{name}: made by {each.value}" for each in found.decorators)
        for key, member in found.all_members.items():
            target = _target(member)
            if key == "__init__" and isinstance(target, griffe.Function):
                yield from _describe_parameters(target, name)
            elif not key.startswith("_") or key in _SYNTAX:
                yield from _describe(target, f"{name}.{key}")
    elif isinstance(found, griffe.Attribute):
        yield f"{name}: {' '.join(_words_of(found))}"
    else:
        yield f"{name}: {found.kind.value}"


def _words_of(found: griffe.Attribute) -> Iterator[str]:
    if found.annotation is not None:
        yield str(found.annotation)
    owner = found.parent if isinstance(found.parent, griffe.Class) else None
    if "property" in found.labels:
        yield "(property)"
    elif owner and owner.decorators and not _has_default(found):  # a field, of attrs
        yield "(required)"
    elif owner and "class-attribute" not in found.labels:
        yield "(of each object)"
    elif found.value is not None and not found.name.startswith("__"):
        yield f"= {found.value}"


def _has_default(found: griffe.Attribute) -> bool:
    value = str(found.value)
    return found.value is not None and ("field(" not in value or bool(re.search(r"\b(default|factory)=", value)))


def _describe_parameters(found: griffe.Function, name: str) -> Iterator[str]:
    for place, each in enumerate([each for each in found.parameters if each.name not in ("self", "cls")], 1):
        words = [_MODES[each.kind or _KIND.positional_or_keyword], str(each.annotation or "untyped")]
        if each.kind in (_KIND.positional_only, _KIND.positional_or_keyword):
            words.insert(0, str(place))
        if each.kind not in (_KIND.var_positional, _KIND.var_keyword):
            words.append("(required)" if each.required else f"= {_value_of(each.default, found)}")
        yield f"{name}({each.name}): {' '.join(filter(None, words))}"


def _value_of(default: griffe.Expr | str | None, found: griffe.Function) -> str:
    """A default, and what it stands for where it is the name of a constant."""
    if isinstance(default, griffe.ExprName):
        try:
            constant = _target(found.modules_collection[default.canonical_path])
        except KeyError:
            return str(default)
        if isinstance(constant, griffe.Attribute) and constant.value is not None:
            return f"{default} = {constant.value}"
    return str(default)
