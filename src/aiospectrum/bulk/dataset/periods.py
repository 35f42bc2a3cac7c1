"""The periods that the data files of a dataset are divided by: pure. Times are whole seconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

__all__ = ["Period", "bounds_of", "period_of", "to_datetime", "to_seconds"]

Period: TypeAlias = Literal["day", "month"]
"""Length of a period."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = 86_400
_DATE: Final = len("2026-11-18")


def to_seconds(moment: datetime) -> int:
    """Seconds since 1970 of an aware time; what is left of a second is dropped."""
    return (moment - _EPOCH) // _SECOND


def to_datetime(seconds: int) -> datetime:
    """The time in UTC, some seconds after 1970 began."""
    return _EPOCH + timedelta(seconds=seconds)


def period_of(seconds: int, period: Period) -> str:
    """Name the day or month that a time lies in, such as ``2026-11-18`` or ``2026-11``."""
    date = to_datetime(seconds).date().isoformat()
    return date if period == "day" else date[:-3]


def bounds_of(name: str) -> tuple[int, int]:
    """Where a day or month begins, and where the next one does.

    Args:
        name: The name that :func:`period_of` gave.

    Returns:
        Both in seconds.

    Raises:
        ValueError: There is no such day or month.
    """
    if len(name) == _DATE:
        start = to_seconds(datetime.fromisoformat(f"{name}T00:00:00Z"))
        return start, start + _DAY
    first = datetime.fromisoformat(f"{name}-01T00:00:00Z")
    year, month = divmod(first.year * 12 + first.month, 12)
    end = to_seconds(_EPOCH.replace(year=year, month=month + 1)) if year <= 9999 else to_seconds(first) + 31 * _DAY
    return to_seconds(first), end
