"""A dataset in a folder of a disk."""

import contextlib
import errno
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiospectrum.bulk.dataset.disk import Disk, Folder
from aiospectrum.bulk.dataset.errors import DestinationBusyError, ManifestError
from aiospectrum.bulk.dataset.paths import FOLDERS, UPKEEP, WRITER, check_path, is_path, lock_path, read_lock_name
from aiospectrum.bulk.dataset.state import check_size

__all__ = ["LocalStore"]

_LONGEST_OWNER: Final = 200
_PIECE: Final = 1 << 24
_TRIES: Final = 200
_BETWEEN: Final = 0.005
"""How often a lock is tried that others only look at, and the seconds between: one of them may have to wait itself."""
"""Bytes that are read at once."""

_CANNOT_SYNC: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems answer that keep what is written without being told, as some of networks do."""

_CANNOT_LOCK: Final = _CANNOT_SYNC | {errno.ENOLCK}
_OTHER_KIND: Final = frozenset({errno.ELOOP, errno.EMLINK, errno.ENOTDIR, errno.EISDIR, errno.ENXIO})
"""What opening a link or a socket fails with, or a file in place of a folder."""


class LocalStore:
    """A folder on a disk; see :class:`~aiospectrum.bulk.dataset.store.Store`.

    Nothing in the folder is believed: it may have come from elsewhere. Only files with names of ours are opened, within
    folders that are held open, and no link is followed, except that the folder itself may be one. What should be a file
    and is a link, a FIFO or a device is a ManifestError, and is not opened. Only files that this run has made are
    written; the lock has a line for people, unless it has other names elsewhere.

    Files are synced before they are renamed, and folders after that, so that what has returned survives a crash of the
    machine too, as far as the file system can be synced. The lock is one of the operating system, which ends with the
    process.
    """

    journal_lines: None = None
    """Files can be appended to without end."""

    renew_every: None = None
    """The operating system knows whether the owner of a lock is alive."""

    def __init__(self, root: Path, *, disk: Disk | None = None, pause: Callable[[float], object] = time.sleep) -> None:
        """Keep the settings; nothing is touched yet.

        Args:
            root: The folder, which is made when it is not there.
            disk: The calls to the operating system; its own when None.
            pause: Blocks for a number of seconds.
        """
        self._pause = pause
        self._root = root
        self._disk = Disk() if disk is None else disk
        self._held: Folder | None = None
        self._locks: dict[str, int] = {}
        self._journal: tuple[str, int] | None = None
        self._is_abandoned = False

    @property
    def name(self) -> str:
        """The path of the folder."""
        return str(self._root)

    def enter(self) -> None:
        """Lock the file of the dataset."""
        self.lock("")

    def leave(self) -> None:
        """Close that file."""
        lock = self._locks.pop("", None)
        if lock is not None:
            self._disk.close(lock)

    def lock(self, name: str = WRITER) -> None:
        """Make the folders, and lock a file in one of them."""
        if self._held is None:
            self._make_root(self._root)
            self._held = self._disk.open_root(self._root)
            for folder in FOLDERS:
                self._make_folder(self._held, folder)
        lock = self._open(lock_path(name), os.O_RDWR | os.O_CREAT)
        try:
            self._take(lock)
        except BaseException:  # the lock is not ours; the error propagates
            self._disk.close(lock)
            raise
        self._locks[name] = lock

    def others(self) -> dict[str, str]:
        """Try the locks that are there."""
        with self._folder("state") as folder:
            names = [read_lock_name(f"state/{name}") for name in self._disk.list(folder)]
        owners = {name: self._owner_of(name) for name in names if name and name not in self._locks}
        return {name: owner for name, owner in owners.items() if owner is not None}

    def probe(self, name: str = WRITER) -> None:
        """Try the locks that are there; where there is none, look whether one could be made."""
        try:
            self._disk.close(self._open(lock_path(""), os.O_RDWR))
        except FileNotFoundError:
            self._probe_root()
            return
        for each in (UPKEEP, name):
            owner = self._owner_of(each)
            if owner is not None:
                raise self._busy(owner)

    def _probe_root(self) -> None:
        there = self._root
        while not os.path.lexists(there) and there != there.parent:
            there = there.parent
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))

    def _owner_of(self, name: str) -> str | None:
        """Who has locked a file; None when nobody has."""
        try:
            lock = self._open(lock_path(name), os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            return self._claim(lock, is_shared=True)
        finally:
            self._disk.close(lock)

    def _take(self, lock: int) -> None:
        owner = self._claim(lock)
        for _ in range(_TRIES):
            if owner is None or self._claim(lock, is_shared=True) is not None:
                break
            self._pause(_BETWEEN)  # those that share it only look whether it is free, and are gone soon
            owner = self._claim(lock)
        if owner is not None:
            raise self._busy(owner)
        if _has_one_name(lock):
            self._check_active()
            os.ftruncate(lock, 0)
            self._write(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode())

    def _claim(self, lock: int, *, is_shared: bool = False) -> str | None:
        """Lock a file; gives who has locked it when somebody has."""
        try:
            is_free = self._disk.lock(lock, is_shared=is_shared)
        except OSError as error:
            if error.errno not in _CANNOT_LOCK:
                raise
            raise OSError(errno.ENOLCK, "the file system has no locks, which keep a second run out") from error
        if is_free:
            return None
        owner = self._disk.read(lock, _LONGEST_OWNER).decode(errors="replace") if _has_one_name(lock) else ""
        return "".join(filter(str.isprintable, owner)) or "another process"

    def _busy(self, owner: str) -> DestinationBusyError:
        return DestinationBusyError(f"{self.name}: {owner} is saving there")

    def renew_lock(self) -> None:
        """Do nothing: the operating system knows."""

    def abandon(self) -> None:
        """Refuse all that would change the dataset from now on."""
        self._is_abandoned = True

    def unlock(self) -> None:
        """Close the journal, the locks and the folder."""
        journal, self._journal = self._journal, None
        locks, self._locks = self._locks, {}
        held, self._held = self._held, None
        with contextlib.ExitStack() as closing:
            if held is not None:
                closing.callback(self._disk.close_folder, held)
            for lock in locks.values():
                closing.callback(self._disk.close, lock)
            if journal is not None:
                closing.callback(self._disk.close, journal[1])

    def list(self) -> dict[str, int]:
        """Find all files with names of ours."""
        sizes: dict[str, int] = {}
        for folder_name in FOLDERS:
            try:
                with self._folder(folder_name) as folder:
                    for name in self._disk.list(folder):
                        path = f"{folder_name}/{name}"
                        if is_path(path) and (there := self._disk.find(folder, name)) is not None:
                            sizes[path] = self._check_file(path, there).st_size
            except FileNotFoundError:  # nothing has been saved there yet
                continue
        return sizes

    def foreign(self) -> tuple[str, ...]:
        """Find what is in the folder of the data files and has no name of ours."""
        try:
            with self._folder("data") as folder:
                paths = [f"data/{name}" for name in self._disk.list(folder)]
        except FileNotFoundError:  # nothing has been saved there yet
            return ()
        return tuple(path for path in paths if not is_path(path))

    def read(self, path: str, most: int | None = None) -> bytes:
        """Read a file, as long as it was when it was opened."""
        descriptor = self._open(path, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size
            check_size(path, size, most)
            pieces = []
            while size > 0 and (piece := self._disk.read(descriptor, min(size, _PIECE))):
                pieces.append(piece)
                size -= len(piece)
        finally:
            self._disk.close(descriptor)
        return b"".join(pieces)

    def stage(self, path: str, data: bytes) -> None:
        """Write and sync a new file, and leave none that is incomplete.

        Its name is not synced: a file that a crash of the machine takes away again counts as never written.
        """
        try:
            descriptor = self._create(path)
        except FileExistsError:  # a run that died left it
            self.delete(path)
            descriptor = self._create(path)
        try:
            try:
                self._write(descriptor, data)
                self._sync(descriptor)
            finally:
                self._disk.close(descriptor)
        except OSError:
            with contextlib.suppress(OSError):  # the first error says more; what is left is deleted by the next run
                self.delete(path)
            raise

    def publish(self, staged: str, path: str) -> None:
        """Rename a file, and sync the folder that it is in then."""
        with self._file(staged) as source, self._file(path) as target:
            self._check_active()
            self._disk.replace(source, target)
            self._sync_folder(target[0])

    def append(self, path: str, lines: bytes) -> None:
        """Write at the end of the run's journal, which is created when it has its first lines."""
        if self._journal is None or self._journal[0] != path:
            before, self._journal = self._journal, None
            if before is not None:
                self._disk.close(before[1])
            self._journal = path, self._create(path, os.O_APPEND)
            with self._file(path) as (folder, _):
                self._sync_folder(folder)
        self._write(self._journal[1], lines)
        self._sync(self._journal[1])

    def delete(self, path: str) -> None:
        """Delete a file; one that is not there has been."""
        with self._file(path) as (folder, name), contextlib.suppress(FileNotFoundError):
            self._check_active()
            self._disk.delete(folder, name)

    @contextmanager
    def _folder(self, name: str) -> Iterator[Folder]:
        """A folder of ours, within the one that the lock was found in."""
        with contextlib.ExitStack() as closing:
            root = self._held
            if root is None:
                root = self._disk.open_root(self._root)
                closing.callback(self._disk.close_folder, root)
            try:
                folder = self._disk.open_folder(root, name)
            except OSError as error:
                if error.errno not in _OTHER_KIND:
                    raise
                raise ManifestError(f"{self.name}: {name} is a link or a file in place of a folder") from error
            closing.callback(self._disk.close_folder, folder)
            yield folder

    @contextmanager
    def _file(self, path: str) -> Iterator[tuple[Folder, str]]:
        """The folder and the name of a file."""
        folder_name, name = check_path(path)
        with self._folder(folder_name) as folder:
            yield folder, name

    def _create(self, path: str, flags: int = 0) -> int:
        return self._open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | flags)

    def _open(self, path: str, flags: int) -> int:
        """Open a file, which is nothing else."""
        with self._file(path) as (folder, name):
            there = self._disk.find(folder, name)
            if there is not None:
                self._check_file(path, there)
            if flags & os.O_CREAT:
                self._check_active()
            try:
                descriptor = self._disk.open(folder, name, flags)
            except OSError as error:
                if error.errno not in _OTHER_KIND:
                    raise
                raise self._other_kind(path) from error
        try:
            self._check_file(path, os.fstat(descriptor))  # what has taken its place since
        except ManifestError:
            self._disk.close(descriptor)
            raise
        return descriptor

    def _check_file(self, path: str, there: os.stat_result) -> os.stat_result:
        if not stat.S_ISREG(there.st_mode):
            raise self._other_kind(path)
        return there

    def _other_kind(self, path: str) -> ManifestError:
        return ManifestError(f"{self.name}: {path} is a link, a folder or a device in place of a file: remove it")

    def _check_active(self) -> None:
        """Checked before each step that others can see."""
        if self._is_abandoned:
            raise OSError(errno.ECANCELED, "the run has ended, and this step came too late")

    def _write(self, descriptor: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._check_active()
            view = view[self._disk.write(descriptor, view) :]

    def _sync(self, descriptor: int) -> None:
        try:
            self._disk.sync(descriptor)
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:
                raise

    def _sync_folder(self, folder: Folder) -> None:
        if folder.descriptor is not None:
            self._sync(folder.descriptor)

    def _make_folder(self, root: Folder, name: str) -> None:
        self._check_active()
        try:
            self._disk.make_folder(root, name)
        except FileExistsError:  # any other file makes the next call fail
            return
        self._sync_folder(root)

    def _make_root(self, path: Path) -> None:
        """Make a folder and those above it, each with its name on the disk."""
        if path.is_dir():
            return
        self._make_root(path.parent)
        self._check_active()
        with contextlib.suppress(FileExistsError):  # another run was faster; any other file makes the next call fail
            self._disk.make_root(path)
        try:
            above = self._disk.open_root(path.parent)
        except PermissionError:  # it can be written, and not be read
            return
        try:
            self._sync_folder(above)
        finally:
            self._disk.close_folder(above)


def _has_one_name(descriptor: int) -> bool:
    """Whether a file has no other name elsewhere; what has one is neither read nor written."""
    return os.fstat(descriptor).st_nlink == 1
