"""The demo, the sandbox command and the program as a whole."""

from __future__ import annotations

import errno
import io
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from aiospectrum.cli import main
from aiospectrum.cli.process import make_console, silence
from aiospectrum.sandbox import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aiospectrum.sandbox import Sandbox


class Breaking(io.StringIO):
    """A stream that fails with an error once it is written to."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


class Interrupting(io.StringIO):
    """A stream that presses Ctrl-C when a certain text comes by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.text in text:
            signal.raise_signal(signal.SIGINT)
        return written


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt, which it does not in a process that was started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def run_process(*argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, *argv],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            **environ,
        },
    )


def test_the_demo_needs_nothing(bare_cli: Any) -> None:
    """Two zones of a sandbox of its own are pulled, written as Parquet, and queried."""
    outcome = bare_cli("demo", "--zones", "2", "--seed", "1", "--concurrency", "5")
    lines = outcome.out.splitlines()
    assert outcome.status == 0
    assert lines[0].startswith("Pulling a day of traffic of 2 zones from a sandbox on http://127.0.0.1:")
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
    """With `--zone` the environment says where and as whom; a bad zone is told and takes no other with it."""
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
        pytest.param(["demo", "--zone", "bad"], "--zone: expected the 32 hexadecimal characters", id="zone"),
        pytest.param(["demo", "--zones", "0"], ">= 1", id="no zones"),
        pytest.param(["demo", "--zones", "10001"], "zones is 10001", id="too many zones"),
        pytest.param(["demo", "--concurrency", "0"], ">= 1", id="no concurrency"),
        pytest.param(["sandbox", "--apps-per-zone", "-1"], "apps_per_zone is -1", id="apps"),
        pytest.param(["sandbox", "--paygo", "4"], "at most the number of zones, 3, got 4", id="paygo"),
        pytest.param(["sandbox", "--port", "65536"], "65535", id="port"),
        pytest.param(["sandbox", "--data-lag", "-1"], "data_lag is -1", id="data lag"),
    ],
)
def test_bad_usage_starts_nothing(bare_cli: Any, argv: list[str], message: str) -> None:
    """Arguments that make no sense are refused in one line."""
    outcome = bare_cli(*argv)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert message in outcome.err


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize(
    ("argv", "zones"),
    [
        pytest.param([], ["5 apps", "5 apps", "5 apps"], id="as it comes"),
        pytest.param(
            ["--zones", "2", "--apps-per-zone", "1", "--paygo", "1", "--no-rate-limit", "--seed", "7"],
            ["1 app", "1 app, pay as you go"],
            id="with options",
        ),
    ],
)
def test_the_sandbox_runs_until_ctrl_c(bare_cli: Any, argv: list[str], zones: list[str]) -> None:
    """It tells all that a client needs, and Ctrl-C is a good end."""
    outcome = bare_cli("sandbox", "--port", "0", *argv, out=Interrupting("CLOUDFLARE_API_TOKEN="))
    lines = outcome.out.splitlines()
    assert (outcome.status, outcome.err) == (0, "stopped\n")
    assert [line.split(", ", 1)[1] for line in lines if ".example, " in line] == zones
    url = lines[0].split()[6].rstrip(",")
    assert lines[-2:] == [
        f"export CLOUDFLARE_BASE_URL={url}",
        "export CLOUDFLARE_API_TOKEN=sandbox-token-00000000000000000000000000",
    ]


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        pytest.param("127.0.0.1", "ddress already in use", id="port in use"),
        pytest.param("a" * 64 + ".invalid", "", id="no host name"),
    ],
)
def test_an_address_that_cannot_be_had_is_a_line_and_1(bare_cli: Any, sandbox: Sandbox, host: str, reason: str) -> None:
    """A port in use or an impossible host is told in one line."""
    port = sandbox.url.split(":")[2].split("/")[0]
    outcome = bare_cli("sandbox", "--host", host, "--port", port)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert outcome.err.startswith(f"aiospectrum: cannot listen on {host}:{port}: ")
    assert reason in outcome.err


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_ends_a_command_with_130(bare_cli: Any) -> None:
    """An interrupted pull stops its sandbox and says so in a line."""
    outcome = bare_cli("demo", "--zones", "2", out=Interrupting("Pulling"))
    assert (outcome.status, outcome.err) == (130, "aiospectrum: interrupted\n")


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_in_the_middle_of_the_demo_is_130(bare_cli: Any) -> None:
    """Once requests go out it ends as a pull does, and leaves nothing behind."""
    outcome = bare_cli("demo", "--zones", "2", terminal=True, err=Interrupting("/2 zones"))
    assert outcome.status == 130
    assert outcome.err.endswith("aiospectrum: interrupted\n")
    assert outcome.out.count("\n") == 1


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_in_a_pull_is_130(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """The first one begins nothing new; what is not answered is cut off when its time is over, or by the second one."""
    sandbox.faults = Faults(hang_rate=1.0)
    times = ("--since", "2024-05-07", "--until", "2024-05-08")
    argv = ["pull", "--zone", sandbox.zones[0], *times, "--out", str(tmp_path)]
    outcome = cli(*argv, terminal=True, width=80, err=Interrupting("1 request "))
    assert outcome.status == 130
    assert outcome.out.startswith(f"0 of 1 zone saved in {tmp_path}\n")
    assert "cutting off what is still in flight" in outcome.err
    assert outcome.err.endswith(f"to go on:\naiospectrum {' '.join(argv)}\n")


@pytest.mark.parametrize(
    "argv",
    [
        ["demo", "--zones", "1"],
        ["apps", "list", "{zone}"],
        ["apps", "list", "{zone}", "--json"],
        ["sandbox"],
        ["--help"],
    ],
    ids=["demo", "table", "JSON", "sandbox", "help"],
)
def test_a_closed_pipe_ends_quietly(cli: Any, sandbox: Sandbox, argv: list[str]) -> None:
    """Nobody reads on, so nothing more is said."""
    words = [word.format(zone=sandbox.zones[0]) for word in argv]
    words += ["--port", "0"] if argv == ["sandbox"] else []
    outcome = cli(*words, out=Breaking(BrokenPipeError(errno.EPIPE, "closed")))
    assert (outcome.status, outcome.err) == (0, "")


def test_a_full_disk_is_a_line_and_1(cli: Any, sandbox: Sandbox) -> None:
    """Output that cannot be written is a failure without a traceback."""
    outcome = cli("apps", "list", sandbox.zones[0], out=Breaking(OSError(errno.ENOSPC, "No space left on device")))
    assert outcome.status == 1
    assert outcome.err.endswith("No space left on device\n")


def test_a_silenced_stream_goes_nowhere(tmp_path: Path) -> None:
    """What is written after the pipe was closed vanishes; a stream without a descriptor is left alone."""
    file = tmp_path / "out"
    with file.open("w") as stream:
        silence(stream)
        stream.write("lost")
    assert file.read_text() == ""
    silence(io.StringIO())


@pytest.mark.parametrize(("terminal", "notes"), [(True, 3), (False, 0)], ids=["terminal", "file"])
def test_retries_are_told_on_a_terminal_alone(bare_cli: Any, terminal: bool, notes: int) -> None:
    """Elsewhere a failure stays one line; nothing that the client logs reaches the error stream by itself."""
    environ = {"CLOUDFLARE_BASE_URL": "http://127.0.0.1:1", "CLOUDFLARE_API_TOKEN": "x" * 40}
    outcome = bare_cli("protocols", "0" * 32, terminal=terminal, **environ)
    assert outcome.status == 1
    assert outcome.err.count(" follows in ") == notes
    assert outcome.err.count("\n") == notes + 1


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([], "Usage: aiospectrum"),
        (["--help"], "sandbox"),
        (["apps"], "Usage: aiospectrum apps"),
        (["demo", "--help"], "--concurrency"),
        (["apps", "create", "--help"], "--edge-ip-connectivity"),
        (["bytime", "--help"], "-24h"),
        (["--version"], "."),
    ],
    ids=["nothing", "help", "apps", "demo", "create", "bytime", "version"],
)
def test_help_goes_to_the_standard_output(bare_cli: Any, argv: list[str], text: str) -> None:
    """Help and version are results."""
    outcome = bare_cli(*argv)
    assert (outcome.status, outcome.err) == (0, "")
    assert text in outcome.out


