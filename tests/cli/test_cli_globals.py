"""What all commands take: profiles, timeouts, what is printed beside results; and completion, examples, plan files."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App as CommandGroup

from aiospectrum.bulk import Plan
from aiospectrum.cli.consoles import make_console
from aiospectrum.cli.examples import EXAMPLES
from aiospectrum.cli.program import build_program
from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import FakeTime, run_process

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")
SECRET = "s3cr3t-t0ken-" + "x" * 27


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder for settings, by XDG."""
    (tmp_path / "aiospectrum").mkdir()
    return tmp_path / "aiospectrum" / "config.toml"


def test_a_profile_names_api_token_and_limit(bare_cli: Any, sandbox: Sandbox, config: Path, tmp_path: Path) -> None:
    """It wins over the usual variables; the token is that of the variable which it names."""
    config.write_text(
        f'[profiles.box]\nbase_url = "{sandbox.url}"\ntoken = "BOX_TOKEN"\nlimit_file = "{tmp_path}/box.limit"\n'
    )
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "BOX_TOKEN": sandbox.api_token}
    others = {"CLOUDFLARE_BASE_URL": "http://127.0.0.1:1", "CLOUDFLARE_API_TOKEN": "x" * 40}
    for words in (["--profile", "box", "zones"], ["zones", "--profile=box"]):
        outcome = bare_cli(*words, **environ, **others)
        assert (outcome.status, outcome.err) == (0, "")
        assert sandbox.zones[0] in outcome.out
    assert (tmp_path / "box.limit").exists()


