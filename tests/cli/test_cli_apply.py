"""`apps plan`, `apps apply` and `apps export`: what they print, ask, do, and end with."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import Interrupting

pytest.importorskip("ruamel.yaml")

WANTED = """\
zones:
  zone1.example:
    - dns: {type: CNAME, name: ssh.zone1.example}
      protocol: tcp/22
      origin_direct: ["tcp://192.0.2.77:22"]
      tls: full
    - dns: {name: new.zone1.example}
      protocol: tcp/2222
      origin_direct: ["tcp://192.0.2.77:2222", "tcp://[2001:db8::1]:2222"]
    - dns: {name: mqtt.zone1.example}
      protocol: tcp/8883
      absent: true
  zone2.example:
    - dns: {name: never.zone2.example}
      protocol: tcp/8883
      absent: true
    - dns: {name: a-very-long-name-of-a-host.of-some-department.zone2.example}
      protocol: udp/1000-2000
      proxy_protocol: simple
      origin_dns: {name: a-rather-long-name-of-an-origin-that-is-wrapped-somewhere.example.org, ttl: 600}
      origin_port: 3000-4000
"""
PLAN = """\
zone1.example
  ~ replace ssh.zone1.example tcp/22
      tls: off → full
      origin_direct: tcp://192.0.2.1:22 → tcp://192.0.2.77:22
  + create new.zone1.example tcp/2222
      origin_direct: tcp://192.0.2.77:2222, tcp://[2001:db8::1]:2222
  - delete mqtt.zone1.example tcp/8883

zone2.example
  + create a-very-long-name-of-a-host.of-some-department.zone2.example udp/1000-2000
      origin_dns.name: a-rather-long-name-of-an-origin-that-is-wrapped-somewhere.example.org
      origin_dns.ttl: 600
      origin_port: 3000-4000
      proxy_protocol: simple

2 to create, 1 to replace, 1 to delete, 1 as wanted
"""
LINES = """\
1/4 replaced ssh.zone1.example tcp/22 of the zone zone1.example
2/4 created new.zone1.example tcp/2222 of the zone zone1.example
3/4 deleted mqtt.zone1.example tcp/8883 of the zone zone1.example
4/4 created a-very-long-name-of-a-host.of-some-department.zone2.example udp/1000-2000 of the zone zone2.example
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "apps.yaml"
    path.write_text(WANTED, encoding="utf-8")
    return str(path)


def written(sandbox: Sandbox) -> list[str]:
    return [each.method for each in sandbox.requests if each.method != "GET"]


def test_a_plan_is_shown(cli: Any, sandbox: Sandbox, file: str) -> None:
    """Zone by zone, in the order of the file; the exit status says that there is something to do."""
    outcome = cli("apps", "plan", file)

    assert (outcome.status, outcome.out, outcome.err) == (3, PLAN, "")
    assert written(sandbox) == []


def test_a_plan_as_json(cli: Any, file: str) -> None:
    """With each change, its fields, and how many there are of each kind."""
    outcome = cli("apps", "plan", file, "--json")

    found = json.loads(outcome.out)
    assert (outcome.status, outcome.err) == (3, "")
    assert [found[action] for action in ("create", "replace", "delete", "nothing")] == [2, 1, 1, 1]
    replaced, _, deleted = found["changes"][:3]
    assert replaced["differences"][0] == {"field": "tls", "before": "off", "after": "full"}
    assert replaced["before"]["id"] == replaced["app_id"]
    assert replaced["after"]["origin_direct"] == ["tcp://192.0.2.77:22"]
    assert (deleted["name"], deleted["after"]) == ("mqtt.zone1.example", None)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_plan_on_a_terminal(cli: Any, file: str, width: int) -> None:
    """In colours, and no line is wider than the terminal; the same is read of it without them."""
    coloured = cli("apps", "plan", file, terminal=True, width=width).out
    plain = cli("apps", "plan", file, width=width).out

    assert "\x1b[32m+ create" in coloured
    assert "\x1b[33m~ replace" in coloured
    assert "\x1b[31m- delete" in coloured
    assert max(map(cell_len, plain.splitlines())) <= width
    assert "".join(plain.split()) == "".join(PLAN.split())


def test_applying_asks_first(cli: Any, sandbox: Sandbox, file: str) -> None:
    """The plan is shown, and a line is printed for each change as it is made; then there is nothing to do."""
    outcome = cli("apps", "apply", file, answer="y\n")

    assert (outcome.status, outcome.out) == (0, PLAN + LINES)
    assert outcome.err == "Make these changes? [y/N] "
    assert written(sandbox) == ["PUT", "POST", "DELETE", "POST"]
    again = cli("apps", "apply", file, answer="")
    assert (again.status, again.out, again.err) == (0, "nothing to do: 5 applications as wanted\n", "")
    assert cli("apps", "plan", file).status == 0


