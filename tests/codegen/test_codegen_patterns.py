"""Patterns of specs mean in Python what they mean in ECMA-262, which JSON Schema has them from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aiospectrum.checks import Text
from codegen.patterns import translate_pattern

FITS: list[tuple[str, list[str], list[str]]] = [
    ("^a|b$", ["a", "ax", "xb", "b"], ["xa", "bx", "b\n", ""]),
    ("a", ["a", "xax"], ["", "b"]),
    ("^a$", ["a"], ["a\n", "aa", "b\na"]),
    (r"^\d+$", ["0", "42"], ["٣", "４", ""]),
    (r"^\w$", ["a", "Z", "_", "9"], ["é", "ß", "-"]),
    (r"^\D\W$", ["a-", "٣é"], ["1-", "aa"]),
    (r"\bcat\b", ["a cat", "écaté"], ["cats"]),
    ("^.$", ["a", "\x85", "𝒳"], ["\n", "\r", "\u2028", "\u2029", ""]),
    ("^[^a]$", ["b", "\n"], ["a", ""]),
    ("^[[&|~a-c]$", ["[", "&", "|", "~", "b"], ["]", "-"]),
    (r"^[\]\-\\^]$", ["]", "-", "\\", "^"], ["a"]),
    ("^(?:ab){1,2}?c$", ["abc", "ababc"], ["c", "abababc"]),
    (r"^\x41\u00e9\.\/$", ["Aé./"], ["Aéx/"]),
    ("", ["", "a\n"], []),
]


@pytest.mark.parametrize(("pattern", "good", "bad"), FITS, ids=[f"pattern {index}" for index in range(len(FITS))])
def test_a_pattern_fits_what_it_fits_in_ecma_262(pattern: str, good: list[str], bad: list[str]) -> None:
    """It is searched for anywhere, digits and words are ASCII, and a dollar is the very end."""
    translated = translate_pattern(pattern)
    assert translated is not None
    check = Text(pattern=translated)

    def fits(value: str) -> bool:
        try:
            check.check("value", value)
        except ValueError:
            return False
        return True

    assert [value for value in good if not fits(value)] == []
    assert [value for value in bad if fits(value)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s",
        r"[\S]",
        r"\B",
        r"\p{L}",
        r"\u{61}",
        r"\ud83d",
        r"\cA",
        r"\k<a>",
        r"\1",
        r"\0",
        r"\Z",
        r"\A",
        r"\-",
        r"\é",
        "(?<a>b)",
        "(?P<a>b)",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        "(?i)a",
        "(?i:a)",
        "(?>a)",
        "(?#a)",
        "(?:",
        "[]",
        "[^]",
        "[]a]",
        "[",
        "]",
        "}",
        "{",
        "a{,2}",
        "a{2",
        "a**",
        "a*+",
        "a{1}{2}",
        "*a",
        "(+a)",
        "^*",
        "|*",
        "(",
        ")",
        "[b-a]",
        r"[\w-a]",
        "a{2,1}",
        "a{99999999999}",
        "(" * 3000 + ")" * 3000,
    ],
    ids=lambda pattern: pattern[:20].encode("unicode_escape").decode(),
)
def test_a_pattern_that_means_something_else_in_python_is_refused(pattern: str) -> None:
    """So is one that is none in either."""
    assert translate_pattern(pattern) is None


def test_the_message_shows_the_pattern_of_the_spec(generate: Callable[[Path, Path], Path], tmp_path: Path) -> None:
    """The generated check has the translation, and what was expected is said in the words of the spec."""
    text = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")
    spec = tmp_path / "spec.yaml"
    changed = text.replace("schema: {type: string}}", "schema: {type: string, pattern: '^a|b$'}}")
    spec.write_text(changed, encoding="utf-8")
    module = (generate(spec, tmp_path / "boxes") / "boxes.py").read_text(encoding="utf-8")
    assert "a string that matches ^a|b$" in module
