"""What ``--json`` prints: results, and why a command ended."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiospectrum.errors import InvalidArgumentError, RequestError

__all__ = ["asks_for_json", "error_values", "json_text", "with_texts"]

_YES: Final = ("", "true", "yes", "y", "1", "on")


def json_text(values: object, *, is_indented: bool) -> str:
    """Write plain values as JSON: in lines for people, or in one."""
    # ASCII alone: JSON would let the control characters U+0080 to U+009F through as they are.
    if is_indented:
        return json.dumps(values, indent=2, allow_nan=False)
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


def with_texts(change: Callable[[str], str], values: Any) -> Any:
    """Give plain values with every text in them changed, keys included."""
    if isinstance(values, str):
        return change(values)
    if isinstance(values, Mapping):
        return {change(key) if isinstance(key, str) else key: with_texts(change, each) for key, each in values.items()}
    return [with_texts(change, each) for each in values] if isinstance(values, list | tuple) else values


def asks_for_json(argv: Sequence[str]) -> bool:
    """Return whether arguments have ``--json``, also those that cannot be parsed."""
    words = argv[: argv.index("--")] if "--" in argv else argv
    options = (word.removeprefix("--json") for word in words if word == "--json" or word.startswith("--json="))
    return any(option.removeprefix("=").lower() in _YES for option in options)


def error_values(error: BaseException, kind: str, message: str, exit_status: int) -> dict[str, Any]:
    """Give why a command ended as values of JSON.

    Args:
        error: The error.
        kind: Its name.
        message: Its text in one line, without secrets.
        exit_status: The exit status of the command.

    Returns:
        The values: what is not known is null, and there are no codes.
    """
    call = error if isinstance(error, RequestError) else None
    return {
        "error": {
            "kind": kind,
            "message": message,
            "hint": "; ".join(getattr(error, "__notes__", ())) or None,
            "field": (error.field or None) if isinstance(error, InvalidArgumentError) else None,
            "status": None if call is None else call.status,
            "codes": [] if call is None else [each.code for each in call.errors if each.code is not None],
            "ray_id": None if call is None else call.ray_id,
            "attempts": None if call is None else call.attempts,
            "retry_after": getattr(call, "retry_after", None),
            "exit_status": exit_status,
        }
    }
