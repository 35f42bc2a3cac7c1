"""The file that the processes of a machine share: made whole or not at all, and checked when it is opened."""

import os
import secrets
import stat
import struct
from importlib import import_module
from typing import Any, Final, NoReturn

from aiospectrum.checks import refuse
from aiospectrum.policies import RateLimit

__all__ = ["COUNT", "DUES", "LOCKS", "OWNERS", "PAUSE", "PLACES", "RESERVED", "RING", "open_file", "size_of"]


def _find_locks() -> Any:
    try:
        return import_module("fcntl")
    except ModuleNotFoundError:  # Windows
        return None


LOCKS: Final[Any] = _find_locks()
"""The module of locks; None where there are none."""

# All is in words of eight bytes. First come four that never change: what the file is, and the limit.
COUNT: Final = 4
"""Word with the number of requests ever counted."""
PAUSE: Final = 5
"""Word with the time at which a pause ends."""
RESERVED: Final = 6
"""Word with the number of reservations."""
PLACES: Final = 128
"""Of reservations; more processes than that may wait, without turns among them."""
OWNERS: Final = 8
"""First word of the owners of reservations."""
DUES: Final = OWNERS + PLACES
"""First word of the times that are reserved."""
RING: Final = DUES + PLACES
"""First word of the times of the last requests, in order. It has a place more than requests are counted, so that one is
written before it is counted, and a process that dies in between leaves nothing."""

_HEADER: Final = struct.Struct("=8sQQd")
_MAGIC: Final = b"aiospLim"
_VERSION: Final = 1
_MOST_REQUESTS: Final = 1_000_000


def size_of(limit: RateLimit) -> int:
    """Bytes of the file."""
    return 8 * (RING + limit.requests + 1)


def open_file(path: str, limit: RateLimit) -> int:
    """Open the file of a limit, made if there is none.

    Args:
        path: Its absolute path.
        limit: The limit.

    Returns:
        The file descriptor.

    Raises:
        InvalidArgumentError: It is the file of another limit, or of something else; or it cannot be opened.
    """
    if LOCKS is None:
        refuse("path", path, "a system other than Windows", "use a Limiter for one process, or a RedisLimiter")
    if limit.requests > _MOST_REQUESTS:
        refuse("limit", limit, f"a RateLimit of up to {_MOST_REQUESTS:,} requests")
    try:
        try:
            file = _open(path)
        except FileNotFoundError:
            _make(path, limit)
            file = _open(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        refuse("path", path, f"a file that can be made, or opened to read and write, and is no link ({reason})")
    try:
        _check(file, path, limit)
    except BaseException:  # whatever it is, the file is closed, and it propagates
        os.close(file)
        raise
    return file


def _open(path: str) -> int:
    # Not to block where there is a pipe by that name.
    return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


def _make(path: str, limit: RateLimit) -> None:
    """Make the file under another name, so that nobody sees half of it; somebody else's is as good."""
    never = struct.pack("=d", float("-inf"))
    content = _header(limit).ljust(8 * PAUSE, b"\0") + never + bytes(8 * (RING - PAUSE - 1))
    other = f"{path}.{secrets.token_hex(8)}"
    file = os.open(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(file, "wb") as stream:
            stream.write(content + never * (limit.requests + 1))
        os.link(other, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(other)


def _header(limit: RateLimit) -> bytes:
    return _HEADER.pack(_MAGIC, _VERSION, limit.requests, limit.per_seconds)


def _check(file: int, path: str, limit: RateLimit) -> None:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        _refuse(path)
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        refuse("path", path, "a file of the user that runs this, which nobody else may write (chmod 600)")
    header = os.pread(file, _HEADER.size, 0)
    if len(header) < _HEADER.size:
        _refuse(path)
    magic, version, requests, per_seconds = _HEADER.unpack(header)
    if magic != _MAGIC:
        _refuse(path)
    if version != _VERSION:
        refuse("path", path, f"a limiter's file of version {_VERSION}, this one is of {version}", "use another path")
    if header != _header(limit):
        ours = f"{limit.requests} requests per {limit.per_seconds:g} s"
        its = f"{requests} requests per {per_seconds:g} s"
        refuse("limit", ours, f"the limit of {path}, {its}", "give all who share it one limit, or use another path")
    if status.st_size != size_of(limit):
        _refuse(path)


def _refuse(path: str) -> NoReturn:
    refuse("path", path, "the file of a limiter", "use another path, or delete it while nobody uses it")
