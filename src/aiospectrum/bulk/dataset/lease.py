"""The lock of a dataset in a file system that has none: files that say who saves there, and since when."""

import contextlib
import errno
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from aiospectrum.bulk.dataset.backend import Backend
from aiospectrum.bulk.dataset.errors import DestinationBusyError, SaveError
from aiospectrum.bulk.dataset.paths import UPKEEP, WRITER_PATTERN, lock_path

__all__ = ["Lease"]

_EXPIRES_AFTER: Final = 300.0
"""Seconds without a renewal after which a lock counts as abandoned."""

_JUST_NOW: Final = 5.0
_PAUSE: Final = 0.5
_PAUSES: Final = 4
"""How many seconds ago a lock is new, and how often and how long one waits for it to go."""

_NAME: Final = re.compile(rf"(?:({WRITER_PATTERN}|{UPKEEP})-)?lock-([0-9]{{10,15}})-([0-9a-f]{{16}})")
"""What is locked, when that was renewed last, in whole seconds since 1970, and by whom."""

_LONGEST_OWNER: Final = 200


class _Lock(NamedTuple):
    """A lock that is there."""

    of: str
    """What is locked: a writer, an upkeep, or the dataset when empty."""

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
        self, backend: Backend, of: str, *, owner: str, clock: Callable[[], float], pause: Callable[[float], object]
    ) -> None:
        """Call nothing yet.

        Args:
            backend: Where the files are.
            of: What is locked: a writer, an upkeep, or the dataset when empty.
            owner: Who locks; nobody else has the same name.
            clock: Returns the time of day in seconds since 1970.
            pause: Blocks for a number of seconds.
        """
        self._backend = backend
        self._of = of
        self._owner = owner
        self._id = hashlib.sha256(owner.encode()).hexdigest()[:16]
        self._clock = clock
        self._pause = pause
        self._name = ""
        self._written: set[str] = set()
        self._taken_at: float | None = None

    def take(self) -> None:
        """Write a lock, and look for others."""
        self._taken_at = self._clock()  # from now on there may be a lock of ours, whatever comes of it
        try:
            try:
                self._name = self._write()
            except OSError:
                if self._backend.is_object_store or not self._backend.make_folders("state"):
                    raise
                self._name = self._write()
            self._check_alone(self._let_others_go())
        except (OSError, SaveError):
            with contextlib.suppress(OSError):  # the first error says more
                self.release()
            raise

    def renew(self) -> None:
        """Write the lock again, with another time; others that see it go, and need not be looked for.

        Where that fails the next call does it, as long as the lock that is there counts.
        """
        try:
            self._renew()
        except OSError:
            self.check_fresh()

    def check_held(self, locks: Iterable[_Lock]) -> None:
        """Check that a lock of ours is among those that are there."""
        if not any(each.of == self._of and each.owner == self._id for each in locks):
            raise self._broken(locks)

    def release(self) -> None:
        """Delete what locks there are of ours."""
        if self._taken_at is not None:
            self._taken_at = None
            self._delete([*self._written])

    def check_fresh(self) -> None:
        """Check that nobody else can have taken a lock of ours for abandoned."""
        if self._taken_at is not None and self._clock() - self._taken_at >= _EXPIRES_AFTER:
            raise OSError(errno.ETIMEDOUT, "the lock could not be renewed for five minutes, so that others may have it")

    def probe(self) -> bool:
        """Check that nobody else has the lock; whether there is no file of any lock."""
        locks = all_locks(self._backend)
        self._check_others([each for each in locks if each.of == self._of])
        return not locks

    def others(self, held: "Mapping[str, Lease]") -> dict[str, str]:
        """Find who holds locks of writers and upkeep, and delete those that count as abandoned.

        Args:
            held: Our own, by what is locked; one that was broken is an error.

        Returns:
            Who holds each, by what is locked.
        """
        locks = all_locks(self._backend)
        for lease in held.values():
            lease.check_held(locks)
        found = {}
        for each in locks:  # the newest one of each last
            if each.of and each.of not in held:
                if self._is_alive(each):
                    found[each.of] = self._owner_of(each)
                else:
                    self._delete([each.name])
        return found

    def _renew(self) -> None:
        now = self._clock()
        self.check_held(self._locks())
        name = self._write()
        if name != self._name:
            locks = self._locks()
            if self._name not in {each.name for each in locks}:  # else a lock would come back that was broken just now
                raise self._broken(locks)
        self._name, self._taken_at = name, now
        self._delete(self._written - {name})

    def _write(self) -> str:
        name = f"{lock_path(self._of).partition('/')[2]}-{int(self._clock()):010}-{self._id}"
        self._written.add(name)
        self._backend.write(f"state/{name}", self._owner.encode())
        return name

    def _locks(self) -> Sequence[_Lock]:
        """All locks of the same, the oldest one first."""
        return [each for each in all_locks(self._backend) if each.of == self._of]

    def _is_alive(self, lock: _Lock) -> bool:
        return self._clock() - lock.at < _EXPIRES_AFTER

    def _let_others_go(self) -> Sequence[_Lock]:
        """Wait a moment for runs that have begun just now, of which the one with the lowest name stays."""
        for _ in range(_PAUSES):
            locks = self._locks()
            others = [each for each in locks if self._is_alive(each) and each.owner != self._id]
            is_new = all(each.at >= self._clock() - _JUST_NOW for each in others)
            if not others or not is_new or self._id > min(each.owner for each in others):
                return locks
            self._pause(_PAUSE)
        return self._locks()

    def _check_alone(self, locks: Sequence[_Lock]) -> None:
        """Check that nobody else has the lock; those that count as abandoned are deleted."""
        ours = [each for each in locks if each.owner == self._id]
        others = self._check_others(locks)
        if not ours:
            raise OSError("a file that was written just now is not listed, so that runs cannot be kept apart there")
        self._delete(each.name for each in others)

    def _check_others(self, locks: Sequence[_Lock]) -> Sequence[_Lock]:
        """Check that all locks of others count as abandoned, and return them."""
        others = [each for each in locks if each.owner != self._id]
        if others and self._is_alive(others[-1]):
            raise self._busy(others[-1])
        return others

    def _busy(self, lock: _Lock) -> DestinationBusyError:
        return DestinationBusyError(f"{self._backend.name}: {self._owner_of(lock)} is saving there")

    def _broken(self, locks: Iterable[_Lock]) -> DestinationBusyError:
        others = [each for each in locks if each.of == self._of and each.owner != self._id and self._is_alive(each)]
        if others:
            return self._busy(others[-1])
        return DestinationBusyError(f"{self._backend.name}: another process has taken the lock, which looked abandoned")

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
            self._written.discard(name)


def all_locks(backend: Backend) -> Sequence[_Lock]:
    """All locks that are there, the oldest one of each first."""
    found = [(_NAME.fullmatch(name), name, size) for name, size in backend.list("state")]
    return sorted(_Lock(match[1] or "", int(match[2]), match[3], name, size) for match, name, size in found if match)