def test_consoles_take_any_stream() -> None:
    """A missing stream swallows all, an encoding's gaps are filled, and a file is wide unless COLUMNS is set."""
    make_console(None, {}).print("lost")
    raw = io.BytesIO()
    console = make_console(io.TextIOWrapper(raw, encoding="ascii"), {})
    console.print("▁")
    assert (raw.getvalue(), console.width) == (b"?\n", 160)
    assert make_console(io.StringIO(), {"COLUMNS": "x"}).width == 160


def test_main_takes_arguments(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry point runs the arguments given, or those of the process; so does the module."""
    assert main(["--version"]) == 0
    monkeypatch.setattr(sys, "argv", ["aiospectrum", "--version"])
    assert main() == 0
    command = [sys.executable, "-m", "aiospectrum.cli", "--version"]
    module = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert set(capsys.readouterr().out.splitlines()) == {module.stdout.strip()}


def test_a_missing_extra_is_explained_in_a_process() -> None:
    """Without cyclopts or rich the program says what to install; importing the package needs neither."""
    code = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('cyclopts', 'rich'):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "import aiospectrum\n"
        "assert 'aiospectrum.cli' not in sys.modules\n"
        "from aiospectrum.cli import main\n"
        "sys.exit(main(['demo']))\n"
    )
    finished = run_process("-c", code)
    assert (finished.returncode, finished.stdout, finished.stderr.count("\n")) == (2, "", 1)
    assert "pip install 'aiospectrum[cli]'" in finished.stderr


def test_a_missing_extra_is_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the packages of the extra are explained; another missing module is an error."""
    for name in [name for name in sys.modules if name.startswith("aiospectrum.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    assert main([]) == 2
    assert "needs the package cyclopts" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "aiospectrum.cli.process", None)
    with pytest.raises(ModuleNotFoundError, match=r"aiospectrum\.cli\.process"):
        main([])


def test_the_demo_runs_as_a_process() -> None:
    """The command that the README shows pulls twenty zones, and ends with the result of a query."""
    finished = run_process("-W", "error", "-m", "aiospectrum.cli", "demo")
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[1].startswith("20 zones pulled: 20 requests, 0 retries, 2,400 rows in ")
    assert lines[-1].startswith("The 10 busiest apps, queried from the Parquet files in ")