@pytest.mark.parametrize("variable", ["AIOSPECTRUM_CONFIG", "XDG_CONFIG_HOME", "HOME"])
def test_where_the_profiles_are(
    bare_cli: Any, sandbox: Sandbox, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a file that a variable names, in the folder for settings, or in .config of the home folder."""
    paths = {"AIOSPECTRUM_CONFIG": "my.toml", "XDG_CONFIG_HOME": "aiospectrum/config.toml"}
    path = tmp_path / paths.get(variable, ".config/aiospectrum/config.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[profiles.box]\nbase_url = "{sandbox.url}"\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {variable: str(path if variable == "AIOSPECTRUM_CONFIG" else tmp_path)}
    assert bare_cli("zones", "--profile", "box", CLOUDFLARE_API_TOKEN=sandbox.api_token, **environ).status == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('[profiles.box]\ntoken = "' + SECRET + '"', "and never the token itself; put that", id="token"),
        pytest.param('[profiles.box]\ntokn = "A"', "got 'tokn'; did you mean 'token'?", id="misspelt key"),
        pytest.param('[profiles.box]\napi = "' + SECRET + '"', "got 'api'; take it out", id="unknown key"),
        pytest.param('[profiles.box]\n"' + SECRET + '" = "A"', "got 's3cr…'", id="secret key"),
        pytest.param('[profiles.bax]\ntoken = "A"', "got 'box'; did you mean 'bax'?", id="misspelt name"),
        pytest.param('[profiles.other]\ntoken = "A"', "got 'box'; it has other", id="another name"),
        pytest.param("[profiles]\nbox = 3", "expected a table", id="no table"),
        pytest.param("profiles = 3", "expected tables", id="no tables"),
        pytest.param('[profile.box]\ntoken = "A"', "did you mean 'profiles'?", id="profile"),
        pytest.param("[profiles.box]\nbase_url = 3", "base_url: expected a text", id="number"),
        pytest.param('[profiles.box]\nbase_url = ""', "base_url: expected a text", id="empty"),
        pytest.param('[profiles.box]\nbase_url = "nope"', "profile box: base_url: expected", id="no URL"),
        pytest.param('[profiles.box]\ntoken = "UNSET"', "variable that token names is not set; set it", id="not set"),
        pytest.param('[profiles."a b"]\ntoken = "A"', "expected names of letters", id="odd name"),
        pytest.param("[profiles.box", "expected TOML (", id="no TOML"),
        pytest.param("\xff".encode("latin-1"), "expected TOML in UTF-8", id="no UTF-8"),
        pytest.param("x = " + "9" * 5000, "expected TOML;", id="long number"),
        pytest.param("#" * 70_000, "expected 65,536 bytes at most", id="too large"),
        pytest.param(None, "No such file or directory; write profiles there", id="no file"),
    ],
)
def test_other_profiles_are_refused(
    cli: Any, sandbox: Sandbox, text: str | bytes | None, message: str, tmp_path: Path
) -> None:
    """In one line that says what to do, without a secret; nothing is sent."""
    path = tmp_path / "config.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = cli("zones", "--profile", "box", AIOSPECTRUM_CONFIG=str(path))
    assert (outcome.status, outcome.out, outcome.err.count("\n"), sandbox.requests) == (2, "", 1, [])
    assert message in outcome.err
    assert SECRET not in outcome.err


def test_a_pull_resumes_with_its_profile(bare_cli: Any, sandbox: Sandbox, config: Path, tmp_path: Path) -> None:
    """The command that resumes it has the options of all commands, but not what the profile says."""
    pytest.importorskip("pyarrow")
    config.write_text(f'[profiles.box]\nbase_url = "{sandbox.url}"\nlimit_file = "{tmp_path}/box.limit"\n')
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "CLOUDFLARE_API_TOKEN": sandbox.api_token}
    words = ["pull", *TIMES, "--zone", "0" * 32, "--out", str(tmp_path / "data")]
    outcome = bare_cli(*words, "--profile=box", "--timeout", "5", time=FakeTime(), **environ)
    assert outcome.status == 1
    assert "--profile box --timeout 5" in outcome.err
    assert "--limit-file" not in outcome.err


def test_a_timeout_ends_a_call(cli: Any, sandbox: Sandbox) -> None:
    """Seconds for a call with all its attempts; the error names the option."""
    from aiospectrum.sandbox import Faults

    sandbox.faults = Faults(hang_rate=1.0)
    outcome = cli("zones", "--timeout", "0.2")
    assert outcome.status == 1
    assert outcome.err.endswith("; --timeout permits more seconds\n")
    for text in ("0", "-1", "nan", "inf", "soon"):
        refused = cli("zones", f"--timeout={text}")
        assert (refused.status, refused.err.count("\n")) == (2, 1)
        assert "--timeout" in refused.err


def test_verbose_prints_attempts(cli: Any, sandbox: Sandbox) -> None:
    """Each with its status and its time, on the standard error; a token is not among them."""
    outcome = cli("apps", "list", sandbox.zones[0], "--json", "--verbose")
    assert json.loads(outcome.out)
    url = f"{sandbox.url}/zones/{sandbox.zones[0]}/spectrum/apps?page=1&per_page=100"
    assert outcome.err.startswith(f"GET {url} attempt 1: 200 in ")
    assert sandbox.api_token not in outcome.err
    refused = cli("zones", "--verbose", "--quiet")
    assert (refused.status, sandbox.requests[1:]) == (2, [])


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_quiet_prints_errors_alone(cli: Any, sandbox: Sandbox, terminal: bool, tmp_path: Path) -> None:
    """Neither progress nor notes, also of retries; what failed is said."""
    pytest.importorskip("pyarrow")
    words = ["pull", *TIMES, "--zone", sandbox.zones[0], "--out", str(tmp_path)]
    outcome = cli(*words, "--quiet", terminal=terminal, time=FakeTime())
    assert (outcome.status, outcome.err) == (0, "")
    verified = cli("dataset", "verify", str(tmp_path), "--quiet", terminal=terminal)
    assert (verified.status, verified.err) == (0, "")
    failed = cli("zones", "--quiet", terminal=terminal, CLOUDFLARE_BASE_URL="http://127.0.0.1:1")
    assert (failed.status, failed.err.count("\n")) == (1, 1)


def test_the_version_and_the_module() -> None:
    """-V is --version, and `python -m aiospectrum` the command."""
    long, short = (run_process("-m", "aiospectrum", option) for option in ("--version", "-V"))
    assert long.stdout == short.stdout != ""


def commands(group: CommandGroup, *words: str) -> Iterator[str]:
    """The words of each command of a group that does something."""
    for name in group:
        if not name.startswith("-"):
            inner = group[name]
            if inner.default_command is None:
                yield from commands(inner, *words, name)
            else:
                yield " ".join((*words, name))


PROGRAM = build_program(make_console(None, {}))


def test_every_command_has_an_example() -> None:
    """None is left out, and none is of a command that is gone."""
    assert sorted(commands(PROGRAM)) == sorted(EXAMPLES)


@pytest.mark.parametrize("words", EXAMPLES)
def test_examples_are_in_the_help_and_parse(bare_cli: Any, words: str) -> None:
    """Each is a call of its command, and can be copied from a terminal of 80 columns."""
    text = bare_cli(*words.split(), "--help", width=80).out
    folded = text.replace(" \\\n      ", " ")
    for example in EXAMPLES[words]:
        assert f"  {example}\n" in folded
        program, *argv = shlex.split(example)
        assert (program, " ".join(argv).startswith(words)) == ("aiospectrum", True)
        _, bound, _ = PROGRAM.parse_args(argv, print_error=False, exit_on_error=False)
        assert bound is not None


@pytest.mark.parametrize("words", EXAMPLES)
def test_the_options_of_a_command_come_before_those_of_all(bare_cli: Any, words: str) -> None:
    """In a box of their own, whose name says what they are."""
    own, _, common = bare_cli(*words.split(), "--help", width=80).out.partition("─ Options of all commands ─")
    assert "--profile" not in own
    assert all(f"│ {option} " in common for option in ("--profile", "--proxy", "--timeout", "--quiet", "--wide"))
    assert words == "completion" or words.startswith("completion") or "─ Parameters ─" in own


@pytest.mark.parametrize("option", ["--tls", "--traffic-type", "--proxy-protocol", "--dns-type", "--origin-dns-type"])
def test_choices_are_in_the_help(bare_cli: Any, option: str) -> None:
    """What an option can be is listed; what is newer can be sent."""
    text = " ".join(bare_cli("apps", "create", "--help", width=100).out.replace("│", "").split())
    assert re.search(rf"{option} (?!worker\.)(?:(?! --[a-z-]+ [A-Z]{{3}}).)*\[choices: ", text)


def test_plan_files_are_written_and_read(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """What --write-plan writes is what --plan reads; nothing is sent, and a shard is a plan too."""
    file = tmp_path / "plan.json"
    words = ["pull", *TIMES, "--zone", sandbox.zones[0], "--zone", sandbox.zones[1], "--dimensions", "appID"]
    written = cli(*words, "--write-plan", str(file))
    assert (written.status, written.out, sandbox.requests) == (0, "", [])
    assert Plan.from_json(file.read_text()).zones == tuple(sorted(sandbox.zones[:2]))
    direct, planned = cli(*words, "--dry-run"), cli("pull", "--plan", str(file), "--dry-run")
    assert planned.out == direct.out
    assert cli(*words, "--write-plan", "-").out == file.read_text()
    part = Plan.from_json(cli(*words, "--shard", "2/2", "--write-plan", "-").out)
    assert len(part.zones) == 1
    for more, message in (
        (["--write-plan", str(tmp_path)], "Is a directory; name another file"),
        (["--write-plan", str(tmp_path / "no" / "plan")], "No such file or directory; name another file"),
    ):
        refused = cli(*words, *more)
        assert (refused.status, refused.err.count("\n")) == (2, 1)
        assert message in refused.err
    without_times = [*words[:1], *words[3:4], "--catch-up", "--zone", sandbox.zones[0], "--since", "-1d"]
    assert "expected no --catch-up" in cli("pull", *without_times[2:], "--write-plan", "-").err
