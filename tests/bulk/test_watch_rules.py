"""Rules of a watch: alerts begin and end in turn, never within a band, and never for want of data."""

import asyncio
import math
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import (
    Client,
    CurrentAggregate,
    InvalidArgumentError,
    ReportSummary,
    ReportSummaryRow,
    RetryPolicy,
    ServerError,
)
from aiospectrum.bulk import (
    Alert,
    Observation,
    Round,
    Rule,
    connections_jump,
    connections_vanish,
    share_above,
    value_above,
    watch,
    zone_fails,
)
from aiospectrum.sandbox import Faults, Sandbox
from tests.bulk.fakes import ZONES, Call, Fake

A, B = ZONES[:2]
APPS = tuple(f"{number:032x}" for number in range(50, 60))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FAILED = ServerError("no")


def traffic(connections: float, app_id: str = APPS[0]) -> CurrentAggregate:
    """What an application has in a minute."""
    return CurrentAggregate(
        app_id=app_id, bytes_egress=0, bytes_ingress=0, connections=connections, duration_avg=math.nan
    )


def seen(connections: float | None = 0, *, minute: int = 0, events: Mapping[str, float] | None = None) -> Observation:
    """A zone in one round; None for one that failed."""
    return Observation(
        zone_id=A,
        time=NOON + timedelta(minutes=minute),
        aggregates=None if connections is None else (traffic(connections),),
        events=events,
        error=FAILED if connections is None else None,
        is_first=minute == 0,
    )


def apply(rule: Rule[Any], numbers: Iterable[float | None]) -> list[tuple[int, Alert]]:
    """The alerts of a row of rounds, with the rounds that they came in."""
    state, found = None, []
    for minute, number in enumerate(numbers):
        state, alert = rule.step(state, seen(number, minute=minute))
        if alert is not None:
            found.append((minute, alert))
    return found


def turns(rule: Rule[Any], numbers: Iterable[float | None]) -> dict[int, str]:
    """Whether alerts begin or end, by round."""
    return {minute: "begins" if alert.begins else "ends" for minute, alert in apply(rule, numbers)}


def take_turns(alerts: Sequence[Alert]) -> bool:
    """Whether the first alert begins, each next one is the opposite, and no two have the same time."""
    times = [alert.time for alert in alerts]
    return [alert.begins for alert in alerts] == [place % 2 == 0 for place in range(len(alerts))] and times == sorted(
        set(times)
    )


VALUES = st.lists(st.sampled_from([None, math.nan, 0, 9, 10, 11, 15, 19, 20, 21, 90]), max_size=60)
"""Numbers in, at and beyond the band from 10 to 20, and unknown ones."""


@given(values=VALUES, times=st.integers(1, 4))
def test_hysteresis(values: list[float | None], times: int) -> None:
    """Alerts begin after so many known values above, end after so many that are not above the other, and take turns."""
    rule: Rule[Any] = value_above("a", lambda each: each.connections, 20, clears_below=10, times=times)
    alerts = apply(rule, values)

    assert take_turns([alert for _, alert in alerts])
    for minute, alert in alerts:
        known = [each for each in values[: minute + 1] if each is not None and not math.isnan(each)][-times:]
        assert len(known) == times
        assert all(each > 20 if alert.begins else each <= 10 for each in known)
        assert (alert.value, alert.threshold) == (known[-1], 20 if alert.begins else 10)


@given(values=st.lists(st.floats(10, 20, exclude_min=True)), times=st.integers(1, 3), is_on=st.booleans())
def test_nothing_within_the_band(values: list[float], times: int, is_on: bool) -> None:
    """Whatever happens between the thresholds, an alert that is on stays on, and one that is not does not begin."""
    rule: Rule[Any] = value_above("a", lambda each: each.connections, 20, clears_below=10, times=times)
    before = [90.0 if is_on else 0.0] * times

    assert turns(rule, [*before, *values]) == ({times - 1: "begins"} if is_on else {})


