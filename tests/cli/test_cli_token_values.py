"""A token that stands where another value belongs is not printed, nor any piece of it that is worth something."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.cli.examples import EXAMPLES
from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import FakeTime
from tests.cli.test_cli_wrong_inputs import options

_MIXED = "Qz7fLw2kXv9TbN4mRj8Hs3Yd6Gc1Pe5UaKx0VoIt"
SECRETS = {
    "usual": _MIXED,
    "long": f"eyJ{_MIXED}{_MIXED[::-1]}{_MIXED.swapcase()}",
    "like a host name": f"v1.{_MIXED.lower()[:30]}.{_MIXED.lower()[::-1]}",
}
PIECE = 8
"""Characters that may not be seen in a row."""


def pieces_in(text: str, secret: str) -> list[str]:
    """The pieces of a secret that are in a text."""
    starts = range(len(secret) - PIECE + 1)
    return [secret[start : start + PIECE] for start in starts if secret[start : start + PIECE] in text]


def lines_with(words: str, zone: str, secret: str) -> Iterator[list[str]]:
    """Lines that would work but for one value, an option's or a positional one's, which is the secret."""
    example = EXAMPLES[words][0].replace("example.com", zone).replace("--out data/", "--dry-run")
    usual = [*shlex.split(example)[1:], *(["--zone", zone, "--rounds", "1"] if words == "watch" else [])]
    count = len(words.split())
    for place in range(count, len(usual)):
        if not usual[place].startswith("-") and not usual[place - 1].startswith("-"):
            yield [*usual[:place], secret, *usual[place + 1 :]]
    shared = ("--proxy", "--limit-url", "--limit-name") if words not in ("exporter", "sandbox", "demo") else ()
    for option in (*options(words), *shared):
        if option == "--host" or (words, option) in (
            ("apps create", "--dns-name"),
            ("apps update", "--dns-name"),
            ("apps ensure", "--dns-name"),
        ):
            continue  # names for all to see
        kept = list(usual)
        if option in kept:
            del kept[kept.index(option) : kept.index(option) + 2]
        yield [*kept, f"{option}={secret}"]
        yield [*kept, f"{option}=Bearer {secret}"]
    yield [*usual, secret]
    yield [*usual, f"--{secret}"]
    yield [*usual[: count - 1], secret]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("words", EXAMPLES)
def test_a_token_in_the_place_of_a_value(
    cli: Any, sandbox: Sandbox, words: str, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever value of whichever command it is, for people and for programs."""
    monkeypatch.chdir(tmp_path)
    for line in lines_with(words, sandbox.zones[0], secret):
        for extra in ([], ["--json"]) if "Bearer" not in line[-1] else ([],):
            # If not known, it is in no variable of the environment; a new file may have any name.
            is_known = bool(extra) or "." in secret or line[-1].startswith(("--write-plan", "--keep"))
            outcome = cli(*line, *extra, time=FakeTime(), **({"SHOP_TOKEN": secret} if is_known else {}))
            assert pieces_in(outcome.out + outcome.err, secret) == [], (line, outcome)


FILES = {
    "zones": ("pull --since -1d --out data --zones-file {}", "# zones\n{}\n"),
    "names": ("report data --out r.html --names {}", "{}"),
    "application": ("apps create {{}} --file {}", '{{"{}": 1}}'),
    "key within an application": ("apps create {{}} --file {}", '{{"protocol": "tcp/22", "dns": {{"{}": "a"}}}}'),
    "key twice": ("apps create {{}} --file {}", '{{"{}": 1, "{}": 2}}'),
    "choice of an application": ("apps create {{}} --file {}", '{{"protocol": "tcp/22", "dns": {{"type": "{}"}}}}'),
    "origin of an application": (
        "apps create {{}} --file {}",
        '{{"protocol": "tcp/22", "dns": {{"name": "a.example"}}, "origin_direct": ["{}"]}}',
    ),
    "list for an application": ("apps create {{}} --file {}", '["{}"]'),
    "value of an application": ("apps create {{}} --file {}", '{{"protocol": "{}", "dns": {{"name": "{}"}}}}'),
    "plan": ("pull --out data --plan {}", '{{"zones": ["{}"]}}'),
    "account": ("pull --since -1d --out data --accounts {}", '[accounts.{}]\ntoken = "A"\n'),
    "key of an account": ("pull --since -1d --out data --accounts {}", '[accounts.a]\n{} = "A"\n'),
    "token of an account": ("pull --since -1d --out data --accounts {}", '[accounts.a]\ntoken = "{}"\nzones = ["a"]\n'),
    "zone of an account": ("pull --since -1d --out data --accounts {}", '[accounts.a]\ntoken = "A"\nzones = ["{}"]\n'),
    "profile": ("zones --profile work", "[profiles.{}]\n"),
    "key of a profile": ("zones --profile work", '[profiles.work]\n{} = "A"\n'),
    "token of a profile": ("zones --profile work", '[profiles.work]\ntoken = "{}"\n'),
    "key of the file": ("zones --profile work", '{} = "A"\n'),
}


@pytest.mark.parametrize("is_known", [True, False], ids=["of the environment", "unknown"])
@pytest.mark.parametrize("secret", [_MIXED, _MIXED.upper()], ids=["mixed", "of capitals"])
@pytest.mark.parametrize("name", FILES)
def test_a_token_in_a_file(
    cli: Any,
    sandbox: Sandbox,
    name: str,
    secret: str,
    is_known: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where it is a key, a name or a value of a file, also if the environment has no such token."""
    monkeypatch.chdir(tmp_path)
    line, text = FILES[name]
    file = tmp_path / "file"
    file.write_text(text.format(secret, secret), encoding="utf-8")
    words = [word.replace("{}", sandbox.zones[0]) for word in line.format(file).split()]
    for extra in ([], ["--json"]):
        environ = {"AIOSPECTRUM_CONFIG": str(file), **({"SHOP_TOKEN": secret} if is_known else {})}
        outcome = cli(*words, *extra, **environ)
        assert outcome.status in (1, 2)
        assert pieces_in(outcome.out + outcome.err, secret) == [], outcome


def test_the_token_of_a_profile_in_an_oddly_named_variable(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """It is as secret as that of CLOUDFLARE_API_TOKEN."""
    config = tmp_path / "config.toml"
    config.write_text('[profiles.work]\ntoken = "PROD"\n', encoding="utf-8")
    for words in (
        ["apps", "list", _MIXED],
        ["zones", "--name", _MIXED],
        ["bytime", sandbox.zones[0], "--sort", _MIXED],
    ):
        for extra in ([], ["--json"]):
            outcome = cli(*words, *extra, "--profile", "work", AIOSPECTRUM_CONFIG=str(config), PROD=_MIXED)
            assert outcome.status == 2
            assert pieces_in(outcome.out + outcome.err, _MIXED) == []
