"""What ``aiospectrum pull`` makes of its options: a plan, what is printed of it, and the command that resumes it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import Plan, Query

DAY = datetime(2024, 5, 7, tzinfo=UTC)
NOON = datetime(2024, 5, 8, 12, tzinfo=UTC)
ONE = datetime(2024, 5, 8, 13, tzinfo=UTC)
ZONES = [f"{number:032x}" for number in range(10)]
QUERY = Query(time_delta="hour", metrics=("count", "bytesIngress", "bytesEgress"))


@pytest.fixture
def pull(bare_cli: Any) -> Any:
    """Return a dry run of a pull of ten zones at 2024-05-08T12:30:45Z."""

    def run(*options: str, zones: list[str] = ZONES) -> Any:
        return bare_cli("pull", *(word for zone in zones for word in ("--zone", zone)), "--dry-run", *options)

    return run


def plan(since: datetime = DAY, until: datetime = ONE, query: Query = QUERY, **options: Any) -> Plan:
    return Plan(zones=ZONES, since=since, until=until, query=query, **options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("--since 2024-05-07", plan(window="day"), id="defaults"),
        pytest.param(
            "--since 2024-05-07 --until 2024-05-08 --kind bytime --time-delta minute --window hour "
            "--metrics count,bytesIngress --dimensions appID --filters event==x --limit 5",
            plan(
                until=DAY + timedelta(days=1),
                query=Query(
                    time_delta="minute",
                    metrics=("count", "bytesIngress"),
                    dimensions=("appID",),
                    filters="event==x",
                    limit=5,
                ),
                window="hour",
            ),
            id="every option",
        ),
        pytest.param(
            "--since 2024-05-07 --kind summary",
            plan(until=DAY + timedelta(days=2), query=Query(kind="summary", metrics=QUERY.metrics)),
            id="summary",
        ),
        pytest.param("--since 2024-05-07 --shard 2/3", plan().shard(1, 3), id="shard"),
    ],
)
def test_options_become_a_plan(pull: Any, options: str, expected: Plan) -> None:
    """Every option has its place in the plan, whose identifier is printed, and each has a sensible default."""
    outcome = pull(*options.split())
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"plan {expected.id}: {expected.span}\n")


@pytest.mark.parametrize(
    ("options", "span"),
    [
        pytest.param("--since -24h", "05-07T12:00:00Z..2024-05-08T13:00:00Z", id="a day ago"),
        pytest.param("--since=now-24h --until now", "05-07T12:00:00Z..2024-05-08T13:00:00Z", id="now"),
        pytest.param("--since today", "05-08T00:00:00Z..2024-05-08T13:00:00Z", id="today"),
        pytest.param("--since today-1d --until today", "05-07T00:00:00Z..2024-05-08T00:00:00Z", id="yesterday"),
        pytest.param("--since now", "05-08T12:00:00Z..2024-05-08T13:00:00Z", id="the hour under way"),
        pytest.param("--since -45s --until -0s", "05-08T12:00:00Z..2024-05-08T13:00:00Z", id="seconds"),
        pytest.param("--since -1h --time-delta dekaminute", "05-08T11:30:00Z..2024-05-08T12:40:00Z", id="ten minutes"),
        pytest.param(
            "--since -1w --time-delta month --window quarter", "05-01T00:00:00Z..2024-06-01T00:00:00Z", id="months"
        ),
        pytest.param("--since -24h --kind summary", "05-07T00:00:00Z..2024-05-09T00:00:00Z", id="summary"),
        pytest.param(
            "--since today --kind summary --window week", "05-06T00:00:00Z..2024-05-13T00:00:00Z", id="summary of weeks"
        ),
        pytest.param(
            "--since -24h --kind summary --window whole", "05-07T12:30:45Z..2024-05-08T12:30:45Z", id="no edges"
        ),
        pytest.param(
            "--since 2024-05-07T00:00:01Z --until 2024-05-08T11:59:59Z",
            "05-07T00:00:01Z..2024-05-08T11:59:59Z",
            id="absolute times stay",
        ),
        pytest.param(
            "--since 2024-05-07T01:00:01+01:00 --until -12h", "05-07T00:00:01Z..2024-05-08T01:00:00Z", id="one of each"
        ),
    ],
)
def test_relative_times_are_cut_at_edges(pull: Any, options: str, span: str) -> None:
    """A dry run shows them as they were cut: by time at intervals, for summaries at windows; others stay."""
    outcome = pull(*options.split())
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines()[0].endswith(f": 2024-{span}")


@pytest.mark.parametrize(
    "text", ["today-", "now-", "-", "", "now-24", "now+1h", "tomorrow", "now-1h-1h", "24h", "-0226y", "٢-1h"]
)
def test_what_is_no_time_is_refused(pull: Any, text: str) -> None:
    """The message has some that are."""
    outcome = pull(f"--since={text}")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "2026-11-20, now-24h or today" in outcome.err or not text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param([], "expected --since with a time such as", id="no since"),
        pytest.param(["--since", "soon"], "--since: expected a time such as {}, got 'soon'", id="since"),
        pytest.param(["--until", "2024-05-07T10:00"], "--until: expected {}, got '2024-05-07T10:00'", id="until"),
        pytest.param(
            ["--until", "2024-05-07"], "--since: expected a time before --until, 2024-05-07T00:00", id="empty"
        ),
        pytest.param(["--since", "2024-05-07T00:00:00.5Z"], "--since: expected a whole second", id="fraction"),
        pytest.param(["--metrics", "count,size"], "--metrics: expected one of count, {}, got 'size'", id="metric"),
        pytest.param(["--dimensions", "app"], "--dimensions: expected one of event, {}, got 'app'", id="dimension"),
        pytest.param(
            ["--kind", "summary", "--time-delta", "day"],
            "--time-delta: expected no such option with --kind",
            id="delta",
        ),
        pytest.param(["--time-delta", "day", "--window", "hour"], "--window: expected a length", id="window"),
        pytest.param(["--filters", "evnt==x"], "--filters: expected a filter in plain text", id="filters"),
        pytest.param(["--limit", "0"], "--limit: expected an integer of 1 or more, or None, got 0", id="limit"),
        *(
            pytest.param(["--shard", text], f"--shard: expected PART/PARTS such as 2/8, {{}}, got '{text}'", id=name)
            for name, text in {
                "no shard": "",
                "one number": "2",
                "part 0": "0/8",
                "part 9 of 8": "9/8",
                "three numbers": "2/8/1",
                "letters": "a/b",
                "other digits": "٢/٨",
            }.items()
        ),
        *(
            pytest.param(
                ["--rate-limit", text],
                f"--rate-limit: expected REQUESTS/SECONDS such as 600/300, got '{text}'",
                id=name,
            )
            for name, text in {
                "no rate": "",
                "no seconds": "600",
                "no requests": "0/300",
                "0 seconds": "600/0",
                "fraction of a request": "1.5/3",
                "no numbers": "x/y",
            }.items()
        ),
    ],
)
def test_bad_options_are_named(pull: Any, options: list[str], message: str) -> None:
    """The message has the option, what was expected, and the value."""
    since = [] if not options or "--since" in options else ["--since", "2024-05-07"]
    outcome = pull(*since, *options)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    before, _, after = message.partition("{}")
    assert outcome.err.startswith(f"aiospectrum: {before}")
    assert after in outcome.err.removeprefix(f"aiospectrum: {before}")
    assert re.search(r"(; see `aiospectrum pull --help`|; did you mean '[\w:-]+'.*\?)\n$", outcome.err)


def test_zones_are_needed(pull: Any) -> None:
    """There is no default."""
    assert pull("--since", "2024-05-07", zones=[]).err.startswith("aiospectrum: expected --zone with ")


def test_all_shards_together_are_the_plan(pull: Any) -> None:
    """Each zone is in one shard."""
    outcomes = [pull("--since", "2024-05-08", "--shard", f"{part}/3") for part in (1, 2, 3)]
    assert sum(int(outcome.out.splitlines()[2].split()[0]) for outcome in outcomes) == len(ZONES)


def test_a_saved_plan_is_taken_as_it_is(pull: Any, tmp_path: Path) -> None:
    """The file of a plan stands for all options, and can be divided like any plan."""
    file = tmp_path / "plan.json"
    file.write_text(plan().to_json())
    assert pull("--plan", str(file), zones=[]).out.startswith(f"plan {plan().id}: ")
    assert pull("--plan", str(file), "--shard", "2/3", zones=[]).out.startswith(f"plan {plan().shard(1, 3).id}: ")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        pytest.param(None, [], "No such file", id="missing"),
        pytest.param(b"{}", [], "expected a plan in version 1 of the format", id="something else"),
        pytest.param(b"\xff", [], "expected text in UTF-8, got something else", id="binary"),
        pytest.param(
            b"{}",
            ["--time-delta", "day"],
            "expected no other options of what to pull with it, got --time-delta",
            id="both",
        ),
    ],
)
def test_other_plans_are_refused(
    pull: Any, tmp_path: Path, content: bytes | None, options: list[str], message: str
) -> None:
    """The message names the file."""
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_bytes(content)
    outcome = pull("--plan", str(file), *options, zones=[])
    assert outcome.status == 2
    assert outcome.err.startswith(f"aiospectrum: --plan {file}: {message}")


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        pytest.param(
            ["--time-delta", "minute", "--dimensions", "appID", "--metrics", "count", "--rate-limit", "5/10"],
            [
                "bytime, each minute: count by appID",
                "10 zones, 1 window (a day each)",
                "at least 10 requests; a report that is cut off takes more",
                "at least 0:10, as the rate limit allows 5 requests in 10 s",
            ],
            id="by time",
        ),
        pytest.param(
            ["--kind", "summary", "--window", "whole", "--shard", "11/11"],
            [
                "summary: count, bytesIngress, bytesEgress",
                "0 zones, 0 windows (the whole time)",
                "at least 0 requests; a report that is cut off takes more",
                "without a wait, as the rate limit allows 1,140 requests in 300 s",
            ],
            id="nothing",
        ),
    ],
)
def test_a_dry_run_prints_the_size(pull: Any, options: list[str], lines: list[str]) -> None:
    """Zones, windows, requests and the least time."""
    outcome = pull("--since", "2024-05-07", "--until", "2024-05-08", *options)
    assert outcome.out.splitlines()[1:] == lines


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(
            ["--zone", ZONES[1], "--since", "2024-05-07", "--until", "2024-05-08", "--out", "my data"],
            f"--zone {ZONES[1]} --out 'my data' --since 2024-05-07T00:00:00Z --until 2024-05-08T00:00:00Z",
            id="absolute times",
        ),
        pytest.param(
            ["--since", "-24h", "--zone", ZONES[1], "--until", "now", "-o", "data"],
            f"--zone {ZONES[1]} -o data --since 2024-05-07T12:00:00Z --until 2024-05-08T13:00:00Z",
            id="relative times",
        ),
        pytest.param(
            ["--since=-24h", "--until=-1h", f"--zone={ZONES[1]}", "--out=data"],
            f"--zone={ZONES[1]} --out=data --since 2024-05-07T12:00:00Z --until 2024-05-08T12:00:00Z",
            id="equals signs",
        ),
        pytest.param(
            ["--since", "2024-05-08", "--zone", ZONES[1], "--out", "data"],
            f"--zone {ZONES[1]} --out data --since 2024-05-08T00:00:00Z --until 2024-05-08T13:00:00Z",
            id="no end",
        ),
        pytest.param(["--plan", "plan.json", "--out", "data"], "--plan plan.json --out data", id="plan"),
        pytest.param(["--plan=plan.json", "--out", "data"], "--plan=plan.json --out data", id="plan, equals sign"),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_the_command_for_the_rest_has_the_same_times(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], expected: str
) -> None:
    """Times are written out, as some would be others by now, and nothing else is changed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text(plan().shard(0, 10).to_json())
    outcome = cli("pull", *argv, "--format", "csv")
    assert outcome.status == 1
    *_, said, command = outcome.err.splitlines()
    assert said == "to retry what failed:"
    assert sorted(command.split()) == sorted(f"aiospectrum pull {expected} --format csv".split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            "--since 0226-11-20 --window minute --time-delta minute",
            "expected a plan of 10,000,000 windows of all zones at most, got 9,4",
            id="a mistyped year",
        ),
        pytest.param("--since -99d --max-tasks 999", "expected a plan of 999 windows {}, got 1,000 ", id="a bound"),
        pytest.param("--since -99d --max-tasks 0", 'Invalid value "0" for {}--max-tasks', id="no bound"),
        pytest.param("--since -99d --max-tasks 1000", None, id="as many"),
    ],
)
def test_a_plan_that_is_too_large_is_refused(pull: Any, options: str, message: str | None) -> None:
    """The message has the count and the time, in a dry run too."""
    outcome = pull(*options.split())
    if message is None:
        assert outcome.status == 0, outcome.err
        return
    before, _, after = message.partition("{}")
    assert (outcome.status, outcome.out) == (2, "")
    assert before in outcome.err
    assert after in outcome.err
