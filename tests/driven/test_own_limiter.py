"""A limiter of a user's own: five methods are enough, and one that lacks some is refused before anything is sent."""

from functools import partial
from typing import Any
from unittest.mock import AsyncMock

import pytest

from aiospectrum import Client, InvalidArgumentError, Limiter, RequestTimeoutError, TooLateError
from tests.chaos.rate_limits import rate_limited
from tests.chaos.server import ChaosServer
from tests.conftest import TOKEN, ZONE

METHODS = ("acquire", "release", "pause", "pause_left", "update_quota")


class Own:
    """Nothing but the five methods, which write down how they were called."""

    __slots__ = ("calls", "too_late")

    def __init__(self, *, too_late: bool = False) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.too_late = too_late

    async def acquire(self, latest: float | None) -> int:
        self.calls.append(("acquire", latest is not None))
        if self.too_late:
            raise TooLateError(7.5)
        return 41 + len(self.calls)

    def release(self, permit: int, *, was_cancelled: bool) -> None:
        self.calls.append(("release", permit, was_cancelled))

    def pause(self, permit: int, seconds: float) -> None:
        self.calls.append(("pause", permit, 3 <= seconds <= 3.3))

    def pause_left(self) -> float:
        return 0.0

    def update_quota(self, permit: int, left: int, seconds: float) -> None:
        self.calls.append(("update_quota", permit, left, seconds))


async def test_five_methods_are_enough() -> None:
    """Each attempt has a permit, a 429 pauses, what a response says of the quota is passed on, and all is released."""
    own = Own()
    async with (
        ChaosServer([rate_limited("3", fields=(("Ratelimit", '"default";r=0;t=5'),))]) as server,
        Client(api_token=TOKEN, base_url=server.url, rate_limit=own) as client,
    ):
        await client.protocols.list(ZONE)
        assert server.attempts == 2
    first = [("acquire", True), ("pause", 42, True), ("update_quota", 42, 0, 5.0), ("release", 42, False)]
    assert own.calls == [*first, ("acquire", True), ("release", 46, False)]


async def test_too_late_by_ones_own() -> None:
    """A limiter that says that a permit would come too late fails the call with the wait; nothing is sent."""
    async with (
        ChaosServer([]) as server,
        Client(api_token=TOKEN, base_url=server.url).with_options(rate_limit=Own(too_late=True)) as client,
    ):
        with pytest.raises(RequestTimeoutError, match=r"7\.5 s for the rate limit") as caught:
            await client.protocols.list(ZONE)
        assert (caught.value.wait, caught.value.was_sent, server.attempts) == (7.5, False, 0)


def without(*names: str) -> object:
    """A limiter that lacks methods."""
    return type("Lacking", (), {name: vars(Own)[name] for name in METHODS if name not in names})()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_that_is_missing(name: str) -> None:
    """It is named, with what was expected, by the client and by with_options."""
    limiter: Any = without(name)
    for make in (partial(Client, api_token=TOKEN), Client(api_token=TOKEN).with_options):
        with pytest.raises(InvalidArgumentError, match=f"lacks {name}") as caught:
            make(rate_limit=limiter)
        assert caught.value.field == "rate_limit"
        assert all(each in caught.value.expected for each in METHODS)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(Limiter, "a limiter such as Limiter", id="a class"),
        pytest.param("50/300", "a RateLimit", id="a text"),
        pytest.param(without("pause", "release"), "lacks release and pause", id="two methods are missing"),
        pytest.param(type("A", (Own,), {"pause": 5})(), "lacks pause", id="a number for a method"),
        pytest.param(type("A", (Own,), {"release": AsyncMock()})(), "whose release is not async", id="async release"),
    ],
)
def test_what_is_no_limiter(value: Any, expected: str) -> None:
    """It is refused when the client is made."""
    with pytest.raises(InvalidArgumentError, match=expected):
        Client(api_token=TOKEN, rate_limit=value)
