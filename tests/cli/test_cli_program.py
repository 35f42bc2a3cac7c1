"""The program as a whole: exit statuses, streams, help, and what a missing extra means."""

import errno
import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.cli import main
from aiospectrum.cli.consoles import make_console
from aiospectrum.cli.terminal import discard_output
from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import run_process


class Breaking(io.StringIO):
    """A stream that fails with an error once it is written to."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


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
    """Nobody reads on, so nothing more is said; the status is that of other programs then."""
    words = [word.format(zone=sandbox.zones[0]) for word in argv]
    words += ["--port", "0"] if argv == ["sandbox"] else []
    outcome = cli(*words, out=Breaking(BrokenPipeError(errno.EPIPE, "closed")))
    assert (outcome.status, outcome.err) == (141, "")


def test_a_full_disk_is_a_line_and_1(cli: Any, sandbox: Sandbox) -> None:
    """Output that cannot be written is a failure without a traceback."""
    outcome = cli("apps", "list", sandbox.zones[0], out=Breaking(OSError(errno.ENOSPC, "No space left on device")))
    assert outcome.status == 1
    assert outcome.err.endswith("No space left on device\n")


def test_a_discarded_stream_goes_nowhere(tmp_path: Path) -> None:
    """What is written after the pipe was closed vanishes; a stream without a descriptor is left alone."""
    file = tmp_path / "out"
    with file.open("w") as stream:
        discard_output(stream)
        stream.write("lost")
    assert file.read_text() == ""
    discard_output(io.StringIO())


@pytest.mark.parametrize(("terminal", "notes"), [(True, 3), (False, 0)], ids=["terminal", "file"])
def test_retries_are_printed_on_a_terminal_alone(bare_cli: Any, terminal: bool, notes: int) -> None:
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
    assert (raw.getvalue(), console.width) == (b"?\n", 10_000)
    assert make_console(io.StringIO(), {"COLUMNS": "x"}).width == 10_000
    make_console(None, {"COLUMNS": "0"}).print("lost")


class Screen(io.StringIO):
    """An output that claims to be a terminal, of a size that nobody knows."""

    def isatty(self) -> bool:
        return True


NO_SIZES = ["0", "00", "-5", "wide", "1e3", "1_0", "8²", "", " 80", "99999999999"]


@pytest.mark.parametrize("stream", [io.StringIO, Screen], ids=["file", "terminal"])
@pytest.mark.parametrize("text", NO_SIZES)
def test_sizes_that_are_none(stream: type[io.StringIO], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS and LINES that are no sizes count as not set, also where the process has them."""
    plain = make_console(stream(), {})
    for name in ("COLUMNS", "LINES"):
        monkeypatch.setenv(name, text)
    console = make_console(stream(), dict(os.environ, COLUMNS=text, LINES=text))
    assert (console.width, console.height) == (plain.width, plain.height)
    assert console.width > 0


def test_sizes_that_are_given() -> None:
    """They count on a terminal as in a file."""
    for stream in (io.StringIO, Screen):
        console = make_console(stream(), {"COLUMNS": "123", "LINES": "45"})
        assert (console.width, console.height) == (123, 45)


@pytest.mark.parametrize(
    ("environ", "is_drawn", "has_colours"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "unknown"}, False, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
    ids=["usual", "dumb", "unknown", "NO_COLOR", "both"],
)
def test_what_a_terminal_can_do(environ: dict[str, str], is_drawn: bool, has_colours: bool) -> None:
    """A dumb one is written to line by line, and NO_COLOR wins."""
    screen = Screen()
    console = make_console(screen, environ)
    console.print("x", style="red")
    assert console.is_interactive is is_drawn
    assert ("\x1b[31m" in screen.getvalue()) is has_colours


@pytest.mark.parametrize("environ", [{"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "TERM": "dumb"}], ids=["usual", "dumb"])
def test_colours_in_files(environ: dict[str, str]) -> None:
    """FORCE_COLOR means them, and never what is drawn in place."""
    assert not make_console(io.StringIO(), environ).is_interactive


@pytest.mark.parametrize("width", [1, 2, 5, 10, 39])
def test_very_narrow_consoles(cli: Any, sandbox: Sandbox, width: int) -> None:
    """Whatever the width, every table and every help is printed."""
    zone = sandbox.zones[0]
    for words in (["apps", "list", zone], ["summary", zone, "--metrics", "count"], ["--help"], ["pull", "--help"]):
        outcome = cli(*words, width=width)
        assert (outcome.status, outcome.err) == (0, "")
        assert outcome.out


@pytest.mark.parametrize("columns", NO_SIZES[:4])
def test_a_process_of_no_columns(columns: str) -> None:
    """As some terminals and cron jobs have."""
    finished = run_process("-m", "aiospectrum", "pull", "--help", COLUMNS=columns, LINES=columns)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert max(map(len, finished.stdout.splitlines())) == 100


def test_main_takes_arguments(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry point runs the arguments given, or those of the process; so does the module."""
    assert main(["--version"]) == 0
    monkeypatch.setattr(sys, "argv", ["aiospectrum", "--version"])
    assert main() == 0
    module = run_process("-m", "aiospectrum", "--version")
    assert set(capsys.readouterr().out.splitlines()) == {module.stdout.strip()}


NO_SHLEX = "No module named 'shlex'" if sys.version_info < (3, 15) else "Standard library module 'shlex' was not found"


@pytest.mark.parametrize(
    ("missing", "status", "last_line"),
    [
        ("cyclopts", 2, "aiospectrum: the command line needs the package cyclopts: pip install 'aiospectrum[cli]'"),
        ("rich", 2, "aiospectrum: the command line needs the package rich: pip install 'aiospectrum[cli]'"),
        ("shlex", 1, f"ModuleNotFoundError: {NO_SHLEX}"),
    ],
    ids=["cyclopts", "rich", "something else"],
)
def test_a_missing_extra_is_explained(missing: str, status: int, last_line: str) -> None:
    """The program says what to install; importing the package needs no extra, and other errors are not disguised."""
    code = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "import aiospectrum\n"
        "assert 'aiospectrum.cli' not in sys.modules\n"
        "from aiospectrum.cli import main\n"
        "sys.exit(main(['demo']))\n"
    )
    finished = run_process("-c", code)
    assert (finished.returncode, finished.stdout) == (status, "")
    assert finished.stderr.splitlines()[-1] == last_line
    assert (finished.stderr.count("\n") == 1) == (status == 2)
