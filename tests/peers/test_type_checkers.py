"""Type checkers have nothing to say of programs that use the installed package, at their strictest."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.peers.conftest import Tally

ROOT = Path(__file__).parents[2]
CHECKERS = {
    "mypy": ["mypy", "--strict", "--warn-unreachable", "."],
    "pyright": ["pyright", "--warnings", "--pythonpath", sys.executable],
    "ty": ["ty", "check", "--error-on-warning", "--python", sys.executable],
    "pyrefly": [
        "pyrefly",
        "check",
        "--preset=strict",
        "--min-severity=warn",
        "--python-interpreter-path",
        sys.executable,
    ],
}
"""How a user runs each; they find aiospectrum where the interpreter does."""
MISTAKE = """\
from aiospectrum import Client, ReportByTime


async def main(client: Client) -> list[ReportByTime]:
    return await client.apps.list("0" * 32)
"""


def check(checker: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a checker on all files of a folder, which has no settings of ours."""
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    (folder / "pyrefly.toml").touch()  # else it would take over the settings for pyright
    program, *arguments = CHECKERS[checker]
    found = shutil.which(program, path=Path(sys.executable).parent)
    assert found is not None, f"{checker} is not installed next to {sys.executable}"
    return subprocess.run(  # noqa: S603 - a checker of the dependency group
        [found, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
    )


@pytest.mark.parametrize("checker", CHECKERS)
def test_programs_of_users(checker: str, tmp_path: Path, tally: Tally) -> None:
    """The examples and the program that tries every type are clean."""
    programs = [*ROOT.glob("examples/*.py"), ROOT / "tests/typing/api.py"]
    assert len(programs) >= 7
    for program in programs:
        shutil.copy(program, tmp_path)

    done = check(checker, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    tally.count(f"{checker} {version(checker)}", cases=len(programs))


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_mistake_is_found(checker: str, tmp_path: Path) -> None:
    """Each sees our types: it would say when a result is taken for something else."""
    (tmp_path / "mistake.py").write_text(MISTAKE)

    done = check(checker, tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "mistake.py:5" in done.stdout
    assert all(name in done.stdout for name in ("Page", "Report")), done.stdout
