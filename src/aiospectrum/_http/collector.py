"""A rest for Python's garbage collector while an answer is made into objects."""

import gc

import attrs

__all__ = ["CollectorRest"]


@attrs.define
class CollectorRest:
    """Keeps the garbage collector from running until it is told to go on.

    JSON makes no cycles, so that nothing is to be found among the thousands of objects of an answer, and looking for
    it more than once takes as long as making them. They are handed over with the collector at work again: its next run
    comes when the caller makes the next object that it looks after, unless the result is gone by then.

    Nothing may be awaited between the two calls, as the collector rests for all of the process; so one is enough for
    all tasks of an event loop.
    """

    _is_mine: bool = attrs.field(default=False, init=False)

    def begin(self) -> None:
        """Disable the collector, unless it is disabled already."""
        if gc.isenabled():
            self._is_mine = True
            gc.disable()

    def end(self) -> None:
        """Leave the collector as it was before."""
        if self._is_mine:
            self._is_mine = False
            gc.enable()
