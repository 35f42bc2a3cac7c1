"""The upkeep of datasets: found damage, repair, old rows, and metrics that a query gains.

Each call holds the dataset's lock. What changes is staged, then one journal says all of it, and then the staged files
get their names: a crash before that journal leaves the dataset as it was, and what a crash after it leaves is finished
by the next run, as for a run that was killed.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import attrs

from aiospectrum._http.config import check_clock
from aiospectrum.bulk.dataset.changes import LockedDataset, work_on
from aiospectrum.bulk.dataset.findings import Deleted, Extended, Repaired, UpkeepProgress, Verified
from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.query import check_metrics
from aiospectrum.checks import DateTime, Unchecked, refuse
from aiospectrum.models import Metric

__all__ = ["delete_before", "extend_query", "repair", "verify"]

OnProgress: TypeAlias = Callable[[UpkeepProgress], object]
"""What is told how far it is."""

_TIME: Final = DateTime(takes_unchecked=False)


def verify(
    folder: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
    clock: Callable[[], float] = time.time,
) -> Verified:
    """Read all of a dataset, and compare it with its state.

    Every file is there, has its size, its columns, its rows in order and none twice, and of each window as many as the
    state says; and nothing else is in the folder of the data files. Lines of the state that cannot be read are problems
    too, as long as some say what the dataset is. Nothing is changed. Where nothing can be written, as on a disk that is
    mounted to be read, no lock is held, and what a run changes there meanwhile may be found as damage. This is a plain
    function, as :func:`open_dataset` is, and may take minutes.

    Args:
        folder: Where :func:`save` saved to, or the folder ``data`` in it; a path or a URL.
        storage_options: Arguments of the file system of a URL, such as credentials; only for URLs.
        on_progress: Called at the start and after each file.
        clock: Returns the time of day in seconds since 1970, UTC.

    Returns:
        What was found.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: pyarrow, or what the URL needs, is not installed; the message says how to install it.
        DestinationBusyError: A run is writing there.
        DestinationMismatchError: There is no dataset.
        ManifestError: The state of the dataset is damaged, or of a later version.
        StorageError: It cannot be read.
    """
    return work_on(
        folder, storage_options, on_progress, clock, LockedDataset.verify, may_be_damaged=True, only_reads=True
    )


def repair(
    folder: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
    clock: Callable[[], float] = time.time,
) -> Repaired:
    """Verify a dataset, and forget what is damaged or missing, so that the next run fetches it.

    Damaged files, and those that have a name of ours and that the state says nothing of, are moved to the dataset's
    folder ``state``, where nothing reads them. All windows of a file that is damaged or missing count as filling, so
    that the next run asks for them, whatever its plan. Files that are none of ours are left as they are. What a damaged
    state says no more is missing then: only a plan that has its time fetches it.

    Args:
        folder: See :func:`verify`.
        storage_options: See :func:`verify`.
        on_progress: See :func:`verify`.
        clock: See :func:`verify`.

    Returns:
        What was wrong, and what became of it.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: pyarrow, or what the URL needs, is not installed; the message says how to install it.
        DestinationBusyError: A run is writing there.
        DestinationMismatchError: There is no dataset.
        ManifestError: The state of the dataset is damaged, or of a later version.
        StorageError: It cannot be read or written.
    """
    return work_on(folder, storage_options, on_progress, clock, LockedDataset.repair, may_be_damaged=True)


def delete_before(
    folder: str | os.PathLike[str],
    before: datetime | timedelta,
    *,
    storage_options: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
    clock: Callable[[], float] = time.time,
) -> Deleted:
    """Delete the windows of a dataset that ended by some time, with their rows.

    A window that ended later is kept whole. Files are deleted when nothing else is in them, and written again
    otherwise. What is deleted is as if it had never been fetched: a later plan with that time would fetch it again.

    Args:
        folder: See :func:`verify`.
        before: An aware datetime; or how long ago, such as ``timedelta(days=90)``, more than 0.
        storage_options: See :func:`verify`.
        on_progress: See :func:`verify`.
        clock: See :func:`verify`.

    Returns:
        What was deleted.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: pyarrow, or what the URL needs, is not installed; the message says how to install it.
        DestinationBusyError: A run is writing there.
        DestinationMismatchError: There is no dataset.
        ManifestError: The state of the dataset or a file is damaged, or of a later version.
        StorageError: It cannot be read or written. The dataset is as it was, or the next run finishes the deletion.
    """
    clock = check_clock(clock)
    if isinstance(before, timedelta):
        if before <= timedelta():
            refuse("before", before, "a timedelta of more than 0")
        try:
            moment = datetime.fromtimestamp(clock(), UTC) - before
        except OverflowError:
            refuse("before", before, "a time in the years 1 to 9999, counted back from that of the clock")
    else:
        moment = _TIME.check("before", before)
    seconds = to_seconds(moment)
    return work_on(folder, storage_options, on_progress, clock, lambda dataset: dataset.delete_before(seconds))


def extend_query(
    folder: str | os.PathLike[str],
    metrics: Sequence[Metric | Unchecked],
    *,
    since: datetime | None = None,
    storage_options: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
    clock: Callable[[], float] = time.time,
) -> Extended:
    """Add metrics to the query of a dataset.

    Every file is written again, with a column of nulls for each. Windows that end after ``since`` count as filling, so
    that the next run asks for them again; it needs the new query in its plan, as :attr:`Extended.query` has it. There
    must be room for the dataset a second time meanwhile.

    Args:
        folder: See :func:`verify`.
        metrics: The metrics to add, after those that are there; one that is there already is left as it is.
        since: Where the new metrics are wanted from, an aware datetime; None for the whole time of the dataset.
        storage_options: See :func:`verify`.
        on_progress: See :func:`verify`.
        clock: See :func:`verify`.

    Returns:
        The query, and what was done.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: pyarrow, or what the URL needs, is not installed; the message says how to install it.
        DestinationBusyError: A run is writing there.
        DestinationMismatchError: There is no dataset.
        ManifestError: The state of the dataset or a file is damaged, or of a later version.
        StorageError: It cannot be read or written. The dataset is as it was, or the next run finishes the extension.
    """
    checked = check_metrics(metrics)
    start = None if since is None else to_seconds(_TIME.check("since", since))

    def extend(dataset: LockedDataset) -> Extended:
        there = dataset.query.metrics
        added = [metric for metric in checked if metric not in there]
        return dataset.extend_query(attrs.evolve(dataset.query, metrics=[*there, *added]), start)

    return work_on(folder, storage_options, on_progress, clock, extend)
