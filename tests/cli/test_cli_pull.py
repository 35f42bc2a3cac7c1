"""``aiospectrum pull`` against a sandbox: datasets, exit codes, and real signals."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import Plan, Query, open_dataset
from aiospectrum.sandbox import Faults, Sandbox
from tests.cli.conftest import Interrupting, environ_of_process

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")
WRITTEN_OUT = "--since 2024-05-07T00:00:00Z --until 2024-05-08T00:00:00Z"
STRANGERS = [f"{number:032x}" for number in range(25)]


@pytest.fixture
def zones(sandbox: Sandbox) -> list[str]:
    return [word for zone in sandbox.zones for word in ("--zone", zone)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "data"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "data").iterdir())


def saved_windows(folder: Path) -> int:
    """Windows whose rows are in the data files."""
    table = open_dataset(folder).to_arrow().select(["zone_id", "window_since"])
    return len({tuple(row.values()) for row in table.to_pylist()})


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
def test_a_pull_is_saved_and_resumed(cli: Any, sandbox: Sandbox, zones: list[str], out: Path, file_format: str) -> None:
    """The summary names the folder to read, and what is there is not pulled again."""
    argv = ["pull", *zones, *TIMES, "--dimensions", "appID", "--format", file_format, "--out", str(out)]
    first = cli(*argv)
    assert first.status == 0, first.err
    assert first.out.splitlines()[0] == f"3 of 3 zones saved in {out}"
    assert " rows in " in first.out
    assert "; 3 requests, 0 retries, " in first.out
    assert first.err.splitlines()[0] == f"Pulling 3 zones from {sandbox.url} into {out}"
    assert first.err.splitlines()[-1].startswith("3/3 zones, 3 requests, ")
    assert first.out.splitlines()[-1] == f"to read: {out / 'data'}"
    assert files(out) == [f"2024-05-w1-0001.{file_format}"]
    assert set(open_dataset(out).to_arrow().column("zone_id").to_pylist()) == set(sandbox.zones)
    again = cli(*argv[:-6], "--dimensions=appID", "--format", file_format, "--out", str(out))
    assert again.status == 0
    assert again.out.startswith(f"3 of 3 zones saved in {out}, 3 already there\n0 rows in 0 B of files; 0 requests")


def test_what_is_filling_is_pulled_again(cli: Any, zones: list[str], out: Path) -> None:
    """A day that is not over is saved up to now and counted; the next pull asks for it, whatever its plan."""
    argv = ["pull", *zones, "--since", "2024-05-07", "--until", "2024-05-10", "--out", str(out)]
    first = cli(*argv)
    assert first.status == 0, first.err
    assert first.out.splitlines()[:3] == [
        f"6 of 9 windows of 3 zones saved in {out}",
        "3 windows filling: more rows may come, which the next pull asks for",
        "3 windows not begun, and not asked for yet",
    ]
    again = cli("pull", *zones, *TIMES, "--out", str(out))
    assert again.status == 0
    assert again.out.startswith(f"6 of 6 windows saved in {out}, 3 already there, 3 refreshed\n3 windows filling: ")


def test_rows_that_are_fresh_can_wait(cli: Any, zones: list[str], out: Path) -> None:
    """Then they are counted, and saved once they are complete; a longer time to settle makes more of them."""
    argv = ["pull", *zones, "--since", "2024-05-07", "--until", "2024-05-09", "--out", str(out)]
    first = cli(*argv, "--no-fresh-rows")
    assert first.out.startswith(f"3 of 6 windows of 3 zones saved in {out}\n3 windows filling: ")
    assert saved_windows(out) == 3
    assert cli(*argv).out.startswith(f"6 of 6 windows of 3 zones saved in {out}, 3 already there")
    assert saved_windows(out) == 6


def test_a_summary_for_programs(cli: Any, sandbox: Sandbox, zones: list[str], out: Path) -> None:
    """One line of JSON has every count, what failed, the folder, and the status."""
    argv = ["--since", "2024-05-07", "--until", "2024-05-10", "--out", str(out), "--json"]
    outcome = cli("pull", *zones, "--zone", STRANGERS[0], *argv)
    found = json.loads(outcome.out)
    assert (outcome.status, outcome.out.count("\n")) == (1, 1)
    assert [failed["zone_id"] for failed in found.pop("failed")] == [STRANGERS[0]] * 2
    assert found.pop("folder") == str(out / "data")
    assert found.pop("rows") > 0
    assert found.pop("bytes") > 0
    assert found.pop("seconds") > 0
    assert found == {
        "status": 1,
        "ok": False,
        "total": 12,
        "skipped": 0,
        "done": 3,
        "filling": 3,
        "not_begun": 4,
        "refreshed": 0,
        "splits": 0,
        "odd_lags": 0,
        "left": 0,
        "requests": 8,
        "retries": 0,
    }


def test_a_terminal_gets_a_bar(cli: Any, zones: list[str], out: Path) -> None:
    """It is redrawn in place, and its end stays."""
    outcome = cli("pull", *zones, *TIMES, "--out", str(out), terminal=True, width=80)
    assert outcome.status == 0
    assert "3/3 zones" in outcome.err
    assert "100 %    in 0:" in outcome.err


def test_retries_are_counted_not_printed_one_by_one(cli: Any, sandbox: Sandbox, zones: list[str], out: Path) -> None:
    """On a terminal the display has their number."""
    sandbox.faults = Faults(error_rate=0.5)
    outcome = cli("pull", *zones, *TIMES, "--window", "hour", "--out", str(out), terminal=True, width=100)
    assert "follows in" not in outcome.err
    assert " 0 retries" not in outcome.out


def test_a_saved_plan_and_its_shards(cli: Any, sandbox: Sandbox, zones: list[str], tmp_path: Path) -> None:
    """A dry run prints the size of each part and sends nothing."""
    plan = Plan(
        zones=sandbox.zones,
        since=datetime(2024, 5, 7, tzinfo=UTC),
        until=datetime(2024, 5, 9, tzinfo=UTC),
        query=Query(time_delta="hour", metrics=["count"]),
    )
    file = tmp_path / "plan.json"
    file.write_text(plan.to_json())
    outcome = cli("pull", "--plan", str(file), "--shard", "1/2", "--dry-run")
    assert (outcome.status, outcome.err, sandbox.requests) == (0, "", [])
    assert outcome.out.splitlines()[2:4] == [
        "2 zones, 2 windows (a day each)",
        "at least 4 requests; a report that is cut off takes more",
    ]
    pulled = cli("pull", "--plan", str(file), "--shard", "1/2", "--out", str(tmp_path / "data"))
    assert pulled.status == 0, pulled.err
    assert pulled.out.startswith("4 of 4 windows of 2 zones saved in ")
    nothing = cli("pull", "--plan", str(file), "--shard", "4/4", "--out", str(tmp_path / "none"), terminal=True)
    assert nothing.status == 0, nothing.err
    assert nothing.out.startswith("0 of 0 zones saved in ")


def test_shards_of_one_dataset(cli: Any, zones: list[str], out: Path) -> None:
    """Commands with names of their own save parts of a plan to one dataset; a later one finds all of it there."""
    for number in (1, 2):
        pulled = cli("pull", *zones, *TIMES, "--shard", f"{number}/2", "--writer", f"w{number}", "--out", str(out))
        assert pulled.status == 0, pulled.err
    assert {path.name.split("-")[-2] for path in (out / "data").iterdir()} == {"w1", "w2"}
    again = cli("pull", *zones, *TIMES, "--writer", "w3", "--out", str(out), "--dry-run")
    assert "0 requests" in again.out, again.out


def test_failed_zones_are_listed(cli: Any, sandbox: Sandbox, out: Path) -> None:
    """Twenty of them, how many more, and the command that pulls them again; the others are saved."""
    names = "\n".join([*STRANGERS, sandbox.zones[0]])
    outcome = cli("pull", "--zones-file", "-", *TIMES, "--out", str(out), stdin=names)
    assert outcome.status == 1
    assert outcome.out.startswith(f"1 of 26 zones saved in {out}, 25 failed\n")
    lines = outcome.err.splitlines()
    failed = [line for line in lines if line.startswith("zone 0")]
    assert len(failed) == 20
    assert " 2024-05-07T00:00:00Z..2024-05-08T00:00:00Z failed: PermissionDeniedError: GET " in failed[0]
    assert lines[-3:] == [
        f"and 5 more failed; `aiospectrum dataset status --json {out}` lists all of them",
        "to retry what failed:",
        f"aiospectrum pull --zones-file - --out {out} {WRITTEN_OUT}",
    ]
    assert sandbox.api_token not in outcome.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["--out", "{out}"], "expected --since", id="no time"),
        pytest.param(TIMES, "expected --out with the folder to save in, or --dry-run", id="no place"),
        pytest.param([*TIMES, "--out", "{out}", "--format", "xml"], "--format", id="format"),
        pytest.param([*TIMES, "--out", "{out}", "--concurrency", "0"], "--concurrency", id="concurrency"),
        pytest.param([*TIMES, "--out", "{out}", "--settle-after", "2"], "--settle-after: expected a", id="settle"),
        pytest.param([*TIMES, "--out", "{out}", "--memory", "2"], "--memory: expected a size such as", id="memory"),
        pytest.param([*TIMES, "--out", "{out}", "--memory", "1MB"], "--memory: expected a number of", id="no memory"),
        pytest.param([*TIMES, "--out", "{out}", "--rate-limit", "9"], "--rate-limit: expected REQ", id="rate limit"),
        pytest.param([*TIMES, "--out", "{out}", "--writer", "one"], "--writer: expected the name of a w", id="writer"),
        pytest.param(
            [*TIMES, "--out", "nope://x/y"], "--out: expected a URL that fsspec knows", id="no such file system"
        ),
        pytest.param([*TIMES, "--out", "{taken}"], "--out {taken}: ", id="something else is there"),
    ],
)
def test_bad_usage_sends_nothing(
    cli: Any, sandbox: Sandbox, zones: list[str], tmp_path: Path, argv: list[str], message: str
) -> None:
    """It is one line, with status 2."""
    taken = tmp_path / "taken"
    (taken / "data").mkdir(parents=True)
    (taken / "data" / "2024-05-w1-0001.parquet").write_text("x")
    names = {"out": str(tmp_path / "data"), "taken": str(taken)}
    outcome = cli("pull", *zones, *[word.format(**names) for word in argv])
    assert (outcome.status, outcome.out, sandbox.requests) == (2, "", [])
    assert message.format(**names) in outcome.err.splitlines()[-1]
    assert "Traceback" not in outcome.err


def test_another_query_is_another_dataset(cli: Any, sandbox: Sandbox, zones: list[str], out: Path) -> None:
    """What would not go together is bad usage."""
    assert cli("pull", *zones, *TIMES, "--out", str(out)).status == 0
    sandbox.requests.clear()
    outcome = cli("pull", *zones, *TIMES, "--metrics", "count", "--out", str(out))
    assert (outcome.status, outcome.out, sandbox.requests) == (2, "", [])
    assert f"aiospectrum: --out {out}: " in outcome.err


def test_without_pyarrow_saving_is_bad_usage(
    cli: Any, sandbox: Sandbox, zones: list[str], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what to install; every format needs it, and a dry run says so."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    outcome = cli("pull", *zones, *TIMES, "--out", str(out))
    assert (outcome.status, sandbox.requests) == (2, [])
    assert outcome.err.endswith(": pull --out needs the package pyarrow; pip install 'aiospectrum[cli,arrow]'\n")
    assert cli("demo").err == "aiospectrum: the demo needs the package pyarrow; pip install 'aiospectrum[cli,arrow]'\n"
    for more in (["--format", "csv"], ["--dry-run"]):
        assert cli("pull", *zones, *TIMES, "--out", str(out), *more).err == outcome.err
    assert cli("pull", *zones, *TIMES, "--dry-run").status == 0


def test_passwords_in_urls_are_not_printed(cli: Any, zones: list[str]) -> None:
    """Neither in what is said, nor in errors."""
    outcome = cli("pull", *zones, *TIMES, "--out", "nope://me:s3cr3t@host/x")
    assert outcome.status == 2
    assert "s3cr3t" not in outcome.err


def test_ctrl_c_in_a_pull_is_130(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """The first one starts nothing new; requests in flight are cancelled when their time is over."""
    sandbox.faults = Faults(hang_rate=1.0)
    argv = ["pull", "--zone", sandbox.zones[0], "--out", str(tmp_path), *TIMES]
    outcome = cli(*argv, terminal=True, width=80, err=Interrupting("1 request "))
    assert outcome.status == 130
    assert outcome.out.startswith(f"0 of 1 zone saved in {tmp_path}, 1 left\n")
    assert "cancelling the requests in flight" in outcome.err
    assert outcome.err.endswith(f"to resume:\naiospectrum {' '.join(argv[:5])} {WRITTEN_OUT}\n")


class Process:
    """A pull in a process of its own."""

    def __init__(self, sandbox: Sandbox, *argv: str) -> None:
        self._sandbox = sandbox
        environ = environ_of_process(CLOUDFLARE_BASE_URL=sandbox.url, CLOUDFLARE_API_TOKEN=sandbox.api_token)
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-W", "error", "-m", "aiospectrum", "pull", *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environ,
        )

    def wait_for_requests(self, number: int) -> None:
        """Wait until the sandbox has had some requests."""
        wait_until(lambda: len(self._sandbox.requests) >= number or self.process.poll() is not None)

    def end(self) -> tuple[int, str, str]:
        """Wait for the end, and give the exit code and what was printed."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


