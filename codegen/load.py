"""Reads the spec and checks that it is valid OpenAPI."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from codegen.errors import SpecError, join

__all__ = ["load_spec"]

_SECTIONS: Final = {
    re.compile(r"#/paths/[^/]+(/[^/]+)?/parameters/\d+/\$ref$"): "parameters",
    re.compile(r"#/paths/[^/]+/[^/]+/requestBody/\$ref$"): "requestBodies",
    re.compile(r"#/paths/[^/]+/[^/]+/responses/[^/]+/\$ref$"): "responses",
}
"""Where references stand that lead to something else than a schema."""


class _PlainKeyLoader(yaml.SafeLoader):
    """Refuses keys that are no strings, and one that stands twice, of which YAML would keep the last in silence.

    Aliases are refused too: a node could hold itself, and what is shared has a name and a ``$ref``.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs have no types for it
            raise SpecError("#", f"an alias at line {event.start_mark.line + 1}", "$ref")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        where = f"the mapping at line {node.start_mark.line + 1} has the key"
        for key in keys:
            if not isinstance(key, str):
                raise SpecError("#", f"{where} {key!r}", "strings (quote on, off, yes, no and numbers in YAML)")
            if keys.count(key) > 1:
                raise SpecError("#", f"{where} {key!r} twice", "each key once")
        return super().construct_mapping(node, deep=deep)


def load_spec(path: Path) -> dict[str, Any]:
    """Read the spec.

    Args:
        path: A YAML file.

    Returns:
        The whole document, valid against OpenAPI 3.1.

    Raises:
        SpecError: It is not YAML or not valid OpenAPI 3.1.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainKeyLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError("#", f"not YAML ({' '.join(str(error).split())})", "YAML 1.1") from error
    if not isinstance(document, dict) or not str(document.get("openapi")).startswith("3.1."):
        raise SpecError("#/openapi", "not an OpenAPI 3.1 document", "openapi: 3.1.x")
    for pointer, ref in _references(document, "#"):
        _check_reference(document, ref, pointer)
    for invalid in OpenAPIV31SpecValidator(document).iter_errors():
        # The path of what the validator finds inside a schema begins at that schema, so that it leads nowhere.
        pointer = join("#", *invalid.absolute_path) if _leads_somewhere(document, invalid.absolute_path) else "#"
        raise SpecError(pointer, f"not valid OpenAPI: {invalid.message}", "valid OpenAPI 3.1")
    return document


def _references(node: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Each ``$ref`` and where it stands."""
    if isinstance(node, dict):
        for key, inner in node.items():
            if key == "$ref":
                yield join(pointer, key), inner
            else:
                yield from _references(inner, join(pointer, key))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _references(inner, join(pointer, index))


def _check_reference(document: Mapping[str, Any], ref: object, pointer: str) -> None:
    """Refuse what would have to be fetched, leads nowhere or leads to another reference, as a cycle does."""
    section = next((section for place, section in _SECTIONS.items() if place.match(pointer)), "schemas")
    prefix = f"#/components/{section}/"
    name = ref.removeprefix(prefix) if isinstance(ref, str) and ref.startswith(prefix) else ""
    if not _leads_somewhere(document, ("components", section, name)):
        raise SpecError(pointer, f"the reference {ref!r}", f"one below {prefix} of the same file")
    if section != "schemas" and _leads_somewhere(document, ("components", section, name, "$ref")):
        raise SpecError(pointer, f"the reference {ref!r} to a reference", "a reference to the thing itself")


def _leads_somewhere(document: Any, path: Sequence[str | int]) -> bool:
    try:
        for key in path:
            document = document[key]
    except (KeyError, IndexError, TypeError):
        return False
    return True
