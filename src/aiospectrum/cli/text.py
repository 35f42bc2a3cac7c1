"""Texts from elsewhere, made harmless for a terminal: pure."""

import re
import unicodedata
from typing import Final

from rich.text import Text

__all__ = ["cell", "printable", "without_passwords"]

_PASSWORD: Final = re.compile(r"(://[^/@\s]*?:)[^/@\s]*@")

_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, format characters (such as those that turn the writing direction), surrogates, and
separators of lines and paragraphs."""


def printable(value: object) -> str:
    r"""Write a value so that a terminal shows it and does nothing else.

    Args:
        value: Anything; its ``str`` is taken.

    Returns:
        One line of text, in which each control character is an escape sequence such as ``\x1b``.
    """
    text = str(value)
    if text.isprintable():
        return text
    return "".join(_escape(character) for character in text)


def cell(value: object, style: str = "") -> Text:
    """Make a piece of a table or line that rich prints as it is, whatever markup it seems to hold.

    Args:
        value: Anything; its ``str`` is taken.
        style: A style of rich.

    Returns:
        The text.
    """
    return Text(printable(value), style=style)


def without_passwords(text: str) -> str:
    """Blot out the passwords of URLs.

    Args:
        text: Anything that may hold URLs.

    Returns:
        The text with three dots for each password.
    """
    return _PASSWORD.sub(r"\1…@", text)


def _escape(character: str) -> str:
    if unicodedata.category(character) in _UNPRINTABLE:
        return character.encode("unicode_escape").decode("ascii")
    return character
