"""What to pull, from options to a plan; what is said of it; and the command that goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aiospectrum import RateLimit
from aiospectrum.bulk import Plan, Query, SaveFailure, SaveProgress
from aiospectrum.cli.context import UsageError
from aiospectrum.cli.meter import Reading
from aiospectrum.cli.plan_options import PlanOptions, parse_shard
from aiospectrum.cli.pull_command import parse_rate_limit
from aiospectrum.cli.pull_report import failure_lines, plan_lines, result_lines
from aiospectrum.cli.pulling import JobResult
from aiospectrum.cli.resuming import resume_command
from aiospectrum.cli.times import is_relative, parse_duration

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, 30, 45, 678901, tzinfo=UTC)
DAY = datetime(2026, 11, 20, tzinfo=UTC)
ZONES = [f"{number:032x}" for number in range(10)]


def make(now: datetime = NOW, **options: Any) -> Plan:
    return PlanOptions(**{"zone": ZONES, "since": "2026-11-20", **options}).make_plan(now, None)


def test_options_become_a_plan() -> None:
    """Every option has its place in the plan, and each has a sensible default."""
    query = Query(
        time_delta="minute", metrics=("count", "bytesIngress"), dimensions=("appID",), filters="event==x", limit=5
    )
    assert make(
        until="2026-11-21",
        kind="bytime",
        time_delta="minute",
        metrics=["count,bytesIngress"],
        dimensions=["appID"],
        filters="event==x",
        limit=5,
        window="hour",
    ) == Plan(zones=ZONES, since=DAY, until=DAY + timedelta(days=1), query=query, window="hour")
    plain = make()
    assert plain.query == Query(time_delta="hour", metrics=("count", "bytesIngress", "bytesEgress"))
    assert (plain.until, plain.window) == (NOW.replace(microsecond=0), "day")
    assert make(kind="summary").query.time_delta is None


def test_relative_times_are_whole_seconds() -> None:
    """Analytics are counted by seconds, so that the clock's fractions are dropped."""
    plan = make(since="-24h", until="-30m")
    assert (plan.since, plan.until) == (
        datetime(2026, 11, 20, 12, 30, 45, tzinfo=UTC),
        NOW.replace(minute=0, microsecond=0),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"since": None}, "expected --since with a time such as", id="no since"),
        pytest.param({"since": "soon"}, "--since: expected a time such as .*, got 'soon'", id="since"),
        pytest.param({"until": "2026-11-20T10:00"}, "--until: expected a time .*, got '2026-11-20T10:00'", id="until"),
        pytest.param({"until": "2026-11-20"}, "--until: expected a time after since, 2026-11-20T00:00", id="empty"),
        pytest.param({"since": "2026-11-20T00:00:00.5Z"}, "--since: expected a whole second", id="fraction"),
        pytest.param({"metrics": ["count,size"]}, "--metrics: expected one of count, .*, got 'size'", id="metric"),
        pytest.param({"dimensions": ["app"]}, "--dimensions: expected one of event, .*, got 'app'", id="dimension"),
        pytest.param({"kind": "summary", "time_delta": "day"}, "--time-delta: expected None, as a summary", id="delta"),
        pytest.param({"time_delta": "day", "window": "hour"}, "--window: expected a length", id="window"),
        pytest.param({"filters": "a%3Db"}, "--filters: expected a filter in plain text", id="filters"),
        pytest.param({"limit": 0}, "--limit: expected an integer of 1 or more, or None, got 0", id="limit"),
        pytest.param({"zone": None}, "expected --zone", id="no zone"),
        pytest.param({"shard": "9/8"}, "--shard: expected PART/PARTS such as 2/8, .*, got '9/8'", id="shard"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], message: str) -> None:
    """The message has the option, what was expected, and the value."""
    with pytest.raises(UsageError, match=message):
        make(**options)


def test_a_saved_plan_is_taken_as_it_is(tmp_path: Path) -> None:
    """The file of a plan stands for all options, and can be divided like any plan."""
    plan = make(until="2026-11-21")
    file = tmp_path / "plan.json"
    file.write_text(plan.to_json())
    assert PlanOptions(plan=str(file)).make_plan(NOW, None) == plan
    assert PlanOptions(plan=str(file), shard="2/3").make_plan(NOW, None) == plan.shard(1, 3)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        pytest.param(None, {}, "No such file", id="missing"),
        pytest.param("{}", {}, "expected a plan in version 1 of the format", id="something else"),
        pytest.param("{}", {"time_delta": "day"}, "expected no other options .*, got --time-delta", id="both"),
    ],
)
def test_other_plans_are_refused(tmp_path: Path, content: str | None, options: dict[str, Any], message: str) -> None:
    """The message names the file."""
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=f"--plan .*plan.json: {message}"):
        PlanOptions(plan=str(file), **options).make_plan(NOW, None)


@pytest.mark.parametrize("text", ["", "2", "0/8", "9/8", "2/8/1", "-1/8", "a/b", "٢/٨"])
def test_other_shards_are_refused(text: str) -> None:
    """A shard is counted from 1."""
    with pytest.raises(UsageError, match="--shard: expected PART/PARTS"):
        parse_shard(text)


def test_all_shards_together_are_the_plan() -> None:
    """Each zone is in one shard."""
    shards = [make(shard=f"{part}/3").zones for part in (1, 2, 3)]
    assert sorted(zone for shard in shards for zone in shard) == ZONES


