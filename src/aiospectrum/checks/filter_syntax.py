"""The syntax of filters: what is wrong with one, and its shortest form.

A filter compares dimensions with values. ``;``, or ``AND`` between spaces, binds tighter than ``,``, or ``OR`` between
spaces; there are no parentheses, and nothing in a value can be escaped. All of it is read once from left to right.

Source: https://developers.cloudflare.com/spectrum/reference/analytics/
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from aiospectrum.checks.refusals import closest, shorten

__all__ = ["DIMENSIONS", "VALUE", "find_mistake", "shortest_form"]

DIMENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "event": ("connect", "progress", "disconnect", "originError", "clientFiltered"),
    "appID": (),
    "coloName": (),
    "ipVersion": ("4", "6"),
}
"""The dimensions, each with its known values."""

VALUE: Final = r"[\w.:-]+"
"""Regular expression of a value: each of the dimensions has only such, and no other can be told from the syntax."""

_TOKEN: Final = re.compile(
    rf"(?P<join>[,;]|(?<= )(?:AND|OR)(?= ))|(?P<word>{VALUE})|(?P<operator>[=!<>]+)|(?P<other>[^ ])", re.ASCII
)
_NUMBER: Final = re.compile("[0-9]{1,9}")
_OPERATORS: Final = ("==", "!=", ">", "<", ">=", "<=")
_SIGNS: Final = {"AND": ";", "OR": ",", ";": ";", ",": ","}
_KINDS: Final = ("word", "operator", "word", "join")
"""What a comparison is made of, with what is between it and the next one."""

_WANTED: Final = (
    f"write one of {', '.join(DIMENSIONS)}",
    f"write one of {' '.join(_OPERATORS)}",
    "write a value of letters, digits, _, -, . and :",
    "write ; (and) or , (or)",
)
_NO_PARENTHESES: Final = "write each alternative in full, as there are no parentheses,"
_MEANT: Final = {
    "=": "write ==",
    "===": "write ==",
    "=>": "write >=",
    "=<": "write <=",
    "!": "write !=",
    "<>": "write !=",
    "%": "write the plain character, as it is encoded when it is sent,",
    "(": _NO_PARENTHESES,
    ")": _NO_PARENTHESES,
    "&": "write ; (and)",
    "|": "write , (or)",
    "and": "write AND",
    "or": "write OR",
    '"': "write values without quotes",
    "'": "write values without quotes",
}
"""What to do about what other languages have."""


def find_mistake(text: str) -> str:
    """Say what is wrong with a filter.

    Args:
        text: The filter.

    Returns:
        What to do about the first mistake, with its place; empty when there is none.
    """
    parts = ["", "", "", ""]
    at = 0
    for token in _TOKEN.finditer(text):
        parts[at] = word = token[0]
        is_right_kind = token.lastgroup == _KINDS[at]
        advice = _advise(at, parts) if is_right_kind else _MEANT.get(word, _WANTED[at])
        if advice:
            where = f"{shorten(word)!r} at character {token.start() + 1:,}"
            if advice.startswith("did you mean"):
                return f"{advice} for {where}?"
            return f"{advice} {'before' if advice == _WANTED[-1] and token['word'] else 'for'} {where}"
        at = (at + 1) % len(parts)
    return "" if _KINDS[at] == "join" else f"{_WANTED[at]} at its end"


def _advise(at: int, parts: list[str]) -> str:
    """What to write instead of the last part of a comparison; empty when it is right."""
    dimension, operator, value, _ = parts
    match at:
        case 0 if dimension not in DIMENSIONS:
            return _did_you_mean(dimension, DIMENSIONS) or _WANTED[at]
        case 1 if operator not in _OPERATORS:
            return _MEANT.get(operator, _WANTED[at])
        case 2 if operator not in ("==", "!="):
            return "write a number" if dimension == "ipVersion" and not _NUMBER.fullmatch(value) else ""
        case 2 if value not in DIMENSIONS[dimension]:
            return "write 4 or 6" if dimension == "ipVersion" else _did_you_mean(value, DIMENSIONS[dimension])
    return ""


def _did_you_mean(word: str, known: Collection[str]) -> str:
    meant = closest(word, known)
    return "" if meant is None else f"did you mean {meant!r}"


def shortest_form(text: str) -> str:
    """Write a filter that has no mistake without spaces, and with ``;`` and ``,``."""
    return "".join(_SIGNS[token[0]] if token.lastgroup == "join" else token[0] for token in _TOKEN.finditer(text))
