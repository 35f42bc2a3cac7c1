"""Whole responses in good HTTP, from success to each way in which Cloudflare says no: bytes only, no I/O."""

import http
import json
from typing import Final

import attrs

from tests.chaos.seen import RequestSeen

__all__ = [
    "CLOUDFLARE_STATUSES",
    "DATE",
    "REDIRECT_STATUSES",
    "STRANGE_VALUES",
    "ServerResponse",
    "cloudflare_error",
    "echo_response",
    "empty",
    "envelope",
    "good",
    "html_error",
    "no_content",
    "redirect",
    "set_cookie",
    "strange_header",
    "unsuccessful",
]

DATE: Final = "Tue, 05 Aug 2025 12:00:00 GMT"
"""The Date of every response; far from the real time, so that a client that trusts its own clock is found out."""

CLOUDFLARE_STATUSES: Final = (520, 521, 522, 523, 524, 530)
"""Statuses that only Cloudflare has."""

REDIRECT_STATUSES: Final = (301, 302, 303, 307, 308)
"""Statuses that make a client go elsewhere."""

STRANGE_VALUES: Final = {
    "bare-cr": "a\rX-Injected: yes",
    "bare-lf": "a\nX-Injected: yes",
    "folded": "a\r\n X-Injected: yes",
    "encoded-crlf": "a%0d%0aX-Injected: yes",
    "second-header": "a\r\nX-Injected: yes",
    "nul": "a\0b",
    "escape-codes": "\x1b[2Ja\x07",
    "latin-1": "caf\xe9",
    "utf-8": "café ☃".encode().decode("latin-1"),
}
"""Header values that try to become more than a value."""


@attrs.frozen(kw_only=True)
class ServerResponse:
    """An HTTP response; a step by itself when given to the server."""

    name: str
    """What it is, for test ids."""

    status: int = 200
    """HTTP status."""

    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    """Headers in addition to Date, CF-Ray and Content-Length, written as Latin-1."""

    body: bytes = b""
    """The body."""

    framed: bool = True
    """Whether a Content-Length is added; the headers have to do without, or to bring a framing of their own."""

    def head(self) -> bytes:
        """The bytes up to the body."""
        phrases = {each.value: each.phrase for each in http.HTTPStatus}
        headers = [("Date", DATE), ("CF-Ray", "8f2c1d7a9b3e4560-FRA"), *self.headers]
        if self.framed:
            headers.append(("Content-Length", str(len(self.body))))
        lines = [f"HTTP/1.1 {self.status} {phrases.get(self.status, '')}", *(f"{name}: {v}" for name, v in headers)]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")

    def encode(self) -> bytes:
        """All bytes."""
        return self.head() + self.body

    def with_headers(self, *headers: tuple[str, str]) -> "ServerResponse":
        """The same with more headers."""
        return attrs.evolve(self, headers=(*self.headers, *headers))


def envelope(result: object = None, *, success: bool = True, errors: tuple[tuple[int, str], ...] = ()) -> bytes:
    """The JSON that Cloudflare wraps a result or errors, given as code and message, in."""
    details = [{"code": code, "message": message} for code, message in errors]
    payload = {"success": success, "errors": details, "messages": [], "result": result}
    return json.dumps(payload, separators=(",", ":")).encode()


def good(result: object = (), *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> ServerResponse:
    """A success with some result, an empty list by default."""
    return ServerResponse(name="good", status=status, body=envelope(result)).with_headers(*headers)


def unsuccessful(*errors: tuple[int, str], status: int = 200) -> ServerResponse:
    """A failure that only the envelope shows, with status 200 by default."""
    body = envelope(success=False, errors=errors or ((1001, "the zone is asleep"),))
    return ServerResponse(name=f"unsuccessful-{status}", status=status, body=body)


def html_error(status: int = 502) -> ServerResponse:
    """A page for people instead of an envelope."""
    body = f"<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>Sorry</h1></body></html>\n".encode()
    headers = (("Content-Type", "text/html; charset=UTF-8"),)
    return ServerResponse(name=f"html-{status}", status=status, headers=headers, body=body)


def cloudflare_error(status: int) -> ServerResponse:
    """What Cloudflare's edge says in plain text when the origin does not respond."""
    headers = (("Content-Type", "text/plain; charset=UTF-8"), ("Server", "cloudflare"))
    return ServerResponse(name=f"cloudflare-{status}", status=status, headers=headers, body=b"error code: %d" % status)


def empty(status: int = 200) -> ServerResponse:
    """JSON that has no byte."""
    return ServerResponse(name=f"empty-{status}", status=status)


def no_content() -> ServerResponse:
    """A 204, which has neither body nor framing."""
    return ServerResponse(name="no-content", status=204, headers=(), framed=False)


def redirect(status: int, location: str) -> ServerResponse:
    """A redirect to an origin of your choice."""
    return ServerResponse(name=f"redirect-{status}", status=status, headers=(("Location", location),))


def set_cookie() -> ServerResponse:
    """A success with the cookies that Cloudflare's bot protection sets."""
    cookies = ("__cf_bm=one; Path=/; HttpOnly", "__cflb=two; Path=/; SameSite=Lax")
    return attrs.evolve(good().with_headers(*(("Set-Cookie", each) for each in cookies)), name="set-cookie")


def strange_header(kind: str) -> ServerResponse:
    """A success with one of :data:`STRANGE_VALUES` in a header."""
    return attrs.evolve(good().with_headers(("X-Strange", STRANGE_VALUES[kind])), name=f"header-{kind}")


def echo_response(request: RequestSeen, *, status: int = 200) -> ServerResponse:
    """All of a request, secrets included: in the result, in an error's message, and in ``X-Echo-…`` headers."""
    seen = {"method": request.method, "target": request.target, "body": request.body.decode("latin-1")}
    seen |= {f"header {name}": value for name, value in request.headers}
    failed = envelope(success=False, errors=((1002, f"refused: {json.dumps(seen)}"),))
    body = envelope(seen) if status < 400 else failed
    headers = tuple((f"X-Echo-{name}", value) for name, value in request.headers)
    return ServerResponse(name=f"echo-{status}", status=status, body=body).with_headers(*headers)
