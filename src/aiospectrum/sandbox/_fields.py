"""Reading a JSON request body field by field, while collecting every problem found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from aiospectrum.sandbox._errors import INVALID, Problem, RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Fields", "is_hostname", "parse_object"]

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII | re.IGNORECASE)
_LONGEST_NAME: Final = 253


def _read_number(text: str) -> float:
    """Return a number with a point or an exponent; to JSON schemas 600.0 is a whole one."""
    number = float(text)
    return int(number) if number.is_integer() else number


_DECODER: Final = msgspec.json.Decoder(float_hook=_read_number)


def parse_object(body: bytes) -> dict[str, object]:
    """Return the JSON object in a request body.

    Raises:
        RefusedError: The body is no JSON (400 with 6007), or JSON of another kind (400 with 10400).
    """
    try:
        value = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedError(400, Problem(code=6007, message="The request body is not valid JSON")) from None
    if not isinstance(value, dict):
        message = "The request body must be a JSON object"
        raise RefusedError(400, Problem(code=INVALID, message=message, pointer=""))
    return value


def is_hostname(text: str) -> bool:
    """Whether `text` is a host name of at least two labels; a wildcard is none."""
    labels = text.split(".")
    return len(text) <= _LONGEST_NAME and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))


class Fields:
    """One JSON object, the place where it stands in the body, and the body's problems."""

    def __init__(self, values: Mapping[str, object], problems: list[Problem], pointer: str = "") -> None:
        """Read `values` found at `pointer`; new problems are appended to `problems`."""
        self.values: Final = values
        self.problems: Final = problems
        self._pointer: Final = pointer

    def report(self, code: int, name: str, message: str) -> None:
        """Add a problem about the field `name`, or a path below it."""
        self.problems.append(Problem(code=code, message=message, pointer=f"{self._pointer}/{name}"))

    def refuse_others(self, allowed: Collection[str]) -> None:
        """Report every field that is not `allowed` as unknown (10012)."""
        for name in self.values:
            if name not in allowed:
                escaped = name.replace("~", "~0").replace("/", "~1")
                self.report(10012, escaped, f"unknown field {name!r}; known here: {', '.join(allowed)}")

    def choice(self, name: str, choices: Collection[str], default: str, code: int = INVALID) -> str:
        """Return one of `choices`; an absent field is `default`, another value is reported."""
        value = self.values.get(name, default)
        if isinstance(value, str) and value in choices:
            return value
        self.report(code, name, f"{name} is {value!r}; expected one of {', '.join(map(repr, choices))}")
        return default

    def flag(self, name: str) -> bool:
        """Return a boolean; an absent field is false, another value is reported."""
        value = self.values.get(name, False)
        if isinstance(value, bool):
            return value
        self.report(INVALID, name, f"{name} is {value!r}; expected true or false")
        return False

    def hostname(self, name: str, code: int) -> str | None:
        """Return a required host name in lower case, or report it and return ``None``."""
        value = self.values.get(name)
        if isinstance(value, str) and is_hostname(value):
            return value.lower()
        self.report(code, name, f"{name} is {value!r}; expected a host name such as ssh.example.com")
        return None

    def inner(self, name: str, code: int = INVALID) -> Fields | None:
        """Return the object in a field, or report that there is none and return ``None``."""
        value = self.values.get(name)
        if isinstance(value, dict):
            return Fields(value, self.problems, f"{self._pointer}/{name}")
        self.report(code, name, f"{name} is {value!r}; expected an object")
        return None
