"""Reads YAML or JSON into plain values; what one of them would read in another way is refused."""

import json
import re
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

from codegen.document import DEEPEST, Document, join, show

_NUMBERS: Final = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_TAGS: Final = _NUMBERS | {f"tag:yaml.org,2002:{name}" for name in ("str", "bool", "null", "map", "seq")}
_EXPONENT: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+\Z")


class _Loader(yaml.SafeLoader):
    """Takes 1e3 for a number, as JSON does, where YAML 1.1 has a string."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-0123456789"))


def load_document(path: Path) -> Document:
    """Read a YAML or JSON file; what cannot be read right is reported, and not judged any further."""
    found = Document()
    try:
        loader = _Loader(_without_tabs(path.read_text(encoding="utf-8-sig")))
        top = loader.get_single_node()
        values = None if top is None else _values(top, "#", loader, found, set(), 0)
    except (OSError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        found.report("#", f"not readable ({' '.join(str(error).split())})", "YAML 1.1 or JSON, in UTF-8")
    else:
        if not isinstance(values, dict) or not str(values.get("openapi")).startswith("3.1."):
            found.report("#/openapi", "not an OpenAPI 3.1 document", "openapi: 3.1.x")
            found.raise_problems()
        return attrs.evolve(found, values=values, unread=frozenset(found.problems.values()))
    found.raise_problems()
    return found


def _values(node: yaml.Node, pointer: str, loader: _Loader, found: Document, seen: set[int], depth: int) -> Any:
    """The plain values of a node; what YAML has beyond JSON is refused, and so is what it would drop in silence."""
    as_it_stands = node.value if isinstance(node, yaml.ScalarNode) else None
    if id(node) in seen:
        found.report(pointer, "an alias", "$ref")
        return as_it_stands
    seen.add(id(node))
    if node.tag not in _TAGS or depth > DEEPEST:
        shown = f"a value of {node.tag}" if node.tag not in _TAGS else "a value at this depth"
        found.report(pointer, shown, f"what JSON has (quote dates in YAML), at most {DEEPEST} levels deep")
        return as_it_stands
    if isinstance(node, yaml.SequenceNode):
        return [
            _values(item, join(pointer, index), loader, found, seen, depth + 1) for index, item in enumerate(node.value)
        ]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node, pointer, loader, found)
    values: dict[str, Any] = {}
    for key, inner in node.value:
        if key.tag != "tag:yaml.org,2002:str" or not isinstance(key, yaml.ScalarNode):
            shown = f"the key {show(key.value)}, which is no string,"
            found.report(pointer, shown, "strings (quote on, off, yes, no and numbers in YAML)")
            continue
        name = _scalar(key, pointer, loader, found)
        if name in values:
            found.report(join(pointer, name), "a key that stands twice", "each key once")
        else:
            values[name] = _values(inner, join(pointer, name), loader, found, seen, depth + 1)
    return values


def _scalar(node: yaml.Node, pointer: str, loader: _Loader, found: Document) -> Any:
    try:
        # YAML has numbers of its own: 010 is eight, and 1:30 is ninety.
        value = json.loads(node.value) if node.tag in _NUMBERS else loader.construct_object(node)
        if isinstance(value, str):  # in which JSON may have written an emoji as two escapes
            value = value.encode("utf-16", "surrogatepass").decode("utf-16")
    except (ValueError, KeyError):  # `!!int x` and `!!bool x`
        value = float("nan")
    if isinstance(value, float) and not abs(value) < float("inf"):
        found.report(pointer, f"the value {show(node.value)}", "what JSON has")
        return node.value
    return value


def _without_tabs(text: str) -> str:
    """JSON may have tabs between its tokens, where YAML takes none."""
    try:
        json.loads(text)
    except ValueError:
        return text
    return text.replace("\t", " ")
