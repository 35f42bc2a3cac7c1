"""One zone and window: asked for, waited for when the rate limit says so, and judged."""

import math
from collections.abc import Awaitable, Callable
from typing import Final

import attrs

from aiospectrum.bulk.outcomes import Outcome, TruncatedError
from aiospectrum.bulk.plan import Task
from aiospectrum.bulk.query import Query, is_cut_off
from aiospectrum.bulk.windows import Window, split_window
from aiospectrum.endpoints import get_events_by_time, get_events_summary
from aiospectrum.errors import (
    ClientStateError,
    InvalidArgumentError,
    RateLimitError,
    RequestTimeoutError,
    SpectrumError,
)
from aiospectrum.models import Report
from aiospectrum.transport import Transport

__all__ = ["Asker"]

_SHORTEST_WAIT: Final = 1.0
"""Seconds; a turn that is said to be due at once, again and again, would use no patience up."""


@attrs.frozen(kw_only=True)
class Asker:
    """How the tasks of a pull are carried out."""

    query: Query
    """The question."""

    patience: float | None
    """Seconds that a window waits for the rate limit altogether, beside what a call itself waits; None for no limit."""

    sleep: Callable[[float], Awaitable[object]]
    """Waits a number of seconds."""

    async def ask(
        self, client: Transport, task: Task, window: Window, *, is_last: bool
    ) -> Outcome | tuple[Window, Window]:
        """Ask for a window.

        Args:
            client: What to call over.
            task: The task that the window belongs to.
            window: The time to ask for.
            is_last: Whether the task has no other parts left.

        Returns:
            The outcome; or, when the answer was cut off, the two parts to ask for instead.

        Raises:
            InvalidArgumentError: The client does not take an argument.
            ClientStateError: The client is not open, or not on this event loop.
        """
        try:
            report = await self._report(client, task.zone_id, window)
        except (InvalidArgumentError, ClientStateError):
            raise  # mistakes in the program, which every other task would repeat
        except SpectrumError as error:
            return Outcome(task=task, window=window, error=error, is_last=is_last)
        if not is_cut_off(self.query, report):
            return Outcome(task=task, window=window, report=report, is_last=is_last)
        parts = split_window(window, self.query.shortest)
        if parts is not None:
            return parts
        message = f"the report of zone {task.zone_id} for {window} may lack rows: it was cut off at {len(report.data)}"
        return Outcome(task=task, window=window, error=TruncatedError(message, report=report), is_last=is_last)

    async def _report(self, client: Transport, zone_id: str, window: Window) -> Report:
        """Call until the rate limit lets it through: a call with a deadline before its turn fails at once."""
        left = math.inf if self.patience is None else self.patience
        while True:
            try:
                return await _call(client, self.query, zone_id, window)
            except (RateLimitError, RequestTimeoutError) as error:
                if error.wait is None:
                    raise
                wait = max(error.wait, _SHORTEST_WAIT)
                if wait > left:
                    raise
            left -= wait
            await self.sleep(wait)


async def _call(client: Transport, query: Query, zone_id: str, window: Window) -> Report:
    if query.time_delta is None:
        return await get_events_summary(
            client,
            zone_id,
            metrics=query.metrics,
            dimensions=query.dimensions or None,
            since=window.since,
            until=window.last,
            filters=query.filters,
            limit=query.limit,
        )
    return await get_events_by_time(
        client,
        zone_id,
        time_delta=query.time_delta,
        metrics=query.metrics,
        dimensions=query.dimensions or None,
        since=window.since,
        until=window.last,
        filters=query.filters,
        limit=query.limit,
    )
