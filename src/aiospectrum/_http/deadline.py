"""The two limits of a call in time: its deadline, and how long an answer may keep it waiting."""

import asyncio
from types import TracebackType
from typing import Self

__all__ = ["Deadline", "Watch"]


class Watch:
    """Looks after the deadlines of all calls of a client with one timer.

    Setting a timer for each call, and another for each piece of an answer, would cost more than all else that is done
    for a small call here. It belongs to one event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with nothing to look after.

        Args:
            loop: The event loop.
        """
        self.loop = loop
        """The event loop."""
        self._running: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def add(self, deadline: "Deadline", when: float) -> None:
        """Look after a deadline.

        Args:
            deadline: Which.
            when: When it is to be looked at first, in seconds of the loop's clock.
        """
        self._running[deadline] = None
        if self._timer is None or when < self._due:
            self._set_timer(when)

    def remove(self, deadline: "Deadline") -> None:
        """Look after a deadline no more.

        Args:
            deadline: Which, also one that has not been added.
        """
        self._running.pop(deadline, None)

    def close(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(when, self._look)
        self._due = when

    def _look(self) -> None:
        self._timer = None
        now = self.loop.time()
        times = [when for deadline in self._running if (when := deadline.look(now)) is not None]
        if times:
            self._set_timer(min(times))


class Deadline:
    """Ends a call that takes too long, and an attempt that hears nothing for too long.

    It is entered by ``with`` around a whole call. Like :func:`asyncio.timeout` it cancels the task and makes a
    TimeoutError of that at the end of the block, and lets every other cancellation pass.
    """

    __slots__ = (
        "_cancelling",
        "_heard_at",
        "_is_listening",
        "_is_silent",
        "_silence",
        "_task",
        "_time",
        "_total",
        "_watch",
        "has_passed",
        "latest",
    )

    def __init__(self, watch: Watch, total: float | None, silence: float | None) -> None:
        """Keep the limits.

        Args:
            watch: Looks after it.
            total: Seconds for the call, more than 0; None for no limit.
            silence: Seconds that an attempt may hear nothing, more than 0; None for no limit.
        """
        self._watch = watch
        self._time = watch.loop.time
        self._total = total
        self._silence = silence
        self._is_listening = False
        self._is_silent = False
        self._heard_at = 0.0
        self.has_passed = False
        """Whether the call was ended by its deadline."""
        self.latest: float | None = None
        """The deadline, in seconds of the event loop's clock; None for none."""

    def __enter__(self) -> Self:
        """Start both clocks.

        Raises:
            RuntimeError: No task is running.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is awaited inside a task")
        self._task = task
        self._cancelling = task.cancelling()
        now = self._time()
        if self._total is not None:
            self.latest = now + self._total
        when = self._when(now)
        if when is not None:
            self._watch.add(self, when)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the clocks.

        Raises:
            TimeoutError: The deadline has ended the call.
        """
        self._watch.remove(self)
        if self.has_passed and self._task.uncancel() <= self._cancelling and exc_type is asyncio.CancelledError:
            raise TimeoutError from exc

    def listen(self) -> None:
        """Begin to wait for an answer."""
        self._is_listening = True
        self._heard_at = self._time()

    def heard(self) -> None:
        """Take note that a part of the answer has come."""
        self._heard_at = self._time()

    def rest(self) -> None:
        """Wait for no answer any more."""
        self._is_listening = False
        self.ended_the_silence()  # which has not been asked where the cancellation was made another error

    def ended_the_silence(self) -> bool:
        """Say whether a cancellation that has just been caught is due to silence alone, and take it back if so.

        Returns:
            False when the task is cancelled for another reason too; then the cancellation is to be raised again.
        """
        if not self._is_silent:
            return False
        self._is_silent = False
        return self._task.uncancel() <= self._cancelling

    def look(self, now: float) -> float | None:
        """End what has taken too long; for the watch.

        Args:
            now: The time, in seconds of the loop's clock.

        Returns:
            When to look again, None for never.
        """
        if self.latest is not None and now >= self.latest:
            if not self.has_passed:
                self.has_passed = True
                self._task.cancel()
            return None
        if self._is_listening and self._silence is not None and now >= self._heard_at + self._silence:
            if not self._is_silent:
                self._is_silent = True
                self._task.cancel()
            return self._when(now)
        return self._when(self._heard_at if self._is_listening else now)

    def _when(self, quiet_since: float) -> float | None:
        if self._silence is None:
            return self.latest
        when = quiet_since + self._silence
        return when if self.latest is None or when < self.latest else self.latest
