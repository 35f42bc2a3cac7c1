"""Checks of what a sandbox is made with; each failure names the argument, its value and what was expected."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from aiospectrum.sandbox._auth import API_KEY, API_TOKEN, EMAIL, Credentials
from aiospectrum.sandbox._routes import ID
from aiospectrum.sandbox._seeding import make_zone_ids

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

__all__ = ["check_credentials", "check_zones", "expect", "is_number", "is_whole"]

_MOST_ZONES: Final = 10_000


def expect(fits: bool, name: str, value: object, expected: str) -> None:
    """Raise a ValueError about the argument `name` unless its value `fits`."""
    if not fits:
        raise ValueError(f"{name} is {value!r}; expected {expected}")


def is_whole(value: object, low: int, high: int) -> bool:
    """Return whether a value is an int from `low` to `high`; a bool is none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_number(value: object, low: float, high: float) -> bool:
    """Return whether a value is a finite int or float from `low` to `high`; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and low <= value <= high


def check_zones(zones: int | Sequence[str], seed: int) -> tuple[str, ...]:
    """Return the ids of the zones, made from the seed when only their number is given.

    Raises:
        ValueError: An argument has a value that makes no sense.
    """
    expect(is_whole(seed, -(2**63), 2**63 - 1), "seed", seed, "a whole number of 64 bits")
    if isinstance(zones, int):
        expect(is_whole(zones, 1, _MOST_ZONES), "zones", zones, f"1 to {_MOST_ZONES}, or zone ids")
        return make_zone_ids(zones, seed)
    found = tuple(zones)
    well_formed = all(isinstance(zone_id, str) and ID.fullmatch(zone_id) for zone_id in found)
    distinct = len(set(found)) == len(found) > 0
    expect(well_formed and distinct, "zones", zones, "distinct ids of 32 hexadecimal digits")
    return found


def check_credentials(api_token: str, api_email: str, api_key: str) -> Credentials:
    """Return the credentials to accept.

    Raises:
        ValueError: One of them does not have the form that Cloudflare gives it.
    """
    checks: tuple[tuple[str, str, re.Pattern[str], str], ...] = (
        ("api_token", api_token, API_TOKEN, "40 to 128 letters, digits, '-' and '_'"),
        ("api_email", api_email, EMAIL, "an email address"),
        ("api_key", api_key, API_KEY, "32 to 64 lower-case hexadecimal digits"),
    )
    for name, value, pattern, expected in checks:
        # A secret of the wrong form may be a real one in the wrong place: it is not shown.
        shown = value if name == "api_email" else f"{len(value)} characters that do not fit"
        expect(pattern.fullmatch(value) is not None, name, shown, expected)
    return Credentials(api_token=api_token, api_email=api_email, api_key=api_key)
