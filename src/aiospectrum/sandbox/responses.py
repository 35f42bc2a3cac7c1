"""The bodies of responses: envelopes with a result, envelopes with errors, and pages of HTML.

Envelope: https://developers.cloudflare.com/fundamentals/api/reference/ . Codes of Spectrum itself
follow https://developers.cloudflare.com/spectrum/reference/error-codes/ ; codes of the API gateway
(6003, 7003, 9106, 9109, 10000, 971) are those that Cloudflare sends in practice. Where neither
names a code, the sandbox uses the family that mirrors the HTTP status: 10400, 10404, 10405, 10413.

Cloudflare has two kinds of pages: a bare one, in which its edge names the status, and a fuller one
for the statuses of its own, from 520 on, when the origin fails:
https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ .
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

import attrs
import msgspec

__all__ = ["INVALID", "Problem", "RefusedError", "bad_parameter", "encode_failure", "encode_success", "error_page"]

INVALID: Final = 10400
"""Code of a parameter or field that has the wrong type, format or range and no code of its own."""

_CLOUDFLARE_REASONS: Final = {
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    530: "Origin DNS error",
}
_STANDARD_REASONS: Final = {int(status): status.phrase for status in HTTPStatus}


@attrs.frozen(kw_only=True)
class Problem:
    """One entry of an envelope's ``errors`` list."""

    code: int
    """Cloudflare's numeric code."""
    message: str
    """One sentence for people."""
    pointer: str | None = None
    """JSON pointer into the request body, for errors about a field."""
    chain: tuple[tuple[int, str], ...] = ()
    """Codes and messages of the causes, outermost first."""

    def render(self) -> dict[str, object]:
        """Return the entry as JSON values."""
        entry: dict[str, object] = {"code": self.code, "message": _encodable(self.message)}
        if self.pointer is not None:
            entry["source"] = {"pointer": _encodable(self.pointer)}
        if self.chain:
            entry["error_chain"] = [{"code": code, "message": message} for code, message in self.chain]
        return entry


class RefusedError(Exception):
    """A request whose response is an error envelope instead of a result."""

    def __init__(self, status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> None:
        """Refuse with an HTTP ``status``, for these problems; ``headers`` are added to the response."""
        super().__init__(status, *problems)
        self.status: Final = status
        self.problems: Final = problems
        self.headers: Final[dict[str, str]] = dict(headers or {})


def bad_parameter(name: str, value: object, expected: str) -> RefusedError:
    """Return the refusal of a query parameter: HTTP 400 with code 10400, naming the parameter."""
    message = f"query parameter {name!r} is {value!r}; expected {expected}"
    return RefusedError(400, Problem(code=INVALID, message=message))


def encode_success(found: Mapping[str, object]) -> bytes:
    """Return the envelope of a successful call; ``found`` has its ``result``, and ``result_info`` for a page."""
    return msgspec.json.encode({"success": True, "errors": [], "messages": [], **found})


def encode_failure(problems: Iterable[Problem]) -> bytes:
    """Return the envelope of a refused call; its result is null."""
    errors = [problem.render() for problem in problems]
    return msgspec.json.encode({"success": False, "errors": errors, "messages": [], "result": None})


def error_page(status: int, ray: str) -> bytes:
    """Return the page for a status of 502 or more; ``ray`` is the response's ``cf-ray``."""
    if status < min(_CLOUDFLARE_REASONS):
        title = f"{status} {_STANDARD_REASONS.get(status, 'Server Error')}"
        inner = f"<center><h1>{title}</h1></center>\n<hr><center>cloudflare</center>"
    else:
        reason = _CLOUDFLARE_REASONS.get(status, "Unknown error")
        title = f"api.cloudflare.com | {status}: {reason}"
        inner = (
            f"<h1>{reason} <span>Error code {status}</span></h1>\n"
            f"<p>Cloudflare Ray ID: <strong>{ray.partition('-')[0]}</strong></p>"
        )
    page = f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n<body>\n{inner}\n</body>\n</html>\n"
    return page.encode()


def _encodable(text: str) -> str:
    # aiohttp hands over bytes that are not UTF-8 as lone surrogates, which no encoder takes.
    return text.encode("utf-8", "backslashreplace").decode()
