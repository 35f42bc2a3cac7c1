"""All tasks of a plan carried out, and their outcomes one after another."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

from aiospectrum._http.config import check_class, check_count
from aiospectrum.bulk.arguments import Clients
from aiospectrum.bulk.asking import Asker
from aiospectrum.bulk.crew import Crew, Lane, divide
from aiospectrum.bulk.outcomes import Outcome, Progress, Tally
from aiospectrum.bulk.plan import Plan
from aiospectrum.checks import Flag, Number, refuse
from aiospectrum.errors import ClientStateError

__all__ = ["Pull", "check_patience", "pull"]

_PATIENCE: Final = Number(expected="a number of seconds, 0 or more, or None")


def pull(
    client: Clients,
    plan: Plan,
    *,
    concurrency: int = 16,
    fail_fast: bool = False,
    on_progress: Callable[[Progress], object] | None = None,
    patience: float | None = 3600.0,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> "Pull":
    """Carry out all tasks of a plan.

    Nothing is sent before the pull is entered or its first outcome is asked for. Every task has one outcome, or several
    when its report was cut off and its window was therefore split; a task that fails takes no other one with it.

    Args:
        client: An open client; or a mapping of zone ids to clients, for zones with tokens of their own, where a client
            that waits for its rate limit holds up no other one.
        plan: What to ask for.
        concurrency: The most calls of each client at once, 1 or more. Reports wait for whoever takes them, and a call
            begins only when the one before it has been taken: no more reports than that are held.
        fail_fast: Whether the first error is raised, in place of outcomes that are left, after all work has ended.
        on_progress: Called with each outcome, before it is given.
        patience: Seconds that a window may wait for the rate limit altogether, 0 or more, before that is an error; None
            for no limit. It comes on top of the client's timeout, which fails a call whose turn is further away.
        sleep: Waits a number of seconds.

    Returns:
        The pull, to be used in ``async for``.

    Raises:
        InvalidArgumentError: An argument does not fit.
    """
    check_class("plan", plan, Plan)
    check_count("concurrency", concurrency)
    Flag().check("fail_fast", fail_fast)
    if on_progress is not None and not callable(on_progress):
        refuse("on_progress", on_progress, "a function or None")
    asker = Asker(query=plan.query, patience=check_patience(patience), sleep=sleep)
    lanes = [Lane(client=one, tasks=part, workers=min(concurrency, len(part))) for one, part in divide(client, plan)]
    return Pull(Crew(asker, lanes, fail_fast=fail_fast), Tally(len(plan)), on_progress)


class Pull:
    """The outcomes of a plan, as they come; made by :func:`pull`.

    ::

        async with bulk.pull(client, plan) as outcomes:
            async for outcome in outcomes:
                ...

    In whatever way that block is left, all calls have ended then. Without it, in ``async for outcome in pull(…)``,
    they have too when all outcomes have come, when there is an error, and when the waiting for an outcome is cancelled.
    When the loop's own body leaves it, by ``break`` or an error, all calls are cancelled in the moment in which nothing
    refers to the pull any more, and end in the next turns of the event loop. In CPython that moment is when the loop is
    left, unless the pull has a name; elsewhere it is up to the collector of garbage.
    """

    def __init__(self, crew: Crew, tally: Tally, on_progress: Callable[[Progress], object] | None) -> None:
        """Start nothing yet.

        Args:
            crew: Carries the plan out.
            tally: Counts the outcomes.
            on_progress: Called with each outcome; None for nothing.
        """
        self._crew = crew
        self._tally = tally
        self._on_progress = on_progress
        self._is_complete = False
        self._is_closed = False

    @property
    def progress(self) -> Progress:
        """How far it has come with the outcomes that were given."""
        return self._tally.progress

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Outcome:
        """Wait for the next outcome.

        Raises:
            InvalidArgumentError: The client does not take an argument.
            ClientStateError: The client is not open, or not on this event loop; or the pull was ended before all its
                outcomes had come.
            SpectrumError: The first error, with ``fail_fast``.
        """
        if self._is_complete:
            raise StopAsyncIteration
        self._start()
        try:
            outcome = await self._crew.take()
            if outcome is not None:
                progress = self._tally.add(outcome)
                if self._on_progress is not None:
                    self._on_progress(progress)
        except BaseException:  # a cancellation ends all work as an error does, and goes on from here
            await self.aclose()
            raise
        if outcome is None:
            self._refuse_if_closed()  # by another task, while this one waited
            self._is_complete = True
            raise StopAsyncIteration
        return outcome

    async def aclose(self) -> None:
        """End all work, and wait until it has ended; outcomes that have not been given are lost."""
        self._is_closed = True
        await self._crew.end()

    async def __aenter__(self) -> Self:
        """Start.

        Raises:
            ClientStateError: The pull has ended already.
        """
        self._start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all work, and wait until it has ended."""
        await self.aclose()

    def __del__(self) -> None:
        self._crew.abandon()

    def _start(self) -> None:
        self._refuse_if_closed()
        self._crew.start()

    def _refuse_if_closed(self) -> None:
        if self._is_closed and not self._is_complete:
            raise ClientStateError("the pull was ended before all its outcomes had come: make a new one")


def check_patience(patience: float | None) -> float | None:
    """Check how long a window may wait for the rate limit.

    Args:
        patience: Seconds, 0 or more; None for no limit.

    Returns:
        The same.

    Raises:
        InvalidArgumentError: It is something else.
    """
    if patience is not None:
        _PATIENCE.check("patience", patience)
    return patience
