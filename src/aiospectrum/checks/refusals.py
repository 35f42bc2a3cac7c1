"""Refusals of values: what they show of a value, whatever it is, and what a misspelt word most likely means."""

import reprlib
from collections.abc import Collection
from typing import Any, Final, NoReturn

from aiospectrum.checks.plain import plain_text
from aiospectrum.errors import InvalidArgumentError

__all__ = ["closest", "refuse", "shorten", "show"]

_LONGEST_VALUE: Final = 80
_LONGEST_WORD: Final = 60
_LARGEST_INTEGER: Final = 2**63 - 1
_PLAIN_MODULES: Final = frozenset({"builtins", "collections"})


class _Shortener(reprlib.Repr):
    """Representations that never fail, and are never long."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 4000  # what is longer loses its middle; the end is cut later
        self.maxlist = self.maxtuple = self.maxdict = 6
        self.maxlevel = 3

    def repr1(self, x: Any, level: int) -> str:
        # It goes by the name of the class alone, which may be that of a user's own.
        if type(x).__module__ not in _PLAIN_MODULES:
            return self.repr_instance(x, level)
        return super().repr1(x, level)

    def repr_int(self, x: int, level: int) -> str:
        return repr(int(x)) if abs(x) <= _LARGEST_INTEGER else f"an integer of {x.bit_length()} bits"


_shorten: Final = _Shortener().repr


def show(value: object) -> str:
    """Represent a value in one line, whatever it is; what is long loses its middle.

    Args:
        value: Anything.

    Returns:
        The representation, of a few thousand characters at most unless it is of many parts.
    """
    return " ".join(_shorten(value).split())


def shorten(text: str) -> str:
    """Cut a text to 80 characters."""
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def closest(word: object, known: Collection[str]) -> str | None:
    """Find the name that a misspelt one most likely stands for.

    Args:
        word: What was written; what is no text, or longer than 60 characters, is like nothing.
        known: The names.

    Returns:
        The most similar of them without regard to case, hyphens and underscores; None when none is similar.
    """
    import difflib  # a mistake may take the time for it, and a program without one need not

    text = plain_text(word)
    if text is None or len(text) > _LONGEST_WORD:
        return None
    names = {_folded(name): name for name in known}
    matches = difflib.get_close_matches(_folded(text), names, n=1)
    return names[matches[0]] if matches else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def refuse(field: str, value: object, expected: str, hint: str = "", *, takes_unchecked: bool = False) -> NoReturn:
    """Raise the error for a refused argument.

    Args:
        field: Name of the argument, with the path inside it.
        value: What was given; its representation is cut to 80 characters.
        expected: What was expected instead.
        hint: What the caller may do, as a sentence of the error's text; empty for nothing.
        takes_unchecked: Whether ``Unchecked`` lets the value pass, which the text says if there is no hint.

    Raises:
        InvalidArgumentError: Always.
    """
    shown = shorten(show(value))
    step = hint or (f"Unchecked({shown}) sends a value that is newer than this version" if takes_unchecked else "")
    message = f"{field}: expected {expected}, got {shown}" + (f"; {step}" if step else "")
    raise InvalidArgumentError(
        message, field=field, value=shown, expected=expected, hint=hint, takes_unchecked=takes_unchecked
    )
