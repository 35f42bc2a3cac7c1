"""What the command reads, from files, the standard input and options, as other programs write it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import Plan, Query, open_dataset
from aiospectrum.sandbox import Sandbox, run_in_thread
from tests.cli.conftest import NOW, CommandLine, FakeTime

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")
APP = {
    "protocol": "tcp/22",
    "dns": {"name": "manners.zone1.example", "type": "CNAME"},
    "origin_direct": ["tcp://192.0.2.1:22"],
}
DIGITS = ["0" * 31 + "7", "12345678901234567890123456789012", "12345678901234567890123456789e12", "0" * 29 + "1e5"]
"""Identifiers that could be taken for numbers."""

Input = Callable[[bytes, Path], tuple[list[str], bytes | None]]


def in_file(*words: str) -> Input:
    """What is read comes from a file, whose path takes the place of FILE in these words."""

    def write(content: bytes, folder: Path) -> tuple[list[str], bytes | None]:
        path = folder / "input"
        path.write_bytes(content)
        return [word.replace("FILE", str(path)) for word in words], None

    return write


def in_stdin(*words: str) -> Input:
    """What is read comes through the standard input."""
    return lambda content, folder: (list(words), content)


ZONES = [
    pytest.param(in_file("pull", "--dry-run", *TIMES, "--zones-file", "FILE"), id="zones of a pull"),
    pytest.param(in_file("watch", "--rounds=1", "--zones-file=FILE"), id="zones of a watch"),
    pytest.param(in_stdin("pull", "--dry-run", *TIMES, "--zones-file", "-"), id="zones in the standard input"),
]
JSON = [
    pytest.param(in_file("pull", "--dry-run", "--plan", "FILE"), id="plan"),
    pytest.param(in_file("apps", "create", "ZONE", "-f", "FILE"), id="application"),
    pytest.param(in_file("apps", "create", "ZONE", "--file=FILE"), id="application, in one word"),
    pytest.param(in_stdin("apps", "create", "ZONE", "--file", "-"), id="application in the standard input"),
]
FORMS = {
    "as it is": lambda text: text.encode(),
    "with a mark": lambda text: text.encode("utf-8-sig"),
    "of Windows": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "with empty lines": lambda text: f"\n\n{text}\n\n \n".encode(),
}
REFUSED = {
    "UTF-16": (lambda text: text.encode("utf-16"), "expected text in UTF-8, got UTF-16; save it as UTF-8"),
    "UTF-16, large end first": (
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        "expected text in UTF-8, got UTF-16",
    ),
    "UTF-32": (lambda text: text.encode("utf-32"), "expected text in UTF-8, got UTF-16"),
    "UTF-16 without a mark": (lambda text: text.encode("utf-16-le"), "expected text in UTF-8, got something else"),
    "Latin-1": (lambda text: f"{text}\n# \xe9".encode("latin-1"), "expected text in UTF-8, got something else"),
}


def text_for(words: list[str], zone: str) -> str:
    """What the command of these words reads."""
    if "--plan" in words:
        since, until = datetime(2024, 5, 7, tzinfo=UTC), datetime(2024, 5, 8, tzinfo=UTC)
        query = Query(time_delta="hour", metrics=["count"])
        return Plan(zones=[zone], since=since, until=until, query=query).to_json()
    return json.dumps(APP, indent=1) if "apps" in words else f"# ours: é\n{zone}  # the first\n"


def run(cli: CommandLine, given: Input, form: Callable[[str], bytes], zone: str, folder: Path) -> Any:
    words, _ = given(b"", folder)
    words, stdin = given(form(text_for(words, zone)), folder)
    return cli(*(zone if word == "ZONE" else word for word in words), stdin=stdin, time=FakeTime())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("given", [*ZONES, *JSON])
def test_every_input_takes_every_form(cli: Any, sandbox: Sandbox, given: Input, form: str, tmp_path: Path) -> None:
    """Marks, line ends and empty lines are no part of what is said."""
    outcome = run(cli, given, FORMS[form], sandbox.zones[0], tmp_path)
    assert outcome.status == 0, outcome.err


@pytest.mark.parametrize("form", REFUSED)
@pytest.mark.parametrize("given", [*ZONES, *JSON])
def test_other_encodings_are_named(cli: Any, sandbox: Sandbox, given: Input, form: str, tmp_path: Path) -> None:
    """The message is one line, which says what to do; nothing is sent."""
    encode, message = REFUSED[form]
    outcome = run(cli, given, encode, sandbox.zones[0], tmp_path)
    assert (outcome.status, outcome.err.count("\n"), sandbox.requests) == (2, 1, [])
    assert message in outcome.err


def test_files_that_were_put_together(cli: Any, sandbox: Sandbox) -> None:
    """Each has its mark, which then stands in the middle."""
    mark = "\N{ZERO WIDTH NO-BREAK SPACE}"
    text = "".join(f"{mark}{zone}\r\n" for zone in sandbox.zones)
    outcome = cli("pull", "--dry-run", *TIMES, "--zones-file", "-", stdin=text.encode())
    assert "3 zones" in outcome.out


@pytest.mark.parametrize(
    "words",
    [
        ["pull", *TIMES, "--zone", "ZONE", "--out=~/d", "--format=csv"],
        ["pull", *TIMES, "--zone", "ZONE", "-o", "~/d", "--format=csv"],
        ["pull", *TIMES, "--zones-file=~/zones", "--dry-run"],
        ["pull", "--plan=~/plan", "--dry-run"],
        ["watch", "--zones-file", "~/zones", "--rounds=1"],
        ["apps", "create", "ZONE", "--file=~/app"],
        ["apps", "create", "ZONE", "-f", "~/app"],
    ],
    ids=lambda words: " ".join(words[:1] + [word for word in words if "~" in word]),
)
def test_home_folders(
    cli: Any, sandbox: Sandbox, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~` is the home folder in every option with a path, also where a shell leaves it to the program."""
    zone = sandbox.zones[0]
    for name, words_of_it in {"zones": ["--zones-file"], "plan": ["--plan"], "app": ["apps"]}.items():
        (tmp_path / name).write_text(text_for(words_of_it, zone), encoding="utf-8")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    outcome = cli(*(zone if word == "ZONE" else word for word in words), time=FakeTime())
    assert outcome.status == 0, outcome.err
    assert (tmp_path / "d").is_dir() is (words[0] == "pull" and "--dry-run" not in words)
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("option", ["--out", "--zones-file", "--plan", "--file"])
def test_a_home_folder_that_is_not_there(cli: Any, sandbox: Sandbox, option: str) -> None:
    """It is refused, where a folder of that name would otherwise appear."""
    name = "~no-such-user-here/d"
    words = (
        ["apps", "create", sandbox.zones[0], f"{option}={name}"] if option == "--file" else ["pull", f"{option}={name}"]
    )
    words += {"--out": [*TIMES, "--zone", sandbox.zones[0]], "--zones-file": TIMES}.get(option, ())
    outcome = cli(*words)
    assert (outcome.status, outcome.err.count("\n"), sandbox.requests) == (2, 1, [])
    assert "there is no home folder ~no-such-user-here; write ./~ for a name with a ~" in outcome.err


