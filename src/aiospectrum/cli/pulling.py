"""A plan saved while a display shows how far it is, and Ctrl-C stops it well; on one event loop."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, TypeAlias

import attrs

from aiospectrum import bulk
from aiospectrum._http.limiter import Limiter
from aiospectrum.bulk import FileFormat, Plan, Saved, SaveFailure, SaveProgress
from aiospectrum.cli.context import Context
from aiospectrum.cli.display import drawn, repeated
from aiospectrum.cli.interruption import GRACE, Interruption, signals_to
from aiospectrum.cli.meter import Meter, Reading
from aiospectrum.cli.notes import hide_notes
from aiospectrum.cli.pull_screen import PullView, pull_lines, pull_screen
from aiospectrum.client import Client
from aiospectrum.hooks import AttemptHook

__all__ = ["ClientMaker", "Job", "JobResult", "run_job"]

ClientMaker: TypeAlias = Callable[[Limiter | None, AttemptHook | None], Client]
"""Makes a client with a rate limit and a hook."""

_LINE_SECONDS: Final = 10.0
"""Seconds between lines where there is no terminal."""

_LOOK_SECONDS: Final = 0.5
"""Seconds between looks at whether there is something to tell in a line."""


@attrs.frozen(kw_only=True)
class Job:
    """What to save, and how."""

    plan: Plan
    """What to pull."""

    out: str
    """Folder or URL of the dataset."""

    file_format: FileFormat = "parquet"
    """What its files are."""

    concurrency: int = 16
    """The most requests at once."""

    refresh_within: timedelta | None = None
    """How long ago data that was still filling may have ended to be pulled again; None never to do so."""

    limiter: Limiter | None
    """The rate limit, None for none."""

    make_client: ClientMaker
    """Makes the client."""


@attrs.frozen(kw_only=True)
class JobResult:
    """What came of a job."""

    progress: SaveProgress
    """How far it came."""

    saved: Saved | None
    """Its summary; None when it was cut off before it could give one."""

    reading: Reading
    """What went over the wire."""

    @property
    def failures(self) -> tuple[SaveFailure, ...]:
        """The tasks that failed; none when it was cut off, as nobody lists them then."""
        return () if self.saved is None else self.saved.failed

    @property
    def is_interrupted(self) -> bool:
        """Whether a part of it was left out because of Ctrl-C."""
        return self.saved is None or self.saved.stopped


async def run_job(job: Job, context: Context) -> JobResult:
    """Save a plan.

    Args:
        job: The plan, and how to save it.
        context: The surroundings; progress goes to the standard error.

    Returns:
        What came of it, complete or not.

    Raises:
        SpectrumError: It cannot be saved, or not any further.
    """
    running = _Running(job, context)
    async with job.make_client(job.limiter, running.meter.on_attempt) as client:
        with hide_notes(), signals_to(running.interruption.press):
            async with running.shown():
                saved = await running.interruption.run(
                    bulk.save(
                        client,
                        job.plan,
                        job.out,
                        format=job.file_format,
                        concurrency=job.concurrency,
                        refresh_within=job.refresh_within,
                        stop=running.interruption.stop,
                        on_progress=running.take,
                        clock=lambda: context.now().timestamp(),
                    )
                )
        return JobResult(progress=running.progress, saved=saved, reading=running.read())


class _Running:
    """What is known of a job while it runs."""

    def __init__(self, job: Job, context: Context) -> None:
        self.progress = SaveProgress(total=len(job.plan))
        self.meter = Meter(None if job.limiter is None else job.limiter.limit, clock=context.monotonic)
        self.interruption = Interruption(
            on_stop=self._tell_stop, on_cut=self._tell_cut, clock=context.monotonic, sleep=context.sleep
        )
        self._job = job
        self._context = context
        self._shown: PullView | None = None
        self._told_at = context.monotonic()

    def take(self, progress: SaveProgress) -> None:
        """Remember how far the saving is."""
        self.progress = progress

    def read(self) -> Reading:
        """Tell what went over the wire."""
        limiter = self._job.limiter
        if limiter is None:
            return self.meter.read()
        return self.meter.read(pause_left=limiter.pause_left(), told_left=limiter.quota_wait())

    def view(self) -> PullView:
        """Tell everything that is to be shown."""
        progress = self.progress
        reading, fresh = self.read(), progress.done + progress.failed
        left = self.meter.time_for(progress.left, reading.working / fresh) if fresh and progress.left else None
        return PullView(
            zones=len(self._job.plan.zones),
            total=progress.total,
            done=progress.total - progress.left,
            failed=progress.failed,
            left=left if progress.left else 0.0,
            stopping=self.interruption.left,
            reading=reading,
        )

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show it on a terminal, or tell of it in lines, for the time of the block."""
        console = self._context.err
        if console.is_interactive:
            async with drawn(
                lambda: pull_screen(self.view()),
                console,
                render_end=lambda: pull_screen(self.view(), is_over=True),
                sleep=self._context.sleep,
            ):
                yield
            return
        async with repeated(self._tell, _LOOK_SECONDS, sleep=self._context.sleep):
            yield
        self._tell(is_last=True)

    def _tell(self, *, is_last: bool = False) -> None:
        view, now = self.view(), self._context.monotonic()
        is_due = is_last or now - self._told_at >= _LINE_SECONDS
        lines = pull_lines(self._shown, view, is_due=is_due)
        self._shown = view
        if lines:
            self._told_at = now
        for line in lines:
            self._context.tell(line)

    def _tell_stop(self) -> None:
        if not self._context.err.is_interactive:  # where the display says so
            self._context.tell(f"stopping: {GRACE:g} s for what is in flight; Ctrl-C again to cut it off")

    def _tell_cut(self) -> None:
        self._context.tell("cutting off what is still in flight")
