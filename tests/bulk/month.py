"""A simulated month: an analytics API whose events arrive late, the clock of a job, and what its dataset must hold.

Every event has a time at which it happened and a later one from which on the API counts it. What the API says of its
lag depends on the zone. Each row of a dataset must be what the API once said: the events of one zone, interval and
combination of dimensions that had arrived by some moment, no more and no fewer.
"""

import asyncio
import math
import os
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import attrs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from aiospectrum import (
    RateLimitError,
    ReportByTime,
    ReportByTimeRow,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
    RequestTimeoutError,
    Response,
    ServerError,
)
from aiospectrum.bulk import Query, Window
from aiospectrum.bulk.windows import WindowLength, count_windows, window_at
from aiospectrum.routes import Route

DAY: Final = 86_400
SETTLE_AFTER: Final = timedelta(days=1)

Manner: TypeAlias = Literal["honest", "late", "silent", "quiet", "negative", "infinite", "nan", "huge", "hasty"]
"""How late the events of a zone are counted, and what the API says of that."""

ZONES: Final[Mapping[str, Manner]] = {
    "1" * 32: "honest",  # an id that is all digits
    "0" * 31 + "2": "late",
    "0" * 31 + "3": "quiet",
    "0" * 31 + "4": "silent",
    "5e5" + "0" * 29: "negative",  # an id that a careless reader takes for a number
    "f" * 31 + "6": "infinite",
    "f" * 31 + "7": "nan",
    "f" * 31 + "8": "huge",
    "f" * 31 + "9": "hasty",
}

_LATEST: Final[Mapping[Manner, float]] = {
    "honest": 900,
    "late": DAY - 1,
    "silent": 0,
    "quiet": 60,
    "negative": 0,
    "infinite": DAY - 1,
    "nan": DAY - 1,
    "huge": DAY - 1,
    "hasty": 7200,
}
"""Seconds after which an event has arrived for sure; nothing later than ``settle_after``, as nothing waits for that."""

COLUMNS: Final = ("zone_id", "interval_start", "interval_end", "event", "coloName", "count", "bytesIngress")
_MOST_ROWS: Final = 5
"""Rows of one response; a longer report is cut off, so that its window is split. An hour never has as many."""


