"""The start of values and texts that may be huge: pure; no more of them is visited than is kept."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from aiospectrum.checks.refusals import show as show_any

__all__ = ["clean", "show", "start_of"]

_WINDOW: Final = 8_192
"""Characters of a text that are looked at."""

_LONGEST_SECRET: Final = 4_096
"""Characters of a credential in its longest spelling: one of 340 characters of which each is two escapes."""

_DEEPEST: Final = 8
_LARGEST_INTEGER: Final = 2**64


def clean(text: str, redact: Callable[[str], str], longest: int) -> str:
    """Make a text from elsewhere fit for one line: without credentials and control characters, white space folded.

    Args:
        text: The text, of any length.
        redact: Redacts credentials. A long text is cut before, and loses what may be half a credential after.
        longest: Maximum number of characters that are kept, up to 2,000.
    """
    redacted = redact(text[:_WINDOW])
    if len(text) > _WINDOW:
        redacted = redacted[:-_LONGEST_SECRET]
    folded = " ".join(redacted.split())[:longest]
    return " ".join("".join(c if c.isprintable() else " " for c in folded).split())


def show(value: object) -> str:
    """Represent a JSON value as :func:`repr` does, as far as :func:`clean` looks at it; it never fails.

    Args:
        value: The value; what is none of JSON loses its middle when it is long.
    """
    parts: list[str] = []
    length = 0
    for part in _parts(value, 0):
        parts.append(part)
        length += len(part)
        if length > _WINDOW:
            break
    return start_of("".join(parts))


def start_of(text: str) -> str:
    """Cut a text to what :func:`clean` looks at, and one character more, by which it knows that it was cut."""
    return text[: _WINDOW + 1]


def _parts(value: Any, depth: int) -> Iterator[str]:
    kind = type(value)
    if kind is str:
        yield repr(value[: _WINDOW + 1])
    elif kind is int:
        yield repr(value) if abs(value) <= _LARGEST_INTEGER else f"an integer of {value.bit_length()} bits"
    elif kind is not list and kind is not dict:
        yield show_any(value)
    elif depth == _DEEPEST:
        yield "…"
    else:
        yield "[" if kind is list else "{"
        for index, item in enumerate(value):
            yield ", " if index else ""
            yield from _parts(item, depth + 1)
            if kind is dict:
                yield ": "
                yield from _parts(value[item], depth + 1)
        yield "]" if kind is list else "}"
