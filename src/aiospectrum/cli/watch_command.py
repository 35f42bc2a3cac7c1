"""``aiospectrum watch``: the current traffic of zones, again and again."""

import asyncio
import math
from contextlib import AsyncExitStack, aclosing
from typing import Annotated, Final

import attrs
from cyclopts import Parameter, validators
from rich.console import RenderableType

from aiospectrum import bulk
from aiospectrum.bulk import Round
from aiospectrum.cli.consoles import hide_warnings
from aiospectrum.cli.context import Context
from aiospectrum.cli.options import (
    AsPlainJSON,
    AtLeastOne,
    MaybeAtLeastOne,
    Passed,
    ZoneFilesOption,
    ZonesOption,
    read_zones,
)
from aiospectrum.cli.terminal import StoppedError, drawn, until_stopped
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.cli.watch_view import WatchView, add_names, add_round, round_values, watch_lines, watch_screen
from aiospectrum.cli.zones_command import find_zones
from aiospectrum.client import Client
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.policies import RateLimit

__all__ = ["watch"]

_LIMIT: Final = RateLimit()


def watch(
    *,
    zone: ZonesOption = None,
    zones_file: ZoneFilesOption = None,
    every: Annotated[float, Parameter(validator=validators.Number(gte=1))] = 60.0,
    rounds: MaybeAtLeastOne = None,
    concurrency: AtLeastOne = 16,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> int:
    """Watch the current traffic of zones: each application's connections, bytes and recent rounds.

    It runs until Ctrl-C, which is a normal end with exit status 0.
    Traffic is that of the last minute, and rates are its averages.
    The first round is made at once where the rate limit has room for it,
    the others at multiples of --every: with its default, on the minute.
    Without a terminal it prints a line per application and round, with --json one per round.

    Args:
        zone: Identifier of a zone.
        zones_file: File of zones.
        every: Seconds between rounds.
        rounds: How many rounds to make; without an end when left out.
        concurrency: Maximum number of requests at once.
        as_json: Print a line of JSON for each round.
        context: The surroundings.

    Returns:
        The exit status, 1 if a zone of the last round failed.
    """
    zones = read_zones(zone, zones_file, context.stdin)
    per_window = min(math.inf if rounds is None else rounds, _LIMIT.per_seconds / every)
    if len(zones) * per_window > _LIMIT.requests:
        least = math.ceil(len(zones) * _LIMIT.per_seconds / _LIMIT.requests)
        raise UsageError(
            f"--every: expected {least} seconds or more for {len(zones):,} zones, as the rate limit allows "
            f"{_LIMIT.requests:,} requests in {_LIMIT.per_seconds:g} s, got {every:g}"
        )
    limiter = context.limiter()
    zones = find_zones(zones, context, lambda: limiter)
    spare = _LIMIT.requests - math.ceil(len(zones) * per_window)  # for one more round, and for host names
    view = WatchView(zones=zones, every=every, at_once=spare >= len(zones), has_names=spare >= 2 * len(zones))
    job = _Watch(view=view, left=rounds, concurrency=concurrency, as_json=as_json, context=context, limiter=limiter)
    return asyncio.run(job.run())


@attrs.define(kw_only=True)
class _Watch:
    view: WatchView
    left: int | None
    """Rounds to come; None for no end."""
    concurrency: int
    as_json: bool
    context: Context
    limiter: BaseLimiter

    @property
    def is_drawn(self) -> bool:
        """Whether a display shows the view."""
        return self.context.out.is_interactive and not self.as_json

    async def run(self) -> int:
        """Show round after round; gives the exit status."""
        try:
            await until_stopped(self._show())
        except StoppedError as stopped:
            if not stopped.is_ctrl_c:
                raise
            self.context.print_note("stopped")
            return 0
        return 1 if self.view.errors else 0

    async def _show(self) -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(hide_warnings())
            if self.is_drawn:
                await stack.enter_async_context(drawn(self._screen, self.context.out, sleep=self.context.sleep))
            await self._follow()

    def _screen(self) -> RenderableType:
        out = self.context.out
        return watch_screen(self.view, self.context.now(), width=out.width, height=out.height)

    async def _follow(self) -> None:
        context = self.context
        async with context.open_client(self.limiter) as client:
            found = bulk.watch(
                client,
                self.view.zones,
                every=self.view.every,
                at_once=self.view.at_once,
                concurrency=self.concurrency,
                clock=lambda: context.now().timestamp(),
                sleep=context.sleep,
            )
            async with aclosing(found):
                async for each in found:
                    await self._add(each, client)
                    if self.view.is_over:
                        return

    async def _add(self, found: Round, client: Client) -> None:
        """Add a round to the view, and print it where there is no display."""
        redact = self.context.redact
        self.view = add_round(self.view, found).redacted(redact)  # which is drawn while names are looked up
        if unnamed := self.view.zones_to_name():
            names, failed = await self.context.host_names(client, unnamed, concurrency=self.concurrency)
            self.view = add_names(self.view, names, failed).redacted(redact)
            for error in () if self.is_drawn else failed.values():
                self.context.print_note(f"without host names: {error}")
        self.left = None if self.left is None else self.left - 1
        self.view = attrs.evolve(self.view, is_over=self.left == 0)
        if self.as_json:
            self.context.print_json(round_values(found, self.view.names), is_line=True)
        elif not self.is_drawn:
            for line in watch_lines(self.view):
                self.context.print_out(line)
