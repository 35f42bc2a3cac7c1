"""What a sandbox is made with: its rate limit and its faults, checked when they are set."""

import math
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TypeAlias

import attrs

__all__ = ["FaultKind", "Faults", "RateLimit", "expect", "is_number", "is_whole"]

FaultKind: TypeAlias = Literal["error", "hang", "reset_after", "reset_before", "storm", "throttle", "truncate"]
"""An injected fault."""

_RATES: Final = ("error_rate", "reset_rate", "hang_rate", "truncate_rate", "throttle_rate")
_STATUSES: Final = "whole numbers from 500 to 599, at least one"
_ROUNDING: Final = 1e-9


def expect(fits: bool, name: str, value: object, expected: str) -> None:
    """Raise a ValueError about the argument ``name`` unless its value ``fits``."""
    if not fits:
        raise ValueError(f"{name} is {value!r}; expected {expected}")


def is_whole(value: object, low: int, high: float) -> bool:
    """Return whether a value is an int from ``low`` to ``high``; a bool is none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_number(value: object, low: float, high: float) -> bool:
    """Return whether a value is a finite int or float from ``low`` to ``high``; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max and low <= value <= high


def _check(fits: Callable[[Any], bool], expected: str) -> Callable[[object, "attrs.Attribute[Any]", Any], None]:
    """Return a validator that names the field, its value and what was expected."""

    def validate(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        expect(fits(value), attribute.name, value, expected)

    return validate


def _is_positive(value: object) -> bool:
    return is_number(value, 0, math.inf) and value != 0


def _is_latency(value: Any) -> bool:
    ends: Any = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    low, high = ends
    return is_number(low, 0, math.inf) and is_number(high, low, math.inf)


def _are_statuses(value: tuple[object, ...]) -> bool:
    return len(value) > 0 and all(is_whole(status, 500, 599) for status in value)


def _freeze(statuses: Iterable[int]) -> tuple[int, ...]:
    expect(isinstance(statuses, Iterable), "error_statuses", statuses, _STATUSES)
    return tuple(statuses)


_positive: Final = _check(_is_positive, "a number greater than 0")
_period: Final = _check(lambda value: value is None or _is_positive(value), "seconds greater than 0, or None")
_rate: Final = _check(lambda value: is_number(value, 0, 1), "a share from 0 to 1")
_latency: Final = _check(_is_latency, "seconds of 0 or more, or a range of them as (low, high)")
_wait: Final = _check(lambda value: is_whole(value, 0, 2**31), "whole seconds, 0 or more")
_when: Final = _check(lambda value: value in ("before", "after", "either"), "'before', 'after' or 'either'")
_requests: Final = _check(lambda value: is_whole(value, 1, math.inf), "a whole number of at least 1")


@attrs.frozen(kw_only=True)
class RateLimit:
    """How many requests a credential may make, and for how long it is blocked after too many.

    Raises:
        ValueError: A value is not a number greater than zero.
    """

    requests: int = attrs.field(default=1200, validator=_requests)
    """Requests allowed in one window."""
    per_seconds: float = attrs.field(default=300, validator=_positive)
    """Length of the window in seconds."""
    block_seconds: float = attrs.field(default=300, validator=_positive)
    """Seconds for which every response is 429 once the window's budget is exceeded."""


@attrs.frozen(kw_only=True)
class Faults:
    """What goes wrong, and how often; without arguments nothing does.

    >>> Faults(latency=(0.05, 0.2), error_rate=0.05, reset_rate=0.01, reset_when="after").hang_rate
    0.0

    A request meets one fault at most, so that the rates are shares of all requests and add up to 1
    or less. All is drawn from the sandbox's seed in the order in which requests arrive, and each
    request takes the same number of draws whatever the faults are: equal seeds, faults and
    requests give equal outcomes.

    Credentials and the rate limit come first. A request that they refuse is refused as ever, only
    late if there is a latency; any other counts towards the rate limit, whatever happens to it then.

    Raises:
        ValueError: A value makes no sense by itself or together with the others.
    """

    latency: float | tuple[float, float] = attrs.field(default=0.0, validator=_latency)
    """Seconds added before each response or reset, or their least and most.

    Operations are carried out on arrival all the same: it is their responses that come late.
    """

    error_rate: float = attrs.field(default=0.0, validator=_rate)
    """Share of requests that fail with one of ``error_statuses`` and are not carried out."""
    error_statuses: tuple[int, ...] = attrs.field(
        default=(500, 502, 503, 520, 522, 524), converter=_freeze, validator=_check(_are_statuses, _STATUSES)
    )
    """HTTP statuses of those errors; from 502 on they come with a page of HTML, below with an envelope."""

    reset_rate: float = attrs.field(default=0.0, validator=_rate)
    """Share of requests whose connection is reset (RST) instead of a response."""
    reset_when: Literal["before", "after", "either"] = attrs.field(default="either", validator=_when)
    """Whether the operation is carried out: not if the reset comes before it; either is equally likely."""

    hang_rate: float = attrs.field(default=0.0, validator=_rate)
    """Share of requests that are not carried out and have no response as long as the sandbox runs."""

    truncate_rate: float = attrs.field(default=0.0, validator=_rate)
    """Share of responses whose body ends before its Content-Length; the operation is carried out."""

    throttle_rate: float = attrs.field(default=0.0, validator=_rate)
    """Share of requests that are refused with 429 and not carried out."""
    throttle_retry_after: int = attrs.field(default=1, validator=_wait)
    """Seconds to wait that those responses have in ``retry-after``."""

    storm_every: float | None = attrs.field(default=None, validator=_period)
    """Seconds from the start of one storm to that of the next; the first is as long after the faults were set.

    During a storm every request is refused with 429 and not carried out; ``retry-after`` is the rest
    of the storm in whole seconds. Together with ``storm_lasts`` or not at all.
    """
    storm_lasts: float | None = attrs.field(default=None, validator=_period)
    """Seconds that a storm lasts, less than ``storm_every``."""

    def __attrs_post_init__(self) -> None:
        """Check the values that depend on one another."""
        every, lasts = self.storm_every, self.storm_lasts
        if every is None or lasts is None:
            expect(lasts is None, "storm_every", every, "seconds, since storm_lasts is set")
            expect(every is None, "storm_lasts", lasts, "seconds, since storm_every is set")
        else:
            expect(lasts < every, "storm_lasts", lasts, f"less than storm_every, which is {every!r}")
        total = math.fsum(getattr(self, name) for name in _RATES)
        expect(total <= 1 + _ROUNDING, " + ".join(_RATES), total, "at most 1, as a request meets one fault at most")
