"""Texts in YAML 1.2 and TOML as plain values, a bounded number of them, with the lines that they begin in."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import attrs

from aiospectrum._extras import import_extra
from aiospectrum.checks.refusals import shorten, show
from aiospectrum.errors import InvalidArgumentError

__all__ = ["LAYOUT", "Place", "Tree", "import_yaml", "make_problem", "read_toml", "read_yaml"]

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the top of a file to a value."""

_MOST_VALUES: Final = 1 << 18
"""Values of a file with those that aliases repeat, which a few lines may do a billion times."""
_DEEPEST: Final = 8
"""Levels of a file; its layout has six."""
_LONGEST_WORD: Final = 1 << 16
"""Characters of a word that is not quoted: the time that the reader of YAML takes for one grows with its square."""
_WORD: Final = re.compile(r"""[^\s,"'{}\[\]]+""")
_DOTTED: Final = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){200}""")
"""A key of so many parts that reading it would take gigabytes: tomllib keeps each beginning of it."""

LAYOUT: Final = "zones, and below it a list of applications for each zone"
"""What a file is to have, for errors."""


def import_yaml() -> Any:
    """Import the reader and writer of YAML.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    return import_extra("ruamel.yaml", extra="yaml", purpose="A file in YAML")


@attrs.frozen
class Tree:
    """Plain values, the lines that they begin in, and the keys that were twice."""

    values: Any
    lines: Mapping[Place, int]
    problems: list[tuple[Place, str]]


def read_toml(text: str, name: str) -> Tree:
    """Read a text in TOML, of which no lines are known.

    Args:
        text: The text.
        name: What to call it in errors.

    Returns:
        Its values.

    Raises:
        InvalidArgumentError: It is none.
    """
    if _DOTTED.search(text):
        raise make_problem(name, f"expected {LAYOUT}, got a key of 200 or more parts")
    try:
        return Tree(tomllib.loads(text), {}, [])
    except (ValueError, RecursionError) as error:
        raise make_problem(name, f"expected TOML, got something else ({_reason(error)})") from None


def read_yaml(text: str, name: str) -> Tree:
    """Read a text in YAML 1.2: plain values without tags, in which what aliases repeat counts each time.

    Args:
        text: The text.
        name: What to call it in errors.

    Returns:
        Its values, None for an empty one.

    Raises:
        InvalidArgumentError: It is none, or too much.
        ImportError: As :func:`import_yaml`.
    """
    yaml = import_yaml()
    reader = yaml.YAML(typ="safe", pure=True)
    for word in _WORD.finditer(text):
        if word.end() - word.start() > _LONGEST_WORD:
            where = f"{name}, line {text.count(chr(10), 0, word.start()) + 1}"
            raise make_problem(where, f"expected words of up to {_LONGEST_WORD:,} characters, got a longer one")
    try:
        root = reader.compose(text)
    except (yaml.error.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = name if mark is None else f"{name}, line {mark.line + 1}"
        raise make_problem(where, f"expected YAML, got something else ({_reason(error)})") from None
    builder = _Builder(name, reader.constructor)
    return Tree(None if root is None else builder.build(root, ()), builder.lines, builder.problems)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "too deep"
    return shorten(str(getattr(error, "problem", None) or error).split("\n")[0])


@attrs.define
class _Builder:
    """Makes plain values of the nodes of a document, a bounded number of them, and notes where they are."""

    name: str
    scalars: Any
    lines: dict[Place, int] = attrs.field(factory=dict, init=False)
    problems: list[tuple[Place, str]] = attrs.field(factory=list, init=False)
    number: int = attrs.field(default=0, init=False)

    def build(self, node: Any, place: Place) -> Any:
        line = self.lines[place] = node.start_mark.line + 1
        where = f"{self.name}, line {line}"
        self._count(where)
        if len(place) > _DEEPEST:
            raise make_problem(where, f"expected {LAYOUT}, got more than {_DEEPEST} levels")
        kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
        if isinstance(node.value, list):
            if kind == "map":
                return self._build_mapping(node, place)
            if kind == "seq":
                return [self.build(item, (*place, index)) for index, item in enumerate(node.value)]
        elif kind in ("null", "bool", "int", "float"):
            try:
                return self.scalars.construct_object(node)
            except (ValueError, LookupError):
                return node.value  # such as an integer of thousands of digits, or !!bool maybe
        elif kind in ("str", "timestamp", "merge", "value"):
            return node.value  # 2026-11-28 is a text here, and << a key
        raise make_problem(where, f"expected plain values, got the tag {shorten(str(node.tag))}")

    def _count(self, where: str) -> None:
        self.number += 1
        if self.number > _MOST_VALUES:
            raise make_problem(where, f"expected up to {_MOST_VALUES:,} values, aliases counted each time, got more")

    def _build_mapping(self, node: Any, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            word = key.value if isinstance(key.value, str) else "a key that is no text"
            if word in found:
                line = self.lines[(*place, word)] = key.start_mark.line + 1
                self._count(f"{self.name}, line {line}")
                self.problems.append(((*place, word), f"expected each key once, got {shorten(show(word))} twice"))
                continue
            found[word] = self.build(value, (*place, word))
            self.lines[(*place, word)] = key.start_mark.line + 1
        return found


def make_problem(where: str, text: str, *, field: str = "") -> InvalidArgumentError:
    """Make the error for something in a file.

    Args:
        where: The file, with the line and more where that is known.
        text: What was expected there, and what came.
        field: Keys and indexes to the value.

    Returns:
        The error.
    """
    expected = text.rpartition("expected ")[2].partition(", got ")[0]
    return InvalidArgumentError(f"{where}: {text}", field=field, expected=expected)
