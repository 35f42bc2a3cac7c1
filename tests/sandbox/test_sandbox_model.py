"""The event model against a plain enumeration of its events, and the reports against one another."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiospectrum.sandbox import events, times
from aiospectrum.sandbox.account import Lifetime
from aiospectrum.sandbox.counting import Counting, percentile
from aiospectrum.sandbox.query import (
    DIMENSIONS,
    METRICS,
    REPORT_PARAMETERS,
    Params,
    Query,
    matches,
    parse_filter,
)
from aiospectrum.sandbox.reports import write_report

ZONE, SEED = "c" * 32, 11
START = times.parse_second("2024-03-30T20:00:00Z")  # a Saturday, so that weekend, week and quarter ends are near
BORN, DIED, NOW = START + 5000, START + 90_000, START + 200_000
LIVES = (
    Lifetime(app_id="1" * 32, first=0),
    Lifetime(app_id="2" * 32, first=BORN),
    Lifetime(app_id="3" * 32, first=0, stop=DIED),
)
ADDITIVE = METRICS[:3]


def report(*, by_time: bool, **parameters: object) -> dict[str, Any]:
    """Return a report of the test zone, counted without any server."""
    raw = urlencode({name: value for name, value in parameters.items() if value is not None})
    params = Params(raw, (*REPORT_PARAMETERS, "time_delta"))
    query = Query.read(params, now=NOW, by_time=by_time)
    counting = Counting(query, LIVES, zone_id=ZONE, seed=SEED, horizon=NOW)
    for _ in counting.steps():
        pass
    return write_report(query, counting, data_lag=0)


def window(first: int, last: int) -> dict[str, object]:
    """Return the parameters of a window, both ends included."""
    return {"since": times.format_second(first), "until": times.format_second(last)}


class Event(NamedTuple):
    """One event, spelled out."""

    values: Mapping[str, str]
    ingress: int
    egress: int
    duration: int


def enumerate_events(first: int, last: int) -> Iterator[tuple[int, Event]]:
    """Yield every event from second `first` to `last`, one by one as the model defines them."""
    for life in LIVES:
        stop = min(last + 1, NOW, NOW if life.stop is None else life.stop)
        for series in events.make_series(life.app_id, ZONE, SEED):
            for hour in range(first // 3600, last // 3600 + 1):
                facts = series.hour(hour)
                for number in range(facts.events):
                    second = hour * 3600 + number * 3600 // facts.events
                    if max(first, life.first) <= second < stop:
                        duration = facts.durations[number % 5]
                        yield second, Event(series.values, facts.ingress, facts.egress, duration)


def measure(found: list[Event]) -> dict[str, float]:
    """Return every metric of a list of events, from its plainest definition."""
    durations = sorted(event.duration for event in found)

    def ranked(share: int) -> int:
        return durations[math.ceil(len(durations) * share / 100) - 1] if durations else 0

    return {
        "count": len(found),
        "bytesIngress": sum(event.ingress for event in found),
        "bytesEgress": sum(event.egress for event in found),
        "durationAvg": sum(durations) / len(durations) if durations else 0,
        "durationMedian": ranked(50),
        "duration90th": ranked(90),
        "duration99th": ranked(99),
    }


@st.composite
def filters(draw: st.DrawFn) -> tuple[str | None, Callable[[Mapping[str, str]], bool]]:
    """Draw a filter as text, and as a function written down without a parser."""
    values = {
        "event": ["connect", "progress", "disconnect", "originError", "clientFiltered", "d", "zzz"],
        "appID": [life.app_id for life in LIVES],
        "coloName": ["SFO", "LHR", "SIN", "GRU", "LLL"],
        "ipVersion": ["4", "5", "6", "10"],
    }
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "==": lambda left, right: left == right,
        "!=": lambda left, right: left != right,
        ">": lambda left, right: left > right,
        "<": lambda left, right: left < right,
        ">=": lambda left, right: left >= right,
        "<=": lambda left, right: left <= right,
    }
    groups: list[list[tuple[str, str, str]]] = []
    text = ""
    for _ in range(draw(st.integers(0, 3))):
        group = []
        clauses = ""
        for _ in range(draw(st.integers(1, 3))):
            name = draw(st.sampled_from(DIMENSIONS))
            group.append((name, draw(st.sampled_from([*tests])), draw(st.sampled_from(values[name]))))
            clauses += (draw(st.sampled_from([";", " AND ", " ; "])) if clauses else "") + "".join(group[-1])
        groups.append(group)
        text += (draw(st.sampled_from([",", " OR ", " , "])) if text else "") + clauses

    def holds(row: Mapping[str, str]) -> bool:
        def compare(name: str, symbol: str, value: str) -> bool:
            if name == "ipVersion":
                return tests[symbol](int(row[name]), int(value))
            return tests[symbol](row[name], value)

        return not groups or any(all(compare(*clause) for clause in group) for group in groups)

    return text or None, holds


spans = st.tuples(st.integers(START - 4000, NOW + 4000), st.integers(0, 8000)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1])
)
some_dimensions = st.lists(st.sampled_from(DIMENSIONS), unique=True)
some_metrics = st.lists(st.sampled_from(METRICS), min_size=1, unique=True)


@settings(max_examples=60, deadline=None)
@given(
    span=spans,
    dimensions=some_dimensions,
    metrics=some_metrics,
    delta=st.sampled_from(times.TIME_DELTAS),
    condition=filters(),
)
def test_reports_agree_with_an_enumeration(
    span: tuple[int, int],
    dimensions: list[str],
    metrics: list[str],
    delta: str,
    condition: tuple[str | None, Callable[[Mapping[str, str]], bool]],
) -> None:
    """Every number of both reports is what counting single events gives."""
    text, holds = condition
    parameters: dict[str, object] = {
        **window(*span),
        "dimensions": ",".join(dimensions) or None,
        "metrics": ",".join(metrics),
        "filters": text,
    }
    by_time, summary = report(by_time=True, time_delta=delta, **parameters), report(by_time=False, **parameters)
    found = [(second, event) for second, event in enumerate_events(*span) if holds(event.values)]
    rows: dict[tuple[str, ...], list[tuple[int, Event]]] = defaultdict(list)
    for second, event in found:
        rows[tuple(event.values[name] for name in dimensions)].append((second, event))
    starts = [times.parse_second(start) for start, _ in by_time["time_intervals"]]

    whole: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    for key in sorted(rows):
        named: dict[str, Any] = {"dimensions": key} if dimensions else {}
        numbers = measure([event for _, event in rows[key]])
        whole.append({**named, "metrics": [numbers[metric] for metric in metrics]})
        buckets = [
            measure([event for second, event in rows[key] if first <= second < stop])
            for first, stop in pairwise([*starts, span[1] + 1])
        ]
        cells.append({**named, "metrics": [[cell[metric] for cell in buckets] for metric in metrics]})
    assert summary["data"] == whole
    assert by_time["data"] == cells
    total = measure([event for _, event in found])
    assert by_time["totals"] == summary["totals"] == {metric: total[metric] for metric in metrics}
    for place, metric in enumerate(metrics):
        if rows:
            flat = [row["metrics"][place] for row in whole]
            nested = [number for row in cells for number in row["metrics"][place]]
            assert (summary["min"][metric], summary["max"][metric]) == (min(flat), max(flat))
            assert (by_time["min"][metric], by_time["max"][metric]) == (min(nested), max(nested))
        else:
            assert summary["min"] == summary["max"] == by_time["min"] == by_time["max"] == {}


@settings(max_examples=80, deadline=None)
@given(
    first=st.integers(START - 4000, NOW),
    length=st.integers(1, 250_000),
    share=st.floats(0, 1),
    dimensions=some_dimensions,
    delta=st.sampled_from(times.TIME_DELTAS[:-1]),
    condition=filters(),
)
def test_sums_agree_however_time_is_cut(
    first: int,
    length: int,
    share: float,
    dimensions: list[str],
    delta: str,
    condition: tuple[str | None, Callable[[Mapping[str, str]], bool]],
) -> None:
    """Buckets, summary, totals, and the two halves of a window give the same sums."""
    last, middle = first + length, first + int(share * (length - 1))
    parameters: dict[str, object] = {
        "metrics": ",".join(ADDITIVE),
        "dimensions": ",".join(dimensions) or None,
        "filters": condition[0],
    }
    by_time = report(by_time=True, time_delta=delta, **window(first, last), **parameters)
    summary = report(by_time=False, **window(first, last), **parameters)
    halves = [report(by_time=False, **window(*half), **parameters) for half in ((first, middle), (middle + 1, last))]
    assert [{**row, "metrics": [sum(numbers) for numbers in row["metrics"]]} for row in by_time["data"]] == summary[
        "data"
    ]
    assert by_time["totals"] == summary["totals"]
    for place, metric in enumerate(ADDITIVE):
        assert summary["totals"][metric] == sum(row["metrics"][place] for row in summary["data"])
        assert summary["totals"][metric] == sum(half["totals"][metric] for half in halves)


@settings(max_examples=40, deadline=None)
@given(span=spans, dimensions=some_dimensions, limit=st.integers(1, 12), data=st.data())
def test_sort_and_limit(span: tuple[int, int], dimensions: list[str], limit: int, data: st.DataObject) -> None:
    """Rows come in the requested order, and a limit cuts rows off without touching anything else."""
    fields = data.draw(st.lists(st.sampled_from([*METRICS, *dimensions]), unique=True, max_size=3))
    signs = [data.draw(st.sampled_from(["", "+", "-"])) for _ in fields]
    parameters: dict[str, object] = {
        **window(*span),
        "dimensions": ",".join(dimensions) or None,
        "metrics": ",".join(METRICS),
        "sort": ",".join(map("".join, zip(signs, fields, strict=True))) or None,
    }
    whole = report(by_time=False, **parameters)

    def values(row: dict[str, Any]) -> list[Any]:
        named = dict(zip(METRICS, row["metrics"], strict=True))
        named |= dict(zip(dimensions, row.get("dimensions", ()), strict=True))
        return [named[field] for field in fields]

    for left, right in pairwise(whole["data"]):
        for sign, lower, higher in zip(signs, values(left), values(right), strict=True):
            if lower != higher:
                assert (lower > higher) is (sign == "-")
                break
        else:
            assert left["dimensions"] < right["dimensions"]
    cut = report(by_time=False, limit=limit, **parameters)
    by_time = report(by_time=True, time_delta="hour", limit=limit, **parameters)
    assert cut["data"] == whole["data"][:limit]
    assert cut["rows"] == min(limit, whole["rows"])
    assert [row.get("dimensions") for row in by_time["data"]] == [row.get("dimensions") for row in cut["data"]]
    for name in ("totals", "min", "max"):
        assert cut[name] == whole[name]
    assert by_time["totals"] == whole["totals"]


@settings(max_examples=40, deadline=None)
@given(span=spans, dimensions=some_dimensions)
def test_durations_lie_in_order(span: tuple[int, int], dimensions: list[str]) -> None:
    """Percentiles rise with their rank, and those of the total lie between the rows' extremes."""
    metrics = ("durationMedian", "duration90th", "duration99th", "durationAvg")
    found = report(by_time=False, **window(*span), metrics=",".join(metrics), dimensions=",".join(dimensions) or None)
    for row in found["data"]:
        assert row["metrics"][:3] == sorted(row["metrics"][:3])
    for metric in metrics if found["data"] else ():
        assert found["min"][metric] <= found["totals"][metric] <= found["max"][metric]


