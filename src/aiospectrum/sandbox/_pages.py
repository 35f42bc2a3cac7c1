"""The pages of HTML that stand in for an answer when the edge has none.

Cloudflare has two kinds: a bare one, in which its edge names the status, and a fuller one for the
statuses of its own, from 520 on, when the origin fails:
https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ .
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

__all__ = ["error_page"]

_FIRST_OWN: Final = 520
_OWN: Final = {
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    530: "Origin DNS error",
}
_STANDARD: Final = {int(status): status.phrase for status in HTTPStatus}


def error_page(status: int, ray: str) -> bytes:
    """Return the page for a status of 502 or more; `ray` is the answer's ``cf-ray``."""
    if status < _FIRST_OWN:
        title = f"{status} {_STANDARD.get(status, 'Server Error')}"
        inner = f"<center><h1>{title}</h1></center>\n<hr><center>cloudflare</center>"
    else:
        reason = _OWN.get(status, "Unknown error")
        title = f"api.cloudflare.com | {status}: {reason}"
        inner = (
            f"<h1>{reason} <span>Error code {status}</span></h1>\n"
            f"<p>Cloudflare Ray ID: <strong>{ray.partition('-')[0]}</strong></p>"
        )
    page = f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n<body>\n{inner}\n</body>\n</html>\n"
    return page.encode()
