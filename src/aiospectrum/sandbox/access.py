"""Who may call, and how often, judged as Cloudflare's gateway does.

Schemes: https://developers.cloudflare.com/fundamentals/api/get-started/ . Statuses as in practice:

- nothing sent: 400 with 9106;
- headers of the wrong form: 400 with 6003, whose chain names the header (6111 Authorization, 6103
  key, 6102 email, 6100 and 6101 when one half of the email and key pair is missing);
- a well-formed token that is wrong: 403 with 9109;
- a well-formed email and key that are wrong: 403 with 10000.

Both schemes at once are refused like malformed headers. Cloudflare would pick one; a client that
sends two has a bug that a test should see.

Cloudflare allows 1,200 requests in five minutes for each user, and then blocks every call for five
minutes: https://developers.cloudflare.com/fundamentals/api/reference/limits/ . The sandbox counts
in fixed windows: one opens with the first request after the last one closed.
"""

import hmac
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from aiospectrum.sandbox.options import RateLimit, expect
from aiospectrum.sandbox.responses import Problem, RefusedError

__all__ = ["Credentials", "RateLimiter", "authenticate", "too_many"]

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{40,128}")
_KEY: Final = re.compile(r"[0-9a-f]{32,64}")
_EMAIL: Final = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,190}")
_FORMS: Final = {
    "api_token": (_TOKEN, "40 to 128 letters, digits, '-' and '_'"),
    "api_email": (_EMAIL, "an email address"),
    "api_key": (_KEY, "32 to 64 lower-case hexadecimal digits"),
}
_BEARER: Final = re.compile(r"[Bb]earer +(\S+)")


def _check_form(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    pattern, expected = _FORMS[attribute.name]
    expect(isinstance(value, str), attribute.name, type(value), expected)
    # A secret of the wrong form may be a real one in the wrong place: it is not shown.
    shown = value if attribute.repr else f"{len(value)} characters that do not fit"
    expect(pattern.fullmatch(value) is not None, attribute.name, shown, expected)


@attrs.frozen(kw_only=True)
class Credentials:
    """The one account that the sandbox knows.

    Raises:
        ValueError: A value does not have the form that Cloudflare gives it.
    """

    api_token: str = attrs.field(repr=False, validator=_check_form)
    """Secret of the bearer scheme."""
    api_email: str = attrs.field(validator=_check_form)
    """Address of the older scheme."""
    api_key: str = attrs.field(repr=False, validator=_check_form)
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
        raise _malformed((6111, "The Authorization header was sent together with X-Auth headers"))
    return _check_token(bearer, known)


def _check_token(bearer: str, known: Credentials) -> str:
    match = _BEARER.fullmatch(bearer)
    if match is None or _TOKEN.fullmatch(match[1]) is None:
        raise _malformed((6111, "The Authorization header has an invalid format"))
    if not hmac.compare_digest(match[1].encode(), known.api_token.encode()):
        raise RefusedError(403, Problem(code=9109, message="Invalid access token"))
    return "token"


def _check_key(email: str | None, key: str | None, known: Credentials) -> str:
    causes: list[tuple[int, str]] = []
    if email is None:
        causes.append((6100, "The X-Auth-Email header is missing"))
    elif _EMAIL.fullmatch(email) is None:
        causes.append((6102, "The X-Auth-Email header has an invalid format"))
    if key is None:
        causes.append((6101, "The X-Auth-Key header is missing"))
    elif _KEY.fullmatch(key) is None:
        causes.append((6103, "The X-Auth-Key header has an invalid format"))
    if email is None or key is None or causes:
        raise _malformed(*causes)
    # Both halves are compared whatever the first says, so that the time taken gives nothing away.
    same_email = hmac.compare_digest(email.encode(), known.api_email.encode())
    same_key = hmac.compare_digest(key.encode(), known.api_key.encode())
    if not (same_email and same_key):
        raise RefusedError(403, Problem(code=10000, message="Authentication error"))
    return "key"


def _malformed(*causes: tuple[int, str]) -> RefusedError:
    return RefusedError(400, Problem(code=6003, message="Invalid request headers", chain=causes))


def too_many(seconds: int) -> RefusedError:
    """Return the refusal of a request that came too soon: 429 with ``retry-after``."""
    problem = Problem(code=971, message="Too many requests; wait before sending more")
    return RefusedError(429, problem, headers={"retry-after": str(seconds)})


@attrs.define
class _Window:
    end: float
    used: int = 0
    blocked: bool = False


class RateLimiter:
    """Counts requests by credential on a monotonic clock."""

    def __init__(self, limit: RateLimit, monotonic: Callable[[], float]) -> None:
        """Start with every budget full; ``monotonic`` returns seconds."""
        self._limit: Final = limit
        self._monotonic: Final = monotonic
        self._windows: Final[dict[str, _Window]] = {}

    def charge(self, credential: str) -> dict[str, str]:
        """Count one request and return the headers that say what is left.

        Raises:
            RefusedError: The credential is blocked; 429 with ``retry-after`` in whole seconds.
        """
        now, limit = self._monotonic(), self._limit
        window = self._windows.get(credential)
        if window is None or now >= window.end:
            window = self._windows[credential] = _Window(now + limit.per_seconds)
        window.used += 1
        if window.used > limit.requests and not window.blocked:
            window.blocked, window.end = True, now + limit.block_seconds
        if window.blocked:
            raise too_many(max(1, math.ceil(window.end - now)))
        return {
            "Ratelimit": f'"default";r={limit.requests - window.used};t={math.ceil(window.end - now)}',
            "Ratelimit-Policy": f'"default";q={limit.requests};w={math.ceil(limit.per_seconds)}',
        }
