"""The tasks of a run, taken in portions that are claimed one after another, so that other writers have theirs: pure."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Final

import attrs

from aiospectrum.bulk.dataset.periods import to_seconds
from aiospectrum.bulk.dataset.tasks import Left, RunTask, Span
from aiospectrum.transport import Transport

__all__ = ["Portion", "Source"]

_MOST: Final = 5000
"""Tasks of a portion."""


@attrs.define(kw_only=True)
class Portion:
    """What is claimed next of one client, and what became of tasks that others had in the meantime."""

    tasks: list[RunTask] = attrs.Factory(list)
    """What is to be asked for."""

    added: int = 0
    """Tasks that there are more, as others have cut some in pieces."""

    skipped: int = 0
    """Tasks that others have done."""

    filling: int = 0
    """Tasks that others have asked for, and that are still filling."""


@attrs.define(kw_only=True, eq=False)
class Source:
    """The tasks of one client that no portion has had yet."""

    client: Transport
    """The client."""

    tasks: Iterator[RunTask | None]
    """What has been chosen."""

    left: int
    """How many of those are left, about."""

    deferred: list[RunTask] = attrs.Factory(list)
    """Those that others were at work on."""

    at_work: Sequence[RunTask] = ()
    """The portion that it had last."""

    def take(
        self,
        *,
        least: int,
        writers: int,
        recheck: Callable[[RunTask], Left] | None,
        claimed: Mapping[str, Sequence[Span]],
        failed: Container[tuple[str, int]],
    ) -> Portion:
        """Take the next portion: a part of what is left, so that others which start later have something to do.

        It is the least until something of the portion before was fetched: others wait for what is claimed, also when
        it is by one that can only fail.

        Args:
            least: Tasks that it has if there are so many.
            writers: How many writers are alive, this one included.
            recheck: Says what is left of a task; None where no other writer has been there.
            claimed: What others are at work on, by zone.
            failed: Zone and start of all that has failed, and was not saved since.

        Returns:
            The portion; without tasks when all that is left is with others.
        """
        portion = Portion()
        has_fetched = any(_key_of(each) not in failed for each in self.at_work)
        size = min(max(self.left // (2 * max(writers, 2)), least), _MOST) if has_fetched else least
        before, self.deferred = self.deferred, []
        for place, each in enumerate(before):
            if len(portion.tasks) >= size:
                self.deferred += before[place:]
                break
            self._sort(each, portion, recheck, claimed)
        while len(portion.tasks) < size:
            try:
                chosen = next(self.tasks)
            except StopIteration:
                break
            if chosen is not None and chosen.has_begun:
                self.left -= 1
                self._sort(chosen, portion, recheck, claimed)
        return portion

    def _sort(
        self,
        each: RunTask,
        portion: Portion,
        recheck: Callable[[RunTask], Left] | None,
        claimed: Mapping[str, Sequence[Span]],
    ) -> None:
        left = Left(tasks=[each]) if recheck is None else recheck(each)
        if left.tasks:
            portion.added += len(left.tasks) - 1
        else:
            portion.filling += left.has_filling
            portion.skipped += not left.has_filling
        for task in left.tasks:
            (self.deferred if _is_claimed(task, claimed) else portion.tasks).append(task)


def _key_of(each: RunTask) -> tuple[str, int]:
    return each.task.zone_id.lower(), to_seconds(each.task.window.since)


def _is_claimed(each: RunTask, claimed: Mapping[str, Sequence[Span]]) -> bool:
    since, until = to_seconds(each.task.window.since), to_seconds(each.task.window.until)
    return any(start < until and since < end for start, end in claimed.get(each.task.zone_id.lower(), ()))
