"""Measures that take turns, for machines that are not quiet.

A processor of a virtual machine can be twice as slow for a second while a neighbour is busy, and the other one is fast
meanwhile. So what is to be compared is measured in short slices on one processor, one after the other, and compared
slice by slice with its neighbour in time; the median of many such ratios hardly moves.
"""

import os
from collections.abc import Callable, Mapping

__all__ = ["ratios", "stay_on_one_processor", "take_turns"]


def stay_on_one_processor() -> None:
    """Keep this process on the last processor that it may use, where the system can.

    The server goes there too: on another one it would hand over a response in more or fewer pieces by chance, and what
    a client spends depends on their number.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def take_turns(measures: Mapping[str, Callable[[], float]], cycles: int) -> dict[str, list[float]]:
    """Measure several things in turn, in one order and in the reverse; gives the measures by name."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for cycle in range(cycles):
        for name in measures if cycle % 2 else reversed(list(measures)):
            taken[name].append(measures[name]())
    return taken


def ratios(taken: Mapping[str, list[float]], name: str, base: str) -> list[float]:
    """The ratio of two things that took turns, in each cycle."""
    return [one / other for one, other in zip(taken[name], taken[base], strict=True)]
