"""Windows of time in UTC, and how they are cut: pure, and counted without ever being listed.

A window is half open: ``since`` belongs to it and ``until`` does not, so that windows that touch share nothing. The API
includes both ends and counts by whole seconds, so that a window is fetched up to its last second, :attr:`Window.last`;
any edge between two windows then has each second on one side of it. Reports of the API's sibling for DNS, whose
intervals end at ``11:19:59`` before one that begins at ``11:20:00``, show the same.

Source: https://developers.cloudflare.com/api/resources/dns/subresources/analytics/
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import attrs

from aiospectrum._codec.writers import format_date_time
from aiospectrum.checks import Unchecked
from aiospectrum.models import TimeDelta

__all__ = [
    "STEP",
    "Window",
    "WindowLength",
    "count_windows",
    "edge_after",
    "edge_before",
    "fits",
    "split_window",
    "usual_length",
    "window_at",
]

WindowLength: TypeAlias = TimeDelta | Literal["whole"]
"""Length of the windows of a plan: calendar units in UTC, weeks from Monday on; or the whole time in one window."""

STEP: Final = timedelta(seconds=1)
"""The time from the last moment that the API includes in a window to the first one of the next."""

_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
"""Where units of fixed length are counted from; it begins a week, and so a day, an hour and a minute."""

_FIXED: Final[Mapping[WindowLength, timedelta]] = {
    "week": timedelta(days=7),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "dekaminute": timedelta(minutes=10),
    "minute": timedelta(minutes=1),
}
_MONTHS: Final[Mapping[WindowLength, int]] = {"month": 1, "quarter": 3, "year": 12}
_LADDER: Final[tuple[WindowLength, ...]] = ("minute", "dekaminute", "hour", "day", "month", "quarter", "year", "whole")
"""Lengths of which each is made of whole ones of all before it."""


@attrs.frozen(kw_only=True)
class Window:
    """A span of time, ``until`` excluded."""

    since: datetime
    """The first second, in UTC."""

    until: datetime
    """The second after the last one, in UTC."""

    @property
    def last(self) -> datetime:
        """The last second, which is what the API is sent as ``until``."""
        return self.until - STEP

    def __str__(self) -> str:
        return f"{format_date_time(self.since)}..{format_date_time(self.until)}"


def usual_length(time_delta: TimeDelta | Unchecked | None) -> WindowLength:
    """Choose how long the windows of a plan are by default.

    Args:
        time_delta: Length of the time intervals of the reports; None for summaries.

    Returns:
        A day, or one time interval where that is longer.
    """
    if isinstance(time_delta, Unchecked) or time_delta not in ("week", "month", "quarter", "year"):
        return "day"
    return time_delta


def fits(length: WindowLength, time_delta: TimeDelta | Unchecked) -> bool:
    """Return whether windows are made of whole time intervals.

    Args:
        length: Length of the windows.
        time_delta: Length of the time intervals.

    Returns:
        Whether no time interval lies across the edge of two windows; weeks do, across those of months.
    """
    if length == time_delta or length == "whole":
        return True
    if isinstance(time_delta, Unchecked) or time_delta == "week":
        return False
    return _LADDER.index(time_delta) <= _LADDER.index("day" if length == "week" else length)


def count_windows(span: Window, length: WindowLength) -> int:
    """Count the windows that a span of time is cut into.

    Args:
        span: The time.
        length: Length of each window; the first and the last one are shorter where the time does not begin or end at
            an edge.

    Returns:
        1 or more.
    """
    return _number(span.last, length) - _number(span.since, length) + 1


def window_at(span: Window, length: WindowLength, index: int) -> Window:
    """Return one of the windows that a span of time is cut into.

    Args:
        span: The time.
        length: Length of each window.
        index: Place of the window, counted from 0, less than :func:`count_windows` gives.

    Returns:
        The window.
    """
    number = _number(span.since, length) + index
    is_last = index == count_windows(span, length) - 1
    return Window(
        since=_start(number, length) if index else span.since,
        until=span.until if is_last else _start(number + 1, length),
    )


def split_window(window: Window, time_delta: WindowLength) -> tuple[Window, Window] | None:
    """Cut a window in two, between the time intervals in its middle.

    Args:
        window: What to cut.
        time_delta: Length of the time intervals.

    Returns:
        Both parts; None when there is but one time interval.
    """
    count = count_windows(window, time_delta)
    if count == 1:
        return None
    edge = window_at(window, time_delta, count // 2).since
    return Window(since=window.since, until=edge), Window(since=edge, until=window.until)


def edge_before(moment: datetime, length: WindowLength) -> datetime:
    """Cut a moment down to where a calendar unit begins.

    Args:
        moment: An aware time.
        length: Length of the units; ``whole``, which has no edges, cuts to the second.

    Returns:
        The latest edge that is not after the moment, in UTC.
    """
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) if length == "whole" else _start(_number(moment, length), length)


def edge_after(moment: datetime, length: WindowLength) -> datetime:
    """Cut a moment up to where a calendar unit begins.

    Args:
        moment: An aware time.
        length: Length of the units; ``whole``, which has no edges, cuts to the second.

    Returns:
        The first edge that is not before the moment, in UTC.

    Raises:
        OverflowError: That would be after the year 9999.
    """
    edge = edge_before(moment, length)
    if edge == moment:
        return edge
    try:
        return edge + STEP if length == "whole" else _start(_number(edge, length) + 1, length)
    except ValueError as error:
        raise OverflowError(str(error)) from None


def _number(moment: datetime, length: WindowLength) -> int:
    """The number of the calendar unit that a moment lies in."""
    if length == "whole":
        return 0
    if length in _MONTHS:
        return (moment.year * 12 + moment.month - 1) // _MONTHS[length]
    return (moment - _MONDAY) // _FIXED[length]


def _start(number: int, length: WindowLength) -> datetime:
    """Where a calendar unit begins."""
    if length in _MONTHS:
        year, month = divmod(number * _MONTHS[length], 12)
        return _MONDAY.replace(year=year, month=month + 1, day=1)
    return _MONDAY + number * _FIXED[length]
