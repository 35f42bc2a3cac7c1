"""When permits came, for sure: a process may be held up between its permit and its look at the clock."""

import asyncio
import selectors
import time
from collections import deque
from collections.abc import Iterable

__all__ = ["Moments", "most_for_sure"]


class Moments(selectors.DefaultSelector):  # type: ignore[misc, valid-type]  # which one depends on the system
    """Lets an event loop know when its latest turns began."""

    def __init__(self, turns: int) -> None:
        """Look back so many turns: 2 for the loop's own permits, of this turn or the one before; 8 for a server's."""
        super().__init__()
        self._began = deque([self.now()], maxlen=turns)

    @staticmethod
    def now() -> float:
        """Seconds of a clock that all processes share."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for events; a turn begins then."""
        events: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        self._began.append(self.now())
        return events

    def interval(self) -> tuple[float, float]:
        """The time in which a permit came that is there now."""
        return self._began[0], self.now()

    def make_loop(self) -> asyncio.AbstractEventLoop:
        """An event loop with this selector."""
        return asyncio.SelectorEventLoop(self)


def most_for_sure(intervals: Iterable[tuple[float, float]], seconds: float) -> int:
    """The most permits that came in any period of so many seconds, whatever else held their processes up."""
    ordered = sorted(intervals)
    most = 0
    for start, (begin, _) in enumerate(ordered):
        most = max(most, sum(end < begin + seconds for _, end in ordered[start : start + 10_000]))
    return most