@pytest.fixture
def start(sandbox: Sandbox) -> Iterator[Callable[..., Process]]:
    """Start pulls in processes, none of which outlives the test."""
    started: list[Process] = []

    def start_one(*argv: str) -> Process:
        started.append(Process(sandbox, *argv))
        return started[-1]

    yield start_one
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()


def test_ctrl_c_saves_what_is_in_flight(
    start: Callable[..., Process], sandbox: Sandbox, zones: list[str], out: Path
) -> None:
    """It prints the command that resumes it, which fetches the rest and nothing twice."""
    sandbox.faults = Faults(latency=0.3)
    argv = [*zones, *TIMES, "--window", "hour", "--concurrency", "4", "--out", str(out)]
    first = start(*argv)
    first.wait_for_requests(6)
    first.process.send_signal(signal.SIGINT)
    status, said, err = first.end()
    assert status == 130, err
    lines = err.splitlines()
    assert "stopping: 3 s for requests in flight; Ctrl-C again to cancel them" in lines
    assert lines[-3:-1] == ["aiospectrum: interrupted", "to resume:"]
    assert lines[-1].startswith(f"aiospectrum pull --zone {sandbox.zones[0]} ")
    assert lines[-1].endswith(f" {WRITTEN_OUT}")
    done = len(sandbox.requests)
    assert said.startswith(f"{done} of 72 windows of 3 zones saved in {out}, {72 - done} left\n")
    assert 6 <= done < 72
    assert saved_windows(out) == done

    sandbox.faults = Faults()
    status, said, err = start(*lines[-1].split()[2:]).end()
    assert (status, len(sandbox.requests)) == (0, 72), err
    assert said.startswith(f"72 of 72 windows of 3 zones saved in {out}, {done} already there\n")


