"""Options that several commands share, and how names, zones, times and files are read from them."""

import codecs
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, TextIO, TypeAlias, TypeVar

from cyclopts import Parameter, Token, validators

from aiospectrum.apps.desired import is_zone_id
from aiospectrum.checks import Text
from aiospectrum.checks.formats import FORMATS
from aiospectrum.cli.context import Context
from aiospectrum.cli.usage_errors import UsageError, refusal_text, repeated_value, shortened_words
from aiospectrum.errors import InvalidArgumentError

__all__ = [
    "AsJSON",
    "AsPlainJSON",
    "AtLeastOne",
    "MaybeAtLeastOne",
    "NamesOption",
    "Passed",
    "PortOption",
    "TimeOption",
    "WholeOption",
    "Yes",
    "ZoneFilesOption",
    "ZonesOption",
    "check_filters",
    "check_folder",
    "check_zone",
    "expand_home",
    "flattened",
    "parse_option",
    "parse_size",
    "read_text",
    "read_zone",
    "read_zone_name",
    "read_zones",
    "split_names",
    "whole",
]

T = TypeVar("T")

_LARGEST: Final = 64 << 20
"""Bytes of a file that an option names."""
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")

AsJSON: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--json", negative=(), show_default=False, help="Print JSON as the API writes it, and nothing else."
    ),
]
"""Whether to print JSON of the API's models."""

AsPlainJSON: TypeAlias = Annotated[
    bool, Parameter(name="--json", negative=(), show_default=False, help="Print JSON, and nothing else.")
]
"""Whether to print JSON of our own."""

Yes: TypeAlias = Annotated[bool, Parameter(name=("--yes", "-y"), negative=(), show_default=False, help="Do not ask.")]
"""Whether to go ahead without asking."""

Passed: TypeAlias = Annotated[Context, Parameter(parse=False)]
"""The context, which no argument can set."""


def _read_whole(_: object, tokens: Sequence[Token]) -> int:
    """A whole number in digits; cyclopts rounds 1.9, takes 1_0 for 10, and digits of any script."""
    text = tokens[0].value
    if _WHOLE.fullmatch(text) is None:
        raise ValueError(f"expected a whole number of up to 18 digits, got {repeated_value(text)!r}")
    return int(text)


whole: Final = Parameter(converter=_read_whole)
"""Marks a whole number."""

WholeOption: TypeAlias = Annotated[int | None, whole]
"""A whole number, or none."""

AtLeastOne: TypeAlias = Annotated[int, whole, Parameter(validator=validators.Number(gte=1))]
"""A whole number of 1 or more."""

PortOption: TypeAlias = Annotated[int, whole, Parameter(validator=validators.Number(gte=0, lte=65535))]
"""A port to listen on, or 0."""

MaybeAtLeastOne: TypeAlias = Annotated[int | None, whole, Parameter(validator=validators.Number(gte=1))]
"""A whole number of 1 or more, or none."""

NamesOption: TypeAlias = Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)]
"""Names between commas; the option can also be repeated."""

TimeOption: TypeAlias = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
"""A moment, as :func:`read_time` reads it."""

ZonesOption: TypeAlias = Annotated[
    list[str] | None,
    Parameter(negative=(), help="Identifier of a zone, or its name such as example.com; can be repeated."),
]
"""Zones one by one."""

ZoneFilesOption: TypeAlias = Annotated[
    list[str] | None,
    Parameter(
        negative=(),
        allow_leading_hyphen=True,
        help="File with the identifier or the name of one zone per line; # starts a comment; - is the standard input.",
    ),
]
"""Zones from files."""

flattened: Final = Parameter(name="*")
"""Marks a class whose fields are options of their own."""

_FILTER: Final = Text(format="filter")
_BYTES: Final = re.compile(r"(\d{1,6}) ?([MG]i?B)", re.ASCII | re.IGNORECASE)
_SIZES: Final = {"mb": 10**6, "mib": 1 << 20, "gb": 10**9, "gib": 1 << 30}
_is_hostname = FORMATS["hostname"][0]
_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"


def check_filters(filters: str | None) -> str | None:
    """Refuse a filter that is malformed or misspelt, by the name of the option.

    Args:
        filters: The value of ``--filters``.

    Returns:
        The same.

    Raises:
        UsageError: It is one.
    """
    if filters is not None:
        try:
            _FILTER.check("--filters", filters)
        except InvalidArgumentError as error:
            raise UsageError(refusal_text(error, "--filters"), shortened_words(error.hint)) from None
    return filters


def split_names(texts: Sequence[str] | None) -> list[str] | None:
    """Split the values of an option for names at commas; None when the option was not given."""
    if texts is None:
        return None
    return [name.strip() for text in texts for name in text.split(",")]


def read_zones(zones: Sequence[str] | None, files: Sequence[str] | None, stdin: TextIO | None) -> tuple[str, ...]:
    """Collect zones from options and files.

    Args:
        zones: The values of ``--zone``, None when it was not given.
        files: Those of ``--zones-file``, None when it was not given; ``-`` for the standard input.
        stdin: The standard input.

    Returns:
        Identifiers and names of zones, each once, in the order of first appearance.

    Raises:
        UsageError: One is not a zone, a file cannot be read, or there are none.
    """
    if not zones and not files:
        raise UsageError("expected --zone with the identifier or name of a zone, or --zones-file with a file of them")
    found = [read_zone(zone, "--zone") for zone in zones or ()]
    for file in files or ():
        name = f"--zones-file {file}"
        found += _zones_in(read_text(file, name, stdin), name)
    if not found:
        raise UsageError(f"--zones-file {' '.join(files or ())}: expected at least one zone, got none")
    firsts: dict[str, str] = {}
    for zone in found:
        firsts.setdefault(zone.lower(), zone)
    return tuple(firsts.values())


