"""Tables and versions for all scripts here."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

__all__ = ["describe_run", "format_table"]


def format_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out a table as Markdown that can be read as it is; the first column is aligned to the left."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    marks = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in [lines[0], marks, *lines[1:]]
    )


def describe_run(*packages: str) -> str:
    """One line that says when, on what and with which versions something was measured."""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{datetime.now(UTC):%Y-%m-%d}: {versions}, {system}"
