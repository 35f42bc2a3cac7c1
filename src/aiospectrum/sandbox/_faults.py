"""What a sandbox can be told to do wrong: numbers alone, checked when they are set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from aiospectrum.sandbox._arguments import expect, is_number, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FaultKind", "Faults"]

FaultKind: TypeAlias = Literal["error", "hang", "reset_after", "reset_before", "storm", "throttle", "truncate"]
"""What happened to a request instead of what should have."""

_STATUSES: Final = "whole numbers from 500 to 599, at least one"
_LATENCY: Final = "seconds of 0 or more, or a range of them as (low, high)"
_RATES: Final = ("error_rate", "reset_rate", "hang_rate", "truncate_rate", "throttle_rate")
_ROUNDING: Final = 1e-9


def _check_latency(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    low: Any
    high: Any
    low, high = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    fits = is_number(low, 0, math.inf) and is_number(high, low, math.inf)
    expect(fits, attribute.name, value, _LATENCY)


def _check_rate(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    expect(is_number(value, 0, 1), attribute.name, value, "a share from 0 to 1")


def _check_statuses(instance: object, attribute: attrs.Attribute[Any], value: tuple[object, ...]) -> None:
    fits = len(value) > 0 and all(is_whole(status, 500, 599) for status in value)
    expect(fits, attribute.name, value, _STATUSES)


def _check_when(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    expect(value in ("before", "after", "either"), attribute.name, value, "'before', 'after' or 'either'")


def _check_wait(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    expect(is_whole(value, 0, 2**31), attribute.name, value, "whole seconds, 0 or more")


def _check_period(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    fits = value is None or (is_number(value, 0, math.inf) and value != 0)
    expect(fits, attribute.name, value, "seconds greater than 0, or None")


def _freeze(statuses: Iterable[int]) -> tuple[int, ...]:
    try:
        return tuple(statuses)
    except TypeError:
        raise ValueError(f"error_statuses is {statuses!r}; expected {_STATUSES}") from None


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
        ValueError: A value makes no sense by itself or beside the others.
    """

    latency: float | tuple[float, float] = attrs.field(default=0.0, validator=_check_latency)
    """Seconds added before each answer or reset, or their least and most.

    Operations are carried out on arrival all the same: it is their answers that come late.
    """

    error_rate: float = attrs.field(default=0.0, validator=_check_rate)
    """Share of requests that are answered with one of `error_statuses` and not carried out."""
    error_statuses: tuple[int, ...] = attrs.field(
        default=(500, 502, 503, 520, 522, 524), converter=_freeze, validator=_check_statuses
    )
    """HTTP statuses of those errors; from 502 on they come with a page of HTML, below with an envelope."""

    reset_rate: float = attrs.field(default=0.0, validator=_check_rate)
    """Share of requests whose connection is reset (RST) instead of an answer."""
    reset_when: Literal["before", "after", "either"] = attrs.field(default="either", validator=_check_when)
    """Whether the operation is carried out: not if the reset comes before it; either is equally likely."""

    hang_rate: float = attrs.field(default=0.0, validator=_check_rate)
    """Share of requests that are neither carried out nor answered as long as the sandbox runs."""

    truncate_rate: float = attrs.field(default=0.0, validator=_check_rate)
    """Share of answers whose body ends before its Content-Length; the operation is carried out."""

    throttle_rate: float = attrs.field(default=0.0, validator=_check_rate)
    """Share of requests that are answered 429 and not carried out."""
    throttle_retry_after: int = attrs.field(default=1, validator=_check_wait)
    """Seconds that those answers ask to wait, in their ``retry-after``."""

    storm_every: float | None = attrs.field(default=None, validator=_check_period)
    """Seconds from the start of one storm to that of the next; the first is as long after the faults were set.

    During a storm every request is answered 429 and not carried out; ``retry-after`` is the rest of
    the storm in whole seconds. Together with `storm_lasts` or not at all.
    """
    storm_lasts: float | None = attrs.field(default=None, validator=_check_period)
    """Seconds that a storm lasts, less than `storm_every`."""

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
