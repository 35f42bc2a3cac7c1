"""A document as nodes that refuse whatever is not expected, and the problems that were found in it."""

import reprlib
from typing import Any, Final

import attrs

DEEPEST: Final = 60
"""Most levels of values in each other, and of schemas that refer to each other."""
FOR_PEOPLE: Final = frozenset({"description", "examples", "externalDocs"})
"""Keys that may stand anywhere, and change nothing."""
LARGEST: Final = 2**63 - 1
"""Of whole numbers, as the runtime takes them."""
_BEYOND_NAMES: Final = frozenset("/~%")
"""What is written in another way in a JSON pointer or a URL."""


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
    problems: dict[str, str] = attrs.field(factory=dict)
    """Pointers by what is said of them."""
    unread: frozenset[str] = frozenset()
    """Pointers of what was refused while it was read: of these nothing more is to be said."""

    @property
    def root(self) -> "Node":
        """The document as a node."""
        return Node(value=self.values, pointer="#", document=self)

    def report(self, pointer: str, problem: str, supported: str) -> None:
        """Keep a problem, once: where it is, what stands there, and what is supported in its place."""
        places = (pointer, *(pointer[:end] for end, letter in enumerate(pointer) if letter == "/"))
        if self.unread.isdisjoint(places):
            self.problems[f"{pointer}: {problem}; supported: {supported}"] = pointer

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
        if type(value) is int and (-LARGEST if least is None else least) <= value <= LARGEST:
            return value
        if self.has(key):
            self.report(show(value), "a whole number of 64 bits" + ("" if least is None else f", {least} or more"), key)
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
        if not name or not _BEYOND_NAMES.isdisjoint(name) or not found.has(name):
            self.report(f"the reference {show(ref)}", f"one below {prefix} of the same document", "$ref")
        elif section != "schemas" and found.at(name).has("$ref"):
            self.report(f"the reference {show(ref)}", "a $ref to the thing itself", "$ref")
        else:
            return found.at(name)
        return attrs.evolve(self, value=None, is_broken=True)
