"""A dataset in a folder of a disk."""

import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import Final

from aiospectrum.bulk.dataset.errors import DestinationBusyError
from aiospectrum.bulk.dataset.state import LOCK

if sys.platform == "win32":  # pragma: no cover - another platform
    import msvcrt
else:
    import fcntl

__all__ = ["Disk", "LocalStore"]

_HAS_FOLDERS_TO_SYNC: Final = os.name != "nt"
_LONGEST_OWNER: Final = 200
_BEYOND: Final = 1 << 30
"""Where the lock of a file lies on Windows, which keeps others from reading what is locked: after its end."""


class Disk:
    """The calls to the operating system, all of which raise OSError; tests pass in one whose calls fail."""

    def open(self, path: Path, flags: int) -> int:
        """Open or create a file, or open a folder; returns the descriptor."""
        return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write as much as fits, and give how many bytes that was."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Wait until a file, or the names in a folder, are on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file or folder."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Rename a file, in one step for all who read it; a file that is there is replaced."""
        os.replace(source, target)

    def make_folder(self, path: Path) -> None:
        """Make a folder."""
        path.mkdir()

    def delete(self, path: Path) -> None:
        """Delete a file."""
        path.unlink()

    def lock(self, descriptor: int) -> bool:
        """Lock a file until it is closed or the process ends; returns False when somebody else has locked it."""
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


class LocalStore:
    """A folder on a disk; see :class:`~aiospectrum.bulk.dataset.store.Store`.

    Files are synced before they are renamed, and folders after that, so that what has returned survives a crash of the
    machine too. The lock is one of the operating system, which ends with the process.
    """

    journal_lines: None = None
    """Files can be appended to without end."""

    renew_every: None = None
    """The operating system knows whether the owner of the lock is alive."""

    def __init__(self, root: Path, *, disk: Disk | None = None) -> None:
        """Keep the settings; nothing is touched yet.

        Args:
            root: The folder, which is made when it is not there.
            disk: The calls to the operating system; its own when None.
        """
        self._root = root
        self._disk = Disk() if disk is None else disk
        self._folders: set[Path] = set()
        self._lock: int | None = None
        self._journal: int | None = None

    @property
    def name(self) -> str:
        """The path of the folder."""
        return str(self._root)

    def lock(self) -> None:
        """Make the folder, and lock a file in it."""
        self._make_folder(self._root / "state")
        self._make_folder(self._root / "data")
        lock = self._disk.open(self._root / LOCK, os.O_RDWR | os.O_CREAT)
        try:
            if not self._disk.lock(lock):
                owner = os.read(lock, _LONGEST_OWNER).decode(errors="replace").strip()
                raise DestinationBusyError(f"{self.name}: {owner or 'another process'} is saving there")
            os.ftruncate(lock, 0)
            self._write(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        except BaseException:  # the lock is not ours; the error propagates
            self._disk.close(lock)
            raise
        self._lock = lock

    def renew_lock(self) -> None:
        """Do nothing: the operating system knows."""

    def unlock(self) -> None:
        """Close the journal and the lock."""
        journal, self._journal = self._journal, None
        lock, self._lock = self._lock, None
        try:
            if journal is not None:
                self._disk.close(journal)
        finally:
            if lock is not None:
                self._disk.close(lock)

    def list(self) -> dict[str, int]:
        """Walk through the folders that a dataset has."""
        sizes: dict[str, int] = {}
        with os.scandir(self._root) as top:
            folders = [each.name for each in top if each.name in ("data", "state")]
        while folders:
            folder = folders.pop()
            with os.scandir(self._root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    else:
                        sizes[path] = entry.stat().st_size
        return sizes

    def read(self, path: str) -> bytes:
        """Read a file."""
        return (self._root / path).read_bytes()

    def stage(self, path: str, data: bytes) -> None:
        """Write and sync a file, and leave none that is incomplete.

        Its name is not synced: a file that a crash of the machine takes away again counts as never written.
        """
        target = self._root / path
        descriptor = self._disk.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            try:
                self._write(descriptor, data)
                self._disk.sync(descriptor)
            finally:
                self._disk.close(descriptor)
        except OSError:
            with contextlib.suppress(OSError):  # the first error says more; what is left is deleted by the next run
                self._disk.delete(target)
            raise

    def publish(self, staged: str, path: str) -> None:
        """Rename a file, and sync the folder that it is in then."""
        target = self._root / path
        self._make_folder(target.parent)
        self._disk.replace(self._root / staged, target)
        self._sync_folder(target.parent)

    def append(self, path: str, lines: bytes) -> None:
        """Write at the end of the run's one journal, which is created when it has its first lines."""
        if self._journal is None:
            target = self._root / path
            self._journal = self._disk.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
            self._sync_folder(target.parent)
        self._write(self._journal, lines)
        self._disk.sync(self._journal)

    def delete(self, path: str) -> None:
        """Delete a file."""
        self._disk.delete(self._root / path)

    def _write(self, descriptor: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._disk.write(descriptor, view) :]

    def _make_folder(self, path: Path) -> None:
        """Make a folder and those above it, each with its name on the disk."""
        if path in self._folders:
            return
        if not path.is_dir():
            self._make_folder(path.parent)
            with contextlib.suppress(
                FileExistsError
            ):  # another thread was faster; any other file makes the next call fail
                self._disk.make_folder(path)
            self._sync_folder(path.parent)
        self._folders.add(path)

    def _sync_folder(self, path: Path) -> None:
        if not _HAS_FOLDERS_TO_SYNC:
            return
        descriptor = self._disk.open(path, os.O_RDONLY)
        try:
            self._disk.sync(descriptor)
        finally:
            self._disk.close(descriptor)
