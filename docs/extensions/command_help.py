"""Sphinx: the directive ``command-help``, which shows the help of every command as the command itself gives it."""

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from textwrap import dedent
from typing import Final, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from aiospectrum.cli import main

_BOX: Final = re.compile(r"╭─ (.*?) ─*╮\n(.*?)╰─*╯", re.DOTALL)


class Help(NamedTuple):
    """The help of one command."""

    usage: str
    text: str
    boxes: dict[str, list[tuple[str, str]]]
    """Names and what they are, by the title of the box."""


class CommandHelp(SphinxDirective):
    """``.. command-help::``."""

    def run(self) -> list[nodes.Node]:
        """Make a section of each command, with a table of each box of its help."""
        return [self._section(words, read_help(*words)) for words in commands()]

    def _section(self, words: list[str], help_: Help) -> nodes.section:
        title = " ".join(["aiospectrum", *words])
        section = nodes.section("", nodes.title("", title), ids=[nodes.make_id(title)])
        section += nodes.literal_block(help_.usage, help_.usage, language="text")
        for paragraph in filter(None, help_.text.split("\n\n")):
            title, _, example = paragraph.partition("\n")
            if example.startswith("  "):
                section += nodes.rubric("", title.strip(":"))
                section += nodes.literal_block(dedent(example), dedent(example), language="sh")
            else:
                section += nodes.paragraph("", "", *_marked(paragraph))
        for name, rows in help_.boxes.items():
            if not words or name != "Options of all commands":
                section += nodes.rubric("", name)
                section += _table(rows)
        return section


def commands(*words: str) -> Iterator[list[str]]:
    """The words of each command, and of those below it."""
    yield [*words]
    for name, _ in read_help(*words).boxes.get("Commands", ()):
        if not name.startswith("-"):
            yield from commands(*words, name)


def read_help(*words: str) -> Help:
    """Read what ``--help`` prints."""
    with redirect_stdout(StringIO()) as printed:
        main([*words, "--help"])
    text = printed.getvalue()
    usage, _, rest = text.partition("\n\n")
    boxes = {title: list(_rows(box)) for title, box in _BOX.findall(rest)}
    return Help(usage.removeprefix("Usage: ").strip(), _BOX.sub("", rest).strip(), boxes)


def _rows(box: str) -> Iterator[tuple[str, str]]:
    """The rows of a box: what is below a name goes on with it."""
    lines = [line.strip("│\n")[1:] for line in box.splitlines()]
    name, said = "", []
    for line in lines:
        if not line.startswith(" " * 4) and line.strip():
            if name:
                yield name, " ".join(said)
            name, *said = re.split(r"\s{2,}", line.removeprefix("*").strip(), maxsplit=1)
        else:
            said.append(line.strip())
    if name:
        yield name, " ".join(said).strip()


def _table(rows: list[tuple[str, str]]) -> nodes.definition_list:
    """A list of names and what they are, which is readable on a phone too."""
    items = [
        nodes.definition_list_item(
            "",
            nodes.term("", "", nodes.literal("", name)),
            nodes.definition("", nodes.paragraph("", "", *_marked(said))),
        )
        for name, said in rows
    ]
    return nodes.definition_list("", *items, classes=["options"])


def _marked(text: str) -> list[nodes.Node]:
    """Text in which what stands between backticks is code."""
    parts = text.split("`")
    return [nodes.literal("", part) if number % 2 else nodes.Text(part) for number, part in enumerate(parts)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True}
