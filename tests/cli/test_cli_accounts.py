"""``aiospectrum pull --accounts``: a file of accounts, processes that have their tokens, and one summary."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import open_dataset
from aiospectrum.sandbox import Sandbox

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")
ZONE = "f0" * 16
SECRET = "s3cret-" + "0123456789abcdef" * 2


def written(path: Path, accounts: dict[str, tuple[str, Sequence[str]]]) -> str:
    """Write a file of accounts."""
    path.write_text(
        "\n".join(
            f"[accounts.{name}]\ntoken = {json.dumps(token)}\nzones = {json.dumps([*zones])}"
            for name, (token, zones) in accounts.items()
        )
    )
    return str(path)


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """What the processes have in their environment."""
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", sandbox.url)
    monkeypatch.setenv("FIRST_TOKEN", sandbox.api_token)
    monkeypatch.setenv("OTHER_TOKEN", SECRET)
    monkeypatch.delenv("NO_TOKEN", raising=False)


def test_accounts_are_pulled_in_processes(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """There is one summary; an account without a token, or with a wrong one, fails alone, and says why."""
    first, other, third = sandbox.zones
    accounts = {"a": ("FIRST_TOKEN", [first]), "b": ("OTHER_TOKEN", [other]), "c": ("NO_TOKEN", [third])}
    file, out = written(tmp_path / "accounts.toml", accounts), str(tmp_path / "out")

    result = cli("pull", "--accounts", file, "--processes", "2", *TIMES, "--out", out)

    assert result.status == 1
    assert result.err.startswith(f"Pulling 3 zones from 3 accounts into {out}\n")
    assert f"zone {other} " in result.err
    assert "Error: GET http://127.0.0.1" in result.err
    assert (
        f"zone {third} 2024-05-07T00:00:00Z..2024-05-08T00:00:00Z failed: CredentialsError: account c: the "
        in result.err
    )
    assert result.out.startswith(f"1 of 3 zones saved in {out}, 2 failed\n")
    assert " requests" not in result.out
    assert set(open_dataset(out).to_arrow().column("zone_id").to_pylist()) == {first}
    assert SECRET not in result.out + result.err

    accounts = {"a": ("FIRST_TOKEN", sandbox.zones)}
    again = cli("pull", "--accounts", written(tmp_path / "all.toml", accounts), *TIMES, "--out", out, "--json")
    assert again.status == 0, again.err
    values = json.loads(again.out)
    assert (values["total"], values["skipped"], values["done"], values["requests"]) == (3, 1, 2, None)


NO_ACCOUNTS = [
    ("[accounts", "expected TOML ("),
    ("", "expected tables such as [accounts.shop]"),
    ("accounts = 5", "expected tables such as [accounts.shop]"),
    ("[accounts]\na = 5", "account 'a': expected tables such as"),
    ('[accounts."a b"]', "account 'a b': expected tables such as"),
    (
        f'[accounts.a]\ntoken = "T"\nzones = ["{ZONE}"]\nproxy = 1',
        "account 'a': expected token, zones and limit_file, got 'proxy' too",
    ),
    (
        f'[accounts.a]\nzones = ["{ZONE}"]',
        "token: expected the name, in capitals, of the environment variable",
    ),
    (
        f'[accounts.a]\ntoken = "{SECRET}"\nzones = ["{ZONE}"]',
        "token: expected the name, in capitals, of the environment variable",
    ),
    ('[accounts.a]\ntoken = "T"', "zones: expected a list of the identifiers of zones"),
    ('[accounts.a]\ntoken = "T"\nzones = []', "zones: expected a list of the identifiers of zones"),
    ('[accounts.a]\ntoken = "T"\nzones = ["x"]', "zones: expected the identifier of a zone"),
    ('[accounts.a]\ntoken = "T"\nzones = [5]', "zones: expected the identifier of a zone"),
    (f'[accounts.a]\ntoken = "T"\nzones = ["{ZONE}", "{ZONE.upper()}"]', "expected each zone once"),
]


@pytest.mark.parametrize(("text", "problem"), NO_ACCOUNTS, ids=range(len(NO_ACCOUNTS)))
def test_files_of_accounts_that_are_none(cli: Any, tmp_path: Path, text: str, problem: str) -> None:
    """The error names the account and what was expected, and never what may be a token."""
    file = tmp_path / "accounts.toml"
    file.write_text(text)

    result = cli("pull", "--accounts", str(file), *TIMES, "--out", str(tmp_path / "out"))

    assert result.status == 2
    assert result.err.startswith(f"aiospectrum: --accounts {file}: ")
    assert problem in result.err
    assert SECRET not in result.err
    assert SECRET[7:] not in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["--accounts", "FILE", "--writer", "w2"], "expected no --writer with --accounts"),
        (["--processes", "2", "--zone", ZONE], "--processes: expected --accounts with a file too"),
        (["--dask", "tcp://127.0.0.1:1", "--zone", ZONE], "--dask: expected --accounts with a file too"),
        (["--accounts", "FILE", "--zone", ZONE], "expected no --zone with --accounts"),
        (["--accounts", "FILE", "--zones-file", "-"], "expected no --zones-file with --accounts"),
        (["--accounts", "FILE", "--catch-up"], "expected no --catch-up with --accounts"),
        (["--accounts", "FILE", "--proxy", "http://u:p4ssw0rd@p.example"], "--proxy: expected no password in it with"),
        (["--accounts", "FILE", "--processes", "0"], "--processes"),
        (["--accounts", "FILE", "--limit-file", "x"], "--limit-file: expected no such option with --accounts"),
        (["--accounts", "FILE", "--limit-url", "redis://:p4ssw0rd@h"], "--limit-url: expected no such option with"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(cli: Any, tmp_path: Path, argv: list[str], problem: str) -> None:
    """Nothing is started then."""
    file = written(tmp_path / "accounts.toml", {"a": ("FIRST_TOKEN", [ZONE])})

    result = cli("pull", *(file if word == "FILE" else word for word in argv), *TIMES, "--out", str(tmp_path / "out"))

    assert result.status == 2
    assert problem in result.err
    assert "p4ssw0rd" not in result.err
    assert not (tmp_path / "out").exists()


def test_a_dry_run_of_accounts(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """It says how large the plan is of the zones of all accounts."""
    file = written(tmp_path / "accounts.toml", {"a": ("NO_TOKEN", sandbox.zones)})

    result = cli("pull", "--accounts", file, *TIMES, "--dry-run")

    assert result.status == 0, result.err
    assert "3 zones, 1 window (a day each)" in result.out


def test_a_dry_run_reckons_with_all_accounts(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """Each has a limit of its own, so that they are as fast as the one with the most zones."""
    accounts = {name: (f"{name}_TOKEN".upper(), [zone]) for name, zone in zip("abc", sandbox.zones, strict=True)}
    argv = ["pull", *TIMES, "--window", "hour", "--rate-limit", "12/10", "--dry-run", "--json"]

    each = json.loads(cli(*argv, "--accounts", written(tmp_path / "accounts.toml", accounts)).out)

    assert each["requests"] == 72
    assert each["seconds"] == pytest.approx(10)