@pytest.mark.parametrize(
    ("text", "expected"), [(None, (1140, 300.0)), ("600/300", (600, 300.0)), ("4/1", (4, 1.0))], ids=str
)
def test_rate_limits_are_read(text: str | None, expected: tuple[int, float]) -> None:
    """Requests and seconds, or the default."""
    assert parse_rate_limit(text) == expected


@pytest.mark.parametrize("text", ["", "600", "0/300", "600/0", "1.5/3", "x/y", "-1/3"])
def test_other_rate_limits_are_refused(text: str) -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match=f"--rate-limit: expected REQUESTS/SECONDS such as 600/300, got {text!r}"):
        parse_rate_limit(text)


def test_durations_are_read() -> None:
    """A number and a unit."""
    texts = ("90s", "30m", "2h", "7d", "2w")
    assert [parse_duration(text).total_seconds() for text in texts] == [90, 1800, 7200, 604800, 1209600]


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2 h", "1y", "999999999w"])
def test_other_durations_are_refused(text: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError, match=f"expected a length of time such as 30m, 2h or 7d, got {text!r}"):
        parse_duration(text)


def test_relative_times_are_told_apart() -> None:
    """They are what another run would read otherwise."""
    assert [is_relative(text) for text in ("now", "-24h", "2026-11-20", "2026-11-20T00:00:00Z")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(
            ["pull", "--zone", "a", "--since", "2026-11-20", "--until", "2026-11-21", "--out", "my data"],
            "aiospectrum pull --zone a --since 2026-11-20 --until 2026-11-21 --out 'my data'",
            id="the same",
        ),
        pytest.param(
            ["pull", "--since", "-24h", "--zone", "a", "--until", "now"],
            "aiospectrum pull --zone a --since 2026-11-20T00:00:00Z --until 2026-11-21T01:02:03Z",
            id="relative",
        ),
        pytest.param(
            ["pull", "--since=-24h", "--until=-1h", "--zone", "a"],
            "aiospectrum pull --zone a --since 2026-11-20T00:00:00Z --until 2026-11-21T01:02:03Z",
            id="relative with equals signs",
        ),
        pytest.param(
            ["pull", "--since", "2026-11-20", "--zone", "a"],
            "aiospectrum pull --zone a --since 2026-11-20T00:00:00Z --until 2026-11-21T01:02:03Z",
            id="no end",
        ),
        pytest.param(["pull", "--plan", "p.json"], "aiospectrum pull --plan p.json", id="plan"),
        pytest.param(["pull", "--plan=p.json"], "aiospectrum pull --plan=p.json", id="plan with an equals sign"),
    ],
)
def test_the_command_to_go_on_is_of_the_same_times(argv: list[str], expected: str) -> None:
    """What depends on the current time is written out, and nothing else is changed."""
    until = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
    assert resume_command(argv, since=DAY, until=until) == expected


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        pytest.param(
            {"time_delta": "minute", "dimensions": ["appID"], "metrics": ["count"]},
            [
                "2026-11-20T00:00:00Z..2026-11-21T00:00:00Z",
                "bytime, each minute: count by appID",
                "10 zones, 1 window (a day each)",
                "10 requests at least; a report that is cut off takes more",
                "0:10 at least, as the rate limit allows 5 requests in 10 s",
            ],
            id="by time",
        ),
        pytest.param(
            {"kind": "summary", "window": "whole", "shard": "11/11"},
            [
                "2026-11-20T00:00:00Z..2026-11-21T00:00:00Z",
                "summary: count, bytesIngress, bytesEgress",
                "0 zones, 0 windows (the whole time)",
                "0 requests at least; a report that is cut off takes more",
                "0:00 at least, as the rate limit allows 5 requests in 10 s",
            ],
            id="nothing",
        ),
    ],
)
def test_a_dry_run_tells_the_size(options: dict[str, Any], lines: list[str]) -> None:
    """Zones, windows, requests and the least time."""
    plan = make(until="2026-11-21", **options)
    assert list(plan_lines(plan, RateLimit(requests=5, per_seconds=10))) == [f"plan {plan.id}: {lines[0]}", *lines[1:]]


def test_failures_are_listed_up_to_a_number() -> None:
    """What is beyond it is counted."""
    window = make(until="2026-11-21").span
    failures = [SaveFailure(zone_id=zone, window=window, error="NotFoundError: x") for zone in ZONES]
    lines = list(failure_lines(failures, most=2, place="data"))
    span = "2026-11-20T00:00:00Z..2026-11-21T00:00:00Z"
    assert lines == [
        f"zone {ZONES[0]} {span} failed: NotFoundError: x",
        f"zone {ZONES[1]} {span} failed: NotFoundError: x",
        "and 8 more failed; the manifest in data lists all of them",
    ]
    assert list(failure_lines(failures[:2], most=2, place="data")) == lines[:2]


def test_a_pull_is_summed_up() -> None:
    """Windows are told of where zones have several, and what did not go plainly where there is some of it."""
    reading = Reading(requests=12, retries=1, elapsed=3.21)
    all_done = JobResult(progress=SaveProgress(total=10, done=10, rows=50, bytes=2048), saved=None, reading=reading)
    assert list(result_lines(make(until="2026-11-21"), all_done, place="data")) == [
        "10 of 10 zones saved in data",
        "50 rows in 2.0 kB of files; 12 requests, 1 retry, 3.2 s",
    ]
    progress = SaveProgress(total=20, skipped=3, done=5, refreshed=1, failed=2)
    some_done = JobResult(progress=progress, saved=None, reading=reading)
    assert next(iter(result_lines(make(until="2026-11-22"), some_done, place="data"))) == (
        "8 of 20 windows of 10 zones saved in data, 3 there before, 1 refreshed, 2 failed"
    )
