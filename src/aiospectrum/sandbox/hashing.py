"""Identifiers and integers hashed from a seed, the only source of variety in the sandbox.

The hash is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
2014), which needs two multiplications and no state, so that any event count can be computed without
those before it.
"""

import re
from typing import Final

__all__ = ["ID", "hash_parts", "hex_id", "mix64"]

ID: Final = re.compile(r"[0-9a-fA-F]{32}")
"""Form of zone and app identifiers; those of a sandbox are in lower case."""

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def mix64(value: int) -> int:
    """Return 64 well-mixed bits that depend on every bit of ``value`` modulo 2**64."""
    mixed = (value + _GOLDEN) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def hash_parts(*parts: int | str) -> int:
    """Return 64 bits that depend on every part and on their order; text counts as UTF-8."""
    state = 0
    for part in parts:
        number = int.from_bytes(part.encode(), "big") if isinstance(part, str) else part
        # One round for each 64 bits, so that identifiers of 32 characters count in full.
        state = mix64(state ^ (number & _MASK))
        while (number := number >> 64) not in (0, -1):
            state = mix64(state ^ (number & _MASK))
    return state


def hex_id(*parts: int | str) -> str:
    """Return an identifier of 32 lower-case hexadecimal digits, the form of zone and app ids."""
    return f"{hash_parts(*parts, 1):016x}{hash_parts(*parts, 2):016x}"
