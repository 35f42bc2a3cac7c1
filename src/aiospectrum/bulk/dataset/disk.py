"""The calls to the operating system that a dataset in a folder needs; none of them follows a link in the folder."""

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Final, NamedTuple

if sys.platform == "win32":  # pragma: no cover - another platform
    import msvcrt
else:
    import fcntl

__all__ = ["Disk", "Folder"]

_HAS_DESCRIPTORS: Final = {os.open, os.stat, os.mkdir, os.unlink, os.rename} <= os.supports_dir_fd

_FILE_FLAGS: Final = (
    getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # so that no FIFO which takes the place of a file holds the thread
    | getattr(os, "O_NOCTTY", 0)
)
_FOLDER_FLAGS: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NONBLOCK", 0)

_REPARSE_POINT: Final = 0x400
"""What links, junctions and mount points have on Windows."""

_BEYOND: Final = 1 << 30
"""Where the lock of a file lies on Windows, which keeps others from reading what is locked: after its end."""


class Folder(NamedTuple):
    """A folder that is open."""

    path: Path
    """Where it is."""

    descriptor: int | None
    """What the platform knows it by, wherever that path leads later; None where names need whole paths."""


class Disk:
    """The calls to the operating system, all of which raise OSError; tests pass in one whose calls fail.

    A name has one component, and is that of a file or folder in an open folder.
    """

    def __init__(self, *, has_descriptors: bool = _HAS_DESCRIPTORS) -> None:
        """Choose how names are found.

        Args:
            has_descriptors: Whether folders are held open; False where the platform cannot, as on Windows.
        """
        self._has_descriptors = has_descriptors

    def open_root(self, path: Path) -> Folder:
        """Open the folder that the user names, which may be a link."""
        if not self._has_descriptors:
            if not path.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
            return Folder(path, None)
        return Folder(path, os.open(path, _FOLDER_FLAGS))

    def open_folder(self, within: Folder, name: str) -> Folder:
        """Open a folder that is no link."""
        path = within.path / name
        if within.descriptor is not None:
            return Folder(path, os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=within.descriptor))
        there = path.lstat()
        if not stat.S_ISDIR(there.st_mode) or getattr(there, "st_file_attributes", 0) & _REPARSE_POINT:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        return Folder(path, None)

    def close_folder(self, folder: Folder) -> None:
        """Close a folder."""
        if folder.descriptor is not None:
            os.close(folder.descriptor)

    def make_root(self, path: Path) -> None:
        """Make the folder that the user names, or one above it."""
        path.mkdir()

    def make_folder(self, within: Folder, name: str) -> None:
        """Make a folder."""
        path, descriptor = _place(within, name)
        os.mkdir(path, dir_fd=descriptor)

    def list(self, folder: Folder) -> list[str]:
        """The names of all that is in a folder."""
        return os.listdir(folder.path if folder.descriptor is None else folder.descriptor)

    def find(self, folder: Folder, name: str) -> os.stat_result | None:
        """What has a name; None when nothing has."""
        path, descriptor = _place(folder, name)
        try:
            return os.stat(path, dir_fd=descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, folder: Folder, name: str, flags: int) -> int:
        """Open or create a file; returns the descriptor."""
        path, descriptor = _place(folder, name)
        return os.open(path, flags | _FILE_FLAGS, 0o666, dir_fd=descriptor)

    def read(self, descriptor: int, most: int) -> bytes:
        """Read up to a number of bytes; none at the end."""
        return os.read(descriptor, most)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write as much as fits, and give how many bytes that was."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Wait until a file is on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)

    def replace(self, source: tuple[Folder, str], target: tuple[Folder, str]) -> None:
        """Rename a file, in one step for all who read it; a file that is there is replaced."""
        (old, old_folder), (new, new_folder) = _place(*source), _place(*target)
        os.replace(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)

    def delete(self, folder: Folder, name: str) -> None:
        """Delete a file."""
        path, descriptor = _place(folder, name)
        os.unlink(path, dir_fd=descriptor)

    def lock(self, descriptor: int, *, is_shared: bool = False) -> bool:
        """Lock a file until it is closed or the process ends; returns False when somebody else has locked it.

        Those who share a lock keep out nobody but whoever wants it alone. Windows shares none.
        """
        try:
            if sys.platform == "win32":  # pragma: no cover - another platform
                os.lseek(descriptor, _BEYOND, os.SEEK_SET)
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                os.lseek(descriptor, 0, os.SEEK_SET)
            else:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter on Windows
            return False
        return True


def _place(folder: Folder, name: str) -> tuple[str | Path, int | None]:
    return (folder.path / name if folder.descriptor is None else name), folder.descriptor
