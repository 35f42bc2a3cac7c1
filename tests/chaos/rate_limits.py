"""The 429 with every shape of Retry-After and of the RateLimit fields: bytes only, no I/O."""

from typing import Final

from tests.chaos.responses import ServerResponse, envelope

__all__ = ["RATE_LIMITS", "RETRY_AFTERS", "rate_limited", "rate_limited_fields", "retry_after"]

RETRY_AFTERS: Final[dict[str, tuple[str, ...]]] = {
    "absent": (),
    "seconds": ("7",),
    "zero": ("0",),
    "date": ("Tue, 05 Aug 2025 12:00:09 GMT",),
    "rfc850-date": ("Tuesday, 05-Aug-25 12:00:09 GMT",),
    "asctime-date": ("Tue Aug  5 12:00:09 2025",),
    "past-date": ("Tue, 05 Aug 2025 11:00:00 GMT",),
    "date-of-no-day": ("Tue, 31 Feb 2025 12:00:09 GMT",),
    "date-offset": ("Tue, 05 Aug 2025 14:00:09 +0200",),
    "date-without-zone": ("Tue, 05 Aug 2025 12:00:09",),
    "negative": ("-5",),
    "signed": ("+7",),
    "float": ("1.5",),
    "exponent": ("1e3",),
    "infinite": ("inf",),
    "nan": ("nan",),
    "hex": ("0x10",),
    "superscript": ("\xb2",),
    "garbage": ("soon",),
    "empty": ("",),
    "spaces": ("  7  ",),
    "list": ("3, 11",),
    "several": ("3", "11", "7"),
    "several-forms": ("3", "Tue, 05 Aug 2025 12:00:09 GMT", "soon"),
    "huge": ("99999999999999999999",),
    "beyond-int": ("9" * 5000,),
    "year": ("31536000",),
}
"""The values of Retry-After by their shape; dates are relative to :data:`tests.chaos.responses.DATE`, most plus 9 s."""

RATE_LIMITS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "plenty": (("Ratelimit", '"default";r=50;t=30'), ("Ratelimit-Policy", '"burst";q=100;w=60')),
    "used-up": (("Ratelimit", '"default";r=0;t=12'), ("Ratelimit-Policy", '"default";q=1200;w=300')),
    "several": (("Ratelimit", '"burst";r=0;t=5, "default";r=50;t=30'),),
    "several-lines": (("Ratelimit", '"burst";r=0;t=5'), ("Ratelimit", '"default";r=0;t=30')),
    "quoted": (("Ratelimit", '"a;t=99, \\"b";r=0;t=12'),),
    "no-time": (("Ratelimit", '"default";r=0'),),
    "zero": (("Ratelimit", '"default";r=0;t=0'),),
    "negative": (("Ratelimit", '"default";r=-1;t=-12'),),
    "float": (("Ratelimit", '"default";r=0;t=12.5'),),
    "huge": (("Ratelimit", '"default";r=0;t=99999999999999999999'),),
    "beyond-int": (("Ratelimit", f'"default";r=0;t={"9" * 5000}'),),
    "old-draft": (("RateLimit-Limit", "1200"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "12")),
    "older-draft": (("RateLimit", "limit=1200, remaining=0, reset=12"),),
    "garbage": (("Ratelimit", '"default;;r=;t=soon'), ("Ratelimit-Policy", "???")),
    "empty": (("Ratelimit", ""), ("Ratelimit-Policy", "")),
}
"""RateLimit fields by what they say."""


def rate_limited(
    *retry_afters: str, fields: tuple[tuple[str, str], ...] = (), name: str = "rate-limited"
) -> ServerResponse:
    """A 429 with any number of Retry-After headers and any fields."""
    body = envelope(success=False, errors=((971, "Please wait and consider throttling your request speed"),))
    headers = (*(("Retry-After", each) for each in retry_afters), *fields)
    return ServerResponse(name=name, status=429, body=body).with_headers(*headers)


def retry_after(shape: str) -> ServerResponse:
    """A 429 with one of :data:`RETRY_AFTERS`."""
    return rate_limited(*RETRY_AFTERS[shape], name=f"retry-after-{shape}")


def rate_limited_fields(shape: str) -> ServerResponse:
    """A 429 without Retry-After and with one of :data:`RATE_LIMITS`."""
    return rate_limited(fields=RATE_LIMITS[shape], name=f"rate-limit-{shape}")
