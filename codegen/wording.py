"""Turns names and descriptions of the document into names and docstrings of Python."""

import re
import textwrap
from typing import Final

__all__ = ["docstring_text", "entry", "sentence", "snake_case"]

_WIDTH: Final = 110
_WORD: Final = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s(?:$|[A-Z]))[a-z])")
"""Between a small letter and a capital, and before the last capital of an abbreviation, unless its plural ends it."""


def snake_case(name: str) -> str:
    """Write a name in small letters with underscores: ``app_id`` for ``appID``, ``edge_ips`` for ``EdgeIPs``."""
    return _WORD.sub("_", name).lower()


def sentence(text: str) -> str:
    """Fold white space, begin with a capital letter and end with a full stop."""
    folded = " ".join(text.split()).rstrip(".") + "."
    return folded[0].upper() + folded[1:]


def docstring_text(description: str, indent: int) -> str:
    """Lay a description out as a docstring: the first sentence alone, then the rest, wrapped.

    Every line but the first is indented, and a second one is followed by a line for the closing quotes.
    """
    parts = re.split(r"(?<=\.) (?=[A-Z`])", sentence(description), maxsplit=1)
    paragraphs = [textwrap.fill(part, _WIDTH - indent) for part in parts]
    text = textwrap.indent("\n\n".join(paragraphs), " " * indent).strip()
    return f"{text}\n{' ' * indent}" if "\n" in text else text


def entry(name: str, text: str) -> str:
    """Lay out an entry of an Args, Attributes or Returns section; the name may be empty."""
    whole = f"{name}: {sentence(text)}" if name else sentence(text)
    return textwrap.fill(whole, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 12)
