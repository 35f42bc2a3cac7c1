"""A sliding window of requests: pure."""

from array import array

__all__ = ["Window"]


class Window:
    """The times of the latest requests; the clock is the caller's."""

    def __init__(self, requests: int, per_seconds: float) -> None:
        """Begin with no requests; at most ``requests`` are sent in any period of ``per_seconds``."""
        self._requests = requests
        self._per_seconds = per_seconds
        # Floats as objects would stay where the numbers of responses come and go, and scatter those over the memory.
        self._times = array("d")
        self._expired = 0
        """How many of the times, the first ones, count no more."""

    def wait(self, now: float, ahead: int = 0) -> float:
        """Seconds until one more request may go out, behind some that go as soon as they may."""
        times = self._times
        expired, end = self._expired, now - self._per_seconds
        while expired < len(times) and times[expired] <= end:
            expired += 1
        if expired * 2 > len(times):  # their places are freed when they are half of all
            del times[:expired]
            expired = 0
        self._expired = expired
        place = len(times) - expired + ahead - self._requests
        if place < 0:
            return 0.0
        rounds, index = divmod(place, self._requests)
        index += expired
        last = times[index] if index < len(times) else now
        return last + self._per_seconds * (1 + rounds) - now

    def record(self, now: float) -> None:
        """Count a request that goes out now."""
        self._times.append(now)

    def take(self, now: float) -> bool:
        """Count a request that goes out now, if it may."""
        if len(self._times) - self._expired >= self._requests and self.wait(now) > 0:
            return False
        self._times.append(now)
        return True

    def pause(self, seconds: float) -> None:
        """Nobody else has to be told."""

    def pause_left(self) -> float:
        """Nobody else pauses it."""
        return 0.0

    def give_back(self) -> None:
        """Nothing is reserved."""