@pytest.mark.parametrize("rule", [connections_jump(over=8, times=1), connections_vanish(over=8, times=1)])
@given(
    numbers=st.lists(st.none() | st.sampled_from([0, 50, 150, 400, 5000]) | st.floats(), max_size=80),
)
def test_connections_take_turns(rule: Rule[Any], numbers: list[float | None]) -> None:
    """No numbers whatever make the same alert begin twice without an end, and none begins in a round without one."""
    alerts = apply(rule, numbers)

    assert take_turns([alert for _, alert in alerts])
    for minute, alert in alerts:
        number = numbers[minute]
        assert number is not None
        assert math.isfinite(number)
        assert (alert.value > 3) if alert.begins and "jump" in alert.rule else alert.value >= 0


def test_a_jump() -> None:
    """It begins in the second round of many more than usual, and ends when the number is down, or has become usual."""
    rule = connections_jump(over=10)

    assert turns(rule, [200] * 20 + [1000] * 4 + [200] * 10) == {21: "begins", 25: "ends"}
    assert turns(rule, [200] * 20 + [1000] + [200] * 10) == {}
    [begins, ends] = apply(rule, [200] * 20 + [1000] * 30)
    assert (begins[0], ends[0] < 35) == (21, True)
    assert begins[1] == Alert(
        rule="connections jump",
        zone_id=A,
        app_id=None,
        begins=True,
        value=1000 / 280,
        threshold=3.0,
        time=NOON + timedelta(minutes=21),
        text=f"zone {A}: connections jump begins: 1,000 in a minute, usually 280",
    )


def test_a_flood_of_what_was_idle() -> None:
    """Small numbers do not jump, however many times the usual they are; large ones do."""
    rule = connections_jump()

    assert turns(rule, [0] * 10 + [90] * 3 + [300] * 3) == {}
    assert turns(rule, [0] * 10 + [301] * 2) == {11: "begins"}


def test_what_vanishes() -> None:
    """It begins in the second round of next to none, and ends when they are back, or when few are usual."""
    rule = connections_vanish(over=10)

    assert turns(rule, [500] * 10 + [0, 0, 3, 400, 400, 400]) == {11: "begins", 14: "ends"}
    assert turns(rule, [500] * 10 + [0] * 40) == {11: "begins", 27: "ends"}
    assert turns(rule, [60] * 10 + [0] * 40) == {}


@pytest.mark.parametrize(
    "rule",
    [connections_jump(times=1), connections_vanish(), zone_fails(1), share_above("originError", 0, clears_below=0)],
)
def test_ready_rules_can_be_pickled(rule: Rule[Any]) -> None:
    """One that comes from another process does the same."""
    numbers = [200] * 6 + [0, 0, None, 900, 0]

    assert apply(pickle.loads(pickle.dumps(rule)), numbers) == apply(rule, numbers)  # noqa: S301 - our own


def test_what_is_usual_is_not_known_at_once() -> None:
    """The first rounds make no alerts, nor those after first ones that are unknown."""
    for rule in (connections_jump(times=1), connections_vanish(times=1)):
        for unknown in ([], [math.nan], [None, -1]):
            assert turns(rule, [*unknown, 1000, 1, 1000, 1, 1000]) == {}


@pytest.mark.parametrize("rule", [connections_jump(), connections_vanish()])
def test_a_zone_that_fails_has_not_lost_its_connections(rule: Rule[Any]) -> None:
    """Rounds in which nobody knows change nothing, neither what is usual nor what is counted."""
    assert turns(rule, [500] * 10 + [None] * 50 + [500] * 10 + [math.nan, math.inf, -1, 10**400]) == {}


