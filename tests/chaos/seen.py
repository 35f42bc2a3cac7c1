"""What the server saw: requests and connections, and how a request is read from bytes; no I/O."""

from typing import Final

import attrs

__all__ = ["ConnectionSeen", "RequestSeen", "parse_request", "request_length"]

_END_OF_HEAD: Final = b"\r\n\r\n"


@attrs.frozen(kw_only=True)
class RequestSeen:
    """A request as it came, or as much of it as was read."""

    connection: int
    """Number of the connection it came on, from 1."""

    arrived_at: float
    """The loop's time when its first bytes were there, in seconds."""

    method: str
    """The method; empty when the request line was not read."""

    target: str
    """Path and query as sent; empty when the request line was not read."""

    headers: tuple[tuple[str, str], ...]
    """Names and values in the order and case they came in."""

    body: bytes
    """The body."""

    raw: bytes
    """All bytes, head and body."""

    complete: bool
    """Whether the server waited for the end of the request, and it came."""

    def values(self, name: str) -> list[str]:
        """All values of a header, whose name is compared without regard to case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@attrs.define(kw_only=True)
class ConnectionSeen:
    """A connection that was accepted."""

    number: int
    """Counted from 1, in the order of acceptance."""

    opened_at: float
    """The loop's time of the acceptance, in seconds."""

    ended: str | None = None
    """``client closed``, ``client reset``, ``server closed``, ``server reset`` or ``server exit``; None before."""

    closed_at: float | None = None
    """The loop's time when its socket was closed, in seconds; None while it is open."""

    requests: int = 0
    """How many requests came on it."""


def request_length(data: bytes) -> int | None:
    """How many bytes the request at the start of some data has; None as long as its head is incomplete."""
    head, end, _ = data.partition(_END_OF_HEAD)
    if not end:
        return None
    request_line, headers = _parse_head(head)
    if len(request_line.split(" ")) != 3 or not request_line.endswith(" HTTP/1.1"):
        raise ValueError(f"not a request line: {request_line!r}")
    if any(":" not in line for line in head.decode("latin-1").split("\r\n")[1:]):
        raise ValueError(f"a header line without a colon in {head!r}")
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    if len(lengths) > 1 or any(name.lower() == "transfer-encoding" for name, _ in headers):
        raise ValueError(f"the framing of a body that this server does not read: {headers!r}")
    return len(head) + len(end) + sum(map(int, lengths))


def parse_request(data: bytes, *, connection: int, arrived_at: float, complete: bool) -> RequestSeen:
    """Make the record of a request, of which the end may be missing."""
    head, end, body = data.partition(_END_OF_HEAD)
    if not end:
        head = head.rpartition(b"\r\n")[0]
    request_line, headers = _parse_head(head)
    words = [*request_line.split(" "), "", ""]
    return RequestSeen(
        connection=connection,
        arrived_at=arrived_at,
        method=words[0],
        target=words[1],
        headers=headers,
        body=body,
        raw=data,
        complete=complete,
    )


def _parse_head(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    request_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return request_line, tuple((name, value.strip(" \t")) for name, _, value in pairs)
