"""One window of one zone: its report is fetched, as soon as the rate limit permits, and judged."""

import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, cast

import attrs

from aiospectrum._generated.analytics import GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY
from aiospectrum._http.call import client_of, while_open
from aiospectrum.bulk.packing import ColumnReport, RowPacker
from aiospectrum.bulk.plan import Task
from aiospectrum.bulk.query import Query, is_truncated
from aiospectrum.bulk.windows import Window, split_window
from aiospectrum.checks import Number, keep
from aiospectrum.endpoints import get_events_by_time, get_events_summary
from aiospectrum.errors import (
    ClientStateError,
    InvalidArgumentError,
    RateLimitError,
    RequestTimeoutError,
    SpectrumError,
)
from aiospectrum.models import Report
from aiospectrum.routes import Route
from aiospectrum.tables.layout import TidyTable
from aiospectrum.tables.mixin import TableMethods
from aiospectrum.transport import Response, Transport

__all__ = ["TIMEOUT", "Fetcher", "Outcome", "TruncatedError"]

TIMEOUT: Final = Number(expected="a number of seconds, 0 or more, or None")
"""How long windows may wait for the rate limit."""

_SHORTEST_WAIT: Final = 1.0
"""Seconds; waits of no length, again and again, would never reach the rate limit's timeout."""


class TruncatedError(SpectrumError):
    """A report may lack rows, and its window cannot be split any further.

    Query with a larger limit, fewer dimensions, or filters that divide the rows.
    """

    def __init__(self, message: str, *, report: Report) -> None:
        """Keep the report.

        Args:
            message: The whole error in one line.
            report: What there is of the report.
        """
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(TruncatedError, report=self.report), self.args


@attrs.frozen(kw_only=True)
class Outcome(TableMethods):
    """A report, or why there is none.

    It is a table as the report is, with three columns in front: ``zone_id``, ``window_since`` and ``window_until``
    (excluded). Without a report, what makes the table raises the error.
    """

    task: Task
    """The task of the plan."""

    window: Window
    """The window of the report: that of the task, or a part of it when that was split."""

    report: Report | None = attrs.field(default=None, repr=False)
    """The report, None when there is an error."""

    error: SpectrumError | None = None
    """Why there is no report, None when there is one."""

    is_last: bool
    """Whether all parts of the task's window have had their outcomes with this one."""

    asked: float = 0.0
    """When the report was called for, before all waits of the call, in seconds since 1970 by the clock; it has what had
    happened by then, less its ``data_lag``. It is 0 without a report."""

    @property
    def ok(self) -> bool:
        """Whether there is a report."""
        return self.error is None

    def unwrap(self) -> Report:
        """Return the report, or raise the error.

        Returns:
            The report.

        Raises:
            SpectrumError: There is none; see :mod:`aiospectrum.errors` for the tree.
        """
        if self.error is not None:
            raise self.error
        assert self.report is not None, "there is one or the other"  # noqa: S101 - for the type checker
        return self.report

    def _tidy(self, metrics: Sequence[str] | None, dimensions: Sequence[str] | None) -> TidyTable:
        return TidyTable.from_report(
            self.unwrap(),
            metrics=metrics,
            dimensions=dimensions,
            interval=(self.window.since, self.window.last),
            constants={
                "zone_id": self.task.zone_id,
                "window_since": self.window.since,
                "window_until": self.window.until,
            },
        )


_PACKED: Final[Mapping[Route[Any], Route[Any]]] = {
    each: attrs.evolve(each, collect=RowPacker) for each in (GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY)
}
"""Routes of reports whose rows are packed as they are decoded."""


class _Packing(Transport):
    """Calls over a client of ours, with rows of large reports packed as they are decoded."""

    def __init__(self, client: Transport) -> None:
        self._client = client

    async def send(
        self, route: Route[Any], *, path: Mapping[str, object], query: Mapping[str, object], body: object = None
    ) -> Response[Any]:
        return await self._client.send(_PACKED.get(route, route), path=path, query=query, body=body)


@attrs.frozen(kw_only=True)
class Fetcher:
    """How windows are fetched.

    Raises:
        InvalidArgumentError: The timeout is not a number of seconds.
    """

    query: Query
    """The query."""

    rate_limit_timeout: float | None = attrs.field(validator=keep(TIMEOUT, or_none=True))
    """Seconds that a window waits for the rate limit in total, on top of the waits of a call; None for no limit."""

    sleep: Callable[[float], Awaitable[object]]
    """Waits a number of seconds."""

    clock: Callable[[], float] = time.time
    """Returns the time of day in seconds since 1970."""

    columns: bool = False
    """Whether large reports come as :class:`~aiospectrum.bulk.packing.ColumnReport`, which takes less time; those of
    transports that are not ours never do."""

    async def fetch(
        self, client: Transport, task: Task, window: Window, *, is_last: bool
    ) -> Outcome | tuple[Window, Window]:
        """Fetch the report of a window.

        Args:
            client: What to call over.
            task: The task that the window belongs to.
            window: The window.
            is_last: Whether the task has no other parts left.

        Returns:
            The outcome; or, when the report was truncated, the two parts to fetch instead.

        Raises:
            InvalidArgumentError: The client does not take an argument.
            ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
        """
        try:
            report, asked = await self._wait_and_call(client, task.zone_id, window)
        except (InvalidArgumentError, ClientStateError):
            raise  # mistakes in the program, which every other task would repeat
        except SpectrumError as error:
            return Outcome(task=task, window=window, error=error, is_last=is_last)
        if not is_truncated(self.query, report):
            found = cast(Report, report)  # for who asked for columns, it is known to be either
            return Outcome(task=task, window=window, report=found, is_last=is_last, asked=asked)
        parts = split_window(window, self.query.shortest)
        if parts is not None:
            return parts
        message = f"the report of zone {task.zone_id} for {window} may lack rows: it was cut off at {len(report.data)}"
        if isinstance(report, ColumnReport):
            report = report.to_report()
        return Outcome(task=task, window=window, error=TruncatedError(message, report=report), is_last=is_last)

    async def _wait_and_call(
        self, client: Transport, zone_id: str, window: Window
    ) -> tuple[Report | ColumnReport, float]:
        """Call until the rate limit permits it: a call whose permit comes after its deadline fails at once."""
        left = math.inf if self.rate_limit_timeout is None else self.rate_limit_timeout
        while True:
            asked = self.clock()
            try:
                return await self._call(client, zone_id, window), asked
            except (RateLimitError, RequestTimeoutError) as error:
                if error.wait is None:
                    raise
                wait = max(error.wait, _SHORTEST_WAIT)
                if wait > left:
                    raise
            left -= wait
            with while_open(client):
                await self.sleep(wait)

    async def _call(self, client: Transport, zone_id: str, window: Window) -> Report | ColumnReport:
        query = self.query
        if self.columns and client_of(client) is not None:
            client = _Packing(client)
        endpoint = (
            get_events_summary if query.time_delta is None else partial(get_events_by_time, time_delta=query.time_delta)
        )
        return await endpoint(
            client,
            zone_id,
            metrics=query.metrics,
            dimensions=query.dimensions or None,
            since=window.since,
            until=window.last,
            filters=query.filters,
            limit=query.limit,
        )
