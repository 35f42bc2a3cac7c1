"""Query strings: single values, arrays in either encoding, and bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from aiospectrum.sandbox._errors import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Params"]

_DIGITS: Final = re.compile(r"\d{1,9}", re.ASCII)


class Params:
    """The decoded query of one request.

    A name that the operation does not have is refused, and so is a single value sent twice:
    Cloudflare passes over both, but each is a slip of the client that a test should see.
    """

    def __init__(self, raw: str, allowed: Collection[str]) -> None:
        """Decode `raw`, the text after the question mark.

        Raises:
            RefusedError: A parameter is not among `allowed`.
        """
        self._pairs: Final = parse_qsl(raw, keep_blank_values=True)
        for name, value in self._pairs:
            if name not in allowed:
                raise bad_parameter(name, value, f"one of the parameters {', '.join(allowed) or '(none)'}")

    def single(self, name: str) -> str | None:
        """Return the only value of `name`, or ``None`` when it was not sent.

        Raises:
            RefusedError: It was sent more than once.
        """
        values = [value for key, value in self._pairs if key == name]
        if len(values) > 1:
            raise bad_parameter(name, values, "the parameter once")
        return values[0] if values else None

    def many(self, name: str) -> list[str]:
        """Return every item of an array, whether comma-joined or sent as repeated keys."""
        return [item for key, value in self._pairs if key == name for item in value.split(",")]

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return one of `choices`, or `default` when `name` was not sent.

        Raises:
            RefusedError: The value is another one.
        """
        value = self.single(name)
        if value is None:
            return default
        if value not in choices:
            raise bad_parameter(name, value, f"one of {', '.join(choices)}")
        return value

    def whole(self, name: str, *, low: int, high: int, default: int) -> int:
        """Return a whole number from `low` to `high`, or `default` when `name` was not sent.

        Raises:
            RefusedError: The value is no whole number or lies outside.
        """
        value = self.single(name)
        if value is None:
            return default
        if _DIGITS.fullmatch(value) is None or not low <= int(value) <= high:
            raise bad_parameter(name, value, f"a whole number from {low} to {high}")
        return int(value)