class Killed(BaseException):
    """The process is no more."""


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened."""

    zone_id: str
    at: int
    arrives: float
    event: str
    colo: str
    size: int


def make_events(
    chance: random.Random, since: datetime, days: int, *, a_day: float = 8, zones: Iterable[str] = ZONES
) -> list[Event]:
    """The events of zones, by the time at which they happened; never more in an hour than a response has rows."""
    start, events = int(since.timestamp()), []
    for zone_id in zones:
        manner = ZONES[zone_id]
        busy = 0.2 if manner in ("quiet", "silent") else a_day
        in_hour: dict[int, int] = defaultdict(int)
        for _ in range(int(busy * days)):
            at = start + chance.choice([chance.randrange(days * DAY), chance.randrange(days * 24) * 3600 - 1])
            if in_hour[at // 3600] == _MOST_ROWS - 1:
                continue
            in_hour[at // 3600] += 1
            lateness = _LATEST[manner] * chance.choice([0, chance.random(), chance.random() ** 8, 1])
            kind, colo = chance.choice(["connect", "disconnect"]), chance.choice(["AMS", "FRA", "LHR"])
            size = chance.randrange(1, 1 << 40)
            events.append(Event(zone_id=zone_id, at=at, arrives=at + lateness, event=kind, colo=colo, size=size))
    return sorted(events, key=lambda each: each.at)


@attrs.define(kw_only=True)
class SimulatedAPI:
    """A transport without a network that responds as the API does, at a time of its own."""

    events: list[Event]
    now: float
    chance: random.Random
    failing: float = 0.05
    """The share of calls that fail."""

    most_rows: int = _MOST_ROWS
    """Rows of a response."""

    before_call: Callable[[], object] = lambda: None
    calls: int = 0
    asked: list[tuple[str, datetime, datetime]] = attrs.Factory(list)
    by_zone: dict[str, list[Event]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.by_zone = {zone_id: [each for each in self.events if each.zone_id == zone_id] for zone_id in ZONES}

    def clock(self) -> float:
        """The time of day."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        await asyncio.sleep(0)

    async def send(
        self, route: Route[Any], *, path: Mapping[str, Any], query: Mapping[str, Any], body: object = None
    ) -> Response[Any]:
        """Respond, or fail."""
        self.calls += 1
        self.before_call()
        await asyncio.sleep(0)
        self.now += self.chance.random()
        self._fail_at_times()
        zone_id, since, until = path["zone_id"], query["since"], query["until"]
        self.asked.append((zone_id, since, until))
        result = self.report(zone_id, since, until, query.get("time_delta"))
        self.now += self.chance.random()
        return Response(
            route=route, url="", result=result, status=200, headers={}, messages=(), result_info=None, attempts=1
        )

    def _fail_at_times(self) -> None:
        if self.chance.random() >= self.failing:
            return
        match self.chance.randrange(4):
            case 0:
                raise ServerError("the API is down", status=500)
            case 1:
                raise RequestTimeoutError("the API is silent")
            case 2:
                error = RateLimitError("the rate limit is used up", status=429)
                error.wait = 300.0
                raise error
            case _:
                error = RateLimitError("the rate limit is used up for a day", status=429)
                error.wait = 100_000.0
                raise error

    def report(
        self, zone_id: str, since: datetime, until: datetime, time_delta: WindowLength | None
    ) -> ReportByTime | ReportSummary:
        """What has arrived of a time, both ends included."""
        events = self.by_zone[zone_id.lower()]
        first = bisect_left(events, since.timestamp(), key=lambda each: each.at)
        stop = bisect_left(events, until.timestamp() + 1, key=lambda each: each.at)
        rows: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for each in events[first:stop]:
            if each.arrives <= self.now:
                rows[each.event, each.colo].append(each)
        echo = ReportQuery(metrics=["count", "bytesIngress"], dimensions=["event", "coloName"], limit=self.most_rows)
        data_lag: Any = self.lag(zone_id.lower())
        shown = sorted(rows.items())[: self.most_rows]
        if time_delta is None:
            data = [
                ReportSummaryRow(dimensions=list(names), metrics=[len(found), sum(each.size for each in found)])
                for names, found in shown
            ]
            return ReportSummary(data=data, data_lag=data_lag, rows=len(rows), query=echo, totals={})
        span = Window(since=since, until=until + timedelta(seconds=1))
        windows = [window_at(span, time_delta, place) for place in range(count_windows(span, time_delta))]
        starts = [each.since.timestamp() for each in windows]
        series = []
        for names, found in shown:
            counts, sizes = [0] * len(starts), [0] * len(starts)
            for each in found:
                place = bisect_left(starts, each.at + 1) - 1
                counts[place] += 1
                sizes[place] += each.size
            series.append(ReportByTimeRow(dimensions=list(names), metrics=[counts, sizes]))
        return ReportByTime(
            data=series,
            data_lag=data_lag,
            rows=len(rows),
            query=echo,
            time_intervals=[(each.since, each.last) for each in windows],
        )

    def lag(self, zone_id: str) -> float:
        """Seconds that the API says it is behind."""
        events = self.by_zone[zone_id]
        so_far = events[: bisect_left(events, self.now, key=lambda each: each.at)]
        waiting = [each.at for each in so_far if each.arrives > self.now]
        honest = self.now - waiting[0] if waiting else 0.0
        match ZONES[zone_id]:
            case "honest" | "late":
                return honest
            case "quiet":  # since the last event that was counted
                return self.now - max((each.at for each in so_far if each.arrives <= self.now), default=0)
            case "silent":
                return 0
            case "hasty":
                return min(honest, 5.0)
            case "negative":
                return self.chance.choice([-5, -1e18, -math.inf])
            case "infinite":
                return math.inf
            case "nan":
                return math.nan
            case "huge":
                return self.chance.choice([DAY + 0.5, 1e18, 10**30])
        raise AssertionError(zone_id)


