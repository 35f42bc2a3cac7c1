"""Results of clients as JSON values with the names on the wire, so that those of different clients can be compared."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aiospectrum import Page, make_converter

__all__ = ["count_values", "normalize", "to_json_values"]

_CONVERTER: Final = make_converter()
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def to_json_values(result: object) -> Any:
    """The JSON values that the API sent for a model, or for a list or a page of models."""
    return normalize(_CONVERTER.unstructure(result.items if isinstance(result, Page) else result))


def normalize(value: Any) -> Any:
    """JSON values with lists for tuples, and times in UTC with microseconds."""
    match value:
        case Mapping():
            return {key: normalize(inner) for key, inner in value.items()}
        case list() | tuple():
            return [normalize(inner) for inner in value]
        case str() if _TIME.fullmatch(value):
            return normalize(datetime.fromisoformat(value))
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def count_values(value: Any) -> int:
    """Count the texts, numbers, truth values and nulls."""
    match value:
        case dict():
            return sum(map(count_values, value.values()))
        case list():
            return sum(map(count_values, value))
    return 1
