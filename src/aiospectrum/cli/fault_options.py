"""The faults of a sandbox as words of the command line: pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from aiospectrum.cli.context import UsageError
from aiospectrum.sandbox import Faults

__all__ = ["FAULT_HELP", "read_faults"]

_NUMBER: Final = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"


@attrs.frozen
class _Form:
    """How one fault is written after its name and ``=``."""

    shown: str
    """The form for people."""
    pattern: str
    """The form as a regular expression, whose groups are fields of ``Faults``."""


_FORMS: Final[Mapping[str, _Form]] = {
    "latency": _Form("SECONDS or LOW-HIGH", rf"(?P<latency>{_NUMBER}(?:-{_NUMBER})?)"),
    "errors": _Form(
        "RATE or RATE/STATUS,STATUS", rf"(?P<error_rate>{_NUMBER})(?:/(?P<error_statuses>[0-9]{{3}}(?:,[0-9]{{3}})*))?"
    ),
    "resets": _Form(
        "RATE or RATE/before, RATE/after or RATE/either (of the operation)",
        rf"(?P<reset_rate>{_NUMBER})(?:/(?P<reset_when>before|after|either))?",
    ),
    "hangs": _Form("RATE", rf"(?P<hang_rate>{_NUMBER})"),
    "truncations": _Form("RATE", rf"(?P<truncate_rate>{_NUMBER})"),
    "throttles": _Form(
        "RATE or RATE/SECONDS", rf"(?P<throttle_rate>{_NUMBER})(?:/(?P<throttle_retry_after>[0-9]{{1,9}}))?"
    ),
    "storm": _Form("EVERY/LASTS", rf"(?P<storm_every>{_NUMBER})/(?P<storm_lasts>{_NUMBER})"),
}


def _read_latency(text: str) -> float | tuple[float, float]:
    low, _, high = text.partition("-")
    return (float(low), float(high)) if high else float(low)


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "latency": _read_latency,
    "error_statuses": lambda text: tuple(int(status) for status in text.split(",")),
    "reset_when": str,
    "throttle_retry_after": int,
}
"""How a field is read; those that are not here are numbers."""

FAULT_HELP: Final = (
    "What goes wrong on purpose, such as errors=0.05 for one request in twenty; can be repeated. "
    + "; ".join(f"{name}={form.shown}" for name, form in _FORMS.items())
    + ". A RATE is a share of requests from 0 to 1, all else is seconds; a storm answers 429."
)
"""The option for people."""


def read_faults(texts: Sequence[str] | None) -> Faults:
    """Read what the option for faults was given.

    Args:
        texts: The values of the option, None when it was not given.

    Returns:
        The faults, all together.

    Raises:
        UsageError: One of them is none, makes no sense or is given twice, or they do not go together.
    """
    values: dict[str, Any] = {}
    for text in texts or ():
        read = _read_fault(text)
        if not read.keys().isdisjoint(values):
            raise UsageError(f"--fault {text}: expected each fault once, got {text.partition('=')[0]} again")
        _make(f"--fault {text}", read)
        values |= read
    return _make("--fault", values)


def _read_fault(text: str) -> dict[str, Any]:
    name, _, value = text.partition("=")
    form = _FORMS.get(name)
    if form is None:
        raise UsageError(f"--fault {text}: expected one of {', '.join(_FORMS)}, with = and a value")
    match = re.fullmatch(form.pattern, value)
    if match is None:
        raise UsageError(f"--fault {text}: expected {name}={form.shown}")
    given = {field: part for field, part in match.groupdict().items() if part is not None}
    return {field: _READERS.get(field, float)(part) for field, part in given.items()}


def _make(option: str, values: Mapping[str, Any]) -> Faults:
    try:
        return Faults(**values)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
