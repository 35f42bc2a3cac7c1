"""The tasks of a run: what a dataset lacks of a plan, and all that is still filling. Pure; nothing is listed."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import attrs

from aiospectrum.bulk.dataset.errors import DestinationMismatchError
from aiospectrum.bulk.dataset.index import DatasetIndex, Located, overlapping, window_of
from aiospectrum.bulk.dataset.periods import Period, period_of, to_datetime, to_seconds
from aiospectrum.bulk.plan import Plan, Task
from aiospectrum.bulk.windows import STEP, Window, count_windows, window_at

__all__ = ["Left", "Rechecking", "RunTask", "Span", "TaskCounts", "choose_tasks", "count_tasks"]

Span: TypeAlias = tuple[int, int]
"""The first second, and the one after the last, since 1970."""

Filling: TypeAlias = tuple[int, int, str]
"""The same, and the file that has rows of it; empty when none has."""


@attrs.frozen
class RunTask:
    """A window of a zone to be asked for, or one that is not."""

    task: Task
    """The zone, and the window, which replaces all filling ones in it."""

    is_refresh: bool
    """Whether some of it was there already."""

    has_begun: bool
    """Whether there is anything to ask for yet."""


@attrs.define(kw_only=True)
class TaskCounts:
    """How many tasks a run has."""

    skipped: int = 0
    """Tasks of the plan that are done already."""

    not_begun: int = 0
    """Tasks whose windows have not begun."""

    by_period: Counter[str] = attrs.Factory(Counter)
    """All other tasks, by the period that their windows begin in."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.skipped + self.not_begun + self.by_period.total()

    def add(self, other: "TaskCounts") -> None:
        """Add those of another client."""
        self.skipped += other.skipped
        self.not_begun += other.not_begun
        self.by_period += other.by_period


def choose_tasks(
    plans: Sequence[Plan], index: DatasetIndex, zones: Iterable[str], *, now: float
) -> Iterator[RunTask | None]:
    """Choose what is to be asked for.

    By time, a window of a plan is cut to what the dataset does not have; filling windows in it become part of it, as
    far as one file has their rows, and those that stick out are asked for as they are. A sum is the same as one of the
    dataset or takes the place of a shorter one with the same start.

    Args:
        plans: The plans, all of the same query, and each of other zones.
        index: What the dataset has.
        zones: Zones of the dataset whose filling windows are asked for as well, whatever the plans.
        now: The time, in seconds since 1970.

    Returns:
        Each task, the filling ones outside of the plans first; None for each task of a plan that is done. That is by
        the index as it is at the call, whatever becomes of it later.

    Raises:
        DestinationMismatchError: A sum of a plan overlaps one of the dataset in a way that would have rows twice.
    """
    is_sum = any(plan.query.kind == "summary" for plan in plans)
    period: Period = "day" if index.header is None else index.header.period
    return _choose(plans, _fillings(index, is_sum=is_sum), index.windows, zones, period, is_sum=is_sum, now=now)


def _choose(
    plans: Sequence[Plan],
    fillings: Mapping[str, Sequence[Filling]],
    windows: Mapping[str, Sequence[Located]],
    zones: Iterable[str],
    period: Period,
    *,
    is_sum: bool,
    now: float,
) -> Iterator[RunTask | None]:
    planned = {zone_id.lower(): (zone_id, plan) for plan in plans for zone_id in plan.zones}
    for key in zones:
        zone_id, plan_of_zone = planned.get(key, (key, None))
        for since, until, _ in fillings.get(key, ()):
            if plan_of_zone is None or not _is_in_plan(plan_of_zone, since, until):
                for piece in _cut(since, until, _done(windows.get(key, ()))):
                    yield _run_task(zone_id, *map(to_datetime, piece), is_refresh=True, now=now)
    for plan, window in ((each, window) for each in plans for window in each.windows()):
        span = to_seconds(window.since), to_seconds(window.until)
        for zone_id in plan.zones:
            key = zone_id.lower()
            there, filling = windows.get(key), fillings.get(key, ())
            if there is None and not filling:
                yield _run_task(zone_id, window.since, window.until, is_refresh=False, now=now)
                continue
            done = [] if there is None else _done(there[overlapping(there, *span, window_of)])
            near = [each for each in filling if each[0] < span[1] and span[0] < each[1]]
            found = _pieces_of_sum(zone_id, span, done, near) if is_sum else _pieces_by_time(span, done, near, period)
            for since, until in found:
                is_refresh = any(each[0] < until and since < each[1] for each in [*(each[:2] for each in near), *done])
                yield _run_task(zone_id, to_datetime(since), to_datetime(until), is_refresh=is_refresh, now=now)
            if not found:
                yield None


@attrs.frozen
class Left:
    """What is left of a task after others have written."""

    tasks: Sequence[RunTask] = ()
    """What is to be asked for."""

    has_filling: bool = False
    """Whether somebody else has asked for some of it, which is still filling."""


