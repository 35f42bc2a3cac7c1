"""What ``aiospectrum pull`` makes of its options: a plan, what is printed of it, and the command that resumes it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import Plan, Query

DAY = datetime(2024, 5, 7, tzinfo=UTC)
NOON = datetime(2024, 5, 8, 12, 30, 45, tzinfo=UTC)
ZONES = [f"{number:032x}" for number in range(10)]
QUERY = Query(time_delta="hour", metrics=("count", "bytesIngress", "bytesEgress"))


@pytest.fixture
def pull(bare_cli: Any) -> Any:
    """Return a dry run of a pull of ten zones at 2024-05-08T12:30:45Z."""

    def run(*options: str, zones: list[str] = ZONES) -> Any:
        return bare_cli("pull", *(word for zone in zones for word in ("--zone", zone)), "--dry-run", *options)

    return run


def plan(since: datetime = DAY, until: datetime = NOON, query: Query = QUERY, **options: Any) -> Plan:
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
            "--since 2024-05-07 --kind summary", plan(query=Query(kind="summary", metrics=QUERY.metrics)), id="summary"
        ),
        pytest.param(
            "--since -24h --until -30m",
            plan(since=NOON - timedelta(days=1), until=NOON - timedelta(minutes=30)),
            id="relative times",
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
    ("options", "message"),
    [
        pytest.param([], "expected --since with a time such as", id="no since"),
        pytest.param(["--since", "soon"], "--since: expected a time such as {}, got 'soon'", id="since"),
        pytest.param(["--until", "2024-05-07T10:00"], "--until: expected {}, got '2024-05-07T10:00'", id="until"),
        pytest.param(["--until", "2024-05-07"], "--until: expected a time after since, 2024-05-07T00:00", id="empty"),
        pytest.param(["--since", "2024-05-07T00:00:00.5Z"], "--since: expected a whole second", id="fraction"),
        pytest.param(["--metrics", "count,size"], "--metrics: expected one of count, {}, got 'size'", id="metric"),
        pytest.param(["--dimensions", "app"], "--dimensions: expected one of event, {}, got 'app'", id="dimension"),
        pytest.param(
            ["--kind", "summary", "--time-delta", "day"], "--time-delta: expected None, as a summary", id="delta"
        ),
        pytest.param(["--time-delta", "day", "--window", "hour"], "--window: expected a length", id="window"),
        pytest.param(["--filters", "a%3Db"], "--filters: expected a filter in plain text", id="filters"),
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
    assert outcome.err.endswith(f"{after}\n" if after else "\n")


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
                "at least 0:00, as the rate limit allows 1,140 requests in 300 s",
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
            f"--zone {ZONES[1]} -o data --since 2024-05-07T12:30:45Z --until 2024-05-08T12:30:45Z",
            id="relative times",
        ),
        pytest.param(
            ["--since=-24h", "--until=-1h", f"--zone={ZONES[1]}", "--out=data"],
            f"--zone={ZONES[1]} --out=data --since 2024-05-07T12:30:45Z --until 2024-05-08T11:30:45Z",
            id="equals signs",
        ),
        pytest.param(
            ["--since", "2024-05-08", "--zone", ZONES[1], "--out", "data"],
            f"--zone {ZONES[1]} --out data --since 2024-05-08T00:00:00Z --until 2024-05-08T12:30:45Z",
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
