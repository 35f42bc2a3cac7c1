"""The index of a dataset, made of its journals, and what each task of a plan needs: pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum

import attrs

from aiospectrum.bulk.dataset.errors import DestinationMismatchError
from aiospectrum.bulk.dataset.manifest import Entry, Failed, Header, Partition
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.bulk.windows import Window

__all__ = ["Action", "DatasetIndex", "choose_actions"]


class Action(IntEnum):
    """What to do about a task."""

    SKIP = 0
    """Its data is there."""

    FETCH = 1
    """Its data is not there."""

    REFRESH = 2
    """Its data is there, and some may have been missing when it was fetched."""


@attrs.define(kw_only=True)
class DatasetIndex:
    """What the journals of a dataset say."""

    header: Header | None = None
    """The latest header; None without any."""

    partitions: dict[str, Partition] = attrs.Factory(dict)
    """Partitions that are there, by path."""

    failures: dict[str, Failed] = attrs.Factory(dict)
    """The latest failure of each partition that has not been written since, by path."""

    def apply(self, entries: Iterable[Entry]) -> None:
        """Take in the lines of the next journal."""
        for entry in entries:
            match entry:
                case Header():
                    self.header = entry
                case Partition():
                    self.partitions[entry.path] = entry
                    self.failures.pop(entry.path, None)
                case Failed():
                    self.failures[entry.path] = entry

    def drop_missing(self, sizes: Mapping[str, int]) -> None:
        """Drop partitions whose files are not there as they were written.

        Args:
            sizes: The size of every file of the dataset by path, in bytes.
        """
        self.partitions = {path: each for path, each in self.partitions.items() if sizes.get(path) == each.bytes}


def choose_actions(plan: Plan, index: DatasetIndex, *, now: datetime, refresh_within: timedelta | None) -> bytearray:
    """Choose what to do about each task of a plan.

    Args:
        plan: The plan.
        index: What the dataset has.
        now: The time.
        refresh_within: Partitions that were incomplete are fetched again when their windows ended no longer ago than
            this; None for never.

    Returns:
        An :class:`Action` for each task, in the order of the plan.

    Raises:
        DestinationMismatchError: The window of a task overlaps one of the dataset in a way that would have rows twice.
    """
    by_zone: dict[str, list[Partition]] = {}
    for each in index.partitions.values():
        by_zone.setdefault(each.zone_id, []).append(each)
    for partitions in by_zone.values():
        partitions.sort(key=lambda partition: partition.since)
    starts = {zone_id: [each.since for each in partitions] for zone_id, partitions in by_zone.items()}

    def choose(task: Task) -> Action:
        zone_id, window = task.zone_id.lower(), task.window
        partitions = by_zone.get(zone_id)
        if partitions is None:
            return Action.FETCH
        stop = bisect_right(starts[zone_id], window.until - timedelta.resolution)
        start = max(0, bisect_right(starts[zone_id], window.since) - 1)
        overlapping = [each for each in partitions[start:stop] if each.until > window.since]
        if not overlapping:
            return Action.FETCH
        there = overlapping[0]
        if len(overlapping) > 1 or not _is_compatible(plan, there, window):
            raise _overlap(task, there)
        if there.until < window.until:
            return Action.FETCH
        is_recent = refresh_within is not None and now - there.until <= refresh_within
        is_same = (there.since, there.until) == (window.since, window.until)
        return Action.REFRESH if is_recent and is_same and _was_incomplete(there) else Action.SKIP

    return bytearray(map(choose, plan))


def _was_incomplete(partition: Partition) -> bool:
    """Whether data may have been missing when a partition was fetched: its end was newer than the last data."""
    return (partition.started - partition.until).total_seconds() < partition.data_lag


def _is_compatible(plan: Plan, there: Partition, window: Window) -> bool:
    """Whether a partition has a window already, or is all replaced by it.

    Reports by time have the parts of a longer window, and sums over that window do not.
    """
    if there.since == window.since and there.until <= window.until:
        return True
    covers = there.since <= window.since and window.until <= there.until
    return covers and plan.query.kind == "bytime"


def _overlap(task: Task, there: Partition) -> DestinationMismatchError:
    window = Window(since=there.since, until=there.until)
    return DestinationMismatchError(
        f"zone {task.zone_id} has data of {window} there, and the plan has {task.window}, which would have rows"
        f" twice: let the plan's times begin and end where those of the dataset do, or save to another place"
    )