def read_text(file: str, name: str, stdin: TextIO | None) -> str:
    """Read a file that an option names.

    Args:
        file: Its path, ``-`` for the standard input.
        name: What to call it in errors.
        stdin: The standard input; None for an empty one.

    Returns:
        Its text.

    Raises:
        UsageError: It cannot be read, is too large, or is not UTF-8.
    """
    if not file:
        raise UsageError(f"{name.strip()}: expected the path of a file, got ''")
    try:
        content = _read_stdin(stdin) if file == "-" else _read_path(expand_home(file, name))
    except (OSError, ValueError) as error:  # ValueError: of a name that no file has
        raise UsageError(f"{name}: {getattr(error, 'strerror', None) or error}", "check the path") from None
    if len(content) > _LARGEST:
        raise UsageError(f"{name}: expected up to {_LARGEST >> 20} MiB, got more", "check the path")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # of UTF-32 too, as good as never seen
        raise UsageError(f"{name}: expected text in UTF-8, got UTF-16", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")  # editors on Windows put a mark at the beginning
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError(f"{name}: expected text in UTF-8, got something else", "save it as UTF-8")
    return text


def expand_home(path: str, name: str) -> str:
    """Put a home folder in the place of ``~``, which shells do not after ``--out=``.

    Args:
        path: A path, or a URL, which is returned as it is.
        name: What to call it in errors.

    Returns:
        The path.

    Raises:
        UsageError: There is no such home folder.
    """
    expanded = path if "://" in path else os.path.expanduser(path)
    if expanded.startswith("~"):
        raise UsageError(f"{name}: there is no home folder {path.partition('/')[0]}", "write ./~ for a name with a ~")
    return expanded


def check_folder(path: str, name: str) -> None:
    """Refuse a plain file in the place of a folder.

    Args:
        path: A path, or a URL, which is not looked at.
        name: What to call it in errors.

    Raises:
        UsageError: It is a file.
    """
    if not path:
        raise UsageError(f"{name.strip()}: expected a folder or a URL, got ''")
    if "://" not in path and Path(path).is_file():
        raise UsageError(f"{name}: expected a folder, got a file", "name another one")


def parse_option(option: str, text: str, parse: Callable[[str], T]) -> T:
    """Parse the value of an option.

    Args:
        option: Name of the option.
        text: Its value.
        parse: Parses it, or raises a ValueError that says what was expected.

    Returns:
        The parsed value.

    Raises:
        UsageError: It cannot be parsed.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def parse_size(text: str) -> int:
    """Parse a number of bytes.

    Args:
        text: A whole number with a unit, such as ``64MB``, ``256MiB`` and ``1GB``.

    Returns:
        The number.

    Raises:
        ValueError: The text is something else; the message says what was expected.
    """
    match = _BYTES.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a size such as 256MB, 256MiB or 1GB, got {text!r}")
    return int(match[1]) * _SIZES[match[2].lower()]


def _read_stdin(stdin: TextIO | None) -> bytes:
    """The standard input, whatever encoding the terminal has, a byte more than the largest file at most."""
    if stdin is None:
        return b""
    buffer = getattr(stdin, "buffer", None)
    if buffer is None:
        return stdin.read(_LARGEST + 1).encode("utf-8", "surrogateescape")
    content: bytes = buffer.read(_LARGEST + 1)
    return content


def _read_path(path: str) -> bytes:
    """A file, a byte more than the largest one at most: some, such as /dev/zero, have no end."""
    with open(path, "rb") as file:
        return file.read(_LARGEST + 1)


def _zones_in(text: str, name: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        zone = line.partition("#")[0].replace(_MARK, "").strip()  # also within, where files were put together
        if zone:
            yield read_zone(zone, f"{name}, line {number}")


def read_zone(text: str, place: str) -> str:
    """Check the identifier or the name of a zone, which ``place`` names where it is neither.

    Returns:
        The identifier as it is, or the name in small letters.

    Raises:
        UsageError: It is neither; it is hardly shown.
    """
    if is_zone_id(text):
        return text
    name = text.lower().removesuffix(".")
    if "." in name and _is_hostname(name):
        return name
    raise UsageError(
        f"{place}: expected the identifier of a zone, of 32 hexadecimal characters, or its name such as example.com,"
        f" got {repeated_value(text)!r}",
        "`aiospectrum zones` lists them",
    )


def read_zone_name(text: str, place: str) -> str:
    """Check the name of a zone, which ``place`` names where it is none, and give it in small letters.

    Raises:
        UsageError: It is none; it is hardly shown.
    """
    name = text.lower().removesuffix(".")
    if "." in name and _is_hostname(name):
        return name
    raise UsageError(
        f"{place}: expected the name of a zone such as example.com, got {repeated_value(text)!r}",
        "`aiospectrum zones` lists them",
    )


def check_zone(text: str, place: str) -> str:
    """Check the identifier of a zone, which ``place`` names where it is none; an invalid one is hardly shown.

    Raises:
        UsageError: It is none.
    """
    if is_zone_id(text):
        return text
    raise UsageError(
        f"{place}: expected the identifier of a zone, of 32 hexadecimal characters, got {repeated_value(text)!r}",
        "`aiospectrum zones` lists them, with their names",
    )
