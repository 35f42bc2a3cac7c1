"""The window in a file that processes share, by mmap and a lock that nobody waits for."""

import math
import mmap
import os
import secrets
import weakref
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from aiospectrum.errors import ClientStateError
from aiospectrum.limiters.shared_file import (
    COUNT,
    DUES,
    LOCKS,
    OWNERS,
    PAUSE,
    PLACES,
    RESERVED,
    RING,
    open_file,
    size_of,
)
from aiospectrum.policies import RateLimit

__all__ = ["FileWindow"]

# Without locks no file is opened.
_LOCK: Final = getattr(LOCKS, "LOCK_EX", 0) | getattr(LOCKS, "LOCK_NB", 0)
_UNLOCK: Final = getattr(LOCKS, "LOCK_UN", 0)

_TRIES: Final = 10
"""To lock the file: others hold the lock for some microseconds, unless they are stopped in them."""

_FIRST_RETRY: Final = 0.001
_LAST_RETRY: Final = 0.02
"""Seconds until the next tries, doubled each time."""

_CHECKED_EVERY: Final = 1.0
"""Seconds between looks at whether the path still leads to the file."""

_LEAST_WAIT: Final = 0.0001
"""Seconds, where a timer is needed and its time has just come."""

_LONGEST_PAUSE: Final = 86_400.0
"""Seconds that a pause in the file may last, whoever wrote it; each process has a bound of its own, too."""

_ALL_BITS: Final = 2**64 - 1


