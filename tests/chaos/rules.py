"""What a call makes of each fault, by classes of faults: the table that the matrix is checked against."""

import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

import attrs
from aiohttp import compression_utils

from aiospectrum import (
    AmbiguousWriteError,
    BodyTooLargeError,
    ConnectionFailedError,
    DecodeError,
    MalformedBodyError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    RequestError,
    RetryPolicy,
    ServerError,
    UnsuccessfulError,
)
from tests.conftest import APP

__all__ = ["FINE", "Expected", "Rule", "ends_without_a_byte", "expect_after", "right_result", "rule_of"]


@attrs.frozen(kw_only=True)
class Rule:
    """What a class of faults means."""

    error: type[RequestError] | None = None
    """What one attempt ends in; None when nothing is wrong."""

    passes: bool = False
    """Whether a further attempt may succeed, which GET, PUT and DELETE make."""

    leaves_open: bool = False
    """Whether the write may have taken place, so that a create is not sent again."""


FINE: Final = Rule()
BROKEN: Final = Rule(error=ConnectionFailedError, passes=True, leaves_open=True)
MALFORMED: Final = Rule(error=MalformedBodyError, passes=True, leaves_open=True)
FAILED: Final = Rule(error=ServerError, passes=True, leaves_open=True)
LIMITED: Final = Rule(error=RateLimitError, passes=True)
UNREADABLE: Final = Rule(error=DecodeError, leaves_open=True)
TOO_LARGE: Final = Rule(error=BodyTooLargeError, leaves_open=True)
NOT_DONE: Final = Rule(error=UnsuccessfulError)
LASTING: Final = Rule(error=ConnectionFailedError, leaves_open=True)
FORBIDDEN: Final = Rule(error=PermissionDeniedError)
ELSEWHERE: Final = Rule(error=RedirectError)

HAS_ZSTD: Final = getattr(compression_utils, "HAS_ZSTD", None)
"""Whether aiohttp can read it; None before version 3.13, which does not know that it cannot."""

_RULES: Final = {
    "none": FINE,
    "good": FINE,
    "hold": FINE,
    "set-cookie": FINE,
    "drip-*": FINE,  # what is slow is right in the end
    "keep-alive-then-*": FINE,  # it is the next request that meets the end
    "informational-*": FINE,
    "junk-after": FINE,
    "chunked": FINE,
    "close-delimited": FINE,
    "reset-*": BROKEN,
    "close-*": BROKEN,
    "hang-*": BROKEN,
    "status-line-*": BROKEN,
    "length-*": BROKEN,
    "chunks-*": BROKEN,
    "both-framings": BROKEN,  # one of the two is a lie, as in request smuggling
    "many-headers": LASTING,  # the next response would have them, too
    "huge-header": LASTING,
    "header-bare-cr": BROKEN,
    "header-nul": BROKEN,
    "header-*": FINE,
    "gzip-truncated": MALFORMED,  # aiohttp hands over what there is
    "gzip-no-trailer": FINE,  # nothing of the data is missing, only its checksum
    "gzip-*": BROKEN,
    "html-502": FAILED,
    "html-200": MALFORMED,
    "cloudflare-*": FAILED,
    "empty-500": FAILED,
    "empty-200": MALFORMED,
    "no-content": MALFORMED,
    "truncated-json": MALFORMED,
    "deep-*": UNREADABLE if sys.version_info >= (3, 14) else MALFORMED,  # since 3.14 parsing goes deeper than reading
    "unsuccessful-200": NOT_DONE,
    "unsuccessful-403": FORBIDDEN,
    "redirect-*": ELSEWHERE,
    "echo-200": FINE,
    "echo-403": FORBIDDEN,
    "echo-500": FAILED,
    "retry-after-*": LIMITED,
    "rate-limit-*": LIMITED,
    "number--0": FINE,
    "number-1E+2": FINE,
    "number-*": MALFORMED,
    "body-nul-character": FINE,
    "body-duplicate-keys": FINE,  # the last one counts, as in most readers of JSON
    "body-duplicate-success": NOT_DONE,
    "body-no-success": UNREADABLE,
    "body-success-is-text": UNREADABLE,
    "body-no-result": UNREADABLE,
    "body-null-result": UNREADABLE,
    "body-*": MALFORMED,
    "bomb-br": TOO_LARGE if compression_utils.HAS_BROTLI else LASTING,
    "bomb-zstd": TOO_LARGE if HAS_ZSTD else UNREADABLE if HAS_ZSTD is None else LASTING,
    "bomb-*": TOO_LARGE,
}
"""Rules by patterns of names; the first that fits counts."""

_RESULTS: Final[dict[str, object]] = {
    "gzip-no-trailer": list(range(1000)),
    "number--0": 0,
    "number-1E+2": 100.0,
    "body-nul-character": "a\0b",
    "body-duplicate-keys": [2],
}
"""The results of the faults that do no harm, unless it is an empty list."""


_WITHOUT_RESULT: Final = (
    "body-no-result",
    "body-null-result",
    "body-null",
    "body-only-spaces",
    "empty-200",
    "no-content",
)
"""Successes that say nothing more, which is enough for a DELETE."""

_STALE: Final = ("*-at-accept", "*-before-request", "*-during-request", "*-after-request")
"""Faults that end a connection, or nothing more of it, without a byte of a response."""


def ends_without_a_byte(fault: str) -> bool:
    """Whether a fault is the end of a kept connection, after which GET, PUT and DELETE are sent again at once."""
    return fault.startswith(("reset-", "close-")) and any(fnmatchcase(fault, pattern) for pattern in _STALE)


def rule_of(fault: str, call: str) -> Rule:
    """The rule for a fault."""
    if call == "delete" and fault in _WITHOUT_RESULT:
        return FINE
    return next(rule for pattern, rule in _RULES.items() if fnmatchcase(fault, pattern))


def right_result(fault: str, call: str, app_id: str = APP) -> object:
    """The result of a call that meets a fault which does no harm."""
    if call == "delete" and fault in _WITHOUT_RESULT:
        return {"id": app_id}
    return _RESULTS.get(fault, [])


@attrs.frozen(kw_only=True)
class Expected:
    """The outcome of a call."""

    error: type[RequestError] | None
    """What is raised; None for a result."""

    cause: type[RequestError] | None = None
    """The ``__cause__`` of what is raised."""

    attempts: int
    """Requests on the wire."""

    waits: int
    """Waits between them."""


def expect_after(
    faults: Iterable[str], call: str, *, policy: RetryPolicy, reused: Sequence[bool] = (False,) * 99
) -> Expected:
    """The outcome of a call whose attempts meet some faults; ``none`` is a good response.

    ``reused`` says of each attempt whether its connection had been used before.
    """
    was_resent = False
    for attempt, fault in enumerate(faults, 1):
        rule = rule_of(fault, call)
        waits = attempt - 1 - was_resent
        if call == "create" and rule.leaves_open:
            return Expected(error=AmbiguousWriteError, cause=rule.error, attempts=attempt, waits=waits)
        if reused[attempt - 1] and ends_without_a_byte(fault):
            was_resent = True
        elif not rule.passes or attempt - was_resent == policy.max_attempts:
            return Expected(error=rule.error, attempts=attempt, waits=waits)
    raise ValueError("a call cannot end so soon")
