"""The zones that a command is for, from options and files."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, TextIO, TypeAlias

from cyclopts import Parameter

from aiospectrum.cli.context import UsageError

__all__ = ["ZoneFilesOption", "ZonesOption", "parse_zones", "read_zones"]

ZonesOption: TypeAlias = Annotated[
    list[str] | None, Parameter(negative=(), help="Identifier of a zone; can be repeated.")
]
"""Zones one by one."""

ZoneFilesOption: TypeAlias = Annotated[
    list[str] | None,
    Parameter(
        negative=(),
        allow_leading_hyphen=True,
        help="File with the identifier of a zone on each line, and comments from # on; - for the standard input.",
    ),
]
"""Zones from files."""

_ZONE: Final = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_SHOWN: Final = 16
"""Characters of a line that is no zone: enough to find it, and too few to give a token away if the file holds one."""


def read_zones(zones: Sequence[str] | None, files: Sequence[str] | None, stdin: TextIO | None) -> tuple[str, ...]:
    """Collect zones from options and files.

    Args:
        zones: The values of ``--zone``, None when it was not given.
        files: Those of ``--zones-file``, None when it was not given; ``-`` for the standard input.
        stdin: The standard input.

    Returns:
        Each zone once, in the order in which they came first.

    Raises:
        UsageError: One is no zone, a file cannot be read, or there are none.
    """
    if not zones and not files:
        raise UsageError("expected --zone with the identifier of a zone, or --zones-file with a file of them")
    found = [_check(zone, "--zone") for zone in zones or ()]
    for file in files or ():
        name = f"--zones-file {file}"
        found += parse_zones(_read_text(file, name, stdin).splitlines(), name)
    if not found:
        raise UsageError(f"--zones-file {' '.join(files or ())}: expected at least one zone, got none")
    firsts: dict[str, str] = {}
    for zone in found:
        firsts.setdefault(zone.lower(), zone)
    return tuple(firsts.values())


def parse_zones(lines: Iterable[str], name: str) -> Iterator[str]:
    """Read the lines of a file of zones.

    Args:
        lines: The lines; empty ones and what follows ``#`` mean nothing.
        name: What to call the file in errors.

    Yields:
        The zones.

    Raises:
        UsageError: A line is something else.
    """
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if text:
            yield _check(text, f"{name}, line {number}")


def _check(text: str, place: str) -> str:
    if _ZONE.fullmatch(text):
        return text
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    raise UsageError(f"{place}: expected the 32 hexadecimal characters of a zone's identifier, got {shown!r}")


def _read_text(file: str, name: str, stdin: TextIO | None) -> str:
    try:
        if file == "-":
            return "" if stdin is None else stdin.read()
        return Path(file).read_text(encoding="utf-8-sig")  # editors on Windows put a mark at the beginning
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name}: expected text in UTF-8, got something else") from None
