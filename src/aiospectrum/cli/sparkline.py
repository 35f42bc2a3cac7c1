"""A row of numbers as a row of bars, one character each: pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

__all__ = ["sparkline"]

_BARS: Final = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int | None = None) -> str:
    """Draw numbers as bars whose heights are shares of the greatest one.

    Args:
        values: The numbers; one below zero is drawn like zero.
        width: The most characters, 1 or more; neighbours are averaged until they fit. None for one character each.

    Returns:
        The bars, empty without numbers. All of them are lowest if there is nothing above zero.
    """
    means = _average(values, len(values) if width is None else width)
    top = max(means, default=0)
    if top <= 0:
        return _BARS[0] * len(means)
    return "".join(_BARS[round(max(mean, 0) / top * (len(_BARS) - 1))] for mean in means)


def _average(values: Sequence[float], width: int) -> Sequence[float]:
    count = len(values)
    if count <= width:
        return values
    edges = [place * count // width for place in range(width + 1)]
    return [sum(values[first:stop]) / (stop - first) for first, stop in pairwise(edges)]
