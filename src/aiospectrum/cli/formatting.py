"""Numbers, durations, bars and foreign text as a terminal shows them: pure functions."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from aiospectrum.charts.texts import counted, human_size, human_span, plain

__all__ = [
    "cell",
    "counted",
    "folded",
    "human_clock",
    "human_metric",
    "human_milliseconds",
    "human_number",
    "human_size",
    "human_span",
    "shortened",
    "shortened_apart",
    "sparkline",
]

_BARS: Final = "▁▂▃▄▅▆▇█"
_BREAKS: Final = (" ", ",;/:-_", ".")
"""Signs that a line may end with, the best ones first."""


def human_number(number: float) -> str:
    """Write a number with separators between thousands, and with one decimal if it is not whole.

    This and the next two write nothing for nan, which stands for a number that the API did not give; they are for
    tables, where numbers below each other are compared.
    """
    if math.isnan(number):
        return ""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def human_milliseconds(duration: float) -> str:
    """Write a duration given in milliseconds: ``0.4 ms``, ``250 ms`` or ``1.5 s``."""
    duration = float(duration)
    if math.isnan(duration):
        return ""
    if round(abs(duration)) >= 1000:
        return f"{duration / 1000:,.1f} s"
    return f"{duration:.0f} ms" if abs(duration) >= 10 or round(duration, 1).is_integer() else f"{duration:.1f} ms"


def human_metric(name: str, value: float) -> str:
    """Write the value of a metric, such as ``bytesIngress``, in its unit; an unknown one is a plain number."""
    if name.startswith("bytes"):
        return human_size(value)
    if name.startswith("duration"):
        return human_milliseconds(value)
    return human_number(value)


def human_clock(seconds: float) -> str:
    """Write 0 seconds or more as clocks do, rounded up: ``0:07``, ``4:12`` or ``26:00:59``."""
    minutes, second = divmod(math.ceil(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def shortened(text: str, width: int, end: int | None = None) -> str:
    """Shorten a text in the middle, where names and identifiers of one kind differ least: ``abcd…wxyz``.

    Args:
        text: The text, without control characters.
        width: Maximum number of columns, 3 or more.
        end: Columns of its end that stay; half of them when None.

    Returns:
        The text, or its start, an ellipsis and its end.
    """
    if cell_len(text) <= width:
        return text
    last = _start_of(text[::-1], (width - 1) // 2 if end is None else end)[::-1]
    return f"{_start_of(text, width - 1 - cell_len(last))}…{last}"


def shortened_apart(texts: Iterable[str], width: int) -> Mapping[str, str]:
    """Shorten texts so that different ones look different: in the middle, or nearer to the end where that does it.

    Args:
        texts: The texts, without control characters.
        width: Maximum number of columns, 3 or more.

    Returns:
        The short ones by the whole ones; all are shortened in the middle if nothing tells them apart.
    """
    whole = set(texts)
    tries = [{text: shortened(text, width, end) for text in whole} for end in (None, (width - 1) // 4, 0)]
    return next((each for each in tries if len(set(each.values())) == len(whole)), tries[0])


def folded(text: str, width: int) -> list[str]:
    """Break a text into lines, behind a space or a sign such as the slashes of a URL where there is one.

    Args:
        text: The text, without control characters.
        width: Maximum number of columns, 2 or more.

    Returns:
        The lines; together they are the text, but for spaces at their ends.
    """
    lines = []
    while cell_len(text) > width:
        start = _start_of(text, width) or text[0]
        places = (max(start.rfind(sign) for sign in signs) + 1 for signs in _BREAKS)
        place = next((place for place in places if 2 * place >= len(start)), len(start))
        lines.append(text[:place].rstrip())
        text = text[place:].lstrip()
    return [*lines, text]


def _start_of(text: str, width: int) -> str:
    """As much of a text as has room."""
    taken = 0
    for place, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return text[:place]
    return text


def sparkline(values: Sequence[float], width: int | None = None) -> str:
    """Draw numbers as bars whose heights are shares of the greatest one.

    Args:
        values: The numbers; one below zero is drawn like zero.
        width: Maximum number of characters, 1 or more; neighbours are averaged until they fit. None for one
            character each.

    Returns:
        The bars, empty without numbers. All of them are lowest if there is nothing above zero.
    """
    means = _average(values, len(values) if width is None else width)
    top = max(means, default=0)
    if top <= 0:
        return _BARS[0] * len(means)
    return "".join(_BARS[round(max(mean, 0) / top * (len(_BARS) - 1))] for mean in means)


def cell(value: object, style: str = "") -> Text:
    r"""Make a piece of text that rich prints as it is, and that a terminal shows without obeying it.

    Args:
        value: Anything; its ``str`` is taken.
        style: A style of rich.

    Returns:
        One line of text without markup, in which each control character is an escape sequence such as ``\x1b``.
    """
    return Text(plain(value, sys.maxsize), style=style)


def _average(values: Sequence[float], width: int) -> Sequence[float]:
    count = len(values)
    if count <= width:
        return values
    edges = [place * count // width for place in range(width + 1)]
    return [sum(values[first:stop]) / (stop - first) for first, stop in pairwise(edges)]
