"""Compares the generated package with the disk, and writes it."""

import difflib
from collections.abc import Mapping
from pathlib import Path

__all__ = ["find_drift", "write_package"]


def find_drift(package: Mapping[str, str], folder: Path) -> str:
    """Compare, byte for byte and file for file.

    Args:
        package: The text of each file by its name.
        folder: Where the files should be.

    Returns:
        A unified diff from the disk to the package, empty when both are the same.
    """
    parts: list[str] = []
    for name in sorted({*package, *_names(folder)}):
        path = folder / name
        on_disk = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
        wanted = package.get(name, "")
        if name not in package:
            parts.append(f"{path} should not be there\n")
        elif not path.is_file():
            parts.append(f"{path} is missing\n")
        if on_disk != wanted:
            before, after = on_disk.splitlines(keepends=True), wanted.splitlines(keepends=True)
            parts += difflib.unified_diff(before, after, f"{path} (on disk)", f"{path} (from the spec)")
    return "".join(parts)


def write_package(package: Mapping[str, str], folder: Path) -> list[str]:
    """Make the folder hold the package and nothing else.

    Args:
        package: The text of each file by its name.
        folder: Where the files should be; made when missing.

    Returns:
        Names of the files that were written or removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name in sorted(_names(folder) - package.keys()):
        (folder / name).unlink()
        changed.append(name)
    for name, text in package.items():
        path, data = folder / name, text.encode()
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
            changed.append(name)
    return changed


def _names(folder: Path) -> set[str]:
    """The files of the folder but for what Python itself puts there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
