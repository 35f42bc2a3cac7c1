"""Zones x windows x one query, as data: nothing is sent, and no list of tasks is ever made."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs
import msgspec

from aiospectrum._http.config import check_class, check_clock
from aiospectrum.bulk.query import Kind, Query
from aiospectrum.bulk.windows import (
    Window,
    WindowLength,
    count_windows,
    edge_after,
    edge_before,
    fits,
    usual_length,
    window_at,
)
from aiospectrum.bulk.zones import check_zones
from aiospectrum.checks import DateTime, Integer, Text, Unchecked, keep, refuse
from aiospectrum.models import Dimension, Metric, TimeDelta

__all__ = ["MAX_TASKS", "Plan", "PlanDiff", "ShardBy", "Task", "check_task_count", "edges_of"]

ShardBy: TypeAlias = Literal["zone", "time"]
"""What is divided among shards: zones, each with all its windows, or the time, each part with all zones."""

MAX_TASKS: Final = 10_000_000
"""Tasks of a plan that is carried out, unless the caller permits more: a year of hours for a thousand zones has fewer.
More are most likely a slip in the time, such as ``0226`` for ``2026``."""

_LENGTHS: Final = (*get_args(TimeDelta), "whole")
_LENGTH: Final = Text(choices=_LENGTHS, takes_unchecked=False)
_SHARD_BY: Final = Text(choices=get_args(ShardBy), takes_unchecked=False)
_COUNT: Final = Integer(minimum=1, takes_unchecked=False, expected="an integer of 1 or more")
_TIME: Final = DateTime(takes_unchecked=False)


def _check_zones(zones: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(check_zones(zones)))


def _check_since(since: datetime) -> datetime:
    return _check_time("since", since)


def _check_until(until: datetime) -> datetime:
    return _check_time("until", until)


def _check_time(field: str, value: datetime) -> datetime:
    """A time in UTC; it is a whole second, as the API counts by those."""
    time: datetime = _TIME.check(field, value)
    if time.microsecond:
        refuse(field, value, "a whole second, such as .replace(microsecond=0) gives")
    return time


def _check_query(query: Query) -> Query:
    return check_class("query", query, Query)


def _usual_window(plan: "Plan") -> WindowLength:
    return usual_length(plan.query.time_delta)


@attrs.frozen(kw_only=True)
class Task:
    """One zone and one window of a plan."""

    zone_id: str
    """Identifier of the zone."""

    window: Window
    """The time."""


@attrs.frozen(kw_only=True)
class PlanDiff:
    """The differences between two plans; false when there are none."""

    zones_added: tuple[str, ...]
    """Zones of the other plan alone."""

    zones_removed: tuple[str, ...]
    """Zones of the first plan alone."""

    changed: Mapping[str, tuple[Any, Any]]
    """What the first and the other plan have, by the name of each setting that differs: ``since``, ``until``,
    ``window``, or one of the query, such as ``query.metrics``."""

    def __bool__(self) -> bool:
        return bool(self.zones_added or self.zones_removed or self.changed)


@attrs.frozen(kw_only=True)
class Plan:
    """A query for every zone and window, which has each second of the time exactly once.

    ``len(plan)`` counts the tasks, iterating gives them, and ``plan[i]`` is one of them; none of that keeps a list. All
    zones of a window come before the next window, so that neighbouring tasks are of different zones.

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    zones: tuple[str, ...] = attrs.field(converter=_check_zones)
    """Ids of the zones, each once; they are kept in the order of the alphabet, and there may be none."""

    since: datetime = attrs.field(converter=_check_since)
    """The first second, as an aware datetime; it is kept in UTC."""

    until: datetime = attrs.field(converter=_check_until)
    """The second after the last one, so that a day ends where the next one begins."""

    query: Query = attrs.field(converter=_check_query)
    """What to fetch for each zone and window."""

    window: WindowLength = attrs.field(
        default=attrs.Factory(_usual_window, takes_self=True),
        validator=keep(_LENGTH),
    )
    """Length of the windows, which are cut at the edges of the calendar in UTC; the first and the last one are shorter
    when the time does not begin or end at such an edge. When left out, a day, or one time interval where that is
    longer; ``whole`` for a single window, such as averages need, which cannot be put together again."""

    def __attrs_post_init__(self) -> None:
        if self.since >= self.until:
            refuse("until", self.until.isoformat(), f"a time after since, {self.since.isoformat()}")
        delta = self.query.time_delta
        if delta is not None and not fits(self.window, delta):
            refuse("window", self.window, f"a length that intervals of one {delta} fit into without a rest")

    @classmethod
    def last(
        cls,
        length: timedelta,
        *,
        zones: Iterable[str],
        query: Query,
        window: WindowLength | None = None,
        clock: Callable[[], float] = time.time,
    ) -> "Plan":
        """Make the plan of the time before now, with whole time intervals.

        The start is cut down and the end is cut up to the edges of the query's ``time_delta``; for summaries, to those
        of the windows. So plans of a job that starts some seconds early or late leave no gap between them, and cut what
        they share alike. A summary of the ``whole`` time has no edges, nor have time intervals whose length this
        version does not know: such times are cut to the second.

        Args:
            length: How much time, more than 0.
            zones: Ids of the zones, each once.
            query: What to fetch for each zone and window.
            window: Length of the windows; None for the usual one.
            clock: Returns the time of day in seconds since 1970, UTC.

        Returns:
            The plan. Its last interval, or window, is the one under way.

        Raises:
            InvalidArgumentError: A value is invalid.
        """
        clock = check_clock(clock)
        query = _check_query(query)
        cut: WindowLength = usual_length(query.time_delta) if window is None else _LENGTH.check("window", window)
        if not isinstance(length, timedelta) or length <= timedelta():
            refuse("length", length, "a timedelta of more than 0")
        edges = edges_of(query, cut)
        now = datetime.fromtimestamp(clock(), UTC)
        try:
            since, until = edge_before(now - length, edges), edge_after(now, edges)
        except (OverflowError, ValueError):
            refuse("length", length, "a time in the years 1 to 9999, counted back from that of the clock")
        return cls(zones=zones, since=since, until=until, query=query, window=cut)

    @property
    def span(self) -> Window:
        """The whole time."""
        return Window(since=self.since, until=self.until)

    @property
    def id(self) -> str:
        """16 hexadecimal characters that are the same for equal plans, on every machine and in every release."""
        return hashlib.sha256(msgspec.json.encode(_to_saved(self))).hexdigest()[:16]

    def windows(self) -> Iterator[Window]:
        """Iterate over the windows, without a list.

        Yields:
            Each window, in the order of time.
        """
        span = self.span
        for index in range(count_windows(span, self.window)):
            yield window_at(span, self.window, index)

    def __len__(self) -> int:
        return len(self.zones) * count_windows(self.span, self.window)

    def __iter__(self) -> Iterator[Task]:
        for window in self.windows():
            for zone_id in self.zones:
                yield Task(zone_id=zone_id, window=window)

    def __getitem__(self, index: int) -> Task:
        window, zone = divmod(range(len(self))[index], len(self.zones))
        return Task(zone_id=self.zones[zone], window=window_at(self.span, self.window, window))

    def shard(self, index: int, count: int, *, by: ShardBy = "zone") -> "Plan":
        """Return one of several parts of the plan, for one of several machines; together they have each task once.

        Args:
            index: Which part, from 0 to ``count - 1``.
            count: Number of parts, 1 or more.
            by: Whether each part has some of the zones over the whole time, which suits zones with clients of their
                own, or all zones over a part of the time, which suits few zones.

        Returns:
            A plan like any other. It is without zones, and so without tasks, when there are more parts than zones, or
            than windows.

        Raises:
            InvalidArgumentError: An argument is invalid.
        """
        count = _COUNT.check("count", count)
        places = Integer(minimum=0, maximum=count - 1, takes_unchecked=False)
        index = places.check("index", index)
        by = _SHARD_BY.check("by", by)
        if by == "zone":
            return attrs.evolve(self, zones=self.zones[index::count])
        windows = count_windows(self.span, self.window)
        first, stop = windows * index // count, windows * (index + 1) // count
        if first == stop:
            return attrs.evolve(self, zones=())
        return attrs.evolve(
            self,
            since=window_at(self.span, self.window, first).since,
            until=window_at(self.span, self.window, stop - 1).until,
        )

    def diff(self, other: "Plan") -> PlanDiff:
        """Compare another plan with this one.

        Args:
            other: The other plan.

        Returns:
            The differences.

        Raises:
            InvalidArgumentError: The other one is not a plan.
        """
        check_class("other", other, Plan)
        mine, theirs = _settings(self), _settings(other)
        return PlanDiff(
            zones_added=tuple(sorted(set(other.zones) - set(self.zones))),
            zones_removed=tuple(sorted(set(self.zones) - set(other.zones))),
            changed={name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]},
        )

    def to_json(self) -> str:
        """Write the plan as JSON, for a file.

        Returns:
            Text that :meth:`from_json` makes an equal plan of, in this release and later ones.
        """
        return msgspec.json.format(msgspec.json.encode(_to_saved(self)), indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        """Read what :meth:`to_json` wrote.

        Args:
            text: The JSON.

        Returns:
            The plan.

        Raises:
            InvalidArgumentError: It is something else, of a later version of the format, or a value is invalid.
        """
        try:
            saved = _DECODER.decode(text)
        except (msgspec.DecodeError, UnicodeError, TypeError) as error:
            refuse("text", text, f"a plan in version {_VERSION} of the format ({error})")
        query = Query(**{name: _restored(value) for name, value in msgspec.structs.asdict(saved.query).items()})
        return cls(zones=saved.zones, since=saved.since, until=saved.until, window=saved.window, query=query)


def edges_of(query: Query, window: WindowLength) -> WindowLength:
    """Find at whose edges times that are relative to now are cut.

    Args:
        query: What is fetched.
        window: Length of the windows.

    Returns:
        The length of the time intervals, for summaries of the windows; ``whole`` where there are no edges.
    """
    if query.time_delta is None:
        return window
    return query.shortest


def check_task_count(plans: Sequence[Plan], max_tasks: int) -> None:
    """Refuse plans that are together too large to be carried out.

    Args:
        plans: The plans, the one with the earliest start first.
        max_tasks: Maximum number of tasks, 1 or more.

    Raises:
        InvalidArgumentError: They have more tasks, or the maximum is invalid.
    """
    max_tasks = _COUNT.check("max_tasks", max_tasks)
    count, zones = sum(map(len, plans)), sum(len(plan.zones) for plan in plans)
    if count > max_tasks:
        refuse(
            "plan",
            f"{count:,} tasks, windows of {zones:,} zones",
            f"{max_tasks:,} tasks at most (is the time {plans[0].span} right? longer windows make fewer tasks, and"
            " max_tasks permits more)",
        )


_VERSION: Final = 1


class _Marked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A value that is sent as it is."""

    unchecked: str


class _SavedQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A query in a file."""

    kind: Kind
    time_delta: TimeDelta | _Marked | None
    metrics: tuple[Metric | _Marked, ...]
    dimensions: tuple[Dimension | _Marked, ...]
    filters: str | _Marked | None
    limit: int | None


class _SavedPlan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A plan in a file; what changes here changes the version, and the id of every plan."""

    format: Literal["aiospectrum.bulk.Plan"] = "aiospectrum.bulk.Plan"
    version: Literal[1] = 1
    since: datetime
    until: datetime
    window: WindowLength
    query: _SavedQuery
    zones: list[str]


_DECODER: Final = msgspec.json.Decoder(_SavedPlan)
"""Made here, as two threads must not make the first ones of a class at once."""


def _to_saved(plan: Plan) -> _SavedPlan:
    query = _SavedQuery(**{name: _saved(value) for name, value in attrs.asdict(plan.query).items()})
    return _SavedPlan(since=plan.since, until=plan.until, window=plan.window, query=query, zones=list(plan.zones))


def _saved(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_saved, value))
    return _Marked(unchecked=str(value)) if isinstance(value, Unchecked) else value


def _restored(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_restored, value))
    return Unchecked(value.unchecked) if isinstance(value, _Marked) else value


def _settings(plan: Plan) -> dict[str, Any]:
    """All but the zones, by name."""
    query = {f"query.{field.name}": getattr(plan.query, field.name) for field in attrs.fields(Query)}
    return {"since": plan.since, "until": plan.until, "window": plan.window, **query}
