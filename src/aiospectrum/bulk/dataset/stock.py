"""What a dataset has, and what of a plan it lacks: pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum

import attrs

from aiospectrum.bulk.dataset.errors import DestinationMismatchError
from aiospectrum.bulk.dataset.records import Entry, Failed, Header, Partition
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.bulk.windows import Window

__all__ = ["Choice", "Stock", "choose"]


class Choice(IntEnum):
    """What is to be done about a task."""

    SKIP = 0
    """Its data is there."""

    FETCH = 1
    """Its data is not there."""

    REFRESH = 2
    """Its data is there, and some may have been missing when it was fetched."""


@attrs.define(kw_only=True)
class Stock:
    """What the journals of a dataset say."""

    header: Header | None = None
    """The latest header; None without any."""

    partitions: dict[str, Partition] = attrs.Factory(dict)
    """Partitions that are there, by path."""

    failures: dict[str, Failed] = attrs.Factory(dict)
    """The latest failure of each partition that has not been written since, by path."""

    def take(self, entries: Iterable[Entry]) -> None:
        """Follow a journal.

        Args:
            entries: Its lines in order.
        """
        for entry in entries:
            match entry:
                case Header():
                    self.header = entry
                case Partition():
                    self.partitions[entry.path] = entry
                    self.failures.pop(entry.path, None)
                case Failed():
                    self.failures[entry.path] = entry

    def keep_present(self, sizes: Mapping[str, int]) -> None:
        """Forget partitions whose files are not there as they were written.

        Args:
            sizes: The size of every file of the dataset by path, in bytes.
        """
        self.partitions = {path: each for path, each in self.partitions.items() if sizes.get(path) == each.bytes}

    def is_filling(self, partition: Partition) -> bool:
        """Tell whether data of a partition may have been missing when it was fetched.

        Args:
            partition: The partition.

        Returns:
            Whether the end of the window was newer than the last event that had been counted.
        """
        return (partition.asked - partition.until).total_seconds() < partition.data_lag


def choose(plan: Plan, stock: Stock, *, now: datetime, refresh_within: timedelta | None) -> bytearray:
    """Find out what is to be done about each task of a plan.

    Args:
        plan: The plan.
        stock: What the dataset has.
        now: The time.
        refresh_within: Partitions that were still filling are fetched again when their windows ended no longer ago than
            this; None for never.

    Returns:
        A :class:`Choice` for each task, in the order of the plan.

    Raises:
        DestinationMismatchError: The window of a task overlaps one of the dataset in a way that would have rows twice.
    """
    by_zone: dict[str, list[Partition]] = {}
    for each in stock.partitions.values():
        by_zone.setdefault(each.zone_id, []).append(each)
    for partitions in by_zone.values():
        partitions.sort(key=lambda partition: partition.since)
    starts = {zone_id: [each.since for each in partitions] for zone_id, partitions in by_zone.items()}

    def choose_one(task: Task) -> Choice:
        zone_id, window = task.zone_id.lower(), task.window
        partitions = by_zone.get(zone_id)
        if partitions is None:
            return Choice.FETCH
        stop = bisect_right(starts[zone_id], window.until - timedelta.resolution)
        start = max(0, bisect_right(starts[zone_id], window.since) - 1)
        overlapping = [each for each in partitions[start:stop] if each.until > window.since]
        if not overlapping:
            return Choice.FETCH
        there = overlapping[0]
        if len(overlapping) > 1 or not _go_together(plan, there, window):
            raise _overlap(task, there)
        if there.until < window.until:
            return Choice.FETCH
        is_recent = refresh_within is not None and now - there.until <= refresh_within
        is_same = (there.since, there.until) == (window.since, window.until)
        return Choice.REFRESH if is_recent and is_same and stock.is_filling(there) else Choice.SKIP

    return bytearray(map(choose_one, plan))


def _go_together(plan: Plan, there: Partition, window: Window) -> bool:
    """Whether a partition has a window already, or is all replaced by it.

    A part of a longer window can be told in reports by time, and not in sums over that window.
    """
    if there.since == window.since and there.until <= window.until:
        return True
    covers = there.since <= window.since and window.until <= there.until
    return covers and plan.query.kind == "bytime"


def _overlap(task: Task, there: Partition) -> DestinationMismatchError:
    window = Window(since=there.since, until=there.until)
    return DestinationMismatchError(
        f"zone {task.zone_id} has data of {window} there, and the plan asks for {task.window}, which would have rows"
        f" twice: let the plan's times begin and end where those of the dataset do, or save to another place"
    )
