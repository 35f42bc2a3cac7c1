"""``completion``: each shell that is there loads its script, and completes commands, options, choices and files."""

import os
import pty
import select
import shutil
import signal
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TYPED = {
    "": {"apps", "zones", "pull"},
    "apps ": {"list", "create"},
    "--timeout 10 apps ": {"list", "create"},
    "--profile work ": {"apps", "zones", "pull"},
    "--wide apps cre": {"create"},
    "apps create --t": {"--tls", "--traffic-type"},
    "apps create --tls ": {"off", "strict"},
    "bytime example.com --time-delta d": {"day", "dekaminute"},
    "zones --prof": {"--profile"},
    "pull --out ": {"saved/", "there.txt"},
    "dataset status ": {"saved/"},
}
"""What is typed before the key, and some of what is offered."""

LOADED = {
    "bash": "source ./_aiospectrum; bind 'set show-all-if-ambiguous on'; bind 'set completion-query-items -1'",
    "zsh": "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; unsetopt list_ambiguous auto_menu",
    "zsh, sourced": "autoload -Uz compinit; compinit -u -D; source ./_aiospectrum; unsetopt list_ambiguous auto_menu",
}
"""How a shell that a person types into is given the script, and made to list at once what it offers."""

PROMPT = "READY:"

OPTIONS = {"bash": ("--norc", "--noprofile", "-i"), "zsh": ("-f", "-i")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file and a folder, where a person types."""
    (tmp_path / "saved").mkdir()
    (tmp_path / "there.txt").touch()
    return tmp_path


def find(shell: str) -> str:
    """A shell of this machine."""
    return shutil.which(shell) or pytest.skip(f"needs {shell}")


@contextmanager
def terminal(command: list[str], folder: Path) -> Iterator[int]:
    """Start a program in a terminal with room for all that is listed."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (200, 200))
    environ = {"TERM": "dumb", "HOME": str(folder), "PATH": os.environ["PATH"]}
    files = {"stdin": its, "stdout": its, "stderr": its}
    with subprocess.Popen(command, cwd=folder, env=environ, start_new_session=True, **files) as process:  # noqa: S603
        os.close(its)
        try:
            yield ours
        finally:
            process.send_signal(signal.SIGKILL)
            os.close(ours)


def type_into(ours: int, text: str) -> str:
    """Type a command, with what comes before it; return what is shown until the shell waits for another one."""
    os.write(ours, f"{text}echo DO''NE\n".encode())
    shown = ""
    while "DONE\r\n" not in shown or PROMPT not in shown.partition("DONE\r\n")[2]:
        readable, _, _ = select.select([ours], [], [], 30)
        assert readable, shown
        shown += os.read(ours, 4096).decode()
    return shown


@pytest.mark.parametrize("how", LOADED)
def test_a_shell_completes(bare_cli: Any, how: str, folder: Path) -> None:
    """When Tab is pressed."""
    shell = how.partition(",")[0]
    program = find(shell)
    (folder / "_aiospectrum").write_text(bare_cli("completion", shell).out)
    offered = {}
    with terminal([program, *OPTIONS[shell]], folder) as ours:
        type_into(ours, f"PS1={PROMPT[:2]}''{PROMPT[2:]}; {LOADED[how]}; ")
        for typed in TYPED:
            offered[typed] = {*type_into(ours, f"aiospectrum {typed}\t\t\x15").split()}
        only_one = type_into(ours, "aiospectrum pull --zones-file the\t\x15")

    assert {typed: expected - offered[typed] for typed, expected in TYPED.items() if expected - offered[typed]} == {}
    assert "--zones-file there.txt" in only_one


def test_fish_completes(bare_cli: Any, folder: Path) -> None:
    """By the command that says what it would offer."""
    program = find("fish")
    (folder / "_aiospectrum").write_text(bare_cli("completion", "fish").out)
    asked = [f"complete -C 'aiospectrum {typed}' | string split -f1 \\t; echo -" for typed in TYPED]
    done = subprocess.run(  # noqa: S603  # fish with our own script
        [program, "--no-config", "-c", "; ".join(["source ./_aiospectrum", *asked])],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    offered = [{*lines.split()} for lines in done.stdout.split("-\n")[:-1]]

    assert [expected - found for expected, found in zip(TYPED.values(), offered, strict=True)] == [set()] * len(TYPED)
    assert done.stderr == ""


@pytest.mark.parametrize(("shell", "start"), [("bash", "# Bash"), ("zsh", "#compdef aiospectrum"), ("fish", "# Fish")])
def test_each_shell_gets_its_script(bare_cli: Any, shell: str, start: str) -> None:
    """And no other shell one."""
    outcome = bare_cli("completion", shell)

    assert (outcome.status, outcome.out.startswith(start)) == (0, True)
    assert bare_cli("completion", "tcsh").status == 2
