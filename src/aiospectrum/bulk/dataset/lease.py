"""The lock of a dataset in a file system that has none: files that say who saves there, and since when."""

import contextlib
import errno
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from aiospectrum.bulk.dataset.backend import Backend
from aiospectrum.bulk.dataset.errors import DestinationBusyError, SaveError

__all__ = ["Lease"]

_EXPIRES_AFTER: Final = 300.0
"""Seconds without a renewal after which a lock counts as abandoned."""

_JUST_NOW: Final = 5.0
_PAUSE: Final = 0.5
_PAUSES: Final = 4
"""How many seconds ago a lock is new, and how often and how long one waits for it to go."""

_NAME: Final = re.compile(r"lock-([0-9]{10,15})-([0-9a-f]{16})")
"""When a lock was renewed last, in whole seconds since 1970, and by whom."""

_LONGEST_OWNER: Final = 200


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


class Lease:
    """A lock that needs no file system to create a file just once, and that a lost confirmation does not confuse.

    A run writes a file of its own name, and then looks for others: of two runs, at least one sees the other, and goes.
    Whoever does not learn whether a file was written writes it again. The name has the time too, and the file is
    written again every 30 s; a lock of five minutes ago counts as abandoned. That keeps runs apart whose clocks agree
    to some minutes.
    """

    def __init__(
        self, backend: Backend, *, owner: str, clock: Callable[[], float], pause: Callable[[float], object]
    ) -> None:
        """Call nothing yet.

        Args:
            backend: Where the files are.
            owner: Who locks; nobody else has the same name.
            clock: Returns the time of day in seconds since 1970.
            pause: Blocks for a number of seconds.
        """
        self._backend = backend
        self._owner = owner
        self._id = hashlib.sha256(owner.encode()).hexdigest()[:16]
        self._clock = clock
        self._pause = pause
        self._name = ""
        self._taken_at: float | None = None

    def take(self) -> None:
        """Write a lock, and look for others."""
        self._taken_at = self._clock()  # from now on there may be a lock of ours, whatever comes of it
        try:
            try:
                self._write()
            except OSError:
                if self._backend.is_object_store or not self._backend.make_folders("state"):
                    raise
                self._write()
            self._let_others_go()
            self._check_alone(is_first=True)
        except (OSError, SaveError):
            with contextlib.suppress(OSError):  # the first error says more
                self.release()
            raise

    def renew(self) -> None:
        """Write the lock again, with another time."""
        self._check_alone()
        self._write()
        self._taken_at = self._clock()
        self._check_alone()

    def release(self) -> None:
        """Delete what locks there are of ours."""
        if self._taken_at is not None:
            self._taken_at = None
            self._delete({each.name for each in self._locks() if each.owner == self._id} | {self._name})

    def check_fresh(self) -> None:
        """Check that nobody else can have taken a lock of ours for abandoned."""
        if self._taken_at is not None and self._clock() - self._taken_at >= _EXPIRES_AFTER:
            raise OSError(errno.ETIMEDOUT, "the lock could not be renewed for five minutes, so that others may have it")

    def is_free(self) -> bool:
        """Check that nobody else saves there; whether nobody ever left a lock."""
        locks = self._locks()
        self._check_others(locks)
        return not locks

    def _write(self) -> None:
        self._name = f"lock-{int(self._clock()):010}-{self._id}"
        self._backend.write(f"state/{self._name}", self._owner.encode())

    def _locks(self) -> Sequence[_Lock]:
        """All locks, the oldest one first."""
        found = [(_NAME.fullmatch(name), name, size) for name, size in self._backend.list("state")]
        return sorted(_Lock(int(match[1]), match[2], name, size) for match, name, size in found if match)

    def _is_alive(self, lock: _Lock) -> bool:
        return self._clock() - lock.at < _EXPIRES_AFTER

    def _let_others_go(self) -> None:
        """Wait a moment for runs that have begun just now, of which the one with the lowest name stays."""
        for _ in range(_PAUSES):
            others = [each for each in self._locks() if self._is_alive(each) and each.owner != self._id]
            is_new = all(each.at >= self._clock() - _JUST_NOW for each in others)
            if not others or not is_new or self._id > min(each.owner for each in others):
                return
            self._pause(_PAUSE)

    def _check_alone(self, *, is_first: bool = False) -> None:
        """Check that the dataset is locked by us alone; the first time locks that count as abandoned are deleted."""
        locks = self._locks()
        ours = [each for each in locks if each.owner == self._id]
        others = self._check_others(locks)
        if not ours and is_first:
            raise OSError("a file that was written just now is not listed, so that runs cannot be kept apart there")
        if not ours:
            raise DestinationBusyError(
                f"{self._backend.name}: another process has taken the lock, which looked abandoned"
            )
        self._delete(each.name for each in (*ours[:-1], *(others if is_first else ())))

    def _check_others(self, locks: Sequence[_Lock]) -> Sequence[_Lock]:
        """Check that all locks of others count as abandoned, and return them."""
        others = [each for each in locks if each.owner != self._id]
        if others and self._is_alive(others[-1]):
            raise DestinationBusyError(f"{self._backend.name}: {self._owner_of(others[-1])} is saving there")
        return others

    def _owner_of(self, lock: _Lock) -> str:
        """What the file of a lock says, for people; it may be anything."""
        content = b""
        if lock.size <= _LONGEST_OWNER:
            with contextlib.suppress(OSError):
                content = self._backend.read(f"state/{lock.name}")
        return "".join(filter(str.isprintable, content.decode(errors="replace"))) or "another process"

    def _delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._backend.delete(f"state/{name}")
