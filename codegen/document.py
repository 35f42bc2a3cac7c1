"""Reads a document: YAML into plain values, and nodes that refuse whatever is not expected."""

import json
import reprlib
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

_DEEPEST: Final = 60
FOR_PEOPLE: Final = frozenset({"description", "examples", "externalDocs"})
"""Keys that may stand anywhere, and change nothing."""
_NUMBERS: Final = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_TAGS: Final = _NUMBERS | {f"tag:yaml.org,2002:{name}" for name in ("str", "bool", "null", "map", "seq")}


class SpecError(Exception):
    """The document holds something that cannot be generated from, so that nothing is written.

    Its text has a line for each problem: JSON pointer, what stands there, and what is supported in its place.
    """


def join(pointer: str, *keys: str | int) -> str:
    """Extend a JSON pointer.

    Source: https://www.rfc-editor.org/rfc/rfc6901#section-3
    """
    return "/".join((pointer, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)))


def show(value: object) -> str:
    """Write a value for a message, cut where it is long."""
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxother = 80
    return " ".join(shortener.repr(value).split())


def is_prose(text: str) -> bool:
    """Return whether a docstring can hold a text."""
    return not ("\\" in text or '"""' in text) and "".join(text.split()).isprintable()


@attrs.frozen(kw_only=True)
class Document:
    """A whole document, and the problems that have been found in it: one run shows all of them."""

    values: Any = None
    problems: dict[str, None] = attrs.field(factory=dict)

    @property
    def root(self) -> "Node":
        """The document as a node."""
        return Node(value=self.values, pointer="#", document=self)

    def report(self, pointer: str, problem: str, supported: str) -> None:
        """Keep a problem, once: where it is, what stands there, and what is supported in its place."""
        self.problems[f"{pointer}: {problem}; supported: {supported}"] = None

    def raise_problems(self) -> None:
        """Raise :class:`SpecError` when there are any."""
        if self.problems:
            raise SpecError("\n".join(self.problems))


@attrs.frozen(kw_only=True)
class Node:
    """A value and where it stands.

    Each method reports what does not fit, and gives something harmless in its place, so that reading continues.
    """

    value: Any
    pointer: str
    document: Document = attrs.field(repr=False)
    is_broken: bool = False
    """Whether a problem was reported of it as a whole, so that nothing more is to be said."""

    def report(self, problem: str, supported: str, *keys: str | int) -> None:
        """Report a problem of this node, or of what stands at keys below it."""
        if not self.is_broken:
            self.document.report(join(self.pointer, *keys), problem, supported)

    def has(self, key: str) -> bool:
        """Return whether it is a mapping with a key."""
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str) -> "Node":
        """Return what a key holds; nothing, when it is not there."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return attrs.evolve(self, value=value, pointer=join(self.pointer, key))

    def only(self, *known: str) -> bool:
        """Refuse all but a mapping of known keys, and of those that are for people; return whether it is one."""
        if not isinstance(self.value, dict):
            self.report(show(self.value), "a mapping")
            return False
        for key in self.value:
            if key not in FOR_PEOPLE and key not in known:
                self.report(f"the key {key!r}", ", ".join(sorted(known)), key)
        self.text("description", "")
        self.items("examples")
        if self.has("externalDocs") and self.at("externalDocs").only("url"):
            self.at("externalDocs").text("url")
        return True

    def without(self, *keys: str) -> "Node":
        """Return the same mapping without some keys."""
        kept = {key: inner for key, inner in self.value.items() if key not in keys}
        return attrs.evolve(self, value=kept)

    def members(self, key: str) -> dict[str, "Node"]:
        """Return the members of a mapping below a key; none when the key is not there."""
        inner = self.at(key)
        if not isinstance(inner.value, dict):
            if self.has(key):
                inner.report(show(inner.value), "a mapping")
            return {}
        return {name: inner.at(name) for name in inner.value}

    def items(self, key: str) -> "list[Node]":
        """Return the items of a list below a key; none when the key is not there."""
        inner = self.at(key)
        if not isinstance(inner.value, list):
            if self.has(key):
                inner.report(show(inner.value), "a list")
            return []
        places = enumerate(inner.value)
        return [attrs.evolve(inner, value=each, pointer=join(inner.pointer, index)) for index, each in places]

    def text(self, key: str, default: str | None = None) -> str:
        """Return the string below a key, which has to be there when there is no default."""
        value = self.at(key).value
        if isinstance(value, str) and value.strip():
            return value
        if self.has(key):
            self.report(show(value), "a string that is not blank", key)
        elif default is None and isinstance(self.value, dict):
            self.report(f"no {key}", f"a mapping with {key}")
        return default or ""

    def prose(self, key: str, default: str | None = None) -> str:
        """Return the string below a key, which becomes part of a docstring."""
        text = self.text(key, default)
        if not is_prose(text):
            self.report(f"the text {show(text)}", "printable text without backslashes and triple quotes", key)
        return text if is_prose(text) else ""

    def flag(self, key: str) -> bool:
        """Return the boolean below a key, False when the key is not there."""
        value = self.at(key).value
        if self.has(key) and not isinstance(value, bool):
            self.report(show(value), "true or false", key)
        return value is True

    def integer(self, key: str, *, least: int | None = None) -> int | None:
        """Return the whole number below a key, None when the key is not there."""
        value = self.at(key).value
        if isinstance(value, int) and not isinstance(value, bool) and (least is None or value >= least):
            return value
        if self.has(key):
            self.report(show(value), "a whole number" + ("" if least is None else f" of {least} or more"), key)
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the strings of a list below a key, each once; none when the key is not there."""
        values = [item.value for item in self.items(key)]
        if not all(isinstance(each, str) for each in values) or len(set(values)) < len(values):
            self.report(show(values), "strings, each once (quote on, off, yes and no in YAML)", key)
            return ()
        return tuple(values)

    def target(self, section: str) -> "Node":
        """Return what a reference leads to, in one section of the components; the node itself when it is none."""
        if not self.has("$ref"):
            return self
        prefix = f"#/components/{section}/"
        ref = self.value["$ref"]
        name = ref.removeprefix(prefix) if isinstance(ref, str) and ref.startswith(prefix) else ""
        found = self.document.root.at("components").at(section)
        self.only("$ref")
        for key in sorted(FOR_PEOPLE & self.value.keys()) if section != "schemas" else ():
            self.report(f"the key {key!r}", "a $ref alone", key)
        if not found.has(name):
            self.report(f"the reference {show(ref)}", f"one below {prefix} of the same document", "$ref")
        elif section != "schemas" and found.at(name).has("$ref"):
            self.report(f"the reference {show(ref)}", "a $ref to the thing itself", "$ref")
        else:
            return found.at(name)
        return attrs.evolve(self, value=None, is_broken=True)


