"""The request budget."""

from typing import Any

import pytest

from aiospectrum.sandbox import RateLimit

TIGHT = RateLimit(requests=3, per_seconds=10, block_seconds=20.5)


async def test_the_budget_runs_out_and_comes_back(connect: Any) -> None:
    """Each response says what is left; one call too many blocks everything for a while."""
    async with connect(rate_limit=TIGHT) as api:
        for left in (2, 1, 0):
            reply = await api.get("protocols")
            assert reply.headers["Ratelimit"] == f'"default";r={left};t=10'
            assert reply.headers["Ratelimit-Policy"] == '"default";q=3;w=10'
            assert "retry-after" not in reply.headers
        for waited, rest in ((0, "21"), (11, "10"), (9.4, "1")):
            api.clock.advance(waited)
            reply = await api.get("protocols")
            assert (reply.status, reply.errors) == (429, [(971, None)])
            assert reply.headers["retry-after"] == rest
            assert "Ratelimit" not in reply.headers
        api.clock.advance(0.2)
        assert (await api.get("protocols")).headers["Ratelimit"] == '"default";r=2;t=10'


async def test_windows_follow_one_another(connect: Any) -> None:
    """A window that ends before its budget does leaves nothing behind."""
    async with connect(rate_limit=TIGHT) as api:
        for _ in range(3):
            for left in (2, 1):
                assert f"r={left};" in (await api.get("protocols")).headers["Ratelimit"]
                api.clock.advance(4.5)
            api.clock.advance(1)


async def test_credentials_have_budgets_of_their_own(connect: Any) -> None:
    """Token and key are counted apart; strangers are not counted at all."""
    async with connect(rate_limit=RateLimit(requests=1)) as api:
        pair = {"X-Auth-Email": api.sandbox.api_email, "X-Auth-Key": api.sandbox.api_key}
        for _ in range(3):
            assert (await api.call("GET", api.path("apps"), headers={})).status == 400
        assert (await api.get("apps")).status == 200
        assert (await api.call("GET", api.path("apps"), headers=pair)).status == 200
        assert (await api.get("apps")).status == 429


async def test_failed_calls_count_too(connect: Any) -> None:
    """Refused requests use the budget up, and while blocked even unknown paths get 429."""
    async with connect(rate_limit=RateLimit(requests=2)) as api:
        for status in (404, 404, 429):
            assert (await api.call("GET", "/nope")).status == status


async def test_the_limit_can_be_off(connect: Any) -> None:
    """Without a limit there are no headers either."""
    async with connect(rate_limit=None) as api:
        assert "Ratelimit" not in (await api.get("protocols")).headers


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"requests": 0}, "requests"),
        ({"requests": 1.5}, "requests"),
        ({"requests": True}, "requests"),
        ({"per_seconds": 0}, "per_seconds"),
        ({"per_seconds": float("inf")}, "per_seconds"),
        ({"block_seconds": -1}, "block_seconds"),
        ({"block_seconds": "x"}, "block_seconds"),
        ({"block_seconds": True}, "block_seconds"),
    ],
)
def test_limits_make_sense(arguments: dict[str, Any], name: str) -> None:
    """A limit that makes no sense is refused with the name of the argument."""
    with pytest.raises(ValueError, match=f"^{name} is .*; expected "):
        RateLimit(**arguments)
