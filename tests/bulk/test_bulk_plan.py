"""Plans are data: checked, counted, divided, saved and compared without anything being sent."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import InvalidArgumentError
from aiospectrum.bulk import Plan, Query, ShardBy, Task, WindowLength, pull, pull_tables
from aiospectrum.bulk.windows import edge_before
from aiospectrum.models import Dimension, Metric, TimeDelta
from tests.bulk.fakes import SINCE, ZONES, Fake, fine, make_plan

A, B, C = ZONES[:3]


_MULTIPLES: dict[TimeDelta, list[TimeDelta]] = {
    "minute": ["dekaminute", "hour", "day", "week", "month", "quarter", "year"],
    "dekaminute": ["hour", "day", "week", "month", "quarter", "year"],
    "hour": ["day", "week", "month", "quarter", "year"],
    "day": ["week", "month", "quarter", "year"],
    "week": [],
    "month": ["quarter", "year"],
    "quarter": ["year"],
    "year": [],
}
"""Lengths of windows that are made of whole intervals of a length."""


@st.composite
def queries(draw: Any) -> Query:
    """Any question."""
    delta = draw(st.none() | st.sampled_from(get_args(TimeDelta)))
    return Query(
        kind="summary" if delta is None else "bytime",
        time_delta=delta,
        metrics=draw(st.lists(st.sampled_from(get_args(Metric)), min_size=1, unique=True)),
        dimensions=draw(st.lists(st.sampled_from(get_args(Dimension)), unique=True)),
        filters=draw(st.none() | st.sampled_from(["event==connect", "coloName!=SFO,ipVersion>4"])),
        limit=draw(st.none() | st.integers(1, 10**6)),
    )


@st.composite
def plans(draw: Any) -> Plan:
    """Any plan with no more than some hundred windows."""
    query = draw(queries())
    fitting = [query.time_delta, *_MULTIPLES[query.time_delta]] if query.time_delta else get_args(TimeDelta)
    window = draw(st.sampled_from([*fitting, "whole"]))
    since = SINCE + timedelta(seconds=draw(st.integers(-(10**8), 10**8)))
    longest = {"minute": 7200, "dekaminute": 40_000, "hour": 500_000}.get(window, 10**7)
    until = since + timedelta(seconds=draw(st.integers(1, longest)))
    zones = draw(st.lists(st.sampled_from(ZONES), unique=True))
    return Plan(zones=zones, since=since, until=until, query=query, window=window)


@given(plan=plans())
def test_every_second_of_every_zone_once(plan: Plan) -> None:
    """The windows of a zone lie end to end from the start to the end of the plan."""
    tasks = list(plan)

    assert len(plan) == len(tasks) == len(set(tasks))
    for zone_id in plan.zones:
        windows = [task.window for task in tasks if task.zone_id == zone_id]
        assert windows == list(plan.windows())
        assert [windows[0].since, *(window.until for window in windows)] == [
            *(window.since for window in windows),
            plan.until,
        ]
        assert windows[0].since == plan.since
    assert [plan[index] for index in range(len(plan))] == tasks
    assert [plan[index] for index in range(-len(plan), 0)] == tasks


@given(plan=plans(), count=st.integers(1, 6), by=st.sampled_from(get_args(ShardBy)))
def test_shards_have_each_task_once(plan: Plan, count: int, by: ShardBy) -> None:
    """Shards are disjoint and leave nothing out, evenly, and those by zone have all windows of a zone."""
    shards = [plan.shard(index, count, by=by) for index in range(count)]

    assert sorted((task for shard in shards for task in shard), key=_order) == sorted(plan, key=_order)
    pieces = [len(shard.zones) if by == "zone" else len(list(shard.windows())) * bool(shard.zones) for shard in shards]
    assert not plan.zones or max(pieces) - min(pieces) <= 1
    assert all(shard.query == plan.query and shard.window == plan.window for shard in shards)


def _order(task: Task) -> Any:
    return task.window.since, task.zone_id


@given(plan=plans())
def test_a_saved_plan_comes_back(plan: Plan) -> None:
    """What was written reads as an equal plan with the same id, from text and bytes."""
    text = plan.to_json()

    assert Plan.from_json(text) == Plan.from_json(text.encode()) == plan
    assert Plan.from_json(text).id == plan.id
    assert not plan.diff(Plan.from_json(text))


@given(plan=plans(), other=plans())
def test_ids_tell_plans_apart(plan: Plan, other: Plan) -> None:
    """Equal plans have equal ids, others do not, and the difference says so."""
    assert (plan.id == other.id) == (plan == other) == (not plan.diff(other))


@given(
    query=queries(),
    data=st.data(),
    start=st.integers(0, 4_000_000_000),
    delays=st.lists(st.floats(0, 100_000, allow_nan=False), min_size=1, max_size=8),
)
def test_jobs_that_run_late_leave_no_gap(query: Query, data: Any, start: int, delays: list[float]) -> None:
    """Plans of jobs at any moments touch or overlap, and what they share they cut alike, in whole intervals."""
    fitting = [query.time_delta, *_MULTIPLES[query.time_delta]] if query.time_delta else get_args(TimeDelta)
    window = data.draw(st.sampled_from(fitting))
    edges = query.time_delta or window
    moment, until = float(start), None
    for delay in delays:
        moment += delay
        plan = Plan.last(timedelta(seconds=100_000), zones=[A], query=query, window=window, clock=lambda: moment)  # noqa: B023 - called at once
        now = datetime.fromtimestamp(moment, UTC)

        assert plan.since <= now - timedelta(seconds=100_000)
        assert plan.until >= now
        assert plan.until - now < timedelta(days=366)
        assert all(edge_before(edge, edges) == edge for edge in (plan.since, plan.until))
        assert until is None or plan.since <= until <= plan.until
        until = plan.until


def test_a_plan_of_the_last_day() -> None:
    """By time it has whole intervals, for summaries whole windows, with the usual window when none is named."""
    by_time = Query(time_delta="hour", metrics=["count"])
    summary = Query(kind="summary", metrics=["count"])
    now = datetime(2026, 11, 20, 12, 30, 45, 678, tzinfo=UTC)
    day = {"zones": [A], "clock": now.timestamp}

    def span(query: Query, **options: Any) -> tuple[datetime, datetime]:
        plan = Plan.last(timedelta(days=1), query=query, **day, **options)
        return plan.since, plan.until

    assert span(by_time) == (datetime(2026, 11, 19, 12, tzinfo=UTC), datetime(2026, 11, 20, 13, tzinfo=UTC))
    assert span(summary) == (datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    assert span(summary, window="whole") == (
        datetime(2026, 11, 19, 12, 30, 45, tzinfo=UTC),
        datetime(2026, 11, 20, 12, 30, 46, tzinfo=UTC),
    )
    assert Plan.last(timedelta(days=1), query=summary, **day).window == "day"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"length": timedelta()}, "length", id="no time"),
        pytest.param({"length": -timedelta(days=1)}, "length", id="negative"),
        pytest.param({"length": 86_400}, "length", id="seconds"),
        pytest.param({"length": timedelta(days=800_000)}, "length", id="before the year 1"),
        pytest.param({"clock": lambda: 253_402_300_799.5}, "length", id="after the year 9999"),
        pytest.param({"clock": lambda: float("nan")}, "clock", id="no time of day"),
        pytest.param({"clock": 5}, "clock", id="no clock"),
        pytest.param({"window": "fortnight"}, "window", id="no window"),
        pytest.param({"window": "minute"}, "window", id="a window shorter than an interval"),
        pytest.param({"query": None}, "query", id="no query"),
        pytest.param({"zones": ["x"]}, "zones[0]", id="no zone"),
    ],
)
def test_no_plan_of_the_last_time(change: dict[str, Any], field: str) -> None:
    """The error names the argument."""
    query = Query(time_delta="hour", metrics=["count"])
    arguments = {"length": timedelta(days=1), "zones": [A], "query": query, "window": "day", **change}
    with pytest.raises(InvalidArgumentError) as caught:
        Plan.last(arguments.pop("length"), **arguments)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("length", "problem"),
    [
        (timedelta(), "length: expected a timedelta of more than 0, got datetime.timedelta(0)"),
        (86_400, "length: expected a timedelta of more than 0, got 86400"),
        (
            timedelta(days=800_000),
            "length: expected a time in the years 1 to 9999, counted back from that of the clock, got"
            " datetime.timedelta(days=800000)",
        ),
    ],
)
def test_what_is_said_of_a_wrong_length(length: Any, problem: str) -> None:
    """The error names the argument, what was expected and the value."""
    with pytest.raises(InvalidArgumentError) as caught:
        Plan.last(length, zones=[A], query=Query(time_delta="hour", metrics=["count"]))
    assert str(caught.value) == problem


def test_a_plan_of_the_last_days_has_the_usual_windows() -> None:
    """Each query has its own, whatever the time zone of the machine."""
    moment = datetime(2026, 11, 20, 23, 30, tzinfo=UTC).timestamp
    for query in (Query(time_delta="minute", metrics=["count"]), Query(time_delta="month", metrics=["count"])):
        plan = Plan.last(timedelta(days=3), zones=[A], query=query, clock=moment)
        assert plan.window == Plan(zones=[A], since=plan.since, until=plan.until, query=query).window
    assert Plan.last(
        timedelta(hours=1), zones=[A], query=Query(time_delta="hour", metrics=["count"]), clock=moment
    ) == (
        Plan(
            zones=[A],
            since=datetime(2026, 11, 20, 22, tzinfo=UTC),
            until=datetime(2026, 11, 21, tzinfo=UTC),
            query=Query(time_delta="hour", metrics=["count"]),
        )
    )


def test_an_id_is_for_good() -> None:
    """The id of a plan that is written down somewhere does not change with releases; nor does the file."""
    plan = make_plan(zones=[B, A], days=1)

    assert plan.id == "bdfdfe4094ea78b2"
    assert plan.to_json().startswith(
        '{\n  "format": "aiospectrum.bulk.Plan",\n  "version": 1,\n  "since": "2026-11-18T'
    )


def test_equal_plans() -> None:
    """Neither the order of zones nor the time zone nor a default that is spelled out makes a difference."""
    plan = make_plan(zones=[A, B])
    east = timezone(timedelta(hours=9))

    assert plan == make_plan(zones=[B, A], since=SINCE.astimezone(east), window="day")
    assert plan.id == make_plan(zones=iter([B, A])).id
    assert hash(plan) == hash(make_plan(zones=(B, A)))
    assert plan.since.tzinfo is UTC


def test_differences() -> None:
    """A comparison names zones and settings."""
    one = make_plan(zones=[A, B])
    other = attrs.evolve(one, zones=[B, C], window="hour", query=attrs.evolve(one.query, limit=5))

    diff = one.diff(other)

    assert diff
    assert (diff.zones_added, diff.zones_removed) == ((C,), (A,))
    assert diff.changed == {"window": ("day", "hour"), "query.limit": (None, 5)}


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({}, {}),
        ({"zones": [A, B, C]}, {"zones_added": (C,)}),
        ({"zones": [A]}, {"zones_removed": (B,)}),
        ({"since": SINCE - timedelta(days=1)}, {"changed": {"since": (SINCE, SINCE - timedelta(days=1))}}),
        (
            {"until": SINCE + timedelta(days=1)},
            {"changed": {"until": tuple(SINCE + timedelta(days=n) for n in (3, 1))}},
        ),
        ({"window": "hour"}, {"changed": {"window": ("day", "hour")}}),
    ],
    ids=lambda value: "-".join(value) or "none",
)
def test_one_difference(changes: dict[str, Any], differences: dict[str, Any]) -> None:
    """Any difference at all makes a diff true, and it is named."""
    diff = make_plan(zones=[A, B]).diff(make_plan(**{"zones": [A, B], **changes}))

    assert bool(diff) is bool(differences)
    assert attrs.asdict(diff) == {"zones_added": (), "zones_removed": (), "changed": {}, **differences}


def test_a_plan_differs_from_plans_alone() -> None:
    """Something else is refused."""
    other: Any = "plan"

    with pytest.raises(InvalidArgumentError, match="other: expected an object of the class Plan"):
        make_plan().diff(other)


@pytest.mark.parametrize("delta", get_args(TimeDelta))
def test_windows_by_default(delta: TimeDelta) -> None:
    """Windows are days, or time intervals that are longer."""
    window = make_plan(query=Query(time_delta=delta, metrics=["count"])).window

    assert window == (delta if delta in ("week", "month", "quarter", "year") else "day")


@pytest.mark.parametrize(
    ("arguments", "zones", "days"),
    [
        ({"index": 0, "count": 1}, [A, B, C], [18, 19]),
        ({"index": 0, "count": 2}, [A, C], [18, 19]),
        ({"index": 1, "count": 2, "by": "zone"}, [B], [18, 19]),
        ({"index": 3, "count": 4, "by": "zone"}, [], []),
        ({"index": 0, "count": 1, "by": "time"}, [A, B, C], [18, 19]),
        ({"index": 0, "count": 2, "by": "time"}, [A, B, C], [18]),
        ({"index": 1, "count": 2, "by": "time"}, [A, B, C], [19]),
        ({"index": 0, "count": 3, "by": "time"}, [], []),
        ({"index": 2, "count": 3, "by": "time"}, [A, B, C], [19]),
    ],
)
def test_shards(arguments: dict[str, Any], zones: list[str], days: list[int]) -> None:
    """A shard has every so-manieth zone, or its part of the windows; by zone unless told otherwise."""
    shard = make_plan(zones=[A, B, C], days=2).shard(**arguments)

    tasks = [(task.window.since.day, task.zone_id) for task in shard]
    assert tasks == [(day, zone_id) for day in days for zone_id in zones]


def test_a_saved_plan_is_laid_out_for_people() -> None:
    """The file ends with a line break, and each setting is on a line of its own."""
    plan = make_plan()
    text = plan.to_json()

    assert Plan.from_json(text) == plan
    assert text.startswith('{\n  "format": "aiospectrum.bulk.Plan",\n')
    assert text.endswith("\n}\n")


def test_neighbours_are_of_different_zones() -> None:
    """All zones of a window come before the next window."""
    plan = make_plan(zones=[A, B], days=2)

    assert [(task.zone_id, task.window.since.day) for task in plan] == [(A, 18), (B, 18), (A, 19), (B, 19)]


def test_long_plans_are_not_listed() -> None:
    """A plan of a billion tasks is counted, divided, and looked into at either end at once."""
    plan = make_plan(
        zones=[f"{number:032x}" for number in range(100)],
        days=8000,
        window="minute",
        query=Query(time_delta="minute", metrics=["count"]),
    )

    assert len(plan) == 100 * 8000 * 1440
    assert next(iter(plan)) == plan[0]
    assert plan[len(plan) - 1].window.until == plan.until
    assert len(plan.shard(2, 7, by="time")) + len(plan.shard(3, 7, by="time")) == pytest.approx(
        len(plan) * 2 / 7, abs=99
    )
    with pytest.raises(IndexError):
        plan[len(plan)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zones": "x"}, "zones: expected the ids of zones, got 'x'"),
        ({"zones": None}, "zones: expected the ids of zones, got None"),
        ({"zones": [A, "../accounts"]}, r"zones\[1\]: expected 32 hexadecimal characters, got '../accounts'"),
        ({"zones": [A, None]}, r"zones\[1\]: expected 32 hexadecimal characters, got None"),
        ({"zones": ["a" * 32, "A" * 32]}, r"zones\[1\]: expected each zone once, got 'AAAA"),
        ({"since": datetime(2026, 11, 18)}, "since: expected a datetime with a time zone, got "),
        ({"until": "2026-11-18"}, "until: expected a datetime with a time zone, got '2026-11-18'"),
        ({"until": SINCE}, r"until: expected a time after since, 2026-11-18T00:00:00\+00:00, got '2026-11-18T00"),
        ({"since": SINCE.replace(microsecond=1)}, r"since: expected a whole second, such as .*, got datetime"),
        ({"query": "count"}, "query: expected an object of the class Query, got 'count'"),
        ({"window": "fortnight"}, "window: expected one of year, quarter, .*, whole, got 'fortnight'"),
        ({"window": None}, "window: expected one of year, quarter, .*, whole, got None"),
        (
            {"window": "minute"},
            "window: expected a length that intervals of one hour fit into without a rest, got 'minute'",
        ),
    ],
)
def test_refused_plans(changes: dict[str, Any], message: str) -> None:
    """A plan that makes no sense is refused with the name of what is wrong."""
    with pytest.raises(InvalidArgumentError, match=message):
        make_plan(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "current"}, "kind: expected one of bytime, summary, got 'current'"),
        ({"time_delta": None}, "time_delta: expected one of year, .*, minute, got None"),
        ({"time_delta": "auto"}, "time_delta: expected one of year, .*, minute, got 'auto'"),
        ({"kind": "summary"}, "time_delta: expected None, as a summary has no time intervals, got 'hour'"),
        ({"metrics": "count"}, "metrics: expected a list with at least one metric, got 'count'"),
        ({"metrics": []}, "metrics: expected a list with at least one metric"),
        ({"metrics": ["count", "visits"]}, r"metrics\[1\]: expected one of count, .*, got 'visits'"),
        ({"metrics": ["count", "count"]}, "metrics: expected each name once"),
        ({"dimensions": ["app"]}, r"dimensions\[0\]: expected one of event, .*, got 'app'"),
        ({"dimensions": ["event", "event"]}, "dimensions: expected each name once"),
        ({"filters": ""}, "filters: expected a filter in plain text"),
        ({"filters": "event%3D%3Dconnect"}, "filters: expected a filter in plain text"),
        ({"limit": 0}, "limit: expected an integer of 1 or more, or None, got 0"),
        ({"limit": True}, "limit: expected an integer of 1 or more, or None, got True"),
    ],
)
def test_refused_queries(changes: dict[str, Any], message: str) -> None:
    """A question that makes no sense is refused with the name of what is wrong."""
    with pytest.raises(InvalidArgumentError, match=message):
        Query(**{"time_delta": "hour", "metrics": ["count"], **changes})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"index": 0, "count": 0}, "count: expected an integer of 1 or more, got 0"),
        ({"index": 2, "count": 2}, "index: expected an integer from 0 to 1, got 2"),
        ({"index": -1, "count": 2}, "index: expected an integer from 0 to 1, got -1"),
        ({"index": 0, "count": 2, "by": "window"}, "by: expected one of zone, time, got 'window'"),
    ],
)
def test_refused_shards(arguments: dict[str, Any], message: str) -> None:
    """A part that there is not is refused."""
    with pytest.raises(InvalidArgumentError, match=message):
        make_plan().shard(**arguments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "JSON|truncated", id="nothing"),
        pytest.param(b"\xff", "JSON", id="bytes"),
        pytest.param("[]", "Expected `object`, got `array`", id="no object"),
        pytest.param(5, r"text: expected a plan in version 1 of the format \(.*\), got 5", id="no text"),
        pytest.param(
            make_plan().to_json().replace('"version": 1', '"version": 2'),
            r"version 1 of .*value 2 - at `\$.version`",
            id="later version",
        ),
        pytest.param(
            make_plan().to_json().replace('"version": 1', '"version": 1, "note": 0'), "unknown field `note`", id="more"
        ),
        pytest.param(make_plan().to_json().replace('"hour"', '"week"'), "window: expected a length", id="does not fit"),
        pytest.param(
            make_plan().to_json().replace("00Z", "00"), "since: expected a datetime with a time zone", id="naive"
        ),
    ],
)
def test_refused_files(text: Any, message: str) -> None:
    """What is not a saved plan is refused with the place where it is wrong."""
    with pytest.raises(InvalidArgumentError, match=message):
        Plan.from_json(text)


def test_lengths_are_typed() -> None:
    """Every name of a length is accepted for a summary."""
    query = Query(kind="summary", metrics=["count"])
    lengths: tuple[WindowLength, ...] = (*get_args(TimeDelta), "whole")

    assert [make_plan(query=query, window=length).window for length in lengths] == list(lengths)


@pytest.mark.parametrize(
    ("most", "is_refused"),
    [pytest.param(5, True, id="fewer"), pytest.param(6, False, id="as many"), pytest.param(0, True, id="none")],
)
async def test_a_plan_that_is_too_large_is_refused(most: int, is_refused: bool) -> None:
    """Beyond the bound nothing is sent, and the error has the count; the bound can be raised."""
    fake = Fake(respond=fine)
    if not is_refused:
        assert len([outcome async for outcome in pull(fake, make_plan(2, days=3), max_tasks=most)]) == 6
        return
    with pytest.raises(InvalidArgumentError, match=r"6 tasks, windows of 2 zones|max_tasks: expected"):
        pull(fake, make_plan(2, days=3), max_tasks=most)
    assert fake.calls == []


def test_a_mistyped_year_is_refused() -> None:
    """By default ten million tasks are permitted; the plan itself takes no time, and its shards may be small enough."""
    query = Query(time_delta="minute", metrics=["count"])
    since = datetime(226, 11, 20, tzinfo=UTC)
    plan = Plan(zones=ZONES, since=since, until=SINCE, query=query, window="minute")
    with pytest.raises(
        InvalidArgumentError, match=r"expected 10,000,000 tasks at most .*, got '7,573,\d{3},\d{3} tasks"
    ):
        pull(Fake(respond=fine), plan)
    with pytest.raises(InvalidArgumentError, match="tasks at most"):
        pull_tables(Fake(respond=fine), plan)
    pull(Fake(respond=fine), plan.shard(7, 1000, by="time"))
