"""What a process knows of a window that is on a server, what it asks there, and what it does without it."""

import math
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiospectrum.checks import refuse
from aiospectrum.errors import InvalidArgumentError, SpectrumError
from aiospectrum.limiters.window import Window
from aiospectrum.policies import RateLimit

__all__ = ["RedisWindow"]

_OTHER_NAME: Final = "give all who share it one limit, or use another name; an unused one is free after two periods"


class RedisWindow:
    """What this process knows of the window on the server; all times are those of the event loop."""

    def __init__(
        self,
        name: str,
        limit: RateLimit,
        share: float | None,
        notice: float,
        *,
        now: Callable[[], float],
        ask: Callable[[], None],
    ) -> None:
        """Know nothing yet; ``ask`` starts a trip.

        While the server is gone, ``share`` is the part of the limit to go on with; all notice within ``notice`` seconds
        that it is back.
        """
        self._name, self._limit, self._share, self._notice, self._now, self._ask = name, limit, share, notice, now, ask
        self.keys: list[str] = [f"aiospectrum:{{{name}}}:{key}" for key in ("sent", "line", "state")]
        self._owner = secrets.token_hex(8)
        self._number = 0
        """Of the last permit that the server gave."""
        self._granted = 0
        """Permits that the server gave and nobody has taken."""
        self._wanted = 0
        self.next: float = -math.inf
        """When to ask again."""
        self._wait_behind = 0, -math.inf
        """When those may go out at the earliest that have so many of this process ahead."""
        self._is_reserved = False
        self._pause_until = self._own_pause_until = -math.inf
        self._ending, self._pause_bound = "", -math.inf
        """The end of the latest pause by the server's clock, and when it is over for this process at the latest."""
        self._sent = 0, 0, -math.inf
        """What the last trip told: requests that went out apart, how many of them for the first time, and a pause."""
        self._epoch, self._replied_at = "", -math.inf
        """Which life of the server's memory it was that was heard of, and when."""
        self._fallback: Window | None = None
        """What goes out while the server is gone; None while it is there."""
        self._fallback_from = -math.inf
        """When all that went out before is a period old."""
        self._apart = 0
        """Requests that went out apart, of which the server has not been told."""

    def forget(self) -> None:
        """Begin anew on another event loop, whose clock may be another one."""
        self._granted, self.next, self._wait_behind, self._is_reserved = 0, -math.inf, (0, -math.inf), False
        self._pause_until = self._own_pause_until = self._replied_at = self._fallback_from = -math.inf
        self._fallback, self._ending, self._apart = None, "", 0

    @property
    def is_gone(self) -> bool:
        """Whether calls go on without the server."""
        return self._fallback is not None

    @property
    def has_changes(self) -> bool:
        """Whether there is something to send to the server."""
        has_counts = self._is_reserved or self._granted > 0 or self._apart > 0
        return has_counts or self._own_pause_until > self._now()

    def take(self, now: float) -> bool:
        """Use a permit that the server gave; if there is none, ask it."""
        if self._granted:
            self._granted -= 1
            return True
        if self._fallback is not None:
            self._ask()  # whether it is back, again and again
            if now < self._fallback_from or not self._fallback.take(now):
                return False
            self._apart += 1
            return True
        if now >= self.next:
            self._ask()
        return False

    def wait(self, now: float, ahead: int = 0) -> float:
        """Seconds until the next trip; 0 while one is under way, and for permits that are there."""
        behind = ahead - self._granted
        if behind < 0:
            return 0.0
        if self._fallback is not None:
            start = max(now, self._fallback_from)
            return start - now + self._fallback.wait(start, ahead)
        count, until = self._wait_behind
        rounds = behind // self._limit.requests
        next_round = max(0.0, self.next - now) + rounds * self._limit.per_seconds
        return max(next_round, until - now) if 0 < count <= behind else next_round

    def pause(self, seconds: float) -> None:
        """Tell the server of a pause."""
        self._own_pause_until = self._now() + seconds
        self._ask()

    def pause_left(self) -> float:
        """Seconds until the end of the pause on the server, at most what one may last for this process."""
        return max(0.0, self._pause_until - self._now())

    def give_back(self) -> None:
        """Give back the place in the line, and permits that nobody took."""
        if self._is_reserved or self._granted:
            self._ask()

    def wants(self, wanted: int) -> bool:
        """Whether there is something to ask for, or to tell, or whether the server is back."""
        now = self._now()
        if self._fallback is not None:
            return True
        is_due = wanted > 0 and now >= self.next
        return is_due or (wanted == 0 and self.has_changes) or self._apart > 0 or self._own_pause_until > now

    def make_arguments(self, wanted: int, now: float) -> list[str | int]:
        """The arguments of the script."""
        unused, self._granted, self._wanted = self._granted, 0, wanted
        apart = self._apart if self._fallback is None else self._fallback.count(now)
        self._sent = apart, self._apart, self._own_pause_until
        pause = max(0, math.ceil(1e6 * (self._own_pause_until - now))) if self._own_pause_until > now else 0
        age = now - self._replied_at
        is_known = age < self._limit.per_seconds
        limit = self._limit.requests, math.ceil(1e6 * self._limit.per_seconds)
        known = (self._epoch, math.floor(1e6 * age)) if is_known else ("", 0)
        waited_out = self._ending if now >= self._pause_bound else ""
        back = int(self.is_gone), math.ceil(1e6 * self._notice)
        return [*limit, self._owner, self._number, wanted, unused, apart, pause, *known, waited_out, *back]

    def read_reply(self, reply: Sequence[Any], began: float, now: float, timeout: float) -> SpectrumError | None:
        """Take in what the script returned; an error when the server has another limit by the name."""
        kind, *rest = [each.decode() if isinstance(each, bytes) else each for each in reply]
        apart, told, sent_pause = self._sent
        self._fallback, self._is_reserved = None, False
        self._apart -= told
        if kind != "ok":
            return self._other_limit(*map(int, rest))
        granted, wait, behind, pause = map(int, rest[:4])
        self._number += apart + granted
        if now - began <= timeout:  # a process that was stopped meanwhile does not use what has long been counted
            self._granted = granted
        self._epoch, self._replied_at = str(rest[4]), began
        if rest[5] != self._ending:
            self._ending, self._pause_bound = str(rest[5]), began + self._limit.max_wait
        self._pause_until = min(began + pause / 1e6, self._pause_bound)
        if self._own_pause_until == sent_pause:
            self._own_pause_until = -math.inf
        # From the beginning, as the next trip takes as long to arrive.
        next_trip = began + wait / 1e6 if wait else -math.inf
        self.next = max(next_trip, self._pause_until) if pause else next_trip
        self._is_reserved = wait > 0
        self._wait_behind = self._wanted - granted - 1, began + behind / 1e6
        return None

    def fall_back(self, now: float) -> None:
        """Go on without the server, if that is wanted: first all that was sent has to be a period old."""
        self._granted, self.next, self._wait_behind, self._is_reserved = 0, -math.inf, (0, -math.inf), False
        if self._share is not None and self._fallback is None:
            self._fallback = Window(max(1, math.floor(self._limit.requests * self._share)), self._limit.per_seconds)
            self._fallback_from = now + self._limit.per_seconds
            for _ in range(self._apart):
                self._fallback.record(now)

    def _other_limit(self, requests: int, period: int) -> SpectrumError:
        ours = f"{self._limit.requests} requests per {self._limit.per_seconds:g} s"
        its = f"{requests} requests per {period / 1e6:g} s"
        try:
            refuse("limit", ours, f"the limit of the name {self._name!r} on the server, {its}", _OTHER_NAME)
        except InvalidArgumentError as error:
            return error.with_traceback(None)