@given(fails=st.lists(st.booleans(), max_size=40), times=st.integers(1, 4))
def test_zones_that_fail(fails: list[bool], times: int) -> None:
    """An alert begins with the last of so many failures in a row, and ends with the first answer."""
    found = turns(zone_fails(times), [None if each else 0 for each in fails])

    expected, in_a_row = {}, 0
    for minute, each in enumerate(fails):
        if not each and in_a_row >= times:
            expected[minute] = "ends"
        in_a_row = in_a_row + 1 if each else 0
        if in_a_row == times:
            expected[minute] = "begins"
    assert found == expected


def test_the_text_of_failures() -> None:
    """It names the kind of the error and nothing that a server said."""
    alerts = [alert.text for _, alert in apply(zone_fails(2), [None, None, None, 0])]

    assert alerts == [
        f"zone {A}: failed 2 times in a row, the last time with ServerError",
        f"zone {A}: answers again after 3 failures",
    ]


@pytest.mark.parametrize(
    ("events", "share"),
    [
        ({"connect": 75, "originError": 25}, 0.25),
        ({"connect": 60, "originError": 25, "clientFiltered": 15, "progress": 900, "disconnect": 900}, 0.25),
        ({"originError": 20}, 1.0),
        ({"originError": 19}, None),
        ({"progress": 900}, None),
        ({}, None),
        (None, None),
    ],
)
def test_shares(events: Mapping[str, float] | None, share: float | None) -> None:
    """A share is one of attempts, and there is none of too few."""
    _, alert = share_above("originError", 0.2, clears_below=0.1).step(None, seen(events=events))

    assert (alert.value if alert else None) == share


def test_a_text_of_the_server_is_printable() -> None:
    """Identifiers of applications are shortened, and shown without what would change a terminal."""
    odd = Observation(zone_id=A, app_id="\x1b[31m\n@\u202e" + "x" * 500, time=NOON, aggregates=())

    text = odd.alert("a", begins=True, value=1, threshold=1, text="\x07 done").text

    assert text.isprintable()
    assert len(text) < 200


class Clock:
    """Time that passes in sleep alone."""

    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def follow(
    respond: Callable[[Call], Any], rules: Iterable[Rule[Any]], rounds: int, **options: Any
) -> tuple[list[Round], Fake]:
    """The rounds of a watch, and what it called over."""
    clock, fake = Clock(), Fake(respond=respond)
    found = watch(fake, options.pop("zones", [A]), rules=rules, clock=clock, sleep=clock.sleep, **options)
    taken = [await anext(found) for _ in range(rounds)]
    await found.aclose()
    return taken, fake


def is_summary(call: Call) -> bool:
    return "metrics" in call.query


def summary(rows: Iterable[tuple[list[str], list[float]]], counted: int | None = None) -> ReportSummary:
    """A report of events."""
    data = [ReportSummaryRow(dimensions=dimensions, metrics=metrics) for dimensions, metrics in rows]
    return ReportSummary(data=data, data_lag=0, rows=len(data) if counted is None else counted, totals={})


async def test_states_are_kept_apart() -> None:
    """Each zone and each application has its own; alerts are in the order of zones and rules."""
    minutes = {A: [500] * 8 + [5000] * 2, B: [500] * 10}

    def respond(call: Call) -> Any:
        now = minutes[call.zone_id].pop(0)
        return [traffic(now), traffic(500, APPS[1])]

    taken, _ = await follow(respond, [connections_jump(), connections_jump(2.5, per="zone")], 10, zones=[A, B])

    assert [each.alerts for each in taken[:9]] == [()] * 9
    assert [(alert.zone_id, alert.app_id) for alert in taken[9].alerts] == [(A, None), (A, APPS[0])]
    assert taken[9].alerts[1].text.startswith(f"application {APPS[0]} of zone {A}: connections jump begins: 5,000 in")


