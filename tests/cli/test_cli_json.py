"""``--json`` of every command: what it prints, and how it fails."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.cli.json_output import error_values
from aiospectrum.sandbox import Faults, Sandbox
from tests.cli.conftest import NOW, CommandLine, FakeTime, Interrupting

pytest.importorskip("pyarrow")

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")
NEW = ("--protocol", "tcp/2222", "--dns-name", "new.zone1.example", "--dns-type", "CNAME")
DIRECT = (*NEW, "--origin-direct", "tcp://192.0.2.9:2222")

COMMANDS = {
    "zones": [],
    "apps list": ["ZONE"],
    "apps get": ["ZONE", "APP"],
    "apps create": ["ZONE", *DIRECT],
    "apps update": ["ZONE", "APP", *DIRECT],
    "apps ensure": ["ZONE", *DIRECT],
    "apps delete": ["ZONE", "APP", "--yes"],
    "apps plan": ["APPS"],
    "apps apply": ["APPS", "--yes"],
    "apps export": ["ZONE"],
    "protocols": ["ZONE"],
    "current": ["ZONE"],
    "bytime": ["ZONE", "--dimensions", "appID"],
    "summary": ["ZONE"],
    "usage": [],
    "watch": ["--zone", "ZONE", "--rounds", "1"],
    "pull": ["--zone", "ZONE", *TIMES, "--out", "NEW"],
    "dataset status": ["OUT"],
    "dataset verify": ["OUT"],
    "dataset repair": ["OUT"],
    "dataset delete-before": ["OUT", "2024-05-08", "--yes"],
    "dataset extend": ["OUT", "--metrics", "durationAvg"],
    "report": ["OUT", "--out", "PAGE"],
    "exporter": ["--port", "0"],
    "sandbox": ["--port", "0"],
    "demo": ["--zone", "ZONE"],
}
"""A way to call each command but ``completion``, which prints a script."""


def found_in_help(cli: Any, *path: str) -> Iterator[str]:
    """Walk the commands by what ``--help`` lists."""
    _, has_commands, rest = cli(*path, "--help").out.partition("Commands ─")
    names = re.findall(r"^│ ([a-z][a-z-]*) ", rest, re.MULTILINE)
    if not has_commands:
        yield " ".join(path)
    for name in names if has_commands else ():
        yield from found_in_help(cli, *path, name)


def test_no_command_is_missing_here(bare_cli: Any) -> None:
    """The table above has all of them."""
    assert set(found_in_help(bare_cli)) == {*COMMANDS, "completion"}


@pytest.fixture
def words(cli: Any, sandbox: Sandbox, tmp_path: Path) -> Any:
    """Return the arguments of a command, filled in; there is a dataset if it needs one."""

    def fill(command: str) -> list[str]:
        zone, out = sandbox.zones[0], str(tmp_path / "out")
        if "OUT" in COMMANDS[command]:
            assert cli("pull", "--zone", zone, *TIMES, "--out", out).status == 0
        if "APPS" in COMMANDS[command]:
            assert cli("apps", "export", zone, "--out", str(tmp_path / "apps.yaml")).status == 0
        places = {"ZONE": zone, "APP": sandbox.app_ids(zone)[0], "OUT": out, "NEW": str(tmp_path / "new")}
        places["APPS"] = str(tmp_path / "apps.yaml")
        places["PAGE"] = str(tmp_path / "page.html")
        return [*command.split(), *(places.get(word, word) for word in COMMANDS[command]), "--json"]

    return fill


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_json(cli: Any, words: Any, command: str, terminal: bool) -> None:
    """One line in a pipe, indented on a terminal, where a watch still has a line a round; and nothing else at all."""
    out = {"sandbox": Interrupting("api_token"), "exporter": Interrupting("interval_seconds")}.get(command)
    outcome = cli(*words(command), terminal=terminal, out=out, time=FakeTime() if command == "watch" else None)
    assert (outcome.status, outcome.err) == (0, "")
    assert isinstance(json.loads(outcome.out), (dict, list))
    is_line = not terminal or command in ("watch", "exporter")
    assert (outcome.out.count("\n") == 1) == is_line
    assert "\x1b" not in outcome.out


@pytest.mark.parametrize(
    "options",
    [
        ["--out", "data", "--dry-run"],
        ["--dry-run"],
        ["--write-plan", "plan.json"],
        ["--write-plan", "-"],
        ["--catch-up", "--out", "data"],
        ["--shard", "2/8", "--out", "data"],
    ],
    ids=" ".join,
)
def test_every_way_to_pull_prints_json(
    cli: Any, sandbox: Sandbox, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that pull nothing."""
    monkeypatch.chdir(tmp_path)
    times = TIMES[:2] if "--catch-up" in options else TIMES
    outcome = cli("pull", "--zone", sandbox.zones[0], *times, *options, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert isinstance(json.loads(outcome.out), dict)


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_usage_of_every_command_is_json(bare_cli: Any, command: str) -> None:
    """An option that no command has is an error like all others."""
    outcome = bare_cli(*command.split(), "--json", "--nonsense")
    assert (outcome.status, outcome.out) == (2, "")
    error = json.loads(outcome.err)["error"]
    assert (error["kind"], error["exit_status"], error["codes"]) == ("UsageError", 2, [])
    assert error["message"]


def test_the_guide_has_the_keys_of_an_error() -> None:
    """All of them, in their order, as programs read them."""
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "command.md").read_text(encoding="utf-8")
    sentence = guide.partition("one object with `error`, which has ")[2].partition(";")[0]
    assert re.findall(r"`(\w+)`", sentence) == [*error_values(ValueError(), "", "", 2)["error"]]


