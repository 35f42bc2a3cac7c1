"""No regular expression of the package takes more than linear time, whatever the text is."""

import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import aiospectrum
from aiospectrum._generated import analytics, apps, checks
from aiospectrum._http.credentials import _ALLOWED
from aiospectrum.checks import Text
from aiospectrum.routes import Route

SIZE: Final = 20_000
"""Characters, of which a quadratic pattern takes seconds and a cubic one hours."""
LONGEST: Final = 0.4
"""Seconds of CPU time, a hundred times what a linear one takes."""
SOURCES: Final = {
    path: path.read_text(encoding="utf-8") for path in sorted(Path(aiospectrum.__file__).parent.rglob("*.py"))
}
USUAL: Final = ("a", "0", " ", "-", ".", ":", "/", "@", "\\", '"', "_", ",", ";", "T", "é", "\0")


def modules() -> Iterator[Any]:
    """All modules, but for those that start something."""
    for each in pkgutil.walk_packages(aiospectrum.__path__, "aiospectrum."):
        if not each.name.endswith("__main__"):
            yield importlib.import_module(each.name)


def methods_of(name: str) -> set[str]:
    """How a pattern is used, by its name in the code; found anywhere in a text where that is not to be seen."""
    uses = rf"\b{name}\.(match|search|fullmatch|sub|split|findall|finditer)\b"
    return {found for text in SOURCES.values() for found in re.findall(uses, text)} or {"finditer"}


def in_checks(check: object) -> Iterator[str]:
    """The patterns of a check, and of those in it."""
    if isinstance(check, Text) and check.pattern is not None:
        yield check.pattern
    if attrs.has(type(check)):
        for field in attrs.fields(type(check)):  # type: ignore[arg-type]  # has() says that it is one
            value = getattr(check, field.name)
            for each in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]:
                yield from in_checks(each)


def patterns() -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    """Every pattern, and the ways in which it is used."""
    found: dict[str, tuple[re.Pattern[Any], set[str]]] = {}
    for module in modules():
        for name, value in vars(module).items():
            for number, each in enumerate(value if isinstance(value, tuple) else [value]):
                if isinstance(each, re.Pattern):
                    found[f"{module.__name__}.{name}.{number}"] = (each, methods_of(name))
    for module in (checks, apps, analytics):
        for value in vars(module).values():
            inner = (*value.query, *value.path_parameters) if isinstance(value, Route) else (value,)
            for pattern in dict.fromkeys(each for check in inner for each in in_checks(check)):
                found[f"check {pattern}"] = (re.compile(pattern, re.ASCII), {"search"})
    # What is made where it is used.
    found["parts"] = (re.compile(rb'"data"[ \t\r\n]*:[ \t\r\n]*\['), {"finditer"})
    found["credentials"] = (re.compile(_ALLOWED), {"fullmatch"})
    return found


PATTERNS: Final = patterns()


def hostile_texts(pattern: str) -> Iterator[str]:
    """Texts that are nearly of the pattern's form again and again: its characters, and words of it, repeated."""
    words = [
        word
        for word in re.findall(r"[A-Za-z0-9:/@., -]{2,}", re.sub(r"\[[^\]]*\]|\{[^}]*\}|\\.", "|", pattern))
        if word
    ]
    characters = list(dict.fromkeys([*USUAL, *(c for c in pattern if c.isalnum() or c in "!#=<>%+&'~")]))[:40]
    for start in ("", *words):
        for text in (*characters, *words):
            yield start + text * (SIZE // len(text)) + "\n!"
    for pair in itertools.permutations(characters[:12], 2):
        yield "".join(pair) * (SIZE // 2) + "\n!"
    for word, text in itertools.product(words, characters):
        yield (word + text) * (SIZE // (len(word) + 1)) + "\n!"


def apply(pattern: re.Pattern[Any], method: str, text: str) -> None:
    """Use a pattern on a text as the code does."""
    subject: Any = text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text
    if method == "sub":
        pattern.sub(lambda _: subject[:0], subject)
    elif method == "finditer":
        for _ in pattern.finditer(subject):  # kept together, they would be the garbage collector's work
            pass
    else:
        getattr(pattern, method)(subject)


def test_all_patterns_are_here() -> None:
    """The table has those of the modules and of the checks."""
    assert len(PATTERNS) > 40
    for part in ("_http.headers._COMMON", "sandbox.query._AND", "check ^[0-9a-fA-F]{32}"):
        assert any(part in name for name in PATTERNS), part


@pytest.mark.parametrize(
    "name", PATTERNS, ids=[f"{number}-{name[-24:]}" for number, name in enumerate(map(ascii, PATTERNS))]
)
def test_no_pattern_takes_more_than_linear_time(name: str) -> None:
    """Texts of 20,000 characters take no time to speak of."""
    pattern, methods = PATTERNS[name]
    source = pattern.pattern.decode() if isinstance(pattern.pattern, bytes) else pattern.pattern
    for method in sorted(methods):
        for text in hostile_texts(source):
            start = time.process_time()
            apply(pattern, method, text)
            assert time.process_time() - start < LONGEST, (method, text[:20])


def test_the_measure_notices() -> None:
    """A pattern that is quadratic, such as the one that once read quotes, takes longer."""
    start = time.process_time()
    apply(re.compile(r'"(?:[^"\\]|\\.)*"'), "sub", '\\"' * (SIZE // 2))
    assert time.process_time() - start > LONGEST
