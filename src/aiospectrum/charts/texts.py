"""Numbers with units, times, and foreign text, as pages and pictures show them: pure functions."""

import html
import math
import unicodedata
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = [
    "counted",
    "escape",
    "human_duration",
    "human_metric",
    "human_number",
    "human_size",
    "human_span",
    "human_time",
    "percent",
    "plain",
    "told_apart",
    "unit_of",
]

_BYTES: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_COUNTS: Final = ("", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion")
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS: Final = frozenset("\u200c\u200d")
_FIRST_JOINED: Final = "\u0590"
"""The first of the scripts, and signs, that joiners change the looks of; among Latin letters they hide."""
_LONGEST: Final = 120
_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE


def plain(text: object, most: int = _LONGEST) -> str:
    r"""Make text that can be shown anywhere: without characters that control, hide or turn the writing direction.

    Args:
        text: Anything; its ``str`` is taken.
        most: Characters at most, 1 or more; what is longer is cut in the middle, where names differ least.

    Returns:
        One line, in which each such character is an escape sequence such as ``\u202e``.
    """
    shown = str(text)
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(map(_shown, "\0" + shown, shown))
    if len(shown) > most:
        shown = f"{shown[: most // 2]}…{shown[len(shown) - (most - 1) // 2 :]}"
    return shown


def _shown(before: str, character: str) -> str:
    """A character as it is, or its escape sequence."""
    if character in _JOINERS:
        is_shown = before >= _FIRST_JOINED and unicodedata.category(before) not in _UNPRINTABLE
    else:
        is_shown = unicodedata.category(character) not in _UNPRINTABLE and character not in _INVISIBLE
    return character if is_shown else character.encode("unicode_escape").decode("ascii")


def escape(text: object, most: int = _LONGEST) -> str:
    """Make text of HTML or SVG that is shown as it is, also within an attribute; as :func:`plain` makes it."""
    return html.escape(plain(text, most))


def told_apart(labels: Mapping[str, str]) -> dict[str, str]:
    """Tell equal labels apart by the start of what they are of, such as an id: ``shop.example.com (ea95…)``.

    Args:
        labels: What things are called, by their ids.

    Returns:
        The same, different for each.
    """
    often = Counter(labels.values())
    found = dict(labels)
    for length in (4, 8, max(map(len, labels), default=0)):
        if len(set(found.values())) == len(found):
            break
        for key, label in labels.items():
            if often[label] > 1:
                found[key] = f"{label} ({key[:length]}{'…' if len(key) > length else ''})"
    return found


def unit_of(metric: str, most: float) -> tuple[float, str]:
    """Choose the unit of an axis.

    Args:
        metric: Name of the metric, such as ``bytesIngress``; durations are in milliseconds.
        most: The greatest value.

    Returns:
        What values are divided by, and the name of the unit; empty for plain numbers.
    """
    if metric.startswith("duration"):
        for size, unit in ((_HOUR, "hours"), (_MINUTE, "minutes"), (1000, "seconds")):
            if most >= 2 * size:
                return size, unit
        return 1, "milliseconds"
    if metric == "percent":
        return 1, "%"
    names = _BYTES if metric.startswith("bytes") else _COUNTS
    place = 0
    while place < len(names) - 1 and most >= (2 if place or metric.startswith("bytes") else 20) * 1000 ** (place + 1):
        place += 1
    return float(1000**place), names[place]


def human_size(count: float) -> str:
    """Write a number of bytes with a decimal unit: ``999 B`` or ``1.2 MB``; nothing for nan."""
    if math.isnan(count):
        return ""
    size, unit = abs(count), 0
    while unit < len(_BYTES) - 1 and round(size, 1 if unit else 0) >= 1000:
        size /= 1000
        unit += 1
    return f"{'-' if count < 0 else ''}{size:,.{1 if unit else 0}f} {_BYTES[unit]}"


def human_number(number: float) -> str:
    """Write a number: ``12,345``, ``1.23 million`` or ``45.6 billion``; nothing for nan."""
    if math.isnan(number):
        return ""
    for place in range(len(_COUNTS) - 1, 1, -1):
        if abs(number) >= 0.9995 * 1000**place:
            share, name = number / 1000**place, _COUNTS[place]
            return f"{share:,.{2 if abs(round(share, 2)) < 10 else 1}f} {name}"
    is_whole = float(number).is_integer() or round(abs(number), 1) >= 1000
    return f"{number:,.0f}" if is_whole else f"{number:,.1f}"


def human_duration(duration: float) -> str:
    """Write a duration given in milliseconds: ``250 ms``, ``1.5 s``, ``12.0 min`` or ``3.2 h``; nothing for nan."""
    if math.isnan(duration):
        return ""
    size = abs(duration)
    if size >= 59.95 * _MINUTE:
        return f"{duration / _HOUR:,.1f} h"
    if size >= 59.95 * 1000:
        return f"{duration / _MINUTE:,.1f} min"
    return f"{duration / 1000:,.1f} s" if round(size) >= 1000 else f"{duration:,.0f} ms"


def human_metric(metric: str, value: float) -> str:
    """Write the value of a metric in its unit."""
    if metric.startswith("bytes"):
        return human_size(value)
    return human_duration(value) if metric.startswith("duration") else human_number(value)


def percent(part: float, whole: float) -> str:
    """Write a share: ``12 %``, ``0.3 %``, ``< 0.1 %`` or ``0 %``; nothing of nothing."""
    if not whole:
        return ""
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "< 0.1 %"
    return f"{share:.1f} %" if 0 < round(share, 1) < 10 else f"{share:.0f} %"


def human_time(moment: datetime) -> str:
    """Write a time in UTC to the minute, which a heading says is UTC; a date alone at midnight."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d}" if moment.hour == moment.minute == 0 else f"{moment:%Y-%m-%d %H:%M}"


def human_span(span: timedelta) -> str:
    """Write a length of time in its largest units: ``45 s``, ``10 min``, ``36 h`` or ``12.5 days``."""
    seconds = span.total_seconds()
    for unit, one, least in (("days", 86_400, 2 * 86_400), ("h", 3600, 59.95 * 60), ("min", 60, 59.5)):
        if seconds >= least:
            value = round(seconds / one, 1)
            return f"{value:,.0f} {unit}" if value.is_integer() else f"{value:,.1f} {unit}"
    return f"{seconds:,.0f} s"


def counted(number: int, one: str, many: str = "") -> str:
    """Write how many there are of something: ``1 zone`` or ``20 zones``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