async def test_applications_that_come_and_go() -> None:
    """One that is new was idle before; one that is not named is idle, and at last its alert ends and is forgotten."""
    states: list[tuple[int, object]] = []

    def remember(state: int | None, each: Observation) -> tuple[int, Alert | None]:
        if each.app_id == APPS[1]:
            states.append((each.time.minute + 60 * each.time.hour - 720, state))
        return (state or 0) + 1, None

    def respond(call: Call) -> Any:
        here = 3 <= call.place < 6 or call.place >= 80
        return [traffic(10), *([traffic(9000, APPS[1])] if here else [])]

    rules = [
        Rule(name="remembers", step=remember, per="app"),
        value_above("busy", lambda each: each.connections if each.aggregates else None, 100, clears_below=50),
        connections_jump(),
    ]
    taken, _ = await follow(respond, rules, 90)

    alerts = {place: each.alerts for place, each in enumerate(taken) if each.alerts}
    assert [(place, alert.rule, alert.begins) for place, each in alerts.items() for alert in each] == [
        (3, "busy", True),
        (4, "connections jump", True),
        (7, "connections jump", False),
        (65, "busy", False),
        (80, "busy", True),
        (81, "connections jump", True),
    ]
    assert alerts[65][0].text == (
        f"application {APPS[1]} of zone {A}: busy ends: the application was not named for 60 rounds"
    )
    assert states[0] == (3, None)
    assert states[62] == (65, 62)
    assert states[63] == (80, None)


async def test_events_are_asked_for_by_rules_alone() -> None:
    """Without a rule that reads them there is one call for a zone; with one there is a second, of the last minutes."""
    _, without = await follow(lambda call: [traffic(1)], [zone_fails(), connections_jump()], 2)
    rule = share_above("originError", 0.2, clears_below=0.1)

    def respond(call: Call) -> Any:
        return summary([(["connect"], [10]), (["originError"], [30.0])]) if is_summary(call) else [traffic(1)]

    taken, fake = await follow(respond, [rule], 2, events_over=600)

    assert [is_summary(call) for call in without.calls] == [False, False]
    assert [is_summary(call) for call in fake.calls] == [False, True] * 2
    asked = fake.calls[1].query
    assert (asked["metrics"], asked["dimensions"]) == (("count",), ("event",))
    assert fake.calls[1].times == (NOON - timedelta(minutes=10), NOON - timedelta(seconds=1))
    assert [[(each.value, each.text) for each in round_.alerts] for round_ in taken] == [
        [(0.75, f"zone {A}: originError share is 0.75, above 0.2")],
        [],
    ]


async def test_events_by_application() -> None:
    """A rule about applications has those of each, and one about zones all of them together."""
    rows = [(["connect", APPS[0]], [100.0]), (["clientFiltered", APPS[1]], [50.0]), (["connect", APPS[1]], [50.0])]
    rules = [
        share_above("clientFiltered", 0.2, clears_below=0.1),
        share_above("clientFiltered", 0.2, clears_below=0.1, per="app"),
    ]
    taken, fake = await follow(lambda call: summary(rows) if is_summary(call) else [traffic(1)], rules, 1)

    assert fake.calls[1].query["dimensions"] == ("event", "appID")
    assert [(each.app_id, each.value) for each in taken[0].alerts] == [(None, 0.25), (APPS[1], 0.5)]


