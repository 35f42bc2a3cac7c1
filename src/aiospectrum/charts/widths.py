"""How wide text is drawn where nothing can measure it, and text cut and wrapped to the room that it has: pure."""

import unicodedata
from typing import Final

from aiospectrum.charts.texts import plain

__all__ = ["drawn_width", "fitted", "wrapped"]

_NARROW: Final = frozenset("fijlrtI .,:;'`|!()[]{}/\\-\"")
_BROAD: Final = frozenset("mwMW@%…—")


def drawn_width(text: str, size: float) -> float:
    """Estimate how wide text is drawn by a broad font, in the unit of its size: rather too wide than too narrow."""
    return size * sum(map(_em, text))


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.37
    if character in _BROAD:
        return 1.0
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character.isascii():
        return 0.75 if character.isupper() or character in "#&+<=>~" else 0.62
    return 1.0 if unicodedata.category(character) == "So" else 0.75


def fitted(text: object, size: float, width: float) -> str:
    """Text without controls that is drawn no wider than that, cut in the middle where it would be."""
    shown = plain(text)
    for most in range(len(shown) - 1, 0, -1):
        if drawn_width(shown, size) <= width:
            break
        shown = plain(text, most)
    return shown


def wrapped(text: object, size: float, width: float, most: int) -> list[str]:
    """Text without controls as lines that are drawn no wider than that; an ellipsis ends what has no room.

    Args:
        text: Anything; its ``str`` is taken.
        size: Of the font, in pixels.
        width: Of a line, in pixels.
        most: Lines at most, 1 or more.

    Returns:
        The lines, one or more.
    """
    lines: list[str] = []
    rest = plain(text, 1000).strip()
    while len(lines) < most - 1 and drawn_width(rest, size) > width:
        end = _fitting(rest, size, width)
        place = rest.rfind(" ", 1, end + 1)
        end = place if place > end // 2 else end  # a long word is broken
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    if drawn_width(rest, size) > width:
        rest = rest[: _fitting(rest, size, width - size)].rstrip() + "…"
    return [*lines, rest]


def _fitting(text: str, size: float, width: float) -> int:
    """How many of the first characters are no wider than that, at least one."""
    end, left = 0, width
    while end < len(text) and (left := left - drawn_width(text[end], size)) >= 0:
        end += 1
    return max(1, end)
