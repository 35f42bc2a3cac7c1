"""The tests that the documents name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = sorted(
    {
        name
        for document in (ROOT / "docs").glob("*.md")
        for name in re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", document.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("name", NAMED)
def test_named_tests_exist(name: str) -> None:
    """A rule is held by a test that can be found under the name that the document gives."""
    path, _, function = name.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")

    assert re.search(rf"^(async )?def {function}\(", text, flags=re.MULTILINE) or not function


def test_there_are_named_tests() -> None:
    """The pattern above finds the names."""
    assert len(NAMED) > 20