ONLINE = [command for command, given in COMMANDS.items() if given[:1] == ["ZONE"] and command != "apps export"]
"""Those that make a call; an export makes several, and has an error of its own."""


@pytest.mark.parametrize("command", ONLINE)
def test_a_refused_call_is_json(cli: Any, words: Any, sandbox: Sandbox, command: str) -> None:
    """Status, codes and ray id are those of the response."""
    argv = words(command)
    sandbox.faults = Faults(error_rate=1, error_statuses=(500,))
    outcome = cli(*argv)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    error = json.loads(outcome.err)["error"]
    is_create = command == "apps create"  # `apps ensure` lists first
    assert error["kind"] == ("AmbiguousWriteError" if is_create else "ServerError")
    assert (error["status"], error["codes"], error["exit_status"]) == (500, [10500], 1)
    assert error["ray_id"].endswith("-SFO")
    assert error["attempts"] == (1 if is_create else 4)
    assert error["hint"]
    assert error["message"].endswith(error["hint"])


@pytest.mark.parametrize(
    ("argv", "environ", "kind", "status", "field"),
    [
        (["apps", "get", "0" * 32, "../x"], {}, "InvalidArgumentError", 2, "app_id"),
        (["current", "../x"], {}, "UsageError", 2, None),
        (["current", "0" * 32], {"CLOUDFLARE_API_TOKEN": ""}, "CredentialsError", 2, None),
        (["current", "0" * 32], {}, "PermissionDeniedError", 1, None),
        (["dataset", "status", "missing"], {}, "UsageError", 2, None),
        (["watch", "--every", "soon"], {}, "UsageError", 2, None),
        (["sandbox", "--host", "no.such.host.invalid"], {}, "OSError", 1, None),
        (["no-such-command"], {}, "UsageError", 2, None),
    ],
    ids=["argument", "zone", "no token", "refused", "no dataset", "option", "no host", "command"],
)
def test_errors_have_a_kind(
    cli: Any, argv: list[str], environ: dict[str, str], kind: str, status: int, field: str | None
) -> None:
    """It is the name of the error in the tree of errors, `UsageError`, or that of an error of the system."""
    outcome = cli(*argv, "--json", **environ)
    assert (outcome.status, outcome.out) == (status, "")
    error = json.loads(outcome.err)["error"]
    assert (error["kind"], error["field"], error["exit_status"]) == (kind, field, status)


