"""Responses in HTTP that is wrong, excessive or rare: status lines, headers, lengths and chunks; bytes only, no I/O."""

from collections.abc import Iterable
from typing import Final

import attrs

from tests.chaos.responses import ServerResponse, good
from tests.chaos.steps import CLOSE, Act, Step, send

__all__ = [
    "BAD_CHUNKS",
    "BAD_LENGTHS",
    "STATUS_LINES",
    "bad_chunks",
    "bad_length",
    "both_framings",
    "chunked",
    "close_delimited",
    "garbage_status_line",
    "huge_header",
    "informational",
    "junk_after",
    "length_too_long",
    "length_too_short",
    "many_headers",
]

STATUS_LINES: Final = {
    "other-protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "tls-alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "no-number": b"HTTP/1.1 fine OK\r\n\r\n",
    "four-digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "negative": b"HTTP/1.1 -200 OK\r\nContent-Length: 0\r\n\r\n",
    "no-status": b"HTTP/1.1\r\n\r\n",
    "no-version": b"200 OK\r\nContent-Length: 0\r\n\r\n",
    "odd-version": b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "body-only": good().body,
    "zeros": bytes(64),
}
"""What comes in place of a status line."""

BAD_LENGTHS: Final = {
    "negative": ("-1",),
    "signed": ("+5",),
    "word": ("many",),
    "empty": ("",),
    "float": ("5.0",),
    "hex": ("0x5",),
    "huge": ("99999999999999999999999",),
    "two": ("5", "6"),
    "list": ("5, 6",),
}
"""Values of Content-Length that nobody can read; the body has other bytes anyway."""

BAD_CHUNKS: Final = {
    "bad-size": b"zz\r\n%b\r\n0\r\n\r\n",
    "negative-size": b"-5\r\n%b\r\n0\r\n\r\n",
    "huge-size": b"ffffffffffffffffff\r\n%b\r\n0\r\n\r\n",
    "size-too-small": b"3\r\n%b\r\n0\r\n\r\n",
    "no-size": b"\r\n%b\r\n0\r\n\r\n",
    "truncated": b"fff\r\n%b",
    "size-cut": b"ff",
    "no-final-chunk": b"<size>\r\n%b\r\n",
    "final-chunk-cut": b"<size>\r\n%b\r\n0\r\n",
}
"""Chunked bodies; ``%b`` is the response's body and ``<size>`` its true size."""

_CHUNKED: Final = ("Transfer-Encoding", "chunked")


def garbage_status_line(kind: str = "other-protocol", end: Act = CLOSE) -> Step:
    """One of :data:`STATUS_LINES`, then the end of the connection."""
    return send(STATUS_LINES[kind], end, name=f"status-line-{kind}")


def many_headers(count: int = 1000, response: ServerResponse | None = None) -> ServerResponse:
    """A good response with so many more headers."""
    more = ((f"X-Filler-{index}", str(index)) for index in range(count))
    return attrs.evolve((response or good()).with_headers(*more), name="many-headers")


def huge_header(size: int = 100 << 10, response: ServerResponse | None = None) -> ServerResponse:
    """A good response with one header value of so many bytes."""
    return attrs.evolve((response or good()).with_headers(("X-Huge", "h" * size)), name="huge-header")


def length_too_long(end: Act = CLOSE, *, by: int = 10) -> Step:
    """A Content-Length that promises more than comes, then the end of the connection."""
    return _with_lengths([str(len(good().body) + by)], end, name="length-too-long")


def length_too_short(end: Act = CLOSE, *, by: int = 10) -> Step:
    """A Content-Length of fewer bytes than come, then the end of the connection."""
    return _with_lengths([str(len(good().body) - by)], end, name="length-too-short")


def bad_length(kind: str, end: Act = CLOSE) -> Step:
    """One of :data:`BAD_LENGTHS` and a body, then the end of the connection."""
    return _with_lengths(BAD_LENGTHS[kind], end, name=f"length-{kind}")


def close_delimited(response: ServerResponse | None = None) -> Step:
    """A good response without a Content-Length, whose body ends with the connection; HTTP allows it."""
    return send(attrs.evolve(response or good(), framed=False).encode(), CLOSE, name="close-delimited")


def both_framings(end: Act = CLOSE) -> Step:
    """A chunked body whose headers have a Content-Length as well, of a few bytes only."""
    response = good(headers=(_CHUNKED, ("Content-Length", "5")))
    return send(attrs.evolve(response, framed=False).head() + _chunks(response.body), end, name="both-framings")


def chunked(response: ServerResponse | None = None, *, size: int = 7) -> ServerResponse:
    """A good response in chunks of so many bytes; nothing is wrong with it."""
    response = (response or good()).with_headers(_CHUNKED)
    return attrs.evolve(response, name="chunked", framed=False, body=_chunks(response.body, size))


def bad_chunks(kind: str, end: Act = CLOSE) -> Step:
    """One of :data:`BAD_CHUNKS`, then the end of the connection."""
    response = good(headers=(_CHUNKED,))
    body = BAD_CHUNKS[kind].replace(b"<size>", b"%x" % len(response.body)).replace(b"%b", response.body)
    return send(attrs.evolve(response, framed=False).head() + body, end, name=f"chunks-{kind}")


def informational(*statuses: int, response: ServerResponse | None = None) -> Step:
    """Interim responses, by default one 103, before the good one."""
    statuses = statuses or (103,)
    interim = b"".join(b"HTTP/1.1 %d Interim\r\nLink: </style.css>; rel=preload\r\n\r\n" % each for each in statuses)
    return send(interim + (response or good()).encode(), name=f"informational-{'-'.join(map(str, statuses))}")


def junk_after(junk: bytes | None = None, response: ServerResponse | None = None) -> Step:
    """A good response, directly followed by unsolicited bytes, by default another response."""
    unasked = good("not for you").encode() if junk is None else junk
    return send((response or good()).encode() + unasked, name="junk-after")


def _with_lengths(values: Iterable[str], end: Act, *, name: str) -> Step:
    response = good(headers=tuple(("Content-Length", each) for each in values))
    return send(attrs.evolve(response, framed=False).encode(), end, name=name)


def _chunks(body: bytes, size: int = 7) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
