"""Which request meets which fault: drawn from the seed and a clock, without I/O."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

import attrs

from aiospectrum.sandbox._mixing import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiospectrum.sandbox._faults import FaultKind, Faults

__all__ = ["Mishap", "Mishaps"]


@attrs.frozen(kw_only=True)
class Mishap:
    """What one request meets with."""

    latency: float
    """Seconds that its answer or reset comes late."""
    fault: FaultKind | None = None
    """What goes wrong beside that."""
    status: int = 0
    """HTTP status of an error."""
    retry_after: int = 0
    """Seconds to wait, of a storm or a throttled request."""
    share: float = 1.0
    """How much of the body is sent when it is cut off."""

    def only_late(self) -> Mishap:
        """Return the same latency without a fault."""
        return Mishap(latency=self.latency)


class Mishaps:
    """Draws what happens to one request after the other."""

    def __init__(self, faults: Faults, *, seed: int, monotonic: Callable[[], float]) -> None:
        """Draw from a stream of its own, made from `seed`; storms go by `monotonic`, in seconds."""
        self._random: Final = random.Random(fold(seed, "faults"))  # noqa: S311 - it has to be predictable
        self._monotonic: Final = monotonic
        self._current = (faults, monotonic())

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self._current[0]

    @faults.setter
    def faults(self, faults: Faults) -> None:
        # One assignment, since it may come from another thread than the draws.
        self._current = (faults, self._monotonic())

    def draw(self) -> Mishap:
        """Return what happens to the next request."""
        faults, since = self._current
        # Always three, so that what one fault takes never shifts the others.
        kind, detail, delay = self._random.random(), self._random.random(), self._random.random()
        low, high = faults.latency if isinstance(faults.latency, tuple) else (faults.latency, faults.latency)
        latency = low + (high - low) * delay
        left = _storm_left(faults, self._monotonic() - since)
        if left > 0:
            return Mishap(latency=latency, fault="storm", retry_after=math.ceil(left))
        return _pick(faults, kind, detail, latency)


def _storm_left(faults: Faults, elapsed: float) -> float:
    """Return the seconds until the current storm ends; 0 or less when there is none."""
    if faults.storm_every is None or faults.storm_lasts is None or elapsed < faults.storm_every:
        return 0.0
    return faults.storm_lasts - elapsed % faults.storm_every


def _pick(faults: Faults, kind: float, detail: float, latency: float) -> Mishap:
    """Return the mishap whose part of the interval from 0 to 1 holds `kind`; `detail` draws what is within it."""
    if (kind := kind - faults.error_rate) < 0:
        statuses = faults.error_statuses
        return Mishap(latency=latency, fault="error", status=statuses[int(detail * len(statuses))])
    if (kind := kind - faults.reset_rate) < 0:
        before = detail < 0.5 if faults.reset_when == "either" else faults.reset_when == "before"
        return Mishap(latency=latency, fault="reset_before" if before else "reset_after")
    if (kind := kind - faults.hang_rate) < 0:
        return Mishap(latency=latency, fault="hang")
    if (kind := kind - faults.truncate_rate) < 0:
        return Mishap(latency=latency, fault="truncate", share=detail)
    if kind - faults.throttle_rate < 0:
        return Mishap(latency=latency, fault="throttle", retry_after=faults.throttle_retry_after)
    return Mishap(latency=latency)
