"""A dataset in any file system that fsspec knows, such as an object store; needs ``aiospectrum[fsspec]``."""

import contextlib
import errno
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiospectrum._extras import import_extra
from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk.dataset.errors import DestinationBusyError, SaveError
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.state import FOLDERS, check_path, check_size, is_path
from aiospectrum.bulk.dataset.store import Store

__all__ = ["RemoteStore", "as_os_error", "open_remote"]

_EXPIRES_AFTER: Final = 300.0
"""Seconds without a renewal after which a lock counts as abandoned."""

_JUST_NOW: Final = 5.0
_PAUSE: Final = 0.5
_PAUSES: Final = 4
"""How many seconds ago a lock is new, and how often and how long one waits for it to go."""

_LOCK: Final = re.compile(r"lock-([0-9]{10,15})-([0-9a-f]{16})")
"""The name of a lock: when it was renewed last, in whole seconds since 1970, and by whom."""

_LONGEST_OWNER: Final = 200

_PART: Final = "state/part"
"""A journal while it is written, where a file can be seen before it is whole."""

_OF_FOLDERS: Final = frozenset({"arrow_hdfs", "ftp", "hdfs", "memory", "sftp", "smb", "ssh", "webHDFS", "webhdfs"})
"""Protocols whose first folder is one as any other, and no bucket."""


class _Lock(NamedTuple):
    """A lock that is there."""

    at: int
    """When it was renewed last, in seconds since 1970."""

    owner: str
    """Who has it."""

    name: str
    """What its file is called."""

    size: int
    """Bytes of that."""


def open_remote(url: str, options: Mapping[str, Any], *, owner: str, clock: Callable[[], float]) -> Store:
    """Find the file system of a URL.

    Args:
        url: Where the dataset is, such as ``s3://bucket/folder``.
        options: Further arguments of the file system, such as credentials.
        owner: Who is going to save there; nobody else has the same name.
        clock: Returns the time of day in seconds since 1970.

    Returns:
        The store, that of a folder of this machine for its URL.

    Raises:
        ImportError: fsspec, or what it needs for that URL, is not installed.
        ValueError: fsspec does not know such URLs, or not these options.
        OSError: The file system cannot be opened, for whatever reason.
    """
    fsspec = import_extra("fsspec", extra="fsspec", purpose="Saving to a URL")
    try:
        # An instance of our own: others are shared with whoever else uses them, in other threads.
        file_system, root = fsspec.core.url_to_fs(url, **{"skip_instance_cache": True, **options})
    except (ImportError, OSError, ValueError):
        raise
    except TypeError as error:
        raise ValueError(str(error)) from error
    except Exception as error:  # whatever a back end raises: each has classes of its own
        raise as_os_error(error) from error
    while True:
        kind = type(file_system)
        if kind.__module__ == "fsspec.implementations.cached":  # which would have journals as they were before
            file_system = file_system.fs
        elif kind.__name__ == "DirFileSystem":  # which looks safe for threads, whatever it is of
            file_system, root = file_system.fs, file_system._join(root)
        elif kind.__name__ == "LocalFileSystem":
            return LocalStore(Path(root))
        else:
            return RemoteStore(file_system, root, owner=owner, clock=clock)