@pytest.mark.parametrize("again", [True, False], ids=["a second signal", "three seconds"])
def test_what_never_ends_is_cancelled(
    start: Callable[..., Process], sandbox: Sandbox, zones: list[str], out: Path, again: bool
) -> None:
    """SIGTERM stops as Ctrl-C does, and says so; requests without a response end within five seconds."""
    sandbox.faults = Faults(hang_rate=1.0)
    pulling = start(*zones, "--since", "2024-05-07", "--out", str(out))
    pulling.wait_for_requests(3)
    began = time.monotonic()
    pulling.process.send_signal(signal.SIGTERM)
    if again:
        assert pulling.process.stderr is not None
        assert any("stopping" in line for line in pulling.process.stderr)
        pulling.process.send_signal(signal.SIGINT)
    status, said, err = pulling.end()
    took = time.monotonic() - began
    assert status == 143, err
    assert err.splitlines()[-3:-1] == ["aiospectrum: terminated by SIGTERM", "to resume:"]
    assert "cancelling the requests in flight" in err
    assert err.splitlines()[-1].startswith("aiospectrum pull --zone ")
    assert " --until 20" in err.splitlines()[-1]
    assert said.startswith("0 of ")
    assert "Traceback" not in err
    assert took < 4 if again else 3 <= took < 9  # with time for a busy machine


def test_exit_codes_and_lines_of_a_process(
    start: Callable[..., Process], sandbox: Sandbox, zones: list[str], out: Path
) -> None:
    """What a script sees: 0 and lines without control characters; 1; 2."""
    assert start(*zones, *TIMES, "--out", str(out)).end()[0] == 0
    status, _, err = start("--zone", STRANGERS[0], *TIMES, "--out", str(out)).end()
    assert status == 1
    assert "\x1b" not in err
    assert "\r" not in err
    assert start(*zones, "--since", "soon", "--out", str(out)).end()[0] == 2
