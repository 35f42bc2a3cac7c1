"""A plan saved as a dataset while a display shows how far it is and signals stop it; and what is printed of it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.util import find_spec
from typing import Final

import attrs

from aiospectrum import bulk
from aiospectrum._http.limiter import Limiter
from aiospectrum.bulk import FileFormat, Plan, Saved, SaveFailure, SaveProgress
from aiospectrum.cli.context import Context, UsageError, hide_warnings
from aiospectrum.cli.formatting import counted, human_bytes, human_clock
from aiospectrum.cli.progress import Meter, PullView, Reading, least_seconds, pull_lines, pull_screen
from aiospectrum.cli.terminal import GRACE, Interruption, StoppedError, drawn, repeated, signals_to
from aiospectrum.client import Client
from aiospectrum.policies import RateLimit

__all__ = ["PullJob", "PullResult", "extent", "failure_lines", "need_pyarrow", "plan_lines", "result_lines"]

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
    """What went over the wire."""

    stopped: StoppedError | None = None
    """The signal because of which a part of it was left out; None when nothing was."""

    @property
    def failures(self) -> tuple[SaveFailure, ...]:
        """The tasks that failed; none when it was cancelled, as nobody lists them then."""
        return () if self.saved is None else self.saved.failed

    @property
    def requests_sent(self) -> str:
        """The number of requests and retries, for people."""
        sent = counted(self.reading.requests, "request")
        return f"{sent}, {counted(self.reading.retries, 'retry', 'retries')}"


class PullJob:
    """A plan that is saved once, and what is known of that while it runs."""

    def __init__(
        self,
        plan: Plan,
        out: str,
        context: Context,
        *,
        limiter: Limiter | None,
        concurrency: int,
        file_format: FileFormat = "parquet",
        refresh_within: timedelta | None = None,
    ) -> None:
        """Prepare it; nothing is sent yet.

        Args:
            plan: What to pull.
            out: Folder or URL of the dataset.
            context: The surroundings; progress goes to the standard error.
            limiter: The rate limit, None for none.
            concurrency: Maximum number of requests at once.
            file_format: What the files are.
            refresh_within: How long ago data that was still filling may have ended to be pulled again; None never to
                do so.
        """
        self._plan, self._out, self._context = plan, out, context
        self._limiter, self._concurrency = limiter, concurrency
        self._format: FileFormat = file_format
        self._refresh_within = refresh_within
        self._progress = SaveProgress(total=len(plan))
        self._meter = Meter(limiter, clock=context.monotonic)
        self._interruption = Interruption(
            on_stop=self._print_stop, on_cancel=self._print_cancel, clock=context.monotonic, sleep=context.sleep
        )
        self._shown: PullView | None = None
        self._printed_at = context.monotonic()

    async def run(self) -> PullResult:
        """Save the plan.

        Returns:
            What came of it, complete or not.

        Raises:
            SpectrumError: It cannot be saved, or not any further.
        """
        async with self._context.client(self._limiter, self._meter.on_attempt) as client:
            with hide_warnings(), signals_to(self._interruption.press):
                async with self._displayed():
                    saved = await self._interruption.run(self._save(client))
            is_cut = saved is None or saved.stopped
            stopped = self._interruption.stopped if is_cut else None
            return PullResult(progress=self._progress, saved=saved, reading=self._meter.read(), stopped=stopped)

    async def _save(self, client: Client) -> Saved:
        return await bulk.save(
            client,
            self._plan,
            self._out,
            format=self._format,
            concurrency=self._concurrency,
            stop=self._interruption.stop,
            on_progress=self._keep,
            clock=lambda: self._context.now().timestamp(),
        )

    def _keep(self, progress: SaveProgress) -> None:
        self._progress = progress

    def _view(self) -> PullView:
        progress, reading = self._progress, self._meter.read()
        fresh = progress.done + progress.failed
        left = self._meter.time_for(progress.left, reading.working / fresh) if fresh and progress.left else None
        return PullView(
            zones=len(self._plan.zones),
            total=progress.total,
            done=progress.total - progress.left,
            failed=progress.failed,
            left=left if progress.left else 0.0,
            stopping=self._interruption.left,
            reading=reading,
        )

    @asynccontextmanager
    async def _displayed(self) -> AsyncIterator[None]:
        """Draw the progress on a terminal, or print lines of it elsewhere, during the block."""
        console = self._context.err
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
            self._context.print_err(f"stopping: {GRACE:g} s for requests in flight; {again}")

    def _print_cancel(self) -> None:
        self._context.print_err("cancelling the requests in flight")


def plan_lines(plan: Plan, limit: RateLimit) -> Iterator[str]:
    """Describe how large a plan is, and how long it takes at least."""
    query, requests = plan.query, len(plan)
    windows = requests // len(plan.zones) if plan.zones else 0
    report = "bytime" if query.time_delta is None else f"bytime, each {query.time_delta}"
    dimensions = f" by {', '.join(query.dimensions)}" if query.dimensions else ""
    length = "the whole time" if plan.window == "whole" else f"a {plan.window} each"
    yield f"plan {plan.id}: {plan.span}"
    yield f"{query.kind if query.kind == 'summary' else report}: {', '.join(query.metrics)}{dimensions}"
    yield f"{counted(len(plan.zones), 'zone')}, {counted(windows, 'window')} ({length})"
    yield f"at least {counted(requests, 'request')}; a report that is cut off takes more"
    allowed = f"{limit.requests:,} requests in {limit.per_seconds:g} s"
    yield f"at least {human_clock(least_seconds(requests, limit))}, as the rate limit allows {allowed}"


def failure_lines(failures: Sequence[SaveFailure], *, most: int, place: str) -> Iterator[str]:
    """List what failed.

    Args:
        failures: The tasks that failed.
        most: How many to list at most.
        place: Where the dataset is.

    Yields:
        The lines, none when nothing failed.
    """
    for failure in failures[:most]:
        yield f"zone {failure.zone_id} {failure.window} failed: {failure.error}"
    if len(failures) > most:
        yield f"and {len(failures) - most:,} more failed; the manifest in {place} lists all of them"


def result_lines(plan: Plan, result: PullResult, *, place: str) -> Iterator[str]:
    """Sum a pull up.

    Args:
        plan: What was to be pulled.
        result: What came of it.
        place: Where the dataset is.

    Yields:
        The lines.
    """
    progress = result.progress
    notes = [(progress.skipped, "already there"), (progress.refreshed, "refreshed"), (progress.failed, "failed")]
    noted = "".join(f", {number:,} {word}" for number, word in notes if number)
    yield f"{progress.skipped + progress.done:,} of {extent(plan)} saved in {place}{noted}"
    written = f"{counted(progress.rows, 'row')} in {human_bytes(progress.bytes)} of files"
    yield f"{written}; {result.requests_sent}, {result.reading.elapsed:.1f} s"


def extent(plan: Plan) -> str:
    """Describe the size of a plan: ``500 zones`` or ``3,500 windows of 500 zones``."""
    zones = counted(len(plan.zones), "zone")
    return zones if len(plan) == len(plan.zones) else f"{counted(len(plan), 'window')} of {zones}"


def need_pyarrow(purpose: str, otherwise: str = "") -> None:
    """Check that Parquet files can be written.

    Args:
        purpose: What they are needed for, as the start of a sentence.
        otherwise: The end of the sentence, such as another choice.

    Raises:
        UsageError: The package is missing; the message says how to install it.
    """
    if find_spec("pyarrow") is None:
        raise UsageError(f"{purpose} needs the package pyarrow: pip install 'aiospectrum[cli,arrow]'{otherwise}")