async def test_events_without_an_application() -> None:
    """They count once for the zone, and those of the zone are not those of an application without an identifier."""
    rows = [(["connect", APPS[0]], [100.0]), (["clientFiltered", ""], [50.0])]

    def count(seen: Observation) -> float:
        return math.fsum((seen.events or {}).values())

    rules = [
        value_above("of zones", count, 1, clears_below=0, per="zone", needs_events=True),
        value_above("of applications", count, 1, clears_below=0, needs_events=True),
    ]
    taken, _ = await follow(lambda call: summary(rows) if is_summary(call) else [traffic(1, "")], rules, 1)

    assert {each.app_id: each.value for each in taken[0].alerts} == {None: 150, "": 50, APPS[0]: 100}


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        (summary([(["connect"], [10])], counted=7), "TruncatedError"),
        (summary([(["connect", "a"], [10])]), "TableError"),
        (summary([(["connect"], [])]), "TableError"),
        (summary([(["connect"], [[10]])]), "TableError"),  # type: ignore[list-item]
        (ServerError("no"), "ServerError"),
    ],
    ids=["cut off", "dimensions", "no number", "list", "failed"],
)
async def test_events_that_cannot_be_used(report: Any, kind: str) -> None:
    """The zone failed then, and nothing of it passes for the whole."""
    rules = [share_above("originError", 0, clears_below=0, least=1), zone_fails(2)]

    taken, _ = await follow(lambda call: report if is_summary(call) else [traffic(1)], rules, 2)

    assert [[*map(type, each.errors.values())] for each in taken] == [[type(taken[0].errors[A])]] * 2
    assert type(taken[0].errors[A]).__name__ == kind
    assert [each.aggregates for each in taken] == [{}, {}]
    assert [alert.rule for each in taken for alert in each.alerts] == ["zone fails"]


async def test_events_without_numbers() -> None:
    """A null makes no alert, and no failure."""
    rows = [(["connect"], [10.0]), (["originError"], [math.nan])]

    taken, _ = await follow(
        lambda call: summary(rows) if is_summary(call) else [traffic(1)],
        [share_above("originError", 0, clears_below=0, least=1)],
        2,
    )

    assert [(each.alerts, each.errors) for each in taken] == [((), {})] * 2


async def test_a_rule_that_raises() -> None:
    """Its error ends the watch, with a note that names it."""

    def wrong(state: None, each: Observation) -> tuple[None, Alert | None]:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        await follow(lambda call: [traffic(1)], [Rule(name="my rule", step=wrong)], 1)

    assert caught.value.__notes__ == [f"in rule 'my rule' of the watch, about zone {A}"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def coroutine() -> None:
    """What a rule must not return."""


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda: None, "expected a tuple of its state and an Alert or None, got None"),
        (lambda: (1, 2), r"expected a tuple of its state and an Alert or None, got \(1, 2\)"),
        (lambda: (1, None, None), "expected a tuple of its state and an Alert or None"),
        (coroutine, "expected the result of a function that is not async"),
    ],
)
async def test_what_a_rule_returns(result: Callable[[], Any], words: str) -> None:
    """Anything but a state and an alert is refused with the place and the name of the rule."""
    rule: Rule[Any] = Rule(name="mine", step=lambda state, each: result())

    with pytest.raises(InvalidArgumentError, match=rf"^what rules\[0\] \(mine\) returned: {words}"):
        await follow(lambda call: [traffic(1)], [rule], 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: watch(Fake(respond=id), [A], rules=5), "rules: expected a list of rules"),  # type: ignore[arg-type]
        (lambda: watch(Fake(respond=id), [A], rules=[5]), r"rules\[0\]: expected a Rule, such as"),  # type: ignore[list-item]
        (
            lambda: watch(Fake(respond=id), [A], rules=[zone_fails(), zone_fails(5)]),
            r"rules\[1\].name: .* name= of its",
        ),
        (lambda: watch(Fake(respond=id), [A], events_over=5), "events_over: expected whole seconds, 60 to 86,400"),
        (lambda: zone_fails(0), "times: expected an integer of 1 or more, got 0"),
        (lambda: zone_fails(name=""), "name: expected a name of 1 to 100 printable"),
        (lambda: share_above("connect", 0.1, clears_below=0), "event: expected one of originError, clientFiltered"),  # type: ignore[arg-type]
        (lambda: share_above("originError", 1, clears_below=0), "above: expected a share from 0 to less than 1"),
        (lambda: share_above("originError", 0.1, clears_below=0.2), "clears_below: expected a number of 0.1 or less"),
        (lambda: share_above("originError", 0.1, clears_below=-1), "clears_below: expected a share from 0"),
        (lambda: share_above("originError", 0.1, clears_below=0, least=0), "least: expected an integer of 1 or more"),
        (lambda: value_above("a", len, 1, clears_below=2), "clears_below: expected a number of 1 or less"),  # type: ignore[arg-type]
        (lambda: value_above("a", len, math.inf, clears_below=2), "above: expected a number, got inf"),  # type: ignore[arg-type]
        (lambda: value_above("a", None, 1, clears_below=0), "measure: expected a function"),  # type: ignore[arg-type]
        (lambda: value_above("a", 3, 1, clears_below=0), "measure: expected a function, got 3"),  # type: ignore[arg-type]
        (lambda: connections_jump(0.5), "above: expected a number of 1 or more"),
        (lambda: connections_jump(2, clears_below=3), "clears_below: expected a number of 2 or less"),
        (lambda: connections_jump(floor=0), "floor: expected a number of connections, 1 or more"),
        (lambda: connections_vanish(0), "below: expected a share of more than 0"),
        (lambda: connections_vanish(0.3, clears_above=0.2), "clears_above: expected a share from 0.3, at which"),
        (lambda: connections_vanish(per="all"), "per: expected one of zone, app"),  # type: ignore[arg-type]
        (lambda: Rule(name="a", step=coroutine), "step: expected a function that is not async"),  # type: ignore[arg-type]
        (lambda: Rule(name="a", step=lambda: None), "step: expected a function that is called with 2 arguments"),  # type: ignore[arg-type,misc]
    ],
)
def test_refused_arguments(make: Callable[[], object], words: str) -> None:
    """Each mistake is named before anything is sent."""
    with pytest.raises(InvalidArgumentError, match=f"^{words}"):
        make()


