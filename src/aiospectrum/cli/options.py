"""Options that several commands share, as cyclopts reads them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

import attrs
from cyclopts import Parameter, validators

from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.times import parse_time

__all__ = [
    "AsJSON",
    "AtLeastOne",
    "NamesOption",
    "Passed",
    "ReportOptions",
    "TimeOption",
    "Yes",
    "flattened",
    "split_names",
]

AsJSON: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--json", negative=(), show_default=False, help="Print JSON as the API writes it, and nothing else."
    ),
]
"""Whether to print JSON."""

Yes: TypeAlias = Annotated[bool, Parameter(name=("--yes", "-y"), negative=(), show_default=False, help="Do not ask.")]
"""Whether to go ahead unasked."""

Passed: TypeAlias = Annotated[Context, Parameter(parse=False)]
"""The context, which no argument can set."""

AtLeastOne: TypeAlias = Annotated[int, Parameter(validator=validators.Number(gte=1))]
"""A whole number of 1 or more."""

NamesOption: TypeAlias = Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)]
"""Names between commas; the option can also be repeated."""

TimeOption: TypeAlias = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
"""A moment, as :func:`~aiospectrum.cli.times.parse_time` reads it."""

flattened: Final = Parameter(name="*")
"""Marks a class whose fields are options of their own."""


@attrs.frozen(kw_only=True)
class ReportOptions:
    """What both reports can be asked for."""

    metrics: NamesOption = None
    """count, bytesIngress, bytesEgress, durationAvg, durationMedian, duration90th or duration99th, between commas."""

    dimensions: NamesOption = None
    """event, appID, coloName or ipVersion, between commas."""

    since: TimeOption = None
    """Start: RFC 3339 with Z or an offset, a date, or a time ago such as -24h or -7d; else six hours before the end."""

    until: TimeOption = None
    """End, in the same forms; now when left out."""

    filters: str | None = None
    """Conditions, such as event==disconnect;coloName!=SFO."""

    sort: NamesOption = None
    """Metrics or dimensions between commas, each with + or - in front."""

    limit: int | None = None
    """The most rows."""

    def arguments(self, now: datetime) -> dict[str, Any]:
        """Make the arguments of the Python functions.

        Args:
            now: The current time, aware.

        Returns:
            The arguments by name.

        Raises:
            UsageError: A time cannot be read.
        """
        return {
            "metrics": split_names(self.metrics),
            "dimensions": split_names(self.dimensions),
            "since": _read_time("--since", self.since, now),
            "until": _read_time("--until", self.until, now),
            "filters": self.filters,
            "sort": split_names(self.sort),
            "limit": self.limit,
        }


def split_names(texts: Sequence[str] | None) -> list[str] | None:
    """Split what an option for several names was given.

    Args:
        texts: The values of the option, None when it was not given.

    Returns:
        The names, None when the option was not given.
    """
    if texts is None:
        return None
    return [name.strip() for text in texts for name in text.split(",")]


def _read_time(option: str, text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text, now)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
