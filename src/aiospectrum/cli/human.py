"""Numbers as people read them: pure."""

import math
from typing import Final

__all__ = ["counted", "human_bytes", "human_clock", "human_metric", "human_milliseconds", "human_number"]

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def human_bytes(count: float) -> str:
    """Write a number of bytes with a decimal unit, as network traffic is measured.

    Args:
        count: Bytes.

    Returns:
        Text such as ``999 B`` or ``1.2 MB``.
    """
    size, unit = abs(count), 0
    while unit < len(_UNITS) - 1 and round(size, 1 if unit else 0) >= 1000:
        size /= 1000
        unit += 1
    sign = "-" if count < 0 else ""
    return f"{sign}{size:,.{1 if unit else 0}f} {_UNITS[unit]}"


def human_number(number: float) -> str:
    """Write a number with separators between thousands.

    Args:
        number: Any number.

    Returns:
        Text such as ``12,345``, with one decimal if the number is not whole.
    """
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def human_milliseconds(duration: float) -> str:
    """Write a duration that the API gives in milliseconds.

    Args:
        duration: Milliseconds.

    Returns:
        Text such as ``250 ms`` or ``1.5 s``.
    """
    return f"{duration:.0f} ms" if round(abs(duration)) < 1000 else f"{duration / 1000:,.1f} s"


def human_metric(name: str, value: float) -> str:
    """Write the value of a metric in its unit.

    Args:
        name: The metric, such as ``bytesIngress``; an unknown one is a plain number.
        value: Its value.

    Returns:
        The value with its unit.
    """
    if name.startswith("bytes"):
        return human_bytes(value)
    if name.startswith("duration"):
        return human_milliseconds(value)
    return human_number(value)


def counted(number: int, one: str, many: str = "") -> str:
    """Write how many there are of something.

    Args:
        number: How many.
        one: The word for one of them.
        many: The word for several, ``one`` with an s when left out.

    Returns:
        Text such as ``1 zone`` or ``20 zones``.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def human_clock(seconds: float) -> str:
    """Write a length of time as clocks do, begun seconds being whole ones.

    Args:
        seconds: Its length, 0 or more.

    Returns:
        Text such as ``0:07``, ``4:12`` or ``26:00:59``.
    """
    minutes, second = divmod(math.ceil(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
