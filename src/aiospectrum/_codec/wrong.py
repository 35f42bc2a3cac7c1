"""The error for a value that is not what it ought to be: where it is, what was expected, and what came."""

from typing import Final

from aiospectrum._codec.excerpt import show
from aiospectrum.errors import ConversionError

__all__ = ["below", "describe", "join", "wrong"]

_LONGEST_EXPECTED: Final = 200


def wrong(expected: str, value: object, field: str = "", hint: str = "") -> ConversionError:
    """Make the error for a value that is not what it ought to be; it keeps no more of the value than a text."""
    return _error(expected, show(value), field, hint)


def below(step: str, error: ConversionError) -> ConversionError:
    """Make the same error of a value that holds the wrong one, at a step such as ``data`` or ``[3]``."""
    return _error(error.expected, error.value, join(step, error.field), error.hint)


def join(step: str, field: str) -> str:
    """Extend a path, such as ``data`` by ``[3].metrics``."""
    return f"{step}.{field}" if step and field and not field.startswith("[") else step + field


def describe(expected: str, value: str, hint: str) -> str:
    """Describe a wrong value in one line, of which 60 characters are shown."""
    text = f"expected {expected[:_LONGEST_EXPECTED]}, got {value if len(value) <= 60 else value[:59] + '…'}"
    return f"{text}; {hint}" if hint else text


def _error(expected: str, value: str, field: str, hint: str) -> ConversionError:
    text = f"{field}: {describe(expected, value, hint)}" if field else describe(expected, value, hint)
    return ConversionError(text, field=field, value=value, expected=expected, hint=hint)