async def test_a_watch_of_a_sandbox() -> None:
    """Over a real socket: shares are those of the events, a zone that fails is said once, and its end too."""
    clock, once = Clock(), RetryPolicy(max_attempts=1)
    rules = [
        share_above("originError", 0.001, clears_below=0),
        share_above("clientFiltered", 0.9, clears_below=0.5, per="app"),
        zone_fails(),
        connections_vanish(floor=1, per="zone"),
    ]
    async with (
        Sandbox(
            zones=2, apps_per_zone=3, rate_limit=None, now=lambda: datetime.fromtimestamp(clock.now, UTC)
        ) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=None, retry=once) as client,
    ):
        rounds = watch(client, sandbox.zones, rules=rules, events_over=3600, clock=clock, sleep=clock.sleep)
        first = await anext(rounds)
        sandbox.faults = Faults(error_rate=1)
        failing = [await anext(rounds) for _ in range(5)]
        sandbox.faults = Faults()
        again = await anext(rounds)
        await rounds.aclose()
        zone_id = sandbox.zones[0]
        report = await client.analytics.events.summary(
            zone_id,
            metrics=["count"],
            dimensions=["event"],
            since=NOON - timedelta(hours=1),
            until=NOON - timedelta(seconds=1),
        )
        requests = len(sandbox.requests)

    counts = {row.dimensions[0]: row.metrics[0] for row in report.data}
    attempts = sum(counts[name] for name in ("connect", "originError", "clientFiltered"))
    assert [alert.zone_id for alert in first.alerts] == [*sandbox.zones]
    assert first.alerts[0].value == counts["originError"] / attempts
    assert [[(alert.rule, alert.zone_id) for alert in each.alerts] for each in failing] == [
        [],
        [],
        [("zone fails", zone_id) for zone_id in sandbox.zones],
        [],
        [],
    ]
    assert [(alert.rule, alert.begins) for alert in again.alerts] == [("zone fails", False)] * 2
    assert requests == 2 * 2 + 5 * 2 + 2 * 2 + 1  # a zone whose first call fails has no second one