def load_document(path: Path) -> Document:
    """Read a YAML or JSON file; a document that cannot be read right is not judged any further."""
    found = Document()
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        top = loader.get_single_node()
        values = None if top is None else _values(top, "#", loader, found, set(), 0)
    except (OSError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        found.report("#", f"not readable ({' '.join(str(error).split())})", "YAML 1.1 or JSON, in UTF-8")
    else:
        if not isinstance(values, dict) or not str(values.get("openapi")).startswith("3.1."):
            found.report("#/openapi", "not an OpenAPI 3.1 document", "openapi: 3.1.x")
        found = attrs.evolve(found, values=values)
    found.raise_problems()
    return found


def _values(node: yaml.Node, pointer: str, loader: yaml.SafeLoader, found: Document, seen: set[int], depth: int) -> Any:
    """The plain values of a node; what YAML has beyond JSON is refused, and so is what it would drop in silence."""
    if id(node) in seen:
        found.report(pointer, "an alias", "$ref")
        return None
    seen.add(id(node))
    if node.tag not in _TAGS or depth > _DEEPEST:
        shown = f"a value of {node.tag}" if node.tag not in _TAGS else "a value at this depth"
        found.report(pointer, shown, f"what JSON has (quote dates in YAML), at most {_DEEPEST} levels deep")
        return None
    if isinstance(node, yaml.SequenceNode):
        return [
            _values(item, join(pointer, index), loader, found, seen, depth + 1) for index, item in enumerate(node.value)
        ]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node, pointer, loader, found)
    values: dict[str, Any] = {}
    for key, inner in node.value:
        if key.tag != "tag:yaml.org,2002:str":
            shown = f"the key {show(key.value)}, which is no string,"
            found.report(pointer, shown, "strings (quote on, off, yes, no and numbers in YAML)")
        elif key.value in values:
            found.report(join(pointer, key.value), "a key that stands twice", "each key once")
        else:
            values[key.value] = _values(inner, join(pointer, key.value), loader, found, seen, depth + 1)
    return values


def _scalar(node: yaml.Node, pointer: str, loader: yaml.SafeLoader, found: Document) -> Any:
    try:
        # YAML has numbers of its own: 010 is eight, and 1:30 is ninety.
        value = json.loads(node.value) if node.tag in _NUMBERS else loader.construct_object(node)
        if isinstance(value, str):  # in which JSON may have written an emoji as two escapes
            value = value.encode("utf-16", "surrogatepass").decode("utf-16")
    except (ValueError, KeyError):  # `!!int x` and `!!bool x`
        value = float("nan")
    if isinstance(value, float) and not abs(value) < float("inf"):
        found.report(pointer, f"the value {show(node.value)}", "what JSON has")
        return None
    return value
