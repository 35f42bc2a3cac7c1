"""The error for a value that is not what it ought to be: where it is, what was expected, and what came."""

from typing import Final

from aiospectrum._codec.excerpt import show
from aiospectrum.errors import ConversionError

__all__ = ["below", "describe", "join", "wrong"]

_LONGEST_EXPECTED: Final = 200


def wrong(expected: str, value: object, field: str = "") -> ConversionError:
    """Make the error for a value that is not what it ought to be; it keeps no more of the value than a text."""
    return _error(expected, show(value), field)


def below(step: str, error: ConversionError) -> ConversionError:
    """Make the same error of a value that holds the wrong one, at a step such as ``data`` or ``[3]``."""
    return _error(error.expected, error.value, join(step, error.field))


def join(step: str, field: str) -> str:
    """Extend a path, such as ``data`` by ``[3].metrics``."""
    return f"{step}.{field}" if step and field and not field.startswith("[") else step + field


def describe(expected: str, value: str) -> str:
    """Describe a wrong value in one line, of which 60 characters are shown."""
    return f"expected {expected[:_LONGEST_EXPECTED]}, got {value if len(value) <= 60 else value[:59] + '…'}"


def _error(expected: str, value: str, field: str) -> ConversionError:
    text = describe(expected, value)
    return ConversionError(f"{field}: {text}" if field else text, field=field, value=value, expected=expected)
