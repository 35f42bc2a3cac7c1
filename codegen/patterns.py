r"""Translates the patterns of JSON Schema, which are those of ECMA-262, into Python's.

Both are searched for anywhere in a string. Python gets them with ``re.ASCII``, by which ``\d``, ``\w`` and ``\b``
mean the same; what means something else there, or nothing, is not translated.

Source: https://json-schema.org/draft/2020-12/json-schema-core#section-6.4
"""

import re
import warnings
from typing import Final

SUPPORTED: Final = r"an ECMA-262 pattern of characters, classes, plain groups, quantifiers, ^ and $, without \s"

_ESCAPE: Final = r"\\(?:[dDwWbtnrfv^$\\.*+?()\[\]{}|/]|x[0-9A-Fa-f]{2}|u(?![dD][89A-Fa-f])[0-9A-Fa-f]{4})"
_TOKEN: Final = re.compile(
    rf"""(?P<set>\[\^?(?:{_ESCAPE}|\\-|[^\]\\])+\])
    | (?P<quantifier>(?:[*+?]|\{{[0-9]+(?:,[0-9]*)?\}})\??)
    | (?P<group>\((?:\?:|(?!\?)))
    | (?P<plain>{_ESCAPE}|[^\\\[\](){{}}*+?]|\))""",
    re.VERBOSE,
)
_PLAIN: Final = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}
"""A dollar is the very end for ECMA-262, and four characters end a line."""
_SET_PARTS: Final = re.compile(rf"{_ESCAPE}|\\-|.", re.DOTALL)


def translate_pattern(pattern: str) -> str | None:
    """Write a pattern for :func:`re.search` with ``re.ASCII``; None for something else than :data:`SUPPORTED`."""
    parts: list[str] = []
    position, previous = 0, ""
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        kind = "" if token is None else token.lastgroup or ""
        if token is None or (kind == "quantifier" and previous in ("", "quantifier", "group")):
            return None
        text, position, previous = token[0], token.end(), kind
        parts.append(_translate_set(text) if kind == "set" else _PLAIN.get(text, text))
    translated = "".join(parts)
    try:
        with warnings.catch_warnings(action="error"):
            re.compile(translated, re.ASCII)
    except (re.error, FutureWarning, OverflowError, RecursionError):
        return None
    return translated


def _translate_set(text: str) -> str:
    """Escape what Python may take for an operation on sets one day, and says so in a warning."""
    start = 2 if text.startswith("[^") else 1
    inner = "".join("\\" + part if part in "[&~|" else part for part in _SET_PARTS.findall(text[start:-1]))
    return f"{text[:start]}{inner}]"
