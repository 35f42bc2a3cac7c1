"""A dataset that is saved to while a display shows how far it is and signals stop it."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any, Final, TypeAlias

import attrs

from aiospectrum.bulk import Saved, SaveFailure, SaveProgress
from aiospectrum.cli.consoles import hide_warnings
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.progress import Meter, PullView, Reading, pull_lines, pull_screen
from aiospectrum.cli.terminal import GRACE, Interruption, StoppedError, drawn, repeated, signals_to
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.limiters.base import BaseLimiter

__all__ = ["PullJob", "PullResult", "need_pyarrow"]

SaveCall: TypeAlias = Callable[..., Coroutine[Any, Any, Saved]]
"""What saves, such as ``functools.partial(bulk.save, plan=…, destination=…)``; called with the client, and with
``stop``, ``on_progress`` and ``clock``. One that is divided among processes is called without client and clock."""

_LINE_SECONDS: Final = 10.0
"""Seconds between lines where there is no terminal."""

_CHECK_SECONDS: Final = 0.5
"""Seconds between checks whether there is something to print."""


@attrs.frozen(kw_only=True)
class PullResult:
    """What came of a job."""

    progress: SaveProgress
    """How far it came."""

    saved: Saved | None
    """Its summary; None when it was cancelled before it could give one."""

    reading: Reading
    """What went over the wire, as far as this process knows."""

    is_divided: bool = False
    """Whether other processes made the requests, which nobody counts."""

    stopped: StoppedError | None = None
    """The signal because of which a part of it was left out; None when nothing was."""

    @property
    def failures(self) -> tuple[SaveFailure, ...]:
        """The tasks that failed; none when it was cancelled, as nobody lists them then."""
        return () if self.saved is None else self.saved.failed

    @property
    def requests_sent(self) -> str:
        """The number of requests and retries, for people; empty where nobody counts them."""
        if self.is_divided:
            return ""
        sent = counted(self.reading.requests, "request")
        return f"{sent}, {counted(self.reading.retries, 'retry', 'retries')}"


class PullJob:
    """A dataset that is saved to once, and what is known of that while it runs."""

    def __init__(
        self,
        save: SaveCall,
        context: Context,
        *,
        limiter: BaseLimiter | None,
        total: int = 0,
        zones: int | None = None,
        is_divided: bool = False,
    ) -> None:
        """Prepare it; nothing is sent yet.

        Args:
            save: What saves.
            context: The surroundings; progress goes to the standard error.
            limiter: The rate limit, None for none.
            total: Windows of all zones, as far as they are known before.
            zones: Zones of the plan; None where they are not known before.
            is_divided: Whether it saves in other processes, with clients of theirs.
        """
        self._is_divided = is_divided
        self._save, self._context, self._limiter = save, context, limiter
        self._total, self._zones = total, zones
        self._progress = SaveProgress(total=total)
        self._meter = Meter(limiter, clock=context.monotonic)
        self._interruption = Interruption(
            on_stop=self._print_stop, on_cancel=self._print_cancel, clock=context.monotonic, sleep=context.sleep
        )
        self._shown: PullView | None = None
        self._printed_at = context.monotonic()

    async def run(self) -> PullResult:
        """Save.

        Returns:
            What came of it, complete or not.

        Raises:
            SpectrumError: It cannot be saved, or not any further.
        """
        async with AsyncExitStack() as stack:
            save = self._save
            if not self._is_divided:
                client = await stack.enter_async_context(
                    self._context.open_client(self._limiter, self._meter.on_attempt)
                )
                save = partial(save, client, clock=lambda: self._context.now().timestamp())
            with hide_warnings(), signals_to(self._interruption.press):
                async with self._displayed():
                    saved = await self._interruption.run(save(stop=self._interruption.stop, on_progress=self._keep))
            is_cut = saved is None or saved.stopped
            return PullResult(
                progress=self._progress,
                saved=saved,
                reading=self._meter.read(),
                is_divided=self._is_divided,
                stopped=self._interruption.stopped if is_cut else None,
            )

    def _keep(self, progress: SaveProgress) -> None:
        self._progress = progress

    def _view(self) -> PullView:
        progress, reading = self._progress, self._meter.read()
        fresh = progress.done + progress.filling + progress.failed
        left = self._meter.time_for(progress.left, reading.working / fresh) if fresh and progress.left else None
        return PullView(
            zones=self._zones if progress.total == self._total else None,
            total=progress.total,
            done=progress.total - progress.left,
            failed=progress.failed,
            left=left if progress.left else 0.0,
            stopping=self._interruption.left,
            reading=reading,
            is_divided=self._is_divided,
        )

    @asynccontextmanager
    async def _displayed(self) -> AsyncIterator[None]:
        """Draw the progress on a terminal, or print lines of it elsewhere, during the block."""
        console = self._context.err
        if self._context.is_silent:
            yield
            return
        if console.is_interactive:
            async with drawn(
                lambda: pull_screen(self._view()),
                console,
                render_end=lambda: pull_screen(self._view(), is_over=True),
                sleep=self._context.sleep,
            ):
                yield
            return
        async with repeated(self._print_lines, _CHECK_SECONDS, sleep=self._context.sleep):
            yield
        self._print_lines(is_last=True)

    def _print_lines(self, *, is_last: bool = False) -> None:
        view, now = self._view(), self._context.monotonic()
        lines = pull_lines(self._shown, view, is_due=is_last or now - self._printed_at >= _LINE_SECONDS)
        self._shown = view
        if lines:
            self._printed_at = now
        for line in lines:
            self._context.print_err(line)

    def _print_stop(self) -> None:
        stopped = self._interruption.stopped
        if not self._context.err.is_interactive:  # where the display says so
            again = (
                "Ctrl-C again to cancel them"
                if stopped is not None and stopped.is_ctrl_c
                else "another signal cancels them"
            )
            self._context.print_note(f"stopping: {GRACE:g} s for requests in flight; {again}")

    def _print_cancel(self) -> None:
        self._context.print_note("cancelling the requests in flight")


def need_pyarrow(purpose: str, otherwise: str = "") -> None:
    """Check that Parquet files can be written.

    Args:
        purpose: What they are needed for, as the start of a sentence.
        otherwise: The end of the sentence, such as another choice.

    Raises:
        UsageError: The package is missing; the message says how to install it.
    """
    if find_spec("pyarrow") is None:
        raise UsageError(f"{purpose} needs the package pyarrow", f"pip install 'aiospectrum[cli,arrow]'{otherwise}")
