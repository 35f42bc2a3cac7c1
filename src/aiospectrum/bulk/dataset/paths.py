"""What the files of a dataset are called: pure.

Names match one pattern, wherever they come from, and are the only ones that a store opens.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from aiospectrum.bulk.dataset.errors import ManifestError
from aiospectrum.bulk.dataset.results import FileFormat

__all__ = [
    "DATA_PATTERN",
    "FOLDERS",
    "PERIOD_PATTERN",
    "SPOOL_PATTERN",
    "STAGED_PATTERN",
    "UPKEEP",
    "WRITER",
    "WRITER_PATTERN",
    "DataName",
    "aside_path",
    "check_path",
    "claim_path",
    "data_folder",
    "data_path",
    "is_path",
    "journal_number",
    "journal_path",
    "lock_path",
    "order_path",
    "read_data_name",
    "read_lock_name",
    "report_path",
    "spool_path",
    "staged_path",
    "state_kind",
    "state_number",
    "writer_of",
]

WRITER: Final = "w1"
"""The one that writes where no other one is named."""

UPKEEP: Final = "upkeep"
"""What stands for a writer in the lock of an upkeep."""

FOLDERS: Final = ("state", "data")
"""All folders of a dataset, in the order that they are listed: no file leaves the second one for the first."""

WRITER_PATTERN: Final = r"w[1-9][0-9]{0,3}"
"""The name of a writer."""

_WRITER: Final = WRITER_PATTERN
_NUMBER: Final = r"(?:[0-9]{6}|[1-9][0-9]{6,8})"

PERIOD_PATTERN: Final = r"[0-9]{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?"
"""A day or a month."""

SPOOL_PATTERN: Final = rf"state/{_WRITER}-spool-{_NUMBER}\.arrow"
"""The path of a spool file."""

STAGED_PATTERN: Final = rf"state/{_WRITER}-staged-{_NUMBER}"
"""The path of what does not have its name yet."""

DATA_PATTERN: Final = rf"data/({PERIOD_PATTERN})-({_WRITER})-([0-9]{{4}}|[1-9][0-9]{{4,8}})\.(parquet|csv|ndjson)"
"""The path of a data file."""

_ENDINGS: Final[Mapping[str, str | None]] = {"journal": ".jsonl", "spool": ".arrow", "staged": None, "aside": None}
_IS_STATE: Final = re.compile(rf"state/({_WRITER})-(journal|spool|staged|aside)-({_NUMBER})(\.[a-z]+)?")
_IS_CLAIM: Final = re.compile(rf"state/({_WRITER})-claim\.json")
_IS_LOCK: Final = re.compile(rf"state/(?:({_WRITER}|{UPKEEP})-)?lock")
_IS_SIGNAL: Final = re.compile(rf"state/run-[0-9a-f]{{16}}-(?:order|{_WRITER})(?:-staged)?")
_IS_DATA: Final = re.compile(DATA_PATTERN)


def data_folder(destination: str) -> str:
    """The folder of the data files, which readers are told, of a dataset at a path or URL."""
    return f"{destination.rstrip('/')}/data"


class DataName(msgspec.Struct, frozen=True):
    """What the name of a data file says."""

    period: str
    """The period."""

    writer: str
    """Who wrote it."""

    part: int
    """Its number."""

    file_format: str
    """Its format."""


def data_path(period: str, writer: str, part: int, file_format: FileFormat) -> str:
    """Name a data file; parts count from 1."""
    return f"data/{period}-{writer}-{part:04}.{file_format}"


def read_data_name(path: str) -> DataName | None:
    """Read the name of a data file; None for the path of another file."""
    match = _IS_DATA.fullmatch(path)
    return DataName(match[1], match[2], int(match[3]), match[4]) if match else None


def journal_path(writer: str, number: int) -> str:
    """Name the journal of a writer with a number, 1 or more."""
    return f"state/{writer}-journal-{number:06}.jsonl"


def spool_path(writer: str, number: int) -> str:
    """Name the spool file of a writer with a number, 1 or more."""
    return f"state/{writer}-spool-{number:06}.arrow"


def staged_path(writer: str, number: int) -> str:
    """Name what does not have its name yet, with a number, 1 or more."""
    return f"state/{writer}-staged-{number:06}"


def aside_path(writer: str, number: int) -> str:
    """Name a data file that was not as it had been written, with a number, 1 or more."""
    return f"state/{writer}-aside-{number:06}"


def claim_path(writer: str) -> str:
    """Name the file that says what a writer is at work on."""
    return f"state/{writer}-claim.json"


def lock_path(name: str) -> str:
    """Name the lock of a writer or an upkeep; that of the dataset for an empty name."""
    return f"state/{name}-lock" if name else "state/lock"


def order_path(run_id: str) -> str:
    """Name the file in which a save that is divided among processes tells them to go on or to end."""
    return f"state/run-{run_id}-order"


def report_path(run_id: str, writer: str) -> str:
    """Name the file in which a writer tells such a save how far it is."""
    return f"state/run-{run_id}-{writer}"


def read_lock_name(path: str) -> str | None:
    """Whose lock a path is, as :func:`lock_path` has it; None for the path of another file."""
    match = _IS_LOCK.fullmatch(path)
    return (match[1] or "") if match else None


def journal_number(path: str) -> int | None:
    """The number of a journal; None for the path of another file."""
    return state_number(path) if state_kind(path) == "journal" else None


def state_kind(path: str) -> str | None:
    """Whether a path is a ``journal``, a ``spool`` file, a ``claim``, or one ``staged`` or set ``aside``; else None."""
    if _IS_CLAIM.fullmatch(path):
        return "claim"
    match = _IS_STATE.fullmatch(path)
    return match[2] if match and match[4] == _ENDINGS[match[2]] else None


def state_number(path: str) -> int | None:
    """The number in the name of a file of the state; None for the path of another file."""
    match = _IS_STATE.fullmatch(path)
    return int(match[3]) if match and match[4] == _ENDINGS[match[2]] else None


def writer_of(path: str) -> str:
    """The writer in the name of a file that has one; empty for the path of another file."""
    match = _IS_STATE.fullmatch(path) or _IS_CLAIM.fullmatch(path)
    if match:
        return match[1]
    name = read_data_name(path)
    return name.writer if name else ""


def is_path(path: str) -> bool:
    """Whether a path is one that a dataset has, which no other file is opened by."""
    return any((_IS_LOCK.fullmatch(path), state_kind(path), _IS_SIGNAL.fullmatch(path), _IS_DATA.fullmatch(path)))


def check_path(path: str) -> tuple[str, str]:
    """Check a path before it is used.

    Args:
        path: Where a file is.

    Returns:
        Its folder, and its name in there.

    Raises:
        ManifestError: A dataset has no such path.
    """
    if not is_path(path):
        raise ManifestError(f"a dataset has no file {path[:200]!r}: the name is not one of ours")
    folder, _, name = path.partition("/")
    return folder, name
