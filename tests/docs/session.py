"""Runs what is on a page, as a reader would: Python typed into ``python -m asyncio``, and commands in a shell."""

import ast
import inspect
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from codeop import CommandCompiler
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

from tests.docs.pages import Block

__all__ = ["Session", "run_commands"]

PARSED: Final = ("sandbox", "watch", "exporter", "demo")
"""Commands that go on until Ctrl-C, or take long: they are run up to where they would start an event loop."""

ELSEWHERE: Final = ("pip", "uvicorn", "dask", "nox", "git", "pre-commit")
"""Programs that are not ours, and would install or serve something."""

_PROGRAMS: Final = {
    "python": "import os, sys; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])",
    "python3": """
import pathlib, sys
assert sys.argv[1:3] == ["-m", "venv"], sys.argv  # an environment in which all is installed already
here, made = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[3], "bin")
made.parent.mkdir(exist_ok=True)
made.exists() or made.symlink_to(here)
(made / "activate").touch()
""",
    "pytest": "import sys; import pytest; sys.exit(pytest.main(['-p', 'no:cacheprovider', *sys.argv[1:]]))",
    "aiospectrum": f"""
import asyncio, sys
from aiospectrum.cli import main
if sys.argv[1] in {PARSED}:
    asyncio.run = lambda work: (work.close(), sys.exit(0))
sys.exit(main())
""",
    **dict.fromkeys(ELSEWHERE, ""),
}
_CRON: Final = re.compile(r"^[\d*]+( [\d*]+){4} +", re.MULTILINE)


@attrs.define
class Session:
    """What a reader of one page has open."""

    folder: Path
    is_checkout: bool = False
    """Whether the page is for those who work on the project: its commands need a checkout, and CI runs them."""
    names: dict[str, Any] = attrs.field(factory=dict)

    async def run(self, block: Block) -> None:
        """Do with a block what a reader does."""
        if block.file is not None:
            (self.folder / block.file).write_text(block.text, encoding="utf-8")
        match block.language:
            case "python" if block.file is None:
                await self._type(block)
            case "python":
                compile(block.text, str(block.file), "exec")
            case "sh":
                run_commands(block.text, self.folder, only_parsed=self.is_checkout)
            case "toml":
                tomllib.loads(block.text)
            case "yaml":
                yaml.safe_load(block.text)
            case "json":
                json.loads(block.text)

    async def _type(self, block: Block) -> None:
        """Line after line: an empty one ends what is indented, as it does at a prompt."""
        complete = CommandCompiler()
        complete.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        waiting: list[str] = []
        for line in [*block.text.splitlines(), ""]:
            waiting.append(line)
            code = complete("\n".join(waiting), f"{block.page}:{block.line}", "single")
            if code is not None:
                waiting.clear()
                done = eval(code, self.names)  # noqa: S307 - our own pages
                if inspect.isawaitable(done):
                    await done
        assert not waiting, f"not complete: {waiting}"


def run_commands(commands: str, folder: Path, *, only_parsed: bool = False) -> None:
    """Run commands in a shell that stops at the first one that fails."""
    programs = folder / ".programs"
    programs.mkdir(exist_ok=True)
    for name, text in _PROGRAMS.items():
        program = programs / name
        program.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run(  # noqa: S603 - our own pages
        ["/bin/sh", "-eun" if only_parsed else "-eu", "-c", _CRON.sub("", commands)],
        cwd=folder,
        env={
            **os.environ,
            "HOME": str(folder),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