def test_a_no_is_json(cli: Any, sandbox: Sandbox) -> None:
    """As an error, behind the question."""
    zone = sandbox.zones[0]
    outcome = cli("apps", "delete", zone, sandbox.app_ids(zone)[0], "--json", answer="n")
    assert (outcome.status, outcome.out) == (1, "")
    error = json.loads(outcome.err.partition("[y/N] ")[2])["error"]
    assert (error["kind"], error["message"]) == ("DeclinedError", "not deleted")


def test_errors_are_json_on_request_alone(cli: Any) -> None:
    """Without `--json`, with `--json=false`, and behind `--`, they are a line for people."""
    for argv in (["current", "x"], ["current", "x", "--json=false"], ["current", "--", "--json"]):
        assert cli(*argv).err.startswith("aiospectrum: ")


def test_an_interrupted_command_says_so_in_json(cli: Any, sandbox: Sandbox) -> None:
    """The exit status stays that of the signal."""
    outcome = cli("current", sandbox.zones[0], "--json", "--verbose", err=Interrupting("GET"))
    assert outcome.status == 130
    error = json.loads(outcome.err.splitlines()[-1])["error"]
    assert (error["kind"], error["message"], error["exit_status"]) == ("StoppedError", "interrupted", 130)


def test_secrets_stay_out_of_json(bare_cli: Any) -> None:
    """They are replaced as in lines for people."""
    outcome = bare_cli(
        *("current", "0" * 32, "--json", "--proxy", "socks5://me:hunter2000hunter@h"), CLOUDFLARE_API_TOKEN="x" * 40
    )
    assert outcome.status == 2
    assert json.loads(outcome.err)["error"]["message"]
    assert "hunter2000hunter" not in outcome.err


def test_a_watch_is_a_line_a_round(cli: Any, sandbox: Sandbox) -> None:
    """With the applications of each zone, their host names, and why zones failed."""
    good, bad = sandbox.zones[0], "0" * 32
    outcome = cli("watch", "--zone", good, "--zone", bad, "--rounds", "2", "--json", time=FakeTime())
    assert outcome.status == 1
    first, second = map(json.loads, outcome.out.splitlines())
    assert (first["tick"], first["lag"], first["missed"]) == (f"{NOW:%Y-%m-%dT%H:%M}:00Z", 45, 0)
    assert (second["tick"], second["lag"]) == ("2024-05-08T12:31:00Z", 0)
    assert {each["name"] for each in first["zones"][good]} >= {"ssh.zone1.example"}
    assert [*first["errors"]] == [bad]


def test_a_demo_gives_the_busiest(cli: CommandLine, sandbox: Sandbox) -> None:
    """With names; nothing is said before."""
    outcome = cli("demo", "--zone", sandbox.zones[0], "--json")
    found = json.loads(outcome.out)
    assert (found["status"], found["rows"], found["folder"], len(found["busiest"])) == (0, 120, None, 5)
    assert {each["name"] for each in found["busiest"]} >= {"ssh.zone1.example"}
    assert outcome.err == ""


def test_what_failed_is_in_the_result_alone(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """A pull that failed for a zone says so in its JSON, and prints no lines for people beside it."""
    zones = ["--zone", sandbox.zones[0], "--zone", "f" * 32]
    outcome = cli("pull", *zones, *TIMES, "--out", str(tmp_path), "--json")
    found = json.loads(outcome.out)
    assert (outcome.status, outcome.err, found["ok"]) == (1, "", False)
    assert [each["zone_id"] for each in found["failed"]] == ["f" * 32]


@pytest.mark.parametrize("as_json", [False, True], ids=["lines", "JSON"])
@pytest.mark.parametrize(
    "options", ["--writer 0", "--memory 1MB", "--max-tasks 0", "--settle-after x", "--format xml", "--rate-limit 0/1"]
)
def test_values_are_refused_before_anything_is_announced(
    cli: Any, sandbox: Sandbox, tmp_path: Path, options: str, as_json: bool
) -> None:
    """An error of usage is all that a pull prints."""
    words = ["pull", "--zone", sandbox.zones[0], *TIMES, "--out", str(tmp_path / "new"), *options.split()]
    outcome = cli(*words, *(["--json"] if as_json else []))
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    text = json.loads(outcome.err)["error"]["message"] if as_json else outcome.err
    assert options.split()[0] in text
    assert not (tmp_path / "new").exists()
