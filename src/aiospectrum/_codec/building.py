"""What the generated decoders are made of."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import attrs

__all__ = ["ResultReader", "Structure", "become", "in_utc"]

Structure: TypeAlias = Callable[[Any, Any], Any]
"""The ``structure`` of a converter: makes an object of JSON values and a type."""

become: Final[Callable[[Any, type[Any]], None]] = vars(object)["__class__"].__set__
"""Tells an object its class, which has the same fields as the one that it had."""


@attrs.frozen(kw_only=True)
class ResultReader:
    """How a result is read from JSON text; where it comes from is generated code."""

    wires: tuple[Any, ...]
    """The types to read it as with msgspec, to be tried in turn."""

    build: Callable[[Any, Structure], Any]
    """Makes the result of what msgspec has read."""


def in_utc(value: datetime) -> datetime:
    """Make a datetime one in UTC.

    Args:
        value: An aware datetime, or one without a time zone, which is in UTC as the API documents.

    Returns:
        An aware datetime.

    Raises:
        OverflowError: In UTC it would be before the year 1 or after the year 9999.
    """
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
