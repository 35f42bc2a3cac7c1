"""Zones by name in the command."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.cli.consoles import make_console
from aiospectrum.cli.examples import EXAMPLES
from aiospectrum.cli.program import build_program
from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import FakeTime

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")


def test_zones_are_listed(cli: Any, sandbox: Sandbox) -> None:
    """Identifier, name and status of each, as a table and as JSON; a name that no zone has is said."""
    lines = cli("zones").out.splitlines()[2:]
    assert [line.split() for line in lines] == [[zone, sandbox.zone_name(zone), "active"] for zone in sandbox.zones]
    [zone] = json.loads(cli("zones", "--name", "zone2.example", "--json").out)
    assert (zone["id"], zone["name"]) == (sandbox.zones[1], "zone2.example")
    assert cli("zones", "--name", "nothing.example").out == "no zone nothing.example\n"
    assert json.loads(cli("zones", "--status", "pending", "--json").out) == []


@pytest.mark.parametrize(
    "words",
    [
        ["apps", "list", "ZONE"],
        ["apps", "get", "ZONE", "APP"],
        ["apps", "update", "ZONE", "APP", "--protocol=tcp/22", "--dns-name=a.zone1.example",
         "--origin-direct=tcp://192.0.2.1:22"],
        ["apps", "create", "ZONE", "--protocol=tcp/22", "--dns-name=b.zone1.example",
         "--origin-direct=tcp://192.0.2.1:22"],
        ["apps", "delete", "ZONE", "APP", "--yes"],
        ["protocols", "ZONE"],
        ["current", "ZONE"],
        ["bytime", "ZONE"],
        ["summary", "ZONE"],
        ["pull", *TIMES, "--zone", "ZONE", "--dry-run"],
        ["pull", *TIMES, "--zones-file", "FILE", "--dry-run"],
        ["watch", "--zone", "ZONE", "--rounds", "1"],
        ["watch", "--zones-file", "FILE", "--rounds", "1"],
        ["demo", "--zone", "ZONE"],
    ],
    ids=lambda words: " ".join(word for word in words if not word.startswith("--") or word.endswith("file")),
)  # fmt: skip
@pytest.mark.parametrize("name", ["zone1.example", "ZONE1.Example."])
def test_names_do_wherever_identifiers_do(
    cli: Any, sandbox: Sandbox, words: list[str], name: str, tmp_path: Path
) -> None:
    """The same is done and printed, with one request more, which is the first."""
    if words[0] == "demo":
        pytest.importorskip("pyarrow")
    zone, file = sandbox.zones[0], tmp_path / "zones"
    names = {"ZONE": name, "APP": sandbox.app_ids(zone)[-1], "FILE": str(file)}
    file.write_text(f"# ours\n{name} # the first\n")
    outcome = cli(*(names.get(word, word) for word in words), time=FakeTime())
    assert outcome.status == 0, outcome.err
    first, *others = [request.path.removeprefix("/client/v4") for request in sandbox.requests]
    assert (first, sandbox.requests[0].query) == ("/zones", "page=1&name=zone1.example&per_page=50")
    assert {path.split("/")[2] for path in others} <= {zone}


def test_each_zone_counts_once(cli: Any, sandbox: Sandbox) -> None:
    """By name, in capitals, and by its identifier; each name is looked up once."""
    one, two, _ = sandbox.zones
    words = ["zone1.example", one, "Zone1.Example", two.upper(), "zone2.example"]
    outcome = cli("pull", *TIMES, *(f"--zone={word}" for word in words), "--dry-run")
    assert "2 zones" in outcome.out
    assert len(sandbox.requests) == 2


NO_NAMES = ["zone", "zone1.example/apps", "../apps", "-zone.example", "zone..example", "a b.example", "192.0.2.1"]


@pytest.mark.parametrize("name", [*NO_NAMES, "x" * 300 + ".example"], ids=lambda name: name[:20])
def test_names_are_checked_before_anything_is_sent(cli: Any, sandbox: Sandbox, name: str) -> None:
    """What is neither a name nor an identifier is refused in a line, and hardly shown."""
    places = [["summary", name], ["watch", f"--zone={name}"]]
    for words in places[name.startswith("-") :]:  # as an argument that would be an option
        outcome = cli(*words)
        assert (outcome.status, outcome.out, outcome.err.count("\n"), sandbox.requests) == (2, "", 1, [])
        assert "`aiospectrum zones` lists them" in outcome.err


ZONE = {"id": "a" * 32, "name": "example.com", "status": "active", "account": {"id": "b" * 32, "name": "Shop"}}


def test_several_zones_of_a_name_are_listed(serve_results: Any) -> None:
    """With their accounts, as people know those."""
    others = [{**ZONE, "id": "c" * 32, "account": {"name": "Bank"}}, {"id": "d" * 32, "name": "Example.com"}]
    outcome = serve_results({"/zones": [ZONE, *others]})("summary", "example.com")
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    listed = f"{'a' * 32} of Shop, {'c' * 32} of Bank, {'d' * 32}\n"
    assert outcome.err.endswith(f"3 zones have that name; give the identifier of one: {listed}")


def test_zones_of_other_names_do_not_count(serve_results: Any) -> None:
    """Also where an API ignores what it was asked for."""
    outcome = serve_results({"/zones": [{**ZONE, "name": "other.example"}]})("summary", "example.com")
    assert (outcome.status, "there is none" in outcome.err) == (2, True)


def test_a_token_that_may_not_list_zones(bare_cli: Any, sandbox: Sandbox) -> None:
    """The error names the permission, and says what does without it."""
    environ = {"CLOUDFLARE_BASE_URL": sandbox.url, "CLOUDFLARE_API_TOKEN": "x" * 40}
    outcome = bare_cli("summary", "zone1.example", **environ)
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert "has the permission Zone Read (https://dash" in outcome.err
    assert outcome.err.endswith("; or give the zone's identifier in the place of zone1.example\n")


def takes_zones(words: str) -> bool:
    """Whether a command has an argument or an option for zones of the API."""
    command = build_program(make_console(None, {}))
    for word in words.split():
        command = command[word]
    names = {name for argument in command.assemble_argument_collection() for name in argument.names}
    return not names.isdisjoint({"ZONE", "--zone"})


@pytest.mark.parametrize("words", [words for words in EXAMPLES if takes_zones(words)])
def test_every_command_takes_names_of_zones(cli: Any, sandbox: Sandbox, words: str, tmp_path: Path) -> None:
    """Wherever a command takes a zone it looks a name up, and one that no zone has is refused with the same text."""
    data = str(tmp_path / "data")
    cli("pull", "--zone", sandbox.zones[0], *TIMES, "--dimensions", "appID", "--out", data)
    example = next((line for line in EXAMPLES[words] if "example.com" in line), EXAMPLES[words][0])
    line = [
        {"data/": data, "report.html": f"{tmp_path}/r.html", "apps.yaml": f"{tmp_path}/a.yaml"}.get(word, word)
        for word in shlex.split(example)[1:]
    ]
    line += ["--yes"] if words == "apps delete" else []
    line += ["--zone", "example.com"] if "example.com" not in line else []
    outcome = cli(*[word.replace("example.com", "nowhere.example") for word in line])
    assert "zone nowhere.example: there is none that the credentials may see" in outcome.err, (line, outcome)


def test_a_report_about_a_zone_by_its_name(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """It is the same as by its identifier; without a name no call is made."""
    data = str(tmp_path / "data")
    zones = [word for zone in sandbox.zones for word in ("--zone", zone)]
    cli("pull", *zones, *TIMES, "--dimensions", "appID", "--out", data)
    for name, zone in {"a": "zone2.example", "b": sandbox.zones[1]}.items():
        before = len(sandbox.requests)
        outcome = cli("report", data, "--out", str(tmp_path / f"{name}.html"), "--zone", zone)
        assert (outcome.status, len(sandbox.requests) - before) == (0, 1 if name == "a" else 0), outcome
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.parametrize(
    "name", ["zone2.example", "ZONE2.example", "zone2.example.", "my-zone", "zone 2", "", "f" * 32]
)
def test_names_are_checked_alike(cli: Any, name: str) -> None:
    """`zones --name` takes the same names as other commands, and refuses what they refuse, but for identifiers."""
    listed, used = cli("zones", f"--name={name}"), cli("protocols", name)
    if "zone2" in name.lower():
        assert (listed.status, used.status) == (0, 0)
    else:
        assert (listed.status, listed.out, "--name: expected the name of a zone" in listed.err) == (2, "", True)
        assert used.status in (1, 2)