class Meanwhile(io.StringIO):
    """A stream that does something when a question comes by."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self.work = work

    def write(self, text: str) -> int:
        if "[y/N]" in text:
            self.work()
        return super().write(text)


def test_somebody_else_does_it_meanwhile(cli: Any, sandbox: Sandbox, file: str) -> None:
    """Then nothing is left to do, which the lines say."""
    outcome = cli("apps", "apply", file, answer="y\n", err=Meanwhile(lambda: cli("apps", "apply", file, "--yes")))

    assert (outcome.status, outcome.out.count(" is as wanted already\n")) == (0, 4)
    assert written(sandbox) == ["PUT", "POST", "DELETE", "POST"]


def test_without_the_package(cli: Any, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how to install it."""
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)

    outcome = cli("apps", "plan", file)

    assert outcome.status == 2
    assert "A file in YAML needs the package ruamel: pip install 'aiospectrum[yaml]'" in outcome.err


def test_an_empty_text(cli: Any) -> None:
    """It is shown as one, not as nothing."""
    text = WANTED.replace("name: a-rather", 'type: "", name: a-rather')

    assert 'origin_dns.type: ""' in cli("apps", "plan", "-", stdin=text).out


def test_a_no(cli: Any, sandbox: Sandbox, file: str) -> None:
    """Nothing is changed then."""
    outcome = cli("apps", "apply", file, answer="n\n")

    assert (outcome.status, outcome.out) == (1, PLAN)
    assert outcome.err.endswith("[y/N] nothing was changed\n")
    assert written(sandbox) == []


def test_without_a_terminal(cli: Any, sandbox: Sandbox, file: str) -> None:
    """It is refused before any call, unless it is told to go ahead; the file may come from there then."""
    assert cli("apps", "apply", file).status == 2
    assert cli("apps", "apply", "-", stdin=WANTED).status == 2
    assert sandbox.requests == []
    outcome = cli("apps", "apply", "-", "--yes", stdin=WANTED)
    assert (outcome.status, outcome.out, outcome.err) == (0, PLAN + LINES, "")


def test_applying_as_json(cli: Any, file: str) -> None:
    """What became of each change; the plan is for whoever is asked."""
    outcome = cli("apps", "apply", file, "--json", answer="y\n")

    assert outcome.err == f"{PLAN}Make these changes? [y/N] "
    found = json.loads(outcome.out)["changes"]
    assert [(each["action"], each["status"], each["error"]) for each in found] == [
        (action, "done", None) for action in ("replace", "create", "delete", "create")
    ]


CLASH = WANTED.replace("new.zone1.example", "game.zone1.example").replace("tcp/2222", "tcp/27001")


@pytest.mark.parametrize("is_json", [False, True], ids=["lines", "JSON"])
@pytest.mark.parametrize("goes_on", [False, True], ids=["stop", "keep going"])
def test_a_change_that_fails(cli: Any, sandbox: Sandbox, goes_on: bool, is_json: bool) -> None:
    """The rest is left, or made when told so; the command fails either way, and says what is left."""
    flags = ["--keep-going"] * goes_on + ["--json"] * is_json

    outcome = cli("apps", "apply", "-", "--yes", *flags, stdin=CLASH)

    assert outcome.status == 1
    assert written(sandbox) == ["PUT", "POST", "DELETE", "POST"][: 4 if goes_on else 2]
    made = (
        "3 of 4 changes were made, 1 failed: create"
        if goes_on
        else "1 of 4 changes were made, 1 failed, 2 left: create"
    )
    assert made in outcome.err
    assert "run the same again to make what is left" in outcome.err
    if is_json:
        statuses = [each["status"] for each in json.loads(outcome.out)["changes"]]
        assert statuses == ["done", "failed", *(["done"] * 2 if goes_on else ["left"] * 2)]
        assert json.loads(outcome.err)["error"]["kind"] == "ApplyError"
    else:
        assert "2/4 failed to create game.zone1.example tcp/27001 of the zone zone1.example: POST" in outcome.out
        assert ("4/4 created" in outcome.out) == goes_on


def test_ctrl_c(cli: Any, file: str) -> None:
    """It ends at once, says what was done and what may have been, and the same again makes the rest."""
    outcome = cli("apps", "apply", file, "--yes", out=Interrupting("1/4 replaced"))

    assert (outcome.status, outcome.out) == (130, PLAN + LINES.splitlines(keepends=True)[0])
    assert outcome.err == (
        "1 of 4 changes made; this one was under way and may have taken place: create new.zone1.example tcp/2222 of the"
        " zone zone1.example; run the same again to make the rest\naiospectrum: interrupted\n"
    )
    assert cli("apps", "apply", file, "--yes").status == 0
    assert cli("apps", "plan", file).status == 0


def test_ctrl_c_in_json(cli: Any, file: str) -> None:
    """Each change has what became of it."""
    outcome = cli("apps", "apply", file, "--yes", "--json", "--verbose", err=Interrupting("PUT"))

    statuses = [each["status"] for each in json.loads(outcome.out)["changes"]]
    place = statuses.index("interrupted")
    assert outcome.status == 130
    assert statuses == [*["done"] * place, "interrupted", *["left"] * (3 - place)]


