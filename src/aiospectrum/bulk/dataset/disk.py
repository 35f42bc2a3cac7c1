"""The calls to the operating system that a dataset on a disk is written with."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":  # pragma: no cover - another platform
    import msvcrt
else:
    import fcntl

__all__ = ["Disk"]

_BEYOND = 1 << 30
"""Where the lock of a file lies on Windows, which keeps others from reading what is locked: after its end."""


class Disk:
    """One method for each call, all of which raise OSError; tests put one in its place whose calls fail."""

    def open(self, path: Path, flags: int) -> int:
        """Open or create a file, or open a folder.

        Args:
            path: Where it is.
            flags: Those of :func:`os.open`.

        Returns:
            The descriptor.
        """
        return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write as much as goes.

        Args:
            descriptor: The file.
            data: The bytes.

        Returns:
            How many were written.
        """
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Wait until a file, or the names in a folder, are on the disk.

        Args:
            descriptor: The file or folder.
        """
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file or folder.

        Args:
            descriptor: The file or folder.
        """
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Rename a file, in one step for all who read it.

        Args:
            source: Where it is.
            target: Where to, in the same file system; a file that is there is replaced.
        """
        os.replace(source, target)

    def make_folder(self, path: Path) -> None:
        """Make a folder.

        Args:
            path: Where it is not yet.
        """
        path.mkdir()

    def delete(self, path: Path) -> None:
        """Delete a file.

        Args:
            path: Where it is.
        """
        path.unlink()

    def lock(self, descriptor: int) -> bool:
        """Lock a file against others, until it is closed or the process ends, in whatever way.

        Args:
            descriptor: The file.

        Returns:
            False when somebody else has locked it.
        """
        try:
            if sys.platform == "win32":  # pragma: no cover - another platform
                os.lseek(descriptor, _BEYOND, os.SEEK_SET)
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                os.lseek(descriptor, 0, os.SEEK_SET)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter on Windows
            return False
        return True
