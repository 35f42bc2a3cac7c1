"""Makes rendered text into a module as a person would have laid it out: explicit imports, then ruff."""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["explicit_imports", "format_module"]


def explicit_imports(text: str, exports: Mapping[str, Iterable[str]]) -> str:
    """Replace ``from module import *`` by the names that the text uses.

    Args:
        text: A module.
        exports: The names of each module that may be imported so.

    Returns:
        The module; a name that stands in a docstring alone is imported too, and removed by the formatter.
    """
    words = set(re.findall(r"\w+", text))

    def replace(match: re.Match[str]) -> str:
        names = [name for name in exports[match[1]] if name in words]
        return f"from {match[1]} import {', '.join(names)}" if names else ""

    return re.sub(r"^from (\S+) import \*$", replace, text, flags=re.MULTILINE)


def format_module(text: str, root: Path) -> str:
    """Remove unused imports, sort the rest and lay the text out, by the settings in ``pyproject.toml``.

    Args:
        text: A module.
        root: Folder of ``pyproject.toml``.

    Returns:
        The module.

    Raises:
        subprocess.CalledProcessError: The text is not Python.
    """
    text = _ruff(["check", "--fix-only", "--select", "F401,I,RUF022"], text, root)
    return _ruff(["format"], text, root)


def _ruff(arguments: list[str], text: str, root: Path) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "--quiet", "--stdin-filename", "module.py", "-"]
    # The command is ruff's and the text goes in by its stdin.
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=root)  # noqa: S603 - ours
    return done.stdout