def test_all_problems_of_a_file(cli: Any, sandbox: Sandbox) -> None:
    """Each on a line of its own, then how many; a program gets them in one error."""
    wrong = WANTED.replace("tls: full", "tsl: full").replace("protocol: tcp/8883", "protocol: tcp/0")

    outcome = cli("apps", "plan", "-", stdin=wrong)

    *lines, last = outcome.err.splitlines()
    assert (outcome.status, outcome.out, len(lines)) == (2, "", 3)
    assert lines[0] == (
        "standard input, line 6, zone zone1.example, app 1 (ssh.zone1.example tcp/22): tsl: expected a key of an"
        " application, got 'tsl'; did you mean 'tls'?"
    )
    assert last == "aiospectrum: standard input: 3 problems; correct them; nothing was sent"
    error = json.loads(cli("apps", "plan", "-", "--json", stdin=wrong).err)["error"]
    assert error["message"].startswith("3 problems: standard input, line 6")
    assert sandbox.requests == []


def test_an_application_wanted_twice_by_name_and_identifier(cli: Any, sandbox: Sandbox) -> None:
    """It is seen once the zones are known."""
    entry = "    - {dns: {name: a.zone1.example}, protocol: tcp/1, absent: true}\n"
    outcome = cli("apps", "plan", "-", stdin=f"zones:\n  zone1.example:\n{entry}  {sandbox.zones[0]}:\n{entry}")

    assert outcome.status == 2
    assert "expected each application once, got a.zone1.example tcp/1 of the zone zone1.example" in outcome.err


def test_toml(cli: Any, tmp_path: Path) -> None:
    """By the end of the name."""
    path = tmp_path / "apps.toml"
    path.write_text('[[zones."zone1.example"]]\ndns.name = "x.zone1.example"\nprotocol = "tcp/1"\nabsent = true\n')

    assert cli("apps", "plan", str(path)).status == 0


def test_exports(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """To the standard output or to a file, of which plan finds nothing to do; as JSON too."""
    zones = [sandbox.zones[0], "zone2.example", "zone3.example"]
    out = tmp_path / "apps.yml"

    printed, saved, values = cli("apps", "export", *zones), None, cli("apps", "export", *zones, "--json")
    saved = cli("apps", "export", *zones, "--out", str(out))

    assert (printed.status, saved.status, values.status) == (0, 0, 0)
    assert out.read_text(encoding="utf-8") == printed.out
    assert (saved.out, saved.err) == ("", f"15 applications in {out}\n")
    assert list(json.loads(values.out)["zones"]) == zones
    for text in (printed.out, values.out):
        planned = cli("apps", "plan", "-", stdin=text)
        assert (planned.status, planned.out) == (0, "nothing to do: 15 applications as wanted\n")


def test_exports_that_are_refused(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """Before anything is read."""
    for words in (["zone1.example", "--out", "x.txt"], ["zone1.example", "--json", "--out", "x.yaml"], ["word"], []):
        assert cli("apps", "export", *words).status == 2
    assert sandbox.requests == []


def test_text_that_means_harm(cli: Any, sandbox: Sandbox) -> None:
    """What a server or a file says is shown with escape sequences, and does not change the terminal."""
    evil = "\x1b[2J\u202e"
    record = {"protocol": "tcp/2222", "dns": {"name": "new.zone1.example"}, "tls": evil, "shiny\x1b": 1}
    sandbox.hold_app(sandbox.zones[0], {**record, "origin_direct": ["tcp://192.0.2.77:2222"]})

    planned = cli("apps", "plan", "-", stdin=WANTED, terminal=True)
    wrong = cli("apps", "plan", "-", stdin='zones: {"a\\u202e.example\\e[2J": []}')
    exported = cli("apps", "export", sandbox.zones[0], terminal=True)

    assert r"\x1b[2J\u202e" in planned.out
    for text in (planned.out, planned.err, wrong.err, exported.out, exported.err):
        assert "\x1b[2J" not in text
        assert "\u202e" not in text
    assert wrong.status == 2


def test_secrets_in_a_file(cli: Any, sandbox: Sandbox) -> None:
    """A token that stands in the place of another value is not repeated."""
    token = "Qz7fLw2kXv9TbN4mRj8Hs3Yd6Gc1Pe5UaKx0VoIt"
    for text in (
        f"zones: {{zone1.example: [{{dns: {{name: a.example}}, protocol: {token}}}, {{{token}: 1}}]}}",
        f"zones: {{{token}: []}}",
        f"{token}: 1",
        f"{token}",
    ):
        outcome = cli("apps", "plan", "-", stdin=text)
        assert token[:12] not in outcome.err + outcome.out


def test_quiet(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """No note is printed, and problems still are."""
    outcome = cli("apps", "export", sandbox.zones[0], "--out", str(tmp_path / "a.yaml"), "--quiet", err=io.StringIO())

    assert outcome.err == ""
