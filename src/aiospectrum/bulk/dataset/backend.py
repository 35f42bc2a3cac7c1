"""A folder in a file system of fsspec, whatever that raises, and however many threads it is for."""

import contextlib
import errno
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk.dataset.errors import SaveError

__all__ = ["Backend", "as_os_error"]

_OF_FOLDERS: Final = frozenset({"arrow_hdfs", "ftp", "hdfs", "memory", "sftp", "smb", "ssh", "webHDFS", "webhdfs"})
"""Protocols whose first folder is one as any other, and no bucket."""

_LISTINGS: Final = 100
"""How often a folder is listed again, because a file was deleted meanwhile."""


class Backend:
    """A folder in a file system of fsspec; all errors of that are OSError.

    One that is not asynchronous inside gets one call at a time, and is no object store: it has folders that are made.
    """

    def __init__(self, file_system: Any, root: str) -> None:
        """Call nothing yet.

        Args:
            file_system: A file system of fsspec.
            root: The folder in it.
        """
        cache: Any = getattr(file_system, "dircache", None)
        if hasattr(cache, "use_listings_cache"):  # a listing that began before a write would hide what was written
            cache.use_listings_cache = False
        self._fs: Callable[[], Any] = lambda: file_system  # as tools that report errors show what fields hold
        self._root = root.rstrip("/")
        self.is_object_store: bool = bool(getattr(file_system, "async_impl", False))
        """Whether a file appears in full or not at all, and without a folder."""
        self._turn = contextlib.nullcontext() if self.is_object_store else threading.RLock()

    @property
    def name(self) -> str:
        """The URL without passwords."""
        root = self._root.lstrip("/")
        return hide_passwords(root if "://" in root else f"{self._protocol}://{root}")

    @property
    def _protocol(self) -> str:
        protocol = self._fs().protocol
        return str(protocol if isinstance(protocol, str) else protocol[0])

    @contextlib.contextmanager
    def calling(self) -> Iterator[Any]:
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

    def place(self, path: str) -> str:
        """Where a path in the folder is in the file system."""
        return f"{self._root}/{path}"

    def list(self, folder: str) -> Sequence[tuple[str, int]]:
        """What files are in a folder: name and size in bytes; none where there is no folder."""
        with self.calling() as fs:
            fs.invalidate_cache()
            try:
                found = _list(fs, self.place(folder))
            except FileNotFoundError:
                return []
        return [
            (str(info["name"]).rpartition("/")[2], int(info.get("size") or 0))
            for info in found
            if info.get("type") == "file"
        ]

    def size(self, path: str) -> int:
        """The size of a file in bytes."""
        with self.calling() as fs:
            fs.invalidate_cache()
            return int(fs.info(self.place(path))["size"] or 0)

    def read(self, path: str) -> bytes:
        """Read a file."""
        with self.calling() as fs:
            content: bytes = fs.cat_file(self.place(path))
            return content

    def write(self, path: str, content: bytes, check: Callable[[], object] = lambda: None) -> None:
        """Write a file, when a last check raises nothing."""
        with self.calling() as fs:
            check()
            fs.pipe_file(self.place(path), content)

    def move(self, source: str, target: str, check: Callable[[], object]) -> None:
        """Move a file, when a last check raises nothing; one that is there is replaced."""
        with self.calling() as fs:
            check()
            fs.mv(self.place(source), self.place(target))

    def delete(self, path: str, check: Callable[[], object] = lambda: None) -> None:
        """Delete a file, when a last check raises nothing; one that is not there has been."""
        try:
            with self.calling() as fs:
                check()
                fs.rm_file(self.place(path))
        except OSError:
            with self.calling() as fs:
                fs.invalidate_cache()
                is_there = fs.exists(self.place(path))
            if is_there:  # else somebody was faster, or the confirmation was lost
                raise

    def check_bucket(self) -> None:
        """Raise a FileNotFoundError where there is an object store without that bucket."""
        bucket = self._root.lstrip("/").partition("/")[0]
        if self.is_object_store:
            with self.calling() as fs:
                if not fs.exists(bucket):
                    raise FileNotFoundError(errno.ENOENT, "there is no such bucket, and none is made", bucket)

    def make_folders(self, folder: str) -> bool:
        """Make a folder and those on the way to it, but never a bucket; returns False where there is none."""
        parts = [part for part in self.place(folder).split("/") if part]
        start = "/" if self._root.startswith("/") else ""
        with self.calling() as fs:
            fs.invalidate_cache()
            if self._protocol not in _OF_FOLDERS and not fs.exists(start + parts[0]):
                return False
            for count in range(1, len(parts) + 1):
                place = start + "/".join(parts[:count])
                if not fs.isdir(place):
                    fs.mkdir(place, create_parents=False)
        return True


def _list(fs: Any, place: str) -> Any:
    """List a folder, again when another thread deletes a file meanwhile, for which "memory" raises a KeyError."""
    for _ in range(_LISTINGS):
        with contextlib.suppress(KeyError):
            return fs.ls(place, detail=True)
    return fs.ls(place, detail=True)


def as_os_error(error: Exception) -> OSError:
    """What stands for an error of a back end, with its class and text."""
    return OSError(f"{type(error).__name__}: {error}")
