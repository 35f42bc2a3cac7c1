"""Reading a JSON request body: its fields, with every problem found, and the notation of ports and protocols.

https://developers.cloudflare.com/spectrum/reference/configuration-options/
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

import attrs
import msgspec

from aiospectrum.sandbox.responses import INVALID, Problem, RefusedError

__all__ = [
    "NAMED_PROTOCOLS",
    "Fields",
    "PortRange",
    "is_hostname",
    "list_protocols",
    "parse_object",
    "parse_ports",
    "parse_protocol",
]

_LABEL: Final = re.compile(r"(?!-)[\w-]+(?<!-)", re.ASCII)
_LONGEST_LABEL: Final = 63
_LONGEST_NAME: Final = 253
_OTHER_DOTS: Final = "\u3002\uff0e\uff61"
"""Dots of other scripts, for which a request has a full stop."""
_PROTOCOL: Final = re.compile(r"(tcp|udp)/([\d-]+)", re.ASCII)
_PORTS: Final = re.compile(r"([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?", re.ASCII)
_TOP_PORT: Final = 65535


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
    """Return whether ``text`` is a host name of at least two labels, in any script; a wildcard or a number is none."""
    labels = text.split(".")
    if len(labels) < 2 or labels[-1].isdecimal() or not all(map(_is_label, labels)):
        return False
    encoded = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels]
    return max(map(len, encoded)) <= _LONGEST_LABEL and len(".".join(encoded)) <= _LONGEST_NAME


def _is_label(label: str) -> bool:
    others = {letter for letter in label if not letter.isascii()}
    plain = "".join("x" if letter in others else letter for letter in label)
    return _LABEL.fullmatch(plain) is not None and "".join(others).isprintable() and others.isdisjoint(_OTHER_DOTS)


class Fields:
    """One JSON object, the place where it stands in the body, and the body's problems."""

    def __init__(self, values: Mapping[str, object], problems: list[Problem], pointer: str = "") -> None:
        """Read ``values`` found at ``pointer``; new problems are appended to ``problems``."""
        self.values: Final = values
        self.problems: Final = problems
        self._pointer: Final = pointer

    def report(self, code: int, name: str, message: str) -> None:
        """Add a problem about the field ``name``, or a path below it."""
        self.problems.append(Problem(code=code, message=message, pointer=f"{self._pointer}/{name}"))

    def report_value(self, code: int, name: str, expected: str) -> None:
        """Add the problem that the field ``name`` has another value than ``expected``."""
        self.report(code, name, f"{name} is {self.values.get(name)!r}; expected {expected}")

    def refuse_others(self, allowed: Collection[str]) -> None:
        """Report every field that is not ``allowed`` as unknown (10012)."""
        for name in self.values:
            if name not in allowed:
                escaped = name.replace("~", "~0").replace("/", "~1")
                self.report(10012, escaped, f"unknown field {name!r}; known here: {', '.join(allowed)}")

    def choice(self, name: str, choices: Collection[str], default: str, code: int = INVALID) -> str:
        """Return one of ``choices``; an absent field is ``default``, another value is reported."""
        value = self.values.get(name, default)
        if isinstance(value, str) and value in choices:
            return value
        self.report_value(code, name, f"one of {', '.join(map(repr, choices))}")
        return default

    def flag(self, name: str) -> bool:
        """Return a boolean; an absent field is false, another value is reported."""
        value = self.values.get(name, False)
        if isinstance(value, bool):
            return value
        self.report_value(INVALID, name, "true or false")
        return False

    def hostname(self, name: str, code: int) -> str | None:
        """Return a required host name in lower case, or report it and return ``None``."""
        value = self.values.get(name)
        if isinstance(value, str) and is_hostname(value):
            return value.lower()
        self.report_value(code, name, "a host name such as ssh.example.com")
        return None

    def items(self, name: str, code: int, expected: str) -> list[object] | None:
        """Return a required list that is not empty, or report it and return ``None``."""
        value = self.values.get(name)
        if isinstance(value, list) and value:
            return value
        self.report_value(code, name, expected)
        return None

    def inner(self, name: str, code: int = INVALID) -> "Fields | None":
        """Return the object in a field, or report that there is none and return ``None``."""
        value = self.values.get(name)
        if isinstance(value, dict):
            return Fields(value, self.problems, f"{self._pointer}/{name}")
        self.report_value(code, name, "an object")
        return None


@attrs.frozen
class PortRange:
    """A transport and the ports from ``low`` to ``high``, both included."""

    transport: str
    low: int
    high: int

    @property
    def size(self) -> int:
        """Number of ports."""
        return self.high - self.low + 1

    def overlaps(self, other: "PortRange") -> bool:
        """Return whether some port belongs to both."""
        return self.transport == other.transport and self.low <= other.high and other.low <= self.high


NAMED_PROTOCOLS: Final = {
    "minecraft": PortRange("tcp", 25565, 25565),
    "rdp": PortRange("tcp", 3389, 3389),
    "ssh": PortRange("tcp", 22, 22),
}
"""Protocols of pay-as-you-go plans that have a name of their own, with the edge port each stands for."""

_DESCRIPTIONS: Final = {
    "minecraft": "Minecraft, Java Edition",
    "rdp": "Remote Desktop Protocol",
    "ssh": "Secure Shell",
}


def parse_ports(text: str) -> tuple[int, int] | None:
    """Return first and last port of ``"22"`` or ``"3000-4000"``; ``None`` if it is neither."""
    match = _PORTS.fullmatch(text)
    if match is None:
        return None
    low, high = int(match[1]), int(match[2] or match[1])
    return (low, high) if 1 <= low <= high <= _TOP_PORT else None


def parse_protocol(text: str) -> PortRange | None:
    """Return the edge ports of ``tcp/22``, ``udp/1000-2000`` or a name; ``None`` if it is none."""
    match = _PROTOCOL.fullmatch(text)
    if match is None:
        return NAMED_PROTOCOLS.get(text)
    ports = parse_ports(match[2])
    return None if ports is None else PortRange(match[1], *ports)


def list_protocols() -> list[dict[str, object]]:
    """Return the result of the protocols operation, by name."""
    return [
        {"name": name, "description": _DESCRIPTIONS[name], "ports": [ports.low], "transport": ports.transport}
        for name, ports in NAMED_PROTOCOLS.items()
    ]
