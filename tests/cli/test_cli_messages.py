"""What errors of usage blame, and that each says what to do next."""

import json
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.sandbox import Sandbox
from tests.cli.test_cli_wrong_inputs import STEP

pytest.importorskip("pyarrow")

PULL = "pull --zone ZONE --since 2024-05-06 --until 2024-05-07"
BLAMED = {
    "demo --zones 1000000": "--zones: expected 1 to 10000, got 1000000",
    "sandbox --fault errors=2": "--fault errors=2: error_rate is 2.0; expected a share from 0 to 1",
    "bytime ZONE --filters event=connect": "; write == for '=' at character 6",
    f"{PULL} --filters event=connect --out new": "; write == for '=' at character 6",
    "zones --timeout inf": "--timeout: expected a finite number",
    f"demo --seed {'9' * 30}": "got '9999…'",
    "pull --zone ZONE --since 2027-01-01 --out new": "--since: expected a time before now",
    f"{PULL} --kind summary --time-delta hour --out new": "--time-delta: expected no such option with --kind summary",
    "report DATA --out r.png --interactive": "--interactive: expected a page, got a picture, r.png; give --out",
    "pull --catch-up --out new": "by a plan, or by --since of `aiospectrum pull`",
    f"{PULL} --out DATA": "of another query (dimensions: appID): save elsewhere",
    "summary ZONE --metrics count --sort=-bytesEgress": "got 'bytesEgress'; put it into --metrics",
    "bytime ZONE --dimensions event --sort appID": "got 'appID'; put it into --dimensions",
    f"{PULL} --write-plan plan.json --out new": "--write-plan: expected no --out",
    "demo --zones 1 --keep FILE": "expected a folder, got a file",
}
PYTHONS = ("catch_up(", "query.", "None", "False", "True", "when_gone", "zone ids", "('")
"""What only Python has."""


@pytest.mark.parametrize(("line", "text"), BLAMED.items(), ids=range(len(BLAMED)))
def test_the_option_that_was_given_is_blamed(
    cli: Any, sandbox: Sandbox, line: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words of the command, with the next step, before anything is sent or written."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    zone = sandbox.zones[0]
    if "DATA" in line:
        words = PULL.replace("ZONE", zone).split()
        assert cli(*words, "--dimensions", "appID", "--out", "data").status == 0
    places = {"ZONE": zone, "DATA": "data", "FILE": "file"}
    before = len(sandbox.requests)
    outcome = cli(*[places.get(word, word) for word in line.split()])
    last = outcome.err.splitlines()[-1]
    assert (outcome.status, len(sandbox.requests)) == (2, before)
    assert text in last
    assert (
        STEP.search(last)
        or "save elsewhere" in last
        or "give --out" in last
        or "put it into" in last
        or "by --since" in last
    )
    assert not any(sign in last for sign in PYTHONS)
    assert not (tmp_path / "plan.json").exists()


FILES = {
    "base URL": (b'[profiles.work]\nbase_url = "api.example.com"\n', ": profile work: base_url: expected an http"),
    "empty": (b"", "it has none; write [profiles.work]"),
    "a stray key": (b"[profiles.work]\n[other]\n", "got 'other'; take it out"),
    "bytes": (b'[profiles.work]\ntoken = "\xff"\n', "expected TOML in UTF-8, got bytes that are none; write "),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_profiles_is_blamed_itself(cli: Any, tmp_path: Path, name: str) -> None:
    """With the place in it, why, and what to do."""
    content, text = FILES[name]
    config = tmp_path / "config.toml"
    config.write_bytes(content)
    outcome = cli("zones", "--profile", "work", AIOSPECTRUM_CONFIG=str(config))
    assert (outcome.status, text in outcome.err, str(config) in outcome.err) == (2, True, True)
    assert "CLOUDFLARE_BASE_URL" not in outcome.err


def test_what_is_no_file_of_profiles_is_not_read(cli: Any, tmp_path: Path) -> None:
    """A folder, or a pipe that nobody writes to, which would be waited for."""
    outcome = cli("zones", "--profile", "work", AIOSPECTRUM_CONFIG=str(tmp_path))
    assert (outcome.status, "expected a file of profiles" in outcome.err) == (2, True)


def test_a_limit_that_cannot_be_reached_is_told_in_words_of_the_command(cli: Any) -> None:
    """Without parameters that only Python has."""
    pytest.importorskip("redis")
    outcome = cli("zones", "--limit-url", "redis://me:hunter2000@127.0.0.1:1")
    assert (outcome.status, "when_gone" in outcome.err, "correct --limit-url" in outcome.err) == (1, False, True)


def test_what_is_filling_is_no_failure(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """`ok` of a pull is that of the dataset's status: nothing failed, and nothing is missing that there could be."""
    out = str(tmp_path / "data")
    pulled = json.loads(cli("pull", "--zone", sandbox.zones[0], "--since", "today", "--out", out, "--json").out)
    status = json.loads(cli("dataset", "status", out, "--json").out)
    assert pulled["filling"] == 1
    assert (pulled["ok"], status["ok"], pulled["status"]) == (True, True, 0)
