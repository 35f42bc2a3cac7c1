"""What the command says to wrong inputs: a line that ends with the next step."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.cli.consoles import make_console
from aiospectrum.cli.examples import EXAMPLES
from aiospectrum.cli.program import build_program
from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import FakeTime
from tests.cli.wrong_inputs import PAGE, WRONG, Printed, WrongInput, render_page, try_all

PROGRAM = build_program(make_console(None, {}))
STEP = re.compile(
    r"(; see `aiospectrum [a-z -]*--help`|did you mean .+|; `aiospectrum .+|`aiospectrum pull` would make"
    r"|; (check|name|write|set|put|give|--unchecked sends) .+|--timeout permits more seconds)$",
    re.IGNORECASE,
)
"""How a line says what to do."""


@pytest.fixture(scope="module")
def printed() -> list[Printed]:
    """What the command says to each."""
    return try_all()


@pytest.mark.parametrize("wrong", WRONG, ids=[wrong.name for wrong in WRONG])
def test_wrong_inputs(wrong: WrongInput, printed: list[Printed]) -> None:
    """One line, nothing on the standard output, the exit status of its kind, and the next step at the end."""
    seen = printed[WRONG.index(wrong)]
    assert (seen.status, seen.out, seen.err.count("\n")) == (wrong.status, "", 1)
    assert seen.err.startswith("aiospectrum: ")
    assert wrong.step in seen.err
    assert "s3cr3t" not in seen.err


def test_the_page_shows_what_is_printed(printed: list[Printed]) -> None:
    """docs/reference/command-errors.md is what `python -m tests.cli.wrong_inputs` writes."""
    assert PAGE.read_text(encoding="utf-8") == render_page(printed)


def options(words: str) -> Iterator[str]:
    """The options of a command that have a value."""
    command = PROGRAM
    for word in words.split():
        command = command[word]
    for argument in command.assemble_argument_collection():
        if argument.parse and argument.hint is not bool:
            yield from [name for name in argument.names if name.startswith("--")][:1]
    yield from ("--profile", "--timeout")


@pytest.mark.parametrize("value", ["nonsense-\x07", "-1", "../x", "9" * 40], ids=ascii)
@pytest.mark.parametrize("words", [words for words in EXAMPLES if words not in ("exporter", "sandbox", "completion")])
def test_any_option_with_a_wrong_value(
    cli: Any, sandbox: Sandbox, words: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever option it is: the call works, or its only line of error says what to do."""
    folder = tmp_path / "folder"  # so that ../x is of this test alone
    folder.mkdir()
    monkeypatch.chdir(folder)
    zone = sandbox.zones[0]
    example = EXAMPLES[words][0].replace("example.com", zone).replace("--out data/", "--dry-run")
    for option in options(words):
        kept = [*shlex.split(example)[1:], *(["--zone", zone, "--rounds", "1"] if words == "watch" else [])]
        if option in kept:
            place = kept.index(option)
            del kept[place : place + 2]
        outcome = cli(*kept, f"{option}={value}", time=FakeTime())
        if outcome.status:
            lines = outcome.err.splitlines()
            assert lines, option
            assert lines[-1].startswith("aiospectrum: "), (option, lines)
            assert STEP.search(lines[-1]), (option, lines[-1])
            assert "\x07" not in outcome.err
