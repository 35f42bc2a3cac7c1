"""The limiter of a machine: processes share a small file."""

import os
import time
from collections.abc import Callable
from typing import ClassVar

from aiospectrum.checks import refuse
from aiospectrum.checks.plain import plain_text
from aiospectrum.limiters.base import BaseLimiter, Timer, check_limit
from aiospectrum.limiters.file_window import FileWindow
from aiospectrum.policies import RateLimit

__all__ = ["FileLimiter"]


class FileLimiter(BaseLimiter):
    """Keeps all processes of a machine that give the same file under one rate limit; a 429 to one pauses all.

    The window and the pause are in the file. Processes take turns, and what one leaves that dies is, at most, a request
    that it had waited for, which is missing from one window. Requests in flight are counted by each process alone, as
    is the probe after a pause: give each its part of ``in_flight``, so that together they have no more in flight than
    the limit is below the API's.

    The file has to be on a disk of this machine, and belongs to one user, as whom all processes run that share it;
    containers share it on a volume, with one UID. Its times are those of a clock that nobody sets: after a restart of
    the machine all goes on as if no time had passed since the last request. It starts with nothing sent when it is
    deleted, while nobody uses it. The limiter belongs to one event loop at a time, of the process that made it. On
    Windows there is none: use a :class:`Limiter` for one process, or a :class:`RedisLimiter`.
    """

    _hint: ClassVar = "make one for each, with the same file"

    def __init__(
        self,
        path: str | os.PathLike[str],
        limit: RateLimit | None = None,
        *,
        clock: Callable[[], float] | None = None,
        call_later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        """Open the file, or make one that nobody else can read or write.

        Args:
            path: The file, in a folder that exists, without ``~``: 11 KiB for 1,140 requests.
            limit: The limit, of up to 1,000,000 requests; None for 1,140 requests per 300 s with 50 in flight. All that
                share the file have the same requests and seconds.
            clock: Returns the time in seconds since the machine was started, the same for all processes;
                ``time.monotonic`` when None.
            call_later: Calls a function after some seconds; that of the running event loop when None.

        Raises:
            InvalidArgumentError: An argument is invalid; or the file has another limit, is no file of a limiter, may be
                written by others, or cannot be opened; or this is Windows.
        """
        limit = check_limit(limit)
        try:
            place = plain_text(os.fspath(path))
        except TypeError:
            place = None
        if place is None:
            refuse("path", path, "the path of a file, as a str or a PathLike")
        if place.startswith("~"):
            refuse("path", place, "a path with the home folder in the place of ~, such as os.path.expanduser gives")
        if "://" in place:
            refuse("path", "…", "the path of a file, and no URL", "a RedisLimiter is for a server")
        if os.path.basename(place) in ("", os.curdir, os.pardir):
            refuse("path", place, "the path of a file, and not of a folder")
        self.path: str = os.path.abspath(place)
        """The file."""
        window = FileWindow(self.path, limit, time.monotonic if clock is None else clock)
        super().__init__(limit, window, clock=clock, call_later=call_later)

    def _shown_place(self) -> str:
        return f", path={self.path!r}"
