"""All pages, and the blocks of code on them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["PAGES", "README", "ROOT", "Block", "blocks_of", "name_of"]

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "spec").glob("*.md")])
"""Whatever people read: a new page is one of them by itself."""

_FENCE: Final = re.compile(
    r"^(?P<indent> *)(?P<fence>```+|:::+)(?P<language>\S*)[^\n]*\n(?P<text>.*?)^ *(?P=fence)$", re.M | re.S
)


class Block(NamedTuple):
    """A block of code."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The name of the file that it is, which the comment on its first line says."""
        found = re.match(r"# ([\w.-]+\.\w+)(:.*)?\n", self.text)
        return found and found[1]


def name_of(page: Path) -> str:
    """The path of a page in the project."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found["language"], found["text"])