class FileWindow:
    """The window in the file: when the last requests went out, and which times processes have reserved.

    A request goes out when the one so many before it as the limit allows is old enough; others that are ahead in the
    line count as if they had gone out. That is all that a reservation is for: a request is counted when it goes out.
    """

    def __init__(self, path: str, limit: RateLimit, clock: Callable[[], float]) -> None:
        self._path, self._clock = path, clock
        self._requests, self._per_seconds, self._max_wait = limit.requests, limit.per_seconds, limit.max_wait
        self._places = limit.requests + 1
        self._size = size_of(limit)
        self._file = open_file(path, limit)
        self._close = weakref.finalize(self, os.close, self._file)
        status = os.fstat(self._file)
        self._identity = status.st_dev, status.st_ino
        self._next_check = -math.inf
        words = memoryview(mmap.mmap(self._file, self._size))
        self._words, self._times = words.cast("Q"), words.cast("d")
        self._owner = secrets.randbits(64)
        self._due: float | None = None
        """What is reserved; None for nothing."""
        self._next = -math.inf
        """When to try again, after a try that failed."""
        self._retry = 0.0
        self._pause = self._pause_bound = -math.inf
        """The end of the latest pause that was read, and when it is over for this process at the latest."""
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _leave_to_parent(this()))

    def take(self, now: float) -> bool:
        """Count a request that goes out now, if it may; else reserve the time at which it may."""
        if not self._lock():
            self._retry = min(max(2 * self._retry, _FIRST_RETRY), _LAST_RETRY)
            self._next = self._clock() + self._retry
            return False
        try:
            self._retry = 0.0
            return self._take(self._clock())
        finally:
            LOCKS.flock(self._file, _UNLOCK)

    def wait(self, now: float, ahead: int = 0) -> float:
        """Seconds until the time that is reserved, or until so many others of this process have gone out."""
        now = self._clock()
        if ahead == 0 and self._next > -math.inf:
            return max(self._next - now, _LEAST_WAIT)
        if not self._is_whole():
            return 0.0
        others = min(self._words[RESERVED], PLACES) - (self._due is not None)
        rounds, index = divmod(ahead + others, self._requests)
        last = self._times[RING + (self._words[COUNT] + index - self._requests) % self._places]
        return max(min(last, now) + self._per_seconds - now, 0.0) + rounds * self._per_seconds

    def pause(self, seconds: float) -> None:
        """Write the end of a pause; without the lock, as the pauses of a moment end at about the same time."""
        if self._is_whole():
            until = self._clock() + seconds
            if not self._times[PAUSE] >= until:  # which is so of nan, too
                self._times[PAUSE] = until

    def pause_left(self) -> float:
        """Seconds until the end of the pause in the file, at most what a pause may last for this process."""
        now = self._clock()
        return max(0.0, self._pause_until(now) - now) if self._is_whole() else 0.0

    def _pause_until(self, now: float) -> float:
        """The end of the pause for this process: no later than ``max_wait`` after it was first read."""
        until = self._times[PAUSE]
        if not until > now:
            return -math.inf
        if until != self._pause:
            self._pause, self._pause_bound = until, now + self._max_wait
        return min(until, self._pause_bound)

    def give_back(self) -> None:
        """Give the reservation back; when that fails others wait for it once."""
        self._next = -math.inf
        if self._due is None or not self._is_whole() or not self._lock():
            return
        try:
            self._settle_reservations(self._clock())
            self._cancel_reservation()
        finally:
            LOCKS.flock(self._file, _UNLOCK)

    def _lock(self) -> bool:
        if self._file < 0:
            raise ClientStateError("the FileLimiter belongs to the process that forked this one: make one in each")
        for _ in range(_TRIES):
            try:
                LOCKS.flock(self._file, _LOCK)
            except BlockingIOError:
                continue
            return True
        return False

    def _take(self, now: float) -> bool:
        if os.lseek(self._file, 0, os.SEEK_END) != self._size or now >= self._next_check:
            self._check_file(now)
        words, times = self._words, self._times
        count = words[COUNT]
        if not times[RING + (count - 1) % self._places] <= now:
            self._mend(now)
        if times[PAUSE] > now + _LONGEST_PAUSE:
            times[PAUSE] = now + _LONGEST_PAUSE
        ahead = self._settle_reservations(now) if words[RESERVED] or self._due is not None else ()
        if now < (until := self._pause_until(now)):
            self._next = until
            return False
        if len(ahead) < self._requests:
            due = times[RING + (count + len(ahead) - self._requests) % self._places] + self._per_seconds
            if due <= now:
                times[RING + count % self._places] = now
                words[COUNT] = (count + 1) & _ALL_BITS
                self._next = -math.inf
                if self._due is not None:
                    self._cancel_reservation()
                return True
            if not due - self._per_seconds <= times[RING + (count - 1) % self._places]:
                self._mend(now)  # as times are in order
                due = now + self._per_seconds
        else:
            due = ahead[len(ahead) - self._requests] + self._per_seconds
        self._reserve(due)
        return False

    def _settle_reservations(self, now: float) -> Sequence[float]:
        """Drop the reservations that nobody uses any more; return those that are ahead of ours, in order."""
        count = min(self._words[RESERVED], PLACES)
        owners, dues = self._words[OWNERS : OWNERS + count].tolist(), self._times[DUES : DUES + count].tolist()
        last = now + self._per_seconds * (2 + count // self._requests)
        line = sorted(
            (due, owner) for due, owner in zip(dues, owners, strict=True) if now - self._per_seconds < due <= last
        )
        if len(line) != self._words[RESERVED]:
            for place, (due, owner) in enumerate(line):
                self._times[DUES + place], self._words[OWNERS + place] = due, owner
            self._words[RESERVED] = len(line)
        ours = next((place for place, (_, owner) in enumerate(line) if owner == self._owner), None)
        self._due = None if ours is None else line[ours][0]
        return [due for due, _ in line[:ours]]

    def _reserve(self, due: float) -> None:
        """Reserve a time, in the place of what is reserved."""
        words, self._next = self._words, due
        if self._due is not None:
            self._times[DUES + self._place()] = due
        elif words[RESERVED] < PLACES:
            place = words[RESERVED]
            self._times[DUES + place], words[OWNERS + place] = due, self._owner
            words[RESERVED] = place + 1
        else:
            return
        self._due = due

    def _cancel_reservation(self) -> None:
        words, times, last = self._words, self._times, self._words[RESERVED] - 1
        if self._due is not None:
            place = self._place()
            times[DUES + place], words[OWNERS + place] = times[DUES + last], words[OWNERS + last]
            words[RESERVED] = last
        self._due = None

    def _place(self) -> int:
        return self._words[OWNERS : OWNERS + self._words[RESERVED]].tolist().index(self._owner)

    def _mend(self, now: float) -> None:
        """Go on after a restart of the machine as if no time had passed since the last request.

        If the times are not in order they are none, and all requests count as sent now.
        """
        words, times, count = self._words, self._times, self._words[COUNT]
        places = [RING + (count - 1 - index) % self._places for index in range(self._requests)]  # the last one first
        values = [times[place] for place in places]
        is_in_order = all(later >= earlier for later, earlier in pairwise(values))
        passed = values[0] - now
        is_in_order = is_in_order and 0 <= passed < math.inf
        for place, value in zip(places, values, strict=True):  # killed in it, it leaves them out of order
            times[place] = value - passed if is_in_order else now
        if times[PAUSE] > now:
            times[PAUSE] = min(times[PAUSE] - passed, now + _LONGEST_PAUSE) if is_in_order else now
        words[RESERVED] = 0
        self._due = None

    def _is_whole(self) -> bool:
        """Whether nothing was cut off, as a look at what is missing would end the process."""
        return self._file >= 0 and os.lseek(self._file, 0, os.SEEK_END) == self._size

    def _check_file(self, now: float) -> None:
        """Refuse to go on with a file that others do not find, or of which a part is missing."""
        self._next_check = now + _CHECKED_EVERY
        try:
            status = os.stat(self._path, follow_symlinks=False)
        except OSError:
            status = None
        if status is None or (status.st_dev, status.st_ino, status.st_size) != (*self._identity, self._size):
            self._next_check = -math.inf
            raise ClientStateError(
                f"the limiter's file {self._path} was deleted, replaced or cut while it was in use: "
                "start all anew that share it"
            )


def _leave_to_parent(window: FileWindow | None) -> None:
    """Close the file in a child, as its lock would outlive the parent there."""
    if window is not None and window._close.detach() is not None:
        os.close(window._file)
        window._file = -1