@attrs.define
class Killer:
    """Ends the process at some call to the operating system: from then on nothing is written, read or deleted."""

    at: int
    calls: int = 0

    @property
    def is_dead(self) -> bool:
        """Whether it has happened."""
        return self.calls > self.at

    def strike(self) -> None:
        """Count a call."""
        self.calls += 1
        if self.is_dead:
            raise Killed

    @contextmanager
    def around_disk(self) -> Iterator[None]:
        """Strike in the calls of the operating system that stores make; closing goes on, as at the end of a process."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("open", "write", "fsync", "replace", "rename", "unlink", "remove", "mkdir", "scandir"):
                patch.setattr(os, name, self._striking(getattr(os, name)))
            yield

    def _striking(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def strike_and_call(*arguments: Any, **options: Any) -> Any:
            self.strike()
            return call(*arguments, **options)

        return strike_and_call


def make_query(kind: str) -> Query:
    """The query of a job."""
    names: Any = {"metrics": ["count", "bytesIngress"], "dimensions": ["event", "coloName"]}
    return Query(kind="summary", **names) if kind == "summary" else Query(time_delta=kind, **names)  # type: ignore[arg-type]


def read_table(folder: Path) -> pa.Table:
    """All rows that readers see."""
    files = sorted((folder / "data").iterdir()) if (folder / "data").is_dir() else []
    tables = [pq.read_table(path, columns=list(COLUMNS)) for path in files]
    return pa.concat_tables(tables) if tables else None


Cell: TypeAlias = tuple[str, int, int, str, str]
"""Zone, first and last second of an interval, and the dimensions."""


@attrs.define
class Truth:
    """What happened, by zone and dimensions."""

    events: dict[tuple[str, str, str], list[Event]] = attrs.Factory(lambda: defaultdict(list))

    @classmethod
    def of(cls, events: list[Event]) -> "Truth":
        """Arrange the events."""
        truth = cls()
        for each in events:
            truth.events[each.zone_id, each.event, each.colo].append(each)
        return truth

    def within(self, zone_id: str, first: int, last: int, event: str, colo: str) -> list[Event]:
        """The events that a row is about, in the order in which they arrived."""
        events = self.events[zone_id, event, colo]
        start = bisect_left(events, first, key=lambda each: each.at)
        stop = bisect_left(events, last + 1, key=lambda each: each.at)
        return sorted(events[start:stop], key=lambda each: (each.arrives, each.at))

    def check(self, folder: Path) -> set[Event]:
        """See that no row and no event is there twice, and every row is what the API once said; give the events."""
        table = read_table(folder)
        if table is None:
            return set()
        keys = ["zone_id", "event", "coloName", "interval_start"]
        assert table.group_by(keys).aggregate([]).num_rows == table.num_rows, "rows are there twice"
        table = table.filter(pc.greater(table["count"], 0)).sort_by([(key, "ascending") for key in keys])
        there: set[Event] = set()
        before: Cell | None = None
        for zone_id, start, end, event, colo, count, size in zip(
            *(table[name].to_pylist() for name in COLUMNS), strict=True
        ):
            cell = (zone_id, int(start.timestamp()), int(end.timestamp()), event, colo)
            if before is not None and (before[0], *before[3:]) == (zone_id, event, colo):
                assert before[2] < cell[1], f"intervals overlap: {before} and {cell}"
            before = cell
            found = self.within(*cell)
            counted = [place for place in range(1, len(found) + 1) if place == count]
            assert counted, f"{cell}: {count} events counted, and {len(found)} happened"
            sizes = {sum(each.size for each in found[:count])}
            ties = [each for each in found if each.arrives == found[count - 1].arrives]
            assert size in sizes or len(ties) > 1, f"{cell}: the API never said {count} events of {size} bytes"
            there.update(found[:count])
        return there


def moment(seconds: float) -> datetime:
    """A time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
