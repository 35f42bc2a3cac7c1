"""Turns descriptions of the spec into docstrings."""

import re
import textwrap

__all__ = ["WIDTH", "docstring_text", "entry", "sentence"]

WIDTH = 110


def docstring_text(description: str, indent: int) -> str:
    """Lay a description out as a docstring: the first sentence alone, then the rest, wrapped.

    Args:
        description: One paragraph.
        indent: Spaces in front of the docstring.

    Returns:
        The text between the quotes; every line but the first is indented, and a second one is followed by a line
        for the closing quotes.
    """
    parts = re.split(r"(?<=\.) (?=[A-Z`])", sentence(description), maxsplit=1)
    paragraphs = [textwrap.fill(part, WIDTH - indent) for part in parts]
    text = textwrap.indent("\n\n".join(paragraphs), " " * indent).strip()
    return f"{text}\n{' ' * indent}" if "\n" in text else text


def sentence(text: str) -> str:
    """Fold white space, begin with a capital letter and end with a full stop.

    Args:
        text: One or more sentences.

    Returns:
        The same as one line.
    """
    folded = " ".join(text.split()).rstrip(".") + "."
    return folded[0].upper() + folded[1:]


def entry(name: str, text: str) -> str:
    """Lay out one line of an Args, Returns or Raises section.

    Args:
        name: What stands before the colon; empty for no name.
        text: What stands after it.

    Returns:
        Indented by eight, continued by twelve.
    """
    whole = f"{name}: {sentence(text)}" if name else sentence(text)
    return textwrap.fill(whole, WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 12)
