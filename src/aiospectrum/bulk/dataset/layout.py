"""Where things are in a dataset: pure.

::

    zone_id=023e105f4ecef8ad9ca31a8372d0c353/
        date=2026-11-18/
            20261118T000000Z.parquet        the window that begins then, of the zone
    _manifest/
        journal-000001.jsonl                what each run has done, see aiospectrum.bulk.dataset.records
        staged/                             files that are not part of the dataset yet
        lock                                held while a run goes on
"""

import re
from datetime import datetime
from typing import Final

from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.plan import Task

__all__ = [
    "JOURNALS",
    "LOCK",
    "PARTITIONS",
    "STAGED",
    "journal_number",
    "journal_path",
    "partition_path",
    "staged_path",
]

JOURNALS: Final = "_manifest"
"""The folder of the journals; readers of datasets pass over names that begin so."""

STAGED: Final = f"{JOURNALS}/staged"
"""The folder of files that are not part of the dataset yet."""

LOCK: Final = f"{JOURNALS}/lock"
"""The file that a run locks."""

PARTITIONS: Final = "zone_id="
"""What the names of all folders with data begin with."""

_JOURNAL: Final = re.compile(rf"{JOURNALS}/journal-(\d{{6,}})\.jsonl")


def partition_path(task: Task, file_format: FileFormat) -> str:
    """Name the file of a task.

    It goes by the start of the window, so that a window which ends later the next time takes its place.

    Args:
        task: Zone and window.
        file_format: What the file is.

    Returns:
        The path in the dataset, with slashes.
    """
    since = task.window.since
    folder = f"{PARTITIONS}{task.zone_id.lower()}/date={since:%Y-%m-%d}"
    return f"{folder}/{_stamp(since)}.{file_format}"


def staged_path(journal: int, number: int) -> str:
    """Name a file that is not part of the dataset yet.

    Args:
        journal: Number of the journal of the run, which no other run has.
        number: Number of the file, which no other of the run has.

    Returns:
        The path, whose ending no reader of datasets looks for.
    """
    return f"{STAGED}/{journal:06}-{number}.part"


def journal_path(number: int) -> str:
    """Name a journal, with an ending that no file of a dataset has.

    Args:
        number: Its number, 1 or more.

    Returns:
        The path.
    """
    return f"{JOURNALS}/journal-{number:06}.jsonl"


def journal_number(path: str) -> int | None:
    """Tell journals from other files.

    Args:
        path: A path in the dataset.

    Returns:
        The number of the journal; None for another file.
    """
    match = _JOURNAL.fullmatch(path)
    return int(match[1]) if match else None


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
