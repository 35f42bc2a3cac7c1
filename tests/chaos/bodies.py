"""Successes in good HTTP whose JSON is strange, broken or none: bytes only, no I/O."""

from typing import Final

import attrs

from tests.chaos.responses import ServerResponse, envelope, good

__all__ = ["BODIES", "NUMBERS", "deep_json", "number", "strange_body", "truncated_json"]

NUMBERS: Final = ("1e400", "-1e400", "NaN", "Infinity", "-Infinity", "-0", "1E+2", "01", "1.", ".5", "0x10", "1_000")
"""Numbers at and over the edge of JSON and of a double."""

_GOOD: Final = envelope([])
_SLOT: Final = b"[]"
"""Where the result of the good envelope is; ``errors`` and ``messages`` come before it, hence from the right."""


def _with_result(result: bytes) -> bytes:
    return result.join(_GOOD.rsplit(_SLOT, 1))


BODIES: Final = {
    "invalid-utf-8": _with_result(b'"caf\xe9 \xff\xfe"'),
    "overlong-utf-8": _with_result(b'"\xc0\xaf"'),
    "surrogate-bytes": _with_result(b'"\xed\xa0\x80"'),
    "lone-surrogate": _with_result(b'"\\ud800"'),
    "nul-character": _with_result(b'"a\\u0000b"'),
    "raw-control-character": _with_result(b'"a\nb"'),
    "bom": b"\xef\xbb\xbf" + _GOOD,
    "utf-16": _GOOD.decode().encode("utf-16"),
    "duplicate-keys": _with_result(b'[1],"result":[2],"success":false,"success":true'),
    "duplicate-success": _with_result(b'[],"success":false'),
    "two-documents": _GOOD + _GOOD,
    "trailing-junk": _GOOD + b"\n<!-- cached -->",
    "trailing-comma": _with_result(b"[1,]"),
    "comment": b"/* hello */" + _GOOD,
    "single-quotes": _GOOD.replace(b'"', b"'"),
    "beyond-int": _with_result(b"9" * 5000),
    "null": b"null",
    "list": b"[]",
    "string": b'"success"',
    "only-spaces": b" \r\n\t ",
    "no-success": _with_result(b"[]").replace(b'"success":true,', b""),
    "success-is-text": _GOOD.replace(b"true", b'"true"'),
    "no-result": b'{"success":true,"errors":[],"messages":[]}',
    "null-result": _with_result(b"null"),
}
"""Bodies by what is strange about them."""


def strange_body(kind: str) -> ServerResponse:
    """A 200 with one of :data:`BODIES`."""
    return ServerResponse(name=f"body-{kind}", body=BODIES[kind])


def number(text: str) -> ServerResponse:
    """A success whose result is one number, written as you like."""
    return ServerResponse(name=f"number-{text}", body=_with_result(text.encode()))


def deep_json(depth: int = 100_000, *, kind: str = "list") -> ServerResponse:
    """A success whose result is so many ``list`` or ``object`` levels deep."""
    left, right = {"list": (b"[", b"]"), "object": (b'{"a":', b"}")}[kind]
    return ServerResponse(name=f"deep-{kind}", body=_with_result(left * depth + b"1" + right * depth))


def truncated_json(response: ServerResponse | None = None) -> ServerResponse:
    """Half the JSON of a response in a frame that fits it."""
    response = response or good()
    return attrs.evolve(response, name="truncated-json", body=response.body[: len(response.body) // 2])
