"""The waits after a 429, for every shape in which a response can request them."""

from typing import Final

import pytest

from aiospectrum import Timeouts
from tests.chaos.bench import open_bench
from tests.chaos.rate_limits import RATE_LIMITS, RETRY_AFTERS, rate_limited, rate_limited_fields, retry_after
from tests.chaos.responses import ServerResponse
from tests.chaos.server import ChaosServer

FOREVER: Final = Timeouts(total=None)

SHAPES: Final[dict[str, float]] = {
    "seconds": 7,
    "zero": 0,
    "date": 9,
    "rfc850-date": 9,
    "asctime-date": 9,
    "date-offset": 9,
    "spaces": 7,
    "list": 11,
    "several": 11,
    "several-forms": 9,
}
"""Seconds that the readable shapes of Retry-After stand for; all others are unreadable."""

FIELDS: Final[dict[str, float]] = {
    "plenty": 30,
    "used-up": 12,
    "several": 5,
    "several-lines": 30,
    "quoted": 12,
    "zero": 0,
}
"""Seconds that the readable shapes of the RateLimit fields say."""

UNKNOWN: Final = 30


@pytest.mark.parametrize("random", [0.0, 0.999], ids=["no-jitter", "most-jitter"])
@pytest.mark.parametrize(
    ("response", "seconds"),
    [
        *((retry_after(shape), SHAPES.get(shape, UNKNOWN)) for shape in RETRY_AFTERS),
        *((rate_limited_fields(shape), FIELDS.get(shape, UNKNOWN)) for shape in RATE_LIMITS),
    ],
    ids=lambda value: value.name if isinstance(value, ServerResponse) else "",
)
async def test_waits_after_a_429(response: ServerResponse, seconds: float, random: float) -> None:
    """The wait is never shorter than what the API says, and no more than a tenth and 5 s longer."""
    async with (
        ChaosServer([response]) as server,
        open_bench(server.url, timeouts=FOREVER, random=lambda: random) as bench,
    ):
        assert (await bench.call("create")).attempts == 2
    assert bench.waits == [pytest.approx(seconds + random * min(5, seconds / 10))]


@pytest.mark.parametrize(
    "fields", [(), (("Ratelimit", '"default";r=0;t=99'),)], ids=["alone", "with a field that says more"]
)
async def test_retry_after_comes_first(fields: tuple[tuple[str, str], ...]) -> None:
    """What Retry-After says is what counts after a 429, when it can be read."""
    async with (
        ChaosServer([rate_limited("7", fields=fields)]) as server,
        open_bench(server.url, timeouts=FOREVER) as bench,
    ):
        await bench.call("list")
    assert bench.waits == [7]
