"""A dataset in any file system that fsspec knows, such as an object store; needs ``aiospectrum[fsspec]``."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from aiospectrum._extras import import_extra
from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk.dataset.errors import DestinationBusyError
from aiospectrum.bulk.dataset.state import LOCK

__all__ = ["RemoteStore", "open_remote"]

_EXPIRES_AFTER: Final = 300.0
"""Seconds without a renewal after which a lock counts as abandoned."""


class _Lock(msgspec.Struct):
    """The content of a lock."""

    owner: str
    """Who holds it."""

    at: float
    """When it was renewed last, in seconds since 1970."""


def open_remote(url: str, options: Mapping[str, Any], *, owner: str, clock: Callable[[], float]) -> "RemoteStore":
    """Find the file system of a URL.

    Args:
        url: Where the dataset is, such as ``s3://bucket/folder``.
        options: Further arguments of the file system, such as credentials.
        owner: Who is going to save there; nobody else has the same name.
        clock: Returns the time of day in seconds since 1970.

    Returns:
        The store.

    Raises:
        ImportError: fsspec, or what it needs for that URL, is not installed.
        ValueError: fsspec does not know such URLs.
    """
    fsspec = import_extra("fsspec", extra="fsspec", purpose="Saving to a URL")
    file_system, root = fsspec.core.url_to_fs(url, **options)
    return RemoteStore(file_system, root, owner=owner, clock=clock)


class RemoteStore:
    """A folder in a file system of fsspec; see :class:`~aiospectrum.bulk.dataset.store.Store`.

    An object store writes a file in full or not at all, and durably. A file gets its name in the dataset by a move,
    which is a copy inside the store where that cannot rename. Nothing can be appended to: the latest journal is written
    again with each line, until it has a hundred of them.

    The lock is a file with the owner and the time, written again every 30 s; one of five minutes ago counts as
    abandoned. It keeps runs apart whose clocks agree to some minutes. Of two that start in the same moment, where the
    store cannot create a file just once, the one that finds the other's name there at its next renewal gives up.
    """

    journal_lines: int = 100
    """Lines of a journal that is written again with each one."""

    renew_every: float = 30.0
    """Seconds."""

    def __init__(self, file_system: Any, root: str, *, owner: str, clock: Callable[[], float]) -> None:
        """Keep the settings; nothing is touched yet.

        Args:
            file_system: A file system of fsspec, called from several threads.
            root: The folder in it.
            owner: Who is going to save there; nobody else has the same name.
            clock: Returns the time of day in seconds since 1970.
        """
        self._fs: Callable[[], Any] = lambda: file_system  # as tools that report errors show what fields hold
        self._root = root.rstrip("/")
        self._owner = owner
        self._clock = clock
        self._folders: set[str] = set()
        self._is_locked = False
        self._journal: tuple[str, bytes] = ("", b"")

    @property
    def name(self) -> str:
        """The URL without passwords."""
        protocol = self._fs().protocol
        root = self._root.lstrip("/")
        return hide_passwords(
            root if "://" in root else f"{protocol if isinstance(protocol, str) else protocol[0]}://{root}"
        )

    def lock(self) -> None:
        """Write the lock, unless somebody else has."""
        self._make_folder("state")
        path = self._path(LOCK)
        try:
            self._fs().pipe_file(path, self._lock_content(), mode="create")
        except FileExistsError:
            there = self._read_lock()
            if there is not None and self._clock() - there.at < _EXPIRES_AFTER:
                raise self._busy(there) from None
            self._fs().pipe_file(path, self._lock_content())
        self._is_locked = True
        self._check_lock()

    def renew_lock(self) -> None:
        """Write the lock again."""
        self._check_lock()
        self._fs().pipe_file(self._path(LOCK), self._lock_content())

    def unlock(self) -> None:
        """Delete the lock, if it is ours."""
        self._journal = "", b""
        if self._is_locked:
            self._is_locked = False
            there = self._read_lock()
            if there is not None and there.owner == self._owner:
                self._fs().rm_file(self._path(LOCK))

    def list(self) -> dict[str, int]:
        """Find all files."""
        self._fs().invalidate_cache()
        found = self._fs().find(self._root, detail=True)
        return {path[len(self._root) + 1 :]: info["size"] for path, info in found.items()}

    def read(self, path: str) -> bytes:
        """Read a file."""
        content: bytes = self._fs().cat_file(self._path(path))
        return content

    def stage(self, path: str, data: bytes) -> None:
        """Write a file."""
        self._fs().pipe_file(self._path(path), data)

    def publish(self, staged: str, path: str) -> None:
        """Move a file."""
        self._make_folder(path.rpartition("/")[0])
        self._fs().mv(self._path(staged), self._path(path))

    def append(self, path: str, lines: bytes) -> None:
        """Write all lines of a file again."""
        before = self._journal[1] if self._journal[0] == path else b""
        self._fs().pipe_file(self._path(path), before + lines)
        self._journal = path, before + lines

    def delete(self, path: str) -> None:
        """Delete a file."""
        self._fs().rm_file(self._path(path))

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _make_folder(self, path: str) -> None:
        if path not in self._folders:
            with contextlib.suppress(FileExistsError):
                self._fs().makedirs(self._path(path), exist_ok=True)
            self._folders.add(path)

    def _lock_content(self) -> bytes:
        return msgspec.json.encode(_Lock(owner=self._owner, at=self._clock()))

    def _check_lock(self) -> None:
        there = self._read_lock()
        if there is None or there.owner != self._owner:
            raise self._busy(there)

    def _read_lock(self) -> _Lock | None:
        """The lock; None when there is none that can be read."""
        self._fs().invalidate_cache()
        try:
            return msgspec.json.decode(self._fs().cat_file(self._path(LOCK)), type=_Lock)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _busy(self, there: _Lock | None) -> DestinationBusyError:
        owner = "another process" if there is None else there.owner
        return DestinationBusyError(f"{self.name}: {owner} is saving there")