@pytest.mark.parametrize("zone", DIGITS)
def test_identifiers_are_no_numbers(zone: str, tmp_path: Path) -> None:
    """Digits alone, leading zeros and an e in between stay as they are, in every command and every file."""
    pytest.importorskip("pyarrow")
    with run_in_thread(Sandbox(zones=[zone], rate_limit=None, now=lambda: NOW)) as sandbox:
        cli = CommandLine(environ={"CLOUDFLARE_BASE_URL": sandbox.url, "CLOUDFLARE_API_TOKEN": sandbox.api_token})
        file = tmp_path / "zones"
        file.write_text(zone)
        app = sandbox.app_ids(zone)[0]
        for words in (
            ["protocols", zone],
            ["apps", "list", zone],
            ["apps", "get", zone, app],
            ["summary", zone, "--metrics", "count"],
            ["current", zone, f"--app-ids={app}"],
            ["watch", f"--zone={zone}", "--rounds=1", "--every=1"],
            ["demo", "--zone", zone],
            ["pull", *TIMES, "--zone", zone, f"--out={tmp_path / 'one'}"],
            ["pull", *TIMES, "--zones-file", str(file), f"--out={tmp_path / 'two'}"],
        ):
            outcome = cli(*words, time=FakeTime())
            assert outcome.status == 0, outcome.err
            assert {request.path.split("/")[4] for request in sandbox.requests} == {zone}
            sandbox.requests.clear()
            if words[0] == "demo":
                assert f" {zone} " in outcome.out
        assert set(open_dataset(tmp_path / "one").to_arrow().column("zone_id").to_pylist()) == {zone}
        plan = tmp_path / "plan"
        text = text_for(["--plan"], zone)
        plan.write_text(text)
        assert "1 zone," in cli("pull", "--dry-run", "--plan", str(plan)).out
        plan.write_text(text.replace(f'"{zone}"', zone.lstrip("0")))
        refused = cli("pull", "--dry-run", "--plan", str(plan))
        assert (refused.status, refused.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("text", ["1.9", "1.0", "1_0", "0x1", "1e1", "\u0661", " 1", "", "9" * 30, "true"], ids=ascii)
@pytest.mark.parametrize(
    "words",
    [
        ["apps", "list", "ZONE", "--page"],
        ["apps", "list", "ZONE", "--per-page"],
        ["apps", "create", "ZONE", "--origin-dns-ttl"],
        ["summary", "ZONE", "--limit"],
        ["pull", *TIMES, "--zone", "ZONE", "--dry-run", "--limit"],
        ["pull", *TIMES, "--zone", "ZONE", "--dry-run", "--concurrency"],
        ["pull", *TIMES, "--zone", "ZONE", "--dry-run", "--max-tasks"],
        ["watch", "--zone", "ZONE", "--rounds"],
        ["watch", "--zone", "ZONE", "--concurrency"],
        *(["sandbox", option] for option in ("--port", "--zones", "--apps-per-zone", "--paygo", "--seed")),
        *(["demo", option] for option in ("--zones", "--seed", "--concurrency")),
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_whole_numbers_are_digits(cli: Any, sandbox: Sandbox, words: list[str], text: str) -> None:
    """What is no whole number is neither rounded nor taken for another one."""
    outcome = cli(*(sandbox.zones[0] if word == "ZONE" else word for word in words), text)
    assert (outcome.status, outcome.out, outcome.err.count("\n"), sandbox.requests) == (2, "", 1, [])
    assert f"{words[-1]}: expected a whole number of up to 18 digits, got " in outcome.err


@pytest.mark.parametrize("url", ["api.example", "http://api.example", "https://api.example?x=1"])
def test_a_base_url_is_named_as_its_variable(cli: Any, sandbox: Sandbox, url: str) -> None:
    """Not as an argument of Python, and without one that the command has not."""
    outcome = cli("protocols", sandbox.zones[0], CLOUDFLARE_BASE_URL=url)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith("aiospectrum: CLOUDFLARE_BASE_URL: expected ")
    assert "allow_http" not in outcome.err


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no file without an end")
def test_a_file_without_an_end(cli: CommandLine) -> None:
    """It is read as far as the largest file would go."""
    outcome = cli("apps", "plan", "/dev/zero")

    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "aiospectrum: /dev/zero: expected up to 64 MiB, got more; check the path\n"
