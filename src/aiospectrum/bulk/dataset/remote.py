"""A dataset in any file system that fsspec knows, such as an object store; needs ``aiospectrum[fsspec]``."""

import contextlib
import errno
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from aiospectrum._extras import import_extra
from aiospectrum.bulk.dataset.backend import Backend, as_os_error
from aiospectrum.bulk.dataset.lease import Lease
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.paths import FOLDERS, UPKEEP, WRITER, check_path, is_path, writer_of
from aiospectrum.bulk.dataset.state import check_size
from aiospectrum.bulk.dataset.store import Store

__all__ = ["RemoteStore", "open_remote"]


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
        self._backend = Backend(file_system, root)
        self._make_lease = partial(Lease, self._backend, owner=owner, clock=clock, pause=pause)
        self._leases: dict[str, Lease] = {}
        self._changing = threading.RLock()  # as a lock that is renewed while it is released would stay
        self._is_abandoned = False
        self._journal: tuple[str, bytes] = ("", b"")

    @property
    def name(self) -> str:
        """The URL without passwords."""
        return self._backend.name

    def enter(self) -> None:
        """Take the lease of the dataset."""
        self.lock("")

    def leave(self) -> None:
        """Delete the lock of the dataset."""
        with self._changing:
            lease = self._leases.pop("", None)
            if lease is not None:
                lease.release()

    def lock(self, name: str = WRITER) -> None:
        """Take a lease, and make the folders where there are some."""
        with self._changing:
            is_first = not self._leases
            lease = self._make_lease(name)
            lease.take()
            self._leases[name] = lease
        if is_first and not self._backend.is_object_store:
            self._backend.make_folders("data")

    def others(self) -> dict[str, str]:
        """Look for locks."""
        return self._make_lease("").others(self._leases)

    def probe(self, name: str = WRITER) -> None:
        """Look for locks, and where there is nothing at all, for the bucket."""
        is_free = [self._make_lease(each).probe() for each in (UPKEEP, name)]
        if all(is_free) and not self.list():
            self._backend.check_bucket()

    def renew_lock(self) -> None:
        """Write the locks again, with another time."""
        with self._changing:
            for lease in self._leases.values():
                lease.renew()

    def abandon(self) -> None:
        """Refuse all that would change the dataset from now on."""
        self._is_abandoned = True

    def unlock(self) -> None:
        """Delete what locks there are of ours."""
        self._journal = "", b""
        with self._changing, contextlib.ExitStack() as releasing:
            for lease in self._leases.values():
                releasing.callback(lease.release)
            self._leases = {}

    def list(self) -> dict[str, int]:
        """Find all files with names of ours."""
        sizes: dict[str, int] = {}
        for folder in FOLDERS:
            for name, size in self._backend.list(folder):
                if is_path(f"{folder}/{name}"):
                    sizes[f"{folder}/{name}"] = size
        return sizes

    def foreign(self) -> tuple[str, ...]:
        """Find what is in the folder of the data files and has no name of ours."""
        return tuple(f"data/{name}" for name, _ in self._backend.list("data") if not is_path(f"data/{name}"))

    def read(self, path: str, most: int | None = None) -> bytes:
        """Read a file."""
        check_path(path)
        if most is not None:
            check_size(path, self._backend.size(path), most)
        return self._backend.read(path)

    def stage(self, path: str, data: bytes) -> None:
        """Write a file."""
        check_path(path)
        self._backend.write(path, data, self._check_active)

    def publish(self, staged: str, path: str) -> None:
        """Move a file."""
        check_path(staged)
        check_path(path)
        self._backend.move(staged, path, self._check_active)

    def append(self, path: str, lines: bytes) -> None:
        """Write all lines of a file again."""
        check_path(path)
        content = (self._journal[1] if self._journal[0] == path else b"") + lines
        if self._backend.is_object_store:
            self._backend.write(path, content, self._check_active)
        else:
            part = f"state/part-{writer_of(path)}"  # as a file can be seen before it is whole
            self._backend.write(part, content, self._check_active)
            self._backend.move(part, path, self._check_active)
        self._journal = path, content

    def delete(self, path: str) -> None:
        """Delete a file; one that is not there has been."""
        check_path(path)
        self._backend.delete(path, self._check_active)

    def _check_active(self) -> None:
        """Checked before each step that others can see."""
        if self._is_abandoned:
            raise OSError(errno.ECANCELED, "the run has ended, and this step came too late")
        for lease in [*self._leases.values()]:
            lease.check_fresh()