@settings(deadline=None)
@given(hour=st.integers(0, 2**20), place=st.integers(0, 39), cut=st.integers(0, 3600))
def test_the_closed_form_counts_events(hour: int, place: int, cut: int) -> None:
    """Counting before an offset is what spreading the events over the hour gives."""
    series = list(events.make_series("9" * 32, ZONE, SEED))[place]
    facts = series.hour(hour)
    seconds = [number * 3600 // facts.events for number in range(facts.events)]
    assert events.count_before(cut, facts.events) == sum(second < cut for second in seconds)
    assert len(facts.durations) == events.CYCLE
    assert min(facts.durations) >= 1
    assert min(facts.ingress, facts.egress) >= 0


def test_traffic_has_a_daily_and_a_weekly_rhythm() -> None:
    """Days are busier than nights in a colo's local time, and weekdays busier than weekends."""
    week = START - (START - 4 * 86400) % 604800 - 604800
    days = [
        report(
            by_time=True,
            time_delta="hour",
            **window(week + day * 86400, week + day * 86400 + 86399),
            filters=f"coloName==LHR;appID=={LIVES[0].app_id}",
        )["data"][0]["metrics"][0]
        for day in range(7)
    ]
    assert all(sum(day[12:17]) > 2 * sum(day[0:5]) for day in days)
    assert max(map(sum, days[5:])) < min(map(sum, days[:5]))


def test_every_event_has_a_plausible_share() -> None:
    """All five events happen, connections more often than errors."""
    day = report(by_time=False, **window(START - 86400, START - 1), dimensions="event", sort="-count")
    order = [row["dimensions"][0] for row in day["data"]]
    assert order == ["connect", "disconnect", "progress", "originError", "clientFiltered"]


@pytest.mark.parametrize(
    ("histogram", "share", "expected"),
    [
        ({}, 50, 0),
        ({7: 1}, 1, 7),
        ({1: 1, 2: 1}, 50, 1),
        ({1: 1, 2: 1}, 51, 2),
        ({9: 1, 1: 99}, 99, 1),
        ({9: 1, 1: 98}, 99, 9),
    ],
)
def test_percentiles_are_nearest_rank(histogram: dict[int, int], share: int, expected: int) -> None:
    """The percentile is a value that occurs, the first that enough events do not exceed."""
    assert percentile(histogram, share) == expected


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("event==connect", True),
        ("event==disconnect,coloName==SFO", True),
        ("event==disconnect,coloName==SFO;ipVersion==6", False),
        ("coloName==SFO;ipVersion==6 OR event==connect", True),
        ("event==disconnect AND coloName==SFO", False),
        ("ipVersion>4", False),
        ("ipVersion<10", True),
        ("coloName>=SFO", True),
        (" event == connect ", True),
    ],
)
def test_and_binds_tighter_than_or(text: str, passes: bool) -> None:
    """Alternatives are lists of clauses; ipVersion compares as a number."""
    values = {"event": "connect", "appID": "1" * 32, "coloName": "SFO", "ipVersion": "4"}
    assert matches(parse_filter(text), values) is passes