class Rechecking:
    """Looks at tasks again that were chosen before others wrote to the dataset; pure.

    What others have failed with does not count: their token or network may be what is wrong.
    """

    def __init__(
        self,
        index: DatasetIndex,
        *,
        is_sum: bool,
        now: float,
        since: int,
        unmerged: Container[str],
    ) -> None:
        """Look at the dataset.

        Args:
            index: What it has now.
            is_sum: Whether the plans are of sums.
            now: The time, in seconds since 1970.
            since: What was asked for since then, by whomever, is not asked for again.
            unmerged: Spool files of writers that are alive; what they have is not asked for either.
        """
        self._windows, self._fillings = index.windows, _fillings(index, is_sum=is_sum)
        self._period: Period = "day" if index.header is None else index.header.period
        self._is_sum = is_sum
        self._now = now
        asked = [
            (zone_id, each.window)
            for zone_id, each in index.filling()
            if each.window.asked >= since or each.path in unmerged
        ]
        self._asked: dict[str, list[Span]] = {}
        for zone_id, window in asked:
            self._asked.setdefault(zone_id, []).append((window.since, window.until))

    def look(self, each: RunTask) -> Left:
        """Look at a task.

        Args:
            each: The task.

        Returns:
            What is left of it.

        Raises:
            DestinationMismatchError: It is a sum that overlaps one of the dataset in a way that would have rows twice.
        """
        zone_id, window = each.task.zone_id, each.task.window
        key, span = zone_id.lower(), (to_seconds(window.since), to_seconds(window.until))
        there = self._windows.get(key, [])
        done = _done(there[overlapping(there, *span, window_of)])
        asked = [one for one in self._asked.get(key, ()) if one[0] < span[1] and span[0] < one[1]]
        near = [one for one in self._fillings.get(key, ()) if one[0] < span[1] and span[0] < one[1]]
        if self._is_sum:
            has_all = any(start <= span[0] and span[1] <= end for start, end in (*done, *asked))
            pieces = [] if has_all else _pieces_of_sum(zone_id, span, done, near)
        else:
            pieces = [left for piece in _pieces_by_time(span, done, near, self._period) for left in _cut(*piece, asked)]
        is_refresh = each.is_refresh or bool(done or near)
        tasks = [_run_task(zone_id, *map(to_datetime, piece), is_refresh=is_refresh, now=self._now) for piece in pieces]
        return Left(tasks=[one for one in tasks if one.has_begun], has_filling=bool(asked))


def count_tasks(choose: Callable[[], Iterable[RunTask | None]], period: Period) -> TaskCounts:
    """Count tasks.

    Args:
        choose: Gives what :func:`choose_tasks` does.
        period: What the data files are divided by.

    Returns:
        The counts.

    Raises:
        DestinationMismatchError: As it does.
    """
    counts = TaskCounts()
    name, since = "", None
    for each in choose():
        if each is None:
            counts.skipped += 1
        elif not each.has_begun:
            counts.not_begun += 1
        else:
            if each.task.window.since != since:
                since = each.task.window.since
                name = period_of(to_seconds(since), period)
            counts.by_period[name] += 1
    return counts


def _run_task(zone_id: str, since: datetime, until: datetime, *, is_refresh: bool, now: float) -> RunTask:
    task = Task(zone_id=zone_id, window=Window(since=since, until=until))
    return RunTask(task, is_refresh, since.timestamp() < now)


def _fillings(index: DatasetIndex, *, is_sum: bool) -> dict[str, list[Filling]]:
    """What is filling by zone, in the order of time; none overlaps another one."""
    located: dict[str, list[Filling]] = {}
    noted: dict[str, list[Filling]] = {}
    for zone_id, each in index.filling():
        found = located if each.path else noted
        found.setdefault(zone_id, []).append((each.window.since, each.window.until, each.path))
    for zone_id, without_rows in noted.items():
        there = located.setdefault(zone_id, [])
        if not is_sum:
            left = [(*piece, "") for each in without_rows for piece in _cut(*each[:2], [other[:2] for other in there])]
        else:  # a longer sum takes the place of a shorter one
            left = [each for each in without_rows if all(other[:2] != each[:2] for other in there)]
            there[:] = [each for each in there if all(other[0] != each[0] for other in left)]
        there += left
        there.sort()
    return located


def _is_in_plan(plan: Plan, since: int, until: int) -> bool:
    """Whether a window of the plan takes the place of one of the dataset."""
    start, end = to_datetime(since), to_datetime(until)
    if not plan.since <= start < end <= plan.until:
        return False
    place = count_windows(Window(since=plan.since, until=start + STEP), plan.window) - 1
    window = window_at(plan.span, plan.window, place)
    return end <= window.until and (plan.query.kind == "bytime" or start == window.since)


def _done(there: Iterable[Located]) -> list[Span]:
    return [(each.window.since, each.window.until) for each in there if not each.window.filling]


def _cut(since: int, until: int, others: Iterable[Span]) -> list[Span]:
    """What others leave of a time, in order."""
    left = []
    for start, end in sorted(others):
        if start >= until:
            break
        if since < start:
            left.append((since, start))
        since = max(since, end)
    return [*left, (since, until)] if since < until else left


def _pieces_by_time(span: Span, done: Sequence[Span], near: Sequence[Filling], period: Period) -> list[Span]:
    """What is asked for of a window: no piece replaces rows of more than one file, which would be seen one by one."""
    others = [*done, *(each[:2] for each in near if each[0] < span[0] or span[1] < each[1])]
    themselves: list[Span] = []
    for since, until in _cut(*span, others):
        name, path = period_of(since, period), ""
        for start, end, file in near:
            if not (since <= start and end <= until and file):
                continue
            path = path or file
            if file != path or period_of(start, period) != name:
                themselves.append((start, end))
    return sorted([*_cut(*span, [*others, *themselves]), *themselves])


def _pieces_of_sum(zone_id: str, span: Span, done: Sequence[Span], near: Sequence[Filling]) -> list[Span]:
    """A sum is asked for as a whole, unless it is there."""
    for start, end in [*done, *(each[:2] for each in near)]:
        if start != span[0] or end > span[1]:
            there, wanted = (
                Window(since=to_datetime(each[0]), until=to_datetime(each[1])) for each in ((start, end), span)
            )
            raise DestinationMismatchError(
                f"zone {zone_id} has data of {there} there, and the plan has {wanted}, which would have rows"
                " twice: let the plan's times begin and end where those of the dataset do, or save to another place"
            )
    return [] if span in done else [span]
