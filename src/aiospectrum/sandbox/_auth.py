"""Credentials: reading the request headers and judging them as Cloudflare's gateway does.

Schemes: https://developers.cloudflare.com/fundamentals/api/get-started/ . Statuses as in practice:

- nothing sent: 400 with 9106;
- headers of the wrong form: 400 with 6003, whose chain names the header (6111 Authorization, 6103
  key, 6102 email, 6100 and 6101 when one half of the email and key pair is missing);
- a well-formed token that is wrong: 403 with 9109;
- a well-formed email and key that are wrong: 403 with 10000.

Both schemes at once are refused like malformed headers. Cloudflare would pick one; a client that
sends two has a bug that a test should see.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

import attrs

from aiospectrum.sandbox._errors import Problem, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["API_KEY", "API_TOKEN", "EMAIL", "Credentials", "authenticate"]

API_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{40,128}")
"""Form of an API token."""
API_KEY: Final = re.compile(r"[0-9a-f]{32,64}")
"""Form of a global API key."""
EMAIL: Final = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,190}")
"""Form of an account's email address, as far as the gateway cares."""

_BEARER: Final = re.compile(r"[Bb]earer +(\S+)")
_NO_EMAIL: Final = (6100, "The X-Auth-Email header is missing")
_NO_KEY: Final = (6101, "The X-Auth-Key header is missing")
_BAD_EMAIL: Final = (6102, "The X-Auth-Email header has an invalid format")
_BAD_KEY: Final = (6103, "The X-Auth-Key header has an invalid format")
_BAD_BEARER: Final = (6111, "The Authorization header has an invalid format")
_TWO_SCHEMES: Final = (6111, "The Authorization header was sent together with X-Auth headers")


@attrs.frozen(kw_only=True)
class Credentials:
    """The one account that the sandbox knows."""

    api_token: str = attrs.field(repr=False)
    """Secret of the bearer scheme."""
    api_email: str
    """Address of the older scheme."""
    api_key: str = attrs.field(repr=False)
    """Secret of the older scheme."""


def authenticate(headers: Mapping[str, str], known: Credentials) -> str:
    """Return a name for the credential in use, for rate limiting: ``token`` or ``key``.

    Raises:
        RefusedError: The credentials are missing, malformed, doubled or wrong.
    """
    bearer = headers.get("Authorization")
    email, key = headers.get("X-Auth-Email"), headers.get("X-Auth-Key")
    if bearer is None and email is None and key is None:
        message = "Send an Authorization header, or X-Auth-Email and X-Auth-Key"
        raise RefusedError(400, Problem(code=9106, message=message))
    if bearer is None:
        return _check_key(email, key, known)
    if email is not None or key is not None:
        raise _malformed(_TWO_SCHEMES)
    return _check_token(bearer, known)


def _check_token(bearer: str, known: Credentials) -> str:
    match = _BEARER.fullmatch(bearer)
    if match is None or API_TOKEN.fullmatch(match[1]) is None:
        raise _malformed(_BAD_BEARER)
    if not hmac.compare_digest(match[1].encode(), known.api_token.encode()):
        raise RefusedError(403, Problem(code=9109, message="Invalid access token"))
    return "token"


def _check_key(email: str | None, key: str | None, known: Credentials) -> str:
    causes: list[tuple[int, str]] = []
    if email is None:
        causes.append(_NO_EMAIL)
    elif EMAIL.fullmatch(email) is None:
        causes.append(_BAD_EMAIL)
    if key is None:
        causes.append(_NO_KEY)
    elif API_KEY.fullmatch(key) is None:
        causes.append(_BAD_KEY)
    if email is None or key is None or causes:
        raise _malformed(*causes)
    # Both halves are compared whatever the first says, so that the time taken tells nothing.
    same_email = hmac.compare_digest(email.encode(), known.api_email.encode())
    same_key = hmac.compare_digest(key.encode(), known.api_key.encode())
    if not (same_email and same_key):
        raise RefusedError(403, Problem(code=10000, message="Authentication error"))
    return "key"


def _malformed(*causes: tuple[int, str]) -> RefusedError:
    return RefusedError(400, Problem(code=6003, message="Invalid request headers", chain=causes))
