"""``aiospectrum demo``: many zones pulled, written as Parquet, and queried."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import Interrupting, run_process


def test_the_demo_needs_nothing(bare_cli: Any) -> None:
    """Two zones of a sandbox of its own are pulled, written as Parquet, and queried."""
    outcome = bare_cli("demo", "--zones", "2", "--seed", "1", "--concurrency", "5")
    lines = outcome.out.splitlines()
    assert outcome.status == 0
    assert lines[0] == "Pulling a day of traffic of 2 zones from a sandbox"
    assert re.fullmatch(r"2 zones pulled: 2 requests, 0 retries, 240 rows in [\d.]+ kB of Parquet, \d+\.\d s", lines[1])
    assert lines[3].split() == ["app", "zone", "protocol", "events", "in", "out", "traffic"]
    assert ".zone1.example " in lines[5]
    assert len(lines) == 5 + 10 + 2
    assert re.fullmatch(r"The 10 busiest apps, queried from the Parquet files in \d+\.\d\d s", lines[-1])
    assert outcome.err.splitlines()[-1].startswith("2/2 zones, 2 requests, ")


def test_the_demo_has_a_bar_on_a_terminal(bare_cli: Any) -> None:
    """A terminal gets a display instead of lines, and a shorter sparkline where it is narrow."""
    outcome = bare_cli("demo", "--zones", "1", terminal=True, width=80)
    assert outcome.status == 0
    assert "1/1 zones  ━" in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", outcome.err)
    assert "1 zone pulled: 1 request, 0 retries, 120 rows" in outcome.out
    assert max(map(len, re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", outcome.out).splitlines()[2:])) <= 80


def test_the_demo_pulls_zones_of_an_account(cli: Any, sandbox: Sandbox) -> None:
    """With `--zone` the environment says where and as whom; a bad zone is named and takes no other with it."""
    good, bad = sandbox.zones[0], "0" * 32
    outcome = cli("demo", "--zone", good, "--zone", bad, "--zone", good)
    assert outcome.status == 1
    assert outcome.out.startswith(f"Pulling a day of traffic of 2 zones from {sandbox.url}\n")
    assert "\n1 of 2 zones pulled: 2 requests, 0 retries, 120 rows in " in outcome.out
    assert "\nThe 5 busiest apps, " in outcome.out
    assert f"zone {bad} 2024-05-07T12:00:00Z..2024-05-08T12:00:00Z failed: PermissionDeniedError: GET " in outcome.err
    only_bad = cli("demo", "--zone", bad)
    unreachable = cli("demo", "--zone", good, CLOUDFLARE_BASE_URL="http://127.0.0.1:1")
    assert "0 of 1 zone pulled: 4 requests, 3 retries, 0 rows in " in unreachable.out
    assert (only_bad.status, only_bad.out.count("\n")) == (1, 2)


def test_the_busiest_come_first(serve_results: Any) -> None:
    """Applications are ranked by bytes over all zones, each with its traffic in the order of time; null is nothing."""
    zones, apps = ("a" * 32, "b" * 32), {name: name * 32 for name in "1234"}
    hours = [[f"2024-05-08T{hour:02}:00:00Z", f"2024-05-08T{hour:02}:59:59Z"] for hour in (9, 10)]

    def report(rows: dict[str, list[list[int | None]]]) -> dict[str, Any]:
        return {
            "data": [{"dimensions": [apps[name]], "metrics": metrics} for name, metrics in rows.items()],
            "data_lag": 0,
            "rows": len(rows),
            "query": {},
            "time_intervals": hours,
        }

    named = {"id": apps["1"], "protocol": "tcp/22", "dns": {"name": "ssh.example"}, "traffic_type": "direct"}
    cli = serve_results(
        {
            f"/zones/{zones[0]}/spectrum/analytics/events/bytime": report(
                {"1": [[1, 1], [2, 3], [20, 30]], "2": [[1, None], [1, None], [None, 1]]}
            ),
            f"/zones/{zones[1]}/spectrum/analytics/events/bytime": report(
                {"3": [[1, 0], [500, 0], [500, 0]], "4": [[0, 1], [0, 0], [0, 2]]}
            ),
            f"/zones/{zones[0]}/spectrum/apps/{apps['1']}": {
                **named,
                "created_on": "2024-01-01T00:00:00Z",
                "modified_on": "2024-01-01T00:00:00Z",
            },
        }
    )
    outcome = cli("demo", "--zone", zones[0], "--zone", zones[1])
    assert (outcome.status, ", 0 failed, " in outcome.err.splitlines()[-1]) == (0, True)
    assert [line.split() for line in outcome.out.splitlines()[5:9]] == [
        [apps["3"], zones[1], "1", "500", "B", "500", "B", "█▁"],
        ["ssh.example", zones[0], "tcp/22", "2", "5", "B", "50", "B", "▆█"],
        [apps["2"], zones[0], "1", "1", "B", "1", "B", "██"],
        [apps["4"], zones[1], "1", "0", "B", "2", "B", "▁█"],
    ]


def test_a_day_without_traffic_has_no_busiest_apps(serve_results: Any) -> None:
    """The demo ends after the pull."""
    empty = {"data": [], "data_lag": 0, "max": {}, "min": {}, "query": {}, "rows": 0, "totals": {}}
    zone = "a" * 32
    cli = serve_results({f"/zones/{zone}/spectrum/analytics/events/bytime": {**empty, "time_intervals": []}})
    outcome = cli("demo", "--zone", zone)
    assert (outcome.status, outcome.out.count("\n")) == (0, 2)
    assert " 0 rows in " in outcome.out


def test_the_demo_does_without_names(cli: Any, sandbox: Sandbox) -> None:
    """An application that cannot be looked up is shown by its identifier."""
    gone, *_ = sandbox.app_ids(sandbox.zones[0])
    cli("apps", "delete", sandbox.zones[0], gone, "--yes")
    outcome = cli("demo", "--zone", sandbox.zones[0])
    assert outcome.status == 0
    assert f"\n{gone} " in outcome.out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["demo", "--zone", "0" * 32, "--zones", "3"], "got both", id="zones of both kinds"),
        pytest.param(["demo", "--zone", "0" * 32], "CLOUDFLARE_API_TOKEN", id="no credentials"),
        pytest.param(["demo", "--zone", "bad"], "--zone: expected the identifier of a zone, of 32", id="zone"),
        pytest.param(["demo", "--zones", "0"], ">= 1", id="no zones"),
        pytest.param(["demo", "--zones", "10001"], "--zones: expected 1 to 10000, got 10001", id="too many zones"),
        pytest.param(["demo", "--concurrency", "0"], ">= 1", id="no concurrency"),
        pytest.param(["sandbox", "--apps-per-zone", "-1"], "--apps-per-zone: expected 0 to 1000, got -1", id="apps"),
        pytest.param(["sandbox", "--paygo", "4"], "at most the number of zones, 3, got 4", id="paygo"),
        pytest.param(["sandbox", "--port", "65536"], "65535", id="port"),
        pytest.param(
            ["sandbox", "--data-lag", "-1"], "--data-lag: expected seconds from 0 to a year, got -1", id="data lag"
        ),
    ],
)
def test_bad_usage_starts_nothing(bare_cli: Any, argv: list[str], message: str) -> None:
    """Arguments that make no sense are refused in one line."""
    outcome = bare_cli(*argv)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert message in outcome.err


def test_ctrl_c_ends_a_command_with_130(bare_cli: Any) -> None:
    """An interrupted pull stops its sandbox and says so in a line."""
    outcome = bare_cli("demo", "--zones", "2", out=Interrupting("Pulling"))
    assert (outcome.status, outcome.err) == (130, "aiospectrum: interrupted\n")


def test_ctrl_c_in_the_middle_of_the_demo_is_130(bare_cli: Any) -> None:
    """Once requests go out it ends as a pull does, and leaves nothing behind."""
    outcome = bare_cli("demo", "--zones", "2", terminal=True, err=Interrupting("/2 zones"))
    assert outcome.status == 130
    assert outcome.err.endswith("aiospectrum: interrupted\n")
    assert outcome.out.count("\n") == 1


def test_the_demo_runs_as_a_process() -> None:
    """The command that the README shows pulls twenty zones, and ends with the result of a query."""
    finished = run_process("-W", "error", "-m", "aiospectrum", "demo")
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[1].startswith("20 zones pulled: 20 requests, 0 retries, 2,400 rows in ")
    assert lines[-1].startswith("The 10 busiest of 100 apps, queried from the Parquet files in ")


def test_the_dataset_of_a_demo_can_be_kept(bare_cli: Any, tmp_path: Path) -> None:
    """What to try next works as it is printed; a second demo takes what is there."""
    folder = str(tmp_path / "kept")
    argv = ("demo", "--zones", "2", "--keep", folder)
    outcome = bare_cli(*argv)
    commands = [shlex.split(line)[1:] for line in outcome.out.splitlines() if line.startswith("  ")]
    assert f"The dataset is in {folder}. What to try next:" in outcome.out
    for words in commands[:2]:
        assert bare_cli(*words).status == 0, words
    assert "appID" in run_process(*commands[2]).stdout
    words = [word.replace("ZONE_ID", "0" * 32).replace("data/", str(tmp_path / "new")) for word in commands[3]]
    assert bare_cli(*words, "--dry-run", CLOUDFLARE_API_TOKEN="x" * 40).status == 0
    again = bare_cli(*argv)
    assert (again.status, " 0 requests, " in again.out, "The 10 busiest apps" in again.out) == (0, True, True)


def test_a_demo_is_not_kept_in_a_file(bare_cli: Any, tmp_path: Path) -> None:
    """The option is named."""
    file = tmp_path / "file"
    file.touch()
    outcome = bare_cli("demo", "--zones", "1", "--keep", str(file))
    assert outcome.status in (1, 2)
    assert str(file) in outcome.err.splitlines()[-1]