class RemoteStore:
    """A folder in a file system of fsspec; see :class:`~aiospectrum.bulk.dataset.store.Store`.

    An object store writes a file in full or not at all, and durably. A file gets its name in the dataset by a move,
    which is a copy inside the store where that cannot rename. Nothing can be appended to: the latest journal is written
    again with each line, until it has a hundred of them. No bucket is ever made. File systems that are no object
    stores, such as FTP, have folders that are made, and get one call at a time.

    A run that locks the dataset writes a file of its own name, and then looks for others: of two runs, at least one
    sees the other, and goes. So no store needs to create a file just once, and whoever loses the confirmation of a call
    repeats it. The name has the time too. It is written again every 30 s; a lock of five minutes ago counts as
    abandoned. That keeps runs apart whose clocks agree to some minutes.
    """

    journal_lines: int = 100
    """Lines of a journal that is written again with each one."""

    renew_every: float = 30.0
    """Seconds."""

    def __init__(
        self,
        file_system: Any,
        root: str,
        *,
        owner: str,
        clock: Callable[[], float],
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Keep the settings; nothing is touched yet.

        Args:
            file_system: A file system of fsspec, called from several threads, but not at once if it is not asynchronous
                inside.
            root: The folder in it.
            owner: Who is going to save there; nobody else has the same name.
            clock: Returns the time of day in seconds since 1970.
            pause: Blocks for a number of seconds.
        """
        self._fs: Callable[[], Any] = lambda: file_system  # as tools that report errors show what fields hold
        self._root = root.rstrip("/")
        self._owner = owner
        self._id = hashlib.sha256(owner.encode()).hexdigest()[:16]
        self._clock = clock
        self._pause = pause
        self._is_object_store = bool(getattr(file_system, "async_impl", False))
        self._turn = contextlib.nullcontext() if self._is_object_store else threading.RLock()
        self._locked_at: float | None = None
        self._lock_name = ""
        self._is_abandoned = False
        self._journal: tuple[str, bytes] = ("", b"")

    @property
    def name(self) -> str:
        """The URL without passwords."""
        root = self._root.lstrip("/")
        return hide_passwords(root if "://" in root else f"{self._protocol}://{root}")

    @property
    def _protocol(self) -> str:
        protocol = self._fs().protocol
        return str(protocol if isinstance(protocol, str) else protocol[0])

    def lock(self) -> None:
        """Write a lock, and look for others."""
        self._locked_at = self._clock()  # from now on there may be a lock of ours, whatever comes of it
        try:
            try:
                self._write_lock()
            except OSError:
                if self._is_object_store or not self._make_folders():
                    raise
                self._write_lock()
            if not self._is_object_store:
                self._make_folder("data")
            self._let_others_go()
            self._check_locks(is_first=True)
        except (OSError, SaveError):
            with contextlib.suppress(OSError):  # the first error says more
                self.unlock()
            raise

    def probe(self) -> None:
        """Look for locks, and where there is nothing at all, for the bucket."""
        locks = self._locks()
        self._check_others(locks)
        bucket = self._root.lstrip("/").partition("/")[0]
        if self._is_object_store and not locks and not self.list():
            with self._calling() as fs:
                if not fs.exists(bucket):
                    raise FileNotFoundError(errno.ENOENT, "there is no such bucket, and none is made", bucket)

    def renew_lock(self) -> None:
        """Write the lock again, with another time."""
        self._check_locks()
        self._write_lock()
        self._locked_at = self._clock()
        self._check_locks()

    def abandon(self) -> None:
        """Refuse all that would change the dataset from now on."""
        self._is_abandoned = True

    def unlock(self) -> None:
        """Delete what locks there are of ours."""
        self._journal = "", b""
        if self._locked_at is not None:
            self._locked_at = None
            ours = {each.name for each in self._locks() if each.owner == self._id}
            self._delete_locks(ours | {self._lock_name})

    def list(self) -> dict[str, int]:
        """Find all files with names of ours."""
        sizes: dict[str, int] = {}
        for folder in FOLDERS:
            for name, size in self._ls(folder):
                if is_path(f"{folder}/{name}"):
                    sizes[f"{folder}/{name}"] = size
        return sizes

    def foreign(self) -> tuple[str, ...]:
        """Find what is in the folder of the data files and has no name of ours."""
        return tuple(f"data/{name}" for name, _ in self._ls("data") if not is_path(f"data/{name}"))

    def read(self, path: str, most: int | None = None) -> bytes:
        """Read a file."""
        place = self._path(path)
        with self._calling() as fs:
            if most is not None:
                fs.invalidate_cache()
                check_size(path, int(fs.info(place)["size"] or 0), most)
            content: bytes = fs.cat_file(place)
            return content

    def stage(self, path: str, data: bytes) -> None:
        """Write a file."""
        place = self._path(path)
        with self._calling() as fs:
            self._check_active()
            fs.pipe_file(place, data)

    def publish(self, staged: str, path: str) -> None:
        """Move a file."""
        source, target = self._path(staged), self._path(path)
        with self._calling() as fs:
            self._check_active()
            fs.mv(source, target)

    def append(self, path: str, lines: bytes) -> None:
        """Write all lines of a file again."""
        content = (self._journal[1] if self._journal[0] == path else b"") + lines
        place, part = self._path(path), f"{self._root}/{_PART}"
        with self._calling() as fs:
            self._check_active()
            if self._is_object_store:
                fs.pipe_file(place, content)
            else:
                fs.pipe_file(part, content)
                self._check_active()
                fs.mv(part, place)
        self._journal = path, content

    def delete(self, path: str) -> None:
        """Delete a file; one that is not there has been."""
        place = self._path(path)
        self._check_active()
        self._delete(place)

    @contextlib.contextmanager
    def _calling(self) -> Iterator[Any]:
        """Call the file system, and turn whatever it raises into an OSError."""
        try:
            with self._turn:
                yield self._fs()
        except (OSError, SaveError):
            raise
        except Exception as error:  # whatever a back end raises: each has classes of its own
            failure = as_os_error(error)
        else:
            return
        raise failure

    def _path(self, path: str) -> str:
        check_path(path)
        return f"{self._root}/{path}"

    def _check_active(self) -> None:
        """Checked before each step that others can see."""
        if self._is_abandoned:
            raise OSError(errno.ECANCELED, "the run has ended, and this step came too late")
        if self._locked_at is not None and self._clock() - self._locked_at >= _EXPIRES_AFTER:
            raise OSError(errno.ETIMEDOUT, "the lock could not be renewed for five minutes, so that others may have it")

    def _delete(self, place: str) -> None:
        try:
            with self._calling() as fs:
                fs.rm_file(place)
        except OSError:
            with self._calling() as fs:
                fs.invalidate_cache()
                is_there = fs.exists(place)
            if is_there:  # else somebody was faster, or the confirmation was lost
                raise

    def _ls(self, folder: str) -> Sequence[tuple[str, int]]:
        """What files are in a folder: name and size in bytes."""
        with self._calling() as fs:
            fs.invalidate_cache()
            try:
                found = fs.ls(f"{self._root}/{folder}", detail=True)
            except FileNotFoundError:
                return []
        return [
            (str(info["name"]).rpartition("/")[2], int(info.get("size") or 0))
            for info in found
            if info.get("type") == "file"
        ]

    def _write_lock(self) -> None:
        self._lock_name = f"lock-{int(self._clock()):010}-{self._id}"
        with self._calling() as fs:
            fs.pipe_file(f"{self._root}/state/{self._lock_name}", self._owner.encode())

    def _locks(self) -> Sequence[_Lock]:
        """All locks, the oldest one first."""
        found = [(_LOCK.fullmatch(name), name, size) for name, size in self._ls("state")]
        return sorted(_Lock(int(match[1]), match[2], name, size) for match, name, size in found if match)

    def _let_others_go(self) -> None:
        """Wait a moment for runs that have begun just now, of which the one with the lowest name stays."""
        for _ in range(_PAUSES):
            others = [each for each in self._locks() if self._is_alive(each) and each.owner != self._id]
            if (
                not others
                or min(others).at < self._clock() - _JUST_NOW
                or self._id > min(each.owner for each in others)
            ):
                return
            self._pause(_PAUSE)

    def _is_alive(self, lock: _Lock) -> bool:
        return self._clock() - lock.at < _EXPIRES_AFTER

    def _check_locks(self, *, is_first: bool = False) -> None:
        """Check that the dataset is locked by us alone; the first time locks that count as abandoned are deleted."""
        locks = self._locks()
        ours = [each for each in locks if each.owner == self._id]
        others = self._check_others(locks)
        if not ours and is_first:
            raise OSError("a file that was written just now is not listed, so that runs cannot be kept apart there")
        if not ours:
            raise DestinationBusyError(f"{self.name}: another process has taken the lock, which looked abandoned")
        self._delete_locks(each.name for each in (*ours[:-1], *(others if is_first else ())))

    def _check_others(self, locks: Sequence[_Lock]) -> Sequence[_Lock]:
        """Check that all locks of others count as abandoned, and return them."""
        others = [each for each in locks if each.owner != self._id]
        if others and self._is_alive(others[-1]):
            raise DestinationBusyError(f"{self.name}: {self._owner_of(others[-1])} is saving there")
        return others

    def _owner_of(self, lock: _Lock) -> str:
        """What the file of a lock says, for people; it may be anything."""
        content = b""
        if lock.size <= _LONGEST_OWNER:
            with contextlib.suppress(OSError), self._calling() as fs:
                content = fs.cat_file(f"{self._root}/state/{lock.name}")
        return "".join(filter(str.isprintable, content.decode(errors="replace"))) or "another process"

    def _delete_locks(self, names: Iterable[str]) -> None:
        for name in names:
            self._delete(f"{self._root}/state/{name}")

    def _make_folders(self) -> bool:
        """Make the folders on the way to the state, but never a bucket; returns False where there is none."""
        parts = [part for part in self._root.split("/") if part]
        start = "/" if self._root.startswith("/") else ""
        with self._calling() as fs:
            fs.invalidate_cache()
            if parts and self._protocol not in _OF_FOLDERS and not fs.exists(start + parts[0]):
                return False
            for count in range(1, len(parts) + 1):
                place = start + "/".join(parts[:count])
                if not fs.isdir(place):
                    fs.mkdir(place, create_parents=False)
            self._make_folder("state")
        return True

    def _make_folder(self, name: str) -> None:
        place = f"{self._root}/{name}"
        with self._calling() as fs:
            if not fs.isdir(place):
                fs.mkdir(place, create_parents=False)


def as_os_error(error: Exception) -> OSError:
    """What stands for an error of a back end, with its class and text."""
    return OSError(f"{type(error).__name__}: {error}")
