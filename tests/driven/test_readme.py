"""The README is true: its code runs, and its commands are those of CI."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
TESTS = [block for block in BLOCKS if "def test_" in block]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


async def test_the_tour_runs(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The blocks of the README run one after the other, as a reader would type them."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", sandbox.api_token)
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", sandbox.url)
    names: dict[str, Any] = {"zone_id": sandbox.zones[0], "folder": tmp_path / "data"}
    tour = [block for block in BLOCKS if block not in TESTS]
    assert len(tour) == 11

    for block in tour:
        code = compile(block, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        done = eval(code, names)  # noqa: S307 - our own README
        if inspect.isawaitable(done):
            await done

    printed = capsys.readouterr().out
    assert "6 of 6" in printed
    assert "no such application; ray id" in printed
    assert "200 " in printed
    saved = names["result"]
    assert (saved.done + saved.filling, saved.failed) == (len(names["plan"]), ())
    assert saved.filling > 0
    assert {*names["table"]["app_name"].to_pylist()} <= {*names["names"].values()}
    assert len(names["restored"]) == 5
    assert names["report"].rows == len(names["report"].data) > 0


def test_the_fixture_works_as_shown(tmp_path: Path) -> None:
    """The test in the README passes in a project of its own that has the package installed."""
    [block] = TESTS
    (tmp_path / "test_bot.py").write_text(block, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-o",
        "asyncio_mode=auto",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own README

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_ci_runs_the_second_command() -> None:
    """CI runs what the README says."""
    commands = re.findall(r"^python3 -m venv .*$", README, flags=re.MULTILINE)

    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
